// auth-type with a service that checks the passwords: the policy that has it asked, and what it must do.
import * as assert from "node:assert/strict";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import { ingressWith, only, verdicts, type Given } from "./cases";

const users = { "auth-type": "basic", "auth-secret": "users", "auth-realm": "Shop" };
const one = (given: Given, ...others: { name: string; url?: string }[]) =>
  convert([ingressWith(given)], {
    ...standardOptions,
    authProviders: [{ name: "passwords", url: "basic:shop/users" }, ...others],
  });
const provider =
  'controlPlane: { values: { meshConfig: { extensionProviders: [{ name: "passwords", envoyExtAuthzHttp: { service: "<Service that knows the users of Secret shop/users>", port: 80, statusOnError: "500", includeRequestHeadersInCheck: ["authorization"], headersToDownstreamOnDeny: ["www-authenticate"] } }] } } }';
const service = (layout: string, realm: string) =>
  `a service that answers 200 to users of Secret shop/users (${layout}), and 401 with WWW-Authenticate: Basic realm="${realm}" to others`;

describe("passwords that a service checks", () => {
  it("become a policy on the Gateway for the host", () => {
    const { objects, entries } = one({ ...users, "auth-secret-type": "auth-file" });
    assert.deepEqual(only(objects, "AuthorizationPolicy"), {
      apiVersion: "security.istio.io/v1",
      kind: "AuthorizationPolicy",
      metadata: { name: "shop.web-auth", namespace: "istio-system" },
      spec: {
        targetRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "hostk8s-gateway" }],
        action: "CUSTOM",
        provider: { name: "passwords" },
        rules: [{ to: [{ operation: { hosts: ["shop.example.com", "shop.example.com:*"], ports: ["80", "443"] } }] }],
      },
    });
    assert.deepEqual(verdicts(entries), [
      "auth-realm: mapped → the service's WWW-Authenticate header",
      "auth-secret: mapped → the users whom the service knows",
      "auth-secret-type: converted (this is the default)",
      `auth-type: mapped → AuthorizationPolicy CUSTOM with provider passwords, on the Gateway (the mesh must have the provider, or the Gateway refuses (403) every request for the paths: ${provider}, for ${service("htpasswd in its key auth", "Shop")})`,
    ]);
  });

  it("do not reach the backend, unless a snippet sends them on", () => {
    const filters = (given: Given) =>
      (only(one({ ...users, ...given }).objects, "HTTPRoute").spec as { rules: { filters: object[] }[] }).rules[0]!
        .filters;
    const modifier = (requestHeaderModifier: object) => [{ type: "RequestHeaderModifier", requestHeaderModifier }];
    assert.deepEqual(filters({}), modifier({ remove: ["Authorization"] }));
    assert.deepEqual(
      filters({ "configuration-snippet": "proxy_set_header authorization $http_authorization;" }),
      modifier({ set: [{ name: "authorization", value: "%REQ(AUTHORIZATION)%" }] }),
    );
  });

  it("say how else the Secret may be laid out, and what a browser's preflight request meets", () => {
    const given = { "auth-type": "basic", "auth-secret": "shop/users", "auth-secret-type": "auth-map" };
    assert.deepEqual(verdicts(one({ ...given, "enable-cors": "true" }).entries).slice(0, 3), [
      "auth-secret: mapped → the users whom the service knows",
      "auth-secret-type: mapped → how the service reads the Secret",
      `auth-type: mapped → AuthorizationPolicy CUSTOM with provider passwords, on the Gateway (the mesh must have the provider, or the Gateway refuses (403) every request for the paths: ${provider}, for ${service("a user in each key", "")}; it is asked about preflight requests too, and must answer 200 to them)`,
    ]);
  });

  it("are not checked by a provider for another Secret, or by one for auth-url", () => {
    for (const others of [[{ name: "guard" }], [{ name: "b", url: "basic:shop/others" }]]) {
      const { objects } = one({ "auth-type": "basic", "auth-secret": "admins" }, ...others);
      const { provider: asked } = only(objects, "AuthorizationPolicy").spec as { provider: { name: string } };
      assert.match(asked.name, /^[0-9a-f]{8}-users-shop-admins$/);
    }
  });

  const cases: [given: Given, ...lines: string[]][] = [
    [
      { "auth-type": "digest", "auth-secret": "users" },
      "auth-secret: refused (it belongs to auth-type, which is refused) way out: see auth-type",
      `auth-type: refused (Envoy's question to a service carries no digest of the answer) way out: auth-type: "basic"`,
    ],
    [
      { "auth-type": "ldap" },
      `auth-type: refused (NGINX knows basic and digest, and answers 503) way out: auth-type: "basic"`,
    ],
    [
      { "auth-type": "basic" },
      `auth-type: refused (auth-secret must name a Secret of the Ingress's namespace; NGINX answers 503) way out: auth-secret: "users"`,
    ],
    [
      { "auth-type": "basic", "auth-secret": "other/users" },
      "auth-secret: refused (it belongs to auth-type, which is refused) way out: see auth-type",
      `auth-type: refused (auth-secret must name a Secret of the Ingress's namespace; NGINX answers 503) way out: auth-secret: "users"`,
    ],
  ];
  for (const [given, ...lines] of cases) {
    it(`are refused: ${JSON.stringify(given)}`, () => assert.deepEqual(verdicts(one(given).entries), lines));
  }

  it("are refused beside auth-url, since a path has one provider", () => {
    const { entries } = one({ ...users, "auth-url": "http://guard.auth.svc/check" }, { name: "guard" });
    const [line] = verdicts(entries).filter((text) => text.startsWith("auth-type"));
    assert.equal(
      line,
      "auth-type: refused (a path has one provider, and auth-url has one already) way out: one of the two",
    );
  });
});
