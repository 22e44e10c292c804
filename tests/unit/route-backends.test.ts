// Which ports a route names of its Services, and what is said where one of them is not there.
import * as assert from "node:assert/strict";
import { portMismatch, serviceBackends } from "../../lib/cluster-state/route-backends";

const route = {
  metadata: { namespace: "shop" },
  spec: {
    rules: [
      {
        backendRefs: [
          { name: "web", port: 80 },
          { name: "web", port: 8080 },
          { name: "pool", kind: "InferencePool" },
        ],
        filters: [{ requestMirror: { backendRef: { kind: "Service", namespace: "shadow", name: "web", port: 80 } } }],
      },
      { backendRefs: [{ name: "web", port: 80 }] },
      {},
    ],
  },
};

describe("the ports that a route names", () => {
  it("are those of all its Services, mirrored requests too, each once", () => {
    assert.deepEqual(serviceBackends(route), [
      { namespace: "shop", name: "web", port: 80 },
      { namespace: "shop", name: "web", port: 8080 },
      { namespace: "shadow", name: "web", port: 80 },
    ]);
    assert.deepEqual(serviceBackends({}), []);
  });

  it("have to be ports of the Service, where it can be read", () => {
    const backend = { namespace: "shop", name: "web", port: 8080 };
    const violations = [[{ port: 8080 }], [{ port: 80 }], [{ port: 80 }, { port: 443 }], undefined].map((ports) =>
      portMismatch(backend, { spec: { ports } }),
    );
    assert.deepEqual(violations, [
      undefined,
      "port 8080: Service shop/web has port 80 only",
      "port 8080: Service shop/web has ports 80, 443 only",
      "port 8080: Service shop/web has no port",
    ]);
    assert.equal(portMismatch(backend, undefined), undefined);
  });
});
