// The configuration of the stack `sandbox`: the file in the checkout, and what only this machine knows.
import { partPath } from "../build/cache";
import { HostPorts } from "../control-plane/ports";

/** A stack's configuration, as its file has it. */
export interface Config {
  [key: string]: unknown;
  "istio-ambient:mesh"?: { [setting: string]: unknown; charts?: object; gatewayApi?: object; gateway?: object };
}

/** The configuration with what only this machine knows: where the charts and the CRDs are, and which ports lead here. */
export function withMachine(config: Config, ports: HostPorts): Config {
  const mesh = config["istio-ambient:mesh"] ?? {};
  return {
    ...config,
    "istio-ambient:mesh": {
      ...mesh,
      charts: { ...mesh.charts, directory: partPath("istio-charts") },
      gatewayApi: { ...mesh.gatewayApi, source: partPath("gateway-api-crds") },
      gateway: { ...mesh.gateway, httpHostPort: ports.http, httpsHostPort: ports.https },
    },
  };
}
