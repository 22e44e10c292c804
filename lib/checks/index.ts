// The checks in the order of the report.
import { certificateChecks } from "./certificates";
import type { Check } from "./check";
import { controlPlaneChecks } from "./control-plane";
import { dataPlaneChecks } from "./data-plane";
import { enrollmentChecks } from "./enrollment";
import { gatewayApiChecks } from "./gateway-api";
import { gatewayServiceChecks } from "./gateway-service";
import { gatewayChecks } from "./gateways";
import { networkChecks } from "./network";
import { policyChecks } from "./policies";
import { versionChecks } from "./versions";
import { waypointChecks } from "./waypoints";

export const checks: readonly Check[] = [
  ...versionChecks,
  ...gatewayApiChecks,
  ...controlPlaneChecks,
  ...dataPlaneChecks,
  ...enrollmentChecks,
  ...gatewayChecks,
  ...gatewayServiceChecks,
  ...certificateChecks,
  ...waypointChecks,
  ...policyChecks,
  ...networkChecks,
];
