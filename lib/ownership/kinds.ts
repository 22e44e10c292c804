// Kinds of the objects that components make or label, and where the API has them.

const gatewayApi = "/apis/gateway.networking.k8s.io/v1";
const security = "/apis/security.istio.io/v1";
const networking = "/apis/networking.istio.io/v1";
const certManager = "/apis/cert-manager.io/v1";

/** By kind: path of the API, and name of the resource. */
export const objectKinds = {
  Namespace: { api: "/api/v1", plural: "namespaces" },
  ConfigMap: { api: "/api/v1", plural: "configmaps" },
  Secret: { api: "/api/v1", plural: "secrets" },
  Service: { api: "/api/v1", plural: "services" },
  Deployment: { api: "/apis/apps/v1", plural: "deployments" },
  Gateway: { api: gatewayApi, plural: "gateways" },
  HTTPRoute: { api: gatewayApi, plural: "httproutes" },
  ReferenceGrant: { api: gatewayApi, plural: "referencegrants" },
  PeerAuthentication: { api: security, plural: "peerauthentications" },
  AuthorizationPolicy: { api: security, plural: "authorizationpolicies" },
  RequestAuthentication: { api: security, plural: "requestauthentications" },
  DestinationRule: { api: networking, plural: "destinationrules" },
  VirtualService: { api: networking, plural: "virtualservices" },
  Issuer: { api: certManager, plural: "issuers" },
  Certificate: { api: certManager, plural: "certificates" },
} as const;

/** Name of a kind. */
export type ObjectKind = keyof typeof objectKinds;
