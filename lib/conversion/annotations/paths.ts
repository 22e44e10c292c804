// What a path means, what the backend sees of it, and the redirects to https.
import { changed, converted, inert, refused, type Verdict } from "../report";
import type { Settings } from "../settings";
import { shapeOf } from "../shapes";
import { boolean, type Family, type Surroundings } from "./family";
import { rewriteTo, withoutQuery } from "./redirects";

const source = "rewrite";

/** NGINX answers 302 with a URL that a path is replaced by. */
function redirectAway(target: string, settings: Settings, { ingress }: Surroundings): Verdict {
  const paths = (ingress.spec.rules ?? []).flatMap(({ http }) => http?.paths ?? []);
  const [, before = "", digit = ""] = /^(https?:\/\/[^/$]+)\/\$(\d)$/.exec(target) ?? [];
  const keeps = paths.every(({ path = "/" }) => {
    const shape = shapeOf(path);
    return shape?.literal === "" && shape.after.includes(Number(digit));
  });
  if (target.includes("$") && !(digit !== "" && keeps)) {
    return refused(
      "NGINX answers 302 with a URL, and HTTPRoute puts nothing before or after the request's own path in one",
      `temporal-redirect: "${target.replace(/\/?\$\d$/, "$request_uri")}"`,
    );
  }
  const verdict = rewriteTo(digit === "" ? target : `${before}$request_uri`, 302, settings);
  if (verdict.outcome !== "refused") settings.useRegex = true;
  return verdict;
}

export const paths: Family = {
  title: "Paths and https",
  annotations: [
    {
      name: "rewrite-target",
      told: "table",
      does: "replaces the whole path by this one, in which `$1` stands for the first group of the path; turns every path of the host into a regular expression",
      becomes:
        "`RequestRedirect` where it is a URL, which keeps the path or has one of its own; `URLRewrite` else: ReplaceFullPath without groups; ReplacePrefixMatch where the path is a prefix and the group all that comes after it, as `/x(/|$)(.*)` and `/$2`; an EnvoyFilter with `regex_rewrite` for other groups, which are refused with `--no-envoy-filters`, since Gateway API has none",
      source,
      read: (value, settings, around) => {
        const target = value.trim();
        if (!/^\/?[-._~a-zA-Z0-9/:$]*$/.test(target)) return inert("NGINX ignores a value with these characters");
        if (/^https?:\/\//.test(target)) return redirectAway(target, settings, around);
        if (!/^[/$]/.test(target)) {
          return refused("Gateway API takes absolute paths only", `rewrite-target: "/${target}"`);
        }
        settings.rewriteTarget = target;
        if (around.envoyFilters) settings.envoy.captures = true;
        return converted("URLRewrite, path by path");
      },
    },
    {
      name: "use-regex",
      told: "table",
      does: "takes every path of the host, whichever Ingress it stands in, as a case-insensitive regular expression, the longest first",
      becomes: "matches of type RegularExpression in the same order, or prefixes where that is the same",
      source,
      read: boolean(false, (on, settings) => {
        settings.useRegex = on;
        return on ? converted("path matches of the host") : inert("this is the default");
      }),
    },
    {
      name: "app-root",
      told: "table",
      does: "answers requests for `/` of the host with a redirect (302) to this path",
      becomes:
        "a rule for `/` with RequestRedirect; an EnvoyFilter drops a query of the request, as NGINX does; with `--no-envoy-filters` it stays",
      source,
      read: (value, settings, around) => {
        const path = value.trim();
        if (!/^\/[-._~a-zA-Z0-9/:]*$/.test(path)) return inert("not an absolute path, so NGINX ignores it");
        settings.appRoot = path;
        return withoutQuery("a redirect of `/`", settings, around);
      },
    },
    {
      name: "ssl-redirect",
      told: "table",
      does: "redirects (308) http to https where the host has a certificate; on by default",
      becomes: "an HTTPRoute on the http listener with RequestRedirect, or none",
      source,
      read: boolean(true, (on, settings) => {
        settings.sslRedirect = on;
        return converted(on ? "a redirect to https where the host has TLS" : "no redirect to https");
      }),
    },
    {
      name: "force-ssl-redirect",
      told: "table",
      does: "redirects (308) http to https without a certificate too",
      becomes: "an HTTPRoute on the http listener with RequestRedirect",
      source,
      read: boolean(false, (on, settings) => {
        settings.forceSslRedirect = on;
        return on ? converted("a redirect to https") : inert("this is the default");
      }),
    },
    {
      name: "preserve-trailing-slash",
      told: "table",
      does: "keeps the last slash of the path in the redirect to https",
      becomes: "nothing: RequestRedirect keeps it in any case",
      source,
      read: boolean(false, (on, settings) => {
        settings.preserveTrailingSlash = on;
        return on ? converted("what RequestRedirect does") : inert("this is the default");
      }),
    },
    {
      name: "x-forwarded-prefix",
      told: "table",
      does: "sends X-Forwarded-Prefix to the backend where the path is rewritten",
      becomes: "RequestHeaderModifier",
      source: "xforwardedprefix",
      read: (value, settings, around) => {
        if (around.other("rewrite-target") === undefined) {
          return inert("NGINX sends it only where rewrite-target changes the path");
        }
        settings.forwardedPrefix = value.trim().replace(/%/g, "%%");
        return converted("RequestHeaderModifier");
      },
    },
    {
      name: "enable-rewrite-log",
      told: "table",
      does: "logs rewrites in NGINX's error log",
      becomes: "nothing: Envoy's access log has the path before and after",
      source: "log",
      read: boolean(false, (on) =>
        on
          ? changed("rewrites are in Envoy's access log only, as `%REQ(X-ENVOY-ORIGINAL-PATH)%` of its format")
          : inert("this is the default"),
      ),
    },
  ],
};
