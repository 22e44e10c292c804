// `convert --output typescript`: the programs compile, and what they register is what the YAML says.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import * as ts from "typescript";
import { parseAllDocuments } from "yaml";
import { convertedProgram } from "../../cli/convert-program";
import { convert, standardOptions, type Conversion } from "../../lib/conversion/convert";
import type { Written } from "../../lib/conversion/objects";
import { ingressWith, type Given } from "../unit/conversion/cases";
import { preview } from "./applications";
import { record } from "./record";

process.env["KUBECONFIG"] = "/nonexistent/kubeconfig";

const root = path.join(__dirname, "..", "..");
const folder = path.join(root, "tests", "unit", "conversion", "fixtures", "ingresses");

/** Everything that is refused is left out, so that there is something to write for each. */
function conversionOf(file: string, envoyFilters = true): Conversion {
  const documents = parseAllDocuments(fs.readFileSync(path.join(folder, file), "utf8")).map(
    (one) => one.toJS() as unknown,
  );
  const options = { ...standardOptions, envoyFilters };
  const { entries } = convert(documents, options);
  const accept = entries.filter(({ outcome }) => outcome === "refused").map(({ name }) => name);
  return convert(documents, { ...options, accept });
}

/** Ingress `web` of `shop`, and another one for the same host in another namespace. */
function besides(given: Given): Conversion {
  const web = ingressWith({});
  return convert([web, { ...ingressWith(given), metadata: { ...ingressWith(given).metadata, namespace: "next" } }]);
}

/** Routes that the API server takes and an HttpRoute does not. */
const narrower = [
  { name: "canary-elsewhere", ...besides({ canary: "true", "canary-weight": "20" }) },
  {
    name: "redirect-to-https",
    ...convert([ingressWith({ "permanent-redirect": "https://$host/new" })], {
      ...standardOptions,
      envoyFilters: false,
    }),
  },
  ...["app.example.com", "https://App.Example.com"].map((origin, index) => ({
    name: `origin-${index + 1}`,
    ...convert([ingressWith({ "enable-cors": "true", "cors-allow-origin": origin })]),
  })),
];

const conversions = fs
  .readdirSync(folder)
  .map((file) => ({ name: path.basename(file, ".yaml"), ...conversionOf(file) }))
  .concat({ name: "gitlab-without-envoy-filters", ...conversionOf("gitlab.yaml", false) }, narrower);

/** What a component adds to its objects so that their stack knows them again is not of the conversion. */
function withoutMarks(object: Written): Written {
  const { annotations, ...metadata } = object.metadata as Written["metadata"] & {
    annotations?: Record<string, string>;
  };
  const others = Object.entries(annotations ?? {}).filter(([key]) => !key.startsWith("istio-ambient/"));
  return {
    ...object,
    metadata: { ...metadata, ...(others.length > 0 && { annotations: Object.fromEntries(others) }) },
  };
}

describe("a converted program", () => {
  for (const { name, objects, providers } of conversions) {
    it(`registers what the YAML says: ${name}`, async () => {
      const recording = await record(() => run(convertedProgram(objects, providers)), preview);
      const registered = recording.resources
        .filter(({ type }) => type.startsWith("kubernetes:"))
        .map(({ inputs }) => withoutMarks(inputs as unknown as Written));
      assert.deepEqual(byName(registered), byName(objects));
    });
  }

  it("takes the route as it is where an HttpRoute would not be the same", () => {
    const kinds = narrower.map(({ name, objects, providers }) => {
      const statements = [...convertedProgram(objects, providers).matchAll(/^ *new (\S+)\(/gm)].map(([, kind]) => kind);
      return [name, ...statements];
    });
    const resource = "k8s.apiextensions.CustomResource";
    assert.deepEqual(kinds, [
      ["canary-elsewhere", resource, resource],
      ["redirect-to-https", resource],
      ["origin-1", resource],
      ["origin-2", resource],
    ]);
  });

  it("compiles, for every set of Ingresses", () => {
    const texts = new Map(
      conversions.map(({ name, objects, providers }) => [
        path.join(root, "converted", `${name}.ts`),
        convertedProgram(objects, providers),
      ]),
    );
    const options: ts.CompilerOptions = {
      noEmit: true,
      strict: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: [],
      paths: { "istio-ambient": [path.join(root, "components", "index.ts")] },
    };
    const host = ts.createCompilerHost(options);
    const { getSourceFile, fileExists, readFile } = host;
    host.fileExists = (file) => texts.has(file) || fileExists(file);
    host.readFile = (file) => texts.get(file) ?? readFile(file);
    host.getSourceFile = (file, ...rest) => {
      const text = texts.get(file);
      return text === undefined
        ? getSourceFile(file, ...rest)
        : ts.createSourceFile(file, text, ts.ScriptTarget.ES2022);
    };
    const program = ts.createProgram([...texts.keys()], options, host);
    const wrong = [...texts.keys()].flatMap((file) => program.getSemanticDiagnostics(program.getSourceFile(file)));
    assert.deepEqual(
      wrong.map(({ messageText, file }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`),
      [],
    );
  });
});

/** Runs the text of a program in this process. */
function run(text: string): void {
  const { outputText } = ts.transpileModule(text, { compilerOptions: { module: ts.ModuleKind.CommonJS } });
  const own = createRequire(path.join(root, "tests", "graph", "converted.ts"));
  const load = (name: string): unknown =>
    own(name === "istio-ambient" ? path.join(root, "components", "index.ts") : name);
  new Function("require", "exports", outputText)(load, {});
}

function byName(objects: readonly Written[]): unknown[] {
  const all = objects.map(({ apiVersion, kind, metadata, spec, data }) => ({
    apiVersion,
    kind,
    metadata: { ...metadata, namespace: metadata.namespace ?? "default" },
    ...(spec === undefined ? {} : { spec: kind === "HTTPRoute" ? filledIn(spec) : spec }),
    ...(data === undefined ? {} : { data }),
  }));
  return all.sort((a, b) =>
    JSON.stringify([a.kind, a.metadata.name]) < JSON.stringify([b.kind, b.metadata.name]) ? -1 : 1,
  );
}

interface Spec {
  parentRefs: object[];
  rules: { filters?: { type: string }[]; backendRefs?: object[] }[];
}

/** A route as the API server stores it: with its defaults, and filters in one order, which does not matter. */
function filledIn(spec: object): object {
  const { parentRefs, rules, ...rest } = spec as Spec;
  return {
    ...rest,
    parentRefs: parentRefs.map((parent) => ({ group: "gateway.networking.k8s.io", kind: "Gateway", ...parent })),
    rules: rules.map(({ filters, backendRefs, ...rule }) => ({
      ...rule,
      ...(filters ? { filters: [...filters].map(withGroup).sort((a, b) => (a.type < b.type ? -1 : 1)) } : {}),
      ...(backendRefs
        ? { backendRefs: backendRefs.map((backend) => ({ group: "", kind: "Service", weight: 1, ...backend })) }
        : {}),
    })),
  };
}

function withGroup(filter: { type: string; requestMirror?: { backendRef: object } }): { type: string } {
  if (!filter.requestMirror) return filter;
  return {
    ...filter,
    requestMirror: { backendRef: { group: "", kind: "Service", ...filter.requestMirror.backendRef } },
  } as { type: string };
}
