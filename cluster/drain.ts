// Rolls the Deployments of enrolled namespaces out of the mesh, so that none of their requests fail when they leave it.
import { setTimeout as sleep } from "node:timers/promises";
import type { V1Deployment, V1ObjectMeta, V1Pod, V1ReplicaSet, V1Service } from "@kubernetes/client-node";
import { drainOrder, type DrainCandidate, type RunningPod } from "../lib/enrollment/drain";
import { drainPatch } from "../lib/enrollment/enrollment";
import { metadataOnly, type ApiClient } from "./client";
import { EnrollmentError, listOrFail, patchOrFail, pauseMs, type Enrolled } from "./enrollment";
import { named } from "./slim";

interface Candidate extends DrainCandidate {
  raw: V1Deployment;
}

/** What a drain is going to do. */
export interface DrainPlan {
  /** Rolled one by one, in this order. */
  deployments: V1Deployment[];
  /** Not rolled, and released when the labels are removed: "StatefulSet shop/db". */
  kept: string[];
}

/** Reads the enrolled namespaces, and decides what to roll. */
export async function planDrain(client: ApiClient, { namespaces, pods }: Enrolled): Promise<DrainPlan> {
  const names = namespaces.map(({ name }) => name);
  const alone = pods.filter(({ namespace }) => !names.includes(namespace));
  const plan: DrainPlan = { deployments: [], kept: [] };
  for (const namespace of names) {
    const { rolled, kept } = drainOrder(await readWorkloads(client, namespace));
    plan.deployments.push(...rolled.map(({ raw }) => raw));
    plan.kept.push(...kept);
  }
  plan.kept.push(...alone.map(({ namespace, name }) => `Pod ${namespace}/${name}`));
  return plan;
}

async function readWorkloads(client: ApiClient, namespace: string) {
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  const core = `/api/v1/namespaces/${namespace}`;
  const [deployments, replicaSets, services, pods] = await Promise.all([
    listOrFail<V1Deployment>(client, `${apps}/deployments`),
    listOrFail<V1ReplicaSet>(client, `${apps}/replicasets`, metadataOnly.list),
    listOrFail<V1Service>(client, `${core}/services`),
    listOrFail<V1Pod>(client, `${core}/pods`),
  ]);
  return {
    namespace,
    deployments: deployments.map(candidate),
    selectors: services.map(({ spec }) => spec?.selector ?? {}),
    replicaSets: replicaSets.map(({ metadata }) => ({ name: metadata?.name ?? "", ...controllerOf(metadata) })),
    pods: pods.filter(isRunning).map(runningPod),
  };
}

function candidate(raw: V1Deployment): Candidate {
  const { template, paused } = raw.spec ?? {};
  return {
    ...named(raw),
    raw,
    paused: paused === true,
    podLabels: template?.metadata?.labels ?? {},
    hostNetwork: template?.spec?.hostNetwork === true,
  };
}

function isRunning({ metadata, status }: V1Pod): boolean {
  const over = status?.phase === "Succeeded" || status?.phase === "Failed";
  return !over && metadata?.deletionTimestamp === undefined;
}

function runningPod(raw: V1Pod): RunningPod {
  return { ...named(raw), hostNetwork: raw.spec?.hostNetwork === true, ...controllerOf(raw.metadata) };
}

function controllerOf(metadata: V1ObjectMeta | undefined): Pick<RunningPod, "controller"> {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller);
  return owner ? { controller: { kind: owner.kind, name: owner.name } } : {};
}

/** Rolls the Deployments one by one. */
export async function drain(
  client: ApiClient,
  { deployments }: DrainPlan,
  untilMs: number,
  onDeployment: (name: string) => void,
): Promise<void> {
  for (const { metadata, spec } of deployments) {
    const { namespace = "", name = "" } = metadata ?? {};
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
    const { template, strategy } = spec!;
    onDeployment(`${namespace}/${name}`);
    const drained = drainPatch({
      strategy,
      labels: template.metadata?.labels ?? {},
      grace: template.spec?.terminationGracePeriodSeconds ?? 30,
      containers: template.spec?.containers ?? [],
    });
    await patchOrFail(client, path, drained, "strategic");
    await waitForRollout(client, path, untilMs);
  }
}

async function waitForRollout(client: ApiClient, path: string, untilMs: number): Promise<void> {
  for (;;) {
    const reply = await client.get(path);
    if (reply.kind === "missing") {
      return;
    }
    const { metadata, spec, status } = (reply.kind === "ok" ? reply.body : {}) as V1Deployment;
    const wanted = spec?.replicas ?? 1;
    const seen = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 1);
    const done = [status?.updatedReplicas, status?.availableReplicas, status?.replicas].every(
      (n) => (n ?? 0) === wanted,
    );
    if (seen && done) {
      return;
    }
    if (Date.now() >= untilMs) {
      const progress = `${status?.updatedReplicas ?? 0} of ${wanted} pods are replaced`;
      throw new EnrollmentError(
        `Deployment ${metadata?.namespace}/${metadata?.name} did not roll out of the mesh in time: ${progress}; ` +
          `run \`kubectl describe deployment ${metadata?.name} --namespace ${metadata?.namespace}\``,
      );
    }
    await sleep(pauseMs);
  }
}
