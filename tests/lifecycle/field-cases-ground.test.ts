// What people ran into with the ground under a mesh, provoked on a real API server: what admission refuses, what network
// plugins are set to, and what policies shut out. Each is seen before anything is written, or by the check; mended, it is not.
import * as assert from "node:assert/strict";
import { ApiClient } from "../../cluster/client";
import { readSnapshot } from "../../cluster/snapshot";
import { AmbientMesh, AmbientMeshArgs, Waypoint } from "../../components";
import { checks } from "../../lib/checks";
import { findingLine } from "../../lib/checks/check";
import { judge } from "../../lib/checks/verdicts";
import { apply, kubectl, sources, TestStack } from "./support";

const marked = "-l=test=ground";

/** Refuses what mounts directories of the node, as many clusters do, everywhere but in kube-system. */
const noHostPaths = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: no-host-paths, labels: { test: ground } }
spec:
  failurePolicy: Fail
  matchConstraints:
    namespaceSelector: { matchExpressions: [{ key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system] }] }
    resourceRules: [{ apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [daemonsets] }]
  validations:
    - expression: "!object.spec.template.spec.volumes.exists(volume, has(volume.hostPath))"
      message: host paths are for the platform
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: { name: no-host-paths, labels: { test: ground } }
spec: { policyName: no-host-paths, validationActions: [Deny] }
`;

/** As OpenShift keeps the CRDs of the Gateway API. */
const keptDefinitions = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: keeps-gateway-api, labels: { test: ground } }
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      - { apiGroups: [apiextensions.k8s.io], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [customresourcedefinitions] }
  validations:
    - expression: "object.spec.group != 'gateway.networking.k8s.io'"
      message: Gateway API Custom Resource Definitions are managed by the Ingress Operator and may not be modified
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: { name: keeps-gateway-api, labels: { test: ground } }
spec: { policyName: keeps-gateway-api, validationActions: [Deny] }
`;

/** A webhook whose server is gone. */
const deadWebhook = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: gone, labels: { test: ground } }
webhooks:
  - name: pods.gone.example.com
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Fail
    timeoutSeconds: 2
    clientConfig: { service: { namespace: default, name: gone, path: /validate } }
    rules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods] }]
`;

const quota = `
apiVersion: v1
kind: Namespace
metadata: { name: istio-system, labels: { test: ground } }
---
apiVersion: v1
kind: ResourceQuota
metadata: { name: compute, namespace: istio-system }
spec: { hard: { limits.memory: 1Gi } }
`;

/** Cilium as its chart installs it, with kube-proxy replaced. */
const cilium = `
apiVersion: v1
kind: ConfigMap
metadata: { name: cilium-config, namespace: kube-system, labels: { test: ground } }
data: { kube-proxy-replacement: "true", bpf-lb-sock: "false", cni-exclusive: "false" }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: cilium, namespace: kube-system, labels: { test: ground } }
spec:
  selector: { matchLabels: { app: cilium } }
  template:
    metadata: { labels: { app: cilium } }
    spec: { nodeSelector: { test: nowhere }, containers: [{ name: agent, image: "quay.io/cilium/cilium:v1.19.5" }] }
`;

/** A namespace of the mesh, with one pod. */
const enrolledShop = `
apiVersion: v1
kind: Namespace
metadata: { name: ground-shop, labels: { test: ground, istio.io/dataplane-mode: ambient } }
---
apiVersion: v1
kind: Pod
metadata: { name: client, namespace: ground-shop, labels: { app: client } }
spec: { containers: [{ name: client, image: "docker.io/library/busybox:1.37" }] }
`;

/** The same with another pod, which is probed, and policies that leave only the application's port open. */
const shutShop = `${enrolledShop}
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: ground-shop, labels: { app: web } }
spec:
  containers:
    - { name: web, image: "docker.io/library/nginx:1.29", startupProbe: { httpGet: { path: /, port: 8080 } } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web, namespace: ground-shop }
spec:
  podSelector: { matchLabels: { app: web } }
  policyTypes: [Ingress]
  ingress: [{ from: [{ podSelector: { matchLabels: { app: client } } }], ports: [{ port: 8080 }] }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: client, namespace: ground-shop }
spec:
  podSelector: { matchLabels: { app: client } }
  policyTypes: [Egress]
  egress: [{ to: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 8080 }] }]
`;

/** The same, mended as the findings say. */
const openShop = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web, namespace: ground-shop }
spec:
  podSelector: { matchLabels: { app: web } }
  policyTypes: [Ingress]
  ingress:
    - { from: [{ podSelector: { matchLabels: { app: client } } }], ports: [{ port: 8080 }] }
    - { from: [{ podSelector: { matchLabels: { app: client } } }], ports: [{ port: 15008 }] }
    - { from: [{ ipBlock: { cidr: 169.254.7.127/32 } }], ports: [{ port: 8080 }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: client, namespace: ground-shop }
spec:
  podSelector: { matchLabels: { app: client } }
  policyTypes: [Egress]
  egress:
    - { to: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 8080 }] }
    - { to: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 15008 }] }
`;

describe("the ground under a mesh", () => {
  let args: AmbientMeshArgs = {};
  let stack: TestStack;

  before(async () => {
    stack = await TestStack.open("ground", () => {
      const { httpUrl } = new AmbientMesh("mesh", {
        ...sources,
        gateway: { certificate: { enabled: false } },
        ...args,
      });
      return Promise.resolve({ httpUrl });
    });
  });

  afterEach(() => {
    args = {};
    kubectl("delete", "validatingadmissionpolicybindings,validatingadmissionpolicies", marked);
    kubectl("delete", "validatingwebhookconfigurations,crd", marked);
    kubectl("delete", "configmap,daemonset", "-A", marked, "--ignore-not-found");
    kubectl("delete", "namespace", marked, "--ignore-not-found");
  });

  after(() => stack.remove());

  /** Everything that a preview says. */
  async function told(): Promise<string> {
    const { diagnostics } = await stack.preview().catch((error: { diagnostics: string[] }) => error);
    return diagnostics.join("\n");
  }

  /** Once a rule of admission is written, the API server takes a moment to know it. */
  async function comesToTell(text: string): Promise<void> {
    let said = "";
    for (let attempt = 0; attempt < 20 && !said.includes(text); attempt++) said = await told();
    assert.ok(said.includes(text), said);
  }

  it("is asked whether it takes the node agents, before anything is written", async () => {
    apply(noHostPaths);
    await comesToTell(
      '`DaemonSet istio-system/istio-cni-node`: got "refused by ValidatingAdmissionPolicy no-host-paths: host paths ' +
        'are for the platform"; the mesh needs it: the owner of this rule must exempt namespace istio-system; run ' +
        "`kubectl describe " +
        "validatingadmissionpolicybinding no-host-paths`",
    );
    assert.doesNotMatch(kubectl("get", "namespaces", "-o", "name"), /istio-system/);
  });

  it("keeps the Gateway API to itself, and the mesh is told to use what is there", async () => {
    apply(keptDefinitions);
    await comesToTell("refused by ValidatingAdmissionPolicy keeps-gateway-api");
    args = { gatewayApi: { install: false } };
    assert.doesNotMatch(await told(), /keeps-gateway-api/);
  });

  it("has a webhook that nobody answers", async () => {
    apply(deadWebhook);
    await comesToTell('`Pod istio-system/istio-cni-node`: got "webhook pods.gone.example.com does not answer: ');
  });

  it("has a quota in a namespace that is taken over, and no pull secret there", async () => {
    apply(quota);
    args = { adoptNamespace: true, images: { pullSecrets: ["registry"] } };
    await comesToTell(
      '`Pod istio-system/istio-cni-node`: got "over ResourceQuota compute: must specify limits.memory for: install-cni"',
    );
    assert.match(await told(), /`Secret istio-system\/registry`: got "none"; pods pull their images with it/);
  });

  it("balances sockets in Cilium, whatever its own key says", async () => {
    apply(cilium);
    await comesToTell(
      '`ConfigMap kube-system/cilium-config`: got "kube-proxy-replacement: true, bpf-lb-sock-hostns-only is not true"',
    );
    kubectl(
      "patch",
      "configmap",
      "cilium-config",
      "-n",
      "kube-system",
      "--patch",
      '{"data":{"bpf-lb-sock-hostns-only":"true"}}',
    );
    assert.doesNotMatch(await told(), /cilium-config/);
  });

  it("takes the whole mesh where nothing is in the way", async () => {
    assert.doesNotMatch(await told(), /refused|error:/);
  });

  it("has a namespace that refuses the pods of a waypoint, which is told at preview", async () => {
    apply(`
apiVersion: v1
kind: Namespace
metadata: { name: ground-shop, labels: { test: ground, pod-security.kubernetes.io/enforce: restricted } }
`);
    const waypoint = await TestStack.open("ground-waypoint", () => {
      new Waypoint("waypoint", { namespace: "ground-shop", for: [{ namespace: "ground-shop" }] });
      return Promise.resolve({});
    });
    const { diagnostics } = await waypoint.preview().catch((error: { diagnostics: string[] }) => error);
    await waypoint.remove();
    const said =
      'Waypoint "waypoint" may get no pods: `namespace`: got "ground-shop"; the namespace must admit the waypoint\'s pods';
    assert.ok(diagnostics.join("\n").includes(said), diagnostics.join("\n"));
  });

  /** What the checks of the network say of one namespace, on a cluster without a mesh. */
  async function network(): Promise<Record<string, string[]>> {
    const client = await ApiClient.connect({}, 20_000);
    const snapshot = await readSnapshot(client);
    client.close();
    const context = { now: new Date(), publishedNodePorts: [] };
    const { results } = judge(checks, snapshot, context, { categories: ["network"], namespaces: ["ground-shop"] });
    const open = results.filter(({ outcome }) => outcome !== "passed");
    return Object.fromEntries(
      open.map(({ check, findings, why }) => [check.id, why === undefined ? findings.map(findingLine) : [why]]),
    );
  }

  it("has NetworkPolicies that shut out the mesh and the kubelet, and no more once they are mended", async () => {
    apply(shutShop);
    kubectl("wait", "pod", "--all", "-n", "ground-shop", "--for=jsonpath={.status.phase}=Running", "--timeout=60s");
    assert.deepEqual(await network(), {
      "network-policy-hbone": [
        '`NetworkPolicy ground-shop/web`: got "8080 without 15008 into web"; port 15008 is open to the same clients as well; it ' +
          "carries every port of the pod, so an AuthorizationPolicy has to keep the others closed; write `ingress: [{ from: " +
          "[{ podSelector: { matchLabels: { app: client } } }], ports: [{ port: 15008 }] }]`",
      ],
      "network-policy-egress": [
        '`NetworkPolicy ground-shop/client`: got "8080 without 15008 out of client"; port 15008 of the same servers is open as ' +
          "well; write `egress: [{ to: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 15008 }] }]`",
      ],
      "network-policy-probes": [
        '`Namespace ground-shop`: got "NetworkPolicy web selects web"; ingress from 169.254.7.127/32 to 8080 is allowed; write ' +
          "`ingress: [{ from: [{ ipBlock: { cidr: 169.254.7.127/32 } }], ports: [{ port: 8080 }] }]`",
      ],
    });
    apply(openShop);
    assert.deepEqual(await network(), {});
  });

  it("has policies of Calico's own kind that nobody has judged", async () => {
    apply(enrolledShop);
    kubectl("wait", "pod/client", "-n", "ground-shop", "--for=condition=Ready", "--timeout=30s");
    apply(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: globalnetworkpolicies.crd.projectcalico.org, labels: { test: ground } }
spec:
  group: crd.projectcalico.org
  scope: Cluster
  names: { plural: globalnetworkpolicies, kind: GlobalNetworkPolicy }
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
`);
    kubectl("wait", "crd/globalnetworkpolicies.crd.projectcalico.org", "--for=condition=Established", "--timeout=30s");
    assert.deepEqual(await network(), {});
    apply(`
apiVersion: crd.projectcalico.org/v1
kind: GlobalNetworkPolicy
metadata: { name: default-deny, labels: { test: ground } }
spec: { selector: all(), types: [Ingress] }
`);
    assert.deepEqual(await network(), {
      "network-policy-others": ["1 object of the kind GlobalNetworkPolicy (default-deny) not judged"],
    });
  });
});
