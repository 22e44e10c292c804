// What a Waypoint may be given: each wrong case names the setting, the value, the rule and the fix.
import { waypointRules } from "../../components/waypoint/rules";
import { checkCases, WrongCase } from "./cases";

const wrong: WrongCase[] = [
  [
    { namespace: "shop" },
    '`for`: got ""; a waypoint that nobody uses has no effect: say whom it serves; write `for: [{ namespace: "shop" }]`',
  ],
  [{ namespace: "shop", for: [] }, '`for`: got "[]"; an empty list says nothing; write `for: [{ namespace: "shop" }]`'],
  [{ for: [{ namespace: "shop" }] }, '`namespace`: got ""; a waypoint lives in a namespace; write `namespace: "shop"`'],
  [
    { namespace: "shop", for: [{ namespace: "shop" }], waypointFor: "namespace" },
    '`waypointFor`: got "namespace"; Istio ignores `namespace` in silence, and the traffic goes round the waypoint: a waypoint for all Services of a namespace is one for `service`; write `waypointFor: "service"`',
  ],
  [
    { namespace: "shop", for: [{ namespace: "shop" }], waypointFor: "pods" },
    '`waypointFor`: got "pods"; it is one of "service", "workload", "all"; write `waypointFor: "all"`',
  ],
  [
    { namespace: "shop", for: [{ namespace: "shop" }], name: "namespace" },
    '`name`: got "namespace"; `namespace` is no waypoint: the label names a Gateway, for a whole namespace as for a Service; write `name: "waypoint"`',
  ],
  [
    { namespace: "shop", for: [{ namespace: "shop", service: "web" }], waypointFor: "workload" },
    '`for[0].service`: got "web"; a waypoint for `workload` takes requests to pods by their own address, and none to Services; write `waypointFor: "all"`',
  ],
  [
    { namespace: "shop", for: [{ service: "web" }] },
    '`for[0].namespace`: got ""; a waypoint serves a namespace, or a Service in one; write `namespace: "shop"`',
  ],
  [
    { namespace: "shop", for: [{ namespace: "shop" }], replicas: 0 },
    '`replicas`: got "0"; a number of waypoint pods is a whole number from 1 to 100; write `replicas: 1`',
  ],
  [
    { namespace: "shop", for: [{ namespace: "shop" }], memory: "64" },
    '`memory`: got "64"; less than 1Mi is no memory that a pod can start with; write `memory: "64Mi"`',
  ],
  [
    { namespace: "shop", for: [{ namespace: "shop" }], users: [] },
    '`users`: got "[]"; there is no such setting, only name, namespace, waypointFor, for, replicas, cpu, memory, labels, annotations, cluster; write `users: undefined`',
  ],
  [
    { namespace: "shop", for: [{ namespaces: "shop" }, "pay"] },
    '`for[0].namespaces`: got "shop"; there is no such setting; write `namespace: "shop"`',
    '`for[1]`: got "pay"; it is an object of settings; write `for: [{ namespace: "pay" }]`',
  ],
];

const right: object[] = [
  { namespace: "shop", for: [{ namespace: "shop" }, { namespace: "pay", service: "api", ingress: false }] },
  { namespace: "shop", for: [{ namespace: "shop" }], waypointFor: "workload", replicas: 2, cpu: "1", memory: "1Gi" },
];

checkCases("Waypoint", waypointRules, wrong, right);
