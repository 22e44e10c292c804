// What ingress-nginx's own end-to-end specs ask, and what NGINX answers: in our words, by the file that asks. Where the
// gateway is known to answer otherwise, the report says so, and the expectation is what the report says.
import type { Ingress } from "../../lib/conversion/objects";
import { ingress, type Spec } from "./convert-ask";
import { moreSpecs } from "./convert-more-specs";
import { otherSpecs } from "./convert-other-specs";

const regex = { type: "ImplementationSpecific" };
const ok = (url: string, service: string, path = url) => ({ url, status: 200, service, path });

export const specs: Spec[] = [
  {
    file: "paths",
    says: "prefixes go by elements, exact paths by the whole",
    ingresses: [
      ingress("paths.test", {}, { "/foo": "web", "/foo/bar": "api", "/slash/": "shop" }),
      ingress("paths.test", {}, { "/only": "api" }, { name: "paths-exact", type: "Exact" }),
    ],
    asks: [
      ok("/foo", "web"),
      ok("/foo/", "web"),
      ok("/foo/x?a=b", "web"),
      { url: "/foobar", status: 404 },
      { url: "/FOO", status: 404 },
      ok("/foo/bar/x", "api"),
      ok("/foo/barx", "web"),
      ok("/only", "api"),
      { url: "/only/", status: 404 },
      { url: "/slash", status: 301, location: "http://paths.test/slash/" },
      ok("/slash/x", "shop"),
    ],
  },
  {
    file: "alias.go",
    says: "an alias is served as the host",
    ingresses: [ingress("alias.test", { "server-alias": "twin.test, *.twins.test" }, { "/": "web" })],
    asks: [
      ok("/", "web"),
      { ...ok("/", "web"), host: "twin.test" },
      { ...ok("/", "web"), host: "one.twins.test" },
      { url: "/", host: "nobody.test", status: 404 },
    ],
  },
  {
    file: "approot.go",
    says: "the root is redirected, and nothing else",
    ingresses: [ingress("approot.test", { "app-root": "/start" }, { "/": "web" })],
    asks: [{ url: "/", status: 302, location: "http://approot.test/start" }, ok("/start", "web")],
  },
  {
    file: "canary.go",
    says: "a header picks the canary or not, for any other value the weight does",
    ingresses: [
      ingress("header.test", {}, { "/": "web" }),
      ingress(
        "header.test",
        { canary: "true", "canary-by-header": "X-Next", "canary-weight": "0" },
        { "/": "next-header" },
        { name: "header-next" },
      ),
    ],
    asks: [
      { ...ok("/", "next-header"), send: { "X-Next": "always" } },
      { ...ok("/", "web"), send: { "X-Next": "never" } },
      { ...ok("/", "web"), send: { "X-Next": "maybe" } },
      ok("/", "web"),
    ],
  },
  {
    file: "canary.go",
    says: "a value or a pattern of the header picks the canary; a pattern is searched",
    ingresses: [
      ingress("value.test", {}, { "/": "shop" }),
      ingress(
        "value.test",
        { canary: "true", "canary-by-header": "X-Next", "canary-by-header-value": "Yes" },
        { "/": "next-value" },
        { name: "value-next" },
      ),
      ingress("pattern.test", {}, { "/": "static" }),
      ingress(
        "pattern.test",
        { canary: "true", "canary-by-header": "X-Next", "canary-by-header-pattern": "v[0-9]" },
        { "/": "next-pattern" },
        { name: "pattern-next" },
      ),
    ],
    asks: [
      { ...ok("/", "next-value"), host: "value.test", send: { "X-Next": "Yes" } },
      { ...ok("/", "shop"), host: "value.test", send: { "X-Next": "always" } },
      { ...ok("/", "next-pattern"), host: "pattern.test", send: { "X-Next": "is v7 it" } },
      { ...ok("/", "static"), host: "pattern.test", send: { "X-Next": "vx" } },
    ],
  },
  {
    file: "canary.go",
    says: "a cookie picks the canary, after the header; a weight of 100 takes all the rest",
    ingresses: [
      ingress("cookie.test", {}, { "/": "two" }),
      ingress(
        "cookie.test",
        { canary: "true", "canary-by-cookie": "next", "canary-by-header": "X-Next", "canary-weight": "100" },
        { "/": "next-cookie" },
        { name: "cookie-next" },
      ),
    ],
    asks: [
      { ...ok("/", "next-cookie"), send: { Cookie: "a=b; next=always" } },
      { ...ok("/", "two"), send: { Cookie: "next=never; a=b" } },
      { ...ok("/", "two"), send: { Cookie: "next=always", "X-Next": "never" } },
      ok("/", "next-cookie"),
    ],
  },
  {
    file: "cors.go",
    says: "an origin that is allowed gets its headers, another one none",
    ingresses: [
      ingress(
        "cors.test",
        {
          "enable-cors": "true",
          "cors-allow-origin": "https://page.test",
          "cors-allow-methods": "GET, POST",
          "cors-max-age": "200",
          "cors-expose-headers": "X-One",
        },
        { "/": "web" },
      ),
    ],
    asks: [
      {
        ...ok("/", "web"),
        send: { Origin: "https://page.test" },
        headers: {
          "access-control-allow-origin": /^https:\/\/page\.test$/,
          "access-control-allow-credentials": /^true$/,
          "access-control-expose-headers": /^X-One$/,
        },
      },
      {
        ...ok("/", "web"),
        send: { Origin: "https://other.test" },
        headers: { "access-control-allow-origin": undefined },
      },
      {
        url: "/",
        method: "OPTIONS",
        status: 200,
        send: { Origin: "https://page.test", "Access-Control-Request-Method": "POST" },
        headers: { "access-control-allow-methods": /^GET,\s?POST$/, "access-control-max-age": /^200$/ },
      },
    ],
  },
  {
    file: "forcesslredirect.go",
    says: "http is redirected without a certificate too; the last slash stays, as the report says",
    ingresses: [ingress("force.test", { "force-ssl-redirect": "true" }, { "/": "web" })],
    asks: [
      { url: "/a?b=c", status: 308, location: "https://force.test/a?b=c" },
      { url: "/a/", status: 308, location: "https://force.test/a/" },
      { ...ok("/a", "web"), scheme: "https" },
    ],
  },
  {
    file: "fromtowwwredirect.go",
    says: "www. is redirected to the host without it",
    ingresses: [ingress("plain.test", { "from-to-www-redirect": "true" }, { "/": "web" })],
    asks: [
      ok("/", "web"),
      { url: "/foo?a=b", host: "www.plain.test", status: 308, location: "http://plain.test/foo?a=b" },
    ],
  },
  {
    file: "ipallowlist.go, ipdenylist.go",
    says: "addresses that are not allowed, or denied, get 403",
    ingresses: [
      ingress("nobody-in.test", { "whitelist-source-range": "18.0.0.0/8, 56.0.0.1" }, { "/": "web" }),
      ingress("all-in.test", { "whitelist-source-range": "0.0.0.0/1,128.0.0.0/1,::/0" }, { "/": "web" }),
      ingress(
        "denied.test",
        { "denylist-source-range": "0.0.0.0/1,128.0.0.0/1,::/0", "enable-cors": "true" },
        { "/": "web" },
      ),
      ingress("part.test", { "whitelist-source-range": "18.0.0.0/8" }, { "/admin": "web" }),
      ingress("part.test", {}, { "/": "web", "/admin/public": "api" }, { name: "part-open" }),
    ],
    asks: [
      { url: "/", host: "nobody-in.test", status: 403 },
      { ...ok("/", "web"), host: "all-in.test" },
      {
        ...{ url: "/", host: "denied.test", status: 403, send: { Origin: "https://page.test" } },
        headers: { "access-control-allow-origin": undefined },
      },
      { url: "/admin", host: "part.test", status: 403 },
      { url: "/admin/x", host: "part.test", status: 403 },
      { ...ok("/administrator", "web"), host: "part.test" },
      { ...ok("/admin/public/x", "api"), host: "part.test" },
    ],
  },
  {
    file: "ipallowlist.go, ipdenylist.go, over https",
    says: "addresses are redirected to https, and get 403 there",
    ingresses: [
      ingress("nobody-in-tls.test", { "whitelist-source-range": "18.0.0.0/8" }, { "/": "web" }, { tls: true }),
      ingress(
        "denied-tls.test",
        { "denylist-source-range": "0.0.0.0/1,128.0.0.0/1,::/0" },
        { "/": "web" },
        { tls: true },
      ),
    ],
    asks: [
      { url: "/a", host: "denied-tls.test", status: 308, location: "https://denied-tls.test/a" },
      { url: "/a", host: "denied-tls.test", scheme: "https", status: 403 },
      { url: "/a", host: "nobody-in-tls.test", scheme: "https", status: 403 },
    ],
  },
  {
    file: "redirect.go",
    says: "everything is redirected, with the code that is asked for",
    ingresses: [
      ingress("permanent.test", { "permanent-redirect": "http://other.test/here" }, { "/": "web" }),
      ingress(
        "code.test",
        { "permanent-redirect": "http://other.test/here", "permanent-redirect-code": "308" },
        { "/": "web" },
      ),
      ingress("temporal.test", { "temporal-redirect": "http://other.test/here" }, { "/old": "web" }),
      ingress(
        "kept.test",
        { "temporal-redirect": "https://other.test$request_uri", "temporal-redirect-code": "307" },
        { "/": "web" },
      ),
    ],
    asks: [
      { url: "/a", host: "permanent.test", status: 301, location: "http://other.test/here" },
      { url: "/a", host: "code.test", status: 308, location: "http://other.test/here" },
      { url: "/old", host: "temporal.test", status: 302, location: "http://other.test/here" },
      { url: "/else", host: "temporal.test", status: 302, location: "http://other.test/here" },
      { url: "/a?b=c", host: "kept.test", status: 307, location: "https://other.test/a?b=c" },
    ],
  },
  {
    file: "rewrite.go",
    says: "a target without groups replaces the whole path, the longest path first",
    ingresses: [
      ingress("rewrite.test", { "rewrite-target": "/new/backend" }, { "/": "web" }),
      ingress("rewrite.test", {}, { "/.well-known/acme/challenge": "api" }, { name: "rewrite-acme" }),
    ],
    asks: [
      ok("/.well-known/acme/challenge", "api"),
      ok("/something", "web", "/new/backend"),
      ok("/some/thing?a=b", "web", "/new/backend?a=b"),
    ],
  },
  {
    file: "rewrite.go",
    says: "all paths of a host are expressions as soon as one is, case does not count, and the longest wins",
    ingresses: [
      ingress("regex.test", {}, { "/foo": "web", "/foo/bar/bar": "shop" }),
      ingress(
        "regex.test",
        { "use-regex": "true", "rewrite-target": "/new/backend" },
        { "/foo.+": "api", "/foo/bar/[a-z]{3}": "static" },
        { name: "regex-own", ...regex },
      ),
    ],
    asks: [
      ok("/foo", "web"),
      ok("/FOO", "web"),
      ok("/foo/x", "api", "/new/backend"),
      ok("/fooxx", "api", "/new/backend"),
      // The documented warning: the expression is longer than the path that would fit better.
      ok("/foo/bar/bar", "static", "/new/backend"),
    ],
  },
  {
    file: "rewrite.go",
    says: "a group after a prefix becomes the path",
    ingresses: [
      ingress("groups.test", { "rewrite-target": "/$2" }, { "/api(/|$)(.*)": "api", "/shop(/|$)(.*)": "shop" }, regex),
      ingress("groups.test", {}, { "/": "web" }, { name: "groups-root" }),
      ingress("base.test", { "rewrite-target": "/new/backend/$1" }, { "/foo/bar/(.+)": "api" }, regex),
    ],
    asks: [
      ok("/api", "api", "/"),
      ok("/api/", "api", "/"),
      ok("/api/a/b?c=d", "api", "/a/b?c=d"),
      ok("/apix", "web"),
      ok("/shop/x", "shop", "/x"),
      ok("/x", "web"),
      { ...ok("/foo/bar/bar", "api", "/new/backend/bar"), host: "base.test" },
    ],
  },
  {
    file: "upstreamvhost.go, xforwardedprefix.go, snippet.go",
    says: "backends see other headers, and clients too",
    ingresses: [
      ingress("vhost.test", { "upstream-vhost": "backend.test" }, { "/": "web" }),
      ingress("prefix.test", { "x-forwarded-prefix": "/test/value", "rewrite-target": "/foo" }, { "/": "web" }),
      ingress(
        "snippet.test",
        { "configuration-snippet": 'more_set_headers "Request-Id: fixed";\nproxy_set_header X-Tenant shop;' },
        { "/": "web" },
      ),
    ],
    asks: [
      { ...ok("/", "web"), host: "vhost.test", saw: { host: "backend.test" } },
      { ...ok("/x", "web", "/foo"), host: "prefix.test", saw: { "x-forwarded-prefix": "/test/value" } },
      { ...ok("/", "web"), host: "snippet.test", saw: { "x-tenant": "shop" }, headers: { "request-id": /^fixed$/ } },
    ],
  },
  {
    file: "affinity.go",
    says: "a cookie of that name, path and age keeps a client on one pod",
    ingresses: [
      ingress(
        "cookie-affinity.test",
        {
          affinity: "cookie",
          "session-cookie-name": "SERVERID",
          "session-cookie-max-age": "259200",
          "session-cookie-path": "/here",
          "session-cookie-samesite": "Lax",
        },
        { "/": "sticky" },
      ),
    ],
    asks: [
      { ...ok("/", "sticky"), headers: { "set-cookie": /^SERVERID=.*Max-Age=259200.*Path=\/here.*SameSite=Lax/i } },
    ],
  },
  {
    file: "default backends",
    says: "the rest of a host goes to the Ingress's default backend",
    ingresses: [ingress("rest.test", {}, { "/api": "api" }, { standard: "web" })],
    asks: [ok("/api/x", "api"), ok("/x", "web")],
  },
  {
    file: "tls",
    says: "http is redirected as soon as the host has a certificate, and https shows it",
    ingresses: [
      ingress("secure.test", {}, { "/": "web" }, { tls: true }),
      ingress("both.test", { "ssl-redirect": "false" }, { "/": "web" }, { tls: true }),
      ingress("keep.test", { "preserve-trailing-slash": "true" }, { "/": "web" }, { tls: true }),
    ],
    asks: [
      { url: "/a", host: "secure.test", status: 308, location: "https://secure.test/a" },
      { ...ok("/a", "web"), host: "secure.test", scheme: "https" },
      { ...ok("/a", "web"), host: "both.test" },
      { ...ok("/a", "web"), host: "both.test", scheme: "https" },
      { url: "/a/", host: "keep.test", status: 308, location: "https://keep.test/a/" },
    ],
  },
];

/** The Services behind all specs. */
export const services = [
  ...new Set(
    [...specs, ...moreSpecs, ...otherSpecs].flatMap(({ ingresses }) =>
      ingresses.flatMap(({ spec }) => servicesOf(spec)),
    ),
  ),
];

function servicesOf({ rules = [], defaultBackend }: Ingress["spec"]): string[] {
  const backends = [
    ...rules.flatMap(({ http }) => http?.paths ?? []).map(({ backend }) => backend),
    ...(defaultBackend ? [defaultBackend] : []),
  ];
  return backends.flatMap(({ service }) => (service ? [service.name] : []));
}
