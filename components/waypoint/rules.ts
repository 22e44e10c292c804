// What a Waypoint may be given, and how others refer to one.
import { object, ObjectRule, objectWithSynonyms, Together } from "../../lib/validation/object";
import { below, filledList, first, flag, oneOf, required, Rule, value, whole } from "../../lib/validation/rules";
import { cpu, dnsLabel, dnsSubdomain, memory } from "../../lib/validation/formats";
import { clusterRules } from "../support/rules";
import { WaypointFor } from "../../lib/validation/closed-sets";
import { meshLabels } from "../../lib/istio/labels";
import { annotations, labelsBeside } from "../../lib/validation/metadata";
import { waypointName } from "../namespace/rules";
import type { WaypointArgs, WaypointReferenceArgs, WaypointUserArgs } from "./args";

const waypointFor: Rule = first(
  value(
    (got) => got !== "namespace",
    "must not be `namespace`, which Istio ignores; the waypoint of a whole namespace is one for `service`",
    '"service"',
  ),
  oneOf(Object.values(WaypointFor)),
);

const user = objectWithSynonyms<WaypointUserArgs>(
  {
    namespace: required(dnsLabel("shop"), "must be a namespace that uses the waypoint", '"shop"'),
    service: dnsLabel("web"),
    ingress: flag,
  },
  { services: "service", name: "service", ingressUseWaypoint: "ingress" },
);

const servicesNeedService: Together<WaypointArgs> = (given, path) =>
  given["waypointFor"] !== "workload" || !Array.isArray(given["for"])
    ? []
    : (given["for"] as Record<string, unknown>[])
        .map((each, index) => ({ each, at: below(path, `for[${index}].service`) }))
        .filter(({ each }) => each?.["service"] !== undefined)
        .map(({ each, at }) => ({
          path: at,
          got: each["service"],
          rule: 'must not be set with `waypointFor: "workload"`, which takes no requests to Services',
          fix: 'waypointFor: "all"',
        }));

/** Rules for WaypointArgs. */
export const waypointRules: ObjectRule = objectWithSynonyms<WaypointArgs>(
  {
    name: waypointName,
    namespace: required(dnsLabel("shop"), "must be the namespace of the waypoint", '"shop"'),
    waypointFor,
    for: required(
      filledList(user, '{ namespace: "shop" }'),
      "must name the namespaces and Services that use the waypoint",
      '[{ namespace: "shop" }]',
    ),
    replicas: whole(1, 100, 1),
    cpu,
    memory,
    labels: labelsBeside({ [meshLabels.waypointFor]: "waypointFor" }),
    annotations,
    cluster: clusterRules,
  },
  {
    users: "for",
    useWaypoint: "for",
    serviceName: { write: 'for: [{ namespace: "shop", service: "web" }]', example: '"web"' },
    ingressUseWaypoint: { write: 'for: [{ namespace: "shop", ingress: false }]' },
    replicaCount: "replicas",
    limits: { write: 'cpu: "50m", memory: "64Mi"' },
    requests: { write: 'cpu: "50m", memory: "64Mi"' },
    targets: "for",
    serves: "for",
    services: { write: 'for: [{ namespace: "shop", service: "web" }]' },
    service: { write: 'for: [{ namespace: "shop", service: "web" }]', example: '"web"' },
    namespaces: { write: 'for: [{ namespace: "shop" }]' },
    type: "waypointFor",
    trafficType: "waypointFor",
    resources: { write: 'cpu: "50m", memory: "64Mi"' },
  },
  servicesNeedService,
);

/** Rules for a reference to a waypoint. */
export const waypointReference: ObjectRule = object<WaypointReferenceArgs>({
  name: required(waypointName, "must be the name of the waypoint", '"waypoint"'),
  namespace: required(dnsLabel("shop"), "must be the namespace of the waypoint", '"shop"'),
  serviceAccount: dnsSubdomain("waypoint"),
});
