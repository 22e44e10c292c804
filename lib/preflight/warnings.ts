// What works, but not as one may expect.
import { finding, namespaceFinding, type Finding } from "../checks/check";
import { isVirtualMachine } from "../checks/capture";
import { fixFor } from "../checks/kept";
import { hasProxy, hasSidecar, isLive, marks, some } from "../checks/mesh";
import type { Named } from "../cluster-state/snapshot";
import type { ClusterFacts, Plan } from "./facts";

/** Namespaces that ask for a sidecar and for ambient at once. */
export function bothLabelsFindings({ namespaces }: ClusterFacts): Finding[] {
  const injected = ({ labels }: Named) => labels["istio-injection"] === "enabled" || "istio.io/rev" in labels;
  return namespaces
    .filter((namespace) => namespace.labels[marks.dataplaneMode] === "ambient" && injected(namespace))
    .map((namespace) => {
      const { name, labels } = namespace;
      const label = "istio.io/rev" in labels ? "istio.io/rev" : "istio-injection";
      const got = `both ${marks.dataplaneMode} and ${label}`;
      const run = `kubectl label namespace ${name} ${label}-`;
      return fixFor(namespace, namespaceFinding(name, got, "a pod with a sidecar is never captured", { run }));
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
