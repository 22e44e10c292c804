// The engine's progress in short: one line for each resource that changed, and every warning and error in full.
import { EngineEvent } from "@pulumi/pulumi/automation";

const begun = new Map<string, number>();
const signs: Record<string, string> = { create: "+", update: "~", delete: "-", replace: "+-", read: ">" };

/** Diagnostics that people have to see; the engine also sends "debug". */
const shown = ["info#err", "warning", "error"];

let anyError = false;

/** Whether an error of the engine's was printed. */
export function errorsShown(): boolean {
  return anyError;
}

/** Prints one event where it says something new. */
export function report(event: EngineEvent): void {
  const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent } = event;
  if (resourcePreEvent) begun.set(resourcePreEvent.metadata.urn, Date.now());
  if (resOutputsEvent && resOutputsEvent.metadata.op !== "same") {
    const { op, urn, type } = resOutputsEvent.metadata;
    // Providers and the stack itself are the engine's own.
    if (!type.startsWith("pulumi:"))
      console.error(`  ${(signs[op] ?? op).padEnd(2)} ${resourceLabel(urn)}${elapsed(urn)}`);
  }
  if (resOpFailedEvent) console.error(`  !! ${resourceLabel(resOpFailedEvent.metadata.urn)} failed`);
  if (diagnosticEvent && shown.includes(diagnosticEvent.severity) && !diagnosticEvent.ephemeral) {
    const text = plain(diagnosticEvent.message).trim();
    const about = diagnosticEvent.urn ? `${resourceLabel(diagnosticEvent.urn)}: ` : "";
    if (text && isNew(text, diagnosticEvent.severity)) {
      console.error(`  ${diagnosticEvent.severity}: ${about}${text}`);
    }
    anyError ||= diagnosticEvent.severity === "error";
  }
}

const told: string[] = [];

/** What stopped the program comes twice: when it happens, and again as the end of the program. */
function isNew(text: string, severity: string): boolean {
  const again = told.some(
    (before) => text === before || (text.startsWith("One or more errors") && text.includes(before)),
  );
  if (severity === "error") told.push(text);
  return severity !== "error" || !again;
}

/** Type and name of a resource: the last two fields of its URN, the type without its package and module. */
export function resourceLabel(urn: string): string {
  const [types = "", name = ""] = urn.split("::").slice(2);
  const type = types.split("$").at(-1)?.split(":").at(-1) ?? types;
  return `${type} ${name}`;
}

/** Pulumi marks colors as <{%fg 1%}>. */
function plain(message: string): string {
  return message.replace(/<\{%[^%]*%\}>/g, "");
}

function elapsed(urn: string): string {
  const since = begun.get(urn);
  const seconds = since === undefined ? 0 : (Date.now() - since) / 1000;
  return seconds < 1 ? "" : `  ${seconds.toFixed(1)} s`;
}
