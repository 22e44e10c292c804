// auth-tls-secret without EnvoyFilters, and ssl-ciphers: what a host's own listener and routes say, where its CA is, and where it has no such listener.
import * as assert from "node:assert/strict";
import { convert as convertWith, standardOptions } from "../../../lib/conversion/convert";
import type { Ingress } from "../../../lib/conversion/objects";
import { requestsOf } from "../../../lib/conversion/requests";
import { ingressWith, only, verdicts, type Given } from "./cases";

/** As with `--no-envoy-filters`: the handshake alone judges certificates. */
const convert = (documents: readonly unknown[]) => convertWith(documents, withoutFilters);
const withoutFilters = { ...standardOptions, envoyFilters: false };
const host = "shop.example.com";
const tls = [{ hosts: [host], secretName: "shop-tls" }];
const demanded = { "auth-tls-secret": "shop/clients" };
const ca = (data: object = { "ca.crt": "Y2E=" }, name = "clients") => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace: "shop" },
  ...(Object.keys(data).length > 0 ? { data } : {}),
});
const guarded = (given: Given = {}, more: Partial<Ingress["spec"]> = {}) =>
  ingressWith({ ...demanded, ...given }, { tls, ...more });
const named = (name: string, ingress: Ingress): Ingress => ({ ...ingress, metadata: { ...ingress.metadata, name } });
const rules = (...hosts: string[]) => ({
  rules: hosts.map((one) => ({
    host: one,
    http: {
      paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } }],
    },
  })),
});

const fails =
  "auth-tls-secret: changed → a listener with gateway.istio.io/tls-terminate-mode MUTUAL (a client without a valid certificate gets no answer: the TLS handshake fails, where NGINX answers 400; the chain may be of any length; a header with underscores, which many applications take for the one with hyphens, reaches the backend as the client sent it, where NGINX drops it; with Istio 1.31 controlPlane.values.meshConfig.defaultConfig.connectionSettings.httpHeadersWithUnderscoresAction of AmbientMesh can be HEADERS_WITH_UNDERSCORES_DROP_HEADER)";
/** With all else that there is to say. */
const failsWith = (to: string[], ...details: string[]) =>
  fails
    .replace(" (", `${to.map((one) => `; ${one}`).join("")} (`)
    .replace(/\)$/, `${details.map((one) => `; ${one}`).join("")})`);
const written = "Secret shop/shop-tls-cacert";

const shares = (one: string, other: string) =>
  `${one} shows the certificate of ${other} too: a browser that is connected for one of them gets 404, where NGINX answers 421 and it connects anew; a TLS Secret of its own prevents that`;

describe("certificates of clients", () => {
  const set = { group: "gateway.networking.k8s.io", kind: "ListenerSet", name: "web", namespace: "shop" };
  const gateway = { name: "hostk8s-gateway", namespace: "istio-system" };
  const all = { path: { type: "PathPrefix", value: "/" } };
  const backendRefs = [{ name: "web", port: 80 }];

  it("are demanded by the host's own listener, whose routes no other listener has", () => {
    const { objects, entries } = convert([guarded(), ca()]);
    assert.deepEqual(verdicts(entries), [failsWith([written])]);
    assert.deepEqual(
      objects.map(({ kind, metadata: { name } }) => `${kind} ${name}`),
      ["Secret shop-tls-cacert", "ListenerSet web", "HTTPRoute web", "HTTPRoute web-redirect"],
    );
    assert.deepEqual(only(objects, "ListenerSet").spec, {
      parentRef: gateway,
      listeners: [
        {
          name: "https",
          hostname: host,
          port: 443,
          protocol: "HTTPS",
          tls: {
            certificateRefs: [{ name: "shop-tls" }],
            options: { "gateway.istio.io/tls-terminate-mode": "MUTUAL" },
          },
        },
      ],
    });
    assert.deepEqual(only(objects, "Secret"), {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "shop-tls-cacert", namespace: "shop" },
      data: { "ca.crt": "Y2E=" },
    });
    const requestHeaderModifier = {
      set: [
        { name: "ssl-client-verify", value: "SUCCESS" },
        { name: "ssl-client-subject-dn", value: "%DOWNSTREAM_PEER_SUBJECT%" },
        { name: "ssl-client-issuer-dn", value: "%DOWNSTREAM_PEER_ISSUER%" },
      ],
    };
    assert.deepEqual(objects[2]!.spec, {
      parentRefs: [set],
      hostnames: [host],
      rules: [{ matches: [all], filters: [{ type: "RequestHeaderModifier", requestHeaderModifier }], backendRefs }],
    });
    const requestRedirect = { scheme: "https", statusCode: 308 };
    assert.deepEqual(objects[3]!.spec, {
      parentRefs: [{ ...gateway, sectionName: "http" }],
      hostnames: [host],
      rules: [{ matches: [all], filters: [{ type: "RequestRedirect", requestRedirect }] }],
    });
  });

  it("are told of to the backend, and over http no client can tell of one", () => {
    const snippet = "proxy_set_header X-A b;\nproxy_set_header SSL-Client-Issuer-DN mine;";
    const given = {
      "auth-tls-pass-certificate-to-upstream": "true",
      "ssl-redirect": "false",
      "configuration-snippet": snippet,
    };
    const { objects } = convert([guarded(given), ca()]);
    const routes = objects.filter(({ kind }) => kind === "HTTPRoute");
    const filters = (route: object) =>
      (route as { rules: { filters: { requestHeaderModifier: object }[] }[] }).rules[0]!.filters[0]!
        .requestHeaderModifier;
    const own = [
      { name: "X-A", value: "b" },
      { name: "SSL-Client-Issuer-DN", value: "mine" },
    ];
    assert.deepEqual(
      routes.map(({ metadata: { name }, spec }) => [
        name,
        (spec as { parentRefs: object[] }).parentRefs,
        filters(spec!),
      ]),
      [
        [
          "web",
          [set],
          {
            set: [
              ...own,
              { name: "ssl-client-cert", value: "%DOWNSTREAM_PEER_CERT%" },
              { name: "ssl-client-verify", value: "SUCCESS" },
              { name: "ssl-client-subject-dn", value: "%DOWNSTREAM_PEER_SUBJECT%" },
            ],
          },
        ],
        [
          "web-http",
          [{ ...gateway, sectionName: "http" }],
          {
            set: [...own, { name: "ssl-client-verify", value: "NONE" }],
            remove: ["ssl-client-cert", "ssl-client-subject-dn"],
          },
        ],
      ],
    );
  });

  it("are demanded in a ListenerSet of the host alone, and for its aliases, but not for the name that is redirected", () => {
    const names = ["*.example.com", host];
    const both = [{ hosts: names, secretName: "shop-tls" }];
    const other = named("all", ingressWith({}, { tls: both, ...rules("*.example.com") }));
    const given = { "server-alias": "twin.example.org", "from-to-www-redirect": "true" };
    const withWww = [{ hosts: [host, `www.${host}`], secretName: "shop-tls" }];
    const { objects } = convert([guarded(given, { tls: withWww, ...rules(host) }), other, ca()]);
    const sets = objects.filter(({ kind }) => kind === "ListenerSet");
    const listeners = (spec: object) =>
      (spec as { listeners: { hostname: string; tls: { options?: object } }[] }).listeners.map(
        ({ hostname, tls: { options } }) => `${hostname}${options ? " MUTUAL" : ""}`,
      );
    assert.deepEqual(
      sets.map(({ metadata: { name }, spec }) => [name, ...listeners(spec!)]),
      [
        ["all", "*.example.com"],
        ["web", `${host} MUTUAL`, "twin.example.org MUTUAL", `www.${host}`],
      ],
    );
  });

  const cases: [what: string, documents: object[], ...lines: string[]][] = [
    [
      "a CA that is not in the input",
      [guarded()],
      failsWith(
        [written],
        `it must be there before the listener: kubectl create secret generic shop-tls-cacert -n shop --from-literal=ca.crt="$(kubectl get secret clients -n shop -o jsonpath='{.data.ca\\.crt}' | base64 -d)"`,
      ),
    ],
    ["a CA in the host's own Secret", [guarded({ "auth-tls-secret": "shop/shop-tls" })], fails],
    [
      "a Secret without a CA",
      [guarded(), ca({ "tls.crt": "eA==" })],
      "auth-tls-secret: refused (the Secret has no ca.crt, so NGINX asks for no certificate) way out: a Secret with ca.crt",
    ],
    [
      "a host without a certificate of its own",
      [ingressWith(demanded), ca()],
      `auth-tls-secret: refused (${host} has no certificate of its own, and so no listener of its own) way out: tls: [{ hosts: ["${host}"], secretName: "web-tls" }]`,
    ],
    [
      "all other hosts",
      [ingressWith(demanded, { tls, ...rules("") }), ca()],
      "auth-tls-secret: refused (* has no certificate of its own, and so no listener of its own) way out: each host by its name",
    ],
    [
      "TLS that is passed on",
      [guarded({ "ssl-passthrough": "true" }), ca()],
      `auth-tls-secret: converted (NGINX passes TLS of ${host} on)`,
      "ssl-passthrough: mapped → TLSRoute on a listener of mode Passthrough (NGINX does it with --enable-ssl-passthrough only)",
    ],
    [
      "two Ingresses of a host",
      [
        guarded({}, rules(host)),
        named("a", ingressWith({ "auth-tls-secret": "shop/others" }, { ...rules(host) })),
        ca(),
      ],
      `auth-tls-secret: converted (NGINX takes it for ${host} from shop/web)`,
      failsWith([written]),
    ],
    [
      "two CAs for the clients of one certificate",
      [
        guarded(),
        named(
          "a",
          ingressWith(
            { "auth-tls-secret": "shop/others" },
            { tls: [{ hosts: ["a.example.com"], secretName: "shop-tls" }], ...rules("a.example.com") },
          ),
        ),
        ca(),
        ca({ "ca.crt": "b3RoZXI=" }, "others"),
      ],
      failsWith([written], shares("a.example.com", host)),
      `auth-tls-secret: refused (Istio keeps one CA for the clients of a certificate, here that of shop/others; ${host} shares its certificate) way out: a TLS Secret of its own for the host`,
    ],
    [
      "a name without a namespace",
      [guarded({ "auth-tls-secret": "clients", "auth-tls-verify-depth": "2" })],
      'auth-tls-secret: refused (must be namespace/name; NGINX answers 403) way out: auth-tls-secret: "shop/clients"',
      "auth-tls-verify-depth: refused (it belongs to auth-tls-secret, which is refused) way out: see auth-tls-secret",
    ],
    [
      "a Secret of another namespace",
      [guarded({ "auth-tls-secret": "other/clients" })],
      "auth-tls-secret: refused (NGINX takes Secrets of the Ingress's own namespace only, and answers 403) way out: a Secret of shop",
    ],
    [
      "certificates that are only welcome",
      [guarded({ "auth-tls-verify-client": "optional" }), ca()],
      'auth-tls-secret: refused (a listener demands a certificate or asks for none: where one is only welcome, istiod does not give the gateway its CA) way out: convert without --no-envoy-filters; auth-tls-verify-client: "on"; or spec.tls.frontend of the Gateway, which holds for a whole port',
      "auth-tls-verify-client: refused (it belongs to auth-tls-secret, which is refused) way out: see auth-tls-secret",
    ],
    [
      "no certificates",
      [guarded({ "auth-tls-verify-client": "off" }), ca()],
      "auth-tls-secret: converted (with auth-tls-verify-client off NGINX asks for no certificate)",
      "auth-tls-verify-client: converted (with auth-tls-verify-client off NGINX asks for no certificate)",
    ],
  ];
  for (const [what, documents, ...lines] of cases) {
    it(what, () => assert.deepEqual(verdicts(convert(documents).entries).sort(), lines.sort()));
  }

  it("are not had by --compare, which asks nothing of such a host over https", () => {
    const wanted = { schemes: ["http", "https"], methods: ["GET"], limit: 100 } as const;
    const { requests } = requestsOf([guarded(), ca()], withoutFilters, wanted);
    assert.deepEqual([...new Set(requests.map(({ scheme }) => scheme))], ["http"]);
  });
});

describe("ciphers of a host", () => {
  it("become an option of its own listener", () => {
    const given = { "ssl-ciphers": "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:!MD5" };
    const { objects } = convert([ingressWith(given, { tls })]);
    const [listener] = (only(objects, "ListenerSet").spec as { listeners: { tls: object }[] }).listeners;
    assert.deepEqual(listener!.tls, {
      certificateRefs: [{ name: "shop-tls" }],
      options: {
        "gateway.istio.io/tls-cipher-suites": "ECDHE-RSA-AES256-GCM-SHA384,ECDHE-RSA-AES128-GCM-SHA256",
      },
    });
  });

  it("are refused for a host without a listener of its own", () => {
    assert.deepEqual(verdicts(convert([ingressWith({ "ssl-ciphers": "ECDHE-RSA-AES128-GCM-SHA256" })]).entries), [
      `ssl-ciphers: refused (${host} has no certificate of its own, and so no listener of its own) way out: tls: [{ hosts: ["${host}"], secretName: "web-tls" }]`,
    ]);
  });
});
