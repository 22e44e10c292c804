// proxy-next-upstream with EnvoyFilters: which requests are sent again, as verdicts and as what routes say.
import * as assert from "node:assert/strict";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import type { Written } from "../../../lib/conversion/objects";
import { ingressWith, ownFilter, sharedFilters, verdicts, type Case, type Given } from "./cases";

const withFilters = { ...standardOptions, envoyFilters: true };
const to = "EnvoyFilter with retry_on";
const once = "a request with a body of more than 1 MiB is sent once";
const mapped = `proxy-next-upstream: mapped → ${to} (${once})`;
const changed = (differs: string) => `proxy-next-upstream: changed → ${to} (${differs}; ${once})`;
const per = "EnvoyFilter with per_try_idle_timeout";
const webSocket = "(a WebSocket ends after 60 s of silence)";

const cases: Case[] = [
  [{ "proxy-next-upstream": "error timeout" }, mapped],
  [{ "proxy-next-upstream": "error timeout invalid_header http_502 http_503 non_idempotent" }, mapped],
  [{ "proxy-next-upstream": "http_429" }, mapped],
  [{ "proxy-next-upstream": "error http_502" }, changed("a request is tried again where a backend stays silent too")],
  [{ "proxy-next-upstream": "timeout" }, changed("a request is tried again where the connection fails too")],
  [
    { "proxy-next-upstream": "invalid_header http_502" },
    changed("a request is not tried again where an answer is none"),
  ],
  [
    { "proxy-next-upstream": "error sometimes" },
    "proxy-next-upstream: converted (NGINX does not know one of the words, and uses error timeout)",
  ],
  [
    { "proxy-next-upstream": "error timeout", "backend-protocol": "GRPC" },
    "backend-protocol: mapped → DestinationRule connectionPool.http.h2UpgradePolicy UPGRADE",
    "proxy-next-upstream: converted (NGINX speaks gRPC to the backend, where it has no effect)",
  ],
  [
    { "permanent-redirect": "https://other.example.com$request_uri", "proxy-next-upstream": "http_502" },
    "permanent-redirect: converted → RequestRedirect",
    "proxy-next-upstream: converted (the Ingress redirects every request, so that none gets to a backend)",
  ],
  [
    { "proxy-next-upstream": "error timeout", "proxy-read-timeout": "20" },
    mapped,
    `proxy-read-timeout: changed → ${per} ${webSocket}`,
  ],
  [
    { "proxy-next-upstream": "error timeout", "proxy-read-timeout": "25" },
    changed("after 60 s of silence the gateway answers 504 and tries no further"),
    `proxy-read-timeout: changed → ${per} ${webSocket}`,
  ],
  [
    { "proxy-next-upstream": "error timeout", "proxy-next-upstream-tries": "2", "proxy-read-timeout": "25" },
    mapped,
    "proxy-next-upstream-tries: mapped → EnvoyFilter with num_retries",
    `proxy-read-timeout: changed → ${per} ${webSocket}`,
  ],
  [
    { "proxy-next-upstream": "http_502", "proxy-next-upstream-timeout": "5" },
    mapped,
    "proxy-next-upstream-timeout: refused (the gateway's retries have no time limit of their own) way out: timeouts.request in the HTTPRoute",
  ],
];

const type = "type.googleapis.com/envoy.extensions.filters.http.lua.v3";
const filter = "istio-ambient.repeats";
const patchesOf = (objects: readonly Written[]) =>
  (ownFilter(objects).spec as { configPatches: { applyTo: string; patch: { value: object } }[] }).configPatches;
const of = (given: Given) => patchesOf(convert([ingressWith(given)], withFilters).objects);

describe("requests that are sent again", () => {
  for (const [given, ...expected] of cases) {
    it(JSON.stringify(given), () => {
      assert.deepEqual(verdicts(convert([ingressWith(given)], withFilters).entries), expected);
    });
  }

  it("are those of a method that changes nothing, by what a filter says for them", () => {
    const given = { "proxy-next-upstream": "error timeout http_502 http_503" };
    const { objects } = convert([ingressWith(given)], withFilters);
    const [inserted] = sharedFilters(objects).flatMap((object) => patchesOf([{ ...object, metadata: { name: "" } }]));
    const routes = patchesOf(objects);
    const {
      name,
      disabled,
      typed_config: config,
    } = inserted!.patch.value as {
      name: string;
      disabled: boolean;
      typed_config: { "@type": string; default_source_code: { inline_string: string } };
    };
    assert.deepEqual(
      [inserted!.applyTo, name, disabled, config["@type"]],
      ["HTTP_FILTER", filter, true, `${type}.Lua`],
    );
    assert.match(
      config.default_source_code.inline_string,
      /^local once = \{POST = true, LOCK = true, PATCH = true\}\n/,
    );
    assert.deepEqual(
      routes.map(({ patch }) => patch.value),
      [
        {
          typed_per_filter_config: {
            [filter]: {
              "@type": `${type}.LuaPerRoute`,
              filter_context: { on: "reset,retriable-status-codes", codes: "502,503" },
            },
          },
          route: { retry_policy: { retry_on: "connect-failure,refused-stream,retriable-status-codes" } },
        },
      ],
    );
  });

  it("are not sent again for a connection where NGINX looks at statuses alone", () => {
    const [route] = of({ "proxy-next-upstream": "http_404" });
    assert.deepEqual(route!.patch.value, {
      typed_per_filter_config: {
        [filter]: {
          "@type": `${type}.LuaPerRoute`,
          filter_context: { on: "retriable-status-codes", codes: "404" },
        },
      },
      route: { retry_policy: { retry_on: "retriable-status-codes" } },
    });
  });

  it("are none where NGINX tries once, whatever the conditions", () => {
    const all: Given[] = [
      { "proxy-next-upstream": "off" },
      { "proxy-next-upstream": "error timeout http_500", "proxy-next-upstream-tries": "1" },
      { "proxy-next-upstream": "error http_500 non_idempotent", "proxy-next-upstream-tries": "1" },
    ];
    const values = all.map((given) => of(given).map(({ patch }) => patch.value));
    // istiod merges a number of 0 into its own 2, and not what a string says.
    const once = [{ route: { retry_policy: { retry_on: "retriable-headers" } } }];
    assert.deepEqual(values, [once, once, once]);
  });

  it("are those of every method with non_idempotent, which the route says by itself", () => {
    const given = { "proxy-next-upstream": "error timeout http_500 non_idempotent", "proxy-next-upstream-tries": "2" };
    assert.deepEqual(
      of(given).map(({ patch }) => patch.value),
      [
        {
          route: {
            retry_policy: {
              retry_on: "connect-failure,refused-stream,reset,retriable-status-codes",
              retriable_status_codes: [500],
              num_retries: 1,
            },
          },
        },
      ],
    );
  });
});
