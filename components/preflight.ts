// The preflight of a mesh: one look at the cluster, at preview and at up, before any child of the mesh is registered.
import * as pulumi from "@pulumi/pulumi";
import { lookNow } from "../cluster/look";
import { findingLine, type Finding } from "../lib/checks/check";
import { certificateDefaults, gatewayDefaults, meshDefaults } from "../lib/defaults";
import { nodeNamespace } from "../lib/chart-values";
import { judgePlan } from "../lib/preflight";
import type { GatewayPlan, Plan } from "../lib/preflight/facts";
import { ownObjects, type OwnObjects } from "../lib/preflight/owners";
import { charts } from "../lib/releases";
import type { AmbientMeshArgs } from "./mesh";
import type { MeshGatewayArgs } from "./mesh-parts";
import { stackName, type OwnChildren } from "./ownership";
import { clusterTarget } from "./target";

/** How long the look may take in all. */
const deadlineMs = 10_000;

/**
 * Looks at the cluster that the program is about to write to, and throws one error with everything that is in the way.
 *
 * It runs inside the program, not as a Command: as a resource a Command runs at up only, as an invoke its findings are
 * printed above a stack trace. And it stops the program where it stands instead of handing a rejected promise to
 * the children: what then is not registered, an engine behind the Automation API takes for something to delete.
 */
export function preflight(
  mesh: pulumi.ComponentResource,
  name: string,
  args: AmbientMeshArgs,
  version: string,
  opts: pulumi.ComponentResourceOptions | undefined,
): OwnChildren {
  const { enabled, kubeconfig, context } = args.preflight ?? {};
  const plan = planOf(args, version);
  const target = clusterTarget(mesh, { kubeconfig, context });
  if (enabled === false) {
    return {};
  }
  if (!target) {
    // Told once, with what else comes of it: see the data plane.
    return {};
  }
  if (!plan) {
    return leftOut(mesh, "the mesh's `namespace` is an Output, which is not known yet");
  }
  const look = lookNow(target, plan, deadlineMs);
  if ("why" in look) {
    return leftOut(mesh, look.why);
  }
  const { errors, warnings } = judgePlan(plan, look.facts, opts?.dependsOn !== undefined);
  if (warnings.length > 0) {
    void pulumi.log.warn(`the mesh will not do all that it seems to:\n${lines(warnings)}`, mesh);
  }
  if (errors.length > 0) {
    // Its message says all; a RunError is printed without a stack trace, and once in every kind of host.
    throw new pulumi.RunError(`AmbientMesh "${name}" cannot be made on ${look.facts.server}:\n${lines(errors)}`);
  }
  return ownChildren(name, ownObjects(plan, look.facts));
}

/** The ids by the names of the children that make these objects. */
function ownChildren(name: string, own: OwnObjects): OwnChildren {
  return {
    [`${name}-namespace`]: own.namespace,
    [`${name}-base`]: own.releases[charts.base.release],
    [`${name}-istiod`]: own.releases[charts.istiod.release],
    [`${name}-cni`]: own.releases[charts.cni.release],
    [`${name}-ztunnel`]: own.releases[charts.ztunnel.release],
    [`${name}-gateway-overlay`]: own.overlay,
    [`${name}-gateway-selfsigned-issuer`]: own.selfSignedIssuer,
    [`${name}-gateway-ca-certificate`]: own.authority,
    [`${name}-gateway-ca-issuer`]: own.authorityIssuer,
    [`${name}-gateway-certificate`]: own.certificate,
    [`${name}-gateway-gateway`]: own.gateway,
  };
}

function lines(findings: Finding[]): string {
  return findings.map((found) => `  ${findingLine(found)}`).join("\n");
}

function leftOut(mesh: pulumi.ComponentResource, why: string): OwnChildren {
  void pulumi.log.warn(`the preflight was left out: ${why}`, mesh);
  return {};
}

/** A value that is known while the program is written down; nothing for an Output, which may come from a resource. */
function plain<T>(value: pulumi.Input<T> | undefined, usual: T): T | undefined {
  if (value === undefined) {
    return usual;
  }
  return pulumi.Output.isInstance(value) || value instanceof Promise ? undefined : value;
}

/** What the preflight has to know of a mesh; nothing where not even its namespace is known. */
function planOf(args: AmbientMeshArgs, version: string): Plan | undefined {
  const namespace = plain(args.namespace, meshDefaults.namespace);
  if (namespace === undefined) {
    return undefined;
  }
  const values = plain(args.controlPlane?.values, {});
  return {
    stack: stackName(),
    version,
    namespace,
    nodeNamespace: nodeNamespace(args.platform, namespace),
    adoptNamespace: args.adoptNamespace === true,
    platform: args.platform,
    gateway: gatewayPlan(args.gateway ?? {}, namespace),
    autoscale: values?.["autoscaleEnabled"] === true,
  };
}

function gatewayPlan(args: MeshGatewayArgs, meshNamespace: string): GatewayPlan | undefined {
  const name = plain(args.name, gatewayDefaults.name);
  const namespace = plain(args.namespace, meshNamespace);
  if (args.enabled === false || name === undefined || namespace === undefined) {
    return undefined;
  }
  const { certificate = {}, serviceType = gatewayDefaults.serviceType } = args;
  const https = certificate.enabled !== false;
  const issued = https && certificate.existing !== true;
  const issuerName = plain(certificate.issuerName, "");
  const issuerKind = plain(certificate.issuerKind, certificateDefaults.issuerKind);
  const ports = [
    { argument: "httpNodePort", port: plain(args.httpNodePort, gatewayDefaults.httpNodePort) },
    ...(https ? [{ argument: "httpsNodePort", port: plain(args.httpsNodePort, gatewayDefaults.httpsNodePort) }] : []),
  ];
  return {
    name,
    namespace,
    nodePorts: ports.flatMap(({ argument, port }) =>
      serviceType === "NodePort" && port !== undefined ? [{ argument, port }] : [],
    ),
    certificate: issued ? plain(certificate.secretName, certificateDefaults.secretName) : undefined,
    ownAuthority: issued && certificate.issuerName === undefined,
    issuer: issued && issuerName && issuerKind ? { kind: issuerKind, name: issuerName } : undefined,
  };
}
