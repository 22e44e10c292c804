// A certificate by an issuer that signs only what it can reach: as ACME does, through the very gateway it is for.
import * as assert from "node:assert/strict";
import { AmbientMesh } from "../../components";
import { findTraffic } from "../../sandbox/pods/traffic";
import { send } from "./requests";
import { apply, condition, get, kubectl, type KubeObject, settled, sources, TestStack } from "./support";

const issuer = "signs-late";

/** Where the secrets of ClusterIssuers are. */
const place = "cert-manager";

/** A CA issuer that cannot sign yet: the CA that it names comes later. */
const unable = `
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: { name: ${issuer} }
spec: { ca: { secretName: ${issuer} } }
`;

const authority = `
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: { name: ${issuer}-root }
spec: { selfSigned: {} }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: ${issuer}, namespace: ${place} }
spec:
  isCA: true
  commonName: Signs late
  secretName: ${issuer}
  issuerRef: { kind: ClusterIssuer, name: ${issuer}-root }
`;

/** Undefined as well while there is no such kind yet. */
function gateway(): KubeObject | undefined {
  try {
    return get("gateways.gateway.networking.k8s.io", "hostk8s-gateway", "-n", "istio-system")[0];
  } catch {
    return undefined;
  }
}

/** Whether a challenge over http would get to the gateway: without a route for it the gateway itself says 404. */
async function answersChallenges(): Promise<boolean> {
  const url = "http://localhost:8081/.well-known/acme-challenge/token";
  const status = await send(url, { host: "localhost" }).then(
    (answer) => answer.status,
    () => undefined,
  );
  return status === 404;
}

const certificate = () => get("certificate", "hostk8s-gateway-cert", "-n", "istio-system")[0];

describe("a certificate by an issuer that has to reach the gateway", () => {
  let stack: TestStack;

  before(async () => {
    apply(unable);
    stack = await TestStack.open("late-issuer", () => {
      const mesh = new AmbientMesh("mesh", {
        ...sources,
        platform: "kind",
        gateway: { certificate: { issuerName: issuer } },
      });
      return Promise.resolve({ caCertificate: mesh.caCertificate, httpsUrl: mesh.httpsUrl });
    });
  });

  after(async () => {
    await stack.remove();
    kubectl("delete", "clusterissuer", issuer, `${issuer}-root`, "--ignore-not-found");
    kubectl("delete", "certificate,secret", issuer, "-n", place, "--ignore-not-found");
  });

  it("does not hold up the gateway, and is issued when `up` ends", async () => {
    let issuedBefore: string | undefined;
    let isReached = false;
    const signing = settled(gateway, (found) => condition(found, "Programmed") === "True").then(async () => {
      // Without traffic being Programmed has to do.
      isReached = findTraffic().lacks.length > 0 || (await settled(answersChallenges, Boolean));
      issuedBefore = condition(certificate(), "Ready");
      apply(authority);
    });
    const { outputs } = await stack.up();
    await signing;
    assert.equal(isReached, true);
    assert.equal(issuedBefore, "False");
    assert.equal(condition(certificate(), "Ready"), "True");
    const [secret] = get("secret", issuer, "-n", place);
    assert.equal(outputs["caCertificate"], Buffer.from(secret!.data!["tls.crt"]!, "base64").toString("utf8"));
  });

  it("is no change afterwards, and leaves no private key in the state", async () => {
    assert.deepEqual(await stack.preview(), { steps: [], diagnostics: [], outputs: {} });
    const state = await stack.exported();
    const key = get("secret", "hostk8s-gateway-cert", "-n", "istio-system")[0]!.data!["tls.key"]!;
    assert.ok(key.length > 100);
    assert.equal(state.includes(key), false);
    assert.equal(state.includes("PRIVATE KEY"), false);
    assert.equal(state.includes('"ciphertext"'), false);
  });
});
