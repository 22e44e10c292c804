// NGINX's expressions as expressions that Envoy matches as a whole: what they take, by RE2 itself.
import * as assert from "node:assert/strict";
import { RE2JS } from "re2js";
import { pathAndBelow, pathItself, substitution, whole, wholeOfPath } from "../../../lib/conversion/expressions";

const expression = (pattern: string, ignoresCase = false) => ({ pattern, ignoresCase });
const takes = (regex: string | undefined, text: string) => RE2JS.compile(regex!).matches(text);

describe("expressions of NGINX", () => {
  it("are found anywhere, unless they are bound to a place", () => {
    const written = (pattern: string, ignoresCase = false) => whole(expression(pattern, ignoresCase));
    assert.equal(written("^/a(.*)$"), "/a(.*)");
    assert.equal(written("^/a"), "/a.*");
    assert.equal(written("a$"), ".*?a");
    assert.equal(written("a|b", true), "(?i).*?(?:a|b).*");
    assert.equal(written(String.raw`^/a\.*`), String.raw`/a\.*.*`);
    // An anchor binds one of the alternatives only, and Envoy has neither lookaround nor references.
    for (const pattern of ["^a|b", "a|b$", "(?=a)b", String.raw`(a)\1`, "(a", "^a$\nb"]) {
      assert.equal(written(pattern), undefined, pattern);
    }
  });

  it("take as much of a path in front of a query as of a path", () => {
    const paths = ["/", "/a", "/a/b", "/b/a", "/ab", "/a.b", "/A", "/x/a/y/b", "/a/1"];
    for (const pattern of [
      "^/a",
      "^/a$",
      "a",
      "a$",
      "^/a(/|$)",
      "^/[^/]+/b",
      "^/a.b$",
      String.raw`^/a/\d`,
      "^/(a|b)(/.*)?$",
    ]) {
      for (const ignoresCase of [false, true]) {
        const regex = wholeOfPath(expression(pattern, ignoresCase), false);
        for (const path of paths) {
          const expected = new RegExp(pattern, ignoresCase ? "i" : "").test(path);
          for (const query of ["", "?", "?/a", "?a=/a/b&c"]) {
            assert.equal(takes(regex, path + query), expected, `${pattern} ${path}${query} ${regex}`);
          }
        }
      }
    }
    for (const pattern of [String.raw`a\?b`, "^/a$/b", "[?]", String.raw`[\S]`, String.raw`\bx`, "a(^b)", "(?=a)"]) {
      assert.equal(wholeOfPath(expression(pattern), false), undefined, pattern);
    }
  });

  it("take slashes that are several, or escaped, where requests are turned away", () => {
    const regex = wholeOfPath(expression("^/a/[^/]+/b(/|$)"), true);
    for (const path of ["/a/x/b", "//a///x//b", "/%2fa%2Fx/b?c", "/a/x/b//c"]) assert.ok(takes(regex, path), path);
    for (const path of ["/a/b", "/a/x/bc", "/c?/a/x/b"]) assert.ok(!takes(regex, path), path);
    assert.ok(!takes(wholeOfPath(expression("^/a/b"), false), "//a/b"));
  });

  it("have no more groups than a substitution may name", () => {
    assert.equal(substitution("/x/$1/$2", expression("^/(a)/(b)")), String.raw`/x/\1/\2`);
    assert.equal(substitution("/x", expression("^/a")), "/x");
    assert.equal(substitution("/$2", expression("^/(a)/(?:b)")), undefined);
    assert.equal(substitution("/$0", expression("^/(a)")), undefined);
  });

  it("are made of paths too", () => {
    for (const [regex, path, expected] of [
      [pathItself("/a.b"), "/a.b?c", true],
      [pathItself("/a.b"), "/axb", false],
      [pathItself("/a"), "/a/b", false],
      [pathAndBelow("/a"), "/a/b?c", true],
      [pathAndBelow("/a"), "/a?c", true],
      [pathAndBelow("/a"), "/ab", false],
    ] as const) {
      assert.equal(takes(regex, path), expected, `${regex} ${path}`);
    }
  });
});
