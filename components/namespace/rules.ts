// What an AmbientNamespace may be given.
import {
  below,
  every,
  first,
  flag,
  object,
  ObjectRule,
  oneOf,
  Rule,
  text,
  Together,
  value,
} from "../../lib/validation/rules";
import { dnsLabel, labels } from "../../lib/validation/formats";
import { meshLabels } from "../../lib/istio/labels";
import { clusterRules } from "../../lib/validation/cluster";
import { textOf } from "../../lib/validation/violations";

/** Namespaces of Kubernetes and of the mesh itself: enrolling them can cut the cluster off from itself. */
const system = /^(kube-|istio-|openshift)/;

/** The name of a waypoint that something uses. */
export const waypointName: Rule = first(
  dnsLabel("waypoint"),
  value(
    (got) => got !== "namespace",
    "`namespace` is no waypoint: the label names a Gateway, for a whole namespace as for a Service",
    '"waypoint"',
  ),
);

const ownSettings: Record<string, string> = {
  [meshLabels.dataplaneMode]: "dataplaneMode",
  [meshLabels.useWaypoint]: "useWaypoint",
  [meshLabels.useWaypointNamespace]: "useWaypointNamespace",
  [meshLabels.ingressUseWaypoint]: "ingressUseWaypoint",
  [meshLabels.stack]: "stack",
  [meshLabels.app]: "app",
};

const freeLabels: Rule = every(labels, (given, path) =>
  Object.entries(typeof given === "object" && given !== null ? given : {})
    .filter(([key]) => key in ownSettings)
    .map(([key, got]) => ({
      path: `${path}["${key}"]`,
      got,
      rule: "this label has a setting of its own",
      fix: `${ownSettings[key]}: "${textOf(got)}"`,
    })),
);

const noSidecars: Together = (given, path) => {
  const free = typeof given["labels"] === "object" && given["labels"] !== null ? given["labels"] : {};
  return given["dataplaneMode"] === "none"
    ? []
    : Object.entries(free)
        .filter(([key, got]) => key === meshLabels.revision || (key === meshLabels.injection && got !== "disabled"))
        .map(([key, got]) => ({
          path: below(path, `labels["${key}"]`),
          got,
          rule: "a pod with a sidecar is never captured by ztunnel, so sidecars and ambient exclude each other",
          fix: 'dataplaneMode: "none"',
        }));
};

const waypointOfNamespace: Together = (given, path) =>
  given["useWaypointNamespace"] !== undefined && given["useWaypoint"] === undefined
    ? [
        {
          path: below(path, "useWaypointNamespace"),
          got: given["useWaypointNamespace"],
          rule: "the namespace of a waypoint says nothing without its name",
          fix: 'useWaypoint: "waypoint"',
        },
      ]
    : [];

const strictInside: Together = (given, path) =>
  given["mtls"] === "strict" && given["dataplaneMode"] === "none"
    ? [
        {
          path: below(path, "mtls"),
          got: "strict",
          rule: "nothing enforces STRICT in a namespace outside the mesh",
          fix: 'dataplaneMode: "ambient"',
        },
      ]
    : [];

const noSystem: Together = (given, path) =>
  typeof given["name"] === "string" && system.test(given["name"]) && given["allowSystemNamespace"] !== true
    ? [
        {
          path: below(path, "name"),
          got: given["name"],
          rule: "enrolling a system namespace can cut the cluster off from itself, so it has to be said",
          fix: "allowSystemNamespace: true",
        },
      ]
    : [];

/** Rules for AmbientNamespaceArgs. */
export const ambientNamespaceRules: ObjectRule = object(
  {
    name: dnsLabel("shop"),
    adopt: flag,
    dataplaneMode: oneOf(["ambient", "none"]),
    mtls: oneOf(["permissive", "strict"]),
    useWaypoint: waypointName,
    useWaypointNamespace: dnsLabel("infra"),
    ingressUseWaypoint: flag,
    stack: text(
      /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
      "a label's value has 1 to 63 letters, digits and `-_.`",
      '"shop"',
    ),
    app: text(
      /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
      "a label's value has 1 to 63 letters, digits and `-_.`",
      '"web"',
    ),
    labels: freeLabels,
    allowSystemNamespace: flag,
    cluster: clusterRules,
  },
  noSidecars,
  waypointOfNamespace,
  strictInside,
  noSystem,
);
