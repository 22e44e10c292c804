// Rules for the labels and annotations that users give to what components make.
import { annotationKey, labels } from "./formats";
import { every, first, mapOf, text, type Rule } from "./rules";
import { textOf } from "./violations";

/** Labels, except those that have arguments of their own: `settings` by label. */
export function labelsBeside(settings: Record<string, string>): Rule {
  return every(labels, (given, path) =>
    keysOf(given)
      .filter((key) => key in settings)
      .map((key) => {
        const got = (given as Record<string, unknown>)[key];
        return {
          path: `${path}["${key}"]`,
          got,
          rule: "must be set by its own argument",
          fix: `${settings[key]}: "${textOf(got)}"`,
        };
      }),
  );
}

const ownPrefixes = ["istio-ambient/", "pulumi.com/"];

/** Annotations, but for those by which the plugin and this package are told what to do. */
export const annotations: Rule = first(
  mapOf(text(/^/, "must be text", '"value"'), '"example.com/owner": "shop"'),
  every(
    (given, path) =>
      keysOf(given)
        .filter((key) => !annotationKey.test(key))
        .map((key) => ({
          path: `${path}["${key}"]`,
          got: key,
          rule: "must be an annotation key: letters, digits, `-`, `_` or `.`, after an optional prefix and a slash",
          fix: '"example.com/owner": "shop"',
        })),
    (given, path) =>
      keysOf(given)
        .filter((key) => ownPrefixes.some((prefix) => key.startsWith(prefix)))
        .map((key) => ({
          path: `${path}["${key}"]`,
          got: key,
          rule: "must not be set here: the component sets annotations with this prefix itself",
          fix: '"example.com/owner": "shop"',
        })),
  ),
);

function keysOf(given: unknown): string[] {
  return typeof given === "object" && given !== null ? Object.keys(given) : [];
}
