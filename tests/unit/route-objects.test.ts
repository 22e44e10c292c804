// What a route becomes: weights, matches, filters; which hosts are served; which claims clash.
import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { violationLine } from "../../lib/validation/violations";
import { certifies, listens } from "../../lib/gateway-api/hosts";
import { claimRequests, claimsOf } from "../../components/route/claims";
import { ProgramRegistry } from "../../components/support/program";
import { backendsOf, canaryBackends, grantSpec, routeSpec } from "../../components/route/objects";
import { ambientNamespaceRules } from "../../components/namespace/rules";
import { httpRouteRules } from "../../components/route/rules";

const stable = { service: "web", port: 80 };
const candidate = { service: "web-next", port: 80 };

describe("a canary", () => {
  it("splits a hundred percent, the stable version first, at every percentage", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), (percent) => {
        const [first, second, ...more] = canaryBackends({ stable, candidate, percent });
        assert.deepEqual(more, []);
        assert.deepEqual([first!.service, second!.service], ["web", "web-next"]);
        assert.equal(first!.weight! + second!.weight!, 100);
        assert.equal(second!.weight, percent);
      }),
    );
  });

  it("is refused at every other percentage", () => {
    const other = fc.oneof(
      fc.integer({ min: 101 }),
      fc.integer({ max: -1 }),
      fc.double({ min: 0.1, max: 99.9 }).filter((n) => !Number.isInteger(n)),
      fc.string(),
      fc.constant(null),
    );
    fc.assert(
      fc.property(other, (percent) => {
        const args = { namespace: "shop", parent: { name: "gateway" }, canary: { stable, candidate, percent } };
        assert.deepEqual(
          httpRouteRules(args, "").map((violation) => violation.path),
          ["canary.percent"],
        );
      }),
    );
  });

  it("changes weights and nothing else", () => {
    const at = (percent: number) =>
      JSON.stringify(routeSpec([{ name: "gateway" }], undefined, [{ canary: { stable, candidate, percent } }]));
    const weightless = (text: string) => text.replace(/"weight":\d+/g, "");
    assert.notEqual(at(10), at(50));
    assert.equal(weightless(at(0)), weightless(at(100)));
  });
});

describe("the weights of backends", () => {
  it("are taken where one is positive, and refused where all are 0", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 8 }), (weights) => {
        const backends = weights.map((weight, index) => ({ service: `web-${index}`, port: 80, weight }));
        const violations = httpRouteRules({ namespace: "shop", parent: { name: "gateway" }, backends }, "");
        assert.equal(violations.length, weights.some((weight) => weight > 0) ? 0 : 1);
      }),
    );
  });

  it("are 1 where none is given, and all else stays away", () => {
    assert.deepEqual(backendsOf({ redirect: { scheme: "https" } }), []);
    const spec = routeSpec([{ name: "gateway", namespace: "infra" }], ["a.example.com"], [{ backends: [stable] }]);
    assert.deepEqual(spec, {
      parentRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "gateway", namespace: "infra" }],
      hostnames: ["a.example.com"],
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: "/" } }],
          backendRefs: [{ group: "", kind: "Service", name: "web", port: 80, weight: 1 }],
        },
      ],
    });
  });
});

describe("a rule of a route", () => {
  it("has every filter in Gateway API's words", () => {
    const spec = routeSpec([{ kind: "Service", name: "web", port: 80 }], undefined, [
      {
        matches: [{ exact: "/a", method: "GET", headers: { "x-a": "1" }, query: { b: "2" } }, { regex: "/[0-9]+" }],
        backends: [{ ...stable, namespace: "other", weight: 0 }],
        rewrite: { hostname: "inside.example.com", prefix: "/" },
        requestHeaders: { set: { a: "1" }, add: { b: "2" }, remove: ["c"] },
        responseHeaders: { remove: ["server"] },
        mirror: { backend: candidate, percent: 5 },
        cors: { origins: ["https://shop.example.com"], methods: ["GET"], credentials: true, maxAge: 60 },
        timeouts: { request: "10s", backendRequest: "2s" },
        retries: { attempts: 3, codes: [503], backoff: "1s" },
      },
    ]);
    assert.deepEqual(spec, {
      parentRefs: [{ group: "", kind: "Service", name: "web", port: 80 }],
      rules: [
        {
          matches: [
            {
              path: { type: "Exact", value: "/a" },
              method: "GET",
              headers: [{ type: "Exact", name: "x-a", value: "1" }],
              queryParams: [{ type: "Exact", name: "b", value: "2" }],
            },
            { path: { type: "RegularExpression", value: "/[0-9]+" } },
          ],
          filters: [
            {
              type: "CORS",
              cors: {
                allowOrigins: ["https://shop.example.com"],
                allowMethods: ["GET"],
                allowCredentials: true,
                maxAge: 60,
              },
            },
            {
              type: "RequestHeaderModifier",
              requestHeaderModifier: {
                set: [{ name: "a", value: "1" }],
                add: [{ name: "b", value: "2" }],
                remove: ["c"],
              },
            },
            { type: "ResponseHeaderModifier", responseHeaderModifier: { remove: ["server"] } },
            {
              type: "RequestMirror",
              requestMirror: {
                backendRef: { group: "", kind: "Service", name: "web-next", port: 80 },
                percent: 5,
              },
            },
            {
              type: "URLRewrite",
              urlRewrite: {
                hostname: "inside.example.com",
                path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" },
              },
            },
          ],
          backendRefs: [{ group: "", kind: "Service", name: "web", namespace: "other", port: 80, weight: 0 }],
          timeouts: { request: "10s", backendRequest: "2s" },
          retry: { attempts: 3, codes: [503], backoff: "1s" },
        },
      ],
    });
  });

  it("redirects with the status that fits: for good to https, otherwise not", () => {
    const filterOf = (redirect: object) => {
      const spec = routeSpec([{ name: "gateway" }], undefined, [{ redirect }]) as {
        rules: { filters: { requestRedirect: object }[]; backendRefs?: object }[];
      };
      assert.equal(spec.rules[0]!.backendRefs, undefined);
      return spec.rules[0]!.filters[0]!.requestRedirect;
    };
    assert.deepEqual(filterOf({ scheme: "https", port: 8444 }), { scheme: "https", port: 8444, statusCode: 301 });
    assert.deepEqual(filterOf({ path: "/login" }), {
      path: { type: "ReplaceFullPath", replaceFullPath: "/login" },
      statusCode: 302,
    });
  });

  it("asks for a grant that names the Services and the routes' namespace", () => {
    assert.deepEqual(grantSpec("shop", ["api"]), {
      from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "shop" }],
      to: [{ group: "", kind: "Service", name: "api" }],
    });
  });
});

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);
const exact = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join("."));

describe("host names", () => {
  it("are served by themselves and by the wildcard above them, by no other", () => {
    fc.assert(
      fc.property(exact, label, (host, more) => {
        assert.ok(listens(host, host) && certifies(host, host));
        assert.ok(listens(`*.${host}`, `${more}.${host}`) && certifies(`*.${host}`, `${more}.${host}`));
        assert.ok(!listens(`*.${host}`, host) && !certifies(`*.${host}`, host));
        assert.ok(!listens(host, `${more}.${host}`) && !certifies(host, `${more}.${host}`));
      }),
    );
  });

  it("may lie deeper for a listener's wildcard, but not for a certificate's", () => {
    fc.assert(
      fc.property(exact, label, label, (host, first, second) => {
        const deep = `${first}.${second}.${host}`;
        assert.ok(listens(`*.${host}`, deep));
        assert.ok(!certifies(`*.${host}`, deep));
      }),
    );
  });

  it("meet from both sides, and as a wildcard need the same one in a certificate", () => {
    assert.ok(listens("shop.example.com", "*.example.com"));
    assert.ok(certifies("*.example.com", "*.example.com"));
    assert.ok(!certifies("shop.example.com", "*.example.com"));
    assert.ok(!certifies("*.com", "*.example.com"));
    assert.ok(!listens("*.example.com", "shop.example.org"));
  });

  it("are taken by the rules as they are made here", () => {
    const route = { namespace: "shop", parent: { name: "gateway" }, backends: [stable] };
    fc.assert(fc.property(exact, (host) => assert.deepEqual(httpRouteRules({ ...route, hostnames: [host] }, ""), [])));
    fc.assert(fc.property(label, (name) => assert.deepEqual(ambientNamespaceRules({ name: `n${name}` }, ""), [])));
  });
});

describe("claims", () => {
  const by = (name: string, listeners = ["http", "https"], redirects = false) => ({
    name,
    cluster: "default",
    listeners,
    redirects,
  });
  const rules = [{ matches: [{ prefix: "/cart" }, { exact: "/cart", headers: { A: "1", b: "2" } }] }];

  it("clash where host, path, method, headers and query are the same, whatever their order", () => {
    const taken = new ProgramRegistry().requests;
    const same = [{ matches: [{ exact: "/cart", headers: { b: "2", a: "1" } }] }];
    assert.deepEqual(claimRequests(claimsOf(["a.example.com"], rules, "rules"), by("one"), taken), []);
    assert.deepEqual(claimRequests(claimsOf(["b.example.com"], rules, "rules"), by("two"), taken), []);
    assert.deepEqual(claimRequests(claimsOf(["a.example.com"], same, "rules"), by("three"), taken).map(violationLine), [
      '`rules[0].matches[0].exact`: got "a.example.com/cart"; must not have the host and path of HttpRoute ' +
        '"one"; write `prefix: "/other"`',
    ]);
  });

  it("clash within one route, and between routes for everything", () => {
    const taken = new ProgramRegistry().requests;
    const twice = [{ matches: [{ prefix: "/" }] }, {}];
    assert.deepEqual(claimRequests(claimsOf(undefined, twice, "rules"), by("one"), taken).map(violationLine), [
      '`parent`: got "*/"; must not have the host and path of this route; write `hostnames: ' +
        '["other.example.com"]`',
    ]);
    assert.deepEqual(claimRequests(claimsOf(["a.example.com"], [{}], ""), by("two"), taken), []);
    assert.deepEqual(claimRequests(claimsOf(["a.example.com"], [{}], ""), by("three"), taken).map(violationLine), [
      '`hostnames`: got "a.example.com/"; must not have the host and path of HttpRoute "two"; write `hostnames: ' +
        '["other.example.com"]`',
    ]);
  });

  it("clash on the same listener only, and a redirect to https leads to the route's own", () => {
    const claims = claimsOf(["a.example.com"], [{}], "");
    const clash = (first: ReturnType<typeof by>, second: ReturnType<typeof by>) => {
      const taken = new ProgramRegistry().requests;
      assert.deepEqual(claimRequests(claims, first, taken), []);
      return claimRequests(claims, second, taken).map(violationLine);
    };
    const route = by("web");
    const redirect = by("to-https", ["http"], true);
    assert.deepEqual(clash(by("web", ["https"]), redirect), []);
    assert.deepEqual(clash(route, redirect), [
      '`hostnames`: got "a.example.com/"; HttpRoute "web" serves the same host and path over http; set ' +
        '`httpsOnly` there instead of this redirect; write `new HttpRoute("web", { httpsOnly: true })`',
    ]);
    assert.deepEqual(clash(redirect, route), [
      '`hostnames`: got "a.example.com/"; HttpRoute "to-https" redirects the same host and path over http ' +
        "already; set `httpsOnly` on this route instead; write `httpsOnly: true`",
    ]);
    assert.deepEqual(clash(redirect, by("again", ["http"], true)), []);
  });
});
