// What a release says against what is there: which differences count, whose fields are left alone, and the words for them.
import * as assert from "node:assert/strict";
import {
  claims,
  difference,
  driftLines,
  mergesLists,
  releaseObjects,
  type DriftedObject,
  type KubeObject,
} from "../../lib/drift";
import type { Json } from "../../lib/json";
import { ReleaseCluster } from "./fixtures/releases";

type Map = { [key: string]: Json };

/** Paths that differ, and the patch. */
function compared(wanted: Map, live: Map, merging = true): { paths: string[]; patch: Json } {
  const { fields, patch } = difference(wanted, live, merging);
  return { paths: fields.map(({ path }) => path), patch };
}

const none = { paths: [], patch: {} };

/** A pod template with one container, or what differs of it. */
const pod = (container: Map, more: Map = {}): Map => ({
  spec: { template: { spec: { containers: [{ name: "main", ...container }], ...more } } },
});
const main = "spec.template.spec.containers[main]";

describe("drift of one object", () => {
  const same: [string, Map, Map][] = [
    [
      "quantities written otherwise",
      pod(
        { resources: { limits: { cpu: "1000m", memory: "2Gi" }, requests: { cpu: 0.1 } } },
        { volumes: [{ name: "a", emptyDir: { sizeLimit: "1Gi" } }] },
      ),
      pod(
        { resources: { limits: { cpu: "1", memory: "2048Mi" }, requests: { cpu: "100m" } } },
        { volumes: [{ name: "a", emptyDir: { sizeLimit: "1024Mi" } }] },
      ),
    ],
    ["nothing and an empty value", { data: { a: "" }, rules: [], empty: {}, none: null }, {}],
    [
      "what only the live object has",
      pod({ env: [{ name: "A", value: "1" }] }),
      pod({
        imagePullPolicy: "IfNotPresent",
        env: [
          { name: "B", value: "2" },
          { name: "A", value: "1" },
        ],
      }),
    ],
    ["a port as a number and as a text", { port: "8080" }, { port: 8080 }],
    ["fields that the API leaves away where they are false", { hostNetwork: false }, {}],
    [
      "defaults inside of lists without keys",
      { rules: [{ apiGroups: [""] }] },
      { rules: [{ apiGroups: [""], scope: "*" }] },
    ],
    [
      "a variable that is named twice, the last of which counts",
      pod({ env: [1, 2].map((value) => ({ name: "A", value: String(value) })) }),
      pod({ env: [{ name: "A", value: "2" }] }),
    ],
    [
      "volumes and mounts in another order",
      pod({ volumeMounts: [{ mountPath: "/a" }, { mountPath: "/b" }] }, { volumes: [{ name: "a", emptyDir: {} }] }),
      pod(
        { volumeMounts: [{ mountPath: "/b" }, { mountPath: "/a" }] },
        { volumes: [{ name: "b" }, { name: "a", emptyDir: {} }] },
      ),
    ],
  ];
  for (const [what, wanted, live] of same) {
    it(`is none: ${what}`, () => assert.deepEqual(compared(wanted, live), none));
  }

  const others: [string, Map, Map, string[], Map][] = [
    [
      "another quantity",
      pod({ resources: { limits: { memory: "2Gi" } } }),
      pod({ resources: { limits: { memory: "2G" } } }),
      [`${main}.resources.limits.memory`],
      pod({ resources: { limits: { memory: "2Gi" } } }),
    ],
    [
      "a lost security setting that is false",
      pod({ securityContext: { allowPrivilegeEscalation: false } }),
      pod({}),
      [`${main}.securityContext.allowPrivilegeEscalation`],
      pod({ securityContext: { allowPrivilegeEscalation: false } }),
    ],
    [
      "a variable that is gone",
      pod({ env: [{ name: "A", value: "1" }, { name: "B" }] }),
      pod({ env: [{ name: "B" }] }),
      [`${main}.env[A]`],
      pod({ env: [{ name: "A", value: "1" }] }),
    ],
    [
      "a variable that comes from elsewhere",
      pod({ env: [{ name: "A", value: "1" }] }),
      pod({ env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }] }),
      [`${main}.env[A].value`, `${main}.env[A].valueFrom`],
      pod({ env: [{ name: "A", value: "1", valueFrom: null }] }),
    ],
    [
      "a probe of another kind",
      pod({ readinessProbe: { httpGet: { port: 8080 } } }),
      pod({ readinessProbe: { exec: { command: ["true"] }, periodSeconds: 10 } }),
      [`${main}.readinessProbe.httpGet.port`, `${main}.readinessProbe.exec`],
      pod({ readinessProbe: { httpGet: { port: 8080 }, exec: null } }),
    ],
    [
      "a volume of another kind",
      { volumes: [{ name: "tmp", emptyDir: {} }] },
      { volumes: [{ name: "tmp", hostPath: { path: "/tmp" } }] },
      ["volumes[tmp].hostPath"],
      { volumes: [{ name: "tmp", emptyDir: {}, hostPath: null }] },
    ],
    [
      "pods that are replaced otherwise",
      { strategy: { rollingUpdate: { maxSurge: 1 } } },
      { strategy: { type: "Recreate" } },
      ["strategy.type", "strategy.rollingUpdate.maxSurge"],
      { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } },
    ],
    [
      "pods that are to be replaced at once",
      { strategy: { type: "Recreate" } },
      { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } },
      ["strategy.type", "strategy.rollingUpdate"],
      { strategy: { type: "Recreate", rollingUpdate: null } },
    ],
    [
      "one argument among several",
      pod({ args: ["a", "b"] }),
      pod({ args: ["a", "c"] }),
      [`${main}.args[1]`],
      pod({ args: ["a", "b"] }),
    ],
    [
      "a rule that was added to a role",
      { rules: [{ verbs: ["get"] }] },
      { rules: [{ verbs: ["get"] }, { verbs: ["*"] }] },
      ["rules"],
      { rules: [{ verbs: ["get"] }] },
    ],
    [
      "a label with a slash in its name",
      { metadata: { labels: { "app.kubernetes.io/name": "istiod" } } },
      { metadata: { labels: { "app.kubernetes.io/name": "mine" } } },
      ['metadata.labels["app.kubernetes.io/name"]'],
      { metadata: { labels: { "app.kubernetes.io/name": "istiod" } } },
    ],
    [
      "a port of a Service",
      { spec: { ports: [{ name: "https", port: 443, targetPort: 15017 }] } },
      { spec: { ports: [{ name: "https", port: 443, targetPort: 443, protocol: "TCP" }] } },
      ["spec.ports[443].targetPort"],
      { spec: { ports: [{ port: 443, targetPort: 15017 }] } },
    ],
  ];
  for (const [what, wanted, live, paths, patch] of others) {
    it(`is seen: ${what}`, () => {
      const { fields, patch: given } = difference(wanted, live, true);
      assert.deepEqual({ paths: fields.map(({ path }) => path).sort(), patch: given }, { paths: paths.sort(), patch });
    });
  }

  it("patches lists of custom kinds and of definitions whole", () => {
    const merging = (apiVersion: string, kind: string) => mergesLists({ apiVersion, kind });
    assert.equal(merging("apps/v1", "DaemonSet"), true);
    assert.equal(merging("apiextensions.k8s.io/v1", "CustomResourceDefinition"), false);
    assert.equal(merging("networking.istio.io/v1", "Gateway"), false);
    const wanted: Map = { spec: { containers: [{ name: "a", image: "x" }] } };
    const live: Map = { spec: { containers: [{ name: "a", image: "y" }] } };
    assert.deepEqual(compared(wanted, live, false), { paths: ["spec.containers[0].image"], patch: wanted });
  });
});

const object = (kind: string, fields: Map): KubeObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name: "it" },
  ...fields,
});

describe("what a release may ask of an object", () => {
  const nothing = { metadata: { labels: {}, annotations: {} } };

  it("is neither its status nor the names in its metadata", () => {
    const wanted = object("ConfigMap", { status: { a: 1 }, data: { a: "1" } });
    wanted.metadata = { name: "it", namespace: "here", labels: { a: "1" } };
    assert.deepEqual(claims(wanted, {}, false), {
      metadata: { labels: { a: "1" }, annotations: {} },
      data: { a: "1" },
    });
  });

  it("is not the number of replicas under an autoscaler", () => {
    const wanted = object("Deployment", { spec: { replicas: 1, paused: true } });
    assert.deepEqual(claims(wanted, {}, false), { ...nothing, spec: { replicas: 1, paused: true } });
    assert.deepEqual(claims(wanted, {}, true), { ...nothing, spec: { paused: true } });
    assert.deepEqual(wanted["spec"], { replicas: 1, paused: true });
  });

  it("is not what istiod writes into webhooks, nor what Azure adds to them", () => {
    const webhook = { name: "a.istio.io", failurePolicy: "Ignore", clientConfig: { caBundle: "x", url: "u" } };
    const mine = { key: "istio.io/rev", operator: "Exists" };
    const azure = { key: "kubernetes.azure.com/managedby", operator: "NotIn", values: ["aks"] };
    const selector = (...matchExpressions: Map[]) => ({ namespaceSelector: { matchExpressions } });
    const wanted = (kind: string) => object(kind, { webhooks: [{ ...webhook, ...selector(mine) }] });
    const live = { webhooks: [{ name: "a.istio.io", ...selector(mine, azure) }] };
    const clientConfig = { url: "u" };
    assert.deepEqual(claims(wanted("ValidatingWebhookConfiguration"), live, false)["webhooks"], [
      { name: "a.istio.io", clientConfig, ...selector(mine, azure) },
    ]);
    assert.deepEqual(claims(wanted("MutatingWebhookConfiguration"), {}, false)["webhooks"], [
      { name: "a.istio.io", failurePolicy: "Ignore", clientConfig, ...selector(mine) },
    ]);
  });

  it("is neither the rules of an aggregated role, the CA of a conversion, nor anything in a Secret", () => {
    const role = object("ClusterRole", { rules: [{ verbs: ["get"] }] });
    assert.deepEqual(claims(role, { aggregationRule: { clusterRoleSelectors: [] } }, false), nothing);
    assert.deepEqual(claims(role, {}, false), { ...nothing, rules: [{ verbs: ["get"] }] });
    const conversion = { conversion: { webhook: { clientConfig: { caBundle: "x", url: "u" } } } };
    assert.deepEqual(claims(object("CustomResourceDefinition", { spec: conversion }), {}, false), {
      ...nothing,
      spec: { conversion: { webhook: { clientConfig: { url: "u" } } } },
    });
    assert.deepEqual(claims(object("Secret", { stringData: { a: "1" } }), {}, false), nothing);
  });
});

describe("the manifest of a release", () => {
  const [base] = new ReleaseCluster().releases;
  const read = (manifest: string) =>
    releaseObjects({ ...base!, manifest }).map(({ kind, namespace, name, read }) => ({
      kind,
      namespace,
      name,
      is: read(),
    }));

  it("gives its objects with their namespaces", () => {
    const objects = new ReleaseCluster().releases.flatMap(releaseObjects);
    const names = objects.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`);
    assert.equal(names.length, 28);
    assert.ok(names.includes("CustomResourceDefinition /proxyconfigs.networking.istio.io"), names.join());
    assert.ok(names.includes("ClusterRole /istio-cni-ambient"));
    assert.ok(names.includes("DaemonSet istio-system/ztunnel"));
    for (const found of objects) assert.equal(found.read().kind, found.kind);
  });

  it("reads a definition whole when it is asked for", () => {
    const definition = new ReleaseCluster().releases
      .flatMap(releaseObjects)
      .find(({ name }) => name.startsWith("proxy"));
    assert.equal((definition?.read()["spec"] as Map)["group"], "networking.istio.io");
  });

  it("is YAML as Helm reads it, whatever stands between the objects", () => {
    const text = `---
# Source: base/templates/a.yaml
---
# nothing
kind: ConfigMap
apiVersion: v1
metadata: { name: a }
mode: 0644
on: 12:30
since: 2026-11-24
data:
  text: |
    a
    --- b
`;
    const is = {
      ...{
        kind: "ConfigMap",
        apiVersion: "v1",
        metadata: { name: "a" },
        mode: 420,
        true: "12:30",
        since: "2026-11-24",
      },
      data: { text: "a\n--- b\n" },
    };
    assert.deepEqual(read(text), [{ kind: "ConfigMap", namespace: "istio-system", name: "a", is }]);
  });
});

describe("the words for drift", () => {
  const drifted = (fields: DriftedObject["fields"], more: Partial<DriftedObject> = {}): DriftedObject => ({
    ...{ apiVersion: "apps/v1", kind: "DaemonSet", namespace: "istio-system", name: "ztunnel", release: "ztunnel" },
    ...{ releaseNamespace: "istio-system", chart: "ztunnel", chartVersion: "1.31.0", autoscaled: false },
    ...{ fields, isMissing: false, wanted: object("DaemonSet", {}), ...more },
  });
  const said = (...fields: DriftedObject["fields"]) => driftLines([drifted(fields)])[0];

  it("name the object, the field, its value and the release's", () => {
    assert.equal(
      said({ path: "a.b", wanted: 1, live: "2" }, { path: "c", live: { d: true } }, { path: "e", wanted: "f" }),
      'DaemonSet istio-system/ztunnel: a.b is "2", the release has 1; c is {"d":true}, the release has nothing; e is missing, the release has "f"',
    );
  });

  it("say that it is missing, and that nobody confirmed a difference", () => {
    assert.deepEqual(
      driftLines([
        drifted([], { isMissing: true }),
        drifted([{ path: "a", wanted: 1, live: 2 }], { unconfirmed: "no right to patch" }),
      ]),
      [
        "DaemonSet istio-system/ztunnel is missing",
        "DaemonSet istio-system/ztunnel: a is 2, the release has 1 (not confirmed by the API server: no right to patch)",
      ],
    );
  });

  it("show of long texts the first line that differs, and of lists the items", () => {
    assert.equal(
      said(
        { path: "data.mesh", wanted: "a\nb\nc\n", live: "a\nB\nC\n" },
        { path: "data.x", wanted: "a\nb", live: "a" },
      ),
      'DaemonSet istio-system/ztunnel: data.mesh, line 2, is "B", the release has "b"; data.x, line 2, is missing, the release has "b"',
    );
    assert.equal(
      said({ path: "args", wanted: ["a", "b"], live: ["a", "c", "d"] }),
      'DaemonSet istio-system/ztunnel: args is ["…","c","d"], the release has ["…","b"]',
    );
  });

  it("stay short", () => {
    const many = ["a", "b", "c", "d", "e", "f", "g"].map((path) => ({ path, wanted: 1, live: 2 }));
    const each = many.slice(0, 5).map(({ path }) => `${path} is 2, the release has 1; `);
    assert.equal(said(...many), `DaemonSet istio-system/ztunnel: ${each.join("")}and 2 more fields`);
    assert.equal(said(...many.slice(0, 6)), `DaemonSet istio-system/ztunnel: ${each.join("")}and 1 more field`);
    assert.equal(
      said({ path: "a", wanted: "x".repeat(100), live: 1 }),
      `DaemonSet istio-system/ztunnel: a is 1, the release has "${"x".repeat(79)}…`,
    );
  });
});
