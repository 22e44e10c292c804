// What sidecars admitted as plaintext. ztunnel takes every port of a pod, and a waypoint is reached by clients of the mesh alone.
import { identityConditions, identitySources, isGiven } from "./attributes";
import type { MigrationFacts } from "./facts";
import { rulesOf } from "./kept-from-ztunnel";
import { mtlsMode } from "./mtls";
import { servicesOf } from "./model";
import { selectsPods, type Rule, type Workload } from "./objects";
import { actionOf, isDryRun } from "./ztunnel";

const excluded = "traffic.sidecar.istio.io/excludeInboundPorts";
const included = "traffic.sidecar.istio.io/includeInboundPorts";

/** Ports whose plaintext went past the sidecar, and that STRICT refuses at ztunnel. */
export function shutPorts(workload: Workload, facts: MigrationFacts): number[] {
  const { [excluded]: without = "", [included]: only = "*" } = workload.podAnnotations;
  const kept = numbersOf(only);
  const rest = only.trim() === "*" ? [] : portsOf(workload, facts).filter((port) => !kept.includes(port));
  return [...new Set([...numbersOf(without), ...rest])]
    .filter((port) => isStrict(port, workload, facts))
    .sort(byNumber);
}

/**
 * The port at which Prometheus finds the metrics once there is no sidecar to give them out at its own port in plaintext, where
 * STRICT refuses it. Source: istio pkg/kube/inject/webhook.go (applyPrometheusMerge).
 */
export function shutMetrics(workload: Workload, facts: MigrationFacts): number | undefined {
  const { podAnnotations: annotations } = workload;
  const isMerged = annotations["prometheus.istio.io/merge-metrics"] !== "false";
  if (annotations["prometheus.io/scrape"] !== "true" || !isMerged) return undefined;
  const port = Number(annotations["prometheus.io/port"] ?? 80);
  return isStrict(port, workload, facts) ? port : undefined;
}

/** Whether a sidecar admits clients without a certificate, at any port of the Services of a workload. */
export function admitsPlaintext(workload: Workload, facts: MigrationFacts): boolean {
  const allows = facts.policies.filter(
    (policy) => actionOf(policy) === "ALLOW" && !isDryRun(policy) && selectsPods(policy, workload, facts.root),
  );
  const isAdmitted = allows.length === 0 || allows.some((policy) => !rulesOf(policy).every(asksWho));
  return isAdmitted && portsOf(workload, facts).some((port) => !isStrict(port, workload, facts));
}

/** Whether a rule holds for clients with a certificate alone. */
function asksWho({ from = [], when = [] }: Rule): boolean {
  const isNamed =
    from.length > 0 && from.every(({ source = {} }) => identitySources.some((key) => isGiven(source[key])));
  return isNamed || when.some(({ key, values }) => identityConditions.test(key) && isGiven(values));
}

function portsOf(workload: Workload, { services }: MigrationFacts): number[] {
  const served = servicesOf(services, workload).flatMap(({ ports }) => ports.map(({ targetPort }) => targetPort));
  return [...new Set([...served, ...Object.values(workload.ports)])];
}

function isStrict(port: number, workload: Workload, { peers, root }: MigrationFacts): boolean {
  return mtlsMode(peers, workload, port, root) === "STRICT";
}

function numbersOf(list: string): number[] {
  return list
    .split(",")
    .map((each) => Number(each.trim()))
    .filter((port) => port > 0);
}

const byNumber = (one: number, other: number) => one - other;
