// What a TrafficPolicy may be given.
import {
  below,
  first,
  object,
  ObjectRule,
  required,
  Rule,
  text,
  Together,
  UNKNOWN,
  value,
  whole,
  filledList,
} from "../../lib/validation/rules";
import { dnsLabel, labels, parseDuration, port } from "../../lib/validation/formats";
import { headerValues, httpDuration, status } from "../../lib/validation/http-formats";
import { clusterRules } from "../../lib/validation/cluster";
import { annotations } from "../../lib/validation/metadata";
import { waypointReference } from "../waypoint/rules";
import { Violation, textOf } from "../../lib/validation/violations";

const percent = required(
  value(
    (got) => typeof got === "number" && got >= 0 && got <= 100,
    "a percentage is a number from 0 to 100",
    (got) => (typeof got === "number" && got > 100 ? "100" : "10"),
  ),
  "a fault says how many percent of the requests it hits",
  "10",
);

const retries = object(
  {
    attempts: required(whole(0, 100, "a number of tries", 2), "retries have a number; 0 turns them off", "2"),
    perTryTimeout: httpDuration,
    retryOn: filledList(text(/^[a-z0-9-]+$/, "a reason is one of Envoy's or a status", '"5xx"'), '"5xx"'),
  },
  (given, path) =>
    given["attempts"] === 0 && (given["perTryTimeout"] !== undefined || given["retryOn"] !== undefined)
      ? [{ path: below(path, "attempts"), got: 0, rule: "0 tries are no retries to be shaped", fix: "attempts: 2" }]
      : [],
);

const connectionPool = object(
  {
    maxConnections: whole(1, 2_147_483_647, "a number of connections", 100),
    connectTimeout: httpDuration,
    maxPendingRequests: whole(1, 2_147_483_647, "a number of requests", 100),
    maxRequests: whole(1, 2_147_483_647, "a number of requests", 1000),
    maxRequestsPerConnection: whole(1, 536_870_912, "a number of requests", 100),
  },
  notEmpty("a connection pool has a limit, or it limits nothing", "maxConnections: 100"),
);

const outlierDetection = object(
  {
    consecutive5xxErrors: whole(1, 4_294_967_295, "a number of errors", 5),
    interval: httpDuration,
    baseEjectionTime: httpDuration,
    maxEjectionPercent: whole(1, 100, "a percentage", 10),
  },
  notEmpty("outlier detection counts something", "consecutive5xxErrors: 5"),
);

const fault = object(
  {
    delay: object({ duration: required(httpDuration, "a delay has a length", '"2s"'), percent }),
    abort: object({ status: required(status(200, 599, 503), "an abort has a status", "503"), percent }),
  },
  notEmpty("a fault is a delay, an abort or both", 'delay: { duration: "2s", percent: 10 }'),
);

const versionName = dnsLabel("v2");

const versions = filledList(
  object({
    name: required(versionName, "a version has a name", '"v2"'),
    labels: required(
      first(labels, (given, path) =>
        typeof given === "object" && given !== null && Object.keys(given).length === 0
          ? [{ path, got: {}, rule: "without labels a version is the whole Service", fix: 'labels: { version: "v2" }' }]
          : [],
      ),
      "a version is known by the labels of its pods",
      '{ version: "v2" }',
    ),
  }),
  '{ name: "v2", labels: { version: "v2" } }',
);

const destination = object(
  {
    version: versionName,
    service: dnsLabel("web-next"),
    port: port(80),
    weight: whole(0, 1_000_000, "a weight", (got) => (typeof got === "number" && got > 0 ? "1000000" : "0")),
  },
  (given, path) =>
    given["version"] !== undefined && given["service"] !== undefined
      ? [
          {
            path: below(path, "service"),
            got: given["service"],
            rule: "a version is one of this Service, so another Service has none",
            fix: "service: undefined",
          },
        ]
      : [],
);

const sharing: Rule = (given, path) => {
  const weights = Array.isArray(given) ? given.map((each) => (each as { weight?: unknown })?.weight ?? 1) : [1];
  return weights.length > 0 && weights.every((each) => each === 0)
    ? [{ path, got: weights.join(" + "), rule: "weights that add up to 0 send requests nowhere", fix: "weight: 1" }]
    : [];
};

const route = object({
  headers: headerValues,
  to: required(
    first(filledList(destination, '{ version: "v2" }'), sharing),
    "a route leads somewhere",
    '[{ version: "v2" }]',
  ),
});

function notEmpty(rule: string, fix: string): Together {
  return (given, path) => (Object.keys(given).length === 0 ? [{ path, got: {}, rule, fix }] : []);
}

const something: Together = (given, path) =>
  ["retries", "timeout", "connectionPool", "outlierDetection", "fault", "routes"].every(
    (field) => given[field] === undefined,
  )
    ? [{ path: below(path, "retries"), got: "", rule: "a policy changes something", fix: "retries: { attempts: 2 }" }]
    : [];

/** Every version that a route names is one of `versions`; two of one name would hide each other. */
const namedVersions: Together = (given, path) => {
  const known = itemsOf(given["versions"]).map((version) => version["name"]);
  const twice = known.flatMap((name, index) =>
    name !== UNKNOWN && known.indexOf(name) < index
      ? [
          {
            path: below(path, `versions[${index}].name`),
            got: name,
            rule: "versions have different names",
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
              rule: "no version of that name is in `versions`",
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

const oneRest: Together = (given, path) => {
  const rest = itemsOf(given["routes"]).flatMap((each, index) =>
    each["headers"] === undefined || Object.keys(each["headers"] as object).length === 0 ? [index] : [],
  );
  return rest.slice(1).map((index) => ({
    path: below(path, `routes[${index}]`),
    got: "every request",
    rule: "only one route is for the requests that no headers choose, or the second would get none",
    fix: 'headers: { "x-version": "2" }',
  }));
};

const triesInside: Together = (given, path) => {
  const total = parseDuration(textOf(given["timeout"]));
  const retrying = given["retries"] as Record<string, unknown> | undefined;
  const one = parseDuration(textOf(retrying?.["perTryTimeout"]));
  return total !== undefined && one !== undefined && one > total
    ? [
        {
          path: below(path, "retries.perTryTimeout"),
          got: retrying?.["perTryTimeout"],
          rule: `a try cannot take longer than the whole request, which may take ${textOf(given["timeout"])}`,
          fix: `perTryTimeout: "${textOf(given["timeout"])}"`,
        },
      ]
    : [];
};

/** Rules for TrafficPolicyArgs. */
export const trafficPolicyRules: ObjectRule = object(
  {
    name: dnsLabel("web"),
    namespace: required(dnsLabel("shop"), "a policy lives in the namespace of its Service", '"shop"'),
    service: required(dnsLabel("web"), "a policy is about one Service", '"web"'),
    waypoint: required(
      waypointReference,
      "without a waypoint nothing carries the policy out: ztunnel knows connections, not requests",
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
  something,
  namedVersions,
  oneRest,
  triesInside,
);
