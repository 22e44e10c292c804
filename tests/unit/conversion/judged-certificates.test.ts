// auth-tls-* with EnvoyFilters: clients without a valid certificate get an answer, as NGINX gives it, and the others pass.
import * as assert from "node:assert/strict";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import type { Ingress, Written } from "../../../lib/conversion/objects";
import { requestsOf } from "../../../lib/conversion/requests";
import { ingressWith, only, verdicts, type Given } from "./cases";

const withFilters = { ...standardOptions, envoyFilters: true };
const host = "shop.example.com";
const tls = [{ hosts: [host], secretName: "shop-tls" }];
const ca = (data: object = { "ca.crt": "Y2E=" }, name = "partners") => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace: "shop" },
  data,
});
const guarded = (given: Given = {}, more: Partial<Ingress["spec"]> = {}) =>
  ingressWith({ "auth-tls-secret": "shop/partners", ...given }, { tls, ...more });
/** Not what holds for all routes of the Gateway. */
const filterOf = (objects: readonly Written[]) =>
  only(
    objects.filter(({ metadata: { name } }) => name.endsWith("-clients")),
    "EnvoyFilter",
  );
/** The first line of the code, which has all that differs. */
const settingsOf = (given: Given) => {
  const { configPatches } = filterOf(convert([guarded(given), ca()], withFilters).objects).spec as {
    configPatches: { patch: { value: { typed_config?: { default_source_code: { inline_string: string } } } } }[];
  };
  return configPatches[1]!.patch.value.typed_config!.default_source_code.inline_string.split("\n")[0];
};

const filter = "EnvoyFilter with envoy.filters.http.lua";
const listener = `a listener with gateway.istio.io/tls-terminate-mode OPTIONAL_MUTUAL, and ${filter}`;
const written = "ConfigMap shop/partners-of-clients";
const asked = `auth-tls-secret: mapped → ${listener}; ${written}`;
const anyCa =
  "ssl-client-verify is FAILED, without NGINX's reason; a certificate that is revoked, or at the end of a longer chain, passes with it";

describe("certificates of clients, with EnvoyFilters", () => {
  const cases: [given: Given, ...lines: string[]][] = [
    [{}, asked],
    [{ "auth-tls-verify-client": "on" }, asked, `auth-tls-verify-client: mapped → ${filter}`],
    [{ "auth-tls-verify-client": "optional" }, asked, `auth-tls-verify-client: mapped → ${filter}`],
    [
      { "auth-tls-verify-client": "optional_no_ca" },
      `auth-tls-secret: changed → ${listener}; ${written} (${anyCa})`,
      `auth-tls-verify-client: changed → ${filter} (${anyCa})`,
    ],
    [
      { "auth-tls-verify-client": "true" },
      asked,
      "auth-tls-verify-client: converted (NGINX does not know this word and uses on)",
    ],
    [
      { "auth-tls-verify-client": "off", "auth-tls-verify-depth": "3" },
      "auth-tls-secret: converted (with auth-tls-verify-client off NGINX asks for no certificate)",
      "auth-tls-verify-client: converted (with auth-tls-verify-client off NGINX asks for no certificate)",
      "auth-tls-verify-depth: converted (with auth-tls-verify-client off NGINX asks for no certificate)",
    ],
    [{ "auth-tls-verify-depth": "3" }, asked, "auth-tls-verify-depth: mapped → EnvoyFilter with max_verify_depth"],
    [
      { "auth-tls-verify-depth": "0" },
      asked,
      "auth-tls-verify-depth: mapped → EnvoyFilter with max_verify_depth (NGINX takes 1 for 0)",
    ],
    [
      { "auth-tls-verify-depth": "two" },
      asked,
      "auth-tls-verify-depth: converted (not a whole number, so NGINX uses its default, 1)",
    ],
    [
      { "auth-tls-verify-depth": "-1" },
      asked,
      'auth-tls-verify-depth: refused (NGINX does not load a depth below 0) way out: auth-tls-verify-depth: "1"',
    ],
    [
      { "auth-tls-error-page": "https://help.example.com/certificates" },
      `auth-tls-error-page: mapped → ${filter}`,
      asked,
    ],
    [
      { "auth-tls-error-page": "/error.html" },
      'auth-tls-error-page: refused (NGINX serves a page of the host itself, for which no route is) way out: auth-tls-error-page: "https://…", or --accept auth-tls-error-page',
      asked,
    ],
    [
      { "auth-tls-pass-certificate-to-upstream": "true" },
      `auth-tls-pass-certificate-to-upstream: mapped → ${filter}`,
      asked,
    ],
    [
      { "auth-tls-match-cn": "CN=partner-[0-9]+" },
      "auth-tls-match-cn: mapped → EnvoyFilter with envoy.filters.http.rbac",
      asked,
    ],
    [
      { "auth-tls-match-cn": "partner" },
      'auth-tls-match-cn: refused (NGINX takes no certificates by it: it must begin with CN=) way out: auth-tls-match-cn: "CN=…"',
      asked,
    ],
    [
      { "auth-tls-match-cn": "CN=(?=a)" },
      "auth-tls-match-cn: refused (NGINX and Envoy take regular expressions of RE2 only) way out: write it without lookaround and backreferences",
      asked,
    ],
  ];
  for (const [given, ...lines] of cases) {
    it(JSON.stringify(given), () => {
      assert.deepEqual(verdicts(convert([guarded(given), ca()], withFilters).entries), lines);
    });
  }

  it("are asked for on the listener of each name, and judged there and nowhere else", () => {
    const given = {
      "auth-tls-pass-certificate-to-upstream": "true",
      "auth-tls-verify-client": "optional",
      "auth-tls-verify-depth": "2",
      "from-to-www-redirect": "true",
      "server-alias": "twin.example.org",
    };
    const both = [{ hosts: [host, `www.${host}`], secretName: "shop-tls" }];
    const { objects } = convert([guarded(given, { tls: both }), ca()], withFilters);
    const { listeners } = only(objects, "ListenerSet").spec as { listeners: { hostname: string; tls: object }[] };
    const mode = { options: { "gateway.istio.io/tls-terminate-mode": "OPTIONAL_MUTUAL" } };
    const certificateRefs = [{ name: "shop-tls" }];
    assert.deepEqual(
      listeners.map(({ hostname, tls: of }) => [hostname, of]),
      [
        [host, { certificateRefs, ...mode }],
        ["twin.example.org", { certificateRefs, ...mode }],
        [`www.${host}`, { certificateRefs }],
      ],
    );
    const { metadata, spec } = filterOf(objects);
    const { configPatches, ...rest } = spec as { configPatches: { patch: { value: { typed_config?: object } } }[] };
    assert.deepEqual(
      [metadata, rest],
      [
        { name: "shop.web-clients", namespace: "istio-system" },
        { targetRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "hostk8s-gateway" }] },
      ],
    );
    const { typed_config: judging } = configPatches[1]!.patch.value as {
      typed_config: { default_source_code: { inline_string: string } };
    };
    const code = judging.default_source_code.inline_string;
    assert.match(code, /^local demanded, any_ca, pass, page = false, false, true, ""\n/);
    assert.match(code, /\nfunction envoy_on_request\(handle\)\n/);
    const filterChain = (sni: string) => ({ context: "GATEWAY", listener: { filterChain: { sni } } });
    const patches = (sni: string) => [
      {
        applyTo: "FILTER_CHAIN",
        match: filterChain(sni),
        patch: {
          operation: "MERGE",
          value: {
            transport_socket: {
              name: "envoy.transport_sockets.tls",
              typed_config: {
                "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
                common_tls_context: {
                  combined_validation_context: {
                    default_validation_context: {
                      trust_chain_verification: "ACCEPT_UNTRUSTED",
                      max_verify_depth: 3,
                    },
                    validation_context_sds_secret_config: { name: "configmap://shop/partners-of-clients" },
                  },
                },
                disable_stateless_session_resumption: true,
                disable_stateful_session_resumption: true,
              },
            },
          },
        },
      },
      {
        applyTo: "HTTP_FILTER",
        match: {
          context: "GATEWAY",
          listener: { filterChain: { sni, filter: { name: "envoy.filters.network.http_connection_manager" } } },
        },
        patch: {
          operation: "INSERT_FIRST",
          value: {
            name: "istio-ambient.shop.web-clients",
            typed_config: {
              "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
              default_source_code: { inline_string: code },
            },
          },
        },
      },
    ];
    assert.deepEqual(configPatches, [host, "twin.example.org"].flatMap(patches));
  });

  it("have what is told of them from the filter, and over http from the route", () => {
    const { objects } = convert([guarded({ "ssl-redirect": "false" }), ca()], withFilters);
    const rules = objects
      .filter(({ kind }) => kind === "HTTPRoute")
      .map(({ metadata: { name }, spec }) => [name, (spec as { rules: { filters?: object[] }[] }).rules[0]!.filters]);
    const remove = ["ssl-client-subject-dn", "ssl-client-issuer-dn"];
    const requestHeaderModifier = { set: [{ name: "ssl-client-verify", value: "NONE" }], remove };
    assert.deepEqual(rules, [
      ["web", undefined],
      ["web-http", [{ type: "RequestHeaderModifier", requestHeaderModifier }]],
    ]);
  });

  it("are judged as the annotations say", () => {
    const of = (demanded: boolean, anyCa: boolean, page = "") =>
      `local demanded, any_ca, pass, page = ${demanded}, ${anyCa}, false, "${page}"`;
    assert.equal(settingsOf({}), of(true, false));
    assert.equal(settingsOf({ "auth-tls-verify-client": "optional" }), of(false, false));
    assert.equal(settingsOf({ "auth-tls-verify-client": "optional_no_ca" }), of(false, true));
    const page = "https://help.example.com:8443/a/b.html";
    assert.equal(settingsOf({ "auth-tls-error-page": page }), of(true, false, page));
    const accepted = convert([guarded({ "auth-tls-error-page": '/x"; os.exit() --' }), ca()], {
      ...withFilters,
      accept: ["auth-tls-error-page"],
    });
    assert.doesNotMatch(JSON.stringify(accepted.objects), /exit/);
  });

  it("are known by their names where the annotations say so, once they are valid", () => {
    const given = { "auth-tls-match-cn": "CN=a|CN=b" };
    const { configPatches } = filterOf(convert([guarded(given), ca()], withFilters).objects).spec as {
      configPatches: {
        applyTo: string;
        patch: { operation: string; value: { name?: string; typed_config?: object } };
      }[];
    };
    assert.deepEqual(
      configPatches.map(({ applyTo, patch: { operation, value } }) => [applyTo, operation, value.name]),
      [
        ["FILTER_CHAIN", "MERGE", undefined],
        ["HTTP_FILTER", "INSERT_FIRST", "istio-ambient.shop.web-names"],
        ["HTTP_FILTER", "INSERT_FIRST", "istio-ambient.shop.web-clients"],
      ],
    );
    const header = { name: "ssl-client-subject-dn", string_match: { safe_regex: { regex: ".*(?:CN=a|CN=b).*" } } };
    assert.deepEqual(configPatches[1]!.patch.value.typed_config, {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
      rules: {
        action: "ALLOW",
        policies: { name: { permissions: [{ header }], principals: [{ any: true }] } },
      },
    });
  });

  it("have their CA in a ConfigMap, with what it has revoked, one for all hosts", () => {
    const other = { host: "a.example.com", http: guarded().spec.rules![0]!.http! };
    const names = [host, "a.example.com"];
    const two = { tls: [{ hosts: names, secretName: "shop-tls" }], rules: [...guarded().spec.rules!, other] };
    const secret = ca({ "ca.crt": "Y2E=", "ca.crl": "Y3Js", "tls.key": "a2V5" });
    const { objects } = convert([guarded({}, two), secret], withFilters);
    assert.deepEqual(only(objects, "ConfigMap"), {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "partners-of-clients", namespace: "shop" },
      data: { "ca.crt": "ca", "ca.crl": "crl" },
    });
    const without = convert([guarded()], withFilters);
    assert.deepEqual(verdicts(without.entries), [
      `${asked} (it must be there before the listener: kubectl create configmap partners-of-clients -n shop --from-literal=ca.crt="$(kubectl get secret partners -n shop -o jsonpath='{.data.ca\\.crt}' | base64 -d)")`,
    ]);
    assert.deepEqual(
      without.objects.map(({ kind }) => kind),
      ["EnvoyFilter", "EnvoyFilter", "ListenerSet", "HTTPRoute", "HTTPRoute"],
    );
  });

  it("may be several CAs' where hosts share a certificate of their own", () => {
    const own = guarded(
      { "auth-tls-secret": "shop/others" },
      { tls: [{ hosts: ["a.example.com"], secretName: "shop-tls" }] },
    );
    own.metadata.name = "a";
    own.spec.rules![0]!.host = "a.example.com";
    const { objects, refused } = convert([guarded(), own, ca(), ca({ "ca.crt": "b3RoZXI=" }, "others")], withFilters);
    assert.equal(refused, false);
    const maps = objects.filter(({ kind }) => kind === "ConfigMap");
    assert.deepEqual(
      maps.map(({ metadata: { name }, data }) => [name, data]),
      [
        ["others-of-clients", { "ca.crt": "other" }],
        ["partners-of-clients", { "ca.crt": "ca" }],
      ],
    );
  });

  it("are no reason for --compare to leave a host out over https, unless they are demanded", () => {
    const wanted = { schemes: ["http", "https"], methods: ["GET"], limit: 100 } as const;
    const schemes = (given: Given) => {
      const { requests } = requestsOf([guarded(given), ca()], withFilters, wanted);
      return [...new Set(requests.map(({ scheme }) => scheme))];
    };
    assert.deepEqual(schemes({}), ["http"]);
    assert.deepEqual(schemes({ "auth-tls-verify-client": "optional" }), ["http", "https"]);
  });
});
