// The preflight: every finding of one read of the cluster, errors and warnings apart.
import type { Finding } from "../checks/check";
import { withStack } from "../checks/owning-stack";
import { objectName } from "../cluster-state/object-name";
import { stackMark } from "../ownership/marks";
import * as cluster from "./cluster";
import type { ClusterFacts, Plan } from "./facts";
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
  const owned = (findings: Finding[]) => findings.map((found) => withStack(found, stackBehind(found, facts)));
  return {
    errors: [
      ...cluster.kubernetesFindings(plan, facts),
      ...owners.namespaceFindings(plan, facts),
      ...owners.helmFindings(plan, facts),
      ...owners.otherIstioFindings(plan, facts),
      ...owners.definitionFindings(plan, facts),
      ...cluster.upgradeFindings(plan, facts),
      ...owners.gatewayFindings(plan, facts),
      ...owned(cluster.nodePortFindings(plan, facts)),
      ...(early ? [] : missing),
      ...cluster.platformFindings(plan, facts),
      ...cluster.networkFindings(facts),
      ...owned(cluster.podSecurityFindings(plan, facts)),
      ...cluster.rightsFindings(facts),
    ],
    warnings: [
      ...(early ? missing : []),
      ...owned(warnings.bothLabelsFindings(facts)),
      ...owned(warnings.uncapturableFindings(facts)),
      ...warnings.metricsFindings(plan, facts),
    ],
  };
}

/** The stack that owns a namespace, or the Gateway behind a Service. */
function stackBehind({ object }: Finding, { namespaces, services, objects }: ClusterFacts): string | undefined {
  const namespace = namespaces.find(({ name }) => object === `Namespace ${name}`);
  const service = services.find((each) => object === objectName("Service", each));
  const gateway = objects.find(
    ({ kind, namespace: at, name }) =>
      kind === "Gateway" && at === service?.namespace && service.owners.some((owner) => owner.name === name),
  );
  return (namespace ?? service)?.annotations[stackMark] ?? gateway?.annotations[stackMark];
}
