// What the engine reports of an operation, as tests compare it.
import { EngineEvent } from "@pulumi/pulumi/automation";

/** What the engine did, or would do, to the resources of a stack, unchanged ones left out: "create mesh-base". */
export interface Outcome {
  steps: string[];
  /** The properties that differ, by the step: "update mesh-base" → ["values.global.hub"]; missing where none does. */
  diffs?: Record<string, string[]>;
  /** Everything that was reported: warnings and errors, one a line. */
  diagnostics: string[];
  outputs: Record<string, unknown>;
}

/** Listens to one operation. */
export class Listener {
  readonly steps: string[] = [];
  readonly diffs: Record<string, string[]> = {};
  readonly diagnostics: string[] = [];

  constructor(
    private readonly onStep: (step: string) => void = () => undefined,
    private readonly onDiagnostic: (diagnostic: string) => void = () => undefined,
  ) {}

  readonly onEvent = (event: EngineEvent): void => {
    const { op, urn, detailedDiff } = event.resourcePreEvent?.metadata ?? {};
    if (urn && !["same", "read", "refresh"].includes(op!) && !urn.includes("pulumi:pulumi:Stack")) {
      const step = `${op} ${urn.split("::").pop()}`;
      this.steps.push(step);
      if (detailedDiff) this.diffs[step] = Object.keys(detailedDiff).sort();
      this.onStep(step);
    }
    const { message, severity } = event.diagnosticEvent ?? {};
    if (message && ["warning", "error", "info#err"].includes(severity ?? "")) {
      const diagnostic = `${severity}: ${message.replace(/<\{%[^%]*%\}>/g, "").trim()}`;
      this.diagnostics.push(diagnostic);
      this.onDiagnostic(diagnostic);
    }
  };

  outcome(outputs: Record<string, unknown> = {}): Outcome {
    const { steps, diffs, diagnostics } = this;
    return { steps, ...(Object.keys(diffs).length > 0 && { diffs }), diagnostics, outputs };
  }

  /** An operation that failed: what was reported, and what it ended with. */
  failure(end: string): Error & { steps: string[]; diagnostics: string[] } {
    const { steps, diagnostics } = this;
    return Object.assign(new Error([...diagnostics, end].join("\n")), { steps, diagnostics });
  }
}
