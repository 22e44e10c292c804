// Policies of Istio that do not do what they say, since nothing enforces them.
import { condition, type AuthorizationPolicyState } from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { said } from "./gateways";
import { ingressBypasses } from "./ingress-bypass";
import { marks } from "./mesh";
import { ztunnelPoliciesCheck } from "./ztunnel-policies";

export const policyChecks: Check[] = [
  ztunnelPoliciesCheck,
  {
    id: "policy-waypoint",
    category: "policies",
    claim: "every policy for a waypoint is bound to one",
    severity: "error",
    hint: "A policy whose target has no waypoint is not enforced.",
    needs: ["authorizationPolicies"],
    isLocal: true,
    run: (snapshot) =>
      snapshot.authorizationPolicies.flatMap((policy) => {
        const accepted = condition(policy.conditions, "WaypointAccepted");
        if (!accepted || (accepted.status === "True" && accepted.reason === "Accepted")) return [];
        const rule = "its targets exist and have a waypoint";
        return [policyFinding(policy, said("WaypointAccepted", accepted), rule, `${marks.useWaypoint}: waypoint`)];
      }),
  },
  {
    id: "policy-ingress",
    category: "policies",
    claim: "traffic from gateways goes through the waypoints that enforce policies",
    severity: "warning",
    hint: "Ingress gateways bypass the waypoint and its policies unless the Service is labeled otherwise.",
    needs: ["authorizationPolicies", "routes", "services", "namespaces", "gateways"],
    also: ["gatewayClasses", "virtualServices"],
    isLocal: true,
    run: ingressBypasses,
  },
];

function policyFinding(policy: AuthorizationPolicyState, got: string, rule: string, write: string): Finding {
  return finding("AuthorizationPolicy", policy, got, rule, { write });
}
