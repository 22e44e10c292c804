// Network plugins whose effect depends on a release, on whoever runs them, or on which nodes a setting is for.
import * as assert from "node:assert/strict";
import { findingLine } from "../../lib/checks/check";
import { pluginFindings, pluginWarnings } from "../../lib/network-plugins";
import { judgePlan } from "../../lib/preflight";
import { named, node } from "./fixtures/objects";
import { empty, plan } from "./fixtures/plans";
import { agents, read } from "./fixtures/plugin-cluster";

const felixCrd = "felixconfigurations.crd.projectcalico.org";

async function calico(image: string, spec: object, metadata: object = {}) {
  const items = [{ metadata: { name: "default", ...metadata }, spec }];
  const cluster = { "/apis/crd.projectcalico.org/v1/felixconfigurations?limit=500": { items } };
  const { plugins } = await read(cluster, [agents("calico-node", image, {}, "calico-system")], [felixCrd]);
  return pluginFindings(plugins, [node("a")]).map(findingLine);
}

async function ovn(env: Record<string, string>, metadata: object = {}) {
  const set = agents("ovnkube-node", "ghcr.io/ovn-kubernetes/ovn-kube:1.2.0", env, "ovn-kubernetes", metadata);
  const { plugins } = await read({}, [set], []);
  return pluginFindings(plugins, [node("a")]).map(findingLine);
}

describe("network plugins", () => {
  const bpf = { bpfEnabled: true, bpfConnectTimeLoadBalancing: "Disabled" };

  it("Calico drops the probes in BPF mode before a release", async () => {
    assert.deepEqual(await calico("docker.io/calico/node:v3.27.2", bpf), [
      '`DaemonSet calico-system/calico-node`: got "Calico 3.27.2 in BPF mode"; before 3.28.2 the kubelet\'s probes of mesh pods ' +
        "fail with it; write `image: docker.io/calico/node:v3.28.2`",
    ]);
    for (const image of ["quay.io/calico/node:v3.28.2", "quay.io/tigera/cnx-node:v3.19.4", "calico/node:master"]) {
      assert.deepEqual(await calico(image, bpf), []);
    }
    assert.deepEqual(await calico("docker.io/calico/node:v3.27.2", { bpfEnabled: false }), []);
  });

  it("Calico is told by whoever manages its configuration", async () => {
    const annotations = {
      "argocd.argoproj.io/tracking-id": "calico:crd.projectcalico.org/FelixConfiguration:/default",
    };
    assert.deepEqual(await calico("calico/node:v3.31.0", { bpfEnabled: true }, { annotations }), [
      '`FelixConfiguration default`: got "bpfEnabled: true, bpfConnectTimeLoadBalancing: TCP by default"; it is Disabled, or a ' +
        "pod's traffic bypasses ztunnel in Calico; the Argo CD application calico reverts changes made here, so change it " +
        "there; run `argocd app get calico`",
    ]);
  });

  it("OVN-Kubernetes without OpenShift, in shared gateway mode and in local", async () => {
    assert.deepEqual(await ovn({ OVN_GATEWAY_MODE: "shared" }), [
      '`DaemonSet ovn-kubernetes/ovnkube-node`: got "OVN_GATEWAY_MODE is not local"; without it the kubelet\'s probes of mesh pods ' +
        "fail; run `kubectl set env daemonset ovnkube-node --namespace ovn-kubernetes OVN_GATEWAY_MODE=local`",
    ]);
    assert.deepEqual(await ovn({ OVN_GATEWAY_MODE: "local" }), []);
    assert.deepEqual(await ovn({}), []);
  });

  it("Cilium's settings for nodes that expressions select", async () => {
    const data = { "kube-proxy-replacement": "false", "bpf-lb-sock": "false" };
    const matchExpressions = [{ key: "pool", operator: "In", values: ["new"] }];
    const nodeConfig = {
      metadata: { name: "rollout", namespace: "kube-system" },
      spec: { nodeSelector: { matchExpressions }, defaults: { "kube-proxy-replacement": "true" } },
    };
    const cluster = {
      "/api/v1/namespaces/kube-system/configmaps/cilium-config": {
        metadata: { name: "cilium-config", namespace: "kube-system" },
        data,
      },
      "/apis/cilium.io/v2/namespaces/kube-system/ciliumnodeconfigs?limit=500": { items: [nodeConfig] },
    };
    const cilium = agents("cilium", "quay.io/cilium/cilium:v1.18.3");
    const { plugins } = await read(cluster, [cilium], ["ciliumnodeconfigs.cilium.io"]);
    assert.deepEqual(pluginFindings(plugins, [node("a", { pool: "old" }), node("b")]), []);
    const found = pluginFindings(plugins, [node("a", { pool: "old" }), node("c", { pool: "new" })]);
    assert.deepEqual(
      found.map(({ object }) => object),
      ["CiliumNodeConfig kube-system/rollout"],
    );
  });

  const awsNode = (env: Record<string, string>, metadata: object = {}) =>
    agents("aws-node", "amazon-k8s-cni:v1.20.1", env, "kube-system", metadata);

  it("Amazon's plugin is told by EKS where it is an add-on", async () => {
    const { plugins } = await read(
      {},
      [awsNode({ NETWORK_POLICY_ENFORCING_MODE: "strict" }, { managedFields: [{ manager: "eks" }] })],
      [],
    );
    assert.deepEqual(pluginWarnings(plugins).map(findingLine), [
      '`DaemonSet kube-system/aws-node`: got "NETWORK_POLICY_ENFORCING_MODE: strict"; with it every pod needs NetworkPolicies, the ' +
        "mesh's own as well as those that it captures; an add-on of EKS reverts changes made here, so change it there; run " +
        "`aws eks list-addons --cluster-name CLUSTER`",
    ]);
  });

  it("Amazon's security groups for pods keep no probes from them where istio-cni routes these", async () => {
    const { plugins } = await read({}, [awsNode({ ENABLE_POD_ENI: "true" })], []);
    const facts = { ...empty, networkPlugins: plugins, podInterfacePolicies: [named("shop", "databases")] };
    const warned = (version: string) => judgePlan({ ...plan, version }, facts, false).warnings.length;
    assert.deepEqual([warned("1.30.8"), warned("1.31.0"), warned("1.31.4")], [1, 0, 0]);
  });
});
