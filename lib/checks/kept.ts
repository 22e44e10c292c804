// Fixes for what others keep: a change by hand, by Helm or by istioctl would be undone, so the fix says how they are told.
import type { ClusterSnapshot, Kind } from "../cluster-state/snapshot";
import { charts } from "../istio/releases";
import { keeperOf, type Keeper, type Kept } from "../ownership/keepers";
import { objectName } from "../cluster-state/object-name";
import type { Finding } from "./check";
import { cniDaemonSets, istiods, ztunnelDaemonSets } from "./mesh";

/** Kinds of objects that findings name. */
export const namedKinds = (): string[] => Object.keys(lists);

/** The lists in which findings' objects are, by kind. */
const lists: Partial<Record<string, Kind[]>> = {
  Namespace: ["namespaces"],
  Service: ["services"],
  Deployment: ["deployments"],
  DaemonSet: ["daemonSets"],
  CustomResourceDefinition: ["definitions"],
  ValidatingAdmissionPolicy: ["admissionPolicies"],
  GatewayClass: ["gatewayClasses"],
  Gateway: ["gateways"],
  ListenerSet: ["listenerSets"],
  XListenerSet: ["listenerSets"],
  HTTPRoute: ["routes"],
  GRPCRoute: ["routes"],
  TLSRoute: ["routes"],
  TCPRoute: ["routes"],
  VirtualService: ["virtualServices"],
  DestinationRule: ["destinationRules"],
  ConfigMap: ["configMaps"],
  Secret: ["secrets"],
  Certificate: ["certificates"],
  MutatingWebhookConfiguration: ["mutatingWebhooks"],
  ValidatingWebhookConfiguration: ["validatingWebhooks"],
  AuthorizationPolicy: ["authorizationPolicies"],
  RequestAuthentication: ["requestAuthentications"],
  PeerAuthentication: ["peerAuthentications"],
  Telemetry: ["proxyPolicies"],
  WasmPlugin: ["proxyPolicies"],
  TrafficExtension: ["proxyPolicies"],
  EnvoyFilter: ["proxyPolicies"],
  Sidecar: ["proxyPolicies"],
  ProxyConfig: ["proxyPolicies"],
  ServiceEntry: ["serviceEntries"],
  WorkloadEntry: ["workloadEntries"],
  WorkloadGroup: ["workloadGroups"],
};

/** Commands that change an object; a restart changes nothing that a source has. */
const writes = /^kubectl (annotate|apply|create|delete|label|patch|scale|set) |^istioctl waypoint apply /;
/** Commands that change the mesh's own parts. */
const installs = /^helm (upgrade|rollback) |^kubectl apply --server-side -f |^kubectl delete secret sh\.helm\./;

/** The finding with a fix that holds. */
export function heldFix(snapshot: ClusterSnapshot, found: Finding): Finding {
  const { fix } = found;
  const [kind = ""] = found.object.split(" ");
  // What is written into a namespace is about the pods and policies in it, and not about the namespace.
  const concerns = "run" in fix ? writes.test(fix.run) || installs.test(fix.run) : kind !== "Namespace";
  if (!concerns) {
    return found;
  }
  const keeper = keeperOfObject(snapshot, kind, found.object) ?? partsKeeper(snapshot, found);
  if (!keeper) {
    return found;
  }
  return toldTo(keeper, found);
}

/** The finding with the keeper in it, and the fix at the keeper's source. */
function toldTo(keeper: Keeper, found: Finding): Finding {
  const rule = `${found.rule}; ${keeper.who} reverts changes made here, so change it there`;
  return { ...found, rule, fix: { run: keeper.change } };
}

/** The same for a finding about an object that is at hand. */
export function fixFor(object: Kept, found: Finding): Finding {
  const keeper = keeperOf(object);
  return keeper ? toldTo(keeper, found) : found;
}

function keeperOfObject(snapshot: ClusterSnapshot, kind: string, object: string): Keeper | undefined {
  const named = namedObject(snapshot, kind, object);
  return named && keeperOf(named);
}

/** The object of a kind by the name that findings give it. */
export function namedObject(snapshot: ClusterSnapshot, kind: string, object: string): Kept | undefined {
  const indexes = known.get(snapshot) ?? new Map<string, Map<string, Kept>>();
  known.set(snapshot, indexes);
  const index = indexes.get(kind) ?? indexOf(snapshot, kind);
  indexes.set(kind, index);
  return index.get(object);
}

/** Objects of a kind by the names that findings give them, made once: there may be as many findings as objects. */
const known = new WeakMap<ClusterSnapshot, Map<string, Map<string, Kept>>>();

function indexOf(snapshot: ClusterSnapshot, kind: string): Map<string, Kept> {
  const all: Kept[] = (lists[kind] ?? []).flatMap((list) => snapshot[list] as Kept[]);
  const own = all.filter((each) => !("kind" in each) || each.kind === kind);
  return new Map(own.map((each) => [objectName(kind, each), each]));
}

/** Who keeps the mesh, where a part of it is missing or old; CRDs may have another keeper. */
function partsKeeper(snapshot: ClusterSnapshot, { fix }: Finding): Keeper | undefined {
  if (!("run" in fix) || !installs.test(fix.run)) {
    return undefined;
  }
  const definitionsOf = (group: string) => snapshot.definitions.filter(({ name }) => name.endsWith(group));
  const parts = fix.run.startsWith("kubectl apply ")
    ? definitionsOf("gateway.networking.k8s.io")
    : fix.run.startsWith(`helm upgrade ${charts.base.release} `)
      ? definitionsOf(".istio.io")
      : [...istiods(snapshot), ...cniDaemonSets(snapshot), ...ztunnelDaemonSets(snapshot)];
  return parts.map(keeperOf).find((keeper) => keeper !== undefined);
}
