// What an application's program refers to, and what a change takes from others: told at preview, with two stacks and a
// third one on one mesh.
import * as assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import * as k8s from "@pulumi/kubernetes";
import {
  AccessPolicy,
  AmbientMesh,
  AmbientNamespace,
  HttpRoute,
  IngressGateway,
  MeshGatewayArgs,
  RoutesFrom,
  ServiceType,
  TrafficPolicy,
  Waypoint,
} from "../../components";
import type { Outcome } from "../support/outcome";
import { get, kubectl, sources, TestStack } from "./support";

const shared = { name: "hostk8s-gateway", namespace: "istio-system" };
const edge = { name: "edge", namespace: "istio-system" };
const web = [{ service: "web", port: 80 }];

/** The platform's gateway beside that of the mesh: two hosts, and only for namespaces of one team. */
function edgeGateway(name: string, hostnames: string[], dependsOn: AmbientMesh): void {
  new IngressGateway(
    "edge",
    {
      name,
      namespace: "istio-system",
      hostnames,
      serviceType: ServiceType.ClusterIP,
      certificate: { enabled: false },
      allowedRoutes: { from: RoutesFrom.Selector, selector: { team: "shop" } },
    },
    { dependsOn },
  );
}

function platform(
  name = "edge",
  hostnames = ["shop.example.com", "*.shop.example.com"],
  gateway?: MeshGatewayArgs,
): void {
  const mesh = new AmbientMesh("mesh", { ...sources, gateway });
  edgeGateway(name, hostnames, mesh);
}

/** A Service without pods: what is judged here needs none. */
function service(name: string, namespace: AmbientNamespace): k8s.core.v1.Service {
  const metadata = { name, namespace: namespace.name, annotations: { "pulumi.com/skipAwait": "true" } };
  const spec = { selector: { app: name }, ports: [{ name: "http", port: 80 }] };
  return new k8s.core.v1.Service(name, { metadata, spec });
}

function shop(withWaypoint = true): void {
  const namespace = new AmbientNamespace("shop", { labels: { team: "shop" }, mtls: "strict" });
  const dependsOn = [service("web", namespace), service("other", namespace)];
  if (withWaypoint) {
    const users = [{ namespace: namespace.name, service: "web" }];
    new Waypoint("waypoint", { namespace: namespace.name, for: users }, { dependsOn });
  }
  new HttpRoute("web", { namespace: "shop", parent: edge, hostnames: ["shop.example.com"], backends: web });
  new HttpRoute("api", { namespace: "shop", parent: edge, hostnames: ["api.shop.example.com"], backends: web });
}

describe("what an application's program refers to", () => {
  let program: () => void = () => undefined;
  let platformProgram: () => void = platform;
  let shopProgram: () => void = shop;
  let owner: TestStack;
  let team: TestStack;
  let trial: TestStack;

  before(async () => {
    owner = await TestStack.open("look-platform", () => Promise.resolve(platformProgram()));
    await owner.up();
    team = await TestStack.open("look-shop", () => Promise.resolve(shopProgram()));
    await team.up();
    trial = await TestStack.open("look-trial", () => Promise.resolve(program()));
  });

  after(async () => {
    program = () => undefined;
    await trial?.remove();
    await team?.remove();
    await owner.remove();
    kubectl("delete", "namespace", "look-own", "--ignore-not-found");
  });

  /** The lines of the one error that a run ends with, under its heading. */
  async function refused(run: Promise<unknown>): Promise<string[]> {
    const error = await run.then(
      () => assert.fail("nothing was refused"),
      (reason: { diagnostics: string[] }) => reason,
    );
    const heading = "error: this program refers to objects that do not exist:";
    const told = [...new Set(error.diagnostics.filter((line) => line.startsWith(heading)))];
    assert.equal(told.length, 1, error.diagnostics.join("\n"));
    return linesOf(told[0]!);
  }

  function linesOf(text: string): string[] {
    return text
      .split("\n")
      .slice(1)
      .map((line) => line.trim())
      .sort();
  }

  /** Asserts the lines of the warning with this heading; none where it is not to be given. */
  function assertWarned({ diagnostics }: Outcome, heading: string, expected: string[]): void {
    const told = [...new Set(diagnostics.filter((line) => line.startsWith(`warning: ${heading}:`)))];
    const lines = told.flatMap(linesOf);
    if (!isDeepStrictEqual(lines, expected)) {
      assert.deepEqual([...lines, "of all that was told:", ...diagnostics], expected);
    }
  }

  const faulty = () => {
    const namespace = "shop";
    const route = (name: string, args: object) =>
      new HttpRoute(name, { namespace, parent: shared, backends: web, ...args });
    route("namespace", { namespace: "shpo" });
    route("gateway", { parent: { ...shared, name: "hostk8s-gatway" } });
    route("section", { parent: { ...shared, section: "htps" }, hostnames: ["c.hostk8s.local"] });
    route("host", { parent: edge, hostnames: ["cart.example.com"] });
    route("certificate", { parent: { ...shared, section: "https" }, hostnames: ["shop.example.org"] });
    route("admitted", { namespace: "istio-system", parent: edge, backends: [{ service: "istiod", port: 15012 }] });
    route("service", { hostnames: ["a.hostk8s.local"], backends: [{ service: "wbe", port: 80 }] });
    route("port", { hostnames: ["b.hostk8s.local"], backends: [{ service: "web", port: 8080 }] });
    const waypoint = { name: "waypint", namespace };
    new TrafficPolicy("waypoint", { namespace, service: "web", waypoint, timeout: "1s" });
    const used = { name: "waypoint", namespace };
    new TrafficPolicy("use", { namespace, service: "other", waypoint: used, timeout: "1s" });
    new Waypoint("user", { namespace, for: [{ namespace, service: "absent" }] });
    new IngressGateway("ports", { namespace: "istio-system", httpNodePort: 30081, httpsNodePort: 30555 });
  };

  const missing = "or one of this program";
  const faults = [
    'HttpRoute "admitted": `namespace`: got "istio-system"; Gateway istio-system/edge, which belongs to the stack ' +
      "istio-ambient/look-platform, takes routes only from namespaces with the labels that it selects (team: shop); write " +
      '`new AmbientNamespace("istio-system", { labels: { "team": "shop" } })`',
    'HttpRoute "certificate": `hostnames[0]`: got "shop.example.org"; must be in the certificate of Gateway ' +
      'istio-system/hostk8s-gateway: localhost, hostk8s.local, *.hostk8s.local; write `hostnames: ["shop.hostk8s.local"]`',
    `HttpRoute "gateway": \`parent\`: got "istio-system/hostk8s-gatway"; must be an existing Gateway, ${missing}: ` +
      'istio-system/edge, istio-system/hostk8s-gateway; write `parent: { name: "hostk8s-gateway", namespace: "istio-system" }`',
    'HttpRoute "host": `hostnames[0]`: got "cart.example.com"; must be a hostname of a listener of Gateway ' +
      'istio-system/edge: shop.example.com, *.shop.example.com; write `hostnames: ["cart.shop.example.com"]`',
    `HttpRoute "namespace": \`namespace\`: got "shpo"; must be an existing namespace, ${missing}; write ` +
      '`namespace: "shop"`',
    'HttpRoute "port": `backends[0].port`: got "8080"; must be a port of Service shop/web: 80; write `port: 80`',
    'HttpRoute "section": `parent.section`: got "htps"; must be a listener of Gateway istio-system/hostk8s-gateway: http, ' +
      'https; write `section: "https"`',
    `HttpRoute "service": \`backends[0].service\`: got "wbe"; must be an existing Service of the namespace shop, ${missing}: ` +
      'other, waypoint, web; write `service: "web"`',
    'IngressGateway "ports": `httpNodePort`: got "30081"; must be a free NodePort: Service ' +
      "istio-system/hostk8s-gateway-istio, which belongs to the stack istio-ambient/look-platform, uses it; write " +
      "`httpNodePort: 30082`",
    'TrafficPolicy "use": `service`: got "other"; must use the waypoint shop/waypoint; Service shop/other uses no waypoint; ' +
      'write `for: [{ namespace: "shop", service: "other" }]`',
    `TrafficPolicy "waypoint": \`waypoint\`: got "shop/waypint"; must be an existing waypoint, ${missing}: shop/waypoint; ` +
      'write `waypoint: { name: "waypoint", namespace: "shop" }`',
    `Waypoint "user": \`for[0].service\`: got "absent"; must be an existing Service of the namespace shop, ${missing}: other, ` +
      "waypoint, web; write `service: service.metadata.name`",
  ];

  it("is refused before anything is written, all of it at once, at preview and at up", async () => {
    program = faulty;
    assert.deepEqual(await refused(trial.preview()), faults);
    assert.deepEqual(await refused(trial.up()), faults);
    assert.deepEqual(get("httproutes", "-n", "istio-system"), []);
    assert.equal(get("httproutes", "-n", "shop").length, 2);
  });

  it("passes where the program makes it itself, in whatever order", async () => {
    program = () => {
      const own = new AmbientNamespace("look-own", { labels: { team: "shop" } });
      const before = service("before", own);
      const made = new k8s.core.v1.Namespace("plain", { metadata: { name: "look-plain" } });
      const parent = edge;
      const hostnames = ["own.shop.example.com"];
      const backends = [{ service: "before", port: 80 }];
      const rules = [{ backends }, { matches: [{ prefix: "/after" }], backends: [{ service: "after", port: 80 }] }];
      const dependsOn = [before];
      new HttpRoute("own", { namespace: own.name, parent, hostnames, rules }, { dependsOn });
      service("after", own);
      new AccessPolicy("plain", { namespace: "look-plain", defaultDeny: true }, { dependsOn: made });
    };
    const outcome = await trial.preview();
    assert.deepEqual(
      outcome.diagnostics.filter((line) => line.startsWith("warning")),
      [],
    );
    await trial.up();
    assert.deepEqual((await trial.preview()).steps, []);
  });

  it("is a warning where it works otherwise than it seems, or may yet come", async () => {
    program = () => {
      new AmbientNamespace("look-own", { labels: { team: "shop" }, useWaypoint: "later" });
      new HttpRoute("twice", { namespace: "shop", parent: edge, hostnames: ["shop.example.com"], backends: web });
      new HttpRoute("insecure", { namespace: "shop", parent: shared, hostnames: ["x.example.org"], backends: web });
    };
    assertWarned(await trial.preview(), "this program may not work as written", [
      'AmbientNamespace "look-own": `useWaypoint`: got "look-own/later"; must be an existing waypoint, or one of this ' +
        "program: shop/waypoint; until there is one, requests bypass it; write " +
        '`useWaypoint: "waypoint", useWaypointNamespace: "shop"`',
      'HttpRoute "insecure": `hostnames[0]`: got "x.example.org"; must be in the certificate of Gateway ' +
        'istio-system/hostk8s-gateway: localhost, hostk8s.local, *.hostk8s.local; write `hostnames: ["x.hostk8s.local"]`',
      'HttpRoute "twice": `hostnames`: got "shop.example.com/"; HTTPRoute shop/web, which belongs to the stack ' +
        "istio-ambient/look-shop, has the same host and path; the older route gets the requests; write " +
        '`hostnames: ["other.example.com"]`',
    ]);
  });

  it("is told to its owner whose change takes it away", async () => {
    const heading = "this change breaks what others rely on";
    program = () => {
      const namespace = "shop";
      const http = { waypoint: { name: "waypoint", namespace }, services: ["web"], allow: [{ methods: ["GET"] }] };
      new AccessPolicy("guest", { namespace, selector: { app: "web" }, http });
    };
    await trial.up();
    assertWarned(await owner.preview(), heading, []);
    assertWarned(await team.preview(), heading, []);

    const gone = 'got "not in this program any more"';
    const shops = "namespace shop (stack istio-ambient/look-shop)";
    const noEdge = `\`Gateway istio-system/edge\`: ${gone}; 2 HTTPRoutes of others lose their parent: 2 of ${shops}; write \`name: "edge"\``;
    platformProgram = () => platform("front");
    assertWarned(await owner.preview(), heading, [noEdge]);

    platformProgram = () => platform("edge", ["shop.example.com"]);
    assertWarned(await owner.preview(), heading, [
      '`Gateway istio-system/edge`: got "without http-2"; 1 HTTPRoute of others is no longer served for ' +
        `api.shop.example.com: 1 of ${shops}; write \`hostnames: ["shop.example.com", "*.shop.example.com"]\``,
    ]);

    // The CA of a gateway that is renamed is kept.
    platformProgram = () => platform("edge", undefined, { name: "front" });
    const renamed = await owner.preview();
    assertWarned(renamed, heading, []);
    assert.ok(renamed.steps.some((step) => step.endsWith(" mesh-gateway-certificate")));
    assert.deepEqual(
      renamed.steps.filter((step) => /-(ca-certificate|ca-issuer|selfsigned-issuer)$/.test(step)),
      [],
    );

    platformProgram = () => void new AmbientNamespace("look-left");
    assertWarned(await owner.preview(), heading, [
      `\`Certificate istio-system/hostk8s-gateway-ca\`: ${gone}; clients that trust this CA reject the certificates ` +
        'of any other gateway; give them its `caCertificate`, or keep the gateway; write `name: "hostk8s-gateway"`',
      noEdge,
      '`Namespace istio-system`: got "no AmbientMesh in this program any more"; 1 namespace leaves the mesh: shop (stack ' +
        "istio-ambient/look-shop); 1 STRICT PeerAuthentication (shop/default) and 2 AuthorizationPolicies " +
        '(shop/guest-requests, shop/guest-waypoint-only) stop protecting them; write `new AmbientMesh("mesh")`',
    ]);

    platformProgram = platform;
    shopProgram = () => shop(false);
    assertWarned(await team.preview(), heading, [
      `\`Gateway shop/waypoint\`: ${gone}; 1 AuthorizationPolicy of others relies on it: 1 of namespace shop (stack ` +
        'istio-ambient/look-trial); write `name: "waypoint"`',
    ]);
    shopProgram = shop;
  });
});
