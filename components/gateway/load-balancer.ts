// The address that a load balancer gives a gateway.
import * as pulumi from "@pulumi/pulumi";
import { reason, type ClusterTarget } from "../../cluster/connection";
import { awaitVerdict } from "../../cluster/wait";
import { timeouts } from "../../lib/istio/defaults";
import { balancedAddress, type LiveGateway } from "./objects";
import { runFailure } from "../support/failures";
import type { Cluster } from "../support/cluster";

/** A gateway behind a load balancer. */
interface BalancedGateway {
  name: pulumi.Output<string>;
  namespace: pulumi.Output<string>;
  serviceName: pulumi.Output<string>;
}

/**
 * The address, once it is there. This process reads the Gateway by itself: as a resource that is read, it would count as
 * changed at every refresh, since its status counts the routes that are attached to it.
 */
export function loadBalancerHost(
  cluster: Cluster,
  gateway: BalancedGateway,
  ready: pulumi.Output<string>,
): pulumi.Output<string> {
  const seen = pulumi
    .all([gateway.namespace, gateway.name, gateway.serviceName, cluster.target, ready])
    .apply(([into, object, service, target]) => {
      const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${into}/gateways/${object}`;
      return pulumi.runtime.isDryRun() ? addressNow(target, path, service) : addressInTime(target, path, service, into);
    });
  return seen.apply((address) => (address === undefined ? notKnown() : pulumi.output(address)));
}

/** An Output of which a preview says that it is not known. */
function notKnown(): pulumi.Output<string> {
  return pulumi.output(pulumi.unknown).apply(String);
}

/** At preview: what there is; the address of a load balancer that does not exist yet is not known. */
function addressNow(target: ClusterTarget, path: string, service: string): Promise<string | undefined> {
  return read(target, path, service, 0).catch(() => undefined);
}

async function addressInTime(target: ClusterTarget, path: string, service: string, into: string): Promise<string> {
  const seconds = timeouts.gateway * 60;
  let address: string | undefined;
  try {
    address = await read(target, path, service, seconds * 1000);
  } catch (error) {
    throw runFailure(`the address of Service ${into}/${service} cannot be read: ${reason(error)}`);
  }
  if (address === undefined) {
    const otherwise = 'where the cluster has none write `serviceType: "NodePort"`';
    throw runFailure(
      `no load balancer has given Service ${into}/${service} an address within ${seconds} s; ${otherwise}`,
    );
  }
  return address;
}

/** The last address seen until the deadline. */
async function read(target: ClusterTarget, path: string, service: string, forMs: number): Promise<string | undefined> {
  let address: string | undefined;
  await awaitVerdict(
    target,
    path,
    (object) => {
      address = balancedAddress(object as LiveGateway, service);
      return { state: address === undefined ? "pending" : "accepted" };
    },
    forMs,
  );
  return address;
}
