// The raw resources that a component made, for a program to depend on. As fields they would be outputs of the schema.
import type * as pulumi from "@pulumi/pulumi";

const made = new WeakMap<pulumi.ComponentResource, object>();

/** Remembers what a component made, by the names under which programs find it. */
export function keepChildren<Children extends object>(component: pulumi.ComponentResource, children: Children): void {
  made.set(component, children);
}

/** What the component made. */
export function childrenOf<Children extends object>(component: pulumi.ComponentResource): Children {
  return made.get(component) as Children;
}
