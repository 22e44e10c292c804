// Objects of other namespaces that concern requests to Services of one, or of its pods. Sources: istio pilot/pkg/model/
// push_context.go (destinationRule: the caller's namespace, then the Service's, then the root namespace; initVirtualServices and
// setDestinationRules for exportTo).
import { textOf } from "../validation/violations";
import type { MigrationFacts } from "./facts";
import { delegatesOf, destinationsOf } from "./route-verdicts";
import { originations } from "./tls-origination";
import {
  hasTrafficPolicy,
  hasWorkloadSelector,
  isForMesh,
  placeOf,
  reachesOthers,
  ruledServices,
  servicesAt,
  texts,
  type Traffic,
} from "./traffic-objects";

/** To which namespaces the mesh exports objects that do not say so themselves. */
export interface DefaultExports {
  VirtualService: string[];
  DestinationRule: string[];
}

/** Those of all VirtualServices and DestinationRules of the mesh that count for the namespace, without its own. */
export function concerning(all: readonly Traffic[], facts: MigrationFacts, exports: DefaultExports): Traffic[] {
  const foreign = all.filter((object) => placeOf(object, "") !== facts.namespace.name);
  const routes = foreign.filter(({ kind }) => kind === "VirtualService");
  const direct = routes.filter((object) => isRouteHere(object, facts, exports));
  const rules = foreign.filter(
    (object) => object.kind === "DestinationRule" && isExported(object, facts, exports) && isRuleHere(object, facts),
  );
  return [...routes.filter((object) => direct.includes(object) || delegates(object, direct, facts)), ...rules];
}

/** For callers with sidecars; from gateways; or what such a route is delegated to. */
function isRouteHere(object: Traffic, facts: MigrationFacts, exports: DefaultExports): boolean {
  const hosts = texts(object.spec?.["hosts"]);
  const isFor = (names: readonly string[]) => names.some((host) => servicesAt(host, object, facts).length > 0);
  if (isForMesh(object) && isFor(hosts)) return isExported(object, facts, exports);
  const isOfGateways = hosts.length === 0 || texts(object.spec?.["gateways"]).some((gateway) => gateway !== "mesh");
  return isOfGateways && isFor(destinationsOf(object).map(({ host }) => host));
}

function delegates(object: Traffic, others: readonly Traffic[], { traffic }: MigrationFacts): boolean {
  const wanted = delegatesOf(object);
  return [...traffic, ...others].some(
    ({ kind, metadata: { namespace = "", name } }) =>
      kind === "VirtualService" && wanted.some((each) => each.namespace === namespace && each.name === name),
  );
}

/** Rules of the root namespace count where no other one does; those beside a host, for TLS to it. */
function isRuleHere(object: Traffic, facts: MigrationFacts): boolean {
  const host = textOf(object.spec?.["host"]);
  const isRoots = placeOf(object, "") === facts.root;
  const own = facts.traffic.filter((each) => each.kind === "DestinationRule" && !hasWorkloadSelector(each));
  const isOverridden = own.some(
    ({ spec, metadata }) => metadata.namespace === facts.namespace.name && spec?.["host"] === host,
  );
  // One for callers with certain labels is for those of its own namespace.
  if (isOverridden || hasWorkloadSelector(object)) return false;
  const isTls = originations(object).length > 0 && reachesOthers(host, object, facts);
  if (isTls && (isRoots || isBeside(object, host, facts))) return true;
  const says = originations(object).length > 0 || hasTrafficPolicy(object);
  return isRoots && says && ruledServices(object, facts).length > 0;
}

/** In the namespace of the host. */
function isBeside(object: Traffic, host: string, { entries }: MigrationFacts): boolean {
  const place = placeOf(object, "");
  const [, named] = /^[^.]+\.([^.]+)\.svc(?:\.|$)/.exec(host) ?? [];
  const isEntry = entries.some(
    ({ metadata, spec }) => metadata.namespace === place && texts(spec?.["hosts"]).includes(host),
  );
  return isEntry || named === place || !host.includes(".");
}

function isExported(object: Traffic, { namespace }: MigrationFacts, exports: DefaultExports): boolean {
  const own = texts(object.spec?.["exportTo"]);
  const to = own.length > 0 ? own : exports[object.kind as keyof DefaultExports];
  return to.includes("*") || to.includes(namespace.name);
}
