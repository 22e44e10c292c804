// The look of a program: what components register is held against the cluster, all at once, before any of it is written.
import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { AccessPolicy, AmbientNamespace, HttpRoute, Waypoint } from "../../components";
import { marks, metadata, preview } from "./applications";
import { record, Recording } from "./record";
import { onCluster } from "./serving-cluster";

interface Found {
  spec?: object;
  name: string;
  namespace?: string;
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
}

const parent = { name: "gateway", namespace: "istio-system" };
const backends = [{ service: "web", port: 80 }];
const listener = { name: "http", port: 80, protocol: "HTTP", allowedRoutes: { namespaces: { from: "All" } } };

describe("the look of a program", () => {
  let requests: string[] = [];
  /** By path: a list or an object, or the number of a status. */
  let lists: Record<string, Found[] | Found | number> = {};

  onCluster((path) => {
    requests.push(path);
    const found = lists[path] ?? 404;
    const object = ({ spec, ...metadata }: Found) => ({ metadata, spec });
    if (typeof found === "number") return { status: found, body: { message: "no" } };
    return { body: Array.isArray(found) ? { items: found.map(object) } : object(found) };
  });

  /** What the program refers to. */
  const there = {
    "/api/v1/services": [{ name: "web", namespace: "shop", spec: { ports: [{ port: 80 }] } }],
    "/apis/gateway.networking.k8s.io/v1/gateways": [{ ...parent, spec: { listeners: [listener] } }],
  };

  beforeEach(() => {
    requests = [];
    lists = there;
  });

  /** The recording of a program, and the errors that its registrations ended with, each once. */
  async function run(program: () => void): Promise<{ recording: Recording; errors: string[] }> {
    const errors = new Set<unknown>();
    const hear = (error: unknown) => void errors.add(error);
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", hear);
    try {
      const recording = await record(program, preview);
      return { recording, errors: [...errors].map((error) => (error as Error).message) };
    } finally {
      process.off("unhandledRejection", hear);
      others.forEach((listener) => process.on("unhandledRejection", listener));
    }
  }

  const program = () => {
    new AmbientNamespace("shop");
    new HttpRoute("web", { namespace: "shop", parent, backends });
    new HttpRoute("api", { namespace: "shop", parent, hostnames: ["api.example.com"], backends });
    new AccessPolicy("deny", { namespace: "shop", defaultDeny: true });
  };

  it("asks for each kind once, and marks what is written", async () => {
    const { recording, errors } = await run(program);
    assert.deepEqual(errors, []);
    assert.deepEqual(requests.sort(), [
      "/api/v1/namespaces",
      "/api/v1/services",
      "/apis/cert-manager.io/v1/certificates",
      "/apis/gateway.networking.k8s.io/v1/gateways",
      "/apis/gateway.networking.k8s.io/v1/httproutes",
      "/apis/security.istio.io/v1/authorizationpolicies",
    ]);
    assert.deepEqual(metadata(recording, "shop-namespace")["annotations"], marks('AmbientNamespace "shop"'));
    assert.deepEqual(metadata(recording, "deny-deny")["annotations"], marks('AccessPolicy "deny"'));
  });

  it("ends in one error for all components, and nothing of them is registered", async () => {
    lists = {
      ...there,
      "/api/v1/namespaces": [{ name: "shop", annotations: { "istio-ambient/stack": "shop/prod" } }],
      "/apis/gateway.networking.k8s.io/v1/httproutes": [
        { name: "web", namespace: "shop", annotations: { "meta.helm.sh/release-name": "web" } },
        { name: "api", namespace: "elsewhere" },
      ],
    };
    const { recording, errors } = await run(program);
    assert.deepEqual(errors, [
      "this program would overwrite objects of other owners:\n" +
        '  AmbientNamespace "shop": `name`: got "shop"; Namespace shop belongs to the stack shop/prod; adopt it, so ' +
        "that " +
        "destroy leaves it in place, or choose another name; write `adopt: true`\n" +
        '  HttpRoute "web": `name`: got "web"; HTTPRoute shop/web belongs to the Helm release web; choose another ' +
        'name; write `name: "web-2"`',
    ]);
    assert.deepEqual(
      recording.resources.filter(({ type }) => type.startsWith("kubernetes:")),
      [],
    );
  });

  it("refuses a component that was moved below another one, unless an alias of either tells the engine", async () => {
    const below = (own?: pulumi.Alias[], aliases?: pulumi.Alias[]) => () => {
      const app = new pulumi.ComponentResource("app:index:App", "app", {}, { aliases });
      new AmbientNamespace("shop", {}, { parent: app, aliases: own });
    };
    const made = { "istio-ambient/stack": "istio-ambient/test", "istio-ambient/component": 'AmbientNamespace "shop"' };
    lists = { ...there, "/api/v1/namespaces": [{ name: "shop", annotations: made }] };
    assert.deepEqual((await run(below())).errors, [
      "this program would overwrite objects of other owners:\n" +
        '  AmbientNamespace "shop": `name`: got "shop"; Namespace shop was made by AmbientNamespace "shop" of this stack ' +
        "when it had no parent, and would be deleted with it; tell the engine that it was moved; write " +
        "`{ aliases: [{ parent: pulumi.rootStackResource }] }`",
    ]);
    assert.deepEqual((await run(below([{ parent: pulumi.rootStackResource }]))).errors, []);
    assert.deepEqual((await run(below(undefined, [{ name: "former" }]))).errors, []);
    const annotations = { ...made, "istio-ambient/parent": "app:index:App" };
    lists = { ...there, "/api/v1/namespaces": [{ name: "shop", annotations }] };
    const { recording, errors } = await run(below());
    assert.deepEqual(errors, []);
    assert.deepEqual(metadata(recording, "shop-namespace")["annotations"], annotations);
  });

  it("passes what an earlier run of this stack made", async () => {
    const annotations = { "istio-ambient/stack": "istio-ambient/test", "istio-ambient/component": 'HttpRoute "web"' };
    lists = {
      ...there,
      "/apis/gateway.networking.k8s.io/v1/httproutes": [{ name: "web", namespace: "shop", annotations }],
    };
    assert.deepEqual((await run(program)).errors, []);
  });

  it("judges names that arrive later by the same lists", async () => {
    lists = { ...there, "/apis/gateway.networking.k8s.io/v1/httproutes": [{ name: "late", namespace: "shop" }] };
    const { errors } = await run(() => {
      program();
      const name = pulumi.output(new Promise<string>((resolve) => setTimeout(() => resolve("late"), 100)));
      new HttpRoute("late", { name, namespace: "shop", parent, hostnames: ["late.example.com"], backends });
    });
    assert.equal(requests.filter((request) => request.endsWith("/httproutes")).length, 1);
    assert.deepEqual(errors, [
      "this program would overwrite objects of other owners:\n" +
        '  HttpRoute "late": `name`: got "late"; HTTPRoute shop/late was created by kubectl or another tool; choose ' +
        'another name; write `name: "late-2"`',
    ]);
  });

  describe("of credentials that may not list the whole cluster", () => {
    const gatewayApi = "/apis/gateway.networking.k8s.io/v1";
    const security = "/apis/security.istio.io/v1";
    const routes = (place = "") => `${gatewayApi}${place}/httproutes`;
    const policies = (place = "") => `${security}${place}/authorizationpolicies`;
    const shop = "/namespaces/shop";
    const ours = { "istio-ambient/stack": "istio-ambient/test" };
    const elsewhere =
      "warning: references to existing objects were not checked: these credentials may not read HTTPRoute objects in all " +
      "namespaces";
    const taken =
      '  HttpRoute "web": `name`: got "web"; HTTPRoute shop/web was created by kubectl or another tool; choose another name; ' +
      'write `name: "web-2"`';
    const heading = "this program would overwrite objects of other owners:";

    it("asks for the namespace alone, and warns of what is not seen of the others", async () => {
      lists = { ...there, [routes()]: 403, [routes(shop)]: [{ name: "web", namespace: "shop" }] };
      const { recording, errors } = await run(program);
      assert.deepEqual(errors, [[heading, taken].join("\n")]);
      assert.deepEqual(recording.logged, [elsewhere]);
    });

    it("asks for each object by its name where none may be listed, and warns once of what it may not even get", async () => {
      lists = { ...there, [routes()]: 403, [routes(shop)]: 403, [policies()]: 403, [policies(shop)]: 403 };
      lists[`${routes(shop)}/web`] = { name: "web", namespace: "shop" };
      lists[`${routes(shop)}/api`] = { name: "api", namespace: "shop", annotations: ours };
      lists[`${policies(shop)}/deny-deny`] = 403;
      const { recording, errors } = await run(() => {
        program();
        new AccessPolicy("open", { namespace: "shop", selector: { app: "open" }, allow: [{ ports: [80] }] });
      });
      assert.deepEqual(errors, [[heading, taken].join("\n")]);
      assert.deepEqual(recording.logged, [
        "warning: conflicts with objects of other owners were not checked: these credentials may not read " +
          "AuthorizationPolicy shop/deny-deny",
        elsewhere,
      ]);
    });

    it("gets what routes refer to by its name too", async () => {
      const [services, gateways] = ["/api/v1/services", `${gatewayApi}/gateways`];
      const gateway = { ...parent, spec: { listeners: [listener] } };
      lists = { "/api/v1/namespaces": [{ name: "shop" }], [services]: 403, [gateways]: 403 };
      lists["/api/v1/namespaces/shop/services"] = 403;
      lists["/api/v1/namespaces/shop/services/web"] = {
        name: "web",
        namespace: "shop",
        spec: { ports: [{ port: 8 }] },
      };
      lists[`${gatewayApi}/namespaces/istio-system/gateways`] = 403;
      lists[`${gatewayApi}/namespaces/istio-system/gateways/gateway`] = gateway;
      lists[`${gatewayApi}/namespaces/other/gateways`] = 403;
      lists[`${gatewayApi}/namespaces/other/gateways/gateway`] = 403;
      const { recording, errors } = await run(() => {
        new HttpRoute("web", { namespace: "shop", parent, backends });
        const late = [{ service: "late", port: 80 }];
        new HttpRoute("late", { namespace: "shop", parent, hostnames: ["late.example.com"], backends: late });
        const other = { name: "gateway", namespace: "other" };
        new HttpRoute("other", { namespace: "shop", parent: other, backends: [{ service: "web", port: 8 }] });
      });
      assert.deepEqual(errors, [
        "this program refers to objects that do not exist:\n" +
          '  HttpRoute "web": `backends[0].port`: got "80"; must be a port of Service shop/web: 8; write `port: 8`',
      ]);
      assert.deepEqual(recording.logged, [
        "warning: this program may not work as written:\n" +
          '  HttpRoute "late": `backends[0].service`: got "late"; must be an existing Service of the namespace shop, or one of ' +
          "this program: web; write `service: service.metadata.name`",
        "warning: references to existing objects were not checked: these credentials may not read Gateway other/gateway",
      ]);
    });
  });

  it("warns once where the cluster does not answer, and lets the plugin have the last word", async () => {
    lists = { ...there, "/api/v1/namespaces": 503, "/apis/gateway.networking.k8s.io/v1/httproutes": 503 };
    const { recording, errors } = await run(program);
    assert.deepEqual(errors, []);
    assert.deepEqual(recording.logged, ["warning: conflicts with objects of other owners were not checked: no"]);
    assert.ok(recording.find("web-route"));
  });

  it("tells two stacks that want different labels on one object", async () => {
    const note = { stack: "shop/prod", component: 'Waypoint "theirs"', labels: ["istio.io/use-waypoint"] };
    const annotations = { "istio-ambient/labels-1": JSON.stringify(note) };
    lists = {
      ...there,
      "/api/v1/services": [
        { name: "web", namespace: "shop", labels: { "istio.io/use-waypoint": "theirs" }, annotations },
      ],
    };
    const { errors } = await run(
      () => new Waypoint("wp", { namespace: "shop", for: [{ namespace: "shop", service: "web" }] }),
    );
    assert.deepEqual(errors, [
      "this program would overwrite objects of other owners:\n" +
        '  Waypoint "wp": `for[0]`: got "istio.io/use-waypoint: wp"; Waypoint "theirs" of the stack shop/prod sets ' +
        "istio.io/use-waypoint: theirs on Service shop/web, and a label has one value; agree with that stack on one; " +
        'write `for: [{ namespace: "other" }]`',
    ]);
  });
});
