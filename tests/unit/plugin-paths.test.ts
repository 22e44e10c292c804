// Paths in messages to users of other languages: spelled as their programs have them, and nothing else of the message.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { runtimeOf, spelled } from "../../plugin/paths";

const message = [
  'invalid arguments for HttpRoute "web":',
  '  `rules[0].requestHeaders.set`: got "x"; must not be set next to `httpsOnly`; write `httpsOnly: true`',
  '  `labels["exampleLabel"]`: got "y"; must be short; write `labels: {}`',
  "this program refers to objects that do not exist:",
  '  AccessPolicy "readers": `http.services[0]`: got "web"; must exist; write `services: ["web"]`',
].join("\n");

describe("paths in messages", () => {
  it("are those of the schema in YAML and TypeScript, and where the runtime is not known", () => {
    for (const runtime of ["yaml", "nodejs", undefined]) assert.equal(spelled(message, runtime), message);
  });

  it("are in snake_case for Python, and in the exported names of Go and C#", () => {
    const replaced = (one: string, other: string): string =>
      message.replace("`rules[0].requestHeaders.set`", one).replace("`http.services[0]`", other);
    assert.equal(spelled(message, "python"), replaced("`rules[0].request_headers.set`", "`http.services[0]`"));
    for (const runtime of ["go", "dotnet"]) {
      assert.equal(spelled(message, runtime), replaced("`Rules[0].RequestHeaders.Set`", "`Http.Services[0]`"));
    }
  });

  it("have an underscore where the argument is a word of Python", () => {
    assert.equal(spelled('  `for[0].namespace`: got "x"; y', "python"), '  `for_[0].namespace`: got "x"; y');
    assert.equal(spelled('  `allowedRoutes.from`: got "x"; y', "python"), '  `allowed_routes.from_`: got "x"; y');
  });

  it("are spelled for the runtime of the project in the folder, or above it", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "paths-"));
    const below = path.join(folder, "below");
    fs.mkdirSync(below);
    assert.equal(runtimeOf(below), undefined);
    const forms = { yaml: "runtime: yaml", python: "runtime:\n  name: python\n  options: {}", go: 'runtime: "go"' };
    for (const [runtime, text] of Object.entries(forms)) {
      fs.writeFileSync(path.join(folder, "Pulumi.yaml"), `name: shop\n${text}\n`);
      assert.equal(runtimeOf(below), runtime);
    }
    fs.rmSync(folder, { recursive: true });
  });
});
