// Whether requests can be carried here: the pieces that they need beyond the control plane, and which of them lack.
import { spawnSync } from "node:child_process";
import { isBuilt, partPath } from "../build/cache";
import { parts } from "../build/parts";
import { probePair } from "./pod-network";

/** How the sandbox carries requests, or each thing that it lacks for that as a line. */
export interface Traffic {
  proxyMode: "nftables" | "iptables";
  lacks: string[];
}

/** Looks for every piece. */
export function findTraffic(): Traffic {
  const lacks = parts
    .filter((part) => part.forTraffic && !isBuilt(part))
    .map(({ name, version }) => `${name} ${version}, which could not be built or downloaded`);
  const has = (tool: string): boolean => spawnSync(tool, ["--version"]).error === undefined;
  const proxyMode = !has("nft") && has("iptables") ? "iptables" : "nftables";
  if (proxyMode === "nftables" && !has("nft")) lacks.push("`nft`, which comes with the package nftables");
  if (lacks.length === 0) {
    const envoy = spawnSync(partPath("envoy", "envoy"), ["--version"], { encoding: "utf8" });
    if (envoy.status !== 0) lacks.push(`an Envoy that runs here: ${complaint(envoy)}`);
    const [program = "", ...args] = probePair;
    const pair = spawnSync(program, args, { encoding: "utf8" });
    if (pair.status !== 0) lacks.push(`pairs of network devices (veth): ${complaint(pair)}`);
  }
  return { proxyMode, lacks };
}

/** What to say where requests cannot be carried. */
export function withoutTraffic(lacks: string[]): string {
  return `without traffic, since it lacks ${lacks.join("; ")}`;
}

function complaint({ stderr, error }: { stderr?: string; error?: Error }): string {
  return `it says "${(error?.message ?? stderr ?? "").trim().split("\n").pop()}"`;
}
