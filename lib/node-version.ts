// Which Node the command needs. Like everything that cli/main.ts imports, written in syntax that a Node of ten years
// ago can parse.
import * as semver from "semver";

/** Why this Node is too old; undefined where it is not. `needed` is a range, as `engines` of package.json has it. */
export function nodeRefusal(found: string, needed: string): string | undefined {
  if (semver.satisfies(found, needed, { includePrerelease: true })) {
    return undefined;
  }
  const floor = semver.minVersion(needed);
  const least = floor === null ? needed : `${floor.version} or newer`;
  return `istio-ambient needs Node.js ${least}; this is Node.js ${found} (${process.execPath})`;
}
