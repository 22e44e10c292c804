// The plan of a migration: verdicts, and the steps in their order. The order is what keeps refused requests refused at every
// moment; tests/unit/migration/holes.test.ts proves it against the model.
import { changesTo, type Changes } from "../adoption/journal";
import { meshLabels } from "../istio/labels";
import { callsOf, shortName, type Calls } from "./calls";
import { keptVerdicts, returnNotes } from "./kept-objects";
import { labelsAfter } from "./namespace-labels";
import type { MigrationFacts } from "./facts";
import { groundVerdicts } from "./ground-verdicts";
import { injectKey, isOptedOut, isRolled, members, rollOrder } from "./members";
import { selectsPods, without, type KubeObject, type Service, type Workload } from "./objects";
import { networkVerdicts } from "./network-verdicts";
import { workloadVerdicts } from "./workload-verdicts";
import { policyVerdicts } from "./policy-verdicts";
import {
  hboneMark,
  keyOf,
  rollMark,
  type AwaitStep,
  type Key,
  type LabelStep,
  type RollGoal,
  type RollStep,
  type Step,
} from "./steps";
import { takenNames } from "./taken-names";
import { reachedServices } from "./route-effects";
import { serviceVerdicts } from "./service-verdicts";
import { bypassNotes, laterNotes, offersFor, type Offer } from "./sidecar-callers";
import { spellOut, underOldNames } from "./spelled-out";
import { routedServices, trafficVerdicts } from "./traffic-verdicts";
import { stops, verdictKinds, type Verdict } from "./verdict";
import { isAuthorization, planWaypoint, type Guards, type Policy, type WaypointPlan } from "./waypoint";

/** What the user decides. */
export interface MigrationChoice {
  /** Name of the waypoint, where one is needed. */
  waypoint: string;
  /** Objects whose verdict is taken as it is: "EnvoyFilter shop/limits". */
  accept: readonly string[];
  /** Marks the new pods of this migration. */
  stamp: string;
}

/** All of it. */
export interface MigrationPlan {
  namespace: string;
  verdicts: Verdict[];
  steps: Step[];
  /** Who calls whom, as far as objects tell. */
  calls: Calls[];
  /** Workloads in the order in which their pods are replaced. */
  order: string[];
  /** What requests meet on the way and afterwards, other than before. */
  notes: string[];
  /** Policies that keep callers with sidecars from being refused, for the user to write. */
  offers: Offer[];
  /** True where nothing keeps the migration from starting. */
  ready: boolean;
}

/** Plans the migration of one namespace. */
export function planMigration(found: MigrationFacts, choice: MigrationChoice): MigrationPlan {
  const literal = spellOut(found, cleaned);
  const { facts } = literal;
  const waypoint = planWaypoint(facts, choice.waypoint, routedServices(facts), reachedServices(facts));
  const calls = callsOf(found);
  const order = rollOrder(members(facts).filter(needsRoll), calls, facts.services);
  const steps = stepsOf(facts, choice, literal.steps, waypoint, order);
  const offers = waypoint ? offersFor(facts, waypoint, calls) : [];
  const verdicts = [
    ...groundVerdicts(facts, waypoint !== undefined, steps),
    ...workloadVerdicts(facts),
    ...underOldNames(policyVerdicts(facts, waypoint), literal),
    ...trafficVerdicts(facts, waypoint),
    ...networkVerdicts(facts, waypoint),
    ...serviceVerdicts(facts),
    ...otherWaypoints(facts, waypoint),
    ...takenNames(found, steps),
    ...keptVerdicts(facts, steps),
  ].map((row): Verdict => (isAccepted(row, choice) ? { ...row, accepted: true } : row));
  return {
    namespace: facts.namespace.name,
    verdicts,
    steps,
    calls,
    order: order.map(shortName),
    notes: [
      ...(waypoint ? [...bypassNotes(facts, waypoint, offers, calls, order), ...laterNotes(waypoint, facts)] : []),
      ...returnNotes(facts, steps),
    ],
    offers,
    ready: !verdicts.some(stops),
  };
}

function isAccepted({ object, acceptable }: Verdict, { accept }: MigrationChoice): boolean {
  return acceptable === true && accept.includes(object);
}

/** Services that go through another waypoint already. */
function otherWaypoints({ services }: MigrationFacts, waypoint: WaypointPlan | undefined): Verdict[] {
  if (!waypoint) return [];
  const found = services.filter(({ labels }) => ![undefined, waypoint.name].includes(labels[meshLabels.useWaypoint]));
  return found.map(({ namespace, name, labels }) => {
    const other = labels[meshLabels.useWaypoint] ?? "";
    const unlabel = `kubectl label service ${name} --namespace ${namespace} ${meshLabels.useWaypoint}-`;
    const [why, fix] =
      other === "none"
        ? ["its label keeps it from going through a waypoint", unlabel]
        : [`it goes through the waypoint ${other}, not through ${waypoint.name}`, `--waypoint ${other}`];
    return { object: `Service ${namespace}/${name}`, verdict: verdictKinds.blocks, why, fix };
  });
}

/** Its pods are not ambient yet. */
function needsRoll({ pods, podLabels, podAnnotations }: Workload): boolean {
  const asks = injectKey in podLabels || injectKey in podAnnotations;
  return asks || pods.length === 0 || pods.some(({ sidecar, captured }) => sidecar || !captured);
}

function stepsOf(
  facts: MigrationFacts,
  choice: MigrationChoice,
  spelledOut: Step[],
  waypoint: WaypointPlan | undefined,
  order: readonly Workload[],
): Step[] {
  const cuts = new Map(waypoint?.guards.map((guards) => [guards.workload, guards]) ?? []);
  const isEarly = (guards: Guards) =>
    isPartlyAmbient(guards.workload) || waypoint?.early.some((policy) => holdsFor(policy, guards, facts));
  const early = waypoint?.guards.filter(isEarly) ?? [];
  const late = order.flatMap((workload): Step[] => {
    const guards = cuts.get(workload);
    const cut = guards && !early.includes(guards) ? [...cutSteps(guards), ...interimRemoval(guards)] : [];
    return [...cut, roll(workload, "ambient", choice)];
  });
  return [
    ...order
      .filter(({ pods }) => pods.some(({ sidecar, hbone }) => sidecar && !hbone))
      .map((workload) => roll(workload, "hbone", choice)),
    ...facts.workloads
      .filter((workload) => isRolled(workload) && isOptedOut(workload))
      .map((workload) => roll(workload, "outside", choice)),
    ...facts.workloads
      .filter((workload) => !isRolled(workload) && !workload.hostNetwork)
      .flatMap((workload) => podSteps(workload)),
    ...(waypoint ? waypointSteps(facts, waypoint) : []),
    ...early.flatMap(cutSteps),
    ...spelledOut,
    ...(waypoint?.early ?? []).map((policy) =>
      removal(policy, "the waypoint enforces it; at ztunnel it would refuse the waypoint"),
    ),
    ...interimSteps(waypoint?.guards.filter((guards) => !early.includes(guards)) ?? []),
    ...namespaceSteps(facts),
    ...late,
    { do: "await", what: "capture", keys: order.map(workloadKey), why: "every pod is captured and has no sidecar" },
    ...(waypoint?.late ?? []).map((policy) => removal(policy, "the waypoint enforces it")),
  ];
}

/** ztunnel holds policies against some of its pods already, by names that the spelled out ones read otherwise. */
function isPartlyAmbient({ pods }: Workload): boolean {
  return pods.some(({ captured }) => captured);
}

function holdsFor(policy: Policy, { workload }: Guards, { root }: MigrationFacts): boolean {
  return selectsPods(policy, workload, root);
}

function cutSteps({ cut, workload }: Guards): Step[] {
  const why = `from here on only the waypoint reaches the pods of ${workload.name}`;
  return cut ? [{ do: "create", object: cut, why }, ...awaitPolicies("accepted", [cut], "ztunnel enforces it")] : [];
}

/** Whatever replaces a pod from the namespace's labels on, the new one has no sidecar, long before its workload is rolled. */
function interimSteps(guards: readonly Guards[]): Step[] {
  const all = guards.flatMap(({ interim }) => interim ?? []);
  const why = "a pod that is replaced before its workload is restarted has no sidecar: only the waypoint reaches it";
  return [
    ...all.map((object): Step => ({ do: "create", object, why })),
    ...awaitPolicies("accepted", all, "ztunnel enforces it"),
  ];
}

function interimRemoval({ interim, cut }: Guards): Step[] {
  return interim && cut ? [removal(interim, `${cut.metadata.name} takes its place`)] : [];
}

/**
 * istiod writes no condition for a RequestAuthentication, so that only AuthorizationPolicies are awaited. Source: istio
 * pilot/pkg/serviceregistry/ambient/ambientindex.go (statusqueue.Register).
 */
function awaitPolicies(what: "known" | "accepted", policies: readonly Policy[], why: string): AwaitStep[] {
  const keys = policies.filter(isAuthorization).map(keyOf);
  return keys.length > 0 ? [{ do: "await", what, keys, why }] : [];
}

function removal(policy: Policy, why: string): Step {
  return { do: "delete", object: cleaned(policy), why };
}

/** What the API server wrote into an object is no part of it. */
export function cleaned<T extends KubeObject>(object: T): T {
  const { name, namespace, labels, annotations, uid, ownerReferences, finalizers } = object.metadata;
  const kept = { name, namespace, labels, annotations, uid, ownerReferences, finalizers };
  const metadata = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
  return { ...without(object, "metadata"), metadata } as T;
}

function waypointSteps({ namespace }: MigrationFacts, waypoint: WaypointPlan): Step[] {
  const copies = [...waypoint.copies.values()].flat();
  const gateway = gatewayOf(waypoint.name, namespace.name);
  return [
    ...copies.map((object): Step => ({ do: "create", object, why: "has no effect before the waypoint is attached" })),
    ...(waypoint.exists ? [] : [{ do: "create", object: gateway, why: "no traffic goes through it yet" } as const]),
    { do: "await", what: "waypoint", keys: [keyOf(gateway)], why: "its pods are ready" },
    ...awaitPolicies("known", copies, "istiod has seen them"),
    ...waypoint.guards.flatMap(({ allow, workload }): Step[] =>
      allow ? [{ do: "create", object: allow, why: `the waypoint may reach the pods of ${workload.name}` }] : [],
    ),
    ...awaitPolicies(
      "accepted",
      waypoint.guards.flatMap(({ allow }) => allow ?? []),
      "ztunnel holds them",
    ),
    ...waypoint.services.flatMap((service) => attachStep(service, waypoint.name)),
    ...(waypoint.services.length > 0 ? awaitPolicies("accepted", copies, "the waypoint holds them") : []),
  ];
}

/** A waypoint as `istioctl waypoint apply` makes it. */
function gatewayOf(name: string, namespace: string): KubeObject {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { name, namespace, labels: { [meshLabels.waypointFor]: "service" } },
    spec: {
      gatewayClassName: "istio-waypoint",
      listeners: [{ name: "mesh", port: 15008, protocol: "HBONE" }],
    },
  };
}

function attachStep({ namespace, name, labels }: Service, waypoint: string): LabelStep[] {
  const changes = changesTo(labels, { [meshLabels.useWaypoint]: waypoint, [meshLabels.ingressUseWaypoint]: "true" });
  if (Object.keys(changes).length === 0) return [];
  const key = { apiVersion: "v1", kind: "Service", namespace, name };
  return [{ do: "label", key, labels: changes, why: "ambient callers and gateways go through the waypoint" }];
}

/** The label that captures comes first, and the one that injects goes after it; back in the opposite order. */
function namespaceSteps(facts: MigrationFacts): LabelStep[] {
  const { name, labels } = facts.namespace;
  const key = { apiVersion: "v1", kind: "Namespace", namespace: "", name };
  const mode = changesTo(labels, { [meshLabels.dataplaneMode]: "ambient" });
  const wanted = labelsAfter(facts)[meshLabels.injection] ?? null;
  const injection = changesTo(labels, { [meshLabels.injection]: wanted, [meshLabels.revision]: null });
  const steps: LabelStep[] = [
    { do: "label", key, labels: mode, part: "mode", why: "new pods without a sidecar are captured" },
    { do: "label", key, labels: injection, part: "injection", why: "new pods get no sidecar" },
  ];
  return steps.filter(({ labels: changes }) => Object.keys(changes).length > 0);
}

function workloadKey({ kind, namespace, name }: Workload): Key {
  return { apiVersion: "apps/v1", kind, namespace, name };
}

const reasons: { [G in RollGoal]: string } = {
  hbone: "its sidecars must speak HBONE before others stop speaking anything else",
  outside: "it stays outside the mesh",
  ambient: "its pods lose their sidecars and are captured",
};

function roll(workload: Workload, goal: RollGoal, { stamp }: MigrationChoice): RollStep {
  const { podLabels, podAnnotations } = workload;
  const labels: Changes = {
    ...(goal === "outside" ? changesTo(podLabels, { [meshLabels.dataplaneMode]: "none" }) : {}),
    ...(goal === "ambient" ? changesTo(podLabels, { [injectKey]: null, [meshLabels.revision]: null }) : {}),
  };
  const mark = goal === "hbone" ? hboneMark : rollMark;
  const annotations: Changes = {
    [mark]: { before: podAnnotations[mark] ?? null, after: stamp },
    ...(goal === "ambient" ? changesTo(podAnnotations, { [injectKey]: null }) : {}),
  };
  return { do: "roll", key: workloadKey(workload), goal, labels, annotations, why: reasons[goal] };
}

/** Pods that nothing makes again are labelled themselves, so that the namespace's label does not capture them. */
function podSteps({ namespace, pods, podLabels }: Workload): LabelStep[] {
  if (podLabels[meshLabels.dataplaneMode] !== undefined) return [];
  return pods
    .filter(({ sidecar, captured }) => !sidecar && !captured)
    .map(({ name }) => ({
      do: "label",
      key: { apiVersion: "v1", kind: "Pod", namespace, name },
      labels: { [meshLabels.dataplaneMode]: { before: null, after: "none" } },
      why: "it has no sidecar, and stays outside the mesh",
    }));
}
