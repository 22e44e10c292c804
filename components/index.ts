// The public list: every component with its arguments and outputs.
export { AccessPolicy } from "./access/access-policy";
export * from "./access/args";
export * from "./gateway-api/args";
export { GatewayApi } from "./gateway-api/gateway-api";
export * from "./gateway/args";
export { IngressGateway } from "./gateway/ingress-gateway";
export { AmbientMesh } from "./mesh/ambient-mesh";
export * from "./mesh/args";
export { AmbientNamespace } from "./namespace/ambient-namespace";
export * from "./namespace/args";
export * from "./route/args";
export { HttpRoute } from "./route/http-route";
export * from "./support/args";
export * from "./traffic/args";
export { TrafficPolicy } from "./traffic/traffic-policy";
export * from "./waypoint/args";
export { Waypoint } from "./waypoint/waypoint";
export { enrolled, optedOut } from "../lib/istio/labels";
