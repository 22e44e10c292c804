// What closes paths and encrypts connections is there before the routes to it, in a file and in a program.
import * as assert from "node:assert/strict";
import { convert } from "../../../lib/conversion/convert";
import { programText } from "../../../lib/conversion/typescript";
import { ingressWith } from "./cases";

describe("the objects of a conversion", () => {
  it("end with the routes", () => {
    const given = {
      "backend-protocol": "HTTPS",
      "whitelist-source-range": "10.0.0.0/8",
      "proxy-body-size": "8m",
    };
    const tls = [{ hosts: ["shop.example.com"], secretName: "cert" }];
    const kinds = convert([ingressWith(given, { tls })]).objects.map(({ kind }) => kind);
    assert.deepEqual(kinds, [
      "DestinationRule",
      "AuthorizationPolicy",
      "EnvoyFilter",
      "EnvoyFilter",
      "ListenerSet",
      "HTTPRoute",
      "HTTPRoute",
    ]);
  });

  it("are what the routes of a program depend on", () => {
    const { objects } = convert([ingressWith({ "whitelist-source-range": "10.0.0.0/8" })]);
    assert.equal(
      programText(objects, [], () => true),
      `// Written by \`istio-ambient convert\`.
import * as k8s from "@pulumi/kubernetes";
import { HttpRoute } from "istio-ambient";

// What closes paths and encrypts connections is there before the routes.
const before = [
  new k8s.apiextensions.CustomResource("authorizationpolicy-istio-system-shop.web-allowlist", {
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: { name: "shop.web-allowlist", namespace: "istio-system" },
    spec: {
      targetRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "hostk8s-gateway" }],
      action: "DENY",
      rules: [
        {
          from: [{ source: { notRemoteIpBlocks: ["10.0.0.0/8"] } }],
          to: [
            {
              operation: { hosts: ["shop.example.com", "shop.example.com:*"], ports: ["80", "443"] },
            },
          ],
        },
      ],
    },
  }),
];

new HttpRoute("shop-web", {
  name: "web",
  namespace: "shop",
  parent: { name: "hostk8s-gateway", namespace: "istio-system" },
  hostnames: ["shop.example.com"],
  rules: [{ matches: [{ prefix: "/" }], backends: [{ service: "web", port: 80 }] }],
}, { dependsOn: before });
`,
    );
  });
});
