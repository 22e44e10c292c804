// The requests by which two sides are compared, and what counts as a difference.
import * as assert from "node:assert/strict";
import { standardOptions } from "../../../lib/conversion/convert";
import { differenceOf, differencesText, type Answer } from "../../../lib/conversion/differences";
import { requestsOf, type Request } from "../../../lib/conversion/requests";
import { ingressWith } from "./cases";

const line = ({ scheme, method, host, path, headers }: Request) =>
  [method, `${scheme}://${host}${path}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join(
    " ",
  );

const derive = (documents: object[], methods = ["GET"], limit = 100) => {
  const { requests, left } = requestsOf(documents, standardOptions, { schemes: ["http"], methods, limit });
  return { lines: requests.map(line), left };
};

describe("requests derived from Ingresses", () => {
  const at = "http://shop.example.com";

  it("ask for the path, below it and for none", () => {
    const expected = ["/", "/a", "/a/b/", "/?a=1&b=%2F", "/no-such-path"].map((path) => `GET ${at}${path}`);
    assert.deepEqual(derive([ingressWith({})]), { lines: expected, left: 0 });
  });

  it("ask in upper case and beside the path, by every method that is wanted, and for aliases", () => {
    const rules = [
      {
        host: "shop.example.com",
        http: {
          paths: [{ path: "/x", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } }],
        },
      },
    ];
    const { lines } = derive([ingressWith({ "server-alias": "twin.example.com" }, { rules })], ["GET", "POST"]);
    for (const wanted of [
      `GET ${at}/X`,
      `GET ${at}/xx`,
      `GET ${at}/x/`,
      `POST ${at}/x`,
      "GET http://twin.example.com/x/a",
    ]) {
      assert.ok(lines.includes(wanted), `${wanted} is not among ${lines.join(", ")}`);
    }
  });

  it("ask the other name of a host for a path with a slash at its end, too", () => {
    const { lines } = derive([ingressWith({ "from-to-www-redirect": "true" })]);
    assert.deepEqual(
      lines.filter((one) => one.includes("//www.")),
      ["/a?b=c", "/a/"].map((path) => `GET http://www.shop.example.com${path}`),
    );
  });

  it("ask for what a snippet closes, and for what it only just does not", () => {
    const snippet = "location = /shut { deny all; } location /admin { deny all; }";
    const { lines } = derive([ingressWith({ "server-snippet": snippet })]);
    for (const path of ["/shut", "/shutx", "/admin", "/admin/a"]) assert.ok(lines.includes(`GET ${at}${path}`), path);
  });

  it("ask for a path that an expression takes, in capitals too, and for none where it is not known", () => {
    const at = (path: string) => {
      const backend = { service: { name: "web", port: { number: 80 } } };
      const http = { paths: [{ path, pathType: "ImplementationSpecific", backend }] };
      return derive([ingressWith({ "use-regex": "true" }, { rules: [{ host: "shop.example.com", http }] })])
        .lines.map((one) => one.replace("GET http://shop.example.com", ""))
        .slice(0, 3);
    };
    assert.deepEqual(at("/items/[0-9]+"), ["/items/1", "/ITEMS/1", "/items/1/a"]);
    assert.deepEqual(at("/(foo|bar)/x"), ["/foo/x", "/FOO/X", "/foo/x/a"]);
    assert.deepEqual(at("/a\\sb"), ["/a%20b", "/A%20B", "/a%20b/a"]);
    assert.deepEqual(at("/x/\\bz"), ["/x", "/x/", "/x/a"]);
  });

  it("ask for what a snippet rewrites, for methods that it does not admit, and for what it answers by itself", () => {
    const asked = (snippet: string, methods = ["GET"]) =>
      derive([ingressWith({ "configuration-snippet": snippet })], methods).lines;
    const plain = asked("");
    const more = (snippet: string, methods?: string[]) =>
      asked(snippet, methods)
        .filter((one) => !plain.includes(one))
        .map((one) => one.replace(at, ""));
    assert.deepEqual(more("rewrite ^/api/(.*)$ /v1/$1 break;"), ["GET /api", "GET /api/a", "GET /apix"]);
    assert.deepEqual(more("rewrite ^/v([0-9]+)/(.*)$ /$2/$1 break;"), ["GET /v1/a"]);
    assert.deepEqual(more("limit_except GET { deny all; }", ["GET", "OPTIONS"]), ["OPTIONS /"]);
    assert.deepEqual(more("if ($http_user_agent ~* bot) { return 403; }"), ["GET / user-agent: abota"]);
    assert.deepEqual(more('if ($request_method = "POST") { return 405; }', ["POST"]), [
      ...["POST /", "POST /a", "POST /a/b/"],
    ]);
    assert.deepEqual(more("if ($request_uri ~ ^/old/[a-z]+) { return 410; }"), ["GET /old/aa"]);
  });

  it("ask for guarded paths as NGINX takes them too", () => {
    const rules = (path: string) => {
      const backend = { service: { name: "web", port: { number: 80 } } };
      return [{ host: "shop.example.com", http: { paths: [{ path, pathType: "Prefix", backend }] } }];
    };
    const guard = { "whitelist-source-range": "10.0.0.0/8" };
    const { lines } = derive([ingressWith(guard, { rules: rules("/admin") })]);
    for (const path of ["//admin", "/%61dmin"]) assert.ok(lines.includes(`GET ${at}${path}`), path);
    const open = derive([ingressWith({}, { rules: rules("/admin") })]).lines;
    assert.ok(!open.includes(`GET ${at}//admin`));
    const closed = derive([ingressWith({ "server-snippet": "location /shut { deny all; }" })]).lines;
    for (const path of ["//shut", "/%73hut"]) assert.ok(closed.includes(`GET ${at}${path}`), path);
    const root = derive([ingressWith(guard)]).lines;
    assert.ok(!root.includes(`GET ${at}//`));
  });

  it("tell which hosts have a certificate of their own", () => {
    const tls = [{ hosts: ["shop.example.com"], secretName: "cert" }, { hosts: ["other.example.com"] }];
    const wanted = { schemes: ["https"], methods: ["GET"], limit: 100 } as const;
    const certified = (more: object) => requestsOf([ingressWith({}, more)], standardOptions, wanted).certified;
    assert.deepEqual([certified({ tls }), certified({ tls: tls.slice(1) })], [["shop.example.com"], []]);
  });

  it("tell which hosts limit requests", () => {
    const wanted = { schemes: ["http"], methods: ["GET"], limit: 1 } as const;
    const limited = (given: { [name: string]: string }) =>
      requestsOf([ingressWith(given)], standardOptions, wanted).limited;
    const given = { "limit-rps": "5", "server-alias": "twin.example.com" };
    assert.deepEqual([limited(given), limited({})], [["shop.example.com", "twin.example.com"], []]);
  });

  it("carry the headers and cookies of canaries, and origins", () => {
    const canary = { canary: "true", "canary-by-header": "X-Next", "canary-by-cookie": "next" };
    const next = ingressWith(canary);
    next.metadata.name = "next";
    next.spec.rules![0]!.http!.paths![0]!.backend.service!.name = "web-next";
    const { lines } = derive([ingressWith({ "enable-cors": "true" }), next], ["GET", "OPTIONS"]);
    assert.deepEqual(
      lines.filter((one) => one.includes(": ")),
      [
        `GET ${at}/ X-Next: always`,
        `GET ${at}/ X-Next: never`,
        `GET ${at}/ Cookie: next=always`,
        `GET ${at}/ Cookie: next=never`,
        `GET ${at}/ Origin: https://origin.example`,
        `OPTIONS ${at}/ Origin: https://origin.example Access-Control-Request-Method: GET`,
      ],
    );
  });

  it("ask for what a snippet redirects, and look at the headers that it sets", () => {
    const snippet =
      'rewrite ^(/old)$ $1/ redirect; more_set_headers "X-One: 1" "X-Two:" "X-Id: $req_id" "X-From: $remote_addr" "X-Url: $host$request_uri"; add_header X-Three 3 always;';
    const documents = [ingressWith({ "configuration-snippet": snippet })];
    assert.ok(derive(documents).lines.includes(`GET ${at}/old`));
    const wanted = { schemes: ["http"], methods: ["GET"], limit: 1 } as const;
    const { headers, varying } = requestsOf(documents, standardOptions, wanted);
    assert.deepEqual(headers, ["x-one", "x-id", "x-from", "x-url", "x-three", "x-two"]);
    assert.deepEqual(varying, ["x-id", "x-from"]);
  });

  it("are no more than wanted, and what is left is counted", () => {
    assert.deepEqual(derive([ingressWith({})], ["GET"], 2), { lines: [`GET ${at}/`, `GET ${at}/a`], left: 3 });
  });

  it("are some for every host where they are too many", () => {
    const { rules } = ingressWith({}).spec;
    const both = ["a.example.com", "b.example.com"].map((host) => ({ ...rules![0]!, host }));
    assert.deepEqual(derive([ingressWith({}, { rules: both })], ["GET"], 3), {
      lines: ["GET http://a.example.com/", "GET http://a.example.com/a", "GET http://b.example.com/"],
      left: 7,
    });
  });
});

describe("two answers", () => {
  const request: Request = {
    scheme: "http",
    method: "GET",
    host: "shop.example.com",
    path: "/a",
    headers: {},
    decided: true,
  };
  const answer = (status: number, headers: { [name: string]: string } = {}, body: object = {}): Answer => ({
    status,
    headers,
    body: JSON.stringify(body),
  });
  const looks = {
    headers: ["X-One", "x-id"],
    varying: ["x-id"],
    backendHeaders: ["x-backend"],
    certified: ["own.example.com"],
    limited: ["few.example.com"],
  };
  const what = (nginx: Answer, gateway: Answer, asked = request) => differenceOf(asked, nginx, gateway, looks)?.what;

  it("are alike whatever port a Location has, and whichever pod answers", () => {
    assert.equal(
      what(
        answer(308, { location: "https://shop.example.com/a" }),
        answer(308, { location: "https://shop.example.com:8444/a" }),
      ),
      undefined,
    );
    assert.equal(
      what(answer(301, { location: "/a/" }), answer(301, { location: "http://shop.example.com:8081/a/" })),
      undefined,
    );
    assert.equal(
      what(answer(200, {}, { pod: "web-5d967c884f-8ndb6" }), answer(200, {}, { pod: "web-5d967c884f-x2x2x" })),
      undefined,
    );
  });

  it("are alike where a redirect to https has the last slash or not, and nowhere else", () => {
    const asked = { ...request, path: "/a/b/?c=d" };
    const to = (location: string, status = 308) => answer(status, { location });
    const [bare, slash] = ["https://shop.example.com/a/b?c=d", "https://shop.example.com/a/b/?c=d"] as const;
    assert.equal(what(to(bare), to(slash), asked), undefined);
    assert.deepEqual(what(to(bare), to("https://shop.example.com/a?c=d"), asked), {
      location: { nginx: slash, gateway: "https://shop.example.com/a?c=d" },
    });
    const [there, here] = ["https://other.example.com/a/b", "https://other.example.com/a/b/"] as const;
    assert.deepEqual(what(to(there), to(here), asked), { location: { nginx: there, gateway: here } });
    const plain = (path: string) => `http://shop.example.com${path}`;
    assert.deepEqual(what(to(plain("/a/b"), 301), to(plain("/a/b/"), 301), asked), {
      location: { nginx: plain("/a/b"), gateway: plain("/a/b/") },
    });
  });

  it("are alike in headers that each side has its own values of, where both or none have them", () => {
    assert.equal(what(answer(200, { "x-id": "1" }), answer(200, { "x-id": "2" })), undefined);
    assert.deepEqual(what(answer(200, { "x-id": "1" }), answer(200)), {
      "x-id": { nginx: "(any value)", gateway: "" },
    });
  });

  it("are alike where a browser makes the same of them for a page of another origin", () => {
    const Origin = "https://page.example";
    const from = { ...request, headers: { Origin } };
    const preflight = { ...from, method: "OPTIONS", headers: { Origin, "Access-Control-Request-Method": "PUT" } };
    const allows = (origin: string, more: object) => ({ "access-control-allow-origin": origin, ...more });
    const credentials = { "access-control-allow-credentials": "true" };
    const every = allows("*", { ...credentials, "access-control-allow-methods": "PUT" });
    assert.equal(what(answer(200, every), answer(200)), undefined);
    assert.equal(what(answer(200, every), answer(200, allows(Origin, {})), from), undefined);
    assert.deepEqual(what(answer(200, every), answer(200, allows(Origin, credentials)), from), {
      "access-control-allow-credentials": { nginx: "", gateway: "true" },
    });
    const [short, long] = ["86400", "1728000"].map((age) => ({ "access-control-max-age": age }));
    assert.equal(
      what(
        answer(204, allows("*", { "access-control-allow-methods": "GET, PUT", ...long })),
        answer(200, allows(Origin, { "access-control-allow-methods": "put,get", ...short })),
        preflight,
      ),
      undefined,
    );
    assert.deepEqual(what(answer(204, allows("*", {})), answer(200), preflight), {
      "access-control-allow-origin": { nginx: Origin, gateway: "" },
    });
    assert.deepEqual(what(answer(204), answer(403), preflight), { status: { nginx: "2xx", gateway: "403" } });
  });

  it("differ in status, Location, backend, its path, and headers that are asked for", () => {
    assert.deepEqual(what(answer(200), answer(404)), { status: { nginx: "200", gateway: "404" } });
    assert.deepEqual(what(answer(302, { location: "/b" }), answer(302, { location: "/c" })), {
      location: { nginx: "http://shop.example.com/b", gateway: "http://shop.example.com/c" },
    });
    assert.deepEqual(what(answer(200, { "x-backend": "one" }), answer(200, { "x-backend": "two" })), {
      backend: { nginx: "one", gateway: "two" },
    });
    assert.deepEqual(what(answer(200, {}, { path: "/a" }), answer(200, {}, { path: "/b" })), {
      "backend path": { nginx: "/a", gateway: "/b" },
    });
    assert.deepEqual(what(answer(200, { "x-one": "1" }), answer(200)), { "x-one": { nginx: "1", gateway: "" } });
  });

  it("differ in the certificate of a host that has one of its own", () => {
    const shown = (certificate: string): Answer => ({ ...answer(200), certificate });
    const [one, two] = ["DNS:own.example.com, serial number 01", "DNS:own.example.com, serial number 02"] as const;
    const own = { ...request, scheme: "https", host: "own.example.com" } as const;
    assert.deepEqual(what(shown(one), shown(two), own), { certificate: { nginx: one, gateway: two } });
    assert.equal(what(shown(one), shown(one), own), undefined);
    assert.equal(what(shown(one), shown(two)), undefined);
  });

  it("are not compared where one of them is that there were too many requests", () => {
    const few = { ...request, host: "few.example.com" };
    assert.equal(what(answer(200), answer(503), few), undefined);
    assert.equal(what(answer(503), answer(200), few), undefined);
    assert.deepEqual(what(answer(200), answer(404), few), { status: { nginx: "200", gateway: "404" } });
    assert.deepEqual(what(answer(200), answer(503)), { status: { nginx: "200", gateway: "503" } });
  });

  it("may come from either backend where chance decides", () => {
    const chance = { ...request, decided: false };
    assert.equal(what(answer(200, { "x-backend": "one" }), answer(200, { "x-backend": "two" }), chance), undefined);
  });

  it("are shown side by side", () => {
    const difference = differenceOf(request, answer(200), answer(404), looks)!;
    assert.equal(
      differencesText([difference], 5, 3),
      'GET http://shop.example.com/a\n  status: "200" → "404"\n\n5 requests, 1 answered differently; 3 more not sent: --max-requests 8\n',
    );
  });
});
