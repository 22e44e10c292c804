// Annotations on paths and https: what is given, and the whole verdict on each of them.
import type { Case } from "../cases";

export const pathsAndHttps: Case[] = [
  [{ "rewrite-target": "/new" }, "rewrite-target: converted → URLRewrite, path by path"],
  [
    { "rewrite-target": "new" },
    'rewrite-target: refused (Gateway API takes absolute paths only) way out: rewrite-target: "/new"',
  ],
  [
    { "rewrite-target": "https://new.example.com/$1" },
    `rewrite-target: refused (NGINX answers 302 with a URL, and HTTPRoute puts nothing before or after the request's own path in one) way out: temporal-redirect: "https://new.example.com$request_uri"`,
  ],
  [{ "rewrite-target": "https://new.example.com/a" }, "rewrite-target: converted → RequestRedirect"],
  [{ "rewrite-target": "/a b" }, "rewrite-target: converted (NGINX ignores a value with these characters)"],
  [{ "use-regex": "true" }, "use-regex: converted → path matches of the host"],
  [{ "use-regex": "false" }, "use-regex: converted (this is the default)"],
  [{ "use-regex": "yes" }, "use-regex: converted (not a boolean, so NGINX uses its default, false)"],
  [{ "app-root": "/app" }, "app-root: mapped → a redirect of `/`, and EnvoyFilter with strip_query"],
  [{ "app-root": "app" }, "app-root: converted (not an absolute path, so NGINX ignores it)"],
  [{ "ssl-redirect": "true" }, "ssl-redirect: converted → a redirect to https where the host has TLS"],
  [{ "ssl-redirect": "false" }, "ssl-redirect: converted → no redirect to https"],
  [{ "ssl-redirect": "no" }, "ssl-redirect: converted (not a boolean, so NGINX uses its default, true)"],
  [{ "force-ssl-redirect": "true" }, "force-ssl-redirect: converted → a redirect to https"],
  [{ "force-ssl-redirect": "false" }, "force-ssl-redirect: converted (this is the default)"],
  [{ "preserve-trailing-slash": "true" }, "preserve-trailing-slash: converted → what RequestRedirect does"],
  [{ "preserve-trailing-slash": "false" }, "preserve-trailing-slash: converted (this is the default)"],
  [
    { "x-forwarded-prefix": "/x" },
    "x-forwarded-prefix: converted (NGINX sends it only where rewrite-target changes the path)",
  ],
  [
    { "x-forwarded-prefix": "/x", "rewrite-target": "/new" },
    "rewrite-target: converted → URLRewrite, path by path",
    "x-forwarded-prefix: converted → RequestHeaderModifier",
  ],
  [
    { "enable-rewrite-log": "true" },
    "enable-rewrite-log: changed (rewrites are in Envoy's access log only, as `%REQ(X-ENVOY-ORIGINAL-PATH)%` of its format)",
  ],
];
