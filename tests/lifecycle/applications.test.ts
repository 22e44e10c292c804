// Applications on a mesh against the real istiod: everything accepted, silent, changed in place, taken down in order.
import * as assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import * as k8s from "@pulumi/kubernetes";
import {
  AccessPolicy,
  AmbientMesh,
  AmbientNamespace,
  HttpRoute,
  TrafficPolicy,
  Waypoint,
  WaypointUserArgs,
} from "../../components";
import { apply, condition, get, kubectl, KubeObject, settled, sources, TestStack } from "./support";

const parent = { name: "hostk8s-gateway", namespace: "istio-system" };
const foreign = `
apiVersion: v1
kind: Namespace
metadata: { name: legacy, labels: { team: theirs } }
---
apiVersion: v1
kind: Service
metadata: { name: ledger, namespace: legacy, labels: { owner: theirs } }
spec: { selector: { app: ledger }, ports: [{ name: http, port: 80 }] }
`;

interface Settings {
  percent: number;
  candidate: string;
  port: number;
  waypoint: string;
  retries: boolean;
}

const usual: Settings = { percent: 10, candidate: "web-next", port: 80, waypoint: "waypoint", retries: false };
let settings = usual;

/** An application: a Deployment and its Service. */
function application(name: string, namespace: AmbientNamespace, labels: Record<string, string> = {}) {
  // No istio-cni runs in the sandbox, whose sign on a pod istioctl looks for.
  const annotations = { "ambient.istio.io/redirection": "enabled" };
  const pod = {
    metadata: { labels: { app: name, ...labels }, annotations },
    spec: { containers: [{ name, image: "none" }] },
  };
  const options = { parent: namespace };
  new k8s.apps.v1.Deployment(
    `${name}-pods`,
    {
      metadata: { name, namespace: namespace.name },
      spec: { selector: { matchLabels: { app: name } }, template: pod },
    },
    options,
  );
  const spec = { selector: { app: name }, ports: [{ name: "http", port: 80, targetPort: 8080 }] };
  const metadata = { name, namespace: namespace.name, annotations: { "pulumi.com/skipAwait": "true" } };
  return new k8s.core.v1.Service(name, { metadata, spec }, options);
}

function shop(): Promise<void> {
  const store = new AmbientNamespace("store", { mtls: "strict", stack: "demo" });
  const backend = new AmbientNamespace("backend", { app: "api" });
  const legacy = new AmbientNamespace("legacy", { adopt: true });
  const [web] = ["web", "web-next"].map((name) => application(name, store));
  const api = application("api", backend, { version: "v1" });

  const candidate = { service: settings.candidate, port: settings.port };
  new HttpRoute("web", {
    namespace: store.name,
    parent,
    hostnames: ["store.hostk8s.local"],
    rules: [
      {
        matches: [{ prefix: "/api" }],
        backends: [{ service: api.metadata.name, namespace: backend.name, port: 80 }],
        rewrite: { prefix: "/" },
        cors: { origins: ["https://shop.example.com"] },
        timeouts: { request: "10s" },
        ...(settings.retries ? { retries: { attempts: 2 } } : {}),
      },
      { canary: { stable: { service: web!.metadata.name, port: 80 }, candidate, percent: settings.percent } },
    ],
  });

  const users: WaypointUserArgs[] = [
    { namespace: store.name },
    { namespace: backend.name, service: api.metadata.name },
    { namespace: legacy.name, service: "ledger", ingress: false },
  ];
  const { reference } = new Waypoint("wp", { name: settings.waypoint, namespace: store.name, for: users });
  new TrafficPolicy("web", {
    namespace: store.name,
    service: web!.metadata.name,
    waypoint: reference,
    retries: { attempts: 3, perTryTimeout: "2s", retryOn: ["5xx", "reset"] },
    timeout: "10s",
    connectionPool: { maxConnections: 100, maxPendingRequests: 50 },
    outlierDetection: { consecutive5xxErrors: 5, baseEjectionTime: "30s" },
    fault: { delay: { duration: "1s", percent: 5 }, abort: { status: 503, percent: 0.5 } },
    routes: [{ headers: { "x-beta": "yes" }, to: [{ service: "web-next" }] }],
  });
  new TrafficPolicy("api", {
    namespace: backend.name,
    service: api.metadata.name,
    waypoint: reference,
    versions: [{ name: "v1", labels: { version: "v1" } }],
    routes: [{ to: [{ version: "v1", weight: 90 }, { weight: 10 }] }],
  });

  new AccessPolicy("store", { namespace: store.name, defaultDeny: true });
  new AccessPolicy("scrape", { namespace: store.name, allow: [{ serviceAccounts: ["infra/scraper"], ports: [9090] }] });
  new AccessPolicy("requests", {
    namespace: store.name,
    http: { waypoint: reference, allow: [{ namespaces: ["istio-system"], methods: ["GET"], paths: ["/*"] }] },
  });
  new AccessPolicy("api", {
    namespace: backend.name,
    selector: { app: "api" },
    http: { waypoint: reference, services: ["api"], allow: [{ serviceAccounts: ["store/default"] }] },
  });
  return Promise.resolve();
}

describe("applications on a mesh", () => {
  let mesh: TestStack;
  let stack: TestStack;

  before(async () => {
    mesh = await TestStack.open("applications-mesh", () => {
      new AmbientMesh("mesh", sources);
      return Promise.resolve();
    });
    await mesh.up();
    apply(foreign);
    stack = await TestStack.open("applications", shop);
  });

  after(async () => {
    await stack?.remove();
    kubectl("delete", "namespace", "legacy", "--ignore-not-found");
    await mesh.remove();
  });

  it("come up, after a preview that lists them all", async () => {
    const { steps: planned } = await stack.preview();
    const { steps, diagnostics } = await stack.up();
    // The official plugin warns of a Deployment whose pods are still starting.
    assert.deepEqual(
      diagnostics.filter((line) => !line.startsWith("warning: ")),
      [],
    );
    assert.deepEqual(steps.sort(), planned.sort());
    assert.ok(steps.length > 0 && steps.every((step) => step.startsWith("create ")), steps.join("\n"));
  });

  it("are accepted by istiod, every object of them", async () => {
    const conditions = (type: string) => (object: KubeObject) => `${object.metadata.name} ${condition(object, type)}`;
    const services = ["web", "web-next"].flatMap((name) => get("service", name, "-n", "store"));
    const bound = [...services, ...get("service", "api", "-n", "backend"), ...get("service", "ledger", "-n", "legacy")];
    assert.deepEqual(
      bound.map(conditions("istio.io/WaypointBound")),
      ["web", "web-next", "api", "ledger"].map((name) => `${name} True`),
    );
    const policies = ["store", "backend"].flatMap((name) => get("authorizationpolicy", "-n", name));
    assert.deepEqual(policies.map((p) => [p.metadata.name, enforcer(p)]).sort(), [
      ["api-requests", "WaypointAccepted"],
      ["api-waypoint-only", "ZtunnelAccepted"],
      ["requests-requests", "WaypointAccepted"],
      ["requests-waypoint-only", "ZtunnelAccepted"],
      ["scrape-connections", "ZtunnelAccepted"],
      ["store-deny", "ZtunnelAccepted"],
    ]);
    assert.deepEqual(routeConditions("web"), ["Accepted True", "ResolvedRefs True"]);
    const [deployment] = get("deployment", "waypoint", "-n", "store");
    assert.equal(deployment!.status!["availableReplicas"], 1);
    assert.equal(JSON.stringify(deployment).includes("pulumi.com/waitFor"), false);
  });

  it("give istioctl analyze nothing to find in them", () => {
    const { stdout } = spawnSync("istioctl", ["analyze", "-A"], { encoding: "utf8" });
    const ours = stdout.split("\n").filter((line) => /\b(store|backend|legacy)\b/.test(line));
    assert.deepEqual(ours, []);
  });

  it("have nothing to change at the second preview, nor after a refresh", async () => {
    assert.deepEqual(await stack.preview(), { steps: [], diagnostics: [], outputs: {} });
    await stack.refresh({ expectNoChanges: true });
    assert.deepEqual((await stack.preview()).steps, []);
  });

  for (const percent of [50, 100, 0]) {
    it(`change one resource for a canary of ${percent} percent`, async () => {
      settings = { ...usual, percent };
      assert.deepEqual((await stack.up()).steps, ["update web-route"]);
      const [route] = get("httproute", "web", "-n", "store");
      const rules = route!.spec["rules"] as { backendRefs: { name: string; weight: number }[] }[];
      assert.deepEqual(
        rules[1]!.backendRefs.map(({ name, weight }) => [name, weight]),
        [
          ["web", 100 - percent],
          ["web-next", percent],
        ],
      );
    });
  }

  it("are refused before anything is written where a backend does not exist", async () => {
    const standing = settings;
    settings = { ...standing, candidate: "nowhere" };
    const missing =
      /^error: this program refers to objects that do not exist:\n {2}HttpRoute "web": `[\w.[\]]+candidate\.service`: got "nowhere"; must be an existing Service of the namespace store/;
    for (const run of [() => stack.preview(), () => stack.up()]) {
      await assert.rejects(run(), (error: { diagnostics: string[] }) => {
        assert.ok(
          error.diagnostics.some((line) => missing.test(line)),
          error.diagnostics.join("\n"),
        );
        return true;
      });
    }
    settings = standing;
    assert.deepEqual((await stack.preview()).steps, []);
  });

  it("fail and say why where a backend has no such port, of which no condition tells, and recover", async () => {
    settings = { ...usual, port: 8080 };
    await assert.rejects(stack.up(), (error: { diagnostics: string[] }) => {
      // The Automation API adds all errors up in a last one.
      const told = error.diagnostics.filter((line) => line.startsWith("error: HttpRoute"));
      const why = "port 8080: Service store/web-next has port 80 only";
      assert.deepEqual(told, [`error: HttpRoute "web" (store/web) is not accepted: ${why}`]);
      return true;
    });
    settings = usual;
    assert.deepEqual((await stack.up()).steps, ["update web-route"]);
  });

  it("are not waited for where they were deleted by hand", async () => {
    kubectl("delete", "httproutes.gateway.networking.k8s.io", "web", "-n", "store");
    await assert.rejects(stack.up(), (error: { diagnostics: string[] }) => {
      const told = error.diagnostics.filter((line) => line.startsWith("error: HttpRoute"));
      const gone = "is in the stack's state, but no longer in the cluster; run `pulumi up --refresh`";
      assert.deepEqual(told, [`error: HttpRoute "web" (store/web) ${gone}`]);
      return true;
    });
    await stack.refresh();
    assert.deepEqual((await stack.up()).steps, ["create web-route"]);
  });

  it("never lose in silence what the installed Gateway API does not know", async () => {
    settings = { ...usual, retries: true };
    await assert.rejects(stack.up(), /\.spec\.rules\[0\]\.retry/);
    settings = usual;
    await stack.up();
  });

  it("move to another waypoint without a moment between two", async () => {
    settings = { ...usual, waypoint: "other" };
    const { steps, holes } = await watched(() => stack.up());
    assert.deepEqual(holes, []);
    for (const user of ["wp-user", "wp-user-2", "wp-user-3"]) {
      assert.ok(steps.indexOf(`update ${user}`) < steps.lastIndexOf("delete-replaced wp-gateway"), user);
      assert.ok(steps.indexOf(`update ${user}`) > steps.indexOf("create-replacement wp-pods"), user);
    }
    assert.deepEqual((await stack.preview()).steps, []);
    assert.deepEqual(await settled(() => get("deployment", "waypoint", "-n", "store"), isEmpty), []);
  });

  it("go, the labels of a waypoint's users before the waypoint, and leave what is not theirs", async () => {
    const { steps, holes } = await watched(() => stack.destroy());
    assert.deepEqual(holes, []);
    for (const user of ["wp-user", "wp-user-2", "wp-user-3"]) {
      assert.ok(steps.indexOf(`delete ${user}`) < steps.indexOf("delete wp-gateway"), user);
    }
    const [namespace] = get("namespace", "legacy");
    assert.deepEqual(namespace!.metadata.labels, { team: "theirs", "kubernetes.io/metadata.name": "legacy" });
    assert.deepEqual(get("service", "ledger", "-n", "legacy")[0]!.metadata.labels, { owner: "theirs" });
    assert.deepEqual(get("namespaces", "-l", "istio.io/dataplane-mode"), []);
    assert.deepEqual(get("referencegrants,authorizationpolicies,virtualservices,destinationrules", "-A"), []);
  });
});

describe("a namespace to adopt that does not exist", () => {
  it("is refused before anything is written", async () => {
    const stack = await TestStack.open("nowhere", () => {
      new AmbientNamespace("nowhere", { adopt: true });
      return Promise.resolve();
    });
    try {
      await assert.rejects(stack.preview(), (error: { diagnostics: string[] }) => {
        const message =
          'error: invalid arguments for AmbientNamespace "nowhere":\n  `name`: got "nowhere"; must be an existing namespace; ' +
          'write `new AmbientNamespace("nowhere")`';
        assert.ok(error.diagnostics.includes(message), error.diagnostics.join("\n"));
        return true;
      });
    } finally {
      await stack.remove();
    }
  });
});

function isEmpty(objects: KubeObject[]): boolean {
  return objects.length === 0;
}

/** Which enforcer has accepted a policy. */
function enforcer(policy: KubeObject): string | undefined {
  return policy.status?.conditions?.find((each) => each.status === "True")?.type;
}

function routeConditions(name: string): string[] {
  const [route] = get("httproute", name, "-n", "store");
  const { parents } = route!.status as unknown as { parents: { conditions: { type: string; status: string }[] }[] };
  return parents
    .flatMap(({ conditions }) => conditions.map(({ type, status }) => `${type} ${status}`))
    .filter((text) => /^(Accepted|ResolvedRefs) /.test(text))
    .sort();
}

/** Runs an operation and looks all the while for objects that name a waypoint which does not exist. */
async function watched<T extends { steps: string[] }>(operation: () => Promise<T>) {
  const holes: string[] = [];
  let looking = true;
  const looks = (async () => {
    while (looking) {
      const before = await waypoints();
      const named = await labelled();
      const suspects = named.filter((name) => !before.includes(name));
      // One that was made between the two looks is there at the third.
      const now = suspects.length > 0 ? await waypoints() : [];
      holes.push(...suspects.filter((name) => !now.includes(name)));
    }
  })();
  try {
    return { ...(await operation()), holes };
  } finally {
    looking = false;
    await looks;
  }
}

async function waypoints(): Promise<string[]> {
  const { stdout } = await kubectlLater("get", "gateways", "-A", "-o", "jsonpath={.items[*].metadata.name}");
  return stdout.split(" ");
}

async function labelled(): Promise<string[]> {
  const label = "{range .items[*]}{.metadata.labels.istio\\.io/use-waypoint}{' '}{end}";
  const { stdout } = await kubectlLater("get", "namespaces,services", "-A", "-o", `jsonpath=${label}`);
  return stdout.split(" ").filter((name) => name !== "");
}

function kubectlLater(...args: string[]): Promise<{ stdout: string }> {
  return promisify(execFile)("kubectl", args, { encoding: "utf8" });
}
