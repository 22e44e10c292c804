// Several gateways at once: one behind NodePorts, one behind a load balancer, each with routes of its own.
import * as assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { AmbientMesh, AmbientNamespace, HttpRoute, IngressGateway, RouteRuleArgs, ServiceType } from "../../components";
import { findTraffic } from "../../sandbox/pods/traffic";
import { send } from "./requests";
import { apply, get, kubectl, settled, sources, TestStack } from "./support";

const host = "shop.hostk8s.local";
const secureHost = "secure.hostk8s.local";
let serviceType: ServiceType = ServiceType.LoadBalancer;
let hasCertificate = true;

function program(): Promise<Record<string, unknown>> {
  const mesh = new AmbientMesh("mesh", { ...sources, platform: "kind" });
  const edge = new k8s.core.v1.Namespace("edge", { metadata: { name: "edge" } }, { dependsOn: mesh });
  const gateway = new IngressGateway("public", {
    name: "public",
    namespace: edge.metadata.name,
    serviceType,
    certificate: { enabled: hasCertificate },
    ...(serviceType === "NodePort" ? { httpNodePort: 30082, httpsNodePort: 30083 } : {}),
  });
  const { name: namespace } = new AmbientNamespace("shop", {}, { dependsOn: mesh });
  for (const [name, parent] of [
    ["shared", mesh.gateway],
    ["public", gateway.reference],
  ] as const) {
    const away = { redirect: { hostname: `${name}.example.com` } };
    const rules = ["/whose", `/${name}`].map((exact) => ({ ...away, matches: [{ exact }] }));
    new HttpRoute(`on-${name}`, { namespace, parent, hostnames: [host], rules });
    const secure: RouteRuleArgs[] = [{ redirect: { scheme: "https" } }];
    if (hasCertificate) new HttpRoute(`secure-${name}`, { namespace, parent, hostnames: [secureHost], rules: secure });
  }
  const { httpUrl, httpsUrl, nodePorts, caCertificate } = gateway;
  return Promise.resolve({ httpUrl, httpsUrl, nodePorts, caCertificate, shared: mesh.httpUrl });
}

const addressOf = (service: string, namespace = "edge"): unknown =>
  get("service", service, "-n", namespace)[0]?.status?.["loadBalancer"];

const { lacks } = findTraffic();

describe("several gateways", () => {
  if (lacks.length > 0) {
    it("cannot be tried here", () => {
      console.log(`      this machine lacks ${lacks.join("; ")}`);
    });
    return;
  }

  let stack: TestStack;
  let outputs: Record<string, unknown>;
  let shared: string;
  let balanced: string;

  before(async () => {
    stack = await TestStack.open("gateways", program);
    ({ outputs } = await stack.up());
    shared = String(outputs["shared"]);
    balanced = String(outputs["httpUrl"]);
    for (const url of [shared, balanced]) {
      await settled(
        () => send(`${url}/whose`, { host }).catch(() => undefined),
        (answer) => answer?.status === 302,
      );
    }
  });

  after(async () => {
    await stack.remove();
    kubectl("delete", "namespace", "balanced", "--ignore-not-found");
  });

  it("have the load balancer's address in their URLs, where that is what they are reached by", async () => {
    const [ingress] = (addressOf("public-istio") as { ingress: { ip: string }[] }).ingress;
    const { httpUrl, httpsUrl, nodePorts } = outputs;
    assert.deepEqual(
      { httpUrl, httpsUrl, nodePorts },
      { httpUrl: `http://${ingress?.ip}`, httpsUrl: `https://${ingress?.ip}`, nodePorts: {} },
    );
    await stack.refresh({ expectNoChanges: true });
    assert.deepEqual((await stack.preview()).steps, []);
  });

  it("answer with their own routes, and not with those of another", async () => {
    for (const [url, name, other] of [
      [shared, "shared", "public"],
      [balanced, "public", "shared"],
    ] as const) {
      const { status, headers } = await send(`${url}/whose`, { host });
      assert.deepEqual([status, headers.location], [302, `http://${name}.example.com/whose`]);
      assert.equal((await send(`${url}/${name}`, { host })).status, 302);
      assert.equal((await send(`${url}/${other}`, { host })).status, 404);
    }
  });

  it("redirect to the port of https under which they are reached themselves", async () => {
    const location = async (url: string) => (await send(`${url}/cart`, { host: secureHost })).headers.location;
    assert.equal(await location(shared), `https://${secureHost}:8444/cart`);
    assert.equal(await location(balanced), `https://${secureHost}/cart`);
  });

  it("show certificates of their own on the load balancer's address too", async () => {
    const { status } = await send(`${String(outputs["httpsUrl"])}/whose`, {
      host,
      ca: String(outputs["caCertificate"]),
    });
    assert.equal(status, 302);
  });

  it("tell their new address where the kind of their Service changes", async () => {
    serviceType = "NodePort";
    assert.equal((await stack.up()).outputs["httpUrl"], "http://localhost:8081");
    serviceType = "LoadBalancer";
    const { httpUrl } = (await stack.up()).outputs;
    const [ingress] = (addressOf("public-istio") as { ingress: { ip: string }[] }).ingress;
    assert.equal(httpUrl, `http://${ingress?.ip}`);
    await stack.refresh({ expectNoChanges: true });
  });

  it("close the port of https with their certificate, also where a NodePort held it before", async () => {
    hasCertificate = false;
    await stack.up();
    const [service] = get("service", "public-istio", "-n", "edge");
    const { type, ports } = service?.spec as { type: string; ports: { port: number }[] };
    assert.deepEqual([type, ports.map(({ port }) => port).sort()], ["LoadBalancer", [15021, 80]]);
    assert.deepEqual((await stack.preview()).steps, []);
  });

  it("share no address, and a Service that is balanced no more gives its own back", async () => {
    const service = (name: string) => `
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: balanced }
spec: { type: LoadBalancer, ports: [{ port: 80 }] }
`;
    const given = (name: string) =>
      settled(
        () => addressOf(name, "balanced") as { ingress?: { ip: string }[] },
        (status) => status.ingress !== undefined,
      );
    apply("apiVersion: v1\nkind: Namespace\nmetadata: { name: balanced }");
    apply(service("first"));
    const first = await given("first");
    assert.notDeepEqual(first, addressOf("public-istio"));
    kubectl("patch", "service", "first", "-n", "balanced", "-p", '{"spec": {"type": "ClusterIP"}}');
    assert.deepEqual(addressOf("first", "balanced"), {});
    // What the load balancer hears of a second later it has not handed out meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    apply(service("second"));
    assert.deepEqual(await given("second"), first);
  });
});
