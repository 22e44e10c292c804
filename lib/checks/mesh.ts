// Finding the parts of an ambient mesh in a snapshot: by the labels that Istio's charts and istiod give them.
import * as semver from "semver";
import { chartRepository, charts, istioLine, type ChartName, type IstioLine } from "../istio/releases";
import { captureBarriers } from "./capture";
import { enrollsByLabel, enrollsBySelectors, type Enrolls } from "./enablement";
import type { ClusterSnapshot, GatewayState, PodState, ServiceState, WorkloadState } from "../cluster-state/snapshot";

/** Labels and annotations by which the parts know each other. */
export const marks = {
  dataplaneMode: "istio.io/dataplane-mode",
  redirection: "ambient.istio.io/redirection",
  useWaypoint: "istio.io/use-waypoint",
  useWaypointNamespace: "istio.io/use-waypoint-namespace",
  ingressUseWaypoint: "istio.io/ingress-use-waypoint",
  waypointFor: "istio.io/waypoint-for",
  managed: "gateway.istio.io/managed",
  gatewayName: "gateway.networking.k8s.io/gateway-name",
  nameOverride: "gateway.istio.io/name-override",
  sidecarStatus: "sidecar.istio.io/status",
} as const;

/** ConfigMap with the settings of istio-cni. */
export const cniConfig = "istio-cni-config";

/** Where the mesh lives when nothing of it is found. */
const usualNamespace = "istio-system";

/** istiod Deployments, one a revision. */
export function istiods(snapshot: ClusterSnapshot): WorkloadState[] {
  return snapshot.deployments.filter((deployment) => deployment.labels["app"] === "istiod");
}

/**
 * istiods that a ztunnel is led to by its addresses, or, where none is, those in ambient mode: others serve sidecars and gateways
 * alone, as a platform's own or one of a revision.
 */
export function ambientIstiods(snapshot: ClusterSnapshot): WorkloadState[] {
  const all = istiods(snapshot);
  if (all.length < 2) return all;
  const places = ztunnelDaemonSets(snapshot).flatMap(({ env }) => istiodAddresses(env));
  const isLed = (istiod: WorkloadState) => places.some((place) => leadsTo(snapshot, place, istiod));
  for (const fits of [isLed, ({ env }: WorkloadState) => env["PILOT_ENABLE_AMBIENT"]?.toLowerCase() === "true"]) {
    const found = all.filter(fits);
    if (found.length > 0) return found;
  }
  return all;
}

/** The Services that ztunnel finds its istiod by. */
export function istiodAddresses(env: Record<string, string>): { variable: string; namespace: string; name: string }[] {
  return ["XDS_ADDRESS", "CA_ADDRESS"].flatMap((variable) => {
    const [, name, namespace] = /^(?:https?:\/\/)?([^./]+)\.([^.]+)\.svc(?:[.:/]|$)/.exec(env[variable] ?? "") ?? [];
    return name === undefined || namespace === undefined ? [] : { variable, namespace, name };
  });
}

/** By the Service's selector, which asks for labels that the Deployment has as well; by its name where it is not there. */
function leadsTo(
  { services }: ClusterSnapshot,
  { namespace, name }: { namespace: string; name: string },
  istiod: WorkloadState,
): boolean {
  if (namespace !== istiod.namespace) return false;
  const selector = services.find((service) => service.namespace === namespace && service.name === name)?.selector;
  return selector === undefined
    ? istiod.name === name
    : Object.entries(selector).every(([key, value]) => istiod.labels[key] === value);
}

/** DaemonSets of istio-cni. */
export function cniDaemonSets(snapshot: ClusterSnapshot): WorkloadState[] {
  return snapshot.daemonSets.filter(
    (set) => set.labels["k8s-app"] === "istio-cni-node" || set.name === "istio-cni-node",
  );
}

/** DaemonSets of ztunnel. */
export function ztunnelDaemonSets(snapshot: ClusterSnapshot): WorkloadState[] {
  return snapshot.daemonSets.filter(
    (set) => set.labels["app.kubernetes.io/name"] === "ztunnel" || set.name === "ztunnel",
  );
}

/** The namespace of the mesh's own parts. */
export function meshNamespace(snapshot: ClusterSnapshot): string {
  return (ambientIstiods(snapshot)[0] ?? ztunnelDaemonSets(snapshot)[0])?.namespace ?? usualNamespace;
}

/** Istio release of a part, from its image's tag or its label; undefined for a tag such as "latest". */
export function istioVersion(part: WorkloadState): semver.SemVer | undefined {
  const names = ["discovery", "install-cni", "istio-proxy"];
  const image = part.containers.find((container) => names.includes(container.name))?.image ?? "";
  const tag = /:([^/@]+)(?:@|$)/.exec(image)?.[1] ?? "";
  const texts = [tag.replace(/-(distroless|debug)$/, ""), part.labels["app.kubernetes.io/version"] ?? ""];
  return texts.map((text) => semver.parse(text)).find((version) => version !== null) ?? undefined;
}

/** The newest release that an istiod says it is of. */
export function newestIstiod(snapshot: ClusterSnapshot): semver.SemVer | undefined {
  return ambientIstiods(snapshot)
    .flatMap((istiod) => istioVersion(istiod) ?? [])
    .sort(semver.rcompare)[0];
}

/** The release line of the mesh's istiod, if this package knows it. */
export function meshLine(snapshot: ClusterSnapshot): IstioLine | undefined {
  const version = ambientIstiods(snapshot)
    .map(istioVersion)
    .find((found) => found !== undefined);
  return version ? istioLine(version.version) : undefined;
}

/** The command that puts a chart's objects back as that release has them. */
export function helmUpgrade(name: ChartName, namespace: string, version: string): string {
  return releaseUpgrade({ ...charts[name], namespace, version });
}

/**
 * The same for a release of any name. The values that the user gave stay, and those of the chart are the new release's: with
 * --reuse-values an older chart's defaults would stay, its image tag among them.
 */
export function releaseUpgrade(of: { release: string; chart: string; version: string; namespace: string }): string {
  const { release, chart, version, namespace } = of;
  return `helm upgrade ${release} ${chart} --repo ${chartRepository} --version ${version} --namespace ${namespace} --reset-then-reuse-values`;
}

/** Whether a pod is asked into the mesh. */
export function enrolls(snapshot: ClusterSnapshot): Enrolls {
  const [selectors] = agentSettings(snapshot, "AMBIENT_ENABLEMENT_SELECTOR");
  const excluded = excludedNamespaces(snapshot);
  const asks =
    (selectors === undefined ? undefined : enrollsBySelectors(selectors, snapshot.namespaces)) ??
    enrollsByLabel(snapshot.namespaces);
  return (pod) => asks(pod) && !excluded.has(pod.namespace);
}

/** Running pods that istio-cni has to capture: enrolled, with a network of their own, without a proxy. */
export function podsToCapture(snapshot: ClusterSnapshot): PodState[] {
  const barrier = captureBarriers(snapshot);
  return enrolledPods(snapshot).filter(
    (pod) => pod.phase === "Running" && !pod.hostNetwork && !hasProxy(pod) && barrier(pod) === undefined,
  );
}

/** The annotation of pods whose clients are outside of the mesh. */
export const bypass = "ambient.istio.io/bypass-inbound-capture";

/** Whether ztunnel leaves plaintext to a pod alone. istio-cni reads it as Go does. */
export function bypassesInbound({ annotations }: PodState): boolean {
  return ["1", "t", "T", "true", "True", "TRUE"].includes(annotations[bypass] ?? "");
}

/** Pods that are asked into the mesh, and neither done nor about to go. */
export function enrolledPods(snapshot: ClusterSnapshot): PodState[] {
  const isEnrolled = enrolls(snapshot);
  return snapshot.pods.filter((pod) => isLive(pod) && isEnrolled(pod));
}

/** Neither done, as the pod of a finished Job, nor about to go. */
export function isLive({ phase, deleting }: PodState): boolean {
  return !deleting && phase !== "Succeeded" && phase !== "Failed";
}

/** Namespaces whose pods istio-cni leaves alone: the chart's excludeNamespaces, and its default where that is not read. */
export function excludedNamespaces(snapshot: ClusterSnapshot): Set<string> {
  const [list = "kube-system"] = agentSettings(snapshot, "EXCLUDE_NAMESPACES");
  return new Set(list.split(",").map((name) => name.trim()));
}

/** Whether istio-cni leads the DNS requests of pods to ztunnel, as it does by default. */
export function capturesDns(snapshot: ClusterSnapshot): boolean {
  return agentSettings(snapshot, "AMBIENT_DNS_CAPTURE").every((value) => value !== "false");
}

/** A setting of istio-cni, as far as its ConfigMap was read. */
function agentSettings(snapshot: ClusterSnapshot, key: string): string[] {
  return cniDaemonSets(snapshot).flatMap(({ namespace }) => {
    const config = snapshot.configMaps.find((found) => found.namespace === namespace && found.name === cniConfig);
    return config?.data[key] ?? [];
  });
}

/** Its traffic goes through ztunnel, by istio-cni's word. */
export function isCaptured(pod: PodState): boolean {
  return pod.annotations[marks.redirection] === "enabled";
}

/** What istiod puts on the pods of waypoints, of Envoy and of agentgateway. */
const waypointControllers = ["istio.io-mesh-controller", "istio.io-agentgateway-waypoint-controller"];

/** Of gateways between clusters, which take HBONE as waypoints do. */
const eastWestController = "istio.io-eastwest-controller";

export function isWaypointPod({ labels }: Pick<PodState, "labels">): boolean {
  return waypointControllers.includes(labels[marks.managed] ?? "");
}

/** Pods that take connections of the mesh for others: waypoints, and gateways between clusters. */
export function takesHboneForOthers(pod: Pick<PodState, "labels">): boolean {
  return isWaypointPod(pod) || pod.labels[marks.managed] === eastWestController;
}

/** Gateways for traffic from outside, of istiod alone: other controllers give their pods the same name of a Gateway. */
export function isIngressPod(pod: Pick<PodState, "labels">): boolean {
  return marks.gatewayName in pod.labels && marks.managed in pod.labels && !takesHboneForOthers(pod);
}

/** A proxy of its own beside the application, as container or as native sidecar. */
export function hasSidecar(pod: PodState): boolean {
  const proxy = pod.containers.find((container) => container.name === "istio-proxy");
  if (!proxy || marks.gatewayName in pod.labels) return marks.sidecarStatus in pod.annotations;
  return proxy.init || pod.containers.some((container) => !container.init && container !== proxy);
}

/** An injected proxy, beside an application or alone as a classic gateway: istio-cni leaves such a pod out. */
export function hasProxy(pod: PodState): boolean {
  return hasSidecar(pod) || marks.sidecarStatus in pod.annotations;
}

function byController(controllers: string[], usualClass: string) {
  return (snapshot: ClusterSnapshot): GatewayState[] => {
    const classes = snapshot.gatewayClasses
      .filter(({ controller }) => controllers.includes(controller))
      .map(({ name }) => name);
    return snapshot.gateways.filter(({ className }) => className === usualClass || classes.includes(className));
  };
}

/** Gateways for traffic from outside that istiod serves. */
export const ingressGateways = byController(
  ["istio.io/gateway-controller", "istio.io/agentgateway-controller"],
  "istio",
);

/** Waypoints. */
export const waypoints = byController(
  ["istio.io/mesh-controller", "istio.io/agentgateway-waypoint-controller"],
  "istio-waypoint",
);

/** Name of the Service and the Deployment that istiod makes for a Gateway. */
export function deployedName(snapshot: ClusterSnapshot, gateway: GatewayState): string {
  const plain = waypoints(snapshot).includes(gateway) ? gateway.name : `${gateway.name}-${gateway.className}`;
  return gateway.annotations[marks.nameOverride] ?? plain;
}

/** The Service that istiod makes for a Gateway. */
export function gatewayService(snapshot: ClusterSnapshot, gateway: GatewayState): ServiceState | undefined {
  const name = deployedName(snapshot, gateway);
  return snapshot.services.find((service) => service.namespace === gateway.namespace && service.name === name);
}

/** The Deployment that istiod makes for a Gateway. */
export function gatewayDeployment(snapshot: ClusterSnapshot, gateway: GatewayState): WorkloadState | undefined {
  const name = deployedName(snapshot, gateway);
  return snapshot.deployments.find((found) => found.namespace === gateway.namespace && found.name === name);
}

/** Objects by their namespace, in the order of its name. */
export function byNamespace<T extends { namespace: string }>(objects: T[]): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const object of objects) {
    const group = groups.get(object.namespace);
    if (group) group.push(object);
    else groups.set(object.namespace, [object]);
  }
  return [...groups].sort(([a], [b]) => a.localeCompare(b));
}

/** "1 pod", "2 pods". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** "3 of 4": how a count stands in a message. */
export function share(part: number, whole: number): string {
  return `${part} of ${whole}`;
}

/** A list that stays readable: the first few names, and how many more. */
export function some(names: string[], shown = 3): string {
  const more = names.length - shown;
  return more > 0 ? `${names.slice(0, shown).join(", ")} and ${more} more` : names.join(", ");
}
