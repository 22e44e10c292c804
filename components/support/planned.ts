// The Gateways and Certificates that components are about to make on a cluster: what routes are held against before they
// are there, and what others keep of those that are.
import * as pulumi from "@pulumi/pulumi";
import type { Listener } from "../../lib/gateway-api/admission";
import type { PlannedCertificate, PlannedGateway } from "../../lib/references/planned";
import type { Cluster } from "./cluster";
import { ofThisRun } from "./program";

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

/** What is planned on a cluster, as far as it is known by now, and whether that is all. */
export function plannedSoFar(cluster: string): {
  gateways: PlannedGateway[];
  certificates: PlannedCertificate[];
  isWhole: { gateways: boolean; certificates: boolean };
} {
  const { gateways, certificates } = plannedOn(cluster);
  const known = <T>(all: Announced<T>[]) => all.flatMap(({ made }) => made ?? []);
  const all = { gateways: known(gateways), certificates: known(certificates) };
  const isWhole = {
    gateways: all.gateways.length === gateways.length,
    certificates: all.certificates.length === certificates.length,
  };
  return { ...all, isWhole };
}
