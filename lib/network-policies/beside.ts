// Policies of a network plugin's own kinds beside NetworkPolicies: they may open what these leave shut.
import type { ClusterSnapshot, OtherPolicyState } from "../cluster-state/snapshot";

/** Tells of a namespace whether nothing but NetworkPolicies decides there what gets in and out. */
export function isAlone({ otherPolicies }: ClusterSnapshot): (namespace: string) => boolean {
  // A policy that only admits addresses beside all else, as Cilium's for probes does, opens no more than it says.
  const wide = otherPolicies.some((policy) => policy.namespace === "" && !isForAddresses(policy));
  const places = new Set(otherPolicies.map(({ namespace }) => namespace));
  return (namespace) => !wide && !places.has(namespace);
}

function isForAddresses({ isOpening, admits }: OtherPolicyState): boolean {
  return isOpening && admits !== undefined && admits.rules.every(({ peers }) => peers !== undefined);
}
