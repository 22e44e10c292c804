// When NGINX sends a request to another pod: its conditions, as far as they are Envoy's.
import { changed, inert, mapped, type Verdict } from "../report";
import type { Settings } from "../settings";
import { integerOf, redirectsAll, unreached, type Surroundings } from "./family";

const known = /^((error|timeout|invalid_header|http_(500|502|503|504|403|404|429)|non_idempotent|off)\s?)+$/;
const bodies = "a request with a body of more than 1 MiB is sent once";

/** Where NGINX waits for one thing only, Envoy takes both for a connection that fails. */
const more = {
  error: "a request is tried again where a backend stays silent too",
  timeout: "a request is tried again where the connection fails too",
};

/** Envoy takes an answer that is none for a connection that breaks. */
const fewer = "a request is not tried again where an answer is none";

/** Has requests repeated as NGINX does; undefined where no EnvoyFilter may be written, and for off. */
export function repeating(
  value: string,
  settings: Settings,
  around: Surroundings,
  idleSeconds: number,
): Verdict | undefined {
  const conditions = new Set(value.split(/\s+/).filter((word) => word !== ""));
  if (!around.envoyFilters || conditions.has("off")) return undefined;
  if (!known.test(value)) return inert("NGINX does not know one of the words, and uses error timeout");
  if (redirectsAll(around)) return unreached;
  const [error, timeout] = [conditions.has("error"), conditions.has("timeout")];
  const codes = [...conditions].flatMap((word) => (/^http_/.test(word) ? [Number(word.slice(5))] : []));
  const connects = error || timeout;
  settings.envoy.repeats = { connects, codes, everyMethod: conditions.has("non_idempotent") };
  const to = "EnvoyFilter with retry_on";
  const differs = [
    ...(error !== timeout ? [error ? more.error : more.timeout] : []),
    ...(!connects && conditions.has("invalid_header") ? [fewer] : []),
    ...(timeout ? endless(around, idleSeconds) : []),
  ];
  return differs.length > 0 ? changed([...differs, bodies].join("; "), to) : mapped(to, bodies);
}

/** Where the silence of all tries together is longer than a gateway waits. */
function endless({ other }: Surroundings, idleSeconds: number): string[] {
  const seconds = integerOf(other("proxy-read-timeout")) ?? 0;
  const tries = integerOf(other("proxy-next-upstream-tries")) || 3;
  return seconds > 0 && tries > 1 && seconds * tries > idleSeconds
    ? [`after ${idleSeconds} s of silence the gateway answers 504 and tries no further`]
    : [];
}
