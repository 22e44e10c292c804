// Reading a cluster: every page, a number of requests that objects do not drive, and a word for what cannot be read.
import * as assert from "node:assert/strict";
import * as http from "node:http";
import * as net from "node:net";
import { readCluster, type SnapshotRead } from "../../cluster/snapshot";
import { checks } from "../../lib/checks";
import { judge } from "../../lib/checks/verdicts";
import { ApiServer, kubeconfigText } from "./fixtures/api-server";
import { lists } from "./fixtures/breakages";
import { MeshApi, recordedAt } from "./fixtures/mesh-api";
import type { RawObject } from "./fixtures/raw-object";

const context = { now: recordedAt, publishedNodePorts: [30081, 30444] };

describe("reading a cluster", () => {
  let mesh: MeshApi;
  let server: ApiServer;

  beforeEach(async () => {
    mesh = new MeshApi();
    server = await ApiServer.start(mesh);
  });
  afterEach(() => server.stop());

  const read = (deadlineMs = 20_000): Promise<SnapshotRead> =>
    readCluster({ kubeconfigFile: server.kubeconfig }, deadlineMs);
  const asked = (path: string) => server.requests.filter((request) => request.split("?")[0] === `GET ${path}`);

  it("follows every page of a list", async () => {
    for (let index = 0; index < 1200; index++) mesh.add(lists.pods, pod(`extra-${index}`));
    const { snapshot } = await read();
    assert.equal(snapshot.pods.length, 1207);
    assert.equal(new Set(snapshot.pods.map(({ name }) => name)).size, 1207);
    assert.deepEqual(asked(lists.pods), [
      "GET /api/v1/pods?limit=500",
      "GET /api/v1/pods?limit=500&continue=500",
      "GET /api/v1/pods?limit=500&continue=1000",
    ]);
  });

  it("follows every page of the events, which come by name and not by age", async () => {
    for (let index = 0; index < 501; index++) {
      mesh.add(lists.events, { metadata: { name: `e-${index}`, namespace: "shop" }, involvedObject: {} });
    }
    const { snapshot } = await read();
    assert.equal(snapshot.events.length, 3 * 501);
    assert.equal(asked(lists.events).length, 6);
  });

  it("asks ztunnels of the nodes with most of the captured pods, and of no more than twenty", async () => {
    const [web] = mesh.all(lists.pods).filter(({ metadata }) => metadata.labels?.["app"] === "web");
    const [ztunnel] = mesh.all(lists.pods).filter(({ metadata }) => metadata.labels?.["app"] === "ztunnel");
    const on = (pod: RawObject, name: string, nodeName: string) => {
      const copy = structuredClone(pod);
      copy.metadata.name = name;
      (copy["spec"] as { nodeName: string }).nodeName = nodeName;
      mesh.add(lists.pods, copy);
    };
    for (let index = 0; index < 30; index++) {
      on(ztunnel!, `ztunnel-${index}`, `extra-${index}`);
      for (let pods = index < 19 ? 3 : 1; pods > 0; pods--) on(web!, `web-${index}-${pods}`, `extra-${index}`);
    }
    mesh.serve(3);
    const { snapshot } = await read();
    assert.deepEqual(
      snapshot.ztunnelCounts.map(({ node }) => node).sort(),
      ["node-1", ...Array.from({ length: 19 }, (_, index) => `extra-${index}`)].sort(),
    );
    assert.equal(server.requests.filter((request) => request.includes(":15020/")).length, 20);
  });

  it("reads a healthy mesh whole, with one request a list", async () => {
    const { snapshot, requests } = await read();
    assert.deepEqual(snapshot, { ...(await mesh.snapshot()), server: server.address });
    assert.equal(requests, server.requests.length);
    assert.equal(requests, 62);
  });

  it("asks for no more when namespaces, Services, routes and policies become many", async () => {
    for (let index = 0; index < 400; index++) {
      for (const path of [lists.namespaces, lists.services, lists.routes, lists.networkPolicies]) {
        mesh.add(path, { metadata: { name: `extra-${index}`, namespace: "shop" } });
      }
    }
    assert.equal((await read()).requests, 62);
  });

  it("asks for settings of proxies only where their CRDs are, and for all of them where CRDs may not be listed", async () => {
    const plurals = ["telemetries", "wasmplugins", "trafficextensions", "envoyfilters", "sidecars", "proxyconfigs"];
    const askedFor = () =>
      plurals.filter((plural) => server.requests.some((request) => request.includes(`/${plural}?`)));
    for (const name of ["trafficextensions.extensions.istio.io", "sidecars.networking.istio.io"]) {
      mesh.remove(lists.definitions, name);
    }
    assert.deepEqual((await read()).snapshot.gaps, {});
    assert.deepEqual(askedFor(), ["telemetries", "wasmplugins", "envoyfilters", "proxyconfigs"]);
    server.requests.length = 0;
    server.answers.set(lists.definitions, { status: 403, message: "no right to CRDs" });
    await read();
    assert.deepEqual(askedFor(), plurals);
  });

  it("knows no settings of proxies on a cluster without Istio's CRDs", async () => {
    mesh.recording.lists[lists.definitions] = [];
    const { snapshot } = await read();
    assert.deepEqual(snapshot.gaps.proxyPolicies, {
      cause: "missing",
      why: "the API has no /apis/telemetry.istio.io/v1/telemetries",
    });
  });

  it("reads many Secrets and ConfigMaps of gateways by one list each, and other Secrets by their names", async () => {
    const overlay = mesh.recording.objects[`${lists.configMaps}/hostk8s-gateway-overlay`]!;
    const fieldSelector = "metadata.name!=kube-root-ca.crt,metadata.name!=istio-ca-root-cert";
    mesh.recording.lists[`/api/v1/configmaps?fieldSelector=${fieldSelector}`] = [overlay];
    const secret = mesh.recording.objects[`${lists.secrets}/hostk8s-gateway-cert`]!;
    mesh.recording.lists["/api/v1/secrets?fieldSelector=type=kubernetes.io/tls"] = [secret];
    const [gateway] = mesh.all(lists.gateways).filter(({ metadata }) => metadata.name === "hostk8s-gateway");
    for (let index = 0; index < 20; index++) mesh.add(lists.gateways, gatewayLike(gateway!, index));
    const { snapshot, requests } = await read();
    assert.deepEqual(
      snapshot.configMaps.map(({ name }) => name),
      ["hostk8s-gateway-overlay", "istio-cni-config", "istio"],
    );
    assert.deepEqual(snapshot.secrets.map(({ name }) => name).sort(), ["hostk8s-gateway-cert", "istio-ca-secret"]);
    // 20 of the Secrets are not in the list of those of the usual type.
    assert.equal(requests, 62 + 20);
  });

  it("asks for metadata only where nothing else is looked at", async () => {
    await read();
    const partial = [...server.accepts].filter(([, accept]) => accept.includes("as=PartialObjectMetadataList"));
    assert.deepEqual(partial.map(([path]) => path).sort(), [
      "/api/v1/namespaces",
      "/api/v1/secrets",
      "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    ]);
  });

  it("never keeps a private key", async () => {
    mesh.edit(lists.secrets, "hostk8s-gateway-cert", (object) => {
      (object["data"] as Record<string, string>)["tls.key"] = Buffer.from("very private").toString("base64");
    });
    const text = JSON.stringify((await read()).snapshot);
    assert.ok(!text.includes("very private") && !text.includes(Buffer.from("very private").toString("base64")));
  });

  it("leaves checks open whose lists are forbidden or fail, and says why", async () => {
    const forbidden = 'gateways.gateway.networking.k8s.io is forbidden: User "me" cannot list resource "gateways"';
    server.answers.set(lists.gateways, { status: 403, message: forbidden });
    server.answers.set(lists.daemonSets, { status: 500, message: "etcd is away" });
    const { snapshot } = await read();
    assert.deepEqual(snapshot.gaps, {
      gateways: { cause: "forbidden", why: forbidden },
      daemonSets: { cause: "failed", why: "etcd is away" },
    });
    const open = judge(checks, snapshot, context).results.filter(({ outcome }) => outcome === "unknown");
    assert.deepEqual(
      Object.fromEntries(open.map(({ check, why }) => [check.id, why])),
      Object.fromEntries([
        ...["version-skew", "image-registry", "trusted-ztunnel", "memory", "cni-ready", "ztunnel-ready"].map(
          daemonSets,
        ),
        ...["ztunnel-settings"].map(daemonSets),
        ...["network-policy-gateways"].map(gateways),
        ...["captured-without-ztunnel", "pods-created", "istiod-ambient", "rollouts"].map(daemonSets),
        ...["gateway-accepted", "gateway-programmed", "gateway-listeners", "gateway-overlay", "gateway-pods"].map(
          gateways,
        ),
        ...["routes", "gateway-managed", "gateway-owned", "node-ports-free", "node-ports", "kind-ports"].map(gateways),
        ...["listener-sets", "listener-secrets", "certificate-ready", "certificate-valid", "certificate-expiry"].map(
          gateways,
        ),
        ...[
          "certificate-names",
          "certificate-shared",
          "waypoint-exists",
          "waypoint-bound",
          "waypoint-for",
          "waypoint-listener",
          "waypoint-pods",
          "waypoint-serves",
        ].map(gateways),
        ...["policy-ingress", "gateway-class-known", "gateway-revision", "destination-rules"].map(gateways),
      ]),
    );
    function daemonSets(id: string) {
      return [id, "etcd is away"];
    }
    function gateways(id: string) {
      return [id, forbidden];
    }
  });

  it("judges what it may read of several kinds of routes, and does not miss what the API does not have", async () => {
    const grpc = lists.routes.replace("httproutes", "grpcroutes");
    mesh.remove(lists.definitions, "tcproutes.gateway.networking.k8s.io");
    assert.deepEqual((await read()).snapshot.gaps, {});
    assert.ok(!server.requests.some((request) => request.includes("/tcproutes")));
    server.answers.set(grpc, { status: 403, message: "no right to grpcroutes" });
    const { snapshot } = await read();
    assert.deepEqual(snapshot.gaps, { routes: { cause: "forbidden", why: "no right to grpcroutes", partial: true } });
    const report = judge(checks, snapshot, context);
    assert.deepEqual(
      report.results.filter(({ outcome }) => outcome !== "passed"),
      [],
    );
    assert.deepEqual(report.unread[0]?.narrowed, [
      ...["routes", "route-ports", "service-routes", "mixed-routes", "destination-rules", "policy-ingress"],
      "waypoint-serves",
    ]);
    for (const plural of ["httproutes", "tlsroutes"]) {
      server.answers.set(lists.routes.replace("httproutes", plural), { status: 404, message: "not found" });
    }
    assert.equal((await read()).snapshot.gaps.routes?.cause, "forbidden");
  });

  it("reads routes in the version that the API has, and says where a CRD has none", async () => {
    const [tcp, tls] = ["tcproutes", "tlsroutes"].map((plural) => lists.routes.replace("httproutes", plural));
    for (const path of [tcp!, tls!]) delete mesh.recording.lists[path];
    const route = (name: string) => ({
      metadata: { name, namespace: "shop" },
      spec: { parentRefs: [{ name: "tcp" }] },
    });
    mesh.recording.lists[tcp!.replace("/v1/", "/v1alpha2/")] = [route("db")];
    mesh.recording.lists[tls!.replace("/v1/", "/v1alpha3/")] = [route("api")];
    const first = await read();
    assert.deepEqual(first.snapshot.gaps, {});
    const later = first.snapshot.routes.filter(({ kind }) => ["TLSRoute", "TCPRoute"].includes(kind));
    assert.deepEqual(later.map(({ kind, name }) => `${kind} ${name}`).sort(), ["TCPRoute db", "TLSRoute api"]);
    assert.equal(first.requests, 64);
    delete mesh.recording.lists[tcp!.replace("/v1/", "/v1alpha2/")];
    assert.deepEqual((await read()).snapshot.gaps, {
      routes: { cause: "failed", why: `the API has no ${tcp!}`, partial: true },
    });
  });

  it("leaves open whether releases have drifted where their Secrets or objects cannot be read", async () => {
    server.answers.set("/api/v1/namespaces/istio-system/secrets", { status: 403, message: "no right to Secrets" });
    assert.deepEqual((await read()).snapshot.gaps, {
      drift: { cause: "failed", why: "the releases in istio-system: no right to Secrets" },
    });
    server.answers.delete("/api/v1/namespaces/istio-system/secrets");
    server.answers.set("/api/v1/namespaces/istio-system/configmaps", { status: 403, message: "no right to look" });
    server.answers.set("/apis/apps/v1/namespaces/istio-system/deployments/istiod", {
      status: 500,
      message: "etcd is away",
    });
    assert.deepEqual((await read()).snapshot.gaps, {
      drift: { cause: "failed", why: "configmaps: no right to look; Deployment istiod: etcd is away" },
    });
  });

  it("says when a page fails in the middle of a list", async () => {
    for (let index = 0; index < 600; index++) mesh.add(lists.pods, pod(`extra-${index}`));
    server.answers.set(`${lists.pods}?limit=500&continue=500`, {
      status: 410,
      message: "The provided continue parameter is too old",
    });
    assert.deepEqual((await read()).snapshot.gaps.pods, {
      cause: "failed",
      why: "The provided continue parameter is too old",
    });
  });

  it("reads a list again that took longer than the API server remembers it", async () => {
    for (let index = 0; index < 600; index++) mesh.add(lists.pods, pod(`extra-${index}`));
    const second = `${lists.pods}?limit=500&continue=500`;
    server.answers.set(second, { status: 410, message: "The provided continue parameter is too old" });
    const expired = (request: string) => {
      if (request === `GET ${second}`) server.answers.delete(second);
    };
    server.onAnswer = expired;
    const { snapshot } = await read();
    assert.deepEqual(snapshot.gaps, {});
    assert.equal(snapshot.pods.length, 607);
    assert.equal(asked(lists.pods).length, 4);
  });

  it("judges a cluster without cert-manager", async () => {
    delete mesh.recording.lists[lists.certificates];
    const { snapshot } = await read();
    assert.deepEqual(snapshot.gaps, {
      certificates: { cause: "missing", why: "the API has no /apis/cert-manager.io/v1/certificates" },
    });
    const report = judge(checks, snapshot, context);
    assert.deepEqual(
      report.results.filter(({ outcome }) => outcome !== "passed"),
      [],
    );
  });

  it("leaves istio-cni's word on ztunnel open where it cannot be had", async () => {
    mesh.recording.texts = {};
    const [agent] = mesh.all(lists.pods).filter(({ metadata }) => metadata.labels?.["k8s-app"] === "istio-cni-node");
    assert.deepEqual((await read()).snapshot.gaps, {
      ztunnelLinks: { cause: "failed", why: `no metric ztunnel_connected from istio-system/${agent!.metadata.name}` },
      ztunnelCounts: {
        cause: "failed",
        why: "no metric workload_manager_active_proxy_count from istio-system/ztunnel-g2spx",
      },
    });
  });

  it("reads through a proxy", async () => {
    const seen: string[] = [];
    const proxy = http.createServer().on("connect", (request, socket: net.Socket) => {
      seen.push(request.url ?? "");
      const upstream = net.connect(Number(new URL(server.address).port), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        upstream.pipe(socket).pipe(upstream);
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const { port } = proxy.address() as net.AddressInfo;
    const text = kubeconfigText(server.address).replace('"server"', `"proxy-url":"http://127.0.0.1:${port}","server"`);
    const { snapshot } = await readCluster({ kubeconfig: text }, 20_000);
    assert.equal(snapshot.pods.length, 7);
    assert.deepEqual([...new Set(seen)], [new URL(server.address).host]);
    proxy.closeAllConnections();
    proxy.close();
  });

  it("gives up when nobody answers in time", async () => {
    server.answers.set(lists.pods, "silence");
    await assert.rejects(read(700), {
      name: "UnreachableError",
      message: `cannot reach the cluster at ${server.address}: no answer within 0.7 s`,
    });
  });

  it("gives up when the credentials are refused", async () => {
    server.answers.set("/version", { status: 401, message: "Unauthorized" });
    await assert.rejects(read(), {
      name: "UnreachableError",
      message: `the API server at ${server.address} rejected the credentials: Unauthorized`,
    });
  });

  it("gives up when nobody listens", async () => {
    await assert.rejects(readCluster({ kubeconfig: kubeconfigText("http://127.0.0.1:1") }, 5000), {
      name: "UnreachableError",
      message: "cannot reach the cluster at http://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1",
    });
  });
});

function pod(name: string): RawObject {
  return { metadata: { name, namespace: "elsewhere" }, status: { phase: "Running" } };
}

function gatewayLike(gateway: RawObject, index: number): RawObject {
  const copy = structuredClone(gateway);
  copy.metadata.name = `extra-${index}`;
  const { infrastructure, listeners } = copy["spec"] as {
    infrastructure: { parametersRef: { name: string } };
    listeners: { tls?: { certificateRefs: { name: string }[] } }[];
  };
  infrastructure.parametersRef.name = `overlay-${index}`;
  for (const { tls } of listeners) if (tls) tls.certificateRefs[0]!.name = `secret-${index}`;
  return copy;
}
