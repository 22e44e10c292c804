// The rest of what ingress-nginx's own end-to-end specs ask of NGINX through its gateway's door: in our words, by the file that asks.
import type { Ingress } from "../../lib/conversion/objects";
import { ingress, type Spec } from "./convert-ask";

const regex = { type: "ImplementationSpecific" };
const ok = (url: string, service: string, path = url) => ({ url, status: 200, service, path });

/** An Ingress with the rules of all of them. */
function together(first: Ingress, ...others: Ingress[]): Ingress {
  const rules = [first, ...others].flatMap(({ spec }) => spec.rules ?? []);
  return { ...first, spec: { ...first.spec, rules } };
}

/** An Ingress whose rule has a host alone: its default backend answers for it. */
function hostAlone(host: string, standard: string): Ingress {
  const one = ingress(host, {}, {}, { standard });
  return { ...one, spec: { ...one.spec, rules: [{ host }] } };
}

const kind = (value: string) => ({ "configuration-snippet": `more_set_input_headers "X-Kind: ${value}";` });
const origins = "http://origin.test:8080, http://*.wild.test:8080 ,,https://last.test,";
const allowed = (origin: string) => ({
  ...ok("/", "web"),
  send: { Origin: origin },
  headers: { "access-control-allow-origin": new RegExp(`^${origin.replace(/\./g, "\\.")}$`) },
});
const unknown = (origin: string) => ({
  ...ok("/", "web"),
  send: { Origin: origin },
  headers: { "access-control-allow-origin": undefined },
});

export const otherSpecs: Spec[] = [
  {
    file: "affinitymode.go, affinity.go",
    says: "a cookie has the host's scheme, whatever name the client uses, and no path but the one that is asked for",
    ingresses: [
      ingress(
        "steady.test",
        {
          affinity: "cookie",
          "affinity-mode": "balanced",
          "session-cookie-name": "hello-cookie",
          "session-cookie-expires": "172800",
          "session-cookie-max-age": "172800",
          "server-alias": "firm.test",
        },
        { "/": "steady" },
        { tls: true },
      ),
      ingress("loose.test", { affinity: "cookie", "session-cookie-secure": "false" }, { "/": "loose" }, { tls: true }),
    ],
    asks: [
      {
        ...ok("/", "steady"),
        scheme: "https",
        headers: { "set-cookie": /^hello-cookie=[^;]+; (?=.*Max-Age=172800)(?=.*Path=\/)(?=.*HttpOnly).*Secure/i },
      },
      { ...ok("/", "steady"), host: "firm.test", scheme: "https", headers: { "set-cookie": /^hello-cookie=/ } },
      {
        ...ok("/", "loose"),
        host: "loose.test",
        scheme: "https",
        headers: { "set-cookie": /^INGRESSCOOKIE=.*Secure/i },
      },
    ],
  },
  {
    file: "clientbodybuffersize.go, connection.go, http2pushpreload.go, log.go, proxy.go, serviceupstream.go, disableproxyintercepterrors.go",
    says: "what NGINX does inside leaves requests and answers as they are",
    ingresses: [
      ingress(
        "inside.test",
        {
          "client-body-buffer-size": "1k",
          "connection-proxy-header": "keep-alive",
          "http2-push-preload": "true",
          "enable-access-log": "false",
          "enable-rewrite-log": "true",
          "service-upstream": "true",
          "disable-proxy-intercept-errors": "true",
          "proxy-body-size": "8m",
          "proxy-buffering": "on",
          "proxy-buffers-number": "8",
          "proxy-buffer-size": "8k",
          "proxy-request-buffering": "off",
          "proxy-http-version": "1.1",
          "proxy-read-timeout": "90",
          "proxy-next-upstream": "error timeout",
          "proxy-redirect-from": "off",
          "proxy-cookie-domain": "off",
        },
        { "/": "web" },
      ),
    ],
    asks: [
      ok("/a?b=c", "web"),
      { ...ok("/a", "web"), method: "POST" },
      { url: "/a?status=404", status: 404, service: "web", path: "/a?status=404" },
    ],
  },
  {
    file: "customheaders.go, serversnippet.go",
    says: "headers of a ConfigMap are sent as they are, without variables, and those of a host on every path",
    others: [
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "own-headers", namespace: "convert" },
        data: { "My-Header": "42", "My-Dollar": "$remote_addr" },
      },
    ],
    ingresses: [
      ingress("own-headers.test", { "custom-headers": "own-headers" }, { "/": "web" }),
      ingress(
        "lines.test",
        { "server-snippet": 'more_set_headers "Foo: Bar";\nmore_set_headers "Xpto: Lalala";' },
        { "/": "web", "/api": "api" },
      ),
    ],
    asks: [
      { ...ok("/", "web"), headers: { "my-header": /^42$/, "my-dollar": /^\$remote_addr$/ } },
      { ...ok("/", "web"), host: "lines.test", headers: { foo: /^Bar$/, xpto: /^Lalala$/ } },
      { ...ok("/api", "api"), host: "lines.test", headers: { foo: /^Bar$/, xpto: /^Lalala$/ } },
    ],
  },
  {
    file: "relativeredirects.go, redirect.go",
    says: "a redirect to a path has scheme and host, as the report says",
    ingresses: [
      ingress("relative.test", { "permanent-redirect": "/foo", "relative-redirects": "true" }, { "/something": "web" }),
    ],
    asks: [{ url: "/something", status: 301, location: "http://relative.test/foo" }],
  },
  {
    file: "fromtowwwredirect.go",
    says: "www. is redirected to the host without it over https too",
    ingresses: [
      ingress("bare.test", { "from-to-www-redirect": "true" }, { "/": "web" }, { tls: true }),
      ingress("www.full.test", { "from-to-www-redirect": "true" }, { "/": "web" }),
    ],
    asks: [
      { url: "/foo", host: "www.bare.test", scheme: "https", status: 308, location: "https://bare.test/foo" },
      { url: "/foo?a=b", host: "full.test", status: 308, location: "http://www.full.test/foo?a=b" },
    ],
  },
  {
    file: "mirror.go",
    says: "a copy goes to another Service, and the answer is the one of the first",
    ingresses: [
      ingress("copied.test", { "mirror-target": "http://api.convert.svc.cluster.local$request_uri" }, { "/": "web" }),
    ],
    asks: [ok("/a?b=c", "web")],
  },
  {
    file: "xforwardedprefix.go",
    says: "an empty prefix is none",
    ingresses: [ingress("no-prefix.test", { "x-forwarded-prefix": "", "rewrite-target": "/foo" }, { "/": "web" })],
    asks: [{ ...ok("/x", "web", "/foo"), saw: { "x-forwarded-prefix": undefined } }],
  },
  {
    file: "cors.go",
    says: "origins are told apart by scheme, host and port, and a list may have gaps",
    ingresses: [ingress("origins.test", { "enable-cors": "true", "cors-allow-origin": origins }, { "/": "web" })],
    asks: [
      allowed("http://origin.test:8080"),
      allowed("http://a.wild.test:8080"),
      allowed("https://last.test"),
      unknown("http://origin.test"),
      unknown("https://origin.test:8080"),
      unknown("http://a.wild.test"),
      unknown("http://wild.test:8080"),
      unknown("http://last.test.evil.test"),
      { ...ok("/", "web"), headers: { "access-control-allow-origin": undefined } },
    ],
  },
  {
    file: "canary.go",
    says: "a canary for what no other Ingress has gets nothing, and a weight counts by its total",
    ingresses: [
      ingress("main.test", {}, { "/": "first" }),
      ingress(
        "main.test",
        { canary: "true", "canary-weight": "1000", "canary-weight-total": "1000" },
        { "/": "second" },
        { name: "main-next" },
      ),
      ingress("alone.test", { canary: "true", "canary-by-header": "X-Next" }, { "/": "second" }),
    ],
    asks: [ok("/a", "second"), { url: "/", host: "alone.test", send: { "X-Next": "always" }, status: 404 }],
  },
  {
    file: "pathtype_mixed.go, pathtype_exact.go, pathtype_prefix.go",
    says: "an exact path comes before the prefix of the same name, each with its own snippet",
    ingresses: [
      ingress("mixed.test", kind("exact /"), { "/": "web" }, { name: "mixed-exact", type: "Exact" }),
      ingress("mixed.test", kind("prefix /"), { "/": "web" }, { name: "mixed-prefix" }),
      ingress("mixed.test", kind("exact /foo"), { "/foo": "api" }, { name: "mixed-foo-exact", type: "Exact" }),
      ingress("mixed.test", kind("prefix /foo"), { "/foo": "api" }, { name: "mixed-foo" }),
      ingress("aaa.test", {}, { "/aaa": "web" }),
      ingress("id.test", { "use-regex": "true" }, { "/id/[0-9]+": "web" }, regex),
    ],
    asks: [
      { ...ok("/", "web"), saw: { "x-kind": "exact /" } },
      { ...ok("/bar", "web"), saw: { "x-kind": "prefix /" } },
      { ...ok("/foo", "api"), saw: { "x-kind": "exact /foo" } },
      { ...ok("/foo/", "api"), saw: { "x-kind": "prefix /foo" } },
      { ...ok("/foo/bar", "api"), saw: { "x-kind": "prefix /foo" } },
      { ...ok("/foobar", "web"), saw: { "x-kind": "prefix /" } },
      { ...ok("/aaa/cccc", "web"), host: "aaa.test" },
      { url: "/aaacccc", host: "aaa.test", status: 404 },
      { ...ok("/id/123", "web"), host: "id.test" },
      { url: "/id/x", host: "id.test", status: 404 },
    ],
  },
  {
    file: "multiple_rules.go, without_host.go",
    says: "a snippet knows the Service of each rule, and a host alone has the default backend",
    ingresses: [
      together(
        ingress(
          "first-rule.test",
          { "configuration-snippet": 'more_set_input_headers "X-Service: $service_name";' },
          { "/": "web" },
        ),
        ingress("second-rule.test", {}, { "/": "api" }),
      ),
      hostAlone("only-host.test", "shop"),
    ],
    asks: [
      { ...ok("/exact", "web"), saw: { "x-service": "web" } },
      { ...ok("/exact", "api"), host: "second-rule.test", saw: { "x-service": "api" } },
      { ...ok("/x", "shop"), host: "only-host.test" },
      { url: "/", host: "only-host-not.test", status: 404 },
    ],
  },
];
