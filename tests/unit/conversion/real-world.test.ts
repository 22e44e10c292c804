// Ingresses as people have them, each with all that it becomes: the objects, and the report.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { parseAllDocuments } from "yaml";
import { convert } from "../../../lib/conversion/convert";
import { reportText } from "../../../lib/conversion/report";
import { yamlText } from "../../../lib/conversion/yaml";

const fixtures = path.join(__dirname, "fixtures");
const names = fs.readdirSync(path.join(fixtures, "ingresses")).map((file) => path.basename(file, ".yaml"));

describe("Ingresses as people have them", () => {
  for (const name of names) {
    it(name, () => {
      const text = fs.readFileSync(path.join(fixtures, "ingresses", `${name}.yaml`), "utf8");
      const { objects, providers, entries } = convert(
        parseAllDocuments(text).map((document) => document.toJS() as unknown),
      );
      const expected = fs.readFileSync(path.join(fixtures, "expected", `${name}.txt`), "utf8");
      assert.equal(`${reportText(entries, objects)}\n${yamlText(objects, providers)}`, expected);
    });
  }

  it("are more than forty", () => assert.ok(names.length >= 40, String(names.length)));
});
