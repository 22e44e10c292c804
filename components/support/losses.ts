// At the end of a preview: what other stacks lose by what is no longer in this program, or is otherwise in it.
import * as pulumi from "@pulumi/pulumi";
import type { Listener } from "../../lib/gateway-api/admission";
import { lossLines, mayLose, type Kept, type PlannedGateway } from "../../lib/references/losses";
import type { Needed } from "../../lib/references/cluster";
import type { Cluster } from "./cluster";
import { lookAt } from "./look";
import { ofThisRun, registry } from "./program";
import { atTheEnd } from "./program-end";
import { programObjects } from "./program-objects";

/** A Gateway that a component makes, once its name is known. */
interface Announced {
  gateway?: PlannedGateway;
}

const planned = new WeakMap<object, Map<string, Announced[]>>();

/** By cluster, the Gateways that components of this program make. */
function plannedOn(cluster: string): Announced[] {
  const all = ofThisRun(planned, () => new Map<string, Announced[]>());
  const own = all.get(cluster) ?? [];
  all.set(cluster, own);
  return own;
}

/** Remembers a Gateway that a component makes, and the listeners that it will have. */
export function announceListeners(
  { id }: Cluster,
  name: pulumi.Output<string>,
  namespace: pulumi.Input<string>,
  spec: pulumi.Output<object> = pulumi.output({}),
): void {
  const announced: Announced = {};
  plannedOn(id).push(announced);
  pulumi
    .all([name, namespace, spec])
    .apply(([known, into, { listeners }]: [string, string, { listeners?: Listener[] }]) => {
      announced.gateway = { namespace: into, name: known, listeners };
    });
}

/**
 * What the program keeps. In the process of a component provider the program itself is out of sight, but all that the
 * stack has made here was made by components.
 */
function keptOn(cluster: Cluster): Kept {
  const objects = programObjects();
  const announced = plannedOn(cluster.id);
  const known = announced.flatMap(({ gateway }) => gateway ?? []);
  if (!objects.isInSight) {
    const hasMesh = registry().meshes.holder({ cluster: cluster.id }) !== undefined;
    return { gateways: known.length === announced.length ? known : undefined, hasMesh };
  }
  const gateways = objects.named("Gateway")?.map((each) => {
    const own = known.find(({ namespace, name }) => namespace === each.namespace && name === each.name);
    return { ...each, listeners: own?.listeners };
  });
  return { gateways, hasMesh: objects.hasMesh };
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
    const kept = keptOn(cluster);
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
      await pulumi.log.warn(`this change breaks what others rely on:\n${text}`);
    }
  });
}
