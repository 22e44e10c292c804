// References by Outputs that do not come from a resource of the program, but from another stack or the configuration: the
// object that one names need not exist.
import * as pulumi from "@pulumi/pulumi";
import type { Reference } from "../../lib/references/reference";
import { plain } from "./program";

/** Parts of an Output that the SDK does not declare. */
interface Inner {
  promise(): Promise<unknown>;
  resources(): Set<pulumi.Resource>;
  allResources?(): Promise<Set<pulumi.Resource>>;
  isKnown: Promise<boolean>;
  isSecret: Promise<boolean>;
}

/** What plain arguments refer to, and what the others do once their values have arrived. */
export function withLate<T extends object>(args: T, references: (args: T) => Reference[]): Reference[] {
  const early = references(args);
  if (plain(args) !== undefined) {
    return early;
  }
  const known = new Set(early.map((each) => JSON.stringify(each)));
  const late = foreignValues(args).then((all) =>
    references(all as T).filter((each) => !known.has(JSON.stringify(each))),
  );
  return [...early, { type: "late", references: late }];
}

/** The same with values in place of the Outputs that no resource of the program is the source of. */
async function foreignValues(value: unknown): Promise<unknown> {
  if (pulumi.Output.isInstance(value)) {
    const found = await foreignValue(value as unknown as Inner);
    return found === undefined ? value : foreignValues(found);
  }
  if (value instanceof Promise || pulumi.Resource.isInstance(value) || typeof value !== "object" || value === null) {
    return value;
  }
  if (Array.isArray(value)) {
    return Promise.all(value.map(foreignValues));
  }
  const entries = Object.entries(value).map(async ([key, item]) => [key, await foreignValues(item)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** The value; undefined where a resource is its source, or where it is not known, or must not be shown. */
async function foreignValue(output: Inner): Promise<unknown> {
  const sources = [...output.resources()];
  // What waits for a resource of the program must not be waited for: that one may wait for what is judged here.
  if (!(await areStacks(sources))) {
    return undefined;
  }
  const settled = settledValue(output).catch(() => undefined);
  // Behind a promise anything may be waited for.
  return sources.length > 0 ? settled : Promise.race([settled, nextTurn()]);
}

async function settledValue(output: Inner): Promise<unknown> {
  const sources = [...((await output.allResources?.()) ?? [])];
  const isShown = (await output.isKnown) && !(await output.isSecret) && (await areStacks(sources));
  return isShown ? output.promise() : undefined;
}

/** True where all of these are other stacks, also in a component provider, which is told their URNs alone. */
async function areStacks(resources: pulumi.Resource[]): Promise<boolean> {
  const type = "pulumi:pulumi:StackReference";
  const each = resources.map(async (resource) => {
    const { __pulumiType: own } = resource as { __pulumiType?: string };
    if (own !== "") return own === type;
    return ((await (resource.urn as unknown as Inner).promise()) as string).includes(`:${type}::`);
  });
  return (await Promise.all(each)).every((isStack) => isStack);
}

function nextTurn(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(() => resolve(undefined)));
}
