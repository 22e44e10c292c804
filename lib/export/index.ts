// A mesh as files of a tool that is not Pulumi.
import { argocdFiles } from "./argocd";
import { fluxFiles } from "./flux";
import { headerFor } from "./header";
import { kustomizeFiles, type Rendered } from "./kustomize";
import type { ExportedMesh, OutputFile } from "./mesh";

export { firstWords, formats, limits, type Format } from "./header";
export type { Rendered } from "./kustomize";
export type { ExportedMesh, ExportedRelease, FileObject, MeshManifest, OutputFile } from "./mesh";

/** Where the files go. */
export interface Place {
  /** The output directory as the user has named it. */
  directory: string;
  /** Where that is in its repository. */
  path: string;
  /** URL of the repository, where Argo CD is to be told. */
  repository?: string;
  /** Where the documentation can be read. */
  page: string;
}

/** The tool that the files are for; only kubectl needs the charts rendered. */
export type Target = { format: "flux" | "argocd" } | { format: "kustomize"; rendered: Rendered };

/** The files for a tool. */
export function exportFiles(target: Target, mesh: ExportedMesh, place: Place): OutputFile[] {
  const header = headerFor(target.format, place.page);
  switch (target.format) {
    case "flux":
      return fluxFiles(mesh, header, place.path);
    case "argocd":
      return argocdFiles(mesh, header, place);
    case "kustomize":
      return kustomizeFiles(mesh, target.rendered, header, place.directory);
  }
}
