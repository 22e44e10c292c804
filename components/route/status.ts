// What a route's status says: not answered yet, accepted, or refused with the words of the condition.
import type { Verdict } from "../../lib/cluster-state/conditions";
import type { Json } from "../../lib/json";

/** A condition as far as it matters here. */
interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  observedGeneration?: number;
}

/** A live HTTPRoute as far as it matters here. */
export interface LiveRoute {
  metadata?: { generation?: number };
  spec?: unknown;
  status?: { parents?: { parentRef: { kind?: string; name: string }; conditions?: Condition[] }[] };
}

const awaited = ["Accepted", "ResolvedRefs"];

/** Judges what the API server kept, and what all parents say; conditions about an older version do not count. */
export function routeVerdict(route: LiveRoute, parents: number, sent: Json): Verdict {
  const [pruned] = prunedFields(sent, route.spec as Json | undefined);
  if (pruned !== undefined) {
    return { state: "refused", why: `the HTTPRoute CRD of this cluster has no ${pruned} and dropped it` };
  }
  const answers = route.status?.parents ?? [];
  const generation = route.metadata?.generation ?? 0;
  const conditions = answers.flatMap((answer) =>
    awaited.map((type) => ({
      parent: `${answer.parentRef.kind ?? "Gateway"} ${answer.parentRef.name}`,
      found: answer.conditions?.find((each) => each.type === type && (each.observedGeneration ?? 0) >= generation),
    })),
  );
  const refused = conditions.find(({ found }) => found?.status === "False");
  if (refused?.found) {
    const { type, reason, message = "" } = refused.found;
    // istiod says the same of each listener.
    const said = [...new Set(message.split("; "))].join("; ");
    return { state: "refused", why: `${refused.parent}: ${type} is False, ${reason ?? ""}: ${said}` };
  }
  const all = answers.length >= parents && conditions.every(({ found }) => found?.status === "True");
  return { state: all ? "accepted" : "pending" };
}

/** Paths of fields that were sent and are not in the live object: the installed CRD does not know them. */
export function prunedFields(sent: Json, live: Json | undefined, at = "spec"): string[] {
  if (live === undefined) {
    return [at];
  }
  if (Array.isArray(sent)) {
    return sent.flatMap((item, index) =>
      prunedFields(item, Array.isArray(live) ? live[index] : undefined, `${at}[${index}]`),
    );
  }
  if (typeof sent === "object" && sent !== null) {
    const fields = typeof live === "object" && live !== null && !Array.isArray(live) ? live : {};
    return Object.entries(sent).flatMap(([key, item]) => prunedFields(item, fields[key], `${at}.${key}`));
  }
  return [];
}
