// ListenerSets: listeners that others add to a Gateway. istiod reads the standard kind only, and attaches a set where the
// Gateway admits its namespace and the Gateway's class takes sets, which a waypoint's does not.
// Source: ListenerSetCollection in pilot/pkg/config/kube/gateway/gateway_collection.go and NamespaceAcceptedByAllowListeners in
// gatewaycommon of istio/istio, releases 1.30 and 1.31.
import {
  condition,
  type ClusterSnapshot,
  type GatewayState,
  type ListenerSetState,
  type ListenerState,
} from "../cluster-state/snapshot";
import { isReadIn } from "../cluster-state/within";
import { finding, type Check, type Finding } from "./check";
import { describe, failedListener, isNamed, judgedGateways, said } from "./gateways";

export const listenerSetsCheck: Check = {
  id: "listener-sets",
  category: "gateways",
  claim: "every ListenerSet is attached to its Gateway",
  severity: "error",
  hint: "istiod serves no listener of such a set, and routes that attach to it get no traffic.",
  needs: ["gateways"],
  also: ["listenerSets", "gatewayClasses"],
  isLocal: true,
  run(snapshot) {
    if (snapshot.listenerSets.length === 0) return [];
    const ours = judgedGateways(snapshot);
    return snapshot.listenerSets.flatMap((set) => {
      const { parent } = set;
      if (parent.kind !== "Gateway") return [];
      const gateway = ours.find(isNamed(parent));
      if (gateway) return set.kind === "ListenerSet" ? unattached(set, gateway) : [unread(set)];
      if (snapshot.gateways.some(isNamed(parent)) || !isReadIn(snapshot, "gateways", parent.namespace)) return [];
      const got = `parent Gateway ${parent.namespace}/${parent.name}, which does not exist`;
      return [finding(set.kind, set, got, "its Gateway exists", describe(set.kind, set))];
    });
  },
};

/** Sets by the Gateway to which istiod attaches them, or will as soon as it has looked. */
export function attachedSets(snapshot: ClusterSnapshot): (gateway: GatewayState) => ListenerSetState[] {
  const byGateway = new Map<string, ListenerSetState[]>();
  for (const set of snapshot.listenerSets) {
    const { kind, namespace, name } = set.parent;
    if (set.kind !== "ListenerSet" || kind !== "Gateway" || !isAccepted(set)) continue;
    byGateway.set(`${namespace}/${name}`, [...(byGateway.get(`${namespace}/${name}`) ?? []), set]);
  }
  return ({ namespace, name }) => byGateway.get(`${namespace}/${name}`) ?? [];
}

/** The listeners of a Gateway with those that ListenerSets add, whose names then say of which set they are. */
export function allListeners(snapshot: ClusterSnapshot): (gateway: GatewayState) => ListenerState[] {
  const attached = attachedSets(snapshot);
  return (gateway) => [
    ...gateway.listeners,
    ...attached(gateway).flatMap(({ namespace, name, listeners }) =>
      listeners.map((listener) => ({ ...listener, name: `${namespace}/${name}/${listener.name}` })),
    ),
  ];
}

/** True of a set that istiod has accepted, or has yet to look at. */
export function isAccepted({ conditions }: ListenerSetState): boolean {
  return (condition(conditions, "Accepted")?.status ?? "True") === "True";
}

function unread(set: ListenerSetState): Finding {
  const rule = "istiod reads ListenerSets of gateway.networking.k8s.io/v1 only";
  const write = "apiVersion: gateway.networking.k8s.io/v1, kind: ListenerSet";
  return finding(set.kind, set, `kind ${set.kind}`, rule, { write });
}

function unattached(set: ListenerSetState, gateway: GatewayState): Finding[] {
  const accepted = condition(set.conditions, "Accepted");
  const place = `Gateway ${gateway.namespace}/${gateway.name}`;
  if (accepted?.status !== "True") {
    // Which listener is wrong is gateway-listeners' to tell.
    if (accepted?.reason === "ListenersNotValid" && set.listeners.some(failedListener)) return [];
    if (accepted?.reason !== "NotAllowed" || /GatewayClass/.test(accepted.message)) {
      const got = said("Accepted", accepted);
      return [finding(set.kind, set, got, `${place} accepts it`, describe(set.kind, set))];
    }
    // istiod's message names a field that Gateways do not have.
    const got = "Accepted=False, NotAllowed";
    const from = set.namespace === gateway.namespace ? "Same" : "All";
    const rule = `${place} must admit ListenerSets of the namespace ${set.namespace}; by default it admits none`;
    return [finding(set.kind, set, got, rule, { write: `allowedListeners: { namespaces: { from: ${from} } }` })];
  }
  const programmed = condition(set.conditions, "Programmed");
  // A Gateway that is not programmed itself is gateway-programmed's to tell.
  const isGatewayReady = condition(gateway.conditions, "Programmed")?.status === "True";
  if (programmed?.status === "True" || !isGatewayReady) return [];
  const rule = `${place} serves its listeners`;
  return [finding(set.kind, set, said("Programmed", programmed), rule, describe(set.kind, set))];
}
