// The program that `adopt --print-args typescript` writes: its whole text, that it compiles, and that it says what the YAML says.
import * as assert from "node:assert/strict";
import * as path from "node:path";
import * as ts from "typescript";
import { parse } from "yaml";
import { Brownfield } from "../fixtures/brownfield";
import { onCluster, otherNames } from "./cluster";
import { withValues } from "./with-values";

const root = path.join(__dirname, "..", "..", "..");

/** What `istioctl install` leads to. */
const program = `// Written by \`istio-ambient adopt\`.
import { AmbientMesh } from "istio-ambient";

new AmbientMesh("mesh", {
  version: "1.31.0",
  adoptNamespace: true,
  telemetry: true,
  images: { hub: "registry.istio.io/testing", tag: "latest" },
  controlPlane: {
    cpu: "500m",
    memory: "2Gi",
    values: { cni: { enabled: true }, autoscaleEnabled: true, meshConfig: { accessLogFile: "" } },
  },
  cni: {
    memory: "100Mi",
    values: {
      podLabels: {
        "app.kubernetes.io/instance": "istio",
        "app.kubernetes.io/version": "1.0.0",
        "helm.sh/chart": "cni-1.0.0",
      },
    },
  },
  dataplane: {
    cpu: "200m",
    memory: "512Mi",
    values: {
      podLabels: {
        "app.kubernetes.io/instance": "istio",
        "app.kubernetes.io/version": "1.0.0",
        "helm.sh/chart": "ztunnel-1.0.0",
      },
    },
  },
});
`;

/** A platform, which is an argument of its own, and values that have to be quoted. */
function withOddValues(): Brownfield {
  return withValues(Brownfield.helm(otherNames), "control", "istiod", {
    profile: "ambient",
    global: { platform: "k3s", meshID: 'the "one"', hub: "registry.istio.io/testing" },
    env: { "WITH-DASH": "a\\b\n${c}`d`", 2: "x" },
    extraContainerArgs: ["--one", "two three"],
  });
}

/** What the compiler says of programs, beside the files of this package. */
function complaints(texts: string[]): string[] {
  const files = new Map(texts.map((text, index) => [path.join(root, "adopted", `${index}.ts`), text]));
  const read = ts.readConfigFile(path.join(root, "tsconfig.dev.json"), ts.sys.readFile).config as object;
  const { options } = ts.parseJsonConfigFileContent(read, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.getSourceFile = (name, ...rest) => {
    const text = files.get(name);
    return text === undefined ? getSourceFile(name, ...rest) : ts.createSourceFile(name, text, ts.ScriptTarget.ES2022);
  };
  const compiled = ts.createProgram([...files.keys()], options, host);
  return [...files.keys()].flatMap((name) => {
    const source = compiled.getSourceFile(name);
    return [...compiled.getSyntacticDiagnostics(source), ...compiled.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${path.basename(name)}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
    );
  });
}

/** The arguments, as the program has them once it runs. */
function argumentsIn(text: string): unknown {
  const script = ts.transpileModule(text, { compilerOptions: { module: ts.ModuleKind.CommonJS } }).outputText;
  let found: unknown;
  class AmbientMesh {
    constructor(_: string, args: unknown) {
      found = args;
    }
  }
  new Function("require", "exports", script)(() => ({ AmbientMesh }), {});
  return found;
}

/** The program of a cluster, and the arguments of its configuration. */
function printed(cluster: Brownfield): Promise<{ text: string; config: unknown }> {
  return onCluster(cluster, async (adopt) => {
    const { code, out: text } = await adopt("--print-args", "typescript");
    assert.equal(code, 0);
    const { out } = await adopt("--print-args", "yaml");
    return { text, config: (parse(out) as { config: { [key: string]: unknown } }).config["istio-ambient:mesh"] };
  });
}

describe("the program of an adopted Istio", () => {
  it("is one call with the arguments that keep what runs", async () => {
    assert.equal((await printed(Brownfield.istioctl())).text, program);
  });

  it("compiles, and says what the configuration says", async () => {
    const all = [await printed(Brownfield.istioctl()), await printed(withOddValues())];
    for (const { text, config } of all) assert.deepEqual(argumentsIn(text), config);
    assert.match(all[1]!.text, /platform: "k3s"/);
    assert.match(all[1]!.text, /"WITH-DASH": /);
    assert.deepEqual(complaints(all.map(({ text }) => text)), []);
    assert.deepEqual(complaints([program.replace("cpu:", "cpus:")]).length, 1);
  });
});
