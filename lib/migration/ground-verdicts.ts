// What has to be there before a namespace can be migrated.
import * as semver from "semver";
import { meshLabels, systemNamespaces } from "../istio/labels";
import type { MigrationFacts } from "./facts";
import { labelVerdicts } from "./namespace-labels";
import { clusterVerdicts } from "./other-clusters";
import { rightsOf, rightText } from "./rights";
import type { Step } from "./steps";
import { verdict, verdictKinds as is, type Verdict } from "./verdict";

/** The oldest istiod whose ambient mode is stable. */
const oldest = "1.24.0";

/** Rows for what is missing; none where all is there. */
export function groundVerdicts(facts: MigrationFacts, needsWaypoint: boolean, steps: readonly Step[]): Verdict[] {
  const { ground, namespace, system, root, callers, server } = facts;
  const row = (object: string, why: string, fix: string) => verdict(object, is.blocks, why, { fix });
  const { istiod } = ground;
  const needed = new Set(rightsOf(steps).map((right) => rightText(right, namespace.name)));
  if (istiod === undefined)
    return [row(`Deployment ${system}/istiod`, `there is no istiod on ${server}`, "istio-ambient adopt")];
  const strangers = callers.filter((caller) => caller.mode === "oldSidecar" && caller.namespace !== namespace.name);
  const other = strangers.map((caller) => `${caller.namespace}/${caller.serviceAccount}`);
  return [
    ...(isOlder(istiod)
      ? [row(`Deployment ${system}/istiod`, `its release ${istiod} is older than ${oldest}`, "upgrade it first")]
      : []),
    ...(ground.ambient
      ? []
      : [
          row(
            `Deployment ${system}/istiod`,
            "its ambient mode is off",
            'values: { env: { PILOT_ENABLE_AMBIENT: "true" } }',
          ),
        ]),
    ...(ground.ztunnel
      ? []
      : [
          row(
            `DaemonSet ${system}/ztunnel`,
            "it must be ready on every node before a namespace is enrolled",
            "istio-ambient check --category data-plane",
          ),
        ]),
    ...(ground.cni
      ? []
      : [
          row(
            `DaemonSet ${system}/istio-cni-node`,
            "it must be ready on every node before a namespace is enrolled",
            "istio-ambient check --category data-plane",
          ),
        ]),
    ...(ground.cniAmbient || !ground.cni
      ? []
      : [
          row(
            `DaemonSet ${system}/istio-cni-node`,
            "its ambient mode is off: no pod would be captured",
            "cni: { values: { ambient: { enabled: true } } }",
          ),
        ]),
    ...(ground.hbone
      ? []
      : [
          row(
            `ConfigMap ${system}/istio`,
            "sidecars must speak HBONE, or they and ambient pods have no common language but plaintext",
            'meshConfig: { defaultConfig: { proxyMetadata: { ISTIO_META_ENABLE_HBONE: "true" } } }',
          ),
        ]),
    ...(ground.gatewayApi || !needsWaypoint
      ? []
      : [
          row(
            "GatewayClass istio-waypoint",
            "a waypoint needs the Gateway API and istiod's class",
            "istio-ambient gateway-api",
          ),
        ]),
    ...(other.length === 0
      ? []
      : [
          row(
            "sidecars without HBONE",
            `${[...new Set(other)].sort().join(", ")} speak mTLS that ztunnel does not know: requests would lose who they come from`,
            "kubectl rollout restart of their workloads",
          ),
        ]),
    ...(namespace.labels[meshLabels.dataplaneMode] === "none"
      ? [
          row(
            `Namespace ${namespace.name}`,
            `its label ${meshLabels.dataplaneMode}: none keeps it out`,
            `kubectl label namespace ${namespace.name} ${meshLabels.dataplaneMode}-`,
          ),
        ]
      : []),
    ...(systemNamespaces.test(namespace.name) || [system, root].includes(namespace.name)
      ? [
          row(
            `Namespace ${namespace.name}`,
            "enrolling a system namespace can break the cluster's own networking",
            "--namespace of an application",
          ),
        ]
      : []),
    ...labelVerdicts(facts),
    ...clusterVerdicts(facts),
    ...ground.missingRights
      .filter((right) => needed.has(right))
      .map((right) => row(`right to ${right}`, "this user does not have it", `kubectl auth can-i ${right}`)),
  ];
}

/** By its number alone: what a vendor or a release candidate adds to it makes it no older. Of other tags nothing is known. */
function isOlder(release: string): boolean {
  const [, minor, patch = ".0"] = /^v?(\d+\.\d+)(\.\d+)?(?![\w.])/.exec(release) ?? [];
  return minor !== undefined && semver.lt(`${minor}${patch}`, oldest);
}
