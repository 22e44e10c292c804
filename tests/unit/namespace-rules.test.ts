// What an AmbientNamespace may be given: each wrong case names the setting, the value, the rule and the fix.
import { ambientNamespaceRules } from "../../components/namespace/rules";
import { checkCases, WrongCase } from "./cases";

const wrong: WrongCase[] = [
  [
    { name: "Shop" },
    '`name`: got "Shop"; must be 1 to 63 lowercase letters, digits or hyphens, and must begin and end with a ' +
      'letter or digit; write `name: "shop"`',
  ],
  [
    { dataplaneMode: "sidecar" },
    '`dataplaneMode`: got "sidecar"; must be one of "ambient", "none"; write `dataplaneMode: "none"`',
  ],
  [{ mtls: "STRICT" }, '`mtls`: got "STRICT"; must be one of "permissive", "strict"; write `mtls: "strict"`'],
  [
    { useWaypoint: "namespace" },
    '`useWaypoint`: got "namespace"; must be the name of a waypoint, which `namespace` is not; write ' +
      '`useWaypoint: "waypoint"`',
  ],
  [
    { useWaypointNamespace: "infra" },
    '`useWaypointNamespace`: got "infra"; must come with `useWaypoint`; write `useWaypoint: "waypoint"`',
  ],
  [
    { labels: { "istio-injection": "enabled" } },
    '`labels["istio-injection"]`: got "enabled"; must not be set in an ambient namespace: ztunnel never ' +
      'captures a pod with a sidecar; write `dataplaneMode: "none"`',
  ],
  [
    { labels: { "istio.io/rev": "stable" } },
    '`labels["istio.io/rev"]`: got "stable"; must not be set in an ambient namespace: ztunnel never captures a ' +
      'pod with a sidecar; write `dataplaneMode: "none"`',
  ],
  [
    { labels: { "istio.io/dataplane-mode": "none" } },
    '`labels["istio.io/dataplane-mode"]`: got "none"; must be set by its own argument; write `dataplaneMode: "none"`',
  ],
  [
    { labels: { "hostk8s.stack": "shop" } },
    '`labels["hostk8s.stack"]`: got "shop"; must be set by its own argument; write `stack: "shop"`',
  ],
  [
    { name: "kube-system" },
    `\`name\`: got "kube-system"; must not be a system namespace: enrolling one can break the cluster's own ` +
      "networking; write `allowSystemNamespace: true`",
  ],
  [
    { name: "istio-system" },
    `\`name\`: got "istio-system"; must not be a system namespace: enrolling one can break the cluster's own ` +
      "networking; write `allowSystemNamespace: true`",
  ],
  [
    { dataplaneMode: "none", mtls: "strict" },
    '`mtls`: got "strict"; has no effect in a namespace outside the mesh; write `dataplaneMode: "ambient"`',
  ],
  [{ adopt: "yes" }, '`adopt`: got "yes"; must be true or false, without quotes; write `adopt: true`'],
  [
    { stack: "my stack" },
    '`stack`: got "my stack"; must be a label value: 1 to 63 letters, digits, `-`, `_` or `.`; write `stack: "shop"`',
  ],
  [
    { ingressUseWaypoint: "true" },
    '`ingressUseWaypoint`: got "true"; must be true or false, without quotes; write `ingressUseWaypoint: true`',
  ],
  [{ mlts: "strict" }, '`mlts`: got "strict"; there is no such argument; write `mtls: "strict"`'],
  [
    { labels: { "my team": "shop", size: 1, "istio-injection": "enabled", "hostk8s.app": "web" } },
    '`labels["size"]`: got "1"; must be a label value: at most 63 letters, digits, `-`, `_` or `.`; write ' +
      '`"size": "1"`',
    '`labels["my team"]`: got "my team"; must be a label key: letters, digits, `-`, `_` or `.`, after an ' +
      'optional prefix and a slash; write `"example.com/team": "shop"`',
    '`labels["hostk8s.app"]`: got "web"; must be set by its own argument; write `app: "web"`',
    '`labels["istio-injection"]`: got "enabled"; must not be set in an ambient namespace: ztunnel never ' +
      'captures a pod with a sidecar; write `dataplaneMode: "none"`',
  ],
];

const right: object[] = [
  {},
  { name: "kube-tools", allowSystemNamespace: true },
  { name: "istio-demo" },
  { name: "openshiftteam" },
  { dataplaneMode: "none", labels: { "istio-injection": "enabled" } },
  { labels: { "istio-injection": "disabled", team: "checkout" }, mtls: "strict" },
  { useWaypoint: "none" },
  { useWaypoint: "waypoint", useWaypointNamespace: "infra", ingressUseWaypoint: true, stack: "shop", app: "web" },
];

checkCases("AmbientNamespace", ambientNamespaceRules, wrong, right);
