// What has to go behind a waypoint so that nothing that was refused is allowed: which workloads, which copies of which
// policies, and the guards that keep others from going to the pods directly.
import { attributesBeyondZtunnel, isBeyondZtunnel, opens, refusesWaypoint, admitsAtZtunnel } from "./kept-from-ztunnel";
import { fronts, members, unattached } from "./members";
import {
  nameOf,
  selectsPods,
  without,
  type Attached,
  type AuthorizationPolicy,
  type JwtRule,
  type RequestAuthentication,
  type Rule,
  type Service,
  type Source,
  type TargetRef,
  type Workload,
} from "./objects";
import { needsOtherPorts, rulesAtService, rulesFromElsewhere } from "./ports";
import { actionOf, isDryRun } from "./ztunnel";
import type { MigrationFacts } from "./facts";
import { interimSuffix, originMark } from "./marks";
import { servicesOf } from "./model";

/** How many targets one policy may have. */
const mostTargets = 16;

/** A policy that a waypoint can hold. */
export type Policy = AuthorizationPolicy | RequestAuthentication;

/** Guards of one workload. */
export interface Guards {
  workload: Workload;
  /** Admits the waypoint beside what ALLOW policies admit; written before the waypoint is attached. */
  allow?: AuthorizationPolicy;
  /** Refuses every client but the waypoint; written just before the workload is rolled. */
  cut?: AuthorizationPolicy;
  /** Does the same at ztunnel alone, for pods that come between the namespace's labels and the cut. */
  interim?: AuthorizationPolicy;
}

/** What goes behind the waypoint, and how. */
export interface WaypointPlan {
  name: string;
  /** It is there already, and serves others too. */
  exists: boolean;
  workloads: Workload[];
  services: Service[];
  /** Written before the waypoint is attached, by the object that they stand for. */
  copies: Map<Policy, Policy[]>;
  guards: Guards[];
  /** Policies that have to go before the first workload is rolled: they would refuse the waypoint. */
  early: Policy[];
  /** Policies that go once all is done. */
  late: Policy[];
  /** Policies of the whole mesh that would refuse the waypoint. */
  refusingRoot: Policy[];
  /** Workloads whose policies cannot be told apart behind a Service that they share: by Service. */
  shared: Map<Service, Workload[]>;
}

/** The plan; nothing where no object of the namespace needs a waypoint. */
export function planWaypoint(
  facts: MigrationFacts,
  name: string,
  routed: ReadonlySet<string>,
  reached: ReadonlySet<string>,
): WaypointPlan | undefined {
  const all = [...facts.policies, ...facts.authentications];
  const identity = { trustDomain: facts.trustDomain, namespace: facts.namespace.name, serviceAccount: name };
  const applies = (policy: Policy, workload: Workload) => selectsPods(policy, workload, facts.root);
  const own = members(facts);
  // Routes of other Services lead the waypoint here: its policies have to admit it.
  const isReached = (workload: Workload) =>
    servicesOf(facts.services, workload).some(({ name: to }) => reached.has(to));
  const needs = (workload: Workload) =>
    fronts(facts.services, workload).some((service) => routed.has(service.name)) ||
    all.some((policy) => applies(policy, workload) && (isWaypoints(policy) || isReached(workload)));
  const behind = new Set(own.filter(needs));
  const refusing = facts.policies.filter((policy) => refusesWaypoint(policy, identity));
  // A policy that would refuse the waypoint goes to the waypoint whole, with all that it holds for.
  for (let before = -1; before !== behind.size;) {
    before = behind.size;
    const moved = refusing.filter((policy) => [...behind].some((each) => applies(policy, each)));
    own.filter((workload) => moved.some((policy) => applies(policy, workload))).forEach((each) => behind.add(each));
  }
  const workloads = own.filter((workload) => behind.has(workload));
  // A Service that only routes lead on from may have no pods of its own.
  const called = facts.services.filter((each) => routed.has(each.name) && unattached(facts, each) === undefined);
  const services = [...new Set([...workloads.flatMap((workload) => fronts(facts.services, workload)), ...called])];
  if (services.length === 0 && workloads.length === 0) return undefined;
  const held = all.filter((policy) => workloads.some((workload) => applies(policy, workload)) && isEnforced(policy));
  const isOwn = ({ metadata }: Policy) => metadata.namespace === facts.namespace.name;
  const isRefusing = (policy: Policy) => refusing.some((each) => each === policy);
  const early = held.filter((policy) => isOwn(policy) && isRefusing(policy));
  const late = held.filter(
    (policy) => isOwn(policy) && !isRefusing(policy) && isWaypoints(policy) && proxiesLeft(policy, facts).length === 0,
  );
  const context: Context = { facts, name, exists: facts.waypoints.includes(name), workloads, services };
  return {
    name,
    exists: context.exists,
    workloads,
    services,
    copies: new Map(held.map((policy) => [policy, copiesOf(policy, context)])),
    guards: workloads.map((workload) =>
      guardsOf(
        workload,
        held.filter((policy) => applies(policy, workload)),
        early,
        context,
      ),
    ),
    early,
    late,
    refusingRoot: held.filter((policy) => !isOwn(policy) && isRefusing(policy)),
    shared: sharedServices(services, context, held),
  };
}

interface Context {
  facts: MigrationFacts;
  name: string;
  exists: boolean;
  workloads: Workload[];
  services: Service[];
}

/** What keeps its proxy, and needs a policy for that: gateways, and workloads that no step gives new pods. */
export function proxiesLeft(policy: Policy, facts: MigrationFacts): string[] {
  const own = members(facts);
  const workloads = facts.workloads.filter(
    (workload) =>
      !own.includes(workload) &&
      workload.pods.some(({ sidecar }) => sidecar) &&
      selectsPods(policy, workload, facts.root),
  );
  const gateways = facts.gatewayPods.filter(({ labels }) =>
    selectsPods(policy, { namespace: facts.namespace.name, podLabels: labels }, facts.root),
  );
  return [...workloads, ...gateways].map(({ name }) => name);
}

/** A RequestAuthentication, or an AuthorizationPolicy that ztunnel cannot hold as it is. */
function isWaypoints(policy: Policy): boolean {
  return !isAuthorization(policy) || isBeyondZtunnel(policy);
}

/** Tells the two kinds apart. */
export function isAuthorization(policy: Policy): policy is AuthorizationPolicy {
  return policy.kind === "AuthorizationPolicy";
}

/** Not only on trial. */
export function isEnforced(policy: Policy): boolean {
  return !isAuthorization(policy) || !isDryRun(policy);
}

/** Services behind which policies differ by the pod: a waypoint knows Services only. */
function sharedServices(services: Service[], { facts }: Context, held: Policy[]): Map<Service, Workload[]> {
  const found = services.map((service): [Service, Workload[]] => {
    const there = facts.workloads.filter((workload) => servicesOf([service], workload).length > 0);
    const signatures = there.map((workload) =>
      held
        .filter((each) => selectsPods(each, workload, facts.root))
        .map(nameOf)
        .join(),
    );
    return [service, new Set(signatures).size > 1 ? there : []];
  });
  return new Map(found.filter(([, workloads]) => workloads.length > 0));
}

/** The same policy, attached to the Services, or to the whole waypoint where it holds for all of the namespace. */
function copiesOf(policy: Policy, context: Context): Policy[] {
  const { facts, name, exists, workloads, services } = context;
  const gateway: TargetRef = { group: "gateway.networking.k8s.io", kind: "Gateway", name };
  const isForAll = Object.keys(policy.spec?.selector?.matchLabels ?? {}).length === 0;
  const selected = workloads.filter((workload) => selectsPods(policy, workload, facts.root));
  const own = services.filter((service) => selected.some((workload) => servicesOf([service], workload).length > 0));
  const apart = isAuthorization(policy) ? own.filter((service) => needsOtherPorts(policy, service)) : [];
  const together = own.filter((service) => !apart.includes(service));
  const whole = isForAll && !exists && apart.length === 0;
  const groups = whole ? [[gateway]] : inGroups(together.map(targetOf), mostTargets);
  const rules = isAuthorization(policy) ? rulesHere(policy, facts) : undefined;
  const plain = groups.map((targets) => ({ targets, rules }));
  const mapped = apart.map((service) => ({
    targets: [targetOf(service)],
    rules: rules && rulesAtService(rules, service),
  }));
  return [...plain, ...mapped].map(({ targets, rules }, index) =>
    copy(policy, targets, rules, index, facts.namespace.name),
  );
}

/** None stay none: a policy without rules matches nothing. */
function rulesHere(
  { metadata: { namespace = "" }, spec }: AuthorizationPolicy,
  { namespace: own }: MigrationFacts,
): Rule[] | undefined {
  return namespace === own.name || !spec?.rules ? spec?.rules : rulesFromElsewhere(spec.rules, namespace);
}

function targetOf({ name }: Service): TargetRef {
  return { group: "", kind: "Service", name };
}

function inGroups<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

function copy(
  policy: Policy,
  targetRefs: TargetRef[],
  rules: Rule[] | undefined,
  index: number,
  namespace: string,
): Policy {
  const { apiVersion, kind, metadata, spec } = policy;
  const rest = without((spec ?? {}) as Attached, "selector");
  const jwtRules = isAuthorization(policy) ? undefined : policy.spec?.jwtRules?.map(forwarding);
  const from = metadata.namespace === namespace ? "" : `-${metadata.namespace}`;
  return {
    apiVersion,
    kind,
    metadata: {
      name: `${metadata.name}${from}-waypoint${index === 0 ? "" : `-${index + 1}`}`,
      namespace,
      annotations: { [originMark]: nameOf(policy) },
    },
    spec: { ...rest, ...(rules === undefined ? {} : { rules }), ...(jwtRules && { jwtRules }), targetRefs },
  } as Policy;
}

/**
 * A proxy takes the token off once it has verified it, and the sidecars behind the waypoint would verify nothing any more. Source:
 * istio pilot/pkg/security/authn/policy_applier.go (Forward).
 */
function forwarding(rule: JwtRule): JwtRule {
  return { ...rule, forwardOriginalToken: true };
}

/** Whether the application gets tokens from the waypoint that its sidecar took off. */
export function isForwardedAnew(policy: Policy): boolean {
  return !isAuthorization(policy) && (policy.spec?.jwtRules ?? []).some((rule) => rule.forwardOriginalToken !== true);
}

/** Pods are known to ztunnel by what selects them; the waypoint to them by its account. */
function guardsOf(workload: Workload, held: Policy[], early: Policy[], { facts, name, workloads }: Context): Guards {
  const isShared = workloads.some((other) => other !== workload && other.name === workload.name);
  const prefix = isShared ? `${workload.name}-${workload.kind.toLowerCase()}` : workload.name;
  const policies = held.filter(isAuthorization);
  const allows = policies.filter((policy) => actionOf(policy) === "ALLOW");
  const isOpened = held.some((policy) => !isAuthorization(policy) || opens(policy) || early.includes(policy));
  const principal = `${facts.trustDomain}/ns/${facts.namespace.name}/sa/${name}`;
  const guard = (suffix: string, action: string, rules: object[]): AuthorizationPolicy => ({
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: {
      name: `${prefix}-${suffix}`,
      namespace: workload.namespace,
      annotations: { [originMark]: `${workload.kind} ${workload.namespace}/${workload.name}` },
    },
    spec: { selector: { matchLabels: workload.selector }, action, rules },
  });
  const interim = guard(interimSuffix, "DENY", [{ from: [{ source: onlyAtZtunnel(principal) }] }]);
  const admits = guard("from-waypoint", "ALLOW", [{ from: [{ source: { principals: [principal] } }] }]);
  const refuses = guard("only-from-waypoint", "DENY", [{ from: [{ source: { notPrincipals: [principal] } }] }]);
  if (allows.length === 0) return { workload, ...(isOpened ? { cut: admits, interim } : {}) };
  const needsCut =
    isOpened && (allows.some(admitsAtZtunnel) || early.some((policy) => policies.some((each) => each === policy)));
  return { workload, allow: admits, ...(needsCut ? { cut: refuses, interim } : {}) };
}

/** The address that no client has: the limited broadcast. */
const noClient = "255.255.255.255/32";

/**
 * Every client but the waypoint, and at a sidecar none: ztunnel enforces a DENY policy without its remoteIpBlocks, which a sidecar
 * evaluates on every port. Sources: istio pilot/pkg/serviceregistry/ambient/authorization.go (handleRule), pilot/pkg/security/
 * authz/model/generator.go (remoteIPGenerator).
 */
function onlyAtZtunnel(principal: string): Source {
  return { notPrincipals: [principal], remoteIpBlocks: [noClient] };
}

/** Why a policy needs a waypoint, in the words of what ztunnel would do. */
export function reasonForWaypoint(policy: Policy): string {
  if (!isAuthorization(policy)) return "ztunnel reads no tokens: without a waypoint invalid ones are accepted";
  const action = actionOf(policy);
  if (!["ALLOW", "DENY"].includes(action))
    return `ztunnel does not get ${action} policies: without a waypoint it has no effect`;
  const attributes = attributesBeyondZtunnel(policy).join(", ");
  if (action === "DENY") {
    return `ztunnel does not see ${attributes}: without a waypoint the rule has no effect, or refuses more than it says`;
  }
  return opens(policy)
    ? `ztunnel does not look at ${attributes}: without a waypoint it admits more than a sidecar`
    : `ztunnel drops rules with ${attributes}: without a waypoint these requests are refused`;
}
