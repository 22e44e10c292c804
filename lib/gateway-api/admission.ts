// Which listeners of a Gateway take a route, by the rules of the Gateway API: what the route names, from where routes may
// attach, and which hostnames both serve.
import type { Labels } from "../istio/labels";
import { serves } from "./hosts";

/** A label selector. */
export interface Selector {
  matchLabels?: Labels;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** A listener as it stands in a Gateway. */
export interface Listener {
  name: string;
  port: number;
  protocol: string;
  hostname?: string;
  tls?: { certificateRefs?: { kind?: string; name: string; namespace?: string }[] };
  allowedRoutes?: { namespaces?: { from?: string; selector?: Selector }; kinds?: { kind: string }[] };
}

/** What a route names of its parent. */
export interface AttachedTo {
  section?: string;
  port?: number;
}

/** Listeners for HTTPRoutes that the route names: all of them where it names none. */
export function namedListeners(listeners: Listener[], { section, port }: AttachedTo): Listener[] {
  return listeners.filter(
    ({ name, port: own, protocol, allowedRoutes }) =>
      ["HTTP", "HTTPS"].includes(protocol) &&
      (section === undefined || section === name) &&
      (port === undefined || port === own) &&
      (allowedRoutes?.kinds ?? []).every(({ kind }, _, kinds) => kind === "HTTPRoute" || kinds.length > 1),
  );
}

/** True where routes of a namespace with these labels may attach to the listener of a Gateway in `own`. */
export function admits({ allowedRoutes }: Listener, own: string, namespace: string, labels: Labels): boolean {
  const { from = "Same", selector = {} } = allowedRoutes?.namespaces ?? {};
  return from === "All" || (from === "Same" ? own === namespace : from === "Selector" && selects(selector, labels));
}

function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([label, value]) => labels[label] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === "Exists") return value !== undefined;
      if (operator === "DoesNotExist") return value === undefined;
      const isIn = value !== undefined && values.includes(value);
      return operator === "In" ? isIn : !isIn;
    })
  );
}

/** A route as far as listeners take it or not. */
export interface AttachingRoute {
  namespace: string;
  hostnames?: string[];
  /** What it names of this Gateway: one entry for each of its parentRefs. */
  parents: AttachedTo[];
}

/** Hostnames of a route that some listener serves; `*` stands for a route without any. */
export function servedHosts(
  gateway: { namespace: string; listeners: Listener[] },
  route: AttachingRoute,
  labels: Labels,
): string[] {
  const taking = route.parents
    .flatMap((parent) => namedListeners(gateway.listeners, parent))
    .filter((listener) => admits(listener, gateway.namespace, route.namespace, labels));
  const { hostnames = [] } = route;
  return hostnames.length === 0
    ? taking.length > 0
      ? ["*"]
      : []
    : hostnames.filter((host) => taking.some((listener) => serves(listener, host)));
}
