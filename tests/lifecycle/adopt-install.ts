// What tests of adoption share: installs by other tools, and what an adoption may and may not change of them.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import type { AmbientMeshArgs } from "../../components";
import type { Outcome } from "../support/outcome";
import { istioAmbient } from "../unit/fixtures/terminal";
import { get, kubectl, removeDefinitions, sources, type KubeObject } from "./support";

/** Where Istio is. */
export const namespace = "istio-system";

/** Runs an installer. */
export function command(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
}

/** A chart of a folder, as a file. */
export function chart(name: string, from = sources.charts.directory): string {
  const file = fs.readdirSync(from).find((entry) => entry.startsWith(`${name}-`));
  return path.join(from, file ?? name);
}

/** Installs a chart as a release. */
export function helm(release: string, file: string, ...args: string[]): void {
  command("helm", "install", release, file, "--namespace", namespace, "--create-namespace", "--wait", ...args);
}

/** Everything of Istio in the cluster but what changes by itself. */
const kinds =
  "crd,deployments,daemonsets,configmaps,serviceaccounts,services,roles,rolebindings,clusterroles,clusterrolebindings," +
  "mutatingwebhookconfigurations,validatingwebhookconfigurations,horizontalpodautoscalers,poddisruptionbudgets," +
  "networkpolicies,secrets,namespaces";

/** Labels, annotations and all that objects say, by their names. */
export function picture(): Record<string, object> {
  const all = get(kinds, "--all-namespaces");
  const kept = all.filter(
    ({ kind, metadata }) => !(kind === "ConfigMap" && /leader|election|istio-ca|autoallocate/.test(metadata.name)),
  );
  return Object.fromEntries(
    kept.map(({ kind, metadata: { uid, name, namespace: at = "", labels, annotations }, ...rest }) => [
      `${kind} ${at}/${name}`,
      { uid, labels, annotations, ...withoutStatus(rest) },
    ]),
  );
}

function withoutStatus({ status: _, ...rest }: Omit<KubeObject, "kind" | "metadata">): object {
  return rest;
}

/** What an adoption may not touch. */
export function content(of: Record<string, object>): Record<string, object> {
  const entries = Object.entries(of).map(([key, object]) => [key, { ...object, labels: 0, annotations: 0 }] as const);
  return Object.fromEntries(entries.filter(([key]) => !key.startsWith("Secret ")));
}

/** Pods of the mesh, by what would change if they were made again. */
export function pods(name: string): string[] {
  return get("pods", "-n", namespace)
    .filter(({ metadata }) => metadata.name.startsWith(name))
    .map(({ metadata }) => metadata.uid)
    .sort();
}

/** One call of `istio-ambient adopt`. */
export async function adopt(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return istioAmbient(["adopt", ...args]);
}

/** What `adopt --print-args` writes, with where the sandbox has its charts. */
export async function printedArgs(): Promise<AmbientMeshArgs> {
  const { out } = await adopt("--print-args", "yaml");
  const { config } = parse(out) as { config: { "istio-ambient:mesh": AmbientMeshArgs } };
  return { ...config["istio-ambient:mesh"], ...sources, platform: "kind", gateway: { enabled: false } };
}

/** Removes what a mesh leaves, and what one that was given back still has. */
export function clear(): void {
  for (const secret of get("secrets", "-n", namespace, "-l", "owner=helm")) {
    const release = secret.metadata.labels!["name"]!;
    execFileSync("helm", ["uninstall", release, "--namespace", namespace, "--wait", "--ignore-not-found"], {
      stdio: "ignore",
    });
  }
  execFileSync("istioctl", ["uninstall", "--purge", "--skip-confirmation"], { stdio: "ignore" });
  kubectl("delete", "namespace", namespace, "sidecars", "--ignore-not-found");
  removeDefinitions();
}

/** What istiod, istio-cni and new sidecars are told, without what says nothing. */
export function settings(): object {
  const mesh = parse(get("configmap", "istio", "-n", namespace)[0]!.data!["mesh"]!) as Record<string, unknown>;
  const told = Object.fromEntries(Object.entries(mesh).filter(([, value]) => value !== ""));
  const injector = get("configmap", "istio-sidecar-injector", "-n", namespace)[0]!.data!;
  const { pilot, ...rest } = JSON.parse(injector["values"]!) as { pilot: { cni: object; env: object } };
  const { enabled, provider } = pilot.cni as { enabled: boolean; provider: string };
  const sidecars = { ...rest, pilot: { env: pilot.env, cni: { enabled, provider } } };
  return { mesh: told, sidecars, cni: get("configmap", "istio-cni-config", "-n", namespace)[0]?.data };
}

/** Values of releases that a preview shows as different from what is there. */
export function differing({ diffs = {} }: Outcome): string[] {
  const paths = Object.values(diffs).flat();
  return [...new Set(paths.filter((entry) => entry.startsWith("values")))].sort();
}
