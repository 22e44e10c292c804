// Headers that applications trust: those that NGINX writes itself, and those that it drops.
import * as assert from "node:assert/strict";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import { ingressWith, only, verdicts, type Given } from "./cases";

const nginxHeaders = { ...standardOptions, gateway: { ...standardOptions.gateway, nginxHeaders: true } };
const withFilters = { ...standardOptions, envoyFilters: true };
const without = { ...standardOptions, envoyFilters: false };

const address = "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%";
const ofNginx = {
  type: "RequestHeaderModifier",
  requestHeaderModifier: {
    set: [
      { name: "X-Real-IP", value: address },
      { name: "X-Forwarded-For", value: address },
      { name: "X-Forwarded-Host", value: "%REQ(:AUTHORITY)%" },
      { name: "X-Forwarded-Port", value: "%DOWNSTREAM_LOCAL_PORT%" },
      { name: "X-Forwarded-Scheme", value: "%REQ(:SCHEME)%" },
      { name: "X-Scheme", value: "%REQ(:SCHEME)%" },
    ],
    remove: ["X-Original-Forwarded-For", "X-Original-Forwarded-Host", "Proxy"],
  },
};
const plain = {
  applyTo: "NETWORK_FILTER",
  match: {
    context: "GATEWAY",
    listener: { filterChain: { filter: { name: "envoy.filters.network.http_connection_manager" } } },
  },
  patch: {
    operation: "MERGE",
    value: {
      typed_config: {
        "@type":
          "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        common_http_protocol_options: { headers_with_underscores_action: "DROP_HEADER" },
      },
    },
  },
};

type Options = typeof standardOptions;
const filtersOf = (given: Given, options: Options) => {
  const { spec } = only(convert([ingressWith(given)], options).objects, "HTTPRoute");
  return (spec as { rules: { filters?: object[] }[] }).rules.map(({ filters = [] }) => filters);
};
const patches = (given: Given, options: Options) =>
  convert([ingressWith(given)], options).objects.flatMap(({ kind, spec }) =>
    kind === "EnvoyFilter" ? (spec as { configPatches: object[] }).configPatches : [],
  );

const note = (what: string, fix: string) =>
  `backends get ${what} as clients send them, where NGINX overwrites or drops them: ${fix} does so too`;
const written = "X-Real-IP, X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Port, X-Forwarded-Scheme, X-Scheme, Proxy";

describe("headers that NGINX writes itself", () => {
  it("are sent with --nginx-headers, whatever clients send", () => {
    assert.deepEqual(filtersOf({}, nginxHeaders), [[ofNginx]]);
    assert.deepEqual(filtersOf({}, standardOptions), [[]]);
    assert.deepEqual(filtersOf({ "permanent-redirect": "https://new.example.com" }, nginxHeaders)[0]?.length, 1);
  });

  it("have the values of a snippet where it says otherwise", () => {
    const snippet = { "configuration-snippet": "proxy_set_header X-Real-IP $http_cf_connecting_ip;" };
    const [first, ...others] = ofNginx.requestHeaderModifier.set;
    const set = [{ ...first!, value: "%REQ(CF-CONNECTING-IP)%" }, ...others];
    assert.deepEqual(filtersOf(snippet, nginxHeaders), [
      [{ ...ofNginx, requestHeaderModifier: { ...ofNginx.requestHeaderModifier, set } }],
    ]);
  });

  it("are spoken of once, where something is served", () => {
    const notes = (given: Given, options: Options) => convert([ingressWith(given)], options).notes;
    const both = [note(`${written} and headers with underscores`, "--nginx-headers")];
    assert.deepEqual(notes({}, withFilters), both);
    assert.deepEqual(notes({}, without), both);
    const told = { "auth-url": "http://guard.auth.svc/check", "auth-response-headers": "X-User" };
    const dropped = "headers with underscores are dropped for all routes of the Gateway, as NGINX drops them";
    assert.deepEqual(notes(told, withFilters), [note(written, "--nginx-headers"), dropped]);
    assert.deepEqual(notes({}, { ...nginxHeaders, envoyFilters: true }), [dropped]);
    assert.deepEqual(notes({}, { ...nginxHeaders, envoyFilters: false }), [
      note("headers with underscores", "the conversion without --no-envoy-filters"),
    ]);
    assert.deepEqual(notes({ "permanent-redirect": "https://new.example.com" }, withFilters), []);
  });
});

describe("headers with underscores", () => {
  const asked: Given = { "auth-url": "http://guard.auth.svc/check", "auth-response-headers": "X-User" };
  const certified: Given = { "auth-tls-secret": "shop/ca" };
  const ownCertificate = { tls: [{ hosts: ["shop.example.com"], secretName: "cert" }] };

  it("are dropped where backends are told who their client is, and with --nginx-headers", () => {
    assert.deepEqual(patches(asked, withFilters), [plain]);
    assert.deepEqual(patches({}, { ...nginxHeaders, envoyFilters: true }), [plain]);
    const documents = [ingressWith(certified, ownCertificate)];
    const filters = convert(documents, withFilters).objects.filter(
      ({ metadata: { name } }) => name === "shop.web-envoy",
    );
    assert.deepEqual(
      filters.map(({ spec }) => (spec as { configPatches: object[] }).configPatches),
      [[plain]],
    );
    const others: Given[] = [
      {},
      { "auth-url": "http://guard.auth.svc/check" },
      { "auth-type": "basic", "auth-secret": "users" },
      { ...asked, "permanent-redirect": "https://new.example.com" },
    ];
    const isPlain = (patch: object) => JSON.stringify(patch) === JSON.stringify(plain);
    for (const given of others) assert.deepEqual(patches(given, withFilters).filter(isPlain), []);
  });

  it("are spoken of with the annotation that tells backends, where no EnvoyFilter may drop them", () => {
    const said = (given: Given, options: Options) =>
      verdicts(convert([ingressWith(given, ownCertificate)], options).entries).flatMap((line) =>
        line.includes("underscores") ? [line.replace(/:[^]*; (?=a header with)/, ": ")] : [],
      );
    const passed =
      "a header with underscores, which many applications take for the one with hyphens, reaches the backend as the client sent it, where NGINX drops it; with Istio 1.31 controlPlane.values.meshConfig.defaultConfig.connectionSettings.httpHeadersWithUnderscoresAction of AmbientMesh can be HEADERS_WITH_UNDERSCORES_DROP_HEADER";
    const authentik = { "auth-url": "http://ak-outpost.auth.svc:9000/outpost.goauthentik.io/auth/nginx" };
    for (const [given, name] of [
      [asked, "auth-response-headers"],
      [certified, "auth-tls-secret"],
      [authentik, "auth-url"],
    ] as const) {
      assert.deepEqual(
        said(given, without).map((line) => line.slice(0, `${name}: ${passed}`.length)),
        [`${name}: ${passed}`],
      );
      assert.deepEqual(said(given, withFilters), []);
    }
  });
});
