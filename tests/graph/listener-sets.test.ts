// ListenerSets of others: both kinds of gateways allow them by the same argument, plain or as an Output.
import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { AmbientMesh, IngressGateway, ListenersFrom } from "../../components";
import { preview } from "./applications";
import { record } from "./record";

describe("ListenerSets", () => {
  it("may attach to the gateway that allows them, and to no other", async () => {
    const { resources } = await record(() => {
      const dependsOn = new AmbientMesh("mesh", {
        preflight: { enabled: false },
        gateway: { allowedListeners: { from: "Selector", selector: { team: "shop" } } },
      });
      const from = pulumi.output(ListenersFrom.All);
      const ports = { httpNodePort: 30091, httpsNodePort: 30454 };
      new IngressGateway("public", { ...ports, allowedListeners: { from } }, { dependsOn });
      new IngressGateway("partners", { serviceType: "LoadBalancer" }, { dependsOn });
    }, preview);
    const gateways = resources
      .filter(({ type }) => type === "kubernetes:gateway.networking.k8s.io/v1:Gateway")
      .map(({ inputs }) => inputs as { metadata: { name: string }; spec: { allowedListeners?: object } });
    assert.deepEqual(Object.fromEntries(gateways.map(({ metadata, spec }) => [metadata.name, spec.allowedListeners])), {
      "hostk8s-gateway": { namespaces: { from: "Selector", selector: { matchLabels: { team: "shop" } } } },
      public: { namespaces: { from: "All" } },
      partners: undefined,
    });
  });
});
