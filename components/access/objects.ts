// Specs of the objects behind an access policy: AuthorizationPolicies for ztunnel and for a waypoint, and checked tokens.
import { defined } from "../../lib/json";
import { trustDomain } from "../../lib/istio/defaults";
import { waypointPrincipal, WaypointSettings } from "../waypoint/objects";

/** An ingress gateway as a client. */
export interface GatewayClient {
  name: string;
  namespace: string;
  serviceAccount: string;
}

/** Who may connect, and to which ports. */
export interface AccessRule {
  namespaces?: string[];
  serviceAccounts?: string[];
  gateway?: GatewayClient;
  ports?: number[];
}

/** Which requests of whom are admitted. */
export interface HttpAccessRule {
  namespaces?: string[];
  serviceAccounts?: string[];
  gateway?: GatewayClient;
  methods?: string[];
  paths?: string[];
  hosts?: string[];
  headers?: { [name: string]: string[] };
  claims?: { [name: string]: string[] };
}

/** Whose tokens are believed. */
export interface Jwt {
  issuer: string;
  jwksUri?: string;
  jwks?: string;
  audiences?: string[];
  forward?: boolean;
}

/** What an AuthorizationPolicy is attached to. */
export interface Target {
  /** Pods by their labels; all of the namespace where it is not given. */
  selector?: { [label: string]: string };
  /** Services, enforced by their waypoint. */
  services?: string[];
  /** The waypoint itself, for everything that passes through it. */
  waypoint?: string;
}

/** The SPIFFE identity of `namespace/name`, as policies write it. */
export function principal(serviceAccount: string, domain: string = trustDomain): string {
  const [namespace, name] = serviceAccount.split("/");
  return `${domain}/ns/${namespace}/sa/${name}`;
}

/** Only these may connect: enforced by ztunnel, for every way to the pods. */
export function connectionPolicy(target: Target, rules: AccessRule[], domain?: string): object {
  return { ...hungOn(target), action: "ALLOW", rules: rules.map((rule) => connectionRule(rule, domain)) };
}

function connectionRule(rule: AccessRule, domain: string | undefined): object {
  const to = rule.ports ? [{ operation: { ports: rule.ports.map(String) } }] : undefined;
  return defined({ from: sources(rule, domain), to });
}

/** Who, one source each way of saying it: any of them is enough. */
function sources(rule: AccessRule | HttpAccessRule, domain: string | undefined): object[] | undefined {
  const { namespaces, serviceAccounts = [], gateway } = rule;
  const accounts = [...serviceAccounts, ...(gateway ? [`${gateway.namespace}/${gateway.serviceAccount}`] : [])];
  const from = [
    ...(namespaces ? [{ source: { namespaces } }] : []),
    ...(accounts.length > 0 ? [{ source: { principals: accounts.map((each) => principal(each, domain)) } }] : []),
  ];
  return from.length > 0 ? from : undefined;
}

/** No client may connect: an ALLOW policy without rules. */
export function denyAll(target: Target): object {
  return { ...hungOn(target), action: "ALLOW", rules: undefined };
}

/** Only these requests are let through: enforced by the waypoint. */
export function requestPolicy(target: Target, rules: HttpAccessRule[], domain?: string): object {
  return { ...hungOn(target), action: "ALLOW", rules: rules.map((rule) => requestRule(rule, domain)) };
}

function requestRule(rule: HttpAccessRule, domain: string | undefined): object {
  const { methods, paths, hosts, headers, claims } = rule;
  const operation = defined({ methods, paths, hosts });
  const when = [
    ...Object.entries(headers ?? {}).map(([name, values]) => ({ key: `request.headers[${name}]`, values })),
    ...Object.entries(claims ?? {}).map(([name, values]) => ({ key: `request.auth.claims${claimKey(name)}`, values })),
  ];
  return defined({
    from: sources(rule, domain),
    to: Object.keys(operation).length > 0 ? [{ operation }] : undefined,
    when: when.length > 0 ? when : undefined,
  });
}

/** `realm.roles` gives `[realm][roles]`: claims may be nested. */
function claimKey(name: string): string {
  return name
    .split(".")
    .map((part) => `[${part}]`)
    .join("");
}

/** Only the waypoint may connect: without it, by the pod's address or from outside the mesh, every connection is refused. */
export function waypointOnly(target: Target, waypoint: WaypointSettings, domain: string = trustDomain): object {
  const principals = [waypointPrincipal(waypoint, domain)];
  return { ...hungOn(target), action: "ALLOW", rules: [{ from: [{ source: { principals } }] }] };
}

/** Tokens are checked before rules look at their claims; a token that is wrong is refused. */
export function tokenPolicy(target: Target, jwt: Jwt): object {
  const { issuer, jwksUri, jwks, audiences, forward } = jwt;
  const rule = defined({ issuer, jwksUri, jwks, audiences, forwardOriginalToken: forward });
  return { ...hungOn(target), jwtRules: [rule] };
}

function hungOn(target: Target): object {
  if (target.waypoint !== undefined) {
    return { targetRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: target.waypoint }] };
  }
  if (target.services) {
    return { targetRefs: target.services.map((name) => ({ group: "", kind: "Service", name })) };
  }
  return target.selector ? { selector: { matchLabels: target.selector } } : {};
}
