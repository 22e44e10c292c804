// What of a mesh's arguments its preflight has to know.
import * as pulumi from "@pulumi/pulumi";
import { certificateDefaults, gatewayDefaults } from "../../lib/istio/defaults";
import { gatewayObjects } from "../../lib/istio/names";
import type { GatewayPlan, Plan } from "../../lib/preflight/facts";
import { plainPorts } from "../support/node-ports";
import { plain, stackName } from "../support/program";
import type { AmbientMeshArgs, MeshGatewayArgs } from "./args";
import { askedOf } from "./asked";
import { nodeNamespace, type Values } from "./objects";

/** What the cluster is held against. */
export function planOf(args: AmbientMeshArgs, version: string, namespace: string): Plan {
  const planned: Plan = {
    stack: stackName(),
    version,
    namespace,
    nodeNamespace: nodeNamespace(args.platform, namespace),
    adoptNamespace: args.adoptNamespace === true,
    platform: args.platform,
    gateway: gatewayPlan(args.gateway ?? {}, namespace),
    autoscale: autoscales(args.controlPlane?.values),
    ...agentPlan(args),
  };
  return { ...planned, ...askedOf(args, planned) };
}

function autoscales(values: pulumi.Input<Values> | undefined): boolean {
  return !pulumi.Output.isInstance(values) && !(values instanceof Promise) && values?.["autoscaleEnabled"] === true;
}

/** What the values of istio-cni's chart decide; what is not known yet may decide anything. */
export function agentPlan({ cni = {} }: AmbientMeshArgs): Pick<Plan, "ownDirectories" | "ownNamespaces" | "nftables"> {
  const values = plain<Values>(cni.values ?? {});
  if (values === undefined) return { ownDirectories: true, ownNamespaces: true, nftables: true };
  // The chart takes its values below `cni` too, and these first.
  const { cniBinDir, cniConfDir, cniNetnsDir, global } = { ...values, ...(values["cni"] as Values | undefined) };
  return {
    ...(cniBinDir && cniConfDir ? { ownDirectories: true } : {}),
    ...(cniNetnsDir ? { ownNamespaces: true } : {}),
    ...((global as Values | undefined)?.["nativeNftables"] === true ? { nftables: true } : {}),
  };
}

function gatewayPlan(args: MeshGatewayArgs, meshNamespace: string): GatewayPlan | undefined {
  const name = plain(args.name ?? gatewayDefaults.name);
  const namespace = plain(args.namespace ?? meshNamespace);
  if (args.enabled === false || name === undefined || namespace === undefined) {
    return undefined;
  }
  const { certificate = {} } = args;
  const https = certificate.enabled !== false;
  const issued = https && certificate.existing !== true;
  const issuerName = plain(certificate.issuerName ?? "");
  const issuerKind = plain(certificate.issuerKind ?? certificateDefaults.issuerKind);
  return {
    name,
    namespace,
    nodePorts: plainPorts(args),
    certificate: issued ? plain(certificate.secretName ?? gatewayObjects.secret(name)) : undefined,
    ownAuthority: issued && certificate.issuerName === undefined,
    issuer: issued && issuerName && issuerKind ? { kind: issuerKind, name: issuerName } : undefined,
  };
}
