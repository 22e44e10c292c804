// Annotations by which a sidecar is told what traffic to leave alone: ztunnel captures it all the same.
// Source: cni/pkg/plugin/sidecar_redirect.go and cni/pkg/nodeagent/net.go of istio/istio, releases 1.30 and 1.31; istio#49829.
import type { PodState } from "../cluster-state/snapshot";
import { finding, type Check } from "./check";
import { byNamespace, podsToCapture, some } from "./mesh";

const prefix = "traffic.sidecar.istio.io/";

export const sidecarAnnotationsCheck: Check = {
  id: "sidecar-annotations",
  category: "enrollment",
  claim: "no captured pod is annotated for the traffic of a sidecar",
  severity: "warning",
  hint: "ztunnel captures every TCP port and address of a pod, the excluded ones too; only Services outside the mesh stay as they are.",
  needs: ["pods", "namespaces"],
  isLocal: true,
  run: (snapshot) =>
    byNamespace(podsToCapture(snapshot)).flatMap(([, pods]) =>
      [...byAnnotation(pods)].map(([text, [first, ...others]]) => {
        const [key = ""] = text.split("=");
        const names = [first, ...others].map(({ name }) => name);
        const got = `annotation ${text}${others.length > 0 ? ` on ${some(names)}` : ""}`;
        const write = `template: { metadata: { annotations: { "${key}": null } } }`;
        return finding("Pod", first, got, "only a sidecar reads it, and ztunnel captures the pod's whole traffic", {
          write,
        });
      }),
    ),
};

/** The pods with each annotation and value: they come from one template. */
function byAnnotation(pods: PodState[]): Map<string, [PodState, ...PodState[]]> {
  const found = new Map<string, [PodState, ...PodState[]]>();
  for (const pod of pods) {
    for (const [key, value] of Object.entries(pod.annotations)) {
      if (!key.startsWith(prefix)) continue;
      const known = found.get(`${key}=${value}`);
      if (known) known.push(pod);
      else found.set(`${key}=${value}`, [pod]);
    }
  }
  return found;
}
