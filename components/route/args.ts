// What HttpRoute takes; what its rules take is in rule-args.ts.
import * as pulumi from "@pulumi/pulumi";
import { ParentKind } from "../../lib/validation/closed-sets";
import { GatewayHostPortsArgs, GatewayListenerArgs } from "../gateway/args";
import { ClusterArgs, ObjectMetadataArgs } from "../support/args";
import { CanaryArgs, RouteBackendArgs, RouteRuleArgs } from "./rule-args";

/** What a route attaches to. The output `gateway` of a mesh and the `reference` of an IngressGateway are such a parent. */
export interface RouteParentArgs {
  /**
   * Kind of the parent: Gateway or Service. A route for a Service needs a waypoint.
   * @default "Gateway"
   * @example "Service"
   */
  kind?: pulumi.Input<ParentKind>;
  /** Name of the Gateway or Service. */
  name: pulumi.Input<string>;
  /**
   * Namespace of the Gateway or Service.
   * @default the route's namespace
   * @example "istio-system"
   */
  namespace?: pulumi.Input<string>;
  /**
   * Name of the Gateway's listener.
   * @default all listeners; for redirects to HTTPS, the HTTP listeners of a gateway given by its reference
   * @example "http"
   */
  section?: pulumi.Input<string>;
  /**
   * Port of the Gateway or Service.
   * @default all ports
   * @example 80
   */
  port?: pulumi.Input<number>;
  /**
   * Listeners of the Gateway. The reference to a gateway includes them.
   * @default unknown: `httpsOnly` is then rejected
   * @example [{ name: "https", protocol: "HTTPS", port: 443 }]
   */
  listeners?: pulumi.Input<pulumi.Input<GatewayListenerArgs>[]>;
  /**
   * Ports by which the Gateway is reached from outside the cluster. The reference to a gateway includes them.
   * @default the ports of the listeners
   * @example { http: 8081, https: 8444 }
   */
  hostPorts?: pulumi.Input<GatewayHostPortsArgs>;
  /**
   * Hostnames in the Gateway's certificate. The reference to a gateway includes them.
   * @default unknown: hostnames are not checked against them
   * @example ["*.example.com"]
   */
  certificateNames?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Service account of the Gateway's pods. The reference to a gateway includes it; routes ignore it.
   * @default none
   * @example "hostk8s-gateway-istio"
   */
  serviceAccount?: pulumi.Input<string>;
}

/** Which requests go to which backends. */
export interface HttpRouteArgs extends ObjectMetadataArgs {
  /**
   * Name of the HTTPRoute. A change replaces it.
   * @default the component's name
   * @example "web"
   */
  name?: pulumi.Input<string>;
  /** Namespace of the route, usually that of its backends. A change replaces the route. */
  namespace: pulumi.Input<string>;
  /**
   * The Gateway or Service that the route attaches to: `mesh.gateway`, also from a StackReference, or a name and
   * namespace.
   */
  parent: pulumi.Input<RouteParentArgs>;
  /**
   * Hostnames to match. The gateway must listen for them, and its certificate must include them.
   * @default all hostnames of the gateway
   * @example ["shop.example.com"]
   */
  hostnames?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Whether the route attaches to the HTTPS listeners only, with a second HTTPRoute that redirects HTTP requests to
   * HTTPS. The parent must be a reference to a gateway, which includes its listeners.
   * @default false: the route attaches to all listeners
   * @example true
   */
  httpsOnly?: boolean;
  /**
   * Rules that match requests and route them; the most specific match wins.
   * @default one rule for all requests, with `backends` or `canary`
   * @example [{ matches: [{ prefix: "/api" }], backends: [{ service: "api", port: 80 }] }]
   */
  rules?: RouteRuleArgs[];
  /**
   * Services that share all requests by weight.
   * @default none
   * @example [{ service: "web", port: 80 }]
   */
  backends?: RouteBackendArgs[];
  /**
   * Two versions that share all requests.
   * @default none
   * @example { stable: { service: "web", port: 80 }, candidate: { service: "web-next", port: 80 }, percent: 10 }
   */
  canary?: CanaryArgs;
  /**
   * The HostK8s application that the route belongs to (label `hostk8s.application`).
   * @default none
   * @example "web"
   */
  application?: pulumi.Input<string>;
  /**
   * The cluster of an explicit provider. Required unless an earlier component with the same provider has set it.
   * @default the cluster of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}
