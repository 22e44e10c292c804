// What becomes of the arguments of CertManager: the chart's values, and the root CA behind the issuer.
import * as assert from "node:assert/strict";
import { readiness } from "../../components/support/issued";
import { certManagerValues, issuerSpec, rootSpec } from "../../components/cert-manager/objects";

describe("the values of cert-manager's chart", () => {
  it("have it make the CRDs, and keep them when it goes", () => {
    assert.deepEqual(certManagerValues(undefined), { crds: { enabled: true, keep: true } });
  });

  it("leave the last word to the user's own, deeply", () => {
    assert.deepEqual(certManagerValues({ replicaCount: 2, crds: { enabled: false } }), {
      replicaCount: 2,
      crds: { enabled: false, keep: true },
    });
  });
});

describe("the root CA", () => {
  it("lives for ten years unless it is told otherwise, and keeps its key", () => {
    const root = {
      secretName: "root-ca",
      isCA: true,
      commonName: "root-ca",
      duration: "87600h",
      privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Never" },
      issuerRef: { name: "root-selfsigned", kind: "Issuer", group: "cert-manager.io" },
    };
    assert.deepEqual(rootSpec("root-ca", "root-selfsigned", undefined), root);
    assert.deepEqual(rootSpec("root-ca", "root-selfsigned", "43800h"), { ...root, duration: "43800h" });
  });

  it("has a common name that a certificate can hold, however long its Secret's name is", () => {
    const { commonName } = rootSpec("a".repeat(200), "selfsigned", undefined) as { commonName: string };
    assert.equal(commonName, "a".repeat(64));
  });

  it("signs for the issuer", () => assert.deepEqual(issuerSpec("root-ca"), { ca: { secretName: "root-ca" } }));
});

describe("an object of cert-manager that is waited for", () => {
  it("is looked for in its namespace, and a ClusterIssuer in none", () => {
    const path = (kind: "Certificate" | "ClusterIssuer") => readiness(kind, "tls", "root").path;
    assert.equal(path("Certificate"), "/apis/cert-manager.io/v1/namespaces/tls/certificates");
    assert.equal(path("ClusterIssuer"), "/apis/cert-manager.io/v1/clusterissuers");
  });
});
