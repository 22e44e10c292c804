// What a Waypoint may be given: each wrong case names the setting, the value, the rule and the fix.
import { waypointRules } from "../../components/waypoint/rules";
import { checkCases, WrongCase } from "./cases";

const wrong: WrongCase[] = [
  [
    { namespace: "shop" },
    "`for`: missing; must name the namespaces and Services that use the waypoint; write `for: [{ namespace: " +
      '"shop" }]`',
  ],
  [{ namespace: "shop", for: [] }, '`for`: got "[]"; must not be empty; write `for: [{ namespace: "shop" }]`'],
  [
    { for: [{ namespace: "shop" }] },
    '`namespace`: missing; must be the namespace of the waypoint; write `namespace: "shop"`',
  ],
  [
    { namespace: "shop", for: [{ namespace: "shop" }], waypointFor: "namespace" },
    '`waypointFor`: got "namespace"; must not be `namespace`, which Istio ignores; the waypoint of a whole ' +
      'namespace is one for `service`; write `waypointFor: "service"`',
  ],
  [
    { namespace: "shop", for: [{ namespace: "shop" }], waypointFor: "pods" },
    '`waypointFor`: got "pods"; must be one of "service", "workload", "all"; write `waypointFor: "all"`',
  ],
  [
    { namespace: "shop", for: [{ namespace: "shop" }], name: "namespace" },
    '`name`: got "namespace"; must be the name of a waypoint, which `namespace` is not; write `name: "waypoint"`',
  ],
  [
    { namespace: "shop", for: [{ namespace: "shop", service: "web" }], waypointFor: "workload" },
    '`for[0].service`: got "web"; must not be set with `waypointFor: "workload"`, which takes no requests to ' +
      'Services; write `waypointFor: "all"`',
  ],
  [
    { namespace: "shop", for: [{ service: "web" }] },
    '`for[0].namespace`: missing; must be a namespace that uses the waypoint; write `namespace: "shop"`',
  ],
  [
    { namespace: "shop", for: [{ namespace: "shop" }], replicas: 0 },
    '`replicas`: got "0"; must be a whole number from 1 to 100; write `replicas: 1`',
  ],
  [
    { namespace: "shop", for: [{ namespace: "shop" }], memory: "64" },
    '`memory`: got "64"; must be at least 1Mi, or no pod can start; write `memory: "64Mi"`',
  ],
  [
    { namespace: "shop", for: [{ namespace: "shop" }], users: [] },
    '`users`: got "[]"; there is no such argument; write `for: [{ namespace: "shop" }]`',
  ],
  [
    { namespace: "shop", for: [{ namespaces: "shop" }, "pay"] },
    '`for[0].namespaces`: got "shop"; there is no such argument; write `namespace: "shop"`',
    '`for[1]`: got "pay"; must be an object; write `for: [{ namespace: "pay" }]`',
  ],
];

const right: object[] = [
  { namespace: "shop", for: [{ namespace: "shop" }, { namespace: "pay", service: "api", ingress: false }] },
  { namespace: "shop", for: [{ namespace: "shop" }], waypointFor: "workload", replicas: 2, cpu: "1", memory: "1Gi" },
];

checkCases("Waypoint", waypointRules, wrong, right);
