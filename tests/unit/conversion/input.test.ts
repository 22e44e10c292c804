// What is read of a file, and what cannot be read.
import * as assert from "node:assert/strict";
import { convert } from "../../../lib/conversion/convert";
import { reportText } from "../../../lib/conversion/report";
import { ingressWith } from "./cases";

const fix = "kubectl explain ingress.spec";
const changed = (change: object) => ({ ...ingressWith({}), ...change });

const withMetadata = (metadata: object) => changed({ metadata: { ...ingressWith({}).metadata, ...metadata } });
const withRule = (rule: object) => changed({ spec: { rules: [rule] } });
const withPath = (path: object) => withRule({ http: { paths: [path] } });

const unreadable: [what: string, documents: object[], detail: string, fix: string][] = [
  [
    "an old version",
    [changed({ apiVersion: "extensions/v1beta1" })],
    "not an Ingress of networking.k8s.io/v1",
    "kubectl get ingress -o yaml, which gives networking.k8s.io/v1",
  ],
  [
    "no name",
    [changed({ metadata: { generateName: "web-" } })],
    "it has no name, from which those of the routes are made",
    "metadata.name",
  ],
  ["no spec", [changed({ spec: null })], "it has no spec", fix],
  ["rules that are no list", [changed({ spec: { rules: {} } })], "spec.rules is not a list", fix],
  [
    "an annotation without quotes",
    [changed({ metadata: { ...ingressWith({}).metadata, annotations: { a: true } } })],
    "annotation a is not a string: put its value in quotes",
    fix,
  ],
  [
    "a backend without a port",
    [changed({ spec: { defaultBackend: { service: { name: "web" } } } })],
    "a backend's service has no port",
    fix,
  ],
  [
    "a backend of nothing",
    [changed({ spec: { rules: [{ http: { paths: [{ backend: {} }] } }] } })],
    "a backend has neither service nor resource",
    fix,
  ],
  [
    "a path without a slash",
    [
      changed({
        spec: { rules: [{ http: { paths: [{ path: "a", backend: { resource: { kind: "x", name: "y" } } }] } }] },
      }),
    ],
    "path a does not begin with a slash",
    fix,
  ],
  ["no version", [changed({ apiVersion: undefined })], "it has no apiVersion", "apiVersion: networking.k8s.io/v1"],
  [
    "labels without quotes",
    [withMetadata({ labels: { a: 1 } })],
    "label a is not a string: put its value in quotes",
    fix,
  ],
  ["annotations that are no map", [withMetadata({ annotations: ["a"] })], "metadata.annotations is not a map", fix],
  ["a host with a port", [withRule({ host: "a.example.com:80" })], "host a.example.com:80 is not a DNS name", fix],
  ["an address as host", [withRule({ host: "10.0.0.1" })], "host 10.0.0.1 is not a DNS name", fix],
  ["a host that is every one", [withRule({ host: "*" })], "host * is not a DNS name", fix],
  ["a host that is no text", [withRule({ host: 5 })], "host 5 is not a DNS name", fix],
  ["a rule that is no map", [changed({ spec: { rules: ["a"] } })], "a rule is not a map", fix],
  ["http that is no map", [withRule({ http: "x" })], "http of a rule is not a map", fix],
  ["paths that are no list", [withRule({ http: { paths: {} } })], "http.paths of a rule is not a list", fix],
  ["a path that is no map", [withRule({ http: { paths: ["/"] } })], "a path is not a map", fix],
  ["a path that is no text", [withPath({ path: 1 })], "path 1 is not a string", fix],
  [
    "a pathType in lower case",
    [withPath({ path: "/a", pathType: "prefix" })],
    "pathType prefix of path /a is none of Exact, Prefix, ImplementationSpecific",
    fix,
  ],
  [
    "a Service without a name",
    [withPath({ backend: { service: { port: { number: 80 } } } })],
    "a backend's service has no name",
    fix,
  ],
  [
    "a number of a port that is text",
    [withPath({ backend: { service: { name: "web", port: { number: "80" } } } })],
    "the port number of Service web is not a whole number from 1 to 65535",
    fix,
  ],
  [
    "a name of a port that is a number",
    [withPath({ backend: { service: { name: "web", port: { name: 80 } } } })],
    "the port name of Service web is not a string",
    fix,
  ],
  ["a tls section that is no map", [changed({ spec: { tls: ["a"] } })], "an item of spec.tls is not a map", fix],
  [
    "tls hosts that are no list",
    [changed({ spec: { tls: [{ hosts: "a" }] } })],
    "tls.hosts is not a list of names",
    fix,
  ],
  [
    "a Secret that is no name",
    [changed({ spec: { tls: [{ secretName: 1 }] } })],
    "tls.secretName is not a DNS name in lower case",
    fix,
  ],
  [
    "a class that is no name",
    [changed({ spec: { ingressClassName: 1 } })],
    "spec.ingressClassName is not a string",
    fix,
  ],
  [
    "the same name for two",
    [ingressWith({}), ingressWith({ "ssl-redirect": "false" })],
    "it occurs twice in the input, with different contents",
    "one of them",
  ],
];

describe("documents of a conversion", () => {
  for (const [what, documents, detail, wayOut] of unreadable) {
    it(`are refused for ${what}`, () => {
      const { objects, entries, refused } = convert(documents);
      assert.deepEqual([objects, refused], [[], true]);
      const [first] = entries;
      const name = what === "no name" ? "(no name)" : "shop/web";
      assert.deepEqual(first, {
        ingress: name,
        part: "ingress",
        name,
        outcome: "refused",
        detail,
        fix: wayOut,
      });
    });
  }

  it("of other kinds and classes pass by, with a report that says so", () => {
    const other = ingressWith({}, { ingressClassName: "traefik" });
    const { objects, entries } = convert([
      null,
      "text",
      { kind: "Pod" },
      { apiVersion: "v1", kind: "Service", metadata: {} },
      other,
    ]);
    const report = `Ingress shop/web
  converted  ingress shop/web
             it is of class traefik, and NGINX does not serve it; --class traefik converts it

1 converted
`;
    assert.deepEqual([objects, reportText(entries, objects)], [[], report]);
    assert.equal(reportText(convert([]).entries, []), "no Ingress of that class\n");
  });

  it("may be lists in lists, and Ingresses of other groups are none", () => {
    const other = { apiVersion: "config.openshift.io/v1", kind: "Ingress", metadata: { name: "cluster" }, spec: {} };
    const { entries } = convert([[other, [ingressWith({})]]]);
    assert.deepEqual(
      entries.map(({ part, name }) => `${part} ${name}`),
      ["host shop.example.com", "path shop.example.com/"],
    );
  });

  it("that say the same in another order are one", () => {
    const { apiVersion, kind, metadata, spec } = ingressWith({});
    const { name, ...rest } = metadata;
    const { refused } = convert([ingressWith({}), { spec, metadata: { ...rest, name }, kind, apiVersion }]);
    assert.equal(refused, false);
  });

  it("may have fields without a value, as charts leave them", () => {
    const bare = ingressWith({});
    const tls = [{ hosts: null, secretName: "tls" }];
    const given = { ...bare, metadata: { ...bare.metadata, labels: null }, spec: { ...bare.spec, tls } };
    const { entries, refused } = convert([given, changed({ metadata: { name: "empty" }, spec: { rules: null } })]);
    assert.equal(refused, false);
    assert.deepEqual(
      entries.filter(({ part }) => part === "ingress" || part === "tls"),
      [
        {
          ingress: "empty",
          part: "ingress",
          name: "empty",
          outcome: "converted",
          detail: "it has neither rules nor a default backend, and NGINX serves nothing",
        },
        {
          ingress: "shop/web",
          part: "tls",
          name: "*",
          value: "tls",
          outcome: "converted",
          detail: "no rule has a host of it, so NGINX never shows its certificate",
        },
      ],
    );
  });

  it("say of a host without paths who answers for it", () => {
    const host = (name: string, http?: object) =>
      changed({
        metadata: { name: name.replace("*", "any") },
        spec: { rules: [{ host: name, ...(http && { http }) }] },
      });
    const said = (...documents: object[]) => {
      const [entry] = convert(documents).entries.filter(({ name }) => name === "a.example.com");
      return [entry?.outcome, entry?.detail];
    };
    const bare = host("a.example.com");
    const { http } = ingressWith({}).spec.rules![0]!;
    assert.deepEqual(said(bare), ["converted", "it has no path, and NGINX answers 404 for it"]);
    assert.deepEqual(said(bare, host("*.example.com", http)), [
      "changed",
      "it has no path: NGINX answers 404 for it, the gateway as for *.example.com",
    ]);
  });

  it("name a port of a Service, whose number the Service gives", () => {
    const named = ingressWith({});
    named.spec.rules![0]!.http!.paths![0]!.backend.service!.port = { name: "http" };
    const [path] = convert([named]).entries.filter(({ part }) => part === "path");
    assert.deepEqual([path?.outcome, path?.detail], ["refused", "the number of port http of Service web is not known"]);
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace: "shop" },
      spec: { ports: [{ name: "http", port: 8080 }] },
    };
    const [route] = convert([named, service]).objects;
    assert.deepEqual((route?.spec as { rules: { backendRefs: object[] }[] }).rules[0]?.backendRefs, [
      { name: "web", port: 8080 },
    ]);
    const external = convert([named, { ...service, spec: { ...service.spec, type: "ExternalName" } }]).entries.find(
      ({ part }) => part === "path",
    );
    assert.deepEqual(external?.detail, "a route takes no Service of type ExternalName");
  });
});
