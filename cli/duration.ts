// Durations as people write them: 90s, 2m, 1h30m.
import { violationLine } from "../lib/validation/violations";
import { UsageError } from "./exit";

const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration given to an option. */
export function durationOption(option: string, text: string): number {
  if (!/^(\d+[smh])+$/.test(text)) {
    const rule = "must be a duration such as 90s, 2m or 1h30m";
    throw new UsageError(violationLine({ path: option, got: text, rule, fix: `${option} 2m` }));
  }
  const parts = [...text.matchAll(/(\d+)([smh])/g)];
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ""] ?? 0), 0);
}
