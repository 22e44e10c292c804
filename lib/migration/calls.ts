// Who calls whom, as far as objects tell: sources of ALLOW policies, peers of NetworkPolicies, routes from gateways, and what
// Sidecars and VirtualServices say of callers. None of them proves that a call is made; they name who may make it.
import { selects } from "../network-policies/selectors";
import { textOf } from "../validation/violations";
import type { Caller, MigrationFacts } from "./facts";
import { servicesOf } from "./model";
import {
  isPartOf,
  nameOf,
  selectsPods,
  targetsOf,
  type AuthorizationPolicy,
  type Rule,
  type Source,
  type Workload,
} from "./objects";
import { isForMesh, list, map, parents, placeOf, servicesAt, texts, type Traffic } from "./traffic-objects";
import { actionOf, isDryRun } from "./ztunnel";

/** Calls from one caller to one workload. */
export interface Calls {
  /** "Deployment web", "service account billing/reports", "namespace billing", "Gateway edge/public", or "unknown". */
  from: string;
  /** Namespace of the caller, where it is known. */
  namespace?: string;
  /** Name of the service account, of a caller elsewhere. */
  serviceAccount?: string;
  /** How the pods of a caller elsewhere are in the mesh; empty where it has none. */
  modes?: Caller["mode"][];
  /** "Deployment orders" */
  to: string;
  /** The objects that tell so; of unknown callers those that admit them without a name. */
  by: string[];
}

/** Callers that no object names. */
export const unknownCaller = "unknown";

/** A caller, as an object names it. */
type Named = Omit<Calls, "to" | "by">;

/** "Deployment web" */
export function shortName({ kind, name }: Workload): string {
  return `${kind} ${name}`;
}

/** Calls to each workload that a Service leads to, itself not among its callers. */
export function callsOf(facts: MigrationFacts): Calls[] {
  const servers = facts.workloads.filter((workload) => servicesOf(facts.services, workload).length > 0);
  return servers.flatMap((server) => {
    const found: Calls[] = [];
    const add = (named: Named, by: string) => {
      const to = shortName(server);
      const known = found.find(({ from }) => from === named.from);
      if (known && !known.by.includes(by)) known.by.push(by);
      if (!known && named.from !== to) found.push({ ...named, to, by: [by] });
    };
    for (const [object, named] of [
      ...byPolicies(server, facts),
      ...byNetworkPolicies(server, facts),
      ...byTraffic(server, facts),
    ])
      add(named, object);
    return [...found, ...unknownTo(server, facts)];
  });
}

/** None where every ALLOW rule names its callers: all others are refused. */
function unknownTo(server: Workload, facts: MigrationFacts): Calls[] {
  const allows = allowing(server, facts);
  const open = allows.filter(({ spec }) => (spec?.rules ?? []).some((rule) => namedBy(rule, "").length === 0));
  if (allows.length > 0 && open.length === 0) return [];
  return [{ from: unknownCaller, to: shortName(server), by: open.map(nameOf) }];
}

function allowing(server: Workload, { policies, services, root }: MigrationFacts): AuthorizationPolicy[] {
  const behind = servicesOf(services, server).map(({ name }) => name);
  const isForIt = (policy: AuthorizationPolicy) =>
    selectsPods(policy, server, root) ||
    (policy.metadata.namespace === server.namespace &&
      targetsOf(policy.spec ?? {}).some(({ kind, name }) => kind === "Service" && behind.includes(name)));
  return policies.filter((policy) => actionOf(policy) === "ALLOW" && !isDryRun(policy) && isForIt(policy));
}

function byPolicies(server: Workload, facts: MigrationFacts): [string, Named][] {
  return allowing(server, facts).flatMap((policy) =>
    (policy.spec?.rules ?? [])
      .flatMap((rule) => namedBy(rule, policy.metadata.namespace ?? ""))
      .flatMap((name) => callers(name, facts))
      .map((named): [string, Named] => [nameOf(policy), named]),
  );
}

/** A service account, a namespace, or principals by a pattern. */
type Name = { namespace: string; serviceAccount?: string } | { pattern: string };

/** Whom a rule names; nothing where one of its sources may be anyone. */
function namedBy({ from = [], when = [] }: Rule, policyNamespace: string): Name[] {
  const bySource = from.map(({ source = {} }) => namesOf(source, policyNamespace));
  if (bySource.length > 0 && bySource.every((names) => names.length > 0)) return bySource.flat();
  const values = (key: string) => when.find((condition) => condition.key === key)?.values ?? [];
  const source: Source = {
    principals: values("source.principal"),
    serviceAccounts: values("source.serviceAccount"),
    namespaces: values("source.namespace"),
  };
  return namesOf(source, policyNamespace);
}

/** The closest of a source's attributes counts: all of them have to hold. */
function namesOf({ principals = [], serviceAccounts = [], namespaces = [] }: Source, policyNamespace: string): Name[] {
  const closest = [
    principals.map(principalName),
    serviceAccounts.map((account): Name => {
      const [name, namespace = policyNamespace] = account.split("/").reverse() as [string, string?];
      return { namespace, serviceAccount: name };
    }),
    namespaces.map((namespace): Name | undefined => (namespace === "*" ? undefined : { namespace })),
  ].find((names) => names.length > 0 && !names.includes(undefined));
  return (closest ?? []) as Name[];
}

/** Nothing for one that every client of the mesh has. */
function principalName(principal: string): Name | undefined {
  if (principal === "*") return undefined;
  const [, namespace, serviceAccount] = /\/ns\/([^/*]+)\/(?:sa\/([^/*]+)$|(?:sa\/)?\*$)/.exec(principal) ?? [];
  if (namespace === undefined) return { pattern: principal };
  return { namespace, ...(serviceAccount === undefined ? {} : { serviceAccount }) };
}

/** The workloads that run as an account, where it is one of the namespace. */
function callers(name: Name, facts: MigrationFacts): Named[] {
  if ("pattern" in name) return [{ from: `principals ${name.pattern}` }];
  const { namespace, serviceAccount } = name;
  const isHere = namespace === facts.namespace.name;
  if (serviceAccount === undefined) {
    return [{ from: `namespace ${namespace}`, namespace, ...(isHere ? {} : { modes: modesOf(namespace, facts) }) }];
  }
  const own = facts.workloads.filter((workload) => isHere && workload.serviceAccount === serviceAccount);
  if (own.length > 0) return own.map(workloadCaller);
  const modes = modesOf(namespace, facts, serviceAccount);
  return [{ from: `service account ${namespace}/${serviceAccount}`, namespace, serviceAccount, modes }];
}

function workloadCaller(workload: Workload): Named {
  return { from: shortName(workload), namespace: workload.namespace };
}

function modesOf(namespace: string, { callers: all }: MigrationFacts, serviceAccount?: string): Caller["mode"][] {
  const found = all.filter(
    (caller) =>
      caller.namespace === namespace && (serviceAccount === undefined || caller.serviceAccount === serviceAccount),
  );
  return [...new Set(found.map(({ mode }) => mode))];
}

const namespaceName = "kubernetes.io/metadata.name";

/** Peers by labels; one that is all of the policy's own namespace names no caller. */
function byNetworkPolicies(server: Workload, facts: MigrationFacts): [string, Named][] {
  const holding = facts.networkPolicies.filter(({ pods }) => selects(pods, server.podLabels));
  return holding.flatMap(({ namespace, name, ingress = [] }) =>
    ingress
      .flatMap(({ peers = [] }) => peers)
      .flatMap(({ pods, namespaces }): Named[] => {
        if (namespaces) {
          const place = namespaces.labels[namespaceName];
          return place === undefined ? [] : callers({ namespace: place }, facts);
        }
        const isAll = !pods || Object.keys(pods.labels).length + pods.expressions.length === 0;
        return isAll ? [] : facts.workloads.filter(({ podLabels }) => selects(pods, podLabels)).map(workloadCaller);
      })
      .map((named): [string, Named] => [`NetworkPolicy ${namespace}/${name}`, named]),
  );
}

function byTraffic(server: Workload, facts: MigrationFacts): [string, Named][] {
  const behind = servicesOf(facts.services, server).map(({ name }) => name);
  return facts.traffic.flatMap((object) => {
    // A wildcard names no server.
    const leads = (host: string) =>
      !host.startsWith("*") && servicesAt(host, object, facts).some((name) => behind.includes(name));
    const found = readers[object.kind]?.(object, leads, facts) ?? [];
    return found.map((named): [string, Named] => [nameOf(object), named]);
  });
}

type Reader = (object: Traffic, leads: (host: string) => boolean, facts: MigrationFacts) => Named[];

const gateway = (namespace: string, name: string): Named => ({ from: `Gateway ${namespace}/${name}`, namespace });

const route: Reader = (object, leads, { namespace }) => {
  const backends = list(object.spec?.["rules"]).flatMap((rule) => list(map(rule)["backendRefs"]).map(map));
  const isHere = (place: unknown) => place === undefined || place === namespace.name;
  if (!backends.some((backend) => isHere(backend["namespace"]) && leads(textOf(backend["name"])))) return [];
  return parents(object)
    .filter(({ kind }) => kind === "Gateway")
    .map(({ namespace: place = namespace.name, name }) => gateway(place, name));
};

const readers: { [kind: string]: Reader } = {
  HTTPRoute: route,
  GRPCRoute: route,
  VirtualService: (object, leads, facts) => {
    const { namespace, workloads } = facts;
    const routes = ["http", "tls", "tcp"].flatMap((key) => list(object.spec?.[key]).map(map));
    const leading = routes.filter((each) =>
      list(each["route"]).some((to) => leads(textOf(map(map(to)["destination"])["host"]))),
    );
    if (leading.length === 0) return [];
    const gateways = texts(object.spec?.["gateways"]).filter((each) => each !== "mesh");
    const matches = isForMesh(object) ? leading.flatMap((each) => list(each["match"]).map(map)) : [];
    const labels = matches.flatMap(({ sourceLabels }) => (sourceLabels === undefined ? [] : [labelsOf(sourceLabels)]));
    const places = matches.flatMap(({ sourceNamespace }) =>
      typeof sourceNamespace === "string" ? sourceNamespace : [],
    );
    return [
      ...gateways.map((each) => {
        const [name, place = placeOf(object, namespace.name)] = each.split("/").reverse() as [string, string?];
        return gateway(place, name);
      }),
      ...workloads.filter(({ podLabels }) => labels.some((each) => isPartOf(each, podLabels))).map(workloadCaller),
      ...places.flatMap((place) => callers({ namespace: place }, facts)),
    ];
  },
  Sidecar: (object, leads, { namespace, workloads }) => {
    const { workloadSelector, egress } = object.spec ?? {};
    const hosts = list(egress).flatMap((each) => texts(map(each)["hosts"]));
    const isNamed = hosts.some((each) => {
      const [host, place = namespace.name] = each.split("/").reverse() as [string, string?];
      return [".", "*", namespace.name].includes(place) && leads(host);
    });
    // One for all of the namespace, or for the mesh, says where its hosts are, and not who calls them.
    if (!isNamed || workloadSelector === undefined) return [];
    const labels = labelsOf(map(workloadSelector)["labels"]);
    return workloads.filter(({ podLabels }) => isPartOf(labels, podLabels)).map(workloadCaller);
  },
};

function labelsOf(value: unknown): { [key: string]: string } {
  return Object.fromEntries(Object.entries(map(value)).map(([key, each]) => [key, textOf(each)]));
}

/** Workloads that are restarted after one that they call: calls in a circle. */
export function callsAgainst(order: readonly string[], calls: readonly Calls[]): Calls[] {
  return calls.filter(
    ({ from, to }) => order.includes(from) && order.includes(to) && order.indexOf(from) > order.indexOf(to),
  );
}

/** Namespaces of one look with what they call after them, where both need a waypoint; without one they come first. */
export function namespaceOrder<P extends { namespace: string; calls: readonly Calls[] }>(
  plans: readonly P[],
  needsWaypoint: (plan: P) => boolean,
): P[] {
  const left = plans.filter(needsWaypoint);
  const sorted: P[] = plans.filter((plan) => !needsWaypoint(plan));
  while (left.length > 0) {
    const isCalled = ({ namespace, calls }: P) =>
      calls.some((call) => call.namespace !== namespace && left.some((other) => other.namespace === call.namespace));
    const next = left.find((plan) => !isCalled(plan)) ?? left[0]!;
    sorted.push(next);
    left.splice(left.indexOf(next), 1);
  }
  return sorted;
}
