// Which pods are in the mesh, and whether they are really captured.
import type { ClusterSnapshot, NamespaceState, PodState } from "../cluster-state/snapshot";
import { meantName } from "../validation/names";
import { captureBarriers } from "./capture";
import { finding, namespaceFinding, type Check } from "./check";
import {
  byNamespace,
  count,
  enrolledPods,
  enrolls,
  hasProxy,
  hasSidecar,
  isCaptured,
  isLive,
  marks,
  podsToCapture,
  share,
  some,
} from "./mesh";

/** Istio's own modes. */
const modes = ["ambient", "none"];
/** Of Kmesh, a data plane of its own, which istiod serves too: its pods are none of ztunnel's. */
const otherMode = /^kmesh$/i;

export const enrollmentChecks: Check[] = [
  {
    id: "captured",
    category: "enrollment",
    claim: "every pod of the mesh is captured",
    severity: "error",
    hint: "A pod that is not captured sends and accepts plaintext, or has no network on a node where only istio-cni runs.",
    needs: ["pods", "namespaces"],
    isLocal: true,
    run(snapshot) {
      const unserved = nodesWithoutAgent(snapshot);
      const all = byNamespace(podsToCapture(snapshot));
      return all.flatMap(([namespace, pods]) => {
        const open = pods.filter((pod) => !isCaptured(pod));
        if (open.length === 0) return [];
        const percent = Math.floor((100 * (pods.length - open.length)) / pods.length);
        const names = some(open.map((pod) => pod.name));
        const nodes = unserved(open);
        const where = nodes.length > 0 ? `; no istio-cni on ${some(nodes)}` : "";
        return [
          namespaceFinding(
            namespace,
            `${share(pods.length - open.length, pods.length)} pods captured (${percent} %), not ${names}${where}`,
            `istio-cni annotates every enrolled pod with ${marks.redirection}: enabled`,
            {
              run:
                nodes.length > 0
                  ? "kubectl get pods --all-namespaces --selector k8s-app=istio-cni-node --output wide"
                  : `kubectl get events --namespace ${namespace} --field-selector type=Warning`,
            },
          ),
        ];
      });
    },
  },
  {
    id: "captured-unenrolled",
    category: "enrollment",
    claim: "no pod outside the mesh is still captured",
    severity: "warning",
    hint: "istio-cni releases a pod when its label goes; where it did not run then, only a restart releases the pod.",
    needs: ["pods", "namespaces"],
    isLocal: true,
    run(snapshot) {
      const isEnrolled = enrolls(snapshot);
      // A misspelled mode is dataplane-mode's to tell.
      const misspelled = new Set(
        snapshot.namespaces.filter(({ labels }) => isUnknownMode(labels)).map(({ name }) => name),
      );
      const left = snapshot.pods.filter(
        (pod) =>
          isLive(pod) &&
          isCaptured(pod) &&
          !isEnrolled(pod) &&
          !isUnknownMode(pod.labels) &&
          !misspelled.has(pod.namespace),
      );
      const rule = `only istio-cni sets ${marks.redirection}, on pods that a label puts into the mesh; restart these, and take it out of their template`;
      return byNamespace(left).map(([namespace, pods]) =>
        namespaceFinding(
          namespace,
          `${count(pods.length, "captured pod")} outside the mesh (${some(pods.map(({ name }) => name))})`,
          rule,
          { run: `kubectl rollout restart deployment --namespace ${namespace}` },
        ),
      );
    },
  },
  {
    id: "dataplane-mode",
    category: "enrollment",
    claim: "every data plane mode is valid",
    severity: "error",
    hint: "A misspelled mode counts as none: the pods stay outside the mesh, without an error.",
    needs: ["namespaces", "pods"],
    isLocal: true,
    run(snapshot) {
      const rule = (mode: string) => {
        const unlike =
          meantName(mode, modes) === undefined ? "; any other value counts as none, or is another data plane's" : "";
        return `${marks.dataplaneMode} is ambient or none${unlike}`;
      };
      const namespaces = snapshot.namespaces.filter((namespace) => isUnknownMode(namespace.labels));
      const pods = byNamespace(snapshot.pods.filter((pod) => isUnknownMode(pod.labels) && isLive(pod)));
      return [
        ...namespaces.map(({ name, labels }) => {
          const mode = modeOf(labels);
          const meant = meantName(mode, modes);
          return namespaceFinding(name, `${marks.dataplaneMode}=${mode}`, rule(mode), {
            run: meant
              ? `kubectl label namespace ${name} --overwrite ${marks.dataplaneMode}=${meant}`
              : `kubectl get namespace ${name} --output yaml --show-managed-fields`,
          });
        }),
        ...pods.flatMap(([namespace, found]) =>
          [...new Set(found.map(({ labels }) => modeOf(labels)))].map((mode) => {
            const own = found.filter(({ labels }) => modeOf(labels) === mode).map(({ name }) => name);
            const meant = meantName(mode, modes);
            const fix = meant
              ? { write: `${marks.dataplaneMode}: ${meant}` }
              : { run: `kubectl describe pods --namespace ${namespace} --selector ${marks.dataplaneMode}=${mode}` };
            return namespaceFinding(namespace, `${marks.dataplaneMode}=${mode} on ${some(own)}`, rule(mode), fix);
          }),
        ),
      ];
    },
  },
  {
    id: "both-labels",
    category: "enrollment",
    claim: "no namespace has both sidecar injection and ambient mode",
    severity: "warning",
    hint: "Injection wins: new pods get a sidecar, and a pod with a sidecar is never captured.",
    needs: ["namespaces"],
    isLocal: true,
    run: (snapshot) =>
      snapshot.namespaces
        .filter((namespace) => namespace.labels[marks.dataplaneMode] === "ambient" && injectionLabel(namespace))
        .map((namespace) => {
          const { label, value } = injectionLabel(namespace) ?? { label: "", value: "" };
          return namespaceFinding(
            namespace.name,
            `${label}=${value} and ${marks.dataplaneMode}=ambient`,
            "a namespace uses one of the two",
            { run: `kubectl label namespace ${namespace.name} ${label}-` },
          );
        }),
  },
  {
    id: "sidecars",
    category: "enrollment",
    claim: "no pod of an ambient namespace still carries a sidecar",
    severity: "warning",
    hint: "A sidecar lasts as long as its pod: restart the pods after removing the injection label.",
    needs: ["pods", "namespaces"],
    isLocal: true,
    run(snapshot) {
      const left = enrolledPods(snapshot).filter(hasSidecar);
      return byNamespace(left).map(([namespace, pods]) =>
        namespaceFinding(
          namespace,
          `sidecars in ${count(pods.length, "pod")} (${some(pods.map((pod) => pod.name))})`,
          "ztunnel never captures a pod with a sidecar",
          { run: `kubectl rollout restart deployment --namespace ${namespace}` },
        ),
      );
    },
  },
  {
    id: "host-network",
    category: "enrollment",
    claim: "no pod of an ambient namespace uses the host's network",
    severity: "warning",
    hint: "Such pods cannot be captured: their traffic stays plain, and STRICT servers refuse it from other nodes.",
    needs: ["pods", "namespaces"],
    isLocal: true,
    run(snapshot) {
      const found = enrolledPods(snapshot).filter((pod) => pod.hostNetwork);
      return byNamespace(found).map(([namespace, pods]) =>
        namespaceFinding(
          namespace,
          `hostNetwork in ${count(pods.length, "pod")} (${some(pods.map((pod) => pod.name))})`,
          "only a pod with its own network namespace can be captured",
          { write: `${marks.dataplaneMode}: none` },
        ),
      );
    },
  },
  {
    id: "uncapturable-pods",
    category: "enrollment",
    claim: "every pod of an ambient namespace runs where it can be captured",
    severity: "warning",
    hint: "The traffic of such pods stays plaintext, and STRICT servers refuse it.",
    needs: ["pods", "namespaces"],
    isLocal: true,
    run(snapshot) {
      const barrier = captureBarriers(snapshot);
      const pods = enrolledPods(snapshot).filter((pod) => !pod.hostNetwork && !hasProxy(pod));
      const found = new Map<string, PodState[]>();
      for (const pod of pods) {
        const where = barrier(pod);
        if (where === undefined) continue;
        const there = found.get(where);
        if (there) there.push(pod);
        else found.set(where, [pod]);
      }
      const fix = { write: `${marks.dataplaneMode}: none` };
      const rule = "istio-cni captures pods of Linux nodes that run its DaemonSet, in the node's own network stack";
      return [...found].flatMap(([where, all]) =>
        byNamespace(all).map(([namespace, group]) =>
          namespaceFinding(
            namespace,
            `${count(group.length, "pod")} ${where} (${some(group.map(({ name }) => name))})`,
            rule,
            fix,
          ),
        ),
      );
    },
  },
  {
    id: "start-hooks",
    category: "enrollment",
    claim: "no captured pod waits in a start hook",
    severity: "warning",
    hint: "The kubelet reports a pod's address when its start hooks are over; until then ztunnel drops its traffic.",
    needs: ["pods", "namespaces"],
    isLocal: true,
    run: (snapshot, { now }) =>
      enrolledPods(snapshot).flatMap((pod) => {
        const { containers, since } = pod.startHook ?? { containers: [], since: now.getTime() };
        const seconds = Math.floor((now.getTime() - since) / 1000);
        if (seconds < patientSeconds || !isCaptured(pod)) return [];
        const got = `in the start hook of ${some(containers)} for ${seconds} s`;
        const rule = "a start hook ends without waiting for the network; a startupProbe can wait for it";
        return [finding("Pod", pod, got, rule, { write: "startupProbe: { exec: { command: [...] } }" })];
      }),
  },
];

/** A start hook that takes less is no reason to look. */
const patientSeconds = 60;

/** Of these pods, the nodes on which no istio-cni runs. */
function nodesWithoutAgent({ pods, gaps }: ClusterSnapshot): (open: PodState[]) => string[] {
  // istio-cni's own pods are not among those of single namespaces.
  if (gaps.pods) return () => [];
  const served = new Set(pods.filter((pod) => pod.labels["k8s-app"] === "istio-cni-node").map(({ node }) => node));
  return (open) => [...new Set(open.map(({ node }) => node))].filter((node) => !served.has(node)).sort();
}

function isUnknownMode(labels: Record<string, string>): boolean {
  const mode = labels[marks.dataplaneMode];
  return mode !== undefined && !modes.includes(mode) && !otherMode.test(mode);
}

function modeOf(labels: Record<string, string>): string {
  return labels[marks.dataplaneMode] ?? "";
}

/** The label by which a namespace asks for sidecars. */
export function injectionLabel({ labels }: NamespaceState): { label: string; value: string } | undefined {
  if (labels["istio-injection"] === "enabled") return { label: "istio-injection", value: "enabled" };
  const revision = labels["istio.io/rev"];
  // A revision label asks for sidecars where the namespace has no other label for injection.
  if (revision !== undefined && labels["istio-injection"] === undefined)
    return { label: "istio.io/rev", value: revision };
  return undefined;
}
