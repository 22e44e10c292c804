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

  it("tell which hosts have a certificate of their own", () => {
    const tls = [{ hosts: ["shop.example.com"], secretName: "cert" }, { hosts: ["other.example.com"] }];
    const wanted = { schemes: ["https"], methods: ["GET"], limit: 100 } as const;
    const certified = (more: object) => requestsOf([ingressWith({}, more)], standardOptions, wanted).certified;
    assert.deepEqual([certified({ tls }), certified({ tls: tls.slice(1) })], [["shop.example.com"], []]);
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
    const snippet = 'rewrite ^(/old)$ $1/ redirect; more_set_headers "X-One: 1" "X-Two:"; add_header X-Three 3 always;';
    const documents = [ingressWith({ "configuration-snippet": snippet })];
    assert.ok(derive(documents).lines.includes(`GET ${at}/old`));
    const wanted = { schemes: ["http"], methods: ["GET"], limit: 1 } as const;
    assert.deepEqual(requestsOf(documents, standardOptions, wanted).headers, ["x-one", "x-three", "x-two"]);
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
  const looks = { headers: ["X-One"], backendHeaders: ["x-backend"], certified: ["own.example.com"] };
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
