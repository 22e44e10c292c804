// What a snippet answers by itself, as routes of Envoy before those of the Ingress; and what the backend sees of a path.
import * as assert from "node:assert/strict";
import { convert } from "../../../lib/conversion/convert";
import type { Ingress, Written } from "../../../lib/conversion/objects";
import { ingressWith, only, ownFilter, verdicts, type Given } from "./cases";

interface Patch {
  applyTo: string;
  match: { routeConfiguration: { vhost: { route: { name: string } } } };
  patch: { operation: string; value: object };
}

const backend = { service: { name: "web", port: { number: 80 } } };
const withPaths = (...paths: string[]): Partial<Ingress["spec"]> => ({
  rules: [
    {
      host: "shop.example.com",
      http: {
        paths: paths.map((path) => ({
          path: path.replace(/^=/, ""),
          pathType: path.startsWith("=") ? "Exact" : "Prefix",
          backend,
        })),
      },
    },
  ],
});
/** Where each patch goes, and what it puts there. */
const patches = (objects: readonly Written[]) =>
  (ownFilter(objects).spec as { configPatches: Patch[] }).configPatches
    .filter(({ applyTo }) => applyTo === "HTTP_ROUTE")
    .map(({ match, patch }) => [patch.operation, match.routeConfiguration.vhost.route.name, patch.value]);
const path = (regex: string) => ({ name: ":path", string_match: { safe_regex: { regex } } });
const not = (regex: string) => ({ ...path(regex), invert_match: true });
const verdict = (given: Given, more: Partial<Ingress["spec"]> = {}) =>
  verdicts(convert([ingressWith(given, more)]).entries);
const slash = "(?:(?:/|%2[fF])+)";
const status = (code: number) => ({ direct_response: { status: code } });

describe("answers of a configuration-snippet", () => {
  it("come before the routes to backends, in their order, with the headers of these", () => {
    const snippet = `if ($uri ~ "^/old/(.*)$") { return 301 https://$host/new/$1$is_args$args; }
      if ($http_x_old) { return 410; }
      rewrite ^/a/(\\d+)$ http://other.example.com:8080/b?  permanent;
      more_set_headers "X-A: b"; add_header X-C d; proxy_hide_header X-D;`;
    const given = { "configuration-snippet": snippet };
    const { objects } = convert([ingressWith(given, withPaths("/", "=/api"))]);
    const lua = "type.googleapis.com/envoy.extensions.filters.http.lua.v3";
    const filters = {
      typed_per_filter_config: {
        "istio-ambient.headers": {
          "@type": `${lua}.LuaPerRoute`,
          filter_context: { headers: { "X-C": "d" } },
        },
      },
    };
    const headers = {
      response_headers_to_add: [{ header: { key: "X-A", value: "b" }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" }],
      response_headers_to_remove: ["X-D"],
      ...filters,
    };
    const rules = [
      ["shop.web-rule-0", { path: "/api" }],
      ["shop.web-rule-1", { prefix: "/" }],
    ] as const;
    const before = (index: number, when: object, answer: object) =>
      rules.map(([name, match]) => [
        "INSERT_BEFORE",
        name,
        { name: `${name}-before-${index}`, ...answer, match: { ...match, headers: [when] }, ...headers },
      ]);
    assert.deepEqual(patches(objects), [
      ...rules.map(([name]) => ["MERGE", name, filters]),
      ...before(0, path("/old/([^?]*)(?:\\?.*)?"), {
        redirect: {
          scheme_redirect: "https",
          regex_rewrite: { pattern: { regex: "^/old/(.*)$" }, substitution: "/new/\\1" },
          response_code: "MOVED_PERMANENTLY",
        },
      }),
      ...before(
        1,
        {
          name: "x-old",
          string_match: { safe_regex: { regex: "[^0].*|0.+" } },
          treat_missing_header_as_empty: true,
        },
        status(410),
      ),
      ...before(2, path(`${slash}a${slash}(\\d+)(?:\\?.*)?`), {
        redirect: {
          scheme_redirect: "http",
          host_redirect: "other.example.com",
          port_redirect: 8080,
          path_redirect: "/b",
          response_code: "MOVED_PERMANENTLY",
          strip_query: true,
        },
      }),
    ]);
    assert.deepEqual(verdict(given, withPaths("/")), [
      "configuration-snippet: mapped → EnvoyFilter with redirect; EnvoyFilter with direct_response; RequestHeaderModifier and ResponseHeaderModifier; EnvoyFilter with envoy.filters.http.lua",
    ]);
  });

  it("are asked by what Envoy has for a variable", () => {
    const when = (condition: string) => {
      const { objects } = convert([ingressWith({ "configuration-snippet": `if (${condition}) { return 403; }` })]);
      const [, , value] = patches(objects)[0] as [string, string, { match: { headers: object[] } }];
      return value.match.headers[0];
    };
    const empty = { treat_missing_header_as_empty: true };
    assert.deepEqual(when("$request_uri ~ a=b$"), path(".*?a=b"));
    assert.deepEqual(when("$document_uri = /a.b"), path(`${slash}a\\.b(?:\\?.*)?`));
    assert.deepEqual(when("$uri !~* ^/a"), not(`(?i)${slash}a.*`));
    assert.deepEqual(when("$request_method = POST"), { name: ":method", string_match: { exact: "POST" } });
    assert.deepEqual(when('$http_host != "a.b"'), {
      name: ":authority",
      string_match: { exact: "a.b" },
      invert_match: true,
    });
    assert.deepEqual(when("$http_x_a !~ '^b$'"), {
      name: "x-a",
      string_match: { safe_regex: { regex: "b" } },
      invert_match: true,
      ...empty,
    });
  });

  it("are for all requests where a line says so, and another URL than a RequestRedirect can have", () => {
    const answer = (given: Given) => {
      const [, , value] = patches(convert([ingressWith(given)]).objects)[0] as [string, string, object];
      return value;
    };
    const name = "shop.web-rule-0-before-0";
    const match = { prefix: "/", headers: [] };
    assert.deepEqual(answer({ "configuration-snippet": "return 503;" }), { name, match, ...status(503) });
    assert.deepEqual(answer({ "server-snippet": "return 403;" }), { name, match, ...status(403) });
    const url = "https://other.example.com/below$request_uri";
    assert.deepEqual(answer({ "configuration-snippet": `return 308 ${url};` }), {
      name,
      match,
      redirect: {
        scheme_redirect: "https",
        host_redirect: "other.example.com",
        regex_rewrite: { pattern: { regex: "^(.*)$" }, substitution: "/below\\1" },
        response_code: "PERMANENT_REDIRECT",
      },
    });
  });

  it("put a path with groups before the backend", () => {
    const given = { "use-regex": "true", "configuration-snippet": "rewrite ^/(.*)$ /site:443/$1 break;" };
    const { objects } = convert([ingressWith(given, withPaths("/(.*)"))]);
    const value = { route: { regex_rewrite: { pattern: { regex: "^/(.*)$" }, substitution: "/site:443/\\1" } } };
    assert.deepEqual(patches(objects), [["MERGE", "shop.web-rule-0", value]]);
    const { rules } = only(objects, "HTTPRoute").spec as { rules: object[] };
    assert.deepEqual(rules, [
      {
        name: "shop.web-rule-0",
        matches: [{ path: { type: "PathPrefix", value: "/" } }],
        backendRefs: [{ name: "web", port: 80 }],
      },
    ]);
  });

  for (const [given, said] of [
    [
      { "force-ssl-redirect": "true" },
      "mapped → EnvoyFilter with redirect (over http the redirect to https comes first)",
    ],
    [
      { "auth-url": "http://auth.shop.svc/check" },
      "changed → EnvoyFilter with redirect (whom auth-url turns away gets no such answer, which NGINX gives first)",
    ],
    [
      { "permanent-redirect": "https://other.example.com" },
      "refused (what is for all requests is asked before `rewrite ^/a(.*)$ /b$1 redirect`) way out: one of both",
    ],
  ] as [Given, string][]) {
    it(`are ${said.split(" ")[0]} beside ${Object.keys(given)[0]}`, () => {
      const all = verdict({ ...given, "configuration-snippet": "rewrite ^/a(.*)$ /b$1 redirect;" });
      assert.deepEqual(
        all.filter((line) => line.startsWith("configuration-snippet")),
        [`configuration-snippet: ${said}`],
      );
    });
  }

  for (const snippet of [
    "if ($uri ~ ^/a) { return 301 /b$1; }",
    "if ($request_uri ~ ^/(a)) { return 301 /b/$1; }",
    "if ($uri ~ ^/a) { return 200 ok; }",
    "if ($uri ~ [.]a) { return 444; }",
    "if ($uri ~ ^/a) { return 301 $request_uri; }",
    "if ($uri ~ ^/a) { return 301 /b; add_header X-A b; }",
    "if ($uri ~ ^/a) { }",
    "if ($uri) { return 403; }",
    "if ($request_method) { return 403; }",
    "if ($http_a = $http_b) { return 403; }",
    "if ($args ~ a) { return 403; }",
    "if (-f $request_filename) { return 403; }",
    "rewrite ^/x /y break; if ($uri ~ [.]a) { return 410; }",
    "location ~ [.]ht { return 403; }",
    "rewrite ^/a(?=b) /c redirect;",
    "rewrite ^/(a) /c/$2 redirect;",
    "rewrite ^/(a) /c/$2 break;",
    "rewrite ^/(a) /c?d=$1 break;",
    "rewrite ^/(a) /c last;",
    "rewrite ^/(a) /b/$1 break; rewrite ^/c(.*) /d$1 break;",
    "rewrite ^/(a) /b/$1 break; rewrite ^/c(.*) /d$1 redirect;",
    "rewrite ^/a(.*) /b$1 redirect; return 302 https://other.example.com/;",
  ]) {
    it(`are refused in other forms: ${snippet}`, () => {
      const { objects, refused } = convert([ingressWith({ "configuration-snippet": snippet })]);
      assert.deepEqual([objects, refused], [[], true]);
    });
  }
});

describe("answers of a server-snippet", () => {
  const location = (head: string, body: string) => ({ "server-snippet": `location ${head} { ${body} }` });

  it("come before everything of the host: conditions, then locations as NGINX asks them", () => {
    const snippet = `location /x/y/ { return 302 /z; }
      location ~* /realms/[^/]+/metrics { return 404; access_log off; }
      location = /robots.txt { allow all; log_not_found off; }
      if ($http_user_agent ~ bot) { return 429; }
      rewrite ^/old(.*)$ /new$1 permanent;
      more_set_headers "X-A: b";`;
    const given = { "server-snippet": snippet, "force-ssl-redirect": "true" };
    const { objects, entries } = convert([ingressWith(given, withPaths("/", "/x/y/z", "=/x/open"))]);
    const headers = {
      response_headers_to_add: [{ header: { key: "X-A", value: "b" }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" }],
    };
    const first = (name: string) => {
      const before = (index: number, when: object[], answer: object) => [
        "INSERT_FIRST",
        name,
        { name: `${name}-before-${index}`, ...answer, match: { prefix: "/", headers: when }, ...headers },
      ];
      const redirect = (path_redirect: string) => ({
        redirect: { path_redirect, response_code: "FOUND", strip_query: true },
      });
      return [
        before(0, [path(`${slash}x${slash}y${slash}.*`), not("/x/y/z(?:[/?].*)?")], redirect("/z")),
        before(1, [path(`(?i)[^?]*?${slash}realms${slash}[^?/]+${slash}metrics.*`)], status(404)),
        before(2, [path(`${slash}robots\\.txt(?:\\?.*)?`)], status(404)),
        before(4, [path("/old([^?]*)(?:\\?.*)?")], {
          redirect: {
            regex_rewrite: { pattern: { regex: "^/old(.*)$" }, substitution: "/new\\1" },
            response_code: "MOVED_PERMANENTLY",
          },
        }),
        before(
          3,
          [
            {
              name: "user-agent",
              string_match: { safe_regex: { regex: ".*?bot.*" } },
              treat_missing_header_as_empty: true,
            },
          ],
          status(429),
        ),
      ];
    };
    assert.deepEqual(
      [patches(objects), verdicts(entries).filter((line) => line.startsWith("server"))],
      [
        [...first("shop.web-rule-0"), ...first("shop.web-redirect-anchor-0")],
        [
          "server-snippet: mapped → EnvoyFilter with redirect; EnvoyFilter with direct_response; RequestHeaderModifier and ResponseHeaderModifier (the location sends nothing to a backend, so that NGINX answers 404)",
        ],
      ],
    );
  });

  it("let a path come first that is the whole of the request's", () => {
    const of = (snippet: Given, ...paths: string[]) => {
      const [, , value] = patches(convert([ingressWith(snippet, withPaths(...paths))]).objects)[0] as [
        string,
        string,
        { match: { headers: object[] } },
      ];
      return value.match.headers.slice(1);
    };
    const expression = location("~ ^/[a-z]+", "return 404;");
    assert.deepEqual(of(expression, "/", "/api", "=/own", "/1"), [not("/own(?:\\?.*)?"), not("/api(?:\\?.*)?")]);
    assert.deepEqual(of(location("/a", "return 301 /b;"), "/", "/a/b", "=/ab"), [
      not("/a/b(?:[/?].*)?"),
      not("/ab(?:\\?.*)?"),
    ]);
  });

  it("say what a location without a backend comes to", () => {
    const nothing = "the location sends nothing to a backend, so that NGINX answers 404";
    for (const [head, body, said] of [
      ["~ [.]ht", "deny all;", "mapped → EnvoyFilter with direct_response"],
      ["/a", "rewrite ^/a /b break;", `mapped → EnvoyFilter with direct_response (${nothing})`],
      [
        "/a",
        "client_max_body_size 1m; allow 10.0.0.0/8; deny all;",
        `changed → EnvoyFilter with direct_response (${nothing}; who is denied gets 404 too, where NGINX answers 403)`,
      ],
    ] as const) {
      assert.deepEqual(verdict(location(head, body)), [`server-snippet: ${said}`]);
    }
  });

  it("are refused where other Ingresses have paths of the host, or NGINX asks expressions before a prefix", () => {
    const other = ingressWith({}, withPaths("/other"));
    other.metadata.name = "other";
    const { entries } = convert([ingressWith(location("~ [.]ht", "deny all;")), other]);
    assert.deepEqual(verdicts(entries), [
      "server-snippet: refused (shop/other has paths of shop.example.com too, for which it is as well) way out: each line as a filter of the HTTPRoutes",
    ]);
    assert.deepEqual(verdict({ ...location("/a", "return 301 /b;"), "use-regex": "true" }), [
      "server-snippet: refused (the paths of shop.example.com are regular expressions, of which NGINX may take one first) way out: location ~ in place of the location",
      "use-regex: converted → path matches of the host",
    ]);
  });

  it("are none where the host looks for another path, with what to write instead", () => {
    for (const [target, fix] of [
      ["/index.php/a", 'an Ingress for /.well-known/a with rewrite-target: "/index.php/a"'],
      ["/public.php?a=b", "the snippet without this line, and its work in the application"],
    ]) {
      const line = `rewrite ^/.well-known/a ${target} last`;
      assert.deepEqual(verdict({ "server-snippet": `${line};` }), [
        `server-snippet: refused (a route cannot do what \`${line}\` says) way out: ${fix}`,
      ]);
    }
  });

  it("say where paths that are closed come before them", () => {
    const snippet = "location /a { deny all; } location ~ [.]txt$ { return 301 /b; }";
    assert.match(
      verdict({ "server-snippet": snippet })[0]!,
      /^server-snippet: changed .*paths that the snippet closes are/,
    );
  });
});
