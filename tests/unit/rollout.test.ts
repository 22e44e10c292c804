// Waiting for the pods of a Deployment that istiod makes, and what is said of those that do not start.
import * as assert from "node:assert/strict";
import { awaitRollout } from "../../cluster/rollout";
import { ApiServer } from "./fixtures/api-server";
import { MeshApi } from "./fixtures/mesh-api";
import type { RawObject } from "./fixtures/raw-object";

const apps = "/apis/apps/v1/namespaces/edge";
const core = "/api/v1/namespaces/edge";
const noMemory = "0/1 nodes are available: 1 Insufficient memory.";

describe("waiting for the pods of a Deployment", () => {
  let mesh: MeshApi;
  let server: ApiServer;

  beforeEach(async () => {
    mesh = new MeshApi();
    server = await ApiServer.start(mesh);
  });
  afterEach(() => server.stop());

  /** The Deployment edge/gw with one pod wanted, and what is made of it. */
  function serve(status: object, pods: RawObject[], events: RawObject[] = []): void {
    const owned = (name: string, owner?: string) => ({
      metadata: {
        namespace: "edge",
        name,
        uid: `uid-${name}`,
        generation: 2,
        ...(owner && { ownerReferences: [{ uid: `uid-${owner}`, kind: "Any", name: owner }] }),
      } as RawObject["metadata"],
    });
    const gw = { ...owned("gw"), spec: { replicas: 1 }, status: { observedGeneration: 2, ...status } };
    mesh.recording.objects[`${apps}/deployments/gw`] = gw;
    Object.assign(mesh.recording.lists, {
      [`${apps}/deployments`]: [gw],
      [`${apps}/replicasets`]: [owned("gw-old", "gw"), owned("gw-new", "gw")],
      [`${core}/pods`]: pods.map((pod) => ({ ...pod, ...owned(pod.metadata.name, pod["of"] as string) })),
      [`${core}/events?fieldSelector=type=Warning`]: events,
    });
  }

  const pod = (name: string, of: string, status: object) => ({ metadata: { name }, of, status });
  const event = (name: string, reason: string, message: string) => ({
    metadata: { namespace: "edge", name: `${name}-${reason}` },
    involvedObject: { kind: "Pod", namespace: "edge", name, uid: `uid-${name}` },
    reason,
    message,
    lastTimestamp: new Date(Date.now() + 1000).toISOString(),
  });
  const serves = { conditions: [{ type: "Ready", status: "True" }] };
  const unscheduled = { conditions: [{ type: "PodScheduled", status: "False", message: noMemory }] };
  const wait = () => awaitRollout({ kubeconfig: server.kubeconfig }, { namespace: "edge", name: "gw" }, 1);

  it("ends when all of them are new and ready", async () => {
    serve({ replicas: 1, readyReplicas: 1, updatedReplicas: 1 }, [pod("gw-new-1", "gw-new", serves)]);
    assert.equal(await wait(), undefined);
  });

  it("counts the new ones while one of before serves on, and names the pod that cannot start, once, and no other", async () => {
    serve(
      { replicas: 2, readyReplicas: 1, updatedReplicas: 1 },
      [pod("gw-old-1", "gw-old", serves), pod("gw-new-1", "gw-new", unscheduled)],
      [event("gw-new-1", "FailedScheduling", noMemory), event("gw-old-1", "Unhealthy", "Readiness probe failed")],
    );
    assert.equal(
      await wait(),
      "Deployment edge/gw has 0 of 1 pods of the newest template ready, and 1 of the one before\n" +
        `  \`Pod edge/gw-new-1\`: ${noMemory}`,
    );
  });

  it("says what an event adds to what a pod says", async () => {
    const waiting = { reason: "ErrImageNeverPull", message: "no image" };
    serve(
      { replicas: 1, updatedReplicas: 1 },
      [pod("gw-new-1", "gw-new", { containerStatuses: [{ name: "istio-proxy", ready: false, state: { waiting } }] })],
      [
        event("gw-new-1", "FailedMount", "no such ConfigMap"),
        event("gw-new-1", "ErrImageNeverPull", "no image"),
        event("gw-new-1", "Failed", "Error: ErrImageNeverPull"),
      ],
    );
    assert.equal(
      await wait(),
      "Deployment edge/gw has 0 of 1 pods ready\n" +
        "  `Pod edge/gw-new-1`: container istio-proxy is in ErrImageNeverPull (no image)\n" +
        "  `Pod edge/gw-new-1`: FailedMount: no such ConfigMap",
    );
  });
});
