// The pods of a mesh by what policies can tell of them: those of one workload are one and the same to a selector.
import { hasSidecar, marks, podsToCapture, takesHboneForOthers } from "../checks/mesh";
import type { ClusterSnapshot, NetworkPeer, NetworkRule, PodState, ServiceState } from "../cluster-state/snapshot";
import { inBlock, parseAddress, type Address } from "./addresses";
import { opensPort } from "./rules";
import { selects } from "./selectors";

/** Pods of one namespace with the same labels. */
export interface Workload {
  namespace: string;
  labels: Record<string, string>;
  pods: PodState[];
  /** Captured pods have their own side of HBONE in ztunnel; proxies bring their own. */
  kind: "captured" | "gateway" | "waypoint" | "sidecar";
  /** The waypoint that connections to it go through: namespace/name. */
  waypoint?: string;
  /** Connections from ingress gateways go through it too. */
  isIngressThrough: boolean;
}

/** Labels that differ from one rollout to the next and that no selector names. */
const restless = ["pod-template-hash", "controller-revision-hash", "pod-template-generation"];

const known = new WeakMap<ClusterSnapshot, Workload[]>();

/** All that speaks HBONE; gathered once for a snapshot. */
export function meshWorkloads(snapshot: ClusterSnapshot): Workload[] {
  const workloads = known.get(snapshot) ?? gathered(snapshot);
  known.set(snapshot, workloads);
  return workloads;
}

function gathered(snapshot: ClusterSnapshot): Workload[] {
  const captured = new Set(podsToCapture(snapshot));
  const signs = new Signs(snapshot);
  const workloads = new Map<string, Workload>();
  for (const pod of snapshot.pods) {
    const kind = captured.has(pod) ? "captured" : kindOfProxy(pod);
    if (kind === undefined) continue;
    const key = JSON.stringify([kind, pod.namespace, ...steadyLabels(pod)]);
    const same = workloads.get(key);
    if (same) same.pods.push(pod);
    else workloads.set(key, { ...fieldsOf(pod), kind, ...(kind === "captured" ? signs.of(pod) : direct) });
  }
  return [...workloads.values()];
}

const direct = { isIngressThrough: false };

function fieldsOf(pod: PodState) {
  return { namespace: pod.namespace, labels: pod.labels, pods: [pod] };
}

function steadyLabels({ labels }: PodState): string[] {
  return Object.keys(labels)
    .filter((key) => !restless.includes(key))
    .sort()
    .map((key) => `${key}=${labels[key] ?? ""}`);
}

function kindOfProxy(pod: PodState): Workload["kind"] | undefined {
  if (pod.phase !== "Running" || pod.deleting || pod.hostNetwork) return undefined;
  if (takesHboneForOthers(pod)) return "waypoint";
  if (marks.managed in pod.labels) return "gateway";
  return hasSidecar(pod) ? "sidecar" : undefined;
}

/** Which waypoint is in front of a pod, by the labels of the pod, of its Services and of its namespace. */
class Signs {
  private readonly namespaces: Map<string, Record<string, string>>;
  private readonly services = new Map<string, ServiceState[]>();

  constructor({ namespaces, services }: ClusterSnapshot) {
    this.namespaces = new Map(namespaces.map(({ name, labels }) => [name, labels]));
    for (const service of services) {
      this.services.set(service.namespace, [...(this.services.get(service.namespace) ?? []), service]);
    }
  }

  of({ namespace, labels }: PodState): Pick<Workload, "waypoint" | "isIngressThrough"> {
    const own = (this.services.get(namespace) ?? []).filter(
      ({ selector }) => selector !== undefined && selects({ labels: selector, expressions: [] }, labels),
    );
    const holders = [labels, ...own.map((service) => service.labels), this.namespaces.get(namespace) ?? {}];
    const holder = holders.find((each) => marks.useWaypoint in each) ?? {};
    const name = holder[marks.useWaypoint];
    if (name === undefined || name === "none") return direct;
    return {
      waypoint: `${holder[marks.useWaypointNamespace] ?? namespace}/${name}`,
      isIngressThrough: holders.some((each) => each[marks.ingressUseWaypoint] === "true"),
    };
  }
}

/** Which of the mesh's workloads the peers of rules name; each peer is looked for once. */
export class Peers {
  private readonly byNamespace = new Map<string, number[]>();
  private readonly found = new Map<string, Set<number>>();
  private readonly listening = new Map<string, Set<number>>();
  private readonly waypoints = new Map<string, number[]>();
  private readonly addresses = new Map<number, (Address | undefined)[]>();
  private readonly all: Set<number>;

  constructor(
    readonly workloads: readonly Workload[],
    private readonly namespaces: readonly { name: string; labels: Record<string, string> }[],
  ) {
    this.all = new Set(workloads.keys());
    for (const [index, { namespace, kind, labels }] of workloads.entries()) {
      this.byNamespace.set(namespace, [...(this.byNamespace.get(namespace) ?? []), index]);
      if (kind !== "waypoint") continue;
      const name = `${namespace}/${labels[marks.gatewayName] ?? ""}`;
      this.waypoints.set(name, [...(this.waypoints.get(name) ?? []), index]);
    }
  }

  /** The workloads of a waypoint: namespace/name. */
  ofWaypoint(waypoint: string): number[] {
    return this.waypoints.get(waypoint) ?? [];
  }

  /** Those that declare one of a rule's ports. */
  listeningAt(rule: NetworkRule): Set<number> {
    const key = JSON.stringify(rule.ports);
    const found = this.listening.get(key) ?? new Set([...this.all].filter((at) => listens(this.workloads[at]!, rule)));
    this.listening.set(key, found);
    return found;
  }

  /** Indices of the workloads behind the peers of a policy in that namespace. */
  of(peers: NetworkPeer[] | undefined, namespace: string): Set<number> {
    if (peers === undefined) return this.all;
    if (peers.length === 1) return this.ofOne(peers[0]!, namespace);
    const key = JSON.stringify([peers, peers.some(isLocal) ? namespace : ""]);
    const found = this.found.get(key) ?? new Set(peers.flatMap((peer) => [...this.ofOne(peer, namespace)]));
    this.found.set(key, found);
    return found;
  }

  private ofOne(peer: NetworkPeer, namespace: string): Set<number> {
    const key = JSON.stringify([peer, isLocal(peer) ? namespace : ""]);
    const found = this.found.get(key) ?? this.look(peer, isLocal(peer) ? [namespace] : this.selected(peer));
    this.found.set(key, found);
    return found;
  }

  private selected({ namespaces }: NetworkPeer): string[] {
    const chosen = this.namespaces.filter(({ labels }) => namespaces === undefined || selects(namespaces, labels));
    return chosen.map(({ name }) => name);
  }

  private look({ pods, block }: NetworkPeer, namespaces: string[]): Set<number> {
    const indices = namespaces.flatMap((name) => this.byNamespace.get(name) ?? []);
    const isIn = block && inBlock(block);
    return new Set(
      indices.filter((index) =>
        isIn ? this.addressesOf(index).some(isIn) : pods === undefined || selects(pods, this.workloads[index]!.labels),
      ),
    );
  }

  private addressesOf(index: number): (Address | undefined)[] {
    const parsed = this.addresses.get(index) ?? this.workloads[index]!.pods.map(({ address }) => parseAddress(address));
    this.addresses.set(index, parsed);
    return parsed;
  }
}

/** Pods of the policy's own namespace. */
function isLocal({ pods, namespaces, block }: NetworkPeer): boolean {
  return block === undefined && namespaces === undefined && pods !== undefined;
}

function listens({ pods }: Workload, rule: NetworkRule): boolean {
  return pods.some(({ ports, probePorts }) =>
    [...Object.values(ports), ...probePorts].some((port) => opensPort(rule, port, ports)),
  );
}
