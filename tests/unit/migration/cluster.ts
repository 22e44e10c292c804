// Runs `istio-ambient migrate` on a cluster in memory, with a namespace on sidecars.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { SidecarCluster, type Thing } from "../fixtures/sidecars";
import { istioAmbient, type Ran } from "../fixtures/terminal";

/** The namespace, as calls name it. */
export const own = ["--namespace", "shop"];

/** A workload of the namespace. */
export function workload(kind: string, name: string, labels: Record<string, string> = {}): Thing {
  const template = { metadata: { labels: { app: name, ...labels } }, spec: { serviceAccountName: name } };
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name, namespace: "shop" },
    spec: { replicas: 1, selector: { matchLabels: { app: name } }, template },
  };
}

/** The Service before it. */
export function service(name: string): Thing {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "shop" },
    spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
  };
}

/** An AuthorizationPolicy of the namespace. */
export function policy(name: string, spec: { [field: string]: unknown }): Thing {
  return {
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: { name, namespace: "shop" },
    spec,
  };
}

/** web calls orders; batch has no sidecar. */
export function shop(): SidecarCluster {
  const cluster = new SidecarCluster();
  const mesh = 'defaultConfig: { proxyMetadata: { ISTIO_META_ENABLE_HBONE: "true" } }';
  const env = [{ name: "PILOT_ENABLE_AMBIENT", value: "true" }];
  const containers = [{ name: "discovery", image: "docker.io/istio/pilot:1.31.0", env }];
  const things: Thing[] = [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "istio-system" } },
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop", labels: { "istio-injection": "enabled" } } },
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "istio", namespace: "istio-system" }, data: { mesh } },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "istiod", namespace: "istio-system", labels: { app: "istiod" }, made: true },
      spec: { template: { metadata: { labels: {} }, spec: { containers } } },
    },
    ...["ztunnel", "istio-cni-node"].map((name) => ({
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name, namespace: "istio-system", made: true },
      spec: { template: { metadata: { labels: {} }, spec: {} } },
      status: { numberReady: 1, desiredNumberScheduled: 1 },
    })),
    { apiVersion: "gateway.networking.k8s.io/v1", kind: "GatewayClass", metadata: { name: "istio-waypoint" } },
    ...["web", "orders"].flatMap((name) => [workload("Deployment", name), service(name)]),
    workload("StatefulSet", "db"),
    workload("Deployment", "batch", { "sidecar.istio.io/inject": "false" }),
    policy("readers", {
      selector: { matchLabels: { app: "orders" } },
      rules: [
        {
          from: [{ source: { principals: ["cluster.local/ns/shop/sa/web"] } }],
          to: [{ operation: { methods: ["GET"] } }],
        },
      ],
    }),
    policy("no-deletes", {
      selector: { matchLabels: { app: "web" } },
      action: "DENY",
      rules: [{ to: [{ operation: { methods: ["DELETE"] } }] }],
    }),
  ];
  for (const thing of things) cluster.put(thing);
  return cluster;
}

/** One call of the command. */
export type Migrate = (...args: string[]) => Promise<Ran>;

/** Serves the cluster while the work runs. */
export async function on<T>(cluster: SidecarCluster, work: (migrate: Migrate) => Promise<T>): Promise<T> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "sidecars-"));
  const kubeconfig = await cluster.start(directory);
  try {
    return await work(async (...args) => {
      const { out, err, ...ran } = await istioAmbient(["migrate", ...args, "--kubeconfig", kubeconfig]);
      // Commands in messages name the cluster once more.
      const plain = (text: string) => text.replaceAll(` --kubeconfig ${kubeconfig}`, "");
      return { ...ran, out: plain(out), err: plain(err) };
    });
  } finally {
    cluster.stop();
    fs.rmSync(directory, { recursive: true });
  }
}

/** Modes of its pods. */
export const onSidecars = { web: "sidecar", orders: "sidecar", db: "sidecar", batch: "plain" };
export const onAmbient = { web: "captured", orders: "captured", db: "captured", batch: "plain" };
