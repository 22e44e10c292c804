// Objects as a program of this package: HttpRoutes where a route is all that an HttpRoute can be, other objects as they are.
import { programComment, type ExtensionProvider } from "./extension-providers";
import { literal } from "./literals";
import { sharedLabel, type Written } from "./objects";

/**
 * The program, as it stands in a file, with what the mesh must have for it. `accepts` says which arguments HttpRoute takes: its
 * rules are narrower than those of the API server.
 */
export function programText(
  objects: readonly Written[],
  providers: readonly ExtensionProvider[],
  accepts: (args: object) => boolean,
): string {
  const taken = new Set<string>();
  const all = objects.map((object) => {
    const args = routeArgs(object);
    return { object, args: args && accepts(args) ? args : undefined };
  });
  const named = all.map((one) => ({ ...one, name: nameOf(one.object, taken) }));
  const routes = named.filter(({ object }) => object.kind === "HTTPRoute");
  const others = named.filter((one) => !routes.includes(one));
  const isOrdered = routes.length > 0 && others.length > 0;
  const statements = [
    ...(isOrdered
      ? [`${reason}\nconst before = [\n${others.map((one) => `  ${creation(one, 1)},\n`).join("")}];\n`]
      : others.map((one) => `${creation(one, 0)};\n`)),
    ...routes.map((one) => `${creation(one, 0, isOrdered ? ["dependsOn: before"] : [])};\n`),
  ];
  const usesRoutes = all.some(({ args }) => args !== undefined);
  const usesOthers = all.some(({ args }) => args === undefined);
  const imports = [
    ...(usesOthers ? ['import * as k8s from "@pulumi/kubernetes";'] : []),
    ...(usesRoutes ? ['import { HttpRoute } from "istio-ambient";'] : []),
  ];
  const text = ["// Written by `istio-ambient convert`.", ...imports, "", ...statements].join("\n");
  return programComment(providers) + text;
}

const reason = "// What closes paths and encrypts connections is there before the routes.";

/** The resource's name: a program has each of them once, whatever the hyphens of namespaces and names add up to. */
function nameOf({ kind, metadata }: Written, taken: Set<string>): string {
  const words = [kind === "HTTPRoute" ? undefined : kind.toLowerCase(), metadata.namespace, metadata.name];
  const wanted = words.filter(Boolean).join("-");
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    if (taken.has(name)) continue;
    taken.add(name);
    return name;
  }
}

/** An object of the program, with the arguments of the HttpRoute that makes it, where one does. */
interface Creation {
  object: Written;
  name: string;
  args: object | undefined;
}

function creation({ object, name, args }: Creation, depth: number, more: readonly string[] = []): string {
  const { kind } = object;
  const isCore = kind === "ConfigMap" || kind === "Secret";
  // Other programs make it too: a patch is no failure where it is there already, and it stays for them.
  const isShared = object.metadata.labels?.[sharedLabel] !== undefined;
  const other = isCore ? `core.v1.${kind}` : `apiextensions.CustomResource${isShared ? "Patch" : ""}`;
  const { apiVersion, ...config } = object;
  const given = isCore ? { metadata: config.metadata, data: config.data } : { apiVersion, ...config };
  const options = [...(isShared ? ["retainOnDelete: true"] : []), ...more];
  const last = options.length > 0 ? `, { ${options.join(", ")} }` : "";
  return `new ${args ? "HttpRoute" : `k8s.${other}`}(${JSON.stringify(name)}, ${literal(args ?? given, depth)}${last})`;
}

interface Spec {
  parentRefs: { name: string; namespace?: string; sectionName?: string; port?: number; kind?: string }[];
  hostnames?: string[];
  rules: Rule[];
}

interface Rule {
  name?: string;
  matches: { path: { type: string; value: string }; headers?: { name: string; value: string; type?: string }[] }[];
  filters?: Filter[];
  backendRefs?: { name: string; namespace?: string; port: number; weight?: number }[];
}

interface NewPath {
  replaceFullPath?: string;
  replacePrefixMatch?: string;
}

interface Filter {
  type: string;
  cors?: {
    allowOrigins: string[];
    allowMethods: string[];
    allowHeaders: string[];
    exposeHeaders?: string[];
    allowCredentials: boolean;
    maxAge: number;
  };
  requestHeaderModifier?: Changes;
  responseHeaderModifier?: Changes;
  requestMirror?: { backendRef: { name: string; namespace?: string; port: number } };
  requestRedirect?: { scheme?: string; hostname?: string; port?: number; path?: NewPath; statusCode: number };
  urlRewrite?: { hostname?: string; path?: NewPath };
}

interface Changes {
  set?: { name: string; value: string }[];
  add?: { name: string; value: string }[];
  remove?: string[];
}

/** The arguments of an HttpRoute that makes this object; nothing where none does. */
function routeArgs({ kind, metadata, spec }: Written): object | undefined {
  if (kind !== "HTTPRoute" || metadata.labels || metadata.annotations) return undefined;
  const { parentRefs, hostnames, rules } = spec as Spec;
  const [parent] = parentRefs;
  if (!parent || (parent.kind ?? parent.port) !== undefined || parentRefs.length > 1) return undefined;
  const isOneListener = parent.sectionName !== undefined;
  // An HttpRoute attaches to one Gateway, has rules without names, matches whole values of headers, makes the grants for other
  // namespaces itself, and redirects to https on one listener only.
  const fits = rules.every(
    ({ name, matches, filters = [], backendRefs = [] }) =>
      name === undefined &&
      matches.every(({ headers = [] }) => headers.every(({ type }) => type === undefined)) &&
      backendRefs.every(({ namespace }) => namespace === undefined) &&
      filters.every(
        ({ requestMirror, requestRedirect }) =>
          requestMirror?.backendRef.namespace === undefined && (isOneListener || !leadsToHttps(requestRedirect)),
      ),
  );
  if (!fits) return undefined;
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? "default",
    parent: given({ name: parent.name, namespace: parent.namespace, section: parent.sectionName }),
    ...(hostnames ? { hostnames } : {}),
    rules: rules.map(ruleArgs),
  };
}

/** True for the same host by https, which is a loop for requests that came by https. */
function leadsToHttps(redirect: Filter["requestRedirect"]): boolean {
  return redirect?.scheme === "https" && redirect.hostname === undefined;
}

const pathFields: { [type: string]: string } = { Exact: "exact", PathPrefix: "prefix", RegularExpression: "regex" };

function ruleArgs({ matches, filters = [], backendRefs }: Rule): object {
  return given({
    matches: matches.map(({ path, headers }) =>
      given({ [pathFields[path.type]!]: path.value, headers: headers && asMap(headers) }),
    ),
    backends: backendRefs?.map(({ name, port, weight }) => given({ service: name, port, weight })),
    ...Object.fromEntries(filters.map(filterArgs)),
  });
}

/** The field of a rule that a filter becomes. */
function filterArgs(filter: Filter): [string, object] {
  const { cors, requestHeaderModifier, responseHeaderModifier, requestMirror, requestRedirect, urlRewrite } = filter;
  if (cors) {
    const { allowOrigins, allowMethods, allowHeaders, exposeHeaders, allowCredentials, maxAge } = cors;
    const args = {
      origins: allowOrigins,
      methods: allowMethods,
      headers: allowHeaders,
      exposeHeaders,
      credentials: allowCredentials,
      maxAge,
    };
    return ["cors", given(args)];
  }
  if (requestHeaderModifier) return ["requestHeaders", changesArgs(requestHeaderModifier)];
  if (responseHeaderModifier) return ["responseHeaders", changesArgs(responseHeaderModifier)];
  if (requestMirror) {
    const { name, port } = requestMirror.backendRef;
    return ["mirror", { backend: { service: name, port } }];
  }
  if (urlRewrite) return ["rewrite", given({ hostname: urlRewrite.hostname, ...pathArgs(urlRewrite.path) })];
  const { scheme, hostname, port, path, statusCode } = requestRedirect!;
  return ["redirect", given({ scheme, hostname, port, ...pathArgs(path), status: statusCode })];
}

function pathArgs(path: NewPath | undefined): object {
  return given({ path: path?.replaceFullPath, prefix: path?.replacePrefixMatch });
}

function changesArgs({ set, add, remove }: Changes): object {
  return given({ set: set && asMap(set), add: add && asMap(add), remove });
}

function asMap(list: { name: string; value: string }[]): { [name: string]: string } {
  return Object.fromEntries(list.map(({ name, value }) => [name, value]));
}

/** An object without what was not given. */
function given(fields: { [name: string]: unknown }): { [name: string]: unknown } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
