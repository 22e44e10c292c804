// At the end of a preview: what other stacks lose by what is no longer in this program, or is otherwise in it.
import * as pulumi from "@pulumi/pulumi";
import type { Listener } from "../../lib/gateway-api/admission";
import type { Kept, PlannedCertificate, PlannedGateway } from "../../lib/references/kept";
import { certificateNamespaces, lossLines, mayLose } from "../../lib/references/losses";
import type { Needed } from "../../lib/references/cluster";
import type { Cluster } from "./cluster";
import { lookAt } from "./look";
import { ofThisRun, registry } from "./program";
import { atTheEnd } from "./program-end";
import { programObjects } from "./program-objects";

/** What a component makes, once its name is known. */
interface Announced<T> {
  made?: T;
}

/** What the components of this program make on a cluster. */
interface Planned {
  gateways: Announced<PlannedGateway>[];
  certificates: Announced<PlannedCertificate>[];
}

const planned = new WeakMap<object, Map<string, Planned>>();

function plannedOn(cluster: string): Planned {
  const all = ofThisRun(planned, () => new Map<string, Planned>());
  const own = all.get(cluster) ?? { gateways: [], certificates: [] };
  all.set(cluster, own);
  return own;
}

/** All that was announced; undefined where some of it is not known. */
function knownOf<T>(all: Announced<T>[]): T[] | undefined {
  const known = all.flatMap(({ made }) => made ?? []);
  return known.length === all.length ? known : undefined;
}

/** Remembers an object that a component makes, and what it gives to others. */
function announce<Spec extends object, Made>(
  announced: Announced<Made>[],
  object: pulumi.Input<[name: string, namespace: string, spec: Spec]>,
  madeOf: (place: { namespace: string; name: string }, spec: Spec) => Made,
): void {
  const one: Announced<Made> = {};
  announced.push(one);
  pulumi.output(object).apply((known) => {
    const [name, namespace, spec] = known as [string, string, Spec];
    one.made = madeOf({ namespace, name }, spec);
  });
}

/** Remembers a Gateway that a component makes, and the listeners that it will have. */
export function announceListeners(
  { id }: Cluster,
  name: pulumi.Output<string>,
  namespace: pulumi.Input<string>,
  spec: pulumi.Output<{ listeners?: Listener[] }> = pulumi.output({}),
): void {
  announce(plannedOn(id).gateways, pulumi.all([name, namespace, spec]), (place, { listeners }) => ({
    ...place,
    listeners,
  }));
}

/** Remembers a Certificate that a component makes for a gateway, and the names that it will have. */
export function announceCertificate(
  { id }: Cluster,
  name: pulumi.Output<string>,
  namespace: pulumi.Input<string>,
  spec: pulumi.Output<{ dnsNames?: string[] }>,
): void {
  announce(plannedOn(id).certificates, pulumi.all([name, namespace, spec]), (place, { dnsNames }) => ({
    ...place,
    dnsNames,
  }));
}

/**
 * What the program keeps. In the process of a component provider the program itself is out of sight, but all that the
 * stack has made here was made by components.
 */
function keptOn(cluster: Cluster): Kept {
  const objects = programObjects();
  const announced = plannedOn(cluster.id);
  const certificates = knownOf(announced.certificates);
  if (!objects.isInSight) {
    const hasMesh = registry().meshes.holder({ cluster: cluster.id }) !== undefined;
    return { gateways: knownOf(announced.gateways), certificates, hasMesh };
  }
  const gateways = objects.named("Gateway")?.map((each) => {
    const own = announced.gateways.find(({ made }) => made?.namespace === each.namespace && made.name === each.name);
    return { ...each, listeners: own?.made?.listeners };
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
