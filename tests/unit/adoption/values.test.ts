// What an Istio was installed with, as the arguments of a mesh: what they say, and that they lead to the same values.
import * as assert from "node:assert/strict";
import { parse, stringify } from "yaml";
import { chartViolations } from "../../../components/mesh/chart-rules";
import { meshRules } from "../../../components/mesh/rules";
import { checkArgs } from "../../../components/support/arguments";
import { cniValues, istiodValues, ztunnelValues } from "../../../components/mesh/objects";
import { appliedObject } from "../../../lib/adoption/fields";
import { releaseObjects, type JsonMap } from "../../../lib/drift";
import { Brownfield } from "../fixtures/brownfield";
import { onCluster, otherNames, umbrellaName } from "./cluster";
import { withValues } from "./with-values";

/** The arguments that are printed for a cluster. */
async function printed(cluster: Brownfield): Promise<JsonMap> {
  return onCluster(cluster, async (adopt) => {
    const { out, code } = await adopt("--print-args", "yaml");
    assert.equal(code, 0);
    return (parse(out) as { config: { "istio-ambient:mesh": JsonMap } }).config["istio-ambient:mesh"];
  });
}

const usual = {
  version: "1.31.0",
  adoptNamespace: true,
  telemetry: true,
  images: { hub: "registry.istio.io/testing", tag: "latest" },
};
const meshConfig = { accessLogFile: "" };
const controlPlane = { cpu: "500m", memory: "2Gi", values: { autoscaleEnabled: true, meshConfig } };
/** istioctl sets this for the component istio-cni: without it new sidecars bring an init container with NET_ADMIN. */
const withCni = { cni: { enabled: true } };

describe("the arguments of an adopted Istio", () => {
  it("are those of istioctl's values, resources and pods", async () => {
    const labels = (chart: string) => ({
      "app.kubernetes.io/instance": "istio",
      "app.kubernetes.io/version": "1.0.0",
      "helm.sh/chart": `${chart}-1.0.0`,
    });
    assert.deepEqual(await printed(Brownfield.istioctl()), {
      ...usual,
      controlPlane: { ...controlPlane, values: { ...controlPlane.values, ...withCni } },
      cni: { memory: "100Mi", values: { podLabels: labels("cni") } },
      dataplane: { cpu: "200m", memory: "512Mi", values: { podLabels: labels("ztunnel") } },
    });
  });

  it("are those of Helm's values, with or without the charts' prefixes", async () => {
    const cluster = Brownfield.helm(otherNames);
    const config = {
      profile: "ambient",
      pilot: { env: { PILOT_ENABLE_STATUS: "true" }, autoscaleEnabled: false },
      meshConfig: { trustDomain: "old.example", accessLogFile: "/dev/stdout" },
      global: { meshID: "one", platform: "k3s", hub: "registry.istio.io/testing", logging: { level: "default:debug" } },
      telemetry: { enabled: false },
      base: { validationURL: "" },
    };
    withValues(cluster, "control", "istiod", config);
    withValues(cluster, "agent", "cni", {
      profile: "ambient",
      cni: { cniBinDir: "/opt/bin" },
      excludeNamespaces: ["a"],
    });
    withValues(cluster, "proxy", "ztunnel", { logLevel: "info,access=warn", env: { A: "b" }, resourceName: "ztunnel" });
    assert.deepEqual(await printed(cluster), {
      ...{ version: "1.31.0", adoptNamespace: true, platform: "k3s", accessLogs: false, images: usual.images },
      controlPlane: {
        ...{ cpu: "500m", memory: "2Gi" },
        values: {
          meshConfig: { trustDomain: "old.example", accessLogFile: "/dev/stdout" },
          global: { meshID: "one", logging: { level: "default:debug" } },
          env: { PILOT_ENABLE_STATUS: "true" },
        },
      },
      cni: {
        memory: "100Mi",
        values: {
          ...{ excludeNamespaces: ["a"], cniBinDir: "/opt/bin" },
          podLabels: { "app.kubernetes.io/instance": "agent" },
        },
      },
      dataplane: {
        ...{ cpu: "200m", memory: "512Mi" },
        values: {
          ...{ logLevel: "info,access=warn", env: { A: "b" } },
          podLabels: { "app.kubernetes.io/instance": "proxy" },
          podAnnotations: { "prometheus.io/scrape": "true" },
        },
      },
    });
  });

  it("are those of an umbrella chart's parts, its own values.yaml below", async () => {
    const cluster = Brownfield.helm(umbrellaName, "istio-system", "ambient");
    const values = { global: { variant: "distroless" }, istiod: { enabled: true, profile: "ambient" } };
    const config = { istiod: { env: { A: "b" } }, global: { meshID: "one" }, cni: { cniBinDir: "/opt/bin" } };
    withValues(cluster, "ambient", "mesh", config, values);
    const args = await printed(cluster);
    assert.deepEqual(args["controlPlane"], {
      ...controlPlane,
      values: { ...controlPlane.values, env: { A: "b" }, global: { meshID: "one" } },
    });
    assert.deepEqual((args["cni"] as JsonMap)["values"], {
      cniBinDir: "/opt/bin",
      podLabels: { "app.kubernetes.io/instance": "ambient" },
    });
  });

  it("keep limits, replicas and a part that is not there", async () => {
    const cluster = Brownfield.istioctl();
    for (const name of ["istiod"])
      cluster.objects.delete(`/apis/autoscaling/v2/namespaces/istio-system/horizontalpodautoscalers/${name}`);
    cluster.edit("Deployment", "istiod", (object) => {
      const spec = object["spec"] as { replicas: number; template: { spec: { containers: { resources: JsonMap }[] } } };
      spec.replicas = 3;
      spec.template.spec.containers[0]!.resources = {
        requests: { cpu: "100m", memory: "1Gi" },
        limits: { memory: "2Gi", cpu: "1" },
      };
    });
    for (const name of ["ztunnel", "istio-cni-node"]) {
      cluster.objects.delete(`/apis/apps/v1/namespaces/istio-system/daemonsets/${name}`);
    }
    assert.deepEqual(await printed(cluster), {
      ...{ version: "1.31.0", adoptNamespace: true, telemetry: true, accessLogs: false, images: usual.images },
      controlPlane: {
        ...{ memory: "1Gi", memoryLimit: "2Gi", replicas: 3 },
        values: { resources: { limits: { cpu: "1" } }, ...withCni },
      },
    });
  });

  it("leave out a memory limit that a mesh refuses, and the plan says so", async () => {
    const cluster = Brownfield.istioctl();
    const limits: [string, string, JsonMap][] = [
      ["Deployment", "istiod", { memory: "128Mi", cpu: "1" }],
      ["DaemonSet", "ztunnel", { memory: "32Mi" }],
      ["DaemonSet", "istio-cni-node", { memory: "32Mi" }],
    ];
    for (const [kind, name, limit] of limits) {
      cluster.edit(kind, name, (object) => {
        const spec = object["spec"] as { template: { spec: { containers: { resources: JsonMap }[] } } };
        spec.template.spec.containers[0]!.resources = { limits: limit };
      });
    }
    const args = (await printed(cluster)) as { [part: string]: { memoryLimit?: string; values: JsonMap } };
    const { controlPlane: istiod, cni, dataplane } = args;
    assert.deepEqual([istiod?.memoryLimit, dataplane?.memoryLimit], [undefined, undefined]);
    assert.deepEqual(istiod?.values["resources"], { limits: { cpu: "1" } });
    assert.equal(dataplane?.values["resources"], undefined);
    assert.deepEqual(cni?.values["resources"], { limits: { memory: "32Mi" } });
    const { out } = await onCluster(cluster, (adopt) => adopt());
    assert.deepEqual(out.split("\n").slice(-6, -3), [
      "  istiod restarts once: its chart writes the release's name on its pods (app.kubernetes.io/instance: istio)",
      "  istiod restarts without its memory limit of 128Mi: below 256Mi, istiod is killed",
      "  ztunnel restarts without its memory limit of 32Mi: below 64Mi, ztunnel is killed when all pods of a node connect at once",
    ]);
  });

  it("keep what was set on the pods beside the values, and name what no value keeps", async () => {
    const cluster = Brownfield.istioctl();
    const spread = [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway" }];
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } };
    const secret = { name: "KEY", valueFrom: { secretKeyRef: { name: "keys", key: "key" } } };
    const template = (kind: string, name: string, more: JsonMap, ...env: JsonMap[]) =>
      cluster.edit(kind, name, (object) => {
        const { template: pods } = object["spec"] as {
          template: { spec: JsonMap & { containers: { env: JsonMap[] }[] } };
        };
        const { tolerations = [], ...rest } = more;
        Object.assign(pods.spec, rest);
        (pods.spec["tolerations"] as JsonMap[]).push(...(tolerations as JsonMap[]));
        pods.spec.containers[0]!.env.push(...env);
      });
    const tolerations = [{ key: "infra", operator: "Exists" }];
    const own = { nodeSelector: { role: "infra" }, topologySpreadConstraints: spread, tolerations };
    template("Deployment", "istiod", own, { name: "PILOT_DEBOUNCE_AFTER", value: "1s" }, secret);
    template("DaemonSet", "istio-cni-node", { affinity, nodeSelector: { "kubernetes.io/os": "linux", mesh: "yes" } });
    template("DaemonSet", "ztunnel", { tolerations }, secret);
    const args = (await printed(cluster)) as { [part: string]: { values: JsonMap } };
    const { controlPlane: istiod, cni, dataplane: ztunnel } = args;
    const { autoscaleEnabled, meshConfig: config, ...added } = istiod!.values;
    assert.deepEqual([autoscaleEnabled, config], [true, meshConfig]);
    assert.deepEqual(added, { ...own, ...withCni, env: { PILOT_DEBOUNCE_AFTER: "1s" }, envVarFrom: [secret] });
    assert.deepEqual([cni?.values["affinity"], cni?.values["nodeSelector"]], [affinity, undefined]);
    assert.deepEqual(ztunnel?.values["tolerations"], [
      { effect: "NoSchedule", operator: "Exists" },
      { key: "CriticalAddonsOnly", operator: "Exists" },
      { effect: "NoExecute", operator: "Exists" },
      ...tolerations,
    ]);
    const { out } = await onCluster(cluster, (adopt) => adopt());
    for (const line of [
      "  not known: no value of cni keeps nodeSelector of its pods\n",
      "  not known: no value of ztunnel keeps the variable KEY of its pods\n",
      "  istiod may restart: its chart writes variables in another order\n",
    ]) {
      assert.ok(out.includes(line), out);
    }
  });

  it("keep that istio-cni sets up sidecars, under either name that istiod's chart has for it", async () => {
    const cni = { enabled: true, provider: "multus" };
    for (const config of [{ pilot: { cni } }, { cni }] as JsonMap[]) {
      const cluster = withValues(Brownfield.helm(otherNames), "control", "istiod", config);
      const args = (await printed(cluster)) as { controlPlane: { values: JsonMap } };
      assert.deepEqual(args.controlPlane.values["cni"], cni);
    }
  });

  it("keep what each chart reads of values that several share, and nothing that a mesh would refuse", async () => {
    const seccompProfile = { type: "RuntimeDefault" };
    const cluster = Brownfield.istioctl();
    cluster.edit("ConfigMap", "values", (object) => {
      const data = object["data"] as { "original-values": string };
      const { global, ...rest } = JSON.parse(data["original-values"]) as JsonMap & { global: JsonMap };
      const proxy = { resources: { requests: { cpu: "10m" } } };
      const values = {
        ...rest,
        global: { ...global, configValidation: false, meshID: "one", imagePullPolicy: "Always", proxy },
        gateways: { "istio-ingressgateway": { autoscaleMax: 3 }, seccompProfile },
        cni: { provider: "multus", ambient: { dnsCapture: false } },
      };
      data["original-values"] = JSON.stringify(values);
    });
    const args = (await printed(cluster)) as { [part: string]: { values: JsonMap } };
    const [cni, ztunnel] = ["cni", "dataplane"].map((part) => ({ ...args[part]!.values, podLabels: 0 }));
    assert.deepEqual(args["controlPlane"]!.values, {
      ...controlPlane.values,
      cni: { enabled: true, provider: "multus" },
      gateways: { seccompProfile },
      global: {
        ...{ configValidation: false, meshID: "one", imagePullPolicy: "Always" },
        proxy: { resources: { requests: { cpu: "10m" } } },
      },
    });
    const global = { imagePullPolicy: "Always" };
    assert.deepEqual(cni, { provider: "multus", ambient: { dnsCapture: false }, global, podLabels: 0 });
    // The chart's top level is its `global`.
    assert.deepEqual(ztunnel, { global, podLabels: 0 });
    assert.deepEqual(
      chartViolations(args, () => undefined),
      [],
    );
    checkArgs("AmbientMesh", "mesh", args, meshRules);
  });

  it("keep the variant of the images, also where they have none", async () => {
    const cluster = Brownfield.istioctl();
    const variants: [string, string, string][] = [
      ["Deployment", "istiod", "-debug"],
      ["DaemonSet", "istio-cni-node", ""],
      ["DaemonSet", "ztunnel", ""],
    ];
    for (const [kind, name, suffix] of variants) {
      cluster.edit(kind, name, (object) => {
        const spec = object["spec"] as { template: { spec: { containers: { image: string }[] } } };
        const [container] = spec.template.spec.containers;
        container!.image = container!.image.replace("-distroless", suffix);
      });
    }
    const args = (await printed(cluster)) as { [part: string]: { values: JsonMap } };
    assert.deepEqual(args["images"], usual.images);
    assert.deepEqual(args["controlPlane"]!.values["global"], { variant: "debug" });
    assert.deepEqual(args["cni"]!.values["global"], { variant: "" });
    assert.deepEqual(args["dataplane"]!.values["variant"], "");
  });

  it("keep a ztunnel that was installed without the profile ambient, and say that such an istio-cni restarts", async () => {
    const cluster = Brownfield.istioctl();
    type Pods = { template: { spec: { volumes: JsonMap[]; containers: { image: string; env: JsonMap[] }[] } } };
    const edit = (name: string, change: (pods: Pods["template"]["spec"]) => void) =>
      cluster.edit("DaemonSet", name, ({ spec }) => change((spec as unknown as Pods).template.spec));
    edit("ztunnel", ({ containers: [container] }) => {
      container!.image = container!.image.replace("-distroless", "");
      container!.env = container!.env.filter(({ name }) => name !== "ISTIO_META_ENABLE_HBONE");
    });
    const args = (await printed(cluster)) as { [part: string]: { values: JsonMap } };
    const { profile, variant } = args["dataplane"]!.values;
    assert.deepEqual([profile, variant], ["", undefined]);
    const line =
      "  istio-cni restarts once: ambient mode mounts the sockets of ztunnel and the pods' networks into its pods\n";
    const told = async () => (await onCluster(cluster, (adopt) => adopt())).out.includes(line);
    assert.equal(await told(), false);
    edit(
      "istio-cni-node",
      (pods) => (pods.volumes = pods.volumes.filter(({ name }) => name !== "cni-ztunnel-sock-dir")),
    );
    assert.equal(await told(), true);
  });

  it("keep what another profile than ambient sets, and say so where its file is not recorded", async () => {
    const profile = {
      meshConfig: { accessLogFile: "/dev/stdout", extensionProviders: [{ name: "otel" }] },
      ztunnel: { resources: {} },
      pilot: { autoscaleEnabled: false, traceSampling: 100 },
    };
    const data = Buffer.from(stringify(profile)).toString("base64");
    const config = { profile: "demo", meshConfig: { enableTracing: true }, traceSampling: 5 };
    const cluster = withValues(Brownfield.helm(otherNames), "control", "istiod", config);
    const asked = (text: string) => onCluster(cluster, async (adopt) => (await adopt()).out.includes(text));
    const unknown = "  not known: the profile demo of istiod is not recorded; add its values to the arguments\n";
    assert.equal(await asked(unknown), true);
    withValues(cluster, "control", "istiod", config, undefined, [{ name: "files/profile-demo.yaml", data }]);
    const args = (await printed(cluster)) as { controlPlane: { values: JsonMap } };
    // As in the chart, what stands under its prefix counts; access logs are the mesh's own default.
    assert.deepEqual(args.controlPlane.values, {
      meshConfig: { enableTracing: true, extensionProviders: [{ name: "otel" }] },
      traceSampling: 100,
    });
    assert.equal(await asked(unknown), false);
  });

  it("lead to the values that they were read from", async () => {
    const shared = { version: "1.31.0", namespace: "istio-system", telemetry: true, images: usual.images };
    const args = (await printed(Brownfield.istioctl())) as {
      [part: string]: { cpu?: string; memory?: string; values: JsonMap };
    };
    const istiod = istiodValues(shared, args["controlPlane"]!);
    const cni = cniValues(shared, args["cni"]!);
    const ztunnel = ztunnelValues(shared, args["dataplane"]!);
    assert.deepEqual(
      [istiod["resources"], istiod["autoscaleEnabled"], cni["resources"], ztunnel["resources"], ztunnel["logLevel"]],
      [
        { requests: { cpu: "500m", memory: "2Gi" } },
        true,
        { requests: { cpu: "100m", memory: "100Mi" } },
        { requests: { cpu: "200m", memory: "512Mi" } },
        "info",
      ],
    );
  });
});

describe("the manifest of what an installer has applied", () => {
  const cluster = Brownfield.istioctl();
  const applied = (kind: string, name: string) => appliedObject(cluster.object(kind, name))!;

  it("has the fields of the installer, and none that the API server has filled in", () => {
    const { spec } = applied("Deployment", "istiod") as unknown as {
      spec: { template: { spec: JsonMap & { containers: JsonMap[] } }; progressDeadlineSeconds?: number };
    };
    assert.equal(spec.progressDeadlineSeconds, undefined);
    assert.equal(spec.template.spec["dnsPolicy"], undefined);
    assert.deepEqual(spec.template.spec.containers[0]!["args"], [
      ...["discovery", "--monitoringAddr=:15014", "--log_output_level=default:info"],
      ...["--domain", "cluster.local", "--keepaliveMaxServerConnectionAge", "30m"],
    ]);
    assert.deepEqual(applied("Service", "istiod")["spec"], {
      ports: [
        { name: "grpc-xds", port: 15010, protocol: "TCP" },
        { name: "https-dns", port: 15012, protocol: "TCP" },
        { name: "https-webhook", port: 443, protocol: "TCP", targetPort: 15017 },
        { name: "http-monitoring", port: 15014, protocol: "TCP" },
      ],
      selector: { app: "istiod", istio: "pilot" },
    });
  });

  it("has nothing that istiod writes at run time, and nothing by which istioctl would find it", () => {
    const { webhooks, metadata } = applied("ValidatingWebhookConfiguration", "istiod-default-validator") as unknown as {
      webhooks: { clientConfig: JsonMap }[];
      metadata: { labels: JsonMap };
    };
    assert.deepEqual(Object.keys(webhooks[0]!.clientConfig), ["service"]);
    assert.deepEqual(
      Object.keys(metadata.labels).filter((label) => label.includes("operator.istio.io/")),
      [
        "install.operator.istio.io/owning-resource",
        "install.operator.istio.io/owning-resource-not-pruned",
        "operator.istio.io/component",
      ],
    );
  });

  it("may have a label twice, as the charts write what podLabels say: the last one counts", () => {
    const manifest = [
      ...["apiVersion: apps/v1", "kind: DaemonSet", "metadata:", "  name: ztunnel"],
      ...["  labels:", "    app.kubernetes.io/instance: ztunnel", "    app.kubernetes.io/instance: istio"],
    ].join("\n");
    const release = { release: "ztunnel", namespace: "a", status: "deployed", revision: 1, manifest };
    const [object] = releaseObjects({ ...release, chart: "ztunnel", chartVersion: "1.31.0", deployedAt: 0 });
    assert.deepEqual(object!.labels, { "app.kubernetes.io/instance": "istio" });
  });
});
