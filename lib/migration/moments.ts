// The moments of a migration, as the model sees them: the mesh before it, in the middle of each step, and after it.
import { meshLabels, type Labels } from "../istio/labels";
import { isOptedOut } from "./members";
import { textOf } from "../validation/violations";
import { gatewayMode, podModes, type Call, type Mesh, type PodMode, type Pods, type Route } from "./model";
import type { Pod, Workload } from "./objects";
import type { MigrationFacts } from "./facts";
import { parentServices } from "./route-effects";
import { list, map, type Traffic } from "./traffic-objects";
import { isSame, keyOf, ordered, type Direction, type Key, type LabelStep, type RollStep, type Step } from "./steps";

/** A moment, and the step that leads to it. */
export interface Moment {
  step: string;
  mesh: Mesh;
}

/** The mesh as it was found. */
export function meshOf(facts: MigrationFacts): Mesh {
  const { root, trustDomain, trustDomainAliases, services, policies, authentications, peers, waypoints, namespace } =
    facts;
  const modeOf = ({ sidecar, hbone, captured }: Pod): PodMode => {
    if (sidecar) return hbone ? podModes.sidecar : podModes.oldSidecar;
    return captured ? podModes.ambient : podModes.none;
  };
  const usual = (workload: Workload): PodMode =>
    workload.hostNetwork || isOptedOut(workload) ? podModes.none : podModes.sidecar;
  const own = facts.workloads.map((workload) => ({
    ...workload,
    modes: workload.pods.length > 0 ? [...new Set(workload.pods.map(modeOf))] : [usual(workload)],
  }));
  return {
    ...{ root, trustDomain, trustDomainAliases, services, policies, authentications, peers },
    routes: facts.traffic.flatMap((object) => routesOf(object, namespace.name)),
    waypoints: waypoints.map((name) => `${namespace.name}/${name}`),
    pods: own,
  };
}

/** As far as the model knows routes: by headers, to one Service, with one path for all requests. */
function routesOf(object: Traffic, own: string): Route[] {
  const hosts = parentServices(object, own);
  const rules = list(object.spec?.["rules"]).map(map);
  return hosts.flatMap((service) =>
    rules.flatMap((rule) => {
      const [match] = list(rule["matches"]).map(map);
      const headers = list(match?.["headers"]).map(map);
      const [to] = list(rule["backendRefs"]).map(map);
      const [filter] = list(rule["filters"]).map(map);
      const { replaceFullPath } = map(map(filter?.["urlRewrite"])["path"]);
      if (to === undefined) return [];
      return {
        service,
        headers: Object.fromEntries(headers.map(({ name, value }) => [textOf(name).toLowerCase(), textOf(value)])),
        to: textOf(to["name"]),
        ...(replaceFullPath === undefined ? {} : { path: textOf(replaceFullPath) }),
      };
    }),
  );
}

/** Those who call from elsewhere. */
export function strangers({ callers, namespace }: MigrationFacts): Call["from"][] {
  return callers
    .filter((caller) => caller.namespace !== namespace.name)
    .map(({ namespace: from, serviceAccount, mode }): Call["from"] =>
      mode === gatewayMode
        ? { namespace: from, serviceAccount, modes: [gatewayMode] }
        : { namespace: from, name: serviceAccount, podLabels: {}, serviceAccount, modes: [mode] },
    );
}

/** All moments on the way there, or back from as many steps as were reached; the one that it begins with first. */
export function momentsOf(begin: Mesh, steps: readonly Step[], direction: Direction, reached?: number): Moment[] {
  const moments: Moment[] = [{ step: "before", mesh: begin }];
  const all = ordered(steps, direction, reached);
  let mesh = begin;
  for (const [index, step] of all.entries()) {
    if (step.do === "roll") moments.push({ step: `during ${told(step)}`, mesh: rolled(mesh, step, direction, true) });
    mesh = after(mesh, step, direction);
    moments.push({ step: told(step), mesh });
    const left = all.slice(index + 1).filter((each): each is RollStep => each.do === "roll" && each.goal === "ambient");
    const isSwitched = all.slice(0, index + 1).some((each) => each.do === "label" && each.part === "injection");
    if (!isSwitched || left.length === 0) continue;
    // Evictions, deployments and autoscalers make new pods at any time.
    const replaced = left.reduce((found, each) => rolled(found, each, direction, true), mesh);
    moments.push({ step: `${told(step)}, and pods were replaced`, mesh: replaced });
  }
  return moments;
}

function told(step: Step): string {
  if (step.do === "await") return `await ${step.what}`;
  const { kind, namespace, name } = "key" in step ? step.key : keyOf(step.object);
  return `${step.do} ${kind} ${namespace}/${name}`;
}

function after(mesh: Mesh, step: Step, direction: Direction): Mesh {
  switch (step.do) {
    case "create":
      return direction === "apply" ? having(mesh, step) : lacking(mesh, step);
    case "delete":
      return direction === "apply" ? lacking(mesh, step) : having(mesh, step);
    case "label":
      return labelled(mesh, step, direction);
    case "roll":
      return rolled(mesh, step, direction, false);
    default:
      return mesh;
  }
}

type ObjectStep = Extract<Step, { do: "create" | "delete" }>;

function having(mesh: Mesh, { object }: ObjectStep): Mesh {
  const { kind, metadata } = object;
  if (kind === "Gateway") return { ...mesh, waypoints: [...mesh.waypoints, `${metadata.namespace}/${metadata.name}`] };
  if (kind === "RequestAuthentication") return { ...mesh, authentications: [...mesh.authentications, object] };
  return { ...mesh, policies: [...mesh.policies, object] };
}

function lacking(mesh: Mesh, { object }: ObjectStep): Mesh {
  const key = keyOf(object);
  return {
    ...mesh,
    waypoints:
      key.kind === "Gateway"
        ? mesh.waypoints.filter((name) => name !== `${key.namespace}/${key.name}`)
        : mesh.waypoints,
    policies: mesh.policies.filter((each) => !isSame(keyOf(each), key)),
    authentications: mesh.authentications.filter((each) => !isSame(keyOf(each), key)),
  };
}

/** Of labels those of Services count, and the one of the namespace that captures, as soon as a pod has no sidecar. */
function labelled(mesh: Mesh, { key, labels, part }: LabelStep, direction: Direction): Mesh {
  const goal = direction === "apply" ? "after" : "before";
  if (key.kind === "Service") {
    const services = mesh.services.map((service) => {
      if (service.namespace !== key.namespace || service.name !== key.name) return service;
      const changed = Object.entries({ ...service.labels, ...mapped(labels, goal) }).filter(
        ([, value]) => value !== null,
      );
      return { ...service, labels: Object.fromEntries(changed) as Record<string, string> };
    });
    return { ...mesh, services };
  }
  const isIn = (pods: Pods) =>
    pods.namespace === key.name && !pods.hostNetwork && pods.podLabels[meshLabels.dataplaneMode] !== "none";
  if (part === "mode") {
    const [from, to] = direction === "apply" ? [podModes.none, podModes.ambient] : [podModes.ambient, podModes.none];
    return withPods(mesh, isIn, (modes) => modes.map((mode) => (mode === from ? to : mode)));
  }
  if (key.kind !== "Pod") return mesh;
  const outside: Labels = direction === "apply" ? { [meshLabels.dataplaneMode]: "none" } : {};
  return {
    ...mesh,
    pods: mesh.pods.map((pods) =>
      pods.name === key.name ? { ...pods, podLabels: { ...pods.podLabels, ...outside } } : pods,
    ),
  };
}

function mapped(changes: LabelStep["labels"], goal: "before" | "after"): Record<string, string | null> {
  return Object.fromEntries(Object.entries(changes).map(([key, change]) => [key, change[goal]]));
}

function withPods(mesh: Mesh, which: (pods: Pods) => boolean, change: (modes: PodMode[]) => PodMode[]): Mesh {
  return {
    ...mesh,
    pods: mesh.pods.map((pods) => (which(pods) ? { ...pods, modes: [...new Set(change(pods.modes))] } : pods)),
  };
}

/** A workload among all that may call; of another kind one may have the same name. */
function isWorkload(key: Key, pods: Pods & { kind?: string }): boolean {
  return pods.namespace === key.namespace && pods.name === key.name && pods.kind === key.kind;
}

function rolled(mesh: Mesh, { key, goal }: RollStep, direction: Direction, isHalf: boolean): Mesh {
  const there = { hbone: podModes.sidecar, outside: podModes.none, ambient: podModes.ambient }[goal];
  // Back: every sidecar that is injected now speaks HBONE.
  const target = direction === "apply" || goal === "outside" ? there : podModes.sidecar;
  const isIt = (pods: Pods) => isWorkload(key, pods);
  const moved = withPods(mesh, isIt, (modes) => [...(isHalf ? modes : []), target]);
  if (goal !== "outside" || isHalf) return moved;
  const label: Labels = direction === "apply" ? { [meshLabels.dataplaneMode]: "none" } : {};
  return {
    ...moved,
    pods: moved.pods.map((pods) => (isIt(pods) ? { ...pods, podLabels: { ...pods.podLabels, ...label } } : pods)),
  };
}
