// Objects of cert-manager as components make them: awaited until they are ready, and explained where that takes long.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { timeouts } from "../../lib/istio/defaults";
import type { Awaited } from "../../lib/cluster-state/waiting";
import { minutes } from "./children";
import type { Cluster } from "./cluster";
import { beforeTheEnd, explainWait } from "./explain-wait";
import type { MadeOfIt, Metadata } from "./ownership";

/** Kinds that have the condition Ready. */
export type IssuedKind = "Certificate" | "Issuer" | "ClusterIssuer";

/** Makes an object of cert-manager. */
export type CreateIssued = (
  name: string,
  kind: IssuedKind,
  metadata: Metadata,
  spec: pulumi.Input<object>,
  opts: pulumi.CustomResourceOptions,
) => k8s.apiextensions.CustomResource;

/** An object of cert-manager that the plugin does not wait for. */
export const unawaited: CreateIssued = (name, kind, metadata, spec, opts) =>
  new k8s.apiextensions.CustomResource(name, { apiVersion: "cert-manager.io/v1", kind, metadata, spec }, opts);

/** An object of cert-manager that counts once it is ready. */
export function awaitedObject(parent: pulumi.ComponentResource, cluster: Cluster): CreateIssued {
  return (name, kind, metadata, spec, opts) => {
    const resource = unawaited(name, kind, metadata, spec, { ...opts, ...minutes(timeouts.certificate) });
    const awaited = pulumi
      .all([metadata.name, metadata.namespace])
      .apply(([object, into = ""]) => readiness(kind, into, object));
    explainWait(parent, cluster, resource, awaited, beforeTheEnd(timeouts.certificate));
    return resource;
  };
}

/** Annotations by which the plugin waits, or does not. */
export function waits(isAwaited: boolean): Record<string, string> {
  return isAwaited ? { "pulumi.com/waitFor": "condition=Ready" } : {};
}

/** cert-manager calls the Secret like its Certificate here. */
export const secretOf: MadeOfIt = { kind: "Secret", maker: "cert-manager", name: (certificate) => certificate };

/** What is waited for. */
export function readiness(kind: IssuedKind, namespace: string, name: string): Awaited {
  const within = kind === "ClusterIssuer" ? "" : `namespaces/${namespace}/`;
  const path = `/apis/cert-manager.io/v1/${within}${kind.toLowerCase()}s`;
  return { kind, path, namespace, name, condition: "Ready" };
}
