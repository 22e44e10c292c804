// How much a client may send, and how often; and the memory that NGINX takes for it.
import { changed, inert, mapped, refused, type Verdict } from "../report";
import type { RequestLimits, Settings } from "../settings";
import { isRedirected } from "./hosts";
import { isRange, needsAddress } from "./ranges";
import {
  admittedAs,
  booleanOf,
  integer,
  integerOf,
  listOf,
  redirectsAll,
  ofHttp,
  unreached,
  withFilters,
  type Annotation,
  type Family,
  type Reader,
  type Surroundings,
  type Told,
} from "./family";

const noLimits = "neither Gateway API nor Istio's API has rate limits";

/** A limit for which there is nothing; without its leader NGINX does not set it. */
const limit = (name: string, told: Told, does: string, why: string, fix: string, leader = name): Annotation => ({
  name,
  told,
  does,
  becomes: `refused: ${why}; way out: ${fix}`,
  source: "ratelimit",
  read: integer("0", (number, _, around) =>
    number <= 0 || !isLimit(around.other(leader)) ? inert("it sets no limit") : admittedAs(refused(why, fix), around),
  ),
});

function isLimit(value: string | undefined): boolean {
  return (integerOf(value) ?? 0) > 0;
}

/** The Envoy of the Gateway counts; what it is for all pods of a gateway it is for all of NGINX's too. */
const counting = `each pod of the gateway counts by itself, as each of NGINX's does; ${needsAddress}`;

/** How often one address may ask, by the annotations together. */
function requestsOf({ other }: Surroundings): RequestLimits {
  const number = (name: string) => Math.max(0, integerOf(other(name)) ?? 0);
  return {
    perSecond: number("limit-rps"),
    perMinute: number("limit-rpm"),
    burst: integerOf(other("limit-burst-multiplier")) ?? 5,
    exempt: listOf(other("limit-allowlist") ?? other("limit-whitelist") ?? "").filter(isRange),
  };
}

/** What is counted otherwise than in NGINX, which counts for all listeners together. */
function countedOtherwise(around: Surroundings): string[] {
  const hosts = new Set((around.ingress.spec.rules ?? []).map(({ host }) => host));
  const preflight = booleanOf(around.other("enable-cors")) === true;
  return [
    ...(isRedirected(around) ? [] : ["requests over http and over https are counted apart"]),
    ...(hosts.size > 1 && (around.ingress.spec.tls ?? []).length > 0
      ? ["requests for hosts with listeners of their own are counted apart"]
      : []),
    ...(preflight ? ["preflight requests are counted too"] : []),
    ...(isLimit(around.other("limit-rps")) && isLimit(around.other("limit-rpm"))
      ? ["a request that one of both limits refuses counts for the other one"]
      : []),
  ];
}

const rate = (name: "limit-rps" | "limit-rpm", told: Told, does: string): Annotation => ({
  name,
  told,
  does,
  becomes: `an EnvoyFilter that answers 503, as NGINX does, by the same count of tokens. With \`--no-envoy-filters\` refused: ${noLimits}`,
  source: "ratelimit",
  read: integer("0", (number, settings, around) => {
    if (number <= 0) return inert("it sets no limit");
    if (redirectsAll(around)) return admittedAs(unreached, around);
    if (!around.envoyFilters) return refused(noLimits, `${withFilters}, or a rate limit service`);
    settings.envoy.requests = requestsOf(around);
    const differs = countedOtherwise(around);
    const to = "EnvoyFilter with envoy.filters.http.local_ratelimit";
    return differs.length > 0 ? changed([...differs, counting].join("; "), to) : mapped(to, counting);
  }),
});

/** What goes with limit-rps and limit-rpm. */
const ofRate = (read: (value: string) => Verdict, others: string[]): Reader => {
  const names = ["limit-rps", "limit-rpm", ...others];
  return (value, _, around) => {
    if (names.every((name) => !isLimit(around.other(name)))) {
      return inert(`without ${others.length > 0 ? "a limit" : "limit-rps or limit-rpm"} NGINX ignores it`);
    }
    if (redirectsAll(around)) return admittedAs(unreached, around);
    const leader = ["limit-rps", "limit-rpm"].find((name) => isLimit(around.other(name))) ?? others[0]!;
    return around.envoyFilters && leader !== others[0]
      ? read(value)
      : refused(`it belongs to ${leader}, which is refused`, `see ${leader}`);
  };
};

const exempt: Reader = ofRate(
  (value) => {
    const unfit = listOf(value).filter((range) => !isRange(range));
    return unfit.length > 0
      ? refused(
          `${unfit.join(", ")} is neither an address nor a range, so NGINX sets no limit at all`,
          "ranges such as 10.0.0.0/8, with commas between them",
        )
      : mapped("EnvoyFilter, which counts no requests from there");
  },
  ["limit-connections"],
);

/** A number that NGINX takes for its own memory, of which the gateway has its own way. */
const memory = (source: string, told: Told, name: string, does: string, instead: string): Annotation => ({
  name,
  told,
  does,
  becomes: `nothing: ${instead}`,
  source,
  read: () => mapped(instead),
});

const units: { [unit: string]: number } = { "": 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
/** What NGINX takes as body by default. */
const standardBody = 1024 ** 2;

/** Bytes of a size as NGINX writes it. */
export function bytesOf(value: string): number | undefined {
  const [, number, unit] = /^(\d+)([bkmg]?)$/i.exec(value.trim()) ?? [];
  return number === undefined ? undefined : Number(number) * units[(unit ?? "").toLowerCase()]!;
}

/** What NGINX collects first, and the gateway does not. */
const streamed =
  "without a Content-Length the backend gets the body as it comes, until there is too much of it; an answer that it gives before stays";

const anySize = "bodies of any size, which the gateway streams";

function bodySize(value: string, settings: Settings, around: Surroundings): Verdict {
  // The template takes no `b`, which the annotation may have.
  const bytes = /b$/i.test(value.trim()) ? undefined : bytesOf(value);
  if (bytes === undefined) return inert("not a size, so NGINX uses its default, 1m");
  if (bytes === 0) return mapped(anySize);
  if (around.envoyFilters) {
    if (redirectsAll(around)) return unreached;
    settings.envoy.bodyBytes = bytes;
    return mapped("EnvoyFilter that answers 413", streamed);
  }
  return bytes >= standardBody
    ? changed(
        `a body of more than ${value.trim()} passes too, where NGINX answers 413; without --no-envoy-filters it is limited`,
        anySize,
      )
    : refused(
        "a gateway takes bodies of any size, and a limit below the default of 1m is there to protect something",
        `${withFilters}, or a limit in the application`,
      );
}

/** What Envoy takes as headers of an answer over HTTP/1.1 by default, and at most; in KiB. */
const [standardHeaders, mostHeaders] = [80, 8192];

const answerHeaders: Reader = (value, { envoy }, around) => {
  const kibibytes = Math.ceil((bytesOf(value) ?? 0) / 1024);
  if (kibibytes <= standardHeaders) return mapped(`Envoy takes headers of up to ${standardHeaders} KiB`);
  const canLimit = kibibytes <= mostHeaders && around.ingress.metadata.namespace !== undefined;
  if (around.envoyFilters && redirectsAll(around)) return unreached;
  if (around.envoyFilters && canLimit) {
    envoy.answerKibibytes = kibibytes;
    return mapped(
      "EnvoyFilter with max_response_headers_kb",
      "it replaces connectionPool.http of other DestinationRules for the Service",
    );
  }
  const hint = canLimit && !around.envoyFilters ? "; without --no-envoy-filters that is raised" : "";
  return changed(`Envoy takes headers of up to ${standardHeaders} KiB in all, and fails an answer with more${hint}`);
};

const streams = "Envoy streams bodies in both directions";

export const limits: Family = {
  title: "Limits and buffers",
  annotations: [
    limit(
      "limit-connections",
      "table",
      "requests at a time from one address",
      "Envoy counts no requests of an address that are under way",
      "limit-rps, or a limit in the application",
    ),
    rate("limit-rps", "table", "requests a second from one address"),
    rate("limit-rpm", "text", "requests a minute from one address"),
    {
      name: "limit-burst-multiplier",
      told: "text",
      does: "how many times the limit may come at once, 5 by default",
      becomes: "goes with `limit-rps` and `limit-rpm`",
      source: "ratelimit",
      read: ofRate((value) => {
        const times = integerOf(value);
        if (times === undefined) return inert("not a whole number, so NGINX uses its default, 5");
        return times < 1
          ? refused("NGINX does not load a burst below 1", 'limit-burst-multiplier: "5"')
          : mapped("max_tokens of the EnvoyFilter");
      }, []),
    },
    limit(
      "limit-rate",
      "text",
      "kilobytes a second for one answer",
      "Envoy limits the rate of all answers together, and not of each",
      "a limit in the application",
    ),
    limit(
      "limit-rate-after",
      "text",
      "kilobytes before that limit holds",
      "Envoy limits the rate of all answers together, and not of each",
      "a limit in the application",
      "limit-rate",
    ),
    ...(["limit-whitelist", "limit-allowlist"] as const).map((name, index): Annotation => ({
      name,
      told: index === 0 ? "text" : "code",
      does: "addresses without these limits",
      becomes: "goes with `limit-rps` and `limit-rpm`",
      source: "ratelimit",
      read: (value, settings, around) =>
        name === "limit-whitelist" && around.other("limit-allowlist") !== undefined
          ? inert("NGINX uses limit-allowlist")
          : exempt(value, settings, around),
    })),
    {
      name: "proxy-body-size",
      told: "table",
      does: "the largest body that a request may have, 1m by default, 0 for any",
      becomes:
        "an EnvoyFilter that answers 413. With `--no-envoy-filters` nothing from 1m up, since the gateway takes bodies of any size; a limit below 1m is refused",
      source: "proxy",
      read: bodySize,
    },
    memory("clientbodybuffersize", "table", "client-body-buffer-size", "memory for the body of a request", streams),
    {
      name: "proxy-buffering",
      told: "table",
      does: "collects the backend's answer before the client gets it, off by default",
      becomes: "nothing: the gateway streams it, so that for `on` a slow client keeps the backend busy",
      source: "proxy",
      read: ofHttp((value) =>
        value.trim() === "on"
          ? changed("the client gets the answer while the backend sends it, so a slow client keeps it busy", streams)
          : mapped(streams),
      ),
    },
    memory("proxy", "table", "proxy-buffers-number", "buffers for an answer", streams),
    {
      name: "proxy-buffer-size",
      told: "table",
      does: "memory for the headers of an answer",
      becomes:
        "nothing: Envoy takes headers of up to 80 KiB over HTTP/1.1; an EnvoyFilter with `max_response_headers_kb` for more",
      source: "proxy",
      read: ofHttp(answerHeaders),
    },
    memory("proxy", "table", "proxy-busy-buffers-size", "buffers that may be under way to the client", streams),
    memory("proxy", "table", "proxy-max-temp-file-size", "the file for what does not fit into buffers", streams),
    {
      name: "proxy-request-buffering",
      told: "table",
      does: "collects the request's body before the backend gets it, on by default",
      becomes: "nothing: the gateway streams it, so that for `on` a slow client keeps the backend busy",
      source: "proxy",
      read: ofHttp((value) =>
        value.trim() === "off"
          ? mapped(streams)
          : changed("the backend gets the body while the client sends it, so a slow client keeps it busy"),
      ),
    },
  ],
};
