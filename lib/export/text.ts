// Objects as the text of a file, under a header that says where it is from and what its tool cannot do.
import { stringify } from "yaml";
import type { OutputFile } from "./mesh";

/** A file of YAML documents under a header; none where there is no document. */
export function yamlFile(path: string, header: string[], documents: object[]): OutputFile[] {
  const text = documents.map((each) => `---\n${yaml(each)}`).join("");
  return text === "" ? [] : [{ path, text: `${commented(header)}${text}` }];
}

/** A file of text that is YAML already. */
export function textFile(path: string, header: string[], text: string): OutputFile {
  return { path, text: `${commented(header)}${text.trimEnd()}\n` };
}

/** A kustomization of files and folders beside it. */
export function kustomization(path: string, header: string[], resources: string[]): OutputFile {
  const body = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", resources };
  return { path, text: `${commented(header)}${yaml(body)}` };
}

/** For parsers of YAML 1.1, as Kubernetes' own are; no anchors, which people do not expect in manifests. */
function yaml(document: object): string {
  return stringify(document, { lineWidth: 0, version: "1.1", aliasDuplicateObjects: false });
}

/** Comment lines of at most some hundred characters. */
function commented(lines: string[]): string {
  return lines.map((line) => (line === "" ? "#\n" : `${wrapped(line)}\n`)).join("");
}

/** Code in backticks stays in one row; a line that is a comment already stays as it is. */
function wrapped(line: string): string {
  if (line.startsWith("#")) return line;
  const rows = [""];
  for (const word of line.match(/\S*`[^`]*`\S*|\S+/g) ?? []) {
    const row = rows[rows.length - 1]!;
    if (row !== "" && row.length + word.length > 100) rows.push(word);
    else rows[rows.length - 1] = row === "" ? word : `${row} ${word}`;
  }
  return rows.map((row) => `# ${row}`).join("\n");
}
