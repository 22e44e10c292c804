// Names of the resources that a mesh registers: whoever imports what exists finds them by these.
import type { ChartName } from "../../lib/istio/releases";

/** The children of a mesh that has this name. */
export const meshChildren = {
  namespace: (mesh: string): string => `${mesh}-namespace`,
  release: (mesh: string, chart: ChartName): string => `${mesh}-${chart}`,
  leftovers: (mesh: string): string => `${mesh}-leftovers`,
  gatewayApi: (mesh: string): string => `${mesh}-gateway-api`,
  dataPlane: (mesh: string): string => `${mesh}-data-plane`,
  gateway: (mesh: string): string => `${mesh}-gateway`,
} as const;
