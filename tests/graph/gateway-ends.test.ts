// What an `up` ends with where a gateway does not come to serve: the certificate that nobody signs, the pod that cannot start.
import * as assert from "node:assert/strict";
import { IngressGateway, IngressGatewayArgs } from "../../components";
import { timeouts } from "../../lib/istio/defaults";
import { record } from "./record";
import { onCluster } from "./serving-cluster";

const cores = "/api/v1/namespaces/edge";
const apps = "/apis/apps/v1/namespaces/edge";
const certs = "/apis/cert-manager.io/v1/namespaces/edge";
const acme = "/apis/acme.cert-manager.io/v1/namespaces/edge";

/** An object of the namespace, made of another. */
function object(name: string, owner: string | undefined, rest: object): object {
  const ownerReferences = owner === undefined ? [] : [{ uid: `uid-${owner}`, kind: "Any", name: owner }];
  const metadata = { namespace: "edge", name, uid: `uid-${name}`, generation: 1, ownerReferences };
  return { metadata: { ...metadata, creationTimestamp: new Date().toISOString() }, ...rest };
}

const condition = (type: string, status: string, reason = "", message = "") => ({
  conditions: [{ type, status, reason, message }],
});
const rolledOut = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1 };

describe("a gateway that does not come to serve", () => {
  /** Objects and lists by path. */
  let there: Record<string, object>;

  onCluster((path) => {
    const body = there[path];
    return body ? { body } : { status: 404, body: { kind: "Status", message: `${path} not found` } };
  });

  // What comes in minutes has not come at the first look.
  const usual = { ...timeouts };
  before(() => Object.assign(timeouts, { gateway: 0, foreignCertificate: 0 }));
  after(() => Object.assign(timeouts, usual));

  beforeEach(() => {
    there = {
      [`${apps}/deployments/edge-istio`]: object("edge-istio", undefined, { spec: { replicas: 1 }, status: rolledOut }),
      [`${cores}/secrets/edge-cert`]: { data: { "ca.crt": Buffer.from("PEM of the signer").toString("base64") } },
      "/apis/gateway.networking.k8s.io/v1/namespaces/edge/gateways/edge": object("edge", undefined, {
        status: { addresses: [{ type: "IPAddress", value: "192.0.2.10" }] },
      }),
      [`${certs}/certificates/edge-cert`]: object("edge-cert", undefined, { status: condition("Ready", "True") }),
    };
  });

  /** The errors that an `up` of a gateway ends with, each once, and the CA that it gives. */
  async function up(args: IngressGatewayArgs): Promise<{ errors: string[]; authority?: string }> {
    const errors = new Set<string>();
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", (error: Error) => {
      errors.add(error.message);
    });
    let authority: string | undefined;
    try {
      await record(() => {
        const gateway = new IngressGateway("edge", { namespace: "edge", ...args });
        gateway.caCertificate.apply((pem) => (authority = pem));
      });
    } finally {
      process.removeAllListeners("unhandledRejection");
      others.forEach((listener) => process.on("unhandledRejection", listener));
    }
    return { errors: [...errors], ...(authority === undefined ? {} : { authority }) };
  }

  const foreign: IngressGatewayArgs = { certificate: { issuerName: "letsencrypt" } };

  /** What cert-manager has made of the Certificate that is not signed. */
  function unsigned(ready: object): void {
    there[`${certs}/certificates/edge-cert`] = object("edge-cert", undefined, { status: ready });
    there[`${certs}/certificates`] = { items: [there[`${certs}/certificates/edge-cert`]] };
    const waits = condition("Ready", "False", "Pending", "Waiting on certificate issuance from order edge/order-1");
    there[`${certs}/certificaterequests`] = { items: [object("edge-cert-1", "edge-cert", { status: waits })] };
    there[`${acme}/orders`] = { items: [object("order-1", "edge-cert-1", { status: { state: "pending" } })] };
    const status = { state: "pending", reason: "Waiting for HTTP-01 challenge propagation: wrong status code '404'" };
    there[`${acme}/challenges`] = { items: [object("challenge-1", "order-1", { status })] };
  }

  it("does not end before a foreign issuer has signed, and gives its CA", async () => {
    assert.deepEqual(await up(foreign), { errors: [], authority: "PEM of the signer" });
  });

  it("ends with the reason why a foreign issuer does not sign", async () => {
    unsigned(condition("Ready", "False", "DoesNotExist", "Issuing certificate as Secret does not exist"));
    const { errors, authority } = await up(foreign);
    assert.equal(authority, undefined);
    assert.deepEqual(
      errors.map((error) => error.replace(/after \d+ s/, "after n s")),
      [
        "still waiting for Certificate edge/edge-cert after n s; last seen: Ready=False (DoesNotExist: Issuing " +
          "certificate as Secret does not exist)\n" +
          "likely cause:\n" +
          "  `CertificateRequest edge/edge-cert-1`: Ready=False (Pending: Waiting on certificate issuance from order " +
          "edge/order-1)\n" +
          "  `Challenge edge/challenge-1`: state=pending (Waiting for HTTP-01 challenge propagation: wrong status code " +
          "'404')",
      ],
    );
  });

  it("ends with a Certificate that somebody has deleted meanwhile", async () => {
    delete there[`${certs}/certificates/edge-cert`];
    assert.deepEqual((await up(foreign)).errors, [
      "Certificate edge/edge-cert is in the stack's state, but no longer in the cluster; run `pulumi up --refresh`",
    ]);
  });

  it("ends with the name of the pod that cannot start, and its reason", async () => {
    const status = { ...rolledOut, readyReplicas: 0 };
    const deployment = object("edge-istio", "edge", { spec: { replicas: 1 }, status });
    const waiting = { reason: "ImagePullBackOff", message: "no such image" };
    const stuck = { containerStatuses: [{ name: "istio-proxy", ready: false, state: { waiting } }] };
    Object.assign(there, {
      [`${apps}/deployments/edge-istio`]: deployment,
      [`${apps}/deployments`]: { items: [deployment] },
      [`${apps}/replicasets`]: { items: [object("edge-istio-1", "edge-istio", {})] },
      [`${cores}/pods`]: {
        items: [
          object("edge-istio-1-a", "edge-istio-1", { status: stuck }),
          object("web-1-a", "web-1", { status: stuck }),
        ],
      },
    });
    assert.deepEqual((await up({ certificate: { enabled: false } })).errors, [
      "the gateway is not ready after 0 min: Deployment edge/edge-istio has 0 of 1 pods ready\n" +
        "  `Pod edge/edge-istio-1-a`: container istio-proxy is in ImagePullBackOff (no such image)",
    ]);
  });

  it("ends with the Deployment that istiod did not make", async () => {
    delete there[`${apps}/deployments/edge-istio`];
    assert.deepEqual((await up({ certificate: { enabled: false } })).errors, [
      "the gateway is not ready after 0 min: Deployment edge/edge-istio does not exist",
    ]);
  });
});
