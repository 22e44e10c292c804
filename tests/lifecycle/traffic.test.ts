// Requests through the sandbox's gateway: what routes, weights and certificates say is what clients see.
import * as assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { AllowedRoutesArgs, AmbientMesh, AmbientNamespace, HttpRoute, RouteRuleArgs } from "../../components";
import { findTraffic } from "../../sandbox/pods/traffic";
import { send, sendAll } from "./requests";
import { application } from "./application";
import { apply, get, kubectl, settled, sources, TestStack } from "./support";

const http = "http://localhost:8081";
const https = "https://localhost:8444";
const gatewayPods = () => get("pods", "-n", "istio-system", "-l", "gateway.networking.k8s.io/gateway-name");
const shopHost = "shop.hostk8s.local";

let percent = 10;
let replicas = 1;

function rules(first: k8s.core.v1.Service, second: k8s.core.v1.Service): RouteRuleArgs[] {
  const [stable, candidate] = [first, second].map((service) => ({ service: service.metadata.name, port: 80 }));
  const backends = [stable!];
  return [
    { matches: [{ prefix: "/canary" }], canary: { stable: stable!, candidate: candidate!, percent } },
    { matches: [{ prefix: "/old" }], backends, rewrite: { prefix: "/new" } },
    {
      matches: [{ prefix: "/headers" }],
      backends,
      requestHeaders: { set: { "x-team": "shop" }, remove: ["x-secret"] },
      responseHeaders: { add: { "x-answered": "yes" } },
    },
    { matches: [{ prefix: "/mirrored" }], backends, mirror: { backend: candidate! } },
    { matches: [{ prefix: "/slow" }], backends, timeouts: { request: "1s" } },
    { matches: [{ exact: "/requests" }], backends: [candidate!] },
  ];
}

async function program(): Promise<Record<string, unknown>> {
  const allowedRoutes: AllowedRoutesArgs = { from: "Selector", selector: { "hostk8s.stack": "shop" } };
  const mesh = new AmbientMesh("mesh", { ...sources, platform: "kind", gateway: { allowedRoutes, replicas } });
  const namespace = new AmbientNamespace("shop", { stack: "shop" }, { dependsOn: mesh });
  const [first, second] = ["v1", "v2"].map((version) => application(namespace, version));
  const parent = mesh.gateway;
  new HttpRoute("web", { namespace: namespace.name, parent, hostnames: [shopHost], rules: rules(first!, second!) });
  const hostnames = ["secure.hostk8s.local"];
  new HttpRoute("to-https", {
    namespace: namespace.name,
    parent,
    hostnames,
    rules: [{ redirect: { scheme: "https" } }],
  });
  return { caCertificate: mesh.caCertificate };
}

const { lacks } = findTraffic();

describe("requests", () => {
  if (lacks.length > 0) {
    it("cannot be carried here", () => {
      console.log(`      this machine lacks ${lacks.join("; ")}`);
    });
    return;
  }

  let stack: TestStack;
  let ca: string;
  const shop = { host: shopHost };

  before(async () => {
    stack = await TestStack.open("traffic", program);
    ca = String((await stack.up()).outputs["caCertificate"]);
    await settled(
      () => send(`${http}/canary`, shop).catch(() => undefined),
      (answer) => answer?.status === 200,
    );
  });

  after(async () => {
    await stack.remove();
    kubectl("delete", "namespace", "elsewhere", "--ignore-not-found");
  });

  it("are answered over HTTP", async () => {
    const { status, body } = await send(`${http}/canary/page`, shop);
    assert.equal(status, 200);
    const { path, namespace } = JSON.parse(body) as { path: string; namespace: string };
    assert.deepEqual({ path, namespace }, { path: "/canary/page", namespace: "shop" });
  });

  it("are answered over HTTPS, by a certificate of the mesh's CA for the name that was asked", async () => {
    const { status, names } = await send(`${https}/canary`, { ...shop, ca });
    assert.equal(status, 200);
    assert.equal(
      names,
      "DNS:localhost, DNS:hostk8s.local, DNS:*.hostk8s.local, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
    );
    await assert.rejects(send(`${https}/canary`, { host: "shop.example.com", ca }), {
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
    const other = await send(`${https}/canary`, shop).catch((error: NodeJS.ErrnoException) => error.code);
    assert.equal(other, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  });

  it("find nothing under a path or a host that no route names", async () => {
    assert.equal((await send(`${http}/nowhere`, shop)).status, 404);
    assert.equal((await send(`${http}/canary`, { host: "nobody.hostk8s.local" })).status, 404);
  });

  it("are shared by a canary as its percentage says, also after a change, and none fails meanwhile", async () => {
    const before = await sendAll(`${http}/canary`, shop, 2000);
    assertShare(before, 0.1);
    percent = 50;
    const meanwhile = { until: false };
    const during = sendAll(`${http}/canary`, shop, () => meanwhile.until);
    await stack.up();
    meanwhile.until = true;
    const { failed } = await during;
    assert.equal(failed, 0);
    assertShare(await sendAll(`${http}/canary`, shop, 2000), 0.5);
  });

  it("get nowhere by a route from a namespace that the gateway's selector leaves out", async () => {
    const host = "elsewhere.hostk8s.local";
    const route = (namespace: string, name: string) => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  parentRefs: [{ name: hostk8s-gateway, namespace: istio-system }]
  hostnames: [${name}.hostk8s.local]
  rules: [{ filters: [{ type: RequestRedirect, requestRedirect: { hostname: example.com } }] }]
`;
    apply(`apiVersion: v1\nkind: Namespace\nmetadata: { name: elsewhere }`);
    apply(route("elsewhere", "elsewhere"));
    apply(route("shop", "inside"));
    const inside = await settled(
      () => send(http, { host: "inside.hostk8s.local" }),
      ({ status }) => status !== 404,
    );
    assert.equal(inside.status, 302);
    assert.equal((await send(http, { host })).status, 404);
    kubectl("delete", "httproute", "inside", "-n", "shop");
  });

  it("are redirected to the port that leads to HTTPS from outside", async () => {
    const { status, headers } = await send(`${http}/cart`, { host: "secure.hostk8s.local" });
    assert.equal(status, 301);
    assert.equal(headers.location, "https://secure.hostk8s.local:8444/cart");
  });

  it("reach the backend rewritten, with headers set and taken away, and come back with one added", async () => {
    assert.equal((JSON.parse((await send(`${http}/old/page`, shop)).body) as { path: string }).path, "/new/page");
    const { body, headers } = await send(`${http}/headers`, {
      ...shop,
      headers: { "x-secret": "1", "x-team": "none" },
    });
    const seen = (JSON.parse(body) as { headers: Record<string, string> }).headers;
    assert.equal(seen["x-team"], "shop");
    assert.equal(seen["x-secret"], undefined);
    assert.equal(headers["x-answered"], "yes");
  });

  it("are seen by the mirror too", async () => {
    const { body } = await send(`${http}/mirrored/42`, shop);
    assert.equal((JSON.parse(body) as { version: string }).version, "v1");
    const paths = async () =>
      (JSON.parse((await send(`${http}/requests`, shop)).body) as { path: string }[]).map(({ path }) => path);
    assert.ok((await settled(paths, (all) => all.includes("/mirrored/42"))).includes("/mirrored/42"));
  });

  it("end by the route's timeout when the backend is slower", async () => {
    assert.equal((await send(`${http}/slow?delay=5000`, shop)).status, 504);
    assert.equal((await send(`${http}/slow?delay=10`, shop)).status, 200);
  });

  it("meet the new certificate after a renewal, with no gateway restarted", async () => {
    const pods = gatewayPods().map(({ metadata }) => metadata.uid);
    const { serial } = await send(`${https}/canary`, { ...shop, ca });
    kubectl("delete", "secret", "hostk8s-gateway-cert", "-n", "istio-system");
    const renewed = await settled(
      () => send(`${https}/canary`, { ...shop, ca }),
      (answer) => answer.serial !== serial,
    );
    assert.notEqual(renewed.serial, serial);
    assert.equal(renewed.status, 200);
    assert.deepEqual(
      gatewayPods().map(({ metadata }) => metadata.uid),
      pods,
    );
  });

  it("do not fail while the gateway goes from one replica to two, is rolled, and back to one", async () => {
    const meanwhile = { until: false };
    const sent = sendAll(`${http}/canary`, shop, () => meanwhile.until);
    const ready = (count: number) =>
      settled(
        () => gatewayPods().filter((pod) => JSON.stringify(pod.status).includes('"ready":true')).length,
        (found) => found === count && gatewayPods().length === count,
      );
    replicas = 2;
    await stack.up();
    assert.equal(await ready(2), 2);
    kubectl("rollout", "restart", "deployment/hostk8s-gateway-istio", "-n", "istio-system");
    kubectl("rollout", "status", "deployment/hostk8s-gateway-istio", "-n", "istio-system", "--timeout=60s");
    replicas = 1;
    await stack.up();
    assert.equal(await ready(1), 1);
    await new Promise((resolve) => setTimeout(resolve, 8000));
    meanwhile.until = true;
    const { failed, total } = await sent;
    assert.ok(total > 100, `only ${total} requests`);
    assert.equal(failed, 0);
  });
});

/** Of so many answers the share of v2 is the wanted one within three standard deviations, and none failed. */
function assertShare({ failed, total, versions }: Awaited<ReturnType<typeof sendAll>>, share: number): void {
  assert.equal(failed, 0);
  const deviation = Math.sqrt(total * share * (1 - share));
  const found = versions["v2"] ?? 0;
  assert.ok(
    Math.abs(found - total * share) <= 3 * deviation,
    `${found} of ${total} requests went to v2; ${total * share} ± ${Math.round(3 * deviation)} were expected`,
  );
}
