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
