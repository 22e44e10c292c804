// The pods that a process stands behind here, and how they are told from those that kwok alone plays.
import { CoreV1Api, PatchStrategy, setHeaderOptions, V1Container, V1Pod } from "@kubernetes/client-node";

/** Annotation that an istiod pod gets once the process behind it answers. */
export const servingAnnotation = "sandbox.istio-ambient/serving";

/** Pods of gateways of class `istio`; waypoints have another class, and filters that a plain Envoy lacks. */
export const gatewayClassLabel = "gateway.networking.k8s.io/gateway-class-name";
export const gatewayClass = "istio";

/** Images of applications that a process here can stand for: agnhost's HTTP server, and the conformance suite's. */
const applications = /\/(agnhost|echo-basic):/;

/** Images of cert-manager's chart that one can stand for as well. */
const issuing = { controller: /\/cert-manager-controller:/, webhook: /\/cert-manager-webhook:/ };

const processes = [applications, ...Object.values(issuing)].map(({ source }) => source.replaceAll("\\/", "/"));

/** What kwok asks of a pod to see whether it has a process of its own: something comes out where it has. */
export const processQuery = `.spec.containers.[] | select(.image | test("${processes.join("|")}")) | .name`;

/** The container of the pod's application. */
export function applicationOf(pod: V1Pod): V1Container | undefined {
  return pod.spec?.containers.find(({ image = "" }) => applications.test(image));
}

/** The container of that part of cert-manager. */
export function issuingContainerOf(pod: V1Pod, part: keyof typeof issuing): V1Container | undefined {
  return pod.spec?.containers.find(({ image = "" }) => issuing[part].test(image));
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
