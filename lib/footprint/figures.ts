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
  { pods: 5, istiod: 41.0, istioCni: 15.5, ztunnel: 2.2, gateway: 28.2 },
  { pods: 20, istiod: 41.8, istioCni: 18.6, ztunnel: 3.8, gateway: 29.3 },
  { pods: 40, istiod: 47.7, istioCni: 19.4, ztunnel: 5.5, gateway: 31.1 },
];

/** A lean one. */
export const leanFigures: readonly Measured[] = [
  { pods: 5, istiod: 32.3, istioCni: 14.1, ztunnel: 2.2, gateway: 25.7 },
  { pods: 20, istiod: 32.4, istioCni: 14.2, ztunnel: 3.8, gateway: 26.2 },
  { pods: 40, istiod: 32.5, istioCni: 14.9, ztunnel: 5.6, gateway: 26.5 },
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
