// Components that another component makes: messages name the one that the user wrote, and its argument.
import type * as pulumi from "@pulumi/pulumi";
import { componentNamed } from "./arguments";

/** How messages name a component, and where its arguments stand. */
export interface Told {
  /** AmbientMesh "mesh" */
  what: string;
  /** `gateway`; empty where the arguments are the component's own. */
  path: string;
}

const parts = new WeakMap<pulumi.Resource, { what: string; paths: Record<string, string> }>();

/** The components below this one, by name, and the argument that each is made of. */
export function announceParts(component: pulumi.ComponentResource, what: string, paths: Record<string, string>): void {
  parts.set(component, { what, paths });
}

/** The component that another one is a part of. */
export function partOf(name: string, opts: pulumi.ComponentResourceOptions | undefined): Told | undefined {
  const whole = opts?.parent && parts.get(opts.parent);
  const path = whole?.paths[name];
  return whole === undefined || path === undefined ? undefined : { what: whole.what, path };
}

/** How messages name a component: as itself, or as the one that it is a part of. */
export function toldAs(type: string, name: string, opts: pulumi.ComponentResourceOptions | undefined): Told {
  return partOf(name, opts) ?? { what: componentNamed(type, name), path: "" };
}
