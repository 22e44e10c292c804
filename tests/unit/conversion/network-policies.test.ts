// NetworkPolicies beside Ingresses: whether the gateway may connect where NGINX may.
import * as assert from "node:assert/strict";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import { ingressWith } from "./cases";

const service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "shop" },
  spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
};

const named = (name: string) => ({ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } });
const fromNginx = [{ from: [named("ingress-nginx")] }];

function policy(name: string, podSelector: object, ingress: object[] | undefined, more: object = {}) {
  const spec = { podSelector, policyTypes: ["Ingress"], ...(ingress ? { ingress } : {}), ...more };
  return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name, namespace: "shop" }, spec };
}

/** What the report says of the path. */
function said(...documents: object[]): string | undefined {
  const { entries } = convert([ingressWith({}), ...documents]);
  const [path] = entries.filter(({ part }) => part === "path");
  assert.equal(path?.outcome, path?.detail === undefined ? "converted" : "changed");
  return path?.detail;
}

const peer =
  "{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: istio-system } }, " +
  "podSelector: { matchLabels: { gateway.networking.k8s.io/gateway-name: hostk8s-gateway } } }";
const shut = (key: string, condition = "", port: number | string = 8080) =>
  `NetworkPolicy ${key} does not admit the Gateway's pods${condition}: ` +
  `ingress: [{ from: [${peer}], ports: [{ port: ${port} }, { port: 15008 }] }], where 15008 is for pods in the mesh`;

describe("a NetworkPolicy in front of the pods of an Ingress", () => {
  it("is in the report where it admits NGINX and not the gateway", () => {
    const { spec, ...rest } = service;
    const byName = { ...rest, spec: { ...spec, ports: [{ port: 80, targetPort: "http" }] } };
    assert.equal(said(service, policy("all", {}, fromNginx)), shut("shop/all"));
    assert.equal(said(byName, policy("all", {}, fromNginx)), shut("shop/all", "", "http"));
    assert.equal(said(policy("all", {}, fromNginx)), shut("shop/all", "", 80));
    assert.equal(said(service, policy("none", {}, undefined)), shut("shop/none"));
    assert.equal(said(service, policy("web", { matchLabels: { app: "web" } }, fromNginx)), shut("shop/web"));
    const own = [{ from: [{ podSelector: {} }] }];
    assert.equal(said(service, policy("own", {}, own)), shut("shop/own"));
    const block = [{ from: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }];
    assert.equal(said(service, policy("block", {}, block)), shut("shop/block"));
    const other = [{ from: [named("istio-system")], ports: [{ port: 9090 }] }, ...fromNginx];
    assert.equal(said(service, policy("metrics", {}, other)), shut("shop/metrics"));
  });

  it("is in the report with its condition where only the pods tell whether it selects them", () => {
    const front = policy("front", { matchLabels: { app: "web", tier: "front" } }, fromNginx);
    assert.equal(said(service, front), shut("shop/front", ", if it selects the pods of Service web"));
    const expression = { key: "tier", operator: "In", values: ["front"] };
    const tier = policy("tier", { matchExpressions: [expression] }, fromNginx);
    assert.equal(said(service, tier), shut("shop/tier", ", if it selects the pods of Service web"));
  });

  it("is not where it or another one admits the gateway, or it is for other pods or directions", () => {
    const gateway = [{ from: [named("istio-system")] }];
    const pods = { podSelector: { matchLabels: { "gateway.networking.k8s.io/gateway-name": "hostk8s-gateway" } } };
    const open: object[][] = [
      [policy("all", {}, gateway)],
      [policy("all", {}, [{}])],
      [policy("all", {}, [{ from: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }])],
      [policy("all", {}, [{ from: [{ namespaceSelector: {}, ...pods }], ports: [{ port: 8080 }] }])],
      [policy("all", {}, [{ from: [named("istio-system")], ports: [{ port: 15008 }] }])],
      [policy("all", {}, [{ from: [named("istio-system")], ports: [{ port: "http" }] }])],
      [policy("none", {}, undefined), policy("web", { matchLabels: { app: "web" } }, gateway)],
      [policy("db", { matchLabels: { app: "db" } }, fromNginx)],
      [policy("out", {}, undefined, { policyTypes: ["Egress"], egress: [] })],
      [{ ...policy("all", {}, fromNginx), metadata: { name: "all", namespace: "other" } }],
      [policy("wrong", {}, [{ from: "ingress-nginx" } as object])],
    ];
    assert.deepEqual(
      open.map((policies) => said(service, ...policies)),
      open.map(() => undefined),
    );
    const { spec, ...rest } = service;
    const manual = { ...rest, spec: { ports: spec.ports } };
    assert.equal(said(manual, policy("all", {}, fromNginx)), undefined);
  });

  it("is one for the pods of a canary, and of the Gateway that the routes attach to", () => {
    const canary = ingressWith({ canary: "true", "canary-weight": "10" });
    canary.metadata.namespace = "next";
    const gateway = { ...standardOptions.gateway, name: "own", namespace: "next" };
    const details = (ingress: object[], options = standardOptions) => {
      const closed = { ...policy("all", {}, ingress), metadata: { name: "all", namespace: "next" } };
      return convert([ingressWith({}), canary, closed], options)
        .entries.filter(({ part }) => part === "path")
        .map(({ ingress: key, detail }) => [key, detail]);
    };
    assert.deepEqual(details(fromNginx), [
      ["next/web", shut("next/all", "", 80)],
      ["shop/web", undefined],
    ]);
    assert.deepEqual(details([{ from: [{ podSelector: {} }] }], { ...standardOptions, gateway }), [
      ["next/web", undefined],
      ["shop/web", undefined],
    ]);
  });
});
