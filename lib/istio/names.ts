// Names of the objects that stand behind a gateway or a waypoint, and of a gateway's listeners. They are a promise: an
// object is found again by its name, after a run that was killed as well as by other tools.

/** The objects of an ingress gateway, by the Gateway's name. */
export const gatewayObjects = {
  /** istiod's own choice, for Deployment, Service and ServiceAccount. */
  service: (gateway: string): string => `${gateway}-istio`,
  overlay: (gateway: string): string => `${gateway}-overlay`,
  /** Secret and Certificate of the https listener, unless another name is given. */
  secret: (gateway: string): string => `${gateway}-cert`,
  selfSignedIssuer: (gateway: string): string => `${gateway}-selfsigned`,
  /** Issuer, Certificate and Secret of the gateway's own CA. */
  authority: (gateway: string): string => `${gateway}-ca`,
} as const;

/** The objects of a waypoint beside those that istiod calls like the waypoint itself. */
export const waypointObjects = {
  overlay: (waypoint: string): string => `${waypoint}-overlay`,
} as const;

/** The objects behind the ClusterIssuer of a CertManager, by that issuer's name; its CA's are in cert-manager's namespace. */
export const certManagerObjects = {
  selfSignedIssuer: (issuer: string): string => `${issuer}-selfsigned`,
  /** Certificate and Secret of the root CA. */
  authority: (issuer: string): string => `${issuer}-ca`,
} as const;

/** The objects of an AccessPolicy, by its name: AuthorizationPolicies, and a RequestAuthentication for its tokens. */
export const accessPolicyObjects = {
  deny: (policy: string): string => `${policy}-deny`,
  connections: (policy: string): string => `${policy}-connections`,
  requests: (policy: string): string => `${policy}-requests`,
  waypointOnly: (policy: string): string => `${policy}-waypoint-only`,
  tokens: (policy: string): string => `${policy}-tokens`,
} as const;

/** The ReferenceGrant in a backend's namespace, by the route that needs it. */
export function grantName(routeNamespace: string, route: string): string {
  return `${routeNamespace}-${route}`;
}

/** The route that redirects to https, by the name of the route that it belongs to. */
export function redirectName(route: string): string {
  return `${route}-to-https`;
}

/** The listener for one of several hostnames: the first keeps the plain name when others come after it. */
export function listenerName(protocol: string, index: number): string {
  return index === 0 ? protocol : `${protocol}-${index + 1}`;
}
