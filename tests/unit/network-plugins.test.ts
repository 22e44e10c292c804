// Network plugins as they are set up in clusters: read with all that overrides, and judged by what it comes to.
import * as assert from "node:assert/strict";
import { readPodInterfacePolicies } from "../../cluster/network-plugins";
import { findingLine } from "../../lib/checks/check";
import type { Named } from "../../lib/cluster-state/snapshot";
import { pluginFindings, pluginWarnings } from "../../lib/network-plugins";
import { judgePlan } from "../../lib/preflight";
import { named, node } from "./fixtures/objects";
import { empty, plan } from "./fixtures/plans";
import { agents, api, read, type Cluster } from "./fixtures/plugin-cluster";

const ciliumConfig = "/api/v1/namespaces/kube-system/configmaps/cilium-config";
const nodeConfigs = "/apis/cilium.io/v2/namespaces/kube-system/ciliumnodeconfigs?limit=500";
const felix = (group = "crd.projectcalico.org/v1") => `/apis/${group}/felixconfigurations?limit=500`;

const cilium = agents("cilium", "quay.io/cilium/cilium:v1.18.3");

/** What the chart of Cilium makes of its values; the rest is what a test is about. */
function config(data: Record<string, string>, metadata: object = {}): Cluster {
  const usual = {
    "write-cni-conf-when-ready": "/host/etc/cni/net.d/05-cilium.conflist",
    "cni-exclusive": "false",
    "enable-ipv4": "true",
    "enable-ipv6": "false",
    "enable-ipv4-masquerade": "true",
    "enable-ipv6-masquerade": "true",
    "kube-proxy-replacement": "false",
    "bpf-lb-sock": "false",
  };
  return {
    [ciliumConfig]: {
      metadata: { name: "cilium-config", namespace: "kube-system", ...metadata },
      data: { ...usual, ...data },
    },
  };
}

async function ciliumGot(data: Record<string, string>, daemonSet = cilium): Promise<string[]> {
  const { plugins } = await read(config(data), [daemonSet], []);
  return pluginFindings(plugins, [node("a")]).map(({ got }) => got);
}

const bypass = "bpf-lb-sock-hostns-only is not true";
const routing = "BPF host routing: no masquerading, and enable-host-legacy-routing is not true";

const settings: [what: string, data: Record<string, string>, ...got: string[]][] = [
  ["a fresh install", {}],
  [
    "kube-proxy replaced, sockets of pods too",
    { "kube-proxy-replacement": "true" },
    `kube-proxy-replacement: true, ${bypass}`,
  ],
  ["the same by its older word", { "kube-proxy-replacement": "strict" }, `kube-proxy-replacement: strict, ${bypass}`],
  ["the same by the default of old", { "kube-proxy-replacement": "probe" }, `kube-proxy-replacement: probe, ${bypass}`],
  ["sockets balanced beside kube-proxy", { "bpf-lb-sock": "true" }, bypass],
  ["the same by its older name", { "enable-host-reachable-services": "true" }, bypass],
  [
    "every part of kube-proxy replaced by a key of its own, without masquerading",
    {
      ...{ "enable-node-port": "true", "enable-host-port": "true", "enable-external-ips": "true" },
      ...{ "enable-session-affinity": "true", "bpf-lb-sock": "true", "bpf-lb-sock-hostns-only": "true" },
      "enable-ipv4-masquerade": "false",
    },
    routing,
  ],
  ["kube-proxy replaced, for the nodes only", { "kube-proxy-replacement": "true", "bpf-lb-sock-hostns-only": "true" }],
  ["all of it turned off by the older word", { "kube-proxy-replacement": "disabled", "bpf-lb-sock": "true" }],
  ["masquerading in BPF", { "enable-bpf-masquerade": "true" }, "enable-bpf-masquerade: true"],
  [
    "masquerading in BPF, routing by the host",
    { "enable-bpf-masquerade": "true", "enable-host-legacy-routing": "true" },
  ],
  [
    "masquerading in BPF for families that are not masqueraded",
    { "enable-bpf-masquerade": "true", "enable-ipv4-masquerade": "false" },
  ],
  [
    "addresses of the cloud, without masquerading and without kube-proxy",
    { "kube-proxy-replacement": "true", "bpf-lb-sock-hostns-only": "true", "enable-ipv4-masquerade": "false" },
    routing,
  ],
  [
    "the same, routing by the host",
    {
      ...{ "kube-proxy-replacement": "true", "bpf-lb-sock-hostns-only": "true", "enable-ipv4-masquerade": "false" },
      "enable-host-legacy-routing": "true",
    },
  ],
  ["the only plugin", { "cni-exclusive": "true" }, "cni-exclusive: true"],
  [
    "chained by a configuration of somebody else",
    { "cni-exclusive": "true", "custom-cni-conf": "true", "write-cni-conf-when-ready": "" },
  ],
];

describe("network plugins", () => {
  for (const [what, data, ...got] of settings) {
    it(`Cilium, ${what}: ${got.join(", ") || "nothing"}`, async () => assert.deepEqual(await ciliumGot(data), got));
  }

  it("Cilium of GKE, which leaves the configuration to another agent", async () => {
    const anetd = { ...agents("anetd", "gke.gcr.io/cilium/cilium:v1.17.0"), labels: { "k8s-app": "cilium" } };
    assert.deepEqual(await ciliumGot({ "cni-exclusive": "true" }, anetd), []);
    const sockets = config({ "bpf-lb-sock": "true" });
    const { plugins } = await read(sockets, [anetd], []);
    assert.match(
      pluginFindings(plugins, []).map(findingLine).join(),
      /the platform manages this ConfigMap.*kubectl get/,
    );
  });

  const fixOf = async (metadata: object) => {
    const { plugins } = await read(config({ "cni-exclusive": "true" }, metadata), [cilium], []);
    return pluginFindings(plugins, []).map(findingLine);
  };
  const exclusive =
    '`ConfigMap kube-system/cilium-config`: got "cni-exclusive: true"; with it Cilium removes istio-cni\'s configuration from every node';

  it("Cilium is told by whoever installed it", async () => {
    const restart = "kubectl rollout restart daemonset cilium --namespace kube-system";
    assert.deepEqual(await fixOf({}), [
      `${exclusive}; run \`kubectl patch configmap cilium-config --namespace kube-system --type merge --patch ` +
        `'{"data":{"cni-exclusive":"false"}}' && ${restart}\``,
    ]);
    const helm = { "meta.helm.sh/release-name": "cilium", "meta.helm.sh/release-namespace": "kube-system" };
    assert.deepEqual(await fixOf({ annotations: helm }), [
      `${exclusive}; run \`helm upgrade cilium cilium --repo https://helm.cilium.io --version 1.18.3 --namespace kube-system ` +
        `--reuse-values --set cni.exclusive=false && ${restart}\``,
    ]);
    const rke2 = { ...helm, "meta.helm.sh/release-name": "rke2-cilium" };
    assert.deepEqual(await fixOf({ annotations: rke2 }), [
      `${exclusive}; RKE2 installs this release, with the values of its HelmChartConfig; write \`kind: HelmChartConfig, metadata: ` +
        '{ name: rke2-cilium, namespace: kube-system }, spec: { valuesContent: "cni: { exclusive: false }" }`',
    ]);
    assert.deepEqual(
      await fixOf({
        annotations: { ...helm, "argocd.argoproj.io/tracking-id": "cilium:/ConfigMap:kube-system/cilium-config" },
      }),
      [
        `${exclusive}; the ConfigMap belongs to the Argo CD application cilium, where the chart's value is set; write \`cni: { exclusive: false }\``,
      ],
    );
    assert.deepEqual(await fixOf({ annotations: { ...helm, "objectset.rio.cattle.io/id": "fleet-default-cilium" } }), [
      `${exclusive}; the ConfigMap belongs to the Fleet bundle fleet-default-cilium, where the chart's value is set; write \`cni: { exclusive: false }\``,
    ]);
    assert.deepEqual(await fixOf({ labels: { "addonmanager.kubernetes.io/mode": "Reconcile" } }), [
      `${exclusive}; the platform manages this ConfigMap and puts it back, so it has to be asked for the setting; run ` +
        "`kubectl get configmap cilium-config --namespace kube-system --show-managed-fields --output yaml`",
    ]);
  });

  it("Cilium's nodes are judged by what is laid upon the ConfigMap for them", async () => {
    const nodeConfig = (name: string, labels: object, defaults: object) => ({
      metadata: { name, namespace: "kube-system" },
      spec: { nodeSelector: { matchLabels: labels }, defaults },
    });
    const nodes = [node("a", { pool: "old" }), node("b", { pool: "new" })];
    const judge = async (data: Record<string, string>, ...items: object[]) => {
      const cluster = { ...config(data), [nodeConfigs]: { items } };
      const { plugins } = await read(cluster, [cilium], ["ciliumnodeconfigs.cilium.io"]);
      return pluginFindings(plugins, nodes).map(findingLine);
    };
    const replaced = { "kube-proxy-replacement": "true" };
    const onlyNodes = { "bpf-lb-sock-hostns-only": "true" };
    assert.deepEqual(await judge({}, nodeConfig("rollout", { pool: "new" }, replaced)), [
      '`CiliumNodeConfig kube-system/rollout`: got "kube-proxy-replacement: true, bpf-lb-sock-hostns-only is not true"; with it ' +
        "a pod's traffic bypasses ztunnel in Cilium; run `kubectl patch ciliumnodeconfig rollout --namespace kube-system --type " +
        `merge --patch '{"spec":{"defaults":{"bpf-lb-sock-hostns-only":"true"}}}'\``,
    ]);
    assert.deepEqual(await judge({}, nodeConfig("rollout", { pool: "none" }, replaced)), []);
    assert.deepEqual(await judge(replaced, nodeConfig("mesh", {}, onlyNodes)), []);
    assert.equal((await judge(replaced, nodeConfig("mesh", { pool: "new" }, onlyNodes))).length, 1);
  });

  it("Cilium and Amazon's plugin that shut out every pod until a policy says otherwise", async () => {
    const { plugins } = await read(config({ "enable-policy": "always" }), [cilium], []);
    assert.deepEqual(pluginWarnings(plugins).map(findingLine), [
      '`ConfigMap kube-system/cilium-config`: got "enable-policy: always"; with it every pod needs policies, the mesh\'s own as ' +
        "well as those that it captures; run `kubectl patch configmap cilium-config --namespace kube-system --type merge " +
        `--patch '{"data":{"enable-policy":"default"}}' && kubectl rollout restart daemonset cilium --namespace kube-system\``,
    ]);
    const strict = await read(
      {},
      [agents("aws-node", "amazon-k8s-cni:v1.20.1", { NETWORK_POLICY_ENFORCING_MODE: "strict" })],
      [],
    );
    assert.deepEqual(pluginWarnings(strict.plugins).map(findingLine), [
      '`DaemonSet kube-system/aws-node`: got "NETWORK_POLICY_ENFORCING_MODE: strict"; with it every pod needs NetworkPolicies, ' +
        "the mesh's own as well as those that it captures; run `kubectl set env daemonset aws-node --namespace kube-system " +
        "NETWORK_POLICY_ENFORCING_MODE=standard`",
    ]);
  });

  interface Spec {
    [field: string]: string | boolean;
  }
  const calicoLines = async (
    spec: Spec,
    { env = {}, group, more = [] }: { env?: Record<string, string>; group?: string; more?: object[] } = {},
  ) => {
    const items = [{ metadata: { name: "default" }, spec }, ...more];
    const crd = `felixconfigurations.${group?.split("/")[0] ?? "crd.projectcalico.org"}`;
    const nodes = agents("calico-node", "docker.io/calico/node:v3.31.0", env, "calico-system");
    const { plugins } = await read({ [felix(group)]: { items } }, [nodes], [crd]);
    return pluginFindings(plugins, [node("a")]).map(findingLine);
  };
  const off = `merge --patch '{"spec":{"bpfConnectTimeLoadBalancing":"Disabled"}}'\``;
  const disabled =
    "it is Disabled, or a pod's traffic bypasses ztunnel in Calico; run `kubectl patch felixconfigurations";

  it("Calico balances at connect time in BPF mode, by default and by either of its settings", async () => {
    const byDefault =
      '`FelixConfiguration default`: got "bpfEnabled: true, bpfConnectTimeLoadBalancing: TCP by default"';
    assert.deepEqual(await calicoLines({ bpfEnabled: true }), [
      `${byDefault}; ${disabled}.crd.projectcalico.org default --type ${off}`,
    ]);
    assert.deepEqual(await calicoLines({ bpfEnabled: true, bpfConnectTimeLoadBalancing: "TCP" }), [
      `\`FelixConfiguration default\`: got "bpfConnectTimeLoadBalancing: TCP"; ${disabled}.crd.projectcalico.org default --type ${off}`,
    ]);
    assert.deepEqual(await calicoLines({ bpfEnabled: true }, { group: "projectcalico.org/v3" }), [
      `${byDefault}; ${disabled}.projectcalico.org default --type ${off}`,
    ]);
    assert.deepEqual(
      await calicoLines({
        ...{ bpfEnabled: true, bpfConnectTimeLoadBalancingEnabled: true, bpfConnectTimeLoadBalancing: "Disabled" },
        bpfHostNetworkedNATWithoutCTLB: "Disabled",
      }),
      [
        '`FelixConfiguration default`: got "bpfConnectTimeLoadBalancingEnabled: true"; it is false, or a pod\'s traffic ' +
          "bypasses ztunnel in Calico; run `kubectl patch felixconfigurations.crd.projectcalico.org default --type merge " +
          `--patch '{"spec":{"bpfConnectTimeLoadBalancingEnabled":false,"bpfConnectTimeLoadBalancing":"Disabled",` +
          `"bpfHostNetworkedNATWithoutCTLB":"Enabled"}}'\``,
      ],
    );
  });

  it("Calico without BPF, whose newer CRDs write the default all the same, and with it turned off", async () => {
    assert.deepEqual(await calicoLines({ bpfConnectTimeLoadBalancing: "TCP" }), []);
    assert.deepEqual(await calicoLines({ bpfEnabled: true, bpfConnectTimeLoadBalancing: "Disabled" }), []);
    assert.deepEqual(await calicoLines({ bpfEnabled: true }, { env: { FELIX_BPFENABLED: "false" } }), []);
  });

  it("Calico that is told by its environment, or of one node alone", async () => {
    const env = { FELIX_BPFENABLED: "true", FELIX_BPFCONNECTTIMELOADBALANCING: "Enabled" };
    assert.deepEqual(await calicoLines({ bpfConnectTimeLoadBalancing: "Disabled" }, { env }), [
      '`FelixConfiguration default`: got "bpfConnectTimeLoadBalancing: Enabled"; it is Disabled, or a pod\'s traffic bypasses ' +
        "ztunnel in Calico; run `kubectl set env daemonset calico-node --namespace calico-system " +
        "FELIX_BPFCONNECTTIMELOADBALANCING=Disabled`",
    ]);
    const one = { metadata: { name: "node.a" }, spec: { bpfEnabled: true, bpfConnectTimeLoadBalancing: "TCP" } };
    assert.deepEqual(await calicoLines({ bpfEnabled: false }, { more: [one] }), [
      `\`FelixConfiguration node.a\`: got "bpfConnectTimeLoadBalancing: TCP"; ${disabled}.crd.projectcalico.org node.a --type ${off}`,
    ]);
  });

  it("OVN-Kubernetes of OpenShift, in shared gateway mode and in local", async () => {
    const lines = async (type: string, gatewayConfig?: object) => {
      const spec = { defaultNetwork: { type, ovnKubernetesConfig: { gatewayConfig } } };
      const cluster = { "/apis/operator.openshift.io/v1/networks/cluster": { metadata: { name: "cluster" }, spec } };
      const { plugins } = await read(cluster, [], ["networks.operator.openshift.io"]);
      return pluginFindings(plugins, []).map(findingLine);
    };
    assert.deepEqual(await lines("OVNKubernetes"), [
      '`Network cluster`: got "routingViaHost is not true"; without it the kubelet\'s probes of mesh pods fail; run `oc patch ' +
        "networks.operator.openshift.io cluster --type merge --patch " +
        `'{"spec":{"defaultNetwork":{"ovnKubernetesConfig":{"gatewayConfig":{"routingViaHost":true}}}}}'\``,
    ]);
    assert.deepEqual(await lines("OVNKubernetes", { routingViaHost: true }), []);
    assert.deepEqual(await lines("Calico"), []);
  });

  it("Amazon's plugin, where pods have security groups: a warning of the preflight", async () => {
    const warned = async (env: Record<string, string>, ...policies: Named[]) => {
      const { plugins } = await read({}, [agents("aws-node", "amazon-k8s-cni:v1.20.1", env)], []);
      const facts = { ...empty, networkPlugins: plugins, podInterfacePolicies: policies };
      return judgePlan({ ...plan, version: "1.30.8" }, facts, false).warnings.map(({ got }) => got);
    };
    const policy = named("shop", "databases");
    assert.deepEqual(await warned({ ENABLE_POD_ENI: "true" }, policy), [
      "POD_SECURITY_GROUP_ENFORCING_MODE: strict by default, with SecurityGroupPolicy shop/databases",
    ]);
    assert.deepEqual(
      await warned({ ENABLE_POD_ENI: "true", POD_SECURITY_GROUP_ENFORCING_MODE: "standard" }, policy),
      [],
    );
    assert.deepEqual(await warned({ ENABLE_POD_ENI: "true" }), []);
    const group = "/apis/vpcresources.k8s.aws/v1beta1/securitygrouppolicies?limit=500";
    const cluster = { [group]: { items: [{ metadata: { name: "databases", namespace: "shop" } }] } };
    const definitions = [named("", "securitygrouppolicies.vpcresources.k8s.aws")];
    assert.deepEqual(await readPodInterfacePolicies(api(cluster), { daemonSets: [], definitions, isBlind: false }), [
      { ...policy, labels: {}, annotations: {} },
    ]);
  });
});
