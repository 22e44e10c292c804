// At the end of a preview: what other stacks lose by what is no longer in this program, or is otherwise in it.
import * as pulumi from "@pulumi/pulumi";
import type { Kept } from "../../lib/references/kept";
import { certificateNamespaces, lossLines, mayLose } from "../../lib/references/losses";
import type { Needed } from "../../lib/references/cluster";
import type { Cluster } from "./cluster";
import { lookAt } from "./look";
import { plannedSoFar } from "./planned";
import { ofThisRun, registry } from "./program";
import { atTheEnd } from "./program-end";
import { programObjects } from "./program-objects";

/**
 * What the program keeps. In the process of a component provider the program itself is out of sight, but all that the
 * stack has made here was made by components.
 */
function keptOn(cluster: Cluster): Kept {
  const objects = programObjects();
  const { isWhole, ...planned } = plannedSoFar(cluster.id);
  // Where the names of some are not known, no loss of any is told.
  const certificates = isWhole.certificates ? planned.certificates : undefined;
  if (!objects.isInSight) {
    const hasMesh = registry().meshes.holder({ cluster: cluster.id }) !== undefined;
    return { gateways: isWhole.gateways ? planned.gateways : undefined, certificates, hasMesh };
  }
  const gateways = objects.named("Gateway")?.map((each) => {
    const own = planned.gateways.find(({ namespace, name }) => namespace === each.namespace && name === each.name);
    return { ...each, listeners: own?.listeners };
  });
  return { gateways, certificates, namespaces: objects.named("Namespace"), hasMesh: objects.hasMesh };
}

/** The Certificates of a namespace: where the program makes some, its list is read already. */
function certificatesIn(namespace: string, { certificates = [] }: Kept): Needed {
  const isListed = certificates.some((each) => each.namespace === namespace);
  return { kind: "Certificate", ...(isListed && { namespace }) };
}

/** What may lose a gateway or a waypoint. */
const afterGateways: Needed[] = [
  { kind: "HTTPRoute" },
  { kind: "Service" },
  { kind: "DestinationRule" },
  { kind: "VirtualService" },
];

const warned = new WeakMap<object, Set<string>>();

/** Once for each cluster of a preview. */
export function warnOfLosses(cluster: Cluster): void {
  const all = ofThisRun(warned, () => new Set<string>());
  if (!pulumi.runtime.isDryRun() || all.has(cluster.id)) {
    return;
  }
  all.add(cluster.id);
  let target = cluster.now;
  // Known by the end of the preview, unless the program makes the cluster too.
  if (target === undefined) cluster.target.apply((known) => void (target = known));
  atTheEnd(async () => {
    if (target === undefined) {
      return;
    }
    const kept = keptOn(cluster);
    const look = lookAt(cluster);
    const objects: Needed[] = [{ kind: "Gateway" }, { kind: "Namespace" }];
    const namespaces = certificateNamespaces(await look.view(target, objects));
    const own = [...objects, ...namespaces.map((each) => certificatesIn(each, kept))];
    const { gateways, certificates, namespaces: spaces, mesh } = mayLose(await look.view(target, own), kept);
    if (!gateways && !certificates && !spaces && !mesh) {
      return;
    }
    const others: Needed[] = [
      ...(gateways || spaces || mesh ? ([{ kind: "AuthorizationPolicy" }] as const) : []),
      ...(gateways ? afterGateways : []),
      ...(certificates || spaces ? ([{ kind: "HTTPRoute" }] as const) : []),
      ...(mesh ? ([{ kind: "PeerAuthentication" }] as const) : []),
    ];
    const lines = lossLines(await look.view(target, [...own, ...others]), kept);
    if (lines.length > 0) {
      const text = lines.map((line) => `  ${line}`).join("\n");
      await pulumi.log.warn(`this change breaks what others rely on:\n${text}`);
    }
  });
}
