// What a gateway refers to: its namespace, and the NodePorts that it opens.
import { gatewayDefaults, meshDefaults } from "../../lib/istio/defaults";
import type { Reference } from "../../lib/references/reference";
import { plain } from "../support/program";
import type { IngressGatewayArgs } from "./args";

/** Namespace and NodePorts, as far as they are plain. */
export function placesOfGateway(args: IngressGatewayArgs, name: string, namespace: string): Reference[] {
  const own = plain(args.namespace ?? meshDefaults.namespace);
  const fields: ("httpNodePort" | "httpsNodePort")[] =
    args.certificate?.enabled === false ? ["httpNodePort"] : ["httpNodePort", "httpsNodePort"];
  const ports = fields.flatMap((path) => {
    const port = plain(args[path] ?? gatewayDefaults[path]);
    return port === undefined ? [] : [{ path, port }];
  });
  const opens = (args.serviceType ?? gatewayDefaults.serviceType) === "NodePort" && ports.length > 0;
  return [
    ...(own === undefined ? [] : [{ type: "namespace" as const, path: "namespace", name: own }]),
    ...(opens ? [{ type: "nodePorts" as const, ports, gateway: { namespace, name } }] : []),
  ];
}
