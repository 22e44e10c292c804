// The checks in the order of the report.
import { canaryWaypointsCheck } from "./canary-waypoints";
import { certificateChecks } from "./certificates";
import type { Check } from "./check";
import { controlPlaneChecks } from "./control-plane";
import { dataPlaneChecks } from "./data-plane";
import { destinationRulesCheck } from "./destination-rules";
import { discoveryCheck } from "./discovery";
import { enrollmentChecks } from "./enrollment";
import { gatewayApiChecks } from "./gateway-api";
import { gatewayServiceChecks } from "./gateway-service";
import { gatewayChecks } from "./gateways";
import { listenerSetsCheck } from "./listener-sets";
import { misplacedMarksCheck } from "./misplaced-marks";
import { networkChecks } from "./network";
import { peerAuthenticationCheck } from "./peer-authentication";
import { policyChecks } from "./policies";
import { policySourceChecks } from "./policy-sources";
import { proxyPolicyChecks } from "./proxy-policies";
import { requestAuthenticationCheck } from "./request-authentication";
import { revisionCheck } from "./revisions";
import { routeChecks } from "./routes";
import { sharedCertificatesCheck } from "./shared-certificates";
import { sidecarAnnotationsCheck } from "./sidecar-annotations";
import { strictWebhooksCheck } from "./strict-webhooks";
import { subsetsCheck } from "./subsets";
import { telemetryChecks } from "./telemetry";
import { versionChecks } from "./versions";
import { virtualServicesCheck } from "./virtual-services";
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
  sidecarAnnotationsCheck,
  ...gatewayChecks,
  listenerSetsCheck,
  revisionCheck,
  ...routeChecks,
  virtualServicesCheck,
  destinationRulesCheck,
  subsetsCheck,
  ...gatewayServiceChecks,
  ...certificateChecks,
  sharedCertificatesCheck,
  ...waypointChecks,
  waypointLabelsCheck,
  canaryWaypointsCheck,
  ...policyChecks,
  ...policySourceChecks,
  requestAuthenticationCheck,
  peerAuthenticationCheck,
  strictWebhooksCheck,
  ...proxyPolicyChecks,
  ...telemetryChecks,
  ...networkChecks,
];
