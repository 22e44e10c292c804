// Findings about what a Pulumi stack owns name it, and propose its own `up` in place of commands that it would undo.
import * as assert from "node:assert/strict";
import { finding, findingLine, namespaceFinding, type Fix } from "../../lib/checks/check";
import { owningStack, ownershipOf, withStack } from "../../lib/checks/owning-stack";
import type { ClusterSnapshot, Named } from "../../lib/cluster-state/snapshot";
import { labelsNote } from "../../lib/ownership/marks";
import { judgePlan } from "../../lib/preflight";
import { helmMarks, workload } from "./fixtures/objects";
import { certManagerFloor } from "../../lib/istio/releases";
import type { ClusterFacts } from "../../lib/preflight/facts";
import { empty, plan } from "./fixtures/plans";
import { endedProtection, stacksNote } from "../../lib/enrollment/protection";

const named = (namespace: string, name: string, annotations: Record<string, string> = {}): Named => ({
  namespace,
  name,
  labels: {},
  annotations,
});
const mark = (stack: string) => ({ "istio-ambient/stack": stack });
const helm = (release: string) => ({
  "meta.helm.sh/release-name": release,
  "meta.helm.sh/release-namespace": "istio-system",
});
const guest = labelsNote("0", {
  stack: "guests/qa",
  component: 'Waypoint "shared"',
  labels: ["istio.io/dataplane-mode", "istio.io/use-waypoint"],
});
const byGateway = { owners: [{ kind: "Gateway", name: "public" }] };

const kinds = [
  ...["namespaces", "gateways", "services", "deployments", "daemonSets", "definitions", "configMaps", "routes"],
] as const;
const nothing = Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as ClusterSnapshot;
const snapshot = {
  ...nothing,
  namespaces: [
    named("", "istio-system", mark("mesh/dev")),
    named("", "shop", { ...mark("shop/prod"), ...guest }),
    named("", "cart"),
    named("", "adopted", guest),
  ],
  gateways: [
    {
      ...named("istio-system", "public", mark("mesh/dev")),
      parameters: { namespace: "istio-system", name: "overlay" },
    },
    named("cart", "waypoint"),
  ],
  services: [
    { ...named("istio-system", "public-istio"), ...byGateway },
    { ...named("cart", "web", guest), owners: [] },
    { ...named("cart", "plain"), owners: [] },
  ],
  deployments: [
    { ...named("istio-system", "istiod", helm("istiod")), labels: { app: "istiod" }, owners: [] },
    { ...named("istio-system", "other", helm("other")), labels: {}, owners: [] },
  ],
  routes: [{ ...named("cart", "web"), kind: "HTTPRoute" }],
} as unknown as ClusterSnapshot;

describe("the stack behind a finding", () => {
  const stackOf = (object: string, fix: Fix) => {
    const owner = owningStack(ownershipOf(snapshot), { object, fix });
    return owner && `${owner.what}: ${owner.stack}`;
  };
  const write = { write: "anything" };

  it("is that of the object, of its Gateway, or of the namespace of its Helm release", () => {
    const owned = [
      "Namespace shop",
      "Service istio-system/public-istio",
      "ConfigMap istio-system/overlay",
      "Deployment istio-system/istiod",
      "Helm release istio-system/istiod",
    ];
    assert.deepEqual(
      owned.map((object) => stackOf(object, write)),
      [
        "the Namespace: shop/prod",
        "the Service: mesh/dev",
        "the ConfigMap: mesh/dev",
        "the Deployment: mesh/dev",
        "the Helm release: mesh/dev",
      ],
    );
    const unowned = [
      "Namespace cart",
      "Service cart/plain",
      "Service cart/gone",
      "Deployment istio-system/other",
      "Helm release istio-system/other",
      "Cluster https://x:6443",
      "Pod cart/web-0",
    ];
    assert.deepEqual(
      unowned.map((object) => stackOf(object, write)),
      unowned.map(() => undefined),
    );
  });

  it("is that of what the fix would change, where this is something else", () => {
    const route = "HTTPRoute cart/web";
    const label = "istio.io/use-waypoint";
    const changes: [object: string, run: string, owner: string | undefined][] = [
      [route, "kubectl label gateway public --namespace istio-system --overwrite a=b", "the Gateway: mesh/dev"],
      [
        route,
        "kubectl label gateways.gateway.networking.k8s.io public --namespace istio-system a-",
        "the Gateway: mesh/dev",
      ],
      [
        route,
        `kubectl label service web --namespace cart --overwrite ${label}=waypoint`,
        `the label ${label}: guests/qa`,
      ],
      [route, "kubectl label service web --namespace cart a=b", undefined],
      ["Namespace shop", "kubectl label service plain --namespace cart a=b", undefined],
      [
        "Namespace adopted",
        "kubectl label namespace adopted istio.io/dataplane-mode-",
        "the label istio.io/dataplane-mode: guests/qa",
      ],
      ["Namespace shop", "kubectl label namespace shop istio-injection-", "the Namespace: shop/prod"],
      ["DaemonSet istio-system/ztunnel", "helm status ztunnel --namespace istio-system", "the Helm release: mesh/dev"],
      [
        "ServiceAccount istio-system/istiod",
        "helm upgrade istiod istiod --namespace istio-system",
        "the Helm release: mesh/dev",
      ],
      [
        "Deployment istio-system/istiod",
        "kubectl set env deployment/istiod --namespace istio-system A=b",
        "the Deployment: mesh/dev",
      ],
      ["Service cart/web", "istioctl waypoint apply --name w --namespace cart", `the label ${label}: guests/qa`],
      ["Service cart/plain", "istioctl waypoint apply --name w --namespace cart", undefined],
      ["Service cart/plain", "istioctl waypoint apply --name w --namespace shop", "the Namespace: shop/prod"],
    ];
    assert.deepEqual(
      changes.map(([object, run]) => [object, run, stackOf(object, { run })]),
      changes,
    );
  });

  it("is that of the mesh for the Gateway API's CRDs, unless another installer has applied them", () => {
    const run = "kubectl apply --server-side -f https://example.com/standard-install.yaml";
    const definition = (annotations: Record<string, string>) =>
      named("", "gateways.gateway.networking.k8s.io", annotations);
    const owners = [[], [definition({ "istio-ambient/bundle": "1.5.0/gateways" })], [definition({})]].map(
      (definitions) =>
        owningStack(ownershipOf({ ...snapshot, definitions }), { object: "CustomResourceDefinitions", fix: { run } }),
    );
    const mesh = { stack: "mesh/dev", what: "the Gateway API" };
    assert.deepEqual(owners, [mesh, mesh, undefined]);
  });

  it("changes it by its own `up`, and is looked into as before", () => {
    const found = namespaceFinding("shop", "both labels", "one of them is enough", {
      run: "kubectl label namespace shop istio-injection-",
    });
    const owner = { stack: "shop/prod", what: "the Namespace" };
    assert.equal(
      findingLine(withStack(found, owner)),
      '`Namespace shop`: got "both labels"; one of them is enough; the Namespace belongs to the stack shop/prod; run `pulumi up ' +
        "--refresh --stack prod`",
    );
    const changes = [
      "helm upgrade istiod charts/istiod",
      "istioctl uninstall --purge",
      "kubectl get secret a --output json | kubectl replace --filename -",
      "istio-ambient unenroll && helm uninstall ztunnel --namespace istio-system",
    ];
    for (const run of changes) {
      const { fix } = withStack({ ...found, fix: { run } }, owner);
      assert.deepEqual(fix, { run: "pulumi up --refresh --stack prod" });
    }
    const looked = finding("Deployment", { namespace: "a", name: "b" }, "0 of 1", "it is available", {
      run: "kubectl describe deployment b --namespace a",
    });
    assert.deepEqual(withStack(looked, owner).fix, looked.fix);
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

  it("names the command for what a stack has made that was renamed since, once the namespace is this stack's", () => {
    const gateway = { ...named("istio-system", "hostk8s-gateway", mark("shop/prod")), kind: "Gateway" };
    const namespaces = [named("", "istio-system", mark(plan.stack))];
    assert.deepEqual(judgePlan(plan, { ...empty, namespaces, objects: [gateway] }, false).errors.map(findingLine), [
      '`Gateway istio-system/hostk8s-gateway`: got "it belongs to the stack shop/prod"; the mesh makes one of this name; if ' +
        "that stack was renamed to this one, mark it as this stack's, otherwise choose another name for the gateway; run " +
        "`kubectl annotate gateways.gateway.networking.k8s.io hostk8s-gateway --namespace istio-system " +
        `istio-ambient/stack=${plan.stack} --overwrite\``,
    ]);
  });
});

describe("the preflight of a mesh, of what other stacks have made", () => {
  const certs = { ...named("", "cert-manager", mark("certs/prod")) };
  const controller = (desired: number) => ({
    ...workload("Deployment", "cert-manager", "cert-manager", {}, helmMarks("cert-manager", "cert-manager")),
    desired,
    available: 0,
  });
  const old = {
    ...named("", "certificates.cert-manager.io", helmMarks("cert-manager", "cert-manager")),
    labels: { "app.kubernetes.io/version": "v0.16.0" },
  };
  const agent = workload("DaemonSet", "meshes", "ztunnel", {}, helmMarks("ztunnel", "meshes"));
  const rule = "one Istio serves a cluster: a second one fights over webhooks, GatewayClasses and each node's CNI";

  const cases: [what: string, facts: Partial<ClusterFacts>, line: string][] = [
    [
      "a cert-manager that is too old",
      { namespaces: [certs], definitions: [old] },
      '`CustomResourceDefinition certificates.cert-manager.io`: got "from cert-manager 0.16.0"; the gateway\'s certificate needs ' +
        `cert-manager ${certManagerFloor} or newer; the CustomResourceDefinition belongs to the stack certs/prod; run \`pulumi ` +
        "up --refresh --stack prod`",
    ],
    [
      "a cert-manager that is scaled to 0",
      { namespaces: [certs], certManager: { deployments: [controller(0)], leads: false } },
      '`Deployment cert-manager/cert-manager`: got "scaled to 0"; the gateway\'s certificate needs a running cert-manager ' +
        "controller; the Deployment belongs to the stack certs/prod; run `pulumi up --refresh --stack prod`",
    ],
    [
      "a part of a mesh without its istiod",
      { namespaces: [named("", "meshes", mark("meshes/prod"))], daemonSets: [agent] },
      `\`DaemonSet meshes/ztunnel\`: got "an Istio installed by Helm"; ${rule}; the DaemonSet belongs to the stack ` +
        "meshes/prod; run `pulumi up --refresh --stack prod`",
    ],
  ];
  for (const [what, facts, line] of cases) {
    it(`leaves to their own \`up\`: ${what}`, () => {
      assert.deepEqual(judgePlan(plan, { ...empty, ...facts }, false).errors.map(findingLine), [line]);
    });
  }
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
