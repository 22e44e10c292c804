// Values of the four charts: what the arguments put there, and that `values` has the last word.
import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import {
  baseValues,
  chartRequests,
  cniValues,
  istiodValues,
  merge,
  nodeNamespace,
  SharedSettings,
  sumRequests,
  Values,
  ztunnelValues,
} from "../../components/mesh/objects";

const shared: SharedSettings = { version: "1.31.4", namespace: "istio-system" };

describe("the values of the charts", () => {
  it("are these where nothing is said", () => {
    assert.deepEqual(baseValues(shared), {
      base: { validationFailurePolicy: "Fail" },
      global: { istioNamespace: "istio-system" },
    });
    assert.deepEqual(istiodValues(shared, {}), {
      profile: "ambient",
      base: { validationFailurePolicy: "Fail" },
      global: { istioNamespace: "istio-system" },
      autoscaleEnabled: false,
      replicaCount: 1,
      resources: { requests: { cpu: "100m", memory: "128Mi" } },
      telemetry: { enabled: false },
      meshConfig: { accessLogFile: "/dev/stdout" },
    });
    assert.deepEqual(cniValues(shared, {}), {
      profile: "ambient",
      global: {},
      resources: { requests: { cpu: "100m", memory: "128Mi" } },
    });
    assert.deepEqual(ztunnelValues(shared, {}), {
      profile: "ambient",
      istioNamespace: "istio-system",
      global: {},
      resources: { requests: { cpu: "50m", memory: "64Mi" } },
      logLevel: "info",
      podAnnotations: { "prometheus.io/scrape": "false" },
    });
  });

  it("are smaller where a lean footprint is asked for, and so is what is requested", () => {
    const lean = { ...shared, footprint: "lean" };
    const istiod = istiodValues(lean, {});
    assert.deepEqual(istiod["env"], {
      GOGC: "10",
      GODEBUG: "memprofilerate=0",
      MUTEX_PROFILE_FRACTION: "0",
      PILOT_FILTER_GATEWAY_CLUSTER_CONFIG: "true",
    });
    const environment = { GOGC: "10", GODEBUG: "memprofilerate=0" };
    assert.deepEqual(istiod["meshConfig"], {
      accessLogFile: "/dev/stdout",
      defaultConfig: { proxyMetadata: environment },
    });
    assert.deepEqual(cniValues(lean, {})["env"], environment);
    assert.deepEqual(ztunnelValues(lean, {})["env"], undefined);
    const requests = [istiodValues, cniValues, ztunnelValues].map((values) => chartRequests(values(lean, {})));
    assert.deepEqual(requests, [
      { cpu: "50m", memory: "96Mi" },
      { cpu: "25m", memory: "96Mi" },
      { cpu: "50m", memory: "32Mi" },
    ]);
  });

  it("leave the last word to the arguments of a part and to `values` in a lean mesh too", () => {
    const lean = { ...shared, footprint: "lean" };
    const values = istiodValues(lean, {
      memory: "256Mi",
      values: { env: { GOGC: "100", A: "b" } },
    });
    assert.deepEqual(values["resources"], { requests: { cpu: "50m", memory: "256Mi" } });
    assert.deepEqual(values["env"], {
      GOGC: "100",
      GODEBUG: "memprofilerate=0",
      MUTEX_PROFILE_FRACTION: "0",
      PILOT_FILTER_GATEWAY_CLUSTER_CONFIG: "true",
      A: "b",
    });
  });

  it("switch the logs of Envoy and of ztunnel together", () => {
    const quiet = { ...shared, accessLogs: false };
    assert.deepEqual(istiodValues(quiet, {})["meshConfig"], { accessLogFile: "" });
    assert.equal(ztunnelValues(quiet, {})["logLevel"], "info,access=off");
  });

  it("switch the metrics of Envoy and of ztunnel together", () => {
    const measured = { ...shared, telemetry: true };
    assert.deepEqual(istiodValues(measured, {})["telemetry"], { enabled: true });
    assert.deepEqual(ztunnelValues(measured, {})["podAnnotations"], { "prometheus.io/scrape": "true" });
  });

  it("set a limit only where one is asked for", () => {
    assert.deepEqual(istiodValues(shared, { memory: "1Gi", memoryLimit: "2Gi" })["resources"], {
      requests: { cpu: "100m", memory: "1Gi" },
      limits: { memory: "2Gi" },
    });
  });

  it("tell the charts of a platform that has a profile of its own, and of no other", () => {
    const all = (platform: string) =>
      [baseValues, istiodValues, cniValues, ztunnelValues].map(
        (values) => (values({ ...shared, platform }, {})["global"] as Values)["platform"],
      );
    assert.deepEqual(all("openshift"), Array(4).fill("openshift"));
    assert.deepEqual(all("kind"), Array(4).fill(undefined));
    assert.equal(nodeNamespace("openshift", "mesh"), "kube-system");
    assert.equal(nodeNamespace("kind", "mesh"), "mesh");
  });

  it("take images from where they are, for the lines whose charts still name the old registry", () => {
    assert.equal((istiodValues({ ...shared, version: "1.30.8" }, {})["global"] as Values)["hub"], "docker.io/istio");
    assert.equal(ztunnelValues({ ...shared, version: "1.30.8" }, {})["hub"], "docker.io/istio");
    const own = { hub: "registry.example.com/istio", tag: "mine", pullSecrets: ["credentials"] };
    assert.deepEqual(cniValues({ ...shared, images: own }, {})["global"], {
      hub: own.hub,
      tag: own.tag,
      imagePullSecrets: own.pullSecrets,
    });
    const { hub, tag, imagePullSecrets } = ztunnelValues({ ...shared, images: own }, {});
    assert.deepEqual({ hub, tag, imagePullSecrets }, { hub: own.hub, tag: own.tag, imagePullSecrets: own.pullSecrets });
  });

  it("leave the last word to `values`, deeply", () => {
    const values = istiodValues(shared, {
      values: { pilot: { env: { A: "b" } }, resources: { requests: { cpu: "1" } } },
    });
    assert.deepEqual(values["resources"], { requests: { cpu: "1", memory: "128Mi" } });
    assert.deepEqual(values["pilot"], { env: { A: "b" } });
  });

  it("are counted by what the objects request in the end", () => {
    assert.deepEqual(chartRequests(istiodValues(shared, { replicas: 3 })), { cpu: "300m", memory: "384Mi" });
    const own = { autoscaleEnabled: true, autoscaleMin: 2, resources: { requests: { memory: "1Gi" } } };
    assert.deepEqual(chartRequests(istiodValues(shared, { values: own })), { cpu: "200m", memory: "2Gi" });
    assert.deepEqual(
      sumRequests([
        { cpu: "950m", memory: "512Mi" },
        { cpu: "50m", memory: "0.5Gi" },
      ]),
      {
        cpu: "1",
        memory: "1Gi",
      },
    );
  });
});

describe("merging values", () => {
  const map = fc.dictionary(
    fc.constantFrom("a", "b", "c"),
    fc.oneof(fc.integer(), fc.dictionary(fc.constantFrom("x", "y"), fc.integer(), { noNullPrototype: true })),
    { noNullPrototype: true },
  );

  it("keeps everything of the upper one, and of the lower one what the upper does not name", () => {
    fc.assert(
      fc.property(map, map, (under, over) => {
        const merged = merge(under, over);
        assert.deepEqual(merge(merged, over), merged);
        assert.deepEqual(
          Object.keys(merged).sort(),
          [...new Set([...Object.keys(under), ...Object.keys(over)])].sort(),
        );
        for (const [key, item] of Object.entries(under)) {
          if (!(key in over)) {
            assert.deepEqual(merged[key], item);
          }
        }
      }),
    );
  });

  it("replaces lists instead of joining them", () => {
    assert.deepEqual(merge({ list: [1, 2] }, { list: [3] }), { list: [3] });
  });
});
