// What the lines of snippets become, as objects; and the other redirects and origins that routes have of their own.
import * as assert from "node:assert/strict";
import { convert } from "../../../lib/conversion/convert";
import type { Ingress } from "../../../lib/conversion/objects";
import { ingressWith, only, verdicts, type Given } from "./cases";

interface Rule {
  matches: { path: { type: string; value: string } }[];
  filters?: object[];
  backendRefs?: object[];
}

const backend = { service: { name: "web", port: { number: 80 } } };
const rulesOf = (path: string): Partial<Ingress["spec"]> => ({
  rules: [{ host: "shop.example.com", http: { paths: [{ path, pathType: "ImplementationSpecific", backend }] } }],
});
const rules = (given: Given, more: Partial<Ingress["spec"]> = {}): Rule[] =>
  (only(convert([ingressWith(given, more)]).objects, "HTTPRoute").spec as { rules: Rule[] }).rules;
const path = (type: string, value: string) => [{ path: { type, value } }];
const served = { backendRefs: [{ name: "web", port: 80 }] };
const redirect = (requestRedirect: object) => ({ filters: [{ type: "RequestRedirect", requestRedirect }] });
const full = (replaceFullPath: string, statusCode: number) =>
  redirect({ path: { type: "ReplaceFullPath", replaceFullPath }, statusCode });

describe("snippets", () => {
  it("set headers with what Envoy has for variables, and with percent signs that it takes for none", () => {
    const snippet = `proxy_set_header X-Url "$scheme://$http_host$request_uri";
      proxy_set_header X-Agent \${http_user_agent};
      proxy_set_header X-Backend $service_name.$namespace/$ingress_name;
      more_set_headers "X-Part: 50% of $remote_addr";`;
    const [rule] = rules({ "configuration-snippet": snippet });
    assert.deepEqual(rule?.filters, [
      {
        type: "RequestHeaderModifier",
        requestHeaderModifier: {
          set: [
            { name: "X-Url", value: "%REQ(:SCHEME)%://%REQ(:AUTHORITY)%%REQ(:PATH)%" },
            { name: "X-Agent", value: "%REQ(USER-AGENT)%" },
            { name: "X-Backend", value: "web.shop/web" },
          ],
        },
      },
      {
        type: "ResponseHeaderModifier",
        responseHeaderModifier: {
          set: [{ name: "X-Part", value: "50%% of %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%" }],
        },
      },
    ]);
  });

  it("say which headers of a request Envoy has written before it reads them", () => {
    const written = (snippet: string) => verdicts(convert([ingressWith({ "configuration-snippet": snippet })]).entries);
    const to = "RequestHeaderModifier and ResponseHeaderModifier";
    const proto =
      "Envoy writes X-Forwarded-Proto by its own connection, unless meshConfig.defaultConfig.gatewayTopology.numTrustedProxies counts the proxies in front";
    const address = "Envoy has added the client's address to X-Forwarded-For";
    assert.deepEqual(written("proxy_set_header X-Forwarded-Proto $http_x_forwarded_proto;"), [
      `configuration-snippet: changed → ${to} with %REQ(X-FORWARDED-PROTO)% (${proto})`,
    ]);
    assert.deepEqual(written('more_set_headers "X-Seen: $http_x_forwarded_for ${http_x_forwarded_proto}";'), [
      `configuration-snippet: changed → ${to} with %REQ(X-FORWARDED-FOR)%, %REQ(X-FORWARDED-PROTO)% (${address}; ${proto})`,
    ]);
    assert.deepEqual(written("if ($http_x_forwarded_proto = http) { return 301 https://$host$request_uri; }"), [
      `configuration-snippet: changed → EnvoyFilter with redirect (${proto})`,
    ]);
    assert.deepEqual(written("proxy_set_header X-Seen $http_x_forwarded_host;"), [
      `configuration-snippet: mapped → ${to} with %REQ(X-FORWARDED-HOST)%`,
    ]);
  });

  it("have what the client asked for in headers of answers, which Envoy writes after those of the request", () => {
    const [rule] = rules({
      "upstream-vhost": "inner.example.com",
      "configuration-snippet": `more_set_headers "Link: <https://$host$request_uri>; rel=canonical";
        proxy_set_header X-Url https://$host$request_uri;`,
    });
    assert.deepEqual(rule?.filters?.slice(0, 2), [
      {
        type: "RequestHeaderModifier",
        requestHeaderModifier: { set: [{ name: "X-Url", value: "https://%REQ(:AUTHORITY)%%REQ(:PATH)%" }] },
      },
      {
        type: "ResponseHeaderModifier",
        responseHeaderModifier: {
          set: [
            {
              name: "Link",
              value:
                "<https://%REQ(X-ENVOY-ORIGINAL-HOST?:AUTHORITY)%%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%>; rel=canonical",
            },
          ],
        },
      },
    ]);
  });

  it("set headers whose names end with a blank, which NGINX takes as a colon", () => {
    const snippet = `more_set_headers 'Server HTTPS' "X-Frame-Options  'DENY'" 'X-A :b' "X-Old";
      more_set_input_headers "X-In this";`;
    assert.deepEqual(rules({ "configuration-snippet": snippet })[0]?.filters, [
      { type: "RequestHeaderModifier", requestHeaderModifier: { set: [{ name: "X-In", value: "this" }] } },
      {
        type: "ResponseHeaderModifier",
        responseHeaderModifier: {
          set: [
            { name: "Server", value: "HTTPS" },
            { name: "X-Frame-Options", value: "'DENY'" },
            { name: "X-A", value: "b" },
          ],
          remove: ["X-Old"],
        },
      },
    ]);
  });

  it("are not what custom headers are: these have no variables", () => {
    const data = { "X-Dollar": "$remote_addr", "X-Part": "50%", "X-Service": "$service_name" };
    const config = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "headers", namespace: "shop" }, data };
    const { objects } = convert([ingressWith({ "custom-headers": "shop/headers" }), config]);
    const [rule] = (only(objects, "HTTPRoute").spec as { rules: Rule[] }).rules;
    const set = [
      { name: "X-Dollar", value: "$remote_addr" },
      { name: "X-Part", value: "50%%" },
      { name: "X-Service", value: "$service_name" },
    ];
    assert.deepEqual(rule?.filters, [{ type: "ResponseHeaderModifier", responseHeaderModifier: { set } }]);
  });

  it("redirect a path of the host that no path of the Ingress takes", () => {
    const given = { "server-snippet": "location = / { return 301 /app/; }" };
    const paths = [{ path: "/app", pathType: "Prefix", backend }];
    assert.deepEqual(rules(given, { rules: [{ host: "shop.example.com", http: { paths } }] }), [
      { matches: path("PathPrefix", "/app"), ...served },
      { name: "shop.web-rule-1", matches: path("Exact", "/"), ...full("/app/", 301) },
    ]);
  });

  it("put all below a path below another one, and leave the path itself where NGINX does", () => {
    const rewrite = (path: object) => ({ filters: [{ type: "URLRewrite", urlRewrite: { path } }], ...served });
    const prefix = (replacePrefixMatch: string) => rewrite({ type: "ReplacePrefixMatch", replacePrefixMatch });
    const whole = (replaceFullPath: string) => rewrite({ type: "ReplaceFullPath", replaceFullPath });
    assert.deepEqual(
      rules({ "configuration-snippet": "rewrite ^/api/(.*)$ /v1/$1 break; rewrite ^/(.*)$ /all/$1 break;" }),
      [
        { name: "shop.web-rule-0", matches: path("PathPrefix", "/"), ...served },
        { matches: path("PathPrefix", "/api"), ...prefix("/v1") },
        { matches: path("Exact", "/api"), ...whole("/all/api") },
        { matches: path("Exact", "/"), ...whole("/all/") },
      ],
    );
    for (const [given, why] of [
      [{ "configuration-snippet": "rewrite ^/api(.*)$ /v1?a=$1 break;" }, "a route cannot do what"],
      [{ "configuration-snippet": "rewrite ^/(.*)$ /v1/$1 break;", "rewrite-target": "/x" }, "are regular expressions"],
    ] as const) {
      const { entries, refused } = convert([ingressWith(given)]);
      assert.equal(refused, true);
      assert.match(
        verdicts(entries).find((line) => line.includes(": refused"))!,
        new RegExp(why),
      );
    }
  });

  it("redirect everything to another host, with the path", () => {
    const away = { scheme: "https", hostname: "new.example.com", statusCode: 301 };
    for (const [pattern, target] of [
      ["^(.*)$", "https://new.example.com$1"],
      ["^/(.*)", "https://new.example.com/$1"],
      ["^", "https://new.example.com$request_uri?"],
    ]) {
      assert.deepEqual(rules({ "configuration-snippet": `rewrite ${pattern} ${target} permanent;` }), [
        { matches: path("PathPrefix", "/"), ...redirect(away) },
      ]);
    }
  });

  it("redirect one path before it is rewritten, wherever NGINX looks for it", () => {
    const given = { "configuration-snippet": "rewrite ^(/app)$ $1/ redirect; rewrite ^/other$ /app/ permanent;" };
    assert.deepEqual(rules({ ...given, "rewrite-target": "/$2" }, rulesOf("/app(/|$)(.*)")), [
      {
        matches: path("PathPrefix", "/app"),
        filters: [
          { type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } },
        ],
        ...served,
      },
      { matches: path("Exact", "/app"), ...full("/app/", 302) },
    ]);
    assert.deepEqual(rules(given), [
      { matches: path("PathPrefix", "/"), ...served },
      { matches: path("Exact", "/app"), ...full("/app/", 302) },
      { matches: path("Exact", "/other"), ...full("/app/", 301) },
    ]);
    assert.deepEqual(rules(given, rulesOf("/else")), [{ matches: path("PathPrefix", "/else"), ...served }]);
  });

  it("leave a path to the Ingress that has it as its own", () => {
    const given = ingressWith({ "configuration-snippet": "rewrite ^/app$ /app/ redirect;" });
    const other = ingressWith(
      {},
      { rules: [{ host: "shop.example.com", http: { paths: [{ path: "/app", pathType: "Exact", backend }] } }] },
    );
    other.metadata.name = "other";
    const routes = convert([given, other]).objects.map(({ metadata, spec }) => [
      metadata.name,
      (spec as { rules: Rule[] }).rules,
    ]);
    assert.deepEqual(routes, [
      ["other", [{ matches: path("Exact", "/app"), ...served }]],
      ["web", [{ matches: path("PathPrefix", "/"), ...served }]],
    ]);
  });

  it("admit ranges, or nobody at all", () => {
    const from = (snippet: string) => {
      const { spec } = only(
        convert([ingressWith({ "configuration-snippet": snippet })]).objects,
        "AuthorizationPolicy",
      );
      return (spec as { rules: { from: object[] }[] }).rules[0]!.from;
    };
    assert.deepEqual(from("allow 10.0.0.0/8; allow 192.0.2.1; deny all;"), [
      { source: { notRemoteIpBlocks: ["10.0.0.0/8", "192.0.2.1"] } },
    ]);
    assert.deepEqual(from("deny 10.0.0.0/8;"), [{ source: { remoteIpBlocks: ["10.0.0.0/8"] } }]);
    assert.deepEqual(from("deny all;"), [{ source: { remoteIpBlocks: ["0.0.0.0/0", "::/0"] } }]);
  });

  it("redirect single paths of a host, as those for calendars and contacts", () => {
    const snippet = `location = /.well-known/carddav {
        return 301 $scheme://$host:$server_port/remote.php/dav;
      }
      location = /.well-known/caldav { return 302 /remote.php/dav; }`;
    const given = { "server-snippet": snippet };
    assert.deepEqual(verdicts(convert([ingressWith(given)]).entries), [
      "server-snippet: mapped → RequestRedirect of the path, and EnvoyFilter with strip_query",
    ]);
    assert.deepEqual(rules(given), [
      { matches: path("PathPrefix", "/"), ...served },
      { name: "shop.web-rule-1", matches: path("Exact", "/.well-known/carddav"), ...full("/remote.php/dav", 301) },
      { name: "shop.web-rule-2", matches: path("Exact", "/.well-known/caldav"), ...full("/remote.php/dav", 302) },
    ]);
  });

  it("of a host are for its paths, as long as no other Ingress has some", () => {
    const snippet = { "server-snippet": 'more_set_headers "X-Frame-Options: DENY";' };
    const set = [{ name: "X-Frame-Options", value: "DENY" }];
    assert.deepEqual(rules(snippet)[0]?.filters, [{ type: "ResponseHeaderModifier", responseHeaderModifier: { set } }]);
    const other = ingressWith({}, rulesOf("/other"));
    other.metadata.name = "other";
    const { entries, objects } = convert([ingressWith(snippet), other]);
    assert.deepEqual(objects, []);
    assert.ok(
      verdicts(entries).includes(
        "server-snippet: refused (shop/other has paths of shop.example.com too, for which it is as well) way out: each line as a filter of the HTTPRoutes",
      ),
    );
    const tuned = convert([ingressWith({ "server-snippet": "client_max_body_size 10m;" }), other]);
    assert.equal(tuned.refused, false);
  });
});

describe("a rewrite-target that is a URL", () => {
  it("redirects, with the path where that is all that it puts behind", () => {
    const away = "https://new.example.com";
    const to = { scheme: "https", hostname: "new.example.com", statusCode: 302 };
    assert.deepEqual(rules({ "rewrite-target": `${away}/$1` }, rulesOf("/(.*)")), [
      { matches: path("PathPrefix", "/"), ...redirect(to) },
    ]);
    assert.deepEqual(rules({ "rewrite-target": `${away}/a` }, rulesOf("/x"))[0]?.filters, [
      {
        type: "RequestRedirect",
        requestRedirect: {
          scheme: "https",
          hostname: "new.example.com",
          path: { type: "ReplaceFullPath", replaceFullPath: "/a" },
          statusCode: 302,
        },
      },
    ]);
    const { refused } = convert([ingressWith({ "rewrite-target": `${away}/b/$1` }, rulesOf("/(.*)"))]);
    assert.equal(refused, true);
  });
});

describe("CORS for every origin", () => {
  it("takes no credentials, whatever the backend says, and asks for no more than a day", () => {
    const [rule] = rules({ "enable-cors": "true", "cors-allow-headers": "X-A", "cors-allow-methods": "GET" });
    const cors = {
      allowOrigins: ["*"],
      allowCredentials: false,
      allowMethods: ["GET"],
      allowHeaders: ["X-A"],
      maxAge: 86_400,
    };
    assert.deepEqual(rule?.filters, [
      { type: "CORS", cors },
      { type: "ResponseHeaderModifier", responseHeaderModifier: { remove: ["Access-Control-Allow-Credentials"] } },
    ]);
    const [named] = rules({
      "enable-cors": "true",
      "cors-allow-origin": "https://a.example.com",
      "cors-max-age": "60",
    });
    const filters = named?.filters as { cors?: { allowCredentials: boolean; maxAge: number } }[];
    assert.deepEqual([filters.length, filters[0]?.cors?.allowCredentials, filters[0]?.cors?.maxAge], [1, true, 60]);
  });
});
