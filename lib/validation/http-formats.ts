// Rules for the parts of HTTP that routes and policies name: paths, regular expressions, methods, headers, durations.
import { RE2JS } from "re2js";
import { first, list, mapOf, oneOf, Rule, text, value, whole } from "./rules";
import { duration, parseDuration } from "./formats";
import { textOf } from "./violations";

/** Methods that a route can tell apart. */
export const methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"] as const;

/** One of the methods. */
export const method: Rule = oneOf(methods);

const pathCharacters = /^\/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*$/;
const refusedInPaths = /\/\/|\/\.\.?(\/|$)|%2f/i;

/** A path as Gateway API takes it. */
export const path: Rule = value(
  (got) => typeof got === "string" && got.length <= 1024 && pathCharacters.test(got) && !refusedInPaths.test(got),
  "a path begins with `/`, has no empty or dotted segment, no query and no fragment",
  (got) => {
    const segments = textOf(got)
      .replace(/^[a-z]+:\/\/[^/]*/i, "")
      .replace(/[?#].*$/, "")
      .split("/")
      .filter((segment) => /^[-A-Za-z0-9._~]+$/.test(segment) && !/^\.\.?$/.test(segment));
    return `"/${segments.join("/")}"`;
  },
);

/** A regular expression as the proxies compile it. */
export const regex: Rule = value(
  (got) => typeof got === "string" && got !== "" && got.length <= 1024 && compiles(got),
  "the proxies compile regular expressions with RE2, which has no look-around and no back-references",
  '"/items/[0-9]+"',
);

function compiles(pattern: string): boolean {
  try {
    RE2JS.compile(pattern);
    return true;
  } catch {
    return false;
  }
}

const token = /^[A-Za-z0-9!#$%&'*+\-.^_|~`]{1,256}$/;

/** The name of a header or of a parameter of the query. */
export const headerName: Rule = text(token, "a header's name has letters, digits and `-_.`", '"x-version"');

/** Values by header name. */
export const headerValues: Rule = first(
  mapOf(
    text(/^[^\r\n]{1,4096}$/, "a header's value is a line of text", (got) => `"${textOf(got)}"`),
    '"x-version": "2"',
  ),
  value(
    (got) => typeof got !== "object" || Object.keys(got as object).every((name) => token.test(name)),
    "a header's name has letters, digits and `-_.`",
    '{ "x-version": "2" }',
  ),
);

/** Names of headers. */
export const headerNames: Rule = list(headerName, '"x-version"');

/** A length of time as Gateway API and Istio both take it. */
export const httpDuration: Rule = first(
  duration("1ms", "10s"),
  value(
    (got) => /^([0-9]{1,5}(h|m|s|ms)){1,4}$/.test(textOf(got)),
    "it is a duration of at least 1ms, in whole hours, minutes, seconds and milliseconds",
    (got) => `"${Math.max(1, Math.round((parseDuration(textOf(got)) ?? 0) * 1000))}ms"`,
  ),
);

/** A status that an HTTP server can answer with. */
export function status(from: number, to: number, usual: number): Rule {
  return whole(from, to, "a status", usual);
}
