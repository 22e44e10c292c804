// Arguments as they come from another language: Outputs that are known count by their value, and what a component wants to
// know at once is taken apart.
import * as pulumi from "@pulumi/pulumi";
import { identifyBy, identity } from "../components/support/program";
import { isKnown } from "../components/support/workarounds";
import { UNKNOWN, type Violation } from "../lib/validation/violations";

/** A type of a schema, as far as arguments depend on it. */
export interface TypeSpec {
  type?: string;
  $ref?: string;
  items?: TypeSpec;
  additionalProperties?: TypeSpec;
  plain?: boolean;
}

/** Types of a schema by their reference. */
export type Types = (reference: string) => { properties?: Record<string, TypeSpec> } | undefined;

/** The arguments, each ready for its component. What is unknown where a component has to know it stays an Output. */
export async function prepared(
  inputs: pulumi.Inputs,
  specs: Record<string, TypeSpec>,
  types: Types,
): Promise<pulumi.Inputs> {
  const entries = await Promise.all(
    Object.entries(inputs).map(async ([name, value]) => {
      await identify(value);
      return [name, await opened(value, specs[name] ?? {}, types)] as const;
    }),
  );
  return Object.fromEntries(entries);
}

/** What a component has to know, and does not. */
export function unknownViolations(args: pulumi.Inputs, specs: Record<string, TypeSpec>): Violation[] {
  const shapes: Record<string, string> = { array: "[{ ... }]", string: '"..."', boolean: "true" };
  const rule = "must be known when a component is made; only the values in a list or object may come from resources";
  return Object.keys(args)
    .filter((path) => specs[path]?.plain === true && pulumi.Output.isInstance(args[path]))
    .map((path) => ({ path, got: UNKNOWN, rule, fix: `${path}: ${shapes[specs[path]?.type ?? ""] ?? "{ ... }"}` }));
}

/** Has every known Output in a value count by what it says: the same value from two components is the same thing. */
async function identify(value: unknown): Promise<void> {
  if (pulumi.Output.isInstance(value)) {
    if ((await isKnown(value)) && !(await pulumi.isSecret(value))) {
      identifyBy(value, identity(await valueOf(value)));
    }
  } else if (typeof value === "object" && value !== null && !pulumi.Resource.isInstance(value)) {
    await Promise.all(Object.values(value).map(identify));
  }
}

/**
 * Some languages send the whole of an argument as one Output as soon as anything in it depends on a resource. Lists and
 * objects that the schema calls plain become such again, of the values in them Outputs.
 */
async function opened(value: unknown, spec: TypeSpec, types: Types): Promise<unknown> {
  if (spec.plain !== true || !pulumi.Output.isInstance(value) || !(await isKnown(value))) {
    return value;
  }
  return taken(value, await valueOf(value), spec, types);
}

function taken(output: pulumi.Output<unknown>, value: unknown, spec: TypeSpec, types: Types): unknown {
  if (spec.plain !== true) {
    const inner = output.apply(() => value);
    identifyBy(inner, identity(value));
    return inner;
  }
  if (Array.isArray(value)) {
    return value.map((item) => taken(output, item, spec.items ?? {}, types));
  }
  if (typeof value === "object" && value !== null) {
    const fields = spec.$ref === undefined ? undefined : types(spec.$ref)?.properties;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        name,
        taken(output, item, fields?.[name] ?? spec.additionalProperties ?? {}, types),
      ]),
    );
  }
  return value;
}

function valueOf(output: pulumi.Output<unknown>): Promise<unknown> {
  return new Promise((resolve) => output.apply(resolve));
}
