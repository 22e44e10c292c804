// An Istio that another tool installed: whose it is, and a way out of it that neither is undone nor takes from others.
import type { WorkloadState } from "../cluster-state/snapshot";
import { keeperOf } from "../ownership/keepers";

/** What a finding says of a part of another Istio. */
export interface OtherInstaller {
  part: WorkloadState;
  got: string;
  rule: string;
  run: string;
}

export const conflict =
  "one Istio serves a cluster: a second one fights over webhooks, GatewayClasses and each node's CNI";
/** Uninstalling ztunnel or istio-cni under captured pods takes their network. */
const unenroll = "istio-ambient unenroll && ";

/**
 * The installer of a part that is none of this mesh's; `agents` are the DaemonSets that serve namespaces, `adopting` is the
 * command that takes it over, where there is something to take over.
 */
export function otherInstaller(
  part: WorkloadState,
  revision: string,
  agents: readonly WorkloadState[],
  adopting: string | undefined,
): OtherInstaller {
  const of = revision === "" ? "" : ` (revision ${revision})`;
  const keeper = keeperOf(part);
  if (keeper) {
    const rule = `${conflict}; use that mesh without AmbientMesh, or remove it at its source: ${keeper.who} recreates what is deleted here`;
    return { part, got: `an Istio of ${keeper.who}${of}`, rule, run: keeper.change };
  }
  const release = part.annotations["meta.helm.sh/release-name"];
  if (adopting !== undefined) {
    const got = `an Istio installed by ${release === undefined ? "istioctl" : "Helm"}${of}`;
    return { part, got, rule: `${conflict}; have it handed over to this stack`, run: adopting };
  }
  if (release !== undefined) {
    const namespace = part.annotations["meta.helm.sh/release-namespace"] ?? part.namespace;
    // A release may hold more than this part, such as that of the umbrella chart.
    const first = agents.some((agent) => agent.annotations["meta.helm.sh/release-name"] === release) ? unenroll : "";
    const run = `${first}helm uninstall ${release} --namespace ${namespace}`;
    return { part, got: `an Istio installed by Helm${of}`, rule: conflict, run };
  }
  // Not --purge: it deletes Istio's CRDs, and with them the routes and policies of every mesh.
  const run = `${agents.length > 0 ? unenroll : ""}istioctl uninstall --revision ${revision || "default"}`;
  return { part, got: `an Istio installed by istioctl${of}`, rule: conflict, run };
}
