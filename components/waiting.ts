// Says what is waited for before a wait strikes out: the plugin's own error tells only that time was up.
import * as pulumi from "@pulumi/pulumi";
import { namesCluster, type ClusterTarget } from "../cluster/connection";
import { explainWaiting, type Wait } from "../cluster/waiting";
import type { Awaited } from "../lib/waiting";
import { clusterTarget } from "./target";

const lookEveryMs = 10_000;
/** So long before the end the explanation comes. */
const marginMs = 20_000;

/** Warns at the resource, with the last condition and the likely cause, shortly before its wait of so many minutes ends. */
export function explainWait(
  component: pulumi.ComponentResource,
  resource: pulumi.CustomResource,
  awaited: pulumi.Output<Awaited>,
  minutes: number,
): void {
  const target = clusterTarget(component, {});
  if (pulumi.runtime.isDryRun() || !target || !namesCluster(target)) {
    return;
  }
  awaited.apply((known) => {
    const wait: Wait = { begun: Date.now() };
    let told = false;
    const timer = setInterval(() => {
      void look(target, known, wait, minutes * 60_000 - marginMs).then((text) => {
        if (text !== undefined && !told) {
          told = true;
          clearInterval(timer);
          void pulumi.log.warn(text, resource);
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
