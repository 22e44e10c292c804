// Writes the generated parts of README.md and docs/, and with --check only looks whether they are up to date. It fails
// where a comment has a gap or claims a default or a release that the code does not have.
import * as fs from "node:fs";
import * as path from "node:path";
import * as prettier from "prettier";
import { run } from "../cli/run";
import { checks } from "../lib/checks";
import { conversionPage } from "./conversion";
import { figuresTable, leanTable, readmeClaim, requestsTable } from "./footprint";
import { defaultFaults, releaseFaults } from "./claims";
import { limitsList } from "./gitops";
import { componentReference, configTable, findingTable, needs, releaseTable, timeoutTable } from "./pages";
import { readReference } from "./reference";

const root = path.dirname(__dirname);

/** The page of a component: AmbientMesh has docs/ambient-mesh.md. */
export function pageOf(component: string): string {
  return `docs/${component.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase()}.md`;
}

/** Replaces what stands between the two marks of a generated part. */
export function fill(file: string, text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- /generated: ${name} -->`];
  const [before, after] = [text.indexOf(begin), text.indexOf(end)];
  if (before < 0 || after < before) {
    throw new Error(`${file} has no part between ${begin} and ${end}`);
  }
  return `${text.slice(0, before + begin.length)}\n\n${content}\n\n${text.slice(after)}`;
}

/** Brings the severity, claim and hint of every section up to what its check says. */
export function fillChecks(text: string): string {
  return checks.reduce((page, { id, severity, claim, hint }) => {
    const section = new RegExp(`^### ${id}\\n\\n.+\\n\\n.+\\n`, "m");
    if (!section.test(page)) {
      throw new Error(`docs/checks.md has no section for the check ${id}`);
    }
    return page.replace(section, () => `### ${id}\n\n${severity}: **${claim}**\n\n${hint}\n`);
  }, text);
}

/** What the command prints. */
async function output(...words: string[]): Promise<string> {
  let printed = "";
  const keep = (text: string) => {
    printed += text;
  };
  await run(words, { out: keep, err: keep, color: false, interactive: false });
  return ["```", `$ npx istio-ambient ${words.join(" ")}`, printed.trimEnd(), "```"].join("\n");
}

/** What becomes of each page that is generated, in whole or in part. */
async function pages(): Promise<Map<string, (text: string) => string>> {
  const { components, gaps } = readReference(root);
  const wrong = [...gaps, ...defaultFaults(components.flatMap(({ args }) => args)), ...wrongReleases()];
  if (wrong.length > 0) {
    throw new Error(`the comments have gaps or are wrong:\n${wrong.map((line) => `  ${line}`).join("\n")}`);
  }
  const { engines } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as {
    engines: { node: string };
  };
  const commands = await commandParts();
  const filled = (file: string, parts: Record<string, string>): [string, (text: string) => string] => [
    file,
    (text) => Object.entries(parts).reduce((page, [name, content]) => fill(file, page, name, content), text),
  ];
  return new Map([
    filled("README.md", { needs: needs(engines.node), memory: readmeClaim() }),
    filled("docs/configuration.md", { "config keys": configTable() }),
    filled("docs/upgrade.md", { releases: releaseTable() }),
    filled("docs/preflight.md", { findings: findingTable() }),
    filled("docs/recovery.md", { timeouts: timeoutTable() }),
    filled("docs/cli.md", commands),
    filled("docs/gitops.md", { limits: limitsList() }),
    filled("docs/footprint.md", { figures: figuresTable(), lean: leanTable(), requests: requestsTable() }),
    ["docs/convert.md", () => conversionPage()],
    ["docs/checks.md", fillChecks],
    ...components.map((component) => filled(pageOf(component.name), { reference: componentReference(component) })),
  ]);
}

/** The help of every command, and what needs no cluster to be shown. */
async function commandParts(): Promise<Record<string, string>> {
  // Commander wraps to the terminal; the pages must not depend on it.
  process.stdout.columns = 80;
  const help = await output("--help");
  const commands = [...help.split("Commands:")[1]!.matchAll(/^ {2}([a-z][\w-]*)/gm)].map((match) => match[1]!);
  const parts: Record<string, string> = { "istio-ambient": help };
  for (const command of commands.filter((name) => name !== "help")) {
    parts[command] = await output(command, "--help");
  }
  return { ...parts, "kind cluster file": await output("kind-config") };
}

/** Comments that name a release which the package does not know. */
function wrongReleases(): string[] {
  const files = ["components", "lib", "cluster", "cli"].flatMap((room) =>
    fs.readdirSync(path.join(root, room), { recursive: true, encoding: "utf8" }).map((file) => path.join(room, file)),
  );
  return files
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => releaseFaults(file, fs.readFileSync(path.join(root, file), "utf8")));
}

async function formatted(file: string, text: string): Promise<string> {
  return prettier.format(text, { ...(await prettier.resolveConfig(path.join(root, file))), parser: "markdown" });
}

async function main(check: boolean): Promise<void> {
  for (const [file, write] of await pages()) {
    const place = path.join(root, file);
    const before = fs.existsSync(place) ? fs.readFileSync(place, "utf8") : "";
    const text = await formatted(file, write(before));
    if (text === before) {
      continue;
    }
    if (check) {
      throw new Error(`${file} is not what the code says; write it with: make docs`);
    }
    fs.writeFileSync(place, text);
    console.log(`wrote ${file}`);
  }
}

if (require.main === module) {
  main(process.argv.includes("--check")).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  });
}
