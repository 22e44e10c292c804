// What an installer has put beside the values into the objects of a chart: `components.<name>.k8s` and overlays of istioctl,
// post-renderers of Helm. Sources: istio operator/pkg/render/postprocess.go, the templates of Istio's charts 1.30 and 1.31.
import { isMap, type JsonMap, type KubeObject } from "../drift";
import type { Json } from "../json";
import { at } from "./facts";
import { mapAt, mergeMaps } from "./records";

type Part = "istiod" | "cni" | "ztunnel";

/** The objects of a part as they were written, without what the API server and controllers add. */
export interface WrittenPart {
  workload: KubeObject;
  autoscaler?: KubeObject;
  budget?: KubeObject;
  service?: KubeObject;
}

/** What the template of a chart writes; names of others are no part of it. */
interface Template {
  spec: readonly string[];
  pod: readonly string[];
  container: readonly string[];
  volumes: readonly string[];
  /** It takes more volumes, and containers that run first. */
  takes: readonly ("volumes" | "volumeMounts" | "initContainers")[];
}

const container = [
  ...["args", "command", "env", "envFrom", "image", "imagePullPolicy", "name", "ports", "readinessProbe", "resources"],
  ...["securityContext", "terminationMessagePolicy", "volumeMounts"],
];
const pod = [
  "containers",
  "serviceAccountName",
  "tolerations",
  "volumes",
  "nodeSelector",
  "affinity",
  "priorityClassName",
];
const agent = [...pod, "hostNetwork", "dnsPolicy", "dnsConfig", "terminationGracePeriodSeconds"];

const templates: Record<Part, Template> = {
  istiod: {
    spec: ["selector", "strategy", "template", "replicas"],
    pod: [...pod, "topologySpreadConstraints", "initContainers"],
    container,
    volumes: [
      ...["local-certs", "istio-token", "cacerts", "istio-kubeconfig", "istio-csr-dns-cert", "istio-csr-ca-configmap"],
      "extracacerts",
    ],
    takes: ["volumes", "volumeMounts", "initContainers"],
  },
  cni: {
    spec: ["selector", "updateStrategy", "template"],
    pod: agent,
    container,
    volumes: [
      ...["cni-bin-dir", "cni-host-procfs", "cni-ztunnel-sock-dir", "cni-net-dir", "cni-socket-dir", "cni-netns-dir"],
    ],
    takes: [],
  },
  ztunnel: {
    spec: ["selector", "updateStrategy", "template"],
    pod: agent,
    container,
    volumes: ["istio-token", "istiod-ca-cert", "cni-ztunnel-sock-dir", "tmp", "peer-ca-crl", "istio-ca-crl"],
    takes: ["volumes", "volumeMounts"],
  },
};

/** Annotations of pods that the charts write, and one that a restart leaves. */
const ownAnnotations =
  /^(prometheus\.io\/|sidecar\.istio\.io\/inject$|container\.apparmor\.|kubectl\.kubernetes\.io\/restartedAt$)/;

/** Values for what was set beside them, and the names of what no value of the chart sets. */
export interface Overlays {
  values: JsonMap;
  lost: string[];
}

/** What was set beside the values of a part. */
export function overlaysOf(part: Part, written: WrittenPart, recorded: JsonMap): Overlays {
  const { workload, autoscaler, budget, service } = written;
  const spec = mapOf(at(workload, "spec"));
  const template = mapOf(spec["template"]);
  const podSpec = mapOf(template["spec"]);
  const [main, ...others] = listOf(podSpec["containers"]).map(mapOf);
  const known = templates[part];
  const more = moreOf(known, podSpec, main ?? {}, recorded);
  const annotations = Object.entries(mapOf(at(template, "metadata", "annotations"))).filter(
    ([key]) => !ownAnnotations.test(key),
  );
  const global = {
    ...differing("imagePullPolicy", main?.["imagePullPolicy"], mapAt(recorded, "global")["imagePullPolicy"]),
    ...(part === "istiod"
      ? differing("priorityClassName", podSpec["priorityClassName"], mapAt(recorded, "global")["priorityClassName"])
      : {}),
  };
  const scaling = autoscalerOf(autoscaler, recorded);
  return {
    values: [
      annotations.length > 0 ? { podAnnotations: Object.fromEntries(annotations) } : {},
      Object.keys(global).length > 0 ? { global } : {},
      more.values,
      part === "istiod"
        ? strategyOf(spec, recorded)
        : differing("updateStrategy", spec["updateStrategy"], recorded["updateStrategy"], usualUpdate[part]),
      scaling.values,
      budgetOf(budget, recorded),
      differing("serviceAnnotations", at(service, "metadata", "annotations"), recorded["serviceAnnotations"], {}),
    ].reduce(mergeMaps),
    lost: [
      ...Object.keys(spec).filter((key) => !known.spec.includes(key)),
      ...(mapOf(spec["strategy"])["type"] === "Recreate" ? ["strategy"] : []),
      ...[
        ...Object.keys(podSpec).filter((key) => !known.pod.includes(key)),
        ...Object.keys(main ?? {}).filter((key) => !known.container.includes(key)),
        ...others.map(({ name }) => `the container ${text(name)}`),
        ...(part === "istiod" || isUsualPriority(podSpec) ? [] : ["priorityClassName"]),
        ...more.lost,
      ].map((what) => `${what} of its pods`),
      ...scaling.lost,
      ...([undefined, "ClusterIP"].includes(text(at(service, "spec", "type"))) ? [] : ["the type of its Service"]),
    ],
  };
}

/** The charts of the agents have no value for another. */
function isUsualPriority({ priorityClassName }: JsonMap): boolean {
  return [undefined, "system-node-critical"].includes(text(priorityClassName));
}

const usualUpdate: Record<Exclude<Part, "istiod">, JsonMap> = {
  cni: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
  ztunnel: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
};

/** Volumes, where they are mounted, and what runs first. */
function moreOf({ volumes, takes }: Template, podSpec: JsonMap, main: JsonMap, recorded: JsonMap): Overlays {
  const found = {
    volumes: listOf(podSpec["volumes"]).filter((one) => !volumes.includes(text(mapOf(one)["name"]) ?? "")),
    volumeMounts: listOf(main["volumeMounts"]).filter((one) => !volumes.includes(text(mapOf(one)["name"]) ?? "")),
    initContainers: listOf(podSpec["initContainers"]),
  };
  const all = Object.entries(found).filter(
    ([field, list]) => list.length > 0 && JSON.stringify(list) !== JSON.stringify(recorded[field]),
  );
  const isTaken = ([field]: [string, Json[]]) => takes.some((each) => each === field);
  return {
    values: Object.fromEntries(all.filter(isTaken)),
    lost: all
      .filter((each) => !isTaken(each) && each[0] === "volumes")
      .flatMap(([, list]) => list.map((one) => `the volume ${text(mapOf(one)["name"])}`)),
  };
}

function strategyOf(spec: JsonMap, recorded: JsonMap): JsonMap {
  const { maxSurge, maxUnavailable } = mapOf(mapOf(spec["strategy"])["rollingUpdate"]);
  return {
    ...differing("rollingMaxSurge", maxSurge, recorded["rollingMaxSurge"], "100%"),
    ...differing("rollingMaxUnavailable", maxUnavailable, recorded["rollingMaxUnavailable"], "25%"),
  };
}

function autoscalerOf(autoscaler: KubeObject | undefined, recorded: JsonMap): Overlays {
  const { minReplicas, maxReplicas, behavior, metrics } = mapOf(at(autoscaler, "spec"));
  const targets = listOf(metrics).map((metric) => {
    const { name, target } = mapOf(mapOf(metric)["resource"]);
    return { name: text(name), utilization: mapOf(target)["averageUtilization"] };
  });
  const targetOf = (name: string) => targets.find((each) => each.name === name)?.utilization;
  const usage = (name: string, usual?: Json): JsonMap => {
    const set = differing(
      "targetAverageUtilization",
      targetOf(name),
      mapAt(recorded, name)["targetAverageUtilization"],
      usual,
    );
    return Object.keys(set).length > 0 ? { [name]: set } : {};
  };
  const isOther = targets.some(
    ({ name, utilization }) => !["cpu", "memory"].includes(name ?? "") || utilization === undefined,
  );
  return {
    values: {
      ...differing("autoscaleMin", minReplicas, recorded["autoscaleMin"], 1),
      ...differing("autoscaleMax", maxReplicas, recorded["autoscaleMax"], 5),
      ...differing("autoscaleBehavior", behavior, recorded["autoscaleBehavior"], {}),
      ...usage("cpu", 80),
      ...usage("memory"),
    },
    lost: isOther ? ["the metrics of its HorizontalPodAutoscaler"] : [],
  };
}

function budgetOf(budget: KubeObject | undefined, recorded: JsonMap): JsonMap {
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy } = mapOf(at(budget, "spec"));
  const given = Object.entries({ minAvailable, maxUnavailable, unhealthyPodEvictionPolicy }).filter(
    (entry): entry is [string, Json] => entry[1] !== undefined,
  );
  return given.length > 0 ? differing("pdb", Object.fromEntries(given), recorded["pdb"], { minAvailable: 1 }) : {};
}

/** A value for what was written, unless it comes of the recorded value, or of the chart's own. */
function differing(key: string, written: Json | undefined, recorded: Json | undefined, usual?: Json): JsonMap {
  if (written === undefined) return {};
  return sorted(written) === sorted(recorded ?? usual) ? {} : { [key]: written };
}

/** The text of a value, whatever the order of its keys. */
function sorted(value: Json | undefined): string | undefined {
  return JSON.stringify(value, (_, each: Json) =>
    isMap(each) ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => one.localeCompare(other))) : each,
  );
}

function mapOf(value: Json | undefined): JsonMap {
  return isMap(value) ? value : {};
}

function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function text(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
