// Addresses of the sandbox: every one is local to its network namespace, so a process answers for the pod it plays.
import { execFileSync } from "node:child_process";

export const podRange = "10.244.0.0/16";
export const serviceRange = "10.96.0.0/16";
const machineRange = "10.245.0.0/16";
const balancerRange = "10.246.0.0/16";

/** Where the API server is reached. */
export const apiServer = { address: "10.245.0.1", port: 6443 };

/** Address of the n-th node, and its share of the pod range. */
export function nodeAddresses(index: number): { address: string; podRange: string } {
  return { address: `10.245.1.${index + 1}`, podRange: `10.244.${index}.0/24` };
}

/** Name of the node with that address, which may stand there as one of IPv6. */
export function nodeName(address: string): string {
  return `node-${address.split(".").pop() ?? ""}`;
}

/** The n-th address for Services of type LoadBalancer. */
export function balancerAddress(index: number): string {
  return `10.246.${Math.floor(index / 254)}.${(index % 254) + 1}`;
}

/** Most nodes that the ranges above have room for. */
export const mostNodes = 200;

/** Brings the fresh namespace's network up. */
export function configureNetwork(): void {
  execFileSync("ip", ["link", "set", "lo", "up"]);
  for (const range of [podRange, serviceRange, machineRange, balancerRange]) {
    execFileSync("ip", ["route", "add", "local", range, "dev", "lo"]);
  }
}
