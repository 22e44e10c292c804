// The control plane: started where it does not run, and waited for.
import * as fs from "node:fs";
import { ask, Status } from "./control";
import { Instance } from "../instance";
import { lock } from "../lock";
import { isAlive, killAll, startSupervisor } from "./namespaces";
import { handOver, wantedPorts } from "./ports";
import { tail } from "../build/progress";
import { pause } from "./service";

/** Holds the sandbox's lock while it is brought up, so that two at once come one after the other. */
export async function withLock<T>(instance: Instance, work: () => Promise<T>): Promise<T> {
  fs.mkdirSync(instance.directory, { recursive: true });
  const release = await lock(`instance ${fs.realpathSync(instance.directory)}`, () =>
    console.error(`another command is at work on ${instance.directory}, waiting for it`),
  );
  try {
    return await work();
  } finally {
    await release();
  }
}

/** Brings the control plane up, or finds it up. */
export async function upControlPlane(instance: Instance): Promise<Status> {
  const running = isAlive(instance) ? await reach(instance) : undefined;
  if (running?.phase === "ready") return running;
  if (running?.phase !== "starting") await startAfresh(instance);
  return waitUntilReady(instance);
}

/** A supervisor that was just started listens within a moment; one that does not is broken. */
async function reach(instance: Instance): Promise<Status | undefined> {
  for (let attempt = 0; attempt < 150; attempt += 1) {
    const status = await ask(instance, "GET", "status");
    if (status) return status;
    await pause(200);
  }
  return undefined;
}

/** Starts a control plane and forgets the last one: what that left is about objects that no longer exist. */
export async function startAfresh(instance: Instance): Promise<void> {
  await killAll(instance);
  instance.clear();
  fs.mkdirSync(instance.directory, { recursive: true });
  for (const folder of [instance.file("logs"), instance.temporary, instance.pulumiHome, instance.pulumiState])
    fs.mkdirSync(folder, { recursive: true });
  instance.linkPrograms();
  await handOver(wantedPorts(instance), startSupervisor(instance));
}

/** Reports each part as it becomes ready, and returns when all are. */
export async function waitUntilReady(instance: Instance): Promise<Status> {
  const begun = Date.now();
  const told = new Set<string>();
  let unheard = 0;
  for (;;) {
    const status = await ask(instance, "GET", "status");
    for (const { part, state } of status?.parts ?? []) {
      if (state !== "ready" || told.has(part)) continue;
      told.add(part);
      console.error(`  ${part} is ready, ${((Date.now() - begun) / 1000).toFixed(1)} s`);
    }
    if (status?.phase === "ready") return status;
    if (status?.phase === "failed") throw new Error(`the control plane did not start: ${status.error}`);
    unheard = status ? 0 : unheard + 1;
    if (unheard > 600 || (unheard > 50 && !isAlive(instance))) {
      throw new Error(
        `the supervisor does not answer; ${instance.logFile("supervisor")} ends with:\n${tail(instance.logFile("supervisor"))}`,
      );
    }
    await pause(100);
  }
}
