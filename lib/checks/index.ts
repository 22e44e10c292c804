// The checks in the order of the report.
import { captureConflictChecks } from "./capture-conflicts";
import { canaryWaypointsCheck } from "./canary-waypoints";
import { certificateChecks } from "./certificates";
import type { Check } from "./check";
import { controlPlaneChecks } from "./control-plane";
import { crdSkewCheck } from "./crd-skew";
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
import { strictOutsideChecks } from "./strict-outside";
import { strictWebhooksCheck } from "./strict-webhooks";
import { subsetsCheck } from "./subsets";
import { telemetryChecks } from "./telemetry";
import { versionChecks } from "./versions";
import { mixedRoutesCheck, virtualServicesCheck } from "./virtual-services";
import { waypointLabelsCheck } from "./waypoint-labels";
import { waypointChecks } from "./waypoints";
import { ztunnelSettingsCheck } from "./ztunnel-settings";

export const checks: readonly Check[] = [
  ...versionChecks,
  crdSkewCheck,
  ...gatewayApiChecks,
  ...controlPlaneChecks,
  ...dataPlaneChecks,
  ztunnelSettingsCheck,
  ...enrollmentChecks,
  discoveryCheck,
  misplacedMarksCheck,
  sidecarAnnotationsCheck,
  ...captureConflictChecks,
  ...gatewayChecks,
  listenerSetsCheck,
  revisionCheck,
  ...routeChecks,
  virtualServicesCheck,
  mixedRoutesCheck,
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
  ...strictOutsideChecks,
  ...proxyPolicyChecks,
  ...telemetryChecks,
  ...networkChecks,
];
