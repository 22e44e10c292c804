// What an AccessPolicy may be given: each wrong case names the setting, the value, the rule and the fix.
import { accessPolicyRules } from "../../components/access/rules";
import { UNKNOWN } from "../../lib/validation/violations";
import { checkCases, WrongCase } from "./cases";

const waypoint = { name: "waypoint", namespace: "shop" };
const wrong: WrongCase[] = [
  [
    { namespace: "shop" },
    '`allow`: missing; must have `allow`, `http` or `defaultDeny`; write `allow: [{ namespaces: ["shop"] }]`',
  ],
  [{ namespace: "shop", allow: [] }, '`allow`: got "[]"; must not be empty; write `allow: [{ namespaces: ["shop"] }]`'],
  [
    { namespace: "shop", allow: [{}] },
    '`allow[0]`: got "{}"; must have a condition: a rule without one admits every client; write `namespaces: ' +
      '["shop"]`',
  ],
  [
    { namespace: "shop", allow: [{ methods: ["GET"] }] },
    '`allow[0].methods`: got "["GET"]"; ztunnel sees connections, not requests: rules for requests belong ' +
      'under `http`, with a waypoint; write `http: { waypoint: waypoint.reference, allow: [{ methods: ["GET"] }] ' +
      "}`",
  ],
  [
    { namespace: "shop", allow: [{ namespaces: ["shop"], paths: ["/a"] }] },
    '`allow[0].paths`: got "["/a"]"; ztunnel sees connections, not requests: rules for requests belong under ' +
      '`http`, with a waypoint; write `http: { waypoint: waypoint.reference, allow: [{ paths: ["/a"] }] }`',
  ],
  [
    { namespace: "shop", allow: [{ serviceAccounts: ["web"] }] },
    '`allow[0].serviceAccounts[0]`: got "web"; must be a service account, as namespace/name; write ' +
      '`serviceAccounts: ["shop/web"]`',
  ],
  [
    { namespace: "shop", allow: [{ serviceAccounts: ["cluster.local/ns/shop/sa/web"] }] },
    '`allow[0].serviceAccounts[0]`: got "cluster.local/ns/shop/sa/web"; must be a service account, as ' +
      'namespace/name; write `serviceAccounts: ["shop/web"]`',
  ],
  [
    { namespace: "shop", allow: [{ ports: ["http"] }] },
    '`allow[0].ports[0]`: got "http"; must be a whole number from 1 to 65535; write `ports: [8080]`',
  ],
  [
    { namespace: "shop", defaultDeny: true, allow: [{ ports: [80] }] },
    '`defaultDeny`: got "true"; must not be set next to `allow` or `http`, which deny everything else already; ' +
      "remove `defaultDeny`",
  ],
  [
    { namespace: "shop", defaultDeny: false },
    '`allow`: missing; must have `allow`, `http` or `defaultDeny`; write `allow: [{ namespaces: ["shop"] }]`',
  ],
  [{ defaultDeny: true }, '`namespace`: missing; must be the namespace of the pods; write `namespace: "shop"`'],
  [
    { namespace: "shop", http: { allow: [{ methods: ["GET"] }] } },
    "`http.waypoint`: missing; must be the waypoint that enforces the rules: without one they are ignored, or " +
      "deny everything; write `waypoint: waypoint.reference`",
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [] } },
    '`http.allow`: got "[]"; must not be empty; write `allow: [{ methods: ["GET"] }]`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [{}] } },
    '`http.allow[0]`: got "{}"; must have a condition: a rule without one admits every client; write ' +
      '`namespaces: ["shop"]`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [{ methods: ["get"] }] } },
    '`http.allow[0].methods[0]`: got "get"; must be one of "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", ' +
      '"OPTIONS", "TRACE", "PATCH"; write `methods: ["GET"]`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [{ paths: ["api"] }] } },
    '`http.allow[0].paths[0]`: got "api"; must be a path that begins with `/`, or with `*` to match the end of ' +
      'a path, without a query; write `paths: ["/api"]`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [{ claims: { groups: ["admin"] } }] } },
    '`http.allow[0].claims`: got "{"groups":["admin"]}"; must come with `jwt`: without it no token is checked, ' +
      'and no request has claims; write `jwt: { issuer: "https://id.example.com" }`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [{ claims: { groups: ["admin"] } }], jwt: {} } },
    "`http.jwt.issuer`: missing; must be the issuer, as in the token's `iss`; write `issuer: " +
      '"https://id.example.com"`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [{ methods: ["GET"] }], jwt: { issuer: "x", jwksUri: "keys" } } },
    '`http.jwt.jwksUri`: got "keys"; must be an http:// or https:// URL; write `jwksUri: ' +
      '"https://id.example.com/keys"`',
  ],
  [
    {
      namespace: "shop",
      http: { waypoint, allow: [{ methods: ["GET"] }], jwt: { issuer: "x", jwks: "{}", jwksUri: "https://k" } },
    },
    '`http.jwt.jwks`: got "{}"; must not be set together with `jwksUri`; remove `jwks`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [{ methods: ["GET"] }], services: ["web"] } },
    '`http.services`: got "["web"]"; must come with `selector`, which names the pods behind the Services: only ' +
      'the waypoint may reach them; write `selector: { app: "web" }`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [{ methods: ["GET"] }], services: [UNKNOWN] } },
    '`http.services`: got "["..."]"; must come with `selector`, which names the pods behind the Services: only ' +
      'the waypoint may reach them; write `selector: { app: "web" }`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [{ methods: ["GET"] }] }, selector: { app: "web" } },
    '`selector`: got "{"app":"web"}"; must come with `http.services`: `http` without services protects every ' +
      'pod of the namespace; write `http: { services: ["web"] }`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [{ methods: ["GET"] }] }, allow: [{ namespaces: ["mon"] }] },
    "`allow[0].ports`: missing; must be set next to `http`: connections to every port would bypass the " +
      "waypoint; write `ports: [9090]`",
  ],
  [
    { namespace: "shop", allow: [{ namespaces: ["shop"] }], trustDomain: "spiffe://x" },
    '`trustDomain`: got "spiffe://x"; must be lowercase labels joined by dots; write `trustDomain: "cluster.local"`',
  ],
  [
    { namespace: "shop", selector: {}, allow: [{ namespaces: ["shop"] }] },
    '`selector`: got "{}"; must have a label; without a selector every pod is meant; remove `selector`',
  ],
  [
    { namespace: "shop", alow: [{ namespaces: ["shop"] }] },
    '`alow`: got "[{"namespaces":["shop"]}]"; there is no such argument; write `allow: [{ namespaces: ["shop"] }]`',
  ],
  [
    { namespace: "shop", allow: [{ namespace: "checkout", ports: ["9090"] }] },
    '`allow[0].namespace`: got "checkout"; there is no such argument; write `namespaces: ["checkout"]`',
    '`allow[0].ports[0]`: got "9090"; must be a whole number from 1 to 65535, without quotes; write `ports: [9090]`',
  ],
];

const right: object[] = [
  { namespace: "shop", defaultDeny: true },
  { namespace: "shop", selector: { app: "web" }, defaultDeny: true },
  { namespace: "shop", allow: [{ namespaces: ["shop"], serviceAccounts: ["infra/prometheus"], ports: [9090] }] },
  {
    namespace: "shop",
    selector: { app: "web" },
    allow: [{ namespaces: ["monitoring"], ports: [9090] }],
    http: {
      waypoint: { name: "w", namespace: "infra" },
      services: ["web"],
      allow: [
        { methods: ["GET"], paths: ["/api/*", "*.png"], headers: { a: ["b"] }, claims: { "realm.roles": ["x"] } },
      ],
      jwt: { issuer: "https://id.example.com", jwksUri: "https://id.example.com/keys", audiences: ["shop"] },
    },
  },
];

checkCases("AccessPolicy", accessPolicyRules, wrong, right);
