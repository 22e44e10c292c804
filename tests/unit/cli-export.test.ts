// `istio-ambient export`: what it reads, what it refuses and in whose words, and what it does with files that are there.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseAllDocuments } from "yaml";
import { istioAmbient } from "./fixtures/terminal";

const bundle = path.join(__dirname, "..", "fixtures", "gateway-api");

/** Answers as helm does, with a manifest that tells how it was called. */
const fakeHelm = `#!${process.execPath}
const values = require("fs").readFileSync(0, "utf8");
const words = process.argv.slice(2);
console.log("---\\n" + JSON.stringify({ kind: "Called", words, values }));
`;

describe("istio-ambient export", () => {
  let folder: string;
  let output: string;
  const usualPath = process.env["PATH"];

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "export-"));
    output = path.join(folder, "mesh");
  });
  afterEach(() => {
    process.env["PATH"] = usualPath;
    fs.rmSync(folder, { recursive: true });
  });

  function write(name: string, content: unknown): string {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    return file;
  }

  const mesh = (args: object = {}) => write("mesh.json", { gatewayApi: { source: bundle }, ...args });
  const exported = (format: string, file = mesh(), ...more: string[]) =>
    istioAmbient(["export", "--args", file, "--format", format, "--output", output, ...more]);
  const read = (name: string) => fs.readFileSync(path.join(output, name), "utf8");

  /** Puts a helm on the PATH, and nothing else. */
  function withHelm(script = fakeHelm): void {
    const file = write("bin/helm", script);
    fs.chmodSync(file, 0o755);
    process.env["PATH"] = path.dirname(file);
  }

  /** How helm was called for a chart. */
  function call(file: string): { words: string[]; values: string } {
    return parseAllDocuments(read(file)).map((document) => document.toJS() as { words: string[]; values: string })[0]!;
  }

  it("writes the files and names each", async () => {
    const { code, out, err } = await exported("flux");
    assert.deepEqual({ code, err }, { code: 0, err: "" });
    const names = [
      "namespace",
      "sources",
      "gateway-api",
      "control-plane",
      "ambient-dataplane",
      "certificate",
      "gateway",
    ];
    const files = [...names, "kustomization", "flux-kustomization"].map((name) => `${name}.yaml`);
    assert.equal(out, files.map((name) => `wrote ${output}/${name}\n`).join(""));
    assert.deepEqual(fs.readdirSync(output).sort(), [...files].sort());
  });

  it("makes of a stack's file what it makes of the same arguments", async () => {
    const gateway = { httpNodePort: 31080, certificate: { dnsNames: ["apps.example.com"] } };
    await exported("flux", mesh({ gateway, telemetry: true, dataplane: { memory: "96Mi" } }));
    const stack = `
encryptionsalt: v1:abc
config:
  other:secret: { secure: v1:abc }
  istio-ambient:telemetryEnabled: true
  istio-ambient:dataplaneMemory: 96Mi
  istio-ambient:mesh:
    gatewayApi: { source: crds }
    gateway:
      httpNodePort: 31080
      certificate: { dnsNames: [apps.example.com] }
`;
    write("crds/crds.yaml", fs.readFileSync(path.join(bundle, "crds.yaml"), "utf8"));
    const again = ["--stack-file", write("Pulumi.dev.yaml", stack), "--format", "flux", "--output", output];
    assert.deepEqual(await istioAmbient(["export", ...again]), { code: 0, out: "", err: "" });
  });

  it("overwrites nothing unless told so, and says what is left", async () => {
    await exported("flux");
    write("mesh/README.yaml", "# ours\n");
    const changed = mesh({ gateway: { certificate: { enabled: false } } });
    assert.deepEqual(await exported("flux", changed), {
      code: 64,
      out: "",
      err: `\`--output\`: got "${output}"; must not hold files that the export would change: gateway.yaml, kustomization.yaml; write \`--overwrite\`\n`,
    });
    assert.match(read("kustomization.yaml"), /certificate\.yaml/);
    assert.deepEqual(await exported("flux", changed, "--overwrite"), {
      code: 0,
      out: `wrote ${output}/gateway.yaml\nwrote ${output}/kustomization.yaml\n`,
      err: `no part of this export any more: ${output}/certificate.yaml\n`,
    });
    assert.doesNotMatch(read("kustomization.yaml"), /certificate\.yaml/);
  });

  it("says of an output that cannot be written why", async () => {
    output = write("taken", "");
    assert.deepEqual(await exported("flux"), {
      code: 64,
      out: "",
      err: `cannot write to ${output}: EEXIST: file already exists, mkdir '${output}'\n`,
    });
  });

  it("has helm render each chart from the repository, with the mesh's values", async () => {
    withHelm();
    // A text that YAML 1.1, which helm reads, would take for a boolean.
    const dataplane = { values: { podLabels: { tier: "on" } } };
    const file = mesh({ version: "1.31.4", platform: "gke", accessLogs: false, dataplane });
    assert.equal((await exported("kustomize", file)).code, 0);
    const { words, values } = call("3-ambient-dataplane/ztunnel.yaml");
    assert.equal(
      words.join(" "),
      "template ztunnel ztunnel --repo https://blob.istio.io/istio-release/charts --version 1.31.4 " +
        "--namespace istio-system --include-crds --kube-version v1.36.0-gke.0 --values -",
    );
    const { logLevel, podLabels } = JSON.parse(values) as { logLevel: string; podLabels: object };
    assert.deepEqual({ logLevel, podLabels }, { logLevel: "info,access=off", podLabels: { tier: "on" } });
  });

  it("has helm render charts of a registry, and of a directory beside the file", async () => {
    withHelm();
    await exported("kustomize", mesh({ charts: { repository: "oci://registry.example.com/istio/" } }));
    const chart = ["template", "istiod", "oci://registry.example.com/istio/istiod", "--version", "1.31.4"];
    assert.deepEqual(call("2-control-plane/istiod.yaml").words.slice(0, 5), chart);
    for (const name of ["base", "istiod", "cni", "ztunnel"]) write(`charts/${name}-1.30.8.tgz`, "");
    const file = mesh({ charts: { directory: "charts" } });
    assert.equal((await exported("kustomize", file, "--overwrite")).code, 0);
    const { words } = call("3-ambient-dataplane/istio-cni.yaml");
    assert.deepEqual(words.slice(0, 5), [
      ...["template", "istio-cni", path.join(folder, "charts/cni-1.30.8.tgz")],
      ...["--namespace", "istio-system"],
    ]);
    assert.match(read("2-control-plane/istiod.yaml"), /^# .*: istiod 1\.30\.8, as its chart renders it\.$/m);
  });

  it("says so where there is no helm, and what helm says where it fails", async () => {
    process.env["PATH"] = folder;
    assert.deepEqual(await exported("kustomize"), {
      code: 64,
      out: "",
      err: '`--format`: got "kustomize"; needs `helm` on the PATH to render the charts, and there is none; write `--format flux`\n',
    });
    withHelm(`#!${process.execPath}\nconsole.error("Error: chart not found");process.exit(1);\n`);
    const { code, err } = await exported("kustomize");
    assert.deepEqual([code, err], [1, "helm cannot render the chart base of Istio 1.31.4: Error: chart not found\n"]);
    assert.equal(fs.existsSync(output), false);
  });

  it("says what has no effect in files, and what the user has waived", async () => {
    const ignore = { "chart-values": "our charts" };
    const file = mesh({ onDestroy: "drain", preflight: { ignore }, cni: { values: { cniBinDri: "/opt" } } });
    const { code, err } = await exported("argocd", file);
    assert.deepEqual(
      [code, err],
      [
        0,
        'waived by `preflight.ignore`:\n  `cni.values.cniBinDri`: got "/opt"; the chart cni of Istio 1.31 reads no such ' +
          'value; write `cniBinDir: "/opt"` [chart-values], waived: our charts\n' +
          "no effect in exported files, since only `pulumi` reads it: onDestroy, preflight\n",
      ],
    );
  });

  it("says that it installs no cert-manager, as the program would", async () => {
    const file = write("Pulumi.dev.yaml", {
      config: { "istio-ambient:certManager": true, "istio-ambient:mesh": { gatewayApi: { source: bundle } } },
    });
    const { code, err } = await istioAmbient(["export", "--stack-file", file, "--format", "flux", "--output", output]);
    assert.deepEqual([code, err], [0, "no effect in exported files, since only `pulumi` reads it: certManager\n"]);
  });

  const wrongArgs: [what: string, args: unknown, format: string, ...lines: string[]][] = [
    [
      "an argument that cannot be",
      { gateway: { httpNodePort: 80 }, platfrom: "kind" },
      "flux",
      '`platfrom`: got "kind"; there is no such argument; write `platform: "kind"`',
      '`gateway.httpNodePort`: got "80"; must be a whole number from 30000 to 32767; write `httpNodePort: 30081`',
    ],
    [
      "a value that no chart reads",
      { dataplane: { values: { logLvel: "info" } } },
      "flux",
      '`dataplane.values.logLvel`: got "info"; the chart ztunnel of Istio 1.31 reads no such value; write `logLevel: "info"`',
    ],
    [
      "a bundle that is none",
      { gatewayApi: { source: "none.yaml" } },
      "flux",
      '`gatewayApi.source`: got "none.yaml"; must contain the Gateway API CRDs (ENOENT: no such file or directory, stat \'@/none.yaml\'); write `source: "./gateway-api.yaml"`',
    ],
    [
      "a directory of charts that is none",
      { charts: { directory: "none" } },
      "kustomize",
      '`charts.directory`: got "none"; must be an existing directory, relative to the program; write `charts: { directory: "./charts" }`',
    ],
    [
      "arguments that are no object",
      ["kind"],
      "flux",
      '`args`: got "["kind"]"; must be an object; write `args: { version: ... }`',
    ],
  ];
  for (const [what, args, format, ...lines] of wrongArgs) {
    it(`refuses ${what} in the words of the component`, async () => {
      const { code, out, err } = await exported(format, write("mesh.json", args));
      const report = ['invalid arguments for AmbientMesh "mesh":', ...lines.map((line) => `  ${line}`), ""].join("\n");
      assert.deepEqual({ code, out, err }, { code: 64, out: "", err: report.replace("@", folder) });
    });
  }

  it("refuses a directory of charts for tools that pull charts by themselves", async () => {
    for (const name of ["base", "istiod", "cni", "ztunnel"]) write(`charts/${name}-1.31.4.tgz`, "");
    const { code, err } = await exported("argocd", mesh({ charts: { directory: "charts" } }));
    assert.deepEqual(
      [code, err],
      [
        64,
        'invalid arguments for AmbientMesh "mesh":\n  `charts.directory`: got "charts"; must not be set with --format argocd: ' +
          "Argo CD pulls the charts from a repository; write " +
          '`charts: { repository: "oci://registry.example.com/istio/charts" }`\n',
      ],
    );
  });

  const wrongStacks: [what: string, config: object, line: string][] = [
    [
      "a key that does not exist",
      { "istio-ambient:telemetry": true },
      '`istio-ambient:telemetry`: got "true"; there is no such key; write `telemetryEnabled: true`',
    ],
    [
      "a secret",
      { "istio-ambient:mesh": { images: { pullSecrets: [{ secure: "v1:abc" }] } } },
      '`istio-ambient:mesh.images.pullSecrets[0]`: got "[secret]"; must be plaintext: exported files are not encrypted; run `pulumi config set --plaintext --path istio-ambient:mesh.images.pullSecrets[0] ...`',
    ],
    [
      "a mesh that is switched off",
      { "istio-ambient:enabled": false },
      '`istio-ambient:enabled`: got "false"; must not be false: there is no mesh to export; write `enabled: true`',
    ],
  ];
  for (const [what, config, line] of wrongStacks) {
    it(`refuses ${what} in a stack's file in the words of the program`, async () => {
      const file = write("Pulumi.dev.yaml", { config });
      const argv = ["export", "--stack-file", file, "--format", "flux", "--output", output];
      const err = `invalid stack configuration:\n  ${line}\n`;
      assert.deepEqual(await istioAmbient(argv), { code: 64, out: "", err });
    });
  }

  const wrongCalls: [string[], string[]][] = [
    [
      [],
      [
        "`--stack-file`: missing; must name the stack file of the mesh, or --args a file of its arguments; write `--stack-file Pulumi.dev.yaml`",
        "`--format`: missing; must be one of flux, kustomize, argocd; write `--format flux`",
        "`--output`: missing; must name the directory for the files; write `--output mesh`",
      ],
    ],
    [
      [
        "--stack-file",
        "a",
        "--args",
        "b",
        "--format",
        "flx",
        "--output",
        "c",
        "--repository",
        "https://git.example.com",
      ],
      [
        '`--args`: got "b"; must not be given with --stack-file; remove `--args`',
        '`--format`: got "flx"; must be one of flux, kustomize, argocd; write `--format flux`',
        '`--repository`: got "https://git.example.com"; must come with --format argocd; remove `--repository`',
      ],
    ],
    [
      ["--args", "b", "--format", "argocd", "--output", "c", "--repository", "fleet"],
      [
        '`--repository`: got "fleet"; must be the URL of a Git repository; write `--repository https://git.example.com/fleet.git`',
      ],
    ],
    [
      ["--args", "/none.json", "--format", "flux", "--output", "c"],
      ["cannot read /none.json: ENOENT: no such file or directory, open '/none.json'"],
    ],
  ];
  for (const [argv, lines] of wrongCalls) {
    it(`refuses ${["export", ...argv].join(" ")}`, async () => {
      const err = lines.map((line) => `${line}\n`).join("");
      assert.deepEqual(await istioAmbient(["export", ...argv]), { code: 64, out: "", err });
    });
  }

  it("says which bundle cannot be downloaded", async () => {
    const { code, err } = await exported("flux", mesh({ gatewayApi: { source: "http://127.0.0.1:9/crds.yaml" } }));
    assert.equal(code, 1);
    assert.match(err, /^cannot read the Gateway API CRDs from http:\/\/127\.0\.0\.1:9\/crds\.yaml: fetch failed/);
  });
});
