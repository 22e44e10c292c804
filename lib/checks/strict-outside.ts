// STRICT and policies against what comes from outside the mesh: load balancers, which it refuses, and pods that let such
// traffic past ztunnel.
// Source: istio.io, PeerAuthentication and ambient; ambient.istio.io/bypass-inbound-capture in cni/pkg/iptables of istio/istio,
// releases 1.30 and 1.31; release note of istio#58577.
import type { ClusterSnapshot, PodState } from "../cluster-state/snapshot";
import { selects } from "../network-policies/selectors";
import { finding, namespaceFinding, type Check } from "./check";
import { byNamespace, bypass, bypassesInbound, count, podsToCapture, some } from "./mesh";
import { isSelected } from "./policy-readers";
import { isStrict } from "./strict-webhooks";

export const strictOutsideChecks: Check[] = [
  {
    id: "policy-load-balancers",
    category: "policies",
    claim: "no STRICT policy refuses what a load balancer sends to pods of the mesh",
    severity: "warning",
    hint: "A load balancer is outside the mesh: under STRICT every connection that comes through it is refused.",
    needs: ["peerAuthentications", "services", "pods", "namespaces"],
    isLocal: true,
    run(snapshot) {
      const balanced = snapshot.services.filter(({ type, selector }) => type === "LoadBalancer" && selector);
      if (balanced.length === 0 || !asksForStrict(snapshot)) return [];
      const captured = new Map(byNamespace(podsToCapture(snapshot).filter((pod) => !bypassesInbound(pod))));
      return balanced.flatMap((service) => {
        const { namespace, selector = {}, ports } = service;
        const behind = (captured.get(namespace) ?? []).filter(({ labels }) =>
          selects({ labels: selector, expressions: [] }, labels),
        );
        const refused = ports.flatMap(({ port, target = port, protocol }) =>
          (protocol === undefined ? behind : [])
            .map((pod) => ({ pod, number: typeof target === "number" ? target : pod.ports[target] }))
            .filter(({ pod, number }) => number !== undefined && isStrict(snapshot, pod, number))
            .map(({ number }) => number as number),
        );
        const numbers = [...new Set(refused)].sort((one, other) => one - other);
        if (numbers.length === 0) return [];
        const got = `type LoadBalancer, and STRICT at port ${numbers.join(", ")} of its pods`;
        const rule =
          "clients come through a gateway of the mesh, or the port accepts plaintext by a PeerAuthentication for its pods";
        const open = numbers.map((number) => `${number}: { mode: PERMISSIVE }`).join(", ");
        return [finding("Service", service, got, rule, { write: `portLevelMtls: { ${open} }` })];
      });
    },
  },
  {
    id: "policy-bypass",
    category: "policies",
    claim: "no policy is for pods that let plaintext past ztunnel",
    severity: "warning",
    hint: "What is not captured on its way in meets neither STRICT nor an AuthorizationPolicy.",
    needs: ["authorizationPolicies", "peerAuthentications", "pods", "namespaces"],
    isLocal: true,
    run: (snapshot) =>
      byNamespace(podsToCapture(snapshot).filter(bypassesInbound)).flatMap(([namespace, pods]) => {
        const policies = policiesFor(snapshot, namespace, pods);
        const [first] = policies;
        if (!first) return [];
        const names = pods.map(({ name }) => name).sort();
        const given = policies.map(({ kind, name }) => `${kind} ${name}`).sort();
        const got = `${bypass}=true on ${count(pods.length, "pod")} (${some(names)}), selected by ${some(given)}`;
        const rule =
          "ztunnel sees no plaintext that comes in there, and the policy does not apply to it: a pod whose clients are outside of " +
          "the mesh gets a NetworkPolicy instead, any other one loses the annotation";
        const labels = Object.entries(first.pods).map(([key, value]) => `${key}: ${value}`);
        const write = `kind: NetworkPolicy, spec: { podSelector: { matchLabels: { ${labels.join(", ")} } } }`;
        return [namespaceFinding(namespace, got, rule, { write })];
      }),
  },
];

function asksForStrict({ peerAuthentications }: ClusterSnapshot): boolean {
  return peerAuthentications.some(({ mode, ports }) => [mode, ...Object.values(ports)].includes("STRICT"));
}

/** Policies that select such a pod by its labels; those for whole namespaces are not meant for it alone. */
function policiesFor(snapshot: ClusterSnapshot, namespace: string, pods: PodState[]) {
  const all = [
    ...snapshot.authorizationPolicies.map((policy) => ({ ...policy, kind: "AuthorizationPolicy" })),
    ...snapshot.peerAuthentications
      .filter(({ mode, ports }) => [mode, ...Object.values(ports)].includes("STRICT"))
      .map((policy) => ({ ...policy, kind: "PeerAuthentication" })),
  ];
  return all.flatMap((policy) => {
    const { kind, name, pods: wanted = {} } = policy;
    const isMeant = policy.namespace === namespace && Object.keys(wanted).length > 0;
    return isMeant && pods.some(isSelected({ pods: wanted })) ? [{ kind, name, pods: wanted }] : [];
  });
}
