// What the sandbox needs of the machine, all asked at once so that one message names all that is missing.
import { spawnSync } from "node:child_process";
import * as semver from "semver";
import { mostNodes } from "./network";

/** Go that the newest of the parts asks for. */
const goFloor = "1.26.0";

/** Programs of util-linux and iproute2, and the Debian package that brings each. */
const tools = {
  unshare: "util-linux",
  nsenter: "util-linux",
  flock: "util-linux",
  setpriv: "util-linux",
  mount: "mount",
  ip: "iproute2",
};

/** What was found on a machine. */
export interface Machine {
  platform: string;
  architecture: string;
  /** What `go env GOVERSION` says; undefined where there is no Go, or none is needed. */
  go: string | undefined;
  tools: string[];
  /** Why no namespaces can be made; undefined where they can. */
  namespaceError: string | undefined;
}

/** Each thing that is missing as one line; `building` asks for Go too. */
export function missing(machine: Machine, building: boolean): string[] {
  const lines: string[] = [];
  if (machine.platform !== "linux" || machine.architecture !== "x64") {
    lines.push(`Linux on x64: this is ${machine.platform} on ${machine.architecture}`);
  }
  if (building && machine.go === undefined)
    lines.push(`Go ${goFloor} or newer, to build the parts: there is no \`go\``);
  else if (building && semver.lt(semver.coerce(machine.go) ?? "0.0.0", goFloor)) {
    lines.push(`Go ${goFloor} or newer, to build the parts: this is ${machine.go}`);
  }
  const absent = Object.entries(tools).filter(([tool]) => !machine.tools.includes(tool));
  for (const [tool, debian] of absent) lines.push(`\`${tool}\`, which comes with the package ${debian}`);
  if (machine.namespaceError !== undefined) {
    lines.push(
      `the right to make namespaces: be root, or have user namespaces allowed; unshare says "${machine.namespaceError}"`,
    );
  }
  return lines;
}

/** Stops with one message where this machine cannot run a sandbox. */
export function checkMachine(building: boolean): void {
  const lines = missing(thisMachine(building), building);
  if (lines.length === 0) return;
  throw new Error(`the sandbox cannot run on this machine; it lacks\n${lines.map((line) => `  - ${line}`).join("\n")}`);
}

/** How many nodes SANDBOX_NODES asks for. */
export function nodeCount(environment: NodeJS.ProcessEnv = process.env): number {
  const text = environment.SANDBOX_NODES ?? "1";
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= mostNodes) return count;
  throw new Error(
    `SANDBOX_NODES: got "${text}"; it is a whole number from 1 to ${mostNodes}; write \`SANDBOX_NODES=1\``,
  );
}

/** Flags of unshare for everybody but root: root in a user namespace of one's own. */
export const userNamespace = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];

function thisMachine(building: boolean): Machine {
  const found = Object.keys(tools).filter((tool) => spawnSync(tool, ["--version"]).error === undefined);
  const go = building ? spawnSync("go", ["env", "GOVERSION"], { encoding: "utf8" }) : undefined;
  let namespaceError: string | undefined;
  if (found.includes("unshare")) {
    const flags = ["--net", "--pid", "--fork", "--mount-proc", ...userNamespace];
    const probe = spawnSync("unshare", [...flags, "true"], { encoding: "utf8" });
    if (probe.status !== 0) namespaceError = probe.stderr.trim();
  }
  return {
    platform: process.platform,
    architecture: process.arch,
    go: go?.stdout?.trim().replace(/^go/, ""),
    tools: found,
    namespaceError,
  };
}
