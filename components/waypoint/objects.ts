// Specs of the objects behind a waypoint: the Gateway and its overlay.
import { stringify } from "yaml";
import { partDefaults } from "../../lib/istio/defaults";
import type { PodSettings } from "../gateway/objects";

/** A waypoint as policies refer to it. */
export interface WaypointSettings {
  name: string;
  namespace: string;
  serviceAccount?: string;
}

/** The Gateway's spec: one listener for HBONE. */
export function waypointSpec(name: string, overlayName: string): object {
  return {
    gatewayClassName: "istio-waypoint",
    infrastructure: {
      // Without an annotation here istiod copies those of the Gateway itself, waitFor among them, onto the Service.
      annotations: { "istio-ambient/waypoint": name },
      parametersRef: { group: "", kind: "ConfigMap", name: overlayName },
    },
    listeners: [{ name: "mesh", port: 15008, protocol: "HBONE", allowedRoutes: { namespaces: { from: "All" } } }],
  };
}

/** The key of the overlay ConfigMap that istiod merges onto the waypoint's Deployment. */
export function waypointOverlay(pods: PodSettings): { [key: string]: string } {
  const usual = partDefaults.waypoint;
  const requests = { cpu: pods.cpu ?? usual.cpu, memory: pods.memory ?? usual.memory };
  // Null takes away the limits that istiod's own template sets.
  const container = { name: "istio-proxy", resources: { requests, limits: null } };
  return {
    deployment: stringify({
      spec: { replicas: pods.replicas ?? usual.replicas, template: { spec: { containers: [container] } } },
    }),
  };
}

/** The identity under which a waypoint connects to the workloads behind it. */
export function waypointPrincipal(waypoint: WaypointSettings, domain: string): string {
  return `${domain}/ns/${waypoint.namespace}/sa/${waypoint.serviceAccount ?? waypoint.name}`;
}
