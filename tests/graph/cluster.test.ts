// Which cluster a component works on beside the plugin: never another one than its provider's.
import * as assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AmbientMesh, GatewayApi, HttpRoute, ParentKind, TrafficPolicy, Waypoint } from "../../components";
import { targetText } from "../../components/support/own-command";
import { faultOf, preview } from "./applications";
import { record, Recording } from "./record";

const unknown = "the kubeconfig of an explicit provider cannot be read; must be set next to it";
const route = { namespace: "shop", parent: { name: "gateway" }, backends: [{ service: "web", port: 80 }] };

function targetOf(recording: Recording, command: string): unknown {
  return (recording.find(command).inputs["environment"] as Record<string, unknown>)["ISTIO_AMBIENT_TARGET"];
}

describe("the cluster of a component", () => {
  it("has to be named for an explicit provider", async () => {
    const message = await faultOf(() => {
      new HttpRoute("web", route, { provider: new k8s.Provider("other", { kubeconfig: "{}" }) });
    });
    assert.equal(
      message,
      `invalid arguments for HttpRoute "web":\n  \`cluster\`: missing; ${unknown}; write \`cluster: { context: "kind-kind" }\``,
    );
  });

  it("is named once for all components with the same provider", async () => {
    const recording = await record(() => {
      const provider = new k8s.Provider("other", { kubeconfig: "{}" });
      new AmbientMesh("mesh", { preflight: { enabled: false }, cluster: { context: "east" } }, { provider });
      new GatewayApi("crds", {}, { provider });
    }, preview);
    assert.equal(targetOf(recording, "crds-bundle"), '{"context":"east"}');
  });

  it("is not that of another provider", async () => {
    const message = await faultOf(() => {
      const east = new k8s.Provider("east", { context: "east" });
      new HttpRoute("one", { ...route, cluster: { context: "east" } }, { provider: east });
      new HttpRoute(
        "two",
        { ...route, namespace: "other", hostnames: ["two.example.com"] },
        { provider: new k8s.Provider("west", { context: "west" }) },
      );
    });
    assert.ok(message.startsWith('invalid arguments for HttpRoute "two":\n  `cluster`: missing; '), message);
  });

  describe("has its own", () => {
    type Options = pulumi.ComponentResourceOptions;
    const namespace = "shop";
    const parent = { kind: ParentKind.Service, name: "web" };
    const waypoint = { name: "waypoint", namespace };
    /** A component for each thing that one of a cluster can have, and what the second one is told. */
    const kinds: { what: string; make(name: string, context: string, opts: Options): void; told: string }[] = [
      {
        what: "hosts",
        make: (name, context, opts) => void new HttpRoute(name, { ...route, cluster: { context } }, opts),
        told: '`parent`: got "*/"; must not have the host and path of HttpRoute "east"; write `hostnames: ["other.example.com"]`',
      },
      {
        what: "waypoints",
        make: (name, context, opts) =>
          void new Waypoint(name, { namespace, for: [{ namespace }], cluster: { context } }, opts),
        told: '`for[0]`: got "shop"; Waypoint "east" serves it already; must be served by one waypoint; write `for: [{ namespace: "other" }]`',
      },
      {
        what: "traffic policies",
        make: (name, context, opts) =>
          void new TrafficPolicy(
            name,
            { namespace, service: "web", waypoint, timeout: "1s", cluster: { context } },
            opts,
          ),
        told: '`service`: got "web"; must not be the Service of TrafficPolicy "east": the waypoint uses only the older policy; write `service: "other"`',
      },
    ];
    const ways: Record<string, (provider: k8s.Provider, name: string) => Options> = {
      provider: (provider) => ({ provider }),
      "list of providers": (provider) => ({ providers: [provider] }),
      "map of providers": (provider) => ({ providers: { kubernetes: provider } }),
      parent: (provider, name) => ({ parent: new pulumi.ComponentResource("test:index:Team", name, {}, { provider }) }),
    };
    for (const { what, make, told } of kinds) {
      for (const [way, options] of Object.entries(ways)) {
        it(`${what}, by its ${way}`, async () => {
          const onBoth = () => {
            for (const context of ["east", "west"])
              make(context, context, options(new k8s.Provider(context, { context }), `team-${context}`));
          };
          assert.equal(await faultOf(onBoth), "");
          const twice = () => {
            const provider = new k8s.Provider("east", { context: "east" });
            for (const name of ["east", "west"]) make(name, "east", options(provider, `team-${name}`));
          };
          assert.equal((await faultOf(twice)).split("\n  ").at(-1), told);
        });
      }
    }

    it("Services, which a policy shapes here and a route there", async () => {
      const onBoth = () => {
        const [east, west] = ["east", "west"].map((context) => new k8s.Provider(context, { context }));
        kinds[2]!.make("policy", "east", { provider: east });
        new HttpRoute("route", { ...route, parent, cluster: { context: "west" } }, { provider: west });
      };
      assert.equal(await faultOf(onBoth), "");
    });
  });

  it("cannot be another one than the default provider's", async () => {
    const message = await faultOf(() => void new HttpRoute("web", { ...route, cluster: { context: "east" } }));
    const rule =
      "must not be set without a provider: the config keys kubernetes:kubeconfig and kubernetes:context choose the cluster";
    assert.equal(
      message,
      `invalid arguments for HttpRoute "web":\n  \`cluster\`: got "{ context }"; ${rule}; write ` +
        "`{ provider: new kubernetes.Provider(...) }`",
    );
  });

  it("is a secret in the state where it may hold credentials", async () => {
    assert.equal(await pulumi.isSecret(targetText({ kubeconfig: "apiVersion: v1\nkind: Config" })), true);
    assert.equal(await pulumi.isSecret(targetText({ kubeconfig: "~/.kube/config", context: "east" })), false);
  });
});
