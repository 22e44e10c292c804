// What AccessPolicy takes.
import * as pulumi from "@pulumi/pulumi";
import { ClusterArgs, ObjectMetadataArgs } from "../support/args";
import { WaypointReferenceArgs } from "../waypoint/args";

/** An ingress gateway as a client: the reference to a gateway tells all of it. */
export interface AccessGatewayArgs {
  /** Name of the Gateway. */
  name: pulumi.Input<string>;
  /** Its namespace. */
  namespace: pulumi.Input<string>;
  /** Service account of its pods. */
  serviceAccount: pulumi.Input<string>;
}

/** Who may connect. All conditions must hold; within a list one entry is enough. */
export interface AccessRuleArgs {
  /**
   * Namespaces of the clients.
   * @default any
   * @example ["shop", "checkout"]
   */
  namespaces?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Service accounts of the clients, as namespace/name. A client in one of these or in one of the namespaces
   * is admitted.
   * @default any
   * @example ["shop/web"]
   */
  serviceAccounts?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * An ingress gateway, which is a client too: `mesh.gateway` or the `reference` of an IngressGateway, also from a
   * StackReference. It is admitted beside the namespaces and service accounts.
   * @default none
   * @example { name: "hostk8s-gateway", namespace: "istio-system", serviceAccount: "hostk8s-gateway-istio" }
   */
  gateway?: pulumi.Input<AccessGatewayArgs>;
  /**
   * Ports of the pods, not of the Service.
   * @default every port
   * @example [8080]
   */
  ports?: pulumi.Input<pulumi.Input<number>[]>;
}
/** Which requests are admitted. All conditions must hold; within a list one entry is enough. */
export interface HttpAccessRuleArgs {
  /**
   * Namespaces of the clients.
   * @default any
   * @example ["shop"]
   */
  namespaces?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Service accounts of the clients, as namespace/name. A client in one of these or in one of the namespaces
   * is admitted.
   * @default any
   * @example ["shop/web"]
   */
  serviceAccounts?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * An ingress gateway, which is a client too: `mesh.gateway` or the `reference` of an IngressGateway, also from a
   * StackReference. It is admitted beside the namespaces and service accounts.
   * @default none
   * @example { name: "hostk8s-gateway", namespace: "istio-system", serviceAccount: "hostk8s-gateway-istio" }
   */
  gateway?: pulumi.Input<AccessGatewayArgs>;
  /**
   * Methods.
   * @default any
   * @example ["GET", "HEAD"]
   */
  methods?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Paths: exact, or with `*` at one end.
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
   * Headers, each with its allowed values.
   * @default any
   * @example { "x-tenant": ["blue"] }
   */
  headers?: pulumi.Input<{ [name: string]: pulumi.Input<pulumi.Input<string>[]> }>;
  /**
   * Claims of a validated token, each with its allowed values. Dots separate nested claims.
   * @default none required
   * @example { groups: ["admin"] }
   */
  claims?: pulumi.Input<{ [name: string]: pulumi.Input<pulumi.Input<string>[]> }>;
}
/** Whose tokens are accepted. A request with an invalid token is denied; one without a token has no claims. */
export interface JwtArgs {
  /** The issuer, as in the token's `iss`. */
  issuer: pulumi.Input<string>;
  /**
   * Where istiod fetches the issuer's keys.
   * @default found by OpenID discovery from the issuer
   * @example "https://id.example.com/keys"
   */
  jwksUri?: pulumi.Input<string>;
  /**
   * The keys themselves, as JSON.
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
   * True: the token is passed on to the application.
   * @default false
   * @example true
   */
  forward?: pulumi.Input<boolean>;
}
/** Rules about requests, and the waypoint that enforces them. */
export interface HttpAccessArgs {
  /** The waypoint, or its `reference`. No other client can reach the pods. */
  waypoint: pulumi.Input<WaypointReferenceArgs>;
  /**
   * Services that the rules apply to; requires `selector` for the pods behind them.
   * @default everything that uses the waypoint, which must then be in the same namespace
   * @example ["web"]
   */
  services?: pulumi.Input<pulumi.Input<string>[]>;
  /** Which requests are admitted; all others get 403. */
  allow: HttpAccessRuleArgs[];
  /**
   * Whose tokens are validated.
   * @default none
   * @example { issuer: "https://id.example.com", jwksUri: "https://id.example.com/keys" }
   */
  jwt?: JwtArgs;
}
/** Who may reach the pods of a namespace. */
export interface AccessPolicyArgs extends ObjectMetadataArgs {
  /**
   * Prefix of the names of its objects. A change replaces them.
   * @default the component's name
   * @example "web"
   */
  name?: pulumi.Input<string>;
  /** The namespace of the pods. A change replaces everything. */
  namespace: pulumi.Input<string>;
  /**
   * Labels of the pods.
   * @default all of the namespace
   * @example { app: "web" }
   */
  selector?: pulumi.Input<{ [label: string]: pulumi.Input<string> }>;
  /**
   * True: denies every connection that no other policy allows. Cannot be combined with `allow` or `http`.
   * @default false
   * @example true
   */
  defaultDeny?: boolean;
  /**
   * Who may connect; all others are denied. Behind a waypoint, connections come from the waypoint: use `http` there.
   * @default everyone, unless `http` or `defaultDeny` is set
   * @example [{ namespaces: ["shop"], ports: [8080] }]
   */
  allow?: AccessRuleArgs[];
  /**
   * Which requests are admitted, and by which waypoint. No other client can reach the pods.
   * @default all
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
   * The cluster of an explicit provider, unless another component of the program has set it already.
   * @default that of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}
