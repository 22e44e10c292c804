// The likely cause of a wait: what its object and what was made of it report, in a namespace full of other trouble.
import * as assert from "node:assert/strict";
import { waitUntilReady } from "../../cluster/readiness";
import { explainWaiting, type Wait } from "../../cluster/waiting";
import type { Awaited } from "../../lib/cluster-state/waiting";
import { ApiServer } from "./fixtures/api-server";
import { lists as listsOf } from "./fixtures/breakages";
import { MeshApi } from "./fixtures/mesh-api";
import type { RawObject } from "./fixtures/raw-object";

const minute = 60_000;
/** When the test began. */
let now: number;
const ago = (ms: number) => new Date(now - ms).toISOString();
const eventsPath = (namespace: string) => `/api/v1/namespaces/${namespace}/events?fieldSelector=type=Warning`;

/** An object with a uid, made of those given. */
function object(namespace: string, name: string, made: string, owners: string[] = [], rest: object = {}): RawObject {
  const ownerReferences = owners.map((uid) => ({ uid, kind: "Any", name: uid }));
  return {
    metadata: {
      namespace,
      name,
      uid: `uid-${name}`,
      creationTimestamp: made,
      ownerReferences,
    } as RawObject["metadata"],
    ...rest,
  };
}

let made = 0;

/** A warning about an object, seen so long ago. */
function event(
  kind: string,
  namespace: string,
  name: string,
  reason: string,
  seenMsAgo: number,
  uid?: string,
): RawObject {
  made += 1;
  return {
    metadata: { namespace, name: `event-${made}` },
    involvedObject: { kind, namespace, name, ...(uid && { uid }) },
    reason,
    message: `${name} is not well`,
    lastTimestamp: ago(seenMsAgo),
  };
}

/** A pod whose container cannot start. */
const stuck = {
  status: {
    containerStatuses: [{ name: "main", state: { waiting: { reason: "ImagePullBackOff", message: "no image" } } }],
  },
};

describe("the likely cause of a wait", () => {
  let mesh: MeshApi;
  let server: ApiServer;

  beforeEach(async () => {
    now = Date.now();
    mesh = new MeshApi();
    server = await ApiServer.start(mesh);
  });
  afterEach(() => server.stop());

  /** What is said of an object of this run that was made two minutes ago. */
  async function causes(awaited: Awaited, lists: Record<string, RawObject[]>, wait?: Wait): Promise<string[]> {
    const status = { conditions: [{ type: awaited.condition, status: "False", reason: "Why", message: "so" }] };
    const root = object(awaited.namespace, awaited.name, ago(wait ? 60 * minute : 2 * minute), [], { status });
    mesh.recording.objects[`${awaited.path}/${awaited.name}`] = root;
    Object.assign(mesh.recording.lists, { [awaited.path]: [root], ...lists });
    const text = await explainWaiting(
      { kubeconfig: server.kubeconfig },
      awaited,
      wait ?? { begun: now - 3 * minute },
      minute,
    );
    const lines = (text ?? "nothing is said").split("\n");
    assert.match(lines[0]!, /^still waiting for \w+ shop\/\w+ after \d+ s; last seen: .*=False \(Why: so\)$/);
    return lines.slice(1);
  }

  describe("of a Gateway", () => {
    const gateway: Awaited = {
      kind: "Gateway",
      path: "/apis/gateway.networking.k8s.io/v1/namespaces/shop/gateways",
      namespace: "shop",
      name: "public",
      condition: "Programmed",
    };
    const apps = "/apis/apps/v1/namespaces/shop";
    const core = "/api/v1/namespaces/shop";
    const own = () => ({
      [`${apps}/deployments`]: [
        object("shop", "public-istio", ago(2 * minute), ["uid-public"]),
        object("shop", "web", ago(2 * minute)),
      ],
      [`${apps}/replicasets`]: [
        object("shop", "public-istio-1", ago(2 * minute), ["uid-public-istio"]),
        object("shop", "web-1", ago(2 * minute), ["uid-web"]),
      ],
      [`${core}/services`]: [object("shop", "public-svc", ago(2 * minute), ["uid-public"])],
      [`${core}/pods`]: [
        object("shop", "public-istio-1-a", ago(2 * minute), ["uid-public-istio-1"]),
        object("shop", "web-1-a", ago(2 * minute), ["uid-web-1"], stuck),
      ],
    });
    const otherTrouble = () => [
      event("Pod", "shop", "web-1-a", "Failed", 1000, "uid-web-1-a"),
      event("ReplicaSet", "shop", "web-1", "FailedCreate", 1000, "uid-web-1"),
      event("Gateway", "shop", "internal", "Refused", 1000),
      event("Deployment", "shop", "public", "SameNameOfAnotherKind", 1000),
      event("Pod", "shop", "public-istio-1-a", "BeforeTheWait", 3 * minute, "uid-public-istio-1-a"),
      event("Pod", "shop", "public-istio-1-a", "OfAFormerPod", 1000, "uid-gone"),
    ];

    it("is nothing where all trouble is of others, or older", async () => {
      assert.deepEqual(await causes(gateway, { ...own(), [eventsPath("shop")]: otherTrouble() }), []);
    });

    it("is what its Deployment, ReplicaSet, pods and Service say, the newest of each kind first", async () => {
      const events = [
        ...otherTrouble(),
        event("ReplicaSet", "shop", "public-istio-1", "FailedCreate", 30_000, "uid-public-istio-1"),
        event("ReplicaSet", "shop", "public-istio-1", "FailedCreate", 40_000, "uid-public-istio-1"),
        event("Service", "shop", "public-svc", "SyncLoadBalancerFailed", 20_000),
        event("Gateway", "shop", "public", "Refused", 10_000),
        event("Pod", "shop", "public-istio-1-b", "Failed", 5000, "uid-public-istio-1-b"),
      ];
      const pods = [
        ...own()[`${core}/pods`]!,
        object("shop", "public-istio-1-b", ago(1000), ["uid-public-istio-1"], stuck),
      ];
      assert.deepEqual(await causes(gateway, { ...own(), [`${core}/pods`]: pods, [eventsPath("shop")]: events }), [
        "likely cause:",
        "  `Pod shop/public-istio-1-b`: container main is in ImagePullBackOff (no image)",
        "  `Pod shop/public-istio-1-b`: Failed: public-istio-1-b is not well",
        "  `Gateway shop/public`: Refused: public is not well",
        "  `Service shop/public-svc`: SyncLoadBalancerFailed: public-svc is not well",
        "  `ReplicaSet shop/public-istio-1`: FailedCreate: public-istio-1 is not well",
      ]);
    });

    it("is younger than the moment in which an older Gateway last had its condition", async () => {
      const events = [
        event("Gateway", "shop", "public", "Before", 100_000),
        event("Gateway", "shop", "public", "Since", 80_000),
      ];
      const wait = { begun: now - 3 * minute, held: now - 90_000, seen: now - 80_000 };
      assert.deepEqual(await causes(gateway, { ...own(), [eventsPath("shop")]: events }, wait), [
        "likely cause:",
        "  `Gateway shop/public`: Since: public is not well",
      ]);
    });

    it("is found beyond the first page", async () => {
      const many = Array.from({ length: 500 }, () => event("Pod", "shop", "web-1-a", "Failed", 1000));
      many.push(event("Gateway", "shop", "public", "Refused", 1000));
      assert.deepEqual(await causes(gateway, { ...own(), [eventsPath("shop")]: many }), [
        "likely cause:",
        "  `Gateway shop/public`: Refused: public is not well",
      ]);
    });
  });

  describe("of a Certificate", () => {
    const certificate: Awaited = {
      kind: "Certificate",
      path: "/apis/cert-manager.io/v1/namespaces/shop/certificates",
      namespace: "shop",
      name: "web",
      condition: "Ready",
    };
    const acme = "/apis/acme.cert-manager.io/v1/namespaces/shop";
    const waits = (message: string) => ({
      status: { conditions: [{ type: "Ready", status: "False", reason: "Pending", message }] },
    });

    it("is its newest request, and the order and challenge that this one made", async () => {
      const requests = [
        object("shop", "web-1", ago(90 * minute), ["uid-web"], waits("an old failure")),
        object("shop", "web-2", ago(minute), ["uid-web"], waits("waiting for the order")),
        object("shop", "api-1", ago(minute), ["uid-api"], waits("no issuer")),
      ];
      const orders = [
        object("shop", "order-1", ago(90 * minute), ["uid-web-1"], { status: { state: "invalid", reason: "refused" } }),
        object("shop", "order-2", ago(minute), ["uid-web-2"], { status: { state: "pending" } }),
      ];
      const status = { state: "pending", reason: "self check: got 404" };
      const challenges = [
        object("shop", "challenge-2", ago(minute), ["uid-order-2"], { status }),
        object("shop", "challenge-3", ago(minute), ["uid-order-2"], { status: { state: "valid", reason: "done" } }),
        object("shop", "challenge-4", ago(minute), ["uid-order-9"], { status }),
      ];
      const lists = {
        "/apis/cert-manager.io/v1/namespaces/shop/certificaterequests": requests,
        [`${acme}/orders`]: orders,
        [`${acme}/challenges`]: challenges,
        [eventsPath("shop")]: [
          event("Certificate", "shop", "api", "Failed", 1000),
          event("Challenge", "shop", "challenge-2", "PresentError", 1000, "uid-challenge-2"),
        ],
      };
      assert.deepEqual(await causes(certificate, lists), [
        "likely cause:",
        "  `CertificateRequest shop/web-2`: Ready=False (Pending: waiting for the order)",
        "  `Challenge shop/challenge-2`: state=pending (self check: got 404)",
        "  `Challenge shop/challenge-2`: PresentError: challenge-2 is not well",
      ]);
    });
  });

  it("of a mesh is of the parts alone that are waited for", async () => {
    const namespace = "istio-system";
    mesh.edit(listsOf.daemonSets, "ztunnel", ({ metadata, status }) => {
      Object.assign(metadata, { uid: "uid-ztunnel" });
      Object.assign(status as object, { numberReady: 0 });
    });
    const base = `/api/v1/namespaces/${namespace}`;
    const apps = `/apis/apps/v1/namespaces/${namespace}`;
    Object.assign(mesh.recording.lists, {
      [`${apps}/daemonsets`]: mesh.all(listsOf.daemonSets),
      [`${apps}/deployments?labelSelector=app=istiod`]: mesh.all("/apis/apps/v1/deployments"),
      [`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=kubernetes.io/service-name=istiod`]:
        mesh.all("/apis/discovery.k8s.io/v1/endpointslices"),
      [`${base}/pods`]: [
        object(namespace, "ztunnel-x", ago(minute), ["uid-ztunnel"], stuck),
        object(namespace, "istiod-x", ago(minute), ["uid-istiod-1"], stuck),
      ],
      [eventsPath(namespace)]: [
        event("Pod", namespace, "ztunnel-x", "Failed", -minute),
        event("Pod", namespace, "ztunnel-x", "BeforeTheWait", minute),
        event("Deployment", namespace, "istiod", "Failed", -minute),
      ],
    });
    const place = { namespace, nodeNamespace: namespace };
    const { findings, troubles } = await waitUntilReady({ kubeconfig: server.kubeconfig }, place, 0, () => undefined);
    assert.deepEqual(
      [findings.map(({ object }) => object), troubles.map(({ object, text }) => `${object}: ${text}`)],
      [
        ["DaemonSet istio-system/ztunnel"],
        [
          "Pod istio-system/ztunnel-x: container main is in ImagePullBackOff (no image)",
          "Pod istio-system/ztunnel-x: Failed: ztunnel-x is not well",
        ],
      ],
    );
  });
});
