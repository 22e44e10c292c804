// Policies of Istio that do not do what they say, since nothing enforces them.
import { condition, type AuthorizationPolicyState, type ClusterSnapshot } from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { said } from "./gateways";
import { ingressGateways, marks } from "./mesh";

export const policyChecks: Check[] = [
  {
    id: "policy-ztunnel",
    category: "policies",
    claim: "ztunnel enforces every policy as it is written",
    severity: "error",
    hint: "ztunnel knows no HTTP: such rules need a waypoint, and a policy that targets it.",
    needs: ["authorizationPolicies"],
    run: (snapshot) =>
      snapshot.authorizationPolicies.flatMap((policy) => {
        const accepted = condition(policy.conditions, "ZtunnelAccepted");
        // Accepted with the reason UnsupportedValue means: without what ztunnel does not know.
        if (!accepted || (accepted.status === "True" && accepted.reason === "Accepted")) return [];
        const got = said("ZtunnelAccepted", accepted);
        return [
          policyFinding(
            policy,
            got,
            "ztunnel accepts all of it",
            'targetRefs: [{ kind: Service, group: "", name: ... }]',
          ),
        ];
      }),
  },
  {
    id: "policy-waypoint",
    category: "policies",
    claim: "every policy for a waypoint is bound to one",
    severity: "error",
    hint: "A policy whose target has no waypoint is not enforced.",
    needs: ["authorizationPolicies"],
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
    needs: ["authorizationPolicies", "routes", "services", "namespaces", "gateways", "gatewayClasses"],
    run: (snapshot) =>
      snapshot.authorizationPolicies.flatMap((policy) =>
        policy.targets
          .filter(
            (target) => target.kind === "Service" && isRouted(snapshot, target) && !ingressPasses(snapshot, target),
          )
          .map((target) =>
            finding(
              "Service",
              target,
              `no label ${marks.ingressUseWaypoint}=true`,
              `AuthorizationPolicy ${policy.name} is enforced by its waypoint, and a gateway routes to it`,
              {
                run: `kubectl label service ${target.name} --namespace ${target.namespace} ${marks.ingressUseWaypoint}=true`,
              },
            ),
          ),
      ),
  },
];

function policyFinding(policy: AuthorizationPolicyState, got: string, rule: string, write: string): Finding {
  return finding("AuthorizationPolicy", policy, got, rule, { write });
}

function isRouted(snapshot: ClusterSnapshot, target: { namespace: string; name: string }): boolean {
  const gateways = ingressGateways(snapshot);
  return snapshot.routes.some(
    (route) =>
      route.backends.some((ref) => ref.namespace === target.namespace && ref.name === target.name) &&
      route.parents.some((ref) =>
        gateways.some(({ namespace, name }) => namespace === ref.namespace && name === ref.name),
      ),
  );
}

function ingressPasses(snapshot: ClusterSnapshot, target: { namespace: string; name: string }): boolean {
  const service = snapshot.services.find(
    ({ namespace, name }) => namespace === target.namespace && name === target.name,
  );
  const namespace = snapshot.namespaces.find(({ name }) => name === target.namespace);
  const label = service?.labels[marks.ingressUseWaypoint] ?? namespace?.labels[marks.ingressUseWaypoint];
  return label?.toLowerCase() === "true";
}
