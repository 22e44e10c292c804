// Doing the same again and again until the person at the terminal has seen enough.
import { setTimeout as sleep } from "node:timers/promises";

/** Repeats an act after each pause until the process is interrupted; gives the last result. */
export async function interruptible<T>(pauseMs: number, act: (isFirst: boolean) => Promise<T>): Promise<T> {
  const end = new AbortController();
  const interrupt = () => end.abort();
  process.once("SIGINT", interrupt);
  try {
    let result = await act(true);
    while (await paused(pauseMs, end.signal)) result = await act(false);
    return result;
  } finally {
    process.removeListener("SIGINT", interrupt);
  }
}

/** True once the pause is over, false when it was interrupted. */
async function paused(forMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(forMs, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
