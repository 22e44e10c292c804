// Redirects of everything to somewhere else.
import { changed, converted, inert, mapped, refused, type Verdict } from "../report";
import type { RedirectSettings, Settings } from "../settings";
import { boolean, detailOf, integer, integerOf, type Family, type Surroundings } from "./family";

const source = "redirect";
/** The redirects that HTTPRoute takes. */
const codes = [301, 302, 303, 307, 308];

export const redirects: Family = {
  title: "Redirects",
  annotations: [
    {
      name: "permanent-redirect",
      told: "table",
      does: "answers everything with a redirect (301) to this URL",
      becomes:
        "RequestRedirect with scheme, hostname, port and path of the URL; `$request_uri` at its end keeps the request's path; an EnvoyFilter drops a query of the request, as NGINX does; with `--no-envoy-filters` it stays",
      source,
      read: (value, settings, around) => {
        // NGINX looks at the temporal one first.
        if (around.other("temporal-redirect") !== undefined) return inert("NGINX uses temporal-redirect");
        const code = codeOf(around.other("permanent-redirect-code"), 301, 308);
        // It may be a path of the same host, which the temporal one may not.
        return redirectTo(value.startsWith("/") ? `$scheme://$host${value}` : value, code, settings, around);
      },
    },
    detailOf(
      source,
      "table",
      "permanent-redirect-code",
      "the status of the redirect",
      "permanent-redirect",
      integer("301", (code) => statusVerdict(code, 301, 308)),
    ),
    {
      name: "temporal-redirect",
      told: "table",
      does: "answers everything with a redirect (302) to this URL",
      becomes: "RequestRedirect, as for `permanent-redirect`",
      source,
      read: (value, settings, around) =>
        redirectTo(value, codeOf(around.other("temporal-redirect-code"), 302, 307), settings, around),
    },
    detailOf(
      source,
      "table",
      "temporal-redirect-code",
      "the status of the redirect",
      "temporal-redirect",
      integer("302", (code) => statusVerdict(code, 302, 307)),
    ),
    {
      name: "from-to-www-redirect",
      told: "table",
      does: "redirects (308) www.x to the host x, or x to the host www.x, unless that one has a server of its own",
      becomes: "an HTTPRoute for the other host with RequestRedirect",
      source,
      read: boolean(false, (on, settings) => {
        settings.fromToWww = on;
        return on
          ? changed(
              "the redirect keeps the last slash of a path, which NGINX takes away",
              "an HTTPRoute for the other host",
            )
          : inert("this is the default");
      }),
    },
    {
      name: "relative-redirects",
      told: "code",
      does: "leaves scheme and host out of the Location of redirects",
      becomes: "nothing: Envoy writes the whole URL, which clients take alike",
      source,
      read: boolean(false, (on) =>
        on ? changed("the Location of redirects has scheme and host") : inert("this is the default"),
      ),
    },
    {
      name: "use-port-in-redirects",
      told: "code",
      does: "writes NGINX's own port into the Location of redirects",
      becomes: "`--https-port`, which is in every redirect to https",
      source: "portinredirect",
      read: boolean(false, (on) =>
        on
          ? changed("redirects to https have the port of --https-port, and no port without it")
          : inert("this is the default"),
      ),
    },
  ],
};

/** The status that NGINX takes: what is out of its range is the standard one. */
function codeOf(value: string | undefined, standard: number, last: number): number {
  const code = integerOf(value) ?? standard;
  return code < 300 || code > last ? standard : code;
}

function statusVerdict(code: number, standard: number, last: number): Verdict {
  if (code < 300 || code > last) return inert(`NGINX takes 300 to ${last} only, and ${standard} instead of ${code}`);
  return codes.includes(code)
    ? converted("statusCode of the redirect")
    : refused(`HTTPRoute redirects with ${codes.join(", ")} only`, `a code of these: "${standard}"`);
}

/** A redirect from which NGINX leaves the query out: a RequestRedirect keeps it, unless an EnvoyFilter says otherwise. */
export function withoutQuery(to: string, { envoy }: Settings, { envoyFilters }: Surroundings): Verdict {
  if (!envoyFilters) {
    const differs =
      "a query of the request stays in the Location, where NGINX drops it; without --no-envoy-filters it is dropped";
    return changed(differs, to);
  }
  envoy.queryless = true;
  return mapped(`${to}, and EnvoyFilter with strip_query`);
}

/** Has everything redirected to the URL, with the query of the request. */
export function rewriteTo(value: string, code: number, settings: Settings): Verdict {
  const parsed = redirectOf(value, code);
  if (typeof parsed === "string")
    return refused(parsed, "a URL with scheme, host and path, such as https://example.com/new");
  settings.redirect = parsed;
  return converted("RequestRedirect");
}

/** Has everything redirected to the URL, which has the query of the request only where it has its path. */
export function redirectTo(value: string, code: number, settings: Settings, around: Surroundings): Verdict {
  const verdict = rewriteTo(value, code, settings);
  if (verdict.outcome === "refused" || settings.redirect?.path === undefined) return verdict;
  if (around.envoyFilters) settings.redirect.isQueryless = true;
  return withoutQuery("RequestRedirect", settings, around);
}

/** The parts of the URL, or why it cannot be written as a RequestRedirect. */
function redirectOf(value: string, code: number): RedirectSettings | string {
  const kept = /\$(request_uri|uri\$is_args\$args)$/.exec(value);
  const text = kept ? value.slice(0, kept.index) : value;
  const parts = /^(https?|\$scheme):\/\/([a-z0-9.-]+|\$host)(?::(\d+))?(\/[^?#]*)?$/i.exec(text);
  if (text.includes("$") && !parts) return "HTTPRoute knows no variables but the request's own path, at the end";
  if (!parts) return /[?#]/.test(text) ? "HTTPRoute takes no query in a redirect" : "not an http or https URL";
  const [, scheme, hostname, port, path] = parts;
  if (path?.includes("$")) return "HTTPRoute knows no variables but the request's own path, at the end";
  if (kept && path !== undefined && path !== "/") {
    return "HTTPRoute puts nothing before the request's own path";
  }
  return {
    ...(scheme === "$scheme" ? {} : { scheme: scheme!.toLowerCase() }),
    ...(hostname === "$host" ? {} : { hostname: hostname!.toLowerCase() }),
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(kept ? {} : { path: path ?? "/" }),
    code: codes.includes(code) ? code : 302,
  };
}
