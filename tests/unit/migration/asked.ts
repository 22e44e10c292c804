// Namespaces by chance for the tests of plans, the requests that are asked of them, and what of these a plan lets pass.
import * as fc from "fast-check";
import type { MigrationFacts } from "../../../lib/migration/facts";
import { meshOf, momentsOf, strangers } from "../../../lib/migration/moments";
import { isAllowed, servicesOf, type Call, type Mesh, type Pods } from "../../../lib/migration/model";
import type { Rule } from "../../../lib/migration/objects";
import type { Direction, Step } from "../../../lib/migration/steps";
import type { Http } from "../../../lib/migration/request";
import { namespace, peer, policy, root, service, shop, sidecarPod, tokens, traffic, workload } from "./shop";

const accounts = ["web", "orders", "stock"];
const pick = <T>(...values: T[]) => fc.constantFrom(...values);
const some = <T>(...values: T[]) => fc.subarray(values, { minLength: 1, maxLength: Math.min(2, values.length) });

export const principals = [
  ...accounts.map((name) => `cluster.local/ns/${namespace}/sa/${name}`),
  ...["cluster.local/ns/other/sa/caller", "*", "cluster.local/ns/shop/*"],
  ...["mesh.example/ns/other/sa/caller", "old.example/ns/shop/sa/web", "*.example/ns/shop/sa/orders"],
];

const source = fc
  .record(
    {
      principals: some(...principals),
      notPrincipals: some(...principals),
      namespaces: some("shop", "other"),
      notNamespaces: some("shop", "other"),
      serviceAccounts: some("web", "other/caller"),
      requestPrincipals: some("*", "issuer/alice"),
      notIpBlocks: some("10.0.0.0/24", "192.168.0.0/16"),
      trustDomains: some("cluster.local", "elsewhere"),
    },
    { requiredKeys: [] },
  )
  .filter((fields) => Object.keys(fields).length > 0 && Object.keys(fields).length < 3);

const operation = fc
  .record(
    {
      methods: some("GET", "POST"),
      paths: some("/public/*", "/admin"),
      notPaths: some("/admin"),
      ports: some("8080", "9090"),
      notPorts: some("80", "9090"),
    },
    { requiredKeys: [] },
  )
  .filter((fields) => Object.keys(fields).length > 0 && Object.keys(fields).length < 3);

const condition = fc.oneof(
  fc.record({ key: pick("source.namespace"), values: some("shop", "other") }),
  fc.record({ key: pick("request.headers[x-user]"), values: some("alice") }),
  fc.record({ key: pick("destination.port"), values: some("8080") }),
  fc.record({ key: pick("source.principal"), notValues: some(...principals) }),
  fc.record({ key: pick("destination.ip"), values: some("10.0.0.0/24", "10.96.0.0/16") }),
);

const rule: fc.Arbitrary<Rule> = fc.record(
  {
    from: fc.array(fc.record({ source }), { minLength: 1, maxLength: 2 }),
    to: fc.array(fc.record({ operation }), { minLength: 1, maxLength: 2 }),
    when: fc.array(condition, { minLength: 1, maxLength: 1 }),
  },
  { requiredKeys: [] },
);

const selector = fc.oneof(
  pick(...accounts, "lone").map((app) => ({ selector: { matchLabels: { app } } })),
  fc.constant({}),
);

/** Pods with sidecars that nothing makes anew, alone behind a Service, or what keeps out of the mesh. */
const lone = pick(
  { kind: "Pod" },
  { pods: [{ ...sidecarPod, sidecar: false }], podAnnotations: { "sidecar.istio.io/inject": "false" } },
  { pods: [{ ...sidecarPod, sidecar: false }], hostNetwork: true },
);

const policies = fc.array(
  fc.tuple(
    pick("ALLOW", "ALLOW", "DENY", "DENY", "CUSTOM", "AUDIT"),
    selector,
    fc.array(rule, { maxLength: 2 }),
    pick(namespace, namespace, root),
  ),
  { maxLength: 4 },
);

export const plain = { namespace: "plain", serviceAccount: "default", mode: "none", pods: 1 } as const;

const mode = pick("STRICT", "PERMISSIVE", undefined);

export const trusts = [
  { trustDomain: "cluster.local", trustDomainAliases: [] },
  { trustDomain: "mesh.example", trustDomainAliases: [] },
  { trustDomain: "mesh.example", trustDomainAliases: ["old.example", "cluster.local"] },
  { trustDomain: "cluster.local", trustDomainAliases: ["old.example"] },
];

/** Rules of a route on the Service `web`: none, or one that may lead to other pods or rewrite paths. */
const route = fc.oneof(
  fc.constant([]),
  fc
    .record(
      {
        matches: fc.constant([{ headers: [{ name: "x-user", value: "alice" }] }]),
        filters: fc.constant([
          { type: "URLRewrite", urlRewrite: { path: { type: "ReplaceFullPath", replaceFullPath: "/admin" } } },
        ]),
        backendRefs: pick("web", "orders", "stock").map((name) => [{ name, port: 80 }]),
      },
      { requiredKeys: ["backendRefs"] },
    )
    .map((made) => [made]),
);

export function routeTo(rules: readonly object[], name = "web") {
  const spec = { parentRefs: [{ kind: "Service", name }], rules };
  return traffic("gateway.networking.k8s.io/v1", "HTTPRoute", "r", spec);
}

export const facts: fc.Arbitrary<MigrationFacts> = fc
  .record({
    policies,
    mode,
    withTokens: fc.option(selector, { nil: undefined }),
    isOld: fc.boolean(),
    isOut: fc.boolean(),
    sharesService: fc.boolean(),
    noService: fc.boolean(),
    otherPort: pick(8080, 80, 9090),
    bare: fc.boolean(),
    lone: fc.option(lone, { nil: undefined }),
    routed: fc.option(route, { nil: undefined }),
    loneRouted: fc.boolean(),
    hasWaypoint: fc.boolean(),
    isHalf: fc.boolean(),
    trust: pick(...trusts),
  })
  .map((made) => {
    const pods = [{ ...sidecarPod, hbone: !made.isOld }];
    const out = {
      podLabels: { app: "batch", "sidecar.istio.io/inject": "false" },
      pods: [{ ...sidecarPod, sidecar: false }],
    };
    const ports = [
      { port: made.otherPort, targetPort: 8080 },
      { port: 81, targetPort: 9090 },
    ];
    return shop({
      ...made.trust,
      workloads: [
        workload("web", { pods }),
        workload("orders", {
          ...(made.isHalf ? { pods: [sidecarPod, { ...sidecarPod, sidecar: false, captured: true }] } : {}),
          podLabels: { app: "orders", group: "all" },
        }),
        workload("stock", { podLabels: { app: "stock", group: "all" } }),
        ...(made.isOut ? [workload("batch", out)] : []),
        ...(made.lone ? [workload("lone", made.lone)] : []),
        ...(made.bare
          ? [workload("tool", { kind: "Pod", podLabels: { app: "web" }, pods: [{ ...sidecarPod, name: "tool" }] })]
          : []),
      ],
      services: [
        service("web"),
        service("orders", { ports }),
        ...(made.noService ? [] : [service("stock")]),
        ...(made.lone ? [service("lone")] : []),
        ...(made.sharesService ? [service("all", { selector: { group: "all" } })] : []),
      ],
      policies: made.policies.map(([action, attached, rules, at], index) =>
        policy(`p${index}`, { ...attached, action, rules }, { namespace: at }),
      ),
      authentications: made.withTokens ? [tokens("jwt", { jwtRules: [{}], ...made.withTokens })] : [],
      peers: made.mode === undefined ? [] : [peer("default", { mtls: { mode: made.mode } })],
      waypoints: made.hasWaypoint ? ["waypoint"] : [],
      traffic: [
        ...(made.routed ? [routeTo(made.routed)] : []),
        ...(made.loneRouted ? [routeTo([{ backendRefs: [{ name: "lone", port: 80 }] }], "lone")] : []),
      ],
      callers: [
        { namespace: "other", serviceAccount: "caller", mode: "sidecar", pods: 1 },
        { namespace: "other", serviceAccount: "early", mode: "ambient", pods: 1 },
        plain,
        { namespace: "edge", serviceAccount: "gateway", mode: "gateway", pods: 1 },
      ],
    });
  });

const https: (Http | undefined)[] = [
  undefined,
  { host: "web", method: "GET", path: "/public/a", headers: {} },
  {
    host: "web",
    method: "POST",
    path: "/admin",
    headers: { "x-user": "alice" },
    token: { principal: "issuer/alice", valid: true },
  },
  { host: "web", method: "POST", path: "/public/a", headers: {}, token: { principal: "issuer/bob", valid: false } },
  { host: "web", method: "GET", path: "/admin", headers: {} },
];

/** A call by names: pods change from moment to moment. */
export interface Wish {
  from: Call["from"] | string;
  to: string;
  service?: string;
  port: number;
  http?: Http;
  authorized: boolean;
}

export function wishes(made: MigrationFacts): Wish[] {
  const servers = made.workloads.filter(({ kind, name }) => kind === "Deployment" || name === "lone");
  const hasCustom = made.policies.some(({ spec }) => spec?.action === "CUSTOM");
  const offers = (name: string | undefined, port: number) =>
    name === undefined ||
    made.services.some((each) => each.name === name && each.ports.some(({ targetPort }) => targetPort === port));
  return servers.flatMap((server) =>
    [...made.workloads.map(({ name }) => name), ...strangers(made)].flatMap((from) =>
      [undefined, ...servicesOf(made.services, server).map(({ name }) => name)].flatMap((to) =>
        [8080, 9090]
          .filter((port) => offers(to, port))
          .flatMap((port) =>
            https.flatMap((http) =>
              (hasCustom ? [true, false] : [true]).map((authorized) => ({
                from,
                to: server.name,
                port,
                authorized,
                ...(to === undefined ? {} : { service: to }),
                ...(http === undefined ? {} : { http }),
              })),
            ),
          ),
      ),
    ),
  );
}

export function answer(mesh: Mesh, wish: Wish): boolean {
  const find = (name: string): Pods => mesh.pods.find((pods) => pods.name === name)!;
  const called = mesh.services.find(({ name }) => name === wish.service);
  return isAllowed(mesh, {
    from: typeof wish.from === "string" ? find(wish.from) : wish.from,
    to: find(wish.to),
    port: wish.port,
    authorized: wish.authorized,
    ...(called ? { service: called } : {}),
    ...(wish.http ? { http: wish.http } : {}),
  });
}

/** Requests that the first mesh refuses and another one of the moments allows. */
export function holes(
  made: MigrationFacts,
  begin: Mesh,
  direction: Direction,
  asked: Wish[],
  steps: Step[],
  reached?: number,
): string[] {
  // A sidecar without HBONE refuses ambient callers for want of a common language: no policy is behind that.
  const understood = {
    ...made,
    workloads: made.workloads.map((each) => ({ ...each, pods: each.pods.map((pod) => ({ ...pod, hbone: true })) })),
  };
  const refused = asked.filter((wish) => !answer(meshOf(made), wish) && !answer(meshOf(understood), wish));
  return momentsOf(begin, steps, direction, reached).flatMap(({ step, mesh }) =>
    refused.filter((wish) => answer(mesh, wish)).map((wish) => `${step}: ${JSON.stringify(wish)}`),
  );
}
