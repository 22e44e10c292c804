// What was set on the pods themselves, beside the values that are recorded: by istioctl's `components.<name>.k8s`, for one.
// Source: the templates of Istio's charts istiod, cni and ztunnel, 1.30 and 1.31.
import { isMap, type JsonMap } from "../drift";
import type { Json } from "../json";
import { at, textAt, type LiveObject } from "./facts";
import { mapAt } from "./records";

type Part = "istiod" | "cni" | "ztunnel";

/** What the chart of a part does by itself, and which values it has for more. */
interface ChartPods {
  /** Fields of the pod that a value of the same name sets. */
  fields: readonly string[];
  tolerations: readonly JsonMap[];
  /** Variables that the chart and its profile `ambient` write. */
  variables: readonly string[];
  /** The value for variables that come from elsewhere. */
  from?: string;
}

const linux = { "kubernetes.io/os": "linux" };
const everyNode: JsonMap[] = [
  { effect: "NoSchedule", operator: "Exists" },
  { key: "CriticalAddonsOnly", operator: "Exists" },
  { effect: "NoExecute", operator: "Exists" },
];

const chartPods: Record<Part, ChartPods> = {
  istiod: {
    fields: ["nodeSelector", "affinity", "tolerations", "topologySpreadConstraints"],
    tolerations: [{ key: "cni.istio.io/not-ready", operator: "Exists" }],
    variables: [
      ...["REVISION", "KUBECONFIG", "CLUSTER_ID", "PLATFORM", "GODEBUG", "GOMAXPROCS", "GOMEMLIMIT", "EXTERNAL_ISTIOD"],
      ...["POD_NAME", "POD_NAMESPACE", "SERVICE_ACCOUNT", "CA_TRUSTED_NODE_ACCOUNTS", "PILOT_CERT_PROVIDER"],
      ...["PILOT_CA_CERT_CONFIGMAP", "PILOT_CRL_CONFIGMAP", "PILOT_ENABLE_AMBIENT", "PILOT_ENABLE_ANALYSIS"],
      ...["PILOT_ENABLE_NODE_UNTAINT_CONTROLLERS", "PILOT_NODE_UNTAINT_CONTROLLERS_TAINT_NAME", "PILOT_TRACE_SAMPLING"],
    ],
    from: "envVarFrom",
  },
  cni: {
    fields: ["affinity", "tolerations"],
    tolerations: everyNode,
    variables: [
      ...["ALLOW_SWITCH_TO_HOST_NS", "GOMAXPROCS", "GOMEMLIMIT", "NODE_NAME", "POD_NAME", "POD_NAMESPACE"],
      ...["REPAIR_NODE_NAME", "REPAIR_RUN_AS_DAEMON", "REPAIR_SIDECAR_ANNOTATION"],
    ],
  },
  ztunnel: {
    fields: ["nodeSelector", "affinity", "tolerations"],
    tolerations: everyNode,
    variables: [
      ...[
        "CA_ADDRESS",
        "XDS_ADDRESS",
        "CRL_PATH",
        "INPOD_ENABLED",
        "INSTANCE_IP",
        "LOG_FORMAT",
        "NETWORK",
        "NODE_NAME",
      ],
      ...["POD_NAME", "POD_NAMESPACE", "RUST_BACKTRACE", "RUST_LOG", "SERVICE_ACCOUNT", "ISTIO_META_CLUSTER_ID"],
      ...["ISTIO_META_ENABLE_HBONE", "TERMINATION_GRACE_PERIOD_SECONDS"],
      ...["ZTUNNEL_CPU_LIMIT", "ZTUNNEL_RESOURCE_CPU_LIMIT", "ZTUNNEL_RESOURCE_CPU_REQUEST"],
    ],
  },
};

/** What of the running pods is in no value: values for it, and the names of what no value of the chart sets. */
export interface PodSettings {
  values: JsonMap;
  /** The chart writes variables where its template has them, not where they are. */
  movesVariables: boolean;
  lost: string[];
}

/** What was set on the pods of a part beside its values. */
export function podSettings(
  part: Part,
  workload: LiveObject,
  container: Json | undefined,
  recorded: JsonMap,
): PodSettings {
  const pod = at(workload, "spec", "template", "spec");
  const { fields, tolerations, variables, from } = chartPods[part];
  const placed: JsonMap = {
    nodeSelector: others(mapOf(at(pod, "nodeSelector")), part === "istiod" ? {} : linux),
    affinity: mapOf(at(pod, "affinity")),
    tolerations: tolerationsBeside(tolerations, listOf(at(pod, "tolerations")), part === "istiod"),
    topologySpreadConstraints: listOf(at(pod, "topologySpreadConstraints")),
  };
  const set = Object.entries(placed).filter(
    ([field, value]) => !isEmpty(value) && JSON.stringify(value) !== JSON.stringify(recorded[field]),
  );
  const known = new Set([...variables, ...Object.keys(mapAt(recorded, "env"))]);
  const more = listOf(at(container, "env")).filter((one) => isMap(one) && !known.has(nameOf(one))) as JsonMap[];
  const plain = more.filter((one) => typeof one["value"] === "string");
  const elsewhere = more.filter(
    (one) => isMap(one["valueFrom"]) && !JSON.stringify(recorded[from ?? ""] ?? "").includes(`"${nameOf(one)}"`),
  );
  const env = { ...mapAt(recorded, "env"), ...Object.fromEntries(plain.map((one) => [one["name"], one["value"]])) };
  return {
    values: {
      ...Object.fromEntries(set.filter(([field]) => fields.includes(field))),
      ...(plain.length > 0 ? { env: env as JsonMap } : {}),
      ...(from && elsewhere.length > 0 ? { [from]: [...listOf(recorded[from]), ...elsewhere] } : {}),
    },
    movesVariables: plain.length > 0 || (from !== undefined && elsewhere.length > 0),
    lost: [
      ...set.filter(([field]) => !fields.includes(field)).map(([field]) => field),
      ...(from ? [] : elsewhere.map((one) => `the variable ${nameOf(one)}`)),
    ],
  };
}

/** istiod's chart adds what it is given to its own; those of the node agents replace their own by it. */
function tolerationsBeside(own: readonly JsonMap[], live: Json[], adds: boolean): Json[] {
  const isOwn = (one: Json) => own.some((each) => isSame(each, one));
  if (adds) return live.filter((one) => !isOwn(one));
  return live.length === own.length && live.every(isOwn) ? [] : live;
}

function others(map: JsonMap, own: JsonMap): JsonMap {
  return Object.fromEntries(Object.entries(map).filter(([key, value]) => own[key] !== value));
}

function nameOf(variable: Json): string {
  return textAt(variable, "name") ?? "";
}

/** The same fields in any order. */
function isSame(one: JsonMap, other: Json): boolean {
  return (
    isMap(other) &&
    Object.keys(one).length === Object.keys(other).length &&
    Object.entries(one).every(([key, value]) => other[key] === value)
  );
}

function isEmpty(value: Json): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function mapOf(value: Json | undefined): JsonMap {
  return isMap(value) ? value : {};
}

function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}
