// What an HttpRoute may be given: each wrong case names the setting, the value, the rule and the fix.
import { httpRouteRules } from "../../components/route/rules";
import { checkCases, WrongCase } from "./cases";

const backends = [{ service: "web", port: 80 }];
const wrong: WrongCase[] = [
  [
    { parent: { name: "gw" }, backends },
    '`namespace`: got ""; a route lives in the namespace of its backends; write `namespace: "shop"`',
  ],
  [
    { namespace: "shop", backends },
    '`parent`: got ""; a route attaches to a Gateway or a Service, and a mesh without a gateway has none to give; write `parent: mesh.gateway`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" } },
    '`backends`: got ""; a route sends requests somewhere; write `backends: [{ service: "web", port: 80 }]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends: [] },
    '`backends`: got "[]"; an empty list says nothing; write `backends: [{ service: "web", port: 80 }]`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      backends,
      canary: { stable: { service: "web", port: 80 }, candidate: { service: "n", port: 80 }, percent: 1 },
    },
    '`backends`: got "[{"service":"web","port":80}]"; requests go by one of rules, canary and backends; another beside it would get none; write `backends: undefined`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends, rules: [{ backends }] },
    '`backends`: got "[{"service":"web","port":80}]"; requests go by one of rules, canary and backends; another beside it would get none; write `backends: undefined`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends: [{ service: "web" }] },
    '`backends[0].port`: got ""; a Service is reached on one of its ports; write `port: 80`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends: [{ port: 80 }] },
    '`backends[0].service`: got ""; requests go to a Service, by its name; write `service: "web"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends: [{ service: "web", port: 80, weight: -1 }] },
    '`backends[0].weight`: got "-1"; a weight is a whole number from 0 to 1000000; write `weight: 0`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      backends: [
        { service: "web", port: 80, weight: 0 },
        { service: "n", port: 80, weight: 0 },
      ],
    },
    '`backends`: got "0 + 0"; weights that add up to 0 send requests nowhere; write `weight: 1`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends: [{ service: "web", port: 80, weight: 2000000 }] },
    '`backends[0].weight`: got "2000000"; a weight is a whole number from 0 to 1000000; write `weight: 1000000`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends: [{ service: "web", port: "http" }] },
    '`backends[0].port`: got "http"; a port is a whole number from 1 to 65535; write `port: 80`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends, hostnames: ["https://shop.example.com/x"] },
    '`hostnames[0]`: got "https://shop.example.com/x"; a host name is lower-case labels joined by dots, of which the first may be `*`, without scheme, port or path; write `hostnames: ["shop.example.com"]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends, hostnames: ["10.0.0.1"] },
    '`hostnames[0]`: got "10.0.0.1"; a host name is text, and no IP address; write `hostnames: ["apps.example.com"]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends, hostnames: [] },
    '`hostnames`: got "[]"; an empty list says nothing; write `hostnames: ["shop.example.com"]`',
  ],
  [
    { namespace: "shop", parent: { kind: "Ingress", name: "gw" }, backends },
    '`parent.kind`: got "Ingress"; it is one of "Gateway", "Service"; write `kind: "Gateway"`',
  ],
  [
    { namespace: "shop", parent: { namespace: "istio-system" }, backends },
    '`parent.name`: got ""; a parent is named; write `name: "hostk8s-gateway"`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      canary: { stable: { service: "web", port: 80 }, candidate: { service: "next", port: 80 }, percent: 101 },
    },
    '`canary.percent`: got "101"; a percentage is a whole number from 0 to 100; write `percent: 100`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      canary: { stable: { service: "web", port: 80 }, candidate: { service: "next", port: 80 }, percent: -1 },
    },
    '`canary.percent`: got "-1"; a percentage is a whole number from 0 to 100; write `percent: 10`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      canary: { stable: { service: "web", port: 80 }, candidate: { service: "next", port: 80 }, percent: 12.5 },
    },
    '`canary.percent`: got "12.5"; a percentage is a whole number from 0 to 100; write `percent: 10`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      canary: { stable: { service: "web", port: 80 }, candidate: { service: "next", port: 80 } },
    },
    '`canary.percent`: got ""; a canary says how many percent of the requests its candidate gets; write `percent: 10`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      canary: { stable: { service: "web", port: 80 }, candidate: { service: "web", port: 80 }, percent: 10 },
    },
    '`canary.candidate.service`: got "web"; the two versions of a canary are two Services; write `service: "web-next"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, canary: { candidate: { service: "next", port: 80 }, percent: 10 } },
    '`canary.stable`: got ""; a canary has two versions, stable and candidate; write `stable: { service: "web-stable", port: 80 }`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      canary: {
        stable: { service: "web", port: 80, weight: 3 },
        candidate: { service: "next", port: 80 },
        percent: 10,
      },
    },
    '`canary.stable.weight`: got "3"; there is no such setting, only service, port, namespace; write `weight: undefined`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{}] },
    '`rules[0].backends`: got ""; a rule has backends, a canary or a redirect: without them every request is answered with 500; write `backends: [{ service: "web", port: 80 }]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, redirect: { scheme: "https" } }] },
    '`rules[0].redirect`: got "{"scheme":"https"}"; a rule has backends, a canary or a redirect: only one of them; write `redirect: undefined`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, matches: [{ regex: "(?=x)" }] }] },
    '`rules[0].matches[0].regex`: got "(?=x)"; the proxies compile regular expressions with RE2, which has no look-around and no back-references; write `regex: "/items/[0-9]+"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, matches: [{ regex: "/(a)\\1" }] }] },
    '`rules[0].matches[0].regex`: got "/(a)\\1"; the proxies compile regular expressions with RE2, which has no look-around and no back-references; write `regex: "/items/[0-9]+"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, matches: [{ prefix: "api" }] }] },
    '`rules[0].matches[0].prefix`: got "api"; a path begins with `/`, has no empty or dotted segment, no query and no fragment; write `prefix: "/api"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, matches: [{ exact: "/a//b" }] }] },
    '`rules[0].matches[0].exact`: got "/a//b"; a path begins with `/`, has no empty or dotted segment, no query and no fragment; write `exact: "/a/b"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, matches: [{ prefix: "/a", exact: "/b" }] }] },
    '`rules[0].matches[0].prefix`: got "/a"; a match has one path: exact, prefix or regex; write `prefix: undefined`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, matches: [{ method: "get" }] }] },
    '`rules[0].matches[0].method`: got "get"; it is one of "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"; write `method: "GET"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, matches: [{ headers: { "x y": "1" } }] }] },
    '`rules[0].matches[0].headers`: got "{"x y":"1"}"; a header\'s name has letters, digits and `-_.`; write `headers: { "x-version": "2" }`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, matches: [] }] },
    '`rules[0].matches`: got "[]"; an empty list says nothing; write `matches: [{ prefix: "/" }]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, matches: [{ path: "/a" }] }] },
    '`rules[0].matches[0].path`: got "/a"; there is no such setting, only prefix, exact, regex, method, headers, query; write `path: undefined`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      rules: [{ backends, rewrite: { prefix: "/" }, matches: [{ exact: "/a" }] }],
    },
    '`rules[0].rewrite.prefix`: got "/"; a prefix is replaced where the rule matches exactly one prefix; write `matches: [{ prefix: "/" }]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, rewrite: { path: "/a", prefix: "/b" } }] },
    '`rules[0].rewrite.prefix`: got "/b"; a path is replaced as a whole or by its matched prefix, not both; write `prefix: undefined`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      rules: [{ backends, timeouts: { request: "1s", backendRequest: "2s" } }],
    },
    '`rules[0].timeouts.backendRequest`: got "2s"; a try cannot take longer than the whole request, which may take 1s; write `backendRequest: "1s"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, timeouts: { request: "10" } }] },
    '`rules[0].timeouts.request`: got "10"; it is a duration of at least 1ms, in hours, minutes and seconds; write `request: "10s"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, timeouts: { request: "1.5s" } }] },
    '`rules[0].timeouts.request`: got "1.5s"; it is a duration of at least 1ms, in whole hours, minutes, seconds and milliseconds; write `request: "1500ms"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, cors: {} }] },
    '`rules[0].cors.origins`: got ""; CORS is about origins; write `origins: ["https://shop.example.com"]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, cors: { origins: ["shop.example.com"] } }] },
    '`rules[0].cors.origins[0]`: got "shop.example.com"; an origin is a scheme and a host, without path; write `origins: ["https://shop.example.com"]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, mirror: { percent: 10 } }] },
    '`rules[0].mirror.backend`: got ""; a copy goes to a backend; write `backend: { service: "shadow", port: 80 }`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      rules: [{ backends, mirror: { backend: { service: "web", port: 80 }, percent: 200 } }],
    },
    '`rules[0].mirror.percent`: got "200"; a percentage is a whole number from 0 to 100; write `percent: 100`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, retries: { attempts: 0 } }] },
    '`rules[0].retries.attempts`: got "0"; a number of tries is a whole number from 1 to 100; write `attempts: 2`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, retries: { attempts: 2, codes: [200] } }] },
    '`rules[0].retries.codes[0]`: got "200"; a status is a whole number from 400 to 599; write `codes: [503]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ redirect: {} }] },
    '`rules[0].redirect`: got "{}"; a redirect changes something, or it runs in circles; write `scheme: "https"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ redirect: { status: 200 } }] },
    '`rules[0].redirect.status`: got "200"; it is one of 301, 302, 303, 307, 308; write `status: 301`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ redirect: { hostname: "*.example.com" } }] },
    '`rules[0].redirect.hostname`: got "*.example.com"; a request is for one host, so it has no wildcard; write `hostname: "www.example.com"`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      rules: [{ redirect: { scheme: "https" }, mirror: { backend: { service: "web", port: 80 } } }],
    },
    '`rules[0].mirror`: got "{"backend":{"service":"web","port":80}}"; a redirect is answered by the proxy itself: no backend sees the request; write `mirror: undefined`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [] },
    '`rules`: got "[]"; an empty list says nothing; write `rules: [{ backends: [{ service: "web", port: 80 }] }]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends, hostname: "shop.example.com" },
    '`hostname`: got "shop.example.com"; there is no such setting; write `hostnames: ["shop.example.com"]`',
  ],
  [
    { namespace: "shop", parent: { nam: "gw" }, backends },
    '`parent.nam`: got "gw"; there is no such setting; write `name: "gw"`',
  ],
  [
    { namespace: "shop", parent: "gw", backends: { service: "web", port: 80 } },
    '`parent`: got "gw"; it is an object of settings; write `parent: { name: "gw" }`',
    '`backends`: got "{"service":"web","port":80}"; it is a list; write `backends: [{ service: "web", port: 80 }]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends: [{ service: { name: "web" }, port: 80 }] },
    '`backends[0].service`: got "{"name":"web"}"; a name has 1 to 63 lower-case letters, digits and hyphens, and no hyphen at either end; write `service: "web"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ match: [{ prefix: "/api" }], timeout: "5s", backends }] },
    '`rules[0].match`: got "[{"prefix":"/api"}]"; there is no such setting; write `matches: [{ prefix: "/api" }]`',
    '`rules[0].timeout`: got "5s"; there is no such setting; write `timeouts: { request: "5s" }`',
  ],
];

const right: object[] = [
  { namespace: "shop", parent: { kind: "Service", name: "web", port: 80 }, backends: [{ service: "web", port: 80 }] },
  {
    namespace: "shop",
    parent: { name: "gateway", section: "http" },
    hostnames: ["*.example.com"],
    rules: [
      { redirect: { scheme: "https", port: 8444, status: 308, prefix: "/new" }, matches: [{ prefix: "/old" }] },
      {
        matches: [{ regex: "/items/(?P<id>[0-9]+)", method: "GET", headers: { a: "b" }, query: { c: "d" } }],
        backends: [
          { service: "a", port: 1, weight: 0 },
          { service: "b", port: 65535, weight: 1000000 },
        ],
        timeouts: { request: "1m30s", backendRequest: "500ms" },
        cors: { origins: ["*"], methods: ["*"], maxAge: 60 },
        retries: { attempts: 2, codes: [503], backoff: "100ms" },
      },
    ],
  },
];

checkCases("HttpRoute", httpRouteRules, wrong, right);
