// Every TypeScript example in the documentation compiles against the package as it is.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import * as ts from "typescript";

const root = path.join(__dirname, "..", "..");

/** What an example may use without saying where it comes from. */
const given = {
  pulumi: 'import * as pulumi from "@pulumi/pulumi";',
  kubernetes: 'import * as kubernetes from "@pulumi/kubernetes";',
  provider: 'declare const provider: import("@pulumi/kubernetes").Provider;',
  mesh: 'declare const mesh: import("istio-ambient").AmbientMesh;',
  shop: 'declare const shop: import("istio-ambient").AmbientNamespace;',
  waypoint: 'declare const waypoint: import("istio-ambient").Waypoint;',
  publicGateway: 'declare const publicGateway: import("istio-ambient").IngressGateway;',
};

const components = [
  "AccessPolicy",
  "AmbientMesh",
  "AmbientNamespace",
  "CertManager",
  "GatewayApi",
  "HttpRoute",
  "IngressGateway",
  "TrafficPolicy",
  "Waypoint",
];

function pages(): string[] {
  const inside = (folder: string): string[] =>
    fs
      .readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .map((name) => path.join(folder, name));
  return ["README.md", "CONTRIBUTING.md", ...inside("docs"), ...inside("examples")].filter(
    (name) => name.endsWith(".md") && !name.includes("node_modules"),
  );
}

/** The example as a module of its own, on as many lines more as the first number says. */
function program(text: string): string {
  const declared = (name: string) =>
    new RegExp(`(const|import \\* as) ${name}\\b|import {[^}]*\\b${name}\\b`).test(text);
  const used = (name: string) => new RegExp(`\\b${name}\\b`).test(text) && !declared(name);
  const imported = components.filter(used);
  const head = Object.entries(given).flatMap(([name, line]) => (used(name) ? [line] : []));
  return [`import { ${imported.join(", ")} } from "istio-ambient";`, ...head, text, "export {};"].join("\n");
}

/** The examples of all pages, by a name that says where each stands. */
function examples(): Map<string, string> {
  const found = new Map<string, string>();
  for (const page of pages()) {
    const text = fs.readFileSync(path.join(root, page), "utf8");
    for (const { index, 1: indent, 2: code } of text.matchAll(/^( *)```ts\n([^]*?)^ *```/gm)) {
      const line = text.slice(0, index).split("\n").length;
      const name = path.join(root, "tests", `${page.replaceAll("/", "-")}-${line}.ts`);
      found.set(name, program(code!.replaceAll(new RegExp(`^${indent}`, "gm"), "")));
    }
  }
  return found;
}

describe("the programs in the documentation", () => {
  it("compile", () => {
    const sources = examples();
    assert.ok(sources.size >= 10, `only ${sources.size} were found`);
    const file = path.join(root, "tsconfig.dev.json");
    const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(file, ts.sys.readFile).config, ts.sys, root);
    const host = ts.createCompilerHost({ ...options, noUnusedLocals: false });
    const { getSourceFile, fileExists, readFile } = host;
    host.fileExists = (name) => sources.has(name) || fileExists(name);
    host.readFile = (name) => sources.get(name) ?? readFile(name);
    host.getSourceFile = (name, ...rest) => {
      const text = sources.get(name);
      return text === undefined
        ? getSourceFile(name, ...rest)
        : ts.createSourceFile(name, text, ts.ScriptTarget.ES2022);
    };
    const compiled = ts.createProgram([...sources.keys()], { ...options, noUnusedLocals: false }, host);
    const wrong = [...sources.keys()].flatMap((name) => {
      const source = compiled.getSourceFile(name);
      return [...compiled.getSyntacticDiagnostics(source), ...compiled.getSemanticDiagnostics(source)].map(
        ({ messageText }) => `${path.basename(name)}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
      );
    });
    assert.deepEqual(wrong, []);
  });
});
