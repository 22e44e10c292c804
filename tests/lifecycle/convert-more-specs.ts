// More of what ingress-nginx is documented to answer: external auth, snippets whose lines have a plain meaning, every origin.
import { ingress, type Spec } from "./convert-ask";

const regex = { type: "ImplementationSpecific" };
const ok = (url: string, service: string, path = url) => ({ url, status: 200, service, path });
const asksGuard = { "auth-url": "http://guard.convert.svc.cluster.local/check", "auth-method": "GET" };

/** A service that the mesh of the specs has no provider for. */
export const absent = "absent.convert.svc.cluster.local";

/** A wildcard and a host below it, with one certificate. */
const wide = ingress("*.deep.test", {}, { "/": "web" }, { name: "deep", tls: true });
const narrow = ingress("one.deep.test", {}, { "/": "api" }, { tls: true });
const [wideRule] = wide.spec.rules!;
const [narrowRule] = narrow.spec.rules!;
const deep = {
  ...wide,
  spec: { ...wide.spec, rules: [wideRule!, narrowRule!], tls: [...wide.spec.tls!, ...narrow.spec.tls!] },
};

export const moreSpecs: Spec[] = [
  {
    file: "auth.go",
    says: "a service decides about every request, save of paths without it and of certificate authorities",
    ingresses: [
      ingress("guarded.test", asksGuard, { "/": "web", "/.well-known/acme-challenge": "shop" }),
      ingress("guarded.test", {}, { "/open": "api" }, { name: "guarded-open" }),
      ingress("guarded-tls.test", asksGuard, { "/": "web" }, { tls: true }),
      ingress("guard.test", {}, { "/": "guard" }),
    ],
    asks: [
      ok("/a", "web"),
      {
        url: "/a?status=401",
        status: 401,
        service: "guard",
        path: "/check/a?status=401",
        saw: {
          "x-original-url": "http://guarded.test/a?status=401",
          "x-original-method": "GET",
          "x-auth-request-redirect": "/a?status=401",
        },
      },
      { url: "/opened?status=403", status: 403, service: "guard", path: "/check/opened?status=403" },
      { url: "/open/a?status=401", status: 401, service: "api", path: "/open/a?status=401" },
      {
        url: "/.well-known/acme-challenge/x?status=401",
        status: 401,
        service: "shop",
        path: "/.well-known/acme-challenge/x?status=401",
      },
      {
        url: "/a?status=401",
        host: "guarded-tls.test",
        status: 308,
        location: "https://guarded-tls.test/a?status=401",
      },
      {
        url: "/a?status=401",
        host: "guarded-tls.test",
        scheme: "https",
        status: 401,
        service: "guard",
        path: "/check/a?status=401",
      },
      { ...ok("/a", "web"), host: "guarded-tls.test", scheme: "https" },
    ],
  },
  {
    file: "auth.go",
    says: "nobody is admitted where the mesh does not have the provider",
    ingresses: [ingress("absent.test", { "auth-url": `http://${absent}/check` }, { "/": "web" })],
    asks: [{ url: "/a", status: 403 }],
  },
  {
    file: "auth.go",
    says: "a service checks the passwords of a Secret",
    ingresses: [
      ingress("users.test", { "auth-type": "basic", "auth-secret": "users", "auth-realm": "Shop" }, { "/": "web" }),
    ],
    asks: [
      { ...ok("/a", "web"), send: { authorization: "Basic dXNlcjpwYXNz" }, saw: { authorization: undefined } },
      {
        url: "/a?status=401",
        send: { authorization: "Basic dXNlcjpwYXNz" },
        status: 401,
        service: "guard",
        path: "/a?status=401",
        saw: { authorization: "Basic dXNlcjpwYXNz" },
      },
    ],
  },
  {
    file: "rewrite.go",
    says: "every path of a host is below another one for the backend",
    ingresses: [ingress("below.test", { "use-regex": "true", "rewrite-target": "/app/$1" }, { "/(.*)": "web" }, regex)],
    asks: [ok("/", "web", "/app/"), ok("/x", "web", "/app/x"), ok("/x/y?z=1", "web", "/app/x/y?z=1")],
  },
  {
    file: "wildcard_host.go",
    says: "a host comes before the wildcard above it over https too, whichever is older",
    ingresses: [deep],
    asks: [
      { ...ok("/a", "api"), host: "one.deep.test", scheme: "https" },
      { ...ok("/a", "web"), host: "two.deep.test", scheme: "https" },
    ],
  },
  {
    file: "sslciphers.go",
    says: "a host has ciphers of its own",
    ingresses: [
      ingress(
        "ciphers.test",
        { "ssl-ciphers": "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:!MD5" },
        { "/": "web" },
        { tls: true },
      ),
    ],
    asks: [{ ...ok("/a", "web"), scheme: "https" }],
  },
  {
    file: "snippet.go",
    says: "headers have NGINX's variables in them, and percent signs as they are",
    ingresses: [
      ingress(
        "values.test",
        {
          "configuration-snippet": `proxy_set_header X-Url $scheme://$http_host$request_uri;
proxy_set_header X-Verb $request_method;
proxy_set_header X-Client $remote_addr;
proxy_set_header X-Backend $service_name.$namespace.svc;
proxy_set_header X-None $http_x_none;
proxy_set_header X-Part "50% off";
proxy_set_header X-Proto $http_x_forwarded_proto;
more_set_headers "X-Part: 50% off" "X-In: got $http_x_in";`,
        },
        { "/": "web" },
      ),
      ingress(
        "moved.test",
        {
          "rewrite-target": "/$2",
          "upstream-vhost": "inner.test",
          "configuration-snippet": `proxy_set_header X-Url $request_uri;
more_set_headers "X-Asked: $host$request_uri" "X-Method: $request_method";`,
        },
        { "/x(/|$)(.*)": "web" },
        regex,
      ),
    ],
    asks: [
      {
        ...ok("/a?b=c", "web"),
        send: { "X-In": "this", "X-Forwarded-Proto": "https" },
        saw: {
          "x-proto": "http",
          "x-url": "http://values.test/a?b=c",
          "x-verb": "GET",
          "x-backend": "web.convert.svc",
          "x-part": "50% off",
        },
        headers: { "x-part": /^50% off$/, "x-in": /^got this$/ },
      },
      {
        ...ok("/x/a?b=c", "web", "/a?b=c"),
        host: "moved.test",
        saw: { "x-url": "/x/a?b=c", host: "inner.test" },
        headers: { "x-asked": /^moved\.test\/x\/a\?b=c$/, "x-method": /^GET$/ },
      },
    ],
  },
  {
    file: "snippet.go",
    says: "a path is redirected before it is rewritten, and everything where `return` says so",
    ingresses: [
      ingress(
        "slash.test",
        { "rewrite-target": "/$2", "configuration-snippet": "rewrite ^(/app)$ $1/ redirect;" },
        { "/app(/|$)(.*)": "web" },
        regex,
      ),
      ingress(
        "gone.test",
        { "configuration-snippet": "return 301 https://elsewhere.test$request_uri;" },
        { "/": "web" },
      ),
      ingress(
        "cloud.test",
        {
          "server-snippet": `location = /.well-known/carddav { return 301 $scheme://$host:$server_port/dav; }
more_set_headers "X-Cloud: yes";`,
        },
        { "/": "web" },
      ),
      ingress("away.test", { "rewrite-target": "https://elsewhere.test/$1" }, { "/(.*)": "web" }, regex),
    ],
    asks: [
      { url: "/app?a=b", status: 302, location: "http://slash.test/app/?a=b" },
      ok("/app/x", "web", "/x"),
      { url: "/.well-known/carddav", host: "cloud.test", status: 301, location: "http://cloud.test/dav" },
      { ...ok("/a", "web"), host: "cloud.test", headers: { "x-cloud": /^yes$/ } },
      { url: "/a?b=c", host: "away.test", status: 302, location: "https://elsewhere.test/a?b=c" },
      { url: "/a?b=c", host: "gone.test", status: 301, location: "https://elsewhere.test/a?b=c" },
    ],
  },
  {
    file: "snippet.go",
    says: "no client is admitted where all are denied",
    ingresses: [ingress("closed.test", { "configuration-snippet": "deny all;" }, { "/": "web" })],
    asks: [{ url: "/", status: 403 }],
  },
  {
    file: "snippet.go, serversnippet.go",
    says: "paths and methods are closed, save where another path is closer",
    ingresses: [
      ingress(
        "shut.test",
        {
          "server-snippet": `location = /exact { deny all; }
location /admin { deny all; }
location ~ ^/(?:build|data)/ { return 403; }
if ($uri = /send) { return 403; }`,
        },
        { "/": "web", "/admin/public": "api" },
      ),
      ingress("nested.test", { "configuration-snippet": "location /__admin { deny all; }" }, { "/": "web" }),
      ingress("read.test", { "configuration-snippet": "limit_except GET { deny all; }" }, { "/": "web" }),
      ingress("read.test", {}, { "/form": "api" }, { name: "read-form" }),
    ],
    asks: [
      ok("/", "web"),
      { url: "/exact?a=b", status: 403 },
      ok("/exactly", "web"),
      { url: "/admin", status: 403 },
      { url: "/administrator", status: 403 },
      { url: "/admin/x?a=b", status: 403 },
      { url: "//admin/%2fx", status: 403 },
      ok("/admin/public/x", "api"),
      { url: "/build/x", status: 403 },
      { url: "/%2Fdata//x?a=b", status: 403 },
      ok("/build", "web"),
      { url: "/send", status: 403 },
      ok("/send/x", "web"),
      { url: "/__admin/x", host: "nested.test", status: 403 },
      { url: "//__admin/x", host: "nested.test", status: 403 },
      { ...ok("/admin", "web"), host: "nested.test" },
      { ...ok("/a", "web"), host: "read.test" },
      { url: "/a", host: "read.test", method: "POST", status: 403 },
      { ...ok("/form", "api"), host: "read.test", method: "POST" },
    ],
  },
  {
    file: "snippet.go",
    says: "headers end with a blank as with a colon, the Server header's among them, and everything goes to another host",
    ingresses: [
      ingress(
        "blank.test",
        { "configuration-snippet": `more_set_headers 'Server shop' 'X-One  one' 'X-Two: two';` },
        { "/": "web" },
      ),
      ingress("within.test", { "configuration-snippet": "rewrite ^/api/(.*)$ /v1/$1 break;" }, { "/": "web" }),
      ingress(
        "other-host.test",
        { "configuration-snippet": "rewrite ^/(.*)$ https://elsewhere.test/$1 permanent;" },
        { "/": "web" },
      ),
    ],
    asks: [
      { ...ok("/api/a?b=c", "web", "/v1/a?b=c"), host: "within.test" },
      { ...ok("/api", "web"), host: "within.test" },
      { ...ok("/", "web"), headers: { server: /^shop$/, "x-one": /^one$/, "x-two": /^two$/ } },
      { url: "/a?b=c", host: "other-host.test", status: 301, location: "https://elsewhere.test/a?b=c" },
    ],
  },
  {
    file: "snippet.go",
    says: "groups of an expression are in the path that the backend sees, and in redirects of some of the requests",
    ingresses: [
      ingress(
        "regex-within.test",
        { "use-regex": "true", "configuration-snippet": "rewrite ^/(.*)$ /site:443/root/$1 break;" },
        { "/(.*)": "web" },
        regex,
      ),
      ingress("swapped.test", { "rewrite-target": "/$2/$1" }, { "/(one|two)/(.*)": "web" }, regex),
      ingress(
        "captured.test",
        {
          "configuration-snippet": `if ($uri ~ "^/old/(.*)$") { return 301 https://$host/new/$1; }
            rewrite ^/data/annex(.*)$ /data/ANNEX$1 redirect;
            more_set_headers 'X-One: one';`,
        },
        { "/": "web", "/data/annexes": "api" },
      ),
    ],
    asks: [
      { ...ok("/a%20b/c?d=e", "web", "/site:443/root/a%20b/c?d=e"), host: "regex-within.test" },
      { ...ok("/", "web", "/site:443/root/"), host: "regex-within.test" },
      { ...ok("/Two/a/b?c=d", "web", "/a/b/Two?c=d"), host: "swapped.test" },
      { url: "/old/a?b=c", host: "captured.test", status: 301, location: "https://captured.test/new/a" },
      {
        url: "/data/annexA/b?c=d",
        host: "captured.test",
        status: 302,
        location: "http://captured.test/data/ANNEXA/b?c=d",
        headers: { "x-one": /^one$/ },
      },
      { ...ok("/a?/old/b", "web"), host: "captured.test" },
      { url: "/data/annexes/b", host: "captured.test", status: 302, location: "http://captured.test/data/ANNEXes/b" },
    ],
  },
  {
    file: "serversnippet.go",
    says: "conditions and locations of a host answer by themselves, also before http is redirected to https",
    ingresses: [
      ingress(
        "answered.test",
        {
          "force-ssl-redirect": "true",
          "server-snippet": `if ($request_uri ~ "^/run.*file(=|%3D)http.*$") { return 403; }
            if ($http_user_agent ~* (bad|worse)) { return 429; }
            location ~* /realms/[^/]+/metrics { return 404; }
            location ~* "^/moved/(.*)" { return 301 /there/$1; }
            location /nothing { rewrite ^/nothing /something break; }`,
        },
        { "/": "web", "/moved/on": "api", "/nothing/else": "shop" },
      ),
    ],
    asks: [
      { url: "/run?file%3Dhttp://a", status: 403 },
      { url: "/run?file=http://a", scheme: "https", status: 403 },
      { ...ok("/run?file=a", "web"), scheme: "https" },
      { url: "/", send: { "User-Agent": "Worse/1" }, status: 429 },
      { url: "/a/realms/b/metrics", scheme: "https", status: 404 },
      { url: "//a//realms//b/%6detrics?c", scheme: "https", status: 404 },
      { ...ok("/a/realms/b/c/metrics", "web"), scheme: "https" },
      { url: "/Moved/a?b=c", scheme: "https", status: 301, location: "https://answered.test/there/a" },
      { ...ok("/moved/on", "api"), scheme: "https" },
      { url: "/moved/on/a", scheme: "https", status: 301, location: "https://answered.test/there/on/a" },
      { url: "/nothing/a", status: 404 },
      { ...ok("/nothing/else", "shop"), scheme: "https" },
      { url: "/a?b=c", status: 308, location: "https://answered.test/a?b=c" },
    ],
  },
  {
    file: "cors.go",
    says: "every origin may call, and none of them with credentials",
    ingresses: [ingress("every.test", { "enable-cors": "true" }, { "/": "web" })],
    asks: [
      {
        ...ok("/", "web"),
        send: { Origin: "https://page.test" },
        headers: {
          "access-control-allow-origin": /^https:\/\/page\.test$/,
          "access-control-allow-credentials": undefined,
        },
      },
      {
        url: "/",
        method: "OPTIONS",
        status: 200,
        send: { Origin: "https://page.test", "Access-Control-Request-Method": "PUT" },
        headers: { "access-control-allow-methods": /PUT/, "access-control-allow-credentials": undefined },
      },
    ],
  },
  {
    file: "the default server",
    says: "the probes of load balancers, which NGINX answers for hosts of no Ingress, get 404",
    ingresses: [ingress("healthy.test", {}, { "/": "web" })],
    asks: [ok("/", "web"), { url: "/healthz", host: "192.0.2.1", status: 404 }],
  },
  {
    file: "cert-manager",
    says: "cert-manager issues what it did for the Ingress",
    ingresses: [
      ingress(
        "issued.test",
        { "cert-manager.io/cluster-issuer": "convert-self", "cert-manager.io/common-name": "issued.test" },
        { "/": "web" },
        { secret: "issued-tls" },
      ),
    ],
    asks: [{ ...ok("/a", "web"), scheme: "https" }],
  },
];
