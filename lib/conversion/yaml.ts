// Objects as YAML, laid out as kubectl and the Gateway API's own pages do it.
import { stringify } from "yaml";
import type { Written } from "./objects";

/** One document an object. */
export function yamlText(objects: readonly Written[]): string {
  return objects
    .map((object) => stringify(object, { indentSeq: false, lineWidth: 0, aliasDuplicateObjects: false }))
    .join("---\n");
}
