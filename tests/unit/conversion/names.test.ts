// Names of what Ingresses become: no two objects share one, in one conversion or in several.
import * as assert from "node:assert/strict";
import { convertedProgram } from "../../../cli/convert-program";
import { convert } from "../../../lib/conversion/convert";
import type { Ingress, Written } from "../../../lib/conversion/objects";
import { ingressWith, type Given } from "./cases";

/** An Ingress of that name, for a host each. */
function named(
  namespace: string,
  name: string,
  given: Given = {},
  hosts = [`${name}.${namespace}.example.com`],
): Ingress {
  const { metadata, ...rest } = ingressWith(given);
  const { http } = rest.spec.rules![0]!;
  return {
    ...rest,
    metadata: { ...metadata, namespace, name },
    spec: { ...rest.spec, rules: hosts.map((host) => ({ host, http: http! })) },
  };
}

const certified = (ingress: Ingress): Ingress => ({
  ...ingress,
  spec: { ...ingress.spec, tls: [{ hosts: ingress.spec.rules!.map(({ host }) => host!), secretName: "tls" }] },
});

const names = (objects: readonly Written[], kind: string) =>
  objects.filter((one) => one.kind === kind).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);

describe("names of converted objects", () => {
  it("in the Gateway's namespace are others for every namespace and name", () => {
    const given = { "whitelist-source-range": "10.0.0.0/8" };
    const { objects } = convert([named("a", "b-c", given), named("a-b", "c", given)]);
    assert.deepEqual(names(objects, "AuthorizationPolicy"), [
      "istio-system/a-b.c-allowlist",
      "istio-system/a.b-c-allowlist",
    ]);
  });

  it("of grants in the namespace of copies too", () => {
    const given = { "mirror-target": "http://copy.copies.svc$request_uri" };
    const { objects } = convert([named("a", "b-c", given), named("a-b", "c", given)]);
    assert.deepEqual(names(objects, "ReferenceGrant"), ["copies/a-b.c-mirror", "copies/a.b-c-mirror"]);
  });

  it("leave the names of Ingresses to these", () => {
    const passing = { "ssl-passthrough": "true" };
    const { objects } = convert([
      named("shop", "web", passing, ["a.example.com", "b.example.com"]),
      certified(named("shop", "web-passthrough")),
      named("shop", "web-2", passing),
    ]);
    assert.deepEqual(names(objects, "ListenerSet"), [
      "shop/web-passthrough",
      "shop/web-passthrough-2",
      "shop/web-2-passthrough",
    ]);
    assert.deepEqual(names(objects, "TLSRoute"), ["shop/web", "shop/web-3", "shop/web-2"]);
    const parents = objects
      .filter(({ kind }) => kind === "TLSRoute")
      .map(({ spec }) => (spec as { parentRefs: { name: string; sectionName: string }[] }).parentRefs[0]!)
      .map(({ name, sectionName }) => `${name} ${sectionName}`);
    assert.deepEqual(parents, ["web-passthrough-2 tls", "web-passthrough-2 tls-2", "web-2-passthrough tls"]);
  });

  it("are cut where an API server would not take them, and stay apart", () => {
    const long = "a".repeat(250);
    const { objects } = convert([named("shop", long, { "force-ssl-redirect": "true" }, ["a.example.com"])]);
    assert.deepEqual(
      names(objects, "HTTPRoute").map((name) => name.slice("shop/".length)),
      [long, `${"a".repeat(244)}-c02972f3`],
    );
  });

  it("of resources of a program are each there once", () => {
    const text = convertedProgram(convert([named("a", "b-c"), named("a-b", "c")]).objects);
    assert.deepEqual(
      [...text.matchAll(/^new HttpRoute\("([^"]+)"/gm)].map(([, name]) => name),
      ["a-b-c", "a-b-c-2"],
    );
  });

  it("are those of several ListenerSets where an Ingress has more hosts than one takes", () => {
    const hosts = Array.from({ length: 70 }, (_, index) => `h${String(index).padStart(2, "0")}.example.com`);
    const { objects } = convert([certified(named("shop", "web", {}, hosts))]);
    const sets = objects.filter(({ kind }) => kind === "ListenerSet");
    assert.deepEqual(
      sets.map(({ metadata, spec }) => [metadata.name, (spec as { listeners: object[] }).listeners.length]),
      [
        ["web", 64],
        ["web-2", 6],
      ],
    );
    const parentsOf = (hostname: string) =>
      objects
        .filter(
          ({ kind, spec }) => kind === "HTTPRoute" && (spec as { hostnames: string[] }).hostnames.includes(hostname),
        )
        .flatMap(({ spec }) => (spec as { parentRefs: { kind?: string; name: string }[] }).parentRefs)
        .filter(({ kind }) => kind === "ListenerSet")
        .map(({ name }) => name);
    assert.deepEqual([parentsOf("h63.example.com"), parentsOf("h64.example.com")], [["web"], ["web-2"]]);
  });
});

describe("labels of converted objects", () => {
  const labeled = (name: string, given: Given, labels: { [key: string]: string }) => {
    const { metadata, ...rest } = certified(named("shop", name, given));
    return { ...rest, metadata: { ...metadata, labels } };
  };

  it("are the Ingress's, without those by which tools delete what they did not apply", () => {
    const ofTools = {
      "addonmanager.kubernetes.io/mode": "Reconcile",
      "app.kubernetes.io/instance": "shop",
      "app.kubernetes.io/managed-by": "Helm",
      "applyset.kubernetes.io/part-of": "applyset-x-v1",
      "argocd.argoproj.io/instance": "shop",
      "helm.sh/chart": "shop-1.0.0",
      "kapp.k14s.io/app": "1700000000",
      "kustomize.toolkit.fluxcd.io/name": "shop",
      "objectset.rio.cattle.io/hash": "0a1b",
    };
    const own = { "app.kubernetes.io/name": "web", "helm.sh/chart-of": "team" };
    const { objects } = convert([
      labeled("web", { "cert-manager.io/cluster-issuer": "letsencrypt" }, { ...ofTools, ...own }),
      labeled("api", { "ssl-passthrough": "true" }, ofTools),
    ]);
    assert.deepEqual(
      objects.map(({ kind, metadata: { name, labels } }) => [kind, name, labels]),
      [
        ["Certificate", "tls", own],
        ["ListenerSet", "web", own],
        ["ListenerSet", "api-passthrough", undefined],
        ["TLSRoute", "api", undefined],
        ["HTTPRoute", "api-redirect", undefined],
        ["HTTPRoute", "web", own],
        ["HTTPRoute", "web-redirect", own],
      ],
    );
  });
});
