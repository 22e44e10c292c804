// What was measured on a real node; docs/footprint.md shows it and says how. Where a cluster has nothing to measure, these
// stand in, and the report names them as such.
import { mebibytes } from "./units";

/** MiB of anonymous memory, with so many enrolled pods that are idle. */
export interface Measured {
  pods: number;
  istiod: number;
  istioCni: number;
  ztunnel: number;
  gateway: number;
}

/** A mesh of all defaults. */
export const standardFigures: readonly Measured[] = [
  { pods: 5, istiod: 44.9, istioCni: 17.5, ztunnel: 4.9, gateway: 29.4 },
  { pods: 10, istiod: 45.2, istioCni: 19.4, ztunnel: 5.3, gateway: 29.4 },
  { pods: 20, istiod: 45.4, istioCni: 19.7, ztunnel: 6.1, gateway: 29.4 },
  { pods: 40, istiod: 49.3, istioCni: 21.5, ztunnel: 8.1, gateway: 29.7 },
];

/** One idle sidecar. */
export const sidecarFigure = mebibytes(29);

/** What one more enrolled pod adds to istiod, istio-cni and ztunnel together. */
export const growthPerPod = mebibytes(growth(standardFigures));

function growth(figures: readonly Measured[]): number {
  const [first, last] = [figures[0]!, figures[figures.length - 1]!];
  const sum = ({ istiod, istioCni, ztunnel }: Measured): number => istiod + istioCni + ztunnel;
  return (sum(last) - sum(first)) / (last.pods - first.pods);
}
