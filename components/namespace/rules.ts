// What an AmbientNamespace may be given.
import { below, first, flag, object, ObjectRule, oneOf, Rule, Together, value } from "../../lib/validation/rules";
import { dnsLabel, labelText } from "../../lib/validation/formats";
import { labelsBeside } from "../../lib/validation/metadata";
import { meshLabels } from "../../lib/istio/labels";
import { clusterRules } from "../../lib/validation/cluster";

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

/** The setting for each label that has one. */
export const labelSettings: Record<string, string> = {
  [meshLabels.dataplaneMode]: "dataplaneMode",
  [meshLabels.useWaypoint]: "useWaypoint",
  [meshLabels.useWaypointNamespace]: "useWaypointNamespace",
  [meshLabels.ingressUseWaypoint]: "ingressUseWaypoint",
  [meshLabels.stack]: "stack",
  [meshLabels.app]: "app",
};

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
    stack: labelText("shop"),
    app: labelText("web"),
    labels: labelsBeside(labelSettings),
    allowSystemNamespace: flag,
    cluster: clusterRules,
  },
  noSidecars,
  waypointOfNamespace,
  strictInside,
  noSystem,
);
