// Objects as an API server gives them back: with what it, the kubelet and admission add to them, which is most of a pod.
import type { RawObject } from "../tests/unit/fixtures/raw-object";

const made = "2026-11-01T09:00:00Z";

/** Lists that a look reads, with the object that each gets; what it does not read is dropped. */
export function servedLists(objects: [path: string, object: object][]): [string, RawObject][] {
  return objects.flatMap(([path, object]): [string, RawObject][] => {
    const [, namespace, plural] = /^\/api\/v1\/namespaces\/([^/]+)\/(\w+)$/.exec(path) ?? [];
    const written = object as RawObject;
    if (plural === "serviceaccounts") return [];
    const metadata = { ...written.metadata, ...stamps(), ...(namespace === undefined ? {} : { namespace }) };
    const list = `/api/v1/${plural ?? "namespaces"}`;
    return [[list, plural === "pods" ? asPod({ ...written, metadata }) : { ...written, metadata }]];
  });
}

let count = 0;

function stamps(): object {
  const uid = `00000000-0000-4000-8000-${String((count += 1)).padStart(12, "0")}`;
  const fields = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`f:field-${index}`, { "f:value": {} }]));
  const entry = (manager: string) => ({
    ...{ manager, operation: "Update", apiVersion: "v1", time: made, fieldsType: "FieldsV1", fieldsV1: fields },
  });
  return {
    uid,
    resourceVersion: `${count}`,
    creationTimestamp: made,
    managedFields: [entry("bench"), entry("kubelet")],
  };
}

/** A pod that runs. */
function asPod(pod: RawObject): RawObject {
  const spec = pod["spec"] as { containers: { name: string; image: string }[] };
  const token = { name: "kube-api-access", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true };
  const containers = spec.containers.map((container) => ({
    ...{ ...container, volumeMounts: [token], terminationMessagePath: "/dev/termination-log" },
    ...{ terminationMessagePolicy: "File", imagePullPolicy: "IfNotPresent" },
  }));
  const conditions = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"].map(
    (type) => ({ type, status: "True", lastProbeTime: null, lastTransitionTime: made, observedGeneration: 1 }),
  );
  const containerStatuses = spec.containers.map(({ name, image }) => ({
    ...{ name, image, imageID: `${image}@sha256:${"0".repeat(64)}`, containerID: `containerd://${"0".repeat(64)}` },
    ...{ ready: true, restartCount: 0, started: true, lastState: {}, state: { running: { startedAt: made } } },
  }));
  return {
    ...pod,
    spec: {
      ...spec,
      containers,
      volumes: [
        { name: token.name, projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: "token" } }] } },
      ],
      ...{ restartPolicy: "Always", terminationGracePeriodSeconds: 30, dnsPolicy: "ClusterFirst", priority: 0 },
      ...{ serviceAccountName: "default", serviceAccount: "default", securityContext: {}, enableServiceLinks: true },
    },
    status: {
      ...{ phase: "Running", qosClass: "Burstable", hostIP: "172.18.0.2", podIP: "10.0.0.1", startTime: made },
      ...{ hostIPs: [{ ip: "172.18.0.2" }], podIPs: [{ ip: "10.0.0.1" }], conditions, containerStatuses },
    },
  };
}
