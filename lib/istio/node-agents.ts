// The two node agents as their charts make them, as far as a cluster may refuse them: rights, mounts, images, names.
// Source: the charts' templates/daemonset.yaml, 1.30 and 1.31; a test compares with what they render.
import { platformValues } from "./platforms";

/** Values of a chart, once all of them are laid upon each other. */
export interface ChartValues {
  [key: string]: unknown;
}

/** What of a mesh its agents depend on. */
export interface AgentSettings {
  version: string;
  /** Namespace of the agents. */
  namespace: string;
  pullSecrets: string[];
  /** `global.platform` of the charts. */
  platform?: string;
  /** With the requests and the images in them. */
  values: { cni: ChartValues; ztunnel: ChartValues };
}

/** A DaemonSet as it is sent. */
export interface AgentDaemonSet {
  apiVersion: "apps/v1";
  kind: "DaemonSet";
  metadata: {
    name: string;
    namespace: string;
    labels: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: { selector: { matchLabels: Record<string, string> }; template: PodTemplate };
}

/** The template of its pods. */
interface PodTemplate {
  metadata: { labels: Record<string, string>; annotations: Record<string, string> };
  spec: { serviceAccountName: string; [field: string]: unknown };
}

/** What the charts' profile `ambient` appends to tags. */
const chartVariant = "distroless";

/** Everywhere, on tainted nodes too. */
const tolerations = [
  { effect: "NoSchedule", operator: "Exists" },
  { key: "CriticalAddonsOnly", operator: "Exists" },
  { effect: "NoExecute", operator: "Exists" },
];

/** The agent that captures pods. */
export function cniDaemonSet(settings: AgentSettings): AgentDaemonSet {
  const own = settings.values.cni;
  // The chart takes its values below `cni` too, and these first.
  const values: ChartValues = { ...platformValues(settings.platform), ...own, ...mapOf(own?.["cni"]) };
  const global = mapOf(values["global"]);
  const isConfined = values["useAppArmorAnnotation"] === false;
  const selector = { "k8s-app": "istio-cni-node" };
  const directory = (key: string, usual: string) => textOf(values[key]) ?? usual;
  const directories: [name: string, path: string, mount: string, type?: string][] = [
    ["cni-bin-dir", directory("cniBinDir", "/opt/cni/bin"), "/host/opt/cni/bin"],
    ["cni-host-procfs", "/proc", "/host/proc", "Directory"],
    ["cni-ztunnel-sock-dir", "/var/run/ztunnel", "/var/run/ztunnel", "DirectoryOrCreate"],
    ["cni-net-dir", directory("cniConfDir", "/etc/cni/net.d"), "/host/etc/cni/net.d"],
    ["cni-socket-dir", "/var/run/istio-cni", "/var/run/istio-cni"],
    ["cni-netns-dir", directory("cniNetnsDir", "/var/run/netns"), "/host/var/run/netns", "DirectoryOrCreate"],
  ];
  const container = {
    name: "install-cni",
    image: imageOf(settings, values, "install-cni"),
    ...given("imagePullPolicy", values["pullPolicy"] ?? global["imagePullPolicy"]),
    command: ["install-cni"],
    ports: [{ containerPort: 15014, name: "metrics", protocol: "TCP" }],
    readinessProbe: { httpGet: { path: "/readyz", port: 8000 } },
    securityContext: {
      ...(isConfined ? { appArmorProfile: { type: "Unconfined" } } : {}),
      privileged: false,
      runAsGroup: 0,
      runAsUser: 0,
      runAsNonRoot: false,
      capabilities: { drop: ["ALL"], add: ["NET_ADMIN", "NET_RAW", "SYS_PTRACE", "SYS_ADMIN", "DAC_OVERRIDE"] },
      ...(isGiven(values["seLinuxOptions"])
        ? { seLinuxOptions: { type: "spc_t", ...mapOf(values["seLinuxOptions"]) } }
        : {}),
      ...given("seccompProfile", values["seccompProfile"]),
    },
    resources: values["resources"],
    volumeMounts: directories.map(([name, , mountPath]) => ({
      name,
      mountPath,
      ...(name === "cni-host-procfs" ? { readOnly: true } : {}),
      ...(name === "cni-netns-dir" ? { mountPropagation: "HostToContainer" } : {}),
    })),
  };
  const volumes = directories.map(([name, path, , type]) => ({ name, hostPath: { path, ...(type && { type }) } }));
  const apparmor = { "container.apparmor.security.beta.kubernetes.io/install-cni": "unconfined" };
  return daemonSet(settings, values, {
    ...{ name: "istio-cni-node", account: "istio-cni", app: "istio-cni", selector, container, volumes },
    annotations: isConfined ? {} : apparmor,
    labels: textsOf(values["daemonSetLabels"]),
    spec:
      mapOf(values["ambient"])["shareHostNetworkNamespace"] === true
        ? { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }
        : {},
  });
}

/** The proxy of a node's captured pods. */
export function ztunnelDaemonSet(settings: AgentSettings): AgentDaemonSet {
  const values: ChartValues = { ...platformValues(settings.platform), ...settings.values.ztunnel };
  const name = textOf(values["resourceName"]) ?? "ztunnel";
  const container = {
    name: "istio-proxy",
    image: imageOf(settings, values, "ztunnel"),
    ...given("imagePullPolicy", values["imagePullPolicy"]),
    args: ["proxy", "ztunnel"],
    ports: [{ containerPort: 15020, name: "ztunnel-stats", protocol: "TCP" }],
    readinessProbe: { httpGet: { path: "/healthz/ready", port: 15021 } },
    securityContext: {
      allowPrivilegeEscalation: true,
      privileged: false,
      capabilities: { drop: ["ALL"], add: ["NET_ADMIN", "SYS_ADMIN", "NET_RAW"] },
      readOnlyRootFilesystem: true,
      runAsGroup: 1337,
      runAsNonRoot: false,
      runAsUser: 0,
      ...given("seLinuxOptions", values["seLinuxOptions"]),
    },
    resources: values["resources"],
    volumeMounts: [
      { name: "istiod-ca-cert", mountPath: "/var/run/secrets/istio" },
      { name: "istio-token", mountPath: "/var/run/secrets/tokens" },
      { name: "cni-ztunnel-sock-dir", mountPath: "/var/run/ztunnel" },
      { name: "tmp", mountPath: "/tmp" },
      ...listOf(values["volumeMounts"]),
    ],
  };
  const token = { path: "istio-token", expirationSeconds: 43200, audience: "istio-ca" };
  const volumes = [
    { name: "istio-token", projected: { sources: [{ serviceAccountToken: token }] } },
    { name: "istiod-ca-cert", configMap: { name: "istio-ca-root-cert" } },
    { name: "cni-ztunnel-sock-dir", hostPath: { path: "/var/run/ztunnel", type: "DirectoryOrCreate" } },
    { name: "tmp", emptyDir: {} },
    ...listOf(values["volumes"]),
  ];
  return daemonSet(settings, values, {
    ...{ name, account: name, app: "ztunnel", selector: { app: "ztunnel" }, annotations: {}, container, volumes },
    labels: textsOf(values["labels"]),
    ownAnnotations: textsOf(values["annotations"]),
    spec: {
      nodeSelector: { "kubernetes.io/os": "linux", ...textsOf(values["nodeSelector"]) },
      ...given("dnsPolicy", values["dnsPolicy"]),
      ...given("dnsConfig", values["dnsConfig"]),
    },
  });
}

interface Agent {
  name: string;
  account: string;
  app: string;
  selector: Record<string, string>;
  /** Of its pods. */
  annotations: Record<string, string>;
  /** Of the DaemonSet itself, by the chart's values. */
  labels: Record<string, string>;
  ownAnnotations?: Record<string, string>;
  container: object;
  volumes: unknown[];
  /** More of the pod. */
  spec: object;
}

function daemonSet(
  { version, namespace, pullSecrets }: AgentSettings,
  values: ChartValues,
  agent: Agent,
): AgentDaemonSet {
  const { name, app, selector, container, volumes } = agent;
  const labels = {
    "app.kubernetes.io/name": app,
    "app.kubernetes.io/managed-by": "Helm",
    "app.kubernetes.io/instance": app,
    "app.kubernetes.io/part-of": "istio",
    "app.kubernetes.io/version": version,
  };
  const own = { ...labels, ...selector, "sidecar.istio.io/inject": "false", "istio.io/dataplane-mode": "none" };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: {
      ...{ name, namespace, labels: { ...labels, ...agent.labels } },
      ...(agent.ownAnnotations && isGiven(agent.ownAnnotations) ? { annotations: agent.ownAnnotations } : {}),
    },
    spec: {
      selector: { matchLabels: selector },
      template: {
        metadata: {
          labels: { ...own, ...textsOf(values["podLabels"]) },
          annotations: {
            "sidecar.istio.io/inject": "false",
            ...agent.annotations,
            ...textsOf(values["podAnnotations"]),
          },
        },
        spec: {
          nodeSelector: { "kubernetes.io/os": "linux" },
          tolerations: values["tolerations"] ?? tolerations,
          ...given("affinity", values["affinity"]),
          priorityClassName: "system-node-critical",
          serviceAccountName: agent.account,
          terminationGracePeriodSeconds: values["terminationGracePeriodSeconds"] ?? 30,
          ...(pullSecrets.length > 0 ? { imagePullSecrets: pullSecrets.map((secret) => ({ name: secret })) } : {}),
          ...agent.spec,
          containers: [container],
          volumes,
        },
      },
    },
  };
}

/** By the chart's own values, or by those of all charts; a name with a slash is whole. */
function imageOf({ version }: AgentSettings, values: ChartValues, usual: string): string {
  const global = mapOf(values["global"]);
  const either = (key: string) => textOf(values[key]) ?? textOf(global[key]);
  const image = textOf(values["image"]) ?? usual;
  if (image.includes("/")) return image;
  const isBare = values["variant"] === "" || global["variant"] === "" || values["profile"] === "";
  const variant = either("variant") ?? (isBare ? "" : chartVariant);
  const suffix = variant === "" ? "" : `-${variant}`;
  return `${either("hub") ?? "docker.io/istio"}/${image}:${either("tag") ?? version}${suffix}`;
}

function isGiven(value: unknown): boolean {
  return typeof value === "object" && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}

/** A field, where the chart would write it. */
function given(field: string, value: unknown): Record<string, unknown> {
  return isGiven(value) ? { [field]: value } : {};
}

function textOf(value: unknown): string | undefined {
  return (typeof value === "string" && value !== "") || typeof value === "number" ? String(value) : undefined;
}

function mapOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function textsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(mapOf(value)).map(([key, text]) => [key, String(text)]));
}
