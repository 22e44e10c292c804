// What a preview knows without a cluster that is ready for it: missing CRDs, missing namespaces, no API server at all.
import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { Bed, chart, failure } from "./bed";

const nowhere = JSON.stringify({
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name: "nowhere", cluster: { server: "https://127.0.0.1:1" } }],
  users: [{ name: "nobody", user: { token: "none" } }],
  contexts: [{ name: "nowhere", context: { cluster: "nowhere", user: "nobody" } }],
  "current-context": "nowhere",
});

describe("previews", () => {
  const bed = new Bed("previews");
  const { namespace } = bed;
  before(() => bed.open());
  after(async () => bed.clear());

  it("list everything where neither the CRD, nor the namespace, nor the patched object exists", async () => {
    const program = async (): Promise<void> => {
      const metadata = { namespace: `${namespace}-later`, name: "later" };
      const inner = new k8s.core.v1.Namespace("namespace", { metadata: { name: metadata.namespace } });
      new k8s.core.v1.ConfigMap("map", { metadata }, { dependsOn: inner });
      new k8s.helm.v3.Release("release", { name: "later", chart, namespace: metadata.namespace });
      new k8s.core.v1.ServicePatch("patch", { metadata, spec: { type: "NodePort" } });
      const gateway = { apiVersion: "gateway.example.com/v1", kind: "Gateway", metadata, spec: { listeners: [] } };
      new k8s.apiextensions.CustomResource("gateway", gateway);
      return Promise.resolve();
    };
    assert.deepEqual((await bed.preview(program)).steps, { create: 6 });
  });

  it("show an object that the API server would refuse as refused", async () => {
    const program = async (): Promise<void> => {
      const spec = { ports: [{ port: 70000 }] };
      new k8s.core.v1.Service("service", { metadata: { namespace, name: "refused" }, spec });
      return Promise.resolve();
    };
    assert.match(
      await failure(bed.preview(program)),
      /spec\.ports\[0\]\.port: Invalid value: 70000: must be between 1 and 65535/,
    );
  });

  it("fail where something has to be read from an API server that does not answer, as an update does", async () => {
    const provider = (): k8s.Provider => new k8s.Provider("nowhere", { kubeconfig: nowhere });
    const reading = async (): Promise<void> => {
      k8s.core.v1.Secret.get("secret", `${namespace}/secret`, { provider: provider() });
      return Promise.resolve();
    };
    assert.match(await failure(bed.preview(reading)), /failed to read resource state due to unreachable cluster/);
    const creating = async (): Promise<void> => {
      new k8s.core.v1.ConfigMap("map", { metadata: { namespace, name: "map" } }, { provider: provider() });
      return Promise.resolve();
    };
    assert.match(await failure(bed.up(creating)), /configured Kubernetes cluster is unreachable/);
  });
});
