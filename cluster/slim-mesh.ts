// Objects of the Gateway API, Istio and cert-manager cut down to what a snapshot keeps.
import type { V1ObjectMeta } from "@kubernetes/client-node";
import type {
  AuthorizationPolicyState,
  CertificateState,
  GatewayClassState,
  GatewayState,
  PeerAuthenticationState,
  Reference,
  RequestAuthenticationState,
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

interface RawGateway {
  metadata?: V1ObjectMeta;
  spec?: {
    gatewayClassName?: string;
    addresses?: { type?: string }[];
    infrastructure?: { parametersRef?: RawReference };
    listeners?: {
      name: string;
      port: number;
      protocol: string;
      hostname?: string;
      tls?: { certificateRefs?: RawReference[] };
      allowedRoutes?: { namespaces?: { from?: string } };
    }[];
  };
  status?: { conditions?: RawConditions; listeners?: { name: string; conditions?: RawConditions }[] };
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
    listeners: (listeners ?? []).map(({ name, port, protocol, hostname, tls, allowedRoutes }) => ({
      name,
      port,
      protocol,
      hostname: hostname ?? "",
      ...(allowedRoutes?.namespaces?.from ? { from: allowedRoutes.namespaces.from } : {}),
      certificates: (tls?.certificateRefs ?? []).map((ref) => reference(ref, "Secret", object.namespace)),
      conditions: conditions(raw.status?.listeners?.find((status) => status.name === name)?.conditions),
    })),
    conditions: conditions(raw.status?.conditions),
  };
}

/** One address of IP is a wish for the Service that istiod makes; what has a name, or several, names a Service of another owner. */
function isAddressed(addresses: { type?: string }[]): boolean {
  return addresses.length > 1 || addresses.some(({ type = "IPAddress" }) => type !== "IPAddress");
}

interface RawRoute {
  metadata?: V1ObjectMeta;
  spec?: { parentRefs?: RawReference[]; rules?: { backendRefs?: (RawReference & { port?: number })[] }[] };
  status?: { parents?: { parentRef: RawReference; controllerName: string; conditions?: RawConditions }[] };
}

export function slimRoute(kind: string): (raw: RawRoute) => RouteState {
  return (raw) => {
    const object = named(raw);
    return {
      ...object,
      kind,
      parents: (raw.spec?.parentRefs ?? []).map((ref) => reference(ref, "Gateway", object.namespace)),
      backends: (raw.spec?.rules ?? []).flatMap((rule) =>
        (rule.backendRefs ?? []).map((ref) => ({
          ...reference(ref, "Service", object.namespace),
          ...(ref.port === undefined ? {} : { port: ref.port }),
        })),
      ),
      status: (raw.status?.parents ?? []).map((parent) => ({
        parent: reference(parent.parentRef, "Gateway", object.namespace),
        controller: parent.controllerName,
        conditions: conditions(parent.conditions),
      })),
    };
  };
}

interface RawAuthorizationPolicy {
  metadata?: V1ObjectMeta;
  spec?: { action?: string; targetRef?: RawReference; targetRefs?: RawReference[] };
  status?: { conditions?: RawConditions };
}

export function slimAuthorizationPolicy(raw: RawAuthorizationPolicy): AuthorizationPolicyState {
  const object = named(raw);
  const { action, targetRef, targetRefs } = raw.spec ?? {};
  return {
    ...object,
    action: action ?? "ALLOW",
    targets: [...(targetRef ? [targetRef] : []), ...(targetRefs ?? [])].map((ref) =>
      reference(ref, "", object.namespace),
    ),
    conditions: conditions(raw.status?.conditions),
  };
}

interface RawRequestAuthentication {
  metadata?: V1ObjectMeta;
  spec?: {
    selector?: { matchLabels?: Record<string, string> };
    targetRef?: RawReference;
    targetRefs?: RawReference[];
  };
}

export function slimRequestAuthentication(raw: RawRequestAuthentication): RequestAuthenticationState {
  const object = named(raw);
  const { selector, targetRef, targetRefs = [] } = raw.spec ?? {};
  return {
    ...object,
    targets: [...(targetRef ? [targetRef] : []), ...targetRefs].map((ref) => reference(ref, "", object.namespace)),
    pods: selector?.matchLabels ?? {},
  };
}

interface RawPeerAuthentication {
  metadata?: V1ObjectMeta;
  spec?: {
    selector?: { matchLabels?: Record<string, string> };
    mtls?: { mode?: string };
    portLevelMtls?: Record<string, { mode?: string }>;
  };
}

export function slimPeerAuthentication(raw: RawPeerAuthentication): PeerAuthenticationState {
  const { selector, mtls, portLevelMtls = {} } = raw.spec ?? {};
  const pods = selector?.matchLabels ?? {};
  const mode = modeOf(mtls);
  return {
    ...named(raw),
    ...(Object.keys(pods).length > 0 ? { pods } : {}),
    ...(mode ? { mode } : {}),
    ports: Object.fromEntries(Object.entries(portLevelMtls).map(([port, own]) => [Number(port), modeOf(own)])),
  };
}

function modeOf(mtls: { mode?: string } | undefined): string | undefined {
  return mtls?.mode === "UNSET" ? undefined : mtls?.mode;
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
