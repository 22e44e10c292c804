// NodePorts of the gateways of one program: the second holder of a port would wait for it in vain.
import * as pulumi from "@pulumi/pulumi";
import { openedPorts, type OpenedPort } from "../../lib/istio/node-ports";
import { nginxNodePorts } from "../../lib/kind/kind-cluster";
import { nodePortRange } from "../../lib/validation/formats";
import { below } from "../../lib/validation/rules";
import type { Violation } from "../../lib/validation/violations";
import { Claimant, plain, registry } from "./program";

/** The arguments of a gateway that say what its nodes open. */
interface OpenedPorts {
  serviceType?: string;
  httpNodePort?: pulumi.Input<number>;
  httpsNodePort?: pulumi.Input<number>;
  certificate?: { enabled?: boolean };
}

/** A gateway, and who claims for it: itself, or the component that it is a part of. */
interface ClaimingGateway extends Pick<Claimant, "shown" | "name"> {
  opener: NonNullable<Claimant["opener"]>;
  /** Where its arguments stand: empty, or `gateway`. */
  path: string;
}

/** The NodePorts that a gateway opens, as far as they are known by now. */
export function plainPorts(args: OpenedPorts): OpenedPort<number>[] {
  return openedPorts({ ...args, https: args.certificate?.enabled !== false }).flatMap(({ argument, port }) => {
    const known = plain<number>(port);
    return known === undefined ? [] : [{ argument, port: known }];
  });
}

/** Claims the NodePorts of a gateway; a violation for each that another gateway on the same cluster opens. */
export function claimNodePorts(cluster: string, gateway: ClaimingGateway, args: OpenedPorts): Violation[] {
  const { nodePorts } = registry();
  return plainPorts(args).flatMap(({ argument, port }): Violation[] => {
    const other = nodePorts.claim({ cluster, port }, gateway);
    if (other === undefined || isSame(other.opener, gateway.opener)) {
      return [];
    }
    // What is proposed is claimed with it, so that the other port of this gateway is not told the same one.
    const instead = next(port, (each) => nodePorts.holder({ cluster, port: each }) === undefined);
    nodePorts.claim({ cluster, port: instead }, gateway);
    const rule = `${other.shown} of this program uses it already; must be a free NodePort`;
    return [{ path: below(gateway.path, argument), got: port, rule, fix: `${argument}: ${instead}` }];
  });
}

/** The gateway of a mesh claims what the mesh has claimed for it. */
function isSame(one: Claimant["opener"], other: Claimant["opener"]): boolean {
  return one?.parent !== undefined && one.parent === other?.parent && one.name === other.name;
}

function next(port: number, isFree: (port: number) => boolean): number {
  const following = port < nodePortRange.last ? port + 1 : nodePortRange.first;
  return isFree(following) && !nginxNodePorts.includes(following) ? following : next(following, isFree);
}
