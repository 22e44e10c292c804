// Ways to break the mesh of a cluster for real, each with its way back and the checks that have to see it.
import * as fs from "node:fs";
import * as path from "node:path";
import { apply, get, kubectl, sources } from "./support";

const mesh = "istio-system";
const service = "hostk8s-gateway-istio";
const gatewayApi = "gateway.networking.k8s.io";

export interface RealBreakage {
  what: string;
  damage(): void;
  mend(): void;
  /** Checks that do not pass, by their ids. */
  seen: string[];
}

/** Takes an object away; `mend` makes it again as it was. */
function without(what: string, seen: string[], kind: string, name: string, namespace = ""): RealBreakage {
  const where = namespace === "" ? [] : ["-n", namespace];
  let kept = "";
  return {
    what,
    seen,
    damage() {
      const [object] = get(kind, name, ...where);
      const metadata = { ...object!.metadata, resourceVersion: undefined, uid: undefined, managedFields: undefined };
      kept = JSON.stringify({ ...object, metadata, status: undefined });
      kubectl("delete", kind, name, ...where);
    },
    mend: () => apply(kept),
  };
}

/** Changes an object by kubectl arguments; `back` changes it back. */
function changed(what: string, seen: string[], there: string[], back: string[]): RealBreakage {
  return { what, seen, damage: () => void kubectl(...there), mend: () => void kubectl(...back) };
}

/** Adds objects; `mend` deletes them. */
function added(what: string, seen: string[], manifest: string, ...deleted: string[]): RealBreakage {
  return { what, seen, damage: () => apply(manifest), mend: () => void kubectl("delete", ...deleted) };
}

/** Changes an object's spec; `mend` puts it back as it was. */
function edited(
  what: string,
  seen: string[],
  kind: string,
  name: string,
  namespace: string,
  change: object,
): RealBreakage {
  let spec: unknown;
  return {
    what,
    seen,
    damage() {
      spec = get(kind, name, "-n", namespace)[0]?.spec;
      kubectl(...jsonPatch(kind, name, namespace, change));
    },
    mend: () => void kubectl(...jsonPatch(kind, name, namespace, { op: "replace", path: "/spec", value: spec })),
  };
}

function jsonPatch(kind: string, name: string, namespace: string, ...operations: object[]): string[] {
  return ["patch", kind, name, "-n", namespace, "--type", "json", "--patch", JSON.stringify(operations)];
}

/** A copy of the mesh's own certificate for the second gateway. */
export function copyCertificate(): void {
  const data = get("secret", "hostk8s-gateway-cert", "-n", mesh)[0]?.data ?? {};
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "second-cert", namespace: "shop" },
    type: "kubernetes.io/tls",
    data: { "tls.crt": data["tls.crt"], "tls.key": data["tls.key"] },
  };
  kubectl("delete", "secret", "second-cert", "-n", "shop", "--ignore-not-found");
  apply(JSON.stringify(secret));
}

let keptOwners = "";

export const realBreakages: RealBreakage[] = [
  {
    ...without("a CRD of the Gateway API is deleted", ["gateway-api-crds"], "crd", `grpcroutes.${gatewayApi}`),
    mend: () => apply(fs.readFileSync(path.join(sources.gatewayApi.source, `${gatewayApi}_grpcroutes.yaml`), "utf8")),
  },
  without("a CRD of Istio is deleted", ["istio-crds", "release-objects"], "crd", "telemetries.telemetry.istio.io"),
  without(
    "the policy against older bundles is deleted",
    ["gateway-api-guard"],
    "validatingadmissionpolicy",
    `safe-upgrades.${gatewayApi}`,
  ),
  changed(
    "istiod is scaled to nothing",
    ["istiod-available", "release-objects"],
    ["scale", "deployment", "istiod", "-n", mesh, "--replicas", "0"],
    ["scale", "deployment", "istiod", "-n", mesh, "--replicas", "1"],
  ),
  changed(
    "istiod trusts another account",
    ["trusted-ztunnel", "release-objects"],
    ["set", "env", "deployment/istiod", "-n", mesh, "CA_TRUSTED_NODE_ACCOUNTS=kube-system/ztunnel"],
    ["set", "env", "deployment/istiod", "-n", mesh, `CA_TRUSTED_NODE_ACCOUNTS=${mesh}/ztunnel`],
  ),
  changed(
    "an upgrade of istiod hangs",
    ["helm-releases"],
    ["label", "secret", "sh.helm.release.v1.istiod.v1", "-n", mesh, "--overwrite", "status=pending-upgrade"],
    ["label", "secret", "sh.helm.release.v1.istiod.v1", "-n", mesh, "--overwrite", "status=deployed"],
  ),
  added(
    "a removed revision left its webhook, without a CA",
    ["webhook-service", "webhook-ca"],
    JSON.stringify({
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "MutatingWebhookConfiguration",
      metadata: { name: "istio-sidecar-injector-canary" },
      webhooks: [
        {
          name: "rev.namespace.sidecar-injector.istio.io",
          clientConfig: { service: { namespace: mesh, name: "istiod-canary" } },
          rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
          namespaceSelector: { matchLabels: { "istio.io/rev": "canary" } },
          admissionReviewVersions: ["v1"],
          sideEffects: "None",
        },
      ],
    }),
    ...["mutatingwebhookconfiguration", "istio-sidecar-injector-canary"],
  ),
  without(
    "ztunnel's DaemonSet is deleted under captured pods",
    ["ztunnel-ready", "captured-without-ztunnel", "release-objects"],
    "daemonset",
    "ztunnel",
    mesh,
  ),
  changed(
    "the new pod of istiod finds no node, while the old one serves",
    ["rollouts"],
    ["patch", "deployment", "istiod", "-n", mesh, "--patch", nodeSelector("elsewhere")],
    ["patch", "deployment", "istiod", "-n", mesh, "--patch", nodeSelector(null)],
  ),
  changed(
    "the image of ztunnel is edited by hand",
    ["release-objects"],
    ["set", "image", "daemonset/ztunnel", "-n", mesh, "istio-proxy=example.com/ztunnel:1"],
    ["rollout", "undo", "daemonset/ztunnel", "-n", mesh],
  ),
  changed(
    "istio-cni finds no node",
    ["cni-ready"],
    ["patch", "daemonset", "istio-cni-node", "-n", mesh, "--patch", nodeSelector("elsewhere")],
    ["patch", "daemonset", "istio-cni-node", "-n", mesh, "--patch", nodeSelector(null)],
  ),
  {
    what: "a quota refuses ztunnel's pod",
    seen: ["ztunnel-ready", "captured-without-ztunnel", "pods-created"],
    damage() {
      kubectl("create", "quota", "none", "-n", mesh, "--hard", "pods=0");
      kubectl("delete", "pod", "-n", mesh, "-l", "app=ztunnel", "--wait=false");
    },
    mend() {
      kubectl("delete", "resourcequota", "none", "-n", mesh);
    },
  },
  changed(
    "pods are not captured",
    ["captured"],
    ["annotate", "pods", "-n", "shop", "-l", "app=web", "ambient.istio.io/redirection-"],
    ["annotate", "pods", "-n", "shop", "-l", "app=web", "--overwrite", "ambient.istio.io/redirection=enabled"],
  ),
  changed(
    "a namespace asks for sidecars too",
    ["both-labels"],
    ["label", "namespace", "shop", "istio-injection=enabled"],
    ["label", "namespace", "shop", "istio-injection-"],
  ),
  changed(
    "a namespace misspells its mode",
    ["dataplane-mode"],
    ["label", "namespace", "default", "istio.io/dataplane-mode=Ambient"],
    ["label", "namespace", "default", "istio.io/dataplane-mode-"],
  ),
  changed(
    "the gateway's Service loses istiod's label",
    ["gateway-managed"],
    ["label", "service", service, "-n", mesh, "gateway.istio.io/managed-"],
    ["label", "service", service, "-n", mesh, "gateway.istio.io/managed=istio.io-gateway-controller"],
  ),
  {
    what: "the gateway's Service is nobody's",
    seen: ["gateway-owned"],
    damage() {
      keptOwners = kubectl("get", "service", service, "-n", mesh, "-o", "jsonpath={.metadata.ownerReferences}");
      kubectl(...jsonPatch("service", service, mesh, { op: "remove", path: "/metadata/ownerReferences" }));
    },
    mend() {
      kubectl(
        ...jsonPatch("service", service, mesh, {
          op: "add",
          path: "/metadata/ownerReferences",
          value: JSON.parse(keptOwners),
        }),
      );
    },
  },
  without("the overlay ConfigMap is deleted", ["gateway-overlay"], "configmap", "hostk8s-gateway-overlay", mesh),
  added(
    "another gateway wants a NodePort that is taken",
    ["gateway-programmed", "gateway-owned", "node-ports-free"],
    `
apiVersion: v1
kind: ConfigMap
metadata: { name: third, namespace: shop }
data: { service: "spec: { type: NodePort, ports: [{ port: 80, nodePort: 30081 }] }" }
---
apiVersion: ${gatewayApi}/v1
kind: Gateway
metadata: { name: third, namespace: shop }
spec:
  gatewayClassName: istio
  infrastructure: { parametersRef: { group: "", kind: ConfigMap, name: third } }
  listeners: [{ name: http, port: 80, protocol: HTTP }]
`,
    ...["gateway/third", "configmap/third", "-n", "shop"],
  ),
  {
    what: "a gateway's certificate has expired",
    seen: ["certificate-valid"],
    damage() {
      kubectl("delete", "secret", "second-cert", "-n", "shop");
      apply(fs.readFileSync(path.join(__dirname, "..", "fixtures", "expired-certificate.yaml"), "utf8"));
    },
    mend: copyCertificate,
  },
  {
    what: "a gateway's Secret is deleted",
    seen: ["listener-secrets"],
    damage: () => void kubectl("delete", "secret", "second-cert", "-n", "shop"),
    mend: copyCertificate,
  },
  edited("a listener serves a name that its certificate has not", ["certificate-names"], "gateway", "second", "shop", {
    op: "add",
    path: "/spec/listeners/0/hostname",
    value: "shop.example.com",
  }),
  edited("a route leads to a Service that is not there", ["routes"], "httproute", "web", "shop", {
    op: "replace",
    path: "/spec/rules/0/backendRefs/0/name",
    value: "gone",
  }),
  edited("a route leads to a port that its Service does not have", ["route-ports"], "httproute", "web", "shop", {
    op: "replace",
    path: "/spec/rules/0/backendRefs/0/port",
    value: 8080,
  }),
  changed(
    "a waypoint is for “namespace”",
    ["waypoint-for", "waypoint-bound", "policy-waypoint"],
    ["label", "gateway", "waypoint", "-n", "shop", "--overwrite", "istio.io/waypoint-for=namespace"],
    ["label", "gateway", "waypoint", "-n", "shop", "--overwrite", "istio.io/waypoint-for=service"],
  ),
  changed(
    "a namespace names a waypoint that is not there",
    ["waypoint-exists"],
    ["label", "namespace", "default", "istio.io/use-waypoint=gone"],
    ["label", "namespace", "default", "istio.io/use-waypoint-"],
  ),
  changed(
    "a waypoint is scaled to nothing",
    ["waypoint-pods"],
    ["scale", "deployment", "waypoint", "-n", "shop", "--replicas", "0"],
    ["scale", "deployment", "waypoint", "-n", "shop", "--replicas", "1"],
  ),
  added(
    "a policy for ztunnel speaks of HTTP",
    ["policy-ztunnel"],
    `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: http, namespace: shop }
spec: { selector: { matchLabels: { app: web } }, action: DENY, rules: [{ to: [{ operation: { methods: [POST] } }] }] }
`,
    ...["authorizationpolicy", "http", "-n", "shop"],
  ),
  added(
    "settings for proxies that no proxy reads, which the API server and istiod take all the same",
    [
      "policy-plugins",
      "policy-filters",
      "policy-sidecars",
      "policy-proxies",
      "policy-telemetry",
      "telemetry-providers",
    ],
    `
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: { name: unread, namespace: shop }
spec: { selector: { matchLabels: { app: web } }, url: "oci://registry.example.com/plugin:1" }
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: unread, namespace: shop }
spec:
  targetRefs: [{ kind: Service, group: "", name: web }]
  configPatches:
    - applyTo: HTTP_FILTER
      match: { context: SIDECAR_INBOUND }
      patch: { operation: INSERT_BEFORE, value: { name: envoy.filters.http.buffer } }
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: unread, namespace: shop }
spec: { egress: [{ hosts: ["./*"] }] }
---
apiVersion: networking.istio.io/v1beta1
kind: ProxyConfig
metadata: { name: unread, namespace: shop }
spec: { selector: { matchLabels: { app: web } }, concurrency: 2 }
---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: { name: unread, namespace: shop }
spec: { selector: { matchLabels: { app: web } }, tracing: [{ providers: [{ name: nowhere }] }] }
`,
    ...["wasmplugin/unread", "envoyfilter/unread", "sidecar/unread", "proxyconfig/unread", "telemetry/unread"],
    ...["-n", "shop"],
  ),
  added(
    "STRICT for pods by their labels, from the root namespace",
    ["policy-peers"],
    `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: web, namespace: ${mesh} }
spec: { selector: { matchLabels: { app: web } }, mtls: { mode: STRICT } }
`,
    ...["peerauthentication", "web", "-n", mesh],
  ),
  changed(
    "a gateway goes past the waypoint with the policy",
    ["policy-ingress"],
    ["label", "service", "web", "-n", "shop", "istio.io/ingress-use-waypoint-"],
    ["label", "service", "web", "-n", "shop", "istio.io/ingress-use-waypoint=true"],
  ),
  edited(
    "a NetworkPolicy lets nothing in",
    ["network-policy-hbone", "network-policy-probes"],
    "networkpolicy",
    "web",
    "shop",
    { op: "replace", path: "/spec/ingress", value: [] },
  ),
];

function nodeSelector(value: string | null): string {
  return JSON.stringify({ spec: { template: { spec: { nodeSelector: { "example.com/zone": value } } } } });
}
