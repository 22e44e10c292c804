// Installing the Gateway API CRDs: never over a newer bundle, by server-side apply, until the API server serves them.
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  bundleObjects,
  describeBundle,
  installedBundle,
  markedObjects,
  reasonToLeave,
  type InstalledBundle,
  type ManifestObject,
} from "../lib/gateway-api/bundle";
import type { Named } from "../lib/cluster-state/snapshot";
import { ApiClient, metadataOnly } from "./client";
import type { ClusterTarget } from "./connection";
import { listAll, listReadable } from "./lists";
import { named } from "./slim";

/** The bundle could not be read or installed. Its message is for the user. */
export class BundleError extends Error {
  override name = "BundleError";
}

/** What came of it: the version that the cluster has now, and why it was left where it was. */
export interface Installed {
  version: string;
  objects: number;
  left?: string;
}

const pauseMs = 200;
const downloadMs = 60_000;
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const paths: Record<string, string> = {
  CustomResourceDefinition: definitions,
  ValidatingAdmissionPolicy: "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
  ValidatingAdmissionPolicyBinding: "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
};

/** The YAML texts behind a file or a directory. */
export function readLocalBundle(source: string): string[] {
  if (!fs.statSync(source).isDirectory()) {
    return [fs.readFileSync(source, "utf8")];
  }
  const files = fs.readdirSync(source).filter((file) => /\.ya?ml$/.test(file));
  return files.sort().map((file) => fs.readFileSync(path.join(source, file), "utf8"));
}

/** True for a bundle that has to be downloaded. */
export function isRemote(source: string): boolean {
  return /^https?:\/\//.test(source);
}

/** The objects of a bundle behind a URL, a file or a directory. */
export async function readBundle(source: string): Promise<ManifestObject[]> {
  try {
    const objects = bundleObjects(isRemote(source) ? [await download(source)] : readLocalBundle(source));
    if (objects.length === 0) {
      throw new Error("it has no Gateway API CRDs");
    }
    return objects;
  } catch (error) {
    throw new BundleError(`cannot read the Gateway API CRDs from ${source}: ${because(error)}`);
  }
}

async function download(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(downloadMs) });
  if (!response.ok) {
    throw new Error(`HTTP ${response.status}`);
  }
  return response.text();
}

/** Of a failed download only the cause says what failed. */
function because(error: unknown): string {
  const cause = error instanceof TypeError && error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return error instanceof Error ? `${error.message}${cause}` : String(error);
}

/** Installs a bundle, unless the cluster has a newer one, or one with more in it. */
export async function installBundle(client: ApiClient, objects: ManifestObject[], untilMs: number): Promise<Installed> {
  const wanted = describeBundle(objects);
  const listed = await listAll<object>(client, definitions, metadataOnly.list);
  if (listed.kind !== "ok") {
    throw new BundleError(`cannot list the cluster's CRDs: ${"why" in listed ? listed.why : listed.kind}`);
  }
  const installed = installedBundle(listed.items.map((item) => named(item)));
  const left = reasonToLeave(installed, wanted);
  if (left !== undefined) {
    return { version: clean(installed), objects: 0, left };
  }
  for (const object of markedObjects(objects)) {
    await applyObject(client, object);
  }
  await Promise.all(
    objects
      .filter(({ kind }) => kind === "CustomResourceDefinition")
      .map(({ metadata }) => awaitEstablished(client, metadata.name, untilMs)),
  );
  return { version: clean(wanted), objects: objects.length };
}

/** The CRDs of a cluster; none where they may not be listed. */
export async function readDefinitions(target: ClusterTarget, deadlineMs: number): Promise<Named[]> {
  const client = await ApiClient.connect(target, deadlineMs);
  try {
    return (await listReadable<object>(client, definitions, metadataOnly.list)).map((item) => named(item));
  } finally {
    client.close();
  }
}

async function applyObject(client: ApiClient, object: ManifestObject): Promise<void> {
  const { kind, metadata } = object;
  const reply = await client.apply(`${paths[kind]}/${metadata.name}`, object);
  if (reply.kind !== "ok") {
    throw new BundleError(`cannot apply ${kind} ${metadata.name}: ${"why" in reply ? reply.why : reply.kind}`);
  }
}

async function awaitEstablished(client: ApiClient, name: string, untilMs: number): Promise<void> {
  for (;;) {
    const reply = await client.get(`${definitions}/${name}`);
    const { status } = (reply.kind === "ok" ? reply.body : {}) as {
      status?: { conditions?: { type: string; status: string; message?: string }[] };
    };
    const condition = (type: string) => status?.conditions?.find((each) => each.type === type);
    if (condition("Established")?.status === "True") {
      return;
    }
    if (Date.now() >= untilMs) {
      const accepted = condition("NamesAccepted");
      const why = accepted?.status === "False" ? (accepted.message ?? "") : "the API server does not serve it yet";
      throw new BundleError(`CustomResourceDefinition ${name} is not established: ${why}`);
    }
    await sleep(pauseMs);
  }
}

function clean({ bundleVersion: version = "" }: InstalledBundle): string {
  return version.replace(/^v/, "");
}
