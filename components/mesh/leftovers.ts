// What istiod leaves on the cluster: gone with the mesh, after istiod and before the namespace.
import type * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../support/cluster";
import { ownCommand } from "../support/own-command";

/** At up it does nothing; istiod comes after it, so at destroy it goes after istiod, and takes what istiod has left. */
export function leftovers(name: string, cluster: Cluster, opts: pulumi.CustomResourceOptions): pulumi.CustomResource {
  const words = { up: ["sweep", "--later"], down: ["sweep"] };
  return ownCommand(name, { ...words, environment: {}, target: cluster.target }, opts);
}
