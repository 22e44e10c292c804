// What is done once a program has been written down, and before the engine takes away what is no longer in it.
import { AsyncResource } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";
import { isHosted, ofThisRun } from "./program";

/** The part of the SDK's connection to the engine that says that a program is complete. */
interface Monitor {
  signalAndWaitForShutdown?: (request: object, callback: (error: Error | null, response: object) => void) => void;
}

type Task = () => Promise<void>;

const tasks = new WeakMap<object, Task[]>();

/** Tasks of a component provider. */
const hostedTasks: Task[] = [];

/** Runs a task at the end of this run. Mocks have no end, and an old engine is not told of it. */
export function atTheEnd(task: Task): void {
  if (isHosted()) {
    // What it says belongs to the run that it was given in.
    hostedTasks.push(AsyncResource.bind(task));
  } else {
    ofThisRun(tasks, listenForTheEnd).push(task);
  }
}

/** Runs the tasks of a component provider, which hears of the end of a program when the engine has no more use of it. */
export async function endHosting(): Promise<void> {
  await Promise.all(hostedTasks.splice(0).map((task) => task()));
}

function listenForTheEnd(): Task[] {
  const all: Task[] = [];
  const monitor = pulumi.runtime.getMonitor() as Monitor | undefined;
  const signal = monitor?.signalAndWaitForShutdown;
  if (monitor && signal) {
    monitor.signalAndWaitForShutdown = (request, callback) => {
      void Promise.all(all.map((task) => task()))
        .catch((error: unknown) => pulumi.log.error(`at the end of the program: ${String(error)}`))
        .then(() => signal.call(monitor, request, callback));
    };
  }
  return all;
}
