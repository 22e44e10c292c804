// Policies of network plugins' own kinds: read where their CRDs are, by one list a kind.
import type { V1ObjectMeta } from "@kubernetes/client-node";
import type { ClusterSnapshot, OtherPolicyState } from "../lib/cluster-state/snapshot";
import { metadataOnly, type Api } from "./client";
import { listAll } from "./lists";
import { named } from "./slim";
import { slimCalicoPolicy, slimCiliumPolicy } from "./slim-policies";

interface PolicyKind {
  /** Name of the CRD: "<plural>.<group>". */
  definition: string;
  version: string;
  kind: string;
  /** Reads the whole object; its metadata alone where nothing of it is understood. */
  keep?: (kind: string) => (raw: never) => OtherPolicyState;
}

const kinds: PolicyKind[] = [
  cilium("ciliumnetworkpolicies", "CiliumNetworkPolicy"),
  cilium("ciliumclusterwidenetworkpolicies", "CiliumClusterwideNetworkPolicy"),
  calico("networkpolicies.crd.projectcalico.org", "v1", "NetworkPolicy of Calico"),
  calico("globalnetworkpolicies.crd.projectcalico.org", "v1", "GlobalNetworkPolicy"),
  calico("networkpolicies.projectcalico.org", "v3", "NetworkPolicy of Calico"),
  calico("globalnetworkpolicies.projectcalico.org", "v3", "GlobalNetworkPolicy"),
  other("adminnetworkpolicies.policy.networking.k8s.io", "v1alpha1", "AdminNetworkPolicy"),
  other("baselineadminnetworkpolicies.policy.networking.k8s.io", "v1alpha1", "BaselineAdminNetworkPolicy"),
  other("clusternetworkpolicies.policy.networking.k8s.io", "v1alpha2", "ClusterNetworkPolicy"),
  other("clusternetworkpolicies.networking.k8s.aws", "v1alpha1", "ClusterNetworkPolicy of Amazon"),
  other("applicationnetworkpolicies.networking.k8s.aws", "v1alpha1", "ApplicationNetworkPolicy"),
  other("networkpolicies.crd.antrea.io", "v1beta1", "NetworkPolicy of Antrea"),
  other("clusternetworkpolicies.crd.antrea.io", "v1beta1", "ClusterNetworkPolicy of Antrea"),
  other("fqdnnetworkpolicies.networking.gke.io", "v1alpha1", "FQDNNetworkPolicy"),
];

function cilium(plural: string, kind: string): PolicyKind {
  return { definition: `${plural}.cilium.io`, version: "v2", kind, keep: slimCiliumPolicy };
}

function calico(definition: string, version: string, kind: string): PolicyKind {
  return { definition, version, kind, keep: slimCalicoPolicy };
}

function other(definition: string, version: string, kind: string): PolicyKind {
  return { definition, version, kind };
}

/** Reads them into the snapshot, whose CRDs have been read; where these may not be listed, Cilium's are tried. */
export async function readOtherPolicies(client: Api, snapshot: ClusterSnapshot): Promise<void> {
  const served = kinds.filter(({ definition }) =>
    snapshot.gaps.definitions
      ? definition.endsWith(".cilium.io")
      : snapshot.definitions.some(({ name }) => name === definition),
  );
  await Promise.all(
    served.map(async ({ definition, version, kind, keep }) => {
      const [plural = "", ...group] = definition.split(".");
      const path = `/apis/${group.join(".")}/${version}/${plural}`;
      const listed = await listAll<object>(client, path, keep ? undefined : metadataOnly.list);
      if (listed.kind === "ok") {
        snapshot.otherPolicies.push(
          ...listed.items.map((raw) => (keep ? keep(kind)(raw as never) : closed(kind, raw))),
        );
      } else if (listed.kind !== "missing") {
        snapshot.gaps.otherPolicies = { cause: listed.kind, why: listed.why };
      }
    }),
  );
}

function closed(kind: string, raw: { metadata?: V1ObjectMeta }): OtherPolicyState {
  return { ...named(raw), kind, isOpening: false };
}
