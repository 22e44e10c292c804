// Lists of the Kubernetes API, page by page: a namespace may hold more objects than one reply.
import type { Api, Reply } from "./client";

/** Objects that one request asks for. */
const pageSize = 500;

/** All objects of a list, or the reply that ended it. */
export type Listed<T> = { kind: "ok"; items: T[] } | Exclude<Reply, { kind: "ok" }>;

/** True where the API server no longer remembers the list of which a page was asked for. */
export function isExpired(reply: Reply | Listed<unknown>): boolean {
  return reply.kind === "failed" && reply.status === 410;
}

/**
 * Reads every page of a list; one that took longer than the API server remembers it, once more. The path may have a
 * query, such as a labelSelector.
 */
export async function listAll<T>(client: Pick<Api, "get">, path: string, accept?: string): Promise<Listed<T>> {
  const listed = await listPages<T>(client, path, accept);
  return isExpired(listed) ? listPages<T>(client, path, accept) : listed;
}

async function listPages<T>(client: Pick<Api, "get">, path: string, accept?: string): Promise<Listed<T>> {
  const items: T[] = [];
  const ended = await eachPage<T>(client, path, (page) => items.push(...page), accept);
  return ended ?? { kind: "ok", items };
}

/** Reads a list page by page, so that not all of it is in memory at once; gives the reply that ended it early. */
export async function eachPage<T>(
  client: Pick<Api, "get">,
  path: string,
  take: (page: T[]) => void,
  accept?: string,
): Promise<Exclude<Reply, { kind: "ok" }> | undefined> {
  const query = `${path}${path.includes("?") ? "&" : "?"}limit=${pageSize}`;
  let next = "";
  do {
    const reply = await client.get(query + next, accept);
    if (reply.kind !== "ok") {
      return reply;
    }
    // An empty list of metadata alone comes as null.
    const page = reply.body as { items?: T[] | null; metadata?: { continue?: string } };
    take(page.items ?? []);
    next = page.metadata?.continue ? `&continue=${encodeURIComponent(page.metadata.continue)}` : "";
  } while (next);
  return undefined;
}

/** The same, but empty where the list may not be read or is not served. */
export async function listReadable<T>(client: Pick<Api, "get">, path: string, accept?: string): Promise<T[]> {
  const listed = await listAll<T>(client, path, accept);
  return listed.kind === "ok" ? listed.items : [];
}
