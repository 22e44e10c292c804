// Kinds of the objects that components make or label, and where the API has them.

const gatewayApi = "/apis/gateway.networking.k8s.io/v1";
const security = "/apis/security.istio.io/v1";
const networking = "/apis/networking.istio.io/v1";
const certManager = "/apis/cert-manager.io/v1";

/** By kind: path of the API, and name of the resource; whole where more of it counts than whose it is. */
export const objectKinds = {
  Namespace: { api: "/api/v1", plural: "namespaces" },
  ConfigMap: { api: "/api/v1", plural: "configmaps" },
  Secret: { api: "/api/v1", plural: "secrets" },
  Service: { api: "/api/v1", plural: "services", isWhole: true },
  Deployment: { api: "/apis/apps/v1", plural: "deployments" },
  Gateway: { api: gatewayApi, plural: "gateways", isWhole: true },
  HTTPRoute: { api: gatewayApi, plural: "httproutes", isWhole: true },
  ReferenceGrant: { api: gatewayApi, plural: "referencegrants" },
  PeerAuthentication: { api: security, plural: "peerauthentications", isWhole: true },
  AuthorizationPolicy: { api: security, plural: "authorizationpolicies", isWhole: true },
  RequestAuthentication: { api: security, plural: "requestauthentications" },
  DestinationRule: { api: networking, plural: "destinationrules", isWhole: true },
  VirtualService: { api: networking, plural: "virtualservices", isWhole: true },
  ClusterIssuer: { api: certManager, plural: "clusterissuers" },
  Issuer: { api: certManager, plural: "issuers" },
  Certificate: { api: certManager, plural: "certificates", isWhole: true },
} as const;

/** Kinds that are read whole. */
export function isWhole(kind: ObjectKind): boolean {
  return "isWhole" in objectKinds[kind];
}

/** Name of a kind. */
export type ObjectKind = keyof typeof objectKinds;
