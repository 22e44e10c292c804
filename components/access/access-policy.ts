// Who may reach the pods of a namespace: by connection, enforced by ztunnel, or by request, enforced by a waypoint.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  AccessRule,
  connectionPolicy,
  denyAll,
  HttpAccessRule,
  requestPolicy,
  Target,
  tokenPolicy,
  waypointOnly,
} from "./objects";
import { accessPolicyRules as rules, elsewhereFault } from "./rules";
import { timeouts } from "../../lib/istio/defaults";
import { conditionMet } from "../support/acceptance";
import { childOf, minutes } from "../support/children";
import { checkedInputs, componentNamed, lateFault, resolved } from "../support/arguments";
import { clusterOf } from "../support/cluster";
import { AccessPolicyArgs, HttpAccessArgs } from "./args";

/**
 * Who may reach the pods of a namespace.
 *
 * ```ts
 * new AccessPolicy("deny", { namespace: shop.name, defaultDeny: true });
 * new AccessPolicy("web", {
 *   namespace: shop.name,
 *   http: { waypoint: waypoint.reference, allow: [{ namespaces: ["shop"], methods: ["GET"] }] },
 * });
 * ```
 */
export class AccessPolicy extends pulumi.ComponentResource {
  /** Names of the AuthorizationPolicies, once their enforcers have accepted them. */
  public readonly policies: pulumi.Output<string[]>;

  constructor(name: string, args: AccessPolicyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("istio-ambient:index:AccessPolicy", name, checkedInputs("AccessPolicy", name, args, rules), opts);
    const policy = normalize(name, args);
    const write = writer(this, name, args, policy);

    const ids: pulumi.Output<string>[] = [];
    if (args.defaultDeny) {
      ids.push(write("deny", ztunnel, policy.pods.apply(denyAll), childOf(this, opts)).accepted);
    }
    if (args.allow) {
      const spec = pulumi
        .all([policy.pods, policy.allow, policy.trustDomain])
        .apply(([pods, allow, domain]) => connectionPolicy(pods, allow, domain));
      ids.push(write("connections", ztunnel, spec, childOf(this, opts)).accepted);
    }
    if (args.http) {
      ids.push(...createRequestRules(name, args.http, policy, write, childOf(this, opts)));
    }
    this.policies = pulumi.all(ids).apply((all) => all.map((id) => id.split("/")[1] ?? ""));
    this.registerOutputs({ policies: this.policies });
  }
}

/** The condition by which an enforcer says that it has accepted a policy. */
const ztunnel = "ZtunnelAccepted";
const byWaypoint = "WaypointAccepted";

function normalize(name: string, args: AccessPolicyArgs) {
  const what = componentNamed("AccessPolicy", name);
  const part = <T>(field: keyof AccessPolicyArgs & string, value: T) =>
    resolved(what, field, value, rules.fields[field]!);
  const namespace = part("namespace", args.namespace);
  const http = part("http", args.http);
  return {
    name: part("name", args.name).apply((given) => given ?? name),
    namespace,
    pods: part("selector", args.selector).apply((selector): Target => ({ selector })),
    allow: part("allow", args.allow).apply((allow) => (allow ?? []) as AccessRule[]),
    trustDomain: part("trustDomain", args.trustDomain),
    http: pulumi.all([http, namespace]).apply(([given, own]) => {
      if (given && !given.services && given.waypoint.namespace !== own) {
        throw lateFault(what, elsewhereFault(given.waypoint.name, given.waypoint.namespace));
      }
      return given!;
    }),
  };
}

type Normalized = ReturnType<typeof normalize>;

interface Written {
  resource: pulumi.CustomResource;
  accepted: pulumi.Output<string>;
}

type Writer = (
  suffix: string,
  enforcer: string,
  spec: pulumi.Output<object>,
  opts: pulumi.CustomResourceOptions,
) => Written;

/** Writes the AuthorizationPolicies of one component and waits for the enforcer of each. */
function writer(parent: pulumi.ComponentResource, name: string, args: AccessPolicyArgs, policy: Normalized): Writer {
  const cluster = clusterOf(parent, "AccessPolicy", name, args.cluster);
  return (suffix, enforcer, spec, opts) => {
    const resource = createObject(name, suffix, "AuthorizationPolicy", policy, spec, opts);
    const what = `AuthorizationPolicy "${name}-${suffix}"`;
    const awaited = {
      what,
      api: "apis/security.istio.io/v1",
      plural: "authorizationpolicies",
      minutes: timeouts.policy,
    };
    return { resource, accepted: conditionMet(resource.id, awaited, enforcer, cluster) };
  };
}

function createObject(
  name: string,
  suffix: string,
  kind: string,
  policy: Normalized,
  spec: pulumi.Output<object>,
  opts: pulumi.CustomResourceOptions,
): pulumi.CustomResource {
  const metadata = { name: pulumi.interpolate`${policy.name}-${suffix}`, namespace: policy.namespace };
  return new k8s.apiextensions.CustomResource(
    `${name}-${suffix}`,
    { apiVersion: "security.istio.io/v1", kind, metadata, spec },
    { ...opts, ...minutes(timeouts.policy) },
  );
}

/**
 * What the waypoint enforces, and then the lock: from there on ztunnel lets only the waypoint reach the pods. Round the
 * waypoint (by a pod's own address, from outside the mesh, through an ingress that skips it, with the waypoint away)
 * connections are refused.
 */
function createRequestRules(
  name: string,
  args: HttpAccessArgs,
  policy: Normalized,
  write: Writer,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string>[] {
  const through = policy.http.apply((http): Target =>
    http.services ? { services: http.services } : { waypoint: http.waypoint.name },
  );
  const tokens = args.jwt ? [createTokens(name, policy, through, opts)] : [];
  const requestSpec = pulumi
    .all([through, policy.http, policy.trustDomain])
    .apply(([to, http, domain]) => requestPolicy(to, http.allow as HttpAccessRule[], domain));
  const requests = write("requests", byWaypoint, requestSpec, pulumi.mergeOptions(opts, { dependsOn: tokens }));
  const lockSpec = pulumi
    .all([policy.pods, policy.http, policy.trustDomain])
    .apply(([pods, http, domain]) => waypointOnly(pods, http.waypoint, domain));
  const enforced = requests.accepted.apply(() => requests.resource);
  const lock = write("waypoint-only", ztunnel, lockSpec, pulumi.mergeOptions(opts, { dependsOn: enforced }));
  return [requests.accepted, lock.accepted];
}

/** Whose tokens are checked. istiod gives a RequestAuthentication no condition that could be awaited. */
function createTokens(
  name: string,
  policy: Normalized,
  through: pulumi.Output<Target>,
  opts: pulumi.CustomResourceOptions,
): pulumi.CustomResource {
  const spec = pulumi.all([through, policy.http]).apply(([to, http]) => tokenPolicy(to, http.jwt!));
  return createObject(name, "tokens", "RequestAuthentication", policy, spec, opts);
}
