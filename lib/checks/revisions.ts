// Which istiod is responsible for a Gateway: by the revision label on it or on its namespace, or as the default.
// Source: pkg/revisions of istio/istio; istio.io#15410, istio#53637.
import type { ClusterSnapshot, GatewayState, Kind, WorkloadState } from "../cluster-state/snapshot";
import { finding, type Check } from "./check";
import { ingressGateways, istiods, some, waypoints } from "./mesh";

const revisionLabel = "istio.io/rev";
const tagLabel = "istio.io/tag";
/** The webhooks by which istiods know whose the objects without a revision are. */
const defaults = { tag: "istio-revision-tag-default", validator: "istiod-default-validator" };

const needs: Kind[] = ["gateways", "deployments", "mutatingWebhooks", "validatingWebhooks", "services", "namespaces"];

export const revisionCheck: Check = {
  id: "gateway-revision",
  category: "gateways",
  claim: "the revision of every Gateway is one that an istiod has",
  severity: "error",
  hint: "An istiod serves only Gateways of its own revision and tags; any other Gateway waits for a controller.",
  needs,
  also: ["gatewayClasses"],
  run: (snapshot) =>
    [...ingressGateways(snapshot), ...waypoints(snapshot)]
      .filter((gateway) => !isOfSomeRevision(snapshot, gateway))
      .map((gateway) => {
        const own = gateway.labels[revisionLabel];
        const wanted = wantedRevision(snapshot, gateway);
        const source = own === undefined && wanted ? " of its namespace" : "";
        const got = wanted ? `${revisionLabel}=${wanted}${source}` : `no label ${revisionLabel}`;
        const names = istiods(snapshot).flatMap((istiod) => [...namesOf(snapshot, istiod)]);
        const none = wanted ? "" : "; none of them is the default";
        const { namespace, name } = gateway;
        return finding("Gateway", gateway, got, `must be one of ${some(names.sort())}${none}`, {
          run: `kubectl label gateway ${name} --namespace ${namespace} --overwrite ${revisionLabel}=${names[0] ?? ""}`,
        });
      }),
};

/** True where an istiod deals with the Gateway, and where that cannot be told. */
export function isOfSomeRevision(snapshot: ClusterSnapshot, gateway: GatewayState): boolean {
  const isOpen = needs.some((kind) => snapshot.gaps[kind] && snapshot.gaps[kind].cause !== "missing");
  const all = istiods(snapshot);
  if (isOpen || all.length === 0) return true;
  const wanted = wantedRevision(snapshot, gateway);
  return all.some((istiod) =>
    wanted ? namesOf(snapshot, istiod).has(wanted) : isDefault(snapshot, istiod, namesOf(snapshot, istiod)),
  );
}

/** The label on the Gateway, or that of its namespace; empty where there is none. */
function wantedRevision({ namespaces }: ClusterSnapshot, { namespace, labels }: GatewayState): string {
  return labels[revisionLabel] ?? namespaces.find(({ name }) => name === namespace)?.labels[revisionLabel] ?? "";
}

function revisionOf({ labels }: WorkloadState): string {
  return labels[revisionLabel] ?? "default";
}

/** The revision of an istiod, and the tags that lead to it. */
function namesOf({ mutatingWebhooks, services }: ClusterSnapshot, istiod: WorkloadState): Set<string> {
  const revision = revisionOf(istiod);
  const tags = [...mutatingWebhooks, ...services.filter(({ namespace }) => namespace === istiod.namespace)]
    .filter(({ labels }) => labels[revisionLabel] === revision)
    .flatMap(({ labels }) => labels[tagLabel] ?? []);
  return new Set([revision, ...tags]);
}

/** The tag "default" comes before the revision for which the default validator was installed. */
function isDefault(snapshot: ClusterSnapshot, istiod: WorkloadState, names: Set<string>): boolean {
  if (names.has("default")) return true;
  const isTagged = snapshot.mutatingWebhooks.some(({ name }) => name === defaults.tag);
  const validator = snapshot.validatingWebhooks.find(({ name }) => name === defaults.validator);
  return !isTagged && validator?.labels[revisionLabel] === revisionOf(istiod);
}
