// What an AccessPolicy may be given.
import { object, ObjectRule, objectWithSynonyms, Synonyms, Together } from "../../lib/validation/object";
import {
  anything,
  below,
  composed,
  filledList,
  first,
  flag,
  list,
  mapOf,
  required,
  Rule,
  text,
  value,
} from "../../lib/validation/rules";
import { dnsLabel, dnsSubdomain, hostname, labels, port } from "../../lib/validation/formats";
import { method } from "../../lib/validation/http-formats";
import { clusterRules } from "../support/rules";
import { annotations } from "../../lib/validation/metadata";
import { waypointReference } from "../waypoint/rules";
import { textOf, UNKNOWN, Violation } from "../../lib/validation/violations";
import type {
  AccessGatewayArgs,
  AccessPolicyArgs,
  AccessRuleArgs,
  HttpAccessArgs,
  HttpAccessRuleArgs,
  JwtArgs,
} from "./args";

const account = text(
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?\/[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
  "must be a service account, as namespace/name",
  (got) => {
    const found = /ns\/([^/]+)\/sa\/([^/]+)/.exec(textOf(got));
    return found ? `"${found[1]}/${found[2]}"` : `"shop/${textOf(got).replace(/[^a-z0-9-]/g, "") || "web"}"`;
  },
);

/** A reference to a gateway given whole: what it tells beside its identity is for routes. */
interface WholeReference extends AccessGatewayArgs {
  listeners?: unknown;
  hostPorts?: unknown;
  certificateNames?: unknown;
}

const gatewayClient = object<WholeReference>({
  name: required(dnsLabel("hostk8s-gateway"), "must be the name of the gateway", '"hostk8s-gateway"'),
  namespace: required(dnsLabel("istio-system"), "must be the namespace of the gateway", '"istio-system"'),
  serviceAccount: required(
    dnsSubdomain("hostk8s-gateway-istio"),
    "must be the service account of the gateway's pods, by which policies know it",
    '"hostk8s-gateway-istio"',
  ),
  listeners: anything,
  hostPorts: anything,
  certificateNames: anything,
});

const who = {
  namespaces: filledList(dnsLabel("shop"), '"shop"'),
  serviceAccounts: filledList(account, '"shop/web"'),
  gateway: gatewayClient,
};

const whoSynonyms = {
  namespace: "namespaces",
  from: ["serviceAccounts", "namespaces"],
  source: ["serviceAccounts", "namespaces"],
  clients: ["serviceAccounts", "namespaces"],
  principals: "serviceAccounts",
  principal: "serviceAccounts",
  serviceAccount: "serviceAccounts",
} satisfies Synonyms<typeof who>;

const onlyRequests = ["methods", "paths", "hosts", "headers", "claims"];

/** A rule for connections that speaks of requests, as JavaScript and YAML let one write it. */
const requestsNeedWaypoint: Rule = (given, path) => {
  const fields = typeof given === "object" && given !== null ? (given as Record<string, unknown>) : {};
  return onlyRequests
    .filter((field) => fields[field] !== undefined)
    .map((field) => ({
      path: below(path, field),
      got: fields[field],
      rule: "ztunnel sees connections, not requests: rules for requests belong under `http`, with a waypoint",
      fix: `http: { waypoint: waypoint.reference, allow: [{ ${field}: ${JSON.stringify(fields[field]) ?? "..."} }] }`,
    }));
};

const hasCondition: Together<Partial<HttpAccessRuleArgs>> = (given, path) =>
  Object.keys(given).length === 0
    ? [
        {
          path,
          got: {},
          rule: "must have a condition: a rule without one admits every client",
          fix: 'namespaces: ["shop"]',
        },
      ]
    : [];

/** What was written as a condition and turns out to have no value: without it the rule would admit more than was meant. */
const noneMissing: Rule = (given, path) => {
  const fields = typeof given === "object" && given !== null ? (given as Record<string, unknown>) : {};
  return Object.keys(fields)
    .filter((field) => fields[field] === undefined)
    .map((field) => ({
      path: below(path, field),
      got: undefined,
      rule:
        field === "gateway"
          ? "must have a value: the mesh has no gateway, or the stack has no such output"
          : "must have a value: without this condition the rule admits more clients",
      fix: { remove: field },
    }));
};

const connectionRule: Rule = first(
  noneMissing,
  requestsNeedWaypoint,
  unlessUnknown(
    objectWithSynonyms<AccessRuleArgs>(
      { ...who, ports: filledList(port(8080), "8080") },
      { ...whoSynonyms, port: "ports", toPorts: "ports" },
      hasCondition,
    ),
  ),
);

/** Together-rules do not see what is not known yet, so a rule that has only that must not count as empty. */
function unlessUnknown(rule: Rule): Rule {
  const check: Rule = (given, path) =>
    typeof given === "object" &&
    given !== null &&
    Object.keys(given).length > 0 &&
    Object.values(given).every((v) => v === UNKNOWN)
      ? []
      : rule(given, path);
  return composed(check, rule);
}

const policyPath = text(
  /^[/*][^?#]*$/,
  "must be a path that begins with `/`, or with `*` to match the end of a path, without a query",
  (got) =>
    `"/${textOf(got)
      .replace(/^[a-z]+:\/\/[^/]*/i, "")
      .replace(/^\/+/, "")
      .replace(/[?#].*$/, "")}"`,
);

const valuesByName = (example: string): Rule =>
  first(
    mapOf(list(text(/^.+$/, "must be text", '"yes"'), '"yes"'), example),
    value(
      (got) => typeof got !== "object" || Object.keys(got as object).every((name) => /^[A-Za-z0-9_.:/-]+$/.test(name)),
      "must have names of letters, digits, `-`, `_`, `.`, `:` or `/`",
      `{ ${example} }`,
    ),
  );

const requestRule: Rule = first(
  noneMissing,
  unlessUnknown(
    objectWithSynonyms<HttpAccessRuleArgs>(
      {
        ...who,
        methods: filledList(method, '"GET"'),
        paths: filledList(policyPath, '"/api/*"'),
        hosts: filledList(hostname, '"shop.example.com"'),
        headers: valuesByName('"x-tenant": ["blue"]'),
        claims: valuesByName('groups: ["admin"]'),
      },
      { ...whoSynonyms, host: "hosts", hostnames: "hosts", method: "methods", path: "paths", prefix: "paths" },
      hasCondition,
    ),
  ),
);

const oneKeySet: Together<JwtArgs> = (given, path) =>
  given["jwksUri"] !== undefined && given["jwks"] !== undefined
    ? [
        {
          path: below(path, "jwks"),
          got: given["jwks"],
          rule: "must not be set together with `jwksUri`",
          fix: { remove: "jwks" },
        },
      ]
    : [];

const jwt = objectWithSynonyms<JwtArgs>(
  {
    issuer: required(
      text(/\S/, "must be the issuer, as in the token's `iss`", '"https://id.example.com"'),
      "must be the issuer, as in the token's `iss`",
      '"https://id.example.com"',
    ),
    jwksUri: text(/^https?:\/\/[^\s/]+/, "must be an http:// or https:// URL", '"https://id.example.com/keys"'),
    jwks: text(/^\s*\{/, "must be a JSON object, as text", "'{\"keys\":[]}'"),
    audiences: filledList(text(/\S/, "must be text", '"shop"'), '"shop"'),
    forward: flag,
  },
  { audience: "audiences", forwardOriginalToken: "forward", keys: "jwks", jwksUrl: "jwksUri" },
  oneKeySet,
);

const claimsNeedTokens: Together<HttpAccessArgs> = (given, path) => {
  const rules = Array.isArray(given["allow"]) ? (given["allow"] as Record<string, unknown>[]) : [];
  return given["jwt"] !== undefined
    ? []
    : rules.flatMap((rule, index): Violation[] =>
        rule?.["claims"] === undefined
          ? []
          : [
              {
                path: below(path, `allow[${index}].claims`),
                got: rule["claims"],
                rule: "must come with `jwt`: without it no token is checked, and no request has claims",
                fix: 'jwt: { issuer: "https://id.example.com" }',
              },
            ],
      );
};

const http = objectWithSynonyms<HttpAccessArgs>(
  {
    waypoint: required(
      waypointReference,
      "must be the waypoint that enforces the rules: without one they are ignored, or deny everything",
      "waypoint.reference",
    ),
    services: filledList(dnsLabel("web"), '"web"'),
    allow: required(
      filledList(requestRule, '{ methods: ["GET"] }'),
      "must say which requests are admitted",
      '[{ methods: ["GET"] }]',
    ),
    jwt,
  },
  { rules: "allow", service: "services", jwtRules: "jwt", requestAuthentication: "jwt" },
  claimsNeedTokens,
);

const something: Together<AccessPolicyArgs> = (given, path, unknown) =>
  (["allow", "http"] as const).every((field) => given[field] === undefined && !unknown.includes(field)) &&
  given["defaultDeny"] !== true
    ? [
        {
          path: below(path, "allow"),
          got: undefined,
          rule: "must have `allow`, `http` or `defaultDeny`",
          fix: 'allow: [{ namespaces: ["shop"] }]',
        },
      ]
    : [];

/** The rules for a waypoint and the lock of the pods behind it must be about the same pods. */
const samePods: Together<AccessPolicyArgs> = (given, path, unknown) => {
  const inHttp = given["http"] as Record<string, unknown> | undefined;
  if (unknown.includes("selector")) {
    return [];
  }
  if (inHttp === undefined || (inHttp["services"] === undefined) === (given["selector"] === undefined)) {
    return [];
  }
  return inHttp["services"] === undefined
    ? [
        {
          path: below(path, "selector"),
          got: given["selector"],
          rule: "must come with `http.services`: `http` without services protects every pod of the namespace",
          fix: 'http: { services: ["web"] }',
        },
      ]
    : [
        {
          path: below(path, "http.services"),
          got: inHttp["services"],
          rule: "must come with `selector`, which names the pods behind the Services: only the waypoint may reach them",
          fix: 'selector: { app: "web" }',
        },
      ];
};

/** A connection rule for every port would be a way around the waypoint. */
const noWayRound: Together<AccessPolicyArgs> = (given, path) =>
  given["http"] === undefined || !Array.isArray(given["allow"])
    ? []
    : (given["allow"] as Record<string, unknown>[])
        .map((rule, index) => ({ rule, index }))
        .filter(({ rule }) => rule !== null && typeof rule === "object" && rule["ports"] === undefined)
        .map(({ index }) => ({
          path: below(path, `allow[${index}].ports`),
          got: undefined,
          rule: "must be set next to `http`: connections to every port would bypass the waypoint",
          fix: "ports: [9090]",
        }));

const aloneDenied: Together<AccessPolicyArgs> = (given, path) =>
  given["defaultDeny"] === true && given["allow"] === undefined && given["http"] === undefined
    ? []
    : given["defaultDeny"] === true
      ? [
          {
            path: below(path, "defaultDeny"),
            got: true,
            rule: "must not be set next to `allow` or `http`, which deny everything else already",
            fix: { remove: "defaultDeny" },
          },
        ]
      : [];

/** Rules for AccessPolicyArgs. */
export const accessPolicyRules: ObjectRule = objectWithSynonyms<AccessPolicyArgs>(
  {
    name: dnsLabel("web", 240),
    namespace: required(dnsLabel("shop"), "must be the namespace of the pods", '"shop"'),
    selector: first(labels, (given, path) =>
      typeof given === "object" && given !== null && Object.keys(given).length === 0
        ? [
            {
              path,
              got: given,
              rule: "must have a label; without a selector every pod is meant",
              fix: { remove: path },
            },
          ]
        : [],
    ),
    defaultDeny: flag,
    allow: filledList(connectionRule, '{ namespaces: ["shop"] }'),
    http,
    trustDomain: text(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "must be lowercase labels joined by dots", '"cluster.local"'),
    labels,
    annotations,
    cluster: clusterRules,
  },
  {
    rules: "allow",
    gateway: { write: "allow: [{ gateway: mesh.gateway }]" },
    principals: { write: 'allow: [{ serviceAccounts: ["shop/web"] }]' },
    serviceAccount: { write: 'allow: [{ serviceAccounts: ["shop/web"] }]', example: '"shop/web"' },
    source: { write: 'allow: [{ namespaces: ["shop"] }]' },
    port: { write: "allow: [{ ports: [8080] }]", example: "8080" },
    to: { write: "allow: [{ ports: [8080] }]" },
    methods: { write: 'http: { waypoint: waypoint.reference, allow: [{ methods: ["GET"] }] }' },
    paths: { write: 'http: { waypoint: waypoint.reference, allow: [{ paths: ["/api/*"] }] }' },
    services: { write: 'http: { services: ["web"] }' },
    service: { write: 'http: { services: ["web"] }', example: '"web"' },
    targetRefs: { write: 'http: { services: ["web"] }' },
    requestAuthentication: { write: 'http: { jwt: { issuer: "https://id.example.com" } }' },
    from: { write: 'allow: [{ namespaces: ["shop"] }]' },
    namespaces: { write: 'allow: [{ namespaces: ["shop"] }]' },
    serviceAccounts: { write: 'allow: [{ serviceAccounts: ["shop/web"] }]' },
    ports: { write: "allow: [{ ports: [8080] }]" },
    waypoint: { write: 'http: { waypoint: waypoint.reference, allow: [{ methods: ["GET"] }] }' },
    jwt: { write: 'http: { jwt: { issuer: "https://id.example.com" } }' },
    action: { write: 'allow: [{ namespaces: ["shop"] }]' },
    deny: "defaultDeny",
    denyAll: "defaultDeny",
    podSelector: "selector",
    matchLabels: "selector",
  },
  something,
  samePods,
  noWayRound,
  aloneDenied,
);

/** Rules for all traffic of a waypoint belong in the waypoint's namespace. */
export function elsewhereViolation(waypoint: string, waypointNamespace: string): Violation {
  return {
    path: "http.waypoint",
    got: `${waypointNamespace}/${waypoint}`,
    rule: "must come with `http.services`: a waypoint of another namespace serves other Services too",
    fix: 'selector: { app: "web" }, http: { services: ["web"] }',
  };
}
