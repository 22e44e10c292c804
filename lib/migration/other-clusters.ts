// A mesh of more than one cluster or network. A plan sees one cluster: neither callers elsewhere nor the namespace of the same name
// there. Source: istio pilot/pkg/xds/endpoints/ep_filters.go (sidecars of other networks drop endpoints without mTLS of their own,
// as ambient pods are, multi-network ambient or not).
import type { MigrationFacts } from "./facts";
import { verdict, verdictKinds as is, type Verdict } from "./verdict";

/** Rows that the user has to accept. */
export function clusterVerdicts({ ground: { clusters, clustersUnread }, system }: MigrationFacts): Verdict[] {
  const right = `list secrets --namespace ${system}`;
  return [
    ...(clusters.length === 0
      ? []
      : [
          verdict(
            "other clusters",
            is.blocks,
            `the mesh has other clusters or networks (${clusters.join(", ")}): callers there are not in this plan, and sidecars on ` +
              "another network do not reach ambient pods",
            { fix: "migrate the callers there first", acceptable: true },
          ),
        ]),
    ...(clustersUnread
      ? [
          verdict(`right to ${right}`, is.blocks, "whether the mesh has other clusters is not known without it", {
            fix: `kubectl auth can-i ${right}`,
            acceptable: true,
          }),
        ]
      : []),
  ];
}
