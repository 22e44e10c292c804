// Reads one namespace: whether it exists, its labels, and whose it is.
import type { V1ObjectMeta } from "@kubernetes/client-node";
import { ApiClient, metadataOnly } from "./client";
import type { ClusterTarget } from "./connection";

/** A namespace, or what stood in the way of reading it. */
export type NamespaceState =
  | { kind: "found"; labels: Record<string, string>; annotations: Record<string, string> }
  | { kind: "missing" }
  | { kind: "unread" };

/** Never throws: a cluster that cannot be read is the plugin's to report. */
export async function readNamespace(target: ClusterTarget, name: string, deadlineMs = 5000): Promise<NamespaceState> {
  let client: ApiClient | undefined;
  try {
    client = await ApiClient.connect(target, deadlineMs);
    const reply = await client.get(`/api/v1/namespaces/${name}`, metadataOnly.object);
    if (reply.kind === "ok") {
      const { metadata } = reply.body as { metadata?: V1ObjectMeta };
      return { kind: "found", labels: metadata?.labels ?? {}, annotations: metadata?.annotations ?? {} };
    }
    return { kind: reply.kind === "missing" ? "missing" : "unread" };
  } catch {
    return { kind: "unread" };
  } finally {
    client?.close();
  }
}
