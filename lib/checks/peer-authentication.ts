// PeerAuthentications that ztunnel does not keep as they are written. DISABLE is to it what PERMISSIVE is.
// Source: pilot/pkg/serviceregistry/ambient/authorization.go of istio/istio, releases 1.30 and 1.31; istio#61023, istio#49098.
import type { ClusterSnapshot, PeerAuthenticationState, PodState, ServiceState } from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { byNamespace, podsToCapture, some } from "./mesh";
import { rootNamespace } from "./mesh-config";
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
    const policies = snapshot.peerAuthentications;
    if (policies.length === 0) return [];
    const root = rootNamespace(snapshot);
    const captured = podsToCapture(snapshot);
    const pods = new Map(byNamespace(captured));
    const beside = new Map(byNamespace(policies));
    const mesh = oldestOf(beside.get(root));
    return policies.flatMap((policy) => {
      const neighbors = beside.get(policy.namespace) ?? [];
      if (policy.namespace === root) {
        const selected = captured.filter(isSelected(policy));
        return policy.pods === undefined ? shadowed(neighbors, policy, selected) : ignored(policy, selected);
      }
      const selected = (pods.get(policy.namespace) ?? []).filter(isSelected(policy));
      if (selected.length === 0) return [];
      const shadow = shadowed(neighbors, policy, selected);
      if (shadow.length > 0 || policy.pods === undefined) return shadow;
      const around = { namespace: oldestOf(neighbors), mesh };
      return [
        ...closedPorts(policy, around),
        ...lost(policy, around, selected),
        ...servicePorts(snapshot, policy, selected),
      ];
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

/** Of several that select a pod, and of several for a whole namespace, only the oldest counts. */
function shadowed(
  neighbors: PeerAuthenticationState[],
  policy: PeerAuthenticationState,
  selected: PodState[],
): Finding[] {
  const older = neighbors.find(
    (other) =>
      (other.pods === undefined) === (policy.pods === undefined) &&
      isOlder(other, policy) &&
      !isAlike(other, policy) &&
      selected.some(isSelected(other)),
  );
  if (!older) return [];
  const both = selected.filter(isSelected(older)).map(({ name }) => name);
  const what = policy.pods === undefined ? "no selector" : `selector of ${some(both)}`;
  const got = `${what}, as the older PeerAuthentication ${older.name}`;
  const rule = "istiod keeps the oldest of those that are for the same pods, and none of the others";
  return [
    finding(kind, policy, got, rule, { run: `kubectl describe peerauthentications --namespace ${policy.namespace}` }),
  ];
}

/** What is as old in its second is left open: istiod takes either. */
function isOlder(one: PeerAuthenticationState, other: PeerAuthenticationState): boolean {
  return one.created !== "" && one.created < other.created;
}

function isAlike(one: PeerAuthenticationState, other: PeerAuthenticationState): boolean {
  return one.mode === other.mode && JSON.stringify(one.ports) === JSON.stringify(other.ports);
}

/** The policies for a whole namespace and for the whole mesh. */
interface Around {
  namespace?: PeerAuthenticationState;
  mesh?: PeerAuthenticationState;
}

/** Of those for a whole namespace, or for the mesh, the one that counts. */
function oldestOf(policies: PeerAuthenticationState[] = []): PeerAuthenticationState | undefined {
  return policies
    .filter(({ pods }) => pods === undefined)
    .reduce<PeerAuthenticationState | undefined>(
      (oldest, each) => (oldest && !isOlder(each, oldest) ? oldest : each),
      undefined,
    );
}

function isStrictAround({ namespace, mesh }: Around): boolean {
  return (namespace?.mode ?? mesh?.mode) === "STRICT";
}

/** An exception that says DISABLE is read beside a mode of its own, or beside one that says PERMISSIVE, and not under a wider STRICT. */
function closedPorts(policy: PeerAuthenticationState, around: Around): Finding[] {
  const disabled = portsOf(policy, "DISABLE");
  const isRead = policy.mode !== undefined || portsOf(policy, "PERMISSIVE").length > 0;
  const [port] = disabled;
  if (port === undefined || isRead || !isStrictAround(around)) return [];
  const rule = "under STRICT of the namespace or the mesh, ztunnel opens a port for plaintext by PERMISSIVE only";
  const write = `portLevelMtls: { ${port}: { mode: PERMISSIVE } }`;
  return [finding(kind, policy, `DISABLE at port ${disabled.join(", ")}`, rule, { write })];
}

/**
 * Policies that istiod has the pods refer to and never makes: ztunnel then keeps none of them, and not the mesh's STRICT
 * either. convertedSelectorPeerAuthentications and convertPeerAuthentication see a namespace without a mode differently, and
 * the second skips the STRICT ports of a policy that is itself PERMISSIVE where the mesh is STRICT.
 */
function lost(policy: PeerAuthenticationState, { namespace, mesh }: Around, selected: PodState[]): Finding[] {
  if (mesh?.mode !== "STRICT" || namespace?.mode !== undefined) return [];
  const names = some(selected.map(({ name }) => name));
  const [open] = portsOf(policy, "PERMISSIVE");
  if (policy.mode === undefined && open !== undefined && namespace !== undefined) {
    const got = `port ${open} PERMISSIVE beside PeerAuthentication ${namespace.name}, which sets no mode`;
    const rule = `istiod then makes no policy at all for ${names}, and every port accepts plaintext although the mesh is STRICT`;
    return [finding(kind, policy, got, rule, { write: "mtls: { mode: STRICT }" })];
  }
  const strict = portsOf(policy, "STRICT");
  if (policy.mode === undefined || policy.mode === "STRICT" || strict.length === 0) return [];
  const others = selected.flatMap(({ ports }) => Object.values(ports)).filter((port) => !strict.includes(String(port)));
  const got = `port ${strict.join(", ")} STRICT beside mtls.mode ${policy.mode}`;
  const rule = `in a STRICT mesh istiod makes no policy of it for ${names}, and the port accepts plaintext`;
  const write = `mtls: { mode: STRICT }, portLevelMtls: { ${others[0] ?? "..."}: { mode: PERMISSIVE } }`;
  return [finding(kind, policy, got, rule, { write })];
}

function portsOf({ ports }: PeerAuthenticationState, mode: string): string[] {
  return Object.entries(ports).flatMap(([port, own]) => (own === mode ? [port] : []));
}

/** Ports that the pods do not have, but a Service in front of them, which leads to another one. */
function servicePorts(snapshot: ClusterSnapshot, policy: PeerAuthenticationState, selected: PodState[]): Finding[] {
  return Object.entries(policy.ports).flatMap(([key, mode]) => {
    const port = Number(key);
    if (selected.some(({ ports }) => Object.values(ports).includes(port))) return [];
    const led = ledBy(snapshot, policy.namespace, port, selected);
    if (!led) return [];
    const rule = `portLevelMtls has ports of the pods: this one of Service ${led.service.name} leads to ${led.target}`;
    const write = `portLevelMtls: { ${led.target}: { mode: ${mode ?? "PERMISSIVE"} } }`;
    return [finding(kind, policy, `port ${port}`, rule, { write })];
  });
}

/** The Service of a namespace whose port leads to another one of the pods. */
export function ledBy(
  snapshot: ClusterSnapshot,
  namespace: string,
  port: number,
  pods: PodState[],
): { service: ServiceState; target: number } | undefined {
  const [led] = snapshot.services
    .filter((service) => service.namespace === namespace)
    .flatMap((service) => {
      const target = targetOf(service, port, pods);
      return target === undefined || target === port ? [] : [{ service, target }];
    });
  return led;
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
