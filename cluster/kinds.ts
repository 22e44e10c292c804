// Which list of a snapshot comes from which requests: one row a kind.
import type { V1ObjectMeta } from "@kubernetes/client-node";
import type { Kind, ListenerSetState, ProxyPolicyKind, SnapshotLists } from "../lib/cluster-state/snapshot";
import { formerVersions } from "../lib/gateway-api/versions";
import { metadataOnly } from "./client";
import * as core from "./slim";
import * as entries from "./slim-entries";
import * as mesh from "./slim-mesh";
import * as policies from "./slim-policies";
import * as security from "./slim-security";
import { slimProxyPolicy } from "./slim-proxy-policies";
import * as traffic from "./slim-traffic";

/** One list request of a kind and what to keep of each object. */
export interface Source<T> {
  path: string;
  query: Record<string, string>;
  accept?: string;
  /** Its CRD: without it nothing is asked. Where CRDs may not be listed the list itself tells. */
  definition?: string;
  /** The same objects in older versions, asked for where the API does not have this one. */
  former?: string[];
  keep(raw: unknown): T[];
}

/** Kinds that are read by lists; the others need to know first what the lists hold. */
export type ListedKind = Exclude<
  Kind,
  "configMaps" | "secrets" | "ztunnelLinks" | "ztunnelCounts" | "drift" | "networkPlugins" | "otherPolicies"
>;

type Options = Partial<Pick<Source<unknown>, "query" | "accept" | "definition" | "former">>;

function source<R, T>(path: string, keep: (raw: R) => T | T[], options: Options = {}): Source<T> {
  return {
    path,
    query: {},
    ...options,
    keep: (raw) => {
      const kept = keep(raw as R);
      return Array.isArray(kept) ? kept : [kept];
    },
  };
}

function proxyPolicy(kind: ProxyPolicyKind, plural: string, group: string, version: string) {
  return source(`/apis/${group}/${version}/${plural}`, slimProxyPolicy(kind), { definition: `${plural}.${group}` });
}

/** In the standard channel since Gateway API 1.5 and 1.6; before, it was of the experimental channel and of no version v1. */
function laterRoute(kind: string) {
  const plural = `${kind.toLowerCase()}s`;
  const former = formerVersions(plural).map((version) => `/apis/${gatewayGroup}/${version}/${plural}`);
  return source(`${gatewayApi}/${plural}`, mesh.slimRoute(kind), { definition: `${plural}.${gatewayGroup}`, former });
}

/** Before Gateway API 1.5 it was an experimental kind, in a group of its own. */
function listenerSet(kind: ListenerSetState["kind"], experimental: string, version: string) {
  const group = `gateway.networking.${experimental}k8s.io`;
  const plural = `${kind.toLowerCase()}s`;
  const options = { definition: `${plural}.${group}` };
  return source(`/apis/${group}/${version}/${plural}`, mesh.slimListenerSet(kind), options);
}

const metadata = { accept: metadataOnly.list };
const named = (raw: { metadata?: V1ObjectMeta }) => core.named(raw);
const gatewayGroup = "gateway.networking.k8s.io";
const gatewayApi = `/apis/${gatewayGroup}/v1`;
const admission = "/apis/admissionregistration.k8s.io/v1";
const labelled = (labelSelector: string): Options => ({ query: { labelSelector } });
const eventsOf = (reason: string): Options => ({ query: { fieldSelector: `reason=${reason}` } });

/** The requests of each kind. */
export const sources: { [K in ListedKind]: Source<SnapshotLists[K]>[] } = {
  nodes: [source("/api/v1/nodes", core.slimNode)],
  namespaces: [source("/api/v1/namespaces", core.slimNamespace, metadata)],
  pods: [source("/api/v1/pods", core.slimPod)],
  services: [source("/api/v1/services", core.slimService)],
  deployments: [
    source("/apis/apps/v1/deployments", core.slimDeployment, labelled("app=istiod")),
    source("/apis/apps/v1/deployments", core.slimDeployment, labelled("gateway.networking.k8s.io/gateway-name")),
  ],
  daemonSets: [source("/apis/apps/v1/daemonsets", core.slimDaemonSet)],
  endpoints: [source("/apis/discovery.k8s.io/v1/endpointslices", core.slimEndpoints, labelled("app=istiod"))],
  definitions: [source("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", named, metadata)],
  admissionPolicies: [source(`${admission}/validatingadmissionpolicies`, named, metadata)],
  gatewayClasses: [source(`${gatewayApi}/gatewayclasses`, mesh.slimGatewayClass)],
  gateways: [source(`${gatewayApi}/gateways`, mesh.slimGateway)],
  listenerSets: [listenerSet("ListenerSet", "", "v1"), listenerSet("XListenerSet", "x-", "v1alpha1")],
  routes: [
    ...["HTTPRoute", "GRPCRoute"].map((kind) => source(`${gatewayApi}/${kind.toLowerCase()}s`, mesh.slimRoute(kind))),
    ...["TLSRoute", "TCPRoute"].map(laterRoute),
  ],
  virtualServices: [
    source("/apis/networking.istio.io/v1/virtualservices", traffic.slimVirtualService, {
      definition: "virtualservices.networking.istio.io",
    }),
  ],
  destinationRules: [
    source("/apis/networking.istio.io/v1/destinationrules", traffic.slimDestinationRule, {
      definition: "destinationrules.networking.istio.io",
    }),
  ],
  certificates: [source("/apis/cert-manager.io/v1/certificates", mesh.slimCertificate)],
  mutatingWebhooks: [
    source(`${admission}/mutatingwebhookconfigurations`, core.slimWebhooks("MutatingWebhookConfiguration")),
  ],
  validatingWebhooks: [
    source(`${admission}/validatingwebhookconfigurations`, core.slimWebhooks("ValidatingWebhookConfiguration")),
  ],
  authorizationPolicies: [source("/apis/security.istio.io/v1/authorizationpolicies", security.slimAuthorizationPolicy)],
  requestAuthentications: [
    source("/apis/security.istio.io/v1/requestauthentications", security.slimRequestAuthentication),
  ],
  peerAuthentications: [source("/apis/security.istio.io/v1/peerauthentications", security.slimPeerAuthentication)],
  proxyPolicies: [
    proxyPolicy("Telemetry", "telemetries", "telemetry.istio.io", "v1"),
    proxyPolicy("WasmPlugin", "wasmplugins", "extensions.istio.io", "v1alpha1"),
    proxyPolicy("TrafficExtension", "trafficextensions", "extensions.istio.io", "v1alpha1"),
    proxyPolicy("EnvoyFilter", "envoyfilters", "networking.istio.io", "v1alpha3"),
    proxyPolicy("Sidecar", "sidecars", "networking.istio.io", "v1"),
    proxyPolicy("ProxyConfig", "proxyconfigs", "networking.istio.io", "v1beta1"),
  ],
  networkPolicies: [source("/apis/networking.k8s.io/v1/networkpolicies", policies.slimNetworkPolicy)],
  events: [
    source("/api/v1/events", core.slimEvent, eventsOf("FailedCreatePodSandBox")),
    source("/api/v1/events", core.slimEvent, eventsOf("FailedKillPod")),
    source("/api/v1/events", core.slimEvent, eventsOf("FailedCreate")),
  ],
  runtimeClasses: [source("/apis/node.k8s.io/v1/runtimeclasses", entries.slimRuntimeClass)],
  serviceEntries: [source("/apis/networking.istio.io/v1/serviceentries", entries.slimServiceEntry)],
  workloadEntries: [source("/apis/networking.istio.io/v1/workloadentries", entries.slimWorkloadEntry)],
  workloadGroups: [source("/apis/networking.istio.io/v1/workloadgroups", entries.slimWorkloadGroup)],
  helmReleases: [source("/api/v1/secrets", core.slimHelmRelease, { ...metadata, ...labelled("owner=helm") })],
};
