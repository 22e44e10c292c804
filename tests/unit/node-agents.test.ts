// The node agents that a cluster is asked for: as their charts make them, and with what the charts' values say of them.
import * as assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { cniDaemonSet, ztunnelDaemonSet, type AgentDaemonSet, type ChartValues } from "../../lib/istio/node-agents";
import { ReleaseCluster } from "./fixtures/releases";

/** What rules of admission look at. */
function judged(template: { metadata: { labels?: object }; spec: Record<string, unknown> }) {
  const { containers, volumes, priorityClassName, serviceAccountName, nodeSelector, tolerations, hostNetwork } =
    template.spec;
  const [container] = containers as Record<string, unknown>[];
  const { securityContext, volumeMounts, image, command, args, ports, readinessProbe } = container!;
  const mounts = (volumeMounts as { name: string }[]).sort((a, b) => a.name.localeCompare(b.name));
  const byName = (volumes as { name: string }[]).sort((a, b) => a.name.localeCompare(b.name));
  return {
    ...{ securityContext, mounts, image, command, ports, readinessProbe, volumes: byName, priorityClassName },
    ...{ serviceAccountName, nodeSelector, tolerations, hostNetwork, args: command === undefined ? args : undefined },
  };
}

/** A DaemonSet, by its parts. */
interface Made {
  metadata: AgentDaemonSet["metadata"];
  template: AgentDaemonSet["spec"]["template"]["metadata"];
  spec: Record<string, unknown>;
  container: Record<string, unknown>;
}

describe("the node agents that a cluster is asked for", () => {
  const requests = { resources: { requests: { cpu: "100m", memory: "128Mi" } } };
  const settings = {
    ...{ version: "1.31.0", namespace: "istio-system", pullSecrets: [] },
    values: { cni: requests, ztunnel: requests },
  };
  const rendered = new ReleaseCluster().releases.flatMap(({ manifest }) =>
    parseAllDocuments(manifest).map(
      (document) => document.toJS() as { kind?: string; metadata: { name: string } } | null,
    ),
  );

  for (const made of [cniDaemonSet, ztunnelDaemonSet].map((make) => make(settings))) {
    it(`are as their charts make them: ${made.metadata.name}`, () => {
      const chart = rendered.find((each) => each?.kind === "DaemonSet" && each.metadata.name === made.metadata.name);
      const { template } = (chart as unknown as { spec: { template: Parameters<typeof judged>[0] } }).spec;
      assert.deepEqual(judged(made.spec.template), judged(template));
      const labels = Object.entries(made.spec.template.metadata.labels);
      assert.deepEqual(
        labels.filter(([key, value]) => (template.metadata.labels as Record<string, string>)[key] !== value),
        [],
      );
    });
  }

  const made = (cni: ChartValues, ztunnel: ChartValues = {}, platform?: string) => {
    const all = { ...settings, platform, values: { cni, ztunnel } };
    const parts = ({ metadata, spec: { template } }: AgentDaemonSet): Made => {
      const [container] = template.spec["containers"] as Record<string, unknown>[];
      return { metadata, template: template.metadata, spec: template.spec, container: container! };
    };
    return [parts(cniDaemonSet(all)), parts(ztunnelDaemonSet(all))] as const;
  };

  it("have what the charts' values say of them", () => {
    const affinity = { nodeAffinity: {} };
    const [cni, ztunnel] = made(
      {
        ...{
          cniBinDir: "/opt/bin",
          cniNetnsDir: "/run/netns",
          podLabels: { team: "net" },
          podAnnotations: { tier: 1 },
        },
        ...{
          seccompProfile: { type: "RuntimeDefault" },
          seLinuxOptions: { level: "s0" },
          useAppArmorAnnotation: false,
        },
        ...{ tolerations: [], affinity, pullPolicy: "Always", terminationGracePeriodSeconds: 5 },
        ...{ ambient: { shareHostNetworkNamespace: true }, daemonSetLabels: { owner: "net" } },
        ...{ global: { hub: "registry.example.com/istio", tag: "1.31.4-fips", variant: "debug" } },
        resources: { requests: { cpu: "10m" }, limits: { memory: "1Gi" } },
      },
      {
        ...{ image: "registry.example.com/ztunnel@sha256:1", resourceName: "ztunnel-a", nodeSelector: { pool: "a" } },
        ...{ labels: { owner: "net" }, annotations: { note: "a" }, imagePullPolicy: "Always", dnsPolicy: "Default" },
        ...{ volumes: [{ name: "more", emptyDir: {} }], volumeMounts: [{ name: "more", mountPath: "/more" }] },
        seLinuxOptions: { type: "super_t" },
      },
    );
    const { securityContext, image, imagePullPolicy, resources } = cni.container;
    const { seccompProfile, seLinuxOptions, appArmorProfile } = securityContext as Record<string, unknown>;
    const { tolerations, hostNetwork, terminationGracePeriodSeconds, volumes } = cni.spec;
    assert.deepEqual(
      {
        ...{ image, imagePullPolicy, resources, seccompProfile, seLinuxOptions, appArmorProfile, tolerations },
        ...{ hostNetwork, terminationGracePeriodSeconds, affinity: cni.spec["affinity"] },
        ...{ labels: cni.metadata.labels["owner"], podLabels: cni.template.labels["team"] },
        annotations: cni.template.annotations,
        paths: (volumes as { hostPath: { path: string } }[]).map(({ hostPath }) => hostPath.path),
      },
      {
        ...{ image: "registry.example.com/istio/install-cni:1.31.4-fips-debug", imagePullPolicy: "Always" },
        resources: { requests: { cpu: "10m" }, limits: { memory: "1Gi" } },
        ...{ seccompProfile: { type: "RuntimeDefault" }, seLinuxOptions: { type: "spc_t", level: "s0" } },
        ...{ appArmorProfile: { type: "Unconfined" }, tolerations: [], hostNetwork: true },
        ...{ terminationGracePeriodSeconds: 5, affinity, labels: "net", podLabels: "net" },
        annotations: { "sidecar.istio.io/inject": "false", tier: "1" },
        paths: ["/opt/bin", "/proc", "/var/run/ztunnel", "/etc/cni/net.d", "/var/run/istio-cni", "/run/netns"],
      },
    );
    const { name, labels, annotations } = ztunnel.metadata;
    assert.deepEqual(
      {
        ...{ name, owner: labels["owner"], annotations, account: ztunnel.spec["serviceAccountName"] },
        ...{ nodeSelector: ztunnel.spec["nodeSelector"], dnsPolicy: ztunnel.spec["dnsPolicy"] },
        ...{ image: ztunnel.container["image"], imagePullPolicy: ztunnel.container["imagePullPolicy"] },
        seLinuxOptions: (ztunnel.container["securityContext"] as Record<string, unknown>)["seLinuxOptions"],
        volume: (ztunnel.spec["volumes"] as object[]).at(-1),
        mount: (ztunnel.container["volumeMounts"] as object[]).at(-1),
      },
      {
        ...{ name: "ztunnel-a", owner: "net", annotations: { note: "a" }, account: "ztunnel-a" },
        ...{ nodeSelector: { "kubernetes.io/os": "linux", pool: "a" }, dnsPolicy: "Default" },
        ...{ image: "registry.example.com/ztunnel@sha256:1", imagePullPolicy: "Always" },
        ...{ seLinuxOptions: { type: "super_t" }, volume: { name: "more", emptyDir: {} } },
        mount: { name: "more", mountPath: "/more" },
      },
    );
  });

  const platforms: [
    platform: string | undefined,
    ...paths: [bin: string, configuration: string, namespaces: string],
  ][] = [
    [undefined, "/opt/cni/bin", "/etc/cni/net.d", "/var/run/netns"],
    ["gke", "/home/kubernetes/bin", "/etc/cni/net.d", "/var/run/netns"],
    ["k3d", "/bin", "/var/lib/rancher/k3s/agent/etc/cni/net.d", "/var/run/netns"],
    ["k3s", "/var/lib/rancher/k3s/data/cni", "/var/lib/rancher/k3s/agent/etc/cni/net.d", "/var/run/netns"],
    [
      "microk8s",
      "/var/snap/microk8s/current/opt/cni/bin",
      "/var/snap/microk8s/current/args/cni-network",
      "/var/run/netns",
    ],
    ["minikube", "/opt/cni/bin", "/etc/cni/net.d", "/var/run/docker/netns"],
    ["openshift", "/var/lib/cni/bin", "/etc/cni/multus/net.d", "/var/run/netns"],
  ];
  for (const [platform, ...paths] of platforms) {
    it(`have the directories of the platform ${platform ?? "that is not named"}`, () => {
      const [cni, ztunnel] = made({}, {}, platform);
      const wanted = ["cni-bin-dir", "cni-net-dir", "cni-netns-dir"];
      const volumes = cni.spec["volumes"] as { name: string; hostPath: { path: string } }[];
      assert.deepEqual(
        wanted.map((name) => volumes.find((volume) => volume.name === name)?.hostPath.path),
        paths,
      );
      const seLinux = [cni, ztunnel].map(
        ({ container }) => (container["securityContext"] as Record<string, unknown>)["seLinuxOptions"],
      );
      const spc = platform === "openshift" ? { type: "spc_t" } : undefined;
      assert.deepEqual(seLinux, [spc, spc]);
    });
  }
});
