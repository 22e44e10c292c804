// From checks and one snapshot to a verdict: what passed, what failed, and what was not checked.
import { categories, findingLine, type Category, type Check, type CheckContext, type Finding } from "./check";
import { heldFix } from "./kept";
import { meshNamespace } from "./mesh";
import { rootNamespace } from "./mesh-config";
import type { ClusterSnapshot, Gap, Kind } from "../cluster-state/snapshot";

/** What came of one check. */
export type Outcome = "passed" | "warned" | "failed" | "waived" | "unknown";

/** One check with what it found. */
export interface CheckResult {
  check: Check;
  /** unknown: a list that it needs could not be read, or holds what it cannot judge. */
  outcome: Outcome;
  findings: Finding[];
  /** Why the outcome is unknown, or the reason that the user gave for waiving the findings. */
  why?: string;
}

/** The verdict on a mesh. */
export interface Report {
  server: string;
  kubernetes: string;
  results: CheckResult[];
  /** Lists that could not be read, or not to the end. */
  unread: Unread[];
}

/** A list that could not be read, and the checks that say less for it. */
export interface Unread {
  kind: Kind;
  cause: Gap["cause"];
  why: string;
  /** Checks that it leaves open. */
  open: string[];
  /** Checks that judge what other lists hold. */
  narrowed: string[];
}

export interface Scope {
  /** Only these categories; all when empty. */
  categories?: readonly string[];
  /** Findings of these namespaces, of the mesh's own and of the whole cluster; all when empty. */
  namespaces?: readonly string[];
  /** Reasons by the ids of the checks whose findings do not matter. */
  waivers?: Readonly<Record<string, string>>;
}

/** Runs the checks of the scope. */
export function judge(
  checks: readonly Check[],
  snapshot: ClusterSnapshot,
  context: CheckContext,
  scope: Scope = {},
): Report {
  const chosen = scope.categories?.length
    ? checks.filter((check) => scope.categories?.includes(check.category))
    : checks;
  const { namespaces = [], waivers = {} } = scope;
  const results = chosen.map((check) => waived(judgeOne(check, snapshot, context, namespaces), waivers));
  return { server: snapshot.server, kubernetes: snapshot.kubernetes, results, unread: unreadOf(chosen, snapshot) };
}

/** A kind that the API does not have is no gap. */
function unreadOf(chosen: readonly Check[], { gaps }: ClusterSnapshot): Unread[] {
  const known = Object.entries(gaps) as [Kind, Gap][];
  // The lists were read at the same time, and came in any order.
  return known
    .sort(([one], [other]) => one.localeCompare(other))
    .filter(([, { cause }]) => cause !== "missing")
    .map(([kind, gap]) => {
      const needing = chosen.filter(({ needs }) => needs.includes(kind));
      const looking = chosen.filter(({ also = [] }) => also.includes(kind));
      const [open, narrowed] = [false, true].map((narrow) =>
        needing.filter((check) => isNarrowed(check, gap) === narrow),
      );
      const ids = (of: readonly Check[] = []) => of.map(({ id }) => id);
      return { kind, cause: gap.cause, why: gap.why, open: ids(open), narrowed: [...ids(narrowed), ...ids(looking)] };
    })
    .filter(({ open, narrowed }) => open.length + narrowed.length > 0);
}

/** Whether the check can say something by what was read of a list. */
function isNarrowed({ isLocal }: Check, { partial, within }: Gap): boolean {
  return partial === true && (within === undefined || isLocal === true);
}

/** A check with findings of which the user has said why they do not matter; they are shown all the same. */
function waived(result: CheckResult, waivers: Readonly<Record<string, string>>): CheckResult {
  const { check, findings } = result;
  return findings.length > 0 && Object.hasOwn(waivers, check.id)
    ? { check, outcome: "waived", findings, why: waivers[check.id] }
    : result;
}

function judgeOne(
  check: Check,
  snapshot: ClusterSnapshot,
  context: CheckContext,
  namespaces: readonly string[],
): CheckResult {
  // A kind that the API does not have gives an empty list; one that may not be read gives no answer.
  const gaps = check.needs
    .flatMap((kind) => snapshot.gaps[kind] ?? [])
    .filter((gap) => gap.cause !== "missing" && !isNarrowed(check, gap));
  const [gap] = gaps;
  if (gap) return { check, outcome: "unknown", findings: [], why: gap.why };
  const unjudged = check.unjudged?.(snapshot);
  if (unjudged !== undefined) return { check, outcome: "unknown", findings: [], why: unjudged };
  const inScope = ["", meshNamespace(snapshot), rootNamespace(snapshot), ...namespaces];
  const findings = check
    .run(snapshot, context)
    .filter((found) => namespaces.length === 0 || inScope.includes(found.namespace))
    .map((found) => heldFix(snapshot, found));
  if (findings.length === 0) return { check, outcome: "passed", findings };
  return { check, outcome: check.severity === "error" ? "failed" : "warned", findings };
}

/** True unless a check of severity error failed. */
export function isGood(report: Report): boolean {
  return report.results.every((result) => result.outcome !== "failed");
}

/** How often each outcome came up. */
export function tally(report: Report): Record<Outcome, number> {
  const counts: Record<Outcome, number> = { passed: 0, warned: 0, failed: 0, waived: 0, unknown: 0 };
  for (const { outcome } of report.results) counts[outcome] += 1;
  return counts;
}

/** The results by category, in the order of the report, without empty categories. */
export function byCategory(report: Report): [Category, CheckResult[]][] {
  return categories
    .map((category): [Category, CheckResult[]] => [
      category,
      report.results.filter(({ check }) => check.category === category),
    ])
    .filter(([, results]) => results.length > 0);
}

/** Where the documentation of a check is. */
export function hintAnchor(check: Check): string {
  return `docs/checks.md#${check.id}`;
}

/** Of docs/check.schema.json: raised when a field goes or changes its meaning, and not when one is added. */
export const schemaVersion = 1;

/** The report as plain data; docs/check.schema.json describes it. `documentation` gives the address of a page. */
export function reportData(report: Report, documentation: (page: string) => string) {
  return {
    schemaVersion,
    cluster: { server: report.server, kubernetes: report.kubernetes },
    good: isGood(report),
    tally: tally(report),
    unread: report.unread,
    checks: report.results.map(({ check, outcome, findings, why }) => ({
      id: check.id,
      category: check.category,
      claim: check.claim,
      severity: check.severity,
      outcome,
      ...(why === undefined ? {} : { why }),
      hint: check.hint,
      anchor: documentation(hintAnchor(check)),
      findings: findings.map((found) => ({
        object: found.object,
        namespace: found.namespace,
        got: found.got,
        rule: found.rule,
        fix: found.fix,
        message: findingLine(found),
      })),
    })),
  };
}
