// What an HttpRoute is refused for on a gateway that it names whole, in part, or by values that arrive late.
import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { HttpRoute, HttpRouteArgs, IngressGateway, IngressGatewayArgs } from "../../components";
import { spec } from "./applications";
import { run } from "./in-stack";

process.env["KUBECONFIG"] = "/nonexistent/kubeconfig";

const backends = [{ service: "web", port: 80 }];
const http = { name: "http", protocol: "HTTP", port: 80, hostname: "a.example.com" };
const shared = {
  name: "shared",
  namespace: "infra",
  listeners: [
    http,
    { ...http, name: "http-2", hostname: "b.example.com" },
    { ...http, name: "https", protocol: "HTTPS", port: 443 },
  ],
  certificateNames: ["a.example.com"],
};

/** The same parent plain, as an Output, and with an Output in it. */
const forms = (parent: pulumi.Unwrap<HttpRouteArgs["parent"]>): HttpRouteArgs["parent"][] => [
  parent,
  pulumi.output(parent),
  { ...parent, name: pulumi.output(parent.name) },
];

/** The errors of a program with this route. */
async function faults(args: Partial<HttpRouteArgs> & Pick<HttpRouteArgs, "parent">): Promise<string[]> {
  const { errors } = await run(() => void new HttpRoute("web", { namespace: "shop", backends, ...args }));
  return errors;
}

const refused = (line: string) => [`invalid arguments for HttpRoute "web":\n  ${line}`];

describe("a listener that a route names of a gateway's reference", () => {
  it("is one of those in the reference", async () => {
    for (const parent of forms({ ...shared, section: "htps" })) {
      assert.deepEqual(
        await faults({ parent }),
        refused(
          '`parent.section`: got "htps"; must be a listener of the gateway: http, http-2, https; write `section: "https"`',
        ),
      );
    }
    for (const parent of forms({ ...shared, section: "http", port: 8080 })) {
      assert.deepEqual(
        await faults({ parent }),
        refused('`parent.port`: got "8080"; must be the port of a listener of the gateway: 80; write `port: 80`'),
      );
    }
    for (const parent of forms({ ...shared, section: "http", port: 80 })) {
      assert.deepEqual(await faults({ parent, hostnames: ["a.example.com"] }), []);
    }
  });

  it("serves the host, whichever others the gateway has", async () => {
    for (const parent of forms({ ...shared, section: "http" })) {
      assert.deepEqual(
        await faults({ parent, hostnames: ["b.example.com"] }),
        refused(
          '`hostnames[0]`: got "b.example.com"; must be a hostname of the gateway\'s listeners: a.example.com; write ' +
            '`hostnames: ["a.example.com"]`',
        ),
      );
    }
    for (const parent of forms({ ...shared, port: 443 })) {
      assert.deepEqual(
        await faults({ parent, hostnames: ["b.example.com"] }),
        refused(
          '`hostnames[0]`: got "b.example.com"; must be a hostname of the gateway\'s listeners: a.example.com; write ' +
            '`hostnames: ["a.example.com"]`',
        ),
      );
    }
  });

  it("by port is one of its protocol for a redirect to https", async () => {
    const parent = { ...shared, port: 80 };
    const rules = [{ redirect: { scheme: "https" as const } }];
    const { recording } = await run(() => {
      new HttpRoute("web", { namespace: "shop", parent, hostnames: ["a.example.com"], rules });
    });
    assert.deepEqual(spec(recording, "web-route")["parentRefs"], [
      {
        group: "gateway.networking.k8s.io",
        kind: "Gateway",
        name: "shared",
        namespace: "infra",
        sectionName: "http",
        port: 80,
      },
    ]);
  });
});

describe("the reference to a gateway of a platform in C#", () => {
  const open = shared.listeners.map(({ name, protocol, port }) => ({ name, protocol, port, hostname: null }));
  const nothing = { hostPorts: null, certificateNames: [], serviceAccount: null };
  const parents = () => forms({ ...shared, ...nothing, listeners: open } as unknown as typeof shared);

  it("has nulls and empty lists, which tell nothing", async () => {
    for (const parent of parents()) {
      assert.deepEqual(await faults({ parent, hostnames: ["a.example.org"], httpsOnly: true }), []);
    }
    for (const parent of parents()) {
      const whole = pulumi.output(parent) as pulumi.Output<typeof shared>;
      assert.deepEqual(
        await faults({ parent: whole.apply((known) => ({ ...known, section: "htps" })) }),
        refused(
          '`parent.section`: got "htps"; must be a listener of the gateway: http, http-2, https; write `section: "https"`',
        ),
      );
    }
  });
});

describe("the certificate of a gateway's reference", () => {
  const hostnames = ["intra.corp"];
  const open = shared.listeners.map(({ name, protocol, port }) => ({ name, protocol, port }));
  const all = { ...shared, listeners: open };
  const told = (fix: string) =>
    refused(
      `\`hostnames[0]\`: got "intra.corp"; must be a name in the gateway's certificate: a.example.com; write \`${fix}\``,
    );

  it("names the hosts of a route that takes requests by https", async () => {
    for (const parent of [...forms(all), ...forms({ ...all, section: "https" }), ...forms({ ...all, port: 443 })]) {
      assert.deepEqual(await faults({ parent, hostnames }), told('hostnames: ["a.example.com"]'));
    }
  });

  it("need not name those of a route for http alone, nor of a redirect", async () => {
    for (const parent of [...forms({ ...all, section: "http" }), ...forms({ ...all, port: 80 })]) {
      assert.deepEqual(await faults({ parent, hostnames }), []);
    }
    const redirect = { backends: undefined, rules: [{ redirect: { scheme: "https" as const } }] };
    assert.deepEqual(await faults({ ...redirect, parent: all, hostnames }), []);
  });

  it("has to name a host of the listeners where these serve none of its names", async () => {
    const listeners = open.map((each) => ({ ...each, hostname: "*.corp" }));
    assert.deepEqual(
      await faults({ parent: { ...all, listeners }, hostnames }),
      told('certificate: { dnsNames: ["a.example.com", "intra.corp"] }'),
    );
  });
});

describe("a gateway whose hostnames or certificate arrive late", () => {
  const told = async (args: IngressGatewayArgs) =>
    (await run(() => void new IngressGateway("edge", { namespace: "infra", ...args }))).errors;

  it("is refused for hosts that its certificate cannot name, or does not", async () => {
    assert.deepEqual(await told({ hostnames: pulumi.output(["a.localhost", "*.localhost"]) }), [
      'invalid arguments for IngressGateway "edge":\n  `hostnames[1]`: got "*.localhost"; must have two labels after `*` ' +
        "to be in the certificate: TLS libraries refuse a wildcard directly under a top-level name; write " +
        '`certificate: { dnsNames: ["my-app.localhost"] }`',
    ]);
    const other = [
      'invalid arguments for IngressGateway "edge":\n  `certificate.dnsNames`: got "["b.example.com"]"; must name a host ' +
        "of `hostnames`, or clients refuse it for all of them: a.example.com; write " +
        '`dnsNames: ["a.example.com"]`',
    ];
    const [hostnames, dnsNames] = [["a.example.com"], ["b.example.com"]];
    assert.deepEqual(await told({ hostnames: pulumi.output(hostnames), certificate: { dnsNames } }), other);
    assert.deepEqual(await told({ hostnames, certificate: { dnsNames: [pulumi.output("b.example.com")] } }), other);
    assert.deepEqual(await told({ hostnames: pulumi.output(hostnames) }), []);
  });
});

describe("a redirect to https beside other rules", () => {
  const rules = [{ matches: [{ prefix: "/.well-known" }], backends }, { redirect: { scheme: "https" as const } }];
  const other = { backends: undefined, rules };

  it("is on the listener that the parent names, plain or late", async () => {
    const named = { name: "shared", namespace: "infra" };
    for (const at of [{ section: "http" }, { port: 80 }]) {
      for (const parent of [...forms({ ...shared, ...at }), ...forms({ ...named, ...at })]) {
        assert.deepEqual(await faults({ ...other, parent }), []);
      }
    }
    assert.deepEqual(await faults({ ...other, parent: { ...named, section: pulumi.secret("http") } }), []);
  });

  it("is refused on an https listener, where it is a loop", async () => {
    const { listeners, ...rest } = shared;
    const told = (fix: string) =>
      refused(
        '`rules[1].redirect.scheme`: got "https"; must be on an http listener: on an https listener it is a redirect ' +
          `loop; ${fix}`,
      );
    for (const at of [{ section: "https" }, { port: 443 }]) {
      for (const parent of forms({ ...shared, ...at })) {
        assert.deepEqual(await faults({ ...other, parent }), told('write `section: "http"`'));
      }
      const parent = { ...rest, ...at, listeners: listeners.slice(2) };
      assert.deepEqual(await faults({ ...other, parent }), told("remove `rules[1].redirect`"));
      for (const redirect of [{ port: 9443 }, { path: "/new" }, { prefix: "/new/" }]) {
        const elsewhere = [{ redirect: { scheme: "https" as const, ...redirect } }];
        assert.deepEqual(await faults({ ...other, rules: elsewhere, parent: { ...shared, ...at } }), []);
      }
      const byHttp = [{ matches: [{ headers: { "x-forwarded-proto": "http" } }], redirect: rules[1]!.redirect }];
      assert.deepEqual(await faults({ ...other, rules: byHttp, parent: { ...shared, ...at } }), []);
    }
    assert.deepEqual(
      await faults({ ...other, parent: { name: "shared", port: 443 } }),
      refused(
        '`rules[1].redirect.scheme`: got "https"; must attach to the http listeners only, which a gateway\'s name alone ' +
          "does not tell: otherwise it is a redirect loop; write " +
          '`parent: new pulumi.StackReference("org/mesh/dev").requireOutput("gateway")`',
      ),
    );
  });

  it("is refused without one, plain or late", async () => {
    for (const parent of forms(shared)) {
      assert.deepEqual(
        await faults({ ...other, parent }),
        refused(
          '`rules[1].redirect.scheme`: got "https"; must be in a route of its own: a redirect to https attaches to the ' +
            'http listeners only; write `new HttpRoute("to-https", { rules: [{ redirect: { scheme: "https" } }] })`',
        ),
      );
    }
  });
});

describe("a hostname that arrives late", () => {
  const got = '`hostnames[0]`: got "b.example.org"; must be a hostname of the gateway\'s listeners: ';
  const late = [pulumi.output("b.example.org")];

  it("is held against the gateway all the same, also where the gateway's own are Outputs", async () => {
    const own = async (args: IngressGatewayArgs, hostnames: HttpRouteArgs["hostnames"] = late) => {
      const { errors } = await run(() => {
        const { reference } = new IngressGateway("edge", { namespace: "infra", ...args });
        new HttpRoute("web", { namespace: "shop", parent: reference, hostnames, backends });
      });
      return errors;
    };
    const told = refused(`${got}*.example.com; write \`hostnames: ["b.example.com"]\``);
    const hostnames = ["*.example.com"];
    assert.deepEqual(await own({ hostnames }), told);
    assert.deepEqual(await own({ hostnames: pulumi.output(hostnames) }, ["b.example.org"]), told);
    assert.deepEqual(await own({ hostnames }, [pulumi.output("b.example.com")]), []);
    const names = { dnsNames: pulumi.output(["a.example.com"]) };
    assert.deepEqual(
      await own({ certificate: names }, ["b.example.org"]),
      refused(
        '`hostnames[0]`: got "b.example.org"; must be a name in the gateway\'s certificate: a.example.com; write ' +
          '`hostnames: ["a.example.com"]`',
      ),
    );
    const { name, namespace, listeners } = shared;
    assert.deepEqual(
      await faults({ parent: { name, namespace, listeners }, hostnames: late }),
      refused(`${got}a.example.com, b.example.com; write \`hostnames: ["a.example.com"]\``),
    );
  });
});

describe("a gateway of the same program", () => {
  const told = (name: string) =>
    `this program refers to objects that do not exist:\n  HttpRoute "web": \`namespace\`: got "shop"; Gateway infra/${name}, ` +
    "which is made by this program, takes routes only from namespaces of its own; write " +
    '`allowedRoutes: { from: "All" }`';

  it("admits the namespace of its routes, in whichever order they are written", async () => {
    const closed = { namespace: "infra", allowedRoutes: { from: "Same" as const } };
    const byReference = await run(() => {
      const { reference: parent } = new IngressGateway("edge", closed);
      new HttpRoute("web", { namespace: "shop", parent, backends });
      new HttpRoute("own", { namespace: "infra", parent, rules: [{ matches: [{ prefix: "/own" }], backends }] });
    });
    assert.deepEqual(byReference.errors, [told("edge")]);
    const byName = await run(() => {
      new HttpRoute("web", { namespace: "shop", parent: { name: "late", namespace: "infra" }, backends });
      new IngressGateway("late", { ...closed, allowedRoutes: { from: pulumi.output("Same" as const) } });
    });
    assert.deepEqual(byName.errors, [told("late")]);
  });
});

describe("two routes of a program on one gateway", () => {
  const told = (name: string) => [
    `this program refers to objects that do not exist:\n  HttpRoute "${name}": \`hostnames\`: got "a.example.com/"; must ` +
      'not have the host and path of HttpRoute "one"; write `hostnames: ["other.example.com"]`',
  ];
  const hostnames = ["a.example.com"];
  const routes = (parents: (() => HttpRouteArgs["parent"])[], more: Partial<HttpRouteArgs> = {}) =>
    run(() => {
      new IngressGateway("shared", { namespace: "infra", hostnames });
      parents.forEach((parent, index) => {
        const name = ["one", "two"][index]!;
        new HttpRoute(name, { namespace: "shop", parent: parent(), hostnames, backends, ...more });
      });
    });

  it("do not share a host and path, in whatever form each has its parent", async () => {
    const later = () =>
      pulumi.output(new Promise((resolve) => setTimeout(() => resolve(shared), 20))) as pulumi.Output<typeof shared>;
    const byName = () => ({ name: "shared", namespace: "infra" });
    const output = () => pulumi.output(shared);
    assert.deepEqual((await routes([output, output])).errors, told("two"));
    assert.deepEqual((await routes([output, byName])).errors, told("two"));
    assert.deepEqual((await routes([byName, later])).errors, told("two"));
  });

  it("may have one redirect each", async () => {
    const one = pulumi.output(shared);
    for (const parent of [() => one, () => pulumi.output(shared)]) {
      const { errors } = await run(() => {
        for (const path of ["/a", "/b"]) {
          const rules = [{ matches: [{ prefix: path }], backends }];
          new HttpRoute(path.slice(1), {
            namespace: "shop",
            parent: parent(),
            hostnames,
            httpsOnly: true,
            rules,
          });
        }
      });
      assert.deepEqual(errors, []);
    }
  });
});
