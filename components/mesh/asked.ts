// The objects of a mesh that a cluster may refuse, as they will be written: for the preflight to ask by dry runs.
import { isRemote, readLocalBundle } from "../../cluster/gateway-api";
import { statedVersion } from "../../lib/gateway-api/bundle";
import { gatewayDefaults } from "../../lib/istio/defaults";
import { gatewayObjects } from "../../lib/istio/names";
import { cniDaemonSet, ztunnelDaemonSet, type AgentDaemonSet, type AgentSettings } from "../../lib/istio/node-agents";
import { platformNeeds } from "../../lib/istio/platforms";
import { istioLine } from "../../lib/istio/releases";
import { askedDefinition, askedDefinitions, type AskedObject } from "../../lib/preflight/asked";
import type { Plan } from "../../lib/preflight/facts";
import { servicePorts, type ServiceSettings } from "../gateway/objects";
import { plain } from "../support/program";
import type { AmbientMeshArgs, DataplaneArgs } from "./args";
import { cniValues, namespaceLabels, ztunnelValues, type PartSettings, type SharedSettings } from "./objects";

/** What the objects depend on. */
export interface AskedSettings {
  agents: AgentSettings;
  /** Made by the mesh itself: asked for, too. */
  namespace?: string;
  /** The Gateway API release to be installed, where one is. */
  gatewayApi?: string;
  gateway?: { name: string; namespace: string; service: ServiceSettings };
}

/** What of a mesh's arguments is known is asked for as it will be; what comes from other resources, by its default. */
export function askedOf(args: AmbientMeshArgs, plan: Plan): Pick<Plan, "asked" | "gatewayApi" | "pullSecrets"> {
  const { version, namespace, platform } = plan;
  const images = args.images ?? {};
  const pullSecrets = (plain(images.pullSecrets) ?? []).flatMap((secret) => plain(secret) ?? []);
  const shared: SharedSettings = {
    ...{ version, namespace, platform, footprint: args.footprint, telemetry: plain(args.telemetry) },
    ...{ accessLogs: plain(args.accessLogs), images: { hub: plain(images.hub), tag: plain(images.tag) } },
  };
  const agents: AgentSettings = {
    version,
    namespace: plan.nodeNamespace,
    pullSecrets,
    platform: platformNeeds(platform).chartPlatform,
    values: {
      cni: cniValues(shared, partOf(args.cni)),
      ztunnel: ztunnelValues(shared, partOf(args.dataplane)),
    },
  };
  const gatewayApi = bundleOf(plain(args.gatewayApi) ?? {}, version);
  const gateway = plan.gateway && {
    name: plan.gateway.name,
    namespace: plan.gateway.namespace,
    service: serviceOf(args.gateway ?? {}),
  };
  const asked = askedObjects({
    agents,
    ...(plan.adoptNamespace ? {} : { namespace: plan.namespace }),
    ...(gatewayApi === undefined ? {} : { gatewayApi }),
    ...(gateway && { gateway }),
  });
  return { asked, pullSecrets, ...(gatewayApi === undefined ? {} : { gatewayApi }) };
}

/** As much of one part's arguments as is known. */
function partOf({ cpu, memory, memoryLimit, values }: DataplaneArgs = {}): PartSettings {
  return { cpu: plain(cpu), memory: plain(memory), memoryLimit: plain(memoryLimit), values: plain(values) };
}

/** The bundle's release; of one that would have to be downloaded, the one that is usual for this Istio. */
function bundleOf({ install, version, source }: NonNullable<AmbientMeshArgs["gatewayApi"]>, istio: string) {
  if (install === false) return undefined;
  const usual = plain(version) ?? istioLine(istio)?.gatewayApi;
  if (source === undefined || isRemote(source)) return usual;
  try {
    return statedVersion(readLocalBundle(source));
  } catch {
    // The component that installs it says what is wrong with it.
    return undefined;
  }
}

function serviceOf(args: NonNullable<AmbientMeshArgs["gateway"]>): ServiceSettings {
  return {
    serviceType: plain(args.serviceType) ?? gatewayDefaults.serviceType,
    https: args.certificate?.enabled !== false,
    httpNodePort: plain(args.httpNodePort),
    httpsNodePort: plain(args.httpsNodePort),
  };
}

/** The objects, those first whose refusal is the likeliest. */
export function askedObjects({ agents, namespace, gatewayApi, gateway }: AskedSettings): AskedObject[] {
  const cni = cniDaemonSet(agents);
  return [
    askedAgent(cni),
    ...(gatewayApi === undefined ? [] : [gatewayDefinition(gatewayApi)]),
    ...(gateway === undefined ? [] : [gatewayService(gateway)]),
    podOf(cni),
    askedAgent(ztunnelDaemonSet(agents)),
    askedDefinition(askedDefinitions.istio, "AuthorizationPolicy", {}),
    ...(namespace === undefined ? [] : [askedNamespace(namespace)]),
  ];
}

function askedAgent(body: AgentDaemonSet): AskedObject {
  const { name, namespace } = body.metadata;
  return { kind: "DaemonSet", api: "/apis/apps/v1", plural: "daemonsets", namespace, name, body };
}

/** A pod as the DaemonSet's controller makes it; the service account of its own may not be there yet. */
function podOf({ metadata: { name, namespace }, spec: { template } }: AgentDaemonSet): AskedObject {
  const spec = { ...template.spec, serviceAccountName: "default" };
  const body = { apiVersion: "v1", kind: "Pod", metadata: { ...template.metadata, name, namespace }, spec };
  return { kind: "Pod", api: "/api/v1", plural: "pods", namespace, name, body };
}

function gatewayDefinition(version: string): AskedObject {
  return askedDefinition(askedDefinitions.gatewayApi, "Gateway", {
    "api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/gateway-api/pull/2997",
    "gateway.networking.k8s.io/bundle-version": `v${version}`,
    "gateway.networking.k8s.io/channel": "standard",
  });
}

/** The Service that istiod makes for the gateway. */
function gatewayService({ name: gateway, namespace, service }: NonNullable<AskedSettings["gateway"]>): AskedObject {
  const name = gatewayObjects.service(gateway);
  const labels = {
    "gateway.istio.io/managed": "istio.io-gateway-controller",
    "gateway.networking.k8s.io/gateway-class-name": "istio",
    "gateway.networking.k8s.io/gateway-name": gateway,
  };
  const spec = {
    type: service.serviceType,
    selector: { "gateway.networking.k8s.io/gateway-name": gateway },
    ports: servicePorts(service),
  };
  const body = { apiVersion: "v1", kind: "Service", metadata: { name, namespace, labels }, spec };
  return { kind: "Service", api: "/api/v1", plural: "services", namespace, name, body };
}

function askedNamespace(name: string): AskedObject {
  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name, labels: namespaceLabels } };
  return { kind: "Namespace", api: "/api/v1", plural: "namespaces", namespace: "", name, body };
}
