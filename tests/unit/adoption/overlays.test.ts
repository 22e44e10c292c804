// What istioctl's components.<name>.k8s and overlays, or a post-renderer of Helm, put into the objects beside the values.
import * as assert from "node:assert/strict";
import { parse, stringify } from "yaml";
import type { JsonMap, KubeObject } from "../../../lib/drift";
import { appliedObject } from "../../../lib/adoption/fields";
import { overlaysOf, type WrittenPart } from "../../../lib/adoption/overlays";
import { Brownfield } from "../fixtures/brownfield";
import { onCluster, otherNames } from "./cluster";

const cluster = Brownfield.istioctl();
const applied = (kind: string, name: string) => appliedObject(cluster.object(kind, name))!;

/** A part as istioctl makes it, with changes of its workload, of the pods and of the container. */
function part(kind: string, name: string, spec: JsonMap = {}, pod: JsonMap = {}, container: JsonMap = {}): WrittenPart {
  const workload = structuredClone(applied(kind, name)) as KubeObject & {
    spec: JsonMap & { template: { spec: JsonMap & { containers: JsonMap[] } } };
  };
  const own = workload.spec.template.spec;
  Object.assign(workload.spec, spec);
  Object.assign(own, pod);
  Object.assign(own.containers[0]!, container);
  return { workload };
}

const istiod = (...changes: JsonMap[]) => part("Deployment", "istiod", ...changes);
const none = { values: {}, lost: [] };

/** The objects beside istiod's Deployment. */
function beside(spec: { hpa?: JsonMap; pdb?: JsonMap; service?: JsonMap; annotations?: JsonMap }): WrittenPart {
  const object = (kind: string, own: JsonMap = {}, annotations: JsonMap = {}): KubeObject => ({
    ...{ apiVersion: "v1", kind, metadata: { name: "istiod", annotations }, spec: own },
  });
  return {
    ...istiod(),
    autoscaler: object("HorizontalPodAutoscaler", spec.hpa),
    budget: object("PodDisruptionBudget", spec.pdb),
    service: object("Service", spec.service, spec.annotations),
  };
}

const metric = (name: string, averageUtilization: number) => ({
  type: "Resource",
  resource: { name, target: { type: "Utilization", averageUtilization } },
});

describe("what an installer puts beside the values", () => {
  it("is nothing as the charts are", () => {
    assert.deepEqual(overlaysOf("istiod", istiod(), {}), none);
    assert.deepEqual(overlaysOf("cni", part("DaemonSet", "istio-cni-node"), {}), none);
    assert.deepEqual(overlaysOf("ztunnel", part("DaemonSet", "ztunnel"), {}), none);
    const usual = { minReplicas: 1, maxReplicas: 5, scaleTargetRef: {}, metrics: [metric("cpu", 80)] };
    assert.deepEqual(overlaysOf("istiod", beside({ hpa: usual, pdb: { minAvailable: 1 } }), {}), none);
  });

  it("becomes values where the chart has them, unless they are recorded", () => {
    const hpa = {
      minReplicas: 3,
      maxReplicas: 10,
      behavior: { scaleDown: {} },
      metrics: [metric("cpu", 60), metric("memory", 70)],
    };
    const annotations = { "service.example/a": "b" };
    const scaled = {
      ...{ autoscaleMin: 3, autoscaleMax: 10, autoscaleBehavior: { scaleDown: {} } },
      ...{ cpu: { targetAverageUtilization: 60 }, memory: { targetAverageUtilization: 70 } },
      ...{ pdb: { maxUnavailable: 1 }, serviceAnnotations: annotations },
    };
    const set = beside({ hpa, pdb: { maxUnavailable: 1, selector: {} }, annotations, service: { type: "ClusterIP" } });
    assert.deepEqual(overlaysOf("istiod", set, {}), { values: scaled, lost: [] });
    assert.deepEqual(overlaysOf("istiod", set, scaled), none);
    const volumes: JsonMap[] = [{ name: "istio-token" }, { name: "ca", configMap: { name: "ca" } }];
    const volumeMounts = [
      { name: "istio-token", mountPath: "/a" },
      { name: "ca", mountPath: "/b" },
    ];
    const initContainers = [{ name: "wait", image: "wait" }];
    const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    const pod = { volumes, initContainers, priorityClassName: "system-cluster-critical" };
    const values = {
      global: { imagePullPolicy: "Always", priorityClassName: "system-cluster-critical" },
      ...{ volumes: volumes.slice(1), volumeMounts: volumeMounts.slice(1), initContainers },
      ...{ rollingMaxSurge: 1, rollingMaxUnavailable: 0 },
    };
    const changed = istiod({ strategy }, pod, { volumeMounts, imagePullPolicy: "Always" });
    assert.deepEqual(overlaysOf("istiod", changed, {}), { values, lost: [] });
    assert.deepEqual(overlaysOf("istiod", changed, values), none);
    const template = structuredClone(applied("DaemonSet", "ztunnel")) as KubeObject & {
      spec: { template: KubeObject };
    };
    Object.assign(template.spec.template.metadata["annotations"] as JsonMap, {
      ...{ team: "mesh", "kubectl.kubernetes.io/restartedAt": "2026-11-01T00:00:00Z" },
    });
    assert.deepEqual(overlaysOf("ztunnel", { workload: template }, {}), {
      ...{ values: { podAnnotations: { team: "mesh" } }, lost: [] },
    });
    const updateStrategy = { rollingUpdate: { maxUnavailable: "10%" }, type: "RollingUpdate" };
    assert.deepEqual(overlaysOf("cni", part("DaemonSet", "istio-cni-node", { updateStrategy }), {}), {
      ...{ values: { updateStrategy }, lost: [] },
    });
  });

  it("is named where no value of the chart keeps it", () => {
    const pod = { hostAliases: [{ ip: "10.0.0.1" }], securityContext: { fsGroup: 1 } };
    assert.deepEqual(
      overlaysOf(
        "istiod",
        istiod({ minReadySeconds: 5, strategy: { type: "Recreate" } }, pod, { livenessProbe: {} }),
        {},
      ).lost,
      [
        ...["minReadySeconds", "strategy", "hostAliases of its pods", "securityContext of its pods"],
        "livenessProbe of its pods",
      ],
    );
    const own = applied("DaemonSet", "istio-cni-node") as KubeObject & {
      spec: { template: { spec: { containers: JsonMap[]; volumes: JsonMap[] } } };
    };
    const { containers, volumes } = own.spec.template.spec;
    const more = {
      containers: [...containers, { name: "logs" }],
      volumes: [...volumes, { name: "logs" }],
      priorityClassName: "high",
    };
    assert.deepEqual(overlaysOf("cni", part("DaemonSet", "istio-cni-node", {}, more), {}).lost, [
      ...["the container logs of its pods", "priorityClassName of its pods", "the volume logs of its pods"],
    ]);
    const metrics = [{ type: "External", external: {} }];
    assert.deepEqual(overlaysOf("istiod", beside({ hpa: { metrics }, service: { type: "NodePort" } }), {}).lost, [
      ...["the metrics of its HorizontalPodAutoscaler", "the type of its Service"],
    ]);
  });

  it("is read from the manifest of a release, whatever others have added to the object since", async () => {
    const made = Brownfield.helm(otherNames);
    const deployment = istiod({}, { hostAliases: [{ ip: "10.0.0.1" }] }).workload;
    const hpa = {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "istiod", namespace: "istio-system" },
    };
    const manifest = [deployment, { ...hpa, spec: { minReplicas: 3 } }]
      .map((each) => `---\n${stringify(each)}`)
      .join("");
    made.record("control", "istio-system", { name: "istiod", version: "1.31.0" }, manifest);
    made.edit("Deployment", "istiod", ({ spec }) => {
      (spec as { template: { spec: JsonMap } }).template.spec["dnsConfig"] = { searches: ["a"] };
    });
    await onCluster(made, async (adopt) => {
      const { out } = await adopt("--print-args", "yaml");
      const { config } = parse(out) as { config: { "istio-ambient:mesh": { controlPlane: { values: JsonMap } } } };
      assert.equal(config["istio-ambient:mesh"].controlPlane.values["autoscaleMin"], 3);
      const lines = (await adopt()).out.split("\n").filter((line) => line.startsWith("  not known"));
      assert.deepEqual(lines, ["  not known: no value of istiod keeps hostAliases of its pods"]);
    });
  });
});
