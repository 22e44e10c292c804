// Istio's CRDs of an older release than istiod: the API server drops fields that it does not know, without an error.
// Source: the labels of the CRDs in the chart base; istio.io, upgrade with Helm (base first).
import * as semver from "semver";
import type { ClusterSnapshot } from "../cluster-state/snapshot";
import { finding, type Check } from "./check";
import { count, helmUpgrade, istiods, istioVersion, meshNamespace } from "./mesh";

export const crdSkewCheck: Check = {
  id: "istio-crds-version",
  category: "versions",
  claim: "Istio's CRDs are of istiod's minor version or a newer one",
  severity: "warning",
  hint: "The API server drops fields that came later from every object, without an error.",
  needs: ["deployments", "definitions"],
  run(snapshot) {
    const newest = istiods(snapshot)
      .flatMap((istiod) => istioVersion(istiod) ?? [])
      .sort(semver.rcompare)[0];
    const old = newest ? labelled(snapshot).filter(({ version }) => isBefore(version, newest)) : [];
    const [first] = old;
    if (!newest || !first) return [];
    const more = old.length > 1 ? `, as ${count(old.length - 1, "other CRD")}` : "";
    const run = helmUpgrade("base", meshNamespace(snapshot), newest.version);
    const rule = `istiod is ${newest.version}, and the CRDs are upgraded before it`;
    return [
      finding("CustomResourceDefinition", first.definition, `of Istio ${first.version.version}${more}`, rule, { run }),
    ];
  },
};

/** CRDs that say of which release they are. */
function labelled({ definitions }: ClusterSnapshot) {
  return definitions.flatMap((definition) => {
    const version = definition.name.endsWith(".istio.io")
      ? semver.parse(definition.labels["app.kubernetes.io/version"])
      : null;
    return version ? [{ definition, version }] : [];
  });
}

function isBefore(one: semver.SemVer, other: semver.SemVer): boolean {
  return one.major < other.major || (one.major === other.major && one.minor < other.minor);
}
