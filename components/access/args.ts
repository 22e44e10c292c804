// What AccessPolicy takes.
import * as pulumi from "@pulumi/pulumi";
import { ClusterArgs, ObjectMetadataArgs } from "../support/args";
import { WaypointReferenceArgs } from "../waypoint/args";

/** An ingress gateway as a client. The reference to a gateway includes these fields. */
export interface AccessGatewayArgs {
  /** Name of the Gateway. */
  name: pulumi.Input<string>;
  /** Namespace of the Gateway. */
  namespace: pulumi.Input<string>;
  /** Service account of the Gateway's pods. */
  serviceAccount: pulumi.Input<string>;
}

/** A rule for connections. All conditions must hold; within a list, one entry is enough. */
export interface AccessRuleArgs {
  /**
   * Namespaces of the clients.
   * @default any
   * @example ["shop", "checkout"]
   */
  namespaces?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Service accounts of the clients, as namespace/name. A client is admitted if it matches one of these or one of
   * `namespaces`.
   * @default any
   * @example ["shop/web"]
   */
  serviceAccounts?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * An ingress gateway, which is a client too: `mesh.gateway` or the `reference` of an IngressGateway, also from a
   * StackReference. It is admitted in addition to the namespaces and service accounts.
   * @default none
   * @example { name: "hostk8s-gateway", namespace: "istio-system", serviceAccount: "hostk8s-gateway-istio" }
   */
  gateway?: pulumi.Input<AccessGatewayArgs>;
  /**
   * Ports of the pods, not of the Service.
   * @default all ports
   * @example [8080]
   */
  ports?: pulumi.Input<pulumi.Input<number>[]>;
}
/** A rule for HTTP requests. All conditions must hold; within a list, one entry is enough. */
export interface HttpAccessRuleArgs {
  /**
   * Namespaces of the clients.
   * @default any
   * @example ["shop"]
   */
  namespaces?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Service accounts of the clients, as namespace/name. A client is admitted if it matches one of these or one of
   * `namespaces`.
   * @default any
   * @example ["shop/web"]
   */
  serviceAccounts?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * An ingress gateway, which is a client too: `mesh.gateway` or the `reference` of an IngressGateway, also from a
   * StackReference. It is admitted in addition to the namespaces and service accounts.
   * @default none
   * @example { name: "hostk8s-gateway", namespace: "istio-system", serviceAccount: "hostk8s-gateway-istio" }
   */
  gateway?: pulumi.Input<AccessGatewayArgs>;
  /**
   * HTTP methods.
   * @default any
   * @example ["GET", "HEAD"]
   */
  methods?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Paths: exact, or with `*` at the start or end.
   * @default any
   * @example ["/api/*"]
   */
  paths?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Hostnames of the requests.
   * @default any
   * @example ["shop.example.com"]
   */
  hosts?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Headers, each with the allowed values.
   * @default any
   * @example { "x-tenant": ["blue"] }
   */
  headers?: pulumi.Input<{ [name: string]: pulumi.Input<pulumi.Input<string>[]> }>;
  /**
   * Claims of a validated token, each with the allowed values. Dots separate nested claims.
   * @default none
   * @example { groups: ["admin"] }
   */
  claims?: pulumi.Input<{ [name: string]: pulumi.Input<pulumi.Input<string>[]> }>;
}
/**
 * An issuer whose tokens are validated. A request with an invalid token is denied; one without a token has no claims.
 */
export interface JwtArgs {
  /** The issuer, as in the token's `iss`. */
  issuer: pulumi.Input<string>;
  /**
   * URL from which istiod fetches the issuer's keys.
   * @default from the issuer's OpenID discovery document
   * @example "https://id.example.com/keys"
   */
  jwksUri?: pulumi.Input<string>;
  /**
   * The issuer's keys, as a JSON Web Key Set.
   * @default fetched
   * @example "{\"keys\":[]}"
   */
  jwks?: pulumi.Input<string>;
  /**
   * Accepted audiences, as in `aud`.
   * @default any
   * @example ["shop"]
   */
  audiences?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Whether the token is passed on to the application.
   * @default false
   * @example true
   */
  forward?: pulumi.Input<boolean>;
}
/** HTTP rules, and the waypoint that enforces them. */
export interface HttpAccessArgs {
  /** The waypoint, or its `reference`. No other client can reach the pods. */
  waypoint: pulumi.Input<WaypointReferenceArgs>;
  /**
   * Services that the rules apply to; requires `selector` for the pods behind them.
   * @default everything that uses the waypoint, which must be in the same namespace
   * @example ["web"]
   */
  services?: pulumi.Input<pulumi.Input<string>[]>;
  /** Requests that are admitted; all others get 403. */
  allow: HttpAccessRuleArgs[];
  /**
   * JSON Web Tokens to validate.
   * @default none
   * @example { issuer: "https://id.example.com", jwksUri: "https://id.example.com/keys" }
   */
  jwt?: JwtArgs;
}
/** Which clients may reach the pods of a namespace. */
export interface AccessPolicyArgs extends ObjectMetadataArgs {
  /**
   * Prefix of the names of the policy's objects. A change replaces them.
   * @default the component's name
   * @example "web"
   */
  name?: pulumi.Input<string>;
  /** Namespace of the pods. A change replaces the policy's objects. */
  namespace: pulumi.Input<string>;
  /**
   * Labels of the pods that the policy applies to.
   * @default all pods of the namespace
   * @example { app: "web" }
   */
  selector?: pulumi.Input<{ [label: string]: pulumi.Input<string> }>;
  /**
   * Whether to deny every connection that no other policy allows. Cannot be combined with `allow` or `http`.
   * @default false
   * @example true
   */
  defaultDeny?: boolean;
  /**
   * Clients that may connect; all others are denied. Behind a waypoint, connections come from the waypoint: use `http`
   * there.
   * @default all clients, unless `http` or `defaultDeny` is set
   * @example [{ namespaces: ["shop"], ports: [8080] }]
   */
  allow?: AccessRuleArgs[];
  /**
   * HTTP requests that are admitted, and the waypoint that enforces this. No other client can reach the pods.
   * @default all requests
   * @example { waypoint: waypoint.reference, allow: [{ methods: ["GET"] }] }
   */
  http?: HttpAccessArgs;
  /**
   * The trust domain of the mesh, as set in its charts.
   * @default "cluster.local"
   * @example "example.com"
   */
  trustDomain?: pulumi.Input<string>;
  /**
   * The cluster of an explicit provider. Required unless an earlier component with the same provider has set it.
   * @default the cluster of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}
