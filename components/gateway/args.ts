// What an ingress gateway takes, and what it gives to routes.
import * as pulumi from "@pulumi/pulumi";
import { IssuerKind, ListenersFrom, RoutesFrom, ServiceType } from "../../lib/validation/closed-sets";
import { ClusterArgs } from "../support/args";

/** Names, issuer and Secret of a certificate. */
export interface CertificateArgs {
  /**
   * False: http only, no https listener.
   * @default true
   * @example false
   */
  enabled?: boolean;
  /**
   * True: uses the existing Secret `secretName`; nothing is issued.
   * @default false
   * @example true
   */
  existing?: boolean;
  /**
   * Secret that holds the certificate, in the gateway's namespace. A change replaces the Certificate.
   * @default the gateway's name with -cert: of a mesh "hostk8s-gateway-cert"
   * @example "wildcard-cert"
   */
  secretName?: pulumi.Input<string>;
  /**
   * The cert-manager issuer that signs the certificate.
   * @default none: the gateway gets its own CA
   * @example "root-ca-cluster-issuer"
   */
  issuerName?: pulumi.Input<string>;
  /**
   * ClusterIssuer, or Issuer for one in the gateway's namespace.
   * @default "ClusterIssuer"
   * @example "Issuer"
   */
  issuerKind?: pulumi.Input<IssuerKind>;
  /**
   * Hostnames in the certificate. A wildcard needs two labels under it: TLS libraries refuse `*.localhost`.
   * @default ["localhost", "hostk8s.local", "*.hostk8s.local"]
   * @example ["apps.example.com"]
   */
  dnsNames?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * IP addresses in the certificate. Public issuers refuse them: set an empty list.
   * @default ["127.0.0.1", "::1"]
   * @example []
   */
  ipAddresses?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * How long a certificate is valid, in hours, minutes and seconds; at least 1h.
   * @default "2160h"
   * @example "720h"
   */
  duration?: pulumi.Input<string>;
  /**
   * How long before expiry it is renewed; at least 5m, and less than `duration`.
   * @default "720h"
   * @example "240h"
   */
  renewBefore?: pulumi.Input<string>;
}
/** Namespaces whose routes may attach to a gateway. */
export interface AllowedRoutesArgs {
  /**
   * All, Same (the gateway's own namespace) or Selector (namespaces with the labels in `selector`). With All, every
   * namespace can claim any hostname.
   * @default "All"
   * @example "Selector"
   */
  from?: pulumi.Input<RoutesFrom>;
  /**
   * Labels that the namespaces must have.
   * @default none
   * @example { "hostk8s.stack": "shop" }
   */
  selector?: pulumi.Input<{ [label: string]: pulumi.Input<string> }>;
}
/** Namespaces whose ListenerSets may add listeners to a gateway. */
export interface AllowedListenersArgs {
  /**
   * All, Same (the gateway's own namespace), Selector (namespaces with the labels in `selector`) or None. A ListenerSet
   * brings hostnames with certificates of its own namespace.
   * @default "None"
   * @example "All"
   */
  from?: pulumi.Input<ListenersFrom>;
  /**
   * Labels that the namespaces must have.
   * @default none
   * @example { "hostk8s.stack": "shop" }
   */
  selector?: pulumi.Input<{ [label: string]: pulumi.Input<string> }>;
}
/** Name, ports, certificate and resources of an ingress gateway. */
export interface GatewayArgs {
  /**
   * Name of the Gateway. istiod calls its Deployment and Service `<name>-istio`. A change replaces the Gateway.
   * @default the component's name; of a mesh "hostk8s-gateway"
   * @example "public"
   */
  name?: pulumi.Input<string>;
  /**
   * Namespace of the Gateway, which must exist. A change replaces the Gateway.
   * @default the mesh's
   * @example "ingress"
   */
  namespace?: pulumi.Input<string>;
  /**
   * Kind of the Service in front of the gateway pods: NodePort, LoadBalancer or ClusterIP.
   * @default "NodePort"
   * @example "LoadBalancer"
   */
  serviceType?: ServiceType;
  /**
   * Port that every node opens for http: 30000 to 32767.
   * @default 30081
   * @example 31080
   */
  httpNodePort?: pulumi.Input<number>;
  /**
   * Port that every node opens for https: 30000 to 32767. The default is outside the range that Kubernetes
   * reserves for static ports (30000 to 30085), so another Service may already have it.
   * @default 30444
   * @example 31443
   */
  httpsNodePort?: pulumi.Input<number>;
  /**
   * Port at which `httpNodePort` is reached from outside, such as the host port of kind. For URLs and redirects.
   * @default 8081
   * @example 80
   */
  httpHostPort?: pulumi.Input<number>;
  /**
   * Port at which `httpsNodePort` is reached from outside.
   * @default 8444
   * @example 443
   */
  httpsHostPort?: pulumi.Input<number>;
  /**
   * Name or address of the machine with those ports.
   * @default "localhost"
   * @example "192.168.1.20"
   */
  host?: pulumi.Input<string>;
  /**
   * Hostnames to listen for, with a listener each: `http` and `https` for the first, `http-2` and `https-2` for the
   * second.
   * @default every hostname
   * @example ["*.apps.example.com"]
   */
  hostnames?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Number of gateway pods.
   * @default 1
   * @example 2
   */
  replicas?: pulumi.Input<number>;
  /**
   * CPU that a gateway pod requests.
   * @default "50m"
   * @example "200m"
   */
  cpu?: pulumi.Input<string>;
  /**
   * Memory that a gateway pod requests.
   * @default "64Mi"
   * @example "128Mi"
   */
  memory?: pulumi.Input<string>;
  /**
   * Namespaces whose routes may attach.
   * @default all
   * @example { from: "Same" }
   */
  allowedRoutes?: AllowedRoutesArgs;
  /**
   * Namespaces whose ListenerSets may add listeners, such as those that `istio-ambient convert` writes for hosts with a
   * TLS Secret. Their ports must be 80 or 443, which the Service has.
   * @default no namespace
   * @example { from: "All" }
   */
  allowedListeners?: AllowedListenersArgs;
  /**
   * The certificate of the https listener.
   * @default one for localhost and hostk8s.local, signed by the gateway's own CA
   * @example { dnsNames: ["apps.example.com"], issuerName: "letsencrypt" }
   */
  certificate?: CertificateArgs;
}
/** A separate ingress gateway, next to that of the mesh. */
export interface IngressGatewayArgs extends GatewayArgs {
  /**
   * The cluster of an explicit provider, unless another component of the program has set it already.
   * @default that of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}
/** A listener of a gateway. */
export interface GatewayListener {
  /** Its name, as the `section` of a route's parent. */
  name: string;
  /** HTTP or HTTPS. */
  protocol: string;
  /** Its port in the cluster. */
  port: number;
  /** The hostname that it serves; every host without one. */
  hostname?: string;
}

/** Ports of a machine that lead to a gateway. */
export interface GatewayHostPorts {
  /** Port of http. */
  http: number;
  /** Port of https; missing without an https listener. */
  https?: number;
}

/** A gateway as routes and policies refer to it, in the same program or through a StackReference. */
export interface GatewayReference {
  /** Name of the Gateway. */
  name: string;
  /** Its namespace. */
  namespace: string;
  /** Its listeners. */
  listeners: GatewayListener[];
  /** Ports under which it is reached from outside; missing unless its Service is of type NodePort. */
  hostPorts?: GatewayHostPorts;
  /** Hostnames in its certificate; missing without one that this package issues. */
  certificateNames?: string[];
  /** Service account of its pods, by which policies know it. */
  serviceAccount: string;
}
/** The NodePorts of a gateway; a port that is not open is missing. */
export interface GatewayNodePorts {
  /** Port of http on every node. */
  http?: number;
  /** Port of https on every node. */
  https?: number;
}

/** A listener of a gateway, as a route is told of it. */
export interface GatewayListenerArgs {
  /** Its name. */
  name: pulumi.Input<string>;
  /** HTTP or HTTPS. */
  protocol: pulumi.Input<string>;
  /** Its port. */
  port: pulumi.Input<number>;
  /**
   * The hostname that it serves.
   * @default every host
   * @example "shop.example.com"
   */
  hostname?: pulumi.Input<string>;
}

/** Ports of a machine that lead to a gateway, as a route is told of them. */
export interface GatewayHostPortsArgs {
  /**
   * Port of http.
   * @default that of the listener
   * @example 8081
   */
  http?: pulumi.Input<number>;
  /**
   * Port of https.
   * @default that of the listener
   * @example 8444
   */
  https?: pulumi.Input<number>;
}
