// What is read of a file, and what cannot be read.
import * as assert from "node:assert/strict";
import { convert } from "../../../lib/conversion/convert";
import { reportText } from "../../../lib/conversion/report";
import { ingressWith } from "./cases";

const fix = "kubectl explain ingress.spec";
const changed = (change: object) => ({ ...ingressWith({}), ...change });

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
    assert.deepEqual([objects, reportText(entries)], [[], report]);
    assert.equal(reportText(convert([]).entries), "no Ingress of that class\n");
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
      changed({ metadata: { name }, spec: { rules: [{ host: name, ...(http && { http }) }] } });
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
