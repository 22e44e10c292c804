// Which plugins the engine uses in a sandbox: Pulumi's own where this machine has them or can download them, otherwise its
// Kubernetes plugin as it is built here, and stand-ins for what cannot be built.
import * as fs from "node:fs";
import * as path from "node:path";
import { partPath } from "../build/cache";
import { Instance } from "../instance";
import { typescript } from "../node";
import {
  findLanguageHost,
  Found,
  obtainProvider,
  places,
  Places,
  pluginFolder,
  pluginProgram,
  sdkVersion,
} from "./official";
import { quoted } from "../shell";

export interface Plugin {
  name: string;
  version: string;
  origin: "official" | "official, built here from older sources" | "stand-in";
  /** Where it was found. */
  from: string;
}

/** Puts every plugin where the sandbox's engine looks for it, and says which ones these are. */
export async function ensurePlugins(instance: Instance, where: Places = places()): Promise<Plugin[]> {
  const built = partPath("kubernetes-plugin", pluginProgram("resource", "kubernetes"));
  const standIn = (file: string): string => path.join(__dirname, file);
  const [command, nodejs] = [standIn("command.ts"), standIn("nodejs.ts")];
  const plugins = [
    put(instance, "resource", "kubernetes", await obtainProvider("kubernetes", where), {
      origin: "official, built here from older sources",
      from: built,
      argv: [built],
    }),
    put(instance, "resource", "command", await obtainProvider("command", where), {
      origin: "stand-in",
      from: command,
      argv: typescript(command),
    }),
    put(instance, "language", "nodejs", findLanguageHost(where), {
      origin: "stand-in",
      from: nodejs,
      argv: typescript(nodejs),
    }),
  ];
  fs.writeFileSync(instance.pluginsFile, JSON.stringify(plugins));
  return plugins;
}

/**
 * Puts the language hosts for programs in YAML and Go beside the plugins, for our tests: that of YAML is Pulumi's own, the
 * other stands in. Programs in Python run without one, by the Automation API.
 */
export function ensureLanguages(pulumiHome: string): void {
  const hosts: Record<string, string[]> = {
    yaml: [partPath("pulumi-yaml", "pulumi-language-yaml")],
    go: typescript(path.join(__dirname, "go.ts")),
  };
  for (const [name, argv] of Object.entries(hosts)) {
    const folder = path.join(pulumiHome, pluginFolder("language", name));
    fs.mkdirSync(folder, { recursive: true });
    writeProgram(path.join(folder, pluginProgram("language", name)), argv, { PLUGIN_VERSION: sdkVersion("pulumi") });
  }
}

/** What `ensurePlugins` said last. */
export function chosenPlugins(instance: Instance): Plugin[] {
  return fs.existsSync(instance.pluginsFile) ? JSON.parse(fs.readFileSync(instance.pluginsFile, "utf8")) : [];
}

/** Puts one plugin into the engine's home: what the machine has, otherwise a program that starts the other one. */
function put(
  instance: Instance,
  kind: "resource" | "language",
  name: string,
  found: Found | undefined,
  other: Pick<Plugin, "origin" | "from"> & { argv: string[] },
): Plugin {
  const folder = path.join(instance.pulumiHome, pluginFolder(kind, name));
  const version = sdkVersion(kind === "resource" ? name : "pulumi");
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  // The engine looks into folders only, not behind links to folders.
  for (const file of found?.files ?? []) fs.symlinkSync(file, path.join(folder, path.basename(file)));
  if (found !== undefined) return { name, version, origin: "official", from: found.from };
  writeProgram(path.join(folder, pluginProgram(kind, name)), other.argv, { PLUGIN_VERSION: version });
  return { name, version, origin: other.origin, from: other.from };
}

/** A plugin is one program: here a shell line that starts another one. */
function writeProgram(file: string, argv: string[], environment: Record<string, string>): void {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)} `);
  fs.writeFileSync(file, `#!/bin/sh\n${variables.join("")}exec ${argv.map(quoted).join(" ")} "$@"\n`, { mode: 0o755 });
}
