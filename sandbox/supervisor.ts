// The process inside the sandbox's namespaces that runs the control plane. When it ends, all of the sandbox ends.
import { boot, ControlPlane } from "./boot";
import { serve, Status } from "./control";
import { Instance } from "./instance";
import { IstiodKeeper } from "./istiod";
import { Service } from "./service";

async function main(): Promise<void> {
  const instance = Instance.current();
  const nodes = Number(process.env.SANDBOX_NODES ?? "1");
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
  });

  try {
    const plane: ControlPlane = await boot(instance, nodes, (service) => known.push(service));
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
