// Pods of the mesh that do not go together with ztunnel: they want its ports, or carry the proxy of another mesh. And
// namespaces that are labeled for a mesh which istio-cni keeps out of them.
// Source: src/config.rs of istio/ztunnel, cni/pkg/config/config.go and the chart cni of istio/istio, releases 1.30 and 1.31.
import type { ClusterSnapshot, PodState } from "../cluster-state/snapshot";
import { namespaceFinding, type Check } from "./check";
import { byNamespace, count, enrolledPods, excludedNamespaces, hasProxy, marks, some } from "./mesh";

/** What ztunnel listens on inside of each pod, at all of the pod's addresses. */
const ztunnelPorts = [15001, 15006, 15008];

/** Containers that other meshes inject; each of them leads the pod's traffic to itself. */
const otherProxies: Record<string, string> = {
  "linkerd-proxy": "Linkerd",
  "consul-dataplane": "Consul",
  "kuma-sidecar": "Kuma",
};

export const captureConflictChecks: Check[] = [
  {
    id: "ztunnel-ports",
    category: "enrollment",
    claim: "no pod of the mesh wants a port of ztunnel",
    severity: "warning",
    hint: "ztunnel listens inside of each pod first: the container then fails with “address already in use”.",
    needs: ["pods", "namespaces"],
    isLocal: true,
    run: (snapshot) =>
      byNamespace(capturable(snapshot)).flatMap(([namespace, pods]) => {
        const clashing = pods.filter((pod) => portsOf(pod).length > 0);
        if (clashing.length === 0) return [];
        const ports = [...new Set(clashing.flatMap(portsOf))].sort();
        const got = `port ${ports.join(", ")} in ${count(clashing.length, "pod")} (${names(clashing)})`;
        const rule = `ztunnel listens at ${ztunnelPorts.join(", ")} of each pod that it serves`;
        return [namespaceFinding(namespace, got, rule, outside)];
      }),
  },
  {
    id: "other-proxies",
    category: "enrollment",
    claim: "no pod of the mesh has the proxy of another mesh",
    severity: "warning",
    hint: "Both redirect the pod's connections: one of the two does not see them, or they fail.",
    needs: ["pods", "namespaces"],
    isLocal: true,
    run: (snapshot) =>
      byNamespace(capturable(snapshot)).flatMap(([namespace, pods]) => {
        const meshes = new Map<string, PodState[]>();
        for (const pod of pods) {
          const mesh = otherMesh(pod);
          if (mesh !== undefined) meshes.set(mesh, [...(meshes.get(mesh) ?? []), pod]);
        }
        return [...meshes].map(([mesh, found]) => {
          const got = `the proxy of ${mesh} in ${count(found.length, "pod")} (${names(found)})`;
          return namespaceFinding(
            namespace,
            got,
            "one mesh serves a pod: end the injection there, or leave it out",
            outside,
          );
        });
      }),
  },
  {
    id: "excluded-namespaces",
    category: "enrollment",
    claim: "istio-cni captures pods in every namespace that is labeled for it",
    severity: "warning",
    hint: "Pods of a namespace that istio-cni excludes, by default kube-system, stay outside the mesh without an error.",
    needs: ["namespaces"],
    also: ["daemonSets", "configMaps"],
    run(snapshot) {
      const excluded = excludedNamespaces(snapshot);
      return snapshot.namespaces
        .filter(({ name, labels }) => excluded.has(name) && labels[marks.dataplaneMode] === "ambient")
        .map(({ name }) => {
          const rule = "istio-cni leaves this namespace out (the chart's excludeNamespaces), whatever its label says";
          const run = `kubectl label namespace ${name} ${marks.dataplaneMode}-`;
          return namespaceFinding(name, `${marks.dataplaneMode}=ambient`, rule, { run });
        });
    },
  },
];

const outside = { write: `template: { metadata: { labels: { "${marks.dataplaneMode}": none } } }` };

/** Pods that ztunnel serves, or will as soon as they run. */
function capturable(snapshot: ClusterSnapshot): PodState[] {
  return enrolledPods(snapshot).filter((pod) => !pod.hostNetwork && !hasProxy(pod));
}

function portsOf({ ports }: PodState): number[] {
  return Object.values(ports).filter((port) => ztunnelPorts.includes(port));
}

function otherMesh({ containers }: PodState): string | undefined {
  return containers.map(({ name }) => otherProxies[name]).find((mesh) => mesh !== undefined);
}

function names(pods: PodState[]): string {
  return some(pods.map(({ name }) => name).sort());
}
