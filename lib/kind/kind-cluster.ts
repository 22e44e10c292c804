// The kind cluster file for a mesh: kind publishes ports only when a cluster is made, so they have to be known before.
import { gatewayDefaults } from "../istio/defaults";
import type { Violation } from "../validation/violations";
import { object, text, whole } from "../validation/rules";

/** What the kind cluster publishes on the host. */
export interface KindSettings {
  /** Name of the cluster; kind's own default when not given. */
  name?: string;
  /** Address of the host at which the ports appear. */
  listenAddress: string;
  httpHostPort: number;
  httpNodePort: number;
  httpsHostPort: number;
  httpsNodePort: number;
  /** Also the ports of NGINX Ingress. */
  nginx: boolean;
}

/** The ports that the mesh's gateway takes by default. */
export const kindDefaults: KindSettings = {
  // kind itself publishes on every address of the host.
  listenAddress: "127.0.0.1",
  httpHostPort: gatewayDefaults.httpHostPort,
  httpNodePort: gatewayDefaults.httpNodePort,
  httpsHostPort: gatewayDefaults.httpsHostPort,
  httpsNodePort: gatewayDefaults.httpsNodePort,
  nginx: true,
};

/** Where NGINX Ingress answers beside the mesh. */
const nginxPorts = [
  { hostPort: 8080, containerPort: 30080 },
  { hostPort: 8443, containerPort: 30443 },
];

/** NodePorts that NGINX Ingress has in a cluster of this file. */
export const nginxNodePorts: number[] = nginxPorts.map(({ containerPort }) => containerPort);

interface PortMapping {
  containerPort: number;
  hostPort: number;
  listenAddress: string;
  protocol: string;
}

/** The file as an object. */
export interface KindCluster {
  kind: "Cluster";
  apiVersion: "kind.x-k8s.io/v1alpha4";
  name?: string;
  nodes: { role: string; labels?: Record<string, string>; extraPortMappings: PortMapping[] }[];
}

const address = /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]+)$/;
const hostPort = (fix: number) => whole(1, 65535, "a port of the host", fix);
const nodePort = (fix: number) => whole(30000, 32767, "a NodePort", fix);

const settingsRule = object(
  {
    name: text(/^[a-z0-9.-]+$/, "a kind cluster is named with a-z, 0-9, dots and hyphens", `"kind"`),
    listenAddress: text(address, "it is an IP address of the host", `"127.0.0.1"`),
    httpHostPort: hostPort(kindDefaults.httpHostPort),
    httpNodePort: nodePort(kindDefaults.httpNodePort),
    httpsHostPort: hostPort(kindDefaults.httpsHostPort),
    httpsNodePort: nodePort(kindDefaults.httpsNodePort),
    nginx: () => [],
  },
  oncePublished,
);

/** What cannot work in the settings. */
export function kindViolations(settings: KindSettings): Violation[] {
  return settingsRule(settings, "");
}

/** The cluster file; the ports of each listener in the order HTTP, HTTPS. */
export function kindCluster(settings: KindSettings): KindCluster {
  const { name, listenAddress, nginx } = settings;
  const ports = [...(nginx ? nginxPorts : []), ...meshPorts(settings)];
  return {
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    ...(name ? { name } : {}),
    nodes: [
      {
        role: "control-plane",
        // NGINX Ingress's manifest for kind selects nodes by this label.
        ...(nginx ? { labels: { "ingress-ready": "true" } } : {}),
        extraPortMappings: ports.map((port) => ({
          containerPort: port.containerPort,
          hostPort: port.hostPort,
          listenAddress,
          protocol: "TCP",
        })),
      },
    ],
  };
}

/** The NodePorts that a cluster file publishes. */
export function publishedPorts(cluster: Pick<KindCluster, "nodes">): number[] {
  return cluster.nodes.flatMap((node) => node.extraPortMappings ?? []).map((mapping) => mapping.containerPort);
}

function meshPorts({ httpHostPort, httpNodePort, httpsHostPort, httpsNodePort }: KindSettings) {
  return [
    { hostPort: httpHostPort, containerPort: httpNodePort },
    { hostPort: httpsHostPort, containerPort: httpsNodePort },
  ];
}

/** A port of the host leads to one NodePort only. */
function oncePublished(given: Record<string, unknown>): Violation[] {
  const taken = new Map<unknown, string>();
  if (given["nginx"] === true) for (const { hostPort } of nginxPorts) taken.set(hostPort, "NGINX Ingress");
  return (["httpHostPort", "httpsHostPort"] as const).flatMap((path) => {
    const port = given[path];
    const holder = taken.get(port);
    taken.set(port, path);
    if (holder === undefined) return [];
    const fix = `${path}: ${kindDefaults[path]}`;
    return [{ path, got: port, rule: `a port of the host is published once, and ${holder} has this one`, fix }];
  });
}
