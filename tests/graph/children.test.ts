// The raw resources that a component made: each is within a program's reach, and none is an output of the schema.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";
import * as pulumi from "@pulumi/pulumi";
import { kubeConfigClass } from "../../cluster/kube-config";
import { AmbientMesh, AmbientNamespace, IngressGateway, Waypoint } from "../../components";
import { preview } from "./applications";
import { everything, type WithChildren } from "./everything";
import { record } from "./record";

process.env["KUBECONFIG"] = "/nonexistent/kubeconfig";

type Named = pulumi.Resource & { __name?: string };

const name = (resource: Named): string => resource.__name ?? "";

/** Names of what a component gives to depend on. */
function namesOf({ children }: WithChildren): string[] {
  const all = Object.values(children).flat() as (Named | undefined)[];
  return all.flatMap((child) => (child === undefined ? [] : [name(child)])).sort();
}

describe("what a component made", () => {
  // Loaded at the first look, for longer than a recording waits for something to happen.
  before(kubeConfigClass);

  it("can be depended on, all of it", async () => {
    let made: Record<string, WithChildren> = {};
    const recording = await record(() => {
      made = everything();
    }, preview);
    const components = recording.resources.filter(({ type }) => type.startsWith("istio-ambient:index:"));
    assert.deepEqual(
      [...new Set(components.map(({ type }) => type.split(":").pop()))].sort(),
      Object.values(made)
        .map((component) => component.constructor.name)
        .sort(),
    );
    for (const component of Object.values(made)) {
      const below = recording.resources.filter(({ parent }) => parent === name(component));
      const own = below.map((resource) => resource.name).filter((each) => each !== "definitions");
      assert.deepEqual(namesOf(component), own.sort(), name(component));
    }
  });

  it("is missing where a component has no need of it", async () => {
    const made: WithChildren[] = [];
    await record(() => {
      const gateway = { serviceType: "ClusterIP", certificate: { enabled: false } } as const;
      made.push(new AmbientNamespace("shop"), new IngressGateway("edge", gateway));
    }, preview);
    assert.deepEqual(made.map(namesOf), [
      ["shop-namespace"],
      ["edge-gateway", "edge-overlay", "edge-overlay-data", "edge-service"],
    ]);
  });

  it("makes a resource wait that depends on it", async () => {
    const recording = await record(() => {
      const waypoint = new Waypoint("proxy", { namespace: "shop", for: [{ namespace: "shop" }] });
      const dependsOn = waypoint.children.gateway;
      new AmbientNamespace("later", {}, { dependsOn });
    }, preview);
    assert.ok(recording.find("later-namespace").dependencies.includes("proxy-gateway"));
  });

  it("is not an output", () => {
    const root = path.resolve(__dirname, "..", "..");
    const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as Record<string, unknown>;
    const all = new Set(["AmbientMesh", "GatewayApi", "AmbientNamespace", "IngressGateway", "Waypoint", "HttpRoute"]);
    const found = new Analyzer(root, "istio-ambient", manifest, all).analyze().components;
    assert.deepEqual(Object.keys(found["Waypoint"]!.outputs).sort(), ["name", "namespace", "reference"]);
    for (const [component, { outputs }] of Object.entries(found)) {
      assert.equal("children" in outputs, false, component);
    }
    const { httpsUrl, httpUrl } = found["IngressGateway"]!.outputs;
    assert.deepEqual([httpsUrl!.optional, httpUrl!.optional], [true, undefined]);
  });
});

describe("outputs that do not apply", () => {
  it("are absent, and not empty texts", async () => {
    const values: unknown[] = [];
    await record(() => {
      const mesh = new AmbientMesh("mesh", { preflight: { enabled: false }, gateway: { enabled: false } });
      const edge = new IngressGateway("edge", { certificate: { enabled: false } });
      for (const output of [
        mesh.gateway,
        mesh.httpUrl,
        mesh.httpsUrl,
        mesh.serviceName,
        mesh.secretName,
        mesh.caCertificate,
        edge.httpsUrl,
        edge.secretName,
        edge.caCertificate,
      ] as pulumi.Output<unknown>[]) {
        output.apply((value) => values.push(value));
      }
    }, preview);
    assert.deepEqual(values, Array(9).fill(undefined));
  });
});
