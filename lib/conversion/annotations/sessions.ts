// Which of a backend's pods gets a request.
import { changed, converted, inert, mapped, refused, type Verdict } from "../report";
import type { SessionCookie, Settings } from "../settings";
import { isRedirected } from "./hosts";
import { boolean, booleanOf, detailOf, integerOf, type Family, type Reader, type Surroundings } from "./family";
import { rewrittenByEnvoy } from "./variables";

const source = "sessionaffinity";
const leader = "affinity";
/** What differs where one cookie is for several paths. */
export const widerCookie =
  "the cookie is for the whole host, where NGINX sets one for each path, unless session-cookie-path names one";
const moves = "sessions that NGINX has begun land on another pod once, since the hash is Envoy's";
const stateful = "EnvoyFilter with envoy.filters.http.stateful_session";
const movesTo = "sessions that NGINX has begun land on another pod once, since the cookie is Envoy's";

/** True where the cookie names the pod. With a canary a hash keeps more: the cookie of one version is none of the other's. */
function isPersistent({ other, envoyFilters, hasCanary }: Surroundings): boolean {
  return envoyFilters && !hasCanary && other("affinity-mode")?.trim() === "persistent";
}

/** The cookie that NGINX sets, as a DestinationRule says it: an Ingress without a lifetime makes a session cookie. */
function cookieOf(around: Surroundings): SessionCookie {
  const { other } = around;
  const seconds = [other("session-cookie-max-age"), other("session-cookie-expires")]
    .map(integerOf)
    .find((number) => number !== undefined && number > 0);
  const attributes = [
    { name: "Domain", value: other("session-cookie-domain") },
    { name: "SameSite", value: other("session-cookie-samesite") },
  ].filter((attribute): attribute is { name: string; value: string } => attribute.value !== undefined);
  // Unless the annotation is true NGINX sets it over https, which is where all clients are sent that come over http.
  const isSecure = booleanOf(other("session-cookie-secure")) === true || isRedirected(around);
  const secure = isSecure ? [{ name: "Secure" }] : [];
  const all = [...attributes, ...secure];
  return {
    name: other("session-cookie-name")?.trim() || "INGRESSCOOKIE",
    path: other("session-cookie-path")?.trim() || onlyPath(around) || "/",
    ttl: `${seconds ?? 0}s`,
    ...(all.length > 0 ? { attributes: all } : {}),
  };
}

const isCookie: Reader = (value, settings, around) => {
  if (value.trim() !== "cookie") return inert("NGINX knows the affinity cookie only, and ignores this one");
  settings.backend.loadBalancer = { consistentHash: { httpCookie: cookieOf(around) } };
  const isWider = (around.other("session-cookie-path")?.trim() ?? "") === "" && onlyPath(around) === undefined;
  const hasTls = (around.ingress.spec.tls ?? []).length > 0;
  const isUnsaid = booleanOf(around.other("session-cookie-secure")) !== true && !isRedirected(around);
  const differs = [
    ...(isWider ? [widerCookie] : []),
    ...(hasTls && isUnsaid ? ["over https NGINX sets the cookie with Secure"] : []),
  ];
  if (!isPersistent(around)) return hashed(differs, moves, "httpCookie");
  settings.envoy.persistent = true;
  return once(differs, movesTo, stateful);
};

/** The path of all paths of the Ingress, of which NGINX makes that of the cookie; undefined where there are several. */
function onlyPath({ ingress }: Surroundings): string | undefined {
  const paths = (ingress.spec.rules ?? []).flatMap(({ http }) => http?.paths ?? []).map(({ path }) => path || "/");
  const [first = "/", ...others] = new Set(paths);
  return others.length === 0 && /^[-\w./~]+$/.test(first) ? first : undefined;
}

/** A hash keeps to a pod as NGINX's does; that it is another one shows once, when the gateway takes over. */
function hashed(differs: string[], moves: string, what: string): Verdict {
  return once(differs, moves, `DestinationRule loadBalancer.consistentHash.${what}`);
}

function once(differs: string[], moves: string, to: string): Verdict {
  return differs.length > 0 ? changed([moves, ...differs].join("; "), to) : mapped(to, moves);
}

/** A detail of the cookie that the gateway's has too. */
const detail = (name: string, does: string, to: string, stated = to) =>
  detailOf(source, "table", name, does, leader, (_, __, around) =>
    mapped(isPersistent(around) ? `EnvoyFilter cookie.${stated}` : `DestinationRule httpCookie.${to}`),
  );

/** Sets the hash by which a pod is picked; a cookie wins over it, as it does in NGINX. */
function hashBy(settings: Settings, around: Surroundings, consistentHash: object, what: string, differs?: string) {
  if (around.other(leader)?.trim() === "cookie") return inert("NGINX uses the cookie");
  settings.backend.loadBalancer = { consistentHash };
  return hashed(
    differs === undefined ? [] : [differs],
    "each value lands on another pod once, since the hash is Envoy's",
    what,
  );
}

const readHash: Reader = (value, settings, around) => {
  const variable = /^\$\{?(\w+)\}?$/.exec(value.trim())?.[1] ?? "";
  const [, kind = "", name = ""] = /^(http|cookie|arg)_(\w+)$/.exec(variable) ?? [];
  if (variable === "remote_addr" || variable === "binary_remote_addr") {
    return hashBy(settings, around, { useSourceIp: true }, "useSourceIp");
  }
  if (kind === "http") {
    const header = name.toLowerCase().replace(/_/g, "-");
    return hashBy(settings, around, { httpHeaderName: header }, "httpHeaderName", rewrittenByEnvoy(header));
  }
  if (kind === "cookie") return hashBy(settings, around, { httpCookie: { name } }, "httpCookie");
  if (kind === "arg") return hashBy(settings, around, { httpQueryParameterName: name }, "httpQueryParameterName");
  if (variable === "host") return hashBy(settings, around, { httpHeaderName: ":authority" }, "httpHeaderName");
  if (variable === "request_uri") return hashBy(settings, around, { httpHeaderName: ":path" }, "httpHeaderName");
  return refused(
    "a DestinationRule hashes by one header, cookie, query parameter or the client's address",
    'one variable, such as upstream-hash-by: "$http_x_session"',
  );
};

const inCookie = "the cookie has the address of the pod, in base64";

const mode: Reader = (value, _, around) => {
  if (value.trim() !== "persistent") return mapped("what a consistent hash does");
  if (isPersistent(around)) return mapped(stateful, inCookie);
  const why = around.envoyFilters ? ", since the Service has a canary" : "; without --no-envoy-filters they stay";
  return changed(`some sessions move when pods come and go, as with \`balanced\`${why}`);
};

const algorithms: { [name: string]: [simple: string, exact: boolean] } = {
  round_robin: ["ROUND_ROBIN", true],
  ewma: ["LEAST_REQUEST", false],
};

export const sessions: Family = {
  title: "Sessions and load balancing",
  annotations: [
    {
      name: leader,
      told: "table",
      does: "keeps a client on one pod by a cookie",
      becomes:
        "a DestinationRule with `consistentHash.httpCookie` for the backend's port, or for `affinity-mode: persistent` an EnvoyFilter; sessions that NGINX has begun move to another pod once",
      source,
      read: isCookie,
    },
    {
      ...detailOf(source, "table", "affinity-mode", "whether sessions move when pods are added", leader, mode),
      becomes: `what a consistent hash does; for \`persistent\` an EnvoyFilter with \`envoy.filters.http.stateful_session\`: ${inCookie}. With a canary, and with \`--no-envoy-filters\`, some sessions move`,
    },
    detailOf(source, "table", "affinity-canary-behavior", "whether clients stay on the canary", leader, (value) =>
      value.trim() === "legacy"
        ? converted("weights without sessions")
        : changed("the weights of a canary count for every request, so a client may change between versions"),
    ),
    detail("session-cookie-name", "name of the cookie, INGRESSCOOKIE by default", "name"),
    detail("session-cookie-path", "path of the cookie", "path"),
    detail("session-cookie-domain", "domain of the cookie", "attributes"),
    detail("session-cookie-samesite", "SameSite of the cookie", "attributes"),
    detail("session-cookie-secure", "Secure of the cookie", "attributes"),
    detail("session-cookie-max-age", "lifetime of the cookie in seconds", "ttl", "attributes"),
    detail("session-cookie-expires", "lifetime of the cookie in seconds, for old browsers", "ttl", "attributes"),
    detailOf(
      source,
      "table",
      "session-cookie-conditional-samesite-none",
      "leaves SameSite=None out for old browsers",
      leader,
      () => changed("SameSite is the same for every browser"),
    ),
    detailOf(
      source,
      "table",
      "session-cookie-change-on-failure",
      "gives a new pod to a client whose pod failed",
      leader,
      boolean(false, (on, _, around) =>
        on
          ? mapped(
              isPersistent(around)
                ? "what the gateway does: it tries another pod, whose cookie the client gets"
                : "what a consistent hash does: a pod that is gone is replaced by the next one",
            )
          : changed("a client whose pod is gone goes to another one; NGINX tries the same one again"),
      ),
    ),
    {
      name: "upstream-hash-by",
      told: "table",
      does: "picks the pod by a hash of variables",
      becomes:
        "a DestinationRule with `consistentHash` for one header, cookie, query parameter or the client's address",
      source: "upstreamhashby",
      read: readHash,
    },
    detailOf(
      "upstreamhashby",
      "text",
      "upstream-hash-by-subset",
      "hashes to a group of pods",
      "upstream-hash-by",
      (value) =>
        booleanOf(value) === true
          ? changed("the hash names one pod, not one of a group")
          : inert("this is the default"),
    ),
    detailOf(
      "upstreamhashby",
      "text",
      "upstream-hash-by-subset-size",
      "the size of the group",
      "upstream-hash-by",
      (_, __, around) =>
        booleanOf(around.other("upstream-hash-by-subset")) === true
          ? changed("the hash names one pod, not one of a group")
          : inert("without upstream-hash-by-subset NGINX ignores it"),
    ),
    {
      name: "load-balance",
      told: "table",
      does: "how a pod is picked: round_robin or ewma",
      becomes: "a DestinationRule with `loadBalancer.simple`: ROUND_ROBIN, or LEAST_REQUEST for ewma",
      source: "loadbalancing",
      read: (value, settings, around) => {
        if (around.other("upstream-hash-by") !== undefined || around.other(leader) !== undefined) {
          return inert("NGINX uses the hash");
        }
        const [simple, exact] = algorithms[value.trim()] ?? ["ROUND_ROBIN", true];
        settings.backend.loadBalancer = { simple };
        return exact
          ? mapped(`DestinationRule loadBalancer.simple ${simple}`)
          : changed(
              "the pod with fewest open requests is picked, not the one with the lowest latency",
              "DestinationRule loadBalancer.simple LEAST_REQUEST",
            );
      },
    },
    {
      name: "service-upstream",
      told: "table",
      does: "sends to the Service's address rather than to its pods",
      becomes: "nothing: the gateway knows the pods and takes them out before they stop",
      source: "serviceupstream",
      read: boolean(false, (on) =>
        on ? mapped("what the gateway does: it follows the pods by itself") : inert("this is the default"),
      ),
    },
  ],
};
