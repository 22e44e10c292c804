// Labels of the mesh that were written as annotations: neither istiod nor istio-cni reads them there, or reports it.
// Source: IST0107 of Istio's analyzers, which knows annotations only.
import type { ClusterSnapshot, Named } from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { isLive, marks } from "./mesh";
import { canary } from "./waypoint-users";

const labels = [
  marks.dataplaneMode,
  marks.useWaypoint,
  marks.useWaypointNamespace,
  canary,
  `${canary}-namespace`,
  marks.ingressUseWaypoint,
  marks.waypointFor,
];

export const misplacedMarksCheck: Check = {
  id: "labels-as-annotations",
  category: "enrollment",
  claim: "no label of the mesh is written as an annotation",
  severity: "warning",
  hint: "istiod and istio-cni read these as labels only; as annotations they do nothing, without an error.",
  needs: ["namespaces"],
  also: ["services", "pods", "gateways"],
  isLocal: true,
  run: ({ namespaces, services, gateways, pods }: ClusterSnapshot) => [
    ...misplaced("Namespace", namespaces, (key, value, { name }) => ({
      run: `kubectl label namespace ${name} ${key}=${value}`,
    })),
    ...misplaced("Service", services, labelIn("service")),
    ...misplaced("Gateway", gateways, labelIn("gateway")),
    ...misplaced("Pod", firstOfEach(pods.filter(isLive)), (key, value) => ({
      write: `template: { metadata: { labels: { "${key}": "${value}" } } }`,
    })),
  ],
};

type Fixing = (key: string, value: string, object: Named) => Finding["fix"];

function labelIn(kind: string): Fixing {
  return (key, value, { namespace, name }) => ({
    run: `kubectl label ${kind} ${name} --namespace ${namespace} ${key}=${value}`,
  });
}

function misplaced(kind: string, objects: Named[], fix: Fixing): Finding[] {
  return objects.flatMap((object) =>
    labels
      .filter((key) => key in object.annotations && !(key in object.labels))
      .map((key) => {
        const value = object.annotations[key] ?? "";
        return finding(kind, object, `annotation ${key}=${value}`, "must be a label", fix(key, value, object));
      }),
  );
}

/** Of the pods of one namespace with the same marks the first: they come from one template. */
function firstOfEach<T extends Named>(pods: T[]): T[] {
  const found = new Map<string, T>();
  for (const pod of pods) {
    const own = labels.filter((key) => key in pod.annotations).map((key) => `${key}=${pod.annotations[key] ?? ""}`);
    const place = [pod.namespace, ...own].join(" ");
    if (own.length > 0 && !found.has(place)) found.set(place, pod);
  }
  return [...found.values()];
}
