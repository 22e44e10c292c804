// The model of Istio's evaluation, case by case, with what its sources say.
import * as assert from "node:assert/strict";
import { isAllowed, type Call, type Mesh, type PodMode, type Pods } from "../../../lib/migration/model";
import type { AuthorizationSpec, PeerSpec, Rule, Service } from "../../../lib/migration/objects";
import type { Http } from "../../../lib/migration/request";
import { namespace, peer, policy, root, service, tokens } from "./shop";

const post: Http = { host: "web", method: "POST", path: "/orders/1", headers: { "x-user": "alice" } };
const waypoint = { "istio.io/use-waypoint": "waypoint" };

interface Scene {
  policies?: (AuthorizationSpec & { at?: string })[];
  peers?: PeerSpec[];
  from?: PodMode | "gateway";
  to?: PodMode;
  service?: Partial<Service>;
  waypoint?: boolean;
  http?: Http;
  tcp?: boolean;
  tokens?: boolean;
  authorized?: boolean;
  /** Trust domains of the mesh, its own first. */
  domains?: string[];
}

function allows(scene: Scene): boolean {
  const pods = (name: string, modes: PodMode[]): Pods => ({
    namespace,
    name,
    podLabels: { app: name },
    serviceAccount: name,
    modes,
  });
  const called = scene.service && service("web", scene.service);
  const to = pods("web", [scene.to ?? "ambient"]);
  const from: Call["from"] =
    scene.from === "gateway"
      ? { namespace: "edge", serviceAccount: "edge", modes: ["gateway"] }
      : pods("client", [scene.from ?? "ambient"]);
  const mesh: Mesh = {
    root,
    trustDomain: scene.domains?.[0] ?? "cluster.local",
    trustDomainAliases: scene.domains?.slice(1) ?? [],
    pods: [to],
    services: called ? [called] : [],
    routes: [],
    waypoints: scene.waypoint ? [`${namespace}/waypoint`] : [],
    policies: (scene.policies ?? []).map(({ at, ...spec }, index) =>
      policy(`p${index}`, spec, { namespace: at ?? namespace }),
    ),
    authentications: scene.tokens ? [tokens("jwt")] : [],
    peers: (scene.peers ?? []).map((spec, index) => peer(`m${index}`, spec)),
  };
  return isAllowed(mesh, {
    from,
    to,
    port: 8080,
    authorized: scene.authorized ?? true,
    ...(called ? { service: called } : {}),
    ...(scene.tcp ? {} : { http: scene.http ?? post }),
  });
}

const by = (name: string) => ({ from: [{ source: { principals: [`cluster.local/ns/${namespace}/sa/${name}`] } }] });
const methods = (...names: string[]) => ({ to: [{ operation: { methods: names } }] });
const deny = (...rules: Rule[]) => ({ action: "DENY", rules });
const allow = (...rules: Rule[]) => ({ action: "ALLOW", rules });

const cases: [string, Scene, boolean][] = [
  ["nothing refuses where there is no policy", {}, true],
  ["ztunnel holds identities", { policies: [allow(by("client"))] }, true],
  ["ztunnel refuses other identities", { policies: [allow(by("other"))] }, false],
  ["ztunnel drops an ALLOW rule with methods", { policies: [allow(methods("POST"))] }, false],
  ["a sidecar holds methods", { to: "sidecar", policies: [allow(methods("POST"))] }, true],
  ["a DENY of methods matches nothing at ztunnel", { policies: [deny(methods("POST"))] }, true],
  ["a sidecar refuses by it", { to: "sidecar", policies: [deny(methods("POST"))] }, false],
  ["nor does one of an identity and methods", { policies: [deny({ ...by("client"), ...methods("POST") })] }, true],
  [
    "one of a port and methods refuses all methods",
    { policies: [deny({ to: [{ operation: { methods: ["GET"], ports: ["8080"] } }] })] },
    false,
  ],
  ["an empty rule matches everything", { policies: [deny({})] }, false],
  ["a policy without rules matches nothing", { policies: [allow()] }, false],
  [
    "ztunnel ignores trust domains beside others",
    { policies: [allow({ from: [{ source: { trustDomains: ["td"], namespaces: ["shop"] } }] })] },
    true,
  ],
  [
    "a sidecar does not",
    { to: "sidecar", policies: [allow({ from: [{ source: { trustDomains: ["td"], namespaces: ["shop"] } }] })] },
    false,
  ],
  ["CUSTOM never gets to ztunnel", { policies: [{ action: "CUSTOM", rules: [{}] }], authorized: false }, true],
  [
    "a sidecar asks the authorizer",
    { to: "sidecar", policies: [{ action: "CUSTOM", rules: [{}] }], authorized: false },
    false,
  ],
  ["AUDIT refuses nothing", { to: "sidecar", policies: [{ action: "AUDIT", rules: [{}] }] }, true],
  [
    "on a TCP port a sidecar drops ALLOW rules with methods",
    { to: "sidecar", tcp: true, policies: [allow(methods("POST"))] },
    false,
  ],
  ["and widens DENY rules", { to: "sidecar", tcp: true, policies: [deny(methods("GET"))] }, false],
  [
    "but not by addresses of clients, which it knows of TCP too",
    { to: "sidecar", tcp: true, policies: [deny({ from: [{ source: { remoteIpBlocks: ["255.255.255.255/32"] } }] })] },
    true,
  ],
  ["policies of the root namespace hold everywhere", { policies: [{ ...deny(by("client")), at: root }] }, false],
  ["those of other namespaces do not", { policies: [{ ...deny(by("client")), at: "other" }] }, true],
  ["STRICT refuses pods outside the mesh", { from: "none", peers: [{ mtls: { mode: "STRICT" } }] }, false],
  ["PERMISSIVE does not", { from: "none" }, true],
  [
    "a port can be open",
    {
      from: "none",
      peers: [
        { mtls: { mode: "STRICT" } },
        { selector: { matchLabels: { app: "web" } }, portLevelMtls: { "8080": { mode: "PERMISSIVE" } } },
      ],
    },
    true,
  ],
  ["a sidecar without HBONE has no identity for ztunnel", { from: "oldSidecar", policies: [deny(by("client"))] }, true],
  ["one with HBONE has", { from: "sidecar", policies: [deny(by("client"))] }, false],
  ["sidecars know each other", { from: "oldSidecar", to: "oldSidecar", policies: [deny(by("client"))] }, false],
  [
    "a token that is invalid is refused",
    { to: "sidecar", tokens: true, http: { ...post, token: { principal: "a/b", valid: false } } },
    false,
  ],
  ["ztunnel does not see it", { tokens: true, http: { ...post, token: { principal: "a/b", valid: false } } }, true],
  [
    "pods outside the mesh refuse nothing",
    { to: "none", policies: [deny({})], peers: [{ mtls: { mode: "STRICT" } }] },
    true,
  ],
];

const renamed = ["mesh.example", "old.example"];

const trustDomains: [string, Scene, boolean][] = [
  [
    "a sidecar reads cluster.local as its own",
    { to: "sidecar", domains: renamed, policies: [deny(by("client"))] },
    false,
  ],
  ["ztunnel compares it as it is written", { domains: renamed, policies: [deny(by("client"))] }, true],
  [
    "a sidecar reads an alias as its own",
    {
      to: "sidecar",
      domains: renamed,
      policies: [deny({ when: [{ key: "source.principal", values: ["old.example/ns/shop/sa/client"] }] })],
    },
    false,
  ],
  [
    "a sidecar reads the trust domain of others as it is written",
    {
      to: "sidecar",
      domains: renamed,
      policies: [allow({ from: [{ source: { principals: ["elsewhere/ns/shop/sa/client"] } }] })],
    },
    false,
  ],
  [
    "a sidecar reads an incomplete principal as it is written",
    {
      to: "sidecar",
      domains: renamed,
      policies: [deny({ from: [{ source: { principals: ["cluster.local/ns/shop/*"] } }] })],
    },
    true,
  ],
  [
    "a sidecar reads trustDomains with the aliases",
    {
      to: "sidecar",
      domains: renamed,
      policies: [allow({ from: [{ source: { trustDomains: ["old.example"] } }] })],
    },
    true,
  ],
];

const attached = { targetRefs: [{ kind: "Service", name: "web" }] };
const behind: Scene = { service: { labels: waypoint }, waypoint: true };

const throughWaypoints: [string, Scene, boolean][] = [
  [
    "holds what is attached to the Service",
    { ...behind, policies: [{ ...attached, ...deny(methods("POST")) }] },
    false,
  ],
  ["knows the caller", { ...behind, policies: [{ ...attached, ...allow(by("client")) }] }, true],
  ["is the caller for the pod", { ...behind, policies: [deny(by("client"))] }, true],
  ["needs to be let in by the pod", { ...behind, policies: [allow(by("client"))] }, false],
  ["is let in by its account", { ...behind, policies: [allow(by("waypoint"))] }, true],
  [
    "reads cluster.local as a sidecar does",
    { ...behind, domains: renamed, policies: [{ ...attached, ...deny(by("client")) }] },
    false,
  ],
  [
    "is passed by where it is gone",
    { ...behind, waypoint: false, policies: [{ ...attached, ...deny(methods("POST")) }] },
    true,
  ],
  [
    "is passed by by sidecars",
    { ...behind, from: "sidecar", policies: [{ ...attached, ...deny(methods("POST")) }] },
    true,
  ],
  [
    "is passed by by gateways",
    { ...behind, from: "gateway", policies: [{ ...attached, ...deny(methods("POST")) }] },
    true,
  ],
  [
    "is gone through by gateways that are told to",
    {
      ...behind,
      from: "gateway",
      service: { labels: { ...waypoint, "istio.io/ingress-use-waypoint": "true" } },
      policies: [{ ...attached, ...deny(methods("POST")) }],
    },
    false,
  ],
  [
    "compares ports with those of the Service",
    { ...behind, policies: [{ ...attached, ...deny({ to: [{ operation: { ports: ["80"] } }] }) }] },
    false,
  ],
  [
    "does not know those of the pod",
    { ...behind, policies: [{ ...attached, ...deny({ to: [{ operation: { ports: ["8080"] } }] }) }] },
    true,
  ],
  [
    "holds what the root namespace attaches to its class",
    {
      ...behind,
      policies: [{ targetRefs: [{ kind: "GatewayClass", name: "istio-waypoint" }], at: root, ...deny({}) }],
    },
    false,
  ],
];

describe("by the model", () => {
  for (const [what, scene, expected] of [...cases, ...trustDomains])
    it(what, () => assert.equal(allows(scene), expected));
  for (const [what, scene, expected] of throughWaypoints)
    it(`a waypoint ${what}`, () => assert.equal(allows(scene), expected));
});
