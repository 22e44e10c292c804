// The process inside the sandbox's namespaces that runs the control plane. When it ends, all of the sandbox ends.
import { boot, ControlPlane, ensureNodes } from "./boot";
import { serve, Status } from "./control";
import { Instance } from "./instance";
import { IstiodKeeper } from "./istiod";
import { nodeCount } from "./machine";
import { Service } from "./service";

async function main(): Promise<void> {
  const instance = Instance.current();
  let nodes = nodeCount();
  let plane: ControlPlane | undefined;
  const known: Service[] = [];
  const status: Pick<Status, "phase" | "error"> = { phase: "starting" };
  const find = (part: string): Service => {
    const service = known.find(({ name }) => name === part);
    if (service) return service;
    throw new Error(`no part "${part}" runs here; there are ${known.map(({ name }) => name).join(", ")}`);
  };
  await serve(instance, {
    status: () => ({ ...status, nodes, parts: known.map((service) => service.status()) }),
    stop: async (part) => find(part).hold(),
    start: async (part) => find(part).release(),
    nodes: async (count) => {
      if (!plane) throw new Error("the control plane is still starting");
      nodes = Math.max(nodes, nodeCount({ SANDBOX_NODES: count }));
      await ensureNodes(plane.core, nodes);
    },
  });

  try {
    plane = await boot(instance, nodes, (service) => known.push(service));
    const keeper = new IstiodKeeper(instance, plane);
    known.push(keeper.service);
    status.phase = "ready";
    await keeper.run();
  } catch (error) {
    // The failure stays to be read by whoever asks; `up` and `down` end this process.
    status.phase = "failed";
    status.error = error instanceof Error ? error.message : String(error);
    console.error(error);
  }
}

void main();
