// Writes the tables of arguments and outputs in README.md and docs/components.md from the comments in the code, and with
// --check only looks whether they are up to date. An argument without a text is an error, an optional one also without a
// default or an example.
import * as fs from "node:fs";
import * as path from "node:path";
import * as prettier from "prettier";
import * as ts from "typescript";
import { configKeys } from "../components/mesh/program-config";
import { conversionPage } from "./conversion";

const root = path.dirname(__dirname);
const publicList = path.join(root, "components", "index.ts");
const program = ts.createProgram([publicList], {
  strict: true,
  skipLibCheck: true,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
});
const checker = program.getTypeChecker();
const gaps: string[] = [];

interface Row {
  name: string;
  text: string;
  standard: string;
  example: string;
}

/** Text of a comment in one line, ready for a table. */
function inline(parts: ts.SymbolDisplayPart[] | undefined): string {
  return ts.displayPartsToString(parts).replace(/\s+/g, " ").replace(/\|/g, "\\|").trim();
}

function tag(symbol: ts.Symbol, name: string): string | undefined {
  const found = symbol.getJsDocTags(checker).find((entry) => entry.name === name);
  return found && inline(found.text);
}

/**
 * The interface behind an argument's type, or behind the items of its list, where it is one of ours: its fields get rows
 * of their own.
 */
function nested(symbol: ts.Symbol): { type: ts.Type; suffix: string } | undefined {
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(symbol));
  const own = (candidate: ts.Type) =>
    candidate.isClassOrInterface() &&
    candidate.symbol.declarations?.some((d) => d.getSourceFile().fileName.startsWith(path.join(root, "components")));
  const item = checker.isArrayType(type) ? checker.getTypeArguments(type as ts.TypeReference)[0] : undefined;
  return own(type) ? { type, suffix: "." } : item && own(item) ? { type: item, suffix: "[]." } : undefined;
}

function rowsOf(type: ts.Type, prefix: string): Row[] {
  return checker.getPropertiesOfType(type).flatMap((symbol) => {
    const name = `${prefix}${symbol.name}`;
    const required = (symbol.flags & ts.SymbolFlags.Optional) === 0;
    const row = {
      name,
      text: inline(symbol.getDocumentationComment(checker)),
      standard: tag(symbol, "default") ?? (required ? "required" : ""),
      example: tag(symbol, "example") ?? "",
    };
    for (const [what, value] of Object.entries(row)) {
      if (value === "" && !(required && what === "example")) {
        gaps.push(`${checker.typeToString(type)}.${symbol.name} has no ${what}`);
      }
    }
    const inner = nested(symbol);
    return [row, ...(inner ? rowsOf(inner.type, `${name}${inner.suffix}`) : [])];
  });
}

function table(rows: Row[]): string {
  const lines = rows.map(
    (row) => `| \`${row.name}\` | ${row.standard} | ${row.text} | ${row.example && `\`${row.example}\``} |`,
  );
  return ["| argument | default | meaning | example |", "| --- | --- | --- | --- |", ...lines].join("\n");
}

function outputsOf(type: ts.Type): string {
  const fields = checker
    .getPropertiesOfType(type)
    .filter((symbol) =>
      symbol.declarations?.some((d) => d.getSourceFile().fileName.startsWith(root + path.sep + "comp")),
    )
    .filter((symbol) => (symbol.flags & ts.SymbolFlags.Property) !== 0);
  const lines = fields.map((symbol) => {
    const text = inline(symbol.getDocumentationComment(checker));
    if (text === "") {
      gaps.push(`${checker.typeToString(type)}.${symbol.name} has no text`);
    }
    return `| \`${symbol.name}\` | ${text} |`;
  });
  return ["| output | meaning |", "| --- | --- |", ...lines].join("\n");
}

interface Component {
  name: string;
  text: string;
  args: ts.Type;
  self: ts.Type;
}

function componentsOf(): Component[] {
  const list = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(publicList)!)!);
  return list.flatMap((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    if ((symbol.flags & ts.SymbolFlags.Class) === 0) {
      return [];
    }
    const [signature] = checker.getSignaturesOfType(checker.getTypeOfSymbol(symbol), ts.SignatureKind.Construct);
    const args = signature?.parameters.find((parameter) => parameter.name === "args");
    return args
      ? [
          {
            name: symbol.name,
            text: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
            args: checker.getNonNullableType(checker.getTypeOfSymbol(args)),
            self: checker.getDeclaredTypeOfSymbol(symbol),
          },
        ]
      : [];
  });
}

function configTable(): string {
  const lines = configKeys.map(({ variable, key, argument }) => {
    const path = argument.length === 0 ? "the whole mesh" : `\`${argument.join(".")}\``;
    return `| \`${variable}\` | \`istio-ambient:${key}\` | ${path} |`;
  });
  return [
    "| environment variable of HostK8s | config key | sets |",
    "| --- | --- | --- |",
    ...lines,
    "| – | `istio-ambient:mesh` | every other argument, as an object |",
  ].join("\n");
}

/** Replaces what stands between the two marks of a generated part. */
function fill(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [before, after] = [text.indexOf(begin), text.indexOf(end)];
  if (before < 0 || after < before) {
    throw new Error(`README.md has no part between ${begin} and ${end}`);
  }
  return `${text.slice(0, before + begin.length)}\n\n${content}\n\n${text.slice(after)}`;
}

async function formatted(file: string, text: string): Promise<string> {
  return prettier.format(text, { ...(await prettier.resolveConfig(file)), parser: "markdown" });
}

async function main(check: boolean): Promise<void> {
  const components = componentsOf();
  const mesh = components.find((component) => component.name === "AmbientMesh")!;
  const readme = path.join(root, "README.md");
  let text = fs.readFileSync(readme, "utf8");
  text = fill(text, "config keys", configTable());
  text = fill(text, "mesh arguments", table(rowsOf(mesh.args, "")));
  text = fill(text, "mesh outputs", outputsOf(mesh.self));
  const sections = components
    .filter((component) => component !== mesh)
    .map((c) => `## ${c.name}\n\n${c.text}\n\n${table(rowsOf(c.args, ""))}\n\n${outputsOf(c.self)}`);
  const intro =
    "# Components\n\nEvery component beside `AmbientMesh`, which the README tells of: its arguments and outputs. " +
    "This page is generated from the code by `make docs`.";
  const conversion = path.join(root, "docs", "convert.md");
  const pages = new Map([
    [readme, await formatted(readme, text)],
    [
      path.join(root, "docs", "components.md"),
      await formatted(path.join(root, "docs", "components.md"), [intro, ...sections].join("\n\n")),
    ],
    [conversion, await formatted(conversion, conversionPage())],
  ]);
  if (gaps.length > 0) {
    throw new Error(`the documentation has gaps:\n${gaps.map((gap) => `  ${gap}`).join("\n")}`);
  }
  for (const [file, content] of pages) {
    if (fs.existsSync(file) && fs.readFileSync(file, "utf8") === content) {
      continue;
    }
    if (check) {
      throw new Error(`${path.relative(root, file)} is not what the code says; write it with: make docs`);
    }
    fs.writeFileSync(file, content);
    console.log(`wrote ${path.relative(root, file)}`);
  }
}

main(process.argv.includes("--check")).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
