// Paths of arguments as the user of another language writes them.
import * as fs from "node:fs";
import * as path from "node:path";

/** Languages whose names of arguments differ from those of the schema. */
type Spelling = (field: string) => string;

/** Arguments that are words of Python. */
const reserved = ["for", "from"];

const snake: Spelling = (field) =>
  reserved.includes(field) ? `${field}_` : field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const pascal: Spelling = (field) => field.charAt(0).toUpperCase() + field.slice(1);

const spellings: Record<string, Spelling> = { python: snake, go: pascal, dotnet: pascal };

/** The runtime of the project in this folder, or in one above it. */
export function runtimeOf(folder: string): string | undefined {
  const file = path.join(folder, "Pulumi.yaml");
  if (fs.existsSync(file)) {
    return /^runtime:\s*(?:name:\s*)?["']?(\w+)/m.exec(fs.readFileSync(file, "utf8"))?.[1];
  }
  const above = path.dirname(folder);
  return above === folder ? undefined : runtimeOf(above);
}

/** A path stands at the beginning of a line, after the component where there are several. */
const pathOfLine = /^((?:\s*\w+ "[^"]*": |\s*))`([A-Za-z][\w.[\]]*)`(?=: )/gm;

/** The message with its paths as programs of that runtime have them. */
export function spelled(message: string, runtime: string | undefined): string {
  const spelling = spellings[runtime ?? ""];
  return spelling === undefined
    ? message
    : message.replace(pathOfLine, (_, before: string, at: string) => {
        const words = at.replace(/[A-Za-z]\w*/g, spelling);
        return `${before}\`${words}\``;
      });
}
