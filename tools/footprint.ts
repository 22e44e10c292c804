// The tables of docs/footprint.md, and the claim that the README makes of them.
import { leanFigures, sidecarFigure, standardFigures, type Measured } from "../lib/footprint/figures";
import { partRequests } from "../lib/istio/lean";
import { Footprint } from "../lib/validation/closed-sets";

const sidecar = sidecarFigure / 2 ** 20;

/** MiB of the whole ambient mesh. */
function ambient({ istiod, istioCni, ztunnel, gateway }: Measured): number {
  return istiod + istioCni + ztunnel + gateway;
}

/** MiB of a mesh with a sidecar for each pod. */
function withSidecars({ pods, istiod, gateway }: Measured): number {
  return pods * sidecar + istiod + gateway;
}

/** What was measured, part by part, and beside it what sidecars would take. */
export function figuresTable(): string {
  const lines = standardFigures.map((figures) => {
    const { pods, istiod, istioCni, ztunnel, gateway } = figures;
    const saved = Math.round(100 * (1 - ambient(figures) / withSidecars(figures)));
    const cells = [istiod, istioCni, ztunnel, gateway, ambient(figures)].map((number) => number.toFixed(1));
    return `| ${[pods, ...cells, withSidecars(figures).toFixed(0), `${saved} %`].join(" | ")} |`;
  });
  return [
    "| enrolled pods | istiod | istio-cni | ztunnel | gateway | ambient, measured | with sidecars, extrapolated | saved |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}

/** A lean mesh, part by part, and what it takes less than a standard one. */
export function leanTable(): string {
  const lines = leanFigures.map((figures, index) => {
    const { pods, istiod, istioCni, ztunnel, gateway } = figures;
    const less = ambient(standardFigures[index]!) - ambient(figures);
    const cells = [istiod, istioCni, ztunnel, gateway, ambient(figures), less].map((number) => number.toFixed(1));
    return `| ${[pods, ...cells].join(" | ")} |`;
  });
  return [
    "| enrolled pods | istiod | istio-cni | ztunnel | gateway | lean, measured | less than standard |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}

/** What the parts request with each footprint. */
export function requestsTable(): string {
  const columns = Object.values(Footprint);
  const names = { controlPlane: "istiod", cni: "istio-cni", dataplane: "ztunnel", gateway: "gateway" } as const;
  const lines = Object.entries(names).map(([part, name]) => {
    const cells = columns.map((footprint) => {
      const { cpu, memory } = partRequests(footprint)[part as keyof typeof names];
      return `${cpu}, ${memory}`;
    });
    return `| ${[name, ...cells].join(" | ")} |`;
  });
  return [`| requests of a pod | ${columns.join(" | ")} |`, `| --- |${" --- |".repeat(columns.length)}`, ...lines].join(
    "\n",
  );
}

/** The README's line: twenty pods, measured beside extrapolated. */
export function readmeClaim(): string {
  const figures = standardFigures.find(({ pods }) => pods === 20)!;
  const saved = Math.round(100 * (1 - ambient(figures) / withSidecars(figures)));
  return (
    `With twenty pods, the whole mesh and its gateway used ${ambient(figures).toFixed(0)} MiB on a real node, ${saved}% less than ` +
    `the ${withSidecars(figures).toFixed(0)} MiB that sidecars would use. How it was measured, and how to measure your own cluster: ` +
    "[docs/footprint.md](docs/footprint.md)."
  );
}
