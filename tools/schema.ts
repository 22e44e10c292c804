// The schema of the package for other languages: inferred from the components' sources as Pulumi's own host does it, and put
// into the shape in which its generators make readable SDKs. `tsx tools/schema.ts` writes plugin/schema.json.
import * as fs from "node:fs";
import * as path from "node:path";
import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";
import { generateSchema } from "@pulumi/pulumi/provider/experimental/schema";
import { format } from "prettier";
import * as components from "../plugin/index";

const folder = path.join(__dirname, "..", "plugin");
export const recordedFile = path.join(folder, "schema.json");

interface TypeSpec {
  $ref?: string;
  items?: TypeSpec;
  additionalProperties?: TypeSpec;
  description?: string;
}

interface ObjectSpec {
  type?: string;
  description?: string;
  properties?: Record<string, TypeSpec>;
  required?: string[];
  enum?: unknown[];
}

interface PackageSchema {
  name: string;
  types: Record<string, ObjectSpec>;
  resources: Record<string, object>;
  functions: Record<string, object>;
  [field: string]: unknown;
}

const token = (name: string): string => `istio-ambient:index:${name}`;

/** Types that are one to other languages: what a component gives is what another one takes. */
const same: Record<string, string> = {
  RouteParentArgs: "GatewayReference",
  AccessGatewayArgs: "GatewayReference",
};

/**
 * Closed sets in what one component gives and another takes: the type check of YAML takes no value of such a set for another
 * of the same set, so that they are plain texts.
 */
const opened = "ParentKind";

/** The generators append `Args` to what is an input. */
const nameOf = (name: string): string => same[name] ?? name.replace(/Args$/, "");

/** The schema as it is inferred now. */
export function inferredSchema(): PackageSchema {
  const manifest = JSON.parse(fs.readFileSync(path.join(folder, "..", "package.json"), "utf8")) as {
    name: string;
    description: string;
    homepage: string;
    license: string;
    repository: { url: string };
  };
  const { name, description, homepage, license, repository } = manifest;
  const entry = { main: "index.js" } as unknown as ConstructorParameters<typeof Analyzer>[2];
  const found = new Analyzer(folder, name, entry, new Set(Object.keys(components))).analyze();
  const { components: classes, typeDefinitions, dependencies } = found;
  const inferred = generateSchema(name, "0.0.0", description, classes, typeDefinitions, dependencies);
  const types = Object.entries(inferred.types as Record<string, ObjectSpec>).map(([key, type]) => {
    const own = key.split(":").pop()!;
    return [own, { description: typeDefinitions[own]?.description, ...type }] as const;
  });
  const schema = {
    config: {},
    ...renamed(inferred as unknown as PackageSchema),
    homepage,
    license,
    repository: repository.url.replace(/^git\+|\.git$/g, ""),
    // Without a namespace a local package has these names already; one from a repository would take the owner's name too.
    language: {
      nodejs: { respectSchemaVersion: true },
      python: { respectSchemaVersion: true, packageName: "pulumi_istio_ambient" },
      csharp: { respectSchemaVersion: true, namespaces: { "istio-ambient": "IstioAmbient" } },
      go: {
        respectSchemaVersion: true,
        importBasePath: `${repositoryOf(homepage)}/sdk/go/istioambient`,
        // Otherwise the generator leaves out types of lists that are plain.
        generateExtraInputTypes: true,
      },
      java: { respectSchemaVersion: true },
    },
    types: renamed(merged(types.filter(([name]) => name !== opened))),
    functions: labelFunctions,
  };
  return sorted(schema) as PackageSchema;
}

const repositoryOf = (homepage: string): string => homepage.replace(/^https:\/\//, "");

const labels = { type: "object", additionalProperties: { type: "string" }, description: "The labels." };

/** What the package gives as functions. */
const labelFunctions = {
  [token("enrolled")]: {
    description: "Labels for the pods of one workload that is to be in the mesh, in a namespace that is not.",
    outputs: { type: "object", properties: { labels }, required: ["labels"] },
  },
  [token("optedOut")]: {
    description: "Labels for the pods of one workload that is to stay out of the mesh, in a namespace that is in it.",
    outputs: { type: "object", properties: { labels }, required: ["labels"] },
  },
};

/** Types that get one name become one: with all fields, of which those are required that all of them require. */
function merged(types: (readonly [string, ObjectSpec])[]): Record<string, ObjectSpec> {
  const all: Record<string, ObjectSpec> = {};
  // What is taken comes before what is given: its texts are written for who writes it.
  const inputs = types.filter(([name]) => name.endsWith("Args"));
  for (const [name, type] of [...inputs, ...types.filter((each) => !inputs.includes(each))]) {
    const before = all[token(nameOf(name))];
    all[token(nameOf(name))] = before
      ? {
          ...before,
          properties: { ...type.properties, ...before.properties },
          required: before.required?.filter((field) => type.required?.includes(field)),
        }
      : type;
  }
  return all;
}

/** Every reference by the name that its type gets. The schema's own mark of what may be left out is `required`. */
function renamed<T>(value: T): T {
  if (Array.isArray(value)) {
    return value.map(renamed) as T;
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]: [string, unknown]) => {
      if (key === "optional" && item === true) return [];
      if (["required", "requiredInputs", "dependencies"].includes(key) && (item as unknown[]).length === 0) return [];
      if (key === "$ref" && String(item).endsWith(`:${opened}`)) return [["type", "string"]];
      return [[key, key === "$ref" ? String(item).replace(/\w+$/, nameOf) : renamed(item)]];
    }),
  ) as T;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    entries.sort(([one], [other]) => one.localeCompare(other)).map(([key, item]) => [key, sorted(item)]),
  );
}

async function main(): Promise<void> {
  const text = await format(JSON.stringify(inferredSchema()), { parser: "json", printWidth: 120 });
  fs.writeFileSync(recordedFile, text);
}

if (require.main === module) {
  void main();
}
