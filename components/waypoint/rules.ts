// What a Waypoint may be given, and how others refer to one.
import {
  below,
  first,
  flag,
  object,
  ObjectRule,
  oneOf,
  required,
  Rule,
  Together,
  UNKNOWN,
  value,
  whole,
  filledList,
} from "../../lib/validation/rules";
import { cpu, dnsLabel, dnsSubdomain, memory } from "../../lib/validation/formats";
import { meshLabels } from "../../lib/istio/labels";
import { clusterRules } from "../../lib/validation/cluster";
import { annotations, labelsBeside } from "../../lib/validation/metadata";
import { waypointName } from "../namespace/rules";

const kinds = ["service", "workload", "all"];

const waypointFor: Rule = first(
  value(
    (got) => got !== "namespace",
    "Istio ignores `namespace` in silence, and the traffic goes round the waypoint: a waypoint for all Services of a " +
      "namespace is one for `service`",
    '"service"',
  ),
  oneOf(kinds),
);

const user = object({
  namespace: required(dnsLabel("shop"), "a waypoint serves a namespace, or a Service in one", '"shop"'),
  service: dnsLabel("web"),
  ingress: flag,
});

const servicesNeedService: Together = (given, path) =>
  given["waypointFor"] !== "workload" || !Array.isArray(given["for"])
    ? []
    : (given["for"] as Record<string, unknown>[])
        .map((each, index) => ({ each, at: below(path, `for[${index}].service`) }))
        .filter(({ each }) => each?.["service"] !== undefined)
        .map(({ each, at }) => ({
          path: at,
          got: each["service"] === UNKNOWN ? "" : each["service"],
          rule: "a waypoint for `workload` takes requests to pods by their own address, and none to Services",
          fix: 'waypointFor: "all"',
        }));

/** Rules for WaypointArgs. */
export const waypointRules: ObjectRule = object(
  {
    name: waypointName,
    namespace: required(dnsLabel("shop"), "a waypoint lives in a namespace", '"shop"'),
    waypointFor,
    for: required(
      filledList(user, '{ namespace: "shop" }'),
      "a waypoint that nobody uses has no effect: say whom it serves",
      '[{ namespace: "shop" }]',
    ),
    replicas: whole(1, 100, "a number of waypoint pods", 1),
    cpu,
    memory,
    labels: labelsBeside({ [meshLabels.waypointFor]: "waypointFor" }),
    annotations,
    cluster: clusterRules,
  },
  servicesNeedService,
);

/** Rules for a reference to a waypoint. */
export const waypointReference: ObjectRule = object({
  name: required(waypointName, "a waypoint is named", '"waypoint"'),
  namespace: required(dnsLabel("shop"), "a waypoint lives in a namespace", '"shop"'),
  serviceAccount: dnsSubdomain("waypoint"),
});
