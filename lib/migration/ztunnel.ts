// What ztunnel makes of AuthorizationPolicies. Sources: istio pilot/pkg/serviceregistry/ambient/authorization.go
// (convertAuthorizationPolicy, handleRule), ztunnel src/rbac.rs (Authorization::matches) and src/state.rs (assert_rbac).
import { httpAttributes } from "./attributes";
import { holds, matchesAddress, matchesText } from "./matching";
import type { AuthorizationPolicy, Operation, Rule, Source, When } from "./objects";
import { principalOf, type Seen } from "./request";

type Test = (seen: Seen) => boolean;

/** One match of a clause. One without any field matches nothing: so the HTTP fields of a DENY rule vanish, and it with them. */
type Match = Test | "empty";

const given = (...lists: (readonly string[] | undefined)[]) => lists.some((list) => (list ?? []).length > 0);

/** Whether ztunnel lets a connection to the pods of these policies pass. */
export function ztunnelAllows(policies: readonly AuthorizationPolicy[], seen: Seen): boolean {
  const sent = policies.filter(isSent);
  const matching = (action: string) =>
    sent.filter((policy) => actionOf(policy) === action).map((policy) => matches(policy, seen));
  const [denied, allowed] = [matching("DENY"), matching("ALLOW")];
  return !denied.includes(true) && (allowed.length === 0 || allowed.includes(true));
}

/** CUSTOM and AUDIT, and what is on trial, never get to ztunnel. */
export function isSent(policy: AuthorizationPolicy): boolean {
  return ["ALLOW", "DENY"].includes(actionOf(policy)) && !isDryRun(policy);
}

/** The action, by default ALLOW. */
export function actionOf({ spec }: AuthorizationPolicy): string {
  return spec?.action ?? "ALLOW";
}

/** Whether a policy only logs what it would do. */
export function isDryRun({ metadata: { annotations } }: AuthorizationPolicy): boolean {
  return annotations?.["istio.io/dry-run"] === "true";
}

function matches(policy: AuthorizationPolicy, seen: Seen): boolean {
  const { namespace = "" } = policy.metadata;
  return (policy.spec?.rules ?? []).some((rule) => {
    // An ALLOW rule with HTTP attributes is dropped; one of DENY stays with what is left of it.
    if (actionOf(policy) === "ALLOW" && httpAttributes(rule).length > 0) return false;
    return clauses(rule, namespace).every((clause) => clause.some((match) => match !== "empty" && match(seen)));
  });
}

/** The clauses of a rule: all of `from`, all of `to`, and each condition, as istiod sends them. */
function clauses({ from = [], to = [], when = [] }: Rule, namespace: string): Match[][] {
  return [
    ...(to.length > 0 ? [to.map(({ operation = {} }) => operationMatch(operation))] : []),
    ...(from.length > 0 ? [from.map(({ source = {} }) => sourceMatch(source, namespace))] : []),
    ...when.map((condition) => [conditionMatch(condition)]),
  ];
}

function operationMatch({ ports, notPorts }: Operation): Match {
  if (!given(ports, notPorts)) return "empty";
  return ({ port }) => holds(ports, notPorts, (each) => Number(each) === port);
}

function sourceMatch(source: Source, policyNamespace: string): Match {
  const { principals, notPrincipals, namespaces, notNamespaces, ipBlocks, notIpBlocks } = source;
  const { serviceAccounts, notServiceAccounts } = source;
  const all = [principals, notPrincipals, namespaces, notNamespaces, ipBlocks, notIpBlocks];
  if (!given(...all, serviceAccounts, notServiceAccounts)) return "empty";
  return ({ identity, ip }) =>
    holds(principals, notPrincipals, (each) => matchesText(each, principalOf(identity))) &&
    holds(namespaces, notNamespaces, (each) => matchesText(each, identity?.namespace ?? "")) &&
    holds(serviceAccounts, notServiceAccounts, (each) => isAccount(each, identity, policyNamespace)) &&
    holds(ipBlocks, notIpBlocks, (each) => matchesAddress(each, ip));
}

/** "<namespace>/<name>", or a name alone, of the policy's own namespace. */
export function isAccount(account: string, identity: Seen["identity"], policyNamespace: string): boolean {
  const full = account.includes("/") ? account : `${policyNamespace}/${account}`;
  return identity !== undefined && full === `${identity.namespace}/${identity.serviceAccount}`;
}

function conditionMatch({ key, values, notValues }: When): Match {
  const texts: { [key: string]: (each: string, seen: Seen) => boolean } = {
    "source.ip": (each, { ip }) => matchesAddress(each, ip),
    "source.namespace": (each, { identity }) => matchesText(each, identity?.namespace ?? ""),
    "source.principal": (each, { identity }) => matchesText(each, principalOf(identity)),
    "destination.ip": (each, { destinationIp }) => matchesAddress(each, destinationIp),
    "destination.port": (each, { port }) => Number(each) === port,
  };
  const test = texts[key];
  if (test === undefined || !given(values, notValues)) return "empty";
  return (seen) => holds(values, notValues, (each) => test(each, seen));
}
