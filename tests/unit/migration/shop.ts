// A namespace on sidecars for tests of its migration: workloads, Services, policies, and who calls from elsewhere.
import type { Injector, MigrationFacts } from "../../../lib/migration/facts";
import type {
  AuthorizationPolicy,
  AuthorizationSpec,
  KubeObject,
  PeerAuthentication,
  PeerSpec,
  Pod,
  RequestAuthentication,
  Service,
  Workload,
} from "../../../lib/migration/objects";

export const root = "istio-system";
export const namespace = "shop";

/** A pod with a sidecar of today. */
export const sidecarPod: Pod = { name: "pod", labels: {}, sidecar: true, hbone: true, captured: false, ready: true };

/** A Deployment with one such pod. */
export function workload(name: string, fields: Partial<Workload> = {}): Workload {
  return {
    kind: "Deployment",
    namespace,
    name,
    uid: `uid-${name}`,
    podLabels: { app: name },
    podAnnotations: {},
    selector: { app: name },
    serviceAccount: name,
    hostNetwork: false,
    desired: 1,
    paused: false,
    strategy: "RollingUpdate",
    surges: true,
    startHooks: [],
    probePorts: [8080],
    ports: { http: 8080 },
    pods: [{ ...sidecarPod, name: `${name}-1` }],
    ...fields,
  };
}

/** The Service of a workload. */
export function service(name: string, fields: Partial<Service> = {}): Service {
  return {
    namespace,
    name,
    uid: `uid-service-${name}`,
    labels: {},
    selector: { app: name },
    headless: false,
    external: false,
    ports: [{ port: 80, targetPort: 8080 }],
    ...fields,
  };
}

/** An AuthorizationPolicy of the namespace. */
export function policy(name: string, spec: AuthorizationSpec, metadata: object = {}): AuthorizationPolicy {
  return {
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: { name, namespace, ...metadata },
    spec,
  };
}

/** A PeerAuthentication of the namespace. */
export function peer(name: string, spec: PeerSpec, metadata: object = {}): PeerAuthentication {
  return {
    apiVersion: "security.istio.io/v1",
    kind: "PeerAuthentication",
    metadata: { name, namespace, ...metadata },
    spec,
  };
}

/** A RequestAuthentication of the namespace. */
export function tokens(name: string, spec: RequestAuthentication["spec"] = {}): RequestAuthentication {
  return { apiVersion: "security.istio.io/v1", kind: "RequestAuthentication", metadata: { name, namespace }, spec };
}

/** Any other object. */
export function traffic(
  apiVersion: string,
  kind: string,
  name: string,
  spec: object = {},
): KubeObject<{ [field: string]: unknown }> {
  return { apiVersion, kind, metadata: { name, namespace }, spec: { ...spec } };
}

const asks = (key: string, operator: string, ...values: string[]) => ({ key, operator, values });
const unlabelled = [asks("istio-injection", "DoesNotExist"), asks("istio.io/rev", "DoesNotExist")];

/** Webhooks of a usual istiod: by the label of the namespace, or of pods elsewhere. */
export const injectors: Injector[] = [
  {
    name: "istio-sidecar-injector",
    namespaces: { matchExpressions: [asks("istio-injection", "In", "enabled")] },
    pods: { matchExpressions: [asks("sidecar.istio.io/inject", "NotIn", "false")] },
  },
  {
    name: "istio-sidecar-injector",
    namespaces: { matchExpressions: unlabelled },
    pods: { matchExpressions: [asks("sidecar.istio.io/inject", "In", "true"), asks("istio.io/rev", "DoesNotExist")] },
  },
];

/** The one that sidecarInjectorWebhook.enableNamespacesByDefault adds. */
export const injectsByDefault: Injector = {
  name: "istio-sidecar-injector",
  namespaces: { matchExpressions: [...unlabelled, asks("kubernetes.io/metadata.name", "NotIn", "kube-system")] },
  pods: {
    matchExpressions: [asks("sidecar.istio.io/inject", "DoesNotExist"), asks("istio.io/rev", "DoesNotExist")],
  },
};

/** The namespace: `web` calls `orders`. */
export function shop(fields: Partial<MigrationFacts> = {}): MigrationFacts {
  return {
    server: "https://cluster",
    system: root,
    root,
    trustDomain: "cluster.local",
    trustDomainAliases: [],
    ground: {
      istiod: "1.31.0",
      ztunnel: true,
      cni: true,
      cniAmbient: true,
      ambient: true,
      hbone: true,
      gatewayApi: true,
      registryOnly: false,
      missingRights: [],
      discovery: [],
      injectors,
      clusters: [],
      clustersUnread: false,
    },
    namespace: { name: namespace, uid: "uid-shop", labels: { "istio-injection": "enabled" } },
    workloads: [workload("web"), workload("orders")],
    services: [service("web"), service("orders")],
    budgets: [],
    networkPolicies: [],
    policies: [],
    authentications: [],
    identityCounts: true,
    away: [],
    peers: [],
    traffic: [],
    entries: [],
    waypoints: [],
    gatewayPods: [],
    gateways: [],
    callers: [],
    kept: [],
    ...fields,
  };
}
