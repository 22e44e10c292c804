// Which run of a command is at work on what its record is about: noted on the record, so that a second run waits, and one that
// was killed is not waited for.
import { hostname } from "node:os";

/** The annotation that holds the note. */
export const runMark = "istio-ambient/run";

/** A run, and when it was last seen. */
interface RunNote {
  host: string;
  pid: number;
  at: string;
}

/** The note of this run, as of now. */
export function runNote(): string {
  const note: RunNote = { host: hostname(), pid: process.pid, at: new Date().toISOString() };
  return JSON.stringify(note);
}

/** What another run that is still at work is doing, by its note. One of another machine counts as dead after `quietMs`. */
export function otherRunAtWork(text: string | undefined, quietMs: number): string | undefined {
  const other = readNote(text);
  return other && isAlive(other, quietMs)
    ? `is at work (process ${other.pid} on ${other.host}, seen at ${other.at})`
    : undefined;
}

/** What a run is told that cannot go on beside another one. */
export function otherRun(command: string, does: string): string {
  return `another run of \`istio-ambient ${command}\` ${does}; run this one again once that is through`;
}

/** Undefined without a note, or with one in words that are not ours. */
function readNote(text: string | undefined): RunNote | undefined {
  try {
    const note = JSON.parse(text ?? "null") as Partial<RunNote> | null;
    const { host, pid, at } = note ?? {};
    return host === undefined || pid === undefined || at === undefined ? undefined : { host, pid, at };
  } catch {
    return undefined;
  }
}

/** A run that was killed is dead at once where it ran on this machine, and elsewhere when it has not been seen for a while. */
function isAlive({ host, pid, at }: RunNote, quietMs: number): boolean {
  if (Date.now() - Date.parse(at) > quietMs) return false;
  if (host !== hostname()) return true;
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
