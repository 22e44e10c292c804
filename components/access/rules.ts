// What an AccessPolicy may be given.
import {
  anything,
  below,
  first,
  flag,
  list,
  mapOf,
  object,
  ObjectRule,
  required,
  Rule,
  text,
  Together,
  UNKNOWN,
  value,
  filledList,
} from "../../lib/validation/rules";
import { dnsLabel, dnsSubdomain, hostname, labels, port } from "../../lib/validation/formats";
import { method } from "../../lib/validation/http-formats";
import { clusterRules } from "../../lib/validation/cluster";
import { annotations } from "../../lib/validation/metadata";
import { waypointReference } from "../waypoint/rules";
import { Violation, textOf } from "../../lib/validation/violations";

const account = text(
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?\/[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
  "a service account is a namespace and a name with a slash between them",
  (got) => {
    const found = /ns\/([^/]+)\/sa\/([^/]+)/.exec(textOf(got));
    return found ? `"${found[1]}/${found[2]}"` : `"shop/${textOf(got).replace(/[^a-z0-9-]/g, "") || "web"}"`;
  },
);

/** Where a reference to a gateway is given whole, what it tells beside this is for routes. */
const gatewayClient = object({
  name: dnsLabel("hostk8s-gateway"),
  namespace: required(dnsLabel("istio-system"), "a gateway is of a namespace", '"istio-system"'),
  serviceAccount: required(
    dnsSubdomain("hostk8s-gateway-istio"),
    "a gateway is known by the service account of its pods",
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

const onlyRequests = ["methods", "paths", "hosts", "headers", "claims"];

/** A rule for connections that speaks of requests, as JavaScript and YAML let one write it. */
const requestsNeedWaypoint: Rule = (given, path) => {
  const fields = typeof given === "object" && given !== null ? (given as Record<string, unknown>) : {};
  return onlyRequests
    .filter((field) => fields[field] !== undefined)
    .map((field) => ({
      path: below(path, field),
      got: fields[field] === UNKNOWN ? "" : fields[field],
      rule: "ztunnel sees connections, not requests: a rule about requests needs a waypoint",
      fix: `http: { waypoint: waypoint.reference, allow: [{ ${field}: ${JSON.stringify(fields[field]) ?? "..."} }] }`,
    }));
};

const someone: Together = (given, path) =>
  Object.keys(given).length === 0
    ? [{ path, got: {}, rule: "a rule without a condition lets everybody in", fix: 'namespaces: ["shop"]' }]
    : [];

const connectionRule: Rule = first(
  requestsNeedWaypoint,
  unlessUnknown(object({ ...who, ports: filledList(port(8080), "8080") }, someone)),
);

/** Together-rules do not see what is not known yet, so a rule that has only that must not count as empty. */
function unlessUnknown(rule: Rule): Rule {
  return (given, path) =>
    typeof given === "object" &&
    given !== null &&
    Object.keys(given).length > 0 &&
    Object.values(given).every((v) => v === UNKNOWN)
      ? []
      : rule(given, path);
}

const policyPath = text(
  /^[/*][^?#]*$/,
  "a path begins with `/`, or with `*` for every path with that end, and has no query",
  (got) =>
    `"/${textOf(got)
      .replace(/^[a-z]+:\/\/[^/]*/i, "")
      .replace(/^\/+/, "")
      .replace(/[?#].*$/, "")}"`,
);

const valuesByName = (example: string): Rule =>
  first(
    mapOf(list(text(/^.+$/, "a value is text", '"yes"'), '"yes"'), example),
    value(
      (got) => typeof got !== "object" || Object.keys(got as object).every((name) => /^[A-Za-z0-9_.:/-]+$/.test(name)),
      "a name has letters, digits and `-_.:/`",
      `{ ${example} }`,
    ),
  );

const requestRule = unlessUnknown(
  object(
    {
      ...who,
      methods: filledList(method, '"GET"'),
      paths: filledList(policyPath, '"/api/*"'),
      hosts: filledList(hostname, '"shop.example.com"'),
      headers: valuesByName('"x-tenant": ["blue"]'),
      claims: valuesByName('groups: ["admin"]'),
    },
    someone,
  ),
);

const oneKeySet: Together = (given, path) =>
  given["jwksUri"] !== undefined && given["jwks"] !== undefined
    ? [
        {
          path: below(path, "jwks"),
          got: given["jwks"],
          rule: "the keys come from an address or are written down, not both",
          fix: "jwks: undefined",
        },
      ]
    : [];

const jwt = object(
  {
    issuer: required(
      text(/\S/, "an issuer is the text in the token's `iss`", '"https://id.example.com"'),
      "tokens have an issuer",
      '"https://id.example.com"',
    ),
    jwksUri: text(/^https?:\/\/[^\s/]+/, "keys are at an http or https address", '"https://id.example.com/keys"'),
    jwks: text(/^\s*\{/, "keys are a JSON object, as text", "'{\"keys\":[]}'"),
    audiences: filledList(text(/\S/, "an audience is text", '"shop"'), '"shop"'),
    forward: flag,
  },
  oneKeySet,
);

const claimsNeedTokens: Together = (given, path) => {
  const rules = Array.isArray(given["allow"]) ? (given["allow"] as Record<string, unknown>[]) : [];
  return given["jwt"] !== undefined
    ? []
    : rules.flatMap((rule, index): Violation[] =>
        rule?.["claims"] === undefined
          ? []
          : [
              {
                path: below(path, `allow[${index}].claims`),
                got: rule["claims"] === UNKNOWN ? "" : rule["claims"],
                rule: "nobody has claims while no issuer's tokens are checked",
                fix: 'jwt: { issuer: "https://id.example.com" }',
              },
            ],
      );
};

const http = object(
  {
    waypoint: required(
      waypointReference,
      "rules about requests are carried out by a waypoint: without one they would be ignored, or refuse everything",
      "waypoint.reference",
    ),
    services: filledList(dnsLabel("web"), '"web"'),
    allow: required(
      filledList(requestRule, '{ methods: ["GET"] }'),
      "rules about requests say which are let through",
      '[{ methods: ["GET"] }]',
    ),
    jwt,
  },
  claimsNeedTokens,
);

const something: Together = (given, path) =>
  ["allow", "http"].every((field) => given[field] === undefined) && given["defaultDeny"] !== true
    ? [
        {
          path: below(path, "allow"),
          got: "",
          rule: "a policy lets somebody in or denies everybody",
          fix: 'allow: [{ namespaces: ["shop"] }]',
        },
      ]
    : [];

/** The rules for a waypoint and the lock of the pods behind it have to be about the same pods. */
const samePods: Together = (given, path) => {
  const inHttp = given["http"] as Record<string, unknown> | undefined;
  if (inHttp === undefined || (inHttp["services"] === undefined) === (given["selector"] === undefined)) {
    return [];
  }
  return inHttp["services"] === undefined
    ? [
        {
          path: below(path, "selector"),
          got: given["selector"],
          rule: "rules for all that passes the waypoint guard all pods: for some pods name their Services too",
          fix: 'http: { services: ["web"] }',
        },
      ]
    : [
        {
          path: below(path, "http.services"),
          got: inHttp["services"] === UNKNOWN ? "" : inHttp["services"],
          rule: "the pods behind these Services are closed to all but the waypoint, so say which they are",
          fix: 'selector: { app: "web" }',
        },
      ];
};

/** A connection rule for every port would be a way round the waypoint. */
const noWayRound: Together = (given, path) =>
  given["http"] === undefined || !Array.isArray(given["allow"])
    ? []
    : (given["allow"] as Record<string, unknown>[])
        .map((rule, index) => ({ rule, index }))
        .filter(({ rule }) => rule !== null && typeof rule === "object" && rule["ports"] === undefined)
        .map(({ index }) => ({
          path: below(path, `allow[${index}].ports`),
          got: "",
          rule: "beside rules about requests a connection rule names its ports, or it leads round the waypoint",
          fix: "ports: [9090]",
        }));

const aloneDenied: Together = (given, path) =>
  given["defaultDeny"] === true && given["allow"] === undefined && given["http"] === undefined
    ? []
    : given["defaultDeny"] === true
      ? [
          {
            path: below(path, "defaultDeny"),
            got: true,
            rule: "whoever is not let in by a policy with rules is denied already",
            fix: "defaultDeny: undefined",
          },
        ]
      : [];

/** Rules for AccessPolicyArgs. */
export const accessPolicyRules: ObjectRule = object(
  {
    name: dnsLabel("web", 240),
    namespace: required(dnsLabel("shop"), "a policy lives in the namespace that it guards", '"shop"'),
    selector: first(
      labels,
      value(
        (got) => Object.keys(got as object).length > 0,
        "an empty selector takes all pods of the namespace, as none does",
        "undefined",
      ),
    ),
    defaultDeny: flag,
    allow: filledList(connectionRule, '{ namespaces: ["shop"] }'),
    http,
    trustDomain: text(
      /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
      "a trust domain is lower-case labels joined by dots",
      '"cluster.local"',
    ),
    labels,
    annotations,
    cluster: clusterRules,
  },
  something,
  samePods,
  noWayRound,
  aloneDenied,
);

/** Rules for the whole of a waypoint's traffic live beside the waypoint. */
export function elsewhereViolation(waypoint: string, waypointNamespace: string): Violation {
  return {
    path: "http.waypoint",
    got: `${waypointNamespace}/${waypoint}`,
    rule: "a waypoint of another namespace serves others too, so name the Services whose requests are meant",
    fix: 'selector: { app: "web" }, http: { services: ["web"] }',
  };
}
