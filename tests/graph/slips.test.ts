// Slips in a program, as JavaScript lets one make them: each is told once, of what the user wrote, with what to write.
import * as assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { kubeConfigClass } from "../../cluster/kube-config";
import * as components from "../../components";
import { faultOf, preview } from "./applications";
import { record } from "./record";

process.env["KUBECONFIG"] = "/nonexistent/kubeconfig";

type Kind =
  "AccessPolicy" | "AmbientMesh" | "AmbientNamespace" | "HttpRoute" | "IngressGateway" | "TrafficPolicy" | "Waypoint";

const backends = [{ service: "web", port: 80 }];
const edge = { name: "edge", namespace: "infra" };
const early = { preflight: { enabled: false } };
const late = pulumi.output;

/** A component with whatever arguments. */
function make<Made = pulumi.ComponentResource>(kind: Kind, name: string, args?: object): Made {
  return Reflect.construct(components[kind] as new (...args: unknown[]) => unknown, [name, args]) as Made;
}

const route = (args: object) => make("HttpRoute", "web", { namespace: "shop", parent: edge, ...args });
const access = (args: object) => make("AccessPolicy", "web", { namespace: "shop", ...args });
const traffic = (args: object) => make("TrafficPolicy", "web", { namespace: "shop", service: "web", ...args });
const waypoint = (args: object) => make("Waypoint", "proxy", { namespace: "shop", ...args });
const shop = () => make("AmbientNamespace", "my-shop");
const proxy = () => make<components.Waypoint>("Waypoint", "proxy", { namespace: "shop", for: [{ namespace: "shop" }] });
const mesh = (args: object = {}) => make<components.AmbientMesh>("AmbientMesh", "mesh", { ...early, ...args });
const service = () => new k8s.core.v1.Service("web");
const account = () => new k8s.core.v1.ServiceAccount("web");

/** What all of a program's registrations end with, each once. */
async function toldOf(program: () => void): Promise<string[]> {
  const fault = await faultOf(program);
  if (fault !== "") return [fault];
  const others = process.listeners("unhandledRejection");
  const told: string[] = [];
  const hear = (why: unknown) => void told.push((why as Error).message);
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", hear);
  try {
    await record(program, preview).catch(hear);
  } finally {
    process.off("unhandledRejection", hear);
    others.forEach((listener) => process.on("unhandledRejection", listener));
  }
  return [...new Set(told)];
}

const name63 = "must be 1 to 63 lowercase letters, digits or hyphens, and must begin and end with a letter or digit";
const aName = "must be a name, and not a resource";
const anObject = "must be an object, and not a resource";
const none = "there is no such argument";

/** Programs, and the lines that each ends with below the name of the component. */
const slips: Record<string, [() => void, string, string[]]> = {
  "no name": [
    () => Reflect.construct(components.Waypoint, [{ namespace: "shop" }]) as object,
    "Waypoint",
    [
      '`name`: got "{"namespace":"shop"}"; must be the name of the component, as the first argument; write ' +
        '`new Waypoint("waypoint", { ... })`',
    ],
  ],
  "a namespace in place of its name": [
    () => route({ namespace: shop(), backends }),
    'HttpRoute "web"',
    [`\`namespace\`: got "AmbientNamespace my-shop"; ${aName}; write \`namespace: myShop.name\``],
  ],
  "a Namespace of Kubernetes in place of its name": [
    () => route({ namespace: new k8s.core.v1.Namespace("shop"), backends }),
    'HttpRoute "web"',
    [`\`namespace\`: got "Namespace shop"; ${aName}; write \`namespace: shop.metadata.name\``],
  ],
  "a namespace in a list of names": [
    () => access({ allow: [{ namespaces: [shop()] }] }),
    'AccessPolicy "web"',
    [`\`allow[0].namespaces[0]\`: got "AmbientNamespace my-shop"; ${aName}; write \`namespaces: [myShop.name]\``],
  ],
  "a ServiceAccount in place of its name": [
    () => access({ allow: [{ serviceAccounts: [account()] }] }),
    'AccessPolicy "web"',
    [
      `\`allow[0].serviceAccounts[0]\`: got "ServiceAccount web"; ${aName}; write \`serviceAccounts: ` +
        "[pulumi.interpolate`${web.metadata.namespace}/${web.metadata.name}`]`",
    ],
  ],
  "a waypoint in place of its name": [
    () => make("AmbientNamespace", "shop", { useWaypoint: proxy() }),
    'AmbientNamespace "shop"',
    [`\`useWaypoint\`: got "Waypoint proxy"; ${aName}; write \`useWaypoint: proxy.name\``],
  ],
  "a Service as a backend": [
    () => route({ backends: [service()] }),
    'HttpRoute "web"',
    [`\`backends[0]\`: got "Service web"; ${anObject}; write \`backends: [{ service: web.metadata.name, port: 80 }]\``],
  ],
  "a Service in place of its name": [
    () => route({ backends: [{ service: service(), port: 80 }] }),
    'HttpRoute "web"',
    [`\`backends[0].service\`: got "Service web"; ${aName}; write \`service: web.metadata.name\``],
  ],
  "a Service as a parent": [
    () => route({ parent: service(), backends }),
    'HttpRoute "web"',
    [
      '`parent`: got "Service web"; must be a Gateway or a Service; write ' +
        '`parent: { kind: "Service", name: web.metadata.name }`',
    ],
  ],
  "a waypoint as a parent": [
    () => route({ parent: proxy(), backends }),
    'HttpRoute "web"',
    ['`parent`: got "Waypoint proxy"; must be a Gateway or a Service; write `parent: mesh.gateway`'],
  ],
  "a gateway as a waypoint": [
    () => traffic({ timeout: "1s", waypoint: make("IngressGateway", "edge") }),
    'TrafficPolicy "web"',
    ['`waypoint`: got "IngressGateway edge"; must be a waypoint; write `waypoint: waypoint.reference`'],
  ],
  "a namespace in place of a waypoint's users": [
    () => waypoint({ for: shop() }),
    'Waypoint "proxy"',
    [`\`for\`: got "AmbientNamespace my-shop"; ${anObject}; write \`for: [{ namespace: myShop.name }]\``],
  ],
  "names in place of a waypoint's users": [
    () => waypoint({ for: ["shop"] }),
    'Waypoint "proxy"',
    ['`for[0]`: got "shop"; must be an object; write `for: [{ namespace: "shop" }]`'],
  ],
  "a provider in place of its cluster": [
    () => make("AmbientNamespace", "shop", { cluster: new k8s.Provider("kind") }),
    'AmbientNamespace "shop"',
    [
      '`cluster`: got "Provider kind"; must say how the cluster of the provider is reached; write ' +
        '`cluster: { context: "kind-kind" }`',
    ],
  ],
  "options among the arguments": [
    () => make("AmbientNamespace", "shop", { dependsOn: [proxy()], protect: true }),
    'AmbientNamespace "shop"',
    [
      '`dependsOn`: got "[proxy]"; must be among the resource options, which are the third argument; ' +
        'write `new AmbientNamespace("shop", { ... }, { dependsOn: [proxy] })`',
      '`protect`: got "true"; must be among the resource options, which are the third argument; write ' +
        '`new AmbientNamespace("shop", { ... }, { protect: true })`',
    ],
  ],
  "the name of a waypoint in place of its reference": [
    () => traffic({ timeout: "1s", waypoint: late("proxy") }),
    'TrafficPolicy "web"',
    ['`waypoint`: got "proxy"; must be an object; write `waypoint: { name: "proxy", namespace: "shop" }`'],
  ],
  "names in place of the Services of a canary": [
    () => route({ canary: { stable: "web", candidate: "next", percent: 10 } }),
    'HttpRoute "web"',
    [
      '`canary.stable`: got "web"; must be an object; write `stable: { service: "web", port: 80 }`',
      '`canary.candidate`: got "next"; must be an object; write `candidate: { service: "next", port: 80 }`',
    ],
  ],
  "a gateway's name as a client": [
    () => access({ allow: [{ gateway: "edge" }] }),
    'AccessPolicy "web"',
    [
      '`allow[0].gateway`: got "edge"; must be an object; write `gateway: { name: "edge", namespace: "istio-system", ' +
        'serviceAccount: "hostk8s-gateway-istio" }`',
    ],
  ],
  "the gateway of a mesh that has none": [
    () => route({ parent: mesh({ gateway: { enabled: false } }).gateway, backends }),
    'HttpRoute "web"',
    [
      "`parent`: missing; must have a value: the mesh has no gateway, or the stack has no such output; " +
        'write `parent: { name: "hostk8s-gateway", namespace: "istio-system" }`',
    ],
  ],
  "the gateway of a mesh that has none as a client": [
    () => access({ allow: [{ gateway: mesh({ gateway: { enabled: false } }).gateway }] }),
    'AccessPolicy "web"',
    [
      "`allow[0].gateway`: missing; must have a value: the mesh has no gateway, or the stack has no such output; " +
        "remove `gateway`",
    ],
  ],
  "a condition whose value turns out to be missing": [
    () =>
      access({
        http: {
          waypoint: { name: "proxy", namespace: "shop" },
          allow: [{ methods: ["GET"], serviceAccounts: pulumi.output(undefined) }],
        },
      }),
    'AccessPolicy "web"',
    [
      "`http.allow[0].serviceAccounts`: missing; must have a value: without this condition the rule admits more " +
        "clients; remove `serviceAccounts`",
    ],
  ],
  "a host that is not in the certificate of the mesh": [
    () => route({ parent: mesh().gateway, hostnames: ["web.example.com"], backends }),
    'HttpRoute "web"',
    [
      '`hostnames[0]`: got "web.example.com"; must be a name in the gateway\'s certificate: localhost, hostk8s.local, ' +
        '*.hostk8s.local; write `hostnames: ["web.hostk8s.local"]`',
    ],
  ],
  "two routes for everything": [
    () => {
      make("HttpRoute", "first", { namespace: "shop", parent: edge, backends });
      route({ backends });
    },
    'HttpRoute "web"',
    [
      '`parent`: got "*/"; must not have the host and path of HttpRoute "first"; write ' +
        '`hostnames: ["other.example.com"]`',
    ],
  ],
  "a late value in the gateway of a mesh": [
    () => mesh({ gateway: { httpNodePort: late(80) } }),
    'AmbientMesh "mesh"',
    ['`gateway.httpNodePort`: got "80"; must be a whole number from 30000 to 32767; write `httpNodePort: 30081`'],
  ],
  "a late namespace of a route for https only": [
    () => {
      const listeners = ["HTTP", "HTTPS"].map((protocol, index) => ({ name: `l${index}`, protocol, port: 80 + index }));
      route({ namespace: late("Shop"), parent: { ...edge, listeners }, httpsOnly: true, backends });
    },
    'HttpRoute "web"',
    [`\`namespace\`: got "Shop"; ${name63}; write \`namespace: "shop"\``],
  ],
  "a late gateway by its name alone, for https only": [
    () => route({ parent: late(edge), httpsOnly: true, backends }),
    'HttpRoute "web"',
    [
      '`httpsOnly`: got "true"; must come with the reference to a gateway: its name alone does not tell its ' +
        'listeners; write `parent: new pulumi.StackReference("org/mesh/dev").requireOutput("gateway")`',
    ],
  ],
  "a late gateway with one of its listeners, for https only": [
    () => {
      const listeners = [{ name: "https", protocol: "HTTPS", port: 443 }];
      route({ parent: late({ ...edge, listeners, port: 443 }), httpsOnly: true, backends });
    },
    'HttpRoute "web"',
    [
      '`parent.port`: got "443"; must not be set next to `httpsOnly`, which is for all listeners: https for the route, ' +
        "http for a redirect; remove `parent.port`",
    ],
  ],
  "a late timeout": [
    () => traffic({ timeout: late("10"), waypoint: { name: "proxy", namespace: "shop" } }),
    'TrafficPolicy "web"',
    ['`timeout`: got "10"; must be a duration of at least 1ms, such as "10s"; write `timeout: "10s"`'],
  ],
  "two late values of one argument": [
    () => access({ allow: late([{ namespaces: ["Shop"], ports: [70000] }]) }),
    'AccessPolicy "web"',
    [
      '`allow[0].namespaces[0]`: got "Shop"; must be 1 to 63 lowercase letters, digits or hyphens, and must begin and end ' +
        'with a letter or digit; write `namespaces: ["shop"]`',
      '`allow[0].ports[0]`: got "70000"; must be a whole number from 1 to 65535; write `ports: [8080]`',
    ],
  ],
  "late values of several arguments, of one resource and of others": [
    () => {
      const one = late({ timeout: "10", service: "Web" });
      const retries = { attempts: late(-1) };
      const service = one.service.apply((name) => late(name));
      traffic({ timeout: one.timeout, service, retries, waypoint: { name: "proxy", namespace: "shop" } });
    },
    'TrafficPolicy "web"',
    [
      '`retries.attempts`: got "-1"; must be a whole number from 0 to 100; write `attempts: 2`',
      '`timeout`: got "10"; must be a duration of at least 1ms, such as "10s"; write `timeout: "10s"`',
      `\`service\`: got "Web"; ${name63}; write \`service: "web"\``,
    ],
  ],
  "words of Istio at a policy": [
    () => access({ action: "DENY", rules: [{ from: [{ source: { namespaces: ["shop"] } }] }], principals: ["a"] }),
    'AccessPolicy "web"',
    [
      `\`action\`: got "DENY"; ${none}; write \`allow: [{ namespaces: ["shop"] }]\``,
      `\`rules\`: got "[{"from":[{"source":{"namespaces":["shop"]}}]}]"; ${none}; write ` +
        '`allow: [{ namespaces: ["shop"] }]`',
      `\`principals\`: got "["a"]"; ${none}; write \`allow: [{ serviceAccounts: ["shop/web"] }]\``,
    ],
  ],
  "words of Gateway API at a rule": [
    () => route({ rules: [{ pathPrefix: "/v2", backendRefs: [{ name: "web", port: 80 }] }] }),
    'HttpRoute "web"',
    [
      `\`rules[0].pathPrefix\`: got "/v2"; ${none}; write \`matches: [{ prefix: "/v2" }]\``,
      `\`rules[0].backendRefs\`: got "[{"name":"web","port":80}]"; ${none}; write ` +
        '`backends: [{ service: "web", port: 80 }]`',
    ],
  ],
  "words for the gateway at a mesh": [
    () => mesh({ nodePort: 31080, domain: "apps.example.org" }),
    'AmbientMesh "mesh"',
    [
      `\`nodePort\`: got "31080"; ${none}; write \`gateway: { httpNodePort: 31080 }\``,
      `\`domain\`: got "apps.example.org"; ${none}; write \`gateway: { certificate: { dnsNames: ["apps.example.org"] } }\``,
    ],
  ],
  "a circuit breaker by that name": [
    () => traffic({ waypoint: { name: "proxy", namespace: "shop" }, circuitBreaker: true }),
    'TrafficPolicy "web"',
    [`\`circuitBreaker\`: got "true"; ${none}; write \`outlierDetection: { consecutive5xxErrors: 5 }\``],
  ],
};

describe("a slip in a program", () => {
  // Loaded at the first look, for longer than a recording waits for something to happen.
  before(kubeConfigClass);

  for (const [slip, [program, component, lines]] of Object.entries(slips)) {
    it(`is told in words of what was written: ${slip}`, async () => {
      const message = [`invalid arguments for ${component}:`, ...lines.map((line) => `  ${line}`)].join("\n");
      assert.deepEqual(await toldOf(program), [message]);
    });
  }
});

describe("a component in place of its reference", () => {
  before(kubeConfigClass);

  const specOf = async (program: () => void, child: string) =>
    (await record(program, preview)).find(child).inputs["spec"] as Record<string, unknown>;

  it("is taken where a policy wants a waypoint", async () => {
    const recording = await record(() => {
      new components.TrafficPolicy("web", { namespace: "shop", service: "web", waypoint: proxy(), timeout: "1s" });
    }, preview);
    assert.ok(recording.find("web-requests").dependencies.includes("proxy-user"));
    const http = { waypoint: proxy, allow: [{ methods: ["GET"] }] };
    const spec = await specOf(() => access({ http: { ...http, waypoint: http.waypoint() } }), "web-requests");
    assert.deepEqual(spec["targetRefs"], [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "proxy" }]);
  });

  it("is taken where a route wants a gateway, with all that is known of it", async () => {
    const spec = await specOf(() => route({ parent: mesh(), httpsOnly: true, backends }), "web-route");
    const parent = { group: "gateway.networking.k8s.io", kind: "Gateway", namespace: "istio-system" };
    assert.deepEqual(spec["parentRefs"], [{ ...parent, name: "hostk8s-gateway", sectionName: "https" }]);
    const [told] = await toldOf(() => route({ parent: mesh(), hostnames: ["web.example.com"], backends }));
    assert.match(told!, /must be a name in the gateway's certificate/);
  });

  it("is taken where a rule admits a gateway", async () => {
    const allow = () => [{ gateway: make("IngressGateway", "edge", { namespace: "infra" }) }];
    const spec = await specOf(() => access({ allow: allow() }), "web-connections");
    assert.deepEqual(spec["rules"], [{ from: [{ source: { principals: ["cluster.local/ns/infra/sa/edge-istio"] } }] }]);
  });
});

describe("arguments that arrive late", () => {
  it("count as given where one of several has to be", async () => {
    const programs: (() => unknown)[] = [
      () => traffic({ timeout: late("1s"), waypoint: { name: "proxy", namespace: "shop" } }),
      () => traffic({ connectionPool: { maxConnections: late(1) }, waypoint: { name: "proxy", namespace: "shop" } }),
      () => make("IngressGateway", "edge", { certificate: { existing: true, secretName: late("tls") } }),
      () => make("IngressGateway", "edge", { certificate: { issuerKind: "Issuer", issuerName: late("ca") } }),
      () => make("IngressGateway", "edge", { certificate: { duration: late("8760h"), renewBefore: "4000h" } }),
      () => make("IngressGateway", "edge", { allowedRoutes: { from: "Selector", selector: late({ team: "a" }) } }),
      () => make("IngressGateway", "edge", { httpNodePort: late(31080), httpsNodePort: 30081 }),
      () => make("AmbientNamespace", "shop", { useWaypoint: late("proxy"), useWaypointNamespace: "infra" }),
      () => mesh({ dataplane: { memory: late("32Mi"), memoryLimit: "64Mi" } }),
      () => route({ rules: [{ redirect: { hostname: late("www.example.com") } }] }),
      () =>
        access({
          selector: late({ app: "web" }),
          http: { waypoint: { name: "w", namespace: "infra" }, services: ["web"], allow: [{ methods: ["GET"] }] },
        }),
    ];
    for (const program of programs) assert.deepEqual(await toldOf(() => void program()), [], String(program));
  });
});
