// What nodes say of themselves: where network plugins and network namespaces are on them, and what their kernel can do.
import * as assert from "node:assert/strict";
import { slimNode } from "../../cluster/slim";
import { findingLine } from "../../lib/checks/check";
import type { NodeState } from "../../lib/cluster-state/snapshot";
import { judgePlan } from "../../lib/preflight";
import type { ClusterFacts, Plan } from "../../lib/preflight/facts";
import { flannel, named, workload } from "./fixtures/objects";
import { empty, plan } from "./fixtures/plans";

interface Described {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  runtime?: string;
  system?: string;
}

/** A node as the API server sends it. */
function described(name: string, { labels, annotations, runtime = "containerd://2.1.4", system = "" }: Described) {
  const nodeInfo = { containerRuntimeVersion: runtime, osImage: system };
  return slimNode({ metadata: { name, labels, annotations }, status: { nodeInfo } } as Parameters<typeof slimNode>[0]);
}

const k3s = (...nodes: NodeState[]): Partial<ClusterFacts> => ({ kubernetes: "v1.34.1+k3s1", nodes });
const minikube = (runtime: string): Partial<ClusterFacts> => ({
  nodes: [described("minikube", { labels: { "minikube.k8s.io/name": "minikube" }, runtime })],
});
const cluster = "`Cluster https://127.0.0.1:6443`: got ";
const usual =
  `${cluster}"platform k3s, without flannel of k3s"; without its own flannel k3s has the usual directories for network plugins, ` +
  'and the charts install istio-cni elsewhere; write `cni: { values: { cniBinDir: "/opt/cni/bin", cniConfDir: "/etc/cni/net.d" } }`';

const cases: [what: string, plan: Partial<Plan>, facts: Partial<ClusterFacts>, ...errors: string[]][] = [
  ["k3s with its own flannel, and told", { platform: "k3s" }, k3s(described("a", { annotations: flannel }))],
  [
    "k3s with its own flannel, and not told",
    {},
    k3s(described("a", { annotations: flannel })),
    `${cluster}"a cluster of k3s, platform not given"; the charts install istio-cni where k3s looks for it only if \`platform\` is ` +
      'set; write `platform: "k3s"`',
  ],
  [
    "k3s whose directories are in the chart's values",
    { ownDirectories: true },
    k3s(described("a", { annotations: flannel })),
  ],
  ["k3s with Cilium instead of flannel", {}, k3s(described("a", {}))],
  ["k3s with Cilium, told of the platform", { platform: "k3s" }, k3s(described("a", {})), usual],
  [
    "the same with directories in the chart's values",
    { platform: "k3s", ownDirectories: true },
    k3s(described("a", {})),
  ],
  [
    "k3s with a flannel that was installed by hand",
    { platform: "k3s" },
    {
      ...k3s(described("a", { annotations: flannel })),
      daemonSets: [workload("DaemonSet", "kube-flannel", "kube-flannel-ds")],
    },
    usual,
  ],
  [
    "k3s whose nodes may not be read",
    {},
    k3s(),
    `${cluster}"a cluster of k3s, platform not given"; the charts install istio-cni where k3s looks for it only if \`platform\` is ` +
      'set; write `platform: "k3s"`',
  ],
  ["RKE2, which has the usual directories", {}, { kubernetes: "v1.34.1+rke2r1", nodes: [described("a", {})] }],
  ["minikube with Docker, and told", { platform: "minikube" }, minikube("docker://28.4.0")],
  [
    "minikube with Docker, and not told",
    {},
    minikube("docker://28.4.0"),
    `${cluster}"a cluster of minikube, platform not given"; the charts install istio-cni where minikube looks for it only if ` +
      '`platform` is set; write `platform: "minikube"`',
  ],
  ["minikube with containerd", {}, minikube("containerd://2.1.4")],
  [
    "minikube with containerd, told of the platform",
    { platform: "minikube" },
    minikube("containerd://2.1.4"),
    `${cluster}"platform minikube, and a container runtime other than Docker"; only Docker keeps the network namespaces of pods in ` +
      '/var/run/docker/netns, where istio-cni then looks; write `cni: { values: { cniNetnsDir: "/var/run/netns" } }`',
  ],
  [
    "the same with the directory in the chart's values",
    { platform: "minikube", ownNamespaces: true },
    minikube("containerd://2.1.4"),
  ],
  ["nodes with Docker", {}, { nodes: [described("a", { runtime: "docker://26.1.3" })] }],
  ["nodes with CRI-O", {}, { nodes: [described("a", { runtime: "cri-o://1.33.1" })] }],
];

const systems: [system: string, plan: Partial<Plan>, isTold: boolean][] = [
  ["Red Hat Enterprise Linux 10.0 (Coughlan)", {}, true],
  ["Red Hat Enterprise Linux CoreOS 10.1.20260301-0", {}, true],
  ["Rocky Linux 10.0 (Red Quartz)", {}, true],
  ["Red Hat Enterprise Linux 10.0 (Coughlan)", { nftables: true }, false],
  ["Red Hat Enterprise Linux 9.10 (Plow)", {}, false],
  ["Red Hat Enterprise Linux CoreOS 410.84.202302140606-0", {}, false],
  ["Ubuntu 24.04.10 LTS", {}, false],
  ["Debian GNU/Linux 10 (buster)", {}, false],
  ["Bottlerocket OS 1.10.0 (aws-k8s-1.34)", {}, false],
  ["Talos (v1.10.4)", {}, false],
];

describe("the preflight, of nodes", () => {
  const judged = (changed: Partial<Plan>, facts: Partial<ClusterFacts>) =>
    judgePlan({ ...plan, ...changed }, { ...empty, ...facts }, false);

  for (const [what, changed, facts, ...errors] of cases) {
    it(`${what}: ${errors.length > 0 ? "stops" : "nothing"}`, () =>
      assert.deepEqual(judged(changed, facts).errors.map(findingLine), errors));
  }

  for (const [system, changed, isTold] of systems) {
    it(`${system}${changed.nftables ? " with nftables" : ""}: ${isTold ? "a warning" : "nothing"}`, () => {
      const message =
        `${cluster}"${system} on a"; its kernel lacks modules of iptables, and istio-cni can write its rules by nftables instead; ` +
        "write `cni: { values: { global: { nativeNftables: true } } }`";
      const { errors, warnings } = judged(changed, { nodes: [described("a", { system })] });
      assert.deepEqual([...errors, ...warnings].map(findingLine), isTold ? [message] : []);
    });
  }

  it("says nothing of a revision on a namespace whose injection is off, which is for its waypoints", () => {
    const labels = { "istio.io/dataplane-mode": "ambient", "istio.io/rev": "prod" };
    const warned = (more: Record<string, string>) =>
      judged({}, { namespaces: [named("", "shop", { ...labels, ...more })] }).warnings.map(({ got }) => got);
    assert.deepEqual(warned({ "istio-injection": "disabled" }), []);
    assert.deepEqual(warned({}), ["both istio.io/dataplane-mode and istio.io/rev"]);
  });
});
