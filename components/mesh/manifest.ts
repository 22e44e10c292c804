// All that the arguments of a mesh come to, without a cluster and without Pulumi's engine: for the files of other tools.
import type { Input, Unwrap } from "@pulumi/pulumi";
import type { MeshManifest } from "../../lib/export/mesh";
import { gatewayDefaults, meshDefaults } from "../../lib/istio/defaults";
import { partRequests } from "../../lib/istio/lean";
import { charts, nearestLine } from "../../lib/istio/releases";
import { certificateManifest, gatewayManifest, type PlainGateway } from "../gateway/manifest";
import type { GatewayArgs } from "../gateway/args";
import type { AmbientMeshArgs, MeshGatewayApiArgs, MeshGatewayArgs } from "./args";
import {
  baseValues,
  cniValues,
  istiodValues,
  namespaceLabels,
  nodeNamespace,
  ztunnelValues,
  type SharedSettings,
} from "./objects";

/** Arguments of a mesh without anything that has still to arrive. */
export type PlainMesh = Unwrap<AmbientMeshArgs>;

/** What a mesh of these arguments is made of; `version` is the release of its charts. */
export function meshManifest(args: PlainMesh, version: string): MeshManifest {
  const { namespace = meshDefaults.namespace, platform, footprint, telemetry, accessLogs, images } = args;
  const shared: SharedSettings = { version, namespace, platform, footprint, telemetry, accessLogs, images };
  const nodes = nodeNamespace(platform, namespace);
  const gateway = sharedGateway(args.gateway ?? {}, namespace, footprint) as PlainGateway | undefined;
  const gatewayApi = gatewayApiOf(args.gatewayApi ?? {}, version);
  return {
    version,
    namespace: { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: { ...namespaceLabels } } },
    releases: [
      { chart: "base", release: charts.base.release, namespace, values: baseValues(shared) },
      {
        chart: "istiod",
        release: charts.istiod.release,
        namespace,
        values: istiodValues(shared, args.controlPlane ?? {}),
      },
      { chart: "cni", release: charts.cni.release, namespace: nodes, values: cniValues(shared, args.cni ?? {}) },
      {
        chart: "ztunnel",
        release: charts.ztunnel.release,
        namespace: nodes,
        values: ztunnelValues(shared, args.dataplane ?? {}),
      },
    ],
    ...(gatewayApi && { gatewayApi }),
    certificates: gateway === undefined ? [] : certificateManifest(gateway),
    gateway: gateway === undefined ? [] : gatewayManifest(gateway),
  };
}

/** The Gateway API bundle of a mesh; nothing where the cluster brings its own. */
export function gatewayApiOf(
  { install, ...bundle }: MeshGatewayApiArgs,
  version: string,
): { version?: string; source?: string } | undefined {
  const usual = bundle.source === undefined ? nearestLine(version).gatewayApi : undefined;
  return install === false ? undefined : { ...bundle, version: bundle.version ?? usual };
}

/** The shared gateway as a mesh makes it; nothing where it has none. */
export function sharedGateway(
  { enabled, ...given }: MeshGatewayArgs,
  namespace: Input<string>,
  footprint: string | undefined,
): GatewayArgs | undefined {
  const requests = partRequests(footprint).gateway;
  return enabled === false
    ? undefined
    : {
        ...given,
        name: given.name ?? gatewayDefaults.name,
        namespace: given.namespace ?? namespace,
        cpu: given.cpu ?? requests.cpu,
        memory: given.memory ?? requests.memory,
      };
}
