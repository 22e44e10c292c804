// What works, but not as one may expect.
import { finding, namespaceFinding, type Finding } from "../checks/check";
import { isVirtualMachine } from "../checks/capture";
import { injectionLabel } from "../checks/enrollment";
import { fixFor } from "../checks/kept";
import { hasProxy, hasSidecar, isLive, marks, some } from "../checks/mesh";
import type { ClusterFacts, Plan } from "./facts";

/** Namespaces that ask for a sidecar and for ambient at once. */
export function bothLabelsFindings({ namespaces }: ClusterFacts): Finding[] {
  return namespaces
    .filter((namespace) => namespace.labels[marks.dataplaneMode] === "ambient")
    .flatMap((namespace) => {
      const injection = injectionLabel(namespace);
      if (injection === undefined) return [];
      const { name } = namespace;
      const { label } = injection;
      const got = `both ${marks.dataplaneMode} and ${label}`;
      const run = `kubectl label namespace ${name} ${label}-`;
      return [fixFor(namespace, namespaceFinding(name, got, "a pod with a sidecar is never captured", { run }))];
    });
}

/** Workloads in ambient namespaces that stay outside the mesh. */
export function uncapturableFindings({ namespaces, uncapturable }: ClusterFacts): Finding[] {
  return namespaces
    .filter(({ labels }) => labels[marks.dataplaneMode] === "ambient")
    .flatMap(({ name }) => {
      const pods = uncapturable.filter(
        (pod) => pod.namespace === name && isLive(pod) && pod.labels[marks.dataplaneMode] !== "none",
      );
      const onHost = pods.filter((pod) => pod.hostNetwork).map((pod) => pod.name);
      const withSidecar = pods.filter((pod) => !pod.hostNetwork && hasSidecar(pod)).map((pod) => pod.name);
      const machines = pods.filter((pod) => isVirtualMachine(pod) && !hasProxy(pod)).map((pod) => pod.name);
      return [
        ...(onHost.length === 0
          ? []
          : [
              namespaceFinding(
                name,
                `pods on the node's network: ${some(onHost)}`,
                "only pods with their own network namespace are captured",
                { write: "hostNetwork: false" },
              ),
            ]),
        ...(withSidecar.length === 0
          ? []
          : [
              namespaceFinding(
                name,
                `pods with a sidecar: ${some(withSidecar)}`,
                "a pod with a sidecar is never captured; disable injection and restart it",
                { run: `kubectl rollout restart deployment --namespace ${name}` },
              ),
            ]),
        ...(machines.length === 0
          ? []
          : [
              namespaceFinding(
                name,
                `virtual machines of KubeVirt: ${some(machines)}`,
                "KubeVirt does not support ambient: connections into such a guest fail, or bypass ztunnel",
                { write: `${marks.dataplaneMode}: none` },
              ),
            ]),
      ];
    });
}

/** An autoscaler without anything to scale by. */
export function metricsFindings({ autoscale, namespace }: Plan, { metricsApi }: ClusterFacts): Finding[] {
  if (!autoscale || metricsApi) {
    return [];
  }
  const rule = "a HorizontalPodAutoscaler needs metrics.k8s.io, which metrics-server provides";
  return [
    finding("HorizontalPodAutoscaler", { namespace, name: "istiod" }, "no API metrics.k8s.io", rule, {
      write: "controlPlane: { values: { autoscaleEnabled: false } }",
    }),
  ];
}

/** Distributions that have no iptables of the old kind any more, on which istio-cni otherwise relies. */
const withoutIptables =
  /\b(?:Red Hat Enterprise Linux|CentOS Stream|Rocky Linux|AlmaLinux|Oracle Linux Server)(?: CoreOS)?\s+10\b/;

/** Nodes whose kernel has only nftables. */
export function nftablesFindings({ nftables }: Plan, { nodes, server }: ClusterFacts): Finding[] {
  const found = nodes.filter(({ system = "" }) => withoutIptables.test(system));
  const [first] = found;
  if (nftables || !first) return [];
  const got = `${first.system ?? ""} on ${some(found.map(({ name }) => name))}`;
  const rule = "its kernel lacks modules of iptables, and istio-cni can write its rules by nftables instead";
  const write = "cni: { values: { global: { nativeNftables: true } } }";
  return [finding("Cluster", { namespace: "", name: server }, got, rule, { write })];
}
