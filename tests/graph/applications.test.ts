// What the application components register: names, order, retained objects, and the violations that only a program shows.
import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { AccessPolicy, AmbientNamespace, TrafficPolicy, Waypoint } from "../../components";
import { faultOf, metadata, preview, shape, spec } from "./applications";
import { createdAtOnce, record, valueOf } from "./record";

process.env["KUBECONFIG"] = "/nonexistent/kubeconfig";

const waypoint = { name: "waypoint", namespace: "shop" };

/** The messages of what applies throw, each once. */
async function lateViolationsOf(program: () => void): Promise<string[]> {
  const hooks = process.rawListeners("unhandledRejection") as NodeJS.UnhandledRejectionListener[];
  hooks.forEach((hook) => process.off("unhandledRejection", hook));
  const messages = new Set<string>();
  const listener = (why: unknown) => void messages.add((why as Error).message);
  process.on("unhandledRejection", listener);
  try {
    await record(program, preview).catch(listener);
    return [...messages];
  } finally {
    process.off("unhandledRejection", listener);
    hooks.forEach((hook) => process.on("unhandledRejection", hook));
  }
}

describe("the resources of AmbientNamespace", () => {
  it("are a namespace with its labels, and mTLS after it where it is strict", async () => {
    let atOnce: string[] = [];
    const recording = await record(() => {
      atOnce = createdAtOnce(new AmbientNamespace("shop", { mtls: "strict", stack: "demo" }));
    }, preview);
    assert.deepEqual(shape(recording), [
      "/shop istio-ambient:index:AmbientNamespace",
      "shop/shop-mtls security.istio.io/v1:PeerAuthentication",
      "shop/shop-namespace core/v1:Namespace",
    ]);
    assert.deepEqual(atOnce, ["shop-namespace", "shop-mtls"]);
    assert.deepEqual(recording.find("shop-mtls").dependencies, ["shop-namespace"]);
    assert.deepEqual(metadata(recording, "shop-namespace")["labels"], {
      "istio.io/dataplane-mode": "ambient",
      "hostk8s.stack": "demo",
    });
    assert.deepEqual(spec(recording, "shop-mtls"), { mtls: { mode: "STRICT" } });
    assert.deepEqual(recording.outputs.get("shop"), ["name"]);
  });

  it("are a patch that gives its labels back where the namespace is somebody else's", async () => {
    const recording = await record(() => void new AmbientNamespace("shop", { adopt: true, name: "theirs" }), preview);
    const patch = recording.find("shop-namespace");
    assert.equal(patch.type, "kubernetes:core/v1:NamespacePatch");
    assert.equal(patch.retainOnDelete, false);
    assert.equal(metadata(recording, "shop-namespace")["name"], "theirs");
  });

  it("come after what the namespace has to wait for", async () => {
    const recording = await record(() => {
      const mesh = new pulumi.ComponentResource("test:index:Mesh", "mesh");
      const before = new AmbientNamespace("before", {}, { parent: mesh });
      new AmbientNamespace("shop", {}, { dependsOn: before });
    }, preview);
    assert.ok(recording.find("shop-namespace").dependencies.includes("before-namespace"));
  });
});

describe("late input of AmbientNamespace", () => {
  it("is checked like early input, also where a rule is about several settings", async () => {
    const late = pulumi.output("kube-system");
    assert.deepEqual(await lateViolationsOf(() => new AmbientNamespace("shop", { name: late })), [
      'AmbientNamespace "shop" cannot be made:\n' +
        '  `name`: got "kube-system"; enrolling a system namespace can cut the cluster off from itself, so it has to be ' +
        "said; write `allowSystemNamespace: true`",
    ]);
  });
});

describe("the resources of Waypoint", () => {
  it("label its users after its pods serve, so that destroy takes the labels first", async () => {
    let made: Waypoint | undefined;
    const recording = await record(() => {
      made = new Waypoint("wp", {
        name: "waypoint",
        namespace: "shop",
        for: [{ namespace: "shop" }, { namespace: "backend", service: "api", ingress: false }],
      });
    }, preview);
    assert.deepEqual(shape(recording), [
      "/wp istio-ambient:index:Waypoint",
      "wp/wp-gateway gateway.networking.k8s.io/v1:Gateway",
      "wp/wp-overlay core/v1:ConfigMap",
      "wp/wp-overlay-data core/v1:ConfigMapPatch",
      "wp/wp-pods apps/v1:DeploymentPatch",
      "wp/wp-user core/v1:NamespacePatch",
      "wp/wp-user-2 core/v1:ServicePatch",
    ]);
    const chain = ["wp-overlay", "wp-overlay-data", "wp-gateway", "wp-pods"];
    for (const [index, name] of chain.entries()) {
      assert.deepEqual(recording.find(name).dependencies, chain.slice(Math.max(0, index - 1), index), name);
    }
    for (const user of ["wp-user", "wp-user-2"]) {
      assert.ok(recording.find(user).dependencies.includes("wp-pods"), user);
      assert.equal(recording.find(user).retainOnDelete, false);
    }
    assert.equal(recording.find("wp-gateway").deleteBeforeReplace, false);
    assert.deepEqual(metadata(recording, "wp-user")["labels"], {
      "istio.io/use-waypoint": "waypoint",
      "istio.io/ingress-use-waypoint": "true",
    });
    assert.deepEqual(metadata(recording, "wp-user-2")["labels"], {
      "istio.io/use-waypoint": "waypoint",
      "istio.io/use-waypoint-namespace": "shop",
    });
    assert.deepEqual(metadata(recording, "wp-gateway")["labels"], { "istio.io/waypoint-for": "service" });
    assert.deepEqual(await valueOf(made!.reference), { ...waypoint, serviceAccount: "waypoint" });
  });

  it("are patches that could not create what they are for", async () => {
    const recording = await record(() => {
      new Waypoint("wp", { namespace: "shop", for: [{ namespace: "shop", service: "web" }] });
    }, preview);
    for (const patch of ["wp-pods", "wp-user"]) {
      assert.equal(recording.find(patch).inputs["spec"], undefined, patch);
    }
  });

  it("are refused where another waypoint serves the same user", async () => {
    const two = (first: object, second: object) =>
      faultOf(() => {
        new Waypoint("one", { namespace: "shop", for: [{ namespace: "shop", ...first }] });
        new Waypoint("two", { namespace: "shop", name: "other", for: [{ namespace: "shop", ...second }] });
      });
    assert.equal(
      await two({ service: "web" }, { service: "web" }),
      'Waypoint "two" cannot be made:\n' +
        '  `for[0]`: got "shop/web"; Waypoint "one" serves it already, and a label names one waypoint; ' +
        'write `for: [{ namespace: "other" }]`',
    );
    assert.equal(await two({}, { service: "web" }), "");
  });
});

describe("the resources of TrafficPolicy", () => {
  it("are written once the waypoint is known to serve, and only those that are needed", async () => {
    const objects = async (args: object) => {
      const recording = await record(() => {
        const made = new Waypoint("wp", { namespace: "shop", for: [{ namespace: "shop" }] });
        new TrafficPolicy("web", { namespace: "shop", service: "web", waypoint: made.reference, ...args });
      }, preview);
      return recording.resources
        .filter((r) => r.parent === "web")
        .map((r) => [r.name, r.dependencies.includes("wp-user")]);
    };
    assert.deepEqual(await objects({ timeout: "1s" }), [["web-requests", true]]);
    assert.deepEqual(await objects({ connectionPool: { maxConnections: 1 } }), [["web-connections", true]]);
    assert.deepEqual(await objects({ retries: { attempts: 1 }, outlierDetection: { interval: "1s" } }), [
      ["web-connections", true],
      ["web-requests", true],
    ]);
  });
});

describe("the resources of AccessPolicy", () => {
  const policies = async (args: object) => {
    const recording = await record(() => void new AccessPolicy("web", { namespace: "shop", ...args }), preview);
    return { recording, names: recording.resources.filter((r) => r.parent === "web").map((r) => r.name) };
  };

  it("are one policy for connections, or one that denies all", async () => {
    assert.deepEqual((await policies({ defaultDeny: true })).names, ["web-deny"]);
    assert.deepEqual((await policies({ allow: [{ namespaces: ["shop"] }] })).names, ["web-connections"]);
  });

  it("are, for requests, the waypoint's rules and then the lock that admits only the waypoint", async () => {
    const http = { waypoint, allow: [{ methods: ["GET"], claims: { a: ["b"] } }], jwt: { issuer: "https://id" } };
    const { recording, names } = await policies({ http });
    assert.deepEqual(names, ["web-tokens", "web-requests", "web-waypoint-only"]);
    assert.deepEqual(recording.find("web-requests").dependencies, ["web-tokens"]);
    assert.deepEqual(recording.find("web-waypoint-only").dependencies, ["web-requests"]);
    const targets = [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "waypoint" }];
    assert.deepEqual(spec(recording, "web-requests")["targetRefs"], targets);
    assert.deepEqual(spec(recording, "web-tokens")["targetRefs"], targets);
    assert.deepEqual(spec(recording, "web-waypoint-only"), {
      action: "ALLOW",
      rules: [{ from: [{ source: { principals: ["cluster.local/ns/shop/sa/waypoint"] } }] }],
    });
  });

  it("guard the pods behind some Services of a waypoint that serves others too", async () => {
    const http = { waypoint: { name: "w", namespace: "infra" }, services: ["web"], allow: [{ methods: ["GET"] }] };
    const { recording } = await policies({ selector: { app: "web" }, http });
    assert.deepEqual(spec(recording, "web-requests")["targetRefs"], [{ group: "", kind: "Service", name: "web" }]);
    assert.deepEqual(spec(recording, "web-waypoint-only")["selector"], { matchLabels: { app: "web" } });
  });

  it("name the Services where the waypoint is of another namespace", async () => {
    const http = { waypoint: { name: "w", namespace: "infra" }, allow: [{ methods: ["GET"] }] };
    assert.deepEqual(await lateViolationsOf(() => new AccessPolicy("web", { namespace: "shop", http })), [
      'AccessPolicy "web" cannot be made:\n' +
        '  `http.waypoint`: got "infra/w"; a waypoint of another namespace serves others too, so name the Services whose ' +
        'requests are meant; write `selector: { app: "web" }, http: { services: ["web"] }`',
    ]);
  });
});
