// What the preflight of a mesh saw, for the components that are parts of the mesh.
import * as pulumi from "@pulumi/pulumi";
import type { ClusterFacts } from "../../lib/preflight/facts";

/** What was seen of the cluster. */
export interface MeshFacts extends ClusterFacts {
  /** An earlier run of this stack has made the mesh. */
  isOwnMesh: boolean;
}

const seen = new WeakMap<pulumi.Resource, MeshFacts | "skipped" | "disabled">();

/** Keeps what was seen, or that nothing was, by the user's wish or because it could not be. */
export function rememberFacts(mesh: pulumi.Resource, facts: MeshFacts | "skipped" | "disabled"): void {
  seen.set(mesh, facts);
}

/** What the preflight of a mesh saw, or that it was skipped; nothing for a resource that is no mesh. */
export function factsOf(mesh: pulumi.Resource | undefined): MeshFacts | "skipped" | "disabled" | undefined {
  return mesh && seen.get(mesh);
}
