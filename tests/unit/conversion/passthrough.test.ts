// ssl-passthrough: which listener and route take the TLS of a host, and where that would break something.
import * as assert from "node:assert/strict";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import type { Ingress } from "../../../lib/conversion/objects";
import { ingressWith, only, type Given } from "./cases";

const host = "shop.example.com";
const tls = [{ hosts: [host], secretName: "tls" }];
const paths = (...list: string[]) => ({
  rules: [
    {
      host,
      http: {
        paths: list.map((path) => ({
          path,
          pathType: "Prefix",
          backend: { service: { name: "web", port: { number: 443 } } },
        })),
      },
    },
  ],
});

function said(documents: object[], part = "annotation"): string[] {
  return convert(documents)
    .entries.filter((entry) => entry.part === part && !/mapped|default/.test(`${entry.outcome} ${entry.detail}`))
    .map(({ ingress, name, outcome, detail }) => `${ingress} ${name.split("/").at(-1)}: ${outcome} (${detail})`);
}

const passing = (given: Given = {}, more: Partial<Ingress["spec"]> = {}) =>
  ingressWith({ "ssl-passthrough": "true", ...given }, { ...paths("/"), ...more });

describe("ssl-passthrough", () => {
  it("becomes a TLSRoute, its listener, and a route for http alone", () => {
    const { objects } = convert([passing({ "force-ssl-redirect": "true", "backend-protocol": "HTTPS" })]);
    assert.deepEqual(
      objects.map(({ kind, metadata: { name } }) => `${kind} ${name}`),
      ["ListenerSet web-passthrough", "TLSRoute web", "HTTPRoute web-redirect"],
    );
    assert.deepEqual(only(objects, "ListenerSet").spec, {
      parentRef: { name: "hostk8s-gateway", namespace: "istio-system" },
      listeners: [{ name: "tls", hostname: host, port: 443, protocol: "TLS", tls: { mode: "Passthrough" } }],
    });
    assert.deepEqual(only(objects, "TLSRoute").spec, {
      parentRefs: [
        {
          group: "gateway.networking.k8s.io",
          kind: "ListenerSet",
          name: "web-passthrough",
          namespace: "shop",
          sectionName: "tls",
        },
      ],
      hostnames: [host],
      rules: [{ backendRefs: [{ name: "web", port: 443 }] }],
    });
  });

  it("leaves the certificate of the host to the backend", () => {
    const documents = [passing({}, { tls })];
    assert.deepEqual(said(documents, "tls"), [
      `shop/web ${host}: converted (the backend shows its own certificate, as with NGINX)`,
    ]);
    const { listeners } = only(convert(documents).objects, "ListenerSet").spec as { listeners: object[] };
    assert.equal(listeners.length, 1);
  });

  it("is ignored without a path `/`, as by NGINX", () => {
    const documents = [passing({}, paths("/app"))];
    assert.deepEqual(said(documents), [
      `shop/web ssl-passthrough: converted (without a path \`/\` NGINX ignores it for ${host})`,
    ]);
    assert.deepEqual(
      convert(documents).objects.map(({ kind }) => kind),
      ["HTTPRoute"],
    );
  });

  it("redirects http to https where the gateway would have to speak TLS to the same Service", () => {
    const documents = [passing({ "backend-protocol": "HTTPS" })];
    assert.deepEqual(said(documents), [
      "shop/web ssl-passthrough: changed (http is redirected to https: the gateway cannot speak TLS to a Service to which it passes TLS on)",
    ]);
    const kinds = convert(documents).objects.map(({ kind }) => kind);
    assert.deepEqual(kinds, ["ListenerSet", "TLSRoute", "HTTPRoute"]);
    const forced = passing({ "backend-protocol": "HTTPS", "force-ssl-redirect": "true" });
    const routes = (document: object) => convert([document]).objects.filter(({ kind }) => kind === "HTTPRoute");
    assert.deepEqual(routes(documents[0]!), routes(forced));
  });

  it("is refused where TLS would be encrypted twice, where an alias has TLS of its own, and beside policies", () => {
    const speaking = ingressWith({ "backend-protocol": "HTTPS" }, paths("/"));
    speaking.metadata.name = "speaking";
    speaking.spec.rules![0]!.host = "other.example.com";
    assert.deepEqual(said([passing(), speaking]), [
      "shop/web ssl-passthrough: refused (the gateway itself speaks TLS to Service web, and would encrypt what it passes on once more)",
    ]);
    assert.deepEqual(said([passing({ "server-alias": "alias.example.com" })]), [
      "shop/web server-alias: converted (undefined)",
      `shop/web ssl-passthrough: refused (NGINX passes TLS of ${host} on, but not of its server-alias)`,
    ]);
    const guarded = ingressWith({ "denylist-source-range": "10.0.0.0/8" });
    const other = { ...guarded, metadata: { ...guarded.metadata, name: "other" } };
    other.spec.rules![0]!.host = "other.example.com";
    assert.deepEqual(said([passing(), other]), [
      "shop/web ssl-passthrough: refused (on TLS that is passed on, an AuthorizationPolicy of the other Ingresses knows neither hosts nor paths, and would refuse all of it)",
    ]);
  });

  it("is left out where it is accepted to be, and the gateway terminates TLS", () => {
    const accept = ["ssl-passthrough"];
    const given = passing({ "backend-protocol": "HTTPS" });
    const { objects, entries } = convert([given], { ...standardOptions, accept });
    assert.deepEqual(
      objects.map(({ kind }) => kind),
      ["DestinationRule", "HTTPRoute"],
    );
    assert.deepEqual(
      entries.filter(({ outcome }) => outcome === "accepted").map(({ detail }) => detail),
      ["skipped: TLS of its hosts ends at the gateway"],
    );
  });
});
