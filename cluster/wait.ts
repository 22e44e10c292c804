// Waits for what controllers say of an object, by reading it until they accept it or time is up.
import type { Verdict } from "../lib/cluster-state/conditions";
import { ApiClient } from "./client";
import type { ClusterTarget } from "./connection";

const pause = 250;

/** Says what is to be said of an object; it may read others, of which it gets nothing where they cannot be read. */
export type Judge = (object: unknown, read: (path: string) => Promise<unknown>) => Verdict | Promise<Verdict>;

/**
 * The last verdict within the deadline: a refusal may be lifted by an object that comes a moment later. What `wasMade` and
 * is missing does not come again, and is not waited for.
 */
export async function awaitVerdict(
  target: ClusterTarget,
  path: string,
  judge: Judge,
  deadlineMs: number,
  { wasMade = false } = {},
): Promise<Verdict> {
  const end = Date.now() + deadlineMs;
  const client = await ApiClient.connect(target, deadlineMs + 10_000);
  const read = async (other: string): Promise<unknown> => {
    const reply = await client.get(other);
    return reply.kind === "ok" ? reply.body : undefined;
  };
  try {
    for (;;) {
      const reply = await client.get(path);
      if (reply.kind === "missing" && wasMade) {
        return { state: "missing" };
      }
      const verdict: Verdict =
        reply.kind === "ok"
          ? await judge(reply.body, read)
          : { state: "refused", why: reply.kind === "missing" ? "it does not exist" : reply.why };
      if (verdict.state === "accepted" || Date.now() >= end) {
        return verdict;
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  } finally {
    client.close();
  }
}
