// Which NodePorts a gateway opens: the one place where their defaults are applied.
import { nginxNodePorts } from "../kind/kind-cluster";
import { gatewayDefaults } from "./defaults";

/** What of a gateway decides on its NodePorts. `Port` is a number, or one that may arrive later. */
export interface PortSettings<Port> {
  serviceType?: string;
  /** False: no https port. */
  https: boolean;
  httpNodePort?: Port;
  httpsNodePort?: Port;
}

/** A NodePort, and the argument that sets it. */
export interface OpenedPort<Port> {
  argument: "httpNodePort" | "httpsNodePort";
  port: Port | number;
}

/** In the order of the listeners; none where the Service is of another type. */
export function openedPorts<Port>(settings: PortSettings<Port>): OpenedPort<Port>[] {
  const { serviceType = gatewayDefaults.serviceType, https } = settings;
  if (serviceType !== "NodePort") {
    return [];
  }
  const names = https ? (["httpNodePort", "httpsNodePort"] as const) : (["httpNodePort"] as const);
  return names.map((argument) => ({ argument, port: settings[argument] ?? gatewayDefaults[argument] }));
}

/**
 * Proposes NodePorts, each once: from the usual one of http on, those that are neither taken nor given to NGINX by a kind
 * cluster, whether NGINX is there or not. Kubernetes assigns none of the band's first 86 by itself.
 */
export function freeNodePorts(isTaken: (port: number) => boolean): () => number {
  let port: number = gatewayDefaults.httpNodePort - 1;
  return () => {
    do port += 1;
    while (isTaken(port) || nginxNodePorts.includes(port));
    return port;
  };
}
