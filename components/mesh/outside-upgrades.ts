// Releases that were upgraded outside of Pulumi. The Kubernetes plugin compares a release with the stack's own record of it,
// and the look for drift compares objects with Helm's newest record, so neither sees an upgrade by `helm`. After a refresh the
// stack takes the newest revision for its own, and nothing would tell any more.
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { finding, findingLine } from "../../lib/checks/check";
import type { HelmReleaseState } from "../../lib/cluster-state/snapshot";
import { newestReleases } from "../../lib/cluster-state/helm-releases";

/** Warns of each release of which the cluster has a newer revision than the stack; one that is updated now is not known yet. */
export function warnOfOutsideUpgrades(
  mesh: pulumi.ComponentResource,
  found: pulumi.Input<HelmReleaseState[]>,
  releases: readonly k8s.helm.v3.Release[],
): void {
  for (const { status } of releases) {
    pulumi.all([found, status]).apply(([now, recorded]) => {
      const line = outsideUpgrade(now, recorded);
      if (line !== undefined) void pulumi.log.warn(`upgraded outside of Pulumi:\n  ${line}`, mesh);
    });
  }
}

/** What is to be told of one release; nothing where the stack knows the newest revision. */
export function outsideUpgrade(
  found: HelmReleaseState[],
  recorded: { name?: string; namespace?: string; revision?: number },
): string | undefined {
  const newest = newestReleases(found).find(
    ({ release, namespace }) => release === recorded.name && namespace === recorded.namespace,
  );
  if (newest === undefined || recorded.revision === undefined || newest.revision <= recorded.revision) return undefined;
  const object = { namespace: newest.namespace, name: newest.release };
  const rule = `this stack installed revision ${recorded.revision}; neither \`up\` nor a refresh restores a release that was upgraded by another tool`;
  const back = `helm rollback ${newest.release} ${recorded.revision} --namespace ${newest.namespace}`;
  return findingLine(
    finding("Helm release", object, `revision ${newest.revision}`, rule, { run: `${back} && pulumi up --refresh` }),
  );
}
