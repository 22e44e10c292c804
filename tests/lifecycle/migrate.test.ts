// A namespace leaves its sidecars and takes them back: its objects are as they were, a killed run goes on, others are heard.
import * as assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import * as path from "node:path";
import { AmbientNamespace } from "../../components";
import { attributesBeyondZtunnel } from "../../lib/migration/kept-from-ztunnel";
import { recordName } from "../../lib/migration/record";
import { istioAmbient } from "../unit/fixtures/terminal";
import { policy } from "../unit/migration/shop";
import { NodeAgent } from "./migrate-cni";
import { apply, condition, get, kubectl, settled, sources, TestStack, type KubeObject } from "./support";

const namespace = "shop";

/** The istioctl of the sandbox names images of no release. */
const images = ["--set", "hub=docker.io/istio", "--set", "tag=1.31.0"];

const deployment = (name: string, more = "") => `
apiVersion: v1
kind: ServiceAccount
metadata: { name: ${name}, namespace: ${namespace} }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  replicas: 2
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { serviceAccountName: ${name}, containers: [{ name: ${name}, image: example.com/${name} }]${more} }
---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace} }
spec: { selector: { app: ${name} }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
`;

const application = `
apiVersion: v1
kind: Namespace
metadata: { name: ${namespace}, labels: { istio-injection: enabled, team: shop } }
---
${["web", "orders", "stock"].map((name) => deployment(name)).join("---")}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db, namespace: ${namespace} }
spec:
  serviceName: db
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { containers: [{ name: db, image: example.com/db }] }
---
apiVersion: v1
kind: Service
metadata: { name: db, namespace: ${namespace} }
spec: { clusterIP: None, selector: { app: db }, ports: [{ name: tcp, port: 5432 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: batch, namespace: ${namespace} }
spec:
  selector: { matchLabels: { app: batch } }
  template:
    metadata: { labels: { app: batch, sidecar.istio.io/inject: "false" } }
    spec: { containers: [{ name: batch, image: example.com/batch }] }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: ${namespace} }
spec: { mtls: { mode: STRICT } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: orders-readers, namespace: ${namespace}, labels: { team: shop } }
spec:
  selector: { matchLabels: { app: orders } }
  action: ALLOW
  rules: [{ from: [{ source: { principals: [cluster.local/ns/${namespace}/sa/web] } }], to: [{ operation: { methods: [GET] } }] }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: stock-no-deletes, namespace: ${namespace} }
spec:
  selector: { matchLabels: { app: stock } }
  action: DENY
  rules: [{ to: [{ operation: { methods: [DELETE] } }] }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: db-clients, namespace: ${namespace} }
spec:
  selector: { matchLabels: { app: db } }
  action: ALLOW
  rules: [{ from: [{ source: { principals: [cluster.local/ns/${namespace}/sa/orders] } }] }]
`;

async function migrate(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return istioAmbient(["migrate", ...args]);
}

const own = ["--namespace", namespace];

/** What a user has written, by its names; without what controllers note down. */
function picture(): Record<string, object> {
  const kinds =
    "deployments,statefulsets,services,authorizationpolicies,requestauthentications,peerauthentications,gateways,configmaps";
  const all = [...get(kinds, "-n", namespace), ...get("namespace", namespace)];
  const noted = /^deployment\.kubernetes\.io\/revision$/;
  return Object.fromEntries(
    all.map(({ kind, metadata: { name, labels, annotations = {} }, spec, data }) => [
      `${kind} ${name}`,
      {
        labels,
        spec,
        data,
        annotations: Object.fromEntries(Object.entries(annotations).filter(([key]) => !noted.test(key))),
      },
    ]),
  );
}

interface PodSpec {
  containers: { name: string }[];
  initContainers?: { name: string }[];
}

/** Pods by their app: sidecar, captured or plain. */
function pods(): Record<string, string> {
  const live = get("pods", "-n", namespace).filter(({ metadata }) => metadata.labels?.["app"] !== undefined);
  return Object.fromEntries(live.map((pod) => [pod.metadata.labels!["app"]!, modeOf(pod)]));
}

function modeOf({ metadata, spec }: KubeObject): string {
  const { containers, initContainers = [] } = spec as unknown as PodSpec;
  if ([...containers, ...initContainers].some(({ name }) => name === "istio-proxy")) return "sidecar";
  return metadata.annotations?.["ambient.istio.io/redirection"] === "enabled" ? "captured" : "plain";
}

const onSidecars = { web: "sidecar", orders: "sidecar", stock: "sidecar", db: "sidecar", batch: "plain" };
const onAmbient = { web: "captured", orders: "captured", stock: "captured", db: "captured", batch: "plain" };

/** A run that is killed at its n-th write. */
function killedAt(writes: number, ...args: string[]): NodeJS.Signals | null {
  const file = path.join(__dirname, "migrate-killed.ts");
  const argv = ["--require", require.resolve("tsx/cjs"), file, String(writes), ...args];
  return spawnSync(process.execPath, argv, { stdio: ["ignore", "ignore", "inherit"] }).signal;
}

describe("a namespace with sidecars", () => {
  let agent: NodeAgent;
  let original: Record<string, object>;

  /** The waypoint's own objects go a moment after it. */
  async function isAsBefore(): Promise<void> {
    const count = Object.keys(original).length;
    const found = await settled(picture, (all) => Object.keys(all).length === count);
    assert.deepEqual(found, original);
  }

  before(async () => {
    kubectl("apply", "--server-side", "-f", sources.gatewayApi.source);
    const install = ["install", "--set", "profile=ambient", "--skip-confirmation", ...images];
    execFileSync("istioctl", install, { stdio: ["ignore", "ignore", "inherit"] });
    await settled(
      () => get("gatewayclass", "istio-waypoint"),
      (found) => found.length > 0,
    );
    apply(application);
    for (const name of ["web", "orders", "stock", "batch"]) {
      kubectl("rollout", "status", `deployment/${name}`, "-n", namespace, "--timeout=2m");
    }
    agent = await NodeAgent.start();
    original = await settled(picture, () => Object.values(pods()).length === 5);
    assert.deepEqual(await settled(pods, (found) => Object.keys(found).length === 5), onSidecars);
  });

  after(() => {
    agent.stop();
    kubectl("delete", "namespace", namespace, "--ignore-not-found");
    execFileSync("istioctl", ["uninstall", "--purge", "--skip-confirmation"], { stdio: "ignore" });
    kubectl("delete", "namespace", "istio-system", "--ignore-not-found");
  });

  it("gets a plan that says what becomes of each object, and writes nothing", async () => {
    const { code, out, err } = await migrate("plan", ...own, "--output", "json");
    assert.deepEqual([code, err], [0, ""], out);
    const [plan] = (
      JSON.parse(out) as { namespaces: { verdicts: { object: string; verdict: string }[]; order: string[] }[] }
    ).namespaces;
    const rows = Object.fromEntries(plan!.verdicts.map(({ object, verdict }) => [object, verdict]));
    assert.deepEqual(rows, {
      "Deployment shop/batch": "rewritten",
      "Deployment shop/orders": "carries-over",
      "Deployment shop/stock": "carries-over",
      "Deployment shop/web": "carries-over",
      "StatefulSet shop/db": "carries-over",
      "AuthorizationPolicy shop/db-clients": "carries-over",
      "AuthorizationPolicy shop/orders-readers": "needs-waypoint",
      "AuthorizationPolicy shop/stock-no-deletes": "needs-waypoint",
      "PeerAuthentication shop/default": "carries-over",
    });
    assert.deepEqual(plan!.order, ["Deployment web", "Deployment orders", "StatefulSet db", "Deployment stock"]);
    assert.deepEqual(picture(), original);
  });

  it("is refused where the namespace is misspelled", async () => {
    const { code, err } = await migrate("apply", "--namespace", "shp");
    assert.deepEqual(
      [code, err],
      [64, '`--namespace`: got "shp"; must be an existing namespace; write `--namespace shop`\n'],
    );
  });

  it("leaves its sidecars", async () => {
    const { code, out, err } = await migrate("apply", ...own);
    assert.equal(code, 0, err);
    assert.equal(
      out,
      "the namespace shop is migrated; `istio-ambient migrate rollback --namespace shop` takes it back\n",
    );
    assert.deepEqual(pods(), onAmbient);
    const policies = get("authorizationpolicies", "-n", namespace);
    const held = policies.map((each) => [
      each.metadata.name,
      condition(each, "targetRefs" in each.spec ? "WaypointAccepted" : "ZtunnelAccepted"),
    ]);
    assert.deepEqual(held, [
      ["db-clients", "True"],
      ["orders-from-waypoint", "True"],
      ["orders-readers-waypoint", "True"],
      ["stock-from-waypoint", "True"],
      ["stock-no-deletes-waypoint", "True"],
    ]);
    assert.deepEqual(get("namespace", namespace)[0]!.metadata.labels, {
      "istio.io/dataplane-mode": "ambient",
      "kubernetes.io/metadata.name": namespace,
      team: "shop",
    });
    const status = await migrate("status", ...own);
    assert.match(status.out, /^shop {2}migrated .* takes it back\n\nno pod of the cluster has a sidecar/);
  });

  it("is what AmbientNamespace makes of it: adopting it changes none of its labels", async () => {
    const stack = await TestStack.open("migrated", () => {
      new AmbientNamespace("shop", { name: namespace, adopt: true });
      return Promise.resolve();
    });
    const labels = () => get("namespace", namespace)[0]!.metadata.labels;
    const there = labels();
    await stack.up();
    assert.deepEqual((await stack.preview()).steps, []);
    assert.deepEqual(labels(), there);
    await stack.remove();
    kubectl("label", "namespace", namespace, "--overwrite", "istio.io/dataplane-mode=ambient");
  });

  it("takes its sidecars back, and is as it was", async () => {
    const { code, out, err } = await migrate("rollback", ...own);
    assert.deepEqual([code, out], [0, "the namespace shop is as it was, with sidecars\n"], err);
    assert.deepEqual(await settled(pods, (found) => Object.keys(found).length === 5), onSidecars);
    await isAsBefore();
  });

  it("is not migrated by two runs at once", async () => {
    const file = path.join(__dirname, "migrate-killed.ts");
    const first = spawn(process.execPath, ["--require", require.resolve("tsx/cjs"), file, "0", "apply", ...own], {
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => first.on("close", resolve));
    await settled(
      () => get("configmap", recordName, "-n", namespace),
      (found) => found.length > 0,
    );
    const { code, err } = await migrate("apply", ...own);
    assert.equal(code, 1);
    assert.match(err, /^another run of `istio-ambient migrate` is at work \(process \d+ on /);
    await ended;
    assert.deepEqual(pods(), onAmbient);
  });

  it("names what others have changed since, and does not overwrite it", async () => {
    kubectl("label", "namespace", namespace, "--overwrite", "istio.io/dataplane-mode=none");
    const { code, err } = await migrate("rollback", ...own);
    assert.equal(code, 1);
    assert.match(
      err,
      /Namespace shop was changed since this migration began: its label istio.io\/dataplane-mode is "none", and was null; put it back/,
    );
    assert.equal(get("namespace", namespace)[0]!.metadata.labels!["istio.io/dataplane-mode"], "none");
    kubectl("label", "namespace", namespace, "--overwrite", "istio.io/dataplane-mode=ambient");
    assert.equal((await migrate("rollback", ...own)).code, 0);
    await isAsBefore();
  });

  it("stops where new pods never get ready, and goes back", async () => {
    const more = `, nodeSelector: { nowhere: "yes" }`;
    apply(deployment("orders", more).replace("replicas: 2", "replicas: 1"));
    const { code, err } = await migrate("apply", ...own, "--timeout", "30s");
    assert.equal(code, 1);
    assert.match(err, /Deployment shop\/orders did not get its new pods ready in time/);
    assert.match(
      err,
      /run `istio-ambient migrate apply --namespace shop` to go on, `istio-ambient migrate rollback --namespace shop` to go back\n$/,
    );
    assert.match((await migrate("status", ...own)).out, /^shop {2}on its way, at step \d+ of \d+/);
    apply(deployment("orders"));
    assert.equal((await migrate("rollback", ...own)).code, 0);
    assert.deepEqual(await settled(pods, (found) => Object.keys(found).length === 5), onSidecars);
    await isAsBefore();
  });

  for (const writes of [1, 4, 11, 22, 40]) {
    it(`goes on after a run that was killed at its write ${writes}, there and back`, async () => {
      assert.equal(killedAt(writes, "apply", ...own), "SIGKILL");
      assert.equal((await migrate("apply", ...own)).code, 0);
      assert.deepEqual(pods(), onAmbient);
      assert.equal(killedAt(Math.ceil(writes / 2), "rollback", ...own), "SIGKILL");
      assert.equal((await migrate("rollback", ...own)).code, 0);
      assert.deepEqual(await settled(pods, (found) => Object.keys(found).length === 5), onSidecars);
      await isAsBefore();
    });
  }

  it("is judged by the same attributes as istiod judges by", async () => {
    const rules: [string, string, object][] = [
      ["methods", "ALLOW", { to: [{ operation: { methods: ["GET"], ports: ["8080"] } }] }],
      ["paths-and-hosts", "DENY", { to: [{ operation: { notPaths: ["/a"], hosts: ["web"] } }] }],
      ["tokens", "ALLOW", { from: [{ source: { requestPrincipals: ["*"] } }] }],
      ["addresses", "DENY", { from: [{ source: { remoteIpBlocks: ["10.0.0.0/8"], ipBlocks: ["10.0.0.0/8"] } }] }],
      ["headers", "ALLOW", { when: [{ key: "request.headers[x-user]", values: ["a"] }] }],
      ["connections", "ALLOW", { from: [{ source: { principals: ["a"] } }], to: [{ operation: { ports: ["80"] } }] }],
      ["conditions", "DENY", { when: [{ key: "source.namespace", values: ["a"] }] }],
    ];
    const written = rules.map(([name, action, rule]) =>
      policy(name, { selector: { matchLabels: { app: "none" } }, action, rules: [rule] }),
    );
    apply(JSON.stringify({ apiVersion: "v1", kind: "List", items: written }));
    for (const each of written) {
      const name = each.metadata.name;
      const [found] = await settled(
        () => get("authorizationpolicy", name, "-n", namespace),
        ([object]) => condition(object, "ZtunnelAccepted") !== undefined,
      );
      const said = found?.status?.conditions?.find(({ type }) => type === "ZtunnelAccepted")?.message ?? "";
      const named = /found: ([^)]*)\)/.exec(said)?.[1]?.split(", ") ?? [];
      assert.deepEqual([name, named.sort()], [name, attributesBeyondZtunnel(each).sort()]);
      kubectl("delete", "authorizationpolicy", name, "-n", namespace);
    }
  });
});
