// Which attributes of an AuthorizationPolicy a proxy has to read HTTP for, and what ztunnel makes of each.
// Sources: istio pilot/pkg/serviceregistry/ambient/authorization.go (handleRule, httpOperations, httpSources).
import { without, type Operation, type Rule, type Source } from "./objects";

const httpOperations: (keyof Operation)[] = ["hosts", "notHosts", "methods", "notMethods", "paths", "notPaths"];
const httpSources: (keyof Source)[] = [
  ...(["requestPrincipals", "notRequestPrincipals", "remoteIpBlocks", "notRemoteIpBlocks"] as const),
];
/** Fields that ztunnel takes for nothing at all, without a warning in the status. */
const ignoredSources: (keyof Source)[] = ["trustDomains", "notTrustDomains"];
const l4Conditions = ["source.ip", "source.namespace", "source.principal", "destination.ip", "destination.port"];
/**
 * Conditions that a waypoint judges by another connection, or not at all; its connection is to the address of the Service. Source:
 * istio pilot/pkg/xds/filters/filters.go (OriginalDstFilterStateKey), pilot/pkg/security/authz/model/generator.go (destIPGenerator).
 */
const sidecarConditions = /^(connection\.sni$|destination\.ip$|experimental\.envoy\.filters\.)/;

/** Fields and conditions that hold for clients with an identity alone. */
export const identitySources: (keyof Source)[] = ["principals", "namespaces", "serviceAccounts", "trustDomains"];
export const identityConditions = /^source\.(principal|namespace|serviceAccount|trustDomain)$/;

export const isGiven = (values: readonly unknown[] | undefined) => values !== undefined && values.length > 0;

/** The attributes of a rule that make istiod leave it out of, or cut it down in, what ztunnel gets. */
export function httpAttributes({ from = [], to = [], when = [] }: Rule): string[] {
  return [
    ...to.flatMap(({ operation = {} }) => httpOperations.filter((key) => isGiven(operation[key]))),
    ...from.flatMap(({ source = {} }) => httpSources.filter((key) => isGiven(source[key]))),
    ...when.map(({ key }) => key).filter((key) => !l4Conditions.includes(key)),
  ];
}

/** The attributes that are not sent to ztunnel, and whose rule is: it says less there than it does in a sidecar. */
export function ignoredAttributes({ from = [] }: Rule): string[] {
  return from.flatMap(({ source = {} }) => ignoredSources.filter((key) => isGiven(source[key])));
}

/** What ztunnel gets of a source. */
export function sentToZtunnel(source: Source): Source {
  return without(source, ...httpSources, ...ignoredSources);
}

/** All attributes that ztunnel cannot judge. */
export function unknownToZtunnel(rule: Rule): string[] {
  return [...new Set([...httpAttributes(rule), ...ignoredAttributes(rule)])];
}

/** Those that a waypoint cannot judge either. */
export function unknownToWaypoint({ when = [] }: Rule): string[] {
  return [...new Set(when.map(({ key }) => key).filter((key) => sidecarConditions.test(key)))];
}
