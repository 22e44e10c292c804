// RequestAuthentications that no proxy enforces: ztunnel knows no tokens, and a waypoint takes what targets it.
// Source: pilot/pkg/model/policyattachment.go of istio/istio; istio#45502, istio#53723; IST0166 of Istio's analyzers.
import type { ClusterSnapshot, Reference, RequestAuthenticationState } from "../cluster-state/snapshot";
import { isReadIn } from "../cluster-state/within";
import { finding, type Check, type Finding } from "./check";
import { byNamespace, hasProxy, isLive, marks, podsToCapture, some } from "./mesh";
import { serviceWaypoint } from "./waypoint-users";

export const requestAuthenticationCheck: Check = {
  id: "policy-tokens",
  category: "policies",
  claim: "a waypoint or a gateway checks the tokens of every RequestAuthentication",
  severity: "error",
  hint: "No condition shows that such a policy has no effect, and requests with an invalid token come through.",
  needs: ["requestAuthentications", "pods", "namespaces", "services"],
  also: ["serviceEntries"],
  isLocal: true,
  run: (snapshot) => [...unseen(snapshot), ...unguarded(snapshot)],
};

/** Policies without a target, all of whose pods are captured ones: those go by ztunnel, which does not read it. */
function unseen(snapshot: ClusterSnapshot): Finding[] {
  const policies = snapshot.requestAuthentications.filter(({ targets }) => targets.length === 0);
  if (policies.length === 0) return [];
  const captured = new Set(podsToCapture(snapshot));
  const pods = new Map(byNamespace(snapshot.pods.filter(isLive)));
  return policies.flatMap((policy) => {
    const selected = (pods.get(policy.namespace) ?? []).filter(({ labels }) => isSelected(policy, labels));
    const isElsewhere = selected.some((pod) => hasProxy(pod) || isIngress(pod.labels));
    const unchecked = selected.filter((pod) => captured.has(pod));
    if (isElsewhere || unchecked.length === 0) return [];
    const got = `no targetRefs, for ${some(unchecked.map(({ name }) => name))}`;
    const rule = "ztunnel checks no tokens; a policy for a waypoint targets a Service or the waypoint";
    return [finding("RequestAuthentication", policy, got, rule, { write: target })];
  });
}

const target = 'targetRefs: [{ kind: Service, group: "", name: ... }]';

/** Policies for a Service in front of which there is no waypoint. */
function unguarded(snapshot: ClusterSnapshot): Finding[] {
  const waypointOf = serviceWaypoint(snapshot);
  const unbound = ({ kind, namespace, name }: Reference) => {
    const list = kind === "Service" ? "services" : kind === "ServiceEntry" ? "serviceEntries" : undefined;
    if (list === undefined || !isReadIn(snapshot, list, namespace)) return false;
    const found = snapshot[list].find((each) => each.namespace === namespace && each.name === name);
    return found !== undefined && waypointOf(kind as "Service" | "ServiceEntry", found) === undefined;
  };
  return snapshot.requestAuthentications.flatMap((policy) =>
    policy.targets.filter(unbound).map(({ kind, name }) => {
      const rule = "its target has a waypoint";
      const write = `${marks.useWaypoint}: waypoint`;
      return finding("RequestAuthentication", policy, `${kind} ${name} has no waypoint`, rule, { write });
    }),
  );
}

function isSelected({ pods }: RequestAuthenticationState, labels: Record<string, string>): boolean {
  return Object.entries(pods).every(([key, value]) => labels[key] === value);
}

/** Pods of Gateways take policies by their labels too; those of waypoints do not. */
function isIngress(labels: Record<string, string>): boolean {
  return marks.gatewayName in labels && labels[marks.managed] !== "istio.io-mesh-controller";
}
