// NetworkPolicies add up: what a pod's policies shut together, and how to open it to the peers that they have.
import * as assert from "node:assert/strict";
import type { NetworkPolicyState } from "../../../lib/cluster-state/snapshot";
import { planMigration } from "../../../lib/migration/plan";
import { named } from "./network-rows";
import { policy, shop, workload } from "./shop";
import { own, to } from "./verdict-rows";

const choice = { waypoint: "waypoint", accept: [], stamp: "1" };
const of = (app: string) => ({ labels: { app }, expressions: [] });
const at = (...ports: number[]) => ports.map((port) => ({ from: port, to: port }));
const kubelet = { peers: [{ block: { cidr: "169.254.7.127/32", except: [] } }] };
const getsOnly = [policy("get", { ...own, rules: [to({ methods: ["GET"] })] })];
const open = "it leaves port 15008 and the probes open where its pods need them";

type Policies = { [name: string]: Partial<NetworkPolicyState> };

/** What each policy gets: why, and the fix where it blocks. */
function rows(policies: Policies, fields: Parameters<typeof shop>[0] = {}): { [name: string]: string[] } {
  const networkPolicies = Object.entries(policies).map(([name, spec]) => ({ ...named(name), ...spec }));
  const { verdicts } = planMigration(shop({ workloads: [workload("web")], networkPolicies, ...fields }), choice);
  const found = verdicts.filter(({ object }) => object.startsWith("NetworkPolicy "));
  return Object.fromEntries(
    found.map(({ object, why, fix }) => [object.replace("NetworkPolicy shop/", ""), [why, ...(fix ? [fix] : [])]]),
  );
}

const closed = { ingress: [], egress: [] };

describe("NetworkPolicies of the same pods", () => {
  it("leave open what one of them opens", () =>
    assert.deepEqual(
      rows({ deny: { ingress: [] }, mesh: { ingress: [{ ports: at(15008) }, { ...kubelet, ports: at(8080) }] } }),
      { deny: [open], mesh: [open] },
    ));

  it("shut together what none of them opens, which is opened to the peers that they have", () =>
    assert.deepEqual(
      rows({
        deny: { ingress: [] },
        web: { pods: of("web"), ingress: [{ peers: [{ pods: of("orders") }], ports: at(8080) }, kubelet] },
      }),
      {
        deny: [open],
        web: [
          "between pods of the mesh everything goes through port 15008, which it and NetworkPolicy shop/deny shut in",
          "ingress: [{ from: [{ podSelector: { matchLabels: { app: orders } } }], ports: [{ port: 15008 }] }]",
        ],
      },
    ));

  it("say it where the mesh's port is opened to every peer", () =>
    assert.deepEqual(rows({ web: { ingress: [{ ports: at(8080) }] } }), {
      web: [
        "between pods of the mesh everything goes through port 15008, which it shuts in",
        "ingress: [{ ports: [{ port: 15008 }] }], which opens it to every peer, as the rules without `from` do",
      ],
    }));

  it("open the way out to the peers that are called, and not to all for the sake of DNS", () =>
    assert.deepEqual(
      rows({ web: { egress: [{ ports: at(53) }, { peers: [{ pods: of("orders") }], ports: at(8080) }] } }),
      {
        web: [
          "between pods of the mesh everything goes through port 15008, which it shuts out",
          "egress: [{ to: [{ podSelector: { matchLabels: { app: orders } } }], ports: [{ port: 15008 }] }]",
        ],
      },
    ));

  it("need no way for pods that nothing reaches and that are not probed", () =>
    assert.deepEqual(rows({ deny: closed }, { workloads: [workload("web", { probePorts: [] })] }), { deny: [open] }));

  it("have to let probes in at the ports that are probed", () =>
    assert.deepEqual(
      rows({ web: { ingress: [{ ports: at(15008) }, { peers: [{ pods: of("orders") }], ports: at(8080) }] } }),
      {
        web: [
          "the kubelet's probes come from 169.254.7.127 then, which it does not admit at 8080",
          "ingress: [{ from: [{ ipBlock: { cidr: 169.254.7.127/32 } }], ports: [{ port: 8080 }] }]",
        ],
      },
    ));

  it("have to let the waypoint in", () =>
    assert.deepEqual(
      rows(
        {
          web: {
            pods: of("web"),
            ingress: [
              { peers: [{ pods: of("orders") }], ports: at(15008) },
              { ...kubelet, ports: at(8080) },
            ],
          },
        },
        { policies: getsOnly },
      ),
      {
        web: [
          "requests come from the pods of the waypoint waypoint then, to which it shuts port 15008",
          "ingress: [{ from: [{ podSelector: { matchLabels: { gateway.networking.k8s.io/gateway-name: waypoint } } }], ports: " +
            "[{ port: 15008 }] }]",
        ],
      },
    ));

  it("have to let the waypoint's own pods serve", () => {
    const spec =
      "a NetworkPolicy with spec: { podSelector: { matchLabels: { gateway.networking.k8s.io/gateway-name: waypoint } }, " +
      "policyTypes: [Ingress, Egress], ingress: [{ ports: [{ port: 15008 }] }], egress: [{}] }";
    const workloads = [workload("web", { probePorts: [] })];
    assert.deepEqual(rows({ deny: closed }, { policies: getsOnly, workloads }), {
      deny: [
        "it selects the pods of the waypoint too, and shuts port 15008 in; it selects the pods of the waypoint too, and shuts port " +
          "15008 out",
        spec,
      ],
    });
    const mesh: Partial<NetworkPolicyState> = {
      pods: { labels: { "gateway.networking.k8s.io/gateway-name": "waypoint" }, expressions: [] },
      ingress: [{ ports: at(15008) }],
      egress: [{}],
    };
    assert.deepEqual(rows({ deny: closed, mesh }, { policies: getsOnly, workloads }), { deny: [open], mesh: [open] });
  });
});
