// What people ran into, provoked on a real control plane: who keeps an object, what cannot be captured, who names a waypoint,
// and what a look with few rights still tells.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { AmbientMesh } from "../../components";
import { istioAmbient } from "../unit/fixtures/terminal";
import { manifests, tracked } from "./field-cases-manifests";
import { apply, kubectl, settled, sources, TestStack } from "./support";

const mesh = "istio-system";
const service = "hostk8s-gateway-istio";

interface Data {
  schemaVersion: number;
  good: boolean;
  unread: { kind: string; open: string[]; narrowed: string[] }[];
  checks: { id: string; outcome: string; findings: { message: string }[] }[];
}

async function look(...options: string[]): Promise<Data> {
  const { out, err } = await istioAmbient(["check", "--output", "json", ...options]);
  if (out === "") throw new Error(err);
  return JSON.parse(out) as Data;
}

/** The messages of one check, once there are as many as wanted. */
async function told(id: string, count: number): Promise<string[]> {
  const ask = async () =>
    (await look()).checks.find((check) => check.id === id)!.findings.map(({ message }) => message);
  return settled(ask, ({ length }) => length === count);
}

describe("what people ran into", () => {
  let stack: TestStack;

  before(async () => {
    stack = await TestStack.open("field-cases", async () => {
      new AmbientMesh("mesh", { ...sources, platform: "kind" });
    });
    await stack.up();
    apply(manifests.shop);
    kubectl("rollout", "status", "deployment", "web", "-n", "shop");
    // What istio-cni would do.
    kubectl("annotate", "pods", "-n", "shop", "-l", "app=web", "ambient.istio.io/redirection=enabled");
  });

  after(async () => {
    kubectl("delete", "namespace", "shop", "platform-mesh", "legacy", "--ignore-not-found");
    kubectl("delete", "node/virtual-1", "runtimeclass/sandbox", "--ignore-not-found");
    kubectl("delete", "clusterrole,clusterrolebinding", "field-cases-reader", "--ignore-not-found");
    kubectl("delete", "serviceaccount", "reader", "--ignore-not-found");
    await stack.remove();
  });

  it("a Service that Argo CD would put back is changed there", async () => {
    kubectl("label", "service", service, "-n", mesh, "gateway.istio.io/managed-");
    kubectl("annotate", "service", service, "-n", mesh, `${tracked}=edge:v1/Service:${mesh}/${service}`);
    assert.deepEqual(await told("gateway-managed", 1), [
      `\`Service ${mesh}/${service}\`: got "no label gateway.istio.io/managed"; istiod only touches Services that carry it; ` +
        "the Argo CD application edge reverts changes made here, so change it there; the Service belongs to the stack " +
        "istio-ambient/field-cases; run `argocd app get edge`",
    ]);
    kubectl("annotate", "service", service, "-n", mesh, `${tracked}-`);
    kubectl("label", "service", service, "-n", mesh, "gateway.istio.io/managed=istio.io-gateway-controller");
  });

  it("a namespace that Flux keeps has its label changed there", async () => {
    const flux = ["kustomize.toolkit.fluxcd.io/name=apps", "kustomize.toolkit.fluxcd.io/namespace=flux-system"];
    kubectl("label", "namespace", "shop", "istio-injection=enabled", ...flux);
    assert.deepEqual(await told("both-labels", 1), [
      '`Namespace shop`: got "istio-injection=enabled and istio.io/dataplane-mode=ambient"; a namespace uses one of the ' +
        "two; the Flux Kustomization flux-system/apps reverts changes made here, so change it there; run `flux get " +
        "kustomization apps --namespace flux-system`",
    ]);
    kubectl("label", "namespace", "shop", "istio-injection-", ...flux.map((label) => `${label.split("=")[0]}-`));
  });

  it("an istiod that Argo CD keeps is in the way, and is not to be deleted", async () => {
    apply(manifests.foreign);
    await assert.rejects(stack.preview(), (error: Error) => {
      const line =
        '`Deployment platform-mesh/istiod-platform`: got "an Istio of the Argo CD application argocd/mesh (revision ' +
        "platform)\"; one Istio serves a cluster: a second one fights over webhooks, GatewayClasses and each node's CNI; " +
        "use that mesh without AmbientMesh, or remove it at its source: the Argo CD application argocd/mesh recreates " +
        "what is deleted here; run `argocd app get argocd/mesh`";
      assert.ok(error.message.includes(line), error.message);
      return true;
    });
    kubectl("delete", "namespace", "platform-mesh");
    assert.deepEqual((await stack.preview()).steps, []);
  });

  it("a ServiceEntry and a WorkloadGroup name a waypoint that is not there, a machine one for Services", async () => {
    apply(manifests.entries);
    const missing = (object: string) =>
      `\`${object}\`: got "istio.io/use-waypoint=gone"; Gateway shop/gone is a waypoint; run \`istioctl waypoint apply ` +
      "--name gone --namespace shop`";
    assert.deepEqual(await told("waypoint-exists", 2), [
      missing("ServiceEntry shop/api"),
      missing("WorkloadGroup shop/vms"),
    ]);
    assert.deepEqual(await told("waypoint-serves", 1), [
      '`WorkloadEntry shop/vm-1`: got "istio.io/use-waypoint=waypoint"; Gateway shop/waypoint is for "service", and only ' +
        "one for workload or all serves it; run `kubectl label gateway waypoint --namespace shop --overwrite " +
        "istio.io/waypoint-for=all`",
    ]);
    assert.deepEqual(await told("waypoint-bound", 0), []);
  });

  it("a gateway goes around the waypoint that has a policy of its own", async () => {
    const patch = (target: object) =>
      kubectl(
        ...["patch", "authorizationpolicy", "readers", "-n", "shop", "--type", "merge", "--patch"],
        JSON.stringify({ spec: { targetRefs: [target] } }),
      );
    patch({ group: "gateway.networking.k8s.io", kind: "Gateway", name: "waypoint" });
    assert.deepEqual(await told("policy-ingress", 0), []);
    kubectl("label", "service", "web", "-n", "shop", "istio.io/ingress-use-waypoint-");
    assert.deepEqual(await told("policy-ingress", 1), [
      '`Service shop/web`: got "no label istio.io/ingress-use-waypoint=true"; AuthorizationPolicy readers is enforced by ' +
        "its waypoint, and a gateway routes to it; run `kubectl label service web --namespace shop " +
        "istio.io/ingress-use-waypoint=true`",
    ]);
    kubectl("label", "service", "web", "-n", "shop", "istio.io/ingress-use-waypoint=true");
    patch({ group: "", kind: "Service", name: "web" });
  });

  it("a ListenerSet waits for its Gateway to admit it, and its route for a backend", async () => {
    const patch = (kind: string, name: string, namespace: string, spec: object) =>
      kubectl("patch", kind, name, "-n", namespace, "--type", "merge", "--patch", JSON.stringify({ spec }));
    apply(manifests.listeners);
    assert.deepEqual(await told("listener-sets", 1), [
      `\`ListenerSet shop/team\`: got "Accepted=False, NotAllowed"; Gateway ${mesh}/hostk8s-gateway must admit ListenerSets of ` +
        "the namespace shop; by default it admits none; write `allowedListeners: { namespaces: { from: All } }`",
    ]);
    assert.deepEqual(await told("routes", 0), []);
    patch("gateway", "hostk8s-gateway", mesh, { allowedListeners: { namespaces: { from: "All" } } });
    assert.deepEqual(await told("listener-sets", 0), []);
    assert.deepEqual(await told("routes", 0), []);
    patch("httproute", "team", "shop", { rules: [{ backendRefs: [{ name: "gone", port: 80 }] }] });
    const [message = ""] = await told("routes", 1);
    assert.match(
      message,
      /^`HTTPRoute shop\/team`: got "ResolvedRefs=False, BackendNotFound: .*; ListenerSet shop\/team /,
    );
    kubectl("delete", "httproute/team", "listenerset/team", "-n", "shop");
    patch("gateway", "hostk8s-gateway", mesh, { allowedListeners: null });
  });

  it("a canary waypoint has no weight, then none that istiod takes", async () => {
    apply(manifests.canary);
    kubectl("wait", "gateway/next", "-n", "shop", "--for", "condition=Programmed", "--timeout", "60s");
    kubectl(
      "label",
      "service",
      "web",
      "-n",
      "shop",
      "istio.io/use-waypoint=waypoint",
      "istio.io/use-waypoint-canary=next",
    );
    const weight = "istio.io/use-waypoint-canary-weight";
    const fix = `write \`metadata: { annotations: { ${weight}: "10" } }\``;
    assert.deepEqual(await told("waypoint-canary", 1), [
      `\`Service shop/web\`: got "istio.io/use-waypoint-canary=next without the annotation ${weight}"; without a weight the ` +
        `canary waypoint gets 0 % of the connections; ${fix}`,
    ]);
    kubectl("annotate", "service", "web", "-n", "shop", `${weight}=ten`);
    assert.deepEqual(await told("waypoint-canary", 1), [
      '`Service shop/web`: got "canary waypoint "shop/next" has an invalid weight; must be an integer in [0,100]"; istiod ' +
        `attaches the canary beside the waypoint; ${fix}`,
    ]);
    kubectl("annotate", "service", "web", "-n", "shop", "--overwrite", `${weight}=10`);
    assert.deepEqual(await told("waypoint-canary", 0), []);
    kubectl("annotate", "service", "web", "-n", "shop", `${weight}-`);
    kubectl("label", "service", "web", "-n", "shop", "istio.io/use-waypoint-", "istio.io/use-waypoint-canary-");
    kubectl("delete", "gateway", "next", "-n", "shop");
  });

  it("istiod judges the policy of a sidecar's namespace for ztunnel, which has nothing to do with it", async () => {
    apply(manifests.sidecars);
    for (const namespace of ["legacy", "shop"]) {
      const reason = "jsonpath={.status.conditions[0].reason}=UnsupportedValue";
      kubectl("wait", "authorizationpolicy/http", "-n", namespace, "--for", reason, "--timeout", "60s");
    }
    const [message = ""] = await told("policy-ztunnel", 1);
    assert.match(message, /^`AuthorizationPolicy shop\/http`: got "ZtunnelAccepted=True, UnsupportedValue: /);
    kubectl("delete", "authorizationpolicy", "http", "-n", "shop");
    kubectl("delete", "namespace", "legacy");
  });

  it("a port that is to be open opens all of them", async () => {
    apply(manifests.peers);
    const [message = ""] = await told("policy-peers", 1);
    assert.match(
      message,
      /^`PeerAuthentication shop\/open`: got "port 8080 PERMISSIVE beside PeerAuthentication default, which sets no mode"; istiod /,
    );
    kubectl("delete", "peerauthentication", "default", "open", "-n", "shop");
    kubectl("delete", "peerauthentication", "default", "-n", mesh);
  });

  it("pods on a virtual node, in gVisor and with a virtual machine are one warning each, and no failure", async () => {
    apply(manifests.uncapturable);
    kubectl(
      "wait",
      "pod/burst",
      "pod/sandboxed",
      "pod/guest",
      "-n",
      "shop",
      "--for",
      "condition=Ready",
      "--timeout",
      "60s",
    );
    const rule = "istio-cni captures pods of Linux nodes that run its DaemonSet, in the node's own network stack";
    assert.deepEqual((await told("uncapturable-pods", 3)).sort(), [
      `\`Namespace shop\`: got "1 pod in gVisor (sandboxed)"; ${rule}; write \`istio.io/dataplane-mode: none\``,
      `\`Namespace shop\`: got "1 pod in virtual machines of KubeVirt (guest)"; ${rule}; write \`istio.io/dataplane-mode: none\``,
      `\`Namespace shop\`: got "1 pod on a virtual node (burst)"; ${rule}; write \`istio.io/dataplane-mode: none\``,
    ]);
    assert.deepEqual(await told("captured", 0), []);
    assert.deepEqual(await told("sidecar-annotations", 0), []);
    kubectl("delete", "pod", "burst", "sandboxed", "guest", "-n", "shop", "--force");
  });

  it("a DestinationRule is where no proxy looks, and subsets lead nowhere", async () => {
    apply(manifests.traffic);
    assert.deepEqual(await told("destination-rules", 1), [
      '`DestinationRule default/web`: got "in namespace default, for web.shop.svc.cluster.local"; waypoint shop/waypoint reads ' +
        `those of its own namespace, of the host's, and of ${mesh} only; write \`metadata: { namespace: shop }\``,
    ]);
    assert.deepEqual(await told("subsets", 2), [
      '`VirtualService shop/web`: got "subset v3 of web"; a DestinationRule of the host defines it, or requests that go there are ' +
        "answered with 503; write `host: web, subsets: [{ name: v3, labels: { ... } }]`",
      '`DestinationRule shop/web`: got "subset v2 (version=v2) selects no pod of Service shop/web"; VirtualService web routes to ' +
        "it, and these requests are answered with 503; run `kubectl get pods --namespace shop --selector app=web,version=v2 " +
        "--show-labels`",
    ]);
    kubectl("delete", "virtualservice/web", "destinationrule/web", "-n", "shop");
    kubectl("delete", "destinationrule/web", "-n", "default");
  });

  it("a captured pod waits in its start hook", async () => {
    apply(manifests.hook);
    const since = new Date(Date.now() - 5 * 60_000).toISOString();
    const done = (type: string) => ({ type, status: "True", lastTransitionTime: since });
    const status = {
      conditions: [done("PodReadyToStartContainers"), done("Initialized")],
      containerStatuses: [
        {
          ...{ name: "agent", image: "nginx", imageID: "", ready: false, restartCount: 0 },
          state: { waiting: { reason: "ContainerCreating" } },
        },
      ],
    };
    kubectl(
      ...["patch", "pod", "hooked", "-n", "shop", "--subresource", "status", "--type", "merge", "--patch"],
      JSON.stringify({ status }),
    );
    const [message = ""] = await told("start-hooks", 1);
    assert.match(
      message,
      /^`Pod shop\/hooked`: got "in the start hook of agent for 3\d\d s"; a start hook ends without /,
    );
    kubectl("delete", "pod", "hooked", "-n", "shop", "--force");
  });

  it("few rights cost what they are needed for, and are told once a list", async () => {
    apply(manifests.reader);
    kubectl("label", "namespace", "default", "istio.io/use-waypoint=gone");
    const token = kubectl("create", "token", "reader").trim();
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "reader-"));
    const kubeconfig = path.join(folder, "config");
    fs.writeFileSync(kubeconfig, kubectl("config", "view", "--raw", "--flatten"));
    kubectl("config", "set-credentials", "reader", `--token=${token}`, `--kubeconfig=${kubeconfig}`);
    kubectl("config", "set-context", "--current", "--user=reader", `--kubeconfig=${kubeconfig}`);
    const { schemaVersion, unread, checks, good } = await look("--kubeconfig", kubeconfig);
    const outcomes = Object.fromEntries(checks.map(({ id, outcome }) => [id, outcome]));
    assert.deepEqual(
      { schemaVersion, good, waypoint: outcomes["waypoint-exists"] },
      {
        ...{ schemaVersion: 1, good: false, waypoint: "failed" },
      },
    );
    assert.deepEqual(
      ["captured", "gateway-accepted", "waypoint-for", "host-network"].map((id) => outcomes[id]),
      ["passed", "passed", "passed", "passed"],
    );
    assert.equal(outcomes["cni-ready"], "unknown");
    const kinds = unread.map(({ kind }) => kind);
    assert.equal(new Set(kinds).size, kinds.length);
    assert.deepEqual(unread.find(({ kind }) => kind === "serviceEntries")?.narrowed, [
      "routes",
      "virtual-services",
      "destination-rules",
      "subsets",
      "waypoint-exists",
      "waypoint-bound",
      "waypoint-dns",
      "waypoint-labels",
      "waypoint-canary",
      "policy-tokens",
      "policy-plugins",
      "policy-telemetry",
    ]);
    const { out } = await istioAmbient(["check", "--kubeconfig", kubeconfig]);
    assert.equal(out.match(/cannot list resource "daemonsets"/g)?.length, 1);
    kubectl("label", "namespace", "default", "istio.io/use-waypoint-");
    fs.rmSync(folder, { recursive: true });
  });

  it("a list of more than one page is followed to its end", async () => {
    const entry = (index: number, waypoint: string) => ({
      apiVersion: "networking.istio.io/v1",
      kind: "ServiceEntry",
      metadata: {
        name: `entry-${String(index).padStart(4, "0")}`,
        namespace: "shop",
        labels: { "istio.io/use-waypoint": waypoint },
      },
      spec: {
        hosts: [`h${index}.example.com`],
        ports: [{ number: 443, name: "tls", protocol: "TLS" }],
        resolution: "DNS",
      },
    });
    const all = Array.from({ length: 505 }, (_, index) => entry(index, index === 504 ? "last" : "none"));
    apply(JSON.stringify({ apiVersion: "v1", kind: "List", items: all }));
    const messages = await told("waypoint-exists", 3);
    assert.ok(
      messages.some((message) => message.startsWith("`ServiceEntry shop/entry-0504`: ")),
      messages.join("\n"),
    );
  });
});
