// Requests that lines and blocks of a snippet answer by themselves, where EnvoyFilters may be written.
import { substitution, whole, wholeOfPath, type Expression } from "../expressions";
import { literally } from "../objects";
import { changed, mapped, refused, type Verdict } from "../report";
import type { Interception, RivalLocation, Settings } from "../settings";
import { blocksOf, type Scope } from "./blocks";
import { directives, wordsOf } from "./directives";
import { redirectsAll, withFilters, type Surroundings } from "./family";
import { isRedirected } from "./hosts";
import { requestHeader, rewrittenByEnvoy } from "./variables";

/** A condition on requests. */
interface Condition {
  /** As matchers of Envoy, which take other ways to write a path where these are `tolerated`. */
  when(tolerated: boolean): object[] | undefined;
  /** The expression of a path, whose groups an answer may name. */
  groups?: Expression;
  location?: RivalLocation;
  /** What differs from what NGINX looks at. */
  differs?: string | undefined;
}

/** What is answered, as a route of Envoy. */
interface Answer {
  route: { redirect: object } | { direct_response: { status: number } };
  detail?: string;
  differs?: string;
}

const codes: { [code: string]: string } = {
  301: "MOVED_PERMANENTLY",
  302: "FOUND",
  303: "SEE_OTHER",
  307: "TEMPORARY_REDIRECT",
  308: "PERMANENT_REDIRECT",
};

/** A snippet without the blocks that answer requests by themselves, and what became of these. */
export function withoutInterceptions(
  snippet: string,
  scope: Scope,
  settings: Settings,
  around: Surroundings,
): { rest: string; said: Verdict[] } {
  const said: Verdict[] = [];
  let isLate = false;
  const rest = (blocksOf(snippet) ?? [{ line: snippet }]).filter((part) => {
    if ("line" in part) {
      // What comes after may find another path, or nothing to do.
      isLate ||= /^(rewrite|return|break)\b/.test(part.line);
      return true;
    }
    const { head, body } = part;
    const condition = isLate ? undefined : conditionOf(head);
    const found = condition ?? (scope === "server" ? locationOf(head) : undefined);
    const answer = found && answerOf(body, found);
    const verdict = answer && intercept(head, found, answer, scope, settings, around);
    if (verdict) said.push(verdict);
    return verdict === undefined;
  });
  return { rest: rest.map((part) => ("line" in part ? part.line : `${part.head} {${part.body}}`)).join("\n"), said };
}

/** A rewrite with redirect or permanent, or to a URL; undefined where it is none. */
export function redirectingRewrite(
  words: readonly string[],
  scope: Scope,
  settings: Settings,
  around: Surroundings,
): Verdict | undefined {
  const [pattern = "", target = "", flag = "", ...more] = words;
  const isUrl = /^(https?|\$scheme):\/\//.test(target);
  if (more.length > 0 || !(flag === "redirect" || flag === "permanent" || (flag === "" && isUrl))) return undefined;
  const groups = { pattern, ignoresCase: false };
  // NGINX keeps the query unless the target ends with `?`.
  const kept = target.includes("?") ? target.replace(/\?$/, "") : `${target}$is_args$args`;
  const route = redirectOf(kept, flag === "permanent" ? "301" : "302", groups);
  const condition = { groups, when: (tolerated: boolean) => ofPath(wholeOfPath(groups, tolerated)) };
  return route && intercept(`rewrite ${words.join(" ")}`, condition, { route }, scope, settings, around);
}

/** Answers a path that a policy closes too, however it is written; false where Envoy cannot. */
export function answerBeside(
  { head, body }: { head: string; body: string },
  path: string,
  scope: Scope,
  { envoy }: Settings,
  { envoyFilters }: Surroundings,
): boolean {
  const found = conditionOf(head) ?? locationOf(head);
  const answer = found && answerOf(body, found);
  const when = found?.when(true);
  if (!envoyFilters || !answer || !when) return false;
  const { route } = answer;
  const location = scope === "server" && found.location ? { location: found.location } : {};
  const before = scope === "server" ? "everything" : "backends";
  envoy.interceptions = [...(envoy.interceptions ?? []), { when, answer: route, before, beside: path, ...location }];
  return true;
}

/** True where requests are answered that nothing else answers. */
export function answersSome({ envoy }: Settings): boolean {
  return envoy.interceptions?.some(({ beside }) => beside === undefined) === true;
}

/** An answer for all requests; undefined for one that Envoy does not give. */
export function returnToAll(
  line: string,
  words: readonly string[],
  scope: Scope,
  settings: Settings,
  around: Surroundings,
): Verdict | undefined {
  const answer = returned(words, undefined);
  return answer && intercept(line, { when: () => [] }, answer, scope, settings, around);
}

/** A rewrite after which the backend sees another path; undefined where Envoy cannot do it. */
export function rewriteOfPath(words: readonly string[], settings: Settings, around: Surroundings): Verdict | undefined {
  const [pattern = "", target = "", flag, ...more] = words;
  const expression = { pattern, ignoresCase: false };
  const matched = whole(expression);
  const isPath = /^\/(?:[-\w./~@:+]|\$\d)*$/.test(target);
  if (flag !== "break" || more.length > 0 || matched === undefined || !isPath) return undefined;
  const { envoy, pathRewrites } = settings;
  const written = substitution(target, expression);
  const isTaken = envoy.pathRewrite || pathRewrites.length > 0 || around.other("rewrite-target") !== undefined;
  if (isTaken || written === undefined) return undefined;
  if (!around.envoyFilters) return refused(`a route cannot do what \`rewrite ${words.join(" ")}\` says`, withFilters);
  envoy.pathRewrite = { pattern: `^${matched}$`, substitution: written };
  return mapped("EnvoyFilter with regex_rewrite");
}

/** Annotations by which Envoy turns requests away before it looks for their route. */
const guards = ["whitelist-source-range", "allowlist-source-range", "denylist-source-range", "auth-type", "auth-url"];

function intercept(
  line: string,
  { when, location, differs: looked }: Condition,
  { route, detail, differs }: Answer,
  scope: Scope,
  settings: Settings,
  around: Surroundings,
): Verdict | undefined {
  const { envoy, pathRewrites, redirect, closed } = settings;
  const isDenied = "direct_response" in route;
  // What writes groups into a path must not take one that it then leaves as it is.
  const headers = when(isDenied || !("regex_rewrite" in route.redirect));
  if (!headers) return undefined;
  if (!around.envoyFilters) {
    const why = isDenied ? `\`${line}\` turns requests away` : `a route cannot do what \`${line}\` says`;
    return refused(why, withFilters);
  }
  const isAway = /^https?:/.test(around.other("rewrite-target")?.trim() ?? "");
  if (redirect || redirectsAll(around) || isAway || pathRewrites.length > 0 || envoy.pathRewrite) {
    return refused(`what is for all requests is asked before \`${line}\``, "one of both");
  }
  const before = scope === "server" ? "everything" : "backends";
  const one: Interception = { when: headers, answer: route, before, ...(location ? { location } : {}) };
  envoy.interceptions = [...(envoy.interceptions ?? []), one];
  const to = `EnvoyFilter with ${isDenied ? "direct_response" : "redirect"}`;
  const guard = guards.find((name) => around.other(name) !== undefined);
  const isClosed = closed.some(({ scope: of, rank }) => of === "server" && rank === "prefix");
  const differences = [
    ...(guard === undefined ? [] : [`whom ${guard} turns away gets no such answer, which NGINX gives first`]),
    ...(location && "expression" in location && isClosed
      ? ["paths that the snippet closes are closed before, where NGINX asks expressions first"]
      : []),
    ...[differs, looked].flatMap((text) => text ?? []),
  ];
  const isLate = before === "backends" && isRedirected(around);
  const details = [...(detail ? [detail] : []), ...(isLate ? ["over http the redirect to https comes first"] : [])];
  const text = [...details, ...differences].join("; ");
  return differences.length > 0 ? changed(text, to) : mapped(to, text === "" ? undefined : text);
}

/** The answer of a block that has nothing but one; undefined for any other. */
function answerOf(body: string, { groups, location }: Condition): Answer | undefined {
  const lines = directives(body)?.map(wordsOf);
  if (!lines) return undefined;
  const said = lines.filter(([name]) => !/^(access_log|log_not_found)$/.test(name ?? ""));
  const [first = [], ...more] = said;
  if (first[0] === "return" && more.length === 0) return returned(first.slice(1), groups);
  const isEmpty = said.every(([name = "", ...words]) =>
    name === "rewrite" ? words[2] === "break" : /^(allow|deny|client_max_body_size)$/.test(name),
  );
  if (!location || !isEmpty) return undefined;
  const denied = said.filter(([name]) => name === "deny");
  if (said.length > 0 && said.length === denied.length && first[1] === "all") {
    return { route: { direct_response: { status: 403 } } };
  }
  return {
    route: { direct_response: { status: 404 } },
    // It looks for a file where a location says nothing else, and finds none.
    detail: "the location sends nothing to a backend, so that NGINX answers 404",
    ...(denied.length > 0 ? { differs: "who is denied gets 404 too, where NGINX answers 403" } : {}),
  };
}

function returned(words: readonly string[], groups: Expression | undefined): Answer | undefined {
  const [code = "", url, ...more] = /^\d+$/.test(words[0] ?? "") ? words : ["302", ...words];
  if (more.length > 0) return undefined;
  if (url === undefined) {
    // 444 ends the connection.
    const isStatus = /^[45]\d\d$/.test(code) && code !== "444";
    return isStatus ? { route: { direct_response: { status: Number(code) } } } : undefined;
  }
  const [, before] = /^(.*[^/])\$request_uri$/.exec(url) ?? [];
  const all = { pattern: "^(.*)$", ignoresCase: false };
  const redirect = () =>
    before === undefined ? redirectOf(url, code, groups) : redirectOf(`${before}$1$is_args$args`, code, all);
  const route = code in codes ? redirect() : undefined;
  return route && { route };
}

const target =
  /^(?:(https?|\$scheme):\/\/([a-z0-9.-]+|\$(?:http_)?host)(?::(\d+|\$server_port))?)?((?:(?:\/|\$\d)(?:[-\w./~@:+%]|\$\d)*)?)(\$is_args\$args)?$/i;

/** A redirect, where its target has no variables but groups of a path, the request's own scheme and host, and its query. */
function redirectOf(text: string, code: string, groups: Expression | undefined): { redirect: object } | undefined {
  const [found, scheme, host, port, path = "", query] = target.exec(text) ?? [];
  if (found === undefined || (path === "" && host === undefined)) return undefined;
  const isWritten = path.includes("$");
  const matched = isWritten && groups ? whole(groups) : undefined;
  const written = matched === undefined ? undefined : substitution(path, groups!);
  if (isWritten && written === undefined) return undefined;
  return {
    redirect: {
      ...(scheme === undefined || scheme === "$scheme" ? {} : { scheme_redirect: scheme.toLowerCase() }),
      ...(host === undefined || host.startsWith("$") ? {} : { host_redirect: host.toLowerCase() }),
      ...(port === undefined || port.startsWith("$") ? {} : { port_redirect: Number(port) }),
      ...(written === undefined
        ? { path_redirect: path || "/" }
        : { regex_rewrite: { pattern: { regex: `^${matched}$` }, substitution: written } }),
      response_code: codes[code]!,
      ...(query === undefined ? { strip_query: true } : {}),
    },
  };
}

const condition = /^if\s*\(\s*\$(\w+)\s*(?:(=|!=|!?~\*?)\s*("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\S+?))?\s*\)$/;

/** A condition on a header of the request, or on its path. */
function conditionOf(head: string): Condition | undefined {
  const [, variable = "", operator, quoted = ""] = condition.exec(head) ?? [];
  const value = /^["']/.test(quoted) ? quoted.slice(1, -1) : quoted;
  const header = headerOf(variable);
  const isExpression = operator?.includes("~") === true;
  if (header === undefined || (!isExpression && value.includes("$"))) return undefined;
  const expression = { pattern: value, ignoresCase: operator?.endsWith("*") === true };
  const invert = operator?.startsWith("!") ? { invert_match: true } : {};
  if (/^(document_)?uri$/.test(variable)) {
    if (operator === undefined) return undefined;
    const path = isExpression ? expression : { pattern: `^${literally(value)}$`, ignoresCase: false };
    const groups = operator.startsWith("~") ? { groups: path } : {};
    return { when: (tolerated) => ofPath(wholeOfPath(path, tolerated), invert), ...groups };
  }
  // Neither empty nor 0.
  const regex = isExpression ? whole(expression) : operator === undefined ? "[^0].*|0.+" : undefined;
  const isFit = isExpression ? regex !== undefined : operator !== undefined || !header.startsWith(":");
  const string_match = regex === undefined ? { exact: value } : { safe_regex: { regex } };
  // NGINX's variable is empty without the header.
  const empty = header.startsWith(":") ? {} : { treat_missing_header_as_empty: true };
  const differs = rewrittenByEnvoy(header);
  return isFit ? { when: () => [{ name: header, string_match, ...invert, ...empty }], differs } : undefined;
}

function ofPath(regex: string | undefined, more: object = {}): object[] | undefined {
  return regex === undefined ? undefined : [{ name: ":path", string_match: { safe_regex: { regex } }, ...more }];
}

/** The header of a request in which Envoy has what NGINX has in a variable. */
function headerOf(variable: string): string | undefined {
  if (/^(document_uri|uri|request_uri)$/.test(variable)) return ":path";
  if (variable === "request_method") return ":method";
  const name = requestHeader(variable);
  return name === "host" ? ":authority" : name;
}

/** A location of the host. */
function locationOf(head: string): Condition | undefined {
  const [name, first = "", second, ...rest] = wordsOf(head);
  if (name !== "location" || rest.length > 0) return undefined;
  const path = second ?? first;
  if (second !== undefined && /^~\*?$/.test(first)) {
    const groups = { pattern: path, ignoresCase: first === "~*" };
    return { when: (tolerated) => ofPath(wholeOfPath(groups, tolerated)), groups, location: { expression: groups } };
  }
  if (!/^\/[-\w./~@:+]+$/.test(path) || !(second === undefined || first === "=" || first === "^~")) return undefined;
  const isExact = first === "=";
  const expression = { pattern: `^${literally(path)}${isExact ? "$" : ""}`, ignoresCase: false };
  return {
    when: (tolerated) => ofPath(wholeOfPath(expression, tolerated)),
    location: isExact ? { exact: path } : { prefix: path, isFirm: first === "^~" },
  };
}
