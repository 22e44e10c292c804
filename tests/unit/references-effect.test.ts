// What a program refers to that would have no effect: routes of a Service without a waypoint, gateways that do not exist.
import * as assert from "node:assert/strict";
import { neededFor, type Reference } from "../../lib/references/reference";
import { cluster, judged, object, service, type Objects } from "./references-cluster";

describe("the Service that a route attaches to", () => {
  const reference: Reference = { type: "routed", path: "parent", namespace: "shop", name: "web" };
  const use = "istio.io/use-waypoint";
  const told = [
    'warning It: `parent`: got "shop/web"; must be a Service that uses a waypoint, which applies its routes; Service ' +
      'shop/web uses none; write `new Waypoint("waypoint", { namespace: "shop", for: [{ namespace: "shop", service: "web" }] })`',
  ];
  const labelled = (own: Record<string, string>, whole: Record<string, string> = {}): Objects => ({
    Service: [service("web", [{ port: 80 }], { labels: own })],
    Namespace: [object("shop", "", {}, { labels: whole })],
  });

  it("uses a waypoint, or its namespace does", () => {
    assert.deepEqual(judged(reference), told);
    assert.deepEqual(judged(reference, labelled({ [use]: "waypoint" })), []);
    assert.deepEqual(judged(reference, labelled({}, { [use]: "waypoint" })), []);
    assert.deepEqual(judged(reference, labelled({ [use]: "none" }, { [use]: "waypoint" })), told);
  });

  it("gets the label from the program", () => {
    const set = { namespace: "shop", name: "web", labels: { [use]: "waypoint" } };
    assert.deepEqual(judged(reference, cluster, { labels: [{ ...set, kind: "Service" }] }), []);
    assert.deepEqual(
      judged(reference, cluster, { labels: [{ ...set, kind: "Namespace", namespace: "", name: "shop" }] }),
      [],
    );
    const made = { "Service shop/web": {}, "Namespace /shop": {} };
    assert.deepEqual(judged(reference, {}, { made }), told);
    assert.deepEqual(judged(reference, {}, { made: { ...made, "Service shop/web": { [use]: "waypoint" } } }), []);
    assert.deepEqual(judged(reference, {}, { made: { ...made, "Namespace /shop": { [use]: "waypoint" } } }), []);
  });

  it("is passed over where its labels are not known", () => {
    assert.deepEqual(judged(reference, {}), []);
    assert.deepEqual(judged(reference, { ...cluster, Service: [] }), []);
    assert.deepEqual(judged(reference, cluster, { makes: ["Service shop/web"] }), []);
    assert.deepEqual(judged(reference, cluster, { makes: ["Namespace /shop"] }), []);
    const labels = [{ kind: "Namespace" as const, namespace: "", name: "shop", labels: {} }];
    assert.deepEqual(judged(reference, cluster, { makes: ["Namespace /shop"], labels }), told);
  });

  it("is read with its namespace", () => {
    assert.deepEqual(neededFor(reference), [
      { kind: "Service", namespace: "shop", name: "web" },
      { kind: "Namespace", namespace: "shop" },
    ]);
  });
});

describe("the gateway that a policy admits", () => {
  const reference = (name: string): Reference => ({
    type: "client",
    path: "allow[0].gateway",
    gateway: { namespace: "ingress", name },
  });
  const missing =
    'warning It: `allow[0].gateway`: got "ingress/publik"; must be an existing Gateway, or one of this program';

  it("exists", () => {
    assert.deepEqual(judged(reference("public")), []);
    assert.deepEqual(judged(reference("publik")), [
      `${missing}: ingress/public; until there is one, this admits no client; write \`gateway: { name: "public", namespace: ` +
        '"ingress", serviceAccount: "public-istio" }`',
    ]);
    assert.deepEqual(judged(reference("publik"), { Gateway: [] }), [
      `${missing}; until there is one, this admits no client; write \`gateway: new pulumi.StackReference("org/mesh/dev")` +
        '.requireOutput("gateway")`',
    ]);
  });

  it("may be one of the program, or one that cannot be read", () => {
    assert.deepEqual(judged(reference("own"), cluster, { makes: ["Gateway ingress/own"] }), []);
    assert.deepEqual(judged(reference("own"), {}), []);
    assert.deepEqual(neededFor(reference("own")), [{ kind: "Gateway", namespace: "ingress", name: "own" }]);
  });
});
