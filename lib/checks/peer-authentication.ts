// PeerAuthentications that ztunnel does not keep as they are written. DISABLE is to it what PERMISSIVE is.
// Source: pilot/pkg/serviceregistry/ambient/authorization.go of istio/istio, releases 1.30 and 1.31; istio#61023, istio#49098.
import type { ClusterSnapshot, PeerAuthenticationState, PodState, ServiceState } from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { byNamespace, meshNamespace, podsToCapture, some } from "./mesh";
import { isSelected } from "./policy-readers";

export const peerAuthenticationCheck: Check = {
  id: "policy-peers",
  category: "policies",
  claim: "ztunnel keeps every PeerAuthentication as it is written",
  severity: "error",
  hint: "No condition tells: plaintext comes in where STRICT was meant, or is refused at a port that was to be open.",
  needs: ["peerAuthentications", "pods", "namespaces"],
  also: ["services"],
  isLocal: true,
  run(snapshot) {
    const policies = snapshot.peerAuthentications.filter(({ pods }) => pods !== undefined);
    if (policies.length === 0) return [];
    const root = meshNamespace(snapshot);
    const captured = podsToCapture(snapshot);
    const pods = new Map(byNamespace(captured));
    return policies.flatMap((policy) => {
      if (policy.namespace === root) return ignored(policy, captured.filter(isSelected(policy)));
      const selected = (pods.get(policy.namespace) ?? []).filter(isSelected(policy));
      if (selected.length === 0) return [];
      return [...closedPorts(snapshot, policy), ...servicePorts(snapshot, policy, selected)];
    });
  },
};

const kind = "PeerAuthentication";

/** In the root namespace a selector keeps ztunnel from reading it; sidecars take it for all namespaces. */
function ignored(policy: PeerAuthenticationState, selected: PodState[]): Finding[] {
  const [first] = selected;
  if (!first) return [];
  const got = `selector in the root namespace, for ${some(selected.map(({ name }) => name))}`;
  const rule = `ztunnel reads no PeerAuthentication with a selector in ${policy.namespace}; it is in the namespace of its pods`;
  return [finding(kind, policy, got, rule, { write: `metadata: { namespace: ${first.namespace} }` })];
}

/** An exception that says DISABLE is read beside a mode of its own, or beside one that says PERMISSIVE, and not under a wider STRICT. */
function closedPorts(snapshot: ClusterSnapshot, policy: PeerAuthenticationState): Finding[] {
  const modes = Object.entries(policy.ports);
  const disabled = modes.filter(([, mode]) => mode === "DISABLE").map(([port]) => port);
  const isRead = policy.mode !== undefined || modes.some(([, mode]) => mode === "PERMISSIVE");
  const [port] = disabled;
  if (port === undefined || isRead || !isStrictAround(snapshot, policy)) return [];
  const rule = "under STRICT of the namespace or the mesh, ztunnel opens a port for plaintext by PERMISSIVE only";
  const write = `portLevelMtls: { ${port}: { mode: PERMISSIVE } }`;
  return [finding(kind, policy, `DISABLE at port ${disabled.join(", ")}`, rule, { write })];
}

/** Of several on one level the oldest counts; here one that is not STRICT is enough to say nothing. */
function isStrictAround(snapshot: ClusterSnapshot, { namespace }: PeerAuthenticationState): boolean {
  const modes = [namespace, meshNamespace(snapshot)].map((place) =>
    snapshot.peerAuthentications
      .filter((each) => each.namespace === place && each.pods === undefined)
      .flatMap(({ mode }) => mode ?? []),
  );
  const decisive = modes.find((found) => found.length > 0);
  return decisive !== undefined && decisive.every((mode) => mode === "STRICT");
}

/** Ports that the pods do not have, but a Service in front of them, which leads to another one. */
function servicePorts(snapshot: ClusterSnapshot, policy: PeerAuthenticationState, selected: PodState[]): Finding[] {
  const services = snapshot.services.filter(({ namespace }) => namespace === policy.namespace);
  return Object.entries(policy.ports).flatMap(([key, mode]) => {
    const port = Number(key);
    if (selected.some(({ ports }) => Object.values(ports).includes(port))) return [];
    const [led] = services.flatMap((service) => {
      const target = targetOf(service, port, selected);
      return target === undefined || target === port ? [] : [{ service, target }];
    });
    if (!led) return [];
    const rule = `portLevelMtls has ports of the pods: this one of Service ${led.service.name} leads to ${led.target}`;
    const write = `portLevelMtls: { ${led.target}: { mode: ${mode ?? "PERMISSIVE"} } }`;
    return [finding(kind, policy, `port ${port}`, rule, { write })];
  });
}

/** The port of the selected pods to which a Service leads. */
function targetOf({ selector, ports }: ServiceState, port: number, selected: PodState[]): number | undefined {
  const behind = selector === undefined ? [] : selected.filter(isSelected({ pods: selector }));
  const target = ports.find((each) => each.port === port)?.target;
  if (typeof target === "number") return behind.length > 0 ? target : undefined;
  return target === undefined
    ? undefined
    : behind.map((pod) => pod.ports[target]).find((number) => number !== undefined);
}
