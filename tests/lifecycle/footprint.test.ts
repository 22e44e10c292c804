// `istio-ambient footprint` on a real control plane, whose kubelets the sandbox plays, and a mesh that becomes lean in place.
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import Ajv from "ajv";
import { AmbientMesh } from "../../components";
import { parseQuantity } from "../../lib/validation/quantity";
import { istioAmbient } from "../unit/fixtures/terminal";
import { apply, get, kubectl, KubeObject, settled, sources, TestStack } from "./support";

interface Row {
  part: string;
  pods: number;
  measuredPods: number;
  requested: { cpu: number; memory: number };
  used?: { cpu: number; workingSet: number; rss?: number };
}

interface Data {
  source: { name: string; reasons: string[] };
  capturedPods: number;
  mesh: { parts: Row[]; total: Row };
  nodes: { node: string }[];
  comparison?: { sidecar: { basis: string; measuredPods: number } };
}

const shop = `
apiVersion: v1
kind: Namespace
metadata: { name: footprint, labels: { istio.io/dataplane-mode: ambient } }
---
apiVersion: v1
kind: Pod
metadata: { name: enrolled, namespace: footprint, annotations: { ambient.istio.io/redirection: enabled } }
spec: { containers: [{ name: app, image: registry.example.com/app:1 }] }
---
apiVersion: v1
kind: Pod
metadata:
  name: with-sidecar
  namespace: footprint
  labels: { istio.io/dataplane-mode: none }
  annotations: { sidecar.istio.io/status: "{}" }
spec:
  containers: [{ name: app, image: registry.example.com/app:1 }]
  initContainers:
    - name: istio-proxy
      image: docker.io/istio/proxyv2:1.31.1
      restartPolicy: Always
      resources: { requests: { cpu: 100m, memory: 128Mi } }
`;

/** Lists pods, and nothing else. */
const poorUser = `
apiVersion: v1
kind: ServiceAccount
metadata: { name: poor, namespace: footprint }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: footprint-poor }
rules: [{ apiGroups: [""], resources: [pods], verbs: [list] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: footprint-poor }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: footprint-poor }
subjects: [{ kind: ServiceAccount, name: poor, namespace: footprint }]
`;

async function measure(): Promise<Data> {
  const { out, err } = await istioAmbient(["footprint", "--output", "json"]);
  if (out === "") throw new Error(err);
  return JSON.parse(out) as Data;
}

/** A kubeconfig of this cluster for another user. */
function kubeconfigOf(token: string): string {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "footprint-")), "config");
  fs.writeFileSync(file, kubectl("config", "view", "--raw", "--flatten"));
  const user = kubectl("config", "view", "-o", "jsonpath={.users[0].name}");
  const config = (...words: string[]) => execFileSync("kubectl", ["config", ...words, "--kubeconfig", file]);
  config("unset", `users.${user}`);
  config("set-credentials", user, `--token=${token}`);
  return file;
}

function containerOf(object: KubeObject | undefined) {
  const { template } = object?.spec as { template: { spec: { containers: Container[] } } };
  return template.spec.containers[0]!;
}

interface Container {
  env: { name: string; value?: string }[];
  resources: object;
}

const variable = ({ env }: Container, name: string) => env.find((entry) => entry.name === name)?.value;

describe("the footprint of a mesh on a cluster", () => {
  let stack: TestStack;
  let footprint: "standard" | "lean" = "standard";
  let requested: Record<string, { cpu: string; memory: string }>;

  before(async () => {
    stack = await TestStack.open("footprint", async () => {
      const mesh = new AmbientMesh("mesh", { ...sources, platform: "kind", footprint });
      return { resources: mesh.resources };
    });
    requested = (await stack.up()).outputs["resources"] as typeof requested;
    apply(shop);
    kubectl("wait", "--for=jsonpath={.status.phase}=Running", "pod", "--all", "-n", "footprint", "--timeout=60s");
  });

  after(async () => {
    kubectl("delete", "namespace", "footprint", "--ignore-not-found");
    kubectl("delete", "clusterrole,clusterrolebinding", "footprint-poor", "--ignore-not-found");
    await stack.remove();
  });

  it("is what the kubelets say, by part, with the requests that the mesh's output promises", async () => {
    const data = await settled(measure, ({ mesh }) => mesh.total.measuredPods === mesh.total.pods);
    assert.deepEqual([data.source.name, data.capturedPods, data.nodes.length], ["kubelets", 1, 1]);
    assert.deepEqual(
      data.mesh.parts.map(({ part, pods, measuredPods, requested: { memory } }) => [part, pods, measuredPods, memory]),
      [
        ["istiod", 1, 1, parseQuantity(requested["istiod"]!.memory)],
        ["istio-cni", 1, 1, parseQuantity(requested["istioCni"]!.memory)],
        ["ztunnel", 1, 1, parseQuantity(requested["ztunnel"]!.memory)],
        ["gateways", 1, 1, parseQuantity(requested["gateway"]!.memory)],
        ["sidecars", 1, 1, 128 * 2 ** 20],
      ],
    );
    // istiod is a process here, and no small one.
    const istiod = data.mesh.parts[0]?.used?.rss ?? 0;
    assert.ok(istiod > 20 * 2 ** 20 && istiod < 500 * 2 ** 20, `istiod has ${istiod} bytes`);
    assert.deepEqual(data.comparison?.sidecar.basis, "measured");
    const schema = JSON.parse(
      fs.readFileSync(path.join(__dirname, "..", "..", "docs", "footprint.schema.json"), "utf8"),
    ) as object;
    const validate = new Ajv().compile(schema);
    validate(data);
    assert.deepEqual(validate.errors, null);
  });

  it("tells a user who may only list pods which right is missing, and shows the requests all the same", async () => {
    apply(poorUser);
    const token = kubectl("create", "token", "poor", "-n", "footprint").trim();
    const kubeconfig = kubeconfigOf(token);
    const { code, out, err } = await istioAmbient(["footprint", "--kubeconfig", kubeconfig]);
    fs.rmSync(path.dirname(kubeconfig), { recursive: true });
    const user = "system:serviceaccount:footprint:poor";
    const refusal = `nodes "node-1" is forbidden: User "${user}" cannot get resource "nodes/proxy" in API group "" at the cluster scope`;
    // The message has its beginning, the second line of the report all of it.
    assert.equal(
      err,
      `\`nodes/proxy\`: got "${refusal.slice(0, 117)}..."; this user must be allowed to get it, or metrics-server must be installed, for figures of use; run \`kubectl auth can-i get nodes/proxy\`\n`,
    );
    // Whoever may not list them is not told either that there is no such API.
    const metrics = `pods.metrics.k8s.io is forbidden: User "${user}" cannot list resource "pods" in API group "metrics.k8s.io" at the cluster scope`;
    assert.equal(
      out.split("\n")[1],
      `used: unknown; the kubelets were not read: ${refusal}; metrics.k8s.io was not read: ${metrics}`,
    );
    assert.match(out, /^istiod +1 +100m +\? +128 MiB +\? +\?$/m);
    assert.equal(code, 1);
  });

  it("shrinks in place when the mesh becomes lean: requests and collector; and then nothing changes any more", async () => {
    footprint = "lean";
    const { steps, outputs } = await stack.up();
    const components = ["mesh", "mesh-gateway"].map((name) => `update ${name}`);
    assert.deepEqual(steps.filter((step) => !components.includes(step)).sort(), [
      "update mesh-cni",
      "update mesh-data-plane",
      "update mesh-gateway-overlay-data",
      "update mesh-istiod",
      "update mesh-ztunnel",
    ]);
    requested = outputs["resources"] as typeof requested;
    assert.deepEqual(requested["total"], { cpu: "175m", memory: "272Mi" });
    const [istiod] = get("deployment", "istiod", "-n", "istio-system");
    const [cni] = get("daemonset", "istio-cni-node", "-n", "istio-system");
    assert.deepEqual(
      [istiod, cni].map((object) => variable(containerOf(object), "GOGC")),
      ["10", "10"],
    );
    const proxy = () => get("deployment", "hostk8s-gateway-istio", "-n", "istio-system")[0];
    const small = { requests: { cpu: "50m", memory: "48Mi" } };
    const resources = () => containerOf(proxy()).resources;
    assert.deepEqual(await settled(resources, (found) => JSON.stringify(found) === JSON.stringify(small)), small);
    const after = await stack.preview();
    assert.deepEqual(after.steps, []);
    const { mesh } = await settled(measure, (data) => data.mesh.total.measuredPods === data.mesh.total.pods);
    const own = mesh.parts.filter(({ part }) => part !== "sidecars");
    assert.equal(
      own.reduce((sum, row) => sum + row.requested.memory, 0),
      parseQuantity(requested["total"].memory),
    );
  });
});
