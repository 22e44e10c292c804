// Labels by which namespaces, Services and pods take part in an ambient mesh.

/** Keys of the labels. */
export const meshLabels = {
  dataplaneMode: "istio.io/dataplane-mode",
  useWaypoint: "istio.io/use-waypoint",
  useWaypointNamespace: "istio.io/use-waypoint-namespace",
  ingressUseWaypoint: "istio.io/ingress-use-waypoint",
  waypointFor: "istio.io/waypoint-for",
  injection: "istio-injection",
  revision: "istio.io/rev",
  stack: "hostk8s.stack",
  app: "hostk8s.app",
  application: "hostk8s.application",
} as const;

/** Namespaces of Kubernetes, of OpenShift and of the mesh itself: enrolling them can break the cluster's own networking. */
export const systemNamespaces = /^(kube-|openshift(-|$)|istio-(system|cni|operator|ingress|egress|gateways?)(-|$))/;

/** The label of a namespace that asks for sidecars: ztunnel never captures a pod that has one. */
export function sidecarLabel(labels: Labels): string | undefined {
  return labels[meshLabels.injection] === "enabled"
    ? meshLabels.injection
    : Object.keys(labels).find((label) => label === meshLabels.revision);
}

/** Labels that a pod has by its sidecar alone. Source: istio manifests/charts/istio-control/istio-discovery/files/injection-template.yaml. */
export const sidecarLabels: ReadonlySet<string> = new Set([
  "security.istio.io/tlsMode",
  "networking.istio.io/tunnel",
  "service.istio.io/canonical-name",
  "service.istio.io/canonical-revision",
]);

/** A map of labels. */
export type Labels = { [label: string]: string };

/** Labels for the pods of one workload that is to be in the mesh, in a namespace that is not. */
export function enrolled(): Labels {
  return { [meshLabels.dataplaneMode]: "ambient" };
}

/** Labels for the pods of one workload that is to stay out of the mesh, in a namespace that is in it. */
export function optedOut(): Labels {
  return { [meshLabels.dataplaneMode]: "none" };
}

/** Labels that put what carries them behind a waypoint. */
export function behindWaypoint(waypoint: string, waypointNamespace: string, own: string, ingress: boolean): Labels {
  return {
    [meshLabels.useWaypoint]: waypoint,
    ...(waypointNamespace === own ? {} : { [meshLabels.useWaypointNamespace]: waypointNamespace }),
    ...(ingress ? { [meshLabels.ingressUseWaypoint]: "true" } : {}),
  };
}

/** What a namespace says of its place in the mesh. */
export interface NamespaceSettings {
  dataplaneMode?: string;
  useWaypoint?: string;
  useWaypointNamespace?: string;
  ingressUseWaypoint?: boolean;
  stack?: string;
  app?: string;
  labels?: Labels;
}

/** All labels of a namespace. */
export function namespaceLabels(settings: NamespaceSettings): Labels {
  const { useWaypoint, useWaypointNamespace, ingressUseWaypoint, stack, app } = settings;
  return {
    ...settings.labels,
    [meshLabels.dataplaneMode]: settings.dataplaneMode ?? "ambient",
    ...(useWaypoint === undefined ? {} : { [meshLabels.useWaypoint]: useWaypoint }),
    ...(useWaypointNamespace === undefined ? {} : { [meshLabels.useWaypointNamespace]: useWaypointNamespace }),
    ...(ingressUseWaypoint === undefined ? {} : { [meshLabels.ingressUseWaypoint]: String(ingressUseWaypoint) }),
    ...(stack === undefined ? {} : { [meshLabels.stack]: stack }),
    ...(app === undefined ? {} : { [meshLabels.app]: app }),
  };
}
