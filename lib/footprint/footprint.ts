// What a mesh costs: the sums of its parts, of each node, and what sidecars would take in its place.
import { growthPerPod, sidecarFigure } from "./figures";
import { parts, type MeshPod, type Part } from "./parts";
import { ownMemory, sumUsage, timesUsage, type Usage } from "./usage";

/** Where the figures of use come from. */
export type Source = "kubelets" | "metrics.k8s.io" | "none";

/** One read of a cluster. */
export interface FootprintState {
  /** Address of the API server. */
  server: string;
  source: Source;
  /** Why it is not the kubelets; why it is nothing at all. */
  reasons: string[];
  /** Nodes whose kubelet gave no answer, and why. */
  silentNodes: { node: string; why: string }[];
  /** Nodes of the mesh that were not asked, because there are so many. */
  unaskedNodes: number;
  /** The parts of the mesh, and the sidecars. */
  pods: MeshPod[];
  /** Pods that ztunnel serves. */
  captured: number;
  /** Waypoints that a namespace, Service or pod names, as namespace/name; nothing where these cannot be read. */
  usedWaypoints?: ReadonlySet<string>;
  /** Connections that are open to the pods of a waypoint now, as namespace/name; of those alone that could be asked. */
  waypointConnections: ReadonlyMap<string, number>;
}

/** A part of the mesh, in all or on one node. */
export interface Row {
  pods: number;
  /** Pods whose use was measured. */
  measured: number;
  requested: { cpu: number; memory: number };
  /** The use of all its pods: those that were not measured count as much as the others do on average. */
  used?: Usage;
}

/** Parts with their sum. */
export interface Rows {
  parts: { part: Part; row: Row }[];
  total: Row;
}

/** One line of the comparison. */
export interface Compared {
  services: number;
  /** Bytes of a mesh with a sidecar for each of so many pods: always extrapolated. */
  sidecars: number;
  /** Bytes of the ambient mesh with so many pods. */
  ambient: number;
  /** How `ambient` is known. */
  basis: "measured" | "extrapolated";
}

/** The mesh beside one of sidecars. */
export interface Comparison {
  captured: number;
  /** What one sidecar takes, and how many were measured here; 0: the documented figure. */
  sidecar: { memory: number; measured: number };
  /** Which memory is compared. */
  by: "rss" | "workingSet";
  lines: Compared[];
}

/** The whole report, without its advice. */
export interface Footprint extends Rows {
  nodes: ({ node: string } & Rows)[];
  /** Missing where nothing was measured. */
  comparison?: Comparison;
}

/** Services of the comparison, with one pod each. */
const comparedServices = [5, 10, 20];

/** Puts one read of a cluster together. */
export function footprint(state: FootprintState): Footprint {
  const { pods } = state;
  const names = [...new Set(pods.map(({ node }) => node))].filter((name) => name !== "").sort(byNumber);
  const means = meanUsages(pods);
  const nodes = names.map((node) => ({
    node,
    ...rows(
      pods.filter((pod) => pod.node === node),
      means,
    ),
  }));
  const all = rows(pods, means);
  const comparison = compare(all, pods, state.captured);
  return { ...all, nodes, ...(comparison ? { comparison } : {}) };
}

/** node-2 before node-10. */
function byNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

type Means = Partial<Record<Part, Usage>>;

function meanUsages(pods: MeshPod[]): Means {
  return Object.fromEntries(
    parts.flatMap((part) => {
      const used = usagesOf(pods.filter((pod) => pod.part === part));
      return used.length === 0 ? [] : [[part, timesUsage(sumUsage(used), 1 / used.length)]];
    }),
  );
}

function usagesOf(pods: MeshPod[]): Usage[] {
  return pods.flatMap(({ used }) => used ?? []);
}

function rows(pods: MeshPod[], means: Means): Rows {
  const found = parts.flatMap((part) => {
    const own = pods.filter((pod) => pod.part === part);
    return own.length === 0 ? [] : [{ part, row: rowOf(own, means[part]) }];
  });
  return { parts: found, total: totalOf(found.map(({ row }) => row)) };
}

function rowOf(pods: MeshPod[], mean: Usage | undefined): Row {
  const known = usagesOf(pods);
  const used = mean ? sumUsage([...known, timesUsage(mean, pods.length - known.length)]) : undefined;
  return { pods: pods.length, measured: known.length, requested: requestsOf(pods), ...(used ? { used } : {}) };
}

function requestsOf(pods: Pick<MeshPod, "requested">[]): Row["requested"] {
  return {
    cpu: pods.reduce((sum, { requested }) => sum + requested.cpu, 0),
    memory: pods.reduce((sum, { requested }) => sum + requested.memory, 0),
  };
}

/** A sum has a use only where each of its rows has one. */
function totalOf(all: Row[]): Row {
  const used = all.flatMap((row) => row.used ?? []);
  return {
    pods: all.reduce((sum, row) => sum + row.pods, 0),
    measured: all.reduce((sum, row) => sum + row.measured, 0),
    requested: requestsOf(all),
    ...(used.length === all.length && used.length > 0 ? { used: sumUsage(used) } : {}),
  };
}

function compare({ parts: found }: Rows, pods: MeshPod[], captured: number): Comparison | undefined {
  const used = (part: Part): Usage | undefined => found.find((entry) => entry.part === part)?.row.used;
  const [istiod, gateways] = [used("istiod"), used("gateways")];
  const nodeParts = (["istio-cni", "ztunnel", "waypoints"] as const).map(used).filter((usage) => usage !== undefined);
  if (istiod === undefined || nodeParts.length === 0) return undefined;
  const shared = [istiod, ...(gateways ? [gateways] : [])];
  const sidecars = usagesOf(pods.filter(({ part }) => part === "sidecars"));
  const everything = [...shared, ...nodeParts, ...sidecars];
  const by = sumUsage(everything).rss === undefined ? "workingSet" : "rss";
  const memory = (usages: Usage[]): number => usages.reduce((sum, usage) => sum + (usage[by] ?? 0), 0);
  const sidecar = sidecars.length > 0 ? memory(sidecars) / sidecars.length : sidecarFigure;
  const ambient = memory([...shared, ...nodeParts]);
  const isWhole = found.every(({ row }) => row.measured === row.pods);
  const line = (services: number): Compared => ({
    services,
    sidecars: memory(shared) + services * sidecar,
    ambient: Math.max(0, ambient + (services - captured) * growthPerPod),
    basis: services === captured && isWhole ? "measured" : "extrapolated",
  });
  const counts = [...new Set([captured, ...comparedServices])].filter((services) => services > 0);
  return {
    captured,
    sidecar: { memory: sidecar, measured: sidecars.length },
    by,
    lines: counts.sort((a, b) => a - b).map(line),
  };
}

/** The memory of a row to compare by. */
export function rowMemory({ used }: Row): number | undefined {
  return used && ownMemory(used);
}
