// What an AccessPolicy may be given: each wrong case names the setting, the value, the rule and the fix.
import { accessPolicyRules } from "../../components/access/rules";
import { checkCases, WrongCase } from "./cases";

const waypoint = { name: "waypoint", namespace: "shop" };
const wrong: WrongCase[] = [
  [
    { namespace: "shop" },
    '`allow`: got ""; a policy lets somebody in or denies everybody; write `allow: [{ namespaces: ["shop"] }]`',
  ],
  [
    { namespace: "shop", allow: [] },
    '`allow`: got "[]"; an empty list says nothing; write `allow: [{ namespaces: ["shop"] }]`',
  ],
  [
    { namespace: "shop", allow: [{}] },
    '`allow[0]`: got "{}"; a rule without a condition lets everybody in; write `namespaces: ["shop"]`',
  ],
  [
    { namespace: "shop", allow: [{ methods: ["GET"] }] },
    '`allow[0].methods`: got "["GET"]"; ztunnel sees connections, not requests: a rule about requests needs a waypoint; write `http: { waypoint: waypoint.reference, allow: [{ methods: ["GET"] }] }`',
  ],
  [
    { namespace: "shop", allow: [{ namespaces: ["shop"], paths: ["/a"] }] },
    '`allow[0].paths`: got "["/a"]"; ztunnel sees connections, not requests: a rule about requests needs a waypoint; write `http: { waypoint: waypoint.reference, allow: [{ paths: ["/a"] }] }`',
  ],
  [
    { namespace: "shop", allow: [{ serviceAccounts: ["web"] }] },
    '`allow[0].serviceAccounts[0]`: got "web"; a service account is a namespace and a name with a slash between them; write `serviceAccounts: ["shop/web"]`',
  ],
  [
    { namespace: "shop", allow: [{ serviceAccounts: ["cluster.local/ns/shop/sa/web"] }] },
    '`allow[0].serviceAccounts[0]`: got "cluster.local/ns/shop/sa/web"; a service account is a namespace and a name with a slash between them; write `serviceAccounts: ["shop/web"]`',
  ],
  [
    { namespace: "shop", allow: [{ ports: ["http"] }] },
    '`allow[0].ports[0]`: got "http"; a port is a whole number from 1 to 65535; write `ports: [8080]`',
  ],
  [
    { namespace: "shop", defaultDeny: true, allow: [{ ports: [80] }] },
    '`defaultDeny`: got "true"; whoever is not let in by a policy with rules is denied already; write `defaultDeny: undefined`',
  ],
  [
    { namespace: "shop", defaultDeny: false },
    '`allow`: got ""; a policy lets somebody in or denies everybody; write `allow: [{ namespaces: ["shop"] }]`',
  ],
  [
    { defaultDeny: true },
    '`namespace`: got ""; a policy lives in the namespace that it guards; write `namespace: "shop"`',
  ],
  [
    { namespace: "shop", http: { allow: [{ methods: ["GET"] }] } },
    '`http.waypoint`: got ""; rules about requests are carried out by a waypoint: without one they would be ignored, or refuse everything; write `waypoint: waypoint.reference`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [] } },
    '`http.allow`: got "[]"; an empty list says nothing; write `allow: [{ methods: ["GET"] }]`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [{}] } },
    '`http.allow[0]`: got "{}"; a rule without a condition lets everybody in; write `namespaces: ["shop"]`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [{ methods: ["get"] }] } },
    '`http.allow[0].methods[0]`: got "get"; it is one of "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"; write `methods: ["GET"]`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [{ paths: ["api"] }] } },
    '`http.allow[0].paths[0]`: got "api"; a path begins with `/`, or with `*` for every path with that end, and has no query; write `paths: ["/api"]`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [{ claims: { groups: ["admin"] } }] } },
    '`http.allow[0].claims`: got "{"groups":["admin"]}"; nobody has claims while no issuer\'s tokens are checked; write `jwt: { issuer: "https://id.example.com" }`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [{ claims: { groups: ["admin"] } }], jwt: {} } },
    '`http.jwt.issuer`: got ""; tokens have an issuer; write `issuer: "https://id.example.com"`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [{ methods: ["GET"] }], jwt: { issuer: "x", jwksUri: "keys" } } },
    '`http.jwt.jwksUri`: got "keys"; keys are at an http or https address; write `jwksUri: "https://id.example.com/keys"`',
  ],
  [
    {
      namespace: "shop",
      http: { waypoint, allow: [{ methods: ["GET"] }], jwt: { issuer: "x", jwks: "{}", jwksUri: "https://k" } },
    },
    '`http.jwt.jwks`: got "{}"; the keys come from an address or are written down, not both; write `jwks: undefined`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [{ methods: ["GET"] }], services: ["web"] } },
    '`http.services`: got "["web"]"; the pods behind these Services are closed to all but the waypoint, so say which they are; write `selector: { app: "web" }`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [{ methods: ["GET"] }] }, selector: { app: "web" } },
    '`selector`: got "{"app":"web"}"; rules for all that passes the waypoint guard all pods: for some pods name their Services too; write `http: { services: ["web"] }`',
  ],
  [
    { namespace: "shop", http: { waypoint, allow: [{ methods: ["GET"] }] }, allow: [{ namespaces: ["mon"] }] },
    '`allow[0].ports`: got ""; beside rules about requests a connection rule names its ports, or it leads round the waypoint; write `ports: [9090]`',
  ],
  [
    { namespace: "shop", allow: [{ namespaces: ["shop"] }], trustDomain: "spiffe://x" },
    '`trustDomain`: got "spiffe://x"; a trust domain is lower-case labels joined by dots; write `trustDomain: "cluster.local"`',
  ],
  [
    { namespace: "shop", selector: {}, allow: [{ namespaces: ["shop"] }] },
    '`selector`: got "{}"; an empty selector takes all pods of the namespace, as none does; write `selector: undefined`',
  ],
  [
    { namespace: "shop", alow: [{ namespaces: ["shop"] }] },
    '`alow`: got "[{"namespaces":["shop"]}]"; there is no such setting; write `allow: [{ namespaces: ["shop"] }]`',
  ],
  [
    { namespace: "shop", allow: [{ namespace: "checkout", ports: ["9090"] }] },
    '`allow[0].namespace`: got "checkout"; there is no such setting; write `namespaces: ["checkout"]`',
    '`allow[0].ports[0]`: got "9090"; a port is a whole number from 1 to 65535, without quotes; write `ports: [9090]`',
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
