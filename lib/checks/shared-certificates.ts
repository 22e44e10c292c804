// HTTPS listeners with one certificate for several hostnames: browsers ask for all of these on the connection that they have.
// Source: istio#52853, istio#55732; Istio does not answer 421 (pilot/pkg/config/kube/gateway/supported_features.go).
import type { ClusterSnapshot, GatewayState, ListenerState } from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { allListeners } from "./listener-sets";
import { ingressGateways, some } from "./mesh";

export const sharedCertificatesCheck: Check = {
  id: "certificate-shared",
  category: "certificates",
  claim: "no listeners of different hostnames show one certificate at one port",
  severity: "warning",
  hint: "Browsers use one HTTP/2 connection for all names of a certificate, and a listener answers 404 for those of another.",
  needs: ["gateways"],
  also: ["gatewayClasses", "listenerSets"],
  isLocal: true,
  run(snapshot: ClusterSnapshot) {
    const listenersOf = allListeners(snapshot);
    return ingressGateways(snapshot).flatMap((gateway) => shared(gateway, listenersOf(gateway)));
  },
};

function shared(gateway: GatewayState, all: ListenerState[]): Finding[] {
  const groups = new Map<string, ListenerState[]>();
  for (const listener of all.filter(({ protocol }) => protocol === "HTTPS")) {
    for (const { namespace, name } of listener.certificates) {
      const key = `${listener.port} ${namespace}/${name}`;
      groups.set(key, [...(groups.get(key) ?? []), listener]);
    }
  }
  return [...groups].flatMap(([key, listeners]) => {
    const hostnames = new Set(listeners.map(({ hostname }) => hostname));
    if (hostnames.size < 2) return [];
    const secret = key.split(" ")[1] ?? "";
    const got = `listeners ${some(listeners.map(({ name }) => name))} with Secret ${secret}`;
    const rule = "each hostname has a certificate of its own, or one listener serves all names of the certificate";
    const write = 'listeners: [{ protocol: HTTPS, hostname: "*.example.com", ... }]';
    return [finding("Gateway", gateway, got, rule, { write })];
  });
}
