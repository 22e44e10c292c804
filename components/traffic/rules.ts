// What a TrafficPolicy may be given.
import { object, ObjectRule, objectWithSynonyms, Together } from "../../lib/validation/object";
import { below, filledList, first, required, Rule, text, value, whole } from "../../lib/validation/rules";
import { dnsLabel, labels, parseDuration, port } from "../../lib/validation/formats";
import { headerValues, httpDuration, status } from "../../lib/validation/http-formats";
import { clusterRules } from "../support/rules";
import { annotations } from "../../lib/validation/metadata";
import { waypointReference } from "../waypoint/rules";
import { textOf, UNKNOWN, Violation } from "../../lib/validation/violations";
import type {
  ConnectionPoolArgs,
  FaultAbortArgs,
  FaultArgs,
  FaultDelayArgs,
  OutlierDetectionArgs,
  TrafficDestinationArgs,
  TrafficPolicyArgs,
  TrafficRetriesArgs,
  TrafficRouteArgs,
  TrafficVersionArgs,
} from "./args";

const percent = required(
  value(
    (got) => typeof got === "number" && got >= 0 && got <= 100,
    "must be a number from 0 to 100",
    (got) => (typeof got === "number" && got > 100 ? "100" : "10"),
  ),
  "must be the percentage of requests that get the fault",
  "10",
);

const retries = objectWithSynonyms<TrafficRetriesArgs>(
  {
    attempts: required(whole(0, 100, 2), "must be the number of retries; 0 disables them", "2"),
    perTryTimeout: httpDuration,
    retryOn: filledList(text(/^[a-z0-9-]+$/, "must be a retry condition of Envoy or a status", '"5xx"'), '"5xx"'),
  },
  { count: "attempts", codes: "retryOn", conditions: "retryOn", timeout: "perTryTimeout" },
  (given, path) =>
    given["attempts"] === 0 && (given["perTryTimeout"] !== undefined || given["retryOn"] !== undefined)
      ? [
          {
            path: below(path, "attempts"),
            got: 0,
            rule: "must be above 0 to set `perTryTimeout` or `retryOn`",
            fix: "attempts: 2",
          },
        ]
      : [],
);

const connectionPool = object<ConnectionPoolArgs>(
  {
    maxConnections: whole(1, 2_147_483_647, 100),
    connectTimeout: httpDuration,
    maxPendingRequests: whole(1, 2_147_483_647, 100),
    maxRequests: whole(1, 2_147_483_647, 1000),
    maxRequestsPerConnection: whole(1, 536_870_912, 100),
  },
  notEmpty("must have a limit", "maxConnections: 100"),
);

const outlierDetection = objectWithSynonyms<OutlierDetectionArgs>(
  {
    consecutive5xxErrors: whole(1, 4_294_967_295, 5),
    interval: httpDuration,
    baseEjectionTime: httpDuration,
    maxEjectionPercent: whole(1, 100, 10),
  },
  { consecutiveErrors: "consecutive5xxErrors", ejectionTime: "baseEjectionTime", maxEjected: "maxEjectionPercent" },
  notEmpty("must have a setting", "consecutive5xxErrors: 5"),
);

const fault = object<FaultArgs>(
  {
    delay: objectWithSynonyms<FaultDelayArgs>(
      { duration: required(httpDuration, "must be the length of the delay", '"2s"'), percent },
      { fixedDelay: "duration", time: "duration", percentage: "percent" },
    ),
    abort: objectWithSynonyms<FaultAbortArgs>(
      { status: required(status(200, 599, 503), "must be the status of the response", "503"), percent },
      { httpStatus: "status", code: "status", percentage: "percent" },
    ),
  },
  notEmpty("must have `delay`, `abort` or both", 'delay: { duration: "2s", percent: 10 }'),
);

const versionName = dnsLabel("v2");

const versions = filledList(
  object<TrafficVersionArgs>({
    name: required(versionName, "must be the name that routes use", '"v2"'),
    labels: required(
      first(labels, (given, path) =>
        typeof given === "object" && given !== null && Object.keys(given).length === 0
          ? [
              {
                path,
                got: {},
                rule: "must have a label; without one every pod of the Service is meant",
                fix: 'labels: { version: "v2" }',
              },
            ]
          : [],
      ),
      "must be the labels of the version's pods",
      '{ version: "v2" }',
    ),
  }),
  '{ name: "v2", labels: { version: "v2" } }',
);

const destination = objectWithSynonyms<TrafficDestinationArgs>(
  {
    version: versionName,
    service: dnsLabel("web-next"),
    port: port(80),
    weight: whole(0, 1_000_000, (got) => (typeof got === "number" && got > 0 ? "1000000" : "0")),
  },
  { subset: "version", percent: "weight", share: "weight", host: "service" },
  (given, path) =>
    given["version"] !== undefined && given["service"] !== undefined
      ? [
          {
            path: below(path, "service"),
            got: given["service"],
            rule: "must not be set next to `version`: versions belong to the policy's own Service",
            fix: { remove: "service" },
          },
        ]
      : [],
);

const sharing: Rule = (given, path) => {
  const weights = Array.isArray(given) ? given.map((each) => (each as { weight?: unknown })?.weight ?? 1) : [1];
  return weights.length > 0 && weights.every((each) => each === 0)
    ? [
        {
          path,
          got: weights.join(" + "),
          rule: "must have a weight above 0, or no request is answered",
          fix: "weight: 1",
        },
      ]
    : [];
};

const route = objectWithSynonyms<TrafficRouteArgs>(
  {
    headers: headerValues,
    to: required(
      first(filledList(destination, '{ version: "v2" }'), sharing),
      "must be the versions or Services that share the requests",
      '[{ version: "v2" }]',
    ),
  },
  { destinations: "to", destination: "to", backends: "to", match: "headers", matches: "headers" },
);

function notEmpty(rule: string, fix: string): Together<object> {
  return (given, path, unknown) =>
    Object.keys(given).length + unknown.length === 0 ? [{ path, got: {}, rule, fix }] : [];
}

const something: Together<TrafficPolicyArgs> = (given, path, unknown) =>
  (["retries", "timeout", "connectionPool", "outlierDetection", "fault", "routes"] as const).every(
    (field) => given[field] === undefined && !unknown.includes(field),
  )
    ? [
        {
          path: below(path, "retries"),
          got: undefined,
          rule: "must have one of `retries`, `timeout`, `connectionPool`, `outlierDetection`, `fault` and `routes`",
          fix: "retries: { attempts: 2 }",
        },
      ]
    : [];

/** Every version that a route names is one of `versions`; two of one name would hide each other. */
const namedVersions: Together<TrafficPolicyArgs> = (given, path) => {
  const known = itemsOf(given["versions"]).map((version) => version["name"]);
  const twice = known.flatMap((name, index) =>
    name !== UNKNOWN && known.indexOf(name) < index
      ? [
          {
            path: below(path, `versions[${index}].name`),
            got: name,
            rule: "must differ from the names of the other versions",
            fix: `name: "${textOf(name)}-${index + 1}"`,
          },
        ]
      : [],
  );
  const unknown = itemsOf(given["routes"]).flatMap((each, index) =>
    itemsOf(each["to"]).flatMap((to, at): Violation[] => {
      const named = to["version"];
      return named === undefined || named === UNKNOWN || known.includes(named) || known.includes(UNKNOWN)
        ? []
        : [
            {
              path: below(path, `routes[${index}].to[${at}].version`),
              got: named,
              rule: "must be a name in `versions`",
              fix: `versions: [{ name: "${textOf(named)}", labels: { version: "${textOf(named)}" } }]`,
            },
          ];
    }),
  );
  return [...twice, ...unknown];
};

function itemsOf(given: unknown): Record<string, unknown>[] {
  return Array.isArray(given) ? given.filter((each) => typeof each === "object" && each !== null) : [];
}

const oneRest: Together<TrafficPolicyArgs> = (given, path) => {
  const rest = itemsOf(given["routes"]).flatMap((each, index) =>
    each["headers"] !== UNKNOWN && Object.keys((each["headers"] ?? {}) as object).length === 0 ? [index] : [],
  );
  return rest.slice(1).map((index) => ({
    path: below(path, `routes[${index}].headers`),
    got: undefined,
    rule: "must have `headers`: another route without headers takes all requests already",
    fix: 'headers: { "x-version": "2" }',
  }));
};

const triesInside: Together<TrafficPolicyArgs> = (given, path) => {
  const total = parseDuration(textOf(given["timeout"]));
  const retrying = given["retries"] as Record<string, unknown> | undefined;
  const one = parseDuration(textOf(retrying?.["perTryTimeout"]));
  return total !== undefined && one !== undefined && one > total
    ? [
        {
          path: below(path, "retries.perTryTimeout"),
          got: retrying?.["perTryTimeout"],
          rule: `must not be longer than the timeout of the whole request, which is ${textOf(given["timeout"])}`,
          fix: `perTryTimeout: "${textOf(given["timeout"])}"`,
        },
      ]
    : [];
};

/** Rules for TrafficPolicyArgs. */
export const trafficPolicyRules: ObjectRule = objectWithSynonyms<TrafficPolicyArgs>(
  {
    name: dnsLabel("web"),
    namespace: required(dnsLabel("shop"), "must be the namespace of the Service", '"shop"'),
    service: required(dnsLabel("web"), "must be the name of a Service", '"web"'),
    waypoint: required(
      waypointReference,
      "must be the waypoint that enforces the policy: ztunnel handles connections, not requests",
      "waypoint.reference",
    ),
    retries,
    timeout: httpDuration,
    connectionPool,
    outlierDetection,
    fault,
    versions,
    labels,
    annotations,
    cluster: clusterRules,
    routes: filledList(route, '{ to: [{ version: "v2" }] }'),
  },
  {
    faultInjection: "fault",
    virtualService: "routes",
    destinationRule: { write: "connectionPool: { maxConnections: 100 }" },
    trafficPolicy: { write: "connectionPool: { maxConnections: 100 }" },
    perTryTimeout: { write: 'retries: { attempts: 2, perTryTimeout: "2s" }', example: '"2s"' },
    maxConnections: { write: "connectionPool: { maxConnections: 100 }", example: "100" },
    maxRequests: { write: "connectionPool: { maxRequests: 1000 }", example: "1000" },
    outliers: "outlierDetection",
    headers: { write: 'routes: [{ headers: { "x-version": "2" }, to: [{ service: "web" }] }]' },
    match: { write: 'routes: [{ headers: { "x-version": "2" }, to: [{ service: "web" }] }]' },
    faults: "fault",
    delay: { write: 'fault: { delay: { duration: "2s", percent: 10 } }' },
    abort: { write: "fault: { abort: { status: 503, percent: 1 } }" },
    timeouts: { write: 'timeout: "10s"', example: '"10s"' },
    retry: "retries",
    retryPolicy: "retries",
    attempts: { write: "retries: { attempts: 3 }", example: "3" },
    circuitBreaker: { write: "outlierDetection: { consecutive5xxErrors: 5 }" },
    circuitBreaking: { write: "outlierDetection: { consecutive5xxErrors: 5 }" },
    rateLimit: { write: "connectionPool: { maxRequests: 1000 }" },
    subsets: "versions",
    host: "service",
    hosts: "service",
    services: "service",
    weight: { write: 'routes: [{ to: [{ version: "v1", weight: 90 }, { version: "v2", weight: 10 }] }]' },
    canary: { write: 'routes: [{ to: [{ version: "v1", weight: 90 }, { version: "v2", weight: 10 }] }]' },
    rules: "routes",
    http: "routes",
    gateway: "waypoint",
  },
  something,
  namedVersions,
  oneRest,
  triesInside,
);
