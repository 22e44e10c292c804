// Rows of the verdict table for DestinationRules by which sidecars speak TLS for their applications.
import { istio, type Row } from "./verdict-rows";

const opened = (host: string): Row => [
  "hole",
  `sidecars speak TLS to ${host} for their applications, and ztunnel does not: what these send in plaintext leaves the pod's ` +
    "node in plaintext",
];
const byWaypoint: Row = ["needs-waypoint", "ztunnel speaks no TLS for applications; a waypoint does"];
const byMesh: Row = ["carries-over", "nothing of it is for sidecars alone"];
const bank = "api.bank.example";
const simple = { tls: { mode: "SIMPLE" } };

export const originating: [string, string, string, object, Row][] = [
  [istio, "DestinationRule", "outside", { host: bank, trafficPolicy: simple }, opened(bank)],
  [
    istio,
    "DestinationRule",
    "outside-mutual",
    { host: bank, trafficPolicy: { tls: { mode: "MUTUAL" }, connectionPool: {} } },
    opened(bank),
  ],
  [
    istio,
    "DestinationRule",
    "outside-port",
    {
      host: bank,
      trafficPolicy: { tls: { mode: "DISABLE" }, portLevelSettings: [{ port: { number: 80 }, ...simple }] },
    },
    opened(bank),
  ],
  [
    istio,
    "DestinationRule",
    "outside-subset",
    { host: bank, subsets: [{ name: "v1", trafficPolicy: { portLevelSettings: [simple] } }] },
    opened(bank),
  ],
  [
    istio,
    "DestinationRule",
    "like-a-service",
    { host: "web.shop.example.com", trafficPolicy: simple },
    opened("web.shop.example.com"),
  ],
  [istio, "DestinationRule", "everywhere", { host: "*.local", trafficPolicy: simple }, opened("*.local")],
  [
    istio,
    "DestinationRule",
    "of-some-callers",
    { host: "web", workloadSelector: { matchLabels: { app: "orders" } }, trafficPolicy: simple },
    opened("web"),
  ],
  [istio, "DestinationRule", "inside", { host: "web", trafficPolicy: simple }, byWaypoint],
  [istio, "DestinationRule", "all-inside", { host: "*.shop.svc.cluster.local", trafficPolicy: simple }, byWaypoint],
  [
    istio,
    "DestinationRule",
    "by-files",
    { host: "web", trafficPolicy: { tls: { mode: "MUTUAL", clientCertificate: "/a", privateKey: "/b" } } },
    [
      "loses",
      "ztunnel speaks no TLS for applications, and a waypoint does not have the files of certificates that callers mount",
    ],
  ],
  [
    istio,
    "DestinationRule",
    "of-an-egress-gateway",
    { host: bank, trafficPolicy: { tls: { mode: "SIMPLE", credentialName: "bank" } } },
    byMesh,
  ],
  [istio, "DestinationRule", "default", { host: "*.local", trafficPolicy: { tls: { mode: "ISTIO_MUTUAL" } } }, byMesh],
  [
    istio,
    "DestinationRule",
    "of-others",
    { host: bank, workloadSelector: { matchLabels: { app: "none" } }, trafficPolicy: simple },
    ["carries-over", "it is for no pod that is migrated"],
  ],
  [
    istio,
    "DestinationRule",
    "limits-of-some-callers",
    { host: "web", workloadSelector: { matchLabels: { app: "orders" } }, trafficPolicy: { connectionPool: {} } },
    ["loses", "ztunnel has no traffic policy, and a waypoint takes none that has a workloadSelector"],
  ],
  [
    istio,
    "DestinationRule",
    "limits-of-all",
    { host: "*.shop.svc.cluster.local", trafficPolicy: { connectionPool: {} } },
    ["needs-waypoint", "ztunnel has no connection limits, outlier detection or load balancing by HTTP"],
  ],
];
