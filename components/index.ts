// The public list: every component with its arguments and outputs.
export {
  AccessPolicy,
  AccessPolicyArgs,
  AccessRuleArgs,
  HttpAccessArgs,
  HttpAccessRuleArgs,
  JwtArgs,
} from "./access-policy";
export { AmbientNamespace, AmbientNamespaceArgs } from "./ambient-namespace";
export { CertificateArgs } from "./certificate";
export { ClusterArgs } from "./support/cluster";
export { ChartsArgs } from "./charts";
export { GatewayApi, GatewayApiArgs } from "./gateway-api";
export { HttpRoute, HttpRouteArgs } from "./http-route";
export {
  AllowedRoutesArgs,
  GatewayArgs,
  GatewayNodePorts,
  IngressGateway,
  IngressGatewayArgs,
  ParentReference,
} from "./ingress-gateway";
export { AmbientMesh, AmbientMeshArgs, MeshResources } from "./mesh";
export {
  CniArgs,
  ControlPlaneArgs,
  DataplaneArgs,
  ImagesArgs,
  MeshGatewayApiArgs,
  MeshGatewayArgs,
  PreflightArgs,
} from "./mesh-parts";
export {
  CanaryArgs,
  CorsArgs,
  HeaderChangesArgs,
  MirrorArgs,
  RedirectArgs,
  RewriteArgs,
  RouteBackendArgs,
  RouteMatchArgs,
  RouteParentArgs,
  RouteRetriesArgs,
  RouteRuleArgs,
  RouteTimeoutsArgs,
  RouteVersionArgs,
} from "./route-parts";
export { enrolled, optedOut } from "../lib/mesh-labels";
export { TrafficPolicy, TrafficPolicyArgs } from "./traffic-policy";
export {
  ConnectionPoolArgs,
  FaultAbortArgs,
  FaultArgs,
  FaultDelayArgs,
  OutlierDetectionArgs,
  TrafficDestinationArgs,
  TrafficRetriesArgs,
  TrafficRouteArgs,
  TrafficVersionArgs,
} from "./traffic-parts";
export { Waypoint, WaypointArgs, WaypointReference, WaypointUserArgs } from "./waypoint";
