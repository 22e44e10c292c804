// Programs in YAML and Go by the real `pulumi`, and in Python by its Automation API: the same mesh, object by object, as from
// TypeScript; what components know of each other from calls of their own; slips; another machine; and a stack of another
// language on top.
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { partPath } from "../../sandbox/build/cache";
import { ensureLanguages } from "../../sandbox/plugins/choice";
import { CliStack } from "../support/cli-stack";
import { root, unpack } from "../support/programs";
import { PythonStack } from "../support/python-stack";
import { intruder, platformLine, teamProgram, typescriptProgram, wrong } from "./languages-programs";
import { apply, get, kubectl, settled, sources, type KubeObject } from "./support";

const kinds = [
  "namespaces,configmaps,services,serviceaccounts,deployments,daemonsets,peerauthentications,authorizationpolicies",
  "destinationrules,gateways.gateway.networking.k8s.io,httproutes,referencegrants,issuers,certificates",
].join();

/** What comes from Kubernetes and istiod by themselves. */
const usual = /"name": "(kube-root-ca\.crt|istio-ca-root-cert|istio-ca-crl|default)"|kubernetes\.io\/leader"/;

/** What each cluster gives an object anew: addresses, counts, and the port of the status, which nobody chooses. */
function fixed(key: string, value: unknown): unknown {
  if (/^(clusterIPs?|healthCheckNodePort|deployment\.kubernetes\.io\/revision)$/.test(key)) return undefined;
  const { name, nodePort, ...port } = (value ?? {}) as { name?: string; nodePort?: number };
  return name === "status-port" && nodePort !== undefined ? { name, ...port } : value;
}

/** Every object of the mesh and of the application, without what each cluster gives it anew. */
function objects(): string[] {
  const all = [
    ...get("namespace", "istio-system", "shop"),
    ...["istio-system", "shop"].flatMap((each) => get(kinds.replace("namespaces,", ""), "-n", each)),
  ];
  return all
    .map(({ kind, metadata: { namespace, name, labels, annotations }, spec, data }: KubeObject) =>
      JSON.stringify({ kind, namespace, name, labels, annotations, spec, data }, fixed, 1),
    )
    .filter((text) => !usual.test(text))
    .sort();
}

/** The errors that a run ends with, without that of the run itself. */
async function errors(run: Promise<unknown>): Promise<string[]> {
  const { diagnostics } = await run.then(
    () => assert.fail("it should have failed"),
    (reason: { diagnostics: string[] }) => reason,
  );
  // Where the engine has ended first, Pulumi's SDK for Python tells of that as well.
  const isOwn = (line: string) =>
    /^error: (?!(preview|update) failed)/.test(line) && !line.includes("resource monitor shut down");
  return diagnostics.filter(isOwn);
}

describe("programs in other languages", () => {
  let workDir: string;
  /** Where the package is, and the projects beside it. */
  let base: string;
  let expected: string[];
  const stacks: (CliStack | PythonStack)[] = [];
  const { directory } = sources.charts;

  /** A program's folder beside the package, with the SDK that `pulumi package add` would make. */
  function project(name: string, runtime: string, files: Record<string, string>): string {
    const folder = path.join(base, name);
    for (const [file, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      fs.writeFileSync(path.join(folder, file), text);
    }
    const sdk = path.join(folder, "sdks", "istio-ambient");
    if (runtime === "python" || runtime === "go") {
      generate(runtime, sdk);
    }
    if (runtime === "python") {
      // What pip notes of a package that it installs.
      const note = path.join(sdk, "pulumi_istio_ambient-0.1.0.dist-info");
      fs.mkdirSync(note);
      fs.writeFileSync(path.join(note, "METADATA"), "Name: pulumi_istio_ambient\nVersion: 0.1.0\n");
    }
    return folder;
  }

  function generate(language: string, folder: string): void {
    const schema = path.join(workDir, "schema.json");
    execFileSync(partPath("sdk-generator", "sdk-generator"), [language, schema, folder], {
      cwd: workDir,
      stdio: "pipe",
    });
  }

  function example(language: string): string {
    const from = path.join(root, "examples", `quickstart-${language}`);
    const files = Object.fromEntries(
      fs.readdirSync(from).map((file) => [file, fs.readFileSync(path.join(from, file), "utf8")]),
    );
    const [main, text] = Object.entries(files).find(([, each]) => each.includes(platformLine[language]!("", "")[0]))!;
    const [line, told] = platformLine[language]!(directory, sources.gatewayApi.source);
    return project(language, language, {
      ...files,
      [main]: text.replace(line, told),
      "Pulumi.yaml": (main === "Pulumi.yaml" ? text.replace(line, told) : files["Pulumi.yaml"]!)
        .replace(/^name: .*$/m, "name: quickstart")
        .replace("../../plugin", "../node_modules/istio-ambient/plugin"),
    });
  }

  function open(folder: string, stack: string): CliStack {
    const opened = CliStack.init(folder, stack, {});
    stacks.push(opened);
    return opened;
  }

  function openPython(folder: string, stack: string): PythonStack {
    const opened = new PythonStack(folder, stack);
    stacks.push(opened);
    return opened;
  }

  /** Destroys what the stack has made, and forgets it: the next one has its name. */
  async function close(stack: CliStack | PythonStack): Promise<void> {
    await stack.remove();
    stacks.splice(stacks.indexOf(stack), 1);
  }

  const manifest = (name: string, runtime: string): string =>
    `name: ${name}\nruntime: ${runtime}\npackages:\n  istio-ambient: ../node_modules/istio-ambient/plugin\n`;

  before(() => {
    workDir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "istio-ambient-languages-")));
    base = workDir;
    unpack(workDir);
    ensureLanguages(process.env["PULUMI_HOME"]!);
    const plugin = path.join(workDir, "node_modules", "istio-ambient", "plugin");
    const schema = execFileSync("pulumi", ["package", "get-schema", plugin], { encoding: "utf8", maxBuffer: 2 ** 24 });
    fs.writeFileSync(path.join(workDir, "schema.json"), schema);
  });

  after(async () => {
    for (const stack of stacks.reverse()) await stack.remove();
    fs.rmSync(workDir, { recursive: true, force: true });
  });

  it("have an SDK by the schema that the plugin gives to the real `pulumi`, which is the recorded one", () => {
    const given = JSON.parse(fs.readFileSync(path.join(workDir, "schema.json"), "utf8")) as Record<string, unknown>;
    const recorded = JSON.parse(fs.readFileSync(path.join(root, "plugin", "schema.json"), "utf8")) as object;
    const { version } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as { version: string };
    assert.deepEqual(given, { ...recorded, version });
  });

  it("have one in C#, with the names that the quickstart uses", () => {
    const folder = path.join(workDir, "csharp");
    generate("dotnet", folder);
    const files = fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".cs"));
    const sdk = files.map((file) => fs.readFileSync(path.join(folder, file), "utf8")).join("\n");
    const program = fs.readFileSync(path.join(root, "examples", "quickstart-csharp", "Program.cs"), "utf8");
    const ours = program.split("// One version of the application")[0]!;
    const used = [...ours.matchAll(/new (\w+Args|\w+Mesh|\w+Route|Waypoint|AccessPolicy)\b/g)].map(([, name]) => name!);
    assert.ok(used.length > 10);
    for (const name of used) assert.match(sdk, new RegExp(`class ${name}\\b`), name);
    for (const [, field] of ours.matchAll(/\b([A-Z]\w+) = (?!new Dictionary|\{ mesh)/g)) {
      assert.match(sdk, new RegExp(`\\b${field}\\b`), field);
    }
  });

  it("are held against one in TypeScript", async () => {
    const [line, told] = platformLine["nodejs"]!(directory, sources.gatewayApi.source);
    const folder = project("nodejs", "nodejs", {
      "Pulumi.yaml": "name: quickstart\nruntime: nodejs\n",
      "package.json": JSON.stringify({ name: "quickstart", main: "index.ts" }),
      "index.ts": typescriptProgram.replace(line, told),
    });
    const stack = open(folder, "yaml");
    await stack.up();
    expected = await settled(objects, (all) => all.length > 20);
    await close(stack);
  });

  describe("in YAML", () => {
    let stack: CliStack;
    let folder: string;

    it("make the same objects", async () => {
      folder = example("yaml");
      stack = open(folder, "yaml");
      const { outputs, diagnostics } = await stack.up();
      assert.deepEqual(
        diagnostics.filter((line) => line.startsWith("error")),
        [],
      );
      assert.equal(outputs["url"], "https://localhost:8444");
      assert.deepEqual(objects(), expected);
    });

    it("leave no path of this machine in the state but that of the charts", () => {
      const state = stack.state().replaceAll(directory, "").replaceAll(sources.gatewayApi.source, "");
      for (const each of [workDir, root]) assert.equal(state.includes(each), false, each);
    });

    it("have nothing to change, also where package and project lie elsewhere and the package is a later one", async () => {
      assert.deepEqual((await stack.preview()).steps, []);
      await stack.refresh({ expectNoChanges: true });
      base = path.join(workDir, "other-machine");
      fs.mkdirSync(base);
      fs.renameSync(path.join(workDir, "node_modules"), path.join(base, "node_modules"));
      folder = path.join(base, "elsewhere");
      stack.move(folder);
      const manifestFile = path.join(base, "node_modules", "istio-ambient", "package.json");
      const text = JSON.parse(fs.readFileSync(manifestFile, "utf8")) as object;
      fs.writeFileSync(manifestFile, JSON.stringify({ ...text, version: "0.2.0" }));
      assert.deepEqual(
        (await stack.preview()).steps.filter((step) => !step.includes("default_")),
        [],
      );
      fs.writeFileSync(manifestFile, JSON.stringify(text));
    });

    it("are told what others lose by a change, once the program is complete", async () => {
      apply(
        JSON.stringify({
          apiVersion: "gateway.networking.k8s.io/v1",
          kind: "HTTPRoute",
          metadata: { name: "theirs", namespace: "default" },
          spec: { parentRefs: [{ name: "hostk8s-gateway", namespace: "istio-system" }] },
        }),
      );
      const file = path.join(folder, "Pulumi.yaml");
      const program = fs.readFileSync(file, "utf8");
      try {
        const without = program.replace("platform: kind", "platform: kind\n      gateway: { enabled: false }");
        const mesh = without.slice(0, without.indexOf("\n  web-pods:"));
        fs.writeFileSync(file, mesh.replace(/\nvariables:[\s\S]*?\nresources:/, "\nresources:"));
        const { diagnostics } = await stack.preview();
        assert.deepEqual(
          diagnostics.filter((line) => line.includes("others rely on")).map((line) => line.split("\n")[1]?.trim()),
          [
            '`Gateway istio-system/hostk8s-gateway`: got "not in this program any more"; 1 HTTPRoute of others loses its ' +
              'parent: 1 of namespace default; write `name: "hostk8s-gateway"`',
          ],
        );
      } finally {
        fs.writeFileSync(file, program);
        kubectl("delete", "httproute", "theirs", "-n", "default");
      }
    });

    it("carry a stack in Python, which knows the gateway by its output", async () => {
      const team = openPython(
        project("team", "python", { "Pulumi.yaml": manifest("team", "python"), "__main__.py": teamProgram }),
        "dev",
      );
      const { outputs } = await team.up();
      assert.deepEqual(outputs, { hostnames: ["orders.hostk8s.local"] });
      const [redirect] = get("httproute", "orders-to-https", "-n", "orders");
      assert.deepEqual(
        (redirect!.spec["parentRefs"] as { sectionName: string }[]).map(({ sectionName }) => sectionName),
        ["http"],
      );
      assert.deepEqual((await team.preview()).steps, []);
      await close(team);
    });

    it("are told of a slip once, in the words of TypeScript and with the names of their own language", async () => {
      const told = (http: string, names: string): string[] => [
        [
          "error: istio-ambient:index:IngressGateway resource 'edge' has a problem: " +
            'invalid arguments for IngressGateway "edge":',
          `  \`${http}\`: got "80"; must be a whole number from 30000 to 32767; write \`httpNodePort: 30081\``,
          `  \`${names}\`: got "no name"; must be a lowercase hostname without scheme, port or path; only its first label ` +
            'may be `*`; write `dnsNames: ["apps.example.com"]`',
        ].join("\n"),
      ];
      const yaml = project("wrong-yaml", "yaml", { "Pulumi.yaml": manifest("wrong-yaml", "yaml") + wrong["yaml"]! });
      assert.deepEqual(await errors(open(yaml, "dev").preview()), told("httpNodePort", "certificate.dnsNames[0]"));
      const python = project("wrong-python", "python", {
        "Pulumi.yaml": manifest("wrong-python", "python"),
        "__main__.py": wrong["python"]!,
      });
      const inPython = openPython(python, "dev");
      assert.deepEqual(await errors(inPython.preview()), told("http_node_port", "certificate.dns_names[0]"));
    });

    it("take nothing that is another stack's, which is told once for all components", async () => {
      const text = manifest("intruder", "yaml") + intruder;
      const told = await errors(open(project("intruder", "yaml", { "Pulumi.yaml": text }), "dev").preview());
      const [whole, other] = told.sort((one, another) => another.length - one.length);
      assert.match(
        whole!,
        /would overwrite objects of other owners:\n {2}\w+ "\w+": .* belongs to the stack quickstart\/yaml/,
      );
      assert.match(other!, /has a problem: not created either, because of the errors reported for \w+ "\w+"$/);
      assert.equal(told.length, 2, told.join("\n"));
    });

    it("go, with all that they made", async () => {
      await close(stack);
      assert.deepEqual(get("namespace", "shop", "istio-system"), []);
    });
  });

  for (const language of ["python", "go"])
    describe(`in ${language === "go" ? "Go" : "Python"}`, () => {
      let stack: CliStack | PythonStack;

      it("make the same objects", async () => {
        stack = (language === "python" ? openPython : open)(example(language), "yaml");
        const { outputs } = await stack.up();
        assert.equal(outputs["url"], "https://localhost:8444");
        assert.deepEqual(objects(), expected);
      });

      it("have nothing to change at the second preview", async () => {
        assert.deepEqual((await stack.preview()).steps, []);
      });

      it("go, with all that they made", async () => {
        await close(stack);
        assert.deepEqual(get("namespace", "shop", "istio-system"), []);
      });
    });
});
