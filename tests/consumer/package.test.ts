// The package as others get it: packed, installed in a project elsewhere, used in a strict TypeScript program.
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";
import { typescript } from "../../sandbox/node";

const load = createRequire(__filename);
const root = path.resolve(__dirname, "..", "..");

const program = `
import * as pulumi from "@pulumi/pulumi";
import { AmbientMesh } from "istio-ambient";

export = async () => {
  const mesh = new AmbientMesh("shared", {
    charts: { directory: process.env.ISTIO_AMBIENT_CHARTS! },
    gatewayApi: { source: process.env.ISTIO_AMBIENT_CRDS! },
    gateway: { replicas: 2, certificate: { dnsNames: ["apps.example.com"] } },
  });
  const address: pulumi.Output<string | undefined> = mesh.httpsUrl;
  return { address };
};
`;

const wrong = `
import { AmbientMesh } from "istio-ambient";
new AmbientMesh("wrong", { gatewy: {} });
`;

describe("the npm package", () => {
  let workDir: string;
  let tarball: string;
  let project: string;
  const npm = (cwd: string, ...args: string[]) =>
    execFileSync("npm", [...args, "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd,
      encoding: "utf8",
      stdio: "pipe",
    });

  before(() => {
    workDir = fs.mkdtempSync(path.join(os.tmpdir(), "istio-ambient-consumer-"));
    execFileSync("npm", ["run", "--silent", "build"], { cwd: root });
    const [packed] = JSON.parse(npm(root, "pack", "--json", "--pack-destination", workDir)) as { filename: string }[];
    tarball = path.join(workDir, packed!.filename);
    project = path.join(workDir, "project");
    fs.mkdirSync(project);
    const strict = {
      strict: true,
      module: "nodenext",
      moduleResolution: "nodenext",
      target: "es2022",
      types: ["node"],
    };
    fs.writeFileSync(
      path.join(project, "tsconfig.json"),
      JSON.stringify({ compilerOptions: strict, files: ["program.ts", "wrong.ts"] }),
    );
    fs.writeFileSync(path.join(project, "package.json"), JSON.stringify({ name: "consumer", private: true }));
    fs.writeFileSync(path.join(project, "program.ts"), program);
    fs.writeFileSync(path.join(project, "wrong.ts"), wrong);
    fs.writeFileSync(path.join(project, "Pulumi.yaml"), "name: consumer\nruntime: nodejs\nmain: program.ts\n");
    npm(project, "install", "--prefer-offline", tarball, "typescript@^5.9", "@types/node@^22");
  });

  after(() => fs.rmSync(workDir, { recursive: true, force: true }));

  it("holds the compiled components with declarations and the sources, and neither tests nor the sandbox", () => {
    const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n");
    for (const file of [
      "dist/components/index.js",
      "dist/components/index.d.ts",
      "dist/cli/main.js",
      "dist/plugin/main.js",
      "plugin/PulumiPlugin.yaml",
      "plugin/schema.json",
      "components/mesh/ambient-mesh.ts",
      "tsconfig.json",
    ]) {
      assert.ok(files.includes(`package/${file}`), `${file} is missing`);
    }
    const rooms = new Set(files.map((file) => file.split("/")[1]!));
    assert.deepEqual([...rooms].sort(), [
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "cli",
      "cluster",
      "components",
      "dist",
      "docs",
      "index.ts",
      "lib",
      "package.json",
      "plugin",
      "tsconfig.json",
    ]);
  });

  it("compiles in a strict program of somebody else, where a wrong name is the only error", () => {
    const tsc = path.join(project, "node_modules", ".bin", "tsc");
    assert.throws(
      () => execFileSync(tsc, ["-p", project], { cwd: project, stdio: "pipe" }),
      (error: unknown) => {
        const errors = (error as { stdout: Buffer }).stdout
          .toString()
          .split("\n")
          .filter((line) => /error TS/.test(line));
        assert.deepEqual(
          errors.map((line) => line.replace(/^.*error TS\d+: /, "")),
          [
            "Object literal may only specify known properties, but 'gatewy' does not exist in type 'AmbientMeshArgs'. " +
              "Did you mean to write 'gateway'?",
          ],
        );
        return true;
      },
    );
  });

  it("previews a whole mesh from a program of somebody else", () => {
    // This suite runs outside the sandbox, since npm needs a registry; only the preview needs the API server inside.
    const pulumi = (...args: string[]): string => {
      const inside = typescript(path.join(root, "sandbox", "main.ts"), "exec", "--", "pulumi", ...args);
      const [node = "", ...rest] = [...inside, "--non-interactive"];
      return execFileSync(node, rest, { cwd: project, encoding: "utf8", stdio: "pipe" });
    };
    pulumi("stack", "init", "consumer");
    const { steps } = JSON.parse(pulumi("preview", "--json")) as { steps: { op: string; urn: string }[] };
    pulumi("stack", "rm", "consumer", "--yes");
    const names = steps.filter(({ op }) => op === "create").map(({ urn }) => urn.split("::").pop());
    for (const name of [
      "shared",
      "shared-base",
      "shared-istiod",
      "shared-cni",
      "shared-ztunnel",
      "shared-gateway-gateway",
    ]) {
      assert.ok(names.includes(name), `${name} is not in the preview: ${names.join(", ")}`);
    }
  });

  it("has sources from which Pulumi can infer a schema for other languages", () => {
    const installed = path.join(project, "node_modules", "istio-ambient");
    const manifest = JSON.parse(fs.readFileSync(path.join(installed, "package.json"), "utf8")) as Record<
      string,
      unknown
    >;
    const components = Object.entries(load(installed) as Record<string, { __pulumiType?: string }>)
      .filter(([, value]) => typeof value === "function" && /^class /.test(Function.prototype.toString.call(value)))
      .map(([name]) => name);
    const { components: found } = new Analyzer(installed, "istio-ambient", manifest, new Set(components)).analyze();
    assert.deepEqual(Object.keys(found).sort(), components.sort());
    assert.ok(Object.keys(found["AmbientMesh"]!.inputs).includes("controlPlane"));
    assert.ok(Object.keys(found["AmbientMesh"]!.outputs).includes("httpsUrl"));
  });

  it("brings the command", () => {
    const help = execFileSync(path.join(project, "node_modules", ".bin", "istio-ambient"), ["--help"], {
      encoding: "utf8",
    });
    assert.match(help, /kind-config/);
  });
});
