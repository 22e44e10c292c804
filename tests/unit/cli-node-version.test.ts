// `istio-ambient` under a Node that is too old: one line instead of a stack trace of whatever breaks first.
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Linter } from "eslint";
import * as ts from "typescript";
import { requireNode } from "../../components/support/node";
import { nodeRefusal } from "../../lib/node-version";
import { engines, version } from "../../package.json";

const root = path.resolve(__dirname, "..", "..");
/** What an old Node has to understand: the entry, and whatever it imports before it has looked at the version. */
const beforeTheCheck = ["cli/main", "cli/exit", "lib/node-version", "cli/package-file"];

/** The JavaScript of a file, as the package has it. */
function compiled(name: string): string {
  const source = fs.readFileSync(path.join(root, `${name}.ts`), "utf8");
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}

describe("the Node that runs istio-ambient", () => {
  const message = (needed: string, found: string) =>
    `istio-ambient needs Node.js ${needed} or newer; this is Node.js ${found} (${process.execPath})`;

  const versions: [found: string, needed: string, refusal: string | undefined][] = [
    ["22.19.0", ">=22.19", undefined],
    ["24.0.0", ">=22.19", undefined],
    ["25.0.0-nightly20260101", ">=22.19", undefined],
    ["22.18.9", ">=22.19", message("22.19.0", "22.18.9")],
    ["20.20.2", ">=22.19", message("22.19.0", "20.20.2")],
    ["9.0.0", ">=10.1.2", message("10.1.2", "9.0.0")],
  ];
  for (const [found, needed, refusal] of versions) {
    it(`${found} ${refusal === undefined ? "serves" : "is too old"} for ${needed}`, () => {
      assert.equal(nodeRefusal(found, needed), refusal);
    });
  }

  it("is looked at before anything that only a new one understands", () => {
    for (const name of beforeTheCheck) {
      const problems = new Linter().verify(compiled(name), {
        languageOptions: { ecmaVersion: 2015, sourceType: "commonjs" },
      });
      assert.deepEqual(
        problems.filter(({ fatal }) => fatal).map(({ line, message }) => `${name}.js:${line}: ${message}`),
        [],
      );
      const imported = [...compiled(name).matchAll(/require\("(\.\.?\/.+?)"\)(?!\.)/g)].map((match) =>
        path.posix.join(path.posix.dirname(name), match[1]!),
      );
      assert.deepEqual(
        imported.filter((file) => !beforeTheCheck.includes(file)),
        [],
      );
    }
  });

  it("is looked at by every component too, before the arguments", () => {
    assert.throws(() => requireNode("20.20.2"), { name: "Error", message: message("22.19.0", "20.20.2") });
    requireNode();
  });

  describe("as a process", () => {
    let folder: string;
    before(() => {
      // The package's layout: package.json above dist/.
      folder = fs.mkdtempSync(path.join(os.tmpdir(), "old-node-"));
      for (const room of ["cli", "lib"]) fs.mkdirSync(path.join(folder, "dist", room), { recursive: true });
      for (const name of beforeTheCheck) fs.writeFileSync(path.join(folder, "dist", `${name}.js`), compiled(name));
      fs.symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
      fs.writeFileSync(path.join(folder, "dist", "cli", "run.js"), 'exports.runProcess = () => console.log("runs");');
    });
    after(() => fs.rmSync(folder, { recursive: true }));

    const start = (node: string) => {
      fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify({ version, engines: { node } }));
      const { status, stdout, stderr } = spawnSync(process.execPath, ["dist/cli/main.js", "--help"], {
        cwd: folder,
        encoding: "utf8",
      });
      return { status, stdout, stderr };
    };

    it("ends with 64 and one line where it is too old", () => {
      const stderr = `${message("99.0.0", process.versions.node)}\n`;
      assert.deepEqual(start(">=99"), { status: 64, stdout: "", stderr });
    });

    it("goes on where it is new enough", () => {
      assert.deepEqual(start(engines.node), { status: 0, stdout: "runs\n", stderr: "" });
    });
  });
});
