// The stand-ins refuse by name what the package does not use, whichever plugins the sandbox has chosen otherwise.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { local } from "@pulumi/command";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Bed, failure } from "./bed";
import { typescript } from "../../sandbox/node";

/** Puts the stand-in of that name where an engine with this home finds it. */
function putStandIn(home: string, name: string): void {
  const manifest = JSON.parse(readFileSync(require.resolve(`@pulumi/${name}/package.json`), "utf8")) as {
    version: string;
  };
  const folder = path.join(home, "plugins", `resource-${name}-v${manifest.version}`);
  const program = path.join(__dirname, "..", "..", "sandbox", "plugins", name, "main.ts");
  mkdirSync(folder, { recursive: true });
  const line = typescript(program).map((word) => `'${word}'`);
  writeFileSync(path.join(folder, `pulumi-resource-${name}`), `#!/bin/sh\nexec ${line.join(" ")} "$@"\n`, {
    mode: 0o755,
  });
}

describe("the stand-ins", () => {
  const bed = new Bed("refusals");
  const { namespace } = bed;
  const home = mkdtempSync(path.join(tmpdir(), "stand-ins-"));
  const before_ = process.env["PULUMI_HOME"];
  const metadata = { namespace, name: "refused" };

  before(() => {
    for (const name of ["kubernetes", "command"]) putStandIn(home, name);
    process.env["PULUMI_HOME"] = home;
    bed.open();
  });
  after(async () => {
    await bed.clear();
    process.env["PULUMI_HOME"] = before_;
    rmSync(home, { recursive: true });
  });

  const refused: { [what: string]: [plugin: string, program: () => void] } = {
    "the kind StatefulSet": [
      "kubernetes",
      () => {
        const selector = { matchLabels: { app: "refused" } };
        const template = { metadata: { labels: selector.matchLabels }, spec: { containers: [{ name: "main" }] } };
        new k8s.apps.v1.StatefulSet("set", { metadata, spec: { serviceName: "refused", selector, template } });
      },
    ],
    'the Release input "lint"': [
      "kubernetes",
      () => void new k8s.helm.v3.Release("release", { name: "refused", chart: "none", namespace, lint: true }),
    ],
    'the provider setting "renderYamlToDirectory"': [
      "kubernetes",
      () => {
        const provider = new k8s.Provider("rendering", { renderYamlToDirectory: home });
        new k8s.core.v1.ConfigMap("map", { metadata }, { provider });
      },
    ],
    'the input "archivePaths"': [
      "command",
      () => void new local.Command("command", { create: "true", archivePaths: ["*"] }),
    ],
    "assets, archives and references": [
      "command",
      () => void new local.Command("command", { create: "true", triggers: [new pulumi.asset.StringAsset("text")] }),
    ],
  };

  for (const [what, [plugin, program]] of Object.entries(refused))
    it(`refuse ${what}`, async () => {
      const fault = await failure(bed.preview(async () => Promise.resolve(program())));
      const text = `the offline stand-in does not do ${what}; install the official plugin ${plugin}`;
      assert.equal(fault.includes(text), true, fault);
    });
});
