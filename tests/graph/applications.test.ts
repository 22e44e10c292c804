// What the application components register: names, order, retained objects, and the faults that only a program shows.
import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  AccessPolicy,
  AmbientNamespace,
  HttpRoute,
  HttpRouteArgs,
  IngressGateway,
  TrafficPolicy,
  Waypoint,
} from "../../components";
import { createdAtOnce, record, Recording, valueOf } from "./record";

process.env["KUBECONFIG"] = "/nonexistent/kubeconfig";

// No cluster answers here: at preview nobody waits for one.
const preview = { preview: true };
const backends = [{ service: "web", port: 80 }];
const waypoint = { name: "waypoint", namespace: "shop" };

function shape(recording: Recording): string[] {
  return recording.resources.map((r) => `${r.parent}/${r.name} ${r.type.replace("kubernetes:", "")}`).sort();
}

function spec(recording: Recording, name: string): Record<string, unknown> {
  return recording.find(name).inputs["spec"] as Record<string, unknown>;
}

function metadata(recording: Recording, name: string): Record<string, unknown> {
  return recording.find(name).inputs["metadata"] as Record<string, unknown>;
}

/** The message of what a constructor throws, or nothing. */
async function faultOf(program: () => void): Promise<string> {
  let message = "";
  await record(() => {
    try {
      program();
    } catch (error) {
      assert.ok(pulumi.InputPropertiesError.isInstance(error));
      message = error.message;
    }
  }, preview);
  return message;
}

/** The messages of what applies throw, each once. */
async function lateFaultsOf(program: () => void): Promise<string[]> {
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
    assert.deepEqual(await lateFaultsOf(() => new AmbientNamespace("shop", { name: late })), [
      '`name`: got "kube-system"; enrolling a system namespace can cut the cluster off from itself, so it has to be ' +
        "said; write `allowSystemNamespace: true`",
    ]);
  });
});

describe("the resources of HttpRoute", () => {
  it("are one route, and a grant in each other namespace that it sends requests to", async () => {
    let route: HttpRoute | undefined;
    const recording = await record(() => {
      route = new HttpRoute("web", {
        namespace: "shop",
        parent: { name: "gateway", namespace: "infra" },
        rules: [
          { matches: [{ prefix: "/api" }], backends: [{ service: "api", namespace: "backend", port: 80 }] },
          {
            backends: [{ ...backends[0]!, namespace: "shop" }],
            mirror: { backend: { service: "shadow", namespace: "backend", port: 80 } },
          },
        ],
      });
    }, preview);
    assert.deepEqual(shape(recording), [
      "/web istio-ambient:index:HttpRoute",
      "web/web-grant gateway.networking.k8s.io/v1:ReferenceGrant",
      "web/web-route gateway.networking.k8s.io/v1:HTTPRoute",
    ]);
    assert.deepEqual(recording.find("web-route").dependencies, ["web-grant"]);
    assert.deepEqual(metadata(recording, "web-grant"), { name: "shop-web", namespace: "backend" });
    assert.deepEqual(spec(recording, "web-grant"), {
      from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "shop" }],
      to: ["api", "shadow"].map((name) => ({ group: "", kind: "Service", name })),
    });
    assert.equal(recording.find("web-route").createTimeout, "0.5m");
    assert.deepEqual(recording.outputs.get("web"), ["hostnames", "name", "namespace"]);
    assert.equal(await valueOf(route!.name), "web");
    assert.equal(await valueOf(route!.namespace), "shop");
  });

  it("let the plugin wait where a provider does not tell its cluster, and only there", async () => {
    const waits = async (opts: (name: string) => pulumi.ComponentResourceOptions) => {
      const recording = await record(() => {
        new HttpRoute("web", { namespace: "shop", parent: { name: "gateway" }, backends }, opts("other"));
      }, preview);
      return metadata(recording, "web-route")["annotations"];
    };
    const { Provider } = await import("@pulumi/kubernetes");
    assert.equal(await waits(() => ({})), undefined);
    assert.deepEqual(await waits((name) => ({ provider: new Provider(name, { kubeconfig: "{}" }) })), {
      "pulumi.com/waitFor":
        '["jsonpath={.status.parents[0].conditions[?(@.type==\\"Accepted\\")].status}=True",' +
        '"jsonpath={.status.parents[0].conditions[?(@.type==\\"ResolvedRefs\\")].status}=True"]',
    });
  });

  it("redirect to https on the http listeners alone, to the port that is open outside", async () => {
    const recording = await record(() => {
      const gateway = new IngressGateway("public", {
        namespace: "infra",
        hostnames: ["a.example.com", "b.example.com"],
        certificate: { dnsNames: ["*.example.com"] },
      });
      new HttpRoute("to-https", {
        namespace: "shop",
        parent: gateway.parentRef,
        rules: [{ redirect: { scheme: "https" } }],
      });
    }, preview);
    const { parentRefs, rules } = spec(recording, "to-https-route") as {
      parentRefs: { sectionName: string }[];
      rules: { filters: object[] }[];
    };
    assert.deepEqual(
      parentRefs.map((parent) => parent.sectionName),
      ["http", "http-2"],
    );
    assert.deepEqual(rules[0]!.filters, [
      { type: "RequestRedirect", requestRedirect: { scheme: "https", port: 8444, statusCode: 301 } },
    ]);
  });
});

describe("wrong input of HttpRoute that the program shows", () => {
  const withGateway = (args: Partial<HttpRouteArgs>, hostnames?: string[]) =>
    faultOf(() => {
      const gateway = new IngressGateway("public", { namespace: "infra", hostnames });
      new HttpRoute("web", { namespace: "shop", parent: gateway.parentRef, backends, ...args });
    });

  it("is a host that the listeners do not serve", async () => {
    assert.equal(
      await withGateway({ hostnames: ["a.hostk8s.local", "shop.example.com"] }, ["*.hostk8s.local"]),
      'HttpRoute "web" cannot be made:\n' +
        '  `hostnames[1]`: got "shop.example.com"; the gateway listens for *.hostk8s.local only; ' +
        'write `gateway: { hostnames: ["shop.example.com"] }`',
    );
  });

  it("is a host that is not in the certificate", async () => {
    assert.equal(
      await withGateway({ hostnames: ["shop.example.com"] }),
      'HttpRoute "web" cannot be made:\n' +
        '  `hostnames[0]`: got "shop.example.com"; the gateway\'s certificate is for localhost, hostk8s.local, ' +
        '*.hostk8s.local only; write `gateway: { certificate: { dnsNames: ["shop.example.com"] } }`',
    );
  });

  it("is a redirect to https that would run in circles", async () => {
    const rules = [{ redirect: { scheme: "https" } }];
    assert.equal(
      await faultOf(() => void new HttpRoute("web", { namespace: "shop", parent: { name: "gateway" }, rules })),
      'HttpRoute "web" cannot be made:\n' +
        '  `rules[0].redirect.scheme`: got "https"; a redirect to https on every listener runs in circles: name the ' +
        'http listener; write `section: "http"`',
    );
    assert.equal(
      await withGateway({
        backends: undefined,
        rules: [...rules, { matches: [{ prefix: "/a" }], backends }],
      }),
      'HttpRoute "web" cannot be made:\n' +
        '  `rules[0].redirect.scheme`: got "https"; a redirect to https hangs on the http listeners only, so it has a ' +
        'route of its own; write `new HttpRoute("to-https", { rules: [{ redirect: { scheme: "https" } }] })`',
    );
  });

  it("is what another route claims already, in this program and not in the next", async () => {
    const twice = () => {
      const parent = { name: "gateway", namespace: "infra" };
      new HttpRoute("one", { namespace: "shop", parent, hostnames: ["a.example.com"], backends });
      new HttpRoute("two", { namespace: "shop", parent, hostnames: ["a.example.com"], backends });
    };
    const message =
      'HttpRoute "two" cannot be made:\n' +
      '  `hostnames`: got "a.example.com/"; HttpRoute "one" claims the same host and path already; ' +
      'write `hostnames: ["other.example.com"]`';
    assert.equal(await faultOf(twice), message);
    assert.equal(await faultOf(twice), message);
  });

  it("is a Service whose requests a TrafficPolicy shapes, in either order", async () => {
    const route = () => new HttpRoute("web", { namespace: "shop", parent: { kind: "Service", name: "web" }, backends });
    const policy = (name = "web") =>
      new TrafficPolicy(name, { namespace: "shop", service: "web", waypoint, timeout: "1s" });
    const late = (name: string, holder: string) =>
      `TrafficPolicy "${name}" cannot be made:\n  \`service\`: got "web"; ${holder} is about it already, and the ` +
      'waypoint would take the routes of the older one; write `service: "other"`';
    assert.equal(
      await faultOf(() => [policy(), route()]),
      'HttpRoute "web" cannot be made:\n' +
        '  `parent.name`: got "web"; TrafficPolicy "web" shapes the requests to this Service already, and one of the ' +
        'two would hide the other; write `routes: [{ to: [{ service: "web" }] }]`',
    );
    assert.equal(await faultOf(() => [route(), policy()]), late("web", 'HttpRoute "web"'));
    assert.equal(await faultOf(() => [policy(), policy("two")]), late("two", 'TrafficPolicy "web"'));
  });
});

describe("the resources of Waypoint", () => {
  it("label its users after its pods serve, so that destroy takes the labels first", async () => {
    let made: Waypoint | undefined;
    const recording = await record(() => {
      made = new Waypoint("wp", {
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
    assert.deepEqual(await lateFaultsOf(() => new AccessPolicy("web", { namespace: "shop", http })), [
      '`http.waypoint`: got "infra/w"; a waypoint of another namespace serves others too, so name the Services whose ' +
        'requests are meant; write `selector: { app: "web" }, http: { services: ["web"] }`',
    ]);
  });
});
