// What HttpRoute takes; what its rules take is in rule-args.ts.
import * as pulumi from "@pulumi/pulumi";
import { ParentKind } from "../../lib/validation/closed-sets";
import { GatewayHostPortsArgs, GatewayListenerArgs } from "../gateway/args";
import { ClusterArgs, ObjectMetadataArgs } from "../support/args";
import { CanaryArgs, RouteBackendArgs, RouteRuleArgs } from "./rule-args";

/** What a route attaches to. The output `gateway` of a mesh and the `reference` of an IngressGateway are such a parent. */
export interface RouteParentArgs {
  /**
   * Gateway or Service. A route for a Service needs a waypoint.
   * @default "Gateway"
   * @example "Service"
   */
  kind?: pulumi.Input<ParentKind>;
  /** Its name. */
  name: pulumi.Input<string>;
  /**
   * Its namespace.
   * @default the route's
   * @example "istio-system"
   */
  namespace?: pulumi.Input<string>;
  /**
   * The listener of the Gateway.
   * @default every listener; for redirects to https, the http listeners of a gateway in the same program
   * @example "http"
   */
  section?: pulumi.Input<string>;
  /**
   * The port of the Gateway or Service.
   * @default every port
   * @example 80
   */
  port?: pulumi.Input<number>;
  /**
   * The listeners of the Gateway, as the reference to a gateway tells them.
   * @default not known: `httpsOnly` is refused then
   * @example [{ name: "https", protocol: "HTTPS", port: 443 }]
   */
  listeners?: pulumi.Input<pulumi.Input<GatewayListenerArgs>[]>;
  /**
   * Ports under which the Gateway is reached from outside, as the reference to a gateway tells them.
   * @default those of the listeners
   * @example { http: 8081, https: 8444 }
   */
  hostPorts?: pulumi.Input<GatewayHostPortsArgs>;
  /**
   * Hostnames in the Gateway's certificate, as the reference to a gateway tells them.
   * @default not known: hosts are not compared with them
   * @example ["*.example.com"]
   */
  certificateNames?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Service account of its pods. It comes with the reference to a gateway; for a route it is of no use.
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
  /** Namespace of the route, which is usually that of its backends. A change replaces the route. */
  namespace: pulumi.Input<string>;
  /** The Gateway or Service that it attaches to: `mesh.gateway`, also from a StackReference, or a name and namespace. */
  parent: pulumi.Input<RouteParentArgs>;
  /**
   * Hostnames to match. The gateway must listen for them, and its certificate must include them.
   * @default every hostname of the gateway
   * @example ["shop.example.com"]
   */
  hostnames?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * True: the route attaches to the https listeners, and requests by http are redirected to https, by an HTTPRoute of
   * its own. The parent has to be the reference to a gateway, which tells its listeners.
   * @default false: it answers on every listener
   * @example true
   */
  httpsOnly?: boolean;
  /**
   * Which requests go where; the most specific match wins.
   * @default one rule for every request, with `backends` or `canary`
   * @example [{ matches: [{ prefix: "/api" }], backends: [{ service: "api", port: 80 }] }]
   */
  rules?: RouteRuleArgs[];
  /**
   * Services that share every request by weight.
   * @default none
   * @example [{ service: "web", port: 80 }]
   */
  backends?: RouteBackendArgs[];
  /**
   * Two versions that share every request.
   * @default none
   * @example { stable: { service: "web", port: 80 }, candidate: { service: "web-next", port: 80 }, percent: 10 }
   */
  canary?: CanaryArgs;
  /**
   * The HostK8s application that it belongs to (label `hostk8s.application`).
   * @default none
   * @example "web"
   */
  application?: pulumi.Input<string>;
  /**
   * The cluster of an explicit provider, unless another component has named it already.
   * @default that of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}
