// Policies that name the mesh by `cluster.local` or an alias of its trust domain, which ztunnel does not read as such.
import * as assert from "node:assert/strict";
import { planMigration } from "../../../lib/migration/plan";
import { planLines } from "../../../lib/migration/report";
import { policy, root, shop } from "./shop";
import { from, own, to } from "./verdict-rows";

const choice = { waypoint: "waypoint", accept: [], stamp: "1" };
const trust = { trustDomain: "mesh.example", trustDomainAliases: ["old.example"] };
const web = (domain: string) => `${domain}/ns/shop/sa/web`;

/** Rows and steps about policies, as they are printed. */
function linesOf(...[fields]: Parameters<typeof shop>): string[] {
  const lines = planLines(planMigration(shop(fields), choice));
  return lines.filter((line) => /AuthorizationPolicy|first: kubectl patch/.test(line)).map((line) => line.trim());
}

describe("a policy with principals of cluster.local", () => {
  const denied = policy("no-web", { ...own, action: "DENY", rules: [from({ principals: [web("cluster.local")] })] });

  it("carries over where that is the trust domain", () =>
    assert.deepEqual(linesOf({ policies: [denied] }), [
      "carries over      AuthorizationPolicy shop/no-web: ztunnel enforces it as a sidecar does",
    ]));

  it("is written anew where the trust domain is another, before a pod is ambient", () =>
    assert.deepEqual(linesOf({ ...trust, policies: [denied] }), [
      "rewritten         AuthorizationPolicy shop/no-web: sidecars read its trust domain as mesh.example, old.example; ztunnel " +
        "compares principals as they are written",
      "becomes AuthorizationPolicy shop/no-web-trust-domains",
      "1. create AuthorizationPolicy shop/no-web-trust-domains: names the trust domains that no-web means",
      "2. wait for AuthorizationPolicy shop/no-web-trust-domains: istiod has seen it",
      "3. delete AuthorizationPolicy shop/no-web: no-web-trust-domains enforces it",
    ]));

  it("names them all in its copy", () => {
    const policies = [
      policy("some", {
        ...own,
        rules: [
          from({ notPrincipals: [web("old.example")], namespaces: ["shop"] }),
          { when: [{ key: "source.principal", notValues: [web("cluster.local"), "*"] }] },
        ],
      }),
    ];
    const [step] = planMigration(shop({ ...trust, policies }), choice).steps;
    assert.deepEqual(step?.do === "create" && step.object, {
      apiVersion: "security.istio.io/v1",
      kind: "AuthorizationPolicy",
      metadata: {
        name: "some-trust-domains",
        namespace: "shop",
        annotations: { "istio-ambient/migrated-from": "AuthorizationPolicy shop/some" },
      },
      spec: {
        ...own,
        rules: [
          from({ notPrincipals: [web("mesh.example"), web("old.example")], namespaces: ["shop"] }),
          { when: [{ key: "source.principal", notValues: [web("mesh.example"), web("old.example"), "*"] }] },
        ],
      },
    });
  });

  it("keeps its verdict where it needs a waypoint as well", () => {
    const policies = [
      policy("get", {
        ...own,
        rules: [{ ...from({ principals: [web("cluster.local")] }), ...to({ methods: ["GET"] }) }],
      }),
    ];
    assert.deepEqual(linesOf({ ...trust, policies }).slice(0, 3), [
      "needs a waypoint  AuthorizationPolicy shop/get: ztunnel drops rules with methods: without a waypoint these requests are " +
        "refused; sidecars read its trust domain as mesh.example, old.example; ztunnel compares principals as they are written",
      "becomes AuthorizationPolicy shop/get-trust-domains",
      "becomes AuthorizationPolicy shop/get-trust-domains-waypoint",
    ]);
  });

  it("is left to its owner where it is of the whole mesh", () => {
    const policies = [
      policy("edge", { action: "DENY", rules: [from({ principals: [web("cluster.local")] })] }, { namespace: root }),
    ];
    assert.deepEqual(linesOf({ trustDomain: "mesh.example", policies }), [
      "blocks            AuthorizationPolicy istio-system/edge: sidecars read its trust domain as mesh.example; ztunnel compares " +
        "principals as they are written, and it holds for other namespaces too",
      "first: kubectl patch authorizationpolicy edge --namespace istio-system --type merge --patch " +
        `'{"spec":{"rules":[{"from":[{"source":{"principals":["mesh.example/ns/shop/sa/web"]}}]}]}}'`,
    ]);
  });
});
