// Backends whose certificate is verified, beside what else is said of their Services.
import * as assert from "node:assert/strict";
import { convert } from "../../../lib/conversion/convert";
import { ingressWith, only, type Given } from "./cases";

const verified: Given = {
  "backend-protocol": "GRPCS",
  "proxy-ssl-secret": "shop/ca",
  "proxy-ssl-verify": "on",
  "proxy-ssl-name": "web.shop.svc",
};
const older = "with Istio 1.30 DestinationRule web-ingress has no effect beside the BackendTLSPolicy";

const service = (ports: object[]) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "shop" },
  spec: { ports },
});
const sending = (name: string, given: Given, path: string, port: object) => {
  const backend = { service: { name: "web", port } };
  const http = { paths: [{ path, pathType: "Prefix", backend }] };
  const one = ingressWith(given, { rules: [{ host: "shop.example.com", http }] });
  return { ...one, metadata: { ...one.metadata, name } };
};

/** The section of the BackendTLSPolicy, and the settings beside it. */
function written(documents: object[]): [section: unknown, trafficPolicy: unknown] {
  const { objects } = convert(documents);
  const { targetRefs } = only(objects, "BackendTLSPolicy").spec as { targetRefs: { sectionName?: string }[] };
  const rule = objects.find(({ kind }) => kind === "DestinationRule")?.spec as { trafficPolicy: object } | undefined;
  return [targetRefs[0]!.sectionName, rule?.trafficPolicy];
}

describe("a backend whose certificate is verified", () => {
  const alone = sending("web", verified, "/", { number: 443 });
  const http2 = { connectionPool: { http: { h2UpgradePolicy: "UPGRADE" } } };

  it("has its other settings where istiod puts them together with its TLS: for its port, or for the whole Service", () => {
    const ofPort = { portLevelSettings: [{ port: { number: 443 }, ...http2 }] };
    assert.deepEqual(written([alone, service([{ name: "https", port: 443 }])]), ["https", ofPort]);
    assert.deepEqual(written([alone]), [undefined, http2]);
    assert.deepEqual(written([alone, service([{ port: 443 }])]), [undefined, http2]);
    const plain = sending("web", { ...verified, "backend-protocol": "HTTPS" }, "/", { number: 443 });
    assert.deepEqual(written([plain]), [undefined, undefined]);
  });

  it("is said to have them with Istio 1.31 only", () => {
    const said = (documents: object[]) =>
      convert(documents).entries.flatMap(({ name, detail }) =>
        name.endsWith("/proxy-ssl-secret") ? [detail?.includes(older)] : [],
      );
    assert.deepEqual(said([alone]), [true]);
    assert.deepEqual(said([sending("web", { ...verified, "backend-protocol": "HTTPS" }, "/", { number: 443 })]), [
      false,
    ]);
  });

  it("is refused beside another port, where the name of its own is not known", () => {
    const documents = [alone, sending("plain", {}, "/plain", { number: 80 })];
    const ports = [
      { name: "https", port: 443 },
      { name: "http", port: 80 },
    ];
    const refusals = (all: object[]) =>
      convert(all).entries.flatMap(({ outcome, ingress, name, detail, fix }) =>
        outcome === "refused" ? [[ingress, name, detail, fix]] : [],
      );
    assert.deepEqual(refusals(documents), [
      [
        "shop/web",
        "shop.example.com/",
        "a BackendTLSPolicy without the name of a port is for every port of its Service",
        "-f with Service web, whose ports have names",
      ],
    ]);
    assert.deepEqual(refusals([...documents, service(ports)]), []);
  });
});
