// The pods that a process stands behind here, and how they are told from those that kwok alone plays.
import { CoreV1Api, PatchStrategy, setHeaderOptions, V1Pod } from "@kubernetes/client-node";

/** Annotation that an istiod pod gets once the process behind it answers. */
export const servingAnnotation = "sandbox.istio-ambient/serving";

/** Pods of gateways of class `istio`; waypoints have another class, and filters that a plain Envoy lacks. */
export const gatewayClassLabel = "gateway.networking.k8s.io/gateway-class-name";
export const gatewayClass = "istio";

/** What kwok asks of a pod to see whether `isApplication`: something comes out where it is one. */
export const applicationQuery = '.spec.containers.[] | select(.image | contains("/agnhost:")) | .name';

/** Whether the pod is one of agnhost's HTTP server. */
export function isApplication(pod: V1Pod): boolean {
  return (pod.spec?.containers ?? []).some(({ image }) => image?.includes("/agnhost:"));
}

/** Lets the pod's readiness be that of its process. */
export async function showReady(core: CoreV1Api, pod: V1Pod, ready: boolean): Promise<void> {
  const isReady = (pod.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");
  if (isReady === ready) return;
  const lastTransitionTime = new Date().toISOString();
  const conditions = ["Ready", "ContainersReady"].map((type) => ({
    type,
    status: ready ? "True" : "False",
    lastTransitionTime,
  }));
  const containerStatuses = pod.status?.containerStatuses?.map((status) => ({ ...status, ready }));
  const { name = "", namespace = "" } = pod.metadata ?? {};
  await core.patchNamespacedPodStatus(
    { name, namespace, body: { status: { conditions, containerStatuses } } },
    setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch),
  );
}
