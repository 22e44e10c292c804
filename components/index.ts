// The public list: every component with its arguments and outputs.
export { AmbientNamespace, AmbientNamespaceArgs } from "./ambient-namespace";
export { CertificateArgs } from "./certificate";
export { ChartsArgs } from "./charts";
export { GatewayApi, GatewayApiArgs } from "./gateway-api";
export { HttpRoute, HttpRouteArgs } from "./http-route";
export {
  AllowedRoutesArgs,
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
export * from "./route-parts";
export { enrolled, optedOut } from "../lib/mesh-labels";
