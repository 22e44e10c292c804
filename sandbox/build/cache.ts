// Where built parts are kept: outside the checkout, a folder for each part, version and recipe.
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Part } from "./part";
import { parts } from "./parts";

/** The cache of this user: ISTIO_AMBIENT_CACHE, or the usual place for caches. */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.ISTIO_AMBIENT_CACHE) return path.resolve(environment.ISTIO_AMBIENT_CACHE);
  const home = environment.HOME || os.userInfo().homedir;
  return path.join(environment.XDG_CACHE_HOME || path.join(home, ".cache"), "istio-ambient");
}

/** Sources of ours that a part is built from, by their paths. */
export function ownSources(part: Part): Record<string, string> {
  if (part.kind !== "go" || part.sources === undefined) return {};
  const folder = path.join(__dirname, part.sources);
  const entries = fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const files = entries.filter((name) => fs.statSync(path.join(folder, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, fs.readFileSync(path.join(folder, name), "utf8")]));
}

/** Name of a part's folder: it changes with the version and with everything else the part is made from. */
export function partFolder(part: Part, sources: Record<string, string> = ownSources(part)): string {
  const recipe = createHash("sha256")
    .update(JSON.stringify([part, sources]))
    .digest("hex")
    .slice(0, 8);
  return `${part.name}-${part.version}-${recipe}`;
}

/** Path of a part in the cache, whether it is there yet or not. */
export function partDirectory(part: Part, cache: string = cacheDirectory()): string {
  return path.join(cache, "parts", partFolder(part));
}

/** A part is complete once its folder has its final name. */
export function isBuilt(part: Part, cache: string = cacheDirectory()): boolean {
  return fs.existsSync(partDirectory(part, cache));
}

/** Path of a part by its name. */
export function partPath(name: string, ...below: string[]): string {
  const part = parts.find((candidate) => candidate.name === name);
  if (part === undefined) throw new Error(`sandbox/build/parts.ts has no part "${name}"`);
  return path.join(partDirectory(part), ...below);
}
