// The CA that a gateway's component has already is kept, whatever the gateway is called by now.
import * as assert from "node:assert/strict";
import { authorityBase } from "../../lib/ownership/authority";

const certificate = (name: string, component: string, stack = "mesh/dev", namespace = "ingress") => ({
  namespace,
  name,
  labels: {},
  annotations: { "istio-ambient/stack": stack, "istio-ambient/component": component },
});
const edge = 'IngressGateway "edge"';
const owner = { stack: "mesh/dev", components: [edge], namespace: "ingress", name: "front" };

describe("the CA of a gateway", () => {
  it("is called after the gateway where there is none yet, or only those of others", () => {
    assert.equal(authorityBase([], owner), "front");
    const others = [
      certificate("edge-ca", 'IngressGateway "other"'),
      certificate("edge-ca", edge, "shop/prod"),
      certificate("edge-ca", edge, "mesh/dev", "elsewhere"),
      certificate("edge-cert", edge),
    ];
    assert.equal(authorityBase(others, owner), "front");
  });

  it("keeps its name when the gateway gets another one, and has its own where it has both", () => {
    const former = certificate("edge-ca", edge);
    assert.equal(authorityBase([former], owner), "edge");
    assert.equal(authorityBase([former, certificate("front-ca", edge)], owner), "front");
  });

  it("keeps its name when the component gets another one, by an alias", () => {
    const renamed = { ...owner, components: ['IngressGateway "front"', edge] };
    assert.equal(authorityBase([certificate("edge-ca", edge)], renamed), "edge");
  });
});
