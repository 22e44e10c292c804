// Extension providers that the mesh must have: their names, what istiod's chart says of them, and that as text beside the objects.
import { createHash } from "node:crypto";
import { literal, oneLine } from "./literals";

/** An extension provider, as meshConfig has it. */
export interface ExtensionProvider {
  name: string;
  envoyExtAuthzHttp: { [field: string]: unknown };
}

/** How long a name istiod takes. */
const longest = 63;
const several = "PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS";
const until =
  "Until istiod has these extension providers, the Gateway refuses (403) every request that the CUSTOM policies below are for.";

/**
 * The name of a provider that the command line has none for: always the same for the same definition. The hash comes
 * first, since Istio finds the requests of a provider by what its name begins with.
 */
export function derivedName(words: string, definition: unknown): string {
  const hash = createHash("sha256").update(JSON.stringify(definition)).digest("hex").slice(0, 8);
  const readable = words.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return `${hash}-${readable}`.slice(0, longest).replace(/-+$/, "");
}

/** One provider for each name; where one name is given for several definitions, all headers of them. */
export function distinct(providers: readonly ExtensionProvider[]): ExtensionProvider[] {
  const byName = new Map<string, ExtensionProvider>();
  for (const one of providers) {
    const known = byName.get(one.name);
    byName.set(one.name, known ? joined(known, one) : one);
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function joined(one: ExtensionProvider, other: ExtensionProvider): ExtensionProvider {
  const fields = { ...other.envoyExtAuthzHttp };
  for (const [field, value] of Object.entries(one.envoyExtAuthzHttp)) {
    const more = fields[field];
    fields[field] =
      Array.isArray(value) && Array.isArray(more)
        ? [...new Set([...(value as string[]), ...(more as string[])])]
        : typeof value === "object" && typeof more === "object"
          ? { ...more, ...value }
          : value;
  }
  return { name: one.name, envoyExtAuthzHttp: fields };
}

/** What istiod's chart must be given; `number` is that of all providers of the Gateway. */
function valuesFor(providers: readonly ExtensionProvider[], number: number): object {
  const env = number > 1 ? { pilot: { env: { [several]: "true" } } } : {};
  return { ...env, meshConfig: { extensionProviders: providers } };
}

/** A provider in the arguments of AmbientMesh, on one line. */
export function argumentsFor(provider: ExtensionProvider, number: number): string {
  return oneLine({ controlPlane: { values: valuesFor([provider], number) } }).slice(2, -2);
}

/** What stands above objects in YAML: the values of istiod's chart, as comments. */
export function yamlComment(providers: readonly ExtensionProvider[], yaml: (value: object) => string): string {
  if (providers.length === 0) return "";
  const values = yaml(valuesFor(providers, providers.length)).trimEnd();
  const heading = [until, "They are values of istiod's chart, and controlPlane.values of AmbientMesh:"];
  return commented("#", [...heading, ...values.split("\n")]);
}

/** What stands above a program: the arguments of AmbientMesh, as comments. */
export function programComment(providers: readonly ExtensionProvider[]): string {
  if (providers.length === 0) return "";
  const values = literal({ controlPlane: { values: valuesFor(providers, providers.length) } }, 0);
  return commented("//", [until, ...`new AmbientMesh("mesh", ${values});`.split("\n")]);
}

function commented(sign: string, lines: readonly string[]): string {
  return `${lines.map((line) => `${sign} ${line}`).join("\n")}\n`;
}
