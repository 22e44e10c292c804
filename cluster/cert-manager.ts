// Reads whether cert-manager runs, and what stands in the way of installing it.
import type { V1Deployment, V1Lease, V1ObjectMeta } from "@kubernetes/client-node";
import type { CertManagerFacts, CertManagerPlan, IssuingObject } from "../lib/cert-manager/facts";
import type { WorkloadState } from "../lib/cluster-state/snapshot";
import type { CertManagerState } from "../lib/preflight/facts";
import { ApiClient, metadataOnly, type Api } from "./client";
import type { ClusterTarget } from "./connection";
import { listAll, listReadable, type Listed } from "./lists";
import { named, slimDeployment } from "./slim";
import { readSnapshot } from "./snapshot";

/** Charts of others give cert-manager the recommended labels alone. */
const otherCertManagers = "app.kubernetes.io/name=cert-manager,app.kubernetes.io/component=controller";

/** Reads what a plan has to be held against. Throws NoClusterError and UnreachableError. */
export async function readCertManagerFacts(
  target: ClusterTarget,
  plan: CertManagerPlan,
  deadlineMs: number,
): Promise<CertManagerFacts> {
  const client = await ApiClient.connect(target, deadlineMs);
  try {
    const [snapshot, controllers, leases] = await Promise.all([
      readSnapshot(client, { kinds: ["namespaces", "definitions", "helmReleases"] }),
      readDeployments(client, otherCertManagers),
      readLeases(client),
    ]);
    const { server, gaps, namespaces, definitions, helmReleases } = snapshot;
    const isServed = plan.issuer !== undefined && definitions.some(({ name }) => name === "issuers.cert-manager.io");
    return {
      server,
      namespaces,
      definitions,
      helmReleases,
      controllers: controllers ?? [],
      leads: leases.kind === "ok" && leases.items.some(isHeld),
      objects: isServed ? await readObjects(client, plan.namespace) : [],
      unread: [
        ...(["namespaces", "definitions", "helmReleases"] as const).filter((kind) => gaps[kind] !== undefined),
        ...(controllers === undefined ? (["controllers"] as const) : []),
      ],
    };
  } finally {
    client.close();
  }
}

async function readObjects(client: Api, namespace: string): Promise<IssuingObject[]> {
  const api = "/apis/cert-manager.io/v1";
  const list = async (kind: IssuingObject["kind"], path: string): Promise<IssuingObject[]> => {
    const found = await listReadable<{ metadata?: V1ObjectMeta }>(client, `${api}/${path}`, metadataOnly.list);
    return found.map((raw) => ({ ...named(raw), kind }));
  };
  const lists = await Promise.all([
    list("ClusterIssuer", "clusterissuers"),
    list("Issuer", `namespaces/${namespace}/issuers`),
    list("Certificate", `namespaces/${namespace}/certificates`),
  ]);
  return lists.flat();
}

/** Deployments by their labels; undefined where they may not be listed. */
export async function readDeployments(client: Api, selector: string): Promise<WorkloadState[] | undefined> {
  const query = `labelSelector=${encodeURIComponent(selector)}`;
  const listed = await listAll<V1Deployment>(client, `/apis/apps/v1/deployments?${query}`);
  return listed.kind === "ok" ? listed.items.map(slimDeployment) : undefined;
}

/** Asks for more only where no Deployment is available: a controller may run in another form, or with other labels. */
export async function readCertManager(
  client: ApiClient,
  controllers: WorkloadState[] | undefined,
): Promise<CertManagerState | undefined> {
  const deployments = controllers?.filter(
    ({ labels }) =>
      labels["app"] === "cert-manager" && (labels["app.kubernetes.io/component"] ?? "controller") === "controller",
  );
  if (deployments === undefined || deployments.some(({ available }) => available > 0)) {
    return deployments && { deployments, leads: false };
  }
  const leases = await readLeases(client);
  const leads = leases.kind === "ok" && leases.items.some(isHeld);
  if (leads || deployments.length > 0) {
    return { deployments, leads };
  }
  const others = await readDeployments(client, otherCertManagers);
  return leases.kind === "ok" || others?.length ? { deployments: others ?? [], leads } : undefined;
}

/** Leases of the name that cert-manager's controller takes, in any namespace. */
function readLeases(client: Api): Promise<Listed<V1Lease>> {
  const name = encodeURIComponent("metadata.name=cert-manager-controller");
  return listAll<V1Lease>(client, `/apis/coordination.k8s.io/v1/leases?fieldSelector=${name}`);
}

/** A controller that ends releases its lease; one that was killed stops renewing it. Clocks may differ by a minute. */
function isHeld({ spec }: V1Lease): boolean {
  // On the wire a time is text, whatever the library's type says.
  const renewed = Date.parse(String(spec?.renewTime ?? ""));
  const age = Date.now() - renewed;
  return Boolean(spec?.holderIdentity) && age < (spec?.leaseDurationSeconds ?? 0) * 1000 + 60_000;
}
