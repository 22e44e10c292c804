// Settings of a host that several Ingresses give, or that another host has taken: what is served, and what is said.
import * as assert from "node:assert/strict";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import { programText } from "../../../lib/conversion/typescript";
import type { Ingress } from "../../../lib/conversion/objects";
import { ingressWith, only, type Given } from "./cases";

function ingress(name: string, host: string | undefined, given: Given, path = "/"): Ingress {
  const backend = { service: { name, port: { number: 80 } } };
  const http = { paths: [{ path, pathType: "Prefix", backend }] };
  const one = ingressWith(given, { rules: [host === undefined ? { http } : { host, http }] });
  return { ...one, metadata: { ...one.metadata, name } };
}

/** Hostnames of each route. */
const hostnames = (documents: object[]) =>
  convert(documents).objects.map(
    ({ metadata, spec }) => `${metadata.name}: ${((spec as { hostnames?: string[] }).hostnames ?? ["*"]).join(", ")}`,
  );

/** What is said of annotations beyond where they went. */
const said = (documents: object[]) =>
  convert(documents)
    .entries.filter(({ part, outcome, detail }) => part === "annotation" && outcome === "converted" && detail)
    .map(({ ingress: key, name, to, detail }) => {
      const where = to === undefined ? "" : ` → ${to}`;
      return `${key} ${name.split("/")[1]}: converted${where} (${detail})`;
    });

const alias = (names: string): Given => ({ "server-alias": names });

describe("a host", () => {
  it("that is every other one stays so beside its aliases", () => {
    const documents = [ingress("web", undefined, alias("a.example.com"))];
    assert.deepEqual(hostnames(documents), ["web: *", "web-2: a.example.com"]);
    assert.deepEqual(said(documents), []);
  });

  it("has the aliases that no other host has", () => {
    const documents = [
      ingress("one", "a.example.com", alias("b.example.com, z.example.com")),
      ingress("two", "b.example.com", alias("z.example.com")),
    ];
    assert.deepEqual(hostnames(documents), ["one: a.example.com, z.example.com", "two: b.example.com"]);
    assert.deepEqual(said(documents), [
      "shop/one server-alias: converted → hostnames (b.example.com has rules of its own)",
      "shop/two server-alias: converted (NGINX serves z.example.com as a.example.com)",
    ]);
  });

  it("has the aliases of one Ingress", () => {
    const documents = [
      ingress("one", "a.example.com", alias("y.example.com")),
      ingress("two", "a.example.com", alias("z.example.com"), "/two"),
    ];
    assert.deepEqual(hostnames(documents), ["one: a.example.com, z.example.com", "two: a.example.com, z.example.com"]);
    assert.deepEqual(said(documents), [
      "shop/one server-alias: converted (NGINX takes the aliases of a.example.com from shop/two)",
    ]);
  });

  it("is redirected to https by the names alone that its certificate is for", () => {
    const secured = (names: string[], given: Given = {}) => {
      const aliased = { ...alias("a.example.net, a.example.org"), ...given };
      const one = ingress("one", "a.example.com", { ...aliased, "whitelist-source-range": "10.0.0.0/8" });
      one.spec.tls = [{ hosts: names, secretName: "cert" }];
      const { objects } = convert([one]);
      const routes = objects
        .filter(({ kind }) => kind === "HTTPRoute")
        .map(({ metadata, spec }) => `${metadata.name}: ${(spec as { hostnames: string[] }).hostnames.join(", ")}`);
      const { rules } = only(objects, "AuthorizationPolicy").spec as {
        rules: { to: { operation: { hosts: string[]; ports: string[] } }[] }[];
      };
      const guarded = rules.flatMap(({ to }) =>
        to.map(
          ({ operation: { hosts, ports } }) => `${ports.join(", ")}: ${hosts.filter((_, i) => i % 2 === 0).join(", ")}`,
        ),
      );
      return [...routes, ...guarded];
    };
    const all = "a.example.com, a.example.net, a.example.org";
    assert.deepEqual(secured(["a.example.com", "*.example.net"]), [
      "one: a.example.com, a.example.net",
      "one-redirect: a.example.com, a.example.net",
      "one-2: a.example.org",
      "443: a.example.com, a.example.net",
      "80, 443: a.example.org",
    ]);
    const certified = [`one: ${all}`, `one-redirect: ${all}`, `443: ${all}`];
    assert.deepEqual(secured(["a.example.com", "a.example.net", "a.example.org"]), certified);
    assert.deepEqual(secured(["a.example.com"], { "force-ssl-redirect": "true" }), certified);
  });

  it("has one app-root, of an Ingress with a path of it", () => {
    assert.deepEqual(
      said([
        ingress("one", "a.example.com", { "app-root": "/one" }),
        ingress("two", "a.example.com", { "app-root": "/two" }, "/longer"),
      ]),
      ["shop/one app-root: converted (NGINX redirects / of a.example.com to /two, as shop/two says)"],
    );
    assert.deepEqual(
      said([ingress("one", "a.example.com", { "app-root": "/one" }), ingress("two", "a.example.com", {})]),
      ["shop/one app-root: converted (NGINX ignores it for a.example.com, of which the Ingress has no path)"],
    );
  });

  it("is redirected to from its other name, even where that is an alias", () => {
    const both = { ...alias("www.a.example.com"), "from-to-www-redirect": "true" };
    const documents = [ingress("one", "a.example.com", both)];
    assert.deepEqual(hostnames(documents), ["one: a.example.com", "one-www: www.a.example.com"]);
    assert.deepEqual(said(documents), [
      "shop/one server-alias: converted (NGINX redirects www.a.example.com to a.example.com)",
    ]);
    const other = ingress("other", "b.example.com", alias("www.a.example.com"));
    const apart = [ingress("one", "a.example.com", { "from-to-www-redirect": "true" }), other];
    assert.deepEqual(hostnames(apart), ["one: a.example.com", "one-www: www.a.example.com", "other: b.example.com"]);
    documents[0]!.spec.tls = [{ hosts: ["a.example.com", "www.a.example.com"], secretName: "cert" }];
    const { listeners } = only(convert(documents).objects, "ListenerSet").spec as { listeners: { hostname: string }[] };
    assert.deepEqual(
      listeners.map(({ hostname }) => hostname),
      ["a.example.com", "www.a.example.com"],
    );
  });

  it("is not redirected to where its other name has rules", () => {
    assert.deepEqual(
      said([
        ingress("one", "a.example.com", { "from-to-www-redirect": "true" }),
        ingress("two", "www.a.example.com", {}),
      ]),
      ["shop/one from-to-www-redirect: converted (www.a.example.com has rules of its own)"],
    );
    assert.deepEqual(said([ingress("one", undefined, { "from-to-www-redirect": "true" })]), [
      "shop/one from-to-www-redirect: converted (NGINX ignores it for *)",
    ]);
  });
});

describe("a wildcard above another host of its certificate", () => {
  const names = (...hosts: [name: string, host: string, given?: Given][]) => {
    const documents = hosts.map(([name, host, given = {}]) => {
      const one = ingress(name, host, given);
      one.spec.tls = [{ hosts: [host], secretName: "wild" }];
      return one;
    });
    const first = documents[0]!;
    const rules = documents.flatMap(({ spec }) => spec.rules!);
    const tls = documents.flatMap(({ spec }) => spec.tls!);
    const all = { ...first, spec: { ...first.spec, rules, tls } };
    const { objects } = convert([all]);
    const sets = objects
      .filter(({ kind }) => kind === "ListenerSet")
      .map(({ metadata, spec }) => {
        const { listeners } = spec as { listeners: { hostname: string }[] };
        return `${metadata.name}: ${listeners.map(({ hostname }) => hostname).join(", ")}`;
      });
    const parents = objects
      .filter(({ kind, metadata }) => kind === "HTTPRoute" && !metadata.name.includes("-redirect"))
      .map(({ spec }) => {
        const { hostnames: own, parentRefs } = spec as {
          hostnames: string[];
          parentRefs: { kind?: string; name: string }[];
        };
        const set = parentRefs.filter(({ kind }) => kind === "ListenerSet").map(({ name }) => name);
        return `${own.join(", ")} → ${set.join(", ")}`;
      });
    return [...sets, ...parents];
  };

  it("has a set of its own, so that its routes reach no other host", () => {
    assert.deepEqual(names(["web", "*.example.com"], ["admin", "admin.example.com"], ["shop", "shop.example.com"]), [
      "web: admin.example.com, shop.example.com",
      "web-2: *.example.com",
      "*.example.com → web-2",
      "admin.example.com → web",
      "shop.example.com → web",
    ]);
    assert.deepEqual(names(["web", "*.example.com"], ["b", "*.b.example.com"], ["other", "a.example.net"]), [
      "web: *.b.example.com, a.example.net",
      "web-2: *.example.com",
      "*.b.example.com → web",
      "*.example.com → web-2",
      "a.example.net → web",
    ]);
  });

  it("shares one with hosts that are not below it", () => {
    assert.deepEqual(names(["web", "*.example.com"], ["other", "a.example.net"]), [
      "web: *.example.com, a.example.net",
      "*.example.com → web",
      "a.example.net → web",
    ]);
  });
});

describe("hosts that share a certificate", () => {
  const secured = (name: string, host: string, secretName: string, given: Given = {}): Ingress => {
    const one = ingress(name, host, given);
    one.spec.tls = [{ hosts: [host], secretName }];
    return one;
  };
  const both = [secured("one", "a.example.com", "shared"), secured("two", "b.example.com", "shared")];
  const said = (documents: object[], envoyFilters = true) =>
    convert(documents, { ...standardOptions, envoyFilters }).entries.flatMap(({ part, outcome, detail }) =>
      part === "tls" ? [`${outcome}: ${detail?.split("; ")[1]}`] : [],
    );

  it("have 421 for each other's requests, by which a browser connects anew", () => {
    const patches = convert(both).objects.flatMap(({ kind, spec }) =>
      kind === "EnvoyFilter" ? (spec as { configPatches: object[] }).configPatches : [],
    );
    assert.deepEqual(
      patches,
      ["one", "two"].map((name) => ({
        applyTo: "VIRTUAL_HOST",
        match: {
          context: "GATEWAY",
          routeConfiguration: { name: `https.443.default.${name}~istio-autogenerated-k8s-gateway~https.shop` },
        },
        patch: {
          operation: "ADD",
          value: {
            name: "istio-ambient.misdirected",
            domains: ["*"],
            routes: [{ match: { prefix: "/" }, direct_response: { status: 421 } }],
          },
        },
      })),
    );
    const connected = "a browser that is connected for another host with this certificate";
    const anew = `mapped: ${connected} gets 421, and connects anew`;
    assert.deepEqual(said(both), [anew, anew]);
    const lost = `changed: ${connected} gets 404: without --no-envoy-filters it connects anew`;
    assert.deepEqual(said(both, false), [lost, lost]);
    assert.deepEqual(said([secured("one", "a.example.com", "shared", alias("b.example.com"))]), [anew]);
    const guarded = [secured("one", "a.example.com", "shared", { "auth-tls-secret": "shop/ca" }), both[1]!];
    const { entries } = convert(guarded, { ...standardOptions, envoyFilters: false });
    const shown =
      "a.example.com shows the certificate of b.example.com too: a browser that is connected for one of them gets 404, where NGINX answers 421 and it connects anew; a TLS Secret of its own prevents that";
    assert.ok(entries.find(({ name }) => name.endsWith("/auth-tls-secret"))?.detail?.includes(shown));
  });

  it("are none with certificates of their own, or of the Gateway", () => {
    const apart = [secured("one", "a.example.com", "first"), secured("two", "b.example.com", "second")];
    assert.deepEqual(said(apart), ["mapped: undefined", "mapped: undefined"]);
    assert.ok(!convert(apart).objects.some(({ kind }) => kind === "EnvoyFilter"));
    assert.ok(
      !convert([ingress("one", "a.example.com", {}), ingress("two", "b.example.com", {})]).objects.some(
        ({ kind }) => kind === "EnvoyFilter",
      ),
    );
  });
});

describe("listeners of a Gateway with several hostnames", () => {
  it("are named by their port, all of them at once", () => {
    const gateway = { ...standardOptions.gateway, httpListener: "80", httpsListener: "443" };
    const one = ingress("one", "a.example.com", {});
    one.spec.tls = [{ hosts: ["a.example.com"] }];
    const { objects } = convert([one], { ...standardOptions, gateway });
    const parent = { name: "hostk8s-gateway", namespace: "istio-system" };
    assert.deepEqual(
      objects.map(({ spec }) => (spec as { parentRefs: object[] }).parentRefs),
      [[{ ...parent, port: 443 }], [{ ...parent, port: 80 }]],
    );
    // A route of the package names one listener.
    assert.ok(!programText(objects, [], () => true).includes("new HttpRoute("));
  });
});

describe("the default backend of all hosts", () => {
  const standard = (name: string, given: Given = {}): Ingress => {
    const one = ingressWith(given);
    const defaultBackend = { service: { name, port: { number: 80 } } };
    return { ...one, metadata: { ...one.metadata, name }, spec: { ingressClassName: "nginx", defaultBackend } };
  };
  const rules = (documents: object[]) =>
    convert(documents).objects.map(({ metadata, spec }) => [metadata.name, (spec as { rules: object[] }).rules]);
  const served = (name: string, path: string) => ({
    matches: [{ path: { type: "PathPrefix", value: path } }],
    backendRefs: [{ name, port: 80 }],
  });

  it("is that of an Ingress without rules, whatever path another one has", () => {
    assert.deepEqual(rules([standard("all"), ingress("web", undefined, {}), ingress("more", undefined, {}, "/more")]), [
      ["all", [served("all", "/")]],
      ["more", [served("more", "/more")]],
    ]);
  });

  it("is none that stands beside rules", () => {
    const beside = ingress("web", undefined, {}, "/web");
    beside.spec.defaultBackend = { service: { name: "rest", port: { number: 80 } } };
    assert.deepEqual(rules([beside]), [["web", [served("web", "/web")]]]);
    assert.deepEqual(
      convert([beside]).entries.find(({ part }) => part === "default backend"),
      {
        ingress: "shop/web",
        part: "default backend",
        name: "*",
        outcome: "converted",
        detail: "every host of it has a path `/` of its own, or an older Ingress, or no name",
      },
    );
  });

  it("is neither redirected nor rewritten", () => {
    const given = {
      "force-ssl-redirect": "true",
      "permanent-redirect": "https://other.example.com/",
      "use-regex": "true",
    };
    assert.deepEqual(rules([standard("all", given)]), [["all", [served("all", "/")]]]);
    const why = "the Ingress has no rules, and NGINX redirects and rewrites nothing for a default backend";
    assert.deepEqual(
      said([standard("all", given)]),
      Object.keys(given)
        .sort()
        .map((name) => `shop/all ${name}: converted (${why})`),
    );
  });
});
