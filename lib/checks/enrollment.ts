// Which pods are in the mesh, and whether they are really captured.
import type { NamespaceState } from "../cluster-state/snapshot";
import { namespaceFinding, type Check } from "./check";
import {
  ambientNamespaces,
  byNamespace,
  count,
  hasSidecar,
  isCaptured,
  isEnrolled,
  marks,
  podsToCapture,
  share,
  some,
} from "./mesh";

const modes = ["ambient", "none"];

export const enrollmentChecks: Check[] = [
  {
    id: "captured",
    category: "enrollment",
    claim: "every pod of the mesh is captured",
    severity: "error",
    hint: "A pod that is not captured sends and accepts plaintext, or has no network on a node where only istio-cni runs.",
    needs: ["pods", "namespaces"],
    run(snapshot) {
      const all = byNamespace(podsToCapture(snapshot));
      return all.flatMap(([namespace, pods]) => {
        const open = pods.filter((pod) => !isCaptured(pod));
        if (open.length === 0) return [];
        const percent = Math.floor((100 * (pods.length - open.length)) / pods.length);
        const names = some(open.map((pod) => pod.name));
        return [
          namespaceFinding(
            namespace,
            `${share(pods.length - open.length, pods.length)} pods captured (${percent} %), not ${names}`,
            `istio-cni annotates every enrolled pod with ${marks.redirection}: enabled`,
            { run: `kubectl get events --namespace ${namespace} --field-selector type=Warning` },
          ),
        ];
      });
    },
  },
  {
    id: "dataplane-mode",
    category: "enrollment",
    claim: "every data plane mode is valid",
    severity: "error",
    hint: "A misspelled mode counts as none: the pods stay outside the mesh, without an error.",
    needs: ["namespaces", "pods"],
    run(snapshot) {
      const rule = `${marks.dataplaneMode} is ambient or none`;
      const namespaces = snapshot.namespaces.filter((namespace) => isUnknownMode(namespace.labels));
      const pods = byNamespace(snapshot.pods.filter((pod) => isUnknownMode(pod.labels)));
      return [
        ...namespaces.map(({ name, labels }) =>
          namespaceFinding(name, `${marks.dataplaneMode}=${labels[marks.dataplaneMode] ?? ""}`, rule, {
            run: `kubectl label namespace ${name} --overwrite ${marks.dataplaneMode}=ambient`,
          }),
        ),
        ...pods.map(([namespace, found]) =>
          namespaceFinding(
            namespace,
            `${marks.dataplaneMode}=${found[0]?.labels[marks.dataplaneMode] ?? ""} on ${some(found.map((pod) => pod.name))}`,
            rule,
            { write: `${marks.dataplaneMode}: ambient` },
          ),
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
    run: (snapshot) =>
      snapshot.namespaces
        .filter((namespace) => namespace.labels[marks.dataplaneMode] === "ambient" && injection(namespace))
        .map((namespace) => {
          const { label, value } = injection(namespace) ?? { label: "", value: "" };
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
    run(snapshot) {
      const ambient = ambientNamespaces(snapshot);
      const left = snapshot.pods.filter((pod) => isEnrolled(pod, ambient) && !pod.deleting && hasSidecar(pod));
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
    run(snapshot) {
      const ambient = ambientNamespaces(snapshot);
      const found = snapshot.pods.filter((pod) => isEnrolled(pod, ambient) && pod.hostNetwork && !pod.deleting);
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
];

function isUnknownMode(labels: Record<string, string>): boolean {
  const mode = labels[marks.dataplaneMode];
  return mode !== undefined && !modes.includes(mode);
}

/** The label by which a namespace asks for sidecars. */
function injection({ labels }: NamespaceState): { label: string; value: string } | undefined {
  if (labels["istio-injection"] === "enabled") return { label: "istio-injection", value: "enabled" };
  const revision = labels["istio.io/rev"];
  // A revision label asks for sidecars where the namespace says nothing else about injection.
  if (revision !== undefined && labels["istio-injection"] === undefined)
    return { label: "istio.io/rev", value: revision };
  return undefined;
}
