// Brings a control plane up in order, each step waited for by its own readiness.
import { execFile, execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { promisify } from "node:util";
import { AppsV1Api, CoreV1Api, KubeConfig, V1Node } from "@kubernetes/client-node";
import { partPath } from "../build/cache";
import { Credentials } from "./credentials";
import { Instance } from "../instance";
import { kubeProxy } from "./kube-proxy";
import { nodeAddresses } from "./network";
import { pause, Service } from "./service";
import { certManager, etcd, kubeApiserver, kubeControllerManager, kubeScheduler, kwok } from "./services";
import { Traffic } from "../pods/traffic";

/** A control plane that runs, as far as it has got. */
export interface ControlPlane {
  services: Service[];
  config: KubeConfig;
  core: CoreV1Api;
  apps: AppsV1Api;
  credentials: Credentials;
}

/** Namespace whose Secrets belong to ClusterIssuers. */
const certManagerNamespace = "cert-manager";

/** `started` hears of each program when it is started, so that it can be stopped and shown. */
export async function boot(
  instance: Instance,
  nodes: number,
  traffic: Traffic,
  started: (service: Service) => void,
): Promise<ControlPlane> {
  fs.mkdirSync(instance.memory, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", "mode=700", "sandbox", instance.memory]);
  const credentials = new Credentials(instance.memory);
  const services: Service[] = [];
  const start = async (service: Service): Promise<void> => {
    services.push(service);
    started(service);
    await service.start();
  };

  await start(etcd(instance));
  await start(kubeApiserver(instance, credentials));
  fs.copyFileSync(credentials.kubeconfig("admin"), instance.kubeconfig);
  const config = new KubeConfig();
  config.loadFromFile(instance.kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const apps = config.makeApiClient(AppsV1Api);

  await Promise.all([
    start(kubeControllerManager(instance, credentials)),
    start(kubeScheduler(instance, credentials)),
    start(kwok(instance, traffic.lacks.length === 0)).then(() => ensureNodes(core, nodes)),
    installCertManager(instance, core).then(() => start(certManager(instance))),
  ]);
  if (traffic.lacks.length === 0) await start(kubeProxy(instance, traffic.proxyMode));
  return { services, config, core, apps, credentials };
}

/** Adds nodes until there are as many, and returns when these are ready; it takes none away. */
export async function ensureNodes(core: CoreV1Api, count: number): Promise<void> {
  const present = (await core.listNode()).items.map((node) => node.metadata?.name);
  const names = Array.from({ length: count }, (_, index) => `node-${index + 1}`);
  for (const [index, name] of names.entries()) {
    if (!present.includes(name)) await core.createNode({ body: fakeNode(name, index) });
  }
  for (;;) {
    const { items } = await core.listNode();
    const isReady = items.filter((node) =>
      node.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
    );
    // The taint of a fresh node goes a moment after it is ready; before that no pod is scheduled.
    if (isReady.filter((node) => !node.spec?.taints?.length).length >= count) return;
    await pause(100);
  }
}

function fakeNode(name: string, index: number): V1Node {
  const { address, podRange } = nodeAddresses(index);
  const room = { cpu: "16", memory: "64Gi", pods: "250" };
  const labels = {
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": "amd64",
  };
  const addresses = [
    { type: "InternalIP", address },
    { type: "Hostname", address: name },
  ];
  return {
    metadata: { name, labels },
    spec: { podCIDR: podRange, podCIDRs: [podRange] },
    status: { addresses, allocatable: room, capacity: room },
  };
}

async function installCertManager(instance: Instance, core: CoreV1Api): Promise<void> {
  await core.createNamespace({ body: { metadata: { name: certManagerNamespace } } });
  const kubectl = (...args: string[]) => promisify(execFile)("kubectl", [...args, "--kubeconfig", instance.kubeconfig]);
  await kubectl("apply", "--server-side", "-f", partPath("cert-manager-crds"));
  await kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", partPath("cert-manager-crds"));
}
