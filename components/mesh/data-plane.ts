// What stands between ztunnel and everything that sends traffic through it: made once the mesh really carries traffic,
// and gone, before ztunnel goes, once no workload depends on it any more.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { meshDefaults, timeouts } from "../../lib/istio/defaults";
import { minutes } from "../support/children";
import { meshChildren } from "./children";
import type { AmbientMeshArgs } from "./args";
import type { Cluster } from "../support/cluster";
import { ownCommand } from "../support/own-command";

/** Minutes that unenrollment may take; draining rolls one Deployment after the other. */
const leaving: Record<string, { minutes: number; flags: string[] }> = {
  unenroll: { minutes: 5, flags: [] },
  drain: { minutes: 30, flags: ["--drain"] },
  refuse: { minutes: 1, flags: ["--refuse"] },
};

/**
 * Waits at up, and unenrolls at destroy: a Release that is created proves nothing about the nodes. What was changed by
 * hand of what the releases made it puts back first. It must never be replaced, since its delete step unenrolls
 * every workload: what makes it run again is its environment, in which the releases' revisions stand.
 */
export function dataPlane(
  name: string,
  cluster: Cluster,
  args: AmbientMeshArgs,
  places: { namespace: pulumi.Output<string>; nodeNamespace: pulumi.Output<string> },
  releases: k8s.helm.v3.Release[],
  repair: string | undefined,
  opts: pulumi.CustomResourceOptions,
): pulumi.CustomResource {
  const up = pulumi
    .all([places.namespace, places.nodeNamespace])
    .apply(([namespace, nodes]) => [
      "ready",
      "--repair",
      ...["--namespace", namespace],
      ...["--node-namespace", nodes],
      ...["--wait", `${timeouts.dataPlane}m`],
    ]);
  const revisions = pulumi.all(releases.map(({ status }) => status.revision)).apply((all) => all.join(" "));
  const leave = leaving[args.onDestroy ?? meshDefaults.onDestroy];
  const patience = Math.max(timeouts.dataPlane, leave?.minutes ?? 0) + 1;
  return ownCommand(
    meshChildren.dataPlane(name),
    {
      up,
      down: leave && ["unenroll", ...leave.flags, "--timeout", `${leave.minutes}m`],
      environment: { ISTIO_AMBIENT_REVISIONS: revisions },
      target: cluster.target,
      repair,
    },
    { ...opts, ...minutes(patience) },
  );
}
