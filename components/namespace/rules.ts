// What an AmbientNamespace may be given.
import { ObjectRule, objectWithSynonyms, Together } from "../../lib/validation/object";
import { below, first, flag, oneOf, Rule, value } from "../../lib/validation/rules";
import { dnsLabel, labelText } from "../../lib/validation/formats";
import { meshLabels, systemNamespaces } from "../../lib/istio/labels";
import { clusterRules } from "../support/rules";
import { DataplaneMode, MtlsMode } from "../../lib/validation/closed-sets";
import type { AmbientNamespaceArgs } from "./args";
import { labelsBeside } from "../../lib/validation/metadata";

/** The name of a waypoint that something uses. */
export const waypointName: Rule = first(
  dnsLabel("waypoint"),
  value((got) => got !== "namespace", "must be the name of a waypoint, which `namespace` is not", '"waypoint"'),
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

const noSidecars: Together<AmbientNamespaceArgs> = (given, path) => {
  const free = typeof given["labels"] === "object" && given["labels"] !== null ? given["labels"] : {};
  return given["dataplaneMode"] === "none"
    ? []
    : Object.entries(free)
        .filter(([key, got]) => key === meshLabels.revision || (key === meshLabels.injection && got !== "disabled"))
        .map(([key, got]) => ({
          path: below(path, `labels["${key}"]`),
          got,
          rule: "must not be set in an ambient namespace: ztunnel never captures a pod with a sidecar",
          fix: 'dataplaneMode: "none"',
        }));
};

const waypointOfNamespace: Together<AmbientNamespaceArgs> = (given, path, unknown) =>
  given["useWaypointNamespace"] !== undefined && given["useWaypoint"] === undefined && !unknown.includes("useWaypoint")
    ? [
        {
          path: below(path, "useWaypointNamespace"),
          got: given["useWaypointNamespace"],
          rule: "must come with `useWaypoint`",
          fix: 'useWaypoint: "waypoint"',
        },
      ]
    : [];

const strictInside: Together<AmbientNamespaceArgs> = (given, path) =>
  given["mtls"] === "strict" && given["dataplaneMode"] === "none"
    ? [
        {
          path: below(path, "mtls"),
          got: "strict",
          rule: "has no effect in a namespace outside the mesh",
          fix: 'dataplaneMode: "ambient"',
        },
      ]
    : [];

const noSystem: Together<AmbientNamespaceArgs> = (given, path) =>
  typeof given["name"] === "string" && systemNamespaces.test(given["name"]) && given["allowSystemNamespace"] !== true
    ? [
        {
          path: below(path, "name"),
          got: given["name"],
          rule: "must not be a system namespace: enrolling one can break the cluster's own networking",
          fix: "allowSystemNamespace: true",
        },
      ]
    : [];

/** Rules for AmbientNamespaceArgs. */
export const ambientNamespaceRules: ObjectRule = objectWithSynonyms<AmbientNamespaceArgs>(
  {
    name: dnsLabel("shop"),
    adopt: flag,
    dataplaneMode: oneOf(Object.values(DataplaneMode)),
    mtls: oneOf(Object.values(MtlsMode)),
    useWaypoint: waypointName,
    useWaypointNamespace: dnsLabel("infra"),
    ingressUseWaypoint: flag,
    stack: labelText("shop"),
    app: labelText("web"),
    labels: labelsBeside(labelSettings),
    allowSystemNamespace: flag,
    cluster: clusterRules,
  },
  {
    namespace: "name",
    existing: "adopt",
    import: "adopt",
    mode: "dataplaneMode",
    ambient: { write: 'dataplaneMode: "ambient"' },
    enroll: { write: 'dataplaneMode: "ambient"' },
    enabled: { write: 'dataplaneMode: "ambient"' },
    mTLS: "mtls",
    strict: { write: 'mtls: "strict"' },
    strictMtls: { write: 'mtls: "strict"' },
    peerAuthentication: { write: 'mtls: "strict"' },
    waypoint: "useWaypoint",
    existingNamespace: "adopt",
    create: { write: "adopt: true" },
    inject: { write: 'dataplaneMode: "ambient"' },
    injection: { write: 'dataplaneMode: "ambient"' },
    ambientMode: "dataplaneMode",
    tls: "mtls",
    peerAuth: { write: 'mtls: "strict"' },
    ingress: "ingressUseWaypoint",
    hostk8sStack: "stack",
    hostk8sApp: "app",
    allowSystem: "allowSystemNamespace",
    kubeconfig: { write: 'cluster: { kubeconfig: "~/.kube/config" }', example: '"~/.kube/config"' },
    context: { write: 'cluster: { context: "kind-kind" }', example: '"kind-kind"' },
    waypointNamespace: "useWaypointNamespace",
    application: "app",
  },
  noSidecars,
  waypointOfNamespace,
  strictInside,
  noSystem,
);
