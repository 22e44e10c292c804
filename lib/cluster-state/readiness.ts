// When a mesh carries traffic: istiod serves, and every node has a ready istio-cni and ztunnel on the newest template.
// What Helm and a Release say of that can be wrong: with one node of one, `--wait` takes a crashing DaemonSet for ready.
import { finding, type Finding } from "../checks/check";
import type { Named, Reference } from "./snapshot";

/** How far a Deployment or a DaemonSet has got. */
export interface Rollout extends Named {
  kind: "Deployment" | "DaemonSet";
  desired: number;
  ready: number;
  /** Pods on the newest template. */
  updated: number;
  /** The controller has seen the newest spec. */
  observed: boolean;
}

/** What readiness is read from. */
export interface DataPlane {
  /** Where istiod is. */
  namespace: string;
  /** Where istio-cni and ztunnel are. */
  nodeNamespace: string;
  istiods: Rollout[];
  /** Ready endpoints of the Service istiod. */
  endpoints: number;
  daemonSets: Rollout[];
}

/** A container that does not run, or an event that says why a pod does not. */
export interface Trouble {
  /** "Pod istio-system/ztunnel-x7k2p" */
  object: string;
  text: string;
}

const daemonSets = {
  "istio-cni-node": "without it no new pod of the mesh starts",
  ztunnel: "without it no pod of the mesh can be reached",
};

const absent = "none";

/** Whether waiting longer is pointless: a part is not slow but absent. */
export function isHopeless(findings: Finding[]): boolean {
  return findings.some(({ got }) => got === absent);
}

/** What keeps the mesh from carrying traffic; nothing once it does. */
export function readinessFindings(plane: DataPlane): Finding[] {
  const { namespace, nodeNamespace } = plane;
  const istiod = plane.istiods.find((part) => part.namespace === namespace);
  const describe = (kind: string, into: string, name: string) => ({
    run: `kubectl describe ${kind.toLowerCase()} ${name} --namespace ${into}`,
  });
  // Its Release is done by now: what is not there went in a run that was killed before Pulumi could note it down.
  const missing = (kind: string, into: string, name: string, rule: string) =>
    finding(kind, { namespace: into, name }, absent, rule, { run: "pulumi up --refresh" });
  const control = !istiod
    ? [missing("Deployment", namespace, "istiod", "the mesh needs an istiod")]
    : isRolledOut(istiod)
      ? []
      : [
          finding(
            "Deployment",
            istiod,
            progressOf(istiod),
            "all its pods must be ready",
            describe("Deployment", namespace, istiod.name),
          ),
        ];
  const service = { namespace, name: "istiod" };
  const endpoints =
    plane.endpoints > 0
      ? []
      : [
          finding(
            "Service",
            service,
            "no ready endpoint",
            "webhooks, ztunnel and gateways reach istiod through it",
            describe("Service", namespace, "istiod"),
          ),
        ];
  const nodes = Object.entries(daemonSets).flatMap(([name, why]) => {
    const rule = `it is ready on every node: ${why}`;
    const found = plane.daemonSets.find((set) => set.name === name && set.namespace === nodeNamespace);
    if (!found) {
      return [missing("DaemonSet", nodeNamespace, name, rule)];
    }
    return isRolledOut(found)
      ? []
      : [finding("DaemonSet", found, progressOf(found), rule, describe("DaemonSet", nodeNamespace, name))];
  });
  return [...control, ...endpoints, ...nodes];
}

/** The parts that are not ready yet, to look for causes at. */
export function awaitedParts({
  namespace,
  nodeNamespace,
  istiods,
  endpoints,
  daemonSets: found,
}: DataPlane): Reference[] {
  const istiod = { kind: "Deployment", namespace, name: "istiod" };
  const serves = endpoints > 0 && istiods.some((part) => part.namespace === namespace && isRolledOut(part));
  const nodes = Object.keys(daemonSets).map((name) => ({ kind: "DaemonSet", namespace: nodeNamespace, name }));
  const isReady = ({ name }: Reference) =>
    found.some((set) => set.name === name && set.namespace === nodeNamespace && isRolledOut(set));
  return [...(serves ? [] : [istiod]), ...nodes.filter((part) => !isReady(part))];
}

function isRolledOut({ observed, desired, ready, updated }: Rollout): boolean {
  return observed && desired > 0 && ready >= desired && updated >= desired;
}

function progressOf({ desired, ready, updated }: Rollout): string {
  const newest = updated < desired ? `, ${updated} on the newest template` : "";
  return desired === 0 ? "no node accepts its pods" : `${ready} of ${desired} ready${newest}`;
}

/** The first few troubles, as lines under "likely cause". */
export function causeLines(troubles: Trouble[], shown = 5): string[] {
  const lines = [...new Set(troubles.map(({ object, text }) => `\`${object}\`: ${text.split("\n")[0]}`))];
  const more = lines.length - shown;
  return more > 0 ? [...lines.slice(0, shown), `and ${more} more`] : lines;
}
