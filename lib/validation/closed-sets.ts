// The words that an argument with a closed set of values takes. Pulumi's schema inference reads these objects, editors
// complete them, and rules and defaults take their words from here. A plain string such as "NodePort" is fine as well.

/** Type of the gateway's Service. */
export const ServiceType = {
  /** Every node opens the ports, as kind and bare metal need. */
  NodePort: "NodePort",
  /** The cluster's load balancer gives the gateway its own address. */
  LoadBalancer: "LoadBalancer",
  /** The gateway is reachable from inside the cluster only. */
  ClusterIP: "ClusterIP",
} as const;
export type ServiceType = (typeof ServiceType)[keyof typeof ServiceType];

/** Namespaces whose routes may attach to a gateway. */
export const RoutesFrom = {
  /** Every namespace. */
  All: "All",
  /** The gateway's own namespace. */
  Same: "Same",
  /** Namespaces with the labels in `selector`. */
  Selector: "Selector",
} as const;
export type RoutesFrom = (typeof RoutesFrom)[keyof typeof RoutesFrom];

/** Namespaces whose ListenerSets may add listeners to a gateway. */
export const ListenersFrom = {
  /** Every namespace. */
  All: "All",
  /** The gateway's own namespace. */
  Same: "Same",
  /** Namespaces with the labels in `selector`. */
  Selector: "Selector",
  /** No namespace. */
  None: "None",
} as const;
export type ListenersFrom = (typeof ListenersFrom)[keyof typeof ListenersFrom];

/** Kind of a cert-manager issuer. */
export const IssuerKind = {
  /** Signs for every namespace. */
  ClusterIssuer: "ClusterIssuer",
  /** Signs for its own namespace. */
  Issuer: "Issuer",
} as const;
export type IssuerKind = (typeof IssuerKind)[keyof typeof IssuerKind];

/** What happens to enrolled workloads when the mesh is destroyed. */
export const OnDestroy = {
  /** Removes their labels and records them. A few requests fail within a second. */
  Unenroll: "unenroll",
  /** First rolls Deployments out of the mesh. No request to them fails. */
  Drain: "drain",
  /** The destroy fails while anything is enrolled. */
  Refuse: "refuse",
  /** Does nothing: they lose all traffic until their pods are recreated. */
  Ignore: "ignore",
} as const;
export type OnDestroy = (typeof OnDestroy)[keyof typeof OnDestroy];

/** Resource usage of a mesh. */
export const Footprint = {
  /** Sized for any cluster. */
  Standard: "standard",
  /** As small as possible, for development clusters. */
  Lean: "lean",
} as const;
export type Footprint = (typeof Footprint)[keyof typeof Footprint];

/** Kind of cluster, for the settings that the Istio charts need on it. */
export const Platform = {
  Kind: "kind",
  DockerDesktop: "docker-desktop",
  Eks: "eks",
  Aks: "aks",
  Gke: "gke",
  K3d: "k3d",
  K3s: "k3s",
  Microk8s: "microk8s",
  Minikube: "minikube",
  Openshift: "openshift",
} as const;
export type Platform = (typeof Platform)[keyof typeof Platform];

/** Whether the pods of a namespace are enrolled in the mesh. */
export const DataplaneMode = {
  /** ztunnel carries the pods' traffic. */
  Ambient: "ambient",
  /** The pods stay outside the mesh. */
  None: "none",
} as const;
export type DataplaneMode = (typeof DataplaneMode)[keyof typeof DataplaneMode];

/** Whether clients without mTLS, that is, clients outside the mesh, are admitted. */
export const MtlsMode = {
  /** They are admitted. */
  Permissive: "permissive",
  /** A PeerAuthentication rejects them. */
  Strict: "strict",
} as const;
export type MtlsMode = (typeof MtlsMode)[keyof typeof MtlsMode];

/** Which traffic passes through a waypoint. */
export const WaypointFor = {
  /** Requests to Services. */
  Service: "service",
  /** Requests to pods by their own address. */
  Workload: "workload",
  /** Both. */
  All: "all",
} as const;
export type WaypointFor = (typeof WaypointFor)[keyof typeof WaypointFor];

/** Kind of the object that a route attaches to. */
export const ParentKind = {
  /** A gateway, for requests from outside. */
  Gateway: "Gateway",
  /** A Service behind a waypoint, for requests inside the mesh. */
  Service: "Service",
} as const;
export type ParentKind = (typeof ParentKind)[keyof typeof ParentKind];

/** Scheme of a redirect. */
export const RedirectScheme = { Http: "http", Https: "https" } as const;
export type RedirectScheme = (typeof RedirectScheme)[keyof typeof RedirectScheme];

/** Method of an HTTP request. */
export const HttpMethod = {
  Get: "GET",
  Head: "HEAD",
  Post: "POST",
  Put: "PUT",
  Delete: "DELETE",
  Connect: "CONNECT",
  Options: "OPTIONS",
  Trace: "TRACE",
  Patch: "PATCH",
} as const;
export type HttpMethod = (typeof HttpMethod)[keyof typeof HttpMethod];
