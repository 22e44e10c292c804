// Rows of the verdict table for workloads.
import type { Workload } from "../../../lib/migration/objects";
import { sidecarPod } from "./shop";
import type { Row } from "./verdict-rows";

const outside = { ...sidecarPod, sidecar: false };
const first: Row = ["carries-over", "its pods are replaced, new ones first"];
const after: Row = ["carries-over", "its pods are replaced one after the other"];

const staged = (partition: number): Row => [
  "blocks",
  `its partition keeps the old pods with numbers below ${partition}`,
];
const left = { podLabels: { app: "one", "sidecar.istio.io/inject": "false" }, pods: [outside] };
const asking = { podLabels: { app: "one", "sidecar.istio.io/inject": "true" } };
const byLabel = "requests a sidecar by its label sidecar.istio.io/inject";

export const workloads: [string, Partial<Workload>, Row][] = [
  ["Deployment", {}, first],
  ["Deployment", { desired: 0, pods: [] }, first],
  ["Deployment", { strategy: "Recreate", surges: false }, after],
  ["StatefulSet", { surges: false }, after],
  ["DaemonSet", { surges: false }, after],
  ["StatefulSet", { strategy: "OnDelete", surges: false }, ["blocks", "its strategy OnDelete keeps the old pods"]],
  ["DaemonSet", { strategy: "OnDelete", surges: false }, ["blocks", "its strategy OnDelete keeps the old pods"]],
  ["StatefulSet", { partition: 3, desired: 3, surges: false }, staged(3)],
  ["StatefulSet", { partition: 1, desired: 3, surges: false }, staged(1)],
  ["StatefulSet", { partition: 1, desired: 0, surges: false, pods: [] }, after],
  [
    "Deployment",
    { selector: { app: "web", "sidecar.istio.io/inject": "true" } },
    ["blocks", "its selector holds sidecar.istio.io/inject, so that its template has to keep asking for a sidecar"],
  ],
  ["Deployment", { paused: true }, ["blocks", "it is paused, so its pods cannot be replaced"]],
  [
    "Deployment",
    { hostNetwork: true, pods: [outside] },
    ["carries-over", "pods in the network of their node are in no mesh, before and after"],
  ],
  [
    "Deployment",
    left,
    [
      "rewritten",
      "it has no sidecar; it stays outside by the label istio.io/dataplane-mode: none, which its template gets",
    ],
  ],
  [
    "Deployment",
    { podAnnotations: { "sidecar.istio.io/inject": "false" }, pods: [outside] },
    [
      "rewritten",
      "it has no sidecar; it stays outside by the label istio.io/dataplane-mode: none, which its template gets",
    ],
  ],
  [
    "Deployment",
    { podLabels: { app: "one", "istio.io/dataplane-mode": "none" }, pods: [outside] },
    ["carries-over", "it stays outside, as its label says"],
  ],
  [
    "Deployment",
    { podLabels: { app: "one", "sidecar.istio.io/inject": "true" } },
    ["rewritten", "its template requests a sidecar; this is removed"],
  ],
  [
    "Deployment",
    { podLabels: { app: "one", "istio.io/rev": "canary" } },
    ["rewritten", "its template requests a sidecar; this is removed"],
  ],
  [
    "Deployment",
    { podAnnotations: { "inject.istio.io/templates": "sidecar,spire" } },
    ["blocks", "ztunnel takes no certificates of SPIRE"],
  ],
  [
    "Deployment",
    { startHooks: ["one"] },
    ["loses", "the start hooks of one may wait for the network until the pod is captured"],
  ],
  ["Deployment", { ...left, paused: true }, ["blocks", "it is paused, so its pods cannot be replaced"]],
  ["StatefulSet", { ...left, strategy: "OnDelete" }, ["blocks", "its strategy OnDelete keeps the old pods"]],
  ["StatefulSet", { ...left, partition: 2, surges: false }, staged(2)],
  ["Job", {}, ["loses", "its pods keep their sidecars until they end; pods of later Jobs have none"]],
  ["Job", { pods: [outside] }, ["carries-over", "its pods have no sidecar"]],
  ["CronJob", { pods: [] }, ["carries-over", "the pods of its next Job have no sidecar"]],
  [
    "Job",
    asking,
    [
      "loses",
      "its pods keep their sidecars until they end; pods of later Jobs also have one, as their label sidecar.istio.io/inject asks",
    ],
  ],
  [
    "CronJob",
    { ...asking, pods: [] },
    ["loses", `its template ${byLabel}: the pods of its next Job have one, and use no waypoints`],
  ],
  [
    "CronJob",
    { podAnnotations: { "sidecar.istio.io/inject": "true" }, pods: [] },
    ["carries-over", "the pods of its next Job have no sidecar"],
  ],
  [
    "CronJob",
    { podLabels: { app: "one", "sidecar.istio.io/inject": "false" }, pods: [] },
    ["hole", "its pods have no sidecar; those of its next Job are captured, and get an identity"],
  ],
  ["Pod", {}, ["loses", "nothing makes its pods again: they keep their sidecars until they are deleted"]],
  ["Pod", { pods: [outside] }, ["carries-over", "it has no sidecar"]],
  [
    "Pod",
    { maker: "Rollout pay" },
    ["loses", "no step restarts Rollout pay: it keeps its sidecar until it is replaced by a pod that has none"],
  ],
  [
    "Pod",
    { ...asking, maker: "Rollout pay" },
    ["loses", `no step restarts Rollout pay: its template ${byLabel}, and the next pod has one, too`],
  ],
  [
    "Pod",
    { maker: "StrimziPodSet kafka", pods: [outside] },
    ["hole", "it has no sidecar; the next pod of StrimziPodSet kafka is captured, and gets an identity"],
  ],
];
