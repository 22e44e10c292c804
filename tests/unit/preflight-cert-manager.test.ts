// How the preflight tells a cert-manager that runs from CRDs without a controller.
import * as assert from "node:assert/strict";
import { readFacts } from "../../cluster/preflight";
import { findingLine } from "../../lib/checks/check";
import { judgePlan } from "../../lib/preflight";
import type { ClusterFacts, Plan } from "../../lib/preflight/facts";
import type { WorkloadState } from "../../lib/cluster-state/snapshot";
import { ApiServer } from "./fixtures/api-server";
import { MeshApi } from "./fixtures/mesh-api";
import type { RawObject } from "./fixtures/raw-object";
import { workload } from "./fixtures/objects";
import { empty, gateway, plan } from "./fixtures/plans";

const deploymentsPath = "/apis/apps/v1/deployments";
const leasesPath = "/apis/coordination.k8s.io/v1/leases";
const labels = { app: "cert-manager", "app.kubernetes.io/component": "controller" };

function deployment(availableReplicas: number, fields: Partial<RawObject["metadata"]> = {}): RawObject {
  return {
    metadata: { name: "cm", namespace: "tls", labels, ...fields },
    spec: { replicas: 1 },
    status: { availableReplicas },
  };
}

/** A lease of a minute, renewed so many seconds ago. */
function lease(secondsAgo: number, holderIdentity = "cm-x"): RawObject {
  const renewTime = new Date(Date.now() - secondsAgo * 1000).toISOString();
  return {
    metadata: { name: "cert-manager-controller", namespace: "tls" },
    spec: { holderIdentity, renewTime, leaseDurationSeconds: 60 },
  };
}

/** The controller of a cert-manager that was installed under names of its own. */
const controller = (counts: Partial<WorkloadState>): WorkloadState => ({
  ...workload("Deployment", "tls", "cm"),
  ...counts,
});

const stopped: [what: string, facts: Partial<ClusterFacts>, error: string][] = [
  [
    "CRDs of cert-manager alone",
    { certManager: { deployments: [], leads: false } },
    '`Deployment cert-manager/cert-manager`: got "none"; the gateway\'s certificate needs a running cert-manager ' +
      "controller; run `helm upgrade --install cert-manager oci://quay.io/jetstack/charts/cert-manager --namespace " +
      "cert-manager --create-namespace`",
  ],
  [
    "a cert-manager that is scaled to 0",
    { certManager: { deployments: [controller({ desired: 0, ready: 0, available: 0 })], leads: false } },
    '`Deployment tls/cm`: got "scaled to 0"; the gateway\'s certificate needs a running cert-manager controller; run ' +
      "`kubectl scale deployment cm --namespace tls --replicas 1`",
  ],
  [
    "a cert-manager that does not start",
    { certManager: { deployments: [controller({ desired: 2, ready: 0, available: 0 })], leads: false } },
    '`Deployment tls/cm`: got "0 of 2 available"; the gateway\'s certificate needs a running cert-manager controller; ' +
      "run `kubectl rollout status deployment cm --namespace tls`",
  ],
];

describe("the preflight's verdict on cert-manager", () => {
  for (const [what, facts, error] of stopped) {
    it(`stops at ${what}`, () => {
      assert.deepEqual(judgePlan(plan, { ...empty, ...facts }, false).errors.map(findingLine), [error]);
    });
  }

  const running: [what: string, plan: Partial<Plan>, facts: Partial<ClusterFacts>][] = [
    [
      "beside one that does not run",
      {},
      { certManager: { deployments: [controller({ available: 0 }), controller({ available: 1 })], leads: false } },
    ],
    [
      "that the program installs before the mesh, with the issuer",
      {
        gateway: { ...gateway, ownAuthority: false, issuer: { kind: "ClusterIssuer", name: "root" } },
        certManagers: [{ name: "certs", installs: true, isBefore: true, issuer: "root" }],
      },
      { definitions: [], certManager: undefined, issuerFound: false },
    ],
    [
      "that runs, with an issuer that the program makes before the mesh",
      {
        gateway: { ...gateway, ownAuthority: false, issuer: { kind: "ClusterIssuer", name: "root" } },
        certManagers: [{ name: "certs", installs: false, isBefore: true, issuer: "root" }],
      },
      { issuerFound: false },
    ],
    ["that leads without a Deployment", {}, { certManager: { deployments: [], leads: true } }],
    ["of which nothing can be said", {}, { certManager: undefined }],
    [
      "that no certificate is wanted of",
      { gateway: { ...gateway, certificate: undefined } },
      { certManager: { deployments: [], leads: false } },
    ],
  ];
  for (const [what, changed, facts] of running) {
    it(`takes a cert-manager ${what}`, () => {
      assert.deepEqual(judgePlan({ ...plan, ...changed }, { ...empty, ...facts }, false).errors, []);
    });
  }
});

describe("what the preflight reads of cert-manager", () => {
  let mesh: MeshApi;
  let server: ApiServer;

  beforeEach(async () => {
    mesh = new MeshApi();
    mesh.recording.lists["/apis/apiextensions.k8s.io/v1/customresourcedefinitions"] = [
      { metadata: { name: "certificates.cert-manager.io" } },
    ];
    server = await ApiServer.start(mesh);
  });
  afterEach(() => server.stop());

  async function read(
    deployments: RawObject[],
    leases: RawObject[] | undefined,
    wanted: Partial<Plan> = {},
  ): Promise<ClusterFacts> {
    mesh.recording.lists[`${deploymentsPath}?labelSelector=app in (istiod,cert-manager)`] = deployments;
    if (leases) mesh.recording.lists[`${leasesPath}?fieldSelector=metadata.name=cert-manager-controller`] = leases;
    return (await readFacts({ kubeconfig: server.kubeconfig }, { ...plan, ...wanted }, 10_000)).facts;
  }

  const asked = (path: string) => server.requests.filter((request) => request.startsWith(`GET ${path}`)).length;

  it("is its Deployment, by labels, and nothing more where that is available", async () => {
    const istiod = deployment(1, { name: "istiod", labels: { app: "istiod" } });
    const webhook = deployment(1, { name: "webhook", labels: { ...labels, "app.kubernetes.io/component": "webhook" } });
    const { certManager, istiods } = await read([istiod, webhook, deployment(1)], []);
    assert.deepEqual(
      certManager?.deployments.map(({ name, available }) => [name, available]),
      [["cm", 1]],
    );
    assert.deepEqual(
      istiods.map(({ name }) => name),
      ["istiod"],
    );
    assert.deepEqual([asked(deploymentsPath), asked(leasesPath)], [1, 0]);
  });

  const leases: [what: string, found: () => RawObject[], leads: boolean][] = [
    ["that is renewed", () => [lease(30)], true],
    ["of a clock that is ahead", () => [lease(-90)], true],
    ["that nobody has renewed for minutes", () => [lease(150)], false],
    ["that its holder has let go of", () => [lease(1, "")], false],
    ["that was never made", () => [], false],
  ];
  for (const [what, found, leads] of leases) {
    it(`is in doubt the lease, for one request more: one ${what}`, async () => {
      const { certManager } = await read([deployment(0)], found());
      assert.deepEqual([certManager?.deployments.length, certManager?.leads], [1, leads]);
      assert.equal(asked(leasesPath), 1);
    });
  }

  it("is a Deployment with the labels of another chart, where nothing else shows one", async () => {
    const selector = "app.kubernetes.io/name=cert-manager,app.kubernetes.io/component=controller";
    mesh.recording.lists[`${deploymentsPath}?labelSelector=${selector}`] = [deployment(1)];
    assert.deepEqual(
      (await read([], [])).certManager?.deployments.map(({ name, available }) => [name, available]),
      [["cm", 1]],
    );
    assert.deepEqual((await read([], [lease(1)])).certManager, { deployments: [], leads: true });
  });

  it("is nothing where Deployments may not be listed", async () => {
    server.answers.set(deploymentsPath, { status: 403, message: "no right" });
    assert.equal((await read([], [])).certManager, undefined);
    assert.equal(asked(leasesPath), 0);
  });

  it("is nothing where there is no Deployment and leases may not be listed", async () => {
    server.answers.set(leasesPath, { status: 403, message: "no right" });
    assert.equal((await read([], undefined)).certManager, undefined);
    assert.equal((await read([deployment(0)], undefined)).certManager?.leads, false);
  });

  it("is nothing where no certificate is wanted of it", async () => {
    const { certManager } = await read([], [], { gateway: { ...gateway, certificate: undefined } });
    assert.equal(certManager, undefined);
    assert.equal(asked(leasesPath), 0);
  });
});
