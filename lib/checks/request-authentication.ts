// RequestAuthentications that no proxy enforces: ztunnel knows no tokens, and a waypoint takes what targets it.
// Source: pilot/pkg/model/policyattachment.go of istio/istio; istio#45502, istio#53723; IST0166 of Istio's analyzers.
import type { ClusterSnapshot, RequestAuthenticationState } from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { some } from "./mesh";
import { serviceTarget, unboundTargets, unreadPods, type Attached } from "./policy-readers";

export const requestAuthenticationCheck: Check = {
  id: "policy-tokens",
  category: "policies",
  claim: "a waypoint or a gateway checks the tokens of every RequestAuthentication",
  severity: "error",
  hint: "No condition shows that such a policy has no effect, and requests with an invalid token come through.",
  needs: ["requestAuthentications", "pods", "namespaces", "services"],
  also: ["serviceEntries", "workloadEntries", "gateways"],
  isLocal: true,
  run(snapshot: ClusterSnapshot): Finding[] {
    const policies = snapshot.requestAuthentications;
    if (policies.length === 0) return [];
    const unread = unreadPods(snapshot, "all");
    const unbound = unboundTargets(snapshot, ["Gateway", "GatewayClass", "Service", "ServiceEntry"]);
    return policies.flatMap((policy) => {
      const pods = unread(attached(policy)) ?? [];
      const got = `no targetRefs, for ${some(pods.map(({ name }) => name))}`;
      const rule = "ztunnel checks no tokens; a policy for a waypoint targets a Service or the waypoint";
      return [
        ...(pods.length > 0 ? [finding(kind, policy, got, rule, { write: serviceTarget })] : []),
        ...unbound(policy).map((each) => finding(kind, policy, each.got, each.rule, { write: each.write })),
      ];
    });
  },
};

const kind = "RequestAuthentication";

function attached({ pods, ...policy }: RequestAuthenticationState): Attached {
  return { ...policy, ...(Object.keys(pods).length > 0 ? { pods } : {}) };
}
