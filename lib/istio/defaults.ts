// Default values. A default is a contract: changing one changes other people's clusters.

/** Requests of the four parts, and how many of each. */
export const partDefaults = {
  controlPlane: { cpu: "100m", memory: "128Mi", replicas: 1 },
  cni: { cpu: "100m", memory: "128Mi" },
  dataplane: { cpu: "50m", memory: "64Mi" },
  gateway: { cpu: "50m", memory: "64Mi", replicas: 1 },
  waypoint: { cpu: "50m", memory: "64Mi", replicas: 1 },
} as const;

/** Where the mesh lives, and what it records. */
export const meshDefaults = {
  namespace: "istio-system",
  telemetry: false,
  accessLogs: true,
  footprint: "standard",
  onDestroy: "unenroll",
} as const;

/** The shared gateway and the way to it from outside. */
export const gatewayDefaults = {
  name: "hostk8s-gateway",
  serviceType: "NodePort",
  httpNodePort: 30081,
  httpsNodePort: 30444,
  httpHostPort: 8081,
  httpsHostPort: 8444,
  host: "localhost",
  allowedFrom: "All",
  listenersFrom: "None",
} as const;

/** What a waypoint is for. */
export const waypointDefaults = { waypointFor: "service" } as const;

/** The trust domain of a mesh whose charts were not told another one. */
export const trustDomain = "cluster.local";

/** The gateway's certificate. */
export const certificateDefaults = {
  issuerKind: "ClusterIssuer",
  dnsNames: ["localhost", "hostk8s.local", "*.hostk8s.local"],
  ipAddresses: ["127.0.0.1", "::1"],
  duration: "2160h",
  renewBefore: "720h",
  authorityDuration: "87600h",
} as const;

/** cert-manager, where it is installed, and the issuer of its root CA. */
export const certManagerDefaults = {
  namespace: "cert-manager",
  issuerName: "root-ca-cluster-issuer",
  duration: "87600h",
} as const;

/** Minutes that each awaited part may take before it fails with a message. */
export const timeouts = {
  release: 5,
  dataPlane: 3,
  gateway: 3,
  gatewayApi: 3,
  certificate: 2,
  foreignCertificate: 5,
  route: 0.5,
  waypoint: 3,
  policy: 0.5,
} as const;
