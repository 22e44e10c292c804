// Objects of the Gateway API, Istio and cert-manager cut down to what a snapshot keeps.
import type { V1ObjectMeta } from "@kubernetes/client-node";
import type {
  CertificateState,
  GatewayClassState,
  GatewayState,
  ListenerSetState,
  ListenerState,
  Reference,
  RouteParentReference,
  RouteState,
} from "../lib/cluster-state/snapshot";
import { conditions, named } from "./slim";

type RawConditions = Parameters<typeof conditions>[0];

/** A reference as objects have it. */
export interface RawReference {
  kind?: string;
  namespace?: string;
  name: string;
}

/** A reference with what it leaves out. */
export function reference(raw: RawReference, kind: string, namespace: string): Reference {
  return { kind: raw.kind ?? kind, namespace: raw.namespace ?? namespace, name: raw.name };
}

interface RawGatewayClass {
  metadata?: V1ObjectMeta;
  spec?: { controllerName?: string };
  status?: { conditions?: RawConditions };
}

export function slimGatewayClass(raw: RawGatewayClass): GatewayClassState {
  return {
    ...named(raw),
    controller: raw.spec?.controllerName ?? "",
    conditions: conditions(raw.status?.conditions),
  };
}

interface RawListener {
  name: string;
  port?: number;
  protocol: string;
  hostname?: string;
  tls?: { certificateRefs?: RawReference[] };
  allowedRoutes?: { namespaces?: { from?: string } };
}

interface RawListenerStatus {
  name: string;
  conditions?: RawConditions;
}

interface RawGateway {
  metadata?: V1ObjectMeta;
  spec?: {
    gatewayClassName?: string;
    addresses?: { type?: string }[];
    infrastructure?: { parametersRef?: RawReference };
    listeners?: RawListener[];
  };
  status?: { conditions?: RawConditions; listeners?: RawListenerStatus[] };
}

export function slimGateway(raw: RawGateway): GatewayState {
  const object = named(raw);
  const { gatewayClassName, addresses, infrastructure, listeners } = raw.spec ?? {};
  return {
    ...object,
    className: gatewayClassName ?? "",
    addressed: isAddressed(addresses ?? []),
    ...(infrastructure?.parametersRef
      ? { parameters: reference(infrastructure.parametersRef, "ConfigMap", object.namespace) }
      : {}),
    listeners: slimListeners(object.namespace, listeners, raw.status?.listeners),
    conditions: conditions(raw.status?.conditions),
  };
}

function slimListeners(
  namespace: string,
  listeners: RawListener[] = [],
  statuses: RawListenerStatus[] = [],
): ListenerState[] {
  return listeners.map(({ name, port, protocol, hostname, tls, allowedRoutes }) => ({
    name,
    // A ListenerSet may leave it out.
    port: port ?? usualPorts[protocol] ?? 0,
    protocol,
    hostname: hostname ?? "",
    ...(allowedRoutes?.namespaces?.from ? { from: allowedRoutes.namespaces.from } : {}),
    certificates: (tls?.certificateRefs ?? []).map((ref) => reference(ref, "Secret", namespace)),
    conditions: conditions(statuses.find((status) => status.name === name)?.conditions),
  }));
}

const usualPorts: Partial<Record<string, number>> = { HTTP: 80, HTTPS: 443 };

interface RawListenerSet {
  metadata?: V1ObjectMeta;
  spec?: { parentRef?: RawReference; listeners?: RawListener[] };
  status?: RawGateway["status"];
}

export function slimListenerSet(kind: ListenerSetState["kind"]): (raw: RawListenerSet) => ListenerSetState {
  return (raw) => {
    const object = named(raw);
    return {
      ...object,
      kind,
      parent: reference(raw.spec?.parentRef ?? { name: "" }, "Gateway", object.namespace),
      listeners: slimListeners(object.namespace, raw.spec?.listeners, raw.status?.listeners),
      conditions: conditions(raw.status?.conditions),
    };
  };
}

/** One address of IP is a wish for the Service that istiod makes; what has a name, or several, names a Service of another owner. */
function isAddressed(addresses: { type?: string }[]): boolean {
  return addresses.length > 1 || addresses.some(({ type = "IPAddress" }) => type !== "IPAddress");
}

type RawParent = RawReference & { sectionName?: string; port?: number };

interface RawRoute {
  metadata?: V1ObjectMeta;
  spec?: { parentRefs?: RawParent[]; rules?: { backendRefs?: (RawReference & { port?: number })[] }[] };
  status?: { parents?: { parentRef: RawParent; controllerName: string; conditions?: RawConditions }[] };
}

export function slimRoute(kind: string): (raw: RawRoute) => RouteState {
  return (raw) => {
    const object = named(raw);
    return {
      ...object,
      kind,
      parents: (raw.spec?.parentRefs ?? []).map((ref) => parentReference(ref, object.namespace)),
      backends: (raw.spec?.rules ?? []).flatMap((rule) =>
        (rule.backendRefs ?? []).map((ref) => ({
          ...reference(ref, "Service", object.namespace),
          ...(ref.port === undefined ? {} : { port: ref.port }),
        })),
      ),
      status: (raw.status?.parents ?? []).map((parent) => ({
        parent: parentReference(parent.parentRef, object.namespace),
        controller: parent.controllerName,
        conditions: conditions(parent.conditions),
      })),
    };
  };
}

function parentReference(raw: RawParent, namespace: string): RouteParentReference {
  const { sectionName, port } = raw;
  return {
    ...reference(raw, "Gateway", namespace),
    ...(sectionName === undefined ? {} : { section: sectionName }),
    ...(port === undefined ? {} : { port }),
  };
}

interface RawCertificate {
  metadata?: V1ObjectMeta;
  spec?: { secretName?: string; issuerRef?: { kind?: string; name?: string } };
  status?: { conditions?: RawConditions };
}

export function slimCertificate(raw: RawCertificate): CertificateState {
  const { kind = "Issuer", name = "" } = raw.spec?.issuerRef ?? {};
  return {
    ...named(raw),
    secretName: raw.spec?.secretName ?? "",
    issuer: `${kind} ${name}`,
    conditions: conditions(raw.status?.conditions),
  };
}
