// What stands in the way of installing cert-manager: whose what is there is, and what to write instead.
import * as assert from "node:assert/strict";
import { readCertManagerFacts } from "../../cluster/cert-manager";
import type { CertManagerFacts, CertManagerPlan, IssuingObject } from "../../lib/cert-manager/facts";
import { certManagerFindings, ownCertManager } from "../../lib/cert-manager/judge";
import { findingLine } from "../../lib/checks/check";
import type { HelmReleaseState, Named, WorkloadState } from "../../lib/cluster-state/snapshot";
import { componentMark, stackMark } from "../../lib/ownership/marks";
import { ApiServer } from "./fixtures/api-server";
import { MeshApi } from "./fixtures/mesh-api";
import { named, workload } from "./fixtures/objects";

const stack = "shop/dev";
const plan: CertManagerPlan = {
  stack,
  version: "1.21.2",
  namespace: "cert-manager",
  install: true,
  adopt: false,
  adoptNamespace: false,
  issuer: "root",
};
const nothing: CertManagerFacts = {
  server: "https://127.0.0.1:6443",
  namespaces: [named("", "default")],
  definitions: [],
  helmReleases: [],
  controllers: [],
  leads: false,
  objects: [],
  unread: [],
};

const marked = (owner: string, component = 'CertManager "certs"'): Named => ({
  ...named("", "cert-manager"),
  annotations: { [stackMark]: owner, [componentMark]: component },
});
const helm = (name = "cert-manager", namespace = "cert-manager") => ({
  "meta.helm.sh/release-name": name,
  "meta.helm.sh/release-namespace": namespace,
});
const controller = (fields: Partial<WorkloadState> = {}): WorkloadState => ({
  ...workload("Deployment", "cert-manager", "cert-manager"),
  annotations: helm(),
  ...fields,
});
const crd = (fields: Partial<Named> = {}): Named => ({
  ...named("", "certificates.cert-manager.io", { "app.kubernetes.io/managed-by": "Helm" }),
  annotations: helm(),
  ...fields,
});
const release = (status: string, fields: Partial<HelmReleaseState> = {}): HelmReleaseState => ({
  ...named("cert-manager", "sh.helm.release.v1.cert-manager.v1"),
  release: "cert-manager",
  status,
  revision: 1,
  ...fields,
});
const installed = { controllers: [controller()], definitions: [crd()], helmReleases: [release("deployed")] };
const unmarked = { namespaces: [named("", "cert-manager")] };
const mine = { namespaces: [marked(stack)] };
const tracked = { "argocd.argoproj.io/tracking-id": "certs:apps/Deployment:cert-manager/cert-manager" };

type Case = [what: string, plan: Partial<CertManagerPlan>, facts: Partial<CertManagerFacts>, ...lines: string[]];

const inTheWay: Case[] = [
  [
    "a cert-manager that Helm installed",
    {},
    { ...installed, ...unmarked },
    '`Deployment cert-manager/cert-manager`: got "a cert-manager installed by Helm as the release ' +
      'cert-manager/cert-manager"; a cluster has one cert-manager: use this one unchanged, or have this stack take it over ' +
      "by `adopt: true`; write `install: false`",
  ],
  [
    "one in another namespace",
    {},
    { controllers: [controller({ namespace: "tls", annotations: helm("cert-manager", "tls") })] },
    '`Deployment tls/cert-manager`: got "a cert-manager installed by Helm as the release tls/cert-manager"; a cluster has ' +
      'one cert-manager: use this one unchanged, or have this stack take it over by `adopt: true, namespace: "tls"`; write ' +
      "`install: false`",
  ],
  [
    "one that is to be adopted in another namespace than it is in",
    { adopt: true },
    { controllers: [controller({ namespace: "tls", annotations: helm("cert-manager", "tls") })] },
    '`Deployment tls/cert-manager`: got "a cert-manager installed by Helm as the release tls/cert-manager"; `adopt` takes ' +
      'over the release in `namespace`; write `namespace: "tls"`',
  ],
  [
    "one of a release of another name, which cannot be adopted",
    { adopt: true },
    { controllers: [controller({ annotations: helm("cm") })], ...unmarked },
    '`Deployment cert-manager/cert-manager`: got "a cert-manager installed by Helm as the release cert-manager/cm"; a ' +
      "cluster has one cert-manager: use this one unchanged; only a release called cert-manager can be taken over; write " +
      "`install: false`",
  ],
  [
    "one that kubectl applied, of which nothing else is told",
    {},
    {
      controllers: [controller({ annotations: {} })],
      definitions: [crd({ labels: {}, annotations: {} })],
      ...unmarked,
    },
    '`Deployment cert-manager/cert-manager`: got "a cert-manager installed by kubectl or another tool"; a cluster has one ' +
      "cert-manager: use this one unchanged; write `install: false`",
  ],
  [
    "one that Argo CD keeps, also where it is to be adopted",
    { adopt: true },
    { controllers: [controller({ annotations: { ...helm(), ...tracked } })], ...unmarked },
    '`Deployment cert-manager/cert-manager`: got "a cert-manager of the Argo CD application certs"; a cluster has one ' +
      "cert-manager: use this one unchanged; the Argo CD application certs reverts changes made to it; write `install: false`",
  ],
  [
    "that of another stack, also where it is to be adopted",
    { adopt: true },
    { ...installed, namespaces: [marked("shop/prod")] },
    '`Deployment cert-manager/cert-manager`: got "the cert-manager of the stack shop/prod"; a cluster has one ' +
      "cert-manager: use that one unchanged; write `install: false`",
  ],
  [
    "that of this very stack in another namespace",
    { namespace: "tls" },
    { ...installed, ...mine },
    '`Deployment cert-manager/cert-manager`: got "the cert-manager of this stack"; it cannot move to another namespace: ' +
      'destroy it first, or leave it where it is; write `namespace: "cert-manager"`',
  ],
  [
    "a controller that is seen by its lease alone",
    {},
    { leads: true },
    '`Lease kube-system/cert-manager-controller`: got "held by a running controller"; a cluster has one cert-manager: use ' +
      "this one unchanged; write `install: false`",
  ],
  [
    "a release without a controller",
    { adoptNamespace: true },
    { helmReleases: [release("failed")], ...unmarked },
    '`Helm release cert-manager/cert-manager`: got "already exists"; the release belongs to this stack alone; have it ' +
      "taken over; write `adopt: true`",
  ],
  [
    "no release to adopt",
    { adopt: true },
    {},
    '`Helm release cert-manager/cert-manager`: got "none"; `adopt` takes over a release that is there; write `adopt: false`',
  ],
  [
    "an operation of Helm that never ended, on a release of one's own",
    {},
    { helmReleases: [release("deployed"), release("pending-upgrade", { revision: 2 })], ...mine },
    '`Helm release cert-manager/cert-manager`: got "revision 2 is pending-upgrade"; an interrupted operation of Helm ' +
      "blocks every further one until its record is gone; run `kubectl delete secret " +
      "sh.helm.release.v1.cert-manager.v2 --namespace cert-manager`",
  ],
  [
    "a release that was uninstalled and whose history was kept, also where it is to be adopted",
    { adopt: true },
    { helmReleases: [release("uninstalled", { revision: 3 })], ...unmarked },
    '`Helm release cert-manager/cert-manager`: got "revision 3 is uninstalled"; its history was kept, and Helm reuses no ' +
      "name of which it has records; nothing else of it is left; run `helm uninstall cert-manager --namespace cert-manager`",
  ],
  [
    "CRDs that kubectl applied, without a controller",
    {},
    {
      definitions: [
        crd({ labels: {}, annotations: {} }),
        crd({ name: "orders.acme.cert-manager.io", annotations: helm("cm") }),
        crd(),
        named("", "gateways.gateway.networking.k8s.io"),
      ],
    },
    '`CustomResourceDefinition certificates.cert-manager.io and 1 more`: got "not of the Helm release ' +
      'cert-manager/cert-manager"; Helm installs cert-manager only over CRDs that carry its marks; run `kubectl label crd ' +
      "certificates.cert-manager.io orders.acme.cert-manager.io app.kubernetes.io/managed-by=Helm --overwrite && kubectl " +
      "annotate crd certificates.cert-manager.io orders.acme.cert-manager.io meta.helm.sh/release-name=cert-manager " +
      "meta.helm.sh/release-namespace=cert-manager --overwrite`",
  ],
  [
    "CRDs that Argo CD keeps",
    {},
    { definitions: [crd({ labels: {}, annotations: tracked })] },
    '`CustomResourceDefinition certificates.cert-manager.io`: got "managed by the Argo CD application certs"; Helm ' +
      "installs cert-manager only over CRDs that are its own; have the Argo CD application certs release them first; run " +
      "`argocd app set certs --sync-policy none`",
  ],
  [
    "a namespace that exists",
    {},
    unmarked,
    '`Namespace cert-manager`: got "already exists"; cert-manager gets a namespace of its own; write ' +
      "`adoptNamespace: true`",
  ],
  [
    "what another stack has left of its namespace",
    {},
    { namespaces: [marked("shop/prod")], definitions: [crd()] },
    '`Namespace cert-manager`: got "already exists, from the stack shop/prod"; cert-manager gets a namespace of its ' +
      "own; write `adoptNamespace: true`",
  ],
  [
    "a namespace of another stack, also one to be adopted: that stack's mark would be lost",
    { adoptNamespace: true },
    { namespaces: [marked("shop/prod", 'AmbientNamespace "certs"')] },
    '`Namespace cert-manager`: got "made by AmbientNamespace "certs" of the stack shop/prod"; cert-manager marks its ' +
      "namespace as its own, and that stack could no longer update it; choose another one; write " +
      '`namespace: "cert-manager-2"`',
  ],
  [
    "a newer cert-manager of one's own",
    {},
    { ...installed, ...mine, controllers: [controller({ labels: { "app.kubernetes.io/version": "v1.22.0" } })] },
    '`Deployment cert-manager/cert-manager`: got "1.22.0"; cert-manager is never downgraded (to 1.21.2); write `version: ' +
      '"1.22.0"`',
  ],
  [
    "no cert-manager to be used",
    { install: false },
    {},
    '`CustomResourceDefinition certificates.cert-manager.io`: got "none"; with `install: false` cert-manager has to be on ' +
      "the cluster already; write `install: true`",
  ],
  [
    "one to be used that is in another namespace",
    { install: false },
    { definitions: [crd()], controllers: [controller({ namespace: "tls" })] },
    '`Deployment tls/cert-manager`: got "not in the namespace cert-manager"; a ClusterIssuer finds its Secrets in the ' +
      'namespace of the running cert-manager; write `namespace: "tls"`',
  ],
  [
    "one to be used that does not run",
    { install: false },
    { definitions: [crd()], controllers: [controller({ available: 0 })] },
    '`Deployment cert-manager/cert-manager`: got "0 of 1 available"; an issuer needs a running cert-manager controller; run ' +
      "`kubectl rollout status deployment cert-manager --namespace cert-manager`",
  ],
  [
    "one to be used of which only the CRDs are there",
    { install: false },
    { definitions: [crd()] },
    '`Deployment cert-manager/cert-manager`: got "none"; an issuer needs a running cert-manager controller; write ' +
      "`install: true`",
  ],
];

const passing: Case[] = [
  ["an empty cluster", {}, {}],
  ["its own cert-manager, of an earlier run", {}, { ...installed, ...mine }],
  ["what its own destroy has left", {}, { definitions: [crd()], ...mine }],
  ["the lease of its own controller, which a destroy has just taken away", {}, { leads: true, ...mine }],
  ["CRDs of a release of that name, without a controller", {}, { definitions: [crd()] }],
  ["a namespace that it adopts", { adoptNamespace: true }, unmarked],
  ["a release that it adopts", { adopt: true }, { ...installed, ...unmarked }],
  ["a release that it has adopted", { adopt: true }, { ...installed, ...mine }],
  ["one that it uses as it is", { install: false }, { ...installed, ...unmarked }],
  ["one that it uses and that holds the lease alone", { install: false }, { definitions: [crd()], leads: true }],
  ["a cluster of which nothing may be read", { install: false }, { unread: ["definitions", "controllers"] }],
];

describe("the verdict on a cluster for cert-manager", () => {
  for (const [what, changed, facts, ...expected] of inTheWay) {
    it(`stops at ${what}`, () => {
      const found = certManagerFindings({ ...plan, ...changed }, { ...nothing, ...facts });
      assert.deepEqual(found.map(findingLine), expected);
    });
  }
  for (const [what, changed, facts] of passing) {
    it(`lets pass ${what}`, () => {
      assert.deepEqual(certManagerFindings({ ...plan, ...changed }, { ...nothing, ...facts }), []);
    });
  }
});

describe("what of cert-manager is this stack's already", () => {
  const own = (changed: Partial<CertManagerPlan>, facts: Partial<CertManagerFacts>) => {
    const found = ownCertManager({ ...plan, ...changed }, { ...nothing, ...facts });
    return Object.fromEntries(Object.entries(found).filter(([, id]) => id !== undefined));
  };
  const object = (kind: IssuingObject["kind"], namespace: string, name: string, owner = stack): IssuingObject => ({
    ...named(namespace, name),
    kind,
    annotations: { [stackMark]: owner },
  });
  const objects = [
    object("ClusterIssuer", "", "root"),
    object("Issuer", "cert-manager", "root-selfsigned"),
    object("Certificate", "cert-manager", "root-ca", "shop/prod"),
  ];

  it("is its namespace, its release and those objects that carry its mark", () => {
    assert.deepEqual(own({}, { ...installed, ...mine, objects }), {
      namespace: "cert-manager",
      release: "cert-manager/cert-manager",
      issuer: "root",
      selfSignedIssuer: "cert-manager/root-selfsigned",
    });
  });

  it("is the release alone where that is adopted: the namespace is patched", () => {
    assert.deepEqual(own({ adopt: true }, { ...installed, ...unmarked }), { release: "cert-manager/cert-manager" });
    assert.deepEqual(own({ adopt: true }, { ...installed, ...mine }), { release: "cert-manager/cert-manager" });
  });

  it("is nothing of others, and of what is used as it is only the issuer", () => {
    assert.deepEqual(own({}, { ...installed, ...unmarked }), {});
    assert.deepEqual(own({ install: false }, { ...installed, ...mine, objects: objects.slice(0, 1) }), {
      issuer: "root",
    });
  });
});

describe("what is read of cert-manager before it is installed", () => {
  it("is eight lists, and five where its kinds are not served", async () => {
    const mesh = new MeshApi();
    const server = await ApiServer.start(mesh);
    try {
      const read = () => readCertManagerFacts({ kubeconfig: server.kubeconfig }, plan, 10_000);
      const { unread } = await read();
      const first = server.requests.length;
      assert.deepEqual(unread, ["controllers"]);
      mesh.recording.lists["/apis/apiextensions.k8s.io/v1/customresourcedefinitions"] = [];
      await read();
      assert.deepEqual([first, server.requests.length - first], [9, 6]);
    } finally {
      await server.stop();
    }
  });
});
