// Whom AuthorizationPolicies name: principals that never match, and waypoints that ztunnel refuses.
// Source: matches_principal of istio/ztunnel, which takes spiffe:// off before it compares, as StringMatcherWithPrefix in
// pilot/pkg/security/authz/model/generator.go of istio/istio does; ztunnel#1901, istio#50710; istio.io, enforce authorization
// policies, for waypoints; PILOT_AUTO_ALLOW_WAYPOINT_POLICY in pilot/pkg/features/ambient.go.
import type {
  AuthorizationPolicyState,
  ClusterSnapshot,
  PodState,
  PolicyRule,
  PolicySource,
} from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { ambientIstiods, byNamespace, isWaypointPod, marks, podsToCapture, some } from "./mesh";
import { rootNamespace, trustDomain } from "./mesh-config";
import { isSelected } from "./policy-readers";
import { serviceWaypoint } from "./waypoint-users";

const scheme = "spiffe://";
const standIn = "cluster.local";
const kind = "AuthorizationPolicy";

export const policySourceChecks: Check[] = [
  {
    id: "policy-principals",
    category: "policies",
    claim: "every principal in a policy can match",
    severity: "error",
    hint: "A principal that never matches is refused by ALLOW and passes DENY: ztunnel and Envoy add spiffe:// themselves, and ztunnel compares the trust domain.",
    needs: ["authorizationPolicies"],
    also: ["pods", "namespaces", "deployments"],
    isLocal: true,
    run: (snapshot) => [...snapshot.authorizationPolicies.flatMap(prefixed), ...standIns(snapshot)],
  },
  {
    id: "policy-through-waypoint",
    category: "policies",
    claim: "policies of ztunnel admit the waypoints of their pods",
    severity: "warning",
    hint: "What comes through a waypoint comes to ztunnel from the waypoint: it has to be allowed beside the clients, or instead of them.",
    needs: ["authorizationPolicies", "pods", "namespaces", "services"],
    also: ["deployments"],
    isLocal: true,
    run: shutWaypoints,
  },
];

function prefixed(policy: AuthorizationPolicyState): Finding[] {
  const principals = policy.rules.flatMap(({ from }) => from.flatMap((source) => source.principals ?? []));
  const wrong = [...new Set(principals)].filter((principal) => principal.startsWith(scheme));
  const [first] = wrong;
  if (first === undefined) return [];
  const rule = "a principal must be trust-domain/ns/namespace/sa/service-account, without spiffe://";
  const write = `principals: ["${first.slice(scheme.length)}"]`;
  return [finding(kind, policy, `principal ${some(wrong)}`, rule, { write })];
}

/**
 * cluster.local stands for the mesh's own trust domain in Envoy, and for itself in ztunnel. Source: pilot/pkg/security/trustdomain/
 * bundle.go, and pilot/pkg/serviceregistry/ambient/authorization.go, which takes principals as they are.
 */
function standIns(snapshot: ClusterSnapshot): Finding[] {
  const own = trustDomain(snapshot);
  if (own === undefined || own === standIn) return [];
  const captured = podsToCapture(snapshot);
  const root = rootNamespace(snapshot);
  return snapshot.authorizationPolicies.flatMap((policy) => {
    const { namespace, action, targets, rules } = policy;
    const isHere = (pod: PodState) => [pod.namespace, root].includes(namespace) && isSelected(policy)(pod);
    if (targets.length > 0 || !["ALLOW", "DENY"].includes(action) || !captured.some(isHere)) return [];
    const principals = rules.filter(isRead).flatMap(({ from }) => from.flatMap((source) => source.principals ?? []));
    const wrong = [...new Set(principals)].filter((principal) => principal.startsWith(`${standIn}/`));
    const [first] = wrong;
    if (first === undefined) return [];
    const rule = `the mesh's trust domain is ${own}, and ztunnel takes ${standIn} for no other: such a principal never matches there`;
    const write = `principals: ["${own}${first.slice(standIn.length)}"]`;
    return finding(kind, policy, `principal ${some(wrong)}`, rule, { write });
  });
}

/** Waypoints that no ALLOW policy lets in at pods of the Services that they serve. */
function shutWaypoints(snapshot: ClusterSnapshot): Finding[] {
  const allowing = new Map(byNamespace(snapshot.authorizationPolicies.filter(isZtunnels)));
  if (
    allowing.size === 0 ||
    ambientIstiods(snapshot).some(({ env }) => env["PILOT_AUTO_ALLOW_WAYPOINT_POLICY"] === "true")
  ) {
    return [];
  }
  const ofMesh = allowing.get(rootNamespace(snapshot)) ?? [];
  const domain = trustDomain(snapshot);
  const accounts = waypointAccounts(snapshot);
  const shut = new Map<string, { policy: AuthorizationPolicyState; waypoint: string; pods: PodState[] }>();
  const waypointsOf = podWaypoints(snapshot);
  for (const [namespace, pods] of byNamespace(podsToCapture(snapshot))) {
    const policies = [...new Set([...(allowing.get(namespace) ?? []), ...ofMesh])];
    if (policies.length === 0) continue;
    const through = waypointsOf(namespace);
    for (const pod of pods) {
      const selecting = policies.filter((policy) => isSelected(policy)(pod));
      const [policy] = selecting;
      if (!policy) continue;
      for (const waypoint of through(pod)) {
        const account = accounts.get(waypoint);
        if (
          account === undefined ||
          selecting.some((each) => admits(each, { namespace: waypoint.split("/")[0]!, account, trustDomain: domain }))
        )
          continue;
        const key = `${policy.namespace}/${policy.name} ${waypoint}`;
        const known = shut.get(key) ?? { policy, waypoint, pods: [] };
        known.pods.push(pod);
        shut.set(key, known);
      }
    }
  }
  return [...shut.values()].map(({ policy, waypoint, pods }) => {
    const account = accounts.get(waypoint) ?? "";
    const got = `no rule for waypoint ${waypoint}, in front of ${some(pods.map(({ name }) => name))}`;
    const rule = "ztunnel refuses what comes through the waypoint, unless an ALLOW policy names its service account";
    const [namespace = ""] = waypoint.split("/");
    const write = `from: [{ source: { principals: ["${domain ?? "cluster.local"}/ns/${namespace}/sa/${account}"] } }]`;
    return finding(kind, policy, got, rule, { write });
  });
}

function isZtunnels({ action, targets }: AuthorizationPolicyState): boolean {
  return action === "ALLOW" && targets.length === 0;
}

/** Service accounts of waypoints' pods, by the waypoint: namespace/name. */
function waypointAccounts({ pods }: ClusterSnapshot): Map<string, string> {
  return new Map(
    pods
      .filter(isWaypointPod)
      .map(({ namespace, labels, serviceAccount }) => [
        `${namespace}/${labels[marks.gatewayName] ?? ""}`,
        serviceAccount,
      ]),
  );
}

/** Of the pods of a namespace, the waypoints in front of the Services that select them. */
function podWaypoints(snapshot: ClusterSnapshot): (namespace: string) => (pod: PodState) => string[] {
  const waypointOf = serviceWaypoint(snapshot);
  const services = new Map(byNamespace(snapshot.services));
  return (namespace) => {
    const behind = (services.get(namespace) ?? []).flatMap((service) => {
      const waypoint = service.selector === undefined ? undefined : waypointOf("Service", service);
      return waypoint === undefined ? [] : [{ pods: service.selector, waypoint }];
    });
    return (pod) => [...new Set(behind.filter((each) => isSelected(each)(pod)).map(({ waypoint }) => waypoint))];
  };
}

/** Whether a rule may let the waypoint in; what is not understood may. */
function admits({ namespace, rules }: AuthorizationPolicyState, waypoint: Waypoint): boolean {
  return rules.some((rule) => isRead(rule) && isForAny(rule, (source) => names(source, namespace, waypoint)));
}

/** ztunnel leaves out a rule of an ALLOW policy that has something of HTTP in it. */
function isRead({ isHttp }: PolicyRule): boolean {
  return isHttp !== true;
}

function isForAny({ from }: PolicyRule, isFor: (source: PolicySource) => boolean): boolean {
  return from.length === 0 || from.some(isFor);
}

/** A waypoint by whom its pods are. */
interface Waypoint {
  namespace: string;
  account: string;
  /** The mesh's; undefined where that is not known. */
  trustDomain: string | undefined;
}

function names(source: PolicySource, own: string, waypoint: Waypoint): boolean {
  const { namespace, account } = waypoint;
  const { principals, namespaces, serviceAccounts } = source;
  return (
    (principals?.some((principal) => isPrincipal(principal, waypoint)) ?? true) &&
    (namespaces?.some((pattern) => fits(pattern, namespace)) ?? true) &&
    (serviceAccounts?.some((each) => (each.includes("/") ? each : `${own}/${each}`) === `${namespace}/${account}`) ??
      true)
  );
}

/** ztunnel compares the trust domain too, and takes neither an alias nor cluster.local for the mesh's own. */
function isPrincipal(pattern: string, { namespace, account, trustDomain: own }: Waypoint): boolean {
  if (pattern.startsWith(scheme)) return false;
  const identity = `/ns/${namespace}/sa/${account}`;
  const at = pattern.indexOf("/ns/");
  if (at >= 0) return (own === undefined || fits(pattern.slice(0, at), own)) && fits(pattern.slice(at), identity);
  return pattern.startsWith("*") ? fits(pattern, identity) : pattern.endsWith("*");
}

/** Exact, or by a star at its end or its start. */
function fits(pattern: string, text: string): boolean {
  if (pattern.endsWith("*")) return text.startsWith(pattern.slice(0, -1));
  return pattern.startsWith("*") ? text.endsWith(pattern.slice(1)) : text === pattern;
}
