// A configuration-snippet, as far as the gateway can do what every line of it says.
import { changed, converted, inert, mapped, refused, type Outcome, type Verdict } from "../report";
import type { HeaderChanges, Settings } from "../settings";
import { blocksOf } from "./blocks";
import { withoutClosed } from "./closed";
import { directives, isOfTemplate, tuning, wordsOf } from "./directives";
import type { Reader, Surroundings } from "./family";
import { isRedirected } from "./hosts";
import { answersSome, redirectingRewrite, withoutInterceptions } from "./interceptions";
import { byAddress, everyAddress, isRange } from "./ranges";
import { withoutQuery } from "./redirects";
import { cannot, impossible, ofOtherPath, readReturn, readRewrite, without, type Known } from "./rewrites";
import { isServer, serverHeader } from "./server-header";
import { headerValue } from "./variables";

/** Blocks and lines that turn requests away. */
const turnsAway = /\b(deny|return\s+(4\d\d|503))\b/;
const to = "RequestHeaderModifier and ResponseHeaderModifier";

/** Lines by which NGINX admits WebSockets, which Envoy does by itself. */
const webSockets = [
  /^proxy_http_version 1\.1$/,
  /^proxy_set_header Upgrade \$http_upgrade$/i,
  /^proxy_set_header Connection "?(upgrade|\$connection_upgrade)"?$/i,
  // NGINX sends the header by another line all the same.
  /^proxy_set_header (Upgrade|Connection) ""$/i,
];

/** Variables that a request has as headers of the same meaning already. */
const sent: { [header: string]: string[] } = {
  host: ["$host", "$http_host", "$best_http_host"],
  "x-forwarded-proto": ["$scheme", "$pass_access_scheme"],
  "x-forwarded-for": ["$proxy_add_x_forwarded_for"],
  "x-request-id": ["$request_id", "$req_id"],
};

/** What only NGINX understands; worse than a lost header is a request that gets through. */
function unread(value: string): Verdict {
  if (turnsAway.test(value)) {
    return refused(
      "it turns requests away, and Envoy, which does not read NGINX's configuration, would let them pass",
      "an AuthorizationPolicy with action DENY for what it turns away, on the Gateway",
    );
  }
  const block = blocksOf(value)?.find((part) => "head" in part);
  return block && "head" in block
    ? refused(`a route cannot do what \`${block.head}\` says`, without("block"))
    : refused("Envoy does not read NGINX's configuration", "a snippet in which every block and quote ends");
}

/** The way out for a header that Envoy has no variable for. */
function otherVariable(text: string, header: string): string {
  return /\$\{?remote_user\b/.test(text)
    ? `${header} in the answers of the service that knows users, and in headersToUpstreamOnAllow of its provider`
    : "a variable that Envoy has something for, such as $host, $remote_addr, $request_uri or $http_x_name";
}

/** What the lines of a snippet ask for. */
interface Wishes extends Known {
  request: HeaderChanges;
  response: HeaderChanges;
  /** Headers of answers that are no errors, which Envoy adds by a filter. */
  success: { [name: string]: string };
  /** Ranges in their order. */
  access: { word: "allow" | "deny"; range: string }[];
  /** What Envoy puts in for variables. */
  operators: Set<string>;
}

export const readSnippet: Reader = (value, settings, around) => {
  const open = withoutClosed(value, "location", settings, around);
  const { text: plain, said } = httpsOnly(open.rest, around);
  const { rest: text, said: intercepted } = withoutInterceptions(plain, "location", settings, around);
  const first: First = (line, name, words, wishes) => {
    if (isOfTemplate(name)) return refused(`NGINX has \`${name}\` already, and loads no second one`, "its annotation");
    if (name === "allow" || name === "deny") {
      wishes.access.push({ word: name, range: words[0] ?? "" });
      return inert("");
    }
    return name === "rewrite" ? readRewrite(line, words, wishes) : undefined;
  };
  const known = { settings, around, scope: "location" as const };
  const verdict = readLines(text, known, first, [...open.said, ...said, ...intercepted]);
  return settings.redirect && answersSome(settings)
    ? refused("a line redirects all requests, and others some of them", "one of both")
    : verdict;
};

/** What a path has headers of its own by, so that it has none of the host's. */
const ownHeaders = ["configuration-snippet", "custom-headers", "enable-cors", "auth-url"];
const setsHeaders = /\b(add_header|more_)/;

/** One path of the host that NGINX redirects by itself. */
const redirectedPath = /location\s*=\s*(\/[-\w./~]*)\s*\{\s*return\s+(30[12378])\s+(\S+?)\s*;\s*\}/g;
/** The request's own scheme and host before a path. */
const ownOrigin = /^\$scheme:\/\/\$(?:host|http_host)(?::\$server_port)?(?=\/)/;

/** Of a host: what every path says for itself has no effect here. */
export const readServerSnippet: Reader = (snippet, settings, around) => {
  const { rest: value, said: closed } = withoutClosed(snippet, "server", settings, around);
  const paths: Settings["pathRedirects"] = [];
  const others = value.replace(redirectedPath, (block, from: string, code: string, url: string) => {
    const to = url.replace(ownOrigin, "");
    if (!/^\/[-\w./~]*$/.test(to)) return block;
    paths.push({ from, to, code: Number(code), ofHost: true, ...(around.envoyFilters ? { isQueryless: true } : {}) });
    return "";
  });
  const { rest, said } = withoutInterceptions(others, "server", settings, around);
  const first: First = (line, name, words) => {
    if (name === "rewrite") {
      return redirectingRewrite(words, "server", settings, around) ?? refused(cannot(line), ofOtherPath(words));
    }
    if (isOfTemplate(name) || name === "proxy_set_header") return inert("every path of the host has its own");
    if (!/^(add_header|more_|proxy_hide_header|return)/.test(name)) return undefined;
    const own = ownHeaders.find((other) => {
      const given = around.other(other);
      return given !== undefined && (other !== "configuration-snippet" || setsHeaders.test(given));
    });
    if (own) return refused(`a path with ${own} has nothing of \`${line}\``, "the line in configuration-snippet");
    settings.hostWide = true;
    return undefined;
  };
  const verdict = readLines(rest, { settings, around, scope: "server" }, first, [...closed, ...said]);
  if (answersSome(settings)) settings.hostWide = true;
  if (verdict.outcome === "refused" || paths.length === 0) return verdict;
  settings.hostWide = true;
  settings.pathRedirects.push(...paths);
  return summary([verdict, withoutQuery("RequestRedirect of the path", settings, around)]);
};

/** Knows some lines before the others are looked at. */
type First = (line: string, name: string, words: string[], wishes: Wishes) => Verdict | undefined;

/** Reads all lines, after what there is to say already. */
function readLines(value: string, known: Known, first: First, before: readonly Verdict[]): Verdict {
  const lines = directives(value);
  if (lines === undefined) return unread(value);
  const none = (): HeaderChanges => ({ set: {}, add: {}, remove: [] });
  const headers = { request: none(), response: none(), success: {} };
  const wishes: Wishes = { ...headers, access: [], operators: new Set(), ...known };
  const said = [...before];
  const refusal = said.find(({ outcome }) => outcome === "refused");
  if (refusal) return refusal;
  for (const line of lines) {
    const [name = "", ...words] = wordsOf(line);
    const verdict =
      readCommon(line, name, words) ?? first(line, name, words, wishes) ?? readLine(line, name, words, wishes);
    if (verdict.outcome === "refused") return verdict;
    said.push(verdict);
  }
  if (wishes.access.length > 0) said.push(readAccess(wishes));
  if (said.at(-1)?.outcome === "refused") return said.at(-1)!;
  merge(known.settings, wishes);
  const verdict = summary(said);
  const operators = [...wishes.operators].join(", ");
  return operators === "" ? verdict : { ...verdict, to: `${verdict.to} with ${operators}` };
}

/** A condition that holds for https, around lines that add headers to answers. */
const onHttps = /if\s*\(\s*\$scheme\s*=\s*["']?https["']?\s*\)\s*\{([^{}]*)\}/g;
const addsHeaders = /^(add_header|more_set_headers)\b/;
const ofBrowsers = /^(add_header |more_set_headers ")strict-transport-security\b/i;

/** The snippet without that condition, where it makes no difference: http is redirected, or browsers ignore the header there. */
function httpsOnly(value: string, around: Surroundings): { text: string; said: Verdict[] } {
  const said: Verdict[] = [];
  const text = value.replace(onHttps, (block, inner: string, at: number) => {
    const lines = directives(inner) ?? [""];
    const others = `${value.slice(0, at)}${value.slice(at + block.length)}`;
    // NGINX takes no add_header from around a condition that has one of its own.
    const isAlone = !/\badd_header\b/.test(inner) || !/\badd_header\b/.test(others);
    if (!isAlone || !lines.every((line) => addsHeaders.test(line))) return block;
    if (isRedirected(around)) return inner;
    if (!lines.every((line) => ofBrowsers.test(line))) return block;
    said.push(mapped(to, "the header is in answers over http too, where browsers ignore it"));
    return inner;
  });
  return { text, said };
}

const worstFirst: Outcome[] = ["changed", "mapped", "converted"];

/** One verdict for several: the worst of them, with everything that there is to say. */
export function summary(said: readonly Verdict[]): Verdict {
  const texts = (field: "to" | "detail") => [
    ...new Set(said.flatMap((one) => (one[field] ?? "").split("; ").filter((text) => text !== ""))),
  ];
  const [places, details] = [texts("to"), texts("detail")];
  return {
    outcome: worstFirst.find((outcome) => said.some((one) => one.outcome === outcome)) ?? "converted",
    ...(places.length > 0 ? { to: places.join("; ") } : {}),
    ...(details.length > 0 ? { detail: details.join("; ") } : {}),
  };
}

/** A line that means the same wherever it stands. */
function readCommon(line: string, name: string, words: string[]): Verdict | undefined {
  if (webSockets.some((form) => form.test(line))) return mapped("what Envoy does");
  return isOfTemplate(name) ? undefined : tuning([name, ...words].join(" "));
}

function readLine(line: string, name: string, words: string[], wishes: Wishes): Verdict {
  if (name === "return") return readReturn(line, words, wishes);
  return readHeader(line, name, words, wishes) ?? impossible(line);
}

/** A line that sets or takes away headers; undefined for any other. */
function readHeader(
  line: string,
  name: string,
  words: string[],
  { request, response, success, operators, around, settings }: Wishes,
): Verdict | undefined {
  const write = (values: { [header: string]: string }, header: string, text: string): Verdict => {
    const value = headerValue(text, around.ingress.metadata.name, values === request.set ? "request" : "answer");
    if (!value) return refused(`Envoy has nothing for a variable of \`${line}\``, otherVariable(text, header));
    const server = values === response.set && isServer(header) ? serverHeader(settings, around) : undefined;
    if (server?.outcome === "changed") return server;
    // The last of several lines counts, however it writes the name.
    const former = Object.keys(values).find((name) => name.toLowerCase() === header.toLowerCase());
    values[former ?? header] = value.text;
    const also = server ? [server] : [];
    if (value.operators.length === 0) return all([converted(to), ...also]);
    for (const operator of value.operators) operators.add(operator);
    const ofHost = /\$\{?host\b/.test(text) ? "with the port of the Host header, where a client names one" : undefined;
    const differing = value.differences.map((text) => changed(text, to));
    return all([mapped(to, ofHost), ...differing, ...also]);
  };
  const take = (header: string): Verdict => {
    const server = isServer(header) ? serverHeader(settings, around) : undefined;
    if (server?.outcome === "changed") return server;
    response.remove.push(header);
    return all([converted(to), ...(server ? [server] : [])]);
  };
  const given = name.startsWith("more_set_") ? words.map(headerOf) : [];
  const isGiven = given.length > 0 && given.every(([header]) => header !== "");
  if (name === "more_set_headers" && isGiven) {
    return all(given.map(([header, text]) => (text === "" ? take(header) : write(response.set, header, text))));
  }
  if (name === "add_header" && (words.length === 2 || (words.length === 3 && words[2] === "always"))) {
    // NGINX adds no header without a value.
    if (words[1] === "") return converted(to);
    if (isServer(words[0]!)) return changed("Envoy's own Server header is sent");
    if (words[0]! in response.add || words[0]! in success)
      return refused(`a route adds ${words[0]!} once`, `one line for ${words[0]!}`);
    const given = headerValue(words[1]!, around.ingress.metadata.name);
    const isConstant = given?.operators.length === 0 && !given.ofPath;
    if (words.length === 2 && around.envoyFilters && isConstant) {
      success[words[0]!] = given.text.replace(/%%/g, "%");
      return mapped("EnvoyFilter with envoy.filters.http.lua");
    }
    const verdict = write(response.add, words[0]!, words[1]!);
    if (words.length === 3 || verdict.outcome === "refused") return verdict;
    return changed(isConstant ? `${errorsToo}; without --no-envoy-filters errors have none` : errorsToo, verdict.to);
  }
  if (name === "more_set_input_headers" && isGiven && given.every(([, text]) => text !== "")) {
    return all(given.map(([header, text]) => write(request.set, header, text)));
  }
  if (name === "proxy_set_header" && words.length === 2) {
    const [header, text] = words as [string, string];
    if (sent[header.toLowerCase()]?.includes(text)) return converted(to);
    if (header.toLowerCase() === "host") {
      const vhost = `upstream-vhost: "${text}"`;
      return refused("NGINX sends a second Host header, which backends answer with 400", vhost);
    }
    if (text !== "") return write(request.set, header, text);
    request.remove.push(header);
    return converted(to);
  }
  const names = name === "more_clear_headers" || (name === "proxy_hide_header" && words.length === 1);
  if (names && words.length > 0 && words.every((word) => /^[\w-]+$/.test(word))) {
    return all(words.map(take));
  }
  return undefined;
}

/** A header and its value: to NGINX's module blanks are as good as a colon. No name for an option of the directive. */
function headerOf(word: string): [header: string, text: string] {
  const [, header = "", text = ""] = /^\s*(\w[\w-]*)(?:[\s:]+([\s\S]*))?$/.exec(word) ?? [];
  return [header, text.trim()];
}

const errorsToo = "add_header without always leaves errors out; the route adds the header to every answer";

function all(verdicts: Verdict[]): Verdict {
  return verdicts.find(({ outcome }) => outcome === "refused") ?? summary(verdicts);
}

/** Ranges that are admitted, and no others; or ranges that are not. */
function readAccess({ access, around, settings }: Wishes): Verdict {
  const why =
    "an AuthorizationPolicy takes ranges that are admitted with `deny all` after them, or ranges that are not";
  const rules = access.filter(
    ({ word, range }, index) => !(word === "allow" && range === "all" && index === access.length - 1),
  );
  const last = rules.at(-1);
  const ranges = rules.filter(({ range }) => range !== "all");
  const taken = ["whitelist", "allowlist", "denylist"].some(
    (name) => around.other(`${name}-source-range`) !== undefined,
  );
  const isAllow = last?.word === "deny" && last.range === "all";
  const words = new Set(ranges.map(({ word }) => word));
  const fits = isAllow
    ? rules.length === ranges.length + 1 && !words.has("deny")
    : ranges.length === rules.length && !words.has("allow");
  if (taken || !fits || ranges.some(({ range }) => !isRange(range)))
    return refused(why, 'whitelist-source-range: "10.0.0.0/8"');
  const given = [...new Set(ranges.map(({ range }) => range))].sort();
  if (!isAllow) settings.deny = given;
  else if (given.length > 0) settings.allow = given;
  else settings.deny = everyAddress;
  const field = isAllow && given.length > 0 ? "notRemoteIpBlocks" : "remoteIpBlocks";
  return given.length > 0 ? byAddress(field, around) : mapped(`AuthorizationPolicy DENY with ${field}, on the Gateway`);
}

function merge(settings: Settings, { request, response, success }: Wishes): void {
  if (Object.keys(success).length > 0) {
    settings.envoy.successHeaders = { ...settings.envoy.successHeaders, ...success };
  }
  Object.assign(settings.requestHeaders.set, request.set);
  settings.requestHeaders.remove.push(...request.remove);
  Object.assign(settings.responseHeaders.set, response.set);
  Object.assign(settings.responseHeaders.add, response.add);
  settings.responseHeaders.remove.push(...response.remove);
}
