// What CertManager registers: which resources, in which order, with which inputs; and what a mesh beside it knows of it.
import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { kubeConfigClass } from "../../cluster/kube-config";
import { AmbientMesh, CertManager, CertManagerArgs } from "../../components";
import { comingCertManagers } from "../../components/support/cert-managers";
import { faultOf, preview } from "./applications";
import { record, Recording, valueOf } from "./record";

const usual = process.env["KUBECONFIG"];
const unchecked = "warning: whether another cert-manager is on the cluster was not checked: there is no kubeconfig";

async function recorded(args?: CertManagerArgs, opts?: pulumi.ComponentResourceOptions) {
  let certs: CertManager | undefined;
  // As at preview: nothing is read of a Secret that no cluster has.
  const recording = await record(() => {
    certs = new CertManager("certs", args, opts);
  }, preview);
  return { recording, certs: certs! };
}

function listed({ resources }: Recording): string[] {
  return resources.map(({ parent, name, type }) => `${parent}/${name} ${type}`).sort();
}

describe("the resources of CertManager", () => {
  let recording: Recording;
  let certs: CertManager;

  before(async () => {
    process.env["KUBECONFIG"] = "/nonexistent/kubeconfig";
    // Loaded at the first look, for longer than a recording waits for something to happen.
    await kubeConfigClass();
    ({ recording, certs } = await recorded());
  });
  after(() => {
    process.env["KUBECONFIG"] = usual;
  });

  it("are exactly these, under names that are a promise: a rename brings an alias", () => {
    assert.deepEqual(listed(recording), [
      "/certs istio-ambient:index:CertManager",
      "certs/certs-ca-certificate kubernetes:cert-manager.io/v1:Certificate",
      "certs/certs-issuer kubernetes:cert-manager.io/v1:ClusterIssuer",
      "certs/certs-namespace kubernetes:core/v1:Namespace",
      "certs/certs-release kubernetes:helm.sh/v3:Release",
      "certs/certs-selfsigned-issuer kubernetes:cert-manager.io/v1:Issuer",
    ]);
  });

  it("come one after the other, and go in reverse: the CRDs' objects before what makes them work", () => {
    const dependencies = (name: string) => recording.find(`certs-${name}`).dependencies;
    assert.deepEqual(dependencies("namespace"), []);
    assert.deepEqual(dependencies("release"), ["certs-namespace"]);
    assert.deepEqual(dependencies("selfsigned-issuer"), ["certs-release"]);
    assert.deepEqual(dependencies("ca-certificate"), ["certs-release", "certs-selfsigned-issuer"]);
    assert.deepEqual(dependencies("issuer"), ["certs-ca-certificate", "certs-release", "certs-selfsigned-issuer"]);
  });

  it("leave the namespace, and with it the keys of every CA", () => {
    const kept = recording.resources.filter(({ retainOnDelete }) => retainOnDelete).map(({ name }) => name);
    assert.deepEqual(kept, ["certs-namespace"]);
  });

  it("install cert-manager's own chart with its CRDs, and wait for it", () => {
    const { chart, version, name, namespace, values, timeout, skipAwait } = recording.find("certs-release").inputs;
    assert.deepEqual(
      { chart, version, name, namespace, values, timeout, skipAwait },
      {
        chart: "oci://quay.io/jetstack/charts/cert-manager",
        version: "v1.21.2",
        name: "cert-manager",
        namespace: "cert-manager",
        values: { crds: { enabled: true, keep: true } },
        timeout: 300,
        skipAwait: undefined,
      },
    );
  });

  it("carry the stack's mark, and are awaited", () => {
    for (const name of ["namespace", "selfsigned-issuer", "ca-certificate", "issuer"]) {
      const { annotations } = recording.find(`certs-${name}`).inputs["metadata"] as { annotations: object };
      const mark = { "istio-ambient/stack": "istio-ambient/test", "istio-ambient/component": 'CertManager "certs"' };
      const awaited = name === "namespace" ? {} : { "pulumi.com/waitFor": "condition=Ready" };
      assert.deepEqual(annotations, { ...mark, ...awaited });
    }
  });

  it("make a root of their own, which the issuer signs with", () => {
    const specOf = (name: string) => recording.find(`certs-${name}`).inputs["spec"];
    const { name } = recording.find("certs-issuer").inputs["metadata"] as { name: string };
    assert.equal(name, "root-ca-cluster-issuer");
    assert.deepEqual(specOf("selfsigned-issuer"), { selfSigned: {} });
    const { issuerRef } = specOf("ca-certificate") as { issuerRef: object };
    const selfSigned = "root-ca-cluster-issuer-selfsigned";
    assert.deepEqual(issuerRef, { name: selfSigned, kind: "Issuer", group: "cert-manager.io" });
    assert.deepEqual(specOf("issuer"), { ca: { secretName: "root-ca-cluster-issuer-ca" } });
  });

  it("register the outputs, of which the issuer's name is what a mesh needs", async () => {
    // The CA is in a Secret, which only a cluster has.
    assert.deepEqual(Object.fromEntries(recording.outputs), { certs: ["issuerName", "namespace", "version"] });
    assert.equal(await valueOf(certs.namespace), "cert-manager");
    assert.equal(await valueOf(certs.issuerName), "root-ca-cluster-issuer");
    assert.equal(await valueOf(certs.version), "1.21.2");
  });

  it("say that nothing was checked where there is no cluster to ask", () => {
    assert.deepEqual(recording.logged, [unchecked]);
  });

  it("are the issuer alone where cert-manager is used as it is, with a CA in a Secret", async () => {
    const args = { install: false, namespace: "tls", issuer: { name: "corporate", secretName: "corporate-ca" } };
    const { recording: used, certs: user } = await recorded(args);
    assert.deepEqual(listed(used), [
      "/certs istio-ambient:index:CertManager",
      "certs/certs-issuer kubernetes:cert-manager.io/v1:ClusterIssuer",
    ]);
    assert.deepEqual(used.find("certs-issuer").inputs["spec"], { ca: { secretName: "corporate-ca" } });
    assert.equal(await valueOf(user.version), undefined);
    assert.equal(await valueOf(user.namespace), "tls");
  });

  it("are cert-manager alone where no issuer is wanted", async () => {
    const { recording: bare, certs: user } = await recorded({ issuer: { enabled: false } });
    assert.deepEqual(listed(bare), [
      "/certs istio-ambient:index:CertManager",
      "certs/certs-namespace kubernetes:core/v1:Namespace",
      "certs/certs-release kubernetes:helm.sh/v3:Release",
    ]);
    assert.equal(await valueOf(user.issuerName), undefined);
  });

  it("patch a namespace that is adopted, which to the engine is the same one", async () => {
    const { recording: adopted } = await recorded({ adopt: true });
    const { type, inputs, retainOnDelete } = adopted.find("certs-namespace");
    assert.deepEqual([type, retainOnDelete], ["kubernetes:core/v1:NamespacePatch", false]);
    const { annotations } = inputs["metadata"] as { annotations: Record<string, string> };
    assert.equal(annotations["pulumi.com/patchForce"], "true");
  });

  it("come from another repository where one is named", async () => {
    const { recording: https } = await recorded({ charts: { repository: "https://charts.example.com" } });
    const { chart, repositoryOpts } = https.find("certs-release").inputs;
    assert.deepEqual([chart, repositoryOpts], ["cert-manager", { repo: "https://charts.example.com" }]);
  });

  it("are there once on a cluster", async () => {
    const message = await faultOf(() => {
      new CertManager("certs");
      new CertManager("more");
    });
    assert.equal(
      message,
      'invalid arguments for CertManager "more":\n  `install`: missing; CertManager "certs" of this program installs it on ' +
        "the same cluster already; a cluster has one cert-manager; write `install: false`",
    );
  });
});

describe("a mesh beside a CertManager", () => {
  before(() => {
    process.env["KUBECONFIG"] = "/nonexistent/kubeconfig";
  });
  after(() => {
    process.env["KUBECONFIG"] = usual;
  });

  /** What a mesh with this `dependsOn` is told. */
  async function told(dependsOn: (certs: CertManager) => pulumi.ComponentResourceOptions["dependsOn"]) {
    let coming: unknown;
    await record(() => {
      const certs = new CertManager("certs", { issuer: { name: "root" } });
      coming = comingCertManagers("default", dependsOn(certs));
    }, preview);
    return coming;
  }

  const certManager = { name: "certs", installs: true, issuer: "root" };

  it("knows that it comes first: itself, a part of it, or what is not plain", async () => {
    const before = [{ ...certManager, isBefore: true }];
    assert.deepEqual(await told((certs) => certs), before);
    assert.deepEqual(await told((certs) => [certs]), before);
    assert.deepEqual(await told((certs) => certs.children.release), before);
    assert.deepEqual(await told((certs) => pulumi.output(certs)), before);
  });

  it("knows where it does not wait for it", async () => {
    assert.deepEqual(await told(() => undefined), [{ ...certManager, isBefore: false }]);
    assert.deepEqual(await told(() => []), [{ ...certManager, isBefore: false }]);
  });

  it("makes nothing before cert-manager and its issuer are there", async () => {
    const recording = await record(() => {
      const certs = new CertManager("certs");
      new AmbientMesh("mesh", { preflight: { enabled: false } }, { dependsOn: certs });
    }, preview);
    const certs = [
      "certs-ca-certificate",
      "certs-issuer",
      "certs-namespace",
      "certs-release",
      "certs-selfsigned-issuer",
    ];
    assert.deepEqual(recording.find("mesh-namespace").dependencies, certs);
  });
});
