// At the end of a preview: what other stacks lose by what is no longer in this program, or is otherwise in it.
import * as pulumi from "@pulumi/pulumi";
import type { Listener } from "../../lib/gateway-api/admission";
import { lossLines, mayLose, type PlannedGateway } from "../../lib/references/losses";
import type { Needed } from "../../lib/references/cluster";
import type { Cluster } from "./cluster";
import { lookAt } from "./look";
import { ofThisRun } from "./program";
import { atTheEnd } from "./program-end";
import { programObjects } from "./program-objects";

const planned = new WeakMap<object, Map<string, PlannedGateway[]>>();

/** Listeners by cluster, of the Gateways that this program makes. */
function plannedOn(cluster: string): PlannedGateway[] {
  const all = ofThisRun(planned, () => new Map<string, PlannedGateway[]>());
  const own = all.get(cluster) ?? [];
  all.set(cluster, own);
  return own;
}

/** Remembers the listeners that a Gateway will have. */
export function announceListeners(
  { id }: Cluster,
  name: pulumi.Output<string>,
  namespace: pulumi.Input<string>,
  spec: pulumi.Output<object>,
): void {
  const own = plannedOn(id);
  pulumi
    .all([name, namespace, spec])
    .apply(([known, into, { listeners }]: [string, string, { listeners?: Listener[] }]) => {
      own.push({ namespace: into, name: known, listeners });
    });
}

/** What may lose a gateway or a waypoint. */
const afterGateways: Needed[] = [
  { kind: "HTTPRoute" },
  { kind: "Certificate" },
  { kind: "Service" },
  { kind: "DestinationRule" },
  { kind: "VirtualService" },
];

const warned = new WeakMap<object, Set<string>>();

/** Once for each cluster of a preview. */
export function warnOfLosses(cluster: Cluster): void {
  const all = ofThisRun(warned, () => new Set<string>());
  if (!pulumi.runtime.isDryRun() || cluster.now === undefined || all.has(cluster.id)) {
    return;
  }
  all.add(cluster.id);
  const target = cluster.now;
  atTheEnd(async () => {
    const objects = programObjects();
    const known = plannedOn(cluster.id);
    const gateways = objects.named("Gateway")?.map((each) => {
      const own = known.find(({ namespace, name }) => namespace === each.namespace && name === each.name);
      return { ...each, listeners: own?.listeners };
    });
    const kept = { gateways: objects.isInSight ? gateways : undefined, hasMesh: objects.hasMesh || !objects.isInSight };
    const first: Needed[] = [{ kind: "Gateway" }, { kind: "Namespace" }];
    const { gateways: some, mesh } = mayLose(await lookAt(cluster).view(target, first), kept);
    if (!some && !mesh) {
      return;
    }
    const more: Needed[] = [
      { kind: "AuthorizationPolicy" },
      ...(some ? afterGateways : []),
      ...(mesh ? ([{ kind: "PeerAuthentication" }] as const) : []),
    ];
    const lines = lossLines(await lookAt(cluster).view(target, [...first, ...more]), kept);
    if (lines.length > 0) {
      const text = lines.map((line) => `  ${line}`).join("\n");
      await pulumi.log.warn(`others rely on what this change takes away:\n${text}`);
    }
  });
}
