// Objects as YAML, laid out as kubectl and the Gateway API's own pages do it.
import { stringify } from "yaml";
import type { Written } from "./objects";

/** One document an object. kubectl reads YAML 1.1, to which Yes and on are booleans. */
export function yamlText(objects: readonly Written[]): string {
  return objects
    .map((object) =>
      stringify(object, { indentSeq: false, lineWidth: 0, aliasDuplicateObjects: false, version: "1.1" }),
    )
    .join("---\n");
}
