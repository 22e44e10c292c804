// A namespace that goes back to its sidecars: each of its objects is as it was, with its field managers; what its owners have
// changed in the meantime stays, and what stands against it is named.
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { istioAmbient } from "../unit/fixtures/terminal";
import { NodeAgent } from "./migrate-cni";
import { apply, get, istioctlImages, kubectl, settled, sources, type KubeObject } from "./support";

const namespace = "market";
const own = ["--namespace", namespace];

const labels = { app: "web" };
const metadata = (name: string, more: object = {}) => ({ name, namespace, ...more });

function workload(kind: string, name: string, podLabels: object = {}, more: object = {}): object {
  const spec = { serviceAccountName: name, containers: [{ name, image: `example.com/${name}:1` }] };
  const template = { metadata: { labels: { app: name, ...podLabels } }, spec };
  const selector = { matchExpressions: [{ key: "app", operator: "In", values: [name] }] };
  return { apiVersion: "apps/v1", kind, metadata: metadata(name), spec: { selector, template, ...more } };
}

function service(name: string, more: object = {}, own: object = {}): object {
  const spec = { selector: { app: name }, ports: [{ name: "http", port: 80, targetPort: 8080 }], ...more };
  return { apiVersion: "v1", kind: "Service", metadata: metadata(name, own), spec };
}

function istio(kind: string, name: string, spec: object, more: object = {}): object {
  return { apiVersion: "security.istio.io/v1", kind, metadata: metadata(name, more), spec };
}

const readers = (method: string) =>
  istio(
    "AuthorizationPolicy",
    "orders-readers",
    {
      selector: { matchLabels: { app: "orders" } },
      action: "ALLOW",
      rules: [
        {
          from: [{ source: { principals: [`cluster.local/ns/${namespace}/sa/web`] } }],
          to: [{ operation: { methods: [method] } }],
        },
      ],
    },
    { labels: { team: "orders" }, annotations: { "example.com/ticket": "4711" } },
  );

/** Of each kind that a migration touches one at least, and some that it must not. */
const application: object[] = [
  {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace, labels: { "istio-injection": "enabled", team: "a" } },
  },
  ...["web", "orders", "db", "agent", "batch", "late"].map((name) => ({
    ...{ apiVersion: "v1", kind: "ServiceAccount", metadata: metadata(name) },
  })),
  workload("Deployment", "web", { "sidecar.istio.io/inject": "true" }, { replicas: 2 }),
  workload("Deployment", "orders"),
  workload("StatefulSet", "db", {}, { serviceName: "db" }),
  workload("DaemonSet", "agent"),
  workload("Deployment", "batch", { "sidecar.istio.io/inject": "false" }),
  {
    apiVersion: "v1",
    kind: "Pod",
    metadata: metadata("bare", { labels: { app: "bare", "sidecar.istio.io/inject": "false" } }),
    spec: { containers: [{ name: "bare", image: "example.com/bare" }] },
  },
  service("web", {}, { labels, annotations: { "example.com/ticket": "4712" } }),
  service("orders"),
  service("db", { clusterIP: "None" }),
  istio("PeerAuthentication", "default", { mtls: { mode: "STRICT" } }),
  readers("GET"),
  istio("RequestAuthentication", "tokens", {
    selector: { matchLabels: labels },
    jwtRules: [{ issuer: "https://issuer.example.com", jwks: '{"keys":[]}' }],
  }),
  istio("AuthorizationPolicy", "db-clients", {
    selector: { matchLabels: { app: "db" } },
    rules: [{ from: [{ source: { principals: [`cluster.local/ns/${namespace}/sa/orders`] } }] }],
  }),
  { apiVersion: "v1", kind: "ConfigMap", metadata: metadata("settings"), data: { level: "info" } },
  { apiVersion: "v1", kind: "Secret", metadata: metadata("password"), stringData: { text: "x" } },
  {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: metadata("web"),
    spec: { minAvailable: 1, selector: { matchLabels: labels } },
  },
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: metadata("open"),
    spec: { podSelector: {}, ingress: [{}], policyTypes: ["Ingress"] },
  },
];

function applyAll(objects: object[]): void {
  apply(JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
}

function migrate(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return istioAmbient(["migrate", ...args, ...own]);
}

/** What controllers keep for themselves: pods and the history of rollouts, addresses, events. */
const bookkeeping = /^(pods|replicasets|controllerrevisions|endpoints|endpointslices|events|leases)(\.|$)/;

function listed(): string[] {
  const names = kubectl("api-resources", "--namespaced", "--verbs=list,get", "-o", "name").trim().split("\n");
  return names.filter((name) => !bookkeeping.test(name));
}

interface Managed {
  manager: string;
  subresource?: string;
  time?: string;
}

/** Every object of the namespace, and the namespace, without what Kubernetes itself counts. */
function picture(): Record<string, object> {
  const all = [
    ...get(listed().join(","), "-n", namespace, "--show-managed-fields"),
    ...get("namespace", namespace, "--show-managed-fields"),
    ...get("pod", "bare", "-n", namespace),
  ];
  return Object.fromEntries(all.map((object) => [`${object.kind} ${object.metadata.name}`, told(object)]));
}

const countedFields = ["resourceVersion", "generation", "annotations", "managedFields", "uid", "creationTimestamp"];
const countedAnnotations = /^(deployment\.kubernetes\.io\/revision|deprecated\.daemonset\.template\.generation)$/;

function told(object: KubeObject): object {
  const {
    uid,
    annotations = {},
    creationTimestamp,
    managedFields,
  } = object.metadata as KubeObject["metadata"] & {
    creationTimestamp?: string;
    managedFields?: Managed[];
  };
  const without = (fields: object, out: RegExp | string[]) =>
    Object.fromEntries(
      Object.entries(fields).filter(([key]) => (Array.isArray(out) ? !out.includes(key) : !out.test(key))),
    );
  // A policy that was deleted is another object, with the same name and text.
  const isDeleted = ["AuthorizationPolicy", "RequestAuthentication"].includes(object.kind);
  const managers = (managedFields ?? [])
    .filter(({ manager, subresource }) => subresource === undefined && manager !== "kube-controller-manager")
    .map((entry) => JSON.stringify(without(entry, ["time"])))
    .sort();
  return {
    ...without(object, ["status", "metadata"]),
    ...without(object.metadata, countedFields),
    annotations: without(annotations, countedAnnotations),
    ...(isDeleted ? {} : { uid, creationTimestamp }),
    managers,
  };
}

/** Pods of the workloads, by what their templates and injection make of them. */
function pods(): string[] {
  return get("pods", "-n", namespace)
    .filter(({ metadata: { labels: { app } = {} } }) => app !== undefined)
    .map(({ metadata: { labels: { app } = {}, annotations = {} }, spec }) => {
      const { containers, initContainers = [] } = spec as {
        containers: { name: string; image: string }[];
        initContainers?: { name: string; image: string }[];
      };
      const images = [...initContainers, ...containers].map(({ name, image }) => `${name}=${image}`).sort();
      const isCaptured = annotations["ambient.istio.io/redirection"] === "enabled";
      return [app, ...images, ...(isCaptured ? ["captured"] : [])].join(" ");
    })
    .sort();
}

const isSettled = (found: string[]) => found.length > 0 && found.join() === pods().join();

describe("a namespace that goes back to its sidecars", () => {
  let agent: NodeAgent;
  let original: Record<string, object>;
  let running: string[];

  async function assertAsBefore(): Promise<void> {
    assert.deepEqual(await settled(pods, (found) => found.join() === running.join()), running);
    const count = Object.keys(original).length;
    const found = await settled(picture, (all) => Object.keys(all).length === count);
    assert.deepEqual(Object.keys(found).sort(), Object.keys(original).sort());
    for (const [name, object] of Object.entries(original)) assert.deepEqual(found[name], object, name);
  }

  before(async () => {
    kubectl("apply", "--server-side", "-f", sources.gatewayApi.source);
    const install = ["install", "--set", "profile=ambient", "--skip-confirmation", ...istioctlImages];
    execFileSync("istioctl", install, { stdio: ["ignore", "ignore", "inherit"] });
    await settled(
      () => get("gatewayclass", "istio-waypoint"),
      (found) => found.length > 0,
    );
    applyAll(application);
    for (const name of ["deployment/web", "deployment/orders", "deployment/batch", "statefulset/db", "daemonset/agent"])
      kubectl("rollout", "status", name, "-n", namespace, "--timeout=2m");
    agent = await NodeAgent.start();
    running = await settled(pods, isSettled);
    original = await settled(picture, (all) => "ConfigMap istio-ca-root-cert" in all);
  });

  after(() => {
    agent.stop();
    kubectl("delete", "namespace", namespace, "--ignore-not-found");
    execFileSync("istioctl", ["uninstall", "--purge", "--skip-confirmation"], { stdio: "ignore" });
    kubectl("delete", "namespace", "istio-system", "--ignore-not-found");
  });

  it("is not migrated while Argo CD would put back what goes, which is said with what to do", async () => {
    const key = "argocd.argoproj.io/tracking-id";
    kubectl("annotate", "namespace", namespace, `${key}=${namespace}:/Namespace:/${namespace}`);
    kubectl("label", "deployment", "web", "-n", namespace, "argocd.argoproj.io/instance=team-market");
    const { code, out, err } = await migrate("apply");
    const said = (name: string, taken: string) =>
      `Argo CD application ${name}: it would revert what this migration removes: ${taken}; suspend it, and make the same ` +
      `changes in its source before it resumes; first: argocd app set ${name} --sync-policy none, then run it with ` +
      `\`--accept "Argo CD application ${name}"\`\n`;
    assert.deepEqual(
      [code, out, err],
      [
        1,
        "",
        said(namespace, `istio-injection of Namespace ${namespace}`) +
          said("team-market", `sidecar.istio.io/inject of Deployment ${namespace}/web`),
      ],
    );
    kubectl("annotate", "namespace", namespace, `${key}-`);
    kubectl("label", "deployment", "web", "-n", namespace, "argocd.argoproj.io/instance-");
    await assertAsBefore();
  });

  it("is object by object as it was, and its fields are their managers' again", async () => {
    const { code, err } = await migrate("apply");
    assert.equal(code, 0, err);
    assert.notDeepEqual(picture(), original);
    const back = await migrate("rollback");
    assert.deepEqual([back.code, back.out], [0, `the namespace ${namespace} is as it was, with sidecars\n`], back.err);
    await assertAsBefore();
  });

  it("meets its owner's next server-side apply without a conflict", async () => {
    const [first, ...rest] = application as { metadata: object }[];
    const disabled = { ...first!, metadata: { name: namespace, labels: { "istio-injection": "disabled", team: "a" } } };
    applyAll([disabled, readers("POST"), workload("Deployment", "web", { "sidecar.istio.io/inject": "false" })]);
    assert.equal(get("namespace", namespace)[0]!.metadata.labels!["istio-injection"], "disabled");
    applyAll([first!, ...rest]);
    kubectl("rollout", "status", "deployment/web", "-n", namespace, "--timeout=2m");
    await assertAsBefore();
  });

  it("keeps what its owners have changed a day later, and has nothing left of the migration", async () => {
    assert.equal((await migrate("apply")).code, 0);
    kubectl("set", "image", "deployment/orders", "orders=example.com/orders:2", "-n", namespace);
    kubectl("label", "namespace", namespace, "cost=low");
    kubectl("delete", "deployment", "web", "-n", namespace);
    const refuses = istio("AuthorizationPolicy", "no-strangers", {
      ...{ selector: { matchLabels: labels }, action: "DENY" },
      rules: [{ from: [{ source: { notNamespaces: [namespace] } }] }],
    });
    applyAll([workload("Deployment", "web", {}, { replicas: 2 }), workload("Deployment", "late"), refuses]);
    for (const name of ["web", "late", "orders"])
      kubectl("rollout", "status", `deployment/${name}`, "-n", namespace, "--timeout=2m");
    const { code, err } = await migrate("rollback");
    assert.equal(code, 0, err);
    const back = await settled(pods, isSettled);
    const members = back.filter((pod) => /^(web|orders|db|agent|late) /.test(pod));
    assert.deepEqual(
      members.filter((pod) => !pod.includes("istio-proxy=") || pod.includes("captured")),
      [],
    );
    assert.ok(back.some((pod) => pod.startsWith("orders ") && pod.includes("orders=example.com/orders:2")));
    assert.ok(back.some((pod) => pod.startsWith("late ")));
    const left = await settled(picture, (all) => !JSON.stringify(all).includes("istio-ambient"));
    assert.ok(!JSON.stringify(left).includes("istio-ambient"), JSON.stringify(left));
    const added = Object.keys(left).filter((name) => !(name in original));
    assert.deepEqual(added.sort(), ["AuthorizationPolicy no-strangers", "Deployment late"]);
    assert.equal(get("namespace", namespace)[0]!.metadata.labels!["cost"], "low");
  });

  it("names what stands against it, and touches nothing before that is gone", async () => {
    assert.equal((await migrate("apply")).code, 0);
    const waypoint = "waypoint";
    applyAll([
      service("late", {}, { labels: { "istio.io/use-waypoint": waypoint } }),
      istio("AuthorizationPolicy", "limits", {
        targetRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: waypoint }],
        ...{ action: "DENY", rules: [{ to: [{ operation: { paths: ["/admin"] } }] }] },
      }),
    ]);
    const before = picture();
    const { code, err } = await migrate("rollback");
    const goes = `the waypoint ${namespace}/${waypoint}, which this rollback deletes`;
    assert.deepEqual(
      [code, err],
      [
        1,
        `Service ${namespace}/late uses ${goes}; run \`kubectl label service late --namespace ${namespace} ` +
          "istio.io/use-waypoint-`, and run this again\n" +
          `AuthorizationPolicy ${namespace}/limits is attached to ${goes}, and no sidecar reads it; write it with a ` +
          "selector, or delete it, and run this again\n" +
          `run \`istio-ambient migrate rollback --namespace ${namespace}\` to go on\n`,
      ],
    );
    assert.deepEqual(picture(), before);
    kubectl("label", "service", "late", "-n", namespace, "istio.io/use-waypoint-");
    kubectl("delete", "authorizationpolicy", "limits", "-n", namespace);
    assert.equal((await migrate("rollback")).code, 0);
  });
});
