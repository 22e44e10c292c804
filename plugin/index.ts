// What programs in other languages can make: the schema is inferred from it.
export {
  AccessPolicy,
  AmbientMesh,
  AmbientNamespace,
  CertManager,
  GatewayApi,
  HttpRoute,
  IngressGateway,
  TrafficPolicy,
  Waypoint,
} from "../components";
