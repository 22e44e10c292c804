// What an HttpRoute may be given: each wrong case names the setting, the value, the rule and the fix.
import { httpRouteRules } from "../../components/route/rules";
import { checkCases, WrongCase } from "./cases";

const backends = [{ service: "web", port: 80 }];
const wrong: WrongCase[] = [
  [
    { parent: { name: "gw" }, backends },
    '`namespace`: missing; must be the namespace of the route; write `namespace: "shop"`',
  ],
  [
    { namespace: "shop", backends },
    "`parent`: missing; must be the Gateway or Service that the route attaches to; a mesh without a gateway has none; write `parent: mesh.gateway`",
  ],
  [
    { namespace: "shop", parent: { name: "gw" } },
    '`backends`: missing; must have `backends`, `canary` or `rules`; write `backends: [{ service: "web", port: 80 }]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends: [] },
    '`backends`: got "[]"; must not be empty; write `backends: [{ service: "web", port: 80 }]`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      backends,
      canary: { stable: { service: "web", port: 80 }, candidate: { service: "n", port: 80 }, percent: 1 },
    },
    '`backends`: got "[{"service":"web","port":80}]"; must be the only one of `rules`, `canary` and ' +
      "`backends`; remove `backends`",
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends, rules: [{ backends }] },
    '`backends`: got "[{"service":"web","port":80}]"; must be the only one of `rules`, `canary` and ' +
      "`backends`; remove `backends`",
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends: [{ service: "web" }] },
    "`backends[0].port`: missing; must be a port of the Service; write `port: 80`",
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends: [{ port: 80 }] },
    '`backends[0].service`: missing; must be the name of a Service; write `service: "web"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends: [{ service: "web", port: 80, weight: -1 }] },
    '`backends[0].weight`: got "-1"; must be a whole number from 0 to 1000000; write `weight: 0`',
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
    '`backends`: got "0 + 0"; must have a weight above 0, or no request is answered; write `weight: 1`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends: [{ service: "web", port: 80, weight: 2000000 }] },
    '`backends[0].weight`: got "2000000"; must be a whole number from 0 to 1000000; write `weight: 1000000`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends: [{ service: "web", port: "http" }] },
    '`backends[0].port`: got "http"; must be a whole number from 1 to 65535; write `port: 80`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends, hostnames: ["https://shop.example.com/x"] },
    '`hostnames[0]`: got "https://shop.example.com/x"; must be a lowercase hostname without scheme, port or ' +
      'path; only its first label may be `*`; write `hostnames: ["shop.example.com"]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends, hostnames: ["10.0.0.1"] },
    '`hostnames[0]`: got "10.0.0.1"; must be a hostname, not an IP address; write `hostnames: ["apps.example.com"]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends, hostnames: [] },
    '`hostnames`: got "[]"; must not be empty; write `hostnames: ["shop.example.com"]`',
  ],
  [
    { namespace: "shop", parent: { kind: "Ingress", name: "gw" }, backends },
    '`parent.kind`: got "Ingress"; must be one of "Gateway", "Service"; write `kind: "Gateway"`',
  ],
  [
    { namespace: "shop", parent: { namespace: "istio-system" }, backends },
    '`parent.name`: missing; must be the name of the Gateway or Service; write `name: "hostk8s-gateway"`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      canary: { stable: { service: "web", port: 80 }, candidate: { service: "next", port: 80 }, percent: 101 },
    },
    '`canary.percent`: got "101"; must be a whole number from 0 to 100; write `percent: 100`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      canary: { stable: { service: "web", port: 80 }, candidate: { service: "next", port: 80 }, percent: -1 },
    },
    '`canary.percent`: got "-1"; must be a whole number from 0 to 100; write `percent: 10`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      canary: { stable: { service: "web", port: 80 }, candidate: { service: "next", port: 80 }, percent: 12.5 },
    },
    '`canary.percent`: got "12.5"; must be a whole number from 0 to 100; write `percent: 10`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      canary: { stable: { service: "web", port: 80 }, candidate: { service: "next", port: 80 } },
    },
    "`canary.percent`: missing; must be the percentage of requests that `candidate` gets; write `percent: 10`",
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      canary: { stable: { service: "web", port: 80 }, candidate: { service: "web", port: 80 }, percent: 10 },
    },
    '`canary.candidate.service`: got "web"; must differ from `stable`; write `service: "web-next"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, canary: { candidate: { service: "next", port: 80 }, percent: 10 } },
    "`canary.stable`: missing; must be a Service: a canary has two, `stable` and `candidate`; write `stable: { " +
      'service: "web-stable", port: 80 }`',
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
    '`canary.stable.weight`: got "3"; there is no such argument, only service, port, namespace; remove `weight`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{}] },
    "`rules[0].backends`: missing; must have `backends`, `canary` or `redirect`: without one every request is " +
      'answered with 500; write `backends: [{ service: "web", port: 80 }]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, redirect: { scheme: "https" } }] },
    '`rules[0].redirect`: got "{"scheme":"https"}"; must be the only one of `backends`, `canary` and ' +
      "`redirect`; remove `redirect`",
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, matches: [{ regex: "(?=x)" }] }] },
    '`rules[0].matches[0].regex`: got "(?=x)"; must be a regular expression that RE2 compiles, which has no ' +
      'lookaround and no backreferences; write `regex: "/items/[0-9]+"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, matches: [{ regex: "/(a)\\1" }] }] },
    '`rules[0].matches[0].regex`: got "/(a)\\1"; must be a regular expression that RE2 compiles, which has no ' +
      'lookaround and no backreferences; write `regex: "/items/[0-9]+"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, matches: [{ prefix: "api" }] }] },
    '`rules[0].matches[0].prefix`: got "api"; must be a path that begins with `/`, without empty or dot ' +
      'segments, query or fragment; write `prefix: "/api"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, matches: [{ exact: "/a//b" }] }] },
    '`rules[0].matches[0].exact`: got "/a//b"; must be a path that begins with `/`, without empty or dot ' +
      'segments, query or fragment; write `exact: "/a/b"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, matches: [{ prefix: "/a", exact: "/b" }] }] },
    '`rules[0].matches[0].prefix`: got "/a"; must not be set next to another path: a match has one of exact, ' +
      "prefix and regex; remove `prefix`",
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, matches: [{ method: "get" }] }] },
    '`rules[0].matches[0].method`: got "get"; must be one of "GET", "HEAD", "POST", "PUT", "DELETE", ' +
      '"CONNECT", "OPTIONS", "TRACE", "PATCH"; write `method: "GET"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, matches: [{ headers: { "x y": "1" } }] }] },
    '`rules[0].matches[0].headers`: got "{"x y":"1"}"; must be a header name: letters, digits, `-`, `_` or ' +
      '`.`; write `headers: { "x-version": "2" }`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, matches: [] }] },
    '`rules[0].matches`: got "[]"; must not be empty; write `matches: [{ prefix: "/" }]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, matches: [{ path: "/a" }] }] },
    '`rules[0].matches[0].path`: got "/a"; there is no such argument; write `prefix: "/a"`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      rules: [{ backends, rewrite: { prefix: "/" }, matches: [{ exact: "/a" }] }],
    },
    '`rules[0].rewrite.prefix`: got "/"; must have exactly one matched prefix to replace; write `matches: [{ ' +
      'prefix: "/" }]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, rewrite: { prefix: "/app" } }] },
    '`rules[0].rewrite.prefix`: got "/app"; must be "/" where every path is matched: Istio makes /appx of /app and /x; ' +
      "remove `prefix`",
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      rules: [{ redirect: { prefix: "/new" }, matches: [{ prefix: "/" }] }],
    },
    '`rules[0].redirect.prefix`: got "/new"; must end with "/" where every path is matched: Istio makes /newx of /new ' +
      'and /x; write `prefix: "/new/"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, rewrite: { path: "/a", prefix: "/b" } }] },
    '`rules[0].rewrite.prefix`: got "/b"; must not be set together with `path`; remove `prefix`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      rules: [{ backends, timeouts: { request: "1s", backendRequest: "2s" } }],
    },
    '`rules[0].timeouts.backendRequest`: got "2s"; must not be longer than the timeout of the whole request, ' +
      'which is 1s; write `backendRequest: "1s"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, timeouts: { request: "10" } }] },
    '`rules[0].timeouts.request`: got "10"; must be a duration of at least 1ms, such as "10s"; write `request: "10s"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, timeouts: { request: "1.5s" } }] },
    '`rules[0].timeouts.request`: got "1.5s"; must be a duration of at least 1ms, in whole hours, minutes, ' +
      'seconds and milliseconds; write `request: "1500ms"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, cors: {} }] },
    "`rules[0].cors.origins`: missing; must be the origins that may call; write `origins: " +
      '["https://shop.example.com"]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, cors: { origins: ["shop.example.com"] } }] },
    '`rules[0].cors.origins[0]`: got "shop.example.com"; must be an origin: a scheme and a host, without a ' +
      'path; write `origins: ["https://shop.example.com"]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, mirror: { percent: 10 } }] },
    "`rules[0].mirror.backend`: missing; must be the Service that gets the copies; write `backend: { service: " +
      '"shadow", port: 80 }`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      rules: [{ backends, mirror: { backend: { service: "web", port: 80 }, percent: 200 } }],
    },
    '`rules[0].mirror.percent`: got "200"; must be a whole number from 0 to 100; write `percent: 100`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, retries: { attempts: 0 } }] },
    '`rules[0].retries.attempts`: got "0"; must be a whole number from 1 to 100; write `attempts: 2`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ backends, retries: { attempts: 2, codes: [200] } }] },
    '`rules[0].retries.codes[0]`: got "200"; must be a whole number from 400 to 599; write `codes: [503]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ redirect: {} }] },
    '`rules[0].redirect`: got "{}"; must change something, or it is a redirect loop; write `scheme: "https"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ redirect: { status: 200 } }] },
    '`rules[0].redirect.status`: got "200"; must be one of 301, 302, 303, 307, 308; write `status: 301`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ redirect: { hostname: "*.example.com" } }] },
    '`rules[0].redirect.hostname`: got "*.example.com"; must be one hostname, without a wildcard; write ' +
      '`hostname: "www.example.com"`',
  ],
  [
    {
      namespace: "shop",
      parent: { name: "gw" },
      rules: [{ redirect: { scheme: "https" }, mirror: { backend: { service: "web", port: 80 } } }],
    },
    '`rules[0].mirror`: got "{"backend":{"service":"web","port":80}}"; must not be set next to `redirect`, ' +
      "which the proxy answers without a backend; remove `mirror`",
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [] },
    '`rules`: got "[]"; must not be empty; write `rules: [{ backends: [{ service: "web", port: 80 }] }]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends, hostname: "shop.example.com" },
    '`hostname`: got "shop.example.com"; there is no such argument; write `hostnames: ["shop.example.com"]`',
  ],
  [
    { namespace: "shop", parent: { nam: "gw" }, backends },
    '`parent.nam`: got "gw"; there is no such argument; write `name: "gw"`',
  ],
  [
    { namespace: "shop", parent: "gw", backends: { service: "web", port: 80 } },
    '`parent`: got "gw"; must be an object; write `parent: { name: "gw" }`',
    '`backends`: got "{"service":"web","port":80}"; must be a list; write `backends: [{ service: "web", port: 80 }]`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, backends: [{ service: { name: "web" }, port: 80 }] },
    '`backends[0].service`: got "{"name":"web"}"; must be 1 to 63 lowercase letters, digits or hyphens, and ' +
      'must begin and end with a letter or digit; write `service: "web"`',
  ],
  [
    { namespace: "shop", parent: { name: "gw" }, rules: [{ match: [{ prefix: "/api" }], timeout: "5s", backends }] },
    '`rules[0].match`: got "[{"prefix":"/api"}]"; there is no such argument; write `matches: [{ prefix: "/api" }]`',
    '`rules[0].timeout`: got "5s"; there is no such argument; write `timeouts: { request: "5s" }`',
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
