// One look at the cluster before any part of cert-manager is registered: another installation is never written over.
import * as pulumi from "@pulumi/pulumi";
import { readCertManagerFacts } from "../../cluster/cert-manager";
import { UnreachableError } from "../../cluster/client";
import { NoClusterError, reason } from "../../cluster/connection";
import { lookForCertManager } from "../../cluster/look";
import type { CertManagerFacts, CertManagerPlan } from "../../lib/cert-manager/facts";
import { certManagerFindings, ownCertManager } from "../../lib/cert-manager/judge";
import { findingLine } from "../../lib/checks/check";
import { componentNamed } from "../support/arguments";
import type { Cluster } from "../support/cluster";
import { runFailure } from "../support/failures";
import { isKnown } from "../support/workarounds";
import type { OwnChildren } from "../support/ownership";
import { certManagerChildren as children } from "./children";

/** How long the look may take in all. */
const deadlineMs = 10_000;

/** What a look at the cluster gives. */
interface Seen {
  /** What the cluster has of this stack already, or what is to be taken over. */
  own: OwnChildren;
  /** The namespace's name, once nothing is in the way. */
  namespace: pulumi.Output<string>;
}

/** For whom the cluster is judged. */
interface Reader {
  component: pulumi.ComponentResource;
  name: string;
  /** Other resources come first, and may bring what is missing. */
  early: boolean;
}

/** Looks, and throws one error with everything that is in the way; where another resource makes the cluster, later. */
export function lookAtCertManager(reader: Reader, plan: CertManagerPlan, cluster: Cluster): Seen {
  const namespace = pulumi.output(plan.namespace);
  if (!cluster.now) {
    return { own: {}, namespace: lookLater(reader, plan, cluster) };
  }
  const look = lookForCertManager(cluster.now, plan, deadlineMs);
  if ("why" in look) {
    skipped(reader, look.why);
    return { own: {}, namespace };
  }
  const refusal = judge(reader, plan, look.facts);
  if (refusal !== undefined) {
    // Thrown before the first child exists: what is not registered, the engine takes for something to delete.
    throw new pulumi.RunError(refusal);
  }
  return { own: ownChildren(reader.name, plan, look.facts), namespace };
}

function lookLater(reader: Reader, plan: CertManagerPlan, cluster: Cluster): pulumi.Output<string> {
  void isKnown(cluster.target).then((known) => {
    if (!known) skipped(reader, "this program creates the cluster; `pulumi up` checks it before anything is written");
  });
  return cluster.target.apply(async (target) => {
    try {
      const refusal = judge(reader, plan, await readCertManagerFacts(target, plan, deadlineMs));
      if (refusal !== undefined) {
        throw runFailure(refusal);
      }
    } catch (error) {
      if (!(error instanceof NoClusterError || error instanceof UnreachableError)) {
        throw error;
      }
      skipped(reader, reason(error));
    }
    return plan.namespace;
  });
}

/** What is in the way, as one text. */
function judge({ component, name, early }: Reader, plan: CertManagerPlan, facts: CertManagerFacts): string | undefined {
  const lines = certManagerFindings(plan, facts).map((found) => `  ${findingLine(found)}`);
  if (lines.length === 0) {
    return undefined;
  }
  const what = componentNamed("CertManager", name);
  if (!plan.install && early) {
    void pulumi.log.warn(`${what} needs what is not on the cluster yet:\n${lines.join("\n")}`, component);
    return undefined;
  }
  return `${what} cannot be created on ${facts.server}:\n${lines.join("\n")}`;
}

/** The ids by the names of the children that make these objects. */
function ownChildren(name: string, plan: CertManagerPlan, facts: CertManagerFacts): OwnChildren {
  const own = ownCertManager(plan, facts);
  return {
    [children.namespace(name)]: own.namespace,
    [children.release(name)]: own.release,
    [children.selfSignedIssuer(name)]: own.selfSignedIssuer,
    [children.authority(name)]: own.authority,
    [children.issuer(name)]: own.issuer,
  };
}

function skipped({ component }: Reader, why: string): void {
  void pulumi.log.warn(`whether another cert-manager is on the cluster was not checked: ${why}`, component);
}
