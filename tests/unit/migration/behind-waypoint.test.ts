// Rules as a waypoint gets them, and who of those that stay at ztunnel refuses it: cases that random plans have found.
import * as assert from "node:assert/strict";
import { refusesWaypoint } from "../../../lib/migration/kept-from-ztunnel";
import type { AuthorizationPolicy, Rule, Service } from "../../../lib/migration/objects";
import { rulesAtService } from "../../../lib/migration/ports";

const service: Service = {
  namespace: "shop",
  name: "web",
  uid: "1",
  labels: {},
  selector: { app: "web" },
  headless: false,
  external: false,
  ports: [{ port: 80, targetPort: 8080 }],
};

describe("the rules of a policy at a Service", () => {
  const post = { operation: { methods: ["POST"] } };
  const cases: [string, Rule, Rule[]][] = [
    ["have its ports", { to: [{ operation: { ports: ["8080"] } }] }, [{ to: [{ operation: { ports: ["80"] } }] }]],
    ["go where no port of it is meant", { to: [{ operation: { ports: ["9090"] } }] }, []],
    ["hold for all of it where they except other ports alone", { to: [{ operation: { notPorts: ["9090"] } }] }, [{}]],
    [
      "stay rules for HTTP, which TCP never meets, where one of two operations becomes any",
      { to: [post, { operation: { notPorts: ["9090"] } }] },
      [{ to: [{ operation: { methods: ["*"] } }] }],
    ],
    [
      "stay rules for HTTP where the operation that said so is for another port",
      { to: [{ operation: { methods: ["POST"], ports: ["9090"] } }, { operation: { ports: ["8080"] } }] },
      [{ to: [{ operation: { ports: ["80"], methods: ["*"] } }] }],
    ],
  ];
  for (const [what, rule, expected] of cases) {
    it(what, () => assert.deepEqual(rulesAtService([rule], service), expected));
  }
});

describe("a DENY policy that stays at ztunnel", () => {
  const waypoint = { trustDomain: "cluster.local", namespace: "shop", serviceAccount: "waypoint" };
  const cases: [string, object, boolean][] = [
    ["refuses a waypoint by its address", { notIpBlocks: ["192.168.0.0/16"] }, true],
    [
      "refuses it by its address where the token beside it is unknown to ztunnel",
      { notIpBlocks: ["192.168.0.0/16"], requestPrincipals: ["issuer/alice"] },
      true,
    ],
    [
      "refuses it by its address where the trust domain beside it is not sent to ztunnel",
      { notIpBlocks: ["192.168.0.0/16"], trustDomains: ["elsewhere"] },
      true,
    ],
    ["admits it where it is about trust domains alone", { notTrustDomains: ["elsewhere"] }, false],
    ["refuses it by its namespace", { namespaces: ["shop"] }, true],
    ["admits it with another one", { namespaces: ["other"], ipBlocks: ["10.0.0.0/8"] }, false],
    ["admits it where it is about tokens alone", { requestPrincipals: ["issuer/alice"] }, false],
  ];
  for (const [what, source, expected] of cases) {
    it(what, () => {
      const policy: AuthorizationPolicy = {
        apiVersion: "security.istio.io/v1",
        kind: "AuthorizationPolicy",
        metadata: { name: "p", namespace: "istio-system" },
        spec: { action: "DENY", rules: [{ from: [{ source }] }] },
      };
      assert.equal(refusesWaypoint(policy, waypoint), expected);
    });
  }
});
