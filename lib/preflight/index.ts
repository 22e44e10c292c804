// The preflight: every finding of one read of the cluster, errors and warnings apart.
import type { Finding } from "../checks/check";
import * as admission from "./admission";
import * as cluster from "./cluster";
import type { ClusterFacts, Plan } from "./facts";
import * as network from "./network";
import * as owners from "./owners";
import * as warnings from "./warnings";

/** What a preflight found. */
export interface PreflightReport {
  /** The mesh cannot be created as planned. */
  errors: Finding[];
  /** It can, but part of it will not work as expected. */
  warnings: Finding[];
}

/**
 * Judges a plan against a cluster. With `early` the program may still be about to bring what is missing (its mesh
 * depends on other resources, and this is a preview): a missing cert-manager or issuer is a warning then.
 */
export function judgePlan(plan: Plan, facts: ClusterFacts, early: boolean): PreflightReport {
  // Everything else would only say the same of each part of the mesh where it is.
  const [elsewhere] = [owners.othersMeshFindings(plan, facts), owners.movedFindings(plan, facts)].filter(
    ({ length }) => length > 0,
  );
  if (elsewhere) {
    return { errors: elsewhere, warnings: [] };
  }
  const missing = cluster.certManagerFindings(plan, facts);
  return {
    errors: [
      ...cluster.kubernetesFindings(plan, facts),
      ...owners.namespaceFindings(plan, facts),
      ...owners.helmFindings(plan, facts),
      ...owners.otherIstioFindings(plan, facts),
      ...owners.definitionFindings(plan, facts),
      ...cluster.upgradeFindings(plan, facts),
      ...owners.gatewayFindings(plan, facts),
      ...cluster.nodePortFindings(plan, facts),
      ...(early ? [] : missing),
      ...cluster.platformFindings(plan, facts),
      ...network.networkFindings(facts),
      ...cluster.podSecurityFindings(plan, facts),
      ...cluster.rightsFindings(facts),
      ...admission.admissionFindings(plan, facts),
    ],
    warnings: [
      ...(early ? missing : []),
      ...warnings.bothLabelsFindings(facts),
      ...warnings.uncapturableFindings(facts),
      ...warnings.metricsFindings(plan, facts),
      ...network.networkWarnings(facts),
      ...admission.admissionWarnings(plan, facts),
      ...admission.pullSecretFindings(facts),
    ],
  };
}
