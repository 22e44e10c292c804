// This package's own package.json.
import * as fs from "node:fs";
import * as path from "node:path";

interface PackageFile {
  version: string;
  engines: { node: string };
  homepage: string;
}

/** Reads package.json: beside cli/ in the sources, above dist/ in the package. */
export function packageFile(): PackageFile {
  const above = path.join(__dirname, "..", "package.json");
  const file = fs.existsSync(above) ? above : path.join(__dirname, "..", "..", "package.json");
  return JSON.parse(fs.readFileSync(file, "utf8")) as PackageFile;
}

/** Where a page of this repository can be read by those who do not have it. */
export function documentation(page: string): string {
  return packageFile().homepage + "/blob/main/" + page;
}
