// Policies that do not do what they say: of Istio, where nothing enforces them, and of Kubernetes, where they shut out the mesh.
import {
  condition,
  type AuthorizationPolicyState,
  type ClusterSnapshot,
  type LabelExpression,
  type NetworkPolicyState,
} from "../cluster-state/snapshot";
import { finding, namespaceFinding, type Check, type Finding } from "./check";
import { said } from "./gateways";
import { ingressBypasses } from "./ingress-bypass";
import { byNamespace, marks, podsToCapture, some } from "./mesh";

const hbonePort = 15008;
/** Source address of the kubelet's probes of captured pods. */
const probeAddress = "169.254.7.127/32";

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
    run: ingressBypasses,
  },
  {
    id: "network-policy-hbone",
    category: "network",
    claim: "no NetworkPolicy blocks the mesh's port",
    severity: "warning",
    hint: `Mesh traffic arrives at port ${hbonePort}, whatever port the application listens on.`,
    needs: ["networkPolicies", "pods", "namespaces"],
    run: (snapshot) =>
      selected(
        snapshot,
        ({ ingress }) => ingress.some((rule) => opensPort(rule, hbonePort)),
        () => true,
      ).map(({ namespace, policies, pods }) =>
        shut(
          namespace,
          policies,
          pods,
          `port ${hbonePort} is open to the mesh's pods`,
          `{ ports: [{ port: ${hbonePort} }] }`,
        ),
      ),
  },
  {
    id: "network-policy-probes",
    category: "network",
    claim: "no NetworkPolicy blocks the kubelet's probes",
    severity: "warning",
    hint: `Probes of captured pods come from ${probeAddress}, which policies do not allow by default.`,
    needs: ["networkPolicies", "pods", "namespaces"],
    run: (snapshot) =>
      selected(
        snapshot,
        ({ ingress }) => ingress.some(admitsProbes),
        ({ probed }) => probed,
      ).map(({ namespace, policies, pods }) =>
        shut(
          namespace,
          policies,
          pods,
          `ingress from ${probeAddress} is allowed`,
          `{ from: [{ ipBlock: { cidr: ${probeAddress} } }] }`,
        ),
      ),
  },
];

function policyFinding(policy: AuthorizationPolicyState, got: string, rule: string, write: string): Finding {
  return finding("AuthorizationPolicy", policy, got, rule, { write });
}

interface ShutOut {
  namespace: string;
  policies: NetworkPolicyState[];
  pods: string[];
}

/** Pods of the mesh that policies select, in namespaces where none of these policies lets the traffic in. */
function selected(
  snapshot: ClusterSnapshot,
  lets: (policy: NetworkPolicyState) => boolean,
  concerns: (pod: ClusterSnapshot["pods"][number]) => boolean,
): ShutOut[] {
  const policies = new Map(byNamespace(snapshot.networkPolicies));
  return byNamespace(podsToCapture(snapshot).filter(concerns)).flatMap(([namespace, pods]) => {
    const found: ShutOut = { namespace, policies: [], pods: [] };
    for (const pod of pods) {
      const selecting = (policies.get(namespace) ?? []).filter((policy) => selects(policy, pod.labels));
      if (selecting.length === 0 || selecting.some(lets)) continue;
      found.pods.push(pod.name);
      found.policies.push(...selecting.filter((policy) => !found.policies.includes(policy)));
    }
    return found.pods.length > 0 ? [found] : [];
  });
}

function selects({ podLabels, podExpressions }: NetworkPolicyState, labels: Record<string, string>): boolean {
  return (
    Object.entries(podLabels).every(([key, value]) => labels[key] === value) &&
    podExpressions.every((expression) => holds(expression, labels[expression.key]))
  );
}

/** A label selector's expression; a label that is not there is in no list of values. */
function holds({ operator, values }: LabelExpression, value: string | undefined): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    default:
      return value === undefined;
  }
}

function opensPort({ ports }: NetworkPolicyState["ingress"][number], port: number): boolean {
  return ports === undefined || ports.some((range) => range.from <= port && port <= range.to);
}

function admitsProbes({ sources }: NetworkPolicyState["ingress"][number]): boolean {
  return (
    sources === undefined || sources.cidrs.some((cidr) => [probeAddress, "0.0.0.0/0", "169.254.0.0/16"].includes(cidr))
  );
}

function shut(namespace: string, policies: NetworkPolicyState[], pods: string[], rule: string, write: string): Finding {
  const names = some(policies.map((policy) => policy.name));
  return namespaceFinding(namespace, `NetworkPolicy ${names} selects ${some(pods)}`, rule, {
    write: `ingress: [${write}]`,
  });
}
