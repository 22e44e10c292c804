// What a TrafficPolicy may be given: each wrong case names the setting, the value, the rule and the fix.
import { trafficPolicyRules } from "../../components/traffic/rules";
import { checkCases, WrongCase } from "./cases";

const waypoint = { name: "waypoint", namespace: "shop" };
const wrong: WrongCase[] = [
  [
    { namespace: "shop", service: "web", retries: { attempts: 2 } },
    "`waypoint`: missing; must be the waypoint that enforces the policy: ztunnel handles connections, not " +
      "requests; write `waypoint: waypoint.reference`",
  ],
  [
    { namespace: "shop", service: "web", waypoint: {}, retries: { attempts: 2 } },
    '`waypoint.name`: missing; must be the name of the waypoint; write `name: "waypoint"`',
    '`waypoint.namespace`: missing; must be the namespace of the waypoint; write `namespace: "shop"`',
  ],
  [
    { namespace: "shop", service: "web", waypoint },
    "`retries`: missing; must have one of `retries`, `timeout`, `connectionPool`, `outlierDetection`, `fault` " +
      "and `routes`; write `retries: { attempts: 2 }`",
  ],
  [
    { namespace: "shop", waypoint, retries: { attempts: 2 } },
    '`service`: missing; must be the name of a Service; write `service: "web"`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: {} },
    "`retries.attempts`: missing; must be the number of retries; 0 disables them; write `attempts: 2`",
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 0, perTryTimeout: "1s" } },
    '`retries.attempts`: got "0"; must be above 0 to set `perTryTimeout` or `retryOn`; write `attempts: 2`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2, perTryTimeout: "2s" }, timeout: "1s" },
    '`retries.perTryTimeout`: got "2s"; must not be longer than the timeout of the whole request, which is 1s; ' +
      'write `perTryTimeout: "1s"`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, timeout: 10 },
    '`timeout`: got "10"; must be a duration of at least 1ms, such as "10s"; write `timeout: "10s"`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, connectionPool: {} },
    '`connectionPool`: got "{}"; must have a limit; write `maxConnections: 100`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, connectionPool: { maxConnections: 0 } },
    '`connectionPool.maxConnections`: got "0"; must be a whole number from 1 to 2147483647; write ' +
      "`maxConnections: 100`",
  ],
  [
    {
      namespace: "shop",
      service: "web",
      waypoint,
      retries: { attempts: 2 },
      outlierDetection: { maxEjectionPercent: 0 },
    },
    '`outlierDetection.maxEjectionPercent`: got "0"; must be a whole number from 1 to 100; write ' +
      "`maxEjectionPercent: 10`",
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, fault: {} },
    '`fault`: got "{}"; must have `delay`, `abort` or both; write `delay: { duration: "2s", percent: 10 }`',
  ],
  [
    {
      namespace: "shop",
      service: "web",
      waypoint,
      retries: { attempts: 2 },
      fault: { abort: { status: 99, percent: 1 } },
    },
    '`fault.abort.status`: got "99"; must be a whole number from 200 to 599; write `status: 503`',
  ],
  [
    {
      namespace: "shop",
      service: "web",
      waypoint,
      retries: { attempts: 2 },
      fault: { delay: { duration: "1s", percent: 101 } },
    },
    '`fault.delay.percent`: got "101"; must be a number from 0 to 100; write `percent: 100`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, fault: { delay: { duration: "1s" } } },
    "`fault.delay.percent`: missing; must be the percentage of requests that get the fault; write `percent: 10`",
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, routes: [{ to: [] }] },
    '`routes[0].to`: got "[]"; must not be empty; write `to: [{ version: "v2" }]`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, routes: [{ to: [{ version: "v2" }] }] },
    '`routes[0].to[0].version`: got "v2"; must be a name in `versions`; write `versions: [{ name: "v2", ' +
      'labels: { version: "v2" } }]`',
  ],
  [
    {
      namespace: "shop",
      service: "web",
      waypoint,
      retries: { attempts: 2 },
      versions: [
        { name: "v1", labels: { v: "1" } },
        { name: "v1", labels: { v: "2" } },
      ],
    },
    '`versions[1].name`: got "v1"; must differ from the names of the other versions; write `name: "v1-2"`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, versions: [{ name: "v1", labels: {} }] },
    '`versions[0].labels`: got "{}"; must have a label; without one every pod of the Service is meant; write ' +
      '`labels: { version: "v2" }`',
  ],
  [
    {
      namespace: "shop",
      service: "web",
      waypoint,
      retries: { attempts: 2 },
      versions: [{ name: "v1", labels: { v: "1" } }],
      routes: [{ to: [{ version: "v1", service: "x" }] }],
    },
    `\`routes[0].to[0].service\`: got "x"; must not be set next to \`version\`: versions belong to the policy's ` +
      "own Service; remove `service`",
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, routes: [{ to: [{ weight: 0 }] }] },
    '`routes[0].to`: got "0"; must have a weight above 0, or no request is answered; write `weight: 1`',
  ],
  [
    {
      namespace: "shop",
      service: "web",
      waypoint,
      retries: { attempts: 2 },
      routes: [{ to: [{}] }, { to: [{ service: "x" }] }],
    },
    "`routes[1].headers`: missing; must have `headers`: another route without headers takes all requests " +
      'already; write `headers: { "x-version": "2" }`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, retry: 3 },
    '`retry`: got "3"; there is no such argument; write `retries: { attempts: 3 }`',
  ],
];

const right: object[] = [
  { namespace: "shop", service: "web", waypoint: { name: "w", namespace: "infra" }, retries: { attempts: 0 } },
  {
    namespace: "shop",
    service: "web",
    waypoint: { name: "w", namespace: "infra", serviceAccount: "w" },
    fault: { abort: { status: 503, percent: 0.1 } },
    versions: [{ name: "v2", labels: { version: "v2" } }],
    routes: [
      { headers: { "x-beta": "yes" }, to: [{ version: "v2" }] },
      { to: [{ weight: 9 }, { service: "web-next", port: 8080, weight: 1 }] },
    ],
  },
];

checkCases("TrafficPolicy", trafficPolicyRules, wrong, right);
