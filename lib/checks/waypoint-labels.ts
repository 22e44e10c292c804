// Labels for a waypoint that istiod does not read, without a condition that tells.
// Source: GetUseWaypoint in pilot/pkg/serviceregistry/ambient/waypoints.go of istio/istio, and serviceServiceBuilder in
// services.go, which leaves ExternalName out; releases 1.30 and 1.31.
import type { ClusterSnapshot, Named } from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { isLive, marks } from "./mesh";
import { namedWaypoint } from "./waypoint-users";

export const waypointLabelsCheck: Check = {
  id: "waypoint-labels",
  category: "waypoints",
  claim: "istiod reads every label that is to lead to a waypoint",
  severity: "warning",
  hint: "Such a label does nothing, and traffic goes directly to where it would go without it.",
  needs: ["namespaces", "services"],
  also: ["pods", "serviceEntries", "workloadEntries", "workloadGroups"],
  isLocal: true,
  run: (snapshot) => [...nameless(snapshot), ...aliases(snapshot)],
};

/** The namespace of a waypoint, and not its name. */
function nameless(snapshot: ClusterSnapshot): Finding[] {
  const { namespaces, services, serviceEntries, workloadEntries, workloadGroups } = snapshot;
  const all: [string, Named[]][] = [
    ["Namespace", namespaces],
    ["Service", services],
    ["ServiceEntry", serviceEntries],
    ["WorkloadEntry", workloadEntries],
    ["WorkloadGroup", workloadGroups],
    ["Pod", firstOfEach(snapshot.pods.filter(isLive))],
  ];
  return all.flatMap(([kind, objects]) =>
    objects
      .filter(({ labels }) => marks.useWaypointNamespace in labels && !(marks.useWaypoint in labels))
      .map((object) => {
        const got = `${marks.useWaypointNamespace}=${object.labels[marks.useWaypointNamespace] ?? ""} alone`;
        const rule = `${marks.useWaypoint} beside it names the waypoint; a namespace's label is not looked at for that`;
        return finding(kind, object, got, rule, { write: `${marks.useWaypoint}: waypoint` });
      }),
  );
}

/** Of the pods of one namespace with the same label the first: they come from one template. */
function firstOfEach<T extends Named>(pods: T[]): T[] {
  const marked = pods.filter(({ labels }) => marks.useWaypointNamespace in labels && !(marks.useWaypoint in labels));
  const place = ({ namespace, labels }: T) => `${namespace} ${labels[marks.useWaypointNamespace] ?? ""}`;
  // Of several values for one key the last stays.
  return [...new Map([...marked].reverse().map((pod) => [place(pod), pod])).values()].reverse();
}

/** Services that are names for something else: istiod does not know them in ambient. */
function aliases({ services }: ClusterSnapshot): Finding[] {
  return services
    .filter(({ type }) => type === "ExternalName")
    .flatMap((service) => {
      const user = namedWaypoint("Service", service);
      if (!user) return [];
      const got = `${user.key}=${user.label} on a Service of type ExternalName`;
      const rule = "istiod leaves such Services out; a ServiceEntry with the host takes the label";
      const write = `kind: ServiceEntry, metadata: { labels: { ${user.key}: ${user.label} } }`;
      return [finding("Service", service, got, rule, { write })];
    });
}
