// Paths of hosts of regular expressions: which match and which rewrite each becomes, and what is said of it.
import * as assert from "node:assert/strict";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import type { Ingress } from "../../../lib/conversion/objects";
import { ingressWith, only, type Given } from "./cases";

const backend = { service: { name: "web", port: { number: 80 } } };

function ingressOf(paths: string[], given: Given, pathType = "ImplementationSpecific"): Ingress {
  const list = paths.map((path) => ({ path, pathType, backend }));
  return ingressWith(given, { rules: [{ host: "shop.example.com", http: { paths: list } }] });
}

interface Rule {
  matches: { path: { type: string; value: string } }[];
  filters?: { type: string; urlRewrite?: { path: { replaceFullPath?: string; replacePrefixMatch?: string } } }[];
}

/** Each rule as `match → rewrite`, and each path's verdict. */
function seen(paths: string[], given: Given, pathType?: string, options = standardOptions): string[] {
  const { objects, entries } = convert([ingressOf(paths, given, pathType)], options);
  const routes = objects.filter(({ kind }) => kind === "HTTPRoute");
  const rules = routes.flatMap(({ spec }) => (spec as { rules: Rule[] }).rules);
  const lines = rules.map(({ matches: [match], filters }) => {
    const path = filters?.find(({ type }) => type === "URLRewrite")?.urlRewrite?.path;
    const to = path ? ` → ${path.replaceFullPath ?? `prefix ${path.replacePrefixMatch}`}` : "";
    return `${match!.path.type} ${match!.path.value}${to}`;
  });
  const said = entries
    .filter(({ part, outcome, detail }) => part === "path" && (outcome !== "converted" || detail !== undefined))
    .map(({ name, outcome, detail }) => `${name.replace("shop.example.com", "")}: ${outcome}: ${detail}`);
  return [...lines, ...said];
}

const rewrite = (target: string): Given => ({ "rewrite-target": target });
const regex: Given = { "use-regex": "true" };
const cased = "upper and lower case are told apart, which NGINX does not";
const noGroups = "HTTPRoute replaces a prefix or the whole path, and knows no groups";

const cases: [what: string, paths: string[], given: Given, ...expected: string[]][] = [
  [
    "a prefix with a group after it",
    ["/x(/|$)(.*)"],
    rewrite("/$2"),
    "PathPrefix /x → prefix /",
    `/x(/|$)(.*): changed: ${cased}`,
  ],
  [
    "the same with one group",
    ["/x/?(.*)"],
    rewrite("/$1"),
    "PathPrefix /x → prefix /",
    `/x/?(.*): changed: ${cased}; a path such as /xx is not taken any more`,
  ],
  [
    "the same below the path only",
    ["/x/(.*)"],
    rewrite("/$1"),
    "PathPrefix /x → prefix /",
    `/x/(.*): changed: ${cased}; /x itself is taken too`,
  ],
  [
    "a new base",
    ["/x(/|$)(.*)"],
    rewrite("/base/$2"),
    "PathPrefix /x → prefix /base",
    "Exact /x → /base/",
    `/x(/|$)(.*): changed: ${cased}`,
  ],
  [
    "a group with its slash",
    ["/x(/.*)?$"],
    rewrite("/base$1"),
    "PathPrefix /x → prefix /base",
    `/x(/.*)?$: changed: ${cased}`,
  ],
  ["digits, which have no case", ["/1(/|$)(.*)"], rewrite("/$2"), "PathPrefix /1 → prefix /"],
  [
    "a group with the end of the path in it",
    ["/x(/|$)(.*$)"],
    rewrite("/$2"),
    "PathPrefix /x → prefix /",
    `/x(/|$)(.*$): changed: ${cased}`,
  ],
  [
    "a dot, which is any character",
    ["/1.0(/|$)(.*)"],
    rewrite("/$2"),
    "PathPrefix /1.0 → prefix /",
    "/1.0(/|$)(.*): changed: a dot stands for itself, which NGINX takes as any character",
  ],
  ["a dot that is not meant so", ["/1\\.0(/|$)(.*)"], rewrite("/$2"), "PathPrefix /1.0 → prefix /"],
  ["a dot in an expression", ["/1.0(/|$)"], regex, "RegularExpression (?i)/1.0(/|$).*"],
  [
    "a target that changes nothing but the case",
    ["/x/(.*)"],
    rewrite("/x/$1"),
    "RegularExpression (?i)/x/(.*)",
    "/x/(.*): changed: the backend sees upper case in /x as the client writes it, where NGINX sends /x",
  ],
  [
    "a target that changes nothing",
    ["/1/(.*)"],
    rewrite("/1/$1"),
    "PathPrefix /1",
    "/1/(.*): changed: /1 itself is taken too",
  ],
  [
    "a target that gives the path itself a slash",
    ["/x(/|$)(.*)"],
    rewrite("/x/$2"),
    "PathPrefix /x → prefix /x",
    "Exact /x → /x/",
    `/x(/|$)(.*): changed: ${cased}`,
  ],
  [
    "a target that changes nothing of it but the case",
    ["/x(/.*)?$"],
    rewrite("/x$1"),
    "RegularExpression (?i)/x(/.*)?$",
    "/x(/.*)?$: changed: the backend sees upper case in /x as the client writes it, where NGINX sends /x",
  ],
  ["a target without groups", ["/x"], rewrite("/new"), "RegularExpression (?i)/x.* → /new"],
  ["a group that there is not", ["/x"], rewrite("/$1"), "RegularExpression (?i)/x.* → /"],
  ["the root as a whole", ["/"], rewrite("/new"), "PathPrefix / → /new"],
  [
    "two groups",
    ["/(a|b)/(.*)"],
    rewrite("/$2/$1"),
    "RegularExpression (?i)/(a|b)/(.*)",
    "/(a|b)/(.*): mapped: undefined",
  ],
  [
    "a group in the middle, and one that there is not",
    ["/x/(.*)/y"],
    rewrite("/$1/z$2"),
    "RegularExpression (?i)/x/(.*)/y.*",
    "/x/(.*)/y: mapped: undefined",
  ],
  ["a group without a slash before it", ["/x/(.*)/y"], rewrite("$1"), `/x/(.*)/y: refused: ${noGroups}`],
  ["groups of alternatives", ["/x/(.*)/y|/z"], rewrite("/$1"), `/x/(.*)/y|/z: refused: ${noGroups}`],
  ["a variable", ["/x/(.*)"], rewrite("/$host/$1"), "/x/(.*): refused: a rewrite knows no variables"],
  [
    "expressions, the longest first",
    ["/a/[0-9]+", "/a/.*", "/"],
    regex,
    "RegularExpression (?i)/a/[0-9]+.*",
    "RegularExpression (?i)/a/.*",
    "RegularExpression (?i)/.*",
  ],
  [
    "expressions whose order has to be kept by groups of nothing",
    ["/aa$", "/a.*"],
    regex,
    "RegularExpression (?i)/aa$(?:)",
    "RegularExpression (?i)/a.*",
  ],
  [
    "alternatives, of which only the first begins at the beginning",
    ["/a|/b"],
    regex,
    "RegularExpression (?i).*?(?:^/a|/b).*",
  ],
  [
    "what RE2 does not take",
    ["/(?!admin).*"],
    regex,
    "/(?!admin).*: refused: Envoy takes regular expressions of RE2 only",
  ],
  [
    "a path that another one takes before it",
    ["/a(/|$)(.*)", "/a/b"],
    rewrite("/$2"),
    "PathPrefix /a → prefix /",
    "RegularExpression (?i)/a/b.* → /",
    `/a(/|$)(.*): changed: ${cased}`,
  ],
];

describe("paths of a host of regular expressions", () => {
  it("have groups of their own by Envoy alone", () => {
    const patched = (path: string, target: string) => {
      const { objects } = convert([ingressOf([path, "/"], { ...rewrite(target), "proxy-send-timeout": "90" })]);
      const { configPatches } = only(objects, "EnvoyFilter").spec as { configPatches: { patch: { value: object } }[] };
      return configPatches.map(({ patch: { value } }) => value);
    };
    const rewriting = (regex: string, substitution: string) => ({
      regex_rewrite: { pattern: { regex }, substitution },
    });
    assert.deepEqual(patched("/x/(.*)/y", "/$1/z$2"), [
      { route: { idle_timeout: "90s", ...rewriting("^(?i)/x/(.*)/y.*$", "/\\1/z") } },
      { route: { idle_timeout: "90s" } },
    ]);
    const without = { ...standardOptions, envoyFilters: false };
    assert.deepEqual(seen(["/(a|b)/(.*)"], rewrite("/$2"), undefined, without), [`/(a|b)/(.*): refused: ${noGroups}`]);
  });

  for (const [what, paths, given, ...expected] of cases) {
    it(what, () => assert.deepEqual(seen(paths, given), expected));
  }
});

describe("a plain path of a host", () => {
  const path = (at: string, pathType: string, name: string) => ({
    path: at,
    pathType,
    backend: { service: { name, port: { number: 80 } } },
  });
  const matches = (paths: object[], given: Given = {}) => {
    const http = { paths: paths as ReturnType<typeof path>[] };
    const one = ingressWith(given, { rules: [{ host: "shop.example.com", http }] });
    const other = ingressOf(["/bar/[0-9]+"], regex);
    const { objects } = convert([{ ...one, metadata: { ...one.metadata, name: "one" } }, other]);
    return objects.flatMap(({ spec }) =>
      (spec as { rules: (Rule & { backendRefs: { name: string }[] })[] }).rules.map(
        ({ matches: [match], backendRefs }) => `${match!.path.value} → ${backendRefs[0]!.name}`,
      ),
    );
  };

  it("is what is below it where the same path is there as an exact one, among expressions", () => {
    const exact = path("/foo", "Exact", "x");
    const rest = "(?i)/bar/[0-9]+.* → web";
    assert.deepEqual(matches([path("/foo", "Prefix", "y"), exact]), ["(?i)/foo/.* → y", "(?i)/foo.* → x", rest]);
    assert.deepEqual(matches([path("/foo", "Prefix", "y"), exact], regex), [
      "(?i)/foo.*(?:) → y",
      "(?i)/foo.* → x",
      rest,
    ]);
  });

  it("is refused where it is the rewrite-target too, unless NGINX leaves it as it is", () => {
    const why =
      "NGINX adds a slash to the path, and rewrites all below it to the rewrite-target, which is the path without it";
    for (const pathType of ["Prefix", "ImplementationSpecific"])
      assert.deepEqual(seen(["/api"], rewrite("/api"), pathType), [`/api: refused: ${why}`]);
    assert.deepEqual(seen(["/api/"], rewrite("/api/"), "Prefix"), ["RegularExpression (?i)/api/.*"]);
    for (const [given, pathType] of [
      [rewrite("/api"), "Exact"],
      [{ ...rewrite("/api"), ...regex }, "Prefix"],
    ] as const)
      assert.deepEqual(seen(["/api"], given, pathType), ["RegularExpression (?i)/api.*"]);
  });
});

describe("a new prefix for every path", () => {
  const given = { ...rewrite("/app/$1"), ...regex };
  const documents = [ingressOf(["/(.*)", "/fixed$"], given)];

  it("is put before it by an EnvoyFilter, since Istio leaves the slash out", () => {
    const { objects, entries } = convert(documents);
    const { rules } = only(objects, "HTTPRoute").spec as { rules: (Rule & { name?: string })[] };
    assert.deepEqual(
      rules.map(({ name, matches: [match], filters }) => [name, match!.path, filters]),
      [
        [undefined, { type: "Exact", value: "/fixed" }, fullRewrite("/app/")],
        ["shop.web-rule-1", { type: "PathPrefix", value: "/" }, undefined],
        [undefined, { type: "Exact", value: "/" }, fullRewrite("/app/")],
      ],
    );
    const { configPatches } = only(objects, "EnvoyFilter").spec as { configPatches: object[] };
    assert.deepEqual(configPatches, [
      {
        applyTo: "HTTP_ROUTE",
        match: {
          context: "GATEWAY",
          routeConfiguration: { vhost: { route: { name: "shop.web-rule-1", action: "ROUTE" } } },
        },
        patch: {
          operation: "MERGE",
          value: { route: { regex_rewrite: { pattern: { regex: "^/(.*)$" }, substitution: "/app/\\1" } } },
        },
      },
    ]);
    assert.deepEqual(
      entries.filter(({ name }) => name.endsWith("/(.*)")).map(({ outcome, to }) => [outcome, to]),
      [["mapped", "PathPrefix /, Exact /; EnvoyFilter with regex_rewrite"]],
    );
  });

  it("is refused without one, unless it is none", () => {
    const refusals = (list: object[]) =>
      convert(list, { ...standardOptions, envoyFilters: false }).entries.flatMap(({ outcome, name, detail, fix }) =>
        outcome === "refused" ? [[name, detail, fix]] : [],
      );
    assert.deepEqual(refusals(documents), [
      [
        "shop.example.com/(.*)",
        "Istio puts the new prefix before /x without the slash between them (https://github.com/istio/istio/issues/60182)",
        "convert without --no-envoy-filters, or the application at /",
      ],
    ]);
    assert.deepEqual(refusals([ingressOf(["/(.*)"], { ...rewrite("/$1"), ...regex })]), []);
  });

  function fullRewrite(replaceFullPath: string): object[] {
    return [{ type: "URLRewrite", urlRewrite: { path: { type: "ReplaceFullPath", replaceFullPath } } }];
  }
});

describe("X-Forwarded-Prefix", () => {
  const sent = (path: string, target: string) => {
    const given = { ...rewrite(target), "x-forwarded-prefix": "/base" };
    const { rules } = only(convert([ingressOf([path], given)]).objects, "HTTPRoute").spec as { rules: Rule[] };
    return rules.map(({ filters = [] }) => filters.some(({ type }) => type === "RequestHeaderModifier"));
  };

  it("is sent wherever the target is another text than the path, be the path the same after all", () => {
    assert.deepEqual(sent("/x/(.*)", "/x/$1"), [true]);
    assert.deepEqual(sent("/x(/|$)(.*)", "/x/$2"), [true, true]);
    assert.deepEqual(sent("/x/", "/x/"), [false]);
  });
});

describe("plain paths", () => {
  it("with a slash at their end redirect who leaves it out, unless that is a path too", () => {
    assert.deepEqual(seen(["/a/"], {}, "Prefix"), ["PathPrefix /a", "Exact /a"]);
    assert.deepEqual(seen(["/a/", "/a"], {}, "Prefix"), ["PathPrefix /a", "Exact /a"]);
  });

  it("that end with * are taken as they are, which is said", () => {
    const said = "converted: NGINX takes the * as it is, and so does the route";
    assert.deepEqual(seen(["/a/*"], {}, "Prefix"), ["PathPrefix /a/*", `/a/*: ${said}`]);
    assert.deepEqual(seen(["/a*"], {}, "Exact"), ["Exact /a*", `/a*: ${said}`]);
  });

  it("that HTTPRoute does not take are refused", () => {
    const refused = ["/a b: refused: HTTPRoute does not take these characters in a path"];
    assert.deepEqual(seen(["/a b"], {}, "Prefix"), refused);
  });
});

describe("a prefix of which other paths take everything", () => {
  it("is served by these, and said to be", () => {
    const list = [
      { path: "/a", pathType: "Prefix", backend: { service: { name: "old", port: { number: 80 } } } },
      { path: "/a", pathType: "Exact", backend },
      { path: "/a/", pathType: "Prefix", backend },
    ];
    const { objects, entries } = convert([
      ingressWith({}, { rules: [{ host: "shop.example.com", http: { paths: list } }] }),
    ]);
    const rules = objects.flatMap(({ spec }) => (spec as { rules: Rule[] }).rules);
    assert.deepEqual(
      rules.map(({ matches: [match] }) => `${match!.path.type} ${match!.path.value}`),
      ["PathPrefix /a", "Exact /a"],
    );
    assert.ok(!JSON.stringify(objects).includes('"old"'));
    const told = entries.flatMap(({ part, detail }) => (part === "path" && detail !== undefined ? [detail] : []));
    assert.deepEqual(told, ["other paths of the host take all of its requests"]);
  });
});
