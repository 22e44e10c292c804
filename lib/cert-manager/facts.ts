// What is known before cert-manager is installed: what the program is about to write, and what one read of the cluster told.
import type { HelmReleaseState, Named, NamespaceState, WorkloadState } from "../cluster-state/snapshot";
import { stackMark } from "../ownership/marks";

/** What the program is about to write. */
export interface CertManagerPlan {
  /** Value of the mark: "<project>/<stack>". */
  stack: string;
  version: string;
  namespace: string;
  /** False: what runs is used as it is. */
  install: boolean;
  adopt: boolean;
  adoptNamespace: boolean;
  /** Name of the ClusterIssuer, as far as it is known; none without one. */
  issuer?: string;
}

/** An object of cert-manager, by kind. */
export interface IssuingObject extends Named {
  kind: "ClusterIssuer" | "Issuer" | "Certificate";
}

/** What one read of the cluster gave. */
export interface CertManagerFacts {
  server: string;
  namespaces: NamespaceState[];
  /** CRDs of the whole cluster. */
  definitions: Named[];
  helmReleases: HelmReleaseState[];
  /** Deployments of cert-manager's controller, whatever their names and namespaces are. */
  controllers: WorkloadState[];
  /** A controller holds the lease, so one is running in whatever form. */
  leads: boolean;
  /** ClusterIssuers, and Issuers and Certificates of cert-manager's namespace. */
  objects: IssuingObject[];
  /** What could not be read, so that it is not judged. */
  unread: ("namespaces" | "definitions" | "helmReleases" | "controllers")[];
}

/** True where the namespace carries the mark of this very stack: what stands in it was made by an earlier run. */
export function isOwnNamespace({ stack, namespace }: CertManagerPlan, facts: CertManagerFacts): boolean {
  const found = facts.namespaces.find(({ name }) => name === namespace);
  return facts.unread.includes("namespaces") || found?.annotations[stackMark] === stack;
}
