// proxy-cookie-*, proxy-redirect-*: what is changed in the headers of answers, as verdicts and as what routes say.
import * as assert from "node:assert/strict";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import { ingressWith, ownFilter, sharedFilters, verdicts, type Case } from "./cases";

const withFilters = { ...standardOptions, envoyFilters: true };
const filter = "EnvoyFilter with envoy.filters.http.lua";
const invalid = "converted (NGINX does not take such a value, and uses its default, off)";
const words = "must be two words, or NGINX does not load it";
const regular = "Lua knows no regular expressions";
const domains = 'way out: proxy-cookie-domain: "one.example.com two.example.com"';
const paths = 'way out: proxy-cookie-path: "/one/ /two/"';
const redirects = 'way out: proxy-redirect-from: "http://one/", and proxy-redirect-to: "https://two/"';

const cases: Case[] = [
  [
    {
      "proxy-cookie-domain": "localhost example.org",
      "proxy-cookie-path": "/one/ /",
      "proxy-redirect-from": "hello.com",
      "proxy-redirect-to": "goodbye.com",
    },
    `proxy-cookie-domain: mapped → ${filter}`,
    `proxy-cookie-path: mapped → ${filter}`,
    `proxy-redirect-from: mapped → ${filter}`,
    `proxy-redirect-to: mapped → ${filter}`,
  ],
  [{ "proxy-cookie-domain": "one.example.com" }, `proxy-cookie-domain: ${invalid}`],
  [{ "proxy-cookie-domain": "a.com $host" }, `proxy-cookie-domain: ${invalid}`],
  [{ "proxy-cookie-domain": "~.com b.com" }, `proxy-cookie-domain: refused (${regular}) ${domains}`],
  [{ "proxy-cookie-path": "/one/" }, `proxy-cookie-path: refused (${words}) ${paths}`],
  [{ "proxy-cookie-path": "/one /two /three" }, `proxy-cookie-path: refused (${words}) ${paths}`],
  [{ "proxy-cookie-path": "/ /;secure" }, `proxy-cookie-path: ${invalid}`],
  [{ "proxy-cookie-path": "~/one /two" }, `proxy-cookie-path: refused (${regular}) ${paths}`],
  [
    { "proxy-redirect-from": "default", "proxy-redirect-to": "/" },
    "proxy-redirect-from: converted (NGINX would replace the name of its own upstream, which no backend sends)",
    "proxy-redirect-to: converted (NGINX ignores it)",
  ],
  [
    { "proxy-redirect-from": "http://a/", "proxy-redirect-to": "off" },
    "proxy-redirect-from: converted (without proxy-redirect-to NGINX ignores it)",
    "proxy-redirect-to: converted (NGINX ignores it)",
  ],
  [
    { "proxy-redirect-from": "http://a/" },
    "proxy-redirect-from: converted (without proxy-redirect-to NGINX ignores it)",
  ],
  [{ "proxy-redirect-to": "http://a/" }, "proxy-redirect-to: converted (without proxy-redirect-from NGINX ignores it)"],
  [
    { "proxy-redirect-from": "http://a/", "proxy-redirect-to": "$scheme://b/" },
    "proxy-redirect-from: converted (without proxy-redirect-to NGINX ignores it)",
    "proxy-redirect-to: converted (NGINX ignores it)",
  ],
  [
    { "proxy-redirect-from": "~a", "proxy-redirect-to": "b" },
    `proxy-redirect-from: refused (${regular}) ${redirects}`,
    `proxy-redirect-to: refused (${regular}) ${redirects}`,
  ],
  [
    { "proxy-cookie-path": "/one/ /", "temporal-redirect": "https://other.example.com$request_uri" },
    "proxy-cookie-path: converted (the Ingress redirects every request, so that none gets to a backend)",
    "temporal-redirect: converted → RequestRedirect",
  ],
  [
    { "proxy-cookie-path": "/one/ /", "backend-protocol": "GRPC" },
    "backend-protocol: mapped → DestinationRule connectionPool.http.h2UpgradePolicy UPGRADE",
    "proxy-cookie-path: converted (NGINX speaks gRPC to the backend, where it has no effect)",
  ],
];

describe("headers of answers that are changed", () => {
  for (const [given, ...expected] of cases) {
    it(JSON.stringify(given), () => {
      assert.deepEqual(verdicts(convert([ingressWith(given)], withFilters).entries), expected);
    });
  }

  it("are changed by a filter next to the backend, to which the route says what", () => {
    const given = {
      affinity: "cookie",
      "affinity-mode": "persistent",
      "configuration-snippet": "add_header X-A b;",
      "proxy-cookie-domain": ".Localhost .example.org",
      "proxy-cookie-path": "/one/  /",
      "proxy-redirect-from": "http://one/",
      "proxy-redirect-to": "https://two/",
    };
    const { objects } = convert([ingressWith(given)], withFilters);
    interface Patches {
      priority?: number;
      configPatches: { patch: { value: { name?: string; typed_per_filter_config?: object } } }[];
    }
    const shared = sharedFilters(objects).map(({ spec }) => spec as Patches);
    const inserted = shared.flatMap(({ configPatches }) => configPatches);
    // Of what comes before the router, the last one sees answers first.
    assert.deepEqual(
      shared.map(({ priority, configPatches: [one] }) => [one!.patch.value.name, priority]),
      [
        ["istio-ambient.sessions", undefined],
        ["istio-ambient.headers", undefined],
        ["istio-ambient.answers", 1],
      ],
    );
    const { typed_config: config } = inserted.at(-1)!.patch.value as {
      typed_config: { "@type": string; default_source_code: { inline_string: string } };
    };
    assert.equal(config["@type"], "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua");
    assert.match(config.default_source_code.inline_string, /^function envoy_on_response\(handle\)$/m);
    const [route] = (ownFilter(objects).spec as Patches).configPatches;
    const { "istio-ambient.answers": told } = route!.patch.value.typed_per_filter_config as {
      "istio-ambient.answers": object;
    };
    assert.deepEqual(told, {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.LuaPerRoute",
      filter_context: {
        cookieDomain: { from: "localhost", to: "example.org" },
        cookiePath: { from: "/one/", to: "/" },
        location: { from: "http://one/", to: "https://two/" },
      },
    });
  });
});
