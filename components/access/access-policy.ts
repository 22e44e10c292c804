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
import { accessPolicyObjects } from "../../lib/istio/names";
import { accessPolicyRules as rules, elsewhereViolation } from "./rules";
import { timeouts } from "../../lib/istio/defaults";
import { conditionMet } from "../support/acceptance";
import { childOf, minutes } from "../support/children";
import { checkedInputs, componentNamed, refuseLate, resolved, resolvedMetadata } from "../support/arguments";
import { clusterOf } from "../support/cluster";
import { withReferences } from "../support/given-resources";
import { childrenOf, keepChildren } from "../support/made";
import { earlyName } from "../support/program";
import { anotherName, OwnDetails, ownObject, Writer } from "../support/ownership";
import { checkedReferences } from "../support/references";
import { gatewaysOf, placesOfPolicy, waypointOfRequests } from "./references";
import { AccessPolicyArgs } from "./args";

/** The resources of an AccessPolicy. */
export interface AccessPolicyChildren {
  /** The AuthorizationPolicies, in the order of the output `policies`. */
  policies: pulumi.CustomResource[];
  /** The RequestAuthentication of `http.jwt`. */
  tokens?: pulumi.CustomResource;
}

/**
 * Which clients may reach the pods of a namespace.
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
  /** Names of the AuthorizationPolicies. Available once their enforcers have accepted them. */
  public readonly policies: pulumi.Output<string[]>;

  constructor(name: string, args: AccessPolicyArgs, opts?: pulumi.ComponentResourceOptions) {
    args = withReferences(args);
    super("istio-ambient:index:AccessPolicy", name, checkedInputs("AccessPolicy", name, args, rules), opts);
    const cluster = clusterOf(this, "AccessPolicy", name, args.cluster);
    const what = componentNamed("AccessPolicy", name);
    const writer = { what, cluster, opts, namespace: earlyName(args.namespace) };
    const policy = normalize(args, name, writer);
    const write = writerOf(name, args, writer, policy);

    const written: Written[] = [];
    if (args.defaultDeny) {
      written.push(write("deny", ztunnel, policy.pods.apply(denyAll), childOf(this, opts)));
    }
    if (args.allow) {
      const spec = pulumi
        .all([policy.pods, policy.allow, policy.trustDomain])
        .apply(([pods, allow, domain]) => connectionPolicy(pods, allow, domain));
      written.push(write("connections", ztunnel, spec, childOf(this, opts)));
    }
    const tokens = args.http?.jwt ? createTokens(name, write.writer, policy, childOf(this, opts)) : undefined;
    if (args.http) {
      written.push(...createRequestRules(policy, write, tokens ? [tokens] : [], childOf(this, opts)));
    }
    keepChildren<AccessPolicyChildren>(this, { policies: written.map(({ resource }) => resource), tokens });
    this.policies = pulumi
      .all(written.map(({ accepted }) => accepted))
      .apply((all) => all.map((id) => id.split("/")[1] ?? ""));
    this.registerOutputs({ policies: this.policies });
  }

  /** The raw resources: `policies`, and `tokens` with `http.jwt`. */
  public get children(): AccessPolicyChildren {
    return childrenOf(this);
  }
}

/** The condition by which an enforcer says that it has accepted a policy. */
const ztunnel = "ZtunnelAccepted";
const byWaypoint = "WaypointAccepted";

function normalize(args: AccessPolicyArgs, name: string, writer: Writer) {
  const { what } = writer;
  const part = <T>(field: keyof AccessPolicyArgs & string, value: T) =>
    resolved(what, field, value, rules.fields[field]!);
  const namespace = part("namespace", args.namespace);
  const given = pulumi.all([part("http", args.http), pulumi.output(writer.namespace ?? namespace)]);
  const http = checkedReferences(writer, given, ([known, into]) =>
    known ? [...waypointOfRequests(args, known.waypoint, into), ...gatewaysOf("http.allow", known.allow)] : [],
  ).apply(([known]) => known);
  const allowed = part("allow", args.allow).apply((allow) => (allow ?? []) as AccessRule[]);
  return {
    name: part("name", args.name).apply((given) => given ?? name),
    namespace,
    pods: part("selector", args.selector).apply((selector): Target => ({ selector })),
    allow: checkedReferences(writer, allowed, (allow) => gatewaysOf("allow", allow)),
    trustDomain: part("trustDomain", args.trustDomain),
    given: resolvedMetadata(what, args, rules),
    http: pulumi.all([http, namespace]).apply(async ([known, own]) => {
      const isElsewhere = known && !known.services && known.waypoint.namespace !== own;
      const { waypoint } = known ?? {};
      await refuseLate(what, isElsewhere ? [elsewhereViolation(waypoint!.name, waypoint!.namespace)] : []);
      return known!;
    }),
  };
}

type Normalized = ReturnType<typeof normalize>;

/** One object of the policy; the resource in the program is named as the object is. */
type Part = keyof typeof accessPolicyObjects;

interface Written {
  resource: pulumi.CustomResource;
  accepted: pulumi.Output<string>;
}

interface Write {
  (part: Part, enforcer: string, spec: pulumi.Output<object>, opts: pulumi.CustomResourceOptions): Written;
  writer: Writer;
}

/** Writes the AuthorizationPolicies of one component and waits for the enforcer of each. */
function writerOf(name: string, args: AccessPolicyArgs, writer: Writer, policy: Normalized): Write {
  const write = (
    part: Part,
    enforcer: string,
    spec: pulumi.Output<object>,
    opts: pulumi.CustomResourceOptions,
  ): Written => {
    const details = { refersTo: (into: string) => placesOfPolicy(args, into) };
    const resource = createObject(name, part, "AuthorizationPolicy", writer, policy, spec, opts, details);
    const what = `AuthorizationPolicy "${accessPolicyObjects[part](name)}"`;
    const awaited = {
      what,
      api: "apis/security.istio.io/v1",
      plural: "authorizationpolicies",
      minutes: timeouts.policy,
      wasMade: true,
    };
    return { resource, accepted: conditionMet(resource.id, awaited, enforcer, writer.cluster) };
  };
  return Object.assign(write, { writer });
}

function createObject(
  name: string,
  part: Part,
  kind: "AuthorizationPolicy" | "RequestAuthentication",
  writer: Writer,
  policy: Normalized,
  spec: pulumi.Output<object>,
  opts: pulumi.CustomResourceOptions,
  details: OwnDetails = {},
): pulumi.CustomResource {
  const given = { ...policy.given, name: policy.name.apply(accessPolicyObjects[part]), namespace: policy.namespace };
  const wayOut = policy.name.apply((taken) => anotherName(taken));
  const metadata = ownObject(writer, kind, given, wayOut, details);
  return new k8s.apiextensions.CustomResource(
    accessPolicyObjects[part](name),
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
  policy: Normalized,
  write: Write,
  tokens: pulumi.CustomResource[],
  opts: pulumi.CustomResourceOptions,
): Written[] {
  const requestSpec = pulumi
    .all([behind(policy), policy.http, policy.trustDomain])
    .apply(([to, http, domain]) => requestPolicy(to, http.allow as HttpAccessRule[], domain));
  const requests = write("requests", byWaypoint, requestSpec, pulumi.mergeOptions(opts, { dependsOn: tokens }));
  const lockSpec = pulumi
    .all([policy.pods, policy.http, policy.trustDomain])
    .apply(([pods, http, domain]) => waypointOnly(pods, http.waypoint, domain));
  const enforced = requests.accepted.apply(() => requests.resource);
  const lock = write("waypointOnly", ztunnel, lockSpec, pulumi.mergeOptions(opts, { dependsOn: enforced }));
  return [requests, lock];
}

/** What the waypoint applies its rules to: these Services, or all that it serves. */
function behind(policy: Normalized): pulumi.Output<Target> {
  return policy.http.apply((http) => (http.services ? { services: http.services } : { waypoint: http.waypoint.name }));
}

/** Whose tokens are checked. istiod gives a RequestAuthentication no condition that could be awaited. */
function createTokens(
  name: string,
  writer: Writer,
  policy: Normalized,
  opts: pulumi.CustomResourceOptions,
): pulumi.CustomResource {
  const spec = pulumi.all([behind(policy), policy.http]).apply(([to, http]) => tokenPolicy(to, http.jwt!));
  return createObject(name, "tokens", "RequestAuthentication", writer, policy, spec, opts);
}
