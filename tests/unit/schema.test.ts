// The recorded schema: what other languages get, so that a change of it is seen in review.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as components from "../../components";
import { inferredSchema, recordedFile } from "../../tools/schema";

interface Schema {
  resources: Record<string, { inputProperties: object; properties: object }>;
  types: Record<string, object>;
}

describe("the schema for other languages", () => {
  const recorded = JSON.parse(fs.readFileSync(recordedFile, "utf8")) as Schema;

  it("is what the components' sources say; `npm run docs` records it", () => {
    assert.deepEqual(inferredSchema(), recorded);
  });

  it("has every component", () => {
    const isComponent = (value: unknown): boolean =>
      typeof value === "function" && value.prototype instanceof pulumi.ComponentResource;
    const classes = Object.entries(components).filter(([, value]) => isComponent(value));
    assert.deepEqual(
      Object.keys(recorded.resources).sort(),
      classes.map(([name]) => `istio-ambient:index:${name}`).sort(),
    );
  });

  it("is used in Go beside the Kubernetes plugin of the components", () => {
    const read = (...file: string[]) => fs.readFileSync(path.join(__dirname, "..", "..", ...file), "utf8");
    const { version } = JSON.parse(read("node_modules", "@pulumi", "kubernetes", "package.json")) as {
      version: string;
    };
    const program = read("examples", "quickstart-go", "main.go");
    assert.equal(/pulumi\.Version\("(.*)"\)/.exec(program)?.[1], version);
  });

  it("has one type for what a gateway or waypoint gives and what takes it", () => {
    const shape = (value: object): string => JSON.stringify(value);
    const reference = (name: string): string => `"$ref":"#/types/istio-ambient:index:${name}"`;
    const component = (name: string) => recorded.resources[`istio-ambient:index:${name}`]!;
    const type = (name: string) => recorded.types[`istio-ambient:index:${name}`]!;
    for (const place of [
      component("AmbientMesh").properties,
      component("IngressGateway").properties,
      component("HttpRoute").inputProperties,
      type("AccessRule"),
      type("HttpAccessRule"),
    ]) {
      assert.ok(shape(place).includes(reference("GatewayReference")));
    }
    for (const place of [
      component("Waypoint").properties,
      component("TrafficPolicy").inputProperties,
      type("HttpAccess"),
    ]) {
      assert.ok(shape(place).includes(reference("WaypointReference")));
    }
    assert.deepEqual(
      Object.keys(recorded.types).filter((name) => name.endsWith("Args")),
      [],
    );
  });
});
