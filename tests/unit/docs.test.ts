// The documentation: short enough, its links lead somewhere, its commands exist, and what comments claim is checked.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { checks } from "../../lib/checks";
import { certificateDefaults } from "../../lib/istio/defaults";
import { defaultFaults, releaseFaults } from "../../tools/claims";
import { fill, fillChecks, pageOf } from "../../tools/docs";
import { readReference, type Argument } from "../../tools/reference";
import { istioAmbient } from "./fixtures/terminal";

const root = path.join(__dirname, "..", "..");
const { components } = readReference(root);
const read = (file: string) => fs.readFileSync(path.join(root, file), "utf8");
const below = (folder: string) =>
  fs
    .readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md") && !file.includes("node_modules"))
    .map((file) => path.join(folder, file));
const pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...below("docs"), ...below("examples")];

/** A page without its code, in which brackets and hashes mean something else. */
const prose = (text: string) => text.replace(/^```[\s\S]*?^```$/gm, "");

/** The anchors that GitHub gives to a page's headings. */
function anchorsOf(text: string): Set<string> {
  const headings = [...prose(text).matchAll(/^#+ (.+)$/gm)].map((match) => match[1]!);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\- _]/gu, "")
        .replace(/ /g, "-"),
    ),
  );
}

/** Links of a page that lead nowhere. */
function brokenLinks(page: string): string[] {
  const links = [...prose(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [file, anchor] = link.split("#");
      const target = file ? path.join(path.dirname(page), file) : page;
      if (!fs.existsSync(path.join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(read(target)).has(anchor);
    });
}

describe("the README", () => {
  it("is at most 8 KB", () => {
    assert.ok(Buffer.byteLength(read("README.md")) <= 8192);
  });

  it("names only targets that the Makefile has", () => {
    const targets = new Set(
      [...read("Makefile").matchAll(/^([a-z][a-z -]*):/gm)].flatMap((match) => match[1]!.split(" ")),
    );
    const named = [...`${read("README.md")}${read("CONTRIBUTING.md")}`.matchAll(/\bmake ([a-z]+(?:-[a-z]+)*)/g)];
    assert.ok(named.length > 0);
    assert.deepEqual(
      named.map((match) => match[1]!).filter((target) => !targets.has(target)),
      [],
    );
  });

  it("names only commands that the command line has", async () => {
    const { out } = await istioAmbient(["--help"]);
    const commands = new Set([...out.matchAll(/^ {2}([a-z][\w-]*)/gm)].map((match) => match[1]!));
    const text = ["README.md", ...below("docs"), ...below("examples")].map(read).join("\n");
    const named = [...text.matchAll(/\bnpx istio-ambient ([a-z][\w-]*)/g)].map((match) => match[1]!);
    assert.ok(named.includes("kind-config"));
    assert.deepEqual(
      named.filter((command) => !commands.has(command)),
      [],
    );
  });

  it("shows the picture's ports as they are", () => {
    assert.match(read("README.md"), /localhost:8081 ─▶ NodePort 30081/);
  });
});

describe("the documentation", () => {
  for (const page of pages) {
    it(`leads somewhere from ${page}`, () => {
      assert.deepEqual(brokenLinks(page), []);
    });
  }

  it("lists every page in docs/README.md", () => {
    const listed = [...read("docs/README.md").matchAll(/\]\(([^)#]+\.md)\)/g)].map((match) =>
      path.join("docs", match[1]!),
    );
    assert.deepEqual(
      below("docs").filter((page) => page !== path.join("docs", "README.md") && !listed.includes(page)),
      [],
    );
  });

  it("has one heading for each argument of each component", () => {
    for (const { name, args } of components) {
      const headings = [...read(pageOf(name)).matchAll(/^### (\w+)$/gm)].map((match) => match[1]);
      assert.deepEqual(
        headings,
        args.map(({ path: argument }) => argument),
      );
    }
  });

  it("shows reports of `check` with the claims that the checks have", () => {
    const claims = new Set(checks.map(({ claim }) => claim));
    const shown = pages.flatMap((page) => [...read(page).matchAll(/^[√×‼] ([A-Za-z].*)$/gm)].map((match) => match[1]!));
    assert.ok(shown.length > 5);
    assert.deepEqual(
      shown.filter((claim) => !claims.has(claim)),
      [],
    );
  });

  it("has an address in package.json", () => {
    const { homepage, repository, bugs } = JSON.parse(read("package.json")) as {
      homepage: string;
      repository: { url: string };
      bugs: { url: string };
    };
    assert.deepEqual([repository.url, bugs.url], [`git+${homepage}.git`, `${homepage}/issues`]);
  });
});

describe("the generator", () => {
  const all = components.flatMap(({ args }) => args);
  const changed = (declared: string, standard: string): Argument[] => {
    const change = (argument: Argument): Argument => ({
      ...argument,
      standard: argument.declared === declared ? standard : argument.standard,
      fields: argument.fields.map(change),
    });
    return all.map(change);
  };

  it("finds no fault in the defaults as they are", () => {
    assert.deepEqual(defaultFaults(all), []);
  });

  it("finds a default that the code does not have", () => {
    assert.deepEqual(defaultFaults(changed("CertificateArgs.duration", '"8760h"')), [
      `CertificateArgs.duration: @default says "8760h", the code says "${certificateDefaults.duration}"`,
    ]);
    assert.deepEqual(defaultFaults(changed("CertificateArgs.duration", "none")), [
      `CertificateArgs.duration: @default says nothing, the code says "${certificateDefaults.duration}"`,
    ]);
  });

  it("finds an argument that is gone", () => {
    assert.ok(
      defaultFaults(all.filter(({ declared }) => declared !== "AmbientMeshArgs.onDestroy")).includes(
        "tools/claims.ts: there is no argument AmbientMeshArgs.onDestroy",
      ),
    );
  });

  it("finds a release in a comment that the package does not know, and none in code", () => {
    assert.deepEqual(releaseFaults("a.ts", '// As in Istio 1.12.\nconst old = "Istio 1.11";\n'), [
      "a.ts: a comment names 1.12, which lib/istio/releases.ts does not know",
    ]);
    assert.deepEqual(releaseFaults("a.ts", '   * @example "1.12.3"\n'), [
      "a.ts: a comment names 1.12.3, which lib/istio/releases.ts does not know",
    ]);
    assert.deepEqual(releaseFaults("a.ts", "/** After 1.5 s, at 127.0.0.1. */\n"), []);
  });

  it("says which part a page lacks", () => {
    assert.throws(() => fill("a.md", "text", "needs", "x"), {
      message: "a.md has no part between <!-- generated: needs --> and <!-- /generated: needs -->",
    });
    assert.throws(() => fillChecks("# Checks\n"), /^Error: docs\/checks\.md has no section for the check /);
  });
});
