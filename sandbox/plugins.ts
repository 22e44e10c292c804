// Which provider plugins the engine uses in a sandbox: the official ones where they can be had, stand-ins otherwise.
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { cacheDirectory, partPath } from "./cache";
import { Instance } from "./instance";
import { typescript } from "./node";

export interface Plugin {
  name: string;
  version: string;
  origin: "official" | "stand-in";
  /** Where it was found. */
  from: string;
}

const names = ["kubernetes", "command"];

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
function places(environment: NodeJS.ProcessEnv = process.env): Places {
  return {
    userHome: environment.PULUMI_HOME || path.join(environment.HOME || os.userInfo().homedir, ".pulumi"),
    cacheHome: path.join(cacheDirectory(environment), "pulumi-home"),
    path: (environment.PATH ?? "").split(path.delimiter),
  };
}

/** Puts every plugin where the sandbox's engine looks for it, and says which ones these are. */
export async function ensurePlugins(instance: Instance, where: Places = places()): Promise<Plugin[]> {
  const plugins = await Promise.all(names.map((name) => ensurePlugin(instance, where, name)));
  fs.writeFileSync(instance.pluginsFile, JSON.stringify(plugins));
  return plugins;
}

/** What `ensurePlugins` said last. */
export function chosenPlugins(instance: Instance): Plugin[] {
  return fs.existsSync(instance.pluginsFile) ? JSON.parse(fs.readFileSync(instance.pluginsFile, "utf8")) : [];
}

async function ensurePlugin(instance: Instance, where: Places, name: string): Promise<Plugin> {
  const manifest = fs.readFileSync(require.resolve(`@pulumi/${name}/package.json`), "utf8");
  const { version }: { version: string } = JSON.parse(manifest);
  const folder = path.join("plugins", `resource-${name}-v${version}`);
  const program = `pulumi-resource-${name}`;
  const target = path.join(instance.pulumiHome, folder);
  fs.rmSync(target, { recursive: true, force: true });
  fs.mkdirSync(path.dirname(target), { recursive: true });

  const installed = (): string | undefined =>
    [where.userHome, where.cacheHome]
      .map((home) => path.join(home, folder))
      .find((found) => isComplete(found, program));
  const onPath = where.path.map((each) => path.join(each, program)).find((file) => fs.existsSync(file));
  const found = installed() ?? onPath ?? ((await download(name, version, where.cacheHome)) ? installed() : undefined);
  if (found === undefined) {
    const source = path.join(__dirname, "plugins", name, "main.ts");
    writeStandIn(target, program, source);
    return { name, version, origin: "stand-in", from: source };
  }
  // One on PATH is found by the engine itself.
  if (found !== onPath) linkContents(found, target);
  return { name, version, origin: "official", from: found };
}

/** The engine looks into folders only, not behind links to folders. */
function linkContents(from: string, folder: string): void {
  fs.mkdirSync(folder);
  for (const file of fs.readdirSync(from)) fs.symlinkSync(path.join(from, file), path.join(folder, file));
}

/** A plugin that is being downloaded has a `.partial` file beside its folder. */
function isComplete(folder: string, program: string): boolean {
  return fs.existsSync(path.join(folder, program)) && !fs.existsSync(`${folder}.partial`);
}

async function download(name: string, version: string, home: string): Promise<boolean> {
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

/** A plugin is a program in a folder of its name: here a shell line that starts ours. */
function writeStandIn(folder: string, program: string, source: string): void {
  fs.mkdirSync(folder, { recursive: true });
  const line = typescript(source).map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  fs.writeFileSync(path.join(folder, program), `#!/bin/sh\nexec ${line.join(" ")} "$@"\n`, { mode: 0o755 });
}
