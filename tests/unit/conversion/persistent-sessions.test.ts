// `affinity-mode: persistent` as Envoy keeps it: verdicts, whole objects, and where a hash has to do.
import * as assert from "node:assert/strict";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import type { Ingress, Written } from "../../../lib/conversion/objects";
import { ingressWith, only, verdicts, type Given } from "./cases";

const withFilters = { ...standardOptions, envoyFilters: true };
const persistent = { affinity: "cookie", "affinity-mode": "persistent" };
const filter = "EnvoyFilter with envoy.filters.http.stateful_session";
const begun = "sessions that NGINX has begun land on another pod once, since the cookie is Envoy's";
const type = "type.googleapis.com/envoy.extensions.filters.http.stateful_session.v3.Stateful";
const hashed =
  "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions that NGINX has begun land on another pod once, since the hash is Envoy's)";

const named = (name: string, given: Given, more: Partial<Ingress["spec"]> = {}) => {
  const ingress = ingressWith(given, more);
  return { ...ingress, metadata: { ...ingress.metadata, name } };
};
const rule = (path: string, service = "web", host = "shop.example.com") => {
  const backend = { service: { name: service, port: { number: 80 } } };
  return { host, http: { paths: [{ path, pathType: "Prefix", backend }] } };
};
const patchesOf = (objects: readonly Written[]) =>
  objects
    .filter(({ kind }) => kind === "EnvoyFilter")
    .flatMap(({ spec }) => (spec as { configPatches: object[] }).configPatches);

/** What keeps the sessions of one rule of an Ingress. */
const keeps = (ingress: string, cookie: object, rule = `${ingress}-rule-0`) => ({
  applyTo: "HTTP_ROUTE",
  match: { context: "GATEWAY", routeConfiguration: { vhost: { route: { name: rule, action: "ROUTE" } } } },
  patch: {
    operation: "MERGE",
    value: {
      typed_per_filter_config: {
        "istio-ambient.sessions": {
          "@type": `${type}SessionPerRoute`,
          stateful_session: {
            session_state: {
              name: "envoy.http.stateful_session.cookie",
              typed_config: {
                "@type": "type.googleapis.com/envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState",
                cookie,
              },
            },
          },
        },
      },
    },
  },
});
const inserted = {
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
      name: "istio-ambient.sessions",
      disabled: true,
      typed_config: { "@type": `${type}Session` },
    },
  },
};

describe("persistent sessions", () => {
  it("are kept by a cookie of Envoy with what the annotations say of it, and by no DestinationRule", () => {
    const given = {
      ...persistent,
      "session-cookie-change-on-failure": "true",
      "session-cookie-domain": "example.com",
      "session-cookie-expires": "900",
      "session-cookie-max-age": "900",
      "session-cookie-name": "route",
      "session-cookie-path": "/rest/",
      "session-cookie-samesite": "Strict",
      "session-cookie-secure": "true",
    };
    const { objects, entries } = convert([ingressWith(given)], withFilters);
    assert.deepEqual(verdicts(entries), [
      `affinity: mapped → ${filter} (${begun})`,
      `affinity-mode: mapped → ${filter} (the cookie has the address of the pod, in base64)`,
      "session-cookie-change-on-failure: mapped → what the gateway does: it tries another pod, whose cookie the client gets",
      "session-cookie-domain: mapped → EnvoyFilter cookie.attributes",
      "session-cookie-expires: mapped → EnvoyFilter cookie.attributes",
      "session-cookie-max-age: mapped → EnvoyFilter cookie.attributes",
      "session-cookie-name: mapped → EnvoyFilter cookie.name",
      "session-cookie-path: mapped → EnvoyFilter cookie.path",
      "session-cookie-samesite: mapped → EnvoyFilter cookie.attributes",
      "session-cookie-secure: mapped → EnvoyFilter cookie.attributes",
    ]);
    const attributes = [
      { name: "Max-Age", value: "900" },
      { name: "Domain", value: "example.com" },
      { name: "SameSite", value: "Strict" },
      { name: "Secure" },
    ];
    assert.deepEqual(patchesOf(objects), [inserted, keeps("shop.web", { name: "route", path: "/rest/", attributes })]);
    assert.deepEqual(
      objects.map(({ kind }) => kind),
      ["EnvoyFilter", "EnvoyFilter", "HTTPRoute"],
    );
  });

  it("leave a DestinationRule what else it says", () => {
    const { objects } = convert([ingressWith({ ...persistent, "proxy-connect-timeout": "7" })], withFilters);
    assert.deepEqual((only(objects, "DestinationRule").spec as { trafficPolicy: object }).trafficPolicy, {
      portLevelSettings: [{ port: { number: 80 }, connectionPool: { tcp: { connectTimeout: "7s" } } }],
    });
  });

  it("are of the Service, so that other Ingresses of it keep them too, and no others", () => {
    const other = named("other", {}, { rules: [rule("/other"), rule("/else", "else")] });
    const { objects, entries } = convert([ingressWith(persistent), other], withFilters);
    // The cookie would be for the path of the one Ingress: it is for both.
    const cookie = { name: "INGRESSCOOKIE", path: "/" };
    assert.deepEqual(patchesOf(objects), [inserted, keeps("shop.other", cookie), keeps("shop.web", cookie)]);
    assert.equal(verdicts(entries)[0], `affinity: mapped → ${filter} (${begun})`);
  });

  it("are a hash without EnvoyFilters, and beside a canary, whose cookies would take each other's place", () => {
    const mode = "affinity-mode: changed (some sessions move when pods come and go, as with `balanced`";
    const hash = { consistentHash: { httpCookie: { name: "INGRESSCOOKIE", path: "/", ttl: "0s" } } };
    const balancing = (objects: readonly Written[]) =>
      (
        only(
          objects.filter(({ metadata }) => metadata.name === "web-ingress"),
          "DestinationRule",
        ).spec as { trafficPolicy: { portLevelSettings: { loadBalancer: object }[] } }
      ).trafficPolicy.portLevelSettings[0]!.loadBalancer;
    const without = convert([ingressWith(persistent)], { ...standardOptions, envoyFilters: false });
    assert.deepEqual(verdicts(without.entries), [hashed, `${mode}; without --no-envoy-filters they stay)`]);
    assert.deepEqual(balancing(without.objects), hash);
    const canary = named("next", { canary: "true", "canary-weight": "10" }, { rules: [rule("/", "next")] });
    const beside = convert([ingressWith(persistent), canary], withFilters);
    assert.deepEqual(verdicts(beside.entries).slice(2), [hashed, `${mode}, since the Service has a canary)`]);
    assert.deepEqual(balancing(beside.objects), hash);
    assert.deepEqual(patchesOf(beside.objects), []);
    // Of another Service, and so no matter.
    const apart = named("next", { canary: "true", "canary-weight": "10" }, { rules: [rule("/api", "next")] });
    const api = named("api", {}, { rules: [rule("/api", "api")] });
    const { objects } = convert([ingressWith(persistent), api, apart], withFilters);
    assert.deepEqual(patchesOf(objects), [inserted, keeps("shop.web", { name: "INGRESSCOOKIE", path: "/" })]);
  });
});
