// The configuration of the stack `sandbox`: the file in the checkout, and what only this machine knows.
import { partPath } from "./cache";

/** A stack's configuration, as its file has it. */
export interface Config {
  [key: string]: unknown;
  "istio-ambient:mesh"?: { [setting: string]: unknown; charts?: object; gatewayApi?: object };
}

/** The configuration with the two values that only this machine knows: where the charts are, and the CRDs. */
export function withSources(config: Config): Config {
  const mesh = config["istio-ambient:mesh"] ?? {};
  return {
    ...config,
    "istio-ambient:mesh": {
      ...mesh,
      charts: { ...mesh.charts, directory: partPath("istio-charts") },
      gatewayApi: { ...mesh.gatewayApi, source: partPath("gateway-api-crds") },
    },
  };
}
