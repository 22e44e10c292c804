// What becomes of Istio's policies.
import { meshLabels, sidecarLabels } from "../istio/labels";
import { attributesBeyondWaypoint, isBeyondZtunnel, opens } from "./kept-from-ztunnel";
import { fronts, injectKey, isRolled } from "./members";
import { keepsSidecar } from "./next-pods";
import {
  isPartOf,
  nameOf,
  selectsPods,
  selectsSomePods,
  targetsOf,
  type PeerAuthentication,
  type Workload,
} from "./objects";
import type { MigrationFacts } from "./facts";
import { verdict, verdictKinds as is, type Verdict } from "./verdict";
import {
  isAuthorization,
  isEnforced,
  isForwardedAnew,
  proxiesLeft,
  reasonForWaypoint,
  type Policy,
  type WaypointPlan,
} from "./waypoint";
import { servicesOf } from "./model";
import { isDryRun } from "./ztunnel";

/** Rows of all policies. */
export function policyVerdicts(facts: MigrationFacts, waypoint: WaypointPlan | undefined): Verdict[] {
  return [
    ...[...facts.policies, ...facts.authentications].map((policy) => policyVerdict(policy, facts, waypoint)),
    ...facts.peers.map(peerVerdict),
  ];
}

function policyVerdict(policy: Policy, facts: MigrationFacts, waypoint: WaypointPlan | undefined): Verdict {
  const writes = waypoint?.copies.get(policy) ?? [];
  if (targetsOf(policy.spec ?? {}).length > 0)
    return verdict(policy, is.carriesOver, "it is attached by targetRefs already");
  const stray = strayLabels(policy, facts);
  if (stray) return stray;
  const selected = facts.workloads.filter((workload) => selectsPods(policy, workload, facts.root));
  if (selected.length === 0) return verdict(policy, is.carriesOver, "it holds for no pod of the namespace");
  const found = waypoint && obstacle(policy, facts, waypoint);
  if (found) return found;
  const left = proxiesLeft(policy, facts);
  if (left.length > 0 && waypoint?.early.includes(policy))
    return verdict(policy, is.hole, earlyText(left), { fix: apartFix(left), writes });
  const exposed = selected.filter((workload) => isExposed(workload, facts, waypoint)).map(({ name }) => name);
  if (exposed.length > 0 && isEnforced(policy) && (!isAuthorization(policy) || opens(policy)))
    return verdict(policy, is.hole, exposedText(policy, exposed), {
      fix: keepSidecars,
      ...(writes.length > 0 ? { writes } : {}),
    });
  if (isAuthorization(policy) && !isBeyondZtunnel(policy)) {
    if (isDryRun(policy)) return verdict(policy, is.carriesOver, "a dry run has no effect on requests");
    if (writes.length === 0) return verdict(policy, is.carriesOver, "ztunnel enforces it as a sidecar does");
    const isEarly = waypoint?.early.includes(policy);
    const why = isEarly
      ? "at ztunnel it would deny the waypoint, which enforces it instead"
      : "the pods get connections from the waypoint, which has to hold it as well";
    return verdict(policy, is.rewritten, why, { writes });
  }
  // Without a single pod with a sidecar there is nothing to keep.
  if (waypoint === undefined) return verdict(policy, is.carriesOver, "it holds for no pod that is migrated");
  const closed = selected.filter((workload) => fronts(facts.services, workload).length === 0).map(({ name }) => name);
  const more = [
    closed.length > 0 ? `; no Service leads to ${closed.join(", ")}, which refuses all connections then` : "",
    left.length > 0 ? `; it stays for ${left.join(", ")}` : "",
    isForwardedAnew(policy) ? `; ${tokensReach}` : "",
  ];
  return verdict(policy, is.needsWaypoint, reasonForWaypoint(policy) + more.join(""), { writes });
}

/** A selector that only some of the pods of a workload meet, or all of them as long as they have sidecars. */
function strayLabels(policy: Policy, { workloads, root }: MigrationFacts): Verdict | undefined {
  const met = workloads.filter((workload) => isRolled(workload) && selectsSomePods(policy, workload, root));
  const [first] = met;
  if (!first) return undefined;
  const wanted = Object.keys(policy.spec?.selector?.matchLabels ?? {});
  const those = wanted.filter((key) => first.podLabels[key] === undefined && first.addedLabels?.[key] === undefined);
  const isSidecars = those.some((key) => sidecarLabels.has(key));
  const why = isSidecars
    ? `it selects ${namesOf(met)} by ${those.join(", ")}, which the injector adds: without a sidecar the pods do not have it`
    : `it selects some pods of ${namesOf(met)} by ${those.join(", ")}, and a waypoint cannot tell them apart`;
  return verdict(policy, is.blocks, why, { fix: `selector: { matchLabels: ${JSON.stringify(first.selector)} }` });
}

const tokensReach =
  "the waypoint leaves the tokens in the requests, for the sidecars that verify them until the restart; set forwardOriginalToken: " +
  "false in the copy afterwards if the application must not get them";

function earlyText(left: readonly string[]): string {
  const [keeps, needs] = left.length > 1 ? ["keep their proxies", "need"] : ["keeps its proxy", "needs"];
  return `at ztunnel it would deny the waypoint, so it is deleted; ${left.join(", ")} ${keeps}, and ${needs} it`;
}

function apartFix(left: readonly string[]): string {
  return `a copy of it with a selector for ${left.join(", ")}, and a selector for the others in this one`;
}

const keepSidecars = `template: { metadata: { labels: { ${injectKey}: "true" } } } in what makes them`;

/** Its pods have sidecars that no step takes away. The next ones have none, unless they ask, and no guard of others selects them. */
function isExposed(workload: Workload, facts: MigrationFacts, waypoint: WaypointPlan | undefined): boolean {
  const isOut = workload.hostNetwork || workload.podLabels[meshLabels.dataplaneMode] === "none";
  if (isRolled(workload) || isOut || keepsSidecar(workload, facts)) return false;
  const isGuarded = waypoint?.workloads.some(({ selector }) => isPartOf(selector, workload.podLabels)) ?? false;
  return !isGuarded && workload.pods.some(({ sidecar }) => sidecar);
}

function exposedText(policy: Policy, exposed: readonly string[]): string {
  const [them, have] = exposed.length > 1 ? ["the pods that follow them", "have"] : ["the pod that follows it", "has"];
  return `${exposed.join(", ")} ${exposed.length > 1 ? "keep their sidecars" : "keeps its sidecar"}, and ${them} ${have} none: ${reasonForWaypoint(policy)}`;
}

const destinationIp = "destination.ip";

/** What keeps a policy from being held by the waypoint. */
function obstacle(policy: Policy, facts: MigrationFacts, waypoint: WaypointPlan): Verdict | undefined {
  const isHeld = waypoint.copies.has(policy);
  if (!isHeld) return undefined;
  const beyond = isAuthorization(policy) ? attributesBeyondWaypoint(policy) : [];
  if (beyond.length > 0) {
    const others = beyond.filter((key) => key !== destinationIp);
    const reasons = [
      ...(others.length > 0 ? [`only a sidecar can judge ${others.join(", ")}`] : []),
      ...(others.length < beyond.length
        ? [`a waypoint compares ${destinationIp} with the address of the Service, not with those of its pods`]
        : []),
    ];
    const why = reasons.join("; ");
    return verdict(policy, is.blocks, why, {
      fix: `kubectl edit ${policy.kind.toLowerCase()} ${policy.metadata.name}`,
    });
  }
  const isRoots = policy.metadata.namespace === facts.root && facts.root !== facts.namespace.name;
  if (isRoots && isAuthorization(policy) && refusesFromRoot(policy, waypoint)) {
    const why = `at ztunnel it would refuse the waypoint, and it holds for other namespaces too`;
    return verdict(policy, is.blocks, why, {
      fix: `except the waypoint ${facts.namespace.name}/${waypoint.name} from it`,
    });
  }
  for (const [service, workloads] of waypoint.shared) {
    const there = workloads.filter((workload) => selectsPods(policy, workload, facts.root));
    if (there.length === 0 || there.length === workloads.length) continue;
    const why =
      `Service ${service.namespace}/${service.name} leads to ${namesOf(workloads)}, and the policy is for ` +
      `${namesOf(there)} alone: a waypoint cannot tell them apart`;
    return verdict(policy, is.blocks, why, { fix: "give each of them a Service of its own" });
  }
  const headless = waypoint.workloads.find(
    (workload) => isHeadlessOnly(workload, facts) && selectsPods(policy, workload, facts.root),
  );
  if (headless) {
    const why = `only headless Services lead to ${headless.name}: what calls it by the address of its pods goes through no waypoint`;
    return verdict(policy, is.blocks, why, { fix: "call it by a Service with an address" });
  }
  return undefined;
}

function refusesFromRoot(policy: Policy, { refusingRoot }: WaypointPlan): boolean {
  return refusingRoot.some((each) => each === policy);
}

function namesOf(workloads: readonly Workload[]): string {
  return workloads.map(({ name }) => name).join(", ");
}

function isHeadlessOnly(workload: Workload, { services }: MigrationFacts): boolean {
  const all = servicesOf(services, workload);
  return all.length > 0 && all.every(({ headless }) => headless);
}

function peerVerdict(peer: PeerAuthentication): Verdict {
  const { mtls, portLevelMtls = {} } = peer.spec ?? {};
  const ports = Object.entries(portLevelMtls).filter(([, port]) => port.mode === "DISABLE");
  if (mtls?.mode === "DISABLE" || ports.length > 0) {
    const where = mtls?.mode === "DISABLE" ? "mtls" : `portLevelMtls of ${ports.map(([port]) => port).join(", ")}`;
    const why = `ztunnel always encrypts between pods of the mesh: DISABLE of ${where} has no effect`;
    return verdict(peer, is.blocks, why, { fix: `${nameOf(peer)}: mode: PERMISSIVE` });
  }
  return verdict(peer, is.carriesOver, "ztunnel enforces it as a sidecar does");
}
