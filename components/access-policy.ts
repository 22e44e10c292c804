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
} from "../lib/access-objects";
import { accessPolicyRules as rules, elsewhereFault } from "../lib/access-rules";
import { timeouts } from "../lib/defaults";
import { conditionMet } from "./acceptance";
import { childOf, minutes } from "./children";
import { checkedInputs, componentNamed, lateFault, resolved } from "./inputs";
import { ClusterArgs, clusterOf } from "./support/cluster";
import { WaypointReference } from "./waypoint";

/** Who may connect. What is given has to hold together; of one list any entry is enough. */
export interface AccessRuleArgs {
  /**
   * Namespaces of the clients.
   * @default any
   * @example ["shop", "checkout"]
   */
  namespaces?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Service accounts of the clients, as namespace/name. A client that is in one of these or in one of the namespaces
   * is let in.
   * @default any
   * @example ["shop/web"]
   */
  serviceAccounts?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Ports of the pods, not of the Service.
   * @default every port
   * @example [8080]
   */
  ports?: pulumi.Input<pulumi.Input<number>[]>;
}

/** Which requests are let through. What is given has to hold together; of one list any entry is enough. */
export interface HttpAccessRuleArgs {
  /**
   * Namespaces of the clients.
   * @default any
   * @example ["shop"]
   */
  namespaces?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Service accounts of the clients, as namespace/name. A client that is in one of these or in one of the namespaces
   * is let through.
   * @default any
   * @example ["shop/web"]
   */
  serviceAccounts?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Methods.
   * @default any
   * @example ["GET", "HEAD"]
   */
  methods?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Paths: exact, or with `*` at one end.
   * @default any
   * @example ["/api/*"]
   */
  paths?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Host names of the requests.
   * @default any
   * @example ["shop.example.com"]
   */
  hosts?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Headers, each with the values that it may have.
   * @default any
   * @example { "x-tenant": ["blue"] }
   */
  headers?: pulumi.Input<{ [name: string]: pulumi.Input<pulumi.Input<string>[]> }>;
  /**
   * Claims of a checked token, each with the values that it may have. Dots lead into nested claims.
   * @default none needed
   * @example { groups: ["admin"] }
   */
  claims?: pulumi.Input<{ [name: string]: pulumi.Input<pulumi.Input<string>[]> }>;
}

/** Whose tokens are believed. A request with a wrong token is refused; one without a token has no claims. */
export interface JwtArgs {
  /** The issuer, as in the token's `iss`. */
  issuer: pulumi.Input<string>;
  /**
   * Where istiod fetches the issuer's keys.
   * @default found by OpenID discovery from the issuer
   * @example "https://id.example.com/keys"
   */
  jwksUri?: pulumi.Input<string>;
  /**
   * The keys themselves, as JSON.
   * @default fetched
   * @example "{\"keys\":[]}"
   */
  jwks?: pulumi.Input<string>;
  /**
   * For whom tokens are, as in `aud`.
   * @default anybody
   * @example ["shop"]
   */
  audiences?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * True: the token is passed on to the application.
   * @default false
   * @example true
   */
  forward?: pulumi.Input<boolean>;
}

/** Rules about requests, and the waypoint that enforces them. */
export interface HttpAccessArgs {
  /** The waypoint: `waypoint.reference`. Only it can reach the pods then. */
  waypoint: pulumi.Input<WaypointReference>;
  /**
   * Services whose requests are meant; with `selector` for the pods behind them.
   * @default all that pass through the waypoint, which then is of the same namespace
   * @example ["web"]
   */
  services?: pulumi.Input<pulumi.Input<string>[]>;
  /** Which requests are let through; all others are answered with 403. */
  allow: HttpAccessRuleArgs[];
  /**
   * Whose tokens are checked.
   * @default none
   * @example { issuer: "https://id.example.com", jwksUri: "https://id.example.com/keys" }
   */
  jwt?: JwtArgs;
}

/** Who may reach the pods of a namespace. */
export interface AccessPolicyArgs {
  /**
   * First part of the names of its objects. A change replaces them.
   * @default the component's name
   * @example "web"
   */
  name?: pulumi.Input<string>;
  /** The namespace of the pods. A change replaces everything. */
  namespace: pulumi.Input<string>;
  /**
   * Labels of the pods.
   * @default all of the namespace
   * @example { app: "web" }
   */
  selector?: pulumi.Input<{ [label: string]: pulumi.Input<string> }>;
  /**
   * True: nobody may connect whom no other policy lets in. It stands alone.
   * @default false
   * @example true
   */
  defaultDeny?: boolean;
  /**
   * Who may connect; everybody else may not. Behind a waypoint connections come from the waypoint: use `http` there.
   * @default everybody, unless something else is said here
   * @example [{ namespaces: ["shop"], ports: [8080] }]
   */
  allow?: AccessRuleArgs[];
  /**
   * Which requests are let through, and by which waypoint. The pods are closed to everybody but it.
   * @default all
   * @example { waypoint: waypoint.reference, allow: [{ methods: ["GET"] }] }
   */
  http?: HttpAccessArgs;
  /**
   * The trust domain of the mesh, as its charts were told.
   * @default "cluster.local"
   * @example "example.com"
   */
  trustDomain?: pulumi.Input<string>;
  /**
   * The cluster of an explicit provider, unless another component has named it already.
   * @default that of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}

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
