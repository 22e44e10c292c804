// Rows of the verdict table for traffic objects of hosts that are no Service of the namespace.
import { istio, type Row } from "./verdict-rows";

const away = (host: string, what: string) =>
  `ambient callers go straight to ${host}, without ${what}, past an egress gateway too: it is no Service of this namespace, ` +
  "whose waypoint sees no request to it";

export const hostsAway: [string, string, string, object, Row][] = [
  [
    istio,
    "VirtualService",
    "elsewhere",
    { hosts: ["web.other.svc.cluster.local"] },
    ["loses", away("web.other.svc.cluster.local", "its routes")],
  ],
  [
    istio,
    "VirtualService",
    "external",
    { hosts: ["api.example.com"] },
    ["loses", away("api.example.com", "its routes")],
  ],
  [
    istio,
    "VirtualService",
    "also-external",
    { hosts: ["web", "api.example.com"] },
    [
      "needs-waypoint",
      `ztunnel does not route by HTTP; VirtualService is alpha on waypoints; ${away("api.example.com", "its routes")}`,
    ],
  ],
  [
    istio,
    "DestinationRule",
    "elsewhere",
    { host: "web.other.svc.cluster.local", trafficPolicy: { connectionPool: {} } },
    ["loses", away("web.other.svc.cluster.local", "its traffic policy")],
  ],
];
