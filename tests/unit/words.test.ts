// The words of messages, comments and pages: what CONTRIBUTING's "Style guide" rules out is found in none of them.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import * as ts from "typescript";
import { messages, sources, type Text } from "./fixtures/source-texts";

const root = path.join(__dirname, "..", "..");

/** What no message begins with. */
const outOfMessages: [RegExp, string][] = [[/^it is (a|an|one|the|true)\b/i, "must be"]];

/** What is not said, and what is said instead. */
const out: [RegExp, string][] = [
  [/cannot be made/i, "invalid arguments for X"],
  [/object of settings|no such setting/i, "argument"],
  [/: undefined(`|$)/, "a fix of { remove }"],
  [/hangs? on\b/i, "attaches to"],
  [/in circles/i, "redirect loop"],
  [/all that it seems/i, "preflight warnings"],
  [/\bmend(s|ed|ing)?\b/i, "fix"],
  [/could not be looked at|left out\b/i, "not checked, skipped"],
  [/\b(nobody|somebody|anybody|everybody|someone)\b/i, "who it is"],
  [/\blet(s)? (in|through)\b|\blet everybody/i, "admit"],
  [/\bgoes? round\b|way round|goes past|sends? .* past\b/i, "bypass"],
  [/\bfor ever\b/i, "no limit, or never"],
  [/\bin silence\b|without a word/i, "without an error"],
  [/\bwhat is said here|nothing is said\b/i, "default"],
  [/\bunenrol\b|\benrol\b|lower-case|\bbehaviour\b|\bcolour\b/i, "American spelling"],
  [/\bone holder\b|\bholds (node)?port/i, "in use"],
  [/\bsays nothing\b/i, "has no effect"],
  [/not yet (the )?known|written, but not seen/i, "not known yet, created"],
  [/\bhost names?\b/i, "hostname"],
  [/\bplain text\b/i, "plaintext"],
];

/** Doc comments of the public interfaces and of what they hold. */
function docs(file: string, source: ts.SourceFile): Text[] {
  const found: Text[] = [];
  const visit = (node: ts.Node): void => {
    for (const doc of ts.getJSDocCommentsAndTags(node)) {
      const line = source.getLineAndCharacterOfPosition(doc.getStart()).line + 1;
      found.push({ at: `${file}:${line}`, text: doc.getText().replace(/\s*\n\s*\* ?/g, " ") });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** All other comments, line by line. */
function comments(file: string, source: ts.SourceFile): Text[] {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, false, ts.LanguageVariant.Standard, source.text);
  const found: Text[] = [];
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    if (kind === ts.SyntaxKind.SingleLineCommentTrivia || kind === ts.SyntaxKind.MultiLineCommentTrivia) {
      const line = source.getLineAndCharacterOfPosition(scanner.getTokenStart()).line + 1;
      found.push({ at: `${file}:${line}`, text: scanner.getTokenText().replace(/\s*\n\s*\* ?/g, " ") });
    }
  }
  return found;
}

function pages(): Text[] {
  const docs = fs.readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" });
  const examples = fs.readdirSync(path.join(root, "examples")).map((name) => path.join("examples", name, "README.md"));
  const files = [
    "README.md",
    "CHANGELOG.md",
    ...docs.filter((file) => file.endsWith(".md")).map((file) => path.join("docs", file)),
    ...examples.filter((file) => fs.existsSync(path.join(root, file))),
  ];
  return files.flatMap((file) =>
    fs
      .readFileSync(path.join(root, file), "utf8")
      .split("\n")
      .map((text, index) => ({ at: `${file}:${index + 1}`, text })),
  );
}

function offences(texts: Text[], words = out): string[] {
  return texts.flatMap(({ at, text }) =>
    words
      .filter(([word]) => word.test(text))
      .map(([word, instead]) => `${at}: ${word.exec(text)![0]} → ${instead}: ${text}`),
  );
}

describe("the words of", () => {
  const files = sources().map((file): [string, ts.SourceFile] => [
    file,
    ts.createSourceFile(file, fs.readFileSync(path.join(root, file), "utf8"), ts.ScriptTarget.Latest, true),
  ]);

  it("every message are those of the style guide", () => {
    const texts = files.flatMap(([file, source]) => messages(file, source));
    assert.ok(texts.length > 500, `only ${texts.length} texts were found`);
    assert.deepEqual(offences(texts, [...out, ...outOfMessages]), []);
  });

  it("every doc comment of arguments are those of the style guide", () => {
    const texts = files
      .filter(([file]) => /args\.ts$|closed-sets\.ts$/.test(file))
      .flatMap(([file, source]) => docs(file, source));
    assert.ok(texts.length > 250, `only ${texts.length} comments were found`);
    assert.deepEqual(offences(texts), []);
  });

  it("every other comment are those of the style guide", () => {
    const texts = files.flatMap(([file, source]) => comments(file, source));
    assert.ok(texts.length > 1500, `only ${texts.length} comments were found`);
    assert.deepEqual(offences(texts), []);
  });

  it("every page are those of the style guide", () => {
    assert.deepEqual(offences(pages()), []);
  });

  it("a required argument that is missing never read as an empty text", () => {
    const empty = files
      .filter(([file]) => /rules\.ts$|components/.test(file))
      .filter(([, source]) => /got: ""/.test(source.text))
      .map(([file]) => file);
    assert.deepEqual(empty, []);
  });
});
