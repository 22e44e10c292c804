// What an AmbientNamespace may be given: each wrong case names the setting, the value, the rule and the fix.
import { ambientNamespaceRules } from "../../components/namespace/rules";
import { checkCases, WrongCase } from "./cases";

const wrong: WrongCase[] = [
  [
    { name: "Shop" },
    '`name`: got "Shop"; a name has 1 to 63 lower-case letters, digits and hyphens, and no hyphen at either end; write `name: "shop"`',
  ],
  [
    { dataplaneMode: "sidecar" },
    '`dataplaneMode`: got "sidecar"; it is one of "ambient", "none"; write `dataplaneMode: "none"`',
  ],
  [{ mtls: "STRICT" }, '`mtls`: got "STRICT"; it is one of "permissive", "strict"; write `mtls: "strict"`'],
  [
    { useWaypoint: "namespace" },
    '`useWaypoint`: got "namespace"; `namespace` is no waypoint: the label names a Gateway, for a whole namespace as for a Service; write `useWaypoint: "waypoint"`',
  ],
  [
    { useWaypointNamespace: "infra" },
    '`useWaypointNamespace`: got "infra"; the namespace of a waypoint says nothing without its name; write `useWaypoint: "waypoint"`',
  ],
  [
    { labels: { "istio-injection": "enabled" } },
    '`labels["istio-injection"]`: got "enabled"; a pod with a sidecar is never captured by ztunnel, so sidecars and ambient exclude each other; write `dataplaneMode: "none"`',
  ],
  [
    { labels: { "istio.io/rev": "stable" } },
    '`labels["istio.io/rev"]`: got "stable"; a pod with a sidecar is never captured by ztunnel, so sidecars and ambient exclude each other; write `dataplaneMode: "none"`',
  ],
  [
    { labels: { "istio.io/dataplane-mode": "none" } },
    '`labels["istio.io/dataplane-mode"]`: got "none"; this label has a setting of its own; write `dataplaneMode: "none"`',
  ],
  [
    { labels: { "hostk8s.stack": "shop" } },
    '`labels["hostk8s.stack"]`: got "shop"; this label has a setting of its own; write `stack: "shop"`',
  ],
  [
    { name: "kube-system" },
    '`name`: got "kube-system"; enrolling a system namespace can cut the cluster off from itself, so it has to be said; write `allowSystemNamespace: true`',
  ],
  [
    { name: "istio-system" },
    '`name`: got "istio-system"; enrolling a system namespace can cut the cluster off from itself, so it has to be said; write `allowSystemNamespace: true`',
  ],
  [
    { dataplaneMode: "none", mtls: "strict" },
    '`mtls`: got "strict"; nothing enforces STRICT in a namespace outside the mesh; write `dataplaneMode: "ambient"`',
  ],
  [{ adopt: "yes" }, '`adopt`: got "yes"; it is true or false, without quotes; write `adopt: true`'],
  [
    { stack: "my stack" },
    '`stack`: got "my stack"; a label\'s value has 1 to 63 letters, digits and `-_.`; write `stack: "shop"`',
  ],
  [
    { ingressUseWaypoint: "true" },
    '`ingressUseWaypoint`: got "true"; it is true or false, without quotes; write `ingressUseWaypoint: true`',
  ],
  [
    { mlts: "strict" },
    '`mlts`: got "strict"; there is no such setting, only name, adopt, dataplaneMode, mtls, useWaypoint, useWaypointNamespace, ingressUseWaypoint, stack, app, labels, allowSystemNamespace, cluster; write `mlts: undefined`',
  ],
  [
    { labels: { "my team": "shop", size: 1, "istio-injection": "enabled", "hostk8s.app": "web" } },
    '`labels["size"]`: got "1"; a label\'s value has at most 63 letters, digits and `-_.`; write `"size": "1"`',
    '`labels["my team"]`: got "my team"; a label\'s key has letters, digits and `-_.`, after an optional prefix and a slash; write `"example.com/team": "shop"`',
    '`labels["hostk8s.app"]`: got "web"; this label has a setting of its own; write `app: "web"`',
    '`labels["istio-injection"]`: got "enabled"; a pod with a sidecar is never captured by ztunnel, so sidecars and ambient exclude each other; write `dataplaneMode: "none"`',
  ],
];

const right: object[] = [
  {},
  { name: "kube-tools", allowSystemNamespace: true },
  { dataplaneMode: "none", labels: { "istio-injection": "enabled" } },
  { labels: { "istio-injection": "disabled", team: "checkout" }, mtls: "strict" },
  { useWaypoint: "none" },
  { useWaypoint: "waypoint", useWaypointNamespace: "infra", ingressUseWaypoint: true, stack: "shop", app: "web" },
];

checkCases("AmbientNamespace", ambientNamespaceRules, wrong, right);
