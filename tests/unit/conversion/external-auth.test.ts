// auth-url with an extension provider: the policy that has the service asked, and what the mesh must have for it.
import * as assert from "node:assert/strict";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import type { AuthProvider } from "../../../lib/conversion/auth-providers";
import type { Ingress } from "../../../lib/conversion/objects";
import { ingressWith, only, verdicts, type Given } from "./cases";

const url = "http://guard.auth.svc.cluster.local:8080/check";
const converted = (documents: object[], ...authProviders: AuthProvider[]) =>
  convert(documents, { ...standardOptions, authProviders });
const one = (given: Given, more: Partial<Ingress["spec"]> = {}) =>
  converted([ingressWith(given, more)], { name: "guard" });

const paths = (...list: [path: string, service: string][]) => ({
  rules: [
    {
      host: "shop.example.com",
      http: {
        paths: list.map(([path, name]) => ({
          path,
          pathType: "Prefix",
          backend: { service: { name, port: { number: 80 } } },
        })),
      },
    },
  ],
});

function beside(given: Given, name: string, more: Partial<Ingress["spec"]>): Ingress {
  const ingress = ingressWith(given, more);
  return { ...ingress, metadata: { ...ingress.metadata, name } };
}

const hosts = ["shop.example.com", "shop.example.com:*"];

describe("auth-url with an extension provider", () => {
  it("becomes a policy on the Gateway for the host", () => {
    assert.deepEqual(only(one({ "auth-url": url }).objects, "AuthorizationPolicy"), {
      apiVersion: "security.istio.io/v1",
      kind: "AuthorizationPolicy",
      metadata: { name: "shop.web-auth", namespace: "istio-system" },
      spec: {
        targetRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "hostk8s-gateway" }],
        action: "CUSTOM",
        provider: { name: "guard" },
        rules: [{ to: [{ operation: { hosts, ports: ["80", "443"] } }] }],
      },
    });
  });

  it("says what the mesh must have, and what the service must do", () => {
    assert.deepEqual(
      verdicts(
        one({
          "auth-url": url,
          "auth-signin": "https://auth.example.com/start",
          "auth-signin-redirect-param": "rd",
          "auth-method": "POST",
          "auth-response-headers": "X-User, X-Email, x-user",
          "auth-request-redirect": "https://shop.example.com/",
          "auth-always-set-cookie": "true",
          "auth-cache-key": "$cookie_x",
          "auth-cache-duration": "200 10m",
          "auth-keepalive": "8",
          "enable-cors": "true",
        }).entries,
      ).filter((line) => line.startsWith("auth-")),
      [
        "auth-always-set-cookie: converted → headersToDownstreamOnAllow of the provider",
        "auth-cache-duration: changed (no answers are kept: the service is asked about every request)",
        "auth-cache-key: changed (no answers are kept: the service is asked about every request)",
        "auth-keepalive: mapped → Envoy's own connections to the service",
        "auth-method: changed (the service sees the method of the request itself)",
        "auth-request-redirect: mapped → includeAdditionalHeadersInCheck of the provider",
        "auth-response-headers: changed → headersToUpstreamOnAllow of the provider (a header that the service leaves out of its 200 reaches the backend as the client sent it, where NGINX removes it)",
        "auth-signin: changed (the service itself must answer with the redirect to https://auth.example.com/start: its answer reaches the client as it is)",
        "auth-signin-redirect-param: changed (the service itself must write the parameter into its redirect)",
        'auth-url: changed → AuthorizationPolicy CUSTOM with provider guard, on the Gateway (the mesh must have the provider, or the Gateway refuses (403) every request for the paths: controlPlane: { values: { meshConfig: { extensionProviders: [{ name: "guard", envoyExtAuthzHttp: { service: "guard.auth.svc.cluster.local", port: 8080, pathPrefix: "/check", statusOnError: "500", includeRequestHeadersInCheck: ["authorization", "cookie", "x-forwarded-*"], includeAdditionalHeadersInCheck: { "X-Original-URL": "%REQ(:SCHEME)%://%REQ(:AUTHORITY)%%REQ(:PATH)%", "X-Original-Method": "%REQ(:METHOD)%", "X-Auth-Request-Redirect": "https://shop.example.com/" }, headersToUpstreamOnAllow: ["x-user", "x-email"], headersToDownstreamOnAllow: ["set-cookie"] } }] } } }; the service sees method and path of the request itself, after the path of the URL, and of its headers those of includeRequestHeadersInCheck; only 200 admits it, not every 2xx; it is asked about preflight requests too, and must answer 200 to them)',
      ],
    );
  });

  it("sends the path as it is where NGINX would escape it", () => {
    const given = { "auth-url": "http://guard.auth.svc/check", "auth-request-redirect": "$escaped_request_uri" };
    const { providers, entries } = converted([ingressWith(given)], { name: "guard" });
    assert.equal(
      verdicts(entries)[0],
      "auth-request-redirect: changed → includeAdditionalHeadersInCheck of the provider (the path is in the header as it is, and not escaped)",
    );
    assert.deepEqual(providers[0]?.envoyExtAuthzHttp["includeAdditionalHeadersInCheck"], {
      "X-Original-URL": "%REQ(:SCHEME)%://%REQ(:AUTHORITY)%%REQ(:PATH)%",
      "X-Original-Method": "%REQ(:METHOD)%",
      "X-Auth-Request-Redirect": "%REQ(:PATH)%",
    });
  });

  it("finds oauth2-proxy behind the host's own path, which is not asked about", () => {
    const signin = "https://$host/oauth2/start?rd=$escaped_request_uri";
    const app = ingressWith({ "auth-url": "https://$host/oauth2/auth", "auth-signin": signin });
    const proxy = beside({}, "oauth2", paths(["/oauth2", "oauth2-proxy"]));
    const { objects, entries } = converted([app, proxy], { name: "oauth2" });
    assert.deepEqual(verdicts(entries), [
      "auth-signin: mapped → what oauth2-proxy does: it sends clients to sign in, and back to the URL that they asked for",
      'auth-url: mapped → AuthorizationPolicy CUSTOM with provider oauth2, on the Gateway (the mesh must have the provider, or the Gateway refuses (403) every request for the paths: controlPlane: { values: { meshConfig: { extensionProviders: [{ name: "oauth2", envoyExtAuthzHttp: { service: "oauth2-proxy.shop.svc.cluster.local", port: 80, pathPrefix: "/oauth2/auth", statusOnError: "500", includeRequestHeadersInCheck: ["authorization", "cookie", "x-forwarded-*"], includeAdditionalHeadersInCheck: { "X-Auth-Request-Redirect": "%REQ(:PATH)%" }, headersToDownstreamOnAllow: ["set-cookie"] } }] } } }; oauth2-proxy must run with --upstream=static://200 and --reverse-proxy, and with --skip-provider-button where auth-signin is /oauth2/start)',
    ]);
    const { rules } = only(objects, "AuthorizationPolicy").spec as { rules: object[] };
    const operation = { hosts, notPaths: ["/oauth2", "/oauth2/*"], ports: ["80", "443"] };
    assert.deepEqual(rules, [{ to: [{ operation }] }]);
  });

  it("does not take the application itself for the service that is asked about it", () => {
    const given = { "auth-url": "https://$host/oauth2/auth", "auth-signin": "https://$host/oauth2/start" };
    const open = beside({}, "open", paths(["/", "web"]));
    const admin = ingressWith(given, paths(["/admin", "admin"]));
    const named = ingressWith(
      { ...given, "auth-url": "https://shop.example.com/oauth2/auth" },
      paths(["/admin", "admin"]),
    );
    for (const documents of [[ingressWith(given)], [admin, open], [named, open]]) {
      const { providers } = converted(documents, { name: "oauth2" });
      const services = providers.map(({ envoyExtAuthzHttp }) => String(envoyExtAuthzHttp["service"]));
      assert.match(services.join(), /^<Service that answers https:\/\/(\$host|shop\.example\.com)\/oauth2\/auth>$/);
    }
  });

  it("is not asked by who is redirected to https, nor by certificate authorities", () => {
    const tls = [{ hosts: ["shop.example.com"], secretName: "tls" }];
    const acme = "/.well-known/acme-challenge";
    const { objects } = one({ "auth-url": url }, { ...paths(["/", "web"], [acme, "solver"]), tls });
    const { rules } = only(objects, "AuthorizationPolicy").spec as { rules: object[] };
    const operation = { hosts, notPaths: [acme, `${acme}/*`], ports: ["443"] };
    assert.deepEqual(rules, [{ to: [{ operation }] }]);
  });

  it("has a provider for each service that is asked, and one for the others", () => {
    const other = "https://other.example.com/check";
    const second = beside({ "auth-url": other }, "second", {
      rules: [{ ...paths(["/", "web"]).rules[0]!, host: "second.example.com" }],
    });
    const both = [ingressWith({ "auth-url": url }), second];
    const names = (...providers: AuthProvider[]) =>
      converted(both, ...providers).objects.flatMap(({ kind, spec }) =>
        kind === "AuthorizationPolicy" ? [(spec as { provider: { name: string } }).provider.name] : [],
      );
    assert.deepEqual(names({ name: "guard" }, { name: "other", url: other }), ["other", "guard"]);
    assert.deepEqual(names({ name: "guard" }), []);
    assert.deepEqual(verdicts(converted(both, { name: "guard" }).entries), [
      `auth-url: refused (one --auth-provider cannot stand for several services: ${url}, ${other}) way out: --auth-provider "${url}=<name>" --auth-provider "${other}=<name>"`,
      `auth-url: refused (one --auth-provider cannot stand for several services: ${url}, ${other}) way out: --auth-provider "${url}=<name>" --auth-provider "${other}=<name>"`,
    ]);
    const [told] = verdicts(converted(both, { name: "guard", url }, { name: "other", url: other }).entries);
    assert.match(told!, /pilot: \{ env: \{ PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS: "true" \} \}/);
  });

  it("tells what differs where clients are not sent to sign in", () => {
    const [line] = verdicts(one({ "auth-url": "http://proxy.auth.svc/oauth2/auth" }).entries);
    assert.match(
      line!,
      /^auth-url: changed .*; without auth-signin NGINX answers 401, oauth2-proxy sends clients to sign in\)$/,
    );
  });

  it("has oauth2-proxy send clients back to the whole URL where it signs in for other hosts", () => {
    const signin = "https://auth.example.com/oauth2/start?rd=https://$host$request_uri";
    const line = verdicts(
      one({ "auth-url": "https://auth.example.com/oauth2/auth", "auth-signin": signin }).entries,
    )[1];
    assert.match(line!, /"X-Auth-Request-Redirect": "%REQ\(:SCHEME\)%:\/\/%REQ\(:AUTHORITY\)%%REQ\(:PATH\)%" \}/);
  });

  const unasked: [url: string, why: string, fix: string][] = [
    [
      "http://proxy.auth.svc/oauth2/auth?allowed_groups=admins",
      "Envoy asks without the query of the URL, so the service could admit more than with ?allowed_groups=admins",
      "a service that checks this of every request, and its URL without a query",
    ],
    [
      "https://auth.example.com/api/verify?rd=https://auth.example.com&groups=admins",
      "Envoy asks without the query of the URL, so the service could admit more than with ?rd=https://auth.example.com&groups=admins",
      "a service that checks this of every request, and its URL without a query",
    ],
    [
      "http://guard.auth.svc/check/$service_name",
      "an extension provider has nothing for a variable of the URL",
      "auth-url without variables but $host",
    ],
    [
      "http://auth.$host/check",
      "an extension provider has nothing for a variable of the URL",
      "auth-url without variables but $host",
    ],
  ];
  for (const [asked, why, fix] of unasked) {
    it(`is refused with all that says more about it for ${asked}`, () => {
      const { objects, entries } = one({ "auth-url": asked, "auth-response-headers": "X-User" });
      assert.deepEqual(objects, []);
      assert.deepEqual(verdicts(entries), [
        "auth-response-headers: refused (it belongs to auth-url, which is refused) way out: see auth-url",
        `auth-url: refused (${why}) way out: ${fix}`,
      ]);
    });
  }

  it("is refused where a policy cannot name the requests", () => {
    const wildcard = { rules: [{ ...paths(["/", "web"]).rules[0]!, host: "*.example.com" }] };
    const { objects, entries } = one({ "auth-url": url }, wildcard);
    assert.deepEqual(objects, []);
    assert.deepEqual(
      entries.filter(({ outcome }) => outcome === "refused").map(({ name, detail }) => [name, detail]),
      [
        [
          "nginx.ingress.kubernetes.io/auth-url",
          "an AuthorizationPolicy can name neither all other hosts nor a wildcard with every port",
        ],
      ],
    );
  });

  it("is asked before addresses are, which NGINX looks at first", () => {
    const said = (given: Given) =>
      verdicts(one({ "auth-url": url, ...given }).entries).filter((line) => !line.startsWith("auth-url"));
    const address =
      "the gateway must see the client's own address: externalTrafficPolicy Local on its Service, or meshConfig.defaultConfig.gatewayTopology.numTrustedProxies";
    const order = "auth-url is asked first: clients that are turned away by address may be sent to sign in before";
    const changed = (field: string) =>
      `changed → AuthorizationPolicy DENY with ${field}, on the Gateway (${address}; ${order})`;
    assert.deepEqual(said({ "whitelist-source-range": "10.0.0.0/8" }), [
      `whitelist-source-range: ${changed("notRemoteIpBlocks")}`,
    ]);
    assert.deepEqual(said({ "configuration-snippet": "deny 10.0.0.0/8;" }), [
      `configuration-snippet: ${changed("remoteIpBlocks")}`,
    ]);
  });

  it("takes headers for the service from an auth-snippet, with what Envoy has for variables", () => {
    const said = (snippet: string) => verdicts(one({ "auth-url": url, "auth-snippet": snippet }).entries);
    const [fixed, told] = said("proxy_set_header X-Shop 1;");
    assert.equal(fixed, "auth-snippet: mapped → includeAdditionalHeadersInCheck of the provider");
    assert.match(told!, /includeAdditionalHeadersInCheck: \{ .*"X-Shop": "1" \}/);
    const [host, given] = said("proxy_set_header X-Forwarded-Host $http_host;");
    assert.equal(host, "auth-snippet: mapped → includeAdditionalHeadersInCheck of the provider");
    assert.match(given!, /"X-Forwarded-Host": "%REQ\(:AUTHORITY\)%" \}/);
    const [proto] = said("proxy_set_header X-Proto $http_x_forwarded_proto;");
    assert.equal(
      proto,
      "auth-snippet: changed → includeAdditionalHeadersInCheck of the provider (Envoy writes X-Forwarded-Proto by its own connection, unless meshConfig.defaultConfig.gatewayTopology.numTrustedProxies counts the proxies in front)",
    );
    for (const name of ["uri", "service_name"]) {
      const [variable] = said(`proxy_set_header X-Uri $${name};`);
      const why = "Envoy has nothing for a variable of X-Uri";
      assert.equal(variable, `auth-snippet: refused (${why}) way out: headers with fixed values`);
    }
  });

  it("knows services that have a way of their own for Envoy", () => {
    const said = (given: Given) => verdicts(one(given).entries);
    const at = (path: string) => `http://auth.apps.svc.cluster.local:9000${path}`;
    const [method, signin, param, asked] = said({
      "auth-url": at("/outpost.goauthentik.io/auth/nginx"),
      "auth-signin": "https://auth.example.com/outpost.goauthentik.io/start?rd=$scheme://$http_host$request_uri",
      "auth-signin-redirect-param": "rd",
      "auth-method": "GET",
    });
    assert.equal(method, "auth-method: mapped → what authentik does: it takes every method");
    const signs = "it sends clients to sign in, and back to the URL that they asked for";
    assert.equal(signin, `auth-signin: mapped → what authentik does: ${signs}`);
    assert.equal(param, "auth-signin-redirect-param: mapped → what authentik does: it knows where clients came from");
    assert.match(
      asked!,
      /^auth-url: mapped .*pathPrefix: "\/outpost\.goauthentik\.io\/auth\/envoy", .*"x-authentik-\*"/,
    );
    const [elsewhere] = said({
      "auth-url": at("/outpost.goauthentik.io/auth/nginx"),
      "auth-signin": "https://login.example.com/",
    });
    assert.match(elsewhere!, /^auth-signin: changed \(the service itself must answer with the redirect/);
    const [authelia, verify] = said({
      "auth-signin": "https://auth.example.com/?rm=$request_method",
      "auth-url": at("/api/verify?rd=https://auth.example.com"),
    });
    assert.equal(authelia, `auth-signin: mapped → what Authelia does: ${signs}`);
    assert.match(
      verify!,
      /^auth-url: mapped .*pathPrefix: "\/api\/authz\/ext-authz\/", .*headersToDownstreamOnDeny: \["set-cookie"\]/,
    );
    const [start] = said({
      "auth-url": at("/oauth2/auth"),
      "auth-signin": "https://$host/oauth2/start?rd=$escaped_request_uri",
    });
    assert.equal(start, `auth-signin: mapped → what oauth2-proxy does: ${signs}`);
  });

  it("takes headers for the service from a ConfigMap, with what Envoy has for variables", () => {
    const config = (data: { [name: string]: string }) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "headers", namespace: "shop" },
      data,
    });
    const given = ingressWith({ "auth-url": url, "auth-proxy-set-headers": "shop/headers", "auth-snippet": "x y;" });
    const said = (...documents: object[]) =>
      verdicts(converted([given, ...documents], { name: "guard" }).entries).map((line) => line.slice(0, 110));
    const snippet =
      "auth-snippet: refused (Envoy does not read NGINX's configuration) way out: includeAdditionalHeadersInCheck of t";
    assert.deepEqual(said(config({ "X-Shop": "1" })).slice(0, 2), [
      "auth-proxy-set-headers: mapped → includeAdditionalHeadersInCheck of the provider",
      snippet.slice(0, 110),
    ]);
    assert.equal(
      said(config({ "X-Shop": "$uri" }))[0],
      "auth-proxy-set-headers: refused (Envoy has nothing for a variable of X-Shop) way out: headers with fixed value",
    );
    assert.equal(
      said()[0],
      "auth-proxy-set-headers: refused (the ConfigMap is not in the input) way out: -f with ConfigMap shop/headers, o",
    );
  });
});
