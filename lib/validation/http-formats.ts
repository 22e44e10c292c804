// Rules for the parts of HTTP that routes and policies name: paths, regular expressions, methods, headers, durations.
import { RE2JS } from "re2js";
import { HttpMethod } from "./closed-sets";
import { first, list, mapOf, oneOf, Rule, text, value, whole } from "./rules";
import { duration, parseDuration } from "./formats";
import { textOf } from "./violations";

/** One of the methods. */
export const method: Rule = oneOf(Object.values(HttpMethod));

const pathCharacters = /^\/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*$/;
const refusedInPaths = /\/\/|\/\.\.?(\/|$)|%2f/i;

/** A path as Gateway API takes it. */
export const path: Rule = value(
  (got) => typeof got === "string" && got.length <= 1024 && pathCharacters.test(got) && !refusedInPaths.test(got),
  "must be a path that begins with `/`, without empty or dot segments, query or fragment",
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
  "must be a regular expression that RE2 compiles, which has no lookaround and no backreferences",
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

/** The name of a header or query parameter. */
export const headerName: Rule = text(token, "must be a header name: letters, digits, `-`, `_` or `.`", '"x-version"');

/** Values by header name. */
export const headerValues: Rule = first(
  mapOf(
    text(/^[^\r\n]{1,4096}$/, "must be one line of text", (got) => `"${textOf(got)}"`),
    '"x-version": "2"',
  ),
  value(
    (got) => typeof got !== "object" || Object.keys(got as object).every((name) => token.test(name)),
    "must be a header name: letters, digits, `-`, `_` or `.`",
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
    "must be a duration of at least 1ms, in whole hours, minutes, seconds and milliseconds",
    (got) => `"${Math.max(1, Math.round((parseDuration(textOf(got)) ?? 0) * 1000))}ms"`,
  ),
);

/** A status code of an HTTP response. */
export function status(from: number, to: number, usual: number): Rule {
  return whole(from, to, usual);
}
