// What a gateway refers to: its namespace, and the NodePorts that it opens.
import { meshDefaults } from "../../lib/istio/defaults";
import type { Reference } from "../../lib/references/reference";
import { withLate } from "../support/late-references";
import { plainPorts } from "../support/node-ports";
import { plain } from "../support/program";
import type { IngressGatewayArgs } from "./args";

/** Namespace and NodePorts. */
export function placesOfGateway(args: IngressGatewayArgs, name: string, namespace: string): Reference[] {
  return withLate(args, (known) => plainPlaces(known, name, namespace));
}

function plainPlaces(args: IngressGatewayArgs, name: string, namespace: string): Reference[] {
  const own = plain(args.namespace ?? meshDefaults.namespace);
  const ports = plainPorts(args).map(({ argument, port }) => ({ path: argument, port }));
  return [
    ...(own === undefined ? [] : [{ type: "namespace" as const, path: "namespace", name: own }]),
    ...(ports.length > 0 ? [{ type: "nodePorts" as const, ports, gateway: { namespace, name } }] : []),
  ];
}
