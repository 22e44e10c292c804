// A constant load of requests over connections that are kept open, and what came of it.
import * as http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export interface Outcome {
  requests: number;
  failed: number;
  /** Answers a second. */
  rate: number;
  /** Milliseconds. */
  median: number;
  p99: number;
}

/** Sends so many requests a second, or as many as the connections take, for so long. */
export async function load(
  url: string,
  perSecond: number | "all",
  connections: number,
  seconds: number,
): Promise<Outcome> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const took: number[] = [];
  let failed = 0;
  const start = performance.now();
  const end = start + seconds * 1000;
  const send = async (): Promise<void> => {
    const begin = performance.now();
    if (await answers(url, agent)) took.push(performance.now() - begin);
    else failed += 1;
  };
  // Each connection sends in its turn, so that a slow answer delays the next one only as far as it must.
  const worker = async (index: number): Promise<void> => {
    const pause = perSecond === "all" ? 0 : (1000 * connections) / perSecond;
    for (let due = start + (pause * index) / connections; due < end; due += pause) {
      if (perSecond === "all") due = performance.now();
      else if (due > performance.now()) await sleep(due - performance.now());
      await send();
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, index) => worker(index)));
  agent.destroy();
  const sorted = took.sort((a, b) => a - b);
  const at = (share: number): number => Math.round((sorted[Math.floor(share * sorted.length)] ?? NaN) * 100) / 100;
  return {
    requests: took.length + failed,
    failed,
    rate: Math.round((took.length * 1000) / (performance.now() - start)),
    median: at(0.5),
    p99: at(0.99),
  };
}

function answers(url: string, agent: http.Agent): Promise<boolean> {
  return new Promise((resolve) => {
    const request = http.get(url, { agent }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode === 200));
      response.on("error", () => resolve(false));
    });
    request.on("error", () => resolve(false));
  });
}
