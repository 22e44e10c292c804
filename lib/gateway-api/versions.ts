// Versions that the Gateway API's standard bundles of today define: a CRD refuses a bundle that lacks one of those in
// which objects of it were ever stored. Source: the bundles 1.5.1 and 1.6.0.
import * as semver from "semver";
import type { Named } from "../cluster-state/snapshot";

const group = ".gateway.networking.k8s.io";

const defined: Record<string, string[]> = {
  grpcroutes: ["v1"],
  backendtlspolicies: ["v1", "v1alpha3"],
  tlsroutes: ["v1", "v1alpha2", "v1alpha3"],
  listenersets: ["v1"],
  httproutes: ["v1", "v1beta1"],
  gateways: ["v1", "v1beta1"],
  gatewayclasses: ["v1", "v1beta1"],
  referencegrants: ["v1", "v1beta1"],
  tcproutes: ["v1", "v1alpha2"],
  udproutes: ["v1", "v1alpha2"],
};

/** CRDs by the likelihood that a version of theirs is gone. */
export const retiredVersions: readonly string[] = Object.keys(defined).map((plural) => plural + group);

/** Versions of a CRD's objects that a bundle of today does not define. */
export function undefinedVersions(name: string, stored: readonly string[]): string[] {
  const versions = defined[name.replace(group, "")];
  return versions ? stored.filter((version) => !versions.includes(version)) : [];
}

/** Bundles that first had a kind in their standard channel; the other kinds were there before Istio needed any. */
const standardSince: Record<string, string> = {
  grpcroutes: "1.1.0",
  backendtlspolicies: "1.4.0",
  tlsroutes: "1.5.0",
  tcproutes: "1.6.0",
  udproutes: "1.6.0",
};

/** True for a CRD that only the experimental channel of that bundle has: beside the standard one it is no mix. */
export function isExperimentalOnly(name: string, bundle: string): boolean {
  const since = standardSince[name.replace(group, "")];
  return since !== undefined && semver.valid(bundle) !== null && semver.lt(bundle, since);
}

/** Versions in which bundles before had a kind, the newest first: a cluster may serve no other. */
export function formerVersions(plural: string): string[] {
  return (defined[plural] ?? []).filter((version) => version !== "v1").reverse();
}

/** True for a CRD of an older bundle than the one to be installed. */
export function isBehind({ annotations }: Pick<Named, "annotations">, bundle: string): boolean {
  const there = semver.coerce(annotations["gateway.networking.k8s.io/bundle-version"]);
  return there !== null && semver.valid(bundle) !== null && semver.lt(there, bundle);
}
