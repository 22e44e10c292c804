// What is said of an object that is waited for too long.
import * as assert from "node:assert/strict";
import { explainWaiting, type Wait } from "../../cluster/waiting";
import { waitingText, type Awaited } from "../../lib/cluster-state/waiting";
import { ApiServer } from "./fixtures/api-server";
import { MeshApi } from "./fixtures/mesh-api";

const certificate: Awaited = {
  kind: "Certificate",
  path: "/apis/cert-manager.io/v1/namespaces/shop/certificates",
  namespace: "shop",
  name: "web",
  condition: "Ready",
};
const gateway: Awaited = { ...certificate, kind: "Gateway", name: "public", condition: "Programmed" };

describe("the explanation of a wait", () => {
  it("names the condition as it was last seen, and what stands beneath it", () => {
    const conditions = [
      { type: "Issuing", status: "True", reason: "DoesNotExist", message: "Issuing certificate" },
      { type: "Ready", status: "False", reason: "DoesNotExist", message: "Secret does not exist" },
    ];
    const object = "CertificateRequest shop/web-1";
    const beneath = [{ object, text: "Ready=False (Pending: Referenced ClusterIssuer not found)" }];
    assert.equal(
      waitingText(certificate, 100, { conditions, troubles: [], beneath }),
      "still waiting for Certificate shop/web after 100 s; last seen: Ready=False (DoesNotExist: Secret does not exist)\n" +
        "likely cause:\n" +
        "  `CertificateRequest shop/web-1`: Ready=False (Pending: Referenced ClusterIssuer not found)",
    );
  });

  it("counts every other condition that is False among the causes, before what pods and events say", () => {
    const conditions = [
      { type: "Accepted", status: "False", reason: "InvalidParameters", message: "no such ConfigMap" },
    ];
    const beneath = [{ object: "Service shop/public-istio", text: "NodePort 30081 belongs to Service shop/web" }];
    const troubles = [{ object: "Pod shop/public-istio-x", text: "container istio-proxy is in ImagePullBackOff" }];
    assert.equal(
      waitingText(gateway, 160, { conditions, troubles, beneath }),
      "still waiting for Gateway shop/public after 160 s; last seen: no condition Programmed yet\n" +
        "likely cause:\n" +
        "  `Gateway shop/public`: Accepted=False (InvalidParameters: no such ConfigMap)\n" +
        "  `Service shop/public-istio`: NodePort 30081 belongs to Service shop/web\n" +
        "  `Pod shop/public-istio-x`: container istio-proxy is in ImagePullBackOff",
    );
  });

  it("ends after the condition where no cause is seen", () => {
    assert.equal(
      waitingText(gateway, 160, { conditions: [], troubles: [], beneath: [] }),
      "still waiting for Gateway shop/public after 160 s; last seen: no condition Programmed yet",
    );
  });
});

describe("a wait", () => {
  const wait = 60_000;
  let now: number;
  let hourAgo: string;
  let mesh: MeshApi;
  let server: ApiServer;

  beforeEach(async () => {
    now = Date.now();
    hourAgo = new Date(now - 3_600_000).toISOString();
    mesh = new MeshApi();
    server = await ApiServer.start(mesh);
  });
  afterEach(() => server.stop());

  /** What is said at one look. */
  function look(ready: string, made: string, of: Wait): Promise<string | undefined> {
    const conditions = [{ type: "Ready", status: ready, reason: "Why", message: "so" }];
    const metadata = { name: "web", namespace: "shop", creationTimestamp: made };
    mesh.recording.objects[`${certificate.path}/web`] = { metadata, status: { conditions } };
    return explainWaiting({ kubeconfig: server.kubeconfig }, certificate, of, wait);
  }

  it("of an object that this run has made lasts since then", async () => {
    const minutesAgo = new Date(now - 2 * wait).toISOString();
    assert.match(
      (await look("False", minutesAgo, { begun: now - 3 * wait })) ?? "",
      /^still waiting for Certificate shop\/web after 12\d s; last seen: Ready=False \(Why: so\)$/,
    );
    assert.equal(await look("False", new Date(now).toISOString(), { begun: now - 3 * wait }), undefined);
  });

  it("of an older one lasts since it was first seen without its condition", async () => {
    const of: Wait = { begun: now - 3 * wait };
    assert.equal(await look("False", hourAgo, of), undefined);
    of.seen = now - 2 * wait;
    assert.match((await look("False", hourAgo, of)) ?? "", /^still waiting for .* after 12\d s/);
  });

  it("is none where the condition holds, however old the object is, and begins anew after that", async () => {
    const of: Wait = { begun: now - 3 * wait, seen: now - 2 * wait };
    assert.equal(await look("True", hourAgo, of), undefined);
    assert.equal(await look("False", hourAgo, of), undefined);
  });

  it("of a DaemonSet, which has no conditions, lasts until every pod is ready", async () => {
    const daemonSet = {
      kind: "DaemonSet",
      path: "/apis/apps/v1/namespaces/shop/daemonsets",
      namespace: "shop",
      name: "agent",
      condition: "Ready",
    };
    const look = (numberReady: number, desiredNumberScheduled: number) => {
      const metadata = { name: "agent", namespace: "shop", creationTimestamp: new Date(now - 2 * wait).toISOString() };
      const status = { numberReady, desiredNumberScheduled };
      mesh.recording.objects[`${daemonSet.path}/agent`] = { metadata, status };
      return explainWaiting({ kubeconfig: server.kubeconfig }, daemonSet, { begun: now - 3 * wait }, wait);
    };
    assert.match((await look(1, 2)) ?? "", /last seen: Ready=False \(Rollout: 1 of 2 pods\)$/);
    assert.match((await look(0, 0)) ?? "", /last seen: Ready=False \(Rollout: 0 of 0 pods\)$/);
    assert.equal(await look(2, 2), undefined);
  });
});
