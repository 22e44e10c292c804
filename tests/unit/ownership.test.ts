// Whose an object is, and what is said of writes that would take over what is not the program's own.
import * as assert from "node:assert/strict";
import { judgeWrites, type PlannedLabels, type PlannedObject } from "../../lib/ownership/judge";
import { componentMark, labelsNote, labelsNotes, stackMark } from "../../lib/ownership/marks";
import { ownerOf, type ExistingObject } from "../../lib/ownership/owner";
import { named } from "./fixtures/objects";

const stack = "shop/dev";

function object(fields: Partial<ExistingObject> = {}): ExistingObject {
  return { ...named("shop", "web"), ...fields };
}

describe("the owner of an object", () => {
  const managers = (...names: string[]) => names.map((manager) => ({ manager, labels: [] }));
  const owners: [what: string, fields: Partial<ExistingObject>, owner: string][] = [
    ["a stack", { annotations: { [stackMark]: "shop/prod" } }, "belongs to the stack shop/prod"],
    [
      "a stack, whatever else it carries",
      { annotations: { [stackMark]: "shop/prod", "meta.helm.sh/release-name": "web" } },
      "belongs to the stack shop/prod",
    ],
    [
      "Helm",
      { annotations: { "meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop" } },
      "belongs to the Helm release shop/web",
    ],
    [
      "Argo CD by its annotation",
      { annotations: { "argocd.argoproj.io/tracking-id": "web:gateway.networking.k8s.io/HTTPRoute:shop/web" } },
      "belongs to the Argo CD application web",
    ],
    [
      "Argo CD by its label",
      { labels: { "argocd.argoproj.io/instance": "web" } },
      "belongs to the Argo CD application web",
    ],
    [
      "a Kustomization of Flux",
      {
        labels: {
          "kustomize.toolkit.fluxcd.io/name": "apps",
          "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
        },
      },
      "belongs to the Flux Kustomization flux-system/apps",
    ],
    [
      "a HelmRelease of Flux, which is a release of Helm too",
      {
        labels: { "helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "shop" },
        annotations: { "meta.helm.sh/release-name": "web" },
      },
      "belongs to the Flux HelmRelease shop/web",
    ],
    ["kubectl", { managers: managers("kubectl-client-side-apply") }, "was created by kubectl"],
    [
      "another Pulumi program",
      { managers: managers("pulumi-kubernetes-1a2b") },
      "was created by a Pulumi program without this package's mark",
    ],
    ["a tool", { managers: managers("terraform") }, "was created by kubectl or another tool (field manager terraform)"],
    ["nobody knows", {}, "was created by kubectl or another tool"],
  ];
  for (const [what, fields, owner] of owners) {
    it(`is told: ${what}`, () => assert.equal(ownerOf(object(fields)), owner));
  }
});

describe("the note of labels on an object", () => {
  it("is read as it was written, and not at all where it was changed by hand", () => {
    const note = { stack, component: 'Waypoint "wp"', labels: ["istio.io/use-waypoint", "a"] };
    const annotations = { ...labelsNote("1", note), "istio-ambient/labels-2": "{", "istio-ambient/labels-3": "{}" };
    assert.deepEqual(labelsNotes({ annotations }), [{ ...note, labels: ["a", "istio.io/use-waypoint"] }]);
  });
});

describe("objects that a program is about to write", () => {
  const wayOut = { path: "name", got: "web", advice: "choose another name", fix: 'name: "web-2"' };
  const planned: PlannedObject = {
    kind: "Gateway",
    namespace: "shop",
    name: "web",
    component: 'Waypoint "web"',
    order: 1,
    parents: "",
    isRenamed: false,
    wayOut,
  };
  const judge = (found: ExistingObject | undefined, fields: Partial<PlannedObject> = {}) =>
    judgeWrites(stack, { objects: [{ ...planned, ...fields }], labels: [] }, () => found);
  const own = { [stackMark]: stack, [componentMark]: 'Waypoint "web"' };

  it("pass where nothing exists, and where an earlier run of the component made it", () => {
    assert.deepEqual(judge(undefined), []);
    assert.deepEqual(judge(object({ annotations: own })), []);
    assert.deepEqual(judge(object({ annotations: { [stackMark]: stack } })), []);
  });

  it("are refused where they are somebody else's", () => {
    const line =
      'Waypoint "web": `name`: got "web"; Gateway shop/web belongs to the stack shop/prod; choose another name; ';
    assert.deepEqual(judge(object({ annotations: { [stackMark]: "shop/prod" } })), [`${line}write \`name: "web-2"\``]);
  });

  it("are refused where another component of the stack made them, unless the engine knows that it is the same", () => {
    const annotations = { ...own, [componentMark]: 'Waypoint "old"' };
    assert.deepEqual(judge(object({ annotations })), [
      'Waypoint "web": `name`: got "web"; Gateway shop/web was made by Waypoint "old" of this stack, and would be deleted ' +
        'with it; tell the engine that it was renamed; write `{ aliases: [{ name: "old" }] }`',
    ]);
    assert.deepEqual(judge(object({ annotations }), { isRenamed: true }), []);
  });

  it("are refused where the component was below another one, unless the engine knows that it is the same", () => {
    const head =
      'Waypoint "web": `name`: got "web"; Gateway shop/web was made by Waypoint "web" of this stack when it ';
    const tail = ", and would be deleted with it; tell the engine that it was moved; write ";
    const below = { parents: "app:index:App" };
    assert.deepEqual(judge(object({ annotations: own }), below), [
      `${head}had no parent${tail}\`{ aliases: [{ parent: pulumi.rootStackResource }] }\``,
    ]);
    assert.deepEqual(judge(object({ annotations: own }), { ...below, isRenamed: true }), []);
    const annotations = { ...own, "istio-ambient/parent": "app:index:App" };
    assert.deepEqual(judge(object({ annotations }), below), []);
    assert.deepEqual(judge(object({ annotations })), [
      `${head}was below app:index:App${tail}\`{ aliases: [{ parent: formerParent }] }\``,
    ]);
  });

  it("are refused where another component of the program makes them, also one that was judged before", () => {
    const other = { ...planned, order: 2, component: 'Waypoint "other"' };
    const line =
      'Waypoint "other": `name`: got "web"; Gateway shop/web is made by Waypoint "web" of this program; choose another ' +
      'name; write `name: "web-2"`';
    const nothing = () => undefined;
    assert.deepEqual(judgeWrites(stack, { objects: [other, planned], labels: [] }, nothing), [line]);
    const written = { objects: [planned], labels: [] };
    assert.deepEqual(judgeWrites(stack, { objects: [other], labels: [] }, nothing, written), [line]);
  });

  it("leave room for what controllers make of them, and of nothing else", () => {
    const of = { kind: "Gateway", namespace: "shop", name: "web" } as const;
    const made = { kind: "Deployment", maker: "istiod", of } as const;
    const labels = { "gateway.istio.io/managed": "istio.io-mesh-controller" };
    const madeFor = (gateway: string) =>
      object({ labels: { ...labels, "gateway.networking.k8s.io/gateway-name": gateway } });
    assert.deepEqual(judge(madeFor("web"), made), []);
    const line =
      'Waypoint "web": `name`: got "web"; Deployment shop/web was created by kubectl or another tool, and istiod needs ' +
      'this name for what it makes; choose another name; write `name: "web-2"`';
    assert.deepEqual(judge(madeFor("we"), made), [
      line.replace("was created by kubectl or another tool", "is what istiod makes of Gateway we"),
    ]);
    assert.deepEqual(judge(object(), made), [line]);
    const secret = { kind: "Secret", maker: "cert-manager", of: { ...of, kind: "Certificate" } } as const;
    const issuedFor = (certificate: string) =>
      object({ annotations: { "cert-manager.io/certificate-name": certificate } });
    assert.deepEqual(judge(issuedFor("web"), secret), []);
    assert.equal(judge(issuedFor("other"), secret).length, 1);
    assert.equal(judge(object(), secret).length, 1);
  });
});

describe("labels that a program is about to set", () => {
  const label = "istio.io/use-waypoint";
  const planned: PlannedLabels = {
    kind: "Service",
    namespace: "shop",
    name: "web",
    component: 'Waypoint "wp"',
    order: 1,
    labels: { [label]: "wp" },
    wayOut: (_, value) => ({ path: "for[0]", fix: `name: "${value}"` }),
  };
  const judge = (found: ExistingObject | undefined) =>
    judgeWrites(stack, { objects: [], labels: [planned] }, () => found);
  const note = (by: string) => labelsNote(by, { stack: by, component: 'Waypoint "theirs"', labels: [label] });
  const got = 'Waypoint "wp": `for[0]`: got "istio.io/use-waypoint: wp"; ';

  it("pass where there are none, where they have this value, and where the stack itself has set another one", () => {
    assert.deepEqual(judge(undefined), []);
    assert.deepEqual(judge(object()), []);
    assert.deepEqual(judge(object({ labels: { [label]: "wp" }, annotations: note("shop/prod") })), []);
    assert.deepEqual(judge(object({ labels: { [label]: "old" }, annotations: note(stack) })), []);
    assert.deepEqual(judge(object({ labels: { [label]: "old" }, annotations: { [stackMark]: stack } })), []);
  });

  it("name the other stack that has set another value, also where both have set it", () => {
    const line =
      `${got}Waypoint "theirs" of the stack shop/prod sets istio.io/use-waypoint: old on Service shop/web, and a label has ` +
      'one value; agree with that stack on one; write `name: "old"`';
    assert.deepEqual(judge(object({ labels: { [label]: "old" }, annotations: note("shop/prod") })), [line]);
    const both = { ...note("shop/prod"), ...note(stack) };
    assert.deepEqual(judge(object({ labels: { [label]: "old" }, annotations: both })), [line]);
  });

  it("name the owner, or the field manager, of a label without a note", () => {
    const labels = { [label]: "old" };
    assert.deepEqual(judge(object({ labels, annotations: { [stackMark]: "shop/prod" } })), [
      `${got}Service shop/web belongs to the stack shop/prod and has istio.io/use-waypoint: old; use that value, or remove ` +
        'the label first; write `name: "old"`',
    ]);
    assert.deepEqual(judge(object({ labels, managers: [{ manager: "kubectl-label", labels: [label] }] })), [
      `${got}kubectl-label has set istio.io/use-waypoint: old on Service shop/web; use that value, or remove the label ` +
        'first; write `name: "old"`',
    ]);
  });

  it("have one value in a program", () => {
    const other = { ...planned, order: 2, component: 'AmbientNamespace "shop"', labels: { [label]: "other" } };
    assert.deepEqual(
      judgeWrites(stack, { objects: [], labels: [planned, other] }, () => undefined),
      [
        'AmbientNamespace "shop": `for[0]`: got "istio.io/use-waypoint: other"; Waypoint "wp" of this program sets ' +
          'istio.io/use-waypoint: wp on Service shop/web; a label has one value; write `name: "wp"`',
      ],
    );
  });
});
