// The report as plain data; docs/footprint.schema.json describes it.
import { findingLine } from "../checks/check";
import { advise, isGood } from "./advice";
import { footprint, type FootprintState, type Row, type Rows } from "./footprint";

/** Grows when a field goes or changes its meaning; a new field does not count. */
const schemaVersion = 1;

/** Bytes and cores, whole and to the thousandth. */
function rowData({ pods, measured, requested, used }: Row) {
  return {
    pods,
    measuredPods: measured,
    requested: { cpu: cores(requested.cpu), memory: requested.memory },
    ...(used
      ? {
          used: {
            cpu: cores(used.cpu),
            workingSet: Math.round(used.workingSet),
            ...(used.rss === undefined ? {} : { rss: Math.round(used.rss) }),
          },
        }
      : {}),
  };
}

function cores(number: number): number {
  return Math.round(number * 1000) / 1000;
}

function rowsData({ parts, total }: Rows) {
  return { parts: parts.map(({ part, row }) => ({ part, ...rowData(row) })), total: rowData(total) };
}

/** The whole report. */
export function footprintData(state: FootprintState, time: Date) {
  const report = footprint(state);
  const { comparison } = report;
  const advice = advise(state);
  return {
    schemaVersion,
    time: time.toISOString(),
    cluster: { server: state.server },
    good: isGood(state, advice),
    source: { name: state.source, reasons: state.reasons },
    silentNodes: state.silentNodes,
    unaskedNodes: state.unaskedNodes,
    capturedPods: state.captured,
    mesh: rowsData(report),
    nodes: report.nodes.map(({ node, ...rows }) => ({ node, ...rowsData(rows) })),
    ...(comparison
      ? {
          comparison: {
            memory: comparison.by,
            sidecar: {
              bytes: Math.round(comparison.sidecar.memory),
              basis: comparison.sidecar.measured > 0 ? "measured" : "documented",
              measuredPods: comparison.sidecar.measured,
            },
            services: comparison.lines.map(({ services, sidecars, ambient, basis }) => ({
              services,
              sidecars: { bytes: Math.round(sidecars), basis: "extrapolated" },
              ambient: { bytes: Math.round(ambient), basis },
            })),
          },
        }
      : {}),
    advice: advice.map(({ severity, ...found }) => ({
      severity,
      object: found.object,
      got: found.got,
      rule: found.rule,
      fix: found.fix,
      message: findingLine({ ...found, namespace: "" }),
    })),
  };
}
