// What HttpRoute registers, and what it refuses once it is seen beside the gateway and the other routes of its program.
import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { HttpRoute, HttpRouteArgs, IngressGateway, RouteRuleArgs, TrafficPolicy } from "../../components";
import { gatewayViolations } from "../../components/route/conflicts";
import { servedBy } from "../../lib/gateway-api/reference";
import { faultOf, marks, metadata, preview, shape, spec } from "./applications";
import { record, Recording, valueOf } from "./record";

process.env["KUBECONFIG"] = "/nonexistent/kubeconfig";

const backends = [{ service: "web", port: 80 }];
const waypoint = { name: "waypoint", namespace: "shop" };

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
    assert.deepEqual(metadata(recording, "web-grant"), {
      name: "shop-web",
      namespace: "backend",
      annotations: marks('HttpRoute "web"'),
    });
    assert.deepEqual(spec(recording, "web-grant"), {
      from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "shop" }],
      to: ["api", "shadow"].map((name) => ({ group: "", kind: "Service", name })),
    });
    assert.equal(recording.find("web-route").createTimeout, "0.5m");
    assert.deepEqual(recording.outputs.get("web"), ["hostnames", "name", "namespace"]);
    assert.equal(await valueOf(route!.name), "web");
    assert.equal(await valueOf(route!.namespace), "shop");
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
        parent: gateway.reference,
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

describe("a route for https only", () => {
  const gateway = () =>
    new IngressGateway("public", {
      namespace: "infra",
      hostnames: ["a.example.com", "b.example.com"],
      certificate: { dnsNames: ["*.example.com"] },
    });
  const sections = (recording: Recording, name: string) =>
    (spec(recording, name) as { parentRefs: { sectionName: string }[] }).parentRefs.map(
      ({ sectionName }) => sectionName,
    );

  it("attaches to the https listeners, and brings a route for the http listeners that redirects", async () => {
    const hostnames = ["a.example.com"];
    const recording = await record(() => {
      const parent = gateway().reference;
      new HttpRoute("web", { namespace: "shop", parent, hostnames, httpsOnly: true, backends });
    }, preview);
    assert.deepEqual(
      shape(recording).filter((line) => line.includes("web")),
      [
        "/web istio-ambient:index:HttpRoute",
        "web-to-https/web-to-https-route gateway.networking.k8s.io/v1:HTTPRoute",
        "web/web-route gateway.networking.k8s.io/v1:HTTPRoute",
        "web/web-to-https istio-ambient:index:HttpRoute",
      ],
    );
    assert.deepEqual(sections(recording, "web-route"), ["https"]);
    assert.deepEqual(sections(recording, "web-to-https-route"), ["http"]);
    assert.deepEqual(metadata(recording, "web-to-https-route"), {
      name: "web-to-https",
      namespace: "shop",
      annotations: marks('HttpRoute "web-to-https"'),
    });
    assert.deepEqual(spec(recording, "web-to-https-route")["hostnames"], hostnames);
  });

  it("attaches to none that serves other hosts: such a listener refuses the route", async () => {
    const attached = async (hostnames?: string[]) => {
      const recording = await record(() => {
        const names = ["*.shop.example.com", "shop.example.com"];
        const { reference } = new IngressGateway("shop", {
          namespace: "infra",
          hostnames: names,
          certificate: { dnsNames: names },
        });
        new HttpRoute("web", { namespace: "shop", parent: reference, hostnames, httpsOnly: true, backends });
      }, preview);
      return [sections(recording, "web-route"), sections(recording, "web-to-https-route")];
    };
    assert.deepEqual(await attached(["cart.shop.example.com"]), [["https"], ["http"]]);
    assert.deepEqual(await attached(["shop.example.com"]), [["https-2"], ["http-2"]]);
    const all = [
      ["https", "https-2"],
      ["http", "http-2"],
    ];
    assert.deepEqual(await attached(["shop.example.com", "cart.shop.example.com"]), all);
    assert.deepEqual(await attached(), all);
  });

  it("works the same with the reference of another stack, which is an Output or plain", async () => {
    const reference = {
      name: "shared",
      namespace: "istio-system",
      listeners: [
        { name: "http", protocol: "HTTP", port: 80 },
        { name: "https", protocol: "HTTPS", port: 443 },
      ],
      hostPorts: { http: 8081, https: 8444 },
      certificateNames: ["*.example.com"],
      serviceAccount: "shared-istio",
    };
    const hostnames = ["a.example.com"];
    for (const parent of [reference, pulumi.output(reference)]) {
      const recording = await record(() => {
        new HttpRoute("web", { namespace: "shop", parent, hostnames, httpsOnly: true, backends });
      }, preview);
      assert.deepEqual(sections(recording, "web-route"), ["https"]);
      assert.deepEqual(sections(recording, "web-to-https-route"), ["http"]);
      const [rule] = spec(recording, "web-to-https-route")["rules"] as { filters: { requestRedirect: object }[] }[];
      assert.deepEqual(rule!.filters[0]!.requestRedirect, { scheme: "https", port: 8444, statusCode: 301 });
      assert.equal(JSON.stringify(spec(recording, "web-route")["parentRefs"]).includes("listeners"), false);
    }
  });

  it("is told from one on a Service of the same name in another namespace", async () => {
    const parent = { kind: "Service", name: "web" } as const;
    const recording = await record(() => {
      for (const namespace of ["shop", "cart"]) new HttpRoute(namespace, { namespace, parent, backends });
    }, preview);
    assert.deepEqual(recording.logged, []);
  });

  it("is refused where that gateway does not serve the host, on arrival too", () => {
    const gateway = servedBy({
      listeners: [{ name: "https", protocol: "HTTPS", port: 443, hostname: "*.example.com" }],
      certificateNames: ["a.example.com"],
    });
    const args = { namespace: "shop", parent: { name: "shared" }, httpsOnly: true, backends };
    assert.deepEqual(gatewayViolations(args, ["a.example.com"], gateway), []);
    assert.deepEqual(
      gatewayViolations(args, ["b.example.com", "a.example.org"], gateway).map(({ path, rule }) => `${path}: ${rule}`),
      [
        "hostnames[0]: must be a name in the gateway's certificate: a.example.com",
        "hostnames[1]: must be a hostname of the gateway's listeners: *.example.com",
      ],
    );
    assert.deepEqual(
      gatewayViolations(args, [], undefined).map(({ path }) => path),
      ["httpsOnly"],
    );
  });

  const faults = {
    "a gateway that is a name alone": [
      () => new HttpRoute("web", { namespace: "shop", parent: { name: "gateway" }, httpsOnly: true, backends }),
      '`httpsOnly`: got "true"; must come with the reference to a gateway: its name alone does not tell its listeners; ' +
        'write `parent: new pulumi.StackReference("org/mesh/dev").requireOutput("gateway")`',
    ],
    "a gateway without a certificate": [
      () => {
        const { reference } = new IngressGateway("public", { namespace: "infra", certificate: { enabled: false } });
        new HttpRoute("web", { namespace: "shop", parent: reference, httpsOnly: true, backends });
      },
      '`httpsOnly`: got "true"; must not be set: the gateway has no https listener; write ' + "`httpsOnly: false`",
    ],
    "one listener": [
      () => {
        const parent = {
          name: "shared",
          listeners: [{ name: "https", protocol: "HTTPS", port: 443 }],
          section: "https",
        };
        new HttpRoute("web", { namespace: "shop", parent, httpsOnly: true, backends });
      },
      '`parent.section`: got "https"; must not be set next to `httpsOnly`, which is for all listeners: https for the route, ' +
        "http for a redirect; remove `parent.section`",
    ],
    "a redirect to https": [
      () => {
        const rules: RouteRuleArgs[] = [{ redirect: { scheme: "https" } }];
        new HttpRoute("web", { namespace: "shop", parent: gateway().reference, httpsOnly: true, rules });
      },
      '`rules[0].redirect.scheme`: got "https"; must not be set next to `httpsOnly`, which redirects http ' +
        'already: over https it is a redirect loop; write `backends: [{ service: "web", port: 80 }]`',
    ],
  } as const;
  for (const [what, [program, line]] of Object.entries(faults)) {
    it(`is refused for ${what}`, async () => {
      assert.equal(await faultOf(() => void program()), `invalid arguments for HttpRoute "web":\n  ${line}`);
    });
  }

  it("is what a route is told to be that shares its hosts with a redirect, also where its backends are not known yet", async () => {
    const message = await faultOf(() => {
      const parent = gateway().reference;
      const hostnames = ["a.example.com"];
      const late = [{ service: pulumi.output("web"), port: 80 }];
      new HttpRoute("web", { namespace: "shop", parent, hostnames, backends: late });
      new HttpRoute("redirect", { namespace: "shop", parent, hostnames, rules: [{ redirect: { scheme: "https" } }] });
    });
    assert.equal(
      message,
      'invalid arguments for HttpRoute "redirect":\n  `hostnames`: got "a.example.com/"; HttpRoute "web" serves ' +
        "the same host and path over http; set `httpsOnly` there instead of this redirect; write `new " +
        'HttpRoute("web", { httpsOnly: true })`',
    );
  });
});

describe("two routes of one parent", () => {
  it("share it in whatever order its fields are written", async () => {
    const message = await faultOf(() => {
      const [one, other] = [
        { name: "public", namespace: "infra" },
        { namespace: "infra", name: "public" },
      ];
      new HttpRoute("web", { namespace: "shop", parent: one, hostnames: ["a.example.com"], backends });
      new HttpRoute("next", { namespace: "shop", parent: other, hostnames: ["a.example.com"], backends });
    });
    assert.equal(
      message,
      'invalid arguments for HttpRoute "next":\n  `hostnames`: got "a.example.com/"; must not have the host and path of ' +
        'HttpRoute "web"; write `hostnames: ["other.example.com"]`',
    );
  });
});

describe("wrong input of HttpRoute that the program shows", () => {
  const withGateway = (args: Partial<HttpRouteArgs>, hostnames?: string[]) =>
    faultOf(() => {
      const gateway = new IngressGateway("public", { namespace: "infra", hostnames });
      new HttpRoute("web", { namespace: "shop", parent: gateway.reference, backends, ...args });
    });

  it("is a host that the listeners do not serve", async () => {
    assert.equal(
      await withGateway({ hostnames: ["a.hostk8s.local", "shop.example.com"] }, ["*.hostk8s.local"]),
      'invalid arguments for HttpRoute "web":\n  `hostnames[1]`: got "shop.example.com"; must be a hostname of ' +
        `the gateway's listeners: *.hostk8s.local; write \`hostnames: ["shop.hostk8s.local"]\``,
    );
  });

  it("is a host that is not in the certificate", async () => {
    assert.equal(
      await withGateway({ hostnames: ["shop.example.com"] }),
      'invalid arguments for HttpRoute "web":\n  `hostnames[0]`: got "shop.example.com"; must be a name in the ' +
        "gateway's certificate: localhost, hostk8s.local, *.hostk8s.local; write `hostnames: " +
        '["shop.hostk8s.local"]`',
    );
  });

  it("is a redirect to https that would be a redirect loop", async () => {
    const rules: RouteRuleArgs[] = [{ redirect: { scheme: "https" } }];
    assert.equal(
      await faultOf(() => void new HttpRoute("web", { namespace: "shop", parent: { name: "gateway" }, rules })),
      'invalid arguments for HttpRoute "web":\n' +
        '  `rules[0].redirect.scheme`: got "https"; must attach to the http listeners only, which a gateway\'s name ' +
        "alone does not tell: otherwise it is a redirect loop; write " +
        '`parent: new pulumi.StackReference("org/mesh/dev").requireOutput("gateway")`',
    );
    assert.equal(
      await withGateway({
        backends: undefined,
        rules: [...rules, { matches: [{ prefix: "/a" }], backends }],
      }),
      'invalid arguments for HttpRoute "web":\n  `rules[0].redirect.scheme`: got "https"; must be in a route of ' +
        'its own: a redirect to https attaches to the http listeners only; write `new HttpRoute("to-https", { ' +
        'rules: [{ redirect: { scheme: "https" } }] })`',
    );
  });

  it("is what another route claims already, in this program and not in the next", async () => {
    const twice = () => {
      const parent = { name: "gateway", namespace: "infra" };
      new HttpRoute("one", { namespace: "shop", parent, hostnames: ["a.example.com"], backends });
      new HttpRoute("two", { namespace: "shop", parent, hostnames: ["a.example.com"], backends });
    };
    const message =
      'invalid arguments for HttpRoute "two":\n  `hostnames`: got "a.example.com/"; must not have the host and ' +
      'path of HttpRoute "one"; write `hostnames: ["other.example.com"]`';
    assert.equal(await faultOf(twice), message);
    assert.equal(await faultOf(twice), message);
  });

  it("is a Service whose requests a TrafficPolicy shapes, in either order", async () => {
    const route = () => new HttpRoute("web", { namespace: "shop", parent: { kind: "Service", name: "web" }, backends });
    const policy = (name = "web") =>
      new TrafficPolicy(name, { namespace: "shop", service: "web", waypoint, timeout: "1s" });
    const late = (name: string, holder: string) =>
      `invalid arguments for TrafficPolicy "${name}":\n  \`service\`: got "web"; must not be the Service of ${holder}: the ` +
      'waypoint uses only the older policy; write `service: "other"`';
    assert.equal(
      await faultOf(() => [policy(), route()]),
      'invalid arguments for HttpRoute "web":\n  `parent.name`: got "web"; must not be a Service that ' +
        'TrafficPolicy "web" covers: only one of the two would take effect; write `routes: [{ to: [{ service: ' +
        '"web" }] }]`',
    );
    assert.equal(await faultOf(() => [route(), policy()]), late("web", 'HttpRoute "web"'));
    assert.equal(await faultOf(() => [policy(), policy("two")]), late("two", 'TrafficPolicy "web"'));
  });
});
