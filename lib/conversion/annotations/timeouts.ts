// How long things may take, and what happens when they fail.
import { changed, converted, inert, mapped, refused, type Verdict } from "../report";
import type { Settings } from "../settings";
import { repeating } from "./repeats";
import {
  integer,
  integerOf,
  ofHttp,
  redirectsAll,
  speaksGrpc,
  unreached,
  withFilters,
  type Annotation,
  type Family,
  type Surroundings,
} from "./family";

const source = "proxy";
/** What NGINX waits between two reads or writes by default. */
const standardSeconds = 60;

/** What Envoy can limit where EnvoyFilters may be written. */
type Limited = (seconds: number, settings: Settings, around: Surroundings) => Verdict;

/** The time between two reads or writes, for which Gateway API has no limit. */
function silence(name: string, what: string, becomes: string, limited: Limited): Annotation {
  return {
    name,
    told: "table",
    does: `seconds that may pass between two ${what}, ${standardSeconds} by default`,
    becomes: `${becomes}. With \`--no-envoy-filters\` nothing: a gateway has no such limit; one below ${standardSeconds} is refused, since then something relies on it`,
    source,
    read: integer(String(standardSeconds), (seconds, settings, around) => {
      if (around.envoyFilters && redirectsAll(around)) return unreached;
      if (around.envoyFilters && seconds > 0) return limited(seconds, settings, around);
      return seconds >= standardSeconds || seconds === 0
        ? changed(
            `what NGINX ends with 504 after ${seconds} s of silence goes on${seconds > 0 ? "; without --no-envoy-filters it ends" : ""}`,
            `no limit between two ${what}`,
          )
        : refused(
            `a gateway limits whole requests, and not the time between two ${what}`,
            `${withFilters}, or timeouts.request: "${seconds}s" in the HTTPRoute, where no request may take longer as a whole`,
          );
    }),
  };
}

/** The silence in both directions after which Envoy ends a request: never before NGINX would, which gives clients as long as backends. */
function longest({ other }: Surroundings): number {
  const given = ["proxy-read-timeout", "proxy-send-timeout"].map((name) => integerOf(other(name)) ?? standardSeconds);
  return Math.max(standardSeconds, ...given);
}

/** Envoy counts from the end of a request on, so that what has none is left to the silence in both directions. */
const readLimit: Limited = (seconds, { envoy }, around) => {
  const idle = longest(around);
  envoy.readSeconds = seconds;
  envoy.idleSeconds = idle;
  const to = "EnvoyFilter with per_try_idle_timeout";
  if (speaksGrpc(around))
    return changed(`a stream of the client ends after ${idle} s without anything in both directions`, to);
  return seconds === idle ? mapped(to) : changed(`a WebSocket ends after ${idle} s of silence`, to);
};

const sendLimit: Limited = (seconds, { envoy }, around) => {
  const idle = longest(around);
  envoy.idleSeconds = idle;
  const to = "EnvoyFilter with idle_timeout";
  return seconds === idle
    ? mapped(to, "in the middle of a large body the gateway answers 408, where NGINX answers 504")
    : changed(`a backend that stops reading has ${idle} s, the longest of both timeouts and 60 s`, to);
};

const onWaypoint = "a TrafficPolicy of this package with retries, on a waypoint";

/** Has a request tried again this often, where EnvoyFilters may be written. */
function retrying(retries: number, settings: Settings, around: Surroundings): Verdict | undefined {
  if (!around.envoyFilters) return undefined;
  if (redirectsAll(around)) return unreached;
  settings.envoy.retries = retries;
  return mapped("EnvoyFilter with num_retries");
}

export const timeouts: Family = {
  title: "Timeouts and retries",
  annotations: [
    {
      name: "proxy-connect-timeout",
      told: "table",
      does: "seconds that connecting to the backend may take, 5 by default",
      becomes: "a DestinationRule with `connectionPool.tcp.connectTimeout` for the backend's port",
      source,
      read: integer("5", (seconds, settings) => {
        if (seconds < 1) return refused("a DestinationRule takes 1 ms and more", 'proxy-connect-timeout: "5"');
        settings.backend.connectTimeout = seconds;
        return mapped("DestinationRule connectionPool.tcp.connectTimeout");
      }),
    },
    silence(
      "proxy-read-timeout",
      "reads from the backend",
      "an EnvoyFilter with `per_try_idle_timeout`, and with `idle_timeout` for WebSockets: the longest of this, `proxy-send-timeout` and 60 s",
      readLimit,
    ),
    silence(
      "proxy-send-timeout",
      "writes to the backend",
      "an EnvoyFilter with `idle_timeout`: the longest of this, `proxy-read-timeout` and 60 s",
      sendLimit,
    ),
    {
      name: "proxy-next-upstream",
      told: "table",
      does: "when a request is tried again with another pod: `error timeout` by default",
      becomes:
        "an EnvoyFilter with `retry_on`, which for POST, LOCK and PATCH is the connection alone, as in NGINX, unless there is `non_idempotent`; for off one with `num_retries`. With `--no-envoy-filters` nothing for the default and less: the gateway tries twice more when it cannot connect; off and other conditions are refused, since HTTPRoute has no `retry` in the standard channel",
      source,
      read: ofHttp((value, settings, around) => {
        const repeated = repeating(value, settings, around, longest(around));
        if (repeated) return repeated;
        const conditions = value.split(/\s+/).filter((word) => word !== "");
        if (conditions.includes("off")) {
          return (
            retrying(0, settings, around) ??
            refused(
              "the gateway tries a request again when it could not connect, which HTTPRoute cannot turn off",
              `${withFilters}, or ${onWaypoint}`,
            )
          );
        }
        const more = conditions.filter((word) => !["error", "timeout"].includes(word));
        return more.length === 0
          ? changed(
              "a request is tried again where the gateway could not connect or was refused, and not where the connection breaks or stays silent afterwards",
              "the gateway's own retries, 2 more",
            )
          : refused(`the gateway does not try again on ${more.join(", ")}`, `${withFilters}, or ${onWaypoint}`);
      }),
    },
    {
      name: "proxy-next-upstream-tries",
      told: "table",
      does: "how often a request is tried, 3 by default",
      becomes:
        "nothing for 3, which is what the gateway does; an EnvoyFilter with `num_retries` for others. 0, which is any number, is refused, and with `--no-envoy-filters` every other number",
      source,
      read: ofHttp(
        integer("3", (tries, settings, around) => {
          if (/(^|\s)off(\s|$)/.test(around.other("proxy-next-upstream") ?? "")) {
            return inert("NGINX tries a request once, since proxy-next-upstream is off");
          }
          if (tries === 3) return converted("the gateway's own retries");
          const limited = tries > 0 ? retrying(tries - 1, settings, around) : undefined;
          const fix = tries > 0 ? `${withFilters}, or ${onWaypoint}` : onWaypoint;
          return limited ?? refused("the gateway tries three times, which HTTPRoute cannot change", fix);
        }),
      ),
    },
    {
      name: "proxy-next-upstream-timeout",
      told: "table",
      does: "seconds after which a request is not tried again, 0 for no limit by default",
      becomes:
        "nothing for 0; refused otherwise: NGINX begins no try after that time, and Envoy's time limits end the one that is under way",
      source,
      read: ofHttp((value) =>
        (integerOf(value) ?? 0) === 0
          ? inert("this is the default")
          : refused("the gateway's retries have no time limit of their own", "timeouts.request in the HTTPRoute"),
      ),
    },
  ],
};
