// What an HttpRoute may be given.
import { FieldRules, object, ObjectRule, objectWithSynonyms, Together } from "../../lib/validation/object";
import {
  below,
  filledList,
  first,
  flag,
  list,
  oneOf,
  required,
  RequiredRule,
  Rule,
  text,
  value,
  whole,
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
import { clusterRules } from "../support/rules";
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
import { ParentKind, RedirectScheme } from "../../lib/validation/closed-sets";
import { textOf, UNKNOWN } from "../../lib/validation/violations";
import { prefixMatched } from "./prefix-rules";
import { routeSynonyms, ruleSynonyms } from "./synonyms";
import type { GatewayHostPortsArgs, GatewayListenerArgs } from "../gateway/args";
import type { HttpRouteArgs, RouteParentArgs } from "./args";
import type {
  CanaryArgs,
  CorsArgs,
  HeaderChangesArgs,
  MirrorArgs,
  RedirectArgs,
  RewriteArgs,
  RouteBackendArgs,
  RouteMatchArgs,
  RouteRetriesArgs,
  RouteRuleArgs,
  RouteTimeoutsArgs,
  RouteVersionArgs,
} from "./rule-args";

const namespace = dnsLabel("shop");
const service = required(dnsLabel("web"), "must be the name of a Service", '"web"');
const servicePort = required(port(80), "must be a port of the Service", "80");
const weight = whole(0, 1_000_000, (got) => (typeof got === "number" && got > 1_000_000 ? "1000000" : "0"));

const versionSynonyms = { name: "service", serviceName: "service", servicePort: "port", host: "service" } as const;
const version = objectWithSynonyms<RouteVersionArgs>({ service, port: servicePort, namespace }, versionSynonyms);
const versionRequired = (field: string): RequiredRule =>
  required(
    version,
    "must be a Service: a canary has two, `stable` and `candidate`",
    `{ service: "web-${field}", port: 80 }`,
  );

const sameVersion: Together<CanaryArgs> = (canary, at) => {
  const { stable, candidate } = canary as { stable?: Record<string, unknown>; candidate?: Record<string, unknown> };
  const same = ["service", "port", "namespace"].every(
    (field) => stable?.[field] !== UNKNOWN && stable?.[field] === candidate?.[field],
  );
  return same && stable?.["service"] !== undefined
    ? [
        {
          path: below(at, "candidate.service"),
          got: stable["service"],
          rule: "must differ from `stable`",
          fix: `service: "${textOf(stable["service"])}-next"`,
        },
      ]
    : [];
};

/** Rules for a canary. */
export const canaryRules: ObjectRule = objectWithSynonyms<CanaryArgs>(
  {
    stable: versionRequired("stable"),
    candidate: versionRequired("candidate"),
    percent: required(
      whole(0, 100, (got) => (typeof got === "number" && got > 100 ? "100" : "10")),
      "must be the percentage of requests that `candidate` gets",
      "10",
    ),
  },
  {
    weight: "percent",
    percentage: "percent",
    canary: "candidate",
    next: "candidate",
    current: "stable",
    primary: "stable",
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
          rule: "must have a weight above 0, or no request is answered",
          fix: "weight: 1",
        },
      ]
    : [];
};

const backends: Rule = first(
  filledList(
    objectWithSynonyms<RouteBackendArgs>(
      { service, port: servicePort, namespace, weight },
      { ...versionSynonyms, percent: "weight", share: "weight" },
    ),
    '{ service: "web", port: 80 }',
  ),
  weighted,
);

/** At most one of several fields. */
export function onlyOne<Args>(fields: (keyof Args & string)[], rule: string): Together<Args> {
  return (given, at) => {
    const present = fields.filter((field) => given[field] !== undefined);
    return present.slice(1).map((field) => ({
      path: below(at, field),
      got: given[field],
      rule,
      fix: { remove: field },
    }));
  };
}

const onePath = onlyOne<RouteMatchArgs>(
  ["exact", "prefix", "regex"],
  "must not be set next to another path: a match has one of exact, prefix and regex",
);

const matches = filledList(
  objectWithSynonyms<RouteMatchArgs>(
    { prefix: path, exact: path, regex, method, headers: headerValues, query: headerValues },
    { path: "prefix", pathPrefix: "prefix", methods: "method", queryParams: "query", params: "query" },
    onePath,
  ),
  '{ prefix: "/" }',
);

const changes = object<HeaderChangesArgs>({ set: headerValues, add: headerValues, remove: headerNames });

const oneNewPath = onlyOne<{ path?: unknown; prefix?: unknown }>(
  ["path", "prefix"],
  "must not be set together with `path`",
);

const exactHost = first(
  hostname,
  value(
    (got) => !textOf(got).startsWith("*"),
    "must be one hostname, without a wildcard",
    (got) => `"www${textOf(got).slice(1)}"`,
  ),
);

const redirect = objectWithSynonyms<RedirectArgs>(
  {
    scheme: oneOf(Object.values(RedirectScheme)),
    hostname: exactHost,
    port: port(8444),
    path,
    prefix: path,
    status: oneOfNumbers([301, 302, 303, 307, 308]),
  },
  {
    host: "hostname",
    code: "status",
    statusCode: "status",
    httpsRedirect: { write: 'scheme: "https"' },
    protocol: "scheme",
  },
  oneNewPath,
  (given, at, unknown) =>
    Object.keys(given).length + unknown.length === 0
      ? [{ path: at, got: {}, rule: "must change something, or it is a redirect loop", fix: 'scheme: "https"' }]
      : [],
);

function oneOfNumbers(numbers: number[]): Rule {
  return value((got) => numbers.includes(got as number), `must be one of ${numbers.join(", ")}`, String(numbers[0]));
}

const origin = text(
  /^(\*|https?:\/\/(\*\.)?[a-z0-9.-]+(:\d+)?)$/,
  "must be an origin: a scheme and a host, without a path",
  (got) =>
    `"https://${textOf(got)
      .replace(/^[a-z]+:\/\//i, "")
      .replace(/[/?#].*$/, "")
      .toLowerCase()}"`,
);

const timeouts = object<RouteTimeoutsArgs>({ request: httpDuration, backendRequest: httpDuration }, (given, at) => {
  const [request, backend] = [given["request"], given["backendRequest"]].map((each) => parseDuration(textOf(each)));
  return request !== undefined && backend !== undefined && backend > request
    ? [
        {
          path: below(at, "backendRequest"),
          got: given["backendRequest"],
          rule: `must not be longer than the timeout of the whole request, which is ${textOf(given["request"])}`,
          fix: `backendRequest: "${textOf(given["request"])}"`,
        },
      ]
    : [];
});

const answers = ["backends", "canary", "redirect"] as const;

const target: Together<RouteRuleArgs> = (given, at, unknown) => {
  const rule = "must have `backends`, `canary` or `redirect`: without one every request is answered with 500";
  return answers.every((field) => given[field] === undefined)
    ? [{ path: below(at, "backends"), got: undefined, rule, fix: 'backends: [{ service: "web", port: 80 }]' }]
    : onlyOne<RouteRuleArgs>([...answers], "must be the only one of `backends`, `canary` and `redirect`")(
        given,
        at,
        unknown,
      );
};

const answerless: Together<RouteRuleArgs> = (given, at) =>
  given["redirect"] === undefined
    ? []
    : (["rewrite", "mirror", "timeouts", "retries"] as const)
        .filter((field) => given[field] !== undefined)
        .map((field) => ({
          path: below(at, field),
          got: given[field],
          rule: "must not be set next to `redirect`, which the proxy answers without a backend",
          fix: { remove: field },
        }));

const ruleFields: FieldRules<RouteRuleArgs> = {
  matches,
  backends,
  canary: canaryRules,
  redirect,
  rewrite: object<RewriteArgs>({ hostname: exactHost, path, prefix: path }, oneNewPath),
  requestHeaders: changes,
  responseHeaders: changes,
  mirror: objectWithSynonyms<MirrorArgs>(
    {
      backend: required(version, "must be the Service that gets the copies", '{ service: "shadow", port: 80 }'),
      percent: whole(0, 100, 100),
    },
    { service: { write: 'backend: { service: "shadow", port: 80 }' }, percentage: "percent" },
  ),
  cors: objectWithSynonyms<CorsArgs>(
    {
      origins: required(
        filledList(origin, '"https://shop.example.com"'),
        "must be the origins that may call",
        '["https://shop.example.com"]',
      ),
      methods: list(
        first(text(/^[A-Z*]+$/, "must be a method in capitals", (got) => `"${textOf(got).toUpperCase()}"`)),
        '"GET"',
      ),
      headers: headerNames,
      exposeHeaders: headerNames,
      credentials: flag,
      maxAge: whole(1, 86400, 3600),
    },
    {
      allowOrigins: "origins",
      allowMethods: "methods",
      allowHeaders: "headers",
      allowCredentials: "credentials",
      maxAgeSeconds: "maxAge",
    },
  ),
  timeouts,
  retries: objectWithSynonyms<RouteRetriesArgs>(
    {
      attempts: required(whole(1, 100, 2), "must be the number of retries", "2"),
      codes: list(status(400, 599, 503), "503"),
      backoff: httpDuration,
    },
    { count: "attempts", retryOn: "codes", statuses: "codes" },
  ),
};

const rule: Rule = objectWithSynonyms<RouteRuleArgs>(ruleFields, ruleSynonyms, target, prefixMatched, answerless);

const parent = required(
  objectWithSynonyms<RouteParentArgs>(
    {
      kind: oneOf(Object.values(ParentKind)),
      name: required(
        dnsSubdomain("hostk8s-gateway"),
        "must be the name of the Gateway or Service",
        '"hostk8s-gateway"',
      ),
      namespace,
      section: dnsSubdomain("http"),
      port: port(80),
      // What a reference to a gateway tells beside its name: written by a gateway's stack, not by hand.
      listeners: list(
        object<GatewayListenerArgs>({
          name: required(dnsSubdomain("https"), "must be the name of the listener", '"https"'),
          protocol: required(oneOf(["HTTP", "HTTPS"]), "must be the protocol of the listener", '"HTTPS"'),
          port: required(port(443), "must be the port of the listener", "443"),
          hostname,
        }),
        '{ name: "https", protocol: "HTTPS", port: 443 }',
      ),
      hostPorts: object<GatewayHostPortsArgs>({ http: port(8081), https: port(8444) }),
      certificateNames: list(certificateName, '"localhost"'),
      serviceAccount: dnsSubdomain("hostk8s-gateway-istio"),
    },
    {
      sectionName: "section",
      listener: "section",
      gateway: "name",
      service: { write: 'kind: "Service", name: "web"' },
    },
  ),
  "must be the Gateway or Service that the route attaches to; a mesh without a gateway has none",
  "mesh.gateway",
);

const short: Together<HttpRouteArgs> = (given, at, unknown) => {
  const fields = (["backends", "canary"] as const).filter((field) => given[field] !== undefined);
  const rules = given["rules"];
  if (rules === undefined && fields.length === 0) {
    return [
      {
        path: below(at, "backends"),
        got: undefined,
        rule: "must have `backends`, `canary` or `rules`",
        fix: 'backends: [{ service: "web", port: 80 }]',
      },
    ];
  }
  return onlyOne<HttpRouteArgs>(
    ["rules", "canary", "backends"],
    "must be the only one of `rules`, `canary` and `backends`",
  )(given, at, unknown);
};

/** Rules for HttpRouteArgs. */
export const httpRouteRules: ObjectRule = objectWithSynonyms<HttpRouteArgs>(
  {
    name: dnsSubdomain("web"),
    namespace: required(namespace, "must be the namespace of the route", '"shop"'),
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
  routeSynonyms,
  short,
);
