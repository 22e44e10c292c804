// What of a cluster can be had once in a program: a mesh, and each NodePort. The second would wait for it in vain.
import * as pulumi from "@pulumi/pulumi";
import { gatewayDefaults } from "../../lib/istio/defaults";
import type { Violation } from "../../lib/validation/violations";
import { nodePortRange } from "../../lib/validation/formats";
import { claimsOfProgram, identity, plain } from "./program";

/** The arguments of a gateway that say what its nodes open. */
interface OpenedPorts {
  serviceType?: string;
  httpNodePort?: pulumi.Input<number>;
  httpsNodePort?: pulumi.Input<number>;
  certificate?: { enabled?: boolean };
}

/** Two clusters have two providers. */
function clusterOf(component: pulumi.ComponentResource): string {
  const provider = component.getProvider("kubernetes::");
  return provider ? identity(provider.urn) : "default";
}

/** Claims the cluster for a mesh, and tells which other mesh has it already. */
export function meshViolations(mesh: pulumi.ComponentResource, name: string): Violation[] {
  const taken = claimsOfProgram();
  const key = `mesh on ${clusterOf(mesh)}`;
  const other = taken.get(key);
  taken.set(key, other ?? name);
  const rule = `AmbientMesh "${other}" of this program is on the same cluster already; a cluster has one mesh`;
  const fix = `new AmbientMesh("${name}", {}, { provider: otherCluster })`;
  return other === undefined ? [] : [{ path: "provider", got: undefined, rule, fix }];
}

/** Claims the NodePorts of a gateway, and tells which of them another gateway on the same cluster opens already. */
export function portViolations(gateway: pulumi.ComponentResource, name: string, args: OpenedPorts): Violation[] {
  if ((args.serviceType ?? gatewayDefaults.serviceType) !== "NodePort") {
    return [];
  }
  const cluster = clusterOf(gateway);
  const taken = claimsOfProgram();
  const key = (port: number) => `NodePort ${port} on ${cluster}`;
  const fields: ("httpNodePort" | "httpsNodePort")[] = ["httpNodePort"];
  if (args.certificate?.enabled !== false) {
    fields.push("httpsNodePort");
  }
  return fields.flatMap((field): Violation[] => {
    const port = args[field] === undefined ? gatewayDefaults[field] : plain(args[field]);
    if (port === undefined) {
      return [];
    }
    const other = taken.get(key(port));
    if (other === undefined) {
      taken.set(key(port), name);
      return [];
    }
    // What is proposed is taken with it, so that the other port of this gateway is not told the same one.
    const instead = free(port, (each) => taken.has(key(each)));
    taken.set(key(instead), name);
    const rule = `IngressGateway "${other}" of this program uses it already; must be a free NodePort`;
    return [{ path: field, got: port, rule, fix: `${field}: ${instead}` }];
  });
}

function free(port: number, taken: (port: number) => boolean): number {
  const next = port < nodePortRange.last ? port + 1 : nodePortRange.first;
  return taken(next) ? free(next, taken) : next;
}
