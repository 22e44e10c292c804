// The Server header of answers, as an EnvoyFilter and routes have it.
import * as assert from "node:assert/strict";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import { ingressWith, only, verdicts, type Given } from "./cases";

const withoutFilters = { ...standardOptions, envoyFilters: false };

describe("the Server header", () => {
  it("is left to the routes, and those of others send Envoy's own", () => {
    const manager = "envoy.filters.network.http_connection_manager";
    const patches = [
      {
        applyTo: "NETWORK_FILTER",
        match: { context: "GATEWAY", listener: { filterChain: { filter: { name: manager } } } },
        patch: {
          operation: "MERGE",
          value: {
            typed_config: {
              "@type":
                "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
              server_header_transformation: "PASS_THROUGH",
            },
          },
        },
      },
      {
        applyTo: "ROUTE_CONFIGURATION",
        match: { context: "GATEWAY" },
        patch: {
          operation: "MERGE",
          value: {
            most_specific_header_mutations_wins: true,
            response_headers_to_remove: ["server"],
            response_headers_to_add: [
              { header: { key: "server", value: "istio-envoy" }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" },
            ],
          },
        },
      },
    ];
    const config = { metadata: { name: "headers", namespace: "shop" }, data: { server: "shop", "X-A": "b" } };
    const documents = { apiVersion: "v1", kind: "ConfigMap", ...config };
    const set = (...all: [name: string, value: string][]) => ({ set: all.map(([name, value]) => ({ name, value })) });
    for (const [given, responseHeaderModifier] of [
      [{ "configuration-snippet": "more_set_headers 'Server HTTPS' 'server: shop';" }, set(["Server", "shop"])],
      [{ "server-snippet": "more_clear_headers Server;" }, { remove: ["Server"] }],
      [{ "custom-headers": "shop/headers" }, set(["server", "shop"], ["X-A", "b"])],
    ] as [Given, object][]) {
      const { objects } = convert([ingressWith(given), documents]);
      assert.deepEqual((only(objects, "EnvoyFilter").spec as { configPatches: object[] }).configPatches, patches);
      const [rule] = (only(objects, "HTTPRoute").spec as { rules: object[] }).rules;
      assert.deepEqual(rule, {
        matches: [{ path: { type: "PathPrefix", value: "/" } }],
        filters: [{ type: "ResponseHeaderModifier", responseHeaderModifier }],
        backendRefs: [{ name: "web", port: 80 }],
      });
    }
    const { objects, entries } = convert(
      [ingressWith({ "custom-headers": "shop/headers" }), documents],
      withoutFilters,
    );
    assert.deepEqual(verdicts(entries), [
      "custom-headers: changed → ResponseHeaderModifier (later changes of the ConfigMap do not reach the route; Envoy's own Server header is sent; without --no-envoy-filters it is not)",
    ]);
    const [rule] = (only(objects, "HTTPRoute").spec as { rules: { filters: object[] }[] }).rules;
    assert.deepEqual(rule!.filters, [{ type: "ResponseHeaderModifier", responseHeaderModifier: set(["X-A", "b"]) }]);
  });
});
