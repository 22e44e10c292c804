// What of an AuthorizationPolicy changes its meaning between a sidecar and ztunnel, and what it does to a waypoint.
import { httpAttributes, ignoredAttributes, sentToZtunnel, unknownToWaypoint, unknownToZtunnel } from "./attributes";
import { without, type AuthorizationPolicy, type Rule, type Source } from "./objects";
import { actionOf, isDryRun, ztunnelAllows } from "./ztunnel";
import type { Identity } from "./request";

/** The rules of a policy. */
export function rulesOf({ spec }: AuthorizationPolicy): Rule[] {
  return spec?.rules ?? [];
}

/** All attributes of a policy that ztunnel cannot judge. */
export function attributesBeyondZtunnel(policy: AuthorizationPolicy): string[] {
  return [...new Set(rulesOf(policy).flatMap(unknownToZtunnel))];
}

/** Those that not even a waypoint can judge. */
export function attributesBeyondWaypoint(policy: AuthorizationPolicy): string[] {
  return [...new Set(rulesOf(policy).flatMap(unknownToWaypoint))];
}

/** Whether ztunnel holds less, or other things, against requests than a sidecar does. */
export function isBeyondZtunnel(policy: AuthorizationPolicy): boolean {
  if (isDryRun(policy)) return false;
  return !["ALLOW", "DENY"].includes(actionOf(policy)) || attributesBeyondZtunnel(policy).length > 0;
}

/** Whether ztunnel would let pass what a sidecar refuses by this policy. */
export function opens(policy: AuthorizationPolicy): boolean {
  if (actionOf(policy) !== "ALLOW") return ["DENY", "CUSTOM"].includes(actionOf(policy)) && isBeyondZtunnel(policy);
  return admitsAtZtunnel(policy) && rulesOf(policy).some((rule) => ignoredAttributes(rule).length > 0);
}

/** Whether an ALLOW policy lets peers in at ztunnel. */
export function admitsAtZtunnel(policy: AuthorizationPolicy): boolean {
  return (
    actionOf(policy) === "ALLOW" &&
    !isDryRun(policy) &&
    rulesOf(policy).some((rule) => httpAttributes(rule).length === 0)
  );
}

/**
 * Whether ztunnel would refuse a waypoint by a DENY policy, at whatever port: who the client was is not known there any more.
 */
export function refusesWaypoint(policy: AuthorizationPolicy, waypoint: Identity): boolean {
  if (actionOf(policy) !== "DENY" || isDryRun(policy)) return false;
  return rulesOf(policy).some((rule) => {
    const from = (rule.from ?? []).filter(({ source = {} }) => Object.keys(source).length > 0);
    const when = (rule.when ?? []).filter(({ key }) => key.startsWith("source."));
    const isForAll = from.length === 0 && when.length === 0;
    // A rule for every client at a port means the same behind a waypoint, unless ztunnel has made it one.
    if (isForAll) return (rule.to ?? []).some(({ operation = {} }) => isWidened(rule) && isGivenPort(operation));
    // A source of which ztunnel knows the address alone may be the waypoint's.
    if (from.some(({ source = {} }) => isKnownByAddress(source))) return true;
    const peers = from.map(({ source = {} }) => ({ source: without(source, "ipBlocks", "notIpBlocks") }));
    const rest = when.filter(({ key }) => key !== "source.ip");
    if (peers.length === 0 && rest.length === 0) return true;
    const narrowed: AuthorizationPolicy = { ...policy, spec: { action: "DENY", rules: [{ from: peers, when: rest }] } };
    return !ztunnelAllows([narrowed], { ...anywhere, identity: waypoint });
  });
}

const ofAddress = ["ipBlocks", "notIpBlocks"] as const;

function isKnownByAddress(source: Source): boolean {
  const isGiven = ofAddress.some((attribute) => (source[attribute] ?? []).length > 0);
  return isGiven && Object.keys(without(sentToZtunnel(source), ...ofAddress)).length === 0;
}

const anywhere = { ip: "", destinationIp: "", port: 0, authorized: true };

function isWidened(rule: Rule): boolean {
  return unknownToZtunnel(rule).length > 0;
}

function isGivenPort({ ports = [], notPorts = [] }: { ports?: string[]; notPorts?: string[] }): boolean {
  return ports.length + notPorts.length > 0;
}
