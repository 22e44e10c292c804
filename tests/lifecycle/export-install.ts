// An export put on a cluster as its tool would do it: by kubectl, and as Flux and Argo CD treat what they read.
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseAllDocuments } from "yaml";
import type { PlainMesh } from "../../components/mesh/manifest";
import type { FileObject, Format } from "../../lib/export";
import { istioAmbient } from "../unit/fixtures/terminal";
import { clusterObjects, differing } from "./cluster-objects";
import { apply, condition, get, kubectl, settled, sources, webhooksWritten } from "./support";

/** Where exports go; whoever uses it removes it. */
export const folder = fs.mkdtempSync(path.join(os.tmpdir(), "export-"));

let count = 0;

/** Exports a mesh; gives the folder. */
export async function exported(format: Format, args: PlainMesh): Promise<string> {
  const output = path.join(folder, `${format}-${count++}`);
  const file = path.join(folder, "mesh.json");
  fs.writeFileSync(file, JSON.stringify(args));
  const argv = ["export", "--args", file, "--format", format, "--output", output];
  const { code, err } = await istioAmbient(argv);
  assert.deepEqual({ code, err }, { code: 0, err: "" });
  return output;
}

/** Waits until every gateway there is, is programmed. */
export async function gatewaysProgrammed(): Promise<void> {
  const all = () => get("gateways.gateway.networking.k8s.io", "--all-namespaces");
  const programmed = () => all().every((gateway) => condition(gateway, "Programmed") === "True");
  assert.ok(await settled(programmed, (is) => is));
}

/** The objects once istiod has made what it makes. */
export async function settledObjects(): Promise<Record<string, object>> {
  await webhooksWritten();
  let last = clusterObjects();
  const { now } = await settled(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const before = last;
      last = clusterObjects();
      return { now: last, isSame: differing(before, last).length === 0 };
    },
    ({ isSame }) => isSame,
  );
  return now;
}

/** Puts the files of a folder on the cluster, `beforeGateway` before the last of them; gives what takes them away again. */
export type Install = (output: string, beforeGateway: string) => () => void;

const parts = ["1-base", "2-control-plane", "3-ambient-dataplane", "4-gateway"];

export function partsIn(output: string): string[] {
  return parts.map((part) => path.join(output, part)).filter((part) => fs.existsSync(part));
}

/** Part by part, as the header says; what is taken away again is everything but the CRDs. */
const byKubectl: Install = (output, beforeGateway) => {
  for (const part of partsIn(output)) {
    if (part.endsWith("4-gateway") && beforeGateway !== "") apply(beforeGateway);
    kubectl("apply", "--server-side", "-k", part);
  }
  return () => {
    for (const part of partsIn(output).slice(1).reverse()) kubectl("delete", "--ignore-not-found", "-k", part);
  };
};

/** The kustomize-controller applies kinds and namespaces first, then all else at once; the helm-controller installs. */
const byFlux: Install = (output) => {
  const objects = built(output);
  const own = (object: FileObject) => /\.toolkit\.fluxcd\.io\//.test(object.apiVersion);
  const plain = objects.filter((object) => !own(object));
  const isFirst = ({ kind }: FileObject) => kind === "Namespace" || kind === "CustomResourceDefinition";
  applyAll(plain.filter(isFirst));
  const rest = plain.filter((object) => !isFirst(object));
  applyAll(rest);
  const installed = inOrder(objects.filter(({ kind }) => kind === "HelmRelease") as HelmRelease[]).map(
    ({ metadata, spec: { releaseName, targetNamespace = metadata.namespace!, chart, values } }) => {
      const place = [chartFile(chart.spec.chart, chart.spec.version), "--namespace", targetNamespace];
      helm(["install", releaseName, ...place, "--values", "-"], values);
      return ["uninstall", releaseName, "--namespace", targetNamespace];
    },
  );
  return () => {
    deleteAll(rest);
    for (const words of installed.reverse()) helm(words);
  };
};

/** One wave after the other; a chart is rendered for the cluster as it is. */
const byArgoCd: Install = (output) => {
  const objects = built(output);
  const waveOf = ({ metadata }: FileObject) => Number(metadata.annotations?.["argocd.argoproj.io/sync-wave"]);
  const { serverVersion } = JSON.parse(kubectl("version", "-o", "json")) as { serverVersion: { gitVersion: string } };
  const rendered = ({ spec: { source, destination } }: Application): string => {
    const { releaseName, valuesObject } = source.helm;
    const cluster = ["--namespace", destination.namespace, "--kube-version", serverVersion.gitVersion];
    const chart = chartFile(source.chart, source.targetRevision);
    return helm(["template", releaseName, chart, ...cluster, "--include-crds", "--values", "-"], valuesObject);
  };
  const undo: (() => void)[] = [];
  for (const wave of [...new Set(objects.map(waveOf))].sort((one, other) => one - other)) {
    const here = objects.filter((object) => waveOf(object) === wave);
    const applications = here.filter(({ kind }) => kind === "Application") as Application[];
    const plain = here.filter(({ kind }) => kind !== "Application");
    applyAll(plain);
    if (wave > 1) undo.push(() => deleteAll(plain));
    for (const application of applications) {
      const manifest = rendered(application);
      apply(manifest);
      if (wave > 1) undo.push(() => deleteText(manifest));
    }
  }
  return () => undo.reverse().forEach((step) => step());
};

export const installs: Record<Format, Install> = { kustomize: byKubectl, flux: byFlux, argocd: byArgoCd };

interface HelmRelease extends FileObject {
  spec: {
    releaseName: string;
    targetNamespace?: string;
    dependsOn?: { name: string }[];
    chart: { spec: { chart: string; version: string } };
    values: object;
  };
}

interface Application extends FileObject {
  spec: {
    source: { chart: string; targetRevision: string; helm: { releaseName: string; valuesObject: object } };
    destination: { namespace: string };
  };
}

/** What both controllers read: the folder as kustomize builds it, with the booleans of Go's parser. */
function built(output: string): FileObject[] {
  const documents = parseAllDocuments(kubectl("kustomize", output), { version: "1.1" });
  return documents.map((document) => document.toJS() as FileObject);
}

/** Each after the one that it depends on. */
function inOrder(releases: HelmRelease[]): HelmRelease[] {
  const after = (before?: string): HelmRelease[] =>
    releases
      .filter(({ spec }) => spec.dependsOn?.[0]?.name === before)
      .flatMap((release) => [release, ...after(release.metadata.name)]);
  return after();
}

/** The controllers would pull it from its repository. */
function chartFile(chart: string, version: string): string {
  return path.join(sources.charts.directory, `${chart}-${version}.tgz`);
}

function helm(words: string[], values: object = {}): string {
  const options = { input: JSON.stringify(values), encoding: "utf8", maxBuffer: 64 * 2 ** 20 } as const;
  return execFileSync("helm", words, { ...options, stdio: ["pipe", "pipe", "inherit"] });
}

function listOf(items: FileObject[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}

function applyAll(objects: FileObject[]): void {
  if (objects.length === 0) return;
  apply(listOf(objects));
  const names = objects.filter(({ kind }) => kind === "CustomResourceDefinition").map(({ metadata }) => metadata.name);
  if (names.length > 0) kubectl("wait", "--for", "condition=established", "crd", ...names);
}

function deleteAll(objects: FileObject[]): void {
  if (objects.length > 0) deleteText(listOf(objects));
}

function deleteText(manifest: string): void {
  execFileSync("kubectl", ["delete", "--ignore-not-found", "-f", "-"], {
    input: manifest,
    stdio: ["pipe", "ignore", "inherit"],
  });
}
