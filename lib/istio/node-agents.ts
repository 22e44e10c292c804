// The two node agents as their charts make them, as far as a cluster may refuse them: rights, mounts, images, names.
// Source: the charts' templates/daemonset.yaml, 1.30 and 1.31; a test compares with what they render.

/** What of the charts' values an admission rule may look at. */
export interface AgentSettings {
  version: string;
  /** Namespace of the agents. */
  namespace: string;
  hub: string;
  tag: string;
  pullSecrets: string[];
  requests: { cni: Requests; ztunnel: Requests };
}

interface Requests {
  cpu: string;
  memory: string;
}

/** A DaemonSet as it is sent. */
export interface AgentDaemonSet {
  apiVersion: "apps/v1";
  kind: "DaemonSet";
  metadata: { name: string; namespace: string; labels: Record<string, string> };
  spec: { selector: { matchLabels: Record<string, string> }; template: PodTemplate };
}

/** The template of its pods. */
interface PodTemplate {
  metadata: { labels: Record<string, string>; annotations: Record<string, string> };
  spec: { serviceAccountName: string; [field: string]: unknown };
}

/** Everywhere, on tainted nodes too. */
const tolerations = [
  { effect: "NoSchedule", operator: "Exists" },
  { key: "CriticalAddonsOnly", operator: "Exists" },
  { effect: "NoExecute", operator: "Exists" },
];

/** The agent that captures pods. */
export function cniDaemonSet(settings: AgentSettings): AgentDaemonSet {
  const selector = { "k8s-app": "istio-cni-node" };
  const directories: [name: string, path: string, mount: string, type?: string][] = [
    ["cni-bin-dir", "/opt/cni/bin", "/host/opt/cni/bin"],
    ["cni-host-procfs", "/proc", "/host/proc", "Directory"],
    ["cni-ztunnel-sock-dir", "/var/run/ztunnel", "/var/run/ztunnel", "DirectoryOrCreate"],
    ["cni-net-dir", "/etc/cni/net.d", "/host/etc/cni/net.d"],
    ["cni-socket-dir", "/var/run/istio-cni", "/var/run/istio-cni"],
    ["cni-netns-dir", "/var/run/netns", "/host/var/run/netns", "DirectoryOrCreate"],
  ];
  const container = {
    name: "install-cni",
    image: `${settings.hub}/install-cni:${settings.tag}`,
    command: ["install-cni"],
    ports: [{ containerPort: 15014, name: "metrics", protocol: "TCP" }],
    readinessProbe: { httpGet: { path: "/readyz", port: 8000 } },
    securityContext: {
      privileged: false,
      runAsGroup: 0,
      runAsUser: 0,
      runAsNonRoot: false,
      capabilities: { drop: ["ALL"], add: ["NET_ADMIN", "NET_RAW", "SYS_PTRACE", "SYS_ADMIN", "DAC_OVERRIDE"] },
    },
    resources: { requests: settings.requests.cni },
    volumeMounts: directories.map(([name, , mountPath]) => ({
      name,
      mountPath,
      ...(name === "cni-host-procfs" ? { readOnly: true } : {}),
      ...(name === "cni-netns-dir" ? { mountPropagation: "HostToContainer" } : {}),
    })),
  };
  const volumes = directories.map(([name, path, , type]) => ({ name, hostPath: { path, ...(type && { type }) } }));
  const annotations = { "container.apparmor.security.beta.kubernetes.io/install-cni": "unconfined" };
  return daemonSet(settings, { name: "istio-cni-node", app: "istio-cni", selector, annotations, container, volumes });
}

/** The proxy of a node's captured pods. */
export function ztunnelDaemonSet(settings: AgentSettings): AgentDaemonSet {
  const container = {
    name: "istio-proxy",
    image: `${settings.hub}/ztunnel:${settings.tag}`,
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
    },
    resources: { requests: settings.requests.ztunnel },
    volumeMounts: [
      { name: "istiod-ca-cert", mountPath: "/var/run/secrets/istio" },
      { name: "istio-token", mountPath: "/var/run/secrets/tokens" },
      { name: "cni-ztunnel-sock-dir", mountPath: "/var/run/ztunnel" },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
  const token = { path: "istio-token", expirationSeconds: 43200, audience: "istio-ca" };
  const volumes = [
    { name: "istio-token", projected: { sources: [{ serviceAccountToken: token }] } },
    { name: "istiod-ca-cert", configMap: { name: "istio-ca-root-cert" } },
    { name: "cni-ztunnel-sock-dir", hostPath: { path: "/var/run/ztunnel", type: "DirectoryOrCreate" } },
    { name: "tmp", emptyDir: {} },
  ];
  const selector = { app: "ztunnel" };
  return daemonSet(settings, { name: "ztunnel", app: "ztunnel", selector, annotations: {}, container, volumes });
}

interface Agent {
  name: string;
  app: string;
  selector: Record<string, string>;
  annotations: Record<string, string>;
  container: object;
  volumes: object[];
}

function daemonSet({ version, namespace, pullSecrets }: AgentSettings, agent: Agent): AgentDaemonSet {
  const { name, app, selector, annotations, container, volumes } = agent;
  const labels = {
    "app.kubernetes.io/name": app,
    "app.kubernetes.io/managed-by": "Helm",
    "app.kubernetes.io/instance": app,
    "app.kubernetes.io/part-of": "istio",
    "app.kubernetes.io/version": version,
  };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name, namespace, labels },
    spec: {
      selector: { matchLabels: selector },
      template: {
        metadata: {
          labels: { ...labels, ...selector, "sidecar.istio.io/inject": "false", "istio.io/dataplane-mode": "none" },
          annotations: { "sidecar.istio.io/inject": "false", ...annotations },
        },
        spec: {
          nodeSelector: { "kubernetes.io/os": "linux" },
          tolerations,
          priorityClassName: "system-node-critical",
          serviceAccountName: app,
          terminationGracePeriodSeconds: 30,
          ...(pullSecrets.length > 0 ? { imagePullSecrets: pullSecrets.map((secret) => ({ name: secret })) } : {}),
          containers: [container],
          volumes,
        },
      },
    },
  };
}
