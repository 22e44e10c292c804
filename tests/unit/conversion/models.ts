// Two small models for the properties: what NGINX is documented to do with a request, and what Istio does with HTTPRoutes.
import { RE2JS } from "re2js";
import type { Ingress, Written } from "../../../lib/conversion/objects";

/** A request, as far as it is routed. */
export interface Asked {
  scheme: "http" | "https";
  host: string;
  path: string;
  headers?: { [name: string]: string };
}

/** What becomes of a request: the backends with their weights and the path that they see, a redirect, or nothing. */
export type Answer =
  | { kind: "backend"; weights: { [service: string]: number }; path: string }
  | { kind: "redirect"; status: number; location: string }
  | { kind: "none" };

const prefix = "nginx.ingress.kubernetes.io/";
const note = (ingress: Ingress, name: string) => ingress.metadata.annotations?.[prefix + name];

interface Spot {
  path: string;
  exact: boolean;
  service: string;
  ingress: Ingress;
}

/** NGINX, as its documentation and its template have it. */
export function nginx(ingresses: readonly Ingress[], { scheme, host, path, headers = {} }: Asked): Answer {
  const ordered = [...ingresses].sort((a, b) => {
    const [x, y] = [a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? ""];
    if (x !== y) return x < y ? -1 : 1;
    return `${a.metadata.namespace}/${a.metadata.name}` > `${b.metadata.namespace}/${b.metadata.name}` ? -1 : 1;
  });
  const plain = ordered.filter((one) => note(one, "canary") !== "true");
  const named = (name: string) => plain.filter(({ spec }) => spec.rules?.some((rule) => (rule.host ?? "") === name));
  const www = plain
    .flatMap(({ spec }) => (spec.rules ?? []).map((rule) => rule.host ?? ""))
    .find((name) => isWww(plain, name) && otherName(name) === host);
  if (www !== undefined) return { kind: "redirect", status: 308, location: `${scheme}://${www}${bareOf(path)}` };
  const server = serverOf(plain, host);
  const standard = standardOf(plain, server);
  if (named(server).length === 0 && !standard) return { kind: "none" };
  const spots = spotsOf(named(server), server, standard);
  const oldest = named(server)[0] ?? standard!.ingress;
  const rootIsClaimed = spots.some((spot) => spot.path === "/" && !spot.exact);
  const target = (ingress: Ingress) => note(ingress, "rewrite-target");
  const regex =
    spots.some((spot) => target(spot.ingress) !== undefined && target(spot.ingress) !== spot.path) ||
    spots.some((spot) => note(spot.ingress, "use-regex") === "true") ||
    (!rootIsClaimed && target(oldest) !== undefined && target(oldest) !== "/");
  spots.sort((a, b) => b.path.length - a.path.length || (a.path < b.path ? 1 : a.path > b.path ? -1 : 0));
  const spot = regex ? searched(spots, path) : matched(spots, path);
  if (spot && "status" in spot) return { kind: "redirect", ...spot };
  const settings = spot?.ingress ?? oldest;
  // What an Ingress without rules says of redirects has no effect.
  const isRedirected = settings.spec.rules !== undefined;
  const tls = isCertified(plain, host) || isCertified(plain, wildcardOf(host));
  const wanted = note(settings, "ssl-redirect") !== "false" && tls;
  if (scheme === "http" && isRedirected && (wanted || note(settings, "force-ssl-redirect") === "true")) {
    return { kind: "redirect", status: 308, location: `https://${host}${path}` };
  }
  if (!spot) return { kind: "none" };
  const goal = target(spot.ingress);
  const groups = regex ? new RegExp(spot.path, "i").exec(path) : null;
  const seen =
    goal === undefined || goal === spot.path || !groups
      ? withinLocation(note(spot.ingress, "configuration-snippet") ?? "", path)
      : goal.replace(/\$(\d)/g, (_, digit: string) => groups[Number(digit)] ?? "");
  return { kind: "backend", weights: balanced(ordered, spot.service, headers), path: seen };
}

const bareOf = (text: string) => (text.length > 1 ? text.replace(/\/$/, "") : text);

const otherName = (name: string) => (name.startsWith("www.") ? name.slice(4) : `www.${name}`);

/** True where the other name of a host is redirected to it. */
function isWww(plain: readonly Ingress[], host: string): boolean {
  if (host === "" || host.startsWith("*.")) return false;
  const named = (name: string) => plain.filter(({ spec }) => spec.rules?.some((rule) => rule.host === name));
  return (
    named(otherName(host)).length === 0 &&
    spotsOf(named(host), host, standardOf(plain, host)).some(
      ({ ingress }) => note(ingress, "from-to-www-redirect") === "true",
    )
  );
}

/** The first rewrite of a snippet that matches, with `break`. */
function withinLocation(snippet: string, path: string): string {
  const lines = [...snippet.matchAll(/rewrite (\S+) (\S+) break;/g)];
  const [, pattern, target] = lines.find(([, one]) => new RegExp(one!).test(path)) ?? [];
  const groups = pattern === undefined ? null : new RegExp(pattern).exec(path);
  return groups ? target!.replace(/\$(\d)/g, (_, digit: string) => groups[Number(digit)] ?? "") : path;
}

/** The first expression that takes the path; a plain prefix beside the same path as an exact one is what is below it. */
function searched(spots: readonly Spot[], path: string): Spot | undefined {
  const expression = ({ path: own, exact, ingress }: Spot) => {
    const target = note(ingress, "rewrite-target") ?? own;
    const isAsItIs = exact || target !== own || note(ingress, "use-regex") === "true" || own.endsWith("/");
    return !isAsItIs && spots.some((spot) => spot.exact && spot.path === own) ? `${own}/` : own;
  };
  return spots.find((spot) => new RegExp(`^${expression(spot)}`, "i").test(path));
}

function matched(spots: readonly Spot[], path: string): Spot | { status: number; location: string } | undefined {
  const exactly = spots.find((spot) => spot.exact && spot.path === path) ?? spots.find((spot) => spot.path === path);
  if (exactly) return exactly;
  if (spots.some((spot) => !spot.exact && spot.path === `${path}/`)) return { status: 301, location: `${path}/` };
  return spots.find((spot) => !spot.exact && (spot.path === "/" || path.startsWith(`${bareOf(spot.path)}/`)));
}

/** The server that has a name: by itself, as an alias, by a wildcard, or that of all other names. */
function serverOf(plain: readonly Ingress[], host: string): string {
  const hosts = [...new Set(plain.flatMap(({ spec }) => (spec.rules ?? []).map((rule) => rule.host ?? "")))].sort();
  const aliases = new Map<string, string>();
  for (const name of hosts) {
    const speaker = plain.find(
      (one) => one.spec.rules?.some((rule) => (rule.host ?? "") === name) && note(one, "server-alias") !== undefined,
    );
    for (const alias of speaker ? note(speaker, "server-alias")!.split(",") : []) {
      if (!hosts.includes(alias) && !aliases.has(alias)) aliases.set(alias, name);
    }
  }
  const known = (name: string) => aliases.get(name) ?? (hosts.includes(name) ? name : undefined);
  return known(host) ?? known(wildcardOf(host)) ?? "";
}

const wildcardOf = (host: string) => `*.${host.split(".").slice(1).join(".")}`;

/** True where NGINX finds a certificate by the name: of a host with a tls section, or of an alias that it is for. */
function isCertified(plain: readonly Ingress[], name: string): boolean {
  const server = serverOf(plain, name);
  const secured = plain.filter(
    ({ spec }) => spec.tls?.length && spec.rules?.some((rule) => (rule.host ?? "") === server),
  );
  if (server === name) return secured.length > 0;
  const isAlias = plain.some((one) => note(one, "server-alias")?.split(",").includes(name));
  const names = secured[0]?.spec.tls!.flatMap(({ hosts = [] }) => hosts) ?? [];
  return server !== "" && isAlias && (names.includes(name) || names.includes(wildcardOf(name)));
}

/** The default backend of the Ingress that made the server, or of the first one without rules. */
function standardOf(plain: readonly Ingress[], server: string): (Spot & { fixed: boolean }) | undefined {
  const isOf = ({ spec }: Ingress) =>
    server === ""
      ? spec.rules === undefined && spec.defaultBackend !== undefined
      : spec.rules?.some((rule) => rule.host === server);
  const ingress = plain.find(isOf);
  const service = ingress?.spec.defaultBackend?.service?.name;
  return service === undefined
    ? undefined
    : { path: "/", exact: false, service, ingress: ingress!, fixed: server === "" };
}

/** What is left of the paths of a host after the oldest claim of each. */
function spotsOf(ingresses: readonly Ingress[], server: string, standard?: ReturnType<typeof standardOf>): Spot[] {
  const spots: Spot[] = standard?.fixed ? [standard] : [];
  for (const ingress of ingresses) {
    for (const spot of claimsOf(ingress, server)) {
      if (!spots.some((other) => other.path === spot.path && other.exact === spot.exact)) spots.push(spot);
    }
  }
  const isClaimed = spots.some(({ path, exact }) => path === "/" && !exact);
  return standard && !isClaimed ? [...spots, standard] : spots;
}

function claimsOf(ingress: Ingress, server: string): Spot[] {
  const rules = (ingress.spec.rules ?? []).filter((rule) => (rule.host ?? "") === server);
  return rules
    .flatMap((rule) => rule.http?.paths ?? [])
    .map(({ path = "/", pathType, backend }) => ({
      path,
      exact: pathType === "Exact",
      service: backend.service!.name,
      ingress,
    }));
}

/** The balancer: the first canary for a path of the Service, by header and weight. */
function balanced(
  ordered: readonly Ingress[],
  service: string,
  headers: { [name: string]: string },
): { [service: string]: number } {
  const plain = ordered.filter((one) => note(one, "canary") !== "true");
  const standsIn = (one: Ingress) =>
    (one.spec.rules ?? []).some(({ host = "" }) =>
      claimsOf(one, host).some(({ path, exact }) =>
        spotsOf(plain, host).some((spot) => spot.path === path && spot.exact === exact && spot.service === service),
      ),
    );
  const canary = ordered.find((one) => note(one, "canary") === "true" && standsIn(one));
  if (!canary) return { [service]: 1 };
  const next = canary.spec.rules![0]!.http!.paths![0]!.backend.service!.name;
  const header = headers[note(canary, "canary-by-header") ?? ""];
  if (header === "always") return { [next]: 1 };
  if (header === "never") return { [service]: 1 };
  const weight = Number(note(canary, "canary-weight") ?? "0");
  return {
    ...(weight < 100 ? { [service]: (100 - weight) / 100 } : {}),
    ...(weight > 0 ? { [next]: weight / 100 } : {}),
  };
}

interface Rule {
  name?: string;
  matches: { path: { type: string; value: string }; headers?: { name: string; value: string; type?: string }[] }[];
  filters?: {
    type: string;
    requestRedirect?: { scheme?: string; hostname?: string; statusCode: number; path?: { replaceFullPath: string } };
    urlRewrite?: { path?: { replaceFullPath?: string; replacePrefixMatch?: string } };
  }[];
  backendRefs?: { name: string; namespace?: string; weight?: number }[];
}

interface Route {
  namespace?: string;
  parentRefs: { sectionName?: string; kind?: string }[];
  hostnames?: string[];
  rules: Rule[];
}

const ranks: { [type: string]: number } = { Exact: 3, PathPrefix: 2, RegularExpression: 1 };

/** istiod's order of all rules of a host, and Envoy's matching. */
export function istio(objects: readonly Written[], { scheme, host, path, headers = {} }: Asked): Answer {
  const routes = objects
    .filter(({ kind }) => kind === "HTTPRoute")
    .map(({ metadata: { namespace }, spec }) => ({ ...(spec as Route), ...(namespace ? { namespace } : {}) }))
    .filter(({ parentRefs }) =>
      parentRefs.some(({ sectionName, kind }) => (kind === undefined ? (sectionName ?? scheme) : "https") === scheme),
    );
  const names = routes.flatMap(({ hostnames }) => hostnames ?? ["*"]);
  const covers = (name: string) =>
    name === "*" || name === host || (name.startsWith("*.") && host.endsWith(name.slice(1)));
  const best = names
    .filter(covers)
    .sort((a, b) => b.replace("*", "").length - a.replace("*", "").length || (a === host ? -1 : 1))[0];
  if (best === undefined) return { kind: "none" };
  const rules = routes
    .filter(({ hostnames }) => (hostnames ?? ["*"]).includes(best))
    .flatMap((route) => route.rules.flatMap((rule) => rule.matches.map((match) => ({ route, rule, match }))))
    .sort(
      (a, b) =>
        ranks[b.match.path.type]! - ranks[a.match.path.type]! ||
        b.match.path.value.length - a.match.path.value.length ||
        (b.match.headers ?? []).length - (a.match.headers ?? []).length,
    );
  const found = rules.find(
    ({ match }) => takes(match.path, path) && (match.headers ?? []).every((one) => headers[one.name] === one.value),
  );
  if (!found) return { kind: "none" };
  const redirect = found.rule.filters?.find(({ type }) => type === "RequestRedirect")?.requestRedirect;
  if (redirect) {
    const to = redirect.path?.replaceFullPath ?? path;
    const absolute = redirect.scheme !== undefined || redirect.hostname !== undefined;
    return {
      kind: "redirect",
      status: redirect.statusCode,
      location: absolute ? `${redirect.scheme ?? scheme}://${redirect.hostname ?? host}${to}` : to,
    };
  }
  const rewrite = found.rule.filters?.find(({ type }) => type === "URLRewrite")?.urlRewrite?.path;
  const refs = (found.rule.backendRefs ?? []).filter(({ weight }) => weight !== 0);
  const total = refs.reduce((sum, { weight = 1 }) => sum + weight, 0);
  const from = found.route.namespace;
  // Names of Services that are in another namespace begin with it.
  const isThere = (to: string, name: string) => (/^(\w+)--/.exec(name)?.[1] ?? from ?? "") === to;
  const isOpen = (to: string, name: string) =>
    isThere(to, name) && (to === from || isGranted(objects, from ?? "", to, name));
  const weights = Object.fromEntries(
    refs.map(({ name, namespace = from ?? "", weight = 1 }) => [
      isOpen(namespace, name) ? name : `closed ${name}`,
      weight / total,
    ]),
  );
  const seen = rewritten(path, found.match.path.value, rewrite);
  return { kind: "backend", weights, path: rewrittenByEnvoy(objects, found.rule.name, seen) };
}

interface RegexRewrite {
  pattern: { regex: string };
  substitution: string;
}

/** What an EnvoyFilter has Envoy make of the path of a rule. */
function rewrittenByEnvoy(objects: readonly Written[], name: string | undefined, path: string): string {
  const patches = objects
    .filter(({ kind }) => kind === "EnvoyFilter")
    .flatMap(({ spec }) => (spec as { configPatches: { match: object; patch: { value: object } }[] }).configPatches);
  const own = patches.find(({ match }) => JSON.stringify(match).includes(JSON.stringify({ name }).slice(1, -1)));
  const { route } = (own?.patch.value ?? {}) as { route?: { regex_rewrite?: RegexRewrite } };
  if (name === undefined || !route?.regex_rewrite) return path;
  const { pattern, substitution } = route.regex_rewrite;
  return RE2JS.compile(pattern.regex)
    .matcher(path)
    .replaceAll(substitution.replace(/\\(\d)/g, "$$$1"));
}

/** True where a ReferenceGrant lets routes of a namespace send to a Service of another one. */
function isGranted(objects: readonly Written[], from: string, to: string, service: string): boolean {
  return objects.some(({ kind, metadata, spec }) => {
    if (kind !== "ReferenceGrant" || metadata.namespace !== to) return false;
    const grant = spec as { from: { kind: string; namespace: string }[]; to: { kind: string; name: string }[] };
    return (
      grant.from.some((one) => one.kind === "HTTPRoute" && one.namespace === from) &&
      grant.to.some((one) => one.kind === "Service" && one.name === service)
    );
  });
}

function takes({ type, value }: { type: string; value: string }, path: string): boolean {
  if (type === "Exact") return path === value;
  if (type === "RegularExpression") return RE2JS.matches(value, path);
  return value === "/" || path === value || path.startsWith(`${value}/`);
}

function rewritten(
  path: string,
  matchedPrefix: string,
  rewrite?: { replaceFullPath?: string; replacePrefixMatch?: string },
): string {
  if (rewrite?.replaceFullPath !== undefined) return rewrite.replaceFullPath;
  if (rewrite?.replacePrefixMatch === undefined) return path;
  // Istio takes the slash of the prefix away, and puts none in its place.
  const isJoined = matchedPrefix === "/" && rewrite.replacePrefixMatch !== "/";
  const rest = matchedPrefix === "/" && !isJoined ? path : path.slice(matchedPrefix.length);
  const joined = `${rewrite.replacePrefixMatch.replace(/\/$/, "")}${rest}`;
  return joined === "" ? "/" : joined;
}
