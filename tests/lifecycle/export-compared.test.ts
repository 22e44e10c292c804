// A mesh from exported files is the mesh that Pulumi makes, object by object: by kubectl, by Flux and by Argo CD.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { AmbientMesh, type AmbientMeshArgs } from "../../components";
import type { PlainMesh } from "../../components/mesh/manifest";
import { partPath } from "../../sandbox/build/cache";
import type { Format } from "../../lib/export";
import { exportedMeshes } from "../support/export-meshes";
import { clusterObjects, definitions, differing } from "./cluster-objects";
import { exported, folder, gatewaysProgrammed, installs, settledObjects } from "./export-install";
import { apply, get, kubectl, removeDefinitions, settled, sources, TestStack } from "./support";

/** A mesh that is installed here in both ways, which takes its time; tests/graph/export.test.ts has all of them. */
interface Case {
  what: string;
  format: Format;
  /** It cannot take the place of the one before: another namespace, older CRDs, or a Service that would keep a port. */
  apart?: true;
}

/** Flux comes first, since Helm takes nothing that kubectl has left. */
const cases: Case[] = [
  { what: "a lean footprint behind a load balancer, for hostnames of several teams", format: "flux" },
  { what: "all defaults", format: "kustomize" },
  { what: "requests, limits and replicas of every part", format: "kustomize" },
  { what: "values of the charts", format: "kustomize" },
  { what: "a gateway with ports, hostnames and teams of its own", format: "kustomize" },
  { what: "a certificate that exists", format: "kustomize" },
  { what: "a gateway beside the mesh, on a cluster that has the CRDs", format: "kustomize" },
  { what: "images of a registry with credentials", format: "kustomize" },
  { what: "GKE, with values of several charts and http inside the cluster", format: "argocd", apart: true },
  { what: "other names and another namespace", format: "kustomize", apart: true },
  { what: "OpenShift, whose node agents live elsewhere", format: "kustomize", apart: true },
  { what: "the release line before", format: "kustomize", apart: true },
];

/** What some of the meshes find on the cluster: issuers, and the kind that OpenShift has for its node agents' plugins. */
const found = `
apiVersion: v1
kind: Namespace
metadata: { name: ingress }
---
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: { name: root-ca-cluster-issuer }
spec: { selfSigned: {} }
---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: { name: team-ca, namespace: ingress }
spec: { selfSigned: {} }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: network-attachment-definitions.k8s.cni.cncf.io }
spec:
  group: k8s.cni.cncf.io
  scope: Namespaced
  names: { kind: NetworkAttachmentDefinition, plural: network-attachment-definitions }
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object } }
`;

const former = {
  charts: { directory: partPath("istio-charts-before") },
  gatewayApi: { source: partPath("gateway-api-crds-before") },
};

/** With the charts and the CRDs of the sandbox: Flux and Argo CD name a release of them. */
function withSources({ gatewayApi = {}, version, ...args }: PlainMesh, format: Format = "kustomize"): PlainMesh {
  const { charts, gatewayApi: bundle } = version === undefined ? sources : former;
  return {
    ...args,
    ...(format === "kustomize" ? { charts } : { version: "1.31.0" }),
    gatewayApi: gatewayApi.install === false ? gatewayApi : bundle,
  };
}

/** The certificate of the gateway under another name, as a manifest. */
function copiedCertificate(): string {
  const [secret] = get("secret", "hostk8s-gateway-cert", "-n", "istio-system") as unknown as [{ data: object }];
  const metadata = { name: "wildcard-cert", namespace: "istio-system" };
  return JSON.stringify({ apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls", metadata, data: secret.data });
}

describe("a mesh from exported files", () => {
  const made: Record<string, Record<string, object>> = {};
  /** The CRDs, by release line. */
  const madeDefinitions: Record<string, Record<string, object>> = {};
  let certificate = "";

  before(async () => {
    removeDefinitions();
    apply(found);
    let args: AmbientMeshArgs = {};
    const stack = await TestStack.open("original", async () => {
      new AmbientMesh("mesh", args);
    });
    for (const { what, apart } of cases) {
      const mesh = exportedMeshes[what]!;
      if (apart) {
        await stack.destroy();
        removeDefinitions();
      }
      args = { ...withSources(mesh), preflight: { enabled: false } };
      await stack.up();
      made[what] = await settledObjects();
      madeDefinitions[mesh.version ?? ""] ??= clusterObjects(definitions);
      if (what === "all defaults") {
        certificate = copiedCertificate();
        apply(certificate);
      }
    }
    await stack.remove();
    removeDefinitions();
  });

  let remove = () => {};
  let namespace = "";
  afterEach(() => {
    remove();
    kubectl("delete", "namespace", namespace, "--ignore-not-found");
  });

  after(() => {
    kubectl("delete", "namespace", "ingress", "mesh", "istio-system", "--ignore-not-found");
    kubectl("delete", "clusterissuer", "root-ca-cluster-issuer", "--ignore-not-found");
    kubectl("delete", "crd", "network-attachment-definitions.k8s.cni.cncf.io");
    removeDefinitions();
    fs.rmSync(folder, { recursive: true });
  });

  for (const { what, format, apart } of cases) {
    it(`with ${what} is the one that Pulumi makes, with ${format}`, async () => {
      const mesh = exportedMeshes[what]!;
      namespace = mesh.namespace ?? "istio-system";
      if (apart) removeDefinitions();
      const output = await exported(format, withSources(mesh, format));
      remove = installs[format](output, mesh.gateway?.certificate?.existing === true ? certificate : "");
      await gatewaysProgrammed();
      const differences = () => differing(made[what]!, clusterObjects());
      assert.deepEqual(await settled(differences, (all) => all.length === 0), []);
      assert.deepEqual(differing(madeDefinitions[mesh.version ?? ""]!, clusterObjects(definitions)), []);
    });
  }
});
