// The report as a table: a category, its underline, a sign for each check, and its findings below.
import { findingLine } from "../lib/checks/check";
import {
  byCategory,
  hintAnchor,
  tally,
  type CheckResult,
  type Outcome,
  type Report,
  type Unread,
} from "../lib/checks/verdicts";
import { documentation } from "./package-file";

const signs: Record<Outcome, string> = { passed: "√", warned: "‼", failed: "×", waived: "‼", unknown: "‼" };
const colors: Record<Outcome, number> = { passed: 32, warned: 33, failed: 31, waived: 33, unknown: 33 };

/** One finding per namespace of a large cluster would push everything else off the screen. */
const shownFindings = 10;

/** The whole table, ending with a line that counts the outcomes. */
export function renderTable(report: Report, color: boolean): string {
  const sign = (outcome: Outcome) => (color ? `\u001b[${colors[outcome]}m${signs[outcome]}\u001b[0m` : signs[outcome]);
  const blocks = byCategory(report).map(([category, results]) =>
    [category, "-".repeat(category.length), ...results.flatMap((result) => resultLines(result, report, sign))].join(
      "\n",
    ),
  );
  const { unread } = report;
  const gaps =
    unread.length === 0 ? [] : [["not read", "--------", ...unread.map((gap) => gapLine(gap, sign))].join("\n")];
  return `${[...blocks, ...gaps, summary(report, sign)].join("\n\n")}\n`;
}

/** Why a list was not read is said here, and not at each check that needs it. */
function gapLine({ kind, why, open, narrowed }: Unread, sign: (outcome: Outcome) => string): string {
  const costs = [
    ...(open.length > 0 ? [`leaves open ${open.join(", ")}`] : []),
    ...(narrowed.length > 0 ? [`narrows ${narrowed.join(", ")}`] : []),
  ];
  return `${sign("unknown")} ${kind}: ${why}; ${costs.join("; ")}`;
}

function resultLines(
  { check, outcome, findings, why }: CheckResult,
  { unread }: Report,
  sign: (outcome: Outcome) => string,
): string[] {
  const first = `${sign(outcome)} ${check.claim}`;
  if (outcome === "passed") return [first];
  const shown = findings.slice(0, shownFindings).map(findingLine);
  const hidden = findings.length - shown.length;
  if (unread.some(({ open }) => open.includes(check.id))) return [first, "    not checked: see “not read” below"];
  const lines = [
    ...(outcome === "unknown" ? [`not checked: ${why ?? ""}`] : shown),
    ...(hidden > 0 ? [`and ${hidden} more; see all with --output json`] : []),
    ...(outcome === "waived" ? [`waived: ${why ?? ""}`] : []),
  ];
  return [first, ...[...lines, check.hint, `see ${documentation(hintAnchor(check))}`].map((line) => `    ${line}`)];
}

function summary(report: Report, sign: (outcome: Outcome) => string): string {
  const { passed, warned, failed, waived, unknown } = tally(report);
  const parts = [
    `${sign("passed")} ${passed} passed`,
    ...(warned > 0 ? [`${sign("warned")} ${warned} warned`] : []),
    ...(waived > 0 ? [`${sign("waived")} ${waived} waived`] : []),
    ...(unknown > 0 ? [`${sign("unknown")} ${unknown} not checked`] : []),
    ...(failed > 0 ? [`${sign("failed")} ${failed} failed`] : []),
  ];
  return parts.join("   ");
}
