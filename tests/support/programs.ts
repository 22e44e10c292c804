// Programs as users have them: a clone of this repository, and the package as it is packed.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

export const root = path.resolve(__dirname, "..", "..");

export interface Manifest {
  version: string;
  main: string;
  dependencies: Record<string, string>;
}

export function manifestOf(folder: string): Manifest {
  return JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8")) as Manifest;
}

/** What a fresh clone holds, after `npm install`. No registry answers inside the sandbox, so the dependencies are linked. */
export function clone(folder: string): void {
  const listing = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const files = execFileSync("git", listing, { cwd: root, encoding: "utf8" }).split("\0").filter(Boolean);
  for (const file of files.filter((each) => fs.existsSync(path.join(root, each)))) {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.copyFileSync(path.join(root, file), path.join(folder, file));
  }
  fs.symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
}

/** Packs the package and unpacks it where programs in the folder find it, beside the dependencies of this checkout. */
export function unpack(folder: string): void {
  execFileSync("npm", ["run", "--silent", "build"], { cwd: root });
  const packing = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [packed] = JSON.parse(execFileSync("npm", packing, { cwd: root, encoding: "utf8" })) as { filename: string }[];
  const modules = path.join(folder, "node_modules");
  fs.mkdirSync(path.join(modules, "@types"), { recursive: true });
  execFileSync("tar", ["-xzf", path.join(folder, packed!.filename), "-C", folder]);
  fs.renameSync(path.join(folder, "package"), path.join(modules, "istio-ambient"));
  for (const name of [...Object.keys(manifestOf(root).dependencies), "@types/node", "typescript"]) {
    const link = path.join(modules, name);
    fs.mkdirSync(path.dirname(link), { recursive: true });
    fs.symlinkSync(path.join(root, "node_modules", name), link);
  }
}
