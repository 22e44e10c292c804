// What Helm knows of its releases: it keeps each revision in a Secret, as base64 of gzipped JSON.
import * as zlib from "node:zlib";
import { promisify } from "node:util";
import type { V1Secret } from "@kubernetes/client-node";
import type { HelmRelease } from "../lib/drift";
import type { Api, Reply } from "./client";

/** A release, by its name and where Helm keeps it. */
export interface ReleaseName {
  release: string;
  namespace: string;
}

/** Releases that could be read, and why others could not. */
export interface ReleasesRead {
  releases: HelmRelease[];
  unread: string[];
}

/** The part of Helm's record that is looked at. */
interface Stored {
  name: string;
  namespace: string;
  version: number;
  info?: { last_deployed?: string };
  chart?: { metadata?: { name?: string; version?: string } };
  manifest?: string;
}

const gunzip = promisify(zlib.gunzip);

/** The newest revision of each release, in the order of the names: one request a namespace. */
export async function readReleases(client: Api, names: readonly ReleaseName[]): Promise<ReleasesRead> {
  const namespaces = [...new Set(names.map(({ namespace }) => namespace))];
  const read = await Promise.all(
    namespaces.map(async (namespace) => {
      const own = names.filter((name) => name.namespace === namespace).map(({ release }) => release);
      // A revision that is pending or failed says that the deployed one is not the last word.
      const labelSelector = `owner=helm,name in (${own.join(",")}),status notin (superseded,uninstalled,uninstalling)`;
      const query = new URLSearchParams({ labelSelector, limit: "500" });
      const reply = await client.get(`/api/v1/namespaces/${namespace}/secrets?${query.toString()}`);
      if (reply.kind !== "ok") return { secrets: [], unread: [`the releases in ${namespace}: ${whyNot(reply)}`] };
      return { secrets: newest((reply.body as { items?: V1Secret[] }).items ?? []), unread: [] };
    }),
  );
  const releases = await Promise.all(read.flatMap(({ secrets }) => secrets).map(decoded));
  const at = ({ release, namespace }: ReleaseName) =>
    names.findIndex((name) => name.release === release && name.namespace === namespace);
  return {
    releases: releases.sort((one, other) => at(one) - at(other)),
    unread: read.flatMap(({ unread }) => unread),
  };
}

/** Why a request brought nothing. */
export function whyNot(reply: Exclude<Reply, { kind: "ok" }>): string {
  return reply.kind === "missing" ? "not found" : reply.why;
}

function newest(secrets: V1Secret[]): V1Secret[] {
  const revision = (secret: V1Secret) => Number(secret.metadata?.labels?.["version"] ?? 0);
  const last = new Map<string, V1Secret>();
  for (const secret of secrets) {
    const name = secret.metadata?.labels?.["name"] ?? "";
    const known = last.get(name);
    if (!known || revision(known) < revision(secret)) last.set(name, secret);
  }
  return [...last.values()];
}

async function decoded(secret: V1Secret): Promise<HelmRelease> {
  const text = Buffer.from(secret.data?.["release"] ?? "", "base64").toString("utf8");
  const json = await gunzip(Buffer.from(text, "base64"));
  const { name, namespace, version, info, chart, manifest } = JSON.parse(json.toString("utf8")) as Stored;
  return {
    release: name,
    namespace,
    status: secret.metadata?.labels?.["status"] ?? "",
    revision: version,
    chart: chart?.metadata?.name ?? "",
    chartVersion: chart?.metadata?.version ?? "",
    deployedAt: Date.parse(info?.last_deployed ?? "") || 0,
    manifest: manifest ?? "",
  };
}
