// Istio's CRDs of an older release than istiod: the API server drops fields that it does not know, without an error.
// Source: the labels of the CRDs in the chart base; istio.io, upgrade with Helm (base first).
import * as semver from "semver";
import type { ClusterSnapshot } from "../cluster-state/snapshot";
import { charts } from "../istio/releases";
import { finding, type Check } from "./check";
import { count, newestIstiod, releaseUpgrade } from "./mesh";

export const crdSkewCheck: Check = {
  id: "istio-crds-version",
  category: "versions",
  claim: "Istio's CRDs are of istiod's minor version or a newer one",
  severity: "warning",
  hint: "The API server drops fields that came later from every object, without an error.",
  needs: ["deployments", "definitions"],
  run(snapshot) {
    const newest = newestIstiod(snapshot);
    const old = newest ? labelled(snapshot).filter(({ version }) => isBefore(version, newest)) : [];
    const [first] = old;
    if (!newest || !first) return [];
    const more = old.length > 1 ? `, as ${count(old.length - 1, "other CRD")}` : "";
    const { release, namespace } = first;
    const run = releaseUpgrade({ release, chart: charts.base.chart, version: newest.version, namespace });
    const rule = `istiod is ${newest.version}, and the CRDs are upgraded before it`;
    return [
      finding("CustomResourceDefinition", first.definition, `of Istio ${first.version.version}${more}`, rule, { run }),
    ];
  },
};

/**
 * CRDs of a Helm release that say of which version they are. Those with the labels of the plain file were applied over them
 * since: Helm's label of the version stays behind then.
 */
function labelled({ definitions }: ClusterSnapshot) {
  return definitions.flatMap((definition) => {
    const { name, labels, annotations } = definition;
    const version = name.endsWith(".istio.io") ? semver.parse(labels["app.kubernetes.io/version"]) : null;
    const release = annotations["meta.helm.sh/release-name"];
    if (!version || release === undefined || labels["heritage"] === "Tiller") return [];
    return [{ definition, version, release, namespace: annotations["meta.helm.sh/release-namespace"] ?? "" }];
  });
}

function isBefore(one: semver.SemVer, other: semver.SemVer): boolean {
  return one.major < other.major || (one.major === other.major && one.minor < other.minor);
}
