// Annotations on redirects: what is given, and the whole verdict on each of them.
import type { Case } from "../cases";

export const redirects: Case[] = [
  [
    { "permanent-redirect": "https://example.com/new" },
    "permanent-redirect: mapped → RequestRedirect, and EnvoyFilter with strip_query",
  ],
  [
    { "permanent-redirect": "https://example.com" },
    "permanent-redirect: mapped → RequestRedirect, and EnvoyFilter with strip_query",
  ],
  [{ "permanent-redirect": "/new" }, "permanent-redirect: mapped → RequestRedirect, and EnvoyFilter with strip_query"],
  [
    { "temporal-redirect": "/new" },
    "temporal-redirect: refused (not an http or https URL) way out: a URL with scheme, host and path, such as https://example.com/new",
  ],
  [{ "permanent-redirect": "https://example.com$request_uri" }, "permanent-redirect: converted → RequestRedirect"],
  [
    { "permanent-redirect": "https://example.com/a?b=c" },
    "permanent-redirect: refused (HTTPRoute takes no query in a redirect) way out: a URL with scheme, host and path, such as https://example.com/new",
  ],
  [
    { "permanent-redirect": "ftp://example.com" },
    "permanent-redirect: refused (not an http or https URL) way out: a URL with scheme, host and path, such as https://example.com/new",
  ],
  [
    { "permanent-redirect": "https://example.com/x$request_uri" },
    "permanent-redirect: refused (HTTPRoute puts nothing before the request's own path) way out: a URL with scheme, host and path, such as https://example.com/new",
  ],
  [
    { "permanent-redirect": "https://$server_name/x" },
    "permanent-redirect: refused (HTTPRoute knows no variables but the request's own path, at the end) way out: a URL with scheme, host and path, such as https://example.com/new",
  ],
  [
    { "permanent-redirect": "https://example.com/new", "permanent-redirect-code": "308" },
    "permanent-redirect: mapped → RequestRedirect, and EnvoyFilter with strip_query",
    "permanent-redirect-code: converted → statusCode of the redirect",
  ],
  [
    { "permanent-redirect": "https://example.com/new", "permanent-redirect-code": "304" },
    "permanent-redirect: mapped → RequestRedirect, and EnvoyFilter with strip_query",
    'permanent-redirect-code: refused (HTTPRoute redirects with 301, 302, 303, 307, 308 only) way out: a code of these: "301"',
  ],
  [
    { "permanent-redirect": "https://example.com/new", "permanent-redirect-code": "200" },
    "permanent-redirect: mapped → RequestRedirect, and EnvoyFilter with strip_query",
    "permanent-redirect-code: converted (NGINX takes 300 to 308 only, and 301 instead of 200)",
  ],
  [
    { "permanent-redirect-code": "308" },
    "permanent-redirect-code: converted (without permanent-redirect NGINX ignores it)",
  ],
  [
    { "temporal-redirect": "http://example.com:8080/x" },
    "temporal-redirect: mapped → RequestRedirect, and EnvoyFilter with strip_query",
  ],
  [
    { "temporal-redirect": "http://example.com/x", "temporal-redirect-code": "307" },
    "temporal-redirect: mapped → RequestRedirect, and EnvoyFilter with strip_query",
    "temporal-redirect-code: converted → statusCode of the redirect",
  ],
  [
    { "temporal-redirect": "http://example.com/x", "temporal-redirect-code": "308" },
    "temporal-redirect: mapped → RequestRedirect, and EnvoyFilter with strip_query",
    "temporal-redirect-code: converted (NGINX takes 300 to 307 only, and 302 instead of 308)",
  ],
  [
    { "temporal-redirect": "http://example.com/x", "permanent-redirect": "http://example.com/y" },
    "permanent-redirect: converted (NGINX uses temporal-redirect)",
    "temporal-redirect: mapped → RequestRedirect, and EnvoyFilter with strip_query",
  ],
  [
    { "from-to-www-redirect": "true" },
    "from-to-www-redirect: changed → an HTTPRoute for the other host (the redirect keeps the last slash of a path, which NGINX takes away)",
  ],
  [{ "from-to-www-redirect": "false" }, "from-to-www-redirect: converted (this is the default)"],
  [{ "relative-redirects": "true" }, "relative-redirects: changed (the Location of redirects has scheme and host)"],
  [
    { "use-port-in-redirects": "true" },
    "use-port-in-redirects: changed (redirects to https have the port of --https-port, and no port without it)",
  ],
];
