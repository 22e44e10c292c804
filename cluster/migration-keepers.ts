// Who else keeps the objects that a migration changes: it puts them back, unless its source says the same.
import type { V1ObjectMeta } from "@kubernetes/client-node";
import { keeperOf } from "../lib/ownership/keepers";
import type { Kept } from "../lib/migration/facts";
import { metadataOnly, type ApiClient } from "./client";
import { listReadable } from "./lists";
import { named } from "./slim";

const kinds: [string, string][] = [
  ["Deployment", "/apis/apps/v1/namespaces/{}/deployments"],
  ["StatefulSet", "/apis/apps/v1/namespaces/{}/statefulsets"],
  ["DaemonSet", "/apis/apps/v1/namespaces/{}/daemonsets"],
  ["Service", "/api/v1/namespaces/{}/services"],
  ["AuthorizationPolicy", "/apis/security.istio.io/v1/namespaces/{}/authorizationpolicies"],
  ["RequestAuthentication", "/apis/security.istio.io/v1/namespaces/{}/requestauthentications"],
];

type Raw = { metadata?: V1ObjectMeta };

/** Objects of a namespace, and the namespace itself, that a tool keeps as its source says. */
export async function readKept(client: ApiClient, namespace: string): Promise<Kept[]> {
  const own = await client.get(`/api/v1/namespaces/${namespace}`, metadataOnly.object);
  const lists = await Promise.all(
    kinds.map(async ([kind, path]) => {
      const all = await listReadable<Raw>(client, path.replace("{}", namespace), metadataOnly.list);
      return all.map((raw) => ({ kind, raw }));
    }),
  );
  const objects = [...(own.kind === "ok" ? [{ kind: "Namespace", raw: own.body as Raw }] : []), ...lists.flat()];
  return objects.flatMap(({ kind, raw }) => {
    const object = named(raw);
    const keeper = keeperOf(object);
    return keeper ? [{ kind, namespace: object.namespace, name: object.name, ...keeper }] : [];
  });
}
