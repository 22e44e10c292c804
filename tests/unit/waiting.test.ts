// What is said of an object that is waited for too long.
import * as assert from "node:assert/strict";
import { waitingText, type Awaited } from "../../lib/waiting";

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
      "Certificate shop/web has been waited for 100 s; last seen: Ready=False (DoesNotExist: Secret does not exist)\n" +
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
      "Gateway shop/public has been waited for 160 s; last seen: no condition Programmed yet\n" +
        "likely cause:\n" +
        "  `Gateway shop/public`: Accepted=False (InvalidParameters: no such ConfigMap)\n" +
        "  `Service shop/public-istio`: NodePort 30081 belongs to Service shop/web\n" +
        "  `Pod shop/public-istio-x`: container istio-proxy is in ImagePullBackOff",
    );
  });

  it("ends after the condition where no cause is seen", () => {
    assert.equal(
      waitingText(gateway, 160, { conditions: [], troubles: [], beneath: [] }),
      "Gateway shop/public has been waited for 160 s; last seen: no condition Programmed yet",
    );
  });
});
