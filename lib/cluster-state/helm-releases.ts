// Releases of Helm as their records tell of them: one record a revision, of which the newest counts.
import type { HelmReleaseState } from "./snapshot";

/** The newest revision of each release, by the release's name. */
export function newestReleases(releases: readonly HelmReleaseState[]): HelmReleaseState[] {
  const newest = new Map<string, HelmReleaseState>();
  for (const release of releases) {
    const key = `${release.namespace}/${release.release}`;
    if ((newest.get(key)?.revision ?? 0) < release.revision) newest.set(key, release);
  }
  return [...newest.values()].sort((a, b) => a.release.localeCompare(b.release));
}

/** One revision of a release, as the labels of its record tell. */
type Revision = Pick<HelmReleaseState, "release" | "namespace" | "status" | "revision">;

/** Name of the Secret in which Helm keeps a revision. */
export function recordName(release: string, revision: number): string {
  return `sh.helm.release.v1.${release}.v${revision}`;
}

/** Deletes the record of one revision. */
export function forgetCommand({ release, namespace, revision }: Omit<Revision, "status">): string {
  return `kubectl delete secret ${recordName(release, revision)} --namespace ${namespace}`;
}

/** Why a release that was uninstalled with its history is in the way of one that is to be installed. */
export const keptHistoryRule =
  "its history was kept, and Helm reuses no name of which it has records; nothing else of it is left";

/** What ends an uninstallation that kept the history: nothing but the records is there to go. */
export function purgeCommand({ release, namespace }: Pick<Revision, "release" | "namespace">): string {
  return `helm uninstall ${release} --namespace ${namespace}`;
}

/**
 * What brings a release on whose newest operation did not succeed. A rollback needs a revision that was deployed; without one, Helm
 * upgrades over a revision that failed, and over one that is pending only when its record is gone.
 */
export function recoveryCommand(newest: Revision, all: readonly Revision[], upgrade: string): string {
  const { release, namespace, status } = newest;
  if (status === "uninstalled") return purgeCommand(newest);
  if (status !== "failed" && !status.startsWith("pending-")) return `helm status ${release} --namespace ${namespace}`;
  const [deployed] = all
    .filter((each) => each.release === release && each.namespace === namespace && each.revision < newest.revision)
    .filter((each) => ["deployed", "superseded"].includes(each.status))
    .map(({ revision }) => revision)
    .sort((one, other) => other - one);
  if (deployed !== undefined && status !== "pending-install") {
    return `helm rollback ${release} ${deployed} --namespace ${namespace}`;
  }
  return status === "failed" ? upgrade : forgetCommand(newest);
}
