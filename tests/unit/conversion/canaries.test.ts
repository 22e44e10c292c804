// Canaries of other namespaces, and what a canary says of its whole host: NGINX merges by host and path alone, and takes the
// CAs of a host from its first Ingress that has one, be it a canary.
import * as assert from "node:assert/strict";
import { convert } from "../../../lib/conversion/convert";
import type { Ingress } from "../../../lib/conversion/objects";
import { ingressWith, only, verdicts, type Given } from "./cases";

const canary: Given = { canary: "true", "canary-weight": "20" };
const tls = [{ hosts: ["shop.example.com"], secretName: "shop-tls" }];

function ingress(key: string, given: Given, more: Partial<Ingress["spec"]> = {}, creationTimestamp = "2026-01-01") {
  const [namespace, name] = key.split("/") as [string, string];
  const backend = { service: { name, port: { number: 80 } } };
  const http = { paths: [{ path: "/", pathType: "Prefix", backend }] };
  const one = ingressWith(given, { rules: [{ host: "shop.example.com", http }], ...more });
  return { ...one, metadata: { ...one.metadata, namespace, name, creationTimestamp } };
}

describe("a canary of another namespace", () => {
  it("gets its share of the requests, which its namespace allows", () => {
    const { objects, entries, refused } = convert([ingress("shop/web", {}), ingress("next/web", canary)]);
    assert.equal(refused, false);
    assert.deepEqual(
      entries.filter(({ part }) => part === "path").map(({ ingress: key, to }) => `${key}: ${to}`),
      ["next/web: a backend beside shop/web:80", "shop/web: PathPrefix /"],
    );
    const { rules } = only(objects, "HTTPRoute").spec as { rules: { backendRefs: object[] }[] };
    assert.deepEqual(rules[0]!.backendRefs, [
      { name: "web", port: 80, weight: 80 },
      { name: "web", port: 80, namespace: "next", weight: 20 },
    ]);
    assert.deepEqual(only(objects, "ReferenceGrant"), {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "ReferenceGrant",
      metadata: { name: "shop.web-canary-web", namespace: "next" },
      spec: {
        from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "shop" }],
        to: [{ group: "", kind: "Service", name: "web" }],
      },
    });
  });

  it("needs no leave in the namespace of the other Ingress", () => {
    const { objects } = convert([ingress("shop/web", {}), ingress("shop/next", canary)]);
    assert.deepEqual(
      objects.map(({ kind }) => kind),
      ["HTTPRoute"],
    );
  });

  it("is verified by the CA of the other Ingress", () => {
    const verified = {
      "backend-protocol": "HTTPS",
      "proxy-ssl-secret": "shop/ca",
      "proxy-ssl-verify": "on",
      "proxy-ssl-name": "web.shop.svc",
    };
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "ca", namespace: "shop" } };
    const { objects } = convert([
      ingress("shop/web", verified),
      ingress("next/web", canary),
      { ...secret, stringData: { "ca.crt": "CA" } },
    ]);
    assert.deepEqual(
      objects
        .filter(({ kind }) => /^(BackendTLSPolicy|ConfigMap)$/.test(kind))
        .map(({ kind, metadata: { namespace, name } }) => `${kind} ${namespace}/${name}`),
      ["BackendTLSPolicy shop/web", "ConfigMap shop/ca-ca", "BackendTLSPolicy next/web", "ConfigMap next/ca-ca"],
    );
  });
});

describe("TLS of a host on a canary", () => {
  const demanded = { "auth-tls-secret": "shop/clients", "auth-tls-verify-depth": "2" };
  const beside = "(the Ingress is a canary, so NGINX uses the annotations of the other Ingress of its host and path)";
  const said = (documents: object[]) =>
    verdicts(convert(documents).entries.filter(({ ingress: key }) => key === "shop/next")).filter((line) =>
      /^(auth-tls|proxy-ssl)/.test(line),
    );
  const refused = (leader: string, ...details: string[]) => [
    `${leader}: refused (NGINX takes it for all of shop.example.com, although the Ingress is a canary) way out: the annotations ${leader.replace("secret", "")}… on shop/web instead`,
    ...details.map((name) => `${name}: refused (it belongs to ${leader}, which is refused) way out: see ${leader}`),
  ];
  const next = (given: Given, age?: string) => ingress("shop/next", { ...canary, ...given }, {}, age);

  it("is refused where no other Ingress of the host has a CA before", () => {
    const wanted = refused("auth-tls-secret", "auth-tls-verify-depth");
    assert.deepEqual(said([ingress("shop/web", {}, { tls }), next(demanded)]), wanted);
    const others = ingress("shop/web", { "auth-tls-secret": "shop/others" }, { tls }, "2026-02-01");
    assert.deepEqual(said([others, next(demanded)]), wanted);
    const spoken = { "proxy-ssl-secret": "shop/ca", "proxy-ssl-verify": "on" };
    assert.deepEqual(said([ingress("shop/web", {}), next(spoken)]), refused("proxy-ssl-secret", "proxy-ssl-verify"));
  });

  it("is nothing where another Ingress was there before, or says the same", () => {
    const none = ["auth-tls-secret", "auth-tls-verify-depth"].map((name) => `${name}: converted ${beside}`);
    const others = { "auth-tls-secret": "shop/others" };
    assert.deepEqual(said([ingress("shop/web", others, { tls }), next(demanded, "2026-02-01")]), none);
    assert.deepEqual(said([ingress("shop/web", demanded, { tls }, "2026-02-01"), next(demanded)]), none);
  });

  it("is nothing without a CA, without a leader, and where no certificate is asked for", () => {
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "clients", namespace: "shop" }, data: {} };
    const web = ingress("shop/web", {}, { tls });
    const none = (...names: string[]) => names.map((name) => `${name}: converted ${beside}`);
    assert.deepEqual(said([web, next(demanded), secret]), none("auth-tls-secret", "auth-tls-verify-depth"));
    assert.deepEqual(said([web, next({ "proxy-ssl-name": "web" })]), none("proxy-ssl-name"));
    const off = { "auth-tls-secret": "shop/clients", "auth-tls-verify-client": "off" };
    assert.deepEqual(said([web, next(off)]), none("auth-tls-secret", "auth-tls-verify-client"));
  });

  it("is nothing for a host that no other Ingress has", () => {
    const rules = [{ host: "other.example.com" }];
    const alone = ingress("shop/next", { ...canary, ...demanded }, { rules });
    assert.deepEqual(
      said([ingress("shop/web", {}, { tls }), alone]),
      ["auth-tls-secret", "auth-tls-verify-depth"].map((name) => `${name}: converted ${beside}`),
    );
  });
});
