// How much a client may send, and how often; and the memory that NGINX takes for it.
import { changed, inert, mapped, refused, type Verdict } from "../report";
import type { Settings } from "../settings";
import {
  integer,
  integerOf,
  redirectsAll,
  speaksGrpc,
  unreached,
  type Annotation,
  type Family,
  type Surroundings,
  type Told,
} from "./family";

const localRateLimit = "an EnvoyFilter with envoy.filters.http.local_ratelimit on the Gateway, or a rate limit service";

const limit = (name: string, told: Told, does: string): Annotation => ({
  name,
  told,
  does,
  becomes: `refused: neither Gateway API nor Istio's API has rate limits; way out: ${localRateLimit}`,
  source: "ratelimit",
  read: integer("0", (number) =>
    number <= 0
      ? inert("it sets no limit")
      : refused("neither Gateway API nor Istio's API has rate limits", localRateLimit),
  ),
});

function isLimit(value: string | undefined): boolean {
  return (integerOf(value) ?? 0) > 0;
}

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

const anySize = "bodies of any size, which the gateway streams";

/** How much of a body the gateway may have to keep in memory, where NGINX writes to a file. */
const mostCollected = 8 * 1024 ** 2;

function bodySize(value: string, settings: Settings, around: Surroundings): Verdict {
  const bytes = bytesOf(value);
  if (bytes === undefined) return inert("not a size, so NGINX uses its default, 1m");
  if (bytes === 0) return mapped(anySize);
  const isGrpc = speaksGrpc(around);
  if (around.envoyFilters && redirectsAll(around)) return unreached;
  if (around.envoyFilters && !isGrpc) return measured(bytes, value.trim(), settings, around);
  const hint = isGrpc ? "" : "; --envoy-filters limits it";
  const fix = isGrpc ? "a limit in the application" : "--envoy-filters, or a limit in the application";
  return bytes >= standardBody
    ? changed(`a body of more than ${value.trim()} passes too, where NGINX answers 413${hint}`, anySize)
    : refused(
        "a gateway takes bodies of any size, and a limit below the default of 1m is there to protect something",
        fix,
      );
}

/** A limit in Envoy. What has no Content-Length has to be collected before its size is known. */
function measured(bytes: number, text: string, { envoy }: Settings, { other }: Surroundings): Verdict {
  const to = "EnvoyFilter that answers 413";
  envoy.bodyBytes = bytes;
  const isStreamed = other("proxy-request-buffering")?.trim() === "off";
  if (bytes <= mostCollected && !isStreamed) {
    envoy.collects = true;
    const kept = `the gateway keeps up to ${text} of a request in memory`;
    return bytes <= standardBody
      ? mapped(to, `${kept}, as much as of any request`)
      : changed(`${kept}, where NGINX writes a file; proxy-request-buffering: off streams it, without the limit`, to);
  }
  const why = isStreamed ? "proxy-request-buffering is off" : "the gateway would keep so much of it in memory";
  return changed(`a body without a Content-Length is not limited, since ${why}`, to);
}

function answerHeaders(value: string): Verdict {
  return (bytesOf(value) ?? 0) > 60 * 1024
    ? changed("Envoy takes headers of up to 60 KiB in all, and fails an answer with more")
    : mapped("Envoy takes headers of up to 60 KiB");
}

const streams = "Envoy streams bodies in both directions";

export const limits: Family = {
  title: "Limits and buffers",
  annotations: [
    limit("limit-connections", "table", "connections at a time from one address"),
    limit("limit-rps", "table", "requests a second from one address"),
    limit("limit-rpm", "text", "requests a minute from one address"),
    {
      name: "limit-burst-multiplier",
      told: "text",
      does: "how many times the limit may come at once",
      becomes: "goes with `limit-rps` and `limit-rpm`, which are refused",
      source: "ratelimit",
      read: (_, __, around) =>
        !isLimit(around.other("limit-rps")) && !isLimit(around.other("limit-rpm"))
          ? inert("without limit-rps or limit-rpm NGINX ignores it")
          : refused("it belongs to limit-rps and limit-rpm, which are refused", "see limit-rps"),
    },
    limit("limit-rate", "text", "kilobytes a second for one connection"),
    limit("limit-rate-after", "text", "kilobytes before that limit holds"),
    ...(["limit-whitelist", "limit-allowlist"] as const).map((name, index): Annotation => ({
      name,
      told: index === 0 ? "text" : "code",
      does: "addresses without these limits",
      becomes: "goes with the limits, which are refused",
      source: "ratelimit",
      read: (_, __, around) =>
        ["limit-connections", "limit-rps", "limit-rpm"].every((other) => !isLimit(around.other(other)))
          ? inert("without a limit NGINX ignores it")
          : refused("it belongs to the limits, which are refused", "see limit-rps"),
    })),
    {
      name: "proxy-body-size",
      told: "table",
      does: "the largest body that a request may have, 1m by default, 0 for any",
      becomes:
        "nothing from 1m up: the gateway takes bodies of any size; a limit below 1m is refused. With `--envoy-filters` an EnvoyFilter that answers 413, save for GRPC; above 8m, and with `proxy-request-buffering: off`, only to bodies with a Content-Length",
      source: "proxy",
      read: bodySize,
    },
    memory("clientbodybuffersize", "table", "client-body-buffer-size", "memory for the body of a request", streams),
    {
      name: "proxy-buffering",
      told: "table",
      does: "collects the backend's answer before the client gets it, off by default",
      becomes: "nothing: the gateway streams it",
      source: "proxy",
      read: (value) =>
        value.trim() === "on"
          ? changed("the client gets the answer while the backend sends it, so a slow client keeps it busy", streams)
          : mapped(streams),
    },
    memory("proxy", "table", "proxy-buffers-number", "buffers for an answer", streams),
    {
      name: "proxy-buffer-size",
      told: "table",
      does: "memory for the headers of an answer",
      becomes: "nothing: Envoy takes headers of up to 60 KiB",
      source: "proxy",
      read: answerHeaders,
    },
    memory("proxy", "table", "proxy-busy-buffers-size", "buffers that may be under way to the client", streams),
    memory("proxy", "table", "proxy-max-temp-file-size", "the file for what does not fit into buffers", streams),
    {
      name: "proxy-request-buffering",
      told: "table",
      does: "collects the request's body before the backend gets it, on by default",
      becomes: "nothing: the gateway streams it",
      source: "proxy",
      read: (value) =>
        value.trim() === "off"
          ? mapped(streams)
          : changed("the backend gets the body while the client sends it, so a slow client keeps it busy"),
    },
  ],
};
