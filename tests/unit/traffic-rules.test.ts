// What a TrafficPolicy may be given: each wrong case names the setting, the value, the rule and the fix.
import { trafficPolicyRules } from "../../components/traffic/rules";
import { checkCases, WrongCase } from "./cases";

const waypoint = { name: "waypoint", namespace: "shop" };
const wrong: WrongCase[] = [
  [
    { namespace: "shop", service: "web", retries: { attempts: 2 } },
    '`waypoint`: got ""; without a waypoint nothing carries the policy out: ztunnel knows connections, not requests; write `waypoint: waypoint.reference`',
  ],
  [
    { namespace: "shop", service: "web", waypoint: {}, retries: { attempts: 2 } },
    '`waypoint.name`: got ""; a waypoint is named; write `name: "waypoint"`',
    '`waypoint.namespace`: got ""; a waypoint lives in a namespace; write `namespace: "shop"`',
  ],
  [
    { namespace: "shop", service: "web", waypoint },
    '`retries`: got ""; a policy changes something; write `retries: { attempts: 2 }`',
  ],
  [
    { namespace: "shop", waypoint, retries: { attempts: 2 } },
    '`service`: got ""; a policy is about one Service; write `service: "web"`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: {} },
    '`retries.attempts`: got ""; retries have a number; 0 turns them off; write `attempts: 2`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 0, perTryTimeout: "1s" } },
    '`retries.attempts`: got "0"; 0 tries are no retries to be shaped; write `attempts: 2`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2, perTryTimeout: "2s" }, timeout: "1s" },
    '`retries.perTryTimeout`: got "2s"; a try cannot take longer than the whole request, which may take 1s; write `perTryTimeout: "1s"`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, timeout: 10 },
    '`timeout`: got "10"; it is a duration of at least 1ms, in hours, minutes and seconds; write `timeout: "10s"`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, connectionPool: {} },
    '`connectionPool`: got "{}"; a connection pool has a limit, or it limits nothing; write `maxConnections: 100`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, connectionPool: { maxConnections: 0 } },
    '`connectionPool.maxConnections`: got "0"; a number of connections is a whole number from 1 to 2147483647; write `maxConnections: 100`',
  ],
  [
    {
      namespace: "shop",
      service: "web",
      waypoint,
      retries: { attempts: 2 },
      outlierDetection: { maxEjectionPercent: 0 },
    },
    '`outlierDetection.maxEjectionPercent`: got "0"; a percentage is a whole number from 1 to 100; write `maxEjectionPercent: 10`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, fault: {} },
    '`fault`: got "{}"; a fault is a delay, an abort or both; write `delay: { duration: "2s", percent: 10 }`',
  ],
  [
    {
      namespace: "shop",
      service: "web",
      waypoint,
      retries: { attempts: 2 },
      fault: { abort: { status: 99, percent: 1 } },
    },
    '`fault.abort.status`: got "99"; a status is a whole number from 200 to 599; write `status: 503`',
  ],
  [
    {
      namespace: "shop",
      service: "web",
      waypoint,
      retries: { attempts: 2 },
      fault: { delay: { duration: "1s", percent: 101 } },
    },
    '`fault.delay.percent`: got "101"; a percentage is a number from 0 to 100; write `percent: 100`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, fault: { delay: { duration: "1s" } } },
    '`fault.delay.percent`: got ""; a fault says how many percent of the requests it hits; write `percent: 10`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, routes: [{ to: [] }] },
    '`routes[0].to`: got "[]"; an empty list says nothing; write `to: [{ version: "v2" }]`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, routes: [{ to: [{ version: "v2" }] }] },
    '`routes[0].to[0].version`: got "v2"; no version of that name is in `versions`; write `versions: [{ name: "v2", labels: { version: "v2" } }]`',
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
    '`versions[1].name`: got "v1"; versions have different names; write `name: "v1-2"`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, versions: [{ name: "v1", labels: {} }] },
    '`versions[0].labels`: got "{}"; without labels a version is the whole Service; write `labels: { version: "v2" }`',
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
    '`routes[0].to[0].service`: got "x"; a version is one of this Service, so another Service has none; write `service: undefined`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, routes: [{ to: [{ weight: 0 }] }] },
    '`routes[0].to`: got "0"; weights that add up to 0 send requests nowhere; write `weight: 1`',
  ],
  [
    {
      namespace: "shop",
      service: "web",
      waypoint,
      retries: { attempts: 2 },
      routes: [{ to: [{}] }, { to: [{ service: "x" }] }],
    },
    '`routes[1]`: got "every request"; only one route is for the requests that no headers choose, or the second would get none; write `headers: { "x-version": "2" }`',
  ],
  [
    { namespace: "shop", service: "web", waypoint, retries: { attempts: 2 }, retry: 3 },
    '`retry`: got "3"; there is no such setting; write `retries: { attempts: 3 }`',
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
