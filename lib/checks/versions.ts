// Kubernetes, the mesh's releases and the registries they come from.
import * as semver from "semver";
import { isOlder, nearestRelease, retiredHubs, type ChartName } from "../istio/releases";
import type { ClusterSnapshot, WorkloadState } from "../cluster-state/snapshot";
import { finding, type Check } from "./check";
import { cniDaemonSets, helmUpgrade, istiods, istioVersion, meshLine, some, ztunnelDaemonSets } from "./mesh";

export const versionChecks: Check[] = [
  {
    id: "kubernetes-version",
    category: "kubernetes",
    claim: "Kubernetes is a version that the installed Istio supports",
    severity: "warning",
    hint: "Istio is tested on a few minors of Kubernetes only; upgrade the one that lags behind.",
    needs: ["deployments"],
    run(snapshot) {
      const line = meshLine(snapshot);
      const found = semver.coerce(snapshot.kubernetes);
      if (!line || !found) return [];
      const { first, last } = line.kubernetes;
      const minor = `${found.major}.${found.minor}`;
      if (!isOlder(`${minor}.0`, `${first}.0`) && !isOlder(`${last}.0`, `${minor}.0`)) return [];
      return [
        finding(
          "Cluster",
          { namespace: "", name: snapshot.server },
          `Kubernetes ${minor}`,
          `Istio ${line.minor} supports Kubernetes ${first} to ${last}`,
          { run: "istioctl x precheck" },
        ),
      ];
    },
  },
  {
    id: "nodes-ready",
    category: "kubernetes",
    claim: "every node is ready",
    severity: "warning",
    hint: "On a node that is not ready the data plane cannot be judged, and its pods get no traffic.",
    needs: ["nodes"],
    run: (snapshot) =>
      snapshot.nodes
        .filter((node) => !node.ready)
        .map((node) =>
          finding("Node", node, "condition Ready is not True", "a node that runs pods is ready", {
            run: `kubectl describe node ${node.name}`,
          }),
        ),
  },
  {
    id: "istio-release",
    category: "versions",
    claim: "istiod is of a release line that is known, and not too old",
    severity: "warning",
    hint: "Outside the known lines the other checks may judge wrongly, and upgrades may leave drift behind.",
    needs: ["deployments"],
    run: (snapshot) =>
      istiods(snapshot).flatMap((istiod) => {
        const version = istioVersion(istiod);
        const line = meshLine(snapshot);
        if (!version || (line && !isOlder(version.version, line.floor))) return [];
        const release = nearestRelease(version.version);
        const rule = line
          ? `of Istio ${line.minor}, ${line.floor} and newer work`
          : "it is a release line this package knows";
        return [finding("Deployment", istiod, version.version, rule, { write: `version: "${release}"` })];
      }),
  },
  {
    id: "version-skew",
    category: "versions",
    claim: "istio-cni and ztunnel are of istiod's minor or the one before",
    severity: "error",
    hint: "A data plane newer than istiod, or two minors older, is outside what Istio supports.",
    needs: ["deployments", "daemonSets"],
    run(snapshot) {
      const newest = istiods(snapshot)
        .flatMap((istiod) => istioVersion(istiod) ?? [])
        .sort(semver.rcompare)[0];
      if (!newest) return [];
      const parts: [ChartName, WorkloadState][] = [
        ...cniDaemonSets(snapshot).map((set): [ChartName, WorkloadState] => ["cni", set]),
        ...ztunnelDaemonSets(snapshot).map((set): [ChartName, WorkloadState] => ["ztunnel", set]),
      ];
      return parts.flatMap(([chart, part]) => {
        const version = istioVersion(part);
        if (!version || fits(version, newest)) return [];
        const rule = `istiod is ${newest.version}, and this part is of the same minor or the one before`;
        const run = helmUpgrade(chart, part.namespace, newest.version);
        return [finding("DaemonSet", part, version.version, rule, { run })];
      });
    },
  },
  {
    id: "image-registry",
    category: "versions",
    claim: "no image comes from a registry that was retired",
    severity: "warning",
    hint: "The old registries get no new images and lose the old ones: a new node could not start the mesh's pods.",
    needs: ["pods", "deployments", "daemonSets"],
    run(snapshot) {
      const workloads = [...istiods(snapshot), ...cniDaemonSets(snapshot), ...ztunnelDaemonSets(snapshot)];
      const ours = workloads.flatMap((part) => retired(part.kind, part, part.containers));
      const proxies = snapshot.pods
        .filter(
          (pod) => !workloads.some(({ namespace, name }) => namespace === pod.namespace && pod.name.startsWith(name)),
        )
        .flatMap((pod) => retired("Pod", pod, pod.containers));
      return [...ours, ...summed(snapshot, proxies)];
    },
  },
];

function fits(part: semver.SemVer, istiod: semver.SemVer): boolean {
  return part.major === istiod.major && (part.minor === istiod.minor || part.minor === istiod.minor - 1);
}

function retired(kind: string, object: { namespace: string; name: string }, containers: WorkloadState["containers"]) {
  const hit = containers.find(({ image }) => retiredHubs.some((hub) => image.startsWith(`${hub}/`)));
  const rule = "Istio's images come from docker.io/istio";
  return hit ? [finding(kind, object, hit.image, rule, { write: `images: { hub: "docker.io/istio" }` })] : [];
}

/** Many pods with one problem are one finding: the first of them speaks for all. */
function summed(snapshot: ClusterSnapshot, findings: ReturnType<typeof retired>) {
  const [first] = findings;
  if (!first || findings.length === 1) return findings;
  const got = `${first.got} in ${findings.length} of ${snapshot.pods.length} pods (${some(findings.map((f) => f.object))})`;
  return [{ ...first, object: "Pods", namespace: "", got }];
}
