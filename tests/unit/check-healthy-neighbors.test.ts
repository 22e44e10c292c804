// Healthy meshes beside what people had before and keep: other gateways, other controllers, other revisions, other addresses.
import { conditionIs, label, lists, set } from "./fixtures/breakages";
import { assertHealthy } from "./fixtures/healthy";
import type { MeshApi } from "./fixtures/mesh-api";
import type { RawObject } from "./fixtures/raw-object";

const captured = { "ambient.istio.io/redirection": "enabled" };
const ready = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
const proxy = { name: "istio-proxy", image: "docker.io/istio/proxyv2:1.31.0" };
const routeList = (plural: string) => lists.routes.replace("httproutes", plural);

function pod(namespace: string, name: string, containers: object[], metadata: object = {}): RawObject {
  return {
    metadata: { name, namespace, ...metadata },
    spec: { nodeName: "node-1", containers },
    status: structuredClone(ready),
  };
}

function copy(mesh: MeshApi, list: string, name: string, change: (object: RawObject) => void): void {
  const object = structuredClone(mesh.all(list).find(({ metadata }) => metadata.name === name)!);
  change(object);
  mesh.add(list, object);
}

/** A gateway of the chart `gateway`, whose only container is an injected proxy, in an ambient namespace. */
function classicGateway(mesh: MeshApi): void {
  const injected = { annotations: { "sidecar.istio.io/status": "{}", "istio.io/rev": "default" } };
  mesh
    .add(lists.namespaces, { metadata: { name: "edge", labels: { "istio.io/dataplane-mode": "ambient" } } })
    .add(lists.pods, pod("edge", "istio-ingress", [proxy], { ...injected, labels: { istio: "ingress" } }))
    .add(lists.services, {
      metadata: { name: "istio-ingress", namespace: "edge" },
      spec: { type: "LoadBalancer", selector: { istio: "ingress" }, ports: [{ port: 80, nodePort: 31080 }] },
    });
}

/** A second gateway of istiod's, one with a Service of somebody's own, and those of other controllers. */
function gateways(mesh: MeshApi): void {
  const name = (object: RawObject, suffix = "") =>
    Object.assign(object.metadata, { name: `inner${suffix}`, namespace: "shop" });
  copy(mesh, lists.gateways, "hostk8s-gateway", (gateway) => {
    name(gateway);
    set("spec.infrastructure", undefined)(gateway);
    set("spec.listeners", [{ name: "http", port: 80, protocol: "HTTP" }])(gateway);
  });
  copy(mesh, lists.deployments, "hostk8s-gateway-istio", (object) => name(object, "-istio"));
  copy(mesh, lists.services, "hostk8s-gateway-istio", (object) => {
    name(object, "-istio");
    set("spec.type", "LoadBalancer")(object);
    set("spec.ports", [{ name: "http", port: 80, nodePort: 31081 }])(object);
    object.metadata.ownerReferences = [
      { apiVersion: "gateway.networking.k8s.io/v1", kind: "Gateway", name: "inner", uid: "1" },
    ];
  });
  copy(mesh, lists.gateways, "hostk8s-gateway", (gateway) => {
    Object.assign(gateway.metadata, { name: "classic" });
    set("spec.infrastructure", undefined)(gateway);
    set("spec.addresses", [{ type: "Hostname", value: "istio-ingress.edge.svc.cluster.local" }])(gateway);
  });
  const theirs = (className: string, controllerName: string) => {
    mesh.add(lists.classes, { metadata: { name: className }, spec: { controllerName } });
    mesh.add(lists.gateways, {
      metadata: { name: className, namespace: "default" },
      spec: { gatewayClassName: className, listeners: [{ name: "http", port: 80, protocol: "HTTP" }] },
      status: { conditions: [{ type: "Programmed", status: "False", reason: "Pending", message: "" }] },
    });
    const ref = { name: className, namespace: "default" };
    for (const plural of ["httproutes", "tcproutes"]) {
      mesh.add(routeList(plural), { metadata: { name: className, namespace: "default" }, spec: { parentRefs: [ref] } });
    }
  };
  theirs("envoy", "gateway.envoyproxy.io/gatewayclass-controller");
  theirs("istio-remote", "istio.io/unmanaged-gateway");
}

/** Routes and tokens of sidecars, which need no waypoint. */
function sidecars(mesh: MeshApi): void {
  const status = { annotations: { "sidecar.istio.io/status": "{}" }, labels: { app: "old" } };
  mesh
    .add(lists.namespaces, { metadata: { name: "legacy", labels: { "istio-injection": "enabled" } } })
    .add(lists.pods, pod("legacy", "old", [{ name: "old", image: "nginx" }, proxy], status))
    .add(lists.services, { metadata: { name: "old", namespace: "legacy" }, spec: { ports: [{ port: 80 }] } })
    .add(lists.routes, {
      metadata: { name: "old", namespace: "legacy" },
      spec: { parentRefs: [{ kind: "Service", group: "", name: "old" }] },
    })
    .add("/apis/security.istio.io/v1/requestauthentications", {
      metadata: { name: "old", namespace: "legacy" },
      spec: { selector: { matchLabels: { app: "old" } } },
    });
}

/** One istiod of a revision with a name, a tag in front of it, and all Gateways on the tag. */
function tagged(mesh: MeshApi): void {
  const rev = label("istio.io/rev", "1-31");
  for (const list of [lists.deployments, lists.services]) mesh.edit(list, "istiod", rev);
  for (const name of ["istiod-default-validator", "istio-validator-istio-system"])
    mesh.edit(lists.validating, name, rev);
  mesh.edit(lists.mutating, "istio-sidecar-injector", rev);
  copy(mesh, lists.mutating, "istio-sidecar-injector", (webhook) => {
    webhook.metadata.name = "istio-revision-tag-prod";
    label("istio.io/tag", "prod")(webhook);
  });
  mesh
    .edit(lists.gateways, "waypoint", label("istio.io/rev", "prod"))
    .edit(lists.namespaces, "istio-system", label("istio.io/rev", "prod"));
}

/** Application, waypoint and policy in three namespaces, and a route of the Service that the waypoint follows. */
function waypoints(mesh: MeshApi): void {
  const place = ({ metadata }: RawObject) => Object.assign(metadata, { name: "shared", namespace: "infra" });
  copy(mesh, lists.gateways, "waypoint", (gateway) => {
    place(gateway);
    set("spec.listeners.0.allowedRoutes", { namespaces: { from: "All" } })(gateway);
  });
  copy(mesh, lists.deployments, "waypoint", place);
  copy(mesh, lists.services, "waypoint", place);
  const use = { "istio.io/use-waypoint": "shared", "istio.io/use-waypoint-namespace": "infra" };
  const service = {
    metadata: { name: "api", namespace: "edge", labels: use },
    spec: { selector: { app: "api" }, ports: [{ port: 80 }] },
    status: {},
  };
  conditionIs("istio.io/WaypointBound", "True", "WaypointAccepted", "")(service);
  mesh
    .add(lists.namespaces, { metadata: { name: "infra" } })
    .add(lists.namespaces, { metadata: { name: "edge", labels: { "istio.io/dataplane-mode": "ambient" } } })
    .add(
      lists.pods,
      pod("edge", "api", [{ name: "api", image: "nginx" }], { labels: { app: "api" }, annotations: captured }),
    )
    .add(lists.services, service)
    .add(routeList("grpcroutes"), {
      metadata: { name: "api", namespace: "edge" },
      spec: {
        parentRefs: [{ kind: "Service", group: "", name: "api" }],
        rules: [{ backendRefs: [{ name: "api", port: 80 }] }],
      },
    })
    .add("/apis/security.istio.io/v1/requestauthentications", {
      metadata: { name: "api", namespace: "edge" },
      spec: { targetRefs: [{ kind: "Service", group: "", name: "api" }] },
    })
    .serve(3);
}

/** Addresses of IPv6 alone, and a policy that lets the kubelet's in. */
function ipv6(mesh: MeshApi): void {
  for (const [index, each] of mesh.all(lists.pods).entries()) {
    set("status.podIP", `fd00::${index + 1}`)(each);
    set("status.podIPs", [{ ip: `fd00::${index + 1}` }])(each);
  }
  mesh.edit(
    lists.networkPolicies,
    "web",
    set("spec.ingress.1.from", [{ ipBlock: { cidr: "fd16:9254:7127:1337:ffff::/80" } }]),
  );
}

/** What the line before has not: kinds that came with a newer Gateway API. */
function olderApi(mesh: MeshApi): void {
  for (const plural of ["grpcroutes", "tlsroutes", "tcproutes"]) delete mesh.recording.lists[routeList(plural)];
}

/** DNS is nobody's business where no ServiceEntry has a waypoint. */
function withoutDns(mesh: MeshApi): void {
  mesh.recording.objects["/api/v1/namespaces/istio-system/configmaps/istio-cni-config"] = {
    metadata: { name: "istio-cni-config", namespace: "istio-system" },
    data: { AMBIENT_DNS_CAPTURE: "false" },
  };
  mesh.add("/apis/networking.istio.io/v1/serviceentries", {
    metadata: { name: "api", namespace: "shop" },
    spec: { hosts: ["api.example.com"] },
  });
}

/** A mesh for ztunnel alone: no Gateway, no waypoint, no route. */
function bare(mesh: MeshApi): void {
  for (const name of ["hostk8s-gateway", "waypoint"]) mesh.remove(lists.gateways, name);
  for (const name of ["hostk8s-gateway-istio", "waypoint"]) {
    mesh.remove(lists.deployments, name).remove(lists.services, name);
  }
  for (const name of mesh.all(lists.pods).map(({ metadata }) => metadata.name)) {
    if (/^(hostk8s-gateway|waypoint)-/.test(name)) mesh.remove(lists.pods, name);
  }
  mesh.remove(lists.routes, "web").remove(lists.authorization, "readers");
  mesh.edit(lists.services, "web", label("istio.io/use-waypoint", undefined));
  mesh.edit(lists.namespaces, "shop", label("istio.io/use-waypoint", undefined));
}

const shapes: [what: string, make: (mesh: MeshApi) => void][] = [
  ["a gateway of the classic chart in an ambient namespace", classicGateway],
  ["several gateways, also of others", gateways],
  ["routes and tokens of sidecars", sidecars],
  ["a revision with a name, and a tag", tagged],
  ["waypoints, applications and routes across namespaces", waypoints],
  ["IPv6 alone", ipv6],
  ["an older Gateway API", olderApi],
  ["DNS that is not captured", withoutDns],
  ["neither gateways nor waypoints", bare],
];

describe("a healthy mesh beside", () => {
  for (const [what, make] of shapes) {
    it(`${what} has nothing wrong`, () => assertHealthy(make));
  }

  it("all of it at once has nothing wrong", () =>
    assertHealthy(classicGateway, gateways, sidecars, tagged, withoutDns));
});
