// Paths and methods that snippets turn away: the policies on the Gateway, and where there can be none.
import * as assert from "node:assert/strict";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import type { Ingress } from "../../../lib/conversion/objects";
import { ingressWith, only, verdicts, type Given } from "./cases";

const hosts = ["shop.example.com", "shop.example.com:*"];
const both = ["80", "443"];
const to = "AuthorizationPolicy DENY with paths, on the Gateway";
const open = (path: string) =>
  `NGINX decodes and merges slashes before it looks for a path: /${path} is open here, unless controlPlane.values.meshConfig.pathNormalization.normalization of AmbientMesh is DECODE_AND_MERGE_SLASHES`;
const fix = "way out: an AuthorizationPolicy with action DENY for what it turns away, on the Gateway";
const unread = `refused (it turns requests away, and Envoy, which does not read NGINX's configuration, would let them pass) ${fix}`;
const backend = { service: { name: "web", port: { number: 80 } } };

function withPaths(given: Given, ...paths: (string | [path: string, pathType: string])[]): Ingress {
  const list = paths.map((one) => (typeof one === "string" ? ([one, "Prefix"] as const) : one));
  return ingressWith(given, {
    rules: [
      {
        host: "shop.example.com",
        http: { paths: list.map(([path, pathType]) => ({ path, pathType, backend })) },
      },
    ],
  });
}

const besides = (path: string, given: Given = {}): Ingress => {
  const other = withPaths(given, path);
  return { ...other, metadata: { ...other.metadata, name: "other" } };
};

function closed(...ingresses: Ingress[]): object[] {
  const { spec } = only(convert(ingresses).objects, "AuthorizationPolicy");
  const { rules, ...others } = spec as {
    action: string;
    targetRefs: object[];
    rules: { to: { operation: object }[] }[];
  };
  assert.deepEqual(others, {
    action: "DENY",
    targetRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "hostk8s-gateway" }],
  });
  assert.deepEqual(
    rules.map((rule) => Object.keys(rule)),
    [["to"]],
  );
  return rules[0]!.to.map(({ operation }) => operation);
}

const server = (text: string): Given => ({ "server-snippet": text });
const location = (text: string): Given => ({ "configuration-snippet": text });
const operation = (paths: string[], ...notPaths: string[]) => ({
  hosts,
  ports: both,
  paths,
  ...(notPaths.length > 0 ? { notPaths } : {}),
});

describe("paths that a snippet closes", () => {
  const forms: [snippet: string, ...paths: string[]][] = [
    ["location = /admin { deny all; }", "/admin"],
    ["location /admin { deny all; }", "/admin*"],
    ["location ^~ /admin/ { access_log off; deny all; }", "/admin/*"],
    ["location ~ ^/(?:build|data)/ { return 403; }", "/build/*", "/data/*"],
    ["location ~ ^/a(/|$) { return 403; }", "/a", "/a/*"],
    ["location ~ ^/a\\.b/?$ { deny all; }", "/a.b", "/a.b/"],
    ['if ($uri = "/++api++/@send") { return 403; } if ($uri ~ ^/x.*) { return 403; }', "/++api++/@send", "/x*"],
    ["# location = /open { deny all; }\nlocation = /shut { deny all; }", "/shut"],
  ];
  for (const [snippet, ...paths] of forms) {
    it(`of a host: ${JSON.stringify(snippet)}`, () => {
      assert.deepEqual(
        closed(ingressWith(server(snippet))),
        paths.map((path) => operation([path])),
      );
    });
  }

  it("say what differs", () => {
    const without = { ...standardOptions, envoyFilters: false };
    const said = (given: Given) => verdicts(convert([ingressWith(given)], without).entries);
    const changed = (...details: string[]) => [`server-snippet: changed → ${to} (${details.join("; ")})`];
    assert.deepEqual(said(server("location = /x { deny all; }")), changed(open("/x")));
    assert.deepEqual(
      said(server("location ~* ^/a.b { return 404; }")),
      changed(
        open("/a.b"),
        "a dot stands for itself, which NGINX takes as any character",
        "upper and lower case are told apart, which NGINX does not",
        "the answer is 403, where NGINX sends 404",
      ),
    );
  });

  it("are closed however they are written, by routes of Envoy too", () => {
    const closing = (given: Given) => {
      const { objects, entries } = convert([ingressWith(given)]);
      const { configPatches } = only(objects, "EnvoyFilter").spec as { configPatches: { patch: object }[] };
      return [...configPatches.map(({ patch }) => patch), ...verdicts(entries)];
    };
    const route = (regex: string, status: number) => ({
      name: "shop.web-rule-0-before-0",
      match: { prefix: "/", headers: [{ name: ":path", string_match: { safe_regex: { regex } } }] },
      direct_response: { status },
    });
    const slash = "(?:(?:/|%2[fF])+)";
    const filter = `${to}; EnvoyFilter with direct_response`;
    assert.deepEqual(closing(server("location ^~ /x { deny all; }")), [
      { operation: "INSERT_FIRST", value: route(`${slash}x.*`, 403) },
      `server-snippet: mapped → ${filter}`,
    ]);
    assert.deepEqual(closing(location("location = /x { return 403; }")), [
      { operation: "INSERT_BEFORE", value: route(`${slash}x(?:\\?.*)?`, 403) },
      `configuration-snippet: mapped → ${filter}`,
    ]);
    assert.deepEqual(closing(server("location ~* ^/a.b { return 404; }")), [
      { operation: "INSERT_FIRST", value: route(`(?i)${slash}a[^?]b.*`, 404) },
      `server-snippet: changed → ${filter} (the answer is 403, where NGINX sends 404)`,
    ]);
  });

  it("leave the paths open that NGINX takes before them", () => {
    const given = server("location /admin { deny all; }");
    assert.deepEqual(
      closed(withPaths(given, "/", "/admin/public", "/admin/more/", ["/admin/one", "Exact"], "/other")),
      [operation(["/admin*"], "/admin/public", "/admin/public/*", "/admin/more/*", "/admin/one")],
    );
  });

  it("are refused beside a path that ends with *, which a policy takes for anything", () => {
    const given = server("location /admin { deny all; }");
    for (const paths of [
      ["/", "/admin*"],
      ["/", ["/admin/*", "Exact"]],
    ] as Parameters<typeof withPaths>[1][][]) {
      const path = paths[1] === "/admin*" ? "/admin*" : "/admin/*";
      assert.deepEqual(verdicts(convert([withPaths(given, ...paths)]).entries), [
        `server-snippet: refused (an AuthorizationPolicy takes the * at the end of ${path} for anything, which NGINX takes as it is) way out: a path without it, or a host of its own for it`,
      ]);
    }
    assert.deepEqual(closed(withPaths(given, "/", "/open*")), [operation(["/admin*"])]);
  });

  it("of a host are closed on the paths of other Ingresses too, by the oldest snippet of the host alone", () => {
    const [admin, next] = [server("location /admin { deny all; }"), server("location = /x { deny all; }")];
    const both = [withPaths(admin, "/shop"), besides("/admin/public")];
    assert.deepEqual(closed(...both), [operation(["/admin*"], "/admin/public", "/admin/public/*")]);
    const { objects, entries } = convert(both);
    assert.deepEqual(verdicts(entries), [`server-snippet: changed → ${to} (${open("/admin")})`]);
    assert.ok(objects.every(({ kind }) => kind !== "EnvoyFilter"));
    const older = besides("/", next);
    older.metadata.creationTimestamp = "2025-01-01T00:00:00Z";
    const younger = withPaths(admin, "/shop");
    younger.metadata.creationTimestamp = "2026-01-01T00:00:00Z";
    assert.deepEqual(closed(older, younger), [operation(["/x"])]);
    assert.deepEqual(
      verdicts(convert([older, younger]).entries).at(-1),
      "server-snippet: converted (NGINX takes the server-snippet of shop.example.com from shop/other)",
    );
  });

  it("are those of the Ingress's own paths, where its paths have the snippet", () => {
    const given = location("location /admin { deny all; }");
    assert.deepEqual(closed(withPaths(given, "/"), besides("/admin/public")), [
      operation(["/admin*"], "/admin/public", "/admin/public/*"),
    ]);
    const { objects, entries } = convert([withPaths(given, "/"), besides("/admin")]);
    assert.deepEqual(
      objects.filter(({ kind }) => kind === "AuthorizationPolicy"),
      [],
    );
    assert.deepEqual(verdicts(entries), [
      `configuration-snippet: mapped → ${to}; EnvoyFilter with direct_response (/admin goes to shop/other, of which it is no part)`,
    ]);
  });

  it("come after the redirect to https where NGINX redirects first", () => {
    const tls = { tls: [{ hosts: ["shop.example.com"], secretName: "cert" }] };
    const ports = (given: Given) => closed(ingressWith(given, tls)).map((one) => (one as { ports: string[] }).ports);
    assert.deepEqual(ports(location("location /x { deny all; }")), [["443"]]);
    assert.deepEqual(ports(location("location /x { return 403; }")), [both]);
    assert.deepEqual(ports(server("location /x { deny all; }")), [both]);
  });

  it("are refused where NGINX does not load them, or takes an expression first", () => {
    const nested = location("location /admin { deny all; }");
    const refused = (why: string) => [`refused (${why}) ${fix}`];
    const last = (...ingresses: Ingress[]) =>
      verdicts(convert(ingresses).entries)
        .filter((line) => line.includes(": refused"))
        .map((line) => line.replace(/^[a-z-]+: /, ""));
    const unloaded = (path: string) => `NGINX does not load a configuration with location /admin in that of ${path}`;
    assert.deepEqual(last(withPaths(nested, "/shop")), refused(unloaded("/shop")));
    assert.deepEqual(last(withPaths(nested, "/shop/")), refused(unloaded("/shop/")));
    assert.deepEqual(last(withPaths({ ...nested, "use-regex": "true" }, "/")), refused(unloaded("/")));
    const expressions = "the paths of the host are regular expressions, of which NGINX may take one first";
    const first = { ...server("location /admin { deny all; }"), "use-regex": "true" };
    assert.deepEqual(last(withPaths(first, "/")), refused(expressions));
    const condition = location("if ($uri = /admin) { return 403; }");
    assert.deepEqual(last(withPaths(condition, "/"), besides("/x", { "use-regex": "true" })), refused(expressions));
    assert.deepEqual(
      last(
        ingressWith(nested, {
          rules: [{ host: "*.example.com", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
        }),
      ),
      [
        "refused (an AuthorizationPolicy can name neither all other hosts nor a wildcard with every port) way out: each host by its name",
      ],
    );
  });

  it("are closed before every expression where NGINX asks them first", () => {
    for (const snippet of [
      "location = /x { deny all; }",
      "location ^~ /x { deny all; }",
      "location ~ ^/x { deny all; }",
    ]) {
      const given = { ...server(snippet), "use-regex": "true" };
      assert.deepEqual(closed(withPaths(given, "/x/open")), [operation([snippet.includes("=") ? "/x" : "/x*"])]);
    }
  });

  const others = [
    "location /x { deny all; proxy_pass http://other; }",
    "location ~ ^/(?=[a-z]) { deny all; }",
    "location /{x} { deny all; }",
    "location @named { return 403; }",
    "if ($cookie_bot ~ bot) { return 403; }",
    "if ($uri = /x) { deny all; }",
    'location /x { return 403 "no"; }',
    "limit_except GET { deny all; }",
    "location /x { deny all; ",
  ];
  for (const snippet of others) {
    it(`are refused in other forms: ${snippet}`, () => {
      assert.deepEqual(verdicts(convert([ingressWith(server(snippet))]).entries), [`server-snippet: ${unread}`]);
    });
  }
});

describe("methods that a snippet admits", () => {
  it("are the only ones that pass", () => {
    const given = location("limit_except GET POST { deny all; }");
    assert.deepEqual(closed(withPaths(given, "/api"), besides("/")), [
      { hosts, paths: ["/api", "/api/*"], ports: both, notMethods: ["GET", "POST", "HEAD"] },
    ]);
    assert.deepEqual(verdicts(convert([ingressWith(given)]).entries), [
      "configuration-snippet: mapped → AuthorizationPolicy DENY with notMethods, on the Gateway",
    ]);
  });

  for (const snippet of [
    "limit_except GET { allow 10.0.0.0/8; deny all; }",
    "limit_except { deny all; }",
    "limit_except GET { return 405; }",
  ]) {
    it(`are refused in other forms: ${snippet}`, () => {
      assert.deepEqual(verdicts(convert([ingressWith(location(snippet))]).entries), [
        `configuration-snippet: ${unread}`,
      ]);
    });
  }
});
