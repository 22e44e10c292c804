// Waiting until an object is ready, or gone. What is waited for is read from the live object: an annotation that
// something else copied there counts like one of our own.
import { at, text, type Json, type JsonObject } from "../values";
import { isNotFound, type Api } from "./api";
import { conditions, conditionStatus } from "./conditions";
import { annotation, isAnnotated, objectKind, objectName, objectNamespace } from "./names";

const POLL = 250;
const SETTLING = 10_000;
const DEFAULT_TIMEOUT = 600;
const UNAVAILABLE = "not all of its pods are available";

/** The object exists and did not become what was waited for. */
export class NotReady extends Error {
  constructor(
    message: string,
    readonly object: JsonObject,
    readonly reasons: string[] = [],
  ) {
    super(message);
  }
}

/** Looks at the live object again and again; `reasons` says what is missing when time is up. */
interface Readiness {
  ready(live: JsonObject): boolean | Promise<boolean>;
  /** What counts as ready when time is up, where that is less than before. */
  good?(live: JsonObject): boolean;
  reasons(live: JsonObject): string[];
  /** What is said when time is up, and while it is not. */
  timeout: string;
  waiting: string;
}

function number(value: Json | undefined): number {
  return typeof value === "number" ? value : 0;
}

function isObserved(live: JsonObject): boolean {
  return number(at(live, "status", "observedGeneration")) >= number(at(live, "metadata", "generation"));
}

function deploymentReady(live: JsonObject): boolean {
  const wanted = at(live, "spec", "replicas") === undefined ? 1 : number(at(live, "spec", "replicas"));
  const status = (key: string): number => number(at(live, "status", key));
  return (
    isObserved(live) &&
    status("updatedReplicas") >= wanted &&
    status("replicas") <= status("updatedReplicas") &&
    status("availableReplicas") >= wanted &&
    conditionStatus(live, "Available") === "True"
  );
}

function daemonSetReady(live: JsonObject): boolean {
  const status = (key: string): number => number(at(live, "status", key));
  const wanted = status("desiredNumberScheduled");
  return (
    isObserved(live) &&
    at(live, "status", "desiredNumberScheduled") !== undefined &&
    ["currentNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady"].every(
      (key) => status(key) >= wanted,
    )
  );
}

function workload(name: string, ready: (live: JsonObject) => boolean): Readiness {
  return {
    ready,
    reasons: () => [UNAVAILABLE],
    timeout: `'${name}' timed out waiting to be Ready`,
    waiting: "waiting for its pods to be available",
  };
}

function isServiceAddressed(service: JsonObject): boolean {
  if (at(service, "spec", "type") !== "LoadBalancer") return true;
  const ingress = at(service, "status", "loadBalancer", "ingress");
  return Array.isArray(ingress) && ingress.length > 0;
}

function selectsPods(service: JsonObject): boolean {
  const selector = at(service, "spec", "selector");
  const headless = at(service, "spec", "clusterIP") === "None" || at(service, "spec", "type") === "ExternalName";
  return !headless && Object.keys((selector as JsonObject | undefined) ?? {}).length > 0;
}

function addresses(endpoints: JsonObject | undefined, key: string): number {
  const subsets = at(endpoints, "subsets");
  return (Array.isArray(subsets) ? subsets : []).reduce<number>((sum, subset) => {
    const list = at(subset, key);
    return sum + (Array.isArray(list) ? list.length : 0);
  }, 0);
}

async function endpointsOf(api: Api, service: JsonObject): Promise<JsonObject | undefined> {
  try {
    const kind = { group: "", version: "v1", kind: "Endpoints" };
    return await api.get(kind, objectNamespace(service), objectName(service));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function serviceReasons(service: JsonObject, endpoints: JsonObject | undefined): string[] {
  const reasons = [];
  if (selectsPods(service) && addresses(endpoints, "addresses") === 0)
    reasons.push(
      "the Service targets no ready Pod: its `.spec.selector` matches none, or those it matches are not ready",
    );
  if (!isServiceAddressed(service)) reasons.push("the Service was not allocated an IP address");
  return reasons;
}

/** A Service is ready when it has its address and its endpoints have been left alone for ten seconds. */
function service(api: Api, name: string): Readiness {
  let seen: Json | undefined;
  let endpoints: JsonObject | undefined;
  let settled = false;
  let timers: number[] = [];
  const pending = (): boolean => addresses(endpoints, "notReadyAddresses") > 0;
  return {
    timeout: `'${name}' timed out waiting to be Ready`,
    waiting: "waiting for its endpoints to settle and its address",
    reasons: (live) => serviceReasons(live, endpoints),
    good: (live) => isServiceAddressed(live) && !pending(),
    ready: async (live) => {
      if (!selectsPods(live)) return isServiceAddressed(live);
      endpoints = await endpointsOf(api, live);
      const version = at(endpoints, "metadata", "resourceVersion");
      if (version !== seen) {
        seen = version;
        settled = false;
        timers.push(Date.now() + SETTLING);
      }
      if (timers.some((due) => due <= Date.now())) settled = true;
      timers = timers.filter((due) => due > Date.now());
      return isServiceAddressed(live) && settled && !pending();
    },
  };
}

function readiness(api: Api, live: JsonObject): Readiness | undefined {
  const waitFor = annotation(live, "pulumi.com/waitFor");
  if (waitFor !== "")
    return {
      ready: conditions(waitFor),
      reasons: () => [],
      timeout: "timed out waiting for the condition",
      waiting: `waiting for ${waitFor}`,
    };
  const { group, kind } = objectKind(live);
  const name = objectName(live);
  switch (`${group}/${kind}`) {
    case "/Service":
      return service(api, name);
    case "apps/Deployment":
      return workload(name, deploymentReady);
    case "apps/DaemonSet":
      return workload(name, daemonSetReady);
    default:
      return undefined;
  }
}

function deadline(inputs: JsonObject, timeout: number): number {
  const annotated = Number(annotation(inputs, "pulumi.com/timeoutSeconds"));
  return Date.now() + (timeout || annotated || DEFAULT_TIMEOUT) * 1000;
}

/**
 * Reads what a created or changed object has to be waited for; throws where its annotation says nothing that can be.
 * What is returned waits, and gives the object as it then is.
 */
export function awaited(
  api: Api,
  inputs: JsonObject,
  created: JsonObject,
): (timeout: number, tell: (message: string) => void) => Promise<JsonObject> {
  const wanted = isAnnotated(inputs, "pulumi.com/skipAwait") ? undefined : readiness(api, created);
  if (!wanted) return async () => Promise.resolve(created);
  return async (timeout, tell) => {
    const end = deadline(inputs, timeout);
    let live = created;
    if (await wanted.ready(live)) return live;
    tell(wanted.waiting);
    for (;;) {
      if (await wanted.ready(live)) return live;
      if (Date.now() >= end) {
        if (wanted.good?.(live)) return live;
        throw new NotReady(wanted.timeout, live, wanted.reasons(live));
      }
      await api.pause(POLL);
      live = await api.get(objectKind(created), objectNamespace(created), objectName(created));
    }
  };
}

/** What a refresh says of an object that exists: why it is not ready, undefined where it is. */
export async function unreadiness(api: Api, inputs: JsonObject, live: JsonObject): Promise<string[] | undefined> {
  if (isAnnotated(inputs, "pulumi.com/skipAwait")) return undefined;
  const { group, kind } = objectKind(live);
  switch (`${group}/${kind}`) {
    case "/Service": {
      const endpoints = selectsPods(live) ? await endpointsOf(api, live) : undefined;
      const bad = !isServiceAddressed(live) || addresses(endpoints, "notReadyAddresses") > 0;
      return bad ? serviceReasons(live, endpoints) : undefined;
    }
    case "apps/Deployment":
      return deploymentReady(live) ? undefined : [UNAVAILABLE];
    case "apps/DaemonSet":
      return daemonSetReady(live) ? undefined : [UNAVAILABLE];
    default:
      return undefined;
  }
}

const goneAtOnce = new Set(["/Namespace", "apps/DaemonSet", "apps/Deployment"]);

/** Waits until a deleted object is gone; finalizers are named where they hold it. */
export async function untilGone(api: Api, inputs: JsonObject, live: JsonObject, timeout: number): Promise<void> {
  const { group, kind } = objectKind(live);
  if (isAnnotated(inputs, "pulumi.com/skipAwait") && goneAtOnce.has(`${group}/${kind}`)) return;
  const end = deadline(inputs, timeout);
  const uid = text(at(live, "metadata", "uid"));
  for (;;) {
    let left: JsonObject;
    try {
      left = await api.get(objectKind(live), objectNamespace(live), objectName(live));
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
    // An object of the same name made since then is another one.
    if (uid !== "" && text(at(left, "metadata", "uid")) !== uid) return;
    if (Date.now() >= end) throw new NotReady("timed out waiting for the condition", left);
    await api.pause(POLL);
  }
}
