// The CertManagers of a program, for a mesh that comes after them: what they bring need not be on the cluster yet.
import * as pulumi from "@pulumi/pulumi";
import type { ComingCertManager } from "../../lib/preflight/facts";
import { childrenOf } from "./made";
import { madeBehind, ofThisRun } from "./program";

/** One that was made earlier in the program. */
interface Announced extends Omit<ComingCertManager, "isBefore"> {
  cluster: string;
  component: pulumi.ComponentResource;
}

const announced = new WeakMap<object, Announced[]>();

/** Remembers a CertManager of this run. */
export function announceCertManager(certManager: Announced): void {
  ofThisRun(announced, (): Announced[] => []).push(certManager);
}

/** Those of a cluster, as a component with this `dependsOn` sees them. */
export function comingCertManagers(
  cluster: string,
  dependsOn: pulumi.ComponentResourceOptions["dependsOn"],
): ComingCertManager[] {
  return ofThisRun(announced, (): Announced[] => [])
    .filter((each) => each.cluster === cluster)
    .map(({ component, name, installs, issuer }) => {
      return { name, installs, ...(issuer && { issuer }), isBefore: isAmong(component, dependsOn) };
    });
}

/** Whether a resource, or a child of it, is waited for; of what is not plain that is taken for granted. */
function isAmong(component: pulumi.ComponentResource, given: unknown): boolean {
  if (pulumi.Output.isInstance(given) || given instanceof Promise) {
    return true;
  }
  if (Array.isArray(given)) {
    return given.some((each) => isAmong(component, each));
  }
  if (typeof given !== "object" || given === null) {
    return false;
  }
  return madeBehind(given) === component || Object.values(childrenOf(component)).includes(given);
}
