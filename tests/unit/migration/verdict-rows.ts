// Rows of the verdict table: an object, what becomes of it, and why.
import type { AuthorizationSpec, PeerSpec, Rule } from "../../../lib/migration/objects";

/** What an object gets: the verdict, and why. */
export type Row = [verdict: string, why: string];

export const own = { selector: { matchLabels: { app: "web" } } };
export const from = (source: object): Rule => ({ from: [{ source }] });
export const to = (operation: object): Rule => ({ to: [{ operation }] });

const carried: Row = ["carries-over", "ztunnel enforces it as a sidecar does"];
const dropped = (attributes: string): Row => [
  "needs-waypoint",
  `ztunnel drops rules with ${attributes}: without a waypoint these requests are refused`,
];
const unseen = (attributes: string): Row => [
  "needs-waypoint",
  `ztunnel does not see ${attributes}: without a waypoint the rule has no effect, or refuses more than it says`,
];
const wider = (attributes: string): Row => [
  "needs-waypoint",
  `ztunnel does not look at ${attributes}: without a waypoint it admits more than a sidecar`,
];
const unsent = (action: string): Row => [
  "needs-waypoint",
  `ztunnel does not get ${action} policies: without a waypoint it has no effect`,
];

export const authorization: [string, AuthorizationSpec, Row][] = [
  ["nobody", { ...own }, carried],
  ["everybody", { ...own, rules: [{}] }, carried],
  ["whole-namespace", { rules: [from({ namespaces: ["shop"] })] }, carried],
  ["principals", { ...own, rules: [from({ principals: ["cluster.local/ns/shop/sa/web"] })] }, carried],
  ["not-principals", { ...own, rules: [from({ notPrincipals: ["cluster.local/ns/shop/sa/web"] })] }, carried],
  ["accounts", { ...own, rules: [from({ serviceAccounts: ["web"] })] }, carried],
  ["addresses", { ...own, rules: [from({ ipBlocks: ["10.0.0.0/8"] })] }, carried],
  ["ports", { ...own, rules: [to({ ports: ["8080"] })] }, carried],
  ["other-ports", { ...own, action: "DENY", rules: [to({ notPorts: ["8080"] })] }, carried],
  ["source-condition", { ...own, rules: [{ when: [{ key: "source.principal", values: ["*"] }] }] }, carried],
  ["port-condition", { ...own, rules: [{ when: [{ key: "destination.port", values: ["8080"] }] }] }, carried],
  ["deny-namespaces", { ...own, action: "DENY", rules: [from({ namespaces: ["other"] })] }, carried],
  ["methods", { ...own, rules: [to({ methods: ["GET"] })] }, dropped("methods")],
  ["not-methods", { ...own, rules: [to({ notMethods: ["GET"] })] }, dropped("notMethods")],
  ["paths", { ...own, rules: [to({ paths: ["/a"], ports: ["8080"] })] }, dropped("paths")],
  ["not-paths", { ...own, rules: [to({ notPaths: ["/a"] })] }, dropped("notPaths")],
  ["hosts", { ...own, rules: [to({ hosts: ["web"] })] }, dropped("hosts")],
  ["two-attributes", { ...own, rules: [to({ methods: ["GET"], hosts: ["web"] })] }, dropped("hosts, methods")],
  ["tokens", { ...own, rules: [from({ requestPrincipals: ["*"] })] }, dropped("requestPrincipals")],
  ["no-tokens", { ...own, rules: [from({ notRequestPrincipals: ["*"] })] }, dropped("notRequestPrincipals")],
  ["clients", { ...own, rules: [from({ remoteIpBlocks: ["10.0.0.0/8"] })] }, dropped("remoteIpBlocks")],
  [
    "headers",
    { ...own, rules: [{ when: [{ key: "request.headers[x]", values: ["a"] }] }] },
    dropped("request.headers[x]"),
  ],
  [
    "claims",
    { ...own, rules: [{ when: [{ key: "request.auth.claims[a]", values: ["b"] }] }] },
    dropped("request.auth.claims[a]"),
  ],
  [
    "account-condition",
    { ...own, rules: [{ when: [{ key: "source.serviceAccount", values: ["web"] }] }] },
    dropped("source.serviceAccount"),
  ],
  ["trust-domains", { ...own, rules: [from({ trustDomains: ["td"] })] }, wider("trustDomains")],
  ["domains-and-names", { ...own, rules: [from({ trustDomains: ["td"], namespaces: ["a"] })] }, wider("trustDomains")],
  ["deny-methods", { ...own, action: "DENY", rules: [to({ methods: ["POST"] })] }, unseen("methods")],
  [
    "deny-both",
    { ...own, action: "DENY", rules: [{ ...from({ namespaces: ["a"] }), ...to({ paths: ["/admin"] }) }] },
    unseen("paths"),
  ],
  [
    "deny-no-token",
    { ...own, action: "DENY", rules: [from({ notRequestPrincipals: ["*"] })] },
    unseen("notRequestPrincipals"),
  ],
  [
    "deny-headers",
    { ...own, action: "DENY", rules: [{ when: [{ key: "request.headers[x]", values: ["a"] }] }] },
    unseen("request.headers[x]"),
  ],
  ["deny-domains", { ...own, action: "DENY", rules: [from({ notTrustDomains: ["td"] })] }, unseen("notTrustDomains")],
  ["external", { ...own, action: "CUSTOM", provider: { name: "opa" }, rules: [{}] }, unsent("CUSTOM")],
  ["audited", { ...own, action: "AUDIT", rules: [from({ namespaces: ["a"] })] }, unsent("AUDIT")],
  [
    "attached",
    { targetRefs: [{ kind: "Service", name: "web" }], rules: [to({ methods: ["GET"] })] },
    ["carries-over", "it is attached by targetRefs already"],
  ],
  [
    "nowhere",
    { selector: { matchLabels: { app: "none" } }, rules: [to({ methods: ["GET"] })] },
    ["carries-over", "it holds for no pod of the namespace"],
  ],
  [
    "names-of-tls",
    { ...own, rules: [{ when: [{ key: "connection.sni", values: ["a"] }] }] },
    ["blocks", "only a sidecar can judge connection.sni"],
  ],
  [
    "filters",
    { ...own, rules: [{ when: [{ key: "experimental.envoy.filters.a[b]", values: ["c"] }] }] },
    ["blocks", "only a sidecar can judge experimental.envoy.filters.a[b]"],
  ],
];

export const modes: [string, PeerSpec, Row][] = [
  ["strict", { mtls: { mode: "STRICT" } }, carried],
  ["permissive", { mtls: { mode: "PERMISSIVE" } }, carried],
  ["unset", {}, carried],
  ["one-port", { ...own, mtls: { mode: "STRICT" }, portLevelMtls: { "8080": { mode: "PERMISSIVE" } } }, carried],
  [
    "disabled",
    { mtls: { mode: "DISABLE" } },
    ["blocks", "ztunnel always encrypts between pods of the mesh: DISABLE of mtls has no effect"],
  ],
  [
    "disabled-port",
    { ...own, portLevelMtls: { "9090": { mode: "DISABLE" } } },
    ["blocks", "ztunnel always encrypts between pods of the mesh: DISABLE of portLevelMtls of 9090 has no effect"],
  ],
];

export const istio = "networking.istio.io/v1";
export const parents = (kind?: string) => ({ parentRefs: [{ ...(kind ? { kind } : {}), name: "web" }] });
const stays: Row = ["carries-over", "it is for gateways, which stay"];
const byHttp: Row = ["needs-waypoint", "ztunnel does not route by HTTP"];
const machines: Row = ["blocks", "machines outside the cluster have no ztunnel"];

export const others: [string, string, string, object, Row][] = [
  [
    istio,
    "VirtualService",
    "plain",
    { hosts: ["web"], http: [{ route: [{ destination: { host: "web" } }] }] },
    ["needs-waypoint", "ztunnel does not route by HTTP; VirtualService is alpha on waypoints"],
  ],
  [
    istio,
    "VirtualService",
    "of-mesh",
    { hosts: ["web"], gateways: ["mesh", "edge"] },
    ["needs-waypoint", "ztunnel does not route by HTTP; VirtualService is alpha on waypoints"],
  ],
  [istio, "VirtualService", "of-gateway", { hosts: ["web"], gateways: ["edge"] }, stays],
  [
    istio,
    "VirtualService",
    "delegating",
    { hosts: ["web"], http: [{ delegate: { name: "a" } }] },
    ["blocks", "a waypoint reads no delegates"],
  ],
  [
    istio,
    "VirtualService",
    "by-subset",
    {
      hosts: ["web"],
      http: [
        { route: [{ destination: { host: "web", subset: "v1" } }, { destination: { host: "web", subset: "v2" } }] },
      ],
    },
    ["blocks", "it routes to subsets (v1, v2), which a waypoint may not know"],
  ],
  [
    istio,
    "VirtualService",
    "by-caller",
    {
      hosts: ["web"],
      http: [
        {
          match: [{ sourceLabels: { app: "orders" } }, { sourceNamespace: "other" }],
          route: [{ destination: { host: "web" } }],
        },
      ],
    },
    [
      "blocks",
      "a waypoint drops matches with sourceLabels; a waypoint compares sourceNamespace with its own namespace, not with that of " +
        "the caller",
    ],
  ],
  [
    istio,
    "DestinationRule",
    "limits",
    { host: "web", trafficPolicy: { connectionPool: {} } },
    ["needs-waypoint", "ztunnel has no connection limits, outlier detection or load balancing by HTTP"],
  ],
  [
    istio,
    "DestinationRule",
    "mutual",
    { host: "web", trafficPolicy: { tls: { mode: "ISTIO_MUTUAL" } } },
    ["carries-over", "nothing of it is for sidecars alone"],
  ],
  [
    istio,
    "DestinationRule",
    "plaintext",
    { host: "web", trafficPolicy: { tls: { mode: "DISABLE" } } },
    ["rewritten", "callers with sidecars keep its plaintext; ztunnel encrypts all the same"],
  ],
  [
    istio,
    "DestinationRule",
    "subsets",
    { host: "web", subsets: [{ name: "v1" }] },
    ["loses", "ztunnel knows no subsets: make a Service of each one that is routed to"],
  ],
  [
    istio,
    "Sidecar",
    "egress",
    { egress: [{ hosts: ["./*"] }] },
    ["loses", "ztunnel knows every Service; networking.istio.io/exportTo of a Service comes nearest"],
  ],
  [
    istio,
    "Sidecar",
    "closed",
    { outboundTrafficPolicy: { mode: "REGISTRY_ONLY" } },
    ["hole", "ztunnel lets connections to unknown hosts out, which REGISTRY_ONLY refuses"],
  ],
  [istio, "Gateway", "edge", {}, stays],
  [
    istio,
    "ServiceEntry",
    "api",
    { hosts: ["api.example.com"] },
    ["carries-over", "ztunnel knows its hosts; HTTP of them needs a waypoint"],
  ],
  [istio, "WorkloadEntry", "machine", {}, machines],
  [istio, "WorkloadGroup", "machines", {}, machines],
  [
    "networking.istio.io/v1alpha3",
    "EnvoyFilter",
    "lua",
    {},
    ["hole", "it patches sidecars, has no effect on waypoints, and what it refuses is refused no more"],
  ],
  ["networking.istio.io/v1beta1", "ProxyConfig", "threads", {}, ["loses", "ztunnel takes no settings by pod"]],
  [
    "extensions.istio.io/v1alpha1",
    "WasmPlugin",
    "waf",
    { ...own },
    ["hole", "ztunnel runs no plugins, and a waypoint takes it by targetRefs alone"],
  ],
  [
    "extensions.istio.io/v1alpha1",
    "WasmPlugin",
    "attached-waf",
    { targetRefs: [{ kind: "Gateway", name: "waypoint" }] },
    ["carries-over", "it is attached by targetRefs already"],
  ],
  [
    "telemetry.istio.io/v1",
    "Telemetry",
    "tracing",
    { ...own },
    [
      "loses",
      "ztunnel has metrics and logs of connections, not of requests, and a waypoint takes it by targetRefs alone",
    ],
  ],
  [
    "telemetry.istio.io/v1",
    "Telemetry",
    "attached",
    { targetRefs: [{ kind: "Gateway", name: "waypoint" }] },
    ["carries-over", "it is attached by targetRefs already"],
  ],
  ["gateway.networking.k8s.io/v1", "HTTPRoute", "inside", parents("Service"), byHttp],
  ["gateway.networking.k8s.io/v1", "HTTPRoute", "outside", parents(), stays],
  ["gateway.networking.k8s.io/v1", "GRPCRoute", "inside-grpc", parents("Service"), byHttp],
  ["gateway.networking.k8s.io/v1", "GRPCRoute", "outside-grpc", parents("Gateway"), stays],
  [
    "example.com/v1",
    "Thing",
    "unknown",
    {},
    ["loses", "this package does not know the kind; nothing is done about it"],
  ],
  [
    "networking.istio.io/v1alpha3",
    "EnvoyFilter",
    "of-gateways",
    { configPatches: [{ match: { context: "GATEWAY" } }] },
    ["carries-over", "it is for no pod that is migrated"],
  ],
  [
    "networking.istio.io/v1alpha3",
    "EnvoyFilter",
    "of-others",
    { workloadSelector: { labels: { app: "none" } } },
    ["carries-over", "it is for no pod that is migrated"],
  ],
  [
    "telemetry.istio.io/v1",
    "Telemetry",
    "of-others",
    { selector: { matchLabels: { app: "none" } } },
    ["carries-over", "it is for no pod that is migrated"],
  ],
];
