// Healthy meshes on platforms and beside neighbors that change what the API server shows: nothing is to be found in any.
import { label, lists, set } from "./fixtures/breakages";
import { assertHealthy } from "./fixtures/healthy";
import type { MeshApi } from "./fixtures/mesh-api";
import type { RawObject } from "./fixtures/raw-object";

const captured = { "ambient.istio.io/redirection": "enabled" };
const ready = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
const ambient = { "istio.io/dataplane-mode": "ambient" };

function pod(namespace: string, name: string, metadata: object = {}, spec: object = {}): RawObject {
  const containers = [{ name: "web", image: "docker.io/library/nginx:1.29" }];
  return {
    metadata: { name, namespace, ...metadata },
    spec: { nodeName: "node-1", containers, ...spec },
    status: structuredClone(ready),
  };
}

function daemonSet(namespace: string, name: string, image: string, labels: Record<string, string> = {}): RawObject {
  const containers = [{ name, image }];
  return {
    metadata: { name, namespace, labels },
    spec: { template: { spec: { containers } } },
    status: { desiredNumberScheduled: 1, numberReady: 1, numberAvailable: 1, updatedNumberScheduled: 1 },
  };
}

function definition(mesh: MeshApi, name: string): MeshApi {
  return mesh.add(lists.definitions, { metadata: { name } });
}

function copy(mesh: MeshApi, list: string, name: string, change: (object: RawObject) => void): void {
  const object = structuredClone(mesh.all(list).find(({ metadata }) => metadata.name === name)!);
  change(object);
  mesh.add(list, object);
}

/** Other meshes with proxies, webhooks and ports of their own, in namespaces of their own. */
function otherMeshes(mesh: MeshApi): void {
  const proxies: [string, string, number][] = [
    ["linkerd", "linkerd-proxy", 4143],
    ["consul", "consul-dataplane", 15001],
    ["kuma", "kuma-sidecar", 15006],
  ];
  for (const [name, proxy, port] of proxies) {
    const containers = [{ name: "app" }, { name: proxy, ports: [{ containerPort: port }] }];
    mesh
      .add(lists.namespaces, { metadata: { name } })
      .add(lists.pods, pod(name, "app", {}, { containers }))
      .add(lists.mutating, {
        metadata: { name: `${name}-injector` },
        webhooks: [{ name: `injector.${name}.example`, failurePolicy: "Ignore", clientConfig: { url: "https://a" } }],
      });
  }
  const outside = { labels: { "istio.io/dataplane-mode": "none" } };
  mesh.add(lists.pods, pod("shop", "linked", outside, { containers: [{ name: "app" }, { name: "linkerd-proxy" }] }));
}

/** GKE with Dataplane V2: Cilium under another name, its own labels and quotas. */
function dataplaneV2(mesh: MeshApi): void {
  mesh.recording.objects["/api/v1/namespaces/kube-system/configmaps/cilium-config"] = {
    metadata: {
      name: "cilium-config",
      namespace: "kube-system",
      labels: { "addonmanager.kubernetes.io/mode": "Reconcile" },
    },
    data: {
      ...{ "cni-exclusive": "true", "custom-cni-conf": "false", "kube-proxy-replacement": "true" },
      ...{ "bpf-lb-sock-hostns-only": "true", "enable-host-legacy-routing": "true", "enable-ipv4-masquerade": "false" },
    },
  };
  mesh.add(lists.daemonSets, daemonSet("kube-system", "anetd", "gke.gcr.io/cilium:v1.17.0", { "k8s-app": "cilium" }));
  mesh.edit(lists.nodes, "node-1", label("cloud.google.com/gke-nodepool", "default"));
}

/** Cilium with a policy that lets the kubelet's probes in, and CRDs of its own. */
function cilium(mesh: MeshApi): void {
  for (const name of ["ciliumnetworkpolicies", "ciliumclusterwidenetworkpolicies", "ciliumnodeconfigs"]) {
    definition(mesh, `${name}.cilium.io`);
    mesh.recording.lists[`/apis/cilium.io/v2/${name}`] = [];
  }
  mesh.recording.lists["/apis/cilium.io/v2/namespaces/kube-system/ciliumnodeconfigs"] = [];
  mesh.recording.lists["/apis/cilium.io/v2/ciliumclusterwidenetworkpolicies"] = [
    {
      metadata: { name: "allow-ambient-hostprobes" },
      spec: {
        endpointSelector: {},
        enableDefaultDeny: { ingress: false, egress: false },
        ingress: [{ fromCIDR: ["169.254.7.127/32"] }],
      },
    },
    { metadata: { name: "nodes" }, spec: { nodeSelector: {}, ingress: [{ fromEntities: ["cluster"] }] } },
    {
      metadata: { name: "monitoring" },
      spec: {
        endpointSelector: { matchLabels: { "k8s:io.kubernetes.pod.namespace": "monitoring" } },
        ingress: [{ fromEntities: ["cluster"] }],
      },
    },
  ];
  mesh.recording.objects["/api/v1/namespaces/kube-system/configmaps/cilium-config"] = {
    metadata: { name: "cilium-config", namespace: "kube-system" },
    data: {
      ...{ "cni-exclusive": "false", "kube-proxy-replacement": "true", "bpf-lb-sock-hostns-only": "true" },
      ...{ "enable-bpf-masquerade": "false", "enable-ipv4-masquerade": "true", "enable-ipv4": "true" },
      ...{ "bpf-lb-external-clusterip": "true", "write-cni-conf-when-ready": "/host/etc/cni/net.d/05-cilium.conflist" },
    },
  };
  mesh.add(lists.daemonSets, daemonSet("kube-system", "cilium", "quay.io/cilium/cilium:v1.18.3"));
}

interface Templated {
  template: { spec: { containers: { image: string; env: { name: string; value?: string }[] }[] } };
}

/** Takes a variable of istiod away. */
function without(istiod: RawObject, variable: string): void {
  const { containers } = (istiod["spec"] as Templated).template.spec;
  containers[0]!.env = containers[0]!.env.filter(({ name }) => name !== variable);
}

/** An istiod for sidecars alone, with a Service of its own, which the API lists before the mesh's: in another namespace. */
function addOn(mesh: MeshApi): void {
  const theirs = (object: RawObject) => {
    Object.assign(object.metadata, { name: "istiod-asm-1-27", namespace: "aks-istio-system" });
    label("istio.io/rev", "asm-1-27")(object);
  };
  copy(mesh, lists.deployments, "istiod", (istiod) => {
    theirs(istiod);
    without(istiod, "PILOT_ENABLE_AMBIENT");
    without(istiod, "CA_TRUSTED_NODE_ACCOUNTS");
    label("app.kubernetes.io/version", "1.30.3")(istiod);
    (istiod["spec"] as Templated).template.spec.containers[0]!.image = "mcr.example.com/pilot:1.30.3";
  });
  copy(mesh, lists.services, "istiod", (service) => {
    theirs(service);
    set("spec.selector", { app: "istiod", "istio.io/rev": "asm-1-27" })(service);
  });
  copy(mesh, lists.endpoints, mesh.all(lists.endpoints)[0]!.metadata.name, (slice) => {
    theirs(slice);
    label("kubernetes.io/service-name", "istiod-asm-1-27")(slice);
  });
  const first = mesh.all(lists.deployments).at(-1)!;
  for (const items of Object.values(mesh.recording.lists)) {
    if (items.at(-1) === first) items.unshift(items.pop()!);
  }
}

/** Two istiods of release lines that this package knows. */
function lines(mesh: MeshApi): void {
  const revised = (object: RawObject) => {
    object.metadata.name = "istiod-1-30-8";
    label("istio.io/rev", "1-30-8")(object);
  };
  copy(mesh, lists.deployments, "istiod", (istiod) => {
    revised(istiod);
    label("app.kubernetes.io/version", "1.30.8")(istiod);
    (istiod["spec"] as Templated).template.spec.containers[0]!.image = "docker.io/istio/pilot:1.30.8";
  });
  copy(mesh, lists.services, "istiod", revised);
  copy(mesh, lists.endpoints, mesh.all(lists.endpoints)[0]!.metadata.name, (slice) => {
    revised(slice);
    label("kubernetes.io/service-name", "istiod-1-30-8")(slice);
  });
}

/** OpenShift: agents in kube-system, an istiod of the Ingress Operator beside, and a network of its own. */
function openShift(mesh: MeshApi): void {
  const moved = (object: RawObject) => (object.metadata.namespace = "kube-system");
  for (const name of ["istio-cni-node", "ztunnel"]) mesh.edit(lists.daemonSets, name, moved);
  for (const each of mesh.all(lists.pods)) {
    if (/^(istio-cni-node|ztunnel)-/.test(each.metadata.name)) moved(each);
  }
  mesh.edit(lists.deployments, "istiod", (istiod) => {
    const { containers } = (istiod["spec"] as { template: { spec: { containers: { env: { name: string }[] }[] } } })
      .template.spec;
    for (const each of containers[0]!.env) {
      if (each.name === "CA_TRUSTED_NODE_ACCOUNTS") Object.assign(each, { value: "kube-system/ztunnel" });
    }
  });
  for (const text of Object.keys(mesh.recording.texts)) {
    const url = text.replace("/istio-system/pods/", "/kube-system/pods/");
    mesh.recording.texts[url] = mesh.recording.texts[text]!;
  }
  const theirs = ({ metadata }: RawObject) => {
    Object.assign(metadata, { name: "istiod-openshift-gateway", namespace: "openshift-ingress" });
    metadata.labels = { ...metadata.labels, "istio.io/rev": "openshift-gateway" };
  };
  copy(mesh, lists.deployments, "istiod", (istiod) => {
    theirs(istiod);
    without(istiod, "PILOT_ENABLE_AMBIENT");
  });
  copy(mesh, lists.services, "istiod", (service) => {
    theirs(service);
    label("istio.io/rev", "openshift-gateway")(service);
  });
  const [slice] = mesh.all(lists.endpoints);
  copy(mesh, lists.endpoints, slice!.metadata.name, (object) => {
    Object.assign(object.metadata, { name: "istiod-openshift-gateway-1", namespace: "openshift-ingress" });
    label("kubernetes.io/service-name", "istiod-openshift-gateway")(object);
  });
  definition(mesh, "networks.operator.openshift.io");
  mesh.recording.objects["/apis/operator.openshift.io/v1/networks/cluster"] = {
    metadata: { name: "cluster" },
    ...{
      spec: {
        defaultNetwork: {
          type: "OVNKubernetes",
          ovnKubernetesConfig: { gatewayConfig: { routingViaHost: true } },
        },
      },
    },
  };
}

/** Several clusters: a network with a name, gateways between them, and Services of the other side. */
function severalClusters(mesh: MeshApi): void {
  mesh.edit(lists.namespaces, "istio-system", label("topology.istio.io/network", "west"));
  mesh.edit(lists.daemonSets, "ztunnel", (ztunnel) => {
    const { containers } = (ztunnel["spec"] as { template: { spec: { containers: { env: object[] }[] } } }).template
      .spec;
    containers[0]!.env.push({ name: "NETWORK", value: "west" });
  });
  const theirs = (className: string, controllerName: string, listeners: object[]) => {
    mesh.add(lists.classes, {
      metadata: { name: className },
      spec: { controllerName },
      status: { conditions: [{ type: "Accepted", status: "True", reason: "Accepted", message: "" }] },
    });
    mesh.add(lists.gateways, {
      metadata: { name: className, namespace: "istio-system", labels: { "topology.istio.io/network": "east" } },
      spec: { gatewayClassName: className, listeners },
      status: { conditions: [{ type: "Programmed", status: "True", reason: "Programmed", message: "" }] },
    });
  };
  const tls = { mode: "Terminate", options: { "gateway.istio.io/tls-terminate-mode": "ISTIO_MUTUAL" } };
  theirs("istio-east-west", "istio.io/eastwest-controller", [{ name: "mesh", port: 15008, protocol: "HBONE", tls }]);
  theirs("istio-remote", "istio.io/unmanaged-gateway", [{ name: "mesh", port: 15008, protocol: "HBONE", tls }]);
  const managed = {
    "gateway.istio.io/managed": "istio.io-eastwest-controller",
    ...{ "istio.io/dataplane-mode": "none" },
  };
  mesh.add(lists.pods, pod("istio-system", "istio-east-west-1", { labels: managed }));
}

/** The experimental channel of the Gateway API, with kinds of its own. */
function experimental(mesh: MeshApi): void {
  for (const { metadata } of mesh.all(lists.definitions)) {
    if (metadata.name.endsWith(".gateway.networking.k8s.io")) {
      metadata.annotations = { ...metadata.annotations, "gateway.networking.k8s.io/channel": "experimental" };
    }
  }
  definition(mesh, "xbackendtrafficpolicies.gateway.networking.x-k8s.io");
}

/** Everything closed by default, and open for what a mesh needs. */
function closedByDefault(mesh: MeshApi): void {
  const rules = (ports: number[], from?: object[]) => ({
    ports: ports.map((port) => ({ port })),
    ...(from && { from }),
  });
  const all = (namespace: string, name: string, spec: object) =>
    mesh.add(lists.networkPolicies, { metadata: { name, namespace }, spec: { podSelector: {}, ...spec } });
  for (const namespace of ["istio-system", "shop"]) {
    all(namespace, "default-deny", { policyTypes: ["Ingress", "Egress"] });
    all(namespace, "names", {
      policyTypes: ["Egress"],
      egress: [{ ports: [{ port: 53 }, { port: 53, protocol: "UDP" }] }],
    });
  }
  const everywhere = [{ namespaceSelector: {} }];
  all("shop", "mesh", {
    policyTypes: ["Ingress", "Egress"],
    ingress: [rules([15008], everywhere), { from: [{ ipBlock: { cidr: "169.254.7.127/32" } }] }],
    egress: [{ ports: [{ port: 15008 }, { port: 15012 }], to: everywhere }],
  });
  all("istio-system", "mesh", {
    policyTypes: ["Ingress", "Egress"],
    ingress: [rules([15012, 15017, 15021, 80, 443])],
    egress: [{ ports: [{ port: 15008 }, { port: 15012 }, { port: 443 }, { port: 6443 }] }],
  });
}

/** StatefulSets with headless Services, one of them that shows pods before they are ready, in a namespace with a waypoint. */
function statefulSets(mesh: MeshApi): void {
  const db = { selector: { app: "db" }, ports: [{ name: "tcp", port: 5432 }] };
  mesh
    .add(lists.pods, pod("shop", "db-0", { labels: { app: "db" }, annotations: captured }))
    .add(lists.services, { metadata: { name: "db", namespace: "shop" }, spec: db })
    .add(lists.services, {
      metadata: { name: "db-pods", namespace: "shop" },
      spec: { ...db, clusterIP: "None", publishNotReadyAddresses: true },
    })
    .add(lists.services, {
      metadata: { name: "elsewhere", namespace: "shop" },
      spec: { type: "ExternalName", externalName: "db.example.com" },
    })
    .serve(3);
}

/** STRICT in the mesh, load balancers of gateways and of what is outside, and a node's own ports. */
function strictMesh(mesh: MeshApi): void {
  const app = { labels: { app: "outer" } };
  const balanced = (name: string, type: string) =>
    mesh.add(lists.services, {
      metadata: { name, namespace: "default" },
      spec: { type, selector: { app: "outer" }, ports: [{ port: 80 }] },
    });
  mesh
    .add("/apis/security.istio.io/v1/peerauthentications", {
      metadata: { name: "default", namespace: "istio-system" },
      spec: { mtls: { mode: "STRICT" } },
    })
    .edit(lists.services, "hostk8s-gateway-istio", set("spec.externalTrafficPolicy", "Local"))
    .add(
      lists.pods,
      pod("default", "outer", app, { containers: [{ name: "web", ports: [{ containerPort: 80, hostPort: 80 }] }] }),
    );
  balanced("outer", "LoadBalancer");
  balanced("outer-nodes", "NodePort");
}

/** Two node pools, each with a ztunnel of its own, and a namespace that is all labels of other tools. */
function nodePools(mesh: MeshApi): void {
  mesh
    .edit(lists.nodes, "node-1", label("istio-pool", "a"))
    .add(lists.namespaces, {
      metadata: {
        name: "team",
        labels: {
          ...ambient,
          "istio-injection": "disabled",
          "istio.io/rev": "default",
          "kubernetes.io/metadata.name": "team",
        },
      },
    })
    .add(lists.pods, pod("team", "web", { annotations: captured }))
    .serve(3);
}

/** A listener's Secret as `kubectl create secret generic` and External Secrets make it, with the keys of Istio's own. */
function genericSecret(mesh: MeshApi): void {
  mesh.edit(lists.secrets, "hostk8s-gateway-cert", (secret) => {
    const { "tls.crt": cert } = secret["data"] as Record<string, string>;
    Object.assign(secret, { type: "Opaque", data: { cert, key: "cHJpdmF0ZQ==", "tls.crt": "b2xk" } });
  });
}

/** Kmesh, which takes its pods by Istio's own label and has istiod for its control plane. */
function kmesh(mesh: MeshApi): void {
  const mode = { "istio.io/dataplane-mode": "Kmesh" };
  mesh
    .add(lists.namespaces, { metadata: { name: "fast", labels: mode } })
    .add(lists.pods, pod("fast", "web", { annotations: { "kmesh.net/redirection": "enabled" } }))
    .add(lists.pods, pod("default", "fast", { labels: mode, annotations: { "kmesh.net/redirection": "enabled" } }));
}

/** Policies that open istiod's ports by their names. */
function namedPorts(mesh: MeshApi): void {
  const policy = (name: string, spec: object) =>
    mesh.add(lists.networkPolicies, { metadata: { name, namespace: "istio-system" }, spec });
  const istiod = { matchLabels: { app: "istiod" } };
  const ports = ["tls-xds", "https-webhooks", "http-monitoring"].map((port) => ({ port }));
  policy("istiod", { podSelector: istiod, policyTypes: ["Ingress"], ingress: [{ ports }] });
  policy("ztunnel", {
    podSelector: { matchLabels: { app: "ztunnel" } },
    policyTypes: ["Egress"],
    egress: [{ to: [{ podSelector: istiod }], ports: [{ port: "tls-xds" }] }, { ports: [{ port: 15008 }] }],
  });
}

const shapes: [what: string, make: (mesh: MeshApi) => void][] = [
  ["Linkerd, Consul and Kuma beside it", otherMeshes],
  ["GKE's Dataplane V2", dataplaneV2],
  ["Cilium instead of kube-proxy", cilium],
  ["OpenShift", openShift],
  ["an istiod of another mesh, which is listed first", addOn],
  ["istiods of two release lines", lines],
  ["several clusters", severalClusters],
  ["the experimental channel of the Gateway API", experimental],
  ["policies that close everything else", closedByDefault],
  ["StatefulSets behind headless Services", statefulSets],
  ["STRICT, and load balancers for others", strictMesh],
  ["a namespace whose injection is off", nodePools],
  ["Kmesh", kmesh],
  ["policies that name istiod's ports", namedPorts],
  ["a listener's Secret of the keys cert and key", genericSecret],
];

describe("a healthy mesh on a platform, with", () => {
  for (const [what, make] of shapes) {
    it(`${what} has nothing wrong`, () => assertHealthy(make));
  }
});
