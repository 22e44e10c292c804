// Pulumi's own plugins on this machine: where they are looked for, and their download.
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { cacheDirectory, partPath } from "../build/cache";

/** After a download that failed the next one is tried a day later. */
const retryAfter = 24 * 3600 * 1000;

/** Where plugins are looked for. */
export interface Places {
  /** The user's own PULUMI_HOME, only read. */
  userHome: string;
  /** PULUMI_HOME of downloads, shared by all sandboxes. */
  cacheHome: string;
  /** Folders of PATH. */
  path: string[];
}

/** The places on this machine. */
export function places(environment: NodeJS.ProcessEnv = process.env): Places {
  return {
    userHome: environment.PULUMI_HOME || path.join(environment.HOME || os.userInfo().homedir, ".pulumi"),
    cacheHome: path.join(cacheDirectory(environment), "pulumi-home"),
    path: (environment.PATH ?? "").split(path.delimiter),
  };
}

/** Version of a provider's SDK, which its plugin has too. */
export function sdkVersion(name: string): string {
  const manifest: { version: string } = JSON.parse(
    fs.readFileSync(require.resolve(`@pulumi/${name}/package.json`), "utf8"),
  );
  return manifest.version;
}

/** A plugin of Pulumi's own: where it was found, and the files that make it up. */
export interface Found {
  from: string;
  files: string[];
}

/** A provider's plugin of the SDK's version, where the machine has it. */
export function findProvider(name: string, where: Places = places()): Found | undefined {
  const folder = [where.userHome, where.cacheHome]
    .map((home) => path.join(home, pluginFolder("resource", name)))
    .find((each) => isComplete(each, pluginProgram("resource", name)));
  if (folder !== undefined)
    return { from: folder, files: fs.readdirSync(folder).map((file) => path.join(folder, file)) };
  return findProgram(pluginProgram("resource", name), where.path);
}

/** As `findProvider`, and where the machine has none, it is downloaded. */
export async function obtainProvider(name: string, where: Places = places()): Promise<Found | undefined> {
  const found = findProvider(name, where);
  if (found !== undefined) return found;
  return (await download(name, where.cacheHome)) ? findProvider(name, where) : undefined;
}

/** The language host of Pulumi's installation; it lies beside its CLI. */
export function findLanguageHost(where: Places = places()): Found | undefined {
  return findProgram(pluginProgram("language", "nodejs"), [...where.path, path.join(where.userHome, "bin")]);
}

function findProgram(program: string, folders: string[]): Found | undefined {
  const file = folders.map((folder) => path.join(folder, program)).find((each) => fs.existsSync(each));
  return file === undefined ? undefined : { from: file, files: [file] };
}

type Kind = "resource" | "language";

export function pluginProgram(kind: Kind, name: string): string {
  return `pulumi-${kind}-${name}`;
}

/** Where an engine looks for a plugin, in its home. */
export function pluginFolder(kind: Kind, name: string): string {
  return path.join("plugins", `${kind}-${name}-v${sdkVersion(kind === "resource" ? name : "pulumi")}`);
}

/** A plugin that is being downloaded has a `.partial` file beside its folder. */
function isComplete(folder: string, program: string): boolean {
  return fs.existsSync(path.join(folder, program)) && !fs.existsSync(`${folder}.partial`);
}

async function download(name: string, home: string): Promise<boolean> {
  const version = sdkVersion(name);
  const failed = path.join(home, `no-${name}-${version}`);
  if (fs.existsSync(failed) && Date.now() - fs.statSync(failed).mtimeMs < retryAfter) return false;
  fs.mkdirSync(home, { recursive: true });
  const env = { ...process.env, PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" };
  try {
    await promisify(execFile)(partPath("pulumi", "pulumi"), ["plugin", "install", "resource", name, version], {
      env,
      timeout: 120_000,
    });
    return true;
  } catch {
    fs.writeFileSync(failed, "");
    return false;
  }
}
