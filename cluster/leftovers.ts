// What istiod leaves on a cluster when it goes, and nothing reads without it: its ConfigMaps and its GatewayClasses.
import type { V1ObjectMeta } from "@kubernetes/client-node";
import { metadataOnly, type ApiClient } from "./client";
import { listAll } from "./lists";

const gatewayApi = "/apis/gateway.networking.k8s.io/v1";

/** The certificate of the mesh's CA and its revocation list, which istiod puts into every namespace. */
const everywhere = ["istio-ca-root-cert", "istio-ca-crl"];

/** What was deleted, and what could not be. */
export interface Swept {
  configMaps: number;
  gatewayClasses: string[];
  failed: string[];
}

/** Deletes what is left; nothing while any istiod is there, since it would make all of it again. */
export async function sweep(client: Client): Promise<Swept | undefined> {
  const istiods = await list(client, "/apis/apps/v1/deployments?labelSelector=app%3Distiod");
  if (istiods.length > 0) {
    return undefined;
  }
  const failed: string[] = [];
  const gone = async (path: string): Promise<boolean> => {
    const reply = await client.delete(path);
    if (reply.kind === "forbidden" || reply.kind === "failed") failed.push(`${path}: ${reply.why}`);
    return reply.kind === "ok";
  };
  let configMaps = 0;
  for (const name of everywhere) {
    const query = `fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;
    for (const { metadata } of await list(client, `/api/v1/configmaps?${query}`)) {
      if (await gone(`/api/v1/namespaces/${metadata?.namespace}/configmaps/${name}`)) configMaps += 1;
    }
  }
  const used = new Set((await list(client, `${gatewayApi}/gateways`)).map(({ spec }) => spec?.gatewayClassName));
  const gatewayClasses: string[] = [];
  for (const { metadata, spec } of await list(client, `${gatewayApi}/gatewayclasses`)) {
    const { name = "" } = metadata ?? {};
    const isUnused = spec?.controllerName?.startsWith("istio.io/") === true && !used.has(name);
    if (isUnused && (await gone(`${gatewayApi}/gatewayclasses/${name}`))) gatewayClasses.push(name);
  }
  return { configMaps, gatewayClasses, failed };
}

type Client = Pick<ApiClient, "get" | "delete">;

interface Listed {
  metadata?: V1ObjectMeta;
  spec?: { gatewayClassName?: string; controllerName?: string };
}

/** All objects of a list; none where the kind is not served, or may not be listed. */
async function list(client: Client, path: string): Promise<Listed[]> {
  const isNamesAlone = path.startsWith("/api/v1/configmaps");
  const listed = await listAll<Listed>(client, path, isNamesAlone ? metadataOnly.list : undefined);
  return listed.kind === "ok" ? listed.items : [];
}
