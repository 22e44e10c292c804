// `--envoy-filters`: what Envoy's own API can say of routes, as whole objects, and the verdicts with it.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import type { Ingress, Written } from "../../../lib/conversion/objects";
import { istioAmbient } from "../fixtures/terminal";
import { ingressWith, only, verdicts, type Case, type Given } from "./cases";

const withFilters = { ...standardOptions, envoyFilters: true };
const inMemory = (size: string) => `the gateway keeps up to ${size} of a request in memory`;
const onDisk = "where NGINX writes a file; proxy-request-buffering: off streams it, without the limit";
const redirected = "(a query of the request stays in the Location, where NGINX drops it)";
const unreached = "(the Ingress redirects every request, so that none gets to a backend)";
const late = "(in the middle of a large body the gateway answers 408, where NGINX answers 504)";

const cases: Case[] = [
  [
    { "proxy-body-size": "1m" },
    `proxy-body-size: mapped → EnvoyFilter that answers 413 (${inMemory("1m")}, as much as of any request)`,
  ],
  [
    { "proxy-body-size": "8M" },
    `proxy-body-size: changed → EnvoyFilter that answers 413 (${inMemory("8M")}, ${onDisk})`,
  ],
  [
    { "permanent-redirect": "https://other.example.com", "proxy-body-size": "8k", "proxy-read-timeout": "5" },
    `permanent-redirect: changed → RequestRedirect ${redirected}`,
    `proxy-body-size: converted ${unreached}`,
    `proxy-read-timeout: converted ${unreached}`,
  ],
  [
    { "temporal-redirect": "https://other.example.com", "proxy-body-size": "8k", "proxy-send-timeout": "5" },
    `proxy-body-size: converted ${unreached}`,
    `proxy-send-timeout: converted ${unreached}`,
    `temporal-redirect: changed → RequestRedirect ${redirected}`,
  ],
  [
    { "proxy-body-size": "9m" },
    "proxy-body-size: changed → EnvoyFilter that answers 413 (a body without a Content-Length is not limited, since the gateway would keep so much of it in memory)",
  ],
  [
    { "proxy-body-size": "8m", "proxy-request-buffering": "off" },
    "proxy-body-size: changed → EnvoyFilter that answers 413 (a body without a Content-Length is not limited, since proxy-request-buffering is off)",
    "proxy-request-buffering: mapped → Envoy streams bodies in both directions",
  ],
  [{ "proxy-body-size": "0" }, "proxy-body-size: mapped → bodies of any size, which the gateway streams"],
  [{ "proxy-body-size": "big" }, "proxy-body-size: converted (not a size, so NGINX uses its default, 1m)"],
  [
    { "proxy-body-size": "8m", "backend-protocol": "GRPC" },
    "backend-protocol: mapped → DestinationRule connectionPool.http.h2UpgradePolicy UPGRADE",
    "proxy-body-size: changed → bodies of any size, which the gateway streams (a body of more than 8m passes too, where NGINX answers 413)",
  ],
  [
    { "proxy-body-size": "8k", "backend-protocol": "grpcs" },
    "backend-protocol: mapped → DestinationRule tls SIMPLE with insecureSkipVerify, since NGINX does not verify either",
    "proxy-body-size: refused (a gateway takes bodies of any size, and a limit below the default of 1m is there to protect something) way out: a limit in the application",
  ],
  [{ "proxy-read-timeout": "600" }, "proxy-read-timeout: mapped → EnvoyFilter with per_try_idle_timeout"],
  [{ "proxy-read-timeout": "60" }, "proxy-read-timeout: mapped → EnvoyFilter with per_try_idle_timeout"],
  [
    { "proxy-read-timeout": "5" },
    "proxy-read-timeout: changed → EnvoyFilter with per_try_idle_timeout (a WebSocket ends after 60 s of silence)",
  ],
  [
    { "proxy-read-timeout": "600", "proxy-send-timeout": "600" },
    "proxy-read-timeout: mapped → EnvoyFilter with per_try_idle_timeout",
    `proxy-send-timeout: mapped → EnvoyFilter with idle_timeout ${late}`,
  ],
  [
    { "proxy-read-timeout": "90", "proxy-send-timeout": "120" },
    "proxy-read-timeout: changed → EnvoyFilter with per_try_idle_timeout (a WebSocket ends after 120 s of silence)",
    `proxy-send-timeout: mapped → EnvoyFilter with idle_timeout ${late}`,
  ],
  [
    { "proxy-read-timeout": "3600", "proxy-send-timeout": "10" },
    "proxy-read-timeout: mapped → EnvoyFilter with per_try_idle_timeout",
    "proxy-send-timeout: changed → EnvoyFilter with idle_timeout (a backend that stops reading has 3600 s, the longest of both timeouts and 60 s)",
  ],
  [
    { "proxy-read-timeout": "600", "backend-protocol": "GRPC" },
    "backend-protocol: mapped → DestinationRule connectionPool.http.h2UpgradePolicy UPGRADE",
    "proxy-read-timeout: changed → EnvoyFilter with per_try_idle_timeout (a stream of the client ends after 600 s without anything in both directions)",
  ],
  [
    { "proxy-read-timeout": "0" },
    "proxy-read-timeout: changed → no limit between two reads from the backend (what NGINX ends with 504 after 0 s of silence goes on; --envoy-filters ends it)",
  ],
  [
    { "proxy-read-timeout": "10m" },
    "proxy-read-timeout: converted (not a whole number, so NGINX uses its default, 60)",
  ],
];

const filters = (objects: readonly Written[]) => objects.filter(({ kind }) => kind === "EnvoyFilter");
const named = (name: string, given: Given, more: Partial<Ingress["spec"]> = {}) => {
  const ingress = ingressWith(given, more);
  return { ...ingress, metadata: { ...ingress.metadata, name } };
};
const targetRefs = [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "hostk8s-gateway" }];
const metadata = (name: string) => ({ name, namespace: "istio-system" });

/** The patch of one rule. */
const patch = (name: string, value: object) => ({
  applyTo: "HTTP_ROUTE",
  match: { context: "GATEWAY", routeConfiguration: { vhost: { route: { name, action: "ROUTE" } } } },
  patch: { operation: "MERGE", value },
});
const limit = (bytes: number, collect: boolean, name = "istio-ambient.shop.web-body-limit") => ({
  typed_per_filter_config: {
    [name]: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.LuaPerRoute",
      filter_context: { bytes, collect },
    },
  },
});

const written = `apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata:
  name: shop.web-envoy
  namespace: istio-system
spec:
  targetRefs:
  - group: gateway.networking.k8s.io
    kind: Gateway
    name: hostk8s-gateway
  configPatches:
  - applyTo: HTTP_ROUTE
    match:
      context: GATEWAY
      routeConfiguration:
        vhost:
          route:
            name: shop.web-rule-0
            action: ROUTE
    patch:
      operation: MERGE
      value:
        route:
          idle_timeout: 90s
`;

describe("--envoy-filters", () => {
  for (const [given, ...expected] of cases) {
    it(JSON.stringify(given), () => {
      assert.deepEqual(verdicts(convert([ingressWith(given)], withFilters).entries), expected);
    });
  }

  it("writes none without it, nor where nothing needs one", () => {
    const given = { "proxy-body-size": "8m", "proxy-read-timeout": "600" };
    assert.deepEqual(filters(convert([ingressWith(given)]).objects), []);
    assert.deepEqual(filters(convert([ingressWith({ "proxy-body-size": "0" })], withFilters).objects), []);
  });

  it("writes one for the Ingress: a filter that is off for every route, and what turns it on for its own", () => {
    const { objects } = convert([ingressWith({ "proxy-body-size": "8k", "proxy-read-timeout": "90" })], withFilters);
    const [own, ...others] = filters(objects);
    assert.deepEqual(others, []);
    const { configPatches } = own!.spec as { configPatches: { patch: { value: { typed_config: object } } }[] };
    const { default_source_code: code, ...typed } = configPatches[0]!.patch.value.typed_config as {
      default_source_code: { inline_string: string };
    };
    assert.match(code.inline_string, /^function envoy_on_request\(handle\)\n/);
    assert.deepEqual(typed, { "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua" });
    assert.deepEqual(own, {
      apiVersion: "networking.istio.io/v1alpha3",
      kind: "EnvoyFilter",
      metadata: metadata("shop.web-envoy"),
      spec: {
        targetRefs,
        configPatches: [
          {
            applyTo: "HTTP_FILTER",
            match: {
              context: "GATEWAY",
              listener: {
                filterChain: {
                  filter: {
                    name: "envoy.filters.network.http_connection_manager",
                    subFilter: { name: "envoy.filters.http.router" },
                  },
                },
              },
            },
            patch: {
              operation: "INSERT_BEFORE",
              value: {
                name: "istio-ambient.shop.web-body-limit",
                disabled: true,
                typed_config: { ...typed, default_source_code: code },
              },
            },
          },
          patch("shop.web-rule-0", {
            ...limit(8192, true),
            request_body_buffer_limit: 8192,
            route: { idle_timeout: "90s", retry_policy: { per_try_idle_timeout: "90s" } },
          }),
        ],
      },
    });
    const { rules } = only(objects, "HTTPRoute").spec as { rules: object[] };
    assert.deepEqual(rules, [
      {
        name: "shop.web-rule-0",
        matches: [{ path: { type: "PathPrefix", value: "/" } }],
        backendRefs: [{ name: "web", port: 80 }],
      },
    ]);
  });

  it("raises no limit of Envoy's memory for what it does not collect", () => {
    const { objects } = convert([ingressWith({ "proxy-body-size": "1g" })], withFilters);
    const { configPatches } = filters(objects)[0]!.spec as { configPatches: object[] };
    assert.deepEqual(configPatches.slice(1), [patch("shop.web-rule-0", limit(1024 ** 3, false))]);
  });

  it("shares nothing between conversions, of Ingresses without a namespace neither", () => {
    const rule = ingressWith({}).spec.rules![0]!;
    const made = ["8k", "1g"].map((size) => {
      const host = `${size}.example.com`;
      const { metadata: own, ...rest } = named("web", { "proxy-body-size": size }, { rules: [{ ...rule, host }] });
      const bare = { name: own.name, annotations: own.annotations! };
      return convert([{ ...rest, metadata: bare }], withFilters).objects;
    });
    const found = made.map((objects) => {
      const { metadata: own, spec } = only(objects, "EnvoyFilter");
      const { configPatches } = spec as { configPatches: { patch: { value: { name?: string } } }[] };
      const [rules] = objects.filter(({ kind }) => kind === "HTTPRoute").map((route) => route.spec as typeof spec);
      const [first] = (rules as { rules: { name: string }[] }).rules;
      return [own.name, configPatches[0]!.patch.value.name, first!.name];
    });
    const expected = (hash: string) => [
      `web-${hash}-envoy`,
      `istio-ambient.web-${hash}-body-limit`,
      `web-${hash}-rule-0`,
    ];
    assert.deepEqual(found, [expected("18c34e87"), expected("159ed786")]);
  });

  it("leaves redirects, and rules of other Ingresses, as they are", () => {
    const tls = [{ hosts: ["shop.example.com"], secretName: "cert" }];
    const backend = { service: { name: "web", port: { number: 80 } } };
    const files = { path: "/files/", pathType: "Prefix", backend };
    const rules = [{ host: "shop.example.com", http: { paths: [files] } }];
    const { objects } = convert(
      [named("files", { "proxy-send-timeout": "90" }, { rules, tls }), named("web", {})],
      withFilters,
    );
    const routes = objects.filter(({ kind }) => kind === "HTTPRoute");
    const names = routes.map(({ metadata: { name }, spec }) => [
      name,
      (spec as { rules: { name?: string }[] }).rules.map((rule) => rule.name),
    ]);
    assert.deepEqual(names, [
      ["files", ["shop.files-rule-0", undefined]],
      ["files-redirect", [undefined, undefined]],
      ["web", [undefined]],
      ["web-redirect", [undefined]],
    ]);
    assert.deepEqual(only(objects, "EnvoyFilter").spec, {
      targetRefs,
      configPatches: [patch("shop.files-rule-0", { route: { idle_timeout: "90s" } })],
    });
  });

  it("is off unless it is given on the command line", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "envoy-filters-"));
    const file = path.join(folder, "ingress.yaml");
    fs.writeFileSync(file, stringify(ingressWith({ "proxy-send-timeout": "90" })));
    const [on, off] = [
      await istioAmbient(["convert", "-f", file, "--envoy-filters"]),
      await istioAmbient(["convert", "-f", file]),
    ];
    fs.rmSync(folder, { recursive: true });
    assert.deepEqual([on.code, off.code], [0, 0]);
    const named = "- name: shop.web-rule-0\n    matches:";
    assert.equal(on.out, `${off.out.replace("- matches:", named)}---\n${written}`);
  });

  it("names rules of an Ingress without a namespace by its hosts", () => {
    const ingress = ingressWith({ "proxy-read-timeout": "90" });
    delete ingress.metadata.namespace;
    const { objects } = convert([ingress], withFilters);
    const { metadata: own, spec } = only(objects, "EnvoyFilter");
    assert.deepEqual(own, metadata("web-951623a2-envoy"));
    assert.deepEqual((spec as { configPatches: object[] }).configPatches, [
      patch("web-951623a2-rule-0", { route: { idle_timeout: "90s", retry_policy: { per_try_idle_timeout: "90s" } } }),
    ]);
  });
});
