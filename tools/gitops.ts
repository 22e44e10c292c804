// What the tools do not do for which a mesh can be exported, for docs/gitops.md.
import { limits } from "../lib/export";

/** The limits, tool by tool. */
export function limitsList(): string {
  return Object.entries(limits)
    .map(([format, lines]) => [`\`--format ${format}\`:`, "", ...lines.map((line) => `- ${line}`)].join("\n"))
    .join("\n\n");
}
