// Kubernetes, the mesh's releases and the registries they come from.
import * as semver from "semver";
import { isOlder, istioLine, nearestLine, retiredHubs, type ChartName } from "../istio/releases";
import type { ClusterSnapshot, WorkloadState } from "../cluster-state/snapshot";
import { finding, type Check } from "./check";
import {
  cniDaemonSets,
  helmUpgrade,
  isLive,
  istiods,
  istioVersion,
  meshLine,
  newestIstiod,
  some,
  ztunnelDaemonSets,
} from "./mesh";

export const versionChecks: Check[] = [
  {
    id: "kubernetes-version",
    category: "kubernetes",
    claim: "Kubernetes is a version that the installed Istio supports",
    severity: "warning",
    hint: "Each Istio release supports a few minor versions of Kubernetes; upgrade the one that is too old.",
    needs: ["deployments"],
    run(snapshot) {
      const line = meshLine(snapshot);
      const found = semver.coerce(snapshot.kubernetes);
      if (!line || !found) return [];
      const { first, last } = line.kubernetes;
      const minor = `${found.major}.${found.minor}`;
      const isNewer = isOlder(`${last}.0`, `${minor}.0`);
      if (!isOlder(`${minor}.0`, `${first}.0`) && !isNewer) return [];
      const supported = `Istio ${line.minor} supports Kubernetes ${first} to ${last}`;
      const rule = isNewer ? `${supported}; newer versions are untested, but usually work` : supported;
      const run = isNewer ? 'npx istio-ambient check --ignore "kubernetes-version=<reason>"' : "istioctl x precheck";
      return [finding("Cluster", { namespace: "", name: snapshot.server }, `Kubernetes ${minor}`, rule, { run })];
    },
  },
  {
    id: "nodes-ready",
    category: "kubernetes",
    claim: "every node is ready",
    severity: "warning",
    hint: "The data plane of a node that is not ready cannot be checked, and its pods get no traffic.",
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
    claim: "istiod's release is supported by this package",
    severity: "warning",
    hint: "With other releases the checks may be wrong, and upgrades may leave drift.",
    needs: ["deployments"],
    run: (snapshot) =>
      istiods(snapshot).flatMap((istiod) => {
        const version = istioVersion(istiod);
        const line = version && istioLine(version.version);
        if (!version || (line && !isOlder(version.version, line.floor))) return [];
        if (line) {
          const rule = `of Istio ${line.minor}, ${line.floor} and newer work`;
          return [finding("Deployment", istiod, version.version, rule, { write: `version: "${line.newest}"` })];
        }
        // A mesh is never downgraded, and no minor is skipped.
        const nearest = nearestLine(version.version);
        const rule = `this package lists other release lines, and judges this one by ${nearest.minor}`;
        const isOld = isOlder(version.version, `${nearest.minor}.0`);
        const write = isOld
          ? `version: "${nearest.newest}"`
          : `version: "${version.version}", allowUnlistedRelease: true`;
        return [finding("Deployment", istiod, version.version, rule, { write })];
      }),
  },
  {
    id: "version-skew",
    category: "versions",
    claim: "istio-cni and ztunnel have istiod's minor version or the one before",
    severity: "error",
    hint: "Istio does not support a data plane that is newer than istiod or two minor versions older.",
    needs: ["deployments", "daemonSets"],
    run(snapshot) {
      const newest = newestIstiod(snapshot);
      if (!newest) return [];
      const parts: [ChartName, WorkloadState][] = [
        ...cniDaemonSets(snapshot).map((set): [ChartName, WorkloadState] => ["cni", set]),
        ...ztunnelDaemonSets(snapshot).map((set): [ChartName, WorkloadState] => ["ztunnel", set]),
      ];
      return parts.flatMap(([chart, part]) => {
        const version = istioVersion(part);
        if (!version || fits(version, newest)) return [];
        const rule = `istiod is ${newest.version}, and this part must have the same minor version or the one before`;
        const run = helmUpgrade(chart, part.namespace, newest.version);
        return [finding("DaemonSet", part, version.version, rule, { run })];
      });
    },
  },
  {
    id: "image-registry",
    category: "versions",
    claim: "no image comes from a retired registry",
    severity: "warning",
    hint: "The retired registries get no new images and drop the old ones: a new node cannot pull the mesh's images.",
    needs: ["pods", "deployments", "daemonSets"],
    run(snapshot) {
      const workloads = [...istiods(snapshot), ...cniDaemonSets(snapshot), ...ztunnelDaemonSets(snapshot)];
      const ours = workloads.flatMap((part) => retired(part.kind, part, part.containers));
      const proxies = snapshot.pods
        .filter(
          (pod) =>
            isLive(pod) &&
            !workloads.some(({ namespace, name }) => namespace === pod.namespace && pod.name.startsWith(name)),
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
