// The Ingress of the document that this package grew from, and the HTTPRoute that the document puts in its place.
import * as assert from "node:assert/strict";
import { parse } from "yaml";
import { convert } from "../../../lib/conversion/convert";
import { yamlText } from "../../../lib/conversion/yaml";

const before = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: my-app
spec:
  ingressClassName: nginx
  rules:
  - host: localhost
    http:
      paths:
      - path: /my-app
        pathType: Prefix
        backend:
          service:
            name: my-service
            port:
              number: 8080
`;

const after = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: my-app
spec:
  parentRefs:
  - name: hostk8s-gateway
    namespace: istio-system
  rules:
  - matches:
    - path:
        type: PathPrefix
        value: /my-app
    backendRefs:
    - name: my-service
      port: 8080
`;

describe("the Ingress of the original document", () => {
  it("becomes its HTTPRoute, every line as it stands there, for the host that the document leaves out", () => {
    const hosts = "  hostnames:\n  - localhost\n";
    const text = yamlText(convert([parse(before)]).objects);
    assert.equal(text.replace(hosts, ""), after);
    assert.ok(text.includes(hosts));
  });
});
