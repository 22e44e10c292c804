// What others lose with a namespace that is no longer in the program: whole lines.
import * as assert from "node:assert/strict";
import { labelsNote } from "../../lib/ownership/marks";
import type { ClusterView } from "../../lib/references/cluster";
import type { Kept } from "../../lib/references/kept";
import { lossLines, mayLose } from "../../lib/references/losses";

const object = (name: string, namespace: string, stack: string, annotations: Record<string, string> = {}) => ({
  name,
  namespace,
  labels: {},
  annotations: { "istio-ambient/stack": stack, ...annotations },
});
const note = labelsNote("x", { stack: "cart/prod", component: 'AmbientNamespace "guest"', labels: ["team"] });
const routes = [object("a", "shop", "shop/prod"), object("own", "shop", "mesh/dev"), object("b", "other", "shop/prod")];

/** The namespace shop, of a component of this stack, with what others have there. */
function view(component: string, theirs = routes, notes = note): ClusterView {
  const shop = object("shop", "", "mesh/dev", { "istio-ambient/component": component, ...notes });
  return {
    stack: "mesh/dev",
    list: (kind) => (kind === "Namespace" ? [shop] : kind === "HTTPRoute" ? theirs : []),
    program: { makes: () => false, labels: () => undefined, isComplete: true },
    labels: [],
    planned: { gateways: [], certificates: [] },
  };
}

const keeping = (...names: string[]): Kept => ({ hasMesh: true, namespaces: names.map((name) => ({ name })) });
const shop = view('AmbientNamespace "shop"');

describe("a namespace that is no longer in the program", () => {
  it("is told with what others have in it, and how it is kept", () => {
    const told = (code: string) => [
      '`Namespace shop`: got "not in this program any more"; all that is in it is deleted with it, also what others have ' +
        'there: HTTPRoute shop/a (stack shop/prod), the labels of AmbientNamespace "guest" (stack cart/prod); write ' +
        `\`${code}\``,
    ];
    assert.deepEqual(lossLines(shop, keeping()), told('new AmbientNamespace("shop")'));
    const named = view('AmbientNamespace "a"');
    assert.deepEqual(lossLines(named, keeping("a")), told('new AmbientNamespace("a", { name: "shop" })'));
    assert.equal(mayLose(shop, keeping()).namespaces, true);
  });

  it("is nothing where the program makes or labels it, or others have nothing in it", () => {
    assert.deepEqual(lossLines(shop, keeping("shop")), []);
    assert.equal(mayLose(shop, keeping("shop")).namespaces, false);
    assert.deepEqual(lossLines(shop, { hasMesh: true }), []);
    const labels = [{ kind: "Namespace" as const, namespace: "", name: "shop", labels: {} }];
    assert.deepEqual(lossLines({ ...shop, labels }, keeping()), []);
    assert.deepEqual(lossLines(view('AmbientNamespace "shop"', [], {}), keeping()), []);
    assert.deepEqual(lossLines(view('AmbientMesh "mesh"'), keeping()), []);
  });
});
