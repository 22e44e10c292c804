// Says what is waited for before a wait strikes out: the plugin's own error tells only that time was up.
import * as pulumi from "@pulumi/pulumi";
import { namesCluster, type ClusterTarget } from "../../cluster/connection";
import { explainWaiting, type Wait } from "../../cluster/waiting";
import type { Awaited } from "../../lib/cluster-state/waiting";
import type { Cluster } from "./cluster";

const lookEveryMs = 10_000;

/** When the explanation comes of a wait of so many minutes: shortly before it strikes out. */
export const beforeTheEnd = (minutes: number): number => minutes * 60 - 20;

/** Warns at the component, with the last condition and the likely cause, once it has been waited for so many seconds. */
export function explainWait(
  component: pulumi.ComponentResource,
  cluster: Cluster,
  resource: pulumi.CustomResource,
  awaited: pulumi.Output<Awaited>,
  afterSeconds: number,
): void {
  if (pulumi.runtime.isDryRun() || (cluster.now && !namesCluster(cluster.now))) {
    return;
  }
  pulumi.all([awaited, cluster.target]).apply(([known, target]) => {
    const wait: Wait = { begun: Date.now() };
    let told = false;
    const timer = setInterval(() => {
      void look(target, known, wait, afterSeconds * 1000).then((text) => {
        if (text !== undefined && !told) {
          told = true;
          clearInterval(timer);
          // What is said of the resource itself is held back until the engine has its URN: until the wait is over.
          void pulumi.log.warn(text, component);
        }
      });
    }, lookEveryMs);
    // A program that has failed elsewhere must not be kept alive by it.
    timer.unref();
    resource.id.apply(() => clearInterval(timer));
  });
}

/** An explanation is a kindness: where the cluster cannot be read there is none. */
function look(target: ClusterTarget, awaited: Awaited, wait: Wait, afterMs: number): Promise<string | undefined> {
  return explainWaiting(target, awaited, wait, afterMs).catch(() => undefined);
}
