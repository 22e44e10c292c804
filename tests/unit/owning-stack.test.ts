// Findings about what a Pulumi stack owns name it, and propose its own `up` in place of commands that it would undo.
import * as assert from "node:assert/strict";
import { finding, findingLine, namespaceFinding } from "../../lib/checks/check";
import { owningStack, withStack } from "../../lib/checks/owning-stack";
import type { ClusterSnapshot, Named } from "../../lib/cluster-state/snapshot";
import { judgePlan } from "../../lib/preflight";
import { empty, plan } from "./fixtures/plans";
import { endedProtection, stacksNote } from "../../lib/enrollment/protection";

const named = (namespace: string, name: string, annotations: Record<string, string> = {}): Named => ({
  namespace,
  name,
  labels: {},
  annotations,
});
const mark = (stack: string) => ({ "istio-ambient/stack": stack });
const release = { "meta.helm.sh/release-name": "istiod", "meta.helm.sh/release-namespace": "istio-system" };

const snapshot = {
  namespaces: [named("", "istio-system", mark("mesh/dev")), named("", "shop", mark("shop/prod")), named("", "cart")],
  gateways: [named("istio-system", "public", mark("mesh/dev"))],
  services: [
    { ...named("istio-system", "public-istio"), owners: [{ kind: "Gateway", name: "public" }] },
    { ...named("cart", "web"), owners: [] },
  ],
  deployments: [named("istio-system", "istiod", release)],
} as Partial<ClusterSnapshot> as ClusterSnapshot;

describe("the stack behind a finding", () => {
  it("is that of the object, of its Gateway, or of the namespace of its Helm release", () => {
    const stackOf = (object: string) => owningStack(snapshot, { object });
    assert.deepEqual(
      [
        "Namespace shop",
        "Service istio-system/public-istio",
        "Deployment istio-system/istiod",
        "Helm release istio-system/istiod",
      ].map(stackOf),
      ["shop/prod", "mesh/dev", "mesh/dev", "mesh/dev"],
    );
    const unowned = [
      "Namespace cart",
      "Service cart/web",
      "Service cart/gone",
      "Cluster https://x:6443",
      "Pod cart/web-0",
    ];
    assert.deepEqual(
      unowned.map(stackOf),
      unowned.map(() => undefined),
    );
  });

  it("changes it by its own `up`, and is looked into as before", () => {
    const found = namespaceFinding("shop", "both labels", "one of them is enough", {
      run: "kubectl label namespace shop istio-injection-",
    });
    assert.equal(
      findingLine(withStack(found, "shop/prod")),
      '`Namespace shop`: got "both labels"; one of them is enough; the Namespace belongs to the stack shop/prod; run `pulumi up ' +
        "--refresh --stack prod`",
    );
    for (const run of ["helm upgrade istiod charts/istiod", "istioctl uninstall --purge"]) {
      const { fix } = withStack({ ...found, fix: { run } }, "mesh/dev");
      assert.deepEqual(fix, { run: "pulumi up --refresh --stack dev" });
    }
    const looked = finding("Deployment", { namespace: "a", name: "b" }, "0 of 1", "it is available", {
      run: "kubectl describe deployment b --namespace a",
    });
    assert.deepEqual(withStack(looked, "mesh/dev").fix, looked.fix);
    assert.equal(withStack(found, undefined), found);
  });
});

describe("the preflight of a mesh", () => {
  it("names the stack that owns a namespace or a gateway, and proposes its own `up`", () => {
    const both = { "istio.io/dataplane-mode": "ambient", "istio-injection": "enabled" };
    const facts = { ...empty, namespaces: [{ ...named("", "shop", mark("shop/prod")), labels: both }] };
    assert.deepEqual(judgePlan(plan, facts, false).warnings.map(findingLine), [
      '`Namespace shop`: got "both istio.io/dataplane-mode and istio-injection"; a pod with a sidecar is never captured; the Namespace ' +
        "belongs to the stack shop/prod; run `pulumi up --refresh --stack prod`",
    ]);
    const gateway = { ...named("istio-system", "hostk8s-gateway", mark("shop/prod")), kind: "Gateway" };
    assert.deepEqual(judgePlan(plan, { ...empty, objects: [gateway] }, false).errors.map(findingLine), [
      '`Gateway istio-system/hostk8s-gateway`: got "it belongs to the stack shop/prod"; the mesh makes one of this name; ' +
        'choose another name for its gateway; write `gateway: { name: "hostk8s-gateway-2" }`',
    ]);
  });
});

describe("a mesh in a namespace that a component of another stack made", () => {
  it("is refused, also where it adopts the namespace: the mark of that stack would be lost", () => {
    const annotations = { ...mark("shop/prod"), "istio-ambient/component": 'AmbientNamespace "istio-system"' };
    const namespaces = [{ ...named("", "istio-system"), annotations }];
    const { errors } = judgePlan({ ...plan, adoptNamespace: true }, { ...empty, namespaces }, false);
    assert.deepEqual(errors.map(findingLine), [
      '`Namespace istio-system`: got "made by AmbientNamespace "istio-system" of the stack shop/prod"; a mesh marks its ' +
        "namespace as its own, and that stack could no longer update it; choose another one; write " +
        '`namespace: "istio-system-2"`',
    ]);
  });
});

describe("what leaving the mesh takes away", () => {
  it("is told with names and numbers, where policies protected anything", () => {
    assert.equal(endedProtection({ strict: [], access: [] }), undefined);
    assert.equal(
      endedProtection({ strict: ["shop/default"], access: [] }),
      "warning: 1 STRICT PeerAuthentication (shop/default) no longer protects pods outside the mesh, which accept plaintext " +
        "from any client",
    );
    assert.equal(
      endedProtection({ strict: ["shop/b", "cart/a"], access: ["shop/web"] }),
      "warning: 2 STRICT PeerAuthentications (cart/a, shop/b) and 1 AuthorizationPolicy (shop/web) no longer protect pods " +
        "outside the mesh, which accept plaintext from any client",
    );
  });

  it("is told to stacks by their names", () => {
    assert.equal(stacksNote([named("", "cart")]), "");
    assert.equal(stacksNote(snapshot.namespaces), " (istio-system of the stack mesh/dev, shop of the stack shop/prod)");
  });
});
