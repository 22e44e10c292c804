// What must hold for every set of Ingresses with services that are asked: nobody passes unasked, and nobody is asked in vain.
import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import type { Ingress, Written } from "../../../lib/conversion/objects";
import { prefix } from "../../../lib/conversion/annotations/family";
import { ingressWith, verdicts, type Given } from "./cases";
import { nginx, type Asked } from "./models";

const segments = fc.constantFrom("a", "b", "api");
const path = fc.array(segments, { maxLength: 3 }).map((parts) => `/${parts.join("/")}`);
const host = fc.constantFrom("one.example", "two.example");

const notes = fc.constantFrom<{ [name: string]: string }>(
  {},
  { "auth-url": "http://guard.auth.svc/check" },
  { "auth-url": "http://guard.auth.svc/check", "auth-response-headers": "X-User" },
  { "auth-url": "https://$host/oauth2/auth", "auth-signin": "https://$host/oauth2/start" },
  { "auth-type": "basic", "auth-secret": "users" },
);

/** A `*`, which NGINX takes as it is, and a policy at the end of a path for anything. */
const starred = fc
  .tuple(path, fc.constantFrom(...Array.from({ length: 8 }, () => ""), "*", "/*"))
  .map(([text, tail]) => (text === "/" ? text + tail.replace("/", "") : text + tail));

const claim = fc.record({
  host,
  paths: fc.array(fc.record({ path: starred, pathType: fc.constantFrom("Prefix", "Exact") }), {
    minLength: 1,
    maxLength: 3,
  }),
  notes,
  tls: fc.boolean(),
});

/** Ingresses whose Services have their own names, so that an answer says whose path it was. */
const world = fc.array(claim, { minLength: 1, maxLength: 4 }).map((claims) =>
  claims.map(({ host: name, paths, notes: given, tls }, index): Ingress => {
    const service = { name: `i${index}`, port: { number: 80 } };
    const annotations = Object.fromEntries(Object.entries(given).map(([key, value]) => [prefix + key, value]));
    const object = {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: `i${index}`, namespace: "shop", annotations },
      spec: {
        ingressClassName: "nginx",
        rules: [{ host: name, http: { paths: paths.map((one) => ({ ...one, backend: { service } })) } }],
        ...(tls ? { tls: [{ hosts: [name], secretName: "cert" }] } : {}),
      },
    };
    return object;
  }),
);

const asked: fc.Arbitrary<Asked> = fc.record({
  scheme: fc.constantFrom("http" as const, "https" as const),
  host,
  path: fc
    .tuple(path, fc.constantFrom("", "", "/", "x", "/c"))
    .map(([text, tail]) => (text === "/" && tail.startsWith("/") ? tail : text + tail)),
});

interface Operation {
  hosts: string[];
  ports: string[];
  paths?: string[];
  notPaths?: string[];
}

interface Policy {
  provider: { name: string };
  rules: { to: { operation: Operation }[] }[];
}

const named = (patterns: readonly string[], value: string) =>
  patterns.some((one) => (one.endsWith("*") ? value.startsWith(one.slice(0, -1)) : value === one));

function isFor({ hosts, ports, paths, notPaths = [] }: Operation, request: Asked): boolean {
  const port = request.scheme === "http" ? "80" : "443";
  const fits = paths === undefined || named(paths, request.path);
  return hosts.includes(request.host) && ports.includes(port) && fits && !named(notPaths, request.path);
}

function providersFor(objects: readonly Written[], request: Asked): string[] {
  const names = objects
    .filter(({ kind }) => kind === "AuthorizationPolicy")
    .map(({ spec }) => spec as Policy)
    .filter(({ rules }) => rules.some(({ to }) => to.some(({ operation }) => isFor(operation, request))))
    .map(({ provider }) => provider.name);
  return [...new Set(names)];
}

/** The provider of the policy that is for an Ingress; none where its annotations ask for none. */
function providerOf(objects: readonly Written[], { metadata }: Ingress): string[] {
  const isGuarded = Object.keys(metadata.annotations ?? {}).length > 0;
  const policy = objects.find(
    ({ kind, metadata: { name } }) => kind === "AuthorizationPolicy" && name === `shop.${metadata.name}-auth`,
  );
  return isGuarded ? [(policy!.spec as Policy).provider.name] : [];
}

describe("properties of external auth", () => {
  it("has the service of an Ingress asked about all requests that NGINX asks it about, and no others", () => {
    let guarded = 0;
    fc.assert(
      fc.property(world, fc.array(asked, { minLength: 5, maxLength: 20 }), (ingresses, requests) => {
        const { objects, providers, entries, refused } = convert(ingresses);
        const why = entries.flatMap(({ outcome, detail }) => (outcome === "refused" ? detail! : []));
        assert.ok(why.every((text) => text.startsWith("an AuthorizationPolicy takes the * at the end of")));
        fc.pre(!refused);
        for (const request of requests) {
          const answer = nginx(ingresses, request);
          if (answer.kind !== "backend") continue;
          const [service] = Object.keys(answer.weights);
          const owner = ingresses.find(({ metadata }) => metadata.name === service)!;
          const wanted = providerOf(objects, owner);
          guarded += wanted.length;
          assert.deepEqual(providersFor(objects, request), wanted, JSON.stringify(request));
          assert.ok(wanted.every((name) => providers.some((one) => one.name === name)));
        }
      }),
      { numRuns: 300 },
    );
    assert.ok(guarded > 200, String(guarded));
  });
});

describe("requests that NGINX redirects before it looks at who sends them", () => {
  const ranges: Given = { "whitelist-source-range": "10.0.0.0/8" };
  const policies = (documents: object[]) =>
    convert(documents).objects.flatMap(({ kind, spec }) =>
      kind === "AuthorizationPolicy" ? (spec as Policy).rules.flatMap(({ to }) => to) : [],
    );

  it("are redirected for all clients", () => {
    for (const guard of [ranges, { "auth-type": "basic", "auth-secret": "users" }]) {
      const given = { ...guard, "permanent-redirect": "https://new.example.com" };
      assert.deepEqual(policies([ingressWith(given)]), []);
    }
    const snippet = { ...ranges, "configuration-snippet": "return 302 https://new.example.com;" };
    assert.deepEqual(policies([ingressWith(snippet)]), []);
    const why = "the Ingress redirects every request before NGINX looks at who sends it";
    assert.ok(verdicts(convert([ingressWith(snippet)]).entries).includes(`whitelist-source-range: converted (${why})`));
  });

  it("are no part of what another Ingress of the host guards in the same way", () => {
    const backend = { service: { name: "old", port: { number: 80 } } };
    const http = { paths: [{ path: "/old", pathType: "Prefix", backend }] };
    const old = ingressWith(
      { ...ranges, "permanent-redirect": "https://new.example.com" },
      { rules: [{ host: "shop.example.com", http }] },
    );
    const documents = [ingressWith(ranges), { ...old, metadata: { ...old.metadata, name: "old" } }];
    const hosts = ["shop.example.com", "shop.example.com:*"];
    assert.deepEqual(policies(documents), [
      { operation: { hosts, notPaths: ["/old", "/old/*"], ports: ["80", "443"] } },
    ]);
  });
});

describe("a path that ends with *", () => {
  const ranges: Given = { "whitelist-source-range": "10.0.0.0/8" };
  const backend = { service: { name: "web", port: { number: 80 } } };
  const withPath = (name: string, given: Given, path: string, pathType: string) => {
    const rules = [{ host: "shop.example.com", http: { paths: [{ path, pathType, backend }] } }];
    const one = ingressWith(given, { rules });
    return { ...one, metadata: { ...one.metadata, name } };
  };
  const refusal = (path: string) =>
    `refused (an AuthorizationPolicy takes the * at the end of ${path} for anything, which NGINX takes as it is) way out: a path without it, or a host of its own for it`;

  it("is named in no policy, of which it would be a wildcard", () => {
    const cases: [guarded: [string, string], open: [string, string], path: string][] = [
      [["/", "Prefix"], ["/api/*", "Prefix"], "/api/*"],
      [["/", "Prefix"], ["/api/*", "ImplementationSpecific"], "/api/*"],
      [["/", "Prefix"], ["/x*", "Exact"], "/x*"],
      [["/api/*", "Prefix"], ["/", "Prefix"], "/api/*"],
      [["/x*", "Exact"], ["/", "Prefix"], "/x*"],
      [["/api", "Prefix"], ["/api/*", "Prefix"], "/api/*"],
    ];
    for (const [guarded, open, path] of cases) {
      const guards: [Given, string][] = [
        [ranges, "whitelist-source-range"],
        [{ "auth-url": "http://guard.auth.svc/check" }, "auth-url"],
        [{ "configuration-snippet": "limit_except GET { deny all; }" }, "configuration-snippet"],
      ];
      for (const [given, name] of guards) {
        const documents = [withPath("web", given, ...guarded), withPath("api", {}, ...open)];
        assert.deepEqual(verdicts(convert(documents).entries), [`${name}: ${refusal(path)}`]);
      }
    }
  });

  it("is no matter where a policy is for the whole host, or does not reach it", () => {
    const documents = [withPath("web", ranges, "/", "Prefix"), withPath("api", ranges, "/api/*", "Prefix")];
    assert.equal(convert(documents).refused, false);
    const apart = [withPath("web", ranges, "/web", "Prefix"), withPath("api", {}, "/api/*", "Prefix")];
    assert.deepEqual(policiesOf(apart), [
      { hosts: ["shop.example.com", "shop.example.com:*"], paths: ["/web", "/web/*"], ports: ["80", "443"] },
    ]);
  });

  function policiesOf(documents: object[]): object[] {
    return convert(documents).objects.flatMap(({ kind, spec }) =>
      kind === "AuthorizationPolicy"
        ? (spec as Policy).rules.flatMap(({ to }) => to.map(({ operation }) => operation))
        : [],
    );
  }
});

describe("a policy on a Gateway that this package may not have made", () => {
  it("is said to be for ports 80 and 443 of its pods", () => {
    const why =
      "the policy is for ports 80 and 443 of the gateway's pods, as this package's gateways have them: on any other port Gateway edge/own admits everyone";
    const gateway = { ...standardOptions.gateway, name: "own", namespace: "edge" };
    const given: [given: Given, name: string][] = [
      [{ "whitelist-source-range": "10.0.0.0/8" }, "whitelist-source-range"],
      [{ "auth-url": "http://guard.auth.svc/check" }, "auth-url"],
      [{ "configuration-snippet": "limit_except GET { deny all; }" }, "configuration-snippet"],
      [{ "server-snippet": "location /admin { deny all; }" }, "server-snippet"],
    ];
    for (const [notes, name] of given) {
      const said = (options: typeof standardOptions) =>
        convert([ingressWith(notes)], options).entries.some(
          (one) => one.name.endsWith(name) && one.outcome === "changed" && one.detail?.endsWith(why),
        );
      assert.deepEqual([said(standardOptions), said({ ...standardOptions, gateway })], [false, true], name);
    }
  });
});
