// Objects as YAML, laid out as kubectl and the Gateway API's own pages do it.
import { stringify } from "yaml";
import { yamlComment, type ExtensionProvider } from "./extension-providers";
import type { Written } from "./objects";

/** One document an object, below what the mesh must have for them. kubectl reads YAML 1.1, to which Yes and on are booleans. */
export function yamlText(objects: readonly Written[], providers: readonly ExtensionProvider[] = []): string {
  const yaml = (object: object) =>
    stringify(object, { indentSeq: false, lineWidth: 0, aliasDuplicateObjects: false, version: "1.1" });
  return yamlComment(providers, yaml) + objects.map(yaml).join("---\n");
}
