// One healthy mesh of every shape at once: sidecars beside ambient, revisions, gateways of several owners, listeners of other
// teams, waypoints across namespaces, IPv6, and a thousand namespaces that use all of it. Every check passes.
import * as assert from "node:assert/strict";
import { checks } from "../../lib/checks";
import { findingLine } from "../../lib/checks/check";
import { judge } from "../../lib/checks/verdicts";
import { conditionIs, label, lists, set } from "./fixtures/breakages";
import { MeshApi, recordedAt } from "./fixtures/mesh-api";
import type { RawObject } from "./fixtures/raw-object";

const context = { now: recordedAt, publishedNodePorts: [30081, 30444] };
const captured = { "ambient.istio.io/redirection": "enabled" };
const ambient = { "istio.io/dataplane-mode": "ambient" };
const proxy = { name: "istio-proxy", image: "docker.io/istio/proxyv2:1.31.0" };
const paths = {
  grpcRoutes: lists.routes.replace("httproutes", "grpcroutes"),
  listenerSets: lists.routes.replace("httproutes", "listenersets"),
  oldListenerSets: "/apis/gateway.networking.x-k8s.io/v1alpha1/xlistenersets",
  peers: "/apis/security.istio.io/v1/peerauthentications",
  tokens: "/apis/security.istio.io/v1/requestauthentications",
  telemetries: "/apis/telemetry.istio.io/v1/telemetries",
  plugins: "/apis/extensions.istio.io/v1alpha1/wasmplugins",
  filters: "/apis/networking.istio.io/v1alpha3/envoyfilters",
  sidecars: "/apis/networking.istio.io/v1/sidecars",
  virtualServices: "/apis/networking.istio.io/v1/virtualservices",
  destinationRules: "/apis/networking.istio.io/v1/destinationrules",
  entries: "/apis/networking.istio.io/v1/serviceentries",
};

function object(namespace: string, name: string, spec: object = {}, metadata: object = {}): RawObject {
  return { metadata: { name, namespace, ...metadata }, spec };
}

function pod(namespace: string, name: string, metadata: object = {}, containers: object[] = []): RawObject {
  const own = containers.length > 0 ? containers : [{ name: "app", image: "docker.io/library/nginx:1.29" }];
  const status = { phase: "Running", podIP: "fd00::99", conditions: [{ type: "Ready", status: "True" }] };
  return { ...object(namespace, name, { nodeName: "node-1", containers: own }, metadata), status };
}

function copy(mesh: MeshApi, list: string, name: string, change: (object: RawObject) => void): void {
  const copied = structuredClone(mesh.all(list).find(({ metadata }) => metadata.name === name)!);
  change(copied);
  mesh.add(list, copied);
}

/** What istiod writes on a policy of which ztunnel leaves a part out, whoever reads it. */
const halfAccepted = conditionIs(
  "ZtunnelAccepted",
  "True",
  "UnsupportedValue",
  "ztunnel does not support HTTP attributes",
);

function policy(
  mesh: MeshApi,
  namespace: string,
  name: string,
  spec: object,
  change?: (object: RawObject) => void,
): void {
  const made: RawObject = { ...object(namespace, name, spec), status: {} };
  change?.(made);
  mesh.add(lists.authorization, made);
}

/** Sidecars with everything that only they read, and the gateway's own policies beside them. */
function sidecars(mesh: MeshApi): void {
  const of = { selector: { matchLabels: { app: "old" } } };
  const injected = { labels: { app: "old" }, annotations: { "sidecar.istio.io/status": "{}" } };
  const annotated = { "traffic.sidecar.istio.io/excludeOutboundPorts": "5432" };
  mesh
    .add(lists.namespaces, { metadata: { name: "legacy", labels: { "istio-injection": "enabled" } } })
    .add(
      lists.pods,
      pod("legacy", "old", { ...injected, annotations: { ...injected.annotations, ...annotated } }, [
        { name: "old", image: "docker.io/library/nginx:1.29" },
        proxy,
      ]),
    )
    .add(lists.services, object("legacy", "old", { selector: { app: "old" }, ports: [{ port: 80 }] }))
    .add(paths.tokens, object("legacy", "old", of))
    .add(paths.peers, object("legacy", "old", { ...of, portLevelMtls: { 8080: { mode: "DISABLE" } } }))
    .add(paths.telemetries, object("legacy", "old", { ...of, tracing: [{ disableSpanReporting: true }] }))
    .add(paths.plugins, object("legacy", "old", of))
    .add(paths.filters, object("legacy", "old", { workloadSelector: { labels: { app: "old" } }, configPatches: [{}] }))
    .add(paths.sidecars, object("legacy", "old", { egress: [{ hosts: ["./*"] }] }))
    .add(paths.virtualServices, object("legacy", "old", { hosts: ["old"] }));
  policy(mesh, "legacy", "http", { rules: [{ to: [{ operation: { methods: ["GET"] } }] }] }, halfAccepted);
  policy(
    mesh,
    "legacy",
    "custom",
    { ...of, action: "CUSTOM", rules: [{}] },
    conditionIs("ZtunnelAccepted", "False", "UnsupportedValue", "ztunnel does not support the CUSTOM action"),
  );
  const gateway = { selector: { matchLabels: { "gateway.networking.k8s.io/gateway-name": "hostk8s-gateway" } } };
  policy(
    mesh,
    "istio-system",
    "gateway",
    { ...gateway, rules: [{ to: [{ operation: { hosts: ["*"] } }] }] },
    halfAccepted,
  );
  const everywhere = object("legacy", "everywhere", { hosts: ["*.example.com"], resolution: "NONE" });
  everywhere["status"] = {};
  conditionIs("istio.io/WaypointMissing", "True", "NoWaypointForWildcardService", "will not apply")(everywhere);
  mesh.add(paths.entries, everywhere);
}

/** What a migration keeps until it has restarted the workload: ztunnel is to drop a part of it. */
function migrating(mesh: MeshApi): void {
  const source = { notPrincipals: ["cluster.local/ns/shop/sa/waypoint"], remoteIpBlocks: ["255.255.255.255/32"] };
  policy(mesh, "shop", "web-without-sidecar", { action: "DENY", rules: [{ from: [{ source }] }] }, (made) => {
    made.metadata.annotations = { "istio-ambient/migrated-from": "Deployment shop/web" };
    halfAccepted(made);
  });
}

/** A second istiod with a Gateway of its own, beside one of the first and those of another controller. */
function revisions(mesh: MeshApi): void {
  for (const list of [lists.deployments, lists.services]) {
    copy(mesh, list, "istiod", (istiod) => {
      istiod.metadata.name = "istiod-canary";
      label("istio.io/rev", "canary")(istiod);
    });
  }
  copy(mesh, lists.endpoints, mesh.all(lists.endpoints)[0]!.metadata.name, (slice) => {
    slice.metadata.name = "istiod-canary-1";
    label("kubernetes.io/service-name", "istiod-canary")(slice);
  });
  const place = (suffix: string) => (each: RawObject) =>
    Object.assign(each.metadata, { name: `second${suffix}`, namespace: "canary" });
  mesh.add(lists.namespaces, { metadata: { name: "canary", labels: { "istio.io/rev": "canary" } } });
  copy(mesh, lists.gateways, "hostk8s-gateway", (gateway) => {
    place("")(gateway);
    set("spec.infrastructure", undefined)(gateway);
    set("spec.listeners", [{ name: "http", port: 80, protocol: "HTTP" }])(gateway);
  });
  copy(mesh, lists.deployments, "hostk8s-gateway-istio", place("-istio"));
  copy(mesh, lists.services, "hostk8s-gateway-istio", (service) => {
    place("-istio")(service);
    set("spec.type", "LoadBalancer")(service);
    set("spec.ports", [{ name: "http", port: 80, nodePort: 31081 }])(service);
    service.metadata.ownerReferences = [
      { apiVersion: "gateway.networking.k8s.io/v1", kind: "Gateway", name: "second", uid: "1" },
    ];
  });
  mesh
    .add(lists.classes, { metadata: { name: "theirs" }, spec: { controllerName: "example.com/gateways" } })
    .add(lists.gateways, object("default", "theirs", { gatewayClassName: "theirs", listeners: [] }))
    .add(lists.routes, object("default", "theirs", { parentRefs: [{ name: "theirs" }] }));
}

const accepted = [
  { type: "Accepted", status: "True", reason: "Accepted" },
  { type: "Programmed", status: "True", reason: "Programmed" },
  { type: "ResolvedRefs", status: "True", reason: "ResolvedRefs" },
];

/** Listeners of a team at the mesh's gateway, and sets that another controller reads. */
function listenerSets(mesh: MeshApi): void {
  const listener = { name: "shop", hostname: "localhost", port: 443, protocol: "HTTPS" };
  const parentRef = { name: "hostk8s-gateway", namespace: "istio-system" };
  const tls = { certificateRefs: [{ name: "team-cert" }] };
  const attached = object("shop", "team", { parentRef, listeners: [{ ...listener, tls }] });
  attached["status"] = { conditions: accepted, listeners: [{ name: "shop", conditions: accepted }] };
  const ref = { kind: "ListenerSet", name: "team", sectionName: "shop" };
  const route = object("shop", "team", { parentRefs: [ref], rules: [{ backendRefs: [{ name: "web", port: 80 }] }] });
  route["status"] = {
    parents: [{ parentRef: ref, controllerName: "istio.io/gateway-controller", conditions: accepted }],
  };
  mesh.recording.objects["/api/v1/namespaces/shop/secrets/team-cert"] = {
    ...structuredClone(mesh.recording.objects[`${lists.secrets}/hostk8s-gateway-cert`]!),
    metadata: { name: "team-cert", namespace: "shop" },
  };
  mesh.recording.lists[paths.oldListenerSets] = [
    object("default", "theirs", { parentRef: { name: "theirs" }, listeners: [] }),
  ];
  const bundle = { "gateway.networking.k8s.io/bundle-version": "v1.6.0" };
  mesh
    .add(lists.definitions, { metadata: { name: "xlistenersets.gateway.networking.x-k8s.io", annotations: bundle } })
    .add(paths.listenerSets, attached)
    .add(lists.routes, route)
    .add(lists.routes, object("default", "old", { parentRefs: [{ kind: "XListenerSet", name: "theirs" }] }));
}

/** Two waypoints of one namespace for the whole mesh, of which one gets a share, and an egress behind them. */
function waypoints(mesh: MeshApi): void {
  for (const name of ["shared", "next"]) {
    const place = ({ metadata }: RawObject) => Object.assign(metadata, { name, namespace: "infra" });
    copy(mesh, lists.gateways, "waypoint", (gateway) => {
      place(gateway);
      set("spec.listeners.0.allowedRoutes", { namespaces: { from: "All" } })(gateway);
    });
    for (const list of [lists.deployments, lists.services]) copy(mesh, list, "waypoint", place);
    const labels = {
      "gateway.istio.io/managed": "istio.io-mesh-controller",
      "gateway.networking.k8s.io/gateway-name": name,
    };
    const waypoint = pod("infra", `${name}-1`, { labels }, [proxy]);
    set("spec.serviceAccountName", name)(waypoint);
    mesh.add(lists.pods, waypoint);
  }
  const egress = object(
    "infra",
    "egress",
    { hosts: ["*.example.org"] },
    { labels: { "istio.io/use-waypoint": "shared" } },
  );
  mesh.add(lists.namespaces, { metadata: { name: "infra" } }).add(paths.entries, egress);
  policy(mesh, "infra", "deny", {}, conditionIs("ZtunnelAccepted", "True", "Accepted", ""));
}

/** The policies that Istio's charts make for their own pods, and IPv6 alone. */
function network(mesh: MeshApi): void {
  const open = (name: string, ports: number[]) =>
    mesh.add(
      lists.networkPolicies,
      object("istio-system", name, {
        podSelector: { matchLabels: { app: name } },
        policyTypes: ["Ingress", "Egress"],
        ingress: ports.map((port) => ({ ports: [{ protocol: "TCP", port }] })),
        egress: [{}],
      }),
    );
  open("istiod", [15017, 15010, 15012, 15014, 8080]);
  open("ztunnel", [15021, 15020, 15008]);
  for (const [index, each] of mesh.all(lists.pods).entries()) set("status.podIP", `fd00::${index + 1}`)(each);
  const kubelet = [{ ipBlock: { cidr: "fd16:9254:7127:1337:ffff::/80" } }];
  mesh.edit(lists.networkPolicies, "web", set("spec.ingress.1.from", kubelet));
}

/** Namespaces of the mesh behind the shared waypoints, with all that their teams need. */
function teams(mesh: MeshApi, count: number): void {
  const use = { "istio.io/use-waypoint": "shared", "istio.io/use-waypoint-namespace": "infra" };
  const canary = { "istio.io/use-waypoint-canary": "next", "istio.io/use-waypoint-canary-namespace": "infra" };
  const weight = { "istio.io/use-waypoint-canary-weight": "10" };
  const backends = [{ backendRefs: [{ name: "app", port: 80 }] }];
  for (let index = 0; index < count; index++) {
    const name = `team-${index}`;
    const labels = { ...ambient, ...use, ...canary };
    const service: RawObject = {
      ...object(name, "app", { selector: { app: "app" }, ports: [{ port: 80 }] }),
      status: {},
    };
    conditionIs("istio.io/WaypointBound", "True", "WaypointAccepted", "Successfully attached to waypoint")(service);
    const rule = object(name, "app", {
      hosts: [`app.${name}.svc.cluster.local`],
      http: [{ route: [{ destination: { host: "app", subset: "v1" } }] }],
    });
    const ref = { kind: "Service", group: "", name: "app" };
    const route = object(name, "app", { parentRefs: [ref], rules: backends });
    route["status"] = {
      parents: [{ parentRef: ref, controllerName: "istio.io/gateway-controller", conditions: accepted }],
    };
    mesh
      .add(lists.namespaces, { metadata: { name, labels, annotations: weight } })
      .add(lists.pods, pod(name, "app", { labels: { app: "app" }, annotations: captured }))
      .add(lists.services, service)
      .add(paths.peers, object(name, "default", { mtls: { mode: "STRICT" } }))
      .add(
        paths.destinationRules,
        object(name, "app", {
          host: "app",
          exportTo: [".", "infra"],
          trafficPolicy: { tls: { mode: "DISABLE" } },
          subsets: [{ name: "v1", labels: { app: "app" } }],
        }),
      );
    // A waypoint routes a host by one of the two kinds.
    if (index % 2 === 0) mesh.add(paths.grpcRoutes, route);
    else mesh.add(paths.virtualServices, rule);
    const principals = [`cluster.local/ns/infra/sa/shared`, "cluster.local/ns/infra/sa/next"];
    policy(
      mesh,
      name,
      "through",
      { action: "ALLOW", rules: [{ from: [{ source: { principals } }] }] },
      conditionIs("ZtunnelAccepted", "True", "Accepted", ""),
    );
  }
}

describe("a healthy mesh of every shape at once", () => {
  it("passes every check", async () => {
    const mesh = new MeshApi();
    sidecars(mesh);
    migrating(mesh);
    revisions(mesh);
    listenerSets(mesh);
    waypoints(mesh);
    teams(mesh, 1000);
    network(mesh);
    mesh.serve(1002);
    const { results } = judge(checks, await mesh.snapshot(), context);
    assert.deepEqual(
      results
        .filter(({ outcome }) => outcome !== "passed")
        .map(({ check, why, findings }) => [check.id, why, findings.slice(0, 5).map(findingLine)]),
      [],
    );
    assert.equal(results.length, checks.length);
  });
});
