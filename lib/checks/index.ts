// The checks in the order of the report.
import { certificateChecks } from "./certificates";
import type { Check } from "./check";
import { controlPlaneChecks } from "./control-plane";
import { dataPlaneChecks } from "./data-plane";
import { discoveryCheck } from "./discovery";
import { enrollmentChecks } from "./enrollment";
import { gatewayApiChecks } from "./gateway-api";
import { gatewayServiceChecks } from "./gateway-service";
import { gatewayChecks } from "./gateways";
import { misplacedMarksCheck } from "./misplaced-marks";
import { networkChecks } from "./network";
import { peerAuthenticationCheck } from "./peer-authentication";
import { policyChecks } from "./policies";
import { proxyPolicyChecks } from "./proxy-policies";
import { requestAuthenticationCheck } from "./request-authentication";
import { revisionCheck } from "./revisions";
import { routeChecks } from "./routes";
import { sharedCertificatesCheck } from "./shared-certificates";
import { strictWebhooksCheck } from "./strict-webhooks";
import { telemetryChecks } from "./telemetry";
import { versionChecks } from "./versions";
import { waypointLabelsCheck } from "./waypoint-labels";
import { waypointChecks } from "./waypoints";

export const checks: readonly Check[] = [
  ...versionChecks,
  ...gatewayApiChecks,
  ...controlPlaneChecks,
  ...dataPlaneChecks,
  ...enrollmentChecks,
  discoveryCheck,
  misplacedMarksCheck,
  ...gatewayChecks,
  revisionCheck,
  ...routeChecks,
  ...gatewayServiceChecks,
  ...certificateChecks,
  sharedCertificatesCheck,
  ...waypointChecks,
  waypointLabelsCheck,
  ...policyChecks,
  requestAuthenticationCheck,
  peerAuthenticationCheck,
  strictWebhooksCheck,
  ...proxyPolicyChecks,
  ...telemetryChecks,
  ...networkChecks,
];
