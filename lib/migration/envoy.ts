// What a sidecar or a waypoint makes of policies. Sources: istio pilot/pkg/security/authz/model/model.go (New, Generate,
// checkError: on a TCP port an ALLOW rule with HTTP attributes is dropped whole, in others only these attributes are) and
// the reference of AuthorizationPolicy: CUSTOM, then DENY, then ALLOW.
import { holds, matchesAddress, matchesHost, matchesPath, matchesText } from "./matching";
import type { AuthorizationPolicy, Operation, RequestAuthentication, Source, When } from "./objects";
import { principalOf, type Http, type Seen } from "./request";
import { actionOf, isAccount, isDryRun } from "./ztunnel";

/** The answer of one attribute; nothing where the port does not speak HTTP. */
type Answer = boolean | undefined;

/** Whether a proxy that reads HTTP lets a request pass. */
export function envoyAllows(
  policies: readonly AuthorizationPolicy[],
  authentications: readonly RequestAuthentication[],
  seen: Seen,
): boolean {
  const token = authentications.length > 0 ? seen.http?.token : undefined;
  if (token?.valid === false) return false;
  const known = token === undefined ? undefined : token.principal;
  const enforced = policies.filter((policy) => !isDryRun(policy));
  const matching = (action: string) =>
    enforced.filter((policy) => actionOf(policy) === action).map((policy) => matches(policy, seen, known));
  if (matching("CUSTOM").includes(true) && !seen.authorized) return false;
  if (matching("DENY").includes(true)) return false;
  const allowed = matching("ALLOW");
  return allowed.length === 0 || allowed.includes(true);
}

function matches(policy: AuthorizationPolicy, seen: Seen, token: string | undefined): boolean {
  const isAllow = actionOf(policy) === "ALLOW";
  const { namespace = "" } = policy.metadata;
  return (policy.spec?.rules ?? []).some((rule) => {
    const { from = [], to = [], when = [] } = rule;
    const conditions = when.map((each) => conditionAnswer(each, seen, token, namespace));
    const sources = from.map(({ source = {} }) => sourceAnswers(source, seen, token, namespace));
    const operations = to.map(({ operation = {} }) => operationAnswers(operation, seen));
    const all = [conditions, ...sources, ...operations].flat();
    if (isAllow && all.includes(undefined)) return false;
    const holdsAll = (answers: Answer[]) => answers.every((answer) => answer !== false);
    return (
      holdsAll(conditions) &&
      (sources.length === 0 || sources.some(holdsAll)) &&
      (operations.length === 0 || operations.some(holdsAll))
    );
  });
}

const isGiven = (...lists: (readonly string[] | undefined)[]) => lists.some((list) => (list ?? []).length > 0);

/** What HTTP has to say of two lists of values; true where neither is given. */
function ofHttp(
  wanted: string[] | undefined,
  unwanted: string[] | undefined,
  http: Http | undefined,
  test: (each: string, http: Http) => boolean,
): Answer {
  if (!isGiven(wanted, unwanted)) return true;
  return http === undefined ? undefined : holds(wanted, unwanted, (each) => test(each, http));
}

function operationAnswers(operation: Operation, { http, port }: Seen): Answer[] {
  const { hosts, notHosts, methods, notMethods, paths, notPaths, ports, notPorts } = operation;
  return [
    ofHttp(hosts, notHosts, http, (each, { host }) => matchesHost(each, host)),
    ofHttp(methods, notMethods, http, (each, { method }) => matchesText(each, method)),
    ofHttp(paths, notPaths, http, (each, { path }) => matchesPath(each, path)),
    holds(ports, notPorts, (each) => Number(each) === port),
  ];
}

function sourceAnswers(source: Source, seen: Seen, token: string | undefined, policyNamespace: string): Answer[] {
  const { identity, ip, http } = seen;
  return [
    holds(source.principals, source.notPrincipals, (each) => matchesText(each, principalOf(identity))),
    holds(source.namespaces, source.notNamespaces, (each) => matchesText(each, identity?.namespace ?? "")),
    holds(source.serviceAccounts, source.notServiceAccounts, (each) => isAccount(each, identity, policyNamespace)),
    holds(source.trustDomains, source.notTrustDomains, (each) => matchesText(each, identity?.trustDomain ?? "")),
    holds(source.ipBlocks, source.notIpBlocks, (each) => matchesAddress(each, ip)),
    holds(source.remoteIpBlocks, source.notRemoteIpBlocks, (each) => matchesAddress(each, ip)),
    ofHttp(source.requestPrincipals, source.notRequestPrincipals, http, (each) => matchesText(each, token ?? "")),
  ];
}

function conditionAnswer(
  { key, values, notValues }: When,
  seen: Seen,
  token: string | undefined,
  policyNamespace: string,
): Answer {
  const { identity, ip, destinationIp, port, http } = seen;
  const plain = (test: (each: string) => boolean) => holds(values, notValues, test);
  const header = /^request\.headers\[(.+)\]$/.exec(key)?.[1];
  if (header !== undefined) {
    return ofHttp(values, notValues, http, (each, { headers }) =>
      matchesText(each, headers[header.toLowerCase()] ?? ""),
    );
  }
  switch (key) {
    case "source.ip":
    case "remote.ip":
      return plain((each) => matchesAddress(each, ip));
    case "source.namespace":
      return plain((each) => matchesText(each, identity?.namespace ?? ""));
    case "source.principal":
      return plain((each) => matchesText(each, principalOf(identity)));
    case "source.serviceAccount":
      return plain((each) => isAccount(each, identity, policyNamespace));
    case "source.trustDomain":
      return plain((each) => matchesText(each, identity?.trustDomain ?? ""));
    case "destination.ip":
      return plain((each) => matchesAddress(each, destinationIp));
    case "destination.port":
      return plain((each) => Number(each) === port);
    case "request.auth.principal":
      return ofHttp(values, notValues, http, (each) => matchesText(each, token ?? ""));
    default:
      // Claims and filter metadata: nothing here has any.
      return ofHttp(values, notValues, http, () => false);
  }
}
