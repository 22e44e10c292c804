// Options of a component's children: below it, and after whatever the component itself has to wait for.
import * as pulumi from "@pulumi/pulumi";

/** Options of a child that comes after `others`. Pulumi does not hand a component's dependsOn on to its children. */
export function childOf(
  parent: pulumi.ComponentResource,
  opts: pulumi.ComponentResourceOptions | undefined,
  ...others: pulumi.Input<pulumi.Resource>[]
): pulumi.CustomResourceOptions {
  return pulumi.mergeOptions({ parent, dependsOn: opts?.dependsOn }, { dependsOn: others });
}

/** Whether a component comes after something; where `dependsOn` is not plain, that is taken for granted. */
export function waitsForOthers(opts: pulumi.ComponentResourceOptions | undefined): boolean {
  const { dependsOn } = opts ?? {};
  return dependsOn !== undefined && !(Array.isArray(dependsOn) && dependsOn.length === 0);
}

/** Names of several alike: the first without a number. */
export function numbered(name: string, index: number): string {
  return index === 0 ? name : `${name}-${index + 1}`;
}

/** `customTimeouts` of so many minutes for everything that may have to be waited for. */
export function minutes(count: number): { customTimeouts: pulumi.CustomTimeouts } {
  return { customTimeouts: { create: `${count}m`, update: `${count}m`, delete: `${count}m` } };
}
