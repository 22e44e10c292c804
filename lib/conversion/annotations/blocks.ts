// The blocks of a snippet, and the directives between them.

/** Where a snippet stands. */
export type Scope = "server" | "location";

/** Part of a snippet: a directive, or a block. */
export type Part = { line: string } | { head: string; body: string };

/** Directives with their semicolons, and blocks; undefined where a block or a quote does not end. */
export function blocksOf(snippet: string): Part[] | undefined {
  const parts: Part[] = [];
  let text = "";
  let head = "";
  let depth = 0;
  for (const [token] of snippet.matchAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\$\{\w+\}|(?<!\S)#.*|[\s\S]/g)) {
    if (token.startsWith("#") && token !== "#") continue;
    if (token === "{" && depth++ === 0) {
      head = text.trim();
      text = "";
    } else if (token === "}" && --depth === 0) {
      parts.push({ head, body: text });
      text = "";
    } else if (token === ";" && depth === 0) {
      parts.push({ line: `${text.trim()};` });
      text = "";
    } else text += token;
    if (depth < 0) return undefined;
  }
  return depth === 0 && text.trim() === "" ? parts : undefined;
}
