// What an HttpRoute may be given.
import {
  below,
  first,
  flag,
  list,
  object,
  ObjectRule,
  oneOf,
  required,
  Rule,
  text,
  Together,
  UNKNOWN,
  value,
  whole,
  filledList,
} from "../../lib/validation/rules";
import {
  certificateName,
  dnsLabel,
  dnsSubdomain,
  hostname,
  labelText,
  parseDuration,
  port,
} from "../../lib/validation/formats";
import { meshLabels } from "../../lib/istio/labels";
import { clusterRules } from "../../lib/validation/cluster";
import { annotations, labelsBeside } from "../../lib/validation/metadata";
import {
  headerNames,
  headerValues,
  httpDuration,
  method,
  path,
  regex,
  status,
} from "../../lib/validation/http-formats";
import { Violation, textOf } from "../../lib/validation/violations";

const namespace = dnsLabel("shop");
const service = required(dnsLabel("web"), "requests go to a Service, by its name", '"web"');
const servicePort = required(port(80), "a Service is reached on one of its ports", "80");
const weight = whole(0, 1_000_000, "a weight", (got) => (typeof got === "number" && got > 1_000_000 ? "1000000" : "0"));

const version = object({ service, port: servicePort, namespace });
const versionRequired = (field: string): Rule =>
  required(version, "a canary has two versions, stable and candidate", `{ service: "web-${field}", port: 80 }`);

const sameVersion: Together = (canary, at) => {
  const { stable, candidate } = canary as { stable?: Record<string, unknown>; candidate?: Record<string, unknown> };
  const same = ["service", "port", "namespace"].every(
    (field) => stable?.[field] !== UNKNOWN && stable?.[field] === candidate?.[field],
  );
  return same && stable?.["service"] !== undefined
    ? [
        {
          path: below(at, "candidate.service"),
          got: stable["service"],
          rule: "the two versions of a canary are two Services",
          fix: `service: "${textOf(stable["service"])}-next"`,
        },
      ]
    : [];
};

/** Rules for a canary. */
export const canaryRules: ObjectRule = object(
  {
    stable: versionRequired("stable"),
    candidate: versionRequired("candidate"),
    percent: required(
      whole(0, 100, "a percentage", (got) => (typeof got === "number" && got > 100 ? "100" : "10")),
      "a canary says how many percent of the requests its candidate gets",
      "10",
    ),
  },
  sameVersion,
);

const weighted: Rule = (given, at) => {
  const weights = Array.isArray(given) ? given.map((backend) => (backend as { weight?: unknown })?.weight ?? 1) : [1];
  return weights.length > 0 && weights.every((each) => each === 0)
    ? [
        {
          path: at,
          got: weights.join(" + "),
          rule: "weights that add up to 0 send requests nowhere",
          fix: `weight: 1`,
        },
      ]
    : [];
};

const backends: Rule = first(
  filledList(object({ service, port: servicePort, namespace, weight }), '{ service: "web", port: 80 }'),
  weighted,
);

/** At most one of several fields. */
export function onlyOne(fields: string[], rule: string): Together {
  return (given, at) => {
    const present = fields.filter((field) => given[field] !== undefined);
    return present.slice(1).map((field) => ({
      path: below(at, field),
      got: given[field],
      rule,
      fix: `${field}: undefined`,
    }));
  };
}

const onePath = onlyOne(["exact", "prefix", "regex"], "a match has one path: exact, prefix or regex");

const matches = filledList(
  object({ prefix: path, exact: path, regex, method, headers: headerValues, query: headerValues }, onePath),
  '{ prefix: "/" }',
);

const changes = object({ set: headerValues, add: headerValues, remove: headerNames });

const oneNewPath = onlyOne(["path", "prefix"], "a path is replaced as a whole or by its matched prefix, not both");

const exactHost = first(
  hostname,
  value(
    (got) => !textOf(got).startsWith("*"),
    "a request is for one host, so it has no wildcard",
    (got) => `"www${textOf(got).slice(1)}"`,
  ),
);

const redirect = object(
  {
    scheme: oneOf(["http", "https"]),
    hostname: exactHost,
    port: port(8444),
    path,
    prefix: path,
    status: oneOfNumbers([301, 302, 303, 307, 308]),
  },
  oneNewPath,
  (given, at) =>
    Object.keys(given).length === 0
      ? [{ path: at, got: {}, rule: "a redirect changes something, or it runs in circles", fix: 'scheme: "https"' }]
      : [],
);

function oneOfNumbers(numbers: number[]): Rule {
  return value((got) => numbers.includes(got as number), `it is one of ${numbers.join(", ")}`, String(numbers[0]));
}

const origin = text(
  /^(\*|https?:\/\/(\*\.)?[a-z0-9.-]+(:\d+)?)$/,
  "an origin is a scheme and a host, without path",
  (got) =>
    `"https://${textOf(got)
      .replace(/^[a-z]+:\/\//i, "")
      .replace(/[/?#].*$/, "")
      .toLowerCase()}"`,
);

const timeouts = object({ request: httpDuration, backendRequest: httpDuration }, (given, at) => {
  const [request, backend] = [given["request"], given["backendRequest"]].map((each) => parseDuration(textOf(each)));
  return request !== undefined && backend !== undefined && backend > request
    ? [
        {
          path: below(at, "backendRequest"),
          got: given["backendRequest"],
          rule: `a try cannot take longer than the whole request, which may take ${textOf(given["request"])}`,
          fix: `backendRequest: "${textOf(given["request"])}"`,
        },
      ]
    : [];
});

const target: Together = (given, at) => {
  const present = ["backends", "canary", "redirect"].filter((field) => given[field] !== undefined);
  return present.length === 0
    ? [
        {
          path: below(at, "backends"),
          got: "",
          rule: "a rule has backends, a canary or a redirect: without them every request is answered with 500",
          fix: 'backends: [{ service: "web", port: 80 }]',
        },
      ]
    : onlyOne(["backends", "canary", "redirect"], "a rule has backends, a canary or a redirect: only one of them")(
        given,
        at,
      );
};

/** A prefix can only be replaced where one prefix was matched. */
const prefixMatched: Together = (given, at) => {
  const all = Array.isArray(given["matches"]) ? (given["matches"] as Record<string, unknown>[]) : [{ prefix: "/" }];
  const matched = all.length === 1 && all[0]?.["exact"] === undefined && all[0]?.["regex"] === undefined;
  return ["redirect", "rewrite"]
    .filter((field) => !matched && (given[field] as { prefix?: unknown } | undefined)?.prefix !== undefined)
    .map((field) => ({
      path: below(at, `${field}.prefix`),
      got: (given[field] as { prefix?: unknown }).prefix,
      rule: "a prefix is replaced where the rule matches exactly one prefix",
      fix: 'matches: [{ prefix: "/" }]',
    }));
};

const answerless: Together = (given, at) =>
  given["redirect"] === undefined
    ? []
    : ["rewrite", "mirror", "timeouts", "retries"]
        .filter((field) => given[field] !== undefined)
        .map((field) => ({
          path: below(at, field),
          got: given[field],
          rule: "a redirect is answered by the proxy itself: no backend sees the request",
          fix: `${field}: undefined`,
        }));

const ruleFields: Record<string, Rule> = {
  matches,
  backends,
  canary: canaryRules,
  redirect,
  rewrite: object({ hostname: exactHost, path, prefix: path }, oneNewPath),
  requestHeaders: changes,
  responseHeaders: changes,
  mirror: object({
    backend: required(version, "a copy goes to a backend", '{ service: "shadow", port: 80 }'),
    percent: whole(0, 100, "a percentage", 100),
  }),
  cors: object({
    origins: required(
      filledList(origin, '"https://shop.example.com"'),
      "CORS is about origins",
      '["https://shop.example.com"]',
    ),
    methods: list(
      first(text(/^[A-Z*]+$/, "a method is in capitals", (got) => `"${textOf(got).toUpperCase()}"`)),
      '"GET"',
    ),
    headers: headerNames,
    exposeHeaders: headerNames,
    credentials: flag,
    maxAge: whole(1, 86400, "a number of seconds", 3600),
  }),
  timeouts,
  retries: object({
    attempts: required(whole(1, 100, "a number of tries", 2), "retries have a number", "2"),
    codes: list(status(400, 599, 503), "503"),
    backoff: httpDuration,
  }),
};

const rule: Rule = object(ruleFields, target, prefixMatched, answerless);

const kinds = ["Gateway", "Service"];
const parent = required(
  object({
    kind: oneOf(kinds),
    name: required(dnsSubdomain("hostk8s-gateway"), "a parent is named", '"hostk8s-gateway"'),
    namespace,
    section: dnsSubdomain("http"),
    port: port(80),
    // What a reference to a gateway tells beside its name: written by a gateway's stack, not by hand.
    listeners: list(
      object({ name: dnsSubdomain("https"), protocol: oneOf(["HTTP", "HTTPS"]), port: port(443), hostname }),
      '{ name: "https", protocol: "HTTPS", port: 443 }',
    ),
    hostPorts: object({ http: port(8081), https: port(8444) }),
    certificateNames: list(certificateName, '"localhost"'),
    serviceAccount: dnsSubdomain("hostk8s-gateway-istio"),
  }),
  "a route attaches to a Gateway or a Service, and a mesh without a gateway has none to give",
  "mesh.gateway",
);

const short: Together = (given, at) => {
  const fields = ["backends", "canary"].filter((field) => given[field] !== undefined);
  const rules = given["rules"];
  if (rules === undefined && fields.length === 0) {
    return [
      {
        path: below(at, "backends"),
        got: "",
        rule: "a route sends requests somewhere",
        fix: 'backends: [{ service: "web", port: 80 }]',
      },
    ];
  }
  return onlyOne(
    ["rules", "canary", "backends"],
    "requests go by one of rules, canary and backends; another beside it would get none",
  )(given, at);
};

/** Rules for HttpRouteArgs. */
export const httpRouteRules: ObjectRule = object(
  {
    name: dnsSubdomain("web"),
    namespace: required(namespace, "a route lives in the namespace of its backends", '"shop"'),
    parent,
    hostnames: filledList(hostname, '"shop.example.com"'),
    httpsOnly: flag,
    rules: filledList(rule, '{ backends: [{ service: "web", port: 80 }] }'),
    backends,
    canary: canaryRules,
    application: labelText("web"),
    labels: labelsBeside({ [meshLabels.application]: "application" }),
    annotations,
    cluster: clusterRules,
  },
  short,
);

/** A host name that the Gateway's listeners do not take, or that its certificate is not good for. */
export function unservedViolation(
  at: string,
  got: string,
  what: "listeners" | "certificate",
  served: string[],
): Violation {
  return what === "listeners"
    ? {
        path: at,
        got,
        rule: `the gateway listens for ${served.join(", ")} only`,
        fix: `gateway: { hostnames: ["${got}"] }`,
      }
    : {
        path: at,
        got,
        rule: `the gateway's certificate is for ${served.join(", ")} only`,
        fix: `gateway: { certificate: { dnsNames: ["${got}"] } }`,
      };
}
