// What an ingress gateway takes, and what it gives to routes.
import * as pulumi from "@pulumi/pulumi";
import { IssuerKind, ListenersFrom, RoutesFrom, ServiceType } from "../../lib/validation/closed-sets";
import { ClusterArgs } from "../support/args";

/** Names, issuer and Secret of a certificate. */
export interface CertificateArgs {
  /**
   * Whether the gateway has an HTTPS listener with a certificate. If false, it serves HTTP only.
   * @default true
   * @example false
   */
  enabled?: boolean;
  /**
   * Whether to use the existing Secret `secretName`. If true, no certificate is issued.
   * @default false
   * @example true
   */
  existing?: boolean;
  /**
   * Name of the Secret with the certificate, in the gateway's namespace. A change replaces the Certificate.
   * @default the gateway's name with -cert; in a mesh "hostk8s-gateway-cert"
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
   * Kind of the issuer: ClusterIssuer, or Issuer for one in the gateway's namespace.
   * @default "ClusterIssuer"
   * @example "Issuer"
   */
  issuerKind?: pulumi.Input<IssuerKind>;
  /**
   * Hostnames in the certificate. A wildcard needs at least two labels after it: TLS libraries reject `*.localhost`.
   * @default the gateway's `hostnames`, otherwise ["localhost", "hostk8s.local", "*.hostk8s.local"]
   * @example ["apps.example.com"]
   */
  dnsNames?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * IP addresses in the certificate. Public issuers reject them: set an empty list.
   * @default none with the gateway's `hostnames`, otherwise ["127.0.0.1", "::1"]
   * @example []
   */
  ipAddresses?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Validity of the certificate, in hours, minutes and seconds; at least 1h.
   * @default "2160h"
   * @example "720h"
   */
  duration?: pulumi.Input<string>;
  /**
   * How long before expiry the certificate is renewed; at least 5m, and less than `duration`.
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
   * adds hostnames, with certificates from its own namespace.
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
   * Name of the Gateway. istiod names its Deployment and Service `<name>-istio`. A change replaces the Gateway.
   * @default the component's name; in a mesh "hostk8s-gateway"
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
   * Type of the gateway's Service: NodePort, LoadBalancer or ClusterIP.
   * @default "NodePort"
   * @example "LoadBalancer"
   */
  serviceType?: ServiceType;
  /**
   * NodePort for HTTP: 30000 to 32767.
   * @default 30081
   * @example 31080
   */
  httpNodePort?: pulumi.Input<number>;
  /**
   * NodePort for HTTPS: 30000 to 32767. The default is outside the range that Kubernetes reserves for static assignment
   * (30000 to 30085), so another Service may already use it.
   * @default 30444
   * @example 31443
   */
  httpsNodePort?: pulumi.Input<number>;
  /**
   * Port by which `httpNodePort` is reached from outside the cluster, such as kind's host port. Used in URLs and
   * redirects.
   * @default 8081
   * @example 80
   */
  httpHostPort?: pulumi.Input<number>;
  /**
   * Port by which `httpsNodePort` is reached from outside the cluster. Used in URLs and redirects.
   * @default 8444
   * @example 443
   */
  httpsHostPort?: pulumi.Input<number>;
  /**
   * Hostname or address of the machine with these ports. Used in URLs.
   * @default "localhost"
   * @example "192.168.1.20"
   */
  host?: pulumi.Input<string>;
  /**
   * Hostnames to listen for. Each gets its own listeners: `http` and `https` for the first, `http-2` and `https-2` for
   * the second. All of them share one certificate, so a browser reuses its HTTP/2 connection for the other hostnames and
   * gets 404 there: prefer one wildcard, or create one gateway for each hostname.
   * @default all hostnames
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
   * CPU request of a gateway pod.
   * @default "50m"
   * @example "200m"
   */
  cpu?: pulumi.Input<string>;
  /**
   * Memory request of a gateway pod.
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
   * TLS Secret. Their ports must be 80 or 443, the ports of the Service.
   * @default none
   * @example { from: "All" }
   */
  allowedListeners?: AllowedListenersArgs;
  /**
   * The certificate of the HTTPS listener.
   * @default one for `hostnames`, otherwise for localhost and hostk8s.local, signed by the gateway's own CA
   * @example { dnsNames: ["apps.example.com"], issuerName: "letsencrypt" }
   */
  certificate?: CertificateArgs;
}
/** An ingress gateway in addition to that of the mesh. */
export interface IngressGatewayArgs extends GatewayArgs {
  /**
   * The cluster of an explicit provider. Required unless an earlier component with the same provider has set it.
   * @default the cluster of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}
/** A listener of a gateway. */
export interface GatewayListener {
  /** Name of the listener, for the `section` of a route's parent. */
  name: string;
  /** Protocol: HTTP or HTTPS. */
  protocol: string;
  /** Port of the listener in the cluster. */
  port: number;
  /** Hostname that the listener serves; without it, every host. */
  hostname?: string;
}

/** Ports by which a gateway is reached from outside the cluster. */
export interface GatewayHostPorts {
  /** Port for HTTP. */
  http: number;
  /** Port for HTTPS; absent without an HTTPS listener. */
  https?: number;
}

/** A gateway as routes and policies refer to it, in the same program or through a StackReference. */
export interface GatewayReference {
  /** Name of the Gateway. */
  name: string;
  /** Namespace of the Gateway. */
  namespace: string;
  /** Listeners of the Gateway. */
  listeners: GatewayListener[];
  /** Ports by which it is reached from outside the cluster; absent unless its Service is of type NodePort. */
  hostPorts?: GatewayHostPorts;
  /** Hostnames in its certificate; absent unless this package issues it. */
  certificateNames?: string[];
  /** Service account of its pods, which identifies it in policies. */
  serviceAccount: string;
}
/** The NodePorts of a gateway; a port that is not open is absent. */
export interface GatewayNodePorts {
  /** NodePort for HTTP. */
  http?: number;
  /** NodePort for HTTPS. */
  https?: number;
}

/** A listener of a gateway, as routes refer to it. */
export interface GatewayListenerArgs {
  /** Name of the listener. */
  name: pulumi.Input<string>;
  /** Protocol: HTTP or HTTPS. */
  protocol: pulumi.Input<string>;
  /** Port of the listener. */
  port: pulumi.Input<number>;
  /**
   * Hostname that the listener serves.
   * @default all hosts
   * @example "shop.example.com"
   */
  hostname?: pulumi.Input<string>;
}

/** Ports by which a gateway is reached from outside the cluster, as routes refer to them. */
export interface GatewayHostPortsArgs {
  /**
   * Port for HTTP.
   * @default the port of the listener
   * @example 8081
   */
  http?: pulumi.Input<number>;
  /**
   * Port for HTTPS.
   * @default the port of the listener
   * @example 8444
   */
  https?: pulumi.Input<number>;
}
