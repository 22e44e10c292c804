// Headers that a rule would change beyond what an HTTPRoute takes.
import { prefix } from "./annotations/family";
import type { Written } from "./objects";
import { refused, type Saying } from "./report";
import type { ReadIngress } from "./servers";

/** How many headers a filter sets, adds or removes at most, by the CRD of Gateway API 1.6. */
const most = 16;

const givers = ["custom-headers", "configuration-snippet", "server-snippet"];

interface Rule {
  filters?: { requestHeaderModifier?: Changes; responseHeaderModifier?: Changes }[];
}

type Changes = Partial<Record<"set" | "add" | "remove", readonly unknown[]>>;

/** One entry for each annotation that may have given them. */
export function headerEntries(routed: readonly { owner: ReadIngress; routes: readonly Written[] }[]): Saying[] {
  return routed.flatMap(({ owner, routes }) => {
    const rules = routes.flatMap(({ spec }) => (spec as { rules: Rule[] }).rules);
    const changes = rules.flatMap(({ filters = [] }) =>
      filters.flatMap((one) => [one.requestHeaderModifier ?? {}, one.responseHeaderModifier ?? {}]),
    );
    const [found] = (["set", "add", "remove"] as const).flatMap((verb) => {
      const count = Math.max(0, ...changes.map((one) => one[verb]?.length ?? 0));
      return count > most ? [{ verb, count }] : [];
    });
    if (!found) return [];
    const verdict = refused(
      `a rule would ${found.verb} ${found.count} headers, and an HTTPRoute takes ${most}`,
      "fewer headers, and the others from the application",
    );
    const given = givers.filter((name) => prefix + name in (owner.ingress.metadata.annotations ?? {}));
    return given.map((name): Saying => ({ ingress: owner.key, part: "annotation", name: prefix + name, ...verdict }));
  });
}
