// Whether namespaces take the pods of gateways and waypoints, wherever these are: asked at preview, told as a warning.
import * as assert from "node:assert/strict";
import { AmbientMesh, IngressGateway, ServiceType, Waypoint } from "../../components";
import { preview } from "./applications";
import { record } from "./record";
import { onCluster } from "./serving-cluster";

const restricted =
  'pods "x" is forbidden: violates PodSecurity "restricted:latest": seccompProfile (pod or container "istio-proxy" must set ' +
  'securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")';

const create = (namespace: string) =>
  `kubectl create secret docker-registry registry --namespace ${namespace} --docker-server SERVER --docker-username USER ` +
  "--docker-password PASSWORD";

const missing = (namespace: string) =>
  `\`namespace\`: got "${namespace}"; must have the Secret registry, with which the mesh pulls its images ` +
  `(\`images.pullSecrets\`); run \`${create(namespace)}\``;

describe("the namespaces of gateways and waypoints", () => {
  let bodies: Record<string, object> = {};
  let refusals: string[] = [];

  onCluster((path) => {
    const [, refused] = /^\/api\/v1\/namespaces\/([^/]+)\/pods$/.exec(path) ?? [];
    if (refused !== undefined && refusals.includes(refused)) {
      return { status: 403, body: { kind: "Status", reason: "Forbidden", message: restricted } };
    }
    const body = refused === undefined ? bodies[path] : {};
    return body ? { body } : { status: 404, body: { kind: "Status", message: `${path} not found` } };
  });

  beforeEach(() => {
    const items = ["edge", "shop"].map((name) => ({ metadata: { name } }));
    bodies = { "/api/v1/namespaces": { items } };
    refusals = [];
  });

  async function warnings(program: () => void): Promise<string[]> {
    const { logged } = await record(program, preview);
    return logged.filter((line) => line.includes("may get no pods")).sort();
  }

  const mesh = () => new AmbientMesh("mesh", { images: { pullSecrets: ["registry"] }, preflight: { enabled: false } });
  const gateway = (namespace: string) =>
    new IngressGateway("public", { namespace, serviceType: ServiceType.ClusterIP });
  const waypoint = () => new Waypoint("waypoint", { namespace: "shop", for: [{ namespace: "shop" }] });

  it("need the mesh's pull secret", async () => {
    const all = () => [mesh(), gateway("edge"), waypoint()];
    assert.deepEqual(await warnings(all), [
      `warning: IngressGateway "public" may get no pods: ${missing("edge")}`,
      `warning: Waypoint "waypoint" may get no pods: ${missing("shop")}`,
    ]);
    bodies["/api/v1/namespaces/shop/secrets/registry"] = { metadata: { name: "registry" } };
    bodies["/api/v1/namespaces/edge/secrets/registry"] = { metadata: { name: "registry" } };
    assert.deepEqual(await warnings(all), []);
  });

  it("need it wherever the mesh comes in the program, and of no mesh none", async () => {
    assert.deepEqual(await warnings(() => [gateway("edge"), mesh()]), [
      `warning: IngressGateway "public" may get no pods: ${missing("edge")}`,
    ]);
    assert.deepEqual(await warnings(() => gateway("edge")), []);
  });

  it("need no Secret where they are made by the program, or where the Gateway is there", async () => {
    assert.deepEqual(await warnings(() => [mesh(), gateway("new")]), []);
    const items = [{ metadata: { name: "public", namespace: "edge" } }];
    bodies["/apis/gateway.networking.k8s.io/v1/gateways"] = { items };
    assert.deepEqual(await warnings(() => [mesh(), gateway("edge")]), []);
  });

  it("must admit the pods", async () => {
    refusals = ["edge"];
    assert.deepEqual(await warnings(() => [gateway("edge"), waypoint()]), [
      'warning: IngressGateway "public" may get no pods: `namespace`: got "edge"; the namespace must admit the gateway\'s pods, ' +
        "and its Pod Security level restricted asks for a seccomp profile, which istiod sets only if it is told one; write " +
        '`controlPlane: { values: { gateways: { seccompProfile: { type: "RuntimeDefault" } } } }`',
    ]);
  });
});
