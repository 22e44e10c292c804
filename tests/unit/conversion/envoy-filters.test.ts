// EnvoyFilters: what Envoy's own API can say of routes, as whole objects, and the verdicts with and without them.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { bodyLimitModule } from "../../../lib/conversion/body-limit";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import type { Ingress, Written } from "../../../lib/conversion/objects";
import { istioAmbient } from "../fixtures/terminal";
import { ingressWith, only, ownFilter, sharedFilters, verdicts, type Given } from "./cases";
import { envoyFilters } from "./tables/envoy-filters";
import { noEnvoyFilters } from "./tables/no-envoy-filters";

const withoutFilters = { ...standardOptions, envoyFilters: false };
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
const on = {
  "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
  config: { "@type": "type.googleapis.com/google.protobuf.Empty", value: {} },
  is_optional: true,
};
const turnedOn = (name: string) => ({ typed_per_filter_config: { [name]: on } });
/** A filter of the Gateway that is off unless a route turns it on. */
const insertion = (operation: string, name: string, typedConfig: object) => ({
  applyTo: "HTTP_FILTER",
  match: {
    context: "GATEWAY",
    listener: {
      filterChain: {
        filter: {
          name: "envoy.filters.network.http_connection_manager",
          ...(operation === "INSERT_FIRST" ? {} : { subFilter: { name: "envoy.filters.http.router" } }),
        },
      },
    },
  },
  patch: { operation, value: { name, disabled: true, typed_config: typedConfig } },
});
const patchesOf = (objects: readonly Written[]) =>
  (ownFilter(objects).spec as { configPatches: { patch: { value: object } }[] }).configPatches;

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

const told =
  "1 EnvoyFilter in the Gateway's namespace istio-system: you need rights there to apply it, and it depends on the gateway's version of Envoy, so try it before you upgrade Istio; --no-envoy-filters writes none";

describe("EnvoyFilters", () => {
  for (const [given, ...expected] of envoyFilters) {
    it(JSON.stringify(given), () => {
      assert.deepEqual(verdicts(convert([ingressWith(given)]).entries), expected);
    });
  }

  for (const [given, ...expected] of noEnvoyFilters) {
    it(`${JSON.stringify(given)} without them`, () => {
      const { objects, entries } = convert([ingressWith(given)], withoutFilters);
      assert.deepEqual(verdicts(entries), expected);
      assert.deepEqual(filters(objects), []);
    });
  }

  it("are none where nothing needs one, and the routes are the same then", () => {
    for (const given of [{}, { "proxy-body-size": "0" }] as Given[]) {
      const conversion = convert([ingressWith(given)]);
      assert.deepEqual(filters(conversion.objects), []);
      assert.deepEqual(conversion, convert([ingressWith(given)], withoutFilters));
    }
  });

  it("writes one for the Ingress, which turns a filter on for its routes that is off for every other one", () => {
    const { objects } = convert([ingressWith({ "proxy-body-size": "8k", "proxy-read-timeout": "90" })]);
    const bytes = Buffer.from(bodyLimitModule()).toString("base64");
    const envoyFilter = { apiVersion: "networking.istio.io/v1alpha3", kind: "EnvoyFilter" };
    const shared = insertion("INSERT_BEFORE", "istio-ambient.body-limit", {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
      config: {
        name: "istio-ambient.body-limit",
        vm_config: {
          vm_id: "istio-ambient.body-limit",
          runtime: "envoy.wasm.runtime.v8",
          code: { local: { inline_bytes: bytes } },
        },
      },
    });
    const own = patch("shop.web-rule-0", {
      metadata: { filter_metadata: { "istio-ambient": { body_limit: "8192" } } },
      ...turnedOn("istio-ambient.body-limit"),
      route: { idle_timeout: "90s", retry_policy: { per_try_idle_timeout: "90s" } },
    });
    const labels = { "istio-ambient/shared": "true" };
    assert.deepEqual(filters(objects), [
      {
        ...envoyFilter,
        metadata: { ...metadata("istio-ambient.hostk8s-gateway-body-limit"), labels },
        spec: { targetRefs, configPatches: [shared] },
      },
      { ...envoyFilter, metadata: metadata("shop.web-envoy"), spec: { targetRefs, configPatches: [own] } },
    ]);
    const { rules } = only(objects, "HTTPRoute").spec as { rules: object[] };
    assert.deepEqual(rules, [
      {
        name: "shop.web-rule-0",
        matches: [{ path: { type: "PathPrefix", value: "/" } }],
        backendRefs: [{ name: "web", port: 80 }],
      },
    ]);
  });

  it("counts requests before all else, in buckets of tokens as NGINX does", () => {
    const given = {
      "limit-allowlist": "10.0.0.0/8, 192.0.2.1,2001:db8::1",
      "limit-burst-multiplier": "2",
      "limit-rpm": "30",
      "limit-rps": "4",
    };
    const address = {
      remote_address_match: {
        descriptor_key: "remote_address",
        descriptor_value: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
        address_matcher: {
          ranges: [
            { address_prefix: "10.0.0.0", prefix_len: 8 },
            { address_prefix: "192.0.2.1", prefix_len: 32 },
            { address_prefix: "2001:db8::1", prefix_len: 128 },
          ],
          invert_match: true,
        },
      },
    };
    const all = { default_value: { numerator: 100, denominator: "HUNDRED" } };
    const rateLimit = (descriptors: object[], limits: object[]) => ({
      "@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
      stat_prefix: "istio-ambient.rate-limit",
      status: { code: "ServiceUnavailable" },
      filter_enabled: all,
      filter_enforced: all,
      token_bucket: { max_tokens: 4294967295, tokens_per_fill: 4294967295, fill_interval: "1s" },
      always_consume_default_token_bucket: false,
      max_dynamic_descriptors: 40960,
      descriptors,
      rate_limits: limits,
    });
    const bucket = (key: string, ...[most, fill, interval]: [number, number, string]) => ({
      entries: [{ key: "generic_key", value: key }, { key: "remote_address" }],
      token_bucket: { max_tokens: most, tokens_per_fill: fill, fill_interval: interval },
    });
    const name = "istio-ambient.shop.web-rate-limit";
    const action = (key: string, of: object) => ({ actions: [{ generic_key: { descriptor_value: key } }, of] });
    assert.deepEqual(patchesOf(convert([ingressWith(given)]).objects), [
      insertion(
        "INSERT_FIRST",
        name,
        rateLimit(
          [bucket("second", 9, 4, "1s"), bucket("minute", 61, 30, "60s")],
          [action("second", address), action("minute", address)],
        ),
      ),
      patch("shop.web-rule-0", turnedOn(name)),
    ]);
    assert.deepEqual(patchesOf(convert([ingressWith({ "limit-rps": "4" })]).objects)[0], {
      ...insertion(
        "INSERT_FIRST",
        name,
        rateLimit([bucket("second", 21, 4, "1s")], [action("second", { remote_address: {} })]),
      ),
    });
  });

  it("leaves the query out of redirects that NGINX writes anew, and of no other one", () => {
    const redirect = (name: string) => ({
      applyTo: "HTTP_ROUTE",
      match: { context: "GATEWAY", routeConfiguration: { vhost: { route: { name, action: "REDIRECT" } } } },
      patch: { operation: "MERGE", value: { redirect: { strip_query: true } } },
    });
    const moved = { "permanent-redirect": "https://other.example.com/there" };
    assert.deepEqual(patchesOf(convert([ingressWith(moved)]).objects), [redirect("shop.web-rule-0")]);
    const snippet = "location = /a { return 301 /b; }";
    const rewrite = "rewrite ^/c$ /d permanent;";
    const given = { "app-root": "/app", "server-snippet": snippet, "configuration-snippet": rewrite };
    const tls = [{ hosts: ["shop.example.com"], secretName: "cert" }];
    const { objects } = convert([ingressWith(given, { tls })]);
    const named = objects
      .filter(({ kind }) => kind === "HTTPRoute")
      .flatMap(({ spec }) => (spec as { rules: { name?: string; matches: object[] }[] }).rules)
      .map(({ name, matches }) => [name, (matches[0] as { path: { value: string } }).path.value]);
    assert.deepEqual(named, [
      ["shop.web-rule-0", "/"],
      [undefined, "/"],
      [undefined, "/c"],
      ["shop.web-rule-3", "/a"],
      ["shop.web-redirect-rule-0", "/"],
      [undefined, "/"],
      [undefined, "/c"],
      ["shop.web-redirect-rule-3", "/a"],
    ]);
    assert.deepEqual(
      patchesOf(objects),
      ["shop.web-rule-0", "shop.web-rule-3", "shop.web-redirect-rule-0", "shop.web-redirect-rule-3"].map(redirect),
    );
  });

  it("raises the limit for the headers of answers where the backends are, canaries among them", () => {
    const cluster = (service: string) => ({
      applyTo: "CLUSTER",
      match: { context: "GATEWAY", cluster: { service: `${service}.shop.svc.cluster.local`, portNumber: 80 } },
      patch: {
        operation: "MERGE",
        value: {
          typed_extension_protocol_options: {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
              "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
              explicit_http_config: { http_protocol_options: {} },
              common_http_protocol_options: { max_response_headers_kb: 129 },
            },
          },
        },
      },
    });
    const backend = { service: { name: "next", port: { number: 80 } } };
    const http = { paths: [{ path: "/", pathType: "Prefix", backend }] };
    const rules = [{ host: "shop.example.com", http }];
    const canary = named("next", { canary: "true", "canary-weight": "10" }, { rules });
    const { objects } = convert([ingressWith({ "proxy-buffer-size": "131073" }), canary]);
    assert.deepEqual(patchesOf(objects), [cluster("web"), cluster("next")]);
    const { rules: served } = only(objects, "HTTPRoute").spec as { rules: object[] };
    assert.deepEqual(
      served.map((rule) => "name" in rule),
      [false],
    );
    const optionsOf = (given: Given, ...more: object[]) => {
      const [of] = patchesOf(convert([ingressWith({ "proxy-buffer-size": "128k", ...given }), ...more]).objects);
      const { typed_extension_protocol_options: all } = of!.patch.value as { typed_extension_protocol_options: object };
      return Object.keys(Object.values(all)[0] as object);
    };
    const standard = ["@type", "explicit_http_config", "common_http_protocol_options"];
    assert.deepEqual(optionsOf({}), standard);
    const https = { "backend-protocol": "HTTPS" };
    assert.deepEqual(optionsOf(https), [...standard, "upstream_http_protocol_options"]);
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "ca", namespace: "shop" }, data: {} };
    const name = { "proxy-ssl-secret": "shop/ca", "proxy-ssl-server-name": "on", "proxy-ssl-name": "web.example.com" };
    assert.deepEqual(optionsOf({ ...https, ...name }, secret), standard);
    const bare = ingressWith({ "proxy-buffer-size": "128k" });
    delete bare.metadata.namespace;
    const { objects: none, entries } = convert([bare]);
    assert.deepEqual([filters(none), verdicts(entries)[0]!.slice(0, 26)], [[], "proxy-buffer-size: changed"]);
  });

  it("adds headers to answers that are no errors, and by the route where it is to all", () => {
    const snippet = 'add_header X-A "50% off";\nadd_header X-D e always;';
    const { objects } = convert([ingressWith({ "configuration-snippet": snippet })]);
    const [inserted] = sharedFilters(objects).flatMap(
      ({ spec }) => (spec as { configPatches: ReturnType<typeof patchesOf> }).configPatches,
    );
    const others = patchesOf(objects);
    const name = "istio-ambient.headers";
    const lua = "type.googleapis.com/envoy.extensions.filters.http.lua.v3";
    const { default_source_code: code } = (inserted as { patch: { value: { typed_config: object } } }).patch.value
      .typed_config as { default_source_code: { inline_string: string } };
    assert.match(code.inline_string, /^function envoy_on_response\(handle\)$/m);
    assert.deepEqual(inserted, insertion("INSERT_BEFORE", name, { "@type": `${lua}.Lua`, default_source_code: code }));
    const headers = { "X-A": "50% off" };
    assert.deepEqual(others, [
      patch("shop.web-rule-0", {
        typed_per_filter_config: { [name]: { "@type": `${lua}.LuaPerRoute`, filter_context: { headers } } },
      }),
    ]);
    const [rule] = (only(objects, "HTTPRoute").spec as { rules: { filters: object[] }[] }).rules;
    assert.deepEqual(rule!.filters, [
      { type: "ResponseHeaderModifier", responseHeaderModifier: { add: [{ name: "X-D", value: "e" }] } },
    ]);
  });

  it("has a request tried as often as NGINX does", () => {
    const policy = (given: Given) => patchesOf(convert([ingressWith(given)]).objects);
    const route = (policyOf: object) => [patch("shop.web-rule-0", { route: policyOf })];
    assert.deepEqual(
      policy({ "proxy-next-upstream": "off" }),
      route({ retry_policy: { retry_on: "retriable-headers" } }),
    );
    assert.deepEqual(
      policy({ "proxy-next-upstream-tries": "5", "proxy-read-timeout": "90" }),
      route({ idle_timeout: "90s", retry_policy: { num_retries: 4, per_try_idle_timeout: "90s" } }),
    );
  });

  it("leaves redirects, and rules of other Ingresses, as they are", () => {
    const tls = [{ hosts: ["shop.example.com"], secretName: "cert" }];
    const backend = { service: { name: "web", port: { number: 80 } } };
    const files = { path: "/files/", pathType: "Prefix", backend };
    const rules = [{ host: "shop.example.com", http: { paths: [files] } }];
    const { objects } = convert([named("files", { "proxy-send-timeout": "90" }, { rules, tls }), named("web", {})]);
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

  it("are not written with --no-envoy-filters, and are said to be with what they take otherwise", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "envoy-filters-"));
    const file = path.join(folder, "ingress.yaml");
    fs.writeFileSync(file, stringify(ingressWith({ "proxy-send-timeout": "90" })));
    const [on, off] = [
      await istioAmbient(["convert", "-f", file]),
      await istioAmbient(["convert", "-f", file, "--no-envoy-filters"]),
    ];
    const { err: data } = await istioAmbient(["convert", "-f", file, "--report", "json"]);
    fs.rmSync(folder, { recursive: true });
    assert.deepEqual([on.code, off.code], [0, 0]);
    const named = "- name: shop.web-rule-0\n    matches:";
    assert.equal(on.out, `${written}---\n${off.out.replace("- matches:", named)}`);
    assert.deepEqual(
      [on, off].map(({ err }) => err.split("\n").filter((line) => /^\d/.test(line))),
      [["2 converted, 1 mapped", told], ["2 converted, 1 changed"]],
    );
    assert.deepEqual((JSON.parse(data) as { envoyFilters: string[] }).envoyFilters, ["istio-system/shop.web-envoy"]);
  });

  it("names rules of an Ingress without a namespace by its hosts", () => {
    const ingress = ingressWith({ "proxy-read-timeout": "90" });
    delete ingress.metadata.namespace;
    const { objects } = convert([ingress]);
    const { metadata: own, spec } = only(objects, "EnvoyFilter");
    assert.deepEqual(own, metadata("web-951623a2-envoy"));
    assert.deepEqual((spec as { configPatches: object[] }).configPatches, [
      patch("web-951623a2-rule-0", { route: { idle_timeout: "90s", retry_policy: { per_try_idle_timeout: "90s" } } }),
    ]);
  });
});
