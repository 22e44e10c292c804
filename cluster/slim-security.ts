// Istio's policies of security cut down to what a snapshot keeps.
import type { V1ObjectMeta } from "@kubernetes/client-node";
import type {
  AuthorizationPolicyState,
  PeerAuthenticationState,
  PolicyRule,
  RequestAuthenticationState,
} from "../lib/cluster-state/snapshot";
import { conditions, named } from "./slim";
import { reference, type RawReference } from "./slim-mesh";

interface RawRule {
  from?: { source?: Partial<Record<string, string[]>> }[];
  to?: { operation?: Partial<Record<string, string[]>> }[];
  when?: { key?: string }[];
}

interface RawAuthorizationPolicy {
  metadata?: V1ObjectMeta;
  spec?: {
    action?: string;
    selector?: { matchLabels?: Record<string, string> };
    targetRef?: RawReference;
    targetRefs?: RawReference[];
    rules?: RawRule[];
  };
  status?: { conditions?: Parameters<typeof conditions>[0] };
}

export function slimAuthorizationPolicy(raw: RawAuthorizationPolicy): AuthorizationPolicyState {
  const object = named(raw);
  const { action, selector, targetRef, targetRefs } = raw.spec ?? {};
  const pods = selector?.matchLabels ?? {};
  return {
    ...object,
    action: action ?? "ALLOW",
    ...(Object.keys(pods).length > 0 ? { pods } : {}),
    targets: [...(targetRef ? [targetRef] : []), ...(targetRefs ?? [])].map((ref) =>
      reference(ref, "", object.namespace),
    ),
    rules: (raw.spec?.rules ?? []).map(slimRule),
    conditions: conditions(raw.status?.conditions),
  };
}

/** Of a source what names who connects; everything else only narrows it. */
function slimRule({ from, to, when }: RawRule): PolicyRule {
  const sources = (from ?? []).map(({ source = {} }) => {
    const { principals, namespaces, serviceAccounts, ...others } = source;
    const trustDomains = [...(source["trustDomains"] ?? []), ...(source["notTrustDomains"] ?? [])];
    return {
      ...(principals?.length ? { principals } : {}),
      ...(namespaces?.length ? { namespaces } : {}),
      ...(serviceAccounts?.length ? { serviceAccounts } : {}),
      ...(trustDomains.length > 0 ? { trustDomains } : {}),
      ...(Object.values(others).some((each) => each?.length) ? { isNarrower: true as const } : {}),
    };
  });
  const isHttp =
    (from ?? []).some(({ source = {} }) => httpSources.some((key) => source[key]?.length)) ||
    (to ?? []).some(({ operation = {} }) =>
      Object.keys(operation).some((key) => !["ports", "notPorts"].includes(key)),
    ) ||
    (when ?? []).some(({ key = "" }) => !/^(source\.(ip|namespace|principal)|destination\.(ip|port))$/.test(key));
  const ports = (to ?? []).flatMap(({ operation = {} }) => operation["ports"] ?? []).map(Number);
  return {
    from: sources,
    ...(ports.length > 0 ? { ports } : {}),
    ...(isHttp ? { isHttp: true as const } : {}),
  };
}

/** Of the sources those that ztunnel does not know. */
const httpSources = ["remoteIpBlocks", "notRemoteIpBlocks", "requestPrincipals", "notRequestPrincipals"];

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
    created: String(raw.metadata?.creationTimestamp ?? ""),
    ...(Object.keys(pods).length > 0 ? { pods } : {}),
    ...(mode ? { mode } : {}),
    ports: Object.fromEntries(Object.entries(portLevelMtls).map(([port, own]) => [Number(port), modeOf(own)])),
  };
}

function modeOf(mtls: { mode?: string } | undefined): string | undefined {
  return mtls?.mode === "UNSET" ? undefined : mtls?.mode;
}
