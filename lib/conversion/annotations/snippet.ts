// A configuration-snippet, as far as every line of it sets or takes away a header with a fixed value.
import { changed, converted, mapped, refused, type Verdict } from "../report";
import type { HeaderChanges, Settings } from "../settings";
import type { Reader } from "./family";

const fix = "each line as a filter of the HTTPRoute";

/** Lines by which NGINX lets WebSockets through, which Envoy does by itself. */
const webSockets = [
  /^proxy_http_version 1\.1$/,
  /^proxy_set_header Upgrade \$http_upgrade$/i,
  /^proxy_set_header Connection "?(upgrade|\$connection_upgrade)"?$/i,
  // NGINX sends the header by another line all the same.
  /^proxy_set_header (Upgrade|Connection) ""$/i,
];

/** Variables that a request has as headers of the same meaning already. */
const sent: { [header: string]: string } = {
  host: "$host",
  "x-forwarded-proto": "$scheme",
  "x-forwarded-for": "$remote_addr",
};

export const readSnippet: Reader = (value, settings) => {
  const lines = directives(value);
  if (lines === undefined) return refused("Envoy does not read NGINX's configuration", fix);
  const request: HeaderChanges = { set: {}, add: {}, remove: [] };
  const response: HeaderChanges = { set: {}, add: {}, remove: [] };
  let added = false;
  for (const line of lines) {
    if (webSockets.some((form) => form.test(line))) continue;
    const [name, ...words] = wordsOf(line);
    if (words.some((word) => word.includes("$")) && !isSent(name, words)) return variable(line);
    if (name === "more_set_headers" && words.every((word) => /^[\w-]+:/.test(word))) {
      for (const word of words) {
        const [header, text] = [word.slice(0, word.indexOf(":")), word.slice(word.indexOf(":") + 1).trim()];
        if (text === "") response.remove.push(header);
        else response.set[header] = text;
      }
    } else if (name === "add_header" && (words.length === 2 || (words.length === 3 && words[2] === "always"))) {
      // NGINX adds no header without a value.
      if (words[1] === "") continue;
      response.add[words[0]!] = words[1]!;
      added ||= words.length === 2;
    } else if (name === "proxy_set_header" && words.length === 2) {
      if (isSent(name, words)) continue;
      if (words[0]!.toLowerCase() === "host") {
        return refused(
          "NGINX sends a second Host header, which backends answer with 400",
          `upstream-vhost: "${words[1]!}"`,
        );
      }
      if (words[1] === "") request.remove.push(words[0]!);
      else request.set[words[0]!] = words[1]!;
    } else if (name === "more_clear_headers" && words.every((word) => /^[\w-]+$/.test(word))) {
      response.remove.push(...words);
    } else if (
      (name === "proxy_hide_header" || name === "more_clear_headers") &&
      words.length === 1 &&
      /^[\w-]+$/.test(words[0]!)
    ) {
      response.remove.push(words[0]!);
    } else return refused(`a route cannot do what \`${line}\` says`, fix);
  }
  merge(settings, request, response);
  return verdict(lines, added);
};

function verdict(lines: string[], added: boolean): Verdict {
  if (lines.every((line) => webSockets.some((form) => form.test(line)))) return mapped("what Envoy does");
  const to = "RequestHeaderModifier and ResponseHeaderModifier";
  return added
    ? changed("add_header without always leaves errors out; the route adds the header to every answer", to)
    : converted(to);
}

function variable(line: string): Verdict {
  return refused(`a route knows no variables, as in \`${line}\``, fix);
}

/** A header for the backend that Envoy sends with that value, or the like of it, by itself. */
function isSent(name: string | undefined, words: string[]): boolean {
  return name === "proxy_set_header" && sent[words[0]?.toLowerCase() ?? ""] === words[1];
}

function merge(settings: Settings, request: HeaderChanges, response: HeaderChanges): void {
  Object.assign(settings.requestHeaders.set, request.set);
  settings.requestHeaders.remove.push(...request.remove);
  Object.assign(settings.responseHeaders.set, response.set);
  Object.assign(settings.responseHeaders.add, response.add);
  settings.responseHeaders.remove.push(...response.remove);
}

/** The directives of the snippet; undefined where it has blocks or quotes that do not end. */
export function directives(snippet: string): string[] | undefined {
  const found: string[] = [];
  let line = "";
  let quote = "";
  let comment = false;
  for (const letter of snippet) {
    if (comment) {
      comment = letter !== "\n";
      continue;
    }
    if (quote !== "") {
      if (letter === quote) quote = "";
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === "#" && /(^|\s)$/.test(line)) {
      comment = true;
      continue;
    } else if (letter === "{" || letter === "}") return undefined;
    else if (letter === ";") {
      found.push(line.trim().replace(/\s+/g, " "));
      line = "";
      continue;
    }
    line += letter;
  }
  return quote === "" && line.trim() === "" ? found : undefined;
}

/** The words of a directive, without their quotes. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  );
}
