// What routes of the mesh do to requests before policies see them. A caller's sidecar routes and rewrites, and the server's
// sidecar judges what comes, with the caller's identity. A waypoint judges what the caller sent, for the Service that it called;
// then it rewrites, and goes to whatever pods the route names as itself. Sources: istio pilot/pkg/networking/core/
// listener_waypoint.go (RBAC filters of the called Service, before the router), route/route.go (rewrites are the router's).
import { isDeepStrictEqual } from "node:util";
import { textOf } from "../validation/violations";
import type { MigrationFacts } from "./facts";
import { unattached, type Unattached } from "./members";
import { servicesOf } from "./model";
import {
  nameOf,
  selectsPods,
  targetsOf,
  without,
  type AuthorizationPolicy,
  type RequestAuthentication,
  type Workload,
} from "./objects";
import { hostServices, isForWaypoints, list, map, parents, servicesAt, texts, type Traffic } from "./traffic-objects";
import type { WaypointPlan } from "./waypoint";
import { actionOf, isDryRun } from "./ztunnel";

type Policy = AuthorizationPolicy | RequestAuthentication;
type Fields = { [key: string]: unknown };

/** What a route on Services of the namespace does to their requests. */
export interface RouteEffects {
  /** The Services of the namespace that it is for. */
  hosts: string[];
  /** Services of the namespace that get requests, or copies of them. */
  to: string[];
  /** Services of other namespaces that do: "other/web". */
  away: string[];
  /** What is written anew before the server sees it: `path`, `host`, and headers in lowercase. */
  changed: string[];
}

/** Nothing for what is no route on Services of the namespace. */
export function routeEffects(object: Traffic, facts: MigrationFacts): RouteEffects {
  const own = facts.namespace.name;
  const isVirtual = object.kind === "VirtualService";
  const called = unique(parentServices(object, own).flatMap((name) => servicesAt(name, object, facts)));
  const hosts = isVirtual ? (isForWaypoints(object, facts) ? hostServices(object, facts) : []) : called;
  if (hosts.length === 0) return { hosts, to: [], away: [], changed: [] };
  const found = isVirtual ? ofVirtualService(object, own) : ofRoute(object, own);
  const places = found.destinations.map(([place, name]) => ({ place, name }));
  return {
    hosts,
    to: unique(places.filter(({ place }) => place === own).map(({ name }) => name)),
    away: unique(places.filter(({ place }) => place !== own).map(({ place, name }) => `${place}/${name}`)),
    changed: unique(found.changed),
  };
}

/** The Services of the namespace that a route of Gateway API is attached to. */
export function parentServices(object: Traffic, own: string): string[] {
  return parents(object)
    .filter(({ kind, namespace = own }) => kind === "Service" && namespace === own)
    .map(({ name }) => name);
}

function unique(all: readonly string[]): string[] {
  return [...new Set(all)];
}

interface Found {
  destinations: [namespace: string, name: string][];
  changed: string[];
}

function ofVirtualService({ spec }: Traffic, own: string): Found {
  const http = list(spec?.["http"]).map(map);
  const routes = ["http", "tls", "tcp"].flatMap((key) => list(spec?.[key]).map(map));
  const destinations = [
    ...routes.flatMap((each) => list(each["route"]).map((to) => map(map(to)["destination"]))),
    ...http.flatMap((each) => [map(each["mirror"]), ...list(each["mirrors"]).map((to) => map(map(to)["destination"]))]),
  ];
  const rewrites = http.map((each) => map(each["rewrite"]));
  const headers = http.flatMap((each) => [each, ...list(each["route"]).map(map)]).map((each) => map(each["headers"]));
  return {
    destinations: destinations.flatMap(({ host }) => (host === undefined ? [] : hostPlace(textOf(host), own))),
    changed: [
      ...rewrites.flatMap(({ uri, uriRegexRewrite }) => ((uri ?? uriRegexRewrite) === undefined ? [] : ["path"])),
      ...rewrites.flatMap(({ authority }) => (authority === undefined ? [] : ["host"])),
      ...headers.flatMap(({ request }) => {
        const { set, add, remove } = map(request);
        return [...Object.keys(map(set)), ...Object.keys(map(add)), ...texts(remove)].map(asChanged);
      }),
    ],
  };
}

/** The authority may be set as a header too. */
function asChanged(header: string): string {
  const name = header.toLowerCase();
  return name === "host" || name === ":authority" ? "host" : name;
}

/** Hosts outside the cluster have no policies of the mesh. */
function hostPlace(host: string, own: string): [string, string][] {
  if (!host.includes(".")) return [[own, host]];
  const found = /^([^.]+)\.([^.]+)\.svc(\.|$)/.exec(host);
  return found ? [[found[2]!, found[1]!]] : [];
}

function ofRoute({ spec }: Traffic, own: string): Found {
  const rules = list(spec?.["rules"]).map(map);
  const backends = rules.flatMap((rule) => list(rule["backendRefs"]).map(map));
  const filters = [...rules, ...backends].flatMap((each) => list(each["filters"]).map(map));
  const mirrors = filters.map((filter) => map(map(filter["requestMirror"])["backendRef"]));
  return {
    destinations: [...backends, ...mirrors].flatMap(
      ({ kind = "Service", name, namespace = own }): [string, string][] =>
        kind === "Service" && name !== undefined ? [[textOf(namespace), textOf(name)]] : [],
    ),
    changed: filters.flatMap(filterChanges),
  };
}

function filterChanges({ urlRewrite, requestHeaderModifier }: Fields): string[] {
  const { path, hostname } = map(urlRewrite);
  const { set, add, remove } = map(requestHeaderModifier);
  const given = [...list(set), ...list(add)].map((each) => textOf(map(each)["name"]));
  return [
    ...(path === undefined ? [] : ["path"]),
    ...(hostname === undefined ? [] : ["host"]),
    ...[...given, ...texts(remove)].map(asChanged),
  ];
}

/** Why no request to a Service of the namespace goes through its waypoint. */
export function whyUnattached(name: string, facts: MigrationFacts): Unattached | undefined {
  const found = facts.services.find((each) => each.namespace === facts.namespace.name && each.name === name);
  return found && unattached(facts, found);
}

/** Services that get requests from routes on others: the waypoint goes to their pods as itself. */
export function reachedServices(facts: MigrationFacts): Set<string> {
  return new Set(
    facts.traffic.flatMap((object) => {
      const { hosts, to } = routeEffects(object, facts);
      const called = hosts.filter((host) => whyUnattached(host, facts) === undefined);
      return to.filter((name) => called.some((host) => host !== name));
    }),
  );
}

/** Why a route lets pass, behind a waypoint, what was refused: one sentence each. */
export function routeHoles(object: Traffic, facts: MigrationFacts, waypoint: WaypointPlan | undefined): string[] {
  const { hosts, to, away, changed } = routeEffects(object, facts);
  const place = facts.namespace.name;
  const naming = [...facts.away, ...facts.policies.filter(({ metadata }) => metadata.namespace === facts.root)].filter(
    (policy) => isRefusing(policy) && namesCallers(policy) && !isWhole(policy, waypoint),
  );
  const passed = to.flatMap((name) => {
    const called = hosts.filter((host) => host !== name);
    const unheld = missingFrom(called, [name], facts).filter((policy) => !isWhole(policy, waypoint));
    const admitting = called.length > 0 ? admittingMore(called, name, facts) : [];
    const why = `the waypoint sends its requests to Service ${place}/${name} as itself, and enforces the policies of `;
    if (unheld.length > 0) return [`${why}${called.join(", ")} alone for them, not ${unheld.map(nameOf).join(", ")}`];
    if (admitting.length === 0) return [];
    return [`${why}${called.join(", ")} for them, of which ${admitting.map(nameOf).join(", ")} is none of ${name}`];
  });
  const targets = unique([...hosts, ...to]).flatMap((name) => behind(name, facts));
  const judging = policiesOf(targets, facts).filter((policy) => changed.some((what) => reads(policy, what)));
  const rewritten = changed.filter((what) => judging.some((policy) => reads(policy, what)));
  return [
    ...passed,
    ...away.flatMap((target) => {
      const there = naming.filter(({ metadata: { namespace = "" } }) =>
        [facts.root, target.split("/")[0]].includes(namespace),
      );
      if (there.length === 0) return [];
      const sees = there.length > 1 ? "see" : "sees";
      const names = there.map(nameOf).join(", ");
      return [
        `${names} ${sees} the waypoint ${place}/${waypoint?.name ?? "waypoint"} at ${target}, and not who called`,
      ];
    }),
    ...(judging.length === 0
      ? []
      : [
          `a waypoint evaluates policies before it changes the ${rewritten.map(wordOf).join(", ")} as the route says, and the ` +
            `server's sidecar did it afterwards: ${judging.map(nameOf).join(", ")}`,
        ]),
  ];
}

/** The waypoint enforces it for every Service behind it. */
function isWhole(policy: Policy, waypoint: WaypointPlan | undefined): boolean {
  const copies = waypoint?.copies.get(policy) ?? [];
  return copies.length > 0 && copies.every(({ spec }) => targetsOf(spec ?? {}).every(({ kind }) => kind === "Gateway"));
}

function namesCallers({ spec }: AuthorizationPolicy): boolean {
  if (spec?.action === "CUSTOM") return true;
  return (spec?.rules ?? []).some(
    ({ from = [], when = [] }) => from.length > 0 || when.some(({ key }) => /^(source|remote)\./.test(key)),
  );
}

/** Other namespaces of the Services that routes lead to. */
export function awayPlaces(facts: MigrationFacts): string[] {
  return unique(facts.traffic.flatMap((object) => routeEffects(object, facts).away.map((to) => to.split("/")[0]!)));
}

/** Policies that its requests did not have to pass before: one sentence for each Service. */
export function routeLosses(object: Traffic, facts: MigrationFacts): string[] {
  const { hosts, to } = routeEffects(object, facts);
  return to.flatMap((name) => {
    const called = hosts.filter((host) => host !== name);
    const more = missingFrom([name], called, facts);
    return more.length === 0
      ? []
      : [
          `requests that it sends to ${name} have to pass what holds for ${called.join(", ")}: ${more.map(nameOf).join(", ")}`,
        ];
  });
}

/** ALLOW policies add up: one that holds for the called Services alone admits what those of another one, held there too, do not. */
function admittingMore(called: readonly string[], name: string, facts: MigrationFacts): Policy[] {
  const isAllow = (policy: Policy) =>
    policy.kind === "AuthorizationPolicy" && actionOf(policy as AuthorizationPolicy) === "ALLOW";
  const isClosed = policiesOf(behind(name, facts), facts).some(isAllow);
  return isClosed ? missingFrom([name], called, facts).filter(isAllow) : [];
}

/** Policies of pods behind some Services that do not hold for all pods behind others; none where there are no others. */
function missingFrom(others: readonly string[], names: readonly string[], facts: MigrationFacts): Policy[] {
  if (others.length === 0) return [];
  const there = others.map((name) => behind(name, facts));
  const enforced = policiesOf(facts.workloads, facts);
  return policiesOf(
    names.flatMap((name) => behind(name, facts)),
    facts,
  ).filter((policy) => {
    const alike = enforced.filter((each) => saysTheSame(each, policy));
    const holds = (workload: Workload) => alike.some((each) => selectsPods(each, workload, facts.root));
    return there.some((pods) => pods.length === 0 || !pods.every(holds));
  });
}

/** Two versions of a workload may have a policy each that says the same. */
function saysTheSame(one: Policy, other: Policy): boolean {
  const said = ({ kind, metadata, spec = {} }: Policy) => [kind, metadata.namespace, without(spec, "selector")];
  return isDeepStrictEqual(said(one), said(other));
}

function behind(name: string, { workloads, services, namespace }: MigrationFacts): Workload[] {
  const own = services.filter((service) => service.namespace === namespace.name && service.name === name);
  return workloads.filter((workload) => servicesOf(own, workload).length > 0);
}

/** Policies by which requests to these pods may be refused. */
function policiesOf(workloads: readonly Workload[], { policies, authentications, root }: MigrationFacts): Policy[] {
  return [...policies.filter(isRefusing), ...authentications].filter((policy) =>
    workloads.some((workload) => selectsPods(policy, workload, root)),
  );
}

function isRefusing(policy: AuthorizationPolicy): boolean {
  return actionOf(policy) !== "AUDIT" && !isDryRun(policy);
}

/** Whether what a policy says of a request depends on something in it. */
function reads(policy: Policy, what: string): boolean {
  if (policy.kind !== "AuthorizationPolicy") return tokenHeaders(policy as RequestAuthentication).includes(what);
  const { spec } = policy as AuthorizationPolicy;
  // An authorizer may look at all of the request.
  if (spec?.action === "CUSTOM") return true;
  return (spec?.rules ?? []).some(({ to = [], when = [] }) => {
    const operations = to.map(({ operation = {} }) => operation);
    if (what === "path") return operations.some(({ paths = [], notPaths = [] }) => paths.length + notPaths.length > 0);
    if (what === "host") return operations.some(({ hosts = [], notHosts = [] }) => hosts.length + notHosts.length > 0);
    return when.some(({ key }) => key.toLowerCase() === `request.headers[${what}]`);
  });
}

function tokenHeaders({ spec }: RequestAuthentication): string[] {
  const rules = list(spec?.jwtRules).map(map);
  const given = rules.flatMap((rule) => list(rule["fromHeaders"]).map((each) => textOf(map(each)["name"])));
  return ["authorization", ...given.map((name) => name.toLowerCase())];
}

function wordOf(what: string): string {
  return what === "path" || what === "host" ? what : `header ${what}`;
}
