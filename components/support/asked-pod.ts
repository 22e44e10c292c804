// A pod as istiod makes it for a waypoint or a gateway, as far as its namespace may refuse it: rights, mounts and requests.
// Source: istiod's template files/waypoint.yaml and files/kube-gateway.yaml, 1.30 and 1.31.
import { partDefaults } from "../../lib/istio/defaults";
import type { AskedObject } from "../../lib/preflight/asked";

/** What istiod makes the pods for, and as what messages know them. */
export const podOwners = {
  waypoint: { usual: partDefaults.waypoint, shown: "the waypoint's pods" },
  gateway: { usual: partDefaults.gateway, shown: "the gateway's pods" },
} as const;

/** Where the pods go, and what they request. */
export interface AskedPods {
  name: string;
  namespace: string;
  pods: { cpu?: string; memory?: string };
}

/** The pod, by which the namespace's Pod Security, quotas and limits answer. */
export function askedPod({ name, namespace, pods }: AskedPods, owner: keyof typeof podOwners): AskedObject {
  const { usual } = podOwners[owner];
  const container = {
    name: "istio-proxy",
    image: "docker.io/istio/proxyv2",
    resources: { requests: { cpu: pods.cpu ?? usual.cpu, memory: pods.memory ?? usual.memory } },
    securityContext: {
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsUser: 1337,
      runAsGroup: 1337,
      runAsNonRoot: true,
      capabilities: { drop: ["ALL"] },
    },
  };
  const labels = { "gateway.networking.k8s.io/gateway-name": name, "sidecar.istio.io/inject": "false" };
  const body = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels },
    spec: { containers: [container] },
  };
  return { kind: "Pod", api: "/api/v1", plural: "pods", namespace, name, body };
}
