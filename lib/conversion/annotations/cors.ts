// Who may call from a page of another origin.
import { changed, converted, inert, mapped, refused, type Verdict } from "../report";
import type { CorsSettings, Settings } from "../settings";
import { boolean, booleanOf, detailOf, integerOf, listOf, type Family, type Reader, type Surroundings } from "./family";

const source = "cors";
const leader = "enable-cors";

/** Methods of HTTPRoute's CORS filter. */
const methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
const originForm = /^https?:\/\/((\*\.)?([a-zA-Z0-9-]+\.)*[a-zA-Z0-9-]+|\*)(:[0-9]{1,5})?$/;
/** Other origins NGINX skips. */
const takenOrigin = /^([a-z]+:\/\/(\*\.)?[A-Za-z0-9.-]*(:\d+)?|null)$/;
/** Lists of anything else are none to NGINX; these take the same texts as its own expressions, in linear time. */
const originList = /^(?:\*|(?:(?<=[a-z]):\/\/|\*\.|:\d|[A-Za-z0-9.,-])*)$/;
const methodList = /^[A-Za-z](?:,?\s?[A-Za-z])*,?\s?$/;
const exposedList = /^[\w*-](?:,?\s?[\w*-])*,?\s?$/;
const headerForm = /^[A-Za-z0-9-_, ]*$/;

/** Browsers keep a preflight answer for a day at most; NGINX asks for twenty by default. */
export const longestAge = 86_400;

/** What NGINX sends where an annotation is missing or wrong. */
function standard(): CorsSettings {
  return {
    origins: ["*"],
    methods: ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"],
    headers: listOf(
      "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization",
    ),
    exposeHeaders: [],
    credentials: true,
    maxAge: longestAge,
  };
}

/** What differs, and no browser takes any notice of. */
const sameForBrowsers =
  "preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers";

/** Annotations by which Envoy answers before or without its CORS filter, and lines of a snippet by which it does. */
const answering = [
  ...["auth-url", "auth-type", "whitelist-source-range", "allowlist-source-range", "denylist-source-range"],
  ...["permanent-redirect", "temporal-redirect"],
];
const limits = ["limit-rps", "limit-rpm"];
const answers = /\b(deny|return|limit_except)\b/;

/** What of the Ingress answers by itself without the headers that NGINX sends with every answer. */
function withoutHeaders({ other }: Surroundings): string[] {
  const snippet = "configuration-snippet";
  return [
    ...answering.filter((name) => other(name) !== undefined),
    ...limits.filter((name) => (integerOf(other(name) ?? "") ?? 0) > 0),
    ...(answers.test(other(snippet) ?? "") ? [snippet] : []),
  ];
}

/** True where every origin may call, to which a browser sends no credentials. */
export function isForEveryOrigin({ origins }: CorsSettings): boolean {
  return origins.includes("*");
}

/** The origins of a list; undefined for what is none, of which NGINX makes `*`. */
function originsOf(value: string): string[] | undefined {
  return originList.test(value.replace(/ /g, "")) ? listOf(value) : undefined;
}

function corsOf(settings: Settings): CorsSettings {
  return (settings.cors ??= standard());
}

const ifEnabled =
  (read: Reader): Reader =>
  (value, settings, around: Surroundings) =>
    booleanOf(around.other(leader)) === true
      ? read(value, settings, around)
      : inert(`without ${leader}: "true" NGINX ignores it`);

/** Names between which a comma is missing: neither browsers nor the API server take them for names. */
function blankWithin(names: readonly string[]): Verdict | undefined {
  const found = names.filter((name) => /\s/.test(name));
  return found.length > 0
    ? refused(`"${found.join('", "')}" is no name of a header`, "commas between the names")
    : undefined;
}

export const cors: Family = {
  title: "CORS",
  annotations: [
    {
      name: leader,
      told: "table",
      does: "answers preflight requests and adds CORS headers to all other answers",
      becomes:
        "the CORS filter of HTTPRoute, which is the same for browsers; it adds headers only for origins that are allowed, and answers preflight requests with 200 (NGINX: 204). With the origin `*` browsers take no credentials, so the filter allows none: Envoy answers with the origin itself, to which they would send cookies",
      source,
      read: boolean(false, (on, settings, around) => {
        if (!on) return inert("this is the default");
        corsOf(settings);
        const without = withoutHeaders(around);
        if (without.length === 0) return mapped("the CORS filter", sameForBrowsers);
        const why = `answers of ${without.join(" and ")} have no CORS headers, which NGINX sends: pages see a network error instead of the status`;
        return changed(`${sameForBrowsers}; ${why}`, "the CORS filter");
      }),
    },
    detailOf(
      source,
      "table",
      "cors-allow-origin",
      "which origins may call",
      leader,
      ifEnabled((value, settings) => {
        const given = originsOf(value);
        if (!given) return inert("not a list of origins, so NGINX uses its default, *");
        if (given.includes("*")) return converted("allowOrigins");
        const taken = given.filter((origin) => takenOrigin.test(origin));
        const unfit = taken.filter((origin) => !originForm.test(origin));
        if (unfit.length > 0) {
          return refused(
            `HTTPRoute takes origins of http and https only, not ${unfit.join(", ")}`,
            "leave these origins out, or let the backend answer for them",
          );
        }
        corsOf(settings).origins = taken;
        const skipped = given.filter((origin) => !taken.includes(origin));
        if (taken.some((origin) => origin.includes("*"))) {
          return changed("a `*` stands for any number of labels; NGINX takes one", "allowOrigins");
        }
        return converted("allowOrigins", skipped.length > 0 ? `NGINX skips ${skipped.join(", ")}` : undefined);
      }),
    ),
    detailOf(
      source,
      "table",
      "cors-allow-methods",
      "which methods may be called",
      leader,
      ifEnabled((value, settings) => {
        if (!methodList.test(value)) return inert("not a list of methods, so NGINX uses its default");
        const given = listOf(value).map((method) => method.toUpperCase());
        const unfit = given.filter((method) => !methods.includes(method));
        if (unfit.length > 0) {
          return refused(
            `HTTPRoute takes ${methods.join(", ")} only, not ${unfit.join(", ")}`,
            "leave these methods out",
          );
        }
        corsOf(settings).methods = [...new Set(given)];
        return converted("allowMethods");
      }),
    ),
    detailOf(
      source,
      "table",
      "cors-allow-headers",
      "which headers may be sent",
      leader,
      ifEnabled((value, settings) => {
        if (!headerForm.test(value)) return inert("not a list of headers, so NGINX uses its default");
        const given = listOf(value);
        corsOf(settings).headers = [...new Set(given)];
        return blankWithin(given) ?? converted("allowHeaders");
      }),
    ),
    detailOf(
      source,
      "table",
      "cors-expose-headers",
      "which headers may be read",
      leader,
      ifEnabled((value, settings) => {
        const given = listOf(value);
        if (!exposedList.test(value)) return inert("not a list of headers, so NGINX sends none");
        corsOf(settings).exposeHeaders = [...new Set(given)];
        return blankWithin(given) ?? converted("exposeHeaders");
      }),
    ),
    detailOf(
      source,
      "table",
      "cors-allow-credentials",
      "whether cookies may be sent",
      leader,
      ifEnabled(
        boolean(true, (on, settings, { other }) => {
          corsOf(settings).credentials = on;
          const origins = originsOf(other("cors-allow-origin") ?? "*") ?? ["*"];
          return on && (origins.length === 0 || origins.includes("*"))
            ? mapped(
                "allowCredentials: false",
                "browsers send none to an origin of `*`, which is what NGINX answers with",
              )
            : converted("allowCredentials");
        }),
      ),
    ),
    detailOf(
      source,
      "table",
      "cors-max-age",
      "for how many seconds a preflight answer holds",
      leader,
      ifEnabled((value, settings) => {
        const seconds = integerOf(value);
        if (seconds === undefined) return inert("not a whole number, so NGINX uses its default, 1728000");
        if (seconds < 1) return refused("HTTPRoute takes 1 second and more", 'cors-max-age: "1"');
        corsOf(settings).maxAge = Math.min(seconds, longestAge);
        return seconds > longestAge
          ? mapped(`maxAge: ${longestAge}`, "browsers keep an answer for a day at most")
          : mapped("maxAge");
      }),
    ),
  ],
};
