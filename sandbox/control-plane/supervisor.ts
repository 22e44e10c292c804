// The process inside the sandbox's namespaces that runs the control plane. When it ends, all of the sandbox ends.
import { applicationRole } from "../pods/applications";
import { boot, ControlPlane, ensureNodes } from "./boot";
import { controllerRole, webhookRole } from "../pods/cert-manager";
import { serve, Status } from "./control";
import { gatewayRole } from "../pods/envoy";
import { Instance } from "../instance";
import { IstiodKeeper } from "./istiod";
import { Kubelet } from "../pods/kubelet";
import { LoadBalancer } from "./load-balancer";
import { nodeCount } from "./machine";
import { configureNetwork } from "./network";
import { PodKeeper } from "../pods/pod-keeper";
import { listenInside, takeOver } from "./ports";
import { Service } from "./service";
import { findTraffic } from "../pods/traffic";

async function main(): Promise<void> {
  const instance = Instance.current();
  let nodes = nodeCount();
  let plane: ControlPlane | undefined;
  let pods: PodKeeper | undefined;
  const ports = await takeOver();
  const traffic = findTraffic();
  const started: Service[] = [];
  const known = (): Service[] => [...started, ...(pods?.services ?? [])];
  const status: Pick<Status, "phase" | "error"> = { phase: "starting" };
  const find = (part: string): Service => {
    const service = known().find(({ name }) => name === part);
    if (service) return service;
    throw new Error(
      `no part "${part}" runs here; there are ${known()
        .map(({ name }) => name)
        .join(", ")}`,
    );
  };
  await serve(instance, {
    status: () => ({
      ...status,
      nodes,
      ports,
      lacks: traffic.lacks,
      parts: known().map((service) => service.status()),
    }),
    stop: async (part) => find(part).hold(),
    start: async (part) => find(part).release(),
    nodes: async (count) => {
      if (!plane) throw new Error("the control plane is still starting");
      nodes = Math.max(nodes, nodeCount({ SANDBOX_NODES: count }));
      await ensureNodes(plane.core, nodes);
    },
  });

  try {
    configureNetwork();
    await listenInside(ports);
    plane = await boot(instance, nodes, traffic, (service) => started.push(service));
    const keeper = new IstiodKeeper(instance, plane);
    started.push(keeper.service);
    const kubelet = new Kubelet(plane, () => new Map([...keeper.processes, ...(pods?.processes ?? [])]));
    const running = [keeper.run(), kubelet.run()];
    if (traffic.lacks.length === 0) {
      const roles = [gatewayRole(plane.core), applicationRole(plane.core), controllerRole(plane), webhookRole(plane)];
      pods = new PodKeeper(instance, plane, roles);
      running.push(pods.run(), new LoadBalancer(plane).run());
    }
    status.phase = "ready";
    await Promise.all(running);
  } catch (error) {
    // The failure stays to be read by whoever asks; `up` and `down` end this process.
    status.phase = "failed";
    status.error = error instanceof Error ? error.message : String(error);
    console.error(error);
  }
}

void main();
