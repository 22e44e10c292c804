// Admission webhooks in the mesh: the API server calls them, is not in the mesh, and STRICT refuses its plaintext.
// Source: istio#53884; pilot/pkg/serviceregistry/ambient/authorization.go of istio/istio for what overrules what.
import type { ClusterSnapshot, PeerAuthenticationState, PodState, ServiceState } from "../cluster-state/snapshot";
import { selects } from "../network-policies/selectors";
import { finding, type Check, type Finding } from "./check";
import { byNamespace, bypassesInbound, podsToCapture, some } from "./mesh";
import { rootNamespace } from "./mesh-config";

export const strictWebhooksCheck: Check = {
  id: "policy-webhooks",
  category: "policies",
  claim: "no STRICT policy keeps the API server from calling admission webhooks",
  severity: "warning",
  hint: "The API server is outside the mesh: under STRICT its calls fail, and requests are then refused or admitted unchecked.",
  needs: ["peerAuthentications", "mutatingWebhooks", "validatingWebhooks", "services", "pods", "namespaces"],
  run(snapshot) {
    const isStrictAnywhere = snapshot.peerAuthentications.some(({ mode, ports }) =>
      [mode, ...Object.values(ports)].includes("STRICT"),
    );
    if (!isStrictAnywhere) return [];
    const captured = new Map(byNamespace(podsToCapture(snapshot).filter((pod) => !bypassesInbound(pod))));
    return [...calledServices(snapshot).values()].flatMap((called) =>
      strictFinding(snapshot, called, captured.get(called.service.namespace) ?? []),
    );
  },
};

interface Called {
  service: ServiceState;
  /** Of the Service. */
  port: number;
  /** "ValidatingWebhookConfiguration checks" */
  callers: Set<string>;
}

/** Services that the API server calls, each port of them once. */
function calledServices({ mutatingWebhooks, validatingWebhooks, services }: ClusterSnapshot): Map<string, Called> {
  const known = new Map(services.map((service) => [`${service.namespace}/${service.name}`, service]));
  const called = new Map<string, Called>();
  for (const { kind, name, service: reference, port = 443 } of [...mutatingWebhooks, ...validatingWebhooks]) {
    const place = `${reference?.namespace ?? ""}/${reference?.name ?? ""}`;
    const service = known.get(place);
    if (!service) continue;
    const found = called.get(`${place}:${port}`) ?? { service, port, callers: new Set() };
    found.callers.add(`${kind} ${name}`);
    called.set(`${place}:${port}`, found);
  }
  return called;
}

function strictFinding(snapshot: ClusterSnapshot, called: Called, captured: PodState[]): Finding[] {
  const { service, port, callers } = called;
  const { selector } = service;
  if (!selector) return [];
  const behind = captured.filter((pod) => selects({ labels: selector, expressions: [] }, pod.labels));
  const target = service.ports.find((each) => each.port === port)?.target ?? port;
  const strict = behind.flatMap((pod) => {
    const number = typeof target === "number" ? target : pod.ports[target];
    return number !== undefined && isStrict(snapshot, pod, number) ? [number] : [];
  });
  const [number] = strict;
  if (number === undefined) return [];
  const got = `STRICT at port ${number} of its pods, for ${some([...callers].sort())}`;
  const rule = "a port that the API server calls accepts plaintext, by a PeerAuthentication that selects its pods";
  const write = `portLevelMtls: { ${number}: { mode: PERMISSIVE } }`;
  return [finding("Service", service, got, rule, { write })];
}

/** The narrower policy wins: that of the pod's labels, of its namespace, of the mesh. */
export function isStrict(snapshot: ClusterSnapshot, pod: PodState, port: number): boolean {
  const root = rootNamespace(snapshot);
  const all = snapshot.peerAuthentications;
  const isForPod = ({ pods }: PeerAuthenticationState) => pods !== undefined && isSubset(pods, pod.labels);
  // ztunnel is told nothing of those that select pods of the root namespace.
  const own = all.filter((policy) => policy.namespace === pod.namespace && pod.namespace !== root && isForPod(policy));
  const wide = (namespace: string) => all.filter((each) => each.namespace === namespace && each.pods === undefined);
  const levels = [
    own.map(({ ports, mode }) => ports[port] ?? mode),
    wide(pod.namespace).map(({ mode }) => mode),
    wide(root).map(({ mode }) => mode),
  ];
  const decisive = levels.map((modes) => modes.filter((mode) => mode !== undefined)).find((modes) => modes.length > 0);
  // Of several on one level the oldest counts; here one that is not STRICT is enough to say nothing.
  return decisive !== undefined && decisive.every((mode) => mode === "STRICT");
}

function isSubset(wanted: Record<string, string>, labels: Record<string, string>): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}
