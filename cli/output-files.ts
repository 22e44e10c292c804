// Files in a directory of the user's: nothing there is overwritten unless that was asked for.
import * as fs from "node:fs";
import * as path from "node:path";
import { reason } from "../cluster/connection";
import { firstWords, type OutputFile } from "../lib/export";
import { violationLine } from "../lib/validation/violations";
import { UsageError } from "./exit";

/** What came of it, as paths below the directory. */
export interface Written {
  written: string[];
  /** Files of an earlier export that are no part of this one. */
  left: string[];
}

/** Writes the files; refuses, before the first one, where that would change one that is there. */
export function writeFiles(directory: string, files: OutputFile[], overwrite: boolean): Written {
  try {
    const before = new Map(files.map(({ path: name }) => [name, read(path.join(directory, name))]));
    const differing = files.filter((file) => ![undefined, file.text].includes(before.get(file.path)));
    if (differing.length > 0 && !overwrite) {
      const names = differing.map((file) => file.path).join(", ");
      const rule = `must not hold files that the export would change: ${names}`;
      throw new UsageError(violationLine({ path: "--output", got: directory, rule, fix: "--overwrite" }));
    }
    const changed = files.filter((file) => before.get(file.path) !== file.text);
    for (const file of changed) {
      const place = path.join(directory, file.path);
      fs.mkdirSync(path.dirname(place), { recursive: true });
      fs.writeFileSync(place, file.text);
    }
    const names = files.map((file) => file.path);
    const left = exported(directory).filter((name) => !names.includes(name));
    return { written: changed.map((file) => file.path), left };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot write to ${directory}: ${reason(error)}`);
  }
}

function read(file: string): string | undefined {
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
}

/** Files below a directory that an export has written. */
function exported(directory: string): string[] {
  return fs
    .readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".yaml"))
    .filter((name) => fs.readFileSync(path.join(directory, name), "utf8").startsWith(`# ${firstWords}`))
    .map((name) => name.split(path.sep).join("/"))
    .sort();
}
