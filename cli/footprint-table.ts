// What `istio-ambient footprint` prints for a person: the parts, the nodes, the comparison with sidecars, the advice.
import { findingLine } from "../lib/checks/check";
import { count } from "../lib/checks/mesh";
import { advise, type Advice } from "../lib/footprint/advice";
import { footprint, type Comparison, type Footprint, type FootprintState, type Row } from "../lib/footprint/footprint";
import { cpuText, memoryText } from "../lib/footprint/units";
import { documentation } from "./package-file";

/** More would push everything else off the screen. */
const shownNodes = 10;

const signs = { error: ["×", 31], warning: ["‼", 33] } as const;

/** The whole report as text. */
export function renderFootprint(state: FootprintState, color: boolean): string {
  const report = footprint(state);
  const advice = advise(state);
  const blocks = [
    [`mesh on ${state.server}`, ...sourceLines(state)],
    columns(partHeadings, partRows(report)),
    ...(report.nodes.length > 1 ? [nodeLines(report)] : []),
    ...(report.comparison ? [comparisonLines(report.comparison)] : []),
    advice.length === 0 ? ["no advice"] : ["advice", ...advice.map((each) => adviceLine(each, color))],
  ];
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

const partHeadings = ["PART", "PODS", "CPU REQUESTED", "CPU USED", "MEMORY REQUESTED", "WORKING SET", "RSS"];

function partRows({ parts, total }: Footprint): string[][] {
  return [...parts.map(({ part, row }) => [part, ...cells(row)]), ["total", ...cells(total)]];
}

function cells(row: Row): string[] {
  const { pods, measured, requested, used } = row;
  const about = measured < pods ? "~" : "";
  return [
    String(pods),
    cpuText(requested.cpu),
    used ? about + cpuText(used.cpu) : "?",
    memoryText(requested.memory),
    used ? about + memoryText(used.workingSet) : "?",
    used?.rss === undefined ? "?" : about + memoryText(used.rss),
  ];
}

function sourceLines({ source, reasons, silentNodes, unaskedNodes }: FootprintState): string[] {
  const [kubelets = "", metrics = ""] = reasons;
  const from = {
    kubelets: "used: as the kubelets say (nodes/proxy, stats/summary)",
    "metrics.k8s.io": `used: as metrics.k8s.io says, which has no RSS; the kubelets were not read: ${kubelets}`,
    none: `used: unknown; the kubelets were not read: ${kubelets}; metrics.k8s.io was not read: ${metrics}`,
  }[source];
  const missing = silentNodes.map(({ node, why }) => `node ${node} was not read: ${why}`);
  const shown = missing.slice(0, shownNodes);
  return [
    from,
    ...shown,
    ...(missing.length > shown.length ? [`and ${missing.length - shown.length} more nodes were not read`] : []),
    ...(unaskedNodes > 0 ? [`${count(unaskedNodes, "node")} not asked`] : []),
    ...(silentNodes.length + unaskedNodes > 0 && source !== "none"
      ? ["~ counts pods that were not measured as the average of those that were"]
      : []),
  ];
}

function nodeLines({ nodes }: Footprint): string[] {
  const most = [...nodes].sort((a, b) => memoryOf(b.total) - memoryOf(a.total)).slice(0, shownNodes);
  const shown = nodes.filter((node) => most.includes(node));
  const hidden = nodes.length - shown.length;
  return [
    ...columns(
      ["NODE", ...partHeadings.slice(1)],
      shown.map(({ node, total }) => [node, ...cells(total)]),
    ),
    ...(hidden > 0 ? [`and ${count(hidden, "node")} with less; see all with --output json`] : []),
  ];
}

function memoryOf({ used, requested }: Row): number {
  return used?.workingSet ?? requested.memory;
}

function comparisonLines({ captured, sidecar, by, lines }: Comparison): string[] {
  const memory = by === "rss" ? "RSS" : "working set";
  const basis =
    sidecar.measured > 0
      ? `measured here on ${count(sidecar.measured, "sidecar")}`
      : `not measured here: the RSS in ${documentation("docs/footprint.md")}`;
  const headings = ["SERVICES", "WITH SIDECARS", "AMBIENT", "SAVED", "AMBIENT IS"];
  return [
    `against sidecars, by ${memory}: ${count(captured, "pod")} captured; one sidecar takes ${memoryText(sidecar.memory)}, ${basis}`,
    ...columns(
      headings,
      lines.map((line) => [
        String(line.services),
        memoryText(line.sidecars),
        memoryText(line.ambient),
        `${Math.round(100 * (1 - line.ambient / line.sidecars))} %`,
        line.basis,
      ]),
    ),
    "with sidecars is extrapolated: istiod, the gateways, and one sidecar for each service of one pod",
  ];
}

function adviceLine(advice: Advice, color: boolean): string {
  const [sign, code] = signs[advice.severity];
  return `${color ? `\u001b[${code}m${sign}\u001b[0m` : sign} ${findingLine({ ...advice, namespace: "" })}`;
}

/** Columns below their headings: the first to the left, the others, which are numbers, to the right. */
function columns(headings: string[], rows: string[][]): string[] {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}
