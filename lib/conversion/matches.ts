// Which requests of a host go to which of its paths: matches of an HTTPRoute, in an order that Istio sees as NGINX does.
import { defined } from "../json";
import { withFilters } from "./annotations/family";
import { hasAlternatives, isRe2 } from "./expressions";
import { changed, converted, inert, mapped, refused, type Verdict } from "./report";
import { isFlattened, rewrites, type Location, type Server } from "./servers";
import { rewritePaths } from "./path-rewrites";
import type { Piece, Placed } from "./pieces";
import { rewritingOf, shapeOf, type Rewriting, type Shape } from "./shapes";

/** The locations of a server, in NGINX's order. */
export function place(server: Server): Placed[] {
  const found = server.regex
    ? placeExpressions(server.locations)
    : server.locations.map((one) => placePlain(one, server.locations));
  const all = found.map((one) => (isFlattened(one.location) ? { ...one, pieces: [], verdict: flattened } : one));
  for (const owner of new Set(server.locations.map((one) => one.owner))) {
    const mine = all.filter(({ location }) => location.owner === owner);
    if (!server.regex) {
      rewritePaths(mine, owner.settings.pathRewrites, (path, one) => takerOf(path, server, all) === one);
    }
    for (const { from, to, code, isQueryless, ofHost } of owner.settings.pathRedirects) {
      // A location of the host stands beside those of the paths.
      const beside = ofHost ? mine.find(({ pieces }) => pieces.length > 0) : undefined;
      const taking = takerOf(from, server, all) ?? beside;
      if (taking?.location.owner !== owner || taking.pieces.length === 0) continue;
      const others = taking.pieces.filter(({ match }) => match.type !== "Exact" || match.value !== from);
      const redirect = defined({ redirectTo: to, redirectCode: code, isQueryless });
      taking.pieces = [...others, { match: { type: "Exact", value: from }, ...redirect }];
    }
  }
  return all;
}

const flattened = refused(
  "NGINX adds a slash to the path, and rewrites all below it to the rewrite-target, which is the path without it",
  "no rewrite-target, where the backend is to see the path as it is",
);

/** Where NGINX looks for a path. */
function takerOf(path: string, { regex }: Server, all: readonly Placed[]): Placed | undefined {
  if (regex) return all.find(({ location }) => takes(location, path));
  const exact = all.find(({ location }) => location.exact && location.path === path);
  const isAbove = (prefix: string) => prefix === path || path.startsWith(prefix.replace(/\/?$/, "/"));
  return exact ?? all.find(({ location }) => !location.exact && isAbove(location.path));
}

/** True where the path of a location, as an expression, takes the path. */
function takes({ path: expression }: Location, path: string): boolean {
  try {
    return new RegExp(`^${expression}`, "i").test(path);
  } catch {
    return false;
  }
}

const literalPath = /^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+$/;
const unfitPath = /\/\/|\/\.\.?(\/|$)|%2f|#/i;

function unfit(path: string): Verdict | undefined {
  if (literalPath.test(path) && !unfitPath.test(path)) return undefined;
  return refused("HTTPRoute does not take these characters in a path", "a path without them");
}

/** Prefixes go by path elements here and there; a prefix with a slash at its end redirects who leaves it out. */
function placePlain(location: Location, all: readonly Location[]): Placed {
  const { path, exact } = location;
  const fault = unfit(path);
  if (fault) return { location, pieces: [], verdict: fault };
  const note = path.endsWith("*") ? "NGINX takes the * as it is, and so does the route" : undefined;
  if (exact) return placed(location, [{ match: { type: "Exact", value: path } }], [], note);
  const bare = path.replace(/(.)\/$/, "$1");
  const twin = all.some((other) => other !== location && !other.exact && other.path === `${path}/`);
  if (twin && all.some((other) => other.exact && other.path === path)) {
    return { location, pieces: [], verdict: inert("other paths of the host take all of its requests") };
  }
  const pieces: Piece[] = [{ match: { type: twin ? "Exact" : "PathPrefix", value: bare } }];
  const slashMissing = bare !== path && !all.some((other) => other.path === bare);
  if (slashMissing) pieces.push({ match: { type: "Exact", value: bare }, redirectTo: path });
  return placed(location, pieces, [], note);
}

function placed(location: Location, pieces: Piece[], details: string[] = [], note?: string): Placed {
  const to = [...new Set(pieces.map(({ match }) => `${match.type} ${match.value}`))].join(", ");
  return { location, pieces, verdict: details.length > 0 ? changed(details.join("; "), to) : converted(to, note) };
}

/** A location of a host of expressions, with the forms that it can take. */
interface Candidate {
  location: Location;
  rewriting: Rewriting;
  shape?: Shape;
  /** As a prefix: what differs. */
  differs?: string[];
  /** True where it can be an expression of RE2. */
  expression: boolean;
  form?: "prefix" | "expression";
  verdict?: Verdict;
}

function placeExpressions(locations: readonly Location[]): Placed[] {
  const candidates = locations.map((one) => candidate({ ...one, path: searchedPath(one, locations) }));
  choose(candidates);
  const pieces = new Map(candidates.map((one) => [one, piecesOf(one, candidates)]));
  for (const one of candidates) for (const path of beyond(one)) giveBack(one, path, candidates, pieces);
  pad([...pieces.values()]);
  return candidates.map((one, index) => {
    const location = locations[index]!;
    if (one.verdict) return { location, pieces: [], verdict: one.verdict };
    const found = placed(location, pieces.get(one)!, one.form === "prefix" ? one.differs : recased(one));
    if (one.rewriting.kind !== "groups") return found;
    const to = `${found.verdict.to}, and EnvoyFilter with regex_rewrite`;
    return { ...found, verdict: found.verdict.outcome === "converted" ? mapped(to) : { ...found.verdict, to } };
  });
}

/** What an expression does otherwise where NGINX writes the beginning of the path anew. */
function recased({ rewriting }: Candidate): string[] {
  const written = rewriting.kind === "none" ? rewriting.written : undefined;
  return written !== undefined && /[a-z]/i.test(written)
    ? [`the backend sees upper case in ${written} as the client writes it, where NGINX sends ${written}`]
    : [];
}

/** The expression of a path: a plain one ends with a slash in NGINX, and is there without it too unless another one is. */
function searchedPath(location: Location, all: readonly Location[]): string {
  const { path, exact, owner } = location;
  const isAsItIs = exact || owner.settings.useRegex || rewrites(location) || path.endsWith("/");
  return !isAsItIs && all.some((other) => other.exact && other.path === path) ? `${path}/` : path;
}

const otherPath = "a path such as /x(/|$)(.*) with the target /$2, or the change of the path in the application";

function candidate(location: Location): Candidate {
  const { path, owner } = location;
  const { rewriteTarget, envoy } = owner.settings;
  const rewriting = rewritingOf(path, rewriteTarget, envoy.captures);
  const shape = shapeOf(path);
  const differs = shape && !unfit(shape.literal || "/") ? differences(shape) : undefined;
  const expression = rewriting.kind !== "prefix" && isRe2(path) && expressionOf(path).length <= 900;
  const verdict =
    rewriting.kind === "impossible"
      ? refused(rewriting.why, rewritingOf(path, rewriteTarget, true).kind === "groups" ? withFilters : otherPath)
      : !expression && !differs
        ? refused("Envoy takes regular expressions of RE2 only", "the path without lookaround and backreferences")
        : undefined;
  return {
    location,
    rewriting,
    expression,
    ...(shape ? { shape } : {}),
    ...(differs ? { differs } : {}),
    ...(verdict ? { verdict } : {}),
  };
}

/** What a prefix does otherwise than the expression. */
function differences({ literal, reach, dots }: Shape): string[] {
  return [
    ...(dots ? ["a dot stands for itself, which NGINX takes as any character"] : []),
    ...(/[a-z]/i.test(literal) ? ["upper and lower case are told apart, which NGINX does not"] : []),
    ...(reach === "string" ? [`a path such as ${literal}x is not taken any more`] : []),
  ];
}

/** Prefixes where a rewrite asks for them, expressions elsewhere, unless a prefix is the same. */
function choose(all: readonly Candidate[]): void {
  const open = all.filter(({ verdict }) => !verdict);
  const same = open.every((one) => !one.expression || one.differs?.length === 0);
  for (const one of open) one.form = same || !one.expression ? "prefix" : "expression";
  // Istio puts every prefix before every expression: one that NGINX asks first has to become a prefix too.
  for (let again = true; again;) {
    again = false;
    for (const [index, late] of all.entries()) {
      if (late.form !== "prefix") continue;
      const early = all.slice(0, index).find((one) => one.form === "expression" && overlap(one, late));
      if (!early) continue;
      again = true;
      if (early.differs) early.form = "prefix";
      else give(late, refused(`NGINX asks ${early.location.path} first, and Istio after every prefix`, apart));
    }
  }
  for (const [index, late] of all.entries()) {
    const early = all.slice(0, index).filter((one) => one.form === "prefix");
    if (late.form !== "prefix") continue;
    if (early.some((one) => covers(one.shape!, late.shape!))) {
      give(late, inert("NGINX asks another path of the host first, which takes all of its requests"));
    } else if (early.some((one) => one.shape!.literal === late.shape!.literal && one.shape!.reach !== "exact")) {
      give(late, refused("another path of the host has become the same prefix", apart));
    }
  }
}

const apart = "hosts of their own for the two paths";

function give(one: Candidate, verdict: Verdict): void {
  one.verdict = verdict;
  delete one.form;
}

/** True where some request could be taken by both, as far as their literal beginnings tell. */
function overlap(expression: Candidate, prefix: Candidate): boolean {
  const head = /^(?:\/|[-\w~!&',;=:@%](?![?*+{]))*/.exec(expression.location.path)![0].toLowerCase();
  const literal = prefix.shape!.literal.toLowerCase();
  return head.startsWith(literal) || literal.startsWith(head);
}

/** True where the first takes all that the second takes. */
function covers(first: Shape, second: Shape): boolean {
  const [a, b] = [first.literal.toLowerCase(), second.literal.toLowerCase()];
  if (first.reach === "exact") return second.reach === "exact" && a === b;
  if (a === b)
    return (
      first.reach === "string" ||
      first.reach === second.reach ||
      (first.reach === "element" && second.reach !== "string")
    );
  return b.startsWith(`${a}/`) || (first.reach === "string" && b.startsWith(a));
}

function piecesOf(one: Candidate, all: readonly Candidate[]): Piece[] {
  const rewrite = rewriteOf(one.rewriting);
  if (one.form === undefined) return [];
  if (one.form === "expression") {
    return [{ match: { type: "RegularExpression", value: expressionOf(one.location.path) }, ...rewrite }];
  }
  const { literal, reach } = one.shape!;
  const value = literal === "" ? "/" : literal;
  if (reach === "exact") return winner(value, all) === one ? [{ match: { type: "Exact", value }, ...rewrite }] : [];
  const pieces: Piece[] = [{ match: { type: "PathPrefix", value }, ...rewrite }];
  if (one.rewriting.kind === "prefix" && one.rewriting.itself !== undefined && winner(value, all) === one) {
    pieces.push({ match: { type: "Exact", value }, rewrite: { full: one.rewriting.itself } });
  }
  return pieces;
}

/** Paths that a prefix takes and its expression does not. */
function beyond({ form, shape }: Candidate): string[] {
  if (form !== "prefix" || !shape || shape.literal === "") return [];
  const { literal, reach } = shape;
  return reach === "below" ? [literal] : reach === "named" ? [literal, `${literal}/`] : [];
}

/** Gives such a path back to whom NGINX gives it; where no path is left to take it, that is reported. */
function giveBack(one: Candidate, path: string, all: readonly Candidate[], pieces: Map<Candidate, Piece[]>): void {
  const other = winner(path, all);
  if (!other) {
    one.differs = [...(one.differs ?? []), `${path} itself is taken too`];
  } else if (!other.verdict) {
    const target = other.rewriting.kind === "none" ? undefined : other.location.owner.settings.rewriteTarget;
    const rewrite = target === undefined ? {} : { rewrite: { full: substituted(other.location.path, target, path) } };
    pieces.get(other)!.push({ match: { type: "Exact", value: path }, ...rewrite });
  }
}

/** The path that the backend gets instead of this one. */
function substituted(expression: string, target: string, path: string): string {
  const groups = new RegExp(expression, "i").exec(path) ?? [];
  return target.replace(/\$(\d)/g, (_, digit: string) => groups[Number(digit)] ?? "");
}

function rewriteOf(rewriting: Rewriting): Pick<Piece, "rewrite" | "captured"> {
  if (rewriting.kind === "groups") {
    return { captured: { pattern: rewriting.pattern, substitution: rewriting.substitution } };
  }
  if (rewriting.kind === "full") return { rewrite: { full: rewriting.path } };
  return rewriting.kind === "prefix" ? { rewrite: { prefix: rewriting.path } } : {};
}

/** The location that NGINX gives a path to. */
function winner(path: string, all: readonly Candidate[]): Candidate | undefined {
  return all.find(({ location }) => takes(location, path));
}

/** NGINX searches from the beginning of the path on, Envoy matches the whole of it. */
export function expressionOf(path: string): string {
  const alternatives = hasAlternatives(path);
  const ends = /(^|[^\\])(\\\\)*(\$|\.\*|\(\.\*\))$/.test(path);
  return alternatives ? `(?i).*?(?:^${path}).*` : `(?i)${path}${ends ? "" : ".*"}`;
}

/** Istio asks the longest expression first: where that is not NGINX's order, groups that take nothing make it so. */
function pad(inOrder: Piece[][]): void {
  let least = 0;
  for (const pieces of [...inOrder].reverse()) {
    const expressions = pieces.filter(({ match }) => match.type === "RegularExpression");
    for (const { match } of expressions) {
      while (match.value.length <= least) match.value += "(?:)";
    }
    least = Math.max(least, ...expressions.map(({ match }) => match.value.length));
  }
}
