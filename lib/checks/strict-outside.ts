// STRICT and policies against what comes from outside the mesh: load balancers, which it refuses, and pods that let such
// traffic past ztunnel.
// Source: istio.io, PeerAuthentication and ambient; ambient.istio.io/bypass-inbound-capture in cni/pkg/iptables of istio/istio,
// releases 1.30 and 1.31; release note of istio#58577.
import type { ClusterSnapshot, PodState } from "../cluster-state/snapshot";
import { selects } from "../network-policies/selectors";
import { finding, namespaceFinding, type Check } from "./check";
import { byNamespace, count, meshNamespace, podsToCapture, some } from "./mesh";
import { isSelected } from "./policy-readers";
import { isStrict } from "./strict-webhooks";

const bypass = "ambient.istio.io/bypass-inbound-capture";

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
      const captured = new Map(byNamespace(podsToCapture(snapshot)));
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
    claim: "no pod with policies lets plaintext past ztunnel",
    severity: "warning",
    hint: "What is not captured on its way in meets neither STRICT nor an AuthorizationPolicy.",
    needs: ["authorizationPolicies", "peerAuthentications", "pods", "namespaces"],
    isLocal: true,
    run: (snapshot) =>
      byNamespace(podsToCapture(snapshot).filter(({ annotations }) => annotations[bypass] === "true")).flatMap(
        ([namespace, pods]) => {
          const policies = [...new Set(pods.flatMap((pod) => policiesFor(snapshot, pod)))].sort();
          if (policies.length === 0) return [];
          const names = pods.map(({ name }) => name).sort();
          const got = `${bypass}=true on ${count(pods.length, "pod")} (${some(names)}), beside ${some(policies)}`;
          const rule = "ztunnel sees no plaintext that comes in there, and no policy applies to it";
          return [namespaceFinding(namespace, got, rule, { write: `annotations: { "${bypass}": "false" }` })];
        },
      ),
  },
];

function asksForStrict({ peerAuthentications }: ClusterSnapshot): boolean {
  return peerAuthentications.some(({ mode, ports }) => [mode, ...Object.values(ports)].includes("STRICT"));
}

/** What ztunnel would enforce at a pod. */
function policiesFor(snapshot: ClusterSnapshot, pod: PodState): string[] {
  const root = meshNamespace(snapshot);
  const own = snapshot.authorizationPolicies.filter(
    (policy) =>
      policy.targets.length === 0 && [root, pod.namespace].includes(policy.namespace) && isSelected(policy)(pod),
  );
  const listening = [...Object.values(pod.ports), ...pod.probePorts];
  const strict = (listening.length > 0 ? listening : [0]).some((port) => isStrict(snapshot, pod, port));
  return [
    ...own.map(({ namespace, name }) => `AuthorizationPolicy ${namespace}/${name}`),
    ...(strict ? ["STRICT"] : []),
  ];
}
