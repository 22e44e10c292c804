// The program that `convert --output typescript` writes: run as it stands, and its objects as the API server would keep them.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import * as ts from "typescript";
import { parseAllDocuments } from "yaml";
import { sharedLabel, type Written } from "../../lib/conversion/objects";
import type { Outcome } from "../support/outcome";
import type { TestStack } from "./support";

const components = path.join(__dirname, "..", "..", "components");

/** The program's text as an inline program. */
export function programOf(text: string, folder: string): PulumiFn {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  const file = path.join(folder, "program.js");
  const { outputText } = ts.transpileModule(text, { compilerOptions, reportDiagnostics: true });
  // The package by its name is this checkout, and Pulumi the one that the engine's other side has loaded.
  fs.writeFileSync(file, outputText.replace('"istio-ambient"', JSON.stringify(components)));
  const load = createRequire(__filename);
  fs.symlinkSync(path.join(__dirname, "..", "..", "node_modules"), path.join(folder, "node_modules"));
  return () => {
    load(file);
    return Promise.resolve({});
  };
}

/** The Kubernetes objects that a preview would make. */
export async function previewed(stack: TestStack): Promise<{ made: Written[]; outcome: Outcome }> {
  const made: Written[] = [];
  const outcome = await stack.preview((event) => {
    const { op, type, new: state } = event.resourcePreEvent?.metadata ?? {};
    if (op === "create" && type?.startsWith("kubernetes:")) made.push(state!.inputs as Written);
  });
  return { made, outcome };
}

/** Objects with the API server's defaults, in the order of their names, without what a component notes on its own. */
export function served(objects: readonly Written[]): object[] {
  const isShared = ({ metadata }: Written) => metadata.labels?.[sharedLabel] !== undefined;
  const others = objects.filter((object) => !isShared(object));
  // What is shared is there already.
  const answers = [tried("create", others), tried("replace", objects.filter(isShared))];
  return answers
    .flatMap((answer) => parseAllDocuments(answer))
    .map((document) => document.toJS() as Written)
    .map(({ kind, metadata: { name, namespace, labels, annotations }, spec, data }) => ({
      id: `${kind} ${namespace}/${name}`,
      labels,
      annotations,
      spec: spec && inOneOrder(spec),
      data,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** What the API server would answer. */
function tried(verb: "create" | "replace", objects: readonly Written[]): string {
  const list = { apiVersion: "v1", kind: "List", items: objects.map(withoutNotes) };
  return execFileSync("kubectl", [verb, "--dry-run=server", "-o", "yaml", "-f", "-"], {
    input: JSON.stringify(list),
    encoding: "utf8",
    maxBuffer: 64 * 2 ** 20,
  });
}

/** The filters of a rule work together, in whichever order they stand. */
function inOneOrder(spec: { rules?: { filters?: { type: string }[] }[] }): object {
  const rules = spec.rules?.map(({ filters, ...rule }) => ({
    ...rule,
    ...(filters && { filters: [...filters].sort((a, b) => (a.type < b.type ? -1 : 1)) }),
  }));
  return { ...spec, ...(rules && { rules }) };
}

function withoutNotes(object: Written): Written {
  const { annotations = {}, ...metadata } = object.metadata;
  const kept = Object.entries(annotations).filter(([name]) => !/^(istio-ambient|pulumi\.com)\//.test(name));
  return { ...object, metadata: kept.length > 0 ? { ...metadata, annotations: Object.fromEntries(kept) } : metadata };
}
