// What must hold for every set of Ingresses: nothing is lost, nobody's requests go elsewhere, and order does not matter.
import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import type { Ingress } from "../../../lib/conversion/objects";
import { istio, nginx, type Asked } from "./models";

const segments = ["a", "b", "api", "x1"];
const path = fc.array(fc.constantFrom(...segments), { maxLength: 3 }).map((parts) => `/${parts.join("/")}`);
const service = fc.constantFrom("web", "api", "shop");
const host = fc.constantFrom("one.example", "two.example", "");

const plainPath = fc.record({
  path: fc.tuple(path, fc.constantFrom("", "", "/")).map(([text, slash]) => (text === "/" ? text : text + slash)),
  pathType: fc.constantFrom("Prefix", "Exact", "ImplementationSpecific"),
  backend: service.map((name) => ({ service: { name, port: { number: 80 } } })),
});

const regexPath = fc.record({
  path: fc
    .tuple(path, fc.constantFrom("", "(/|$)(.*)", "/(.*)", "/.*", "$", "/[0-9]+", "/(a|b)", "(.*)"))
    .map(([text, tail]) =>
      text === "/" ? (tail.startsWith("/") ? tail : `/${tail.startsWith("(/") ? "(.*)" : tail}`) : text + tail,
    ),
  pathType: fc.constantFrom("ImplementationSpecific", "Exact"),
  backend: service.map((name) => ({ service: { name, port: { number: 80 } } })),
});

const annotations = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  fc.constant({ "ssl-redirect": "false" }),
  fc.constant({ "force-ssl-redirect": "true" }),
);

const guarding = fc.constantFrom<{ [name: string]: string }>(
  {},
  { "auth-tls-secret": "shop/ca" },
  { "auth-tls-secret": "shop/ca", "server-alias": "*.one.example" },
  { "auth-tls-secret": "shop/ca", "ssl-redirect": "false" },
);

const within = fc
  .uniqueArray(
    fc.constantFrom(
      ...["rewrite ^/(.*)$ /all/$1 break;", "rewrite ^/a/(.*)$ /$1 break;", "rewrite ^/a/b/(.*)$ /deep/$1 break;"],
      ...["rewrite ^/api(/|$)(.*) /v1/$2 break;", "rewrite ^/a(/.*)?$ /new$1 break;", "rewrite ^/x1/(.*) /a/$1 break;"],
    ),
    { maxLength: 3 },
  )
  .map((lines): { [name: string]: string } =>
    lines.length === 0 ? {} : { "configuration-snippet": lines.join("\n") },
  );

const rewriting = fc.constantFrom<{ [name: string]: string }>(
  {},
  { "use-regex": "true" },
  { "rewrite-target": "/$2" },
  { "rewrite-target": "/$1" },
  { "rewrite-target": "/fixed" },
  { "rewrite-target": "/base/$2" },
  { "rewrite-target": "/a/$2" },
);

function ingressOf(paths: typeof plainPath | typeof regexPath, notes: fc.Arbitrary<{ [name: string]: string }>) {
  return fc
    .record({
      age: fc.constantFrom("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
      host,
      paths: fc.array(paths, { minLength: 1, maxLength: 3 }),
      notes,
      tls: fc.boolean(),
    })
    .map(({ age, host: name, paths: list, notes: given, tls }) => ({
      metadata: {
        namespace: "shop",
        creationTimestamp: age,
        annotations: Object.fromEntries(
          Object.entries(given).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]),
        ),
      },
      spec: {
        ingressClassName: "nginx",
        rules: [{ ...(name === "" ? {} : { host: name }), http: { paths: list } }],
        ...(tls ? { tls: [{ hosts: [name], secretName: "cert" }] } : {}),
      },
    }));
}

const canary = fc.record({
  service,
  namespace: fc.constantFrom("shop", "blog"),
  weight: fc.constantFrom(0, 10, 100),
  header: fc.boolean(),
});

/** Ingresses of distinct names, and a canary for one of their Services. */
function world(ingress: ReturnType<typeof ingressOf>, withCanary: boolean): fc.Arbitrary<Ingress[]> {
  return fc.tuple(fc.array(ingress, { minLength: 1, maxLength: 4 }), fc.option(canary)).map(([list, next]) => {
    const named = list.map((one, index) => document(`i${index}`, one));
    const model = named
      .flatMap(({ spec }) => spec.rules ?? [])
      .find((rule) => rule.http?.paths?.some(({ backend }) => backend.service?.name === next?.service));
    const place = model?.http?.paths?.find(({ backend }) => backend.service?.name === next?.service);
    if (!withCanary || !next || !place) return named;
    const backend = { service: { name: `${next.namespace}--${next.service}-next`, port: { number: 80 } } };
    const notes = {
      "nginx.ingress.kubernetes.io/canary": "true",
      "nginx.ingress.kubernetes.io/canary-weight": String(next.weight),
      ...(next.header ? { "nginx.ingress.kubernetes.io/canary-by-header": "X-Canary" } : {}),
    };
    const rules = [{ ...model, http: { paths: [{ ...place, backend }] } }];
    const { namespace } = next;
    const metadata = { namespace, annotations: notes, creationTimestamp: "2026-01-01T00:00:00Z" };
    return [...named, document("next", { metadata, spec: { ingressClassName: "nginx", rules } })];
  });
}

function document(name: string, { metadata, spec }: { metadata: object; spec: Ingress["spec"] }): Ingress {
  const object = { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: { name, ...metadata }, spec };
  return object;
}

const asked: fc.Arbitrary<Asked> = fc.record({
  scheme: fc.constantFrom("http" as const, "https" as const),
  host: fc.constantFrom("one.example", "two.example", "other.example"),
  path: fc
    .tuple(path, fc.constantFrom("", "", "/", "x", "/7", "/c/d"))
    .map(([text, tail]) => (text === "/" && tail.startsWith("/") ? tail : text + tail)),
  headers: fc.constantFrom<{ [name: string]: string }>({}, {}, { "X-Canary": "always" }, { "X-Canary": "never" }),
});

const plain = world(ingressOf(plainPath, annotations), true);
const regular = world(ingressOf(regexPath, rewriting), false);
const rewritten = world(ingressOf(plainPath, within), false);
const all = fc.oneof(plain, regular);

/** Hosts, wildcards and aliases of several namespaces, with default backends. */
const crowd: fc.Arbitrary<Ingress[]> = fc
  .array(
    fc.record({
      namespace: fc.constantFrom("shop", "blog"),
      age: fc.constantFrom("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
      hosts: fc.uniqueArray(fc.constantFrom("one.example", "two.example", "*.two.example", "*.one.example", ""), {
        minLength: 1,
        maxLength: 2,
      }),
      paths: fc.array(plainPath, { minLength: 1, maxLength: 2 }),
      notes: fc.record(
        {
          "server-alias": fc.constantFrom(
            "twin.example",
            "*.twin.example",
            "two.example",
            "twin.example,sub.one.example",
            "www.one.example",
          ),
          "from-to-www-redirect": fc.constant("true"),
          "force-ssl-redirect": fc.constant("true"),
        },
        { requiredKeys: [] },
      ),
      standard: fc.option(service),
      hasRules: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
      tls: fc.boolean(),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((list) =>
    list.map(({ namespace, age, hosts, paths, notes, standard, hasRules, tls }, index) => {
      const own = (name: string) => ({ service: { name: `${namespace}-${name}`, port: { number: 80 } } });
      const http = { paths: paths.map((one) => ({ ...one, backend: own(one.backend.service.name) })) };
      const annotations = Object.fromEntries(
        Object.entries(notes).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]),
      );
      return document(`i${index}`, {
        metadata: { namespace, creationTimestamp: age, annotations },
        spec: {
          ingressClassName: "nginx",
          ...(standard === null ? {} : { defaultBackend: own(standard) }),
          ...(hasRules ? { rules: hosts.map((name) => (name === "" ? { http } : { host: name, http })) } : {}),
          ...(tls ? { tls: [{ hosts, secretName: "cert" }] } : {}),
        },
      });
    }),
  );

const askedOfCrowd: fc.Arbitrary<Asked> = fc.record({
  scheme: fc.constantFrom("http" as const, "https" as const),
  host: fc.constantFrom(
    ...[
      "one.example",
      "two.example",
      "other.example",
      "sub.one.example",
      "sub.two.example",
      "twin.example",
      "a.twin.example",
      "far.test",
      "www.one.example",
    ],
  ),
  path: fc
    .tuple(path, fc.constantFrom("", "", "/", "x", "/c/d"))
    .map(([text, tail]) => (text === "/" && tail.startsWith("/") ? tail : text + tail)),
});
const guarded = world(ingressOf(plainPath, guarding), false);

/** What asks for an EnvoyFilter, and what does not. */
const limiting = fc.constantFrom<{ [name: string]: string }>(
  {},
  { "proxy-body-size": "0" },
  { "proxy-body-size": "8k" },
  { "proxy-read-timeout": "5", "force-ssl-redirect": "true" },
);
const limited = world(ingressOf(plainPath, limiting), true);

function needsFilter(given: { [name: string]: string } = {}): boolean {
  const of = (name: string) => given[`nginx.ingress.kubernetes.io/${name}`];
  return of("proxy-read-timeout") !== undefined || of("proxy-body-size") === "8k";
}

/** The rule that a patch is for. */
interface Patched {
  routeConfiguration: { vhost: { route: { name: string } } };
}

interface Attached {
  parentRefs: { kind?: string; name: string; sectionName?: string }[];
  hostnames?: string[];
  listeners: { hostname: string; tls: { options?: object } }[];
}

describe("properties of a conversion", () => {
  it("reaches hosts whose clients need a certificate by listeners alone that demand one", () => {
    let hosts = 0;
    fc.assert(
      fc.property(guarded, (ingresses) => {
        const { objects } = convert(ingresses, { ...standardOptions, accept: ["auth-tls-secret"] });
        const specs = (kind: string) => objects.filter((object) => object.kind === kind);
        const sets = new Map(specs("ListenerSet").map((set) => [set.metadata.name, (set.spec as Attached).listeners]));
        const demands = ({ tls }: Attached["listeners"][number]) => tls.options !== undefined;
        const mine = [...sets.values()]
          .flat()
          .filter(demands)
          .map(({ hostname }) => hostname);
        hosts += mine.length;
        for (const { spec } of specs("HTTPRoute")) {
          const { hostnames = [], parentRefs } = spec as Attached;
          if (!hostnames.some((name) => mine.includes(name))) continue;
          for (const { kind, name, sectionName } of parentRefs)
            assert.ok(kind === "ListenerSet" ? sets.get(name)!.every(demands) : sectionName === "http", sectionName);
        }
      }),
      { numRuns: 200 },
    );
    assert.ok(hosts > 50, String(hosts));
  });

  it("sends every request where NGINX sends it, for hosts of plain paths", () => {
    fc.assert(
      fc.property(plain, fc.array(asked, { minLength: 5, maxLength: 20 }), (ingresses, requests) => {
        const { objects, refused } = convert(ingresses);
        assert.equal(refused, false);
        for (const request of requests)
          assert.deepEqual(istio(objects, request), nginx(ingresses, request), JSON.stringify(request));
      }),
      { numRuns: 400 },
    );
  });

  it("sends every request to the path that NGINX sends it to, for snippets that rewrite", () => {
    fc.assert(
      fc.property(rewritten, fc.array(asked, { minLength: 5, maxLength: 20 }), (ingresses, requests) => {
        const { objects, refused } = convert(ingresses);
        fc.pre(!refused);
        for (const request of requests)
          assert.deepEqual(istio(objects, request), nginx(ingresses, request), JSON.stringify(request));
      }),
      { numRuns: 400 },
    );
  });

  it("sends every request where NGINX sends it, for wildcards, aliases, default backends and several namespaces", () => {
    fc.assert(
      fc.property(crowd, fc.array(askedOfCrowd, { minLength: 5, maxLength: 20 }), (ingresses, requests) => {
        const { objects, refused } = convert(ingresses);
        assert.equal(refused, false);
        // The last slash of a path that is redirected to the other name is the reported difference.
        for (const request of requests.filter(
          ({ host: name, path: at }) => !name.startsWith("www.") || !/.\/$/.test(at),
        ))
          assert.deepEqual(istio(objects, request), nginx(ingresses, request), JSON.stringify(request));
      }),
      { numRuns: 400 },
    );
  });

  it("sends every request where NGINX sends it, for hosts of regular expressions without a path that is changed", () => {
    fc.assert(
      fc.property(regular, fc.array(asked, { minLength: 5, maxLength: 20 }), (ingresses, requests) => {
        const { objects, entries, refused } = convert(ingresses);
        // Upper and lower case differ in no request here.
        const differs = entries.some(
          ({ part, detail = "" }) =>
            part === "path" &&
            detail.replace(/(upper and lower case|the backend sees upper case)[^;]*(; )?/, "") !== "" &&
            !/^NGINX (gives|asks)/.test(detail),
        );
        fc.pre(!refused && !differs);
        for (const request of requests)
          assert.deepEqual(istio(objects, request), nginx(ingresses, request), JSON.stringify(request));
      }),
      { numRuns: 400 },
    );
  });

  it("names every host and every path of the input in the report, each once", () => {
    fc.assert(
      fc.property(all, (ingresses) => {
        const { entries } = convert(ingresses);
        const parts = entries.map(({ ingress, part, name }) => `${ingress} ${part} ${name}`);
        assert.deepEqual([...new Set(parts)], parts);
        for (const { metadata, spec } of ingresses.filter(
          (one) => !one.metadata.annotations?.["nginx.ingress.kubernetes.io/canary"],
        )) {
          const mine = entries
            .filter(({ ingress }) => ingress === `shop/${metadata.name}`)
            .map(({ part, name }) => `${part} ${name}`);
          for (const { host: name = "*", http } of spec.rules ?? []) {
            assert.ok(mine.includes(`host ${name}`), `host ${name}`);
            for (const { path: at } of http?.paths ?? [])
              assert.ok(mine.includes(`path ${name}${at}`), `path ${name}${at}`);
          }
        }
      }),
    );
  });

  it("gives the same whatever the order of the documents, and for a document that is there twice", () => {
    fc.assert(
      fc.property(fc.oneof(all, crowd), (ingresses) => {
        assert.deepEqual(convert([...ingresses].reverse()), convert(ingresses));
        assert.deepEqual(convert([...ingresses, ...ingresses]), convert(ingresses));
      }),
    );
  });

  it("names for EnvoyFilters the rules with backends of the Ingresses that need it, each once, and no others", () => {
    let patches = 0;
    fc.assert(
      fc.property(limited, (ingresses) => {
        const { objects, refused } = convert(ingresses);
        assert.equal(refused, false);
        const limits = (name: string) =>
          ingresses.some(({ metadata }) => metadata.name === name && needsFilter(metadata.annotations));
        const specs = (kind: string) => objects.filter((object) => object.kind === kind);
        const wanted = specs("HTTPRoute").flatMap(({ metadata, spec }) =>
          (spec as { rules: { name?: string; backendRefs?: object[] }[] }).rules.map((rule) => {
            // The routes of an Ingress begin with its name.
            const isWanted = rule.backendRefs !== undefined && limits(metadata.name.split("-")[0]!);
            assert.equal(rule.name !== undefined, isWanted);
            return rule.name;
          }),
        );
        const found = specs("EnvoyFilter").flatMap(({ spec }) =>
          (spec as { configPatches: { applyTo: string; match: Patched }[] }).configPatches.flatMap(
            ({ applyTo, match }) => (applyTo === "HTTP_ROUTE" ? match.routeConfiguration.vhost.route.name : []),
          ),
        );
        const names = wanted.filter((name) => name !== undefined);
        assert.deepEqual([...found].sort(), [...names].sort());
        assert.equal(new Set(found).size, found.length);
        patches += found.length;
      }),
      { numRuns: 200 },
    );
    assert.ok(patches > 50, String(patches));
  });

  it("writes nothing where something is refused and not accepted", () => {
    fc.assert(
      fc.property(regular, (ingresses) => {
        const { objects, entries, refused } = convert(ingresses);
        assert.equal(objects.length === 0, refused);
        const accept = entries.filter(({ outcome }) => outcome === "refused").map(({ name }) => name);
        assert.equal(convert(ingresses, { ...standardOptions, accept }).refused, false);
      }),
    );
  });
});
