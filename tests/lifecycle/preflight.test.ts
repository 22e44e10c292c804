// What stands in the way of a mesh is told before anything is written: all of it at once, and nothing changes.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import { readFacts } from "../../cluster/preflight";
import { AmbientMesh, AmbientMeshArgs } from "../../components";
import type { Plan } from "../../lib/preflight/facts";
import { apply, get, kubectl, sources, TestStack } from "./support";

/** A cluster that somebody else has been at. */
const obstacles = `
apiVersion: v1
kind: Namespace
metadata: { name: istio-system }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default, labels: { test: preflight } }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, nodePort: 30081 }] }
---
apiVersion: v1
kind: Service
metadata: { name: hostk8s-gateway-istio, namespace: istio-system }
spec: { ports: [{ port: 80 }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: hostk8s-gateway-overlay, namespace: istio-system }
---
apiVersion: v1
kind: Secret
metadata:
  name: sh.helm.release.v1.istiod.v1
  namespace: istio-system
  labels: { owner: helm, name: istiod, version: "1", status: deployed }
---
apiVersion: v1
kind: Secret
metadata:
  name: sh.helm.release.v1.ztunnel.v1
  namespace: istio-system
  labels: { owner: helm, name: ztunnel, version: "1", status: pending-install }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: istiod-canary, namespace: default, labels: { app: istiod, istio.io/rev: canary, test: preflight } }
spec:
  replicas: 0
  selector: { matchLabels: { app: canary } }
  template: { metadata: { labels: { app: canary } }, spec: { containers: [{ name: discovery, image: example.com/pilot }] } }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: telemetries.telemetry.istio.io, labels: { test: preflight } }
spec:
  group: telemetry.istio.io
  scope: Namespaced
  names: { plural: telemetries, kind: Telemetry }
  versions:
    - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: cilium-config, namespace: kube-system, labels: { test: preflight } }
data: { cni-exclusive: "true" }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: cilium, namespace: kube-system, labels: { test: preflight } }
spec:
  selector: { matchLabels: { app: cilium } }
  template:
    metadata: { labels: { app: cilium } }
    spec: { nodeSelector: { test: nowhere }, containers: [{ name: agent, image: example.com/cilium }] }
---
apiVersion: v1
kind: Namespace
metadata: { name: both, labels: { test: preflight, istio.io/dataplane-mode: ambient, istio-injection: enabled } }
`;

const adopt = "npx istio-ambient adopt --to istio-ambient/preflight";
const errors = [
  '`Namespace istio-system`: got "already exists"; the mesh makes its own namespace; write `adoptNamespace: true` [mesh-namespace]',
  '`Helm release istio-system/istiod`: got "already exists"; the releases of a mesh belong to its stack; have them handed ' +
    `over to it; run \`${adopt}\` [helm-releases]`,
  '`Helm release istio-system/ztunnel`: got "revision 1 is pending-install"; an interrupted operation of Helm blocks ' +
    "every further one until its record is gone; run " +
    "`kubectl delete secret sh.helm.release.v1.ztunnel.v1 --namespace istio-system` [helm-releases]",
  '`Deployment default/istiod-canary`: got "an Istio installed by istioctl (revision canary)"; one Istio serves a cluster: ' +
    "a second one fights over webhooks, GatewayClasses and each node's CNI; have it handed over to this stack; run " +
    `\`${adopt}\` [other-istio]`,
  '`CustomResourceDefinition telemetries.telemetry.istio.io`: got "not of the Helm release istio-system/istio-base"; Helm ' +
    `installs istio-base only over CRDs that carry its marks; run \`${adopt}\` [istio-crds-owner]`,
  '`ConfigMap istio-system/hostk8s-gateway-overlay`: got "already exists"; the mesh makes it; mark it as this ' +
    "stack's, or give the gateway another name; run `kubectl annotate configmap hostk8s-gateway-overlay --namespace istio-system " +
    "istio-ambient/stack=istio-ambient/preflight --overwrite` [gateway-objects]",
  '`Service istio-system/hostk8s-gateway-istio`: got "not one of istiod\'s"; istiod does not adopt a Service without ' +
    "the label " +
    "gateway.istio.io/managed; deleting this one breaks its clients; write `gateway: { name: " +
    '"hostk8s-gateway-2" }` [gateway-objects]',
  '`Service default/web`: got "has NodePort 30081"; NodePort 30081 of the gateway ' +
    "(`gateway.httpNodePort`) must be free; write `httpNodePort: 30082` [node-ports-free]",
  `\`ClusterIssuer nobody\`: got "none"; the issuer of the gateway's certificate must exist; without ` +
    "`issuerName` the gateway gets its own CA; write `gateway: { certificate: {} }` [cert-manager]",
  '`Cluster https://10.245.0.1:6443`: got "a cluster of microk8s, platform kind"; the charts install istio-cni where microk8s ' +
    'looks for it only if `platform` is set; write `platform: "microk8s"` [platform]',
  '`ConfigMap kube-system/cilium-config`: got "cni-exclusive: true"; with it Cilium removes istio-cni\'s configuration ' +
    "from every node; run `kubectl patch configmap cilium-config --namespace kube-system --type merge --patch " +
    `'{"data":{"cni-exclusive":"false"}}' && kubectl rollout restart daemonset cilium --namespace kube-system\` [cni-settings]`,
];
const warning =
  '`Namespace both`: got "both istio.io/dataplane-mode and istio-injection"; a pod with a sidecar is never captured; run ' +
  "`kubectl label namespace both istio-injection-` [both-labels]";

/** Version of every object, without those that change by themselves. */
function versions(): Record<string, string> {
  const restless = /^(events|leases|nodes|componentstatuses|endpointslices|endpoints|podmetrics|nodemetrics)(\.|$)/;
  const kinds = kubectl("api-resources", "--verbs=list", "-o", "name").split("\n");
  const objects = get(kinds.filter((kind) => kind !== "" && !restless.test(kind)).join(","), "-A");
  return Object.fromEntries(
    objects.map(({ kind, metadata: { namespace, name, resourceVersion } }) => [
      `${kind} ${namespace}/${name}`,
      resourceVersion,
    ]),
  );
}

describe("the preflight of a mesh", () => {
  let args: AmbientMeshArgs = {};
  let stack: TestStack;

  before(async () => {
    stack = await TestStack.open("preflight", () => {
      const provider = args.cluster && new k8s.Provider("other", args.cluster);
      const { httpUrl } = new AmbientMesh("mesh", { ...sources, platform: "kind", ...args }, { provider });
      return Promise.resolve({ httpUrl });
    });
  });

  after(async () => {
    kubectl("label", "node", "node-1", "microk8s.io/cluster-");
    kubectl("delete", "namespace,clusterrole,clusterrolebinding", "-l", "test=preflight", "--ignore-not-found");
    kubectl("delete", "deployment,daemonset,service,serviceaccount,configmap", "-A", "-l", "test=preflight");
    kubectl("delete", "crd", "-l", "test=preflight");
    kubectl("delete", "namespace", "istio-system", "--ignore-not-found");
    await stack.remove();
  });

  it("tells in one error what is in the way, at preview and at up, and writes nothing", async () => {
    apply(obstacles);
    kubectl("label", "node", "node-1", "microk8s.io/cluster=true");
    args = { gateway: { certificate: { issuerName: "nobody" } } };
    const before = versions();
    const report = `AmbientMesh "mesh" cannot be created on https://10.245.0.1:6443:\n${errors.map((line) => `  ${line}`).join("\n")}`;
    for (const operation of ["preview", "up"] as const) {
      await assert.rejects(stack[operation](), (error: Error & { diagnostics: string[]; steps: string[] }) => {
        const told = [...new Set(error.diagnostics)];
        assert.deepEqual(told.sort(), [`error: ${report}`, `warning: preflight warnings:\n  ${warning}`]);
        assert.deepEqual(
          error.steps.filter((step) => step !== "create mesh"),
          [],
        );
        return true;
      });
      assert.deepEqual(versions(), before);
    }
  });

  it("tells which rights are missing", async () => {
    kubectl("delete", "namespace", "istio-system");
    apply(`
apiVersion: v1
kind: ServiceAccount
metadata: { name: reader, namespace: default, labels: { test: preflight } }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: preflight-reader, labels: { test: preflight } }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: preflight-reader }
subjects: [{ kind: ServiceAccount, name: reader, namespace: default }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: preflight-reader, labels: { test: preflight } }
rules: [{ apiGroups: ["*"], resources: ["*"], verbs: [get, list] }]
`);
    const token = kubectl("create", "token", "reader").trim();
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "reader-"));
    const kubeconfig = path.join(folder, "config");
    fs.writeFileSync(kubeconfig, kubectl("config", "view", "--raw", "--flatten"));
    kubectl("config", "set-credentials", "reader", `--token=${token}`, `--kubeconfig=${kubeconfig}`);
    kubectl("config", "set-context", "--current", "--user=reader", `--kubeconfig=${kubeconfig}`);
    args = { cluster: { kubeconfig }, gateway: { enabled: false }, platform: "minikube" };
    await assert.rejects(stack.preview(), (error: Error) => {
      const missing = ["namespaces", "customresourcedefinitions.apiextensions.k8s.io"];
      missing.push("clusterroles.rbac.authorization.k8s.io");
      missing.push("mutatingwebhookconfigurations.admissionregistration.k8s.io", "secrets", "daemonsets.apps");
      const got = `may not ${missing.map((kind) => `create ${kind}`).join(", ")}`;
      const line = `\`Cluster credentials of the kubeconfig\`: got "${got}"; creating the mesh needs these permissions; run \`kubectl auth can-i create namespaces\``;
      assert.ok(error.message.includes(line), error.message);
      return true;
    });
    fs.rmSync(folder, { recursive: true });
  });

  it("is a warning where no cluster answers, and none where it is turned off", async () => {
    const server = "https://127.0.0.1:1";
    const kubeconfig = JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "away", cluster: { server } }],
      users: [{ name: "away", user: { token: "none" } }],
      contexts: [{ name: "away", context: { cluster: "away", user: "away" } }],
      "current-context": "away",
    });
    const why = `the preflight was skipped: cannot reach the cluster at ${server}: connect ECONNREFUSED 127.0.0.1:1`;
    const warnings = async (preflight: AmbientMeshArgs["preflight"]) => {
      args = { cluster: { kubeconfig }, preflight };
      const { diagnostics } = await stack.preview().catch((error: { diagnostics: string[] }) => error);
      return diagnostics.filter((line) => line.includes("preflight"));
    };
    assert.deepEqual(await warnings({ enabled: true }), [`warning: ${why}`]);
    assert.deepEqual(await warnings({ enabled: false }), []);
  });

  it("asks the API server no more than 25 times", async () => {
    const plan: Plan = {
      stack: "any/one",
      version: "1.31.4",
      namespace: "kube-system",
      nodeNamespace: "kube-system",
      adoptNamespace: false,
      autoscale: true,
      gateway: {
        name: "hostk8s-gateway",
        namespace: "kube-system",
        nodePorts: [],
        certificate: "cert",
        ownAuthority: false,
        issuer: { kind: "ClusterIssuer", name: "nobody" },
      },
    };
    const { requests } = await readFacts({}, plan, 10_000);
    assert.ok(requests <= 25, `${requests} requests`);
  });
});
