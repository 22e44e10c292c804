// Where a path sends to: ports as NGINX looks them up, and paths that no route can send anywhere.
import * as assert from "node:assert/strict";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import type { Ingress, Written } from "../../../lib/conversion/objects";
import { ingressWith, only, type Given } from "./cases";

const service = (spec: object, name = "web") => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "shop" },
  spec,
});

/** Paths of one host, each with a Service and a port. */
function sending(paths: [path: string, name: string, port: object][], given: Given = {}, name = "web"): Ingress {
  const one = ingressWith(given, {
    rules: [
      {
        host: "shop.example.com",
        http: {
          paths: paths.map(([path, to, port]) => ({
            path,
            pathType: "Prefix",
            backend: { service: { name: to, port } },
          })),
        },
      },
    ],
  });
  return { ...one, metadata: { ...one.metadata, name } };
}

interface Rule {
  matches: { path: { value: string } }[];
  backendRefs: { name: string; port: number; weight?: number }[];
}

const sent = (objects: readonly Written[]) =>
  (only(objects, "HTTPRoute").spec as { rules: Rule[] }).rules.map(
    ({ matches: [match], backendRefs }) =>
      `${match!.path.value} → ${backendRefs.map(({ name, port }) => `${name}:${port}`).join(", ")}`,
  );

describe("the Service of a path", () => {
  const ports = {
    ports: [
      { name: "web", port: 80, targetPort: 8080 },
      { port: 90, targetPort: "admin" },
    ],
  };
  const ways: [what: string, port: object, number: number][] = [
    ["its own number", { number: 80 }, 80],
    ["the number of the pods' port", { number: 8080 }, 80],
    ["its name", { name: "web" }, 80],
    ["the name of the pods' port", { name: "admin" }, 90],
  ];
  for (const [what, port, number] of ways) {
    it(`may be named by ${what}`, () => {
      const { objects } = convert([sending([["/", "web", port]]), service(ports)]);
      assert.deepEqual(sent(objects), [`/ → web:${number}`]);
    });
  }

  const refusals: [what: string, documents: object[], detail: string, fix: string][] = [
    [
      "has no such port",
      [sending([["/", "web", { number: 81 }]]), service(ports)],
      "Service web has no port 81, and NGINX answers 503",
      "one of its ports: 80, 90",
    ],
    [
      "has no port at all",
      [sending([["/", "web", { name: "http" }]]), service({})],
      "Service web has no port http, and NGINX answers 503",
      "a port in the Service",
    ],
    [
      "is not there to say the number",
      [sending([["/", "web", { name: "http" }]])],
      "the number of port http of Service web is not known",
      "-f with the Service, or the number in the Ingress",
    ],
    [
      "is another name",
      [sending([["/", "web", { number: 80 }]]), service({ type: "ExternalName" })],
      "a route takes no Service of type ExternalName",
      "a ServiceEntry for the name, and a backendRef of kind Hostname to it",
    ],
  ];
  for (const [what, documents, detail, fix] of refusals) {
    it(`is refused where it ${what}, and skipped where that is accepted`, () => {
      const [path] = convert(documents).entries.filter(({ part }) => part === "path");
      assert.deepEqual([path?.outcome, path?.detail, path?.fix], ["refused", detail, fix]);
      const accept = ["shop.example.com/"];
      const other = sending([["/other", "other", { number: 80 }]], {}, "other");
      const { objects, refused } = convert([...documents, other], { ...standardOptions, accept });
      assert.deepEqual([refused, sent(objects)], [false, ["/other → other:80"]]);
    });
  }

  it("may be named by the Host header that it gets", () => {
    const vhost = "$service_name.${namespace}.svc.cluster.local";
    const { objects } = convert([
      sending(
        [
          ["/one", "one", { number: 80 }],
          ["/two", "two", { number: 80 }],
        ],
        { "upstream-vhost": vhost },
      ),
    ]);
    const { rules } = only(objects, "HTTPRoute").spec as { rules: { filters: object[] }[] };
    assert.deepEqual(
      rules.map(({ filters }) => filters),
      ["two", "one"].map((name) => [
        { type: "URLRewrite", urlRewrite: { hostname: `${name}.shop.svc.cluster.local` } },
      ]),
    );
  });

  it("has its canary picked by what NGINX takes of it", () => {
    const headers = (given: Given) => {
      const canary = { canary: "true", "canary-by-header": "X-User", ...given };
      const { objects } = convert([
        sending([["/", "web", { number: 80 }]]),
        sending([["/", "next", { number: 80 }]], canary, "next"),
      ]);
      const { rules } = only(objects, "HTTPRoute").spec as { rules: { matches: { headers?: object[] }[] }[] };
      return rules.map(({ matches }) => matches[0]!.headers);
    };
    const exact = (value: string) => [{ name: "X-User", value }];
    assert.deepEqual(headers({ "canary-by-header-value": "eva" }), [exact("eva"), undefined]);
    const either = [exact("always"), exact("never"), undefined];
    assert.deepEqual(headers({ "canary-by-header-value": "eva@example.com" }), either);
    assert.deepEqual(headers({ "canary-by-header-pattern": "^[0-9]{1,3}$" }), either);
  });

  it("is a canary's alone where that came first, which is refused beside a path of its own", () => {
    const aged = (one: Ingress, creationTimestamp: string) => ({
      ...one,
      metadata: { ...one.metadata, creationTimestamp },
    });
    const path = (own: string) => {
      const canary = sending([["/", "next", { number: 80 }]], { canary: "true", "canary-weight": "10" }, "next");
      return convert([
        aged(sending([["/", "web", { number: 80 }]]), "2026-01-01T00:00:00Z"),
        aged(canary, "2026-01-02T00:00:00Z"),
        aged(sending([["/own", "next", { number: 80 }]], {}, "own"), own),
      ])
        .entries.filter(({ ingress, part }) => ingress === "shop/next" && part === "path")
        .map(({ outcome, detail, fix }) => [outcome, detail, fix]);
    };
    const why = "Service next is a canary's alone to NGINX, which answers 404 where shop/own sends to it";
    assert.deepEqual(path("2026-01-03T00:00:00Z"), [["refused", why, "a Service of its own for one of the two"]]);
    const idle = "NGINX sends it nothing: its Service gets requests of its own";
    assert.deepEqual(path("2025-01-01T00:00:00Z"), [["converted", idle, undefined]]);
  });

  it("has the canary of all other hosts on every path of them", () => {
    const hostless = (path: string, name: string): Ingress => {
      const one = sending([[path, name, { number: 80 }]], {}, name);
      return { ...one, spec: { ...one.spec, rules: one.spec.rules!.map(({ http }) => ({ http: http! })) } };
    };
    const defaultBackend = { service: { name: "next", port: { number: 80 } } };
    const spec = { ingressClassName: "nginx", defaultBackend };
    const next = { ...ingressWith({ canary: "true", "canary-weight": "10" }), spec };
    const canary = { ...next, metadata: { ...next.metadata, name: "next" } };
    const { objects } = convert([hostless("/", "web"), hostless("/more", "more"), canary]);
    const backends = objects.map((route) => (route.spec as { rules: Rule[] }).rules[0]!.backendRefs);
    const shared = (name: string) => [
      { name, port: 80, weight: 90 },
      { name: "next", port: 80, weight: 10 },
    ];
    assert.deepEqual(backends, [shared("more"), shared("web")]);
  });

  it("is left without its canary where that one is skipped", () => {
    const canary = sending([["/", "next", { name: "http" }]], { canary: "true", "canary-weight": "10" }, "next");
    const documents = [sending([["/", "web", { number: 80 }]]), canary];
    const [path] = convert(documents).entries.filter(({ ingress, part }) => part === "path" && ingress === "shop/next");
    assert.equal(path?.detail, "the number of port http of Service next is not known");
    const { objects } = convert(documents, { ...standardOptions, accept: ["shop.example.com/"] });
    assert.deepEqual(sent(objects), ["/ → web:80"]);
  });
});

describe("a Service that several Ingresses send to", () => {
  const cookie = (name: string) => ({ affinity: "cookie", "session-cookie-name": name });
  const both = (one: Given, two: Given) => [
    sending([["/one", "web", { number: 80 }]], one, "one"),
    sending([["/two", "web", { name: "web" }]], two, "two"),
    service(ports80),
  ];
  const ports80 = { ports: [{ name: "web", port: 80 }] };
  const said = (documents: object[]) =>
    convert(documents)
      .entries.filter(({ part, detail }) => part === "path" && detail !== undefined)
      .map(({ ingress, name, outcome, detail }) => `${ingress} ${name}: ${outcome} (${detail})`);

  it("has its pods picked by the last cookie, as by NGINX, and the other Ingress is told", () => {
    const documents = both(cookie("ONE"), cookie("TWO"));
    assert.deepEqual(said(documents), [
      "shop/two shop.example.com/two: converted (NGINX picks the pods of Service web as shop/one says)",
    ]);
    assert.deepEqual(only(convert(documents).objects, "DestinationRule").spec, {
      host: "web",
      exportTo: ["istio-system"],
      trafficPolicy: {
        portLevelSettings: [
          {
            port: { number: 80 },
            loadBalancer: { consistentHash: { httpCookie: { name: "ONE", path: "/", ttl: "0s" } } },
          },
        ],
      },
    });
  });

  it("is decided about anew where NGINX keeps a client on the canary", () => {
    const next = sending([["/one", "next", { number: 80 }]], { canary: "true", "canary-weight": "10" }, "next");
    const joined = (given: Given) =>
      convert([sending([["/one", "web", { number: 80 }]], given, "one"), next])
        .entries.filter(({ ingress, part }) => ingress === "shop/next" && part === "path")
        .map(({ outcome, to, detail }) => [outcome, to, detail]);
    const to = "a backend beside shop/web:80";
    const why = "NGINX keeps a client on the canary by its cookie; here every request is decided anew";
    assert.deepEqual(joined({}), [["converted", to, undefined]]);
    assert.deepEqual(joined({ affinity: "cookie" }), [["changed", to, why]]);
    assert.deepEqual(joined({ affinity: "cookie", "affinity-canary-behavior": "legacy" }), [
      ["converted", to, undefined],
    ]);
  });

  it("has a cookie with Secure where all clients come over https, as from NGINX", () => {
    const attributes = (given: Given, tls: boolean) => {
      const more = tls ? { tls: [{ hosts: ["shop.example.com"], secretName: "cert" }] } : {};
      const { objects, entries } = convert([ingressWith({ affinity: "cookie", ...given }, more)]);
      const { trafficPolicy } = only(objects, "DestinationRule").spec as {
        trafficPolicy: { portLevelSettings: { loadBalancer: { consistentHash: { httpCookie: object } } }[] };
      };
      const { consistentHash } = trafficPolicy.portLevelSettings[0]!.loadBalancer;
      const said = entries.find(({ name }) => name.endsWith("/affinity"))!.detail!;
      return [consistentHash.httpCookie, said.includes("over https NGINX sets the cookie with Secure")];
    };
    const cookie = { name: "INGRESSCOOKIE", path: "/", ttl: "0s" };
    const secure = { ...cookie, attributes: [{ name: "Secure" }] };
    assert.deepEqual(attributes({}, true), [secure, false]);
    assert.deepEqual(attributes({ "force-ssl-redirect": "true" }, false), [secure, false]);
    assert.deepEqual(attributes({ "session-cookie-secure": "false" }, true), [secure, false]);
    assert.deepEqual(attributes({ "session-cookie-secure": "false", "ssl-redirect": "false" }, true), [cookie, true]);
    assert.deepEqual(attributes({ "ssl-redirect": "false" }, true), [cookie, true]);
    assert.deepEqual(attributes({ "session-cookie-name": " ", "session-cookie-path": "" }, false), [cookie, false]);
  });

  it("has its pods picked by a cookie rather than by a hash, and by the first hash of several", () => {
    const hash = (by: string) => ({ "upstream-hash-by": by });
    assert.deepEqual(said(both(hash("$remote_addr"), cookie("TWO"))), [
      "shop/one shop.example.com/one: converted (NGINX picks the pods of Service web as shop/two says)",
    ]);
    assert.deepEqual(said(both(hash("$remote_addr"), hash("$http_x_id"))), [
      "shop/one shop.example.com/one: converted (NGINX picks the pods of Service web as shop/two says)",
    ]);
    assert.deepEqual(said(both(hash("$remote_addr"), hash("$remote_addr"))), []);
  });

  it("says where its cookie is for more paths than with NGINX", () => {
    const [wider] = convert(both(cookie("ONE"), {})).entries.filter(({ name }) => name.endsWith("/affinity"));
    assert.equal(
      wider?.detail,
      "sessions that NGINX has begun land on another pod once, since the hash is Envoy's; the cookie is for the whole host, where NGINX sets one for each path, unless session-cookie-path names one",
    );
    const own = { ...cookie("ONE"), "session-cookie-path": "/one" };
    const [narrow] = convert(both(own, {})).entries.filter(({ name }) => name.endsWith("/affinity"));
    assert.equal(narrow?.detail, "sessions that NGINX has begun land on another pod once, since the hash is Envoy's");
  });

  it("is not verified where NGINX speaks plain HTTP to it", () => {
    const given = { "proxy-ssl-secret": "shop/ca", "proxy-ssl-verify": "on", "proxy-ssl-name": "web.shop.svc" };
    const { objects } = convert([ingressWith(given)]);
    assert.deepEqual(
      objects.map(({ kind }) => kind),
      ["HTTPRoute"],
    );
  });

  const verified = (name: string) => ({
    "backend-protocol": "HTTPS",
    "proxy-ssl-secret": "shop/ca",
    "proxy-ssl-verify": "on",
    "proxy-ssl-name": name,
  });

  it("has settings for the gateway alone, unless a waypoint or a BackendTLSPolicy needs them too", () => {
    const exported = (given: Given, ...others: object[]) => {
      const rules = convert([sending([["/", "web", { number: 443 }]], given), ...others]).objects.filter(
        ({ kind }) => kind === "DestinationRule",
      );
      return rules.map(({ spec }) => (spec as { exportTo?: string[] }).exportTo);
    };
    const grpc = { "backend-protocol": "GRPC" };
    const https = { "backend-protocol": "HTTPS" };
    const { metadata, ...rest } = service({ ports: [{ name: "web", port: 443 }] });
    const labels = { "istio.io/ingress-use-waypoint": "true" };
    const behindWaypoint = { ...rest, metadata: { ...metadata, labels } };
    assert.deepEqual(exported(grpc), [["istio-system"]]);
    assert.deepEqual(exported(grpc, { ...rest, metadata }), [["istio-system"]]);
    assert.deepEqual(exported(grpc, behindWaypoint), [undefined]);
    assert.deepEqual(exported(https, behindWaypoint), [["istio-system"]]);
    const other = sending([["/two", "web", { number: 8443 }]], verified("web.shop.svc"), "two");
    const named = service({
      ports: [
        { name: "web", port: 443 },
        { name: "tls", port: 8443 },
      ],
    });
    assert.deepEqual(exported(grpc, other, named), [undefined]);
    const own = {
      ...standardOptions,
      gateway: { name: "gateway", httpListener: "http", httpsListener: "https", hsts: false, nginxHeaders: false },
    };
    assert.deepEqual(only(convert([ingressWith(grpc)], own).objects, "DestinationRule").spec as object, {
      host: "web",
      exportTo: ["."],
      trafficPolicy: {
        portLevelSettings: [{ port: { number: 80 }, connectionPool: { http: { h2UpgradePolicy: "UPGRADE" } } }],
      },
    });
  });

  it("is verified as its primary where it is a canary's", () => {
    const next = sending([["/", "next", { number: 443 }]], { canary: "true", "canary-weight": "10" }, "next");
    const { objects } = convert([sending([["/", "web", { number: 443 }]], verified("web.shop.svc")), next]);
    const policies = objects.filter(({ kind }) => kind === "BackendTLSPolicy");
    const validation = {
      caCertificateRefs: [{ group: "", kind: "ConfigMap", name: "ca-ca" }],
      hostname: "web.shop.svc",
    };
    assert.deepEqual(
      policies.map(({ spec }) => spec),
      ["web", "next"].map((name) => ({ targetRefs: [{ group: "", kind: "Service", name }], validation })),
    );
  });

  it("gets the name that NGINX sends as SNI where nothing is verified", () => {
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "ca", namespace: "shop" }, stringData: {} };
    const tls = (given: Given) => {
      const { objects } = convert([ingressWith({ ...verified("real.example.com"), ...given }), secret]);
      const { trafficPolicy } = only(objects, "DestinationRule").spec as {
        trafficPolicy: { portLevelSettings: { tls: object }[] };
      };
      return trafficPolicy.portLevelSettings.map((port) => port.tls);
    };
    const unverified = { "proxy-ssl-verify": "off" };
    const simple = { mode: "SIMPLE", insecureSkipVerify: true };
    assert.deepEqual(tls({ ...unverified, "proxy-ssl-server-name": "on" }), [{ ...simple, sni: "real.example.com" }]);
    assert.deepEqual(tls(unverified), [simple]);
  });

  it("is refused without a CA where that of another Ingress is for its host", () => {
    const other = sending([["/two", "other", { number: 443 }]], { "backend-protocol": "HTTPS" }, "two");
    const protocol = (given: Given) =>
      convert([sending([["/one", "web", { number: 443 }]], given, "one"), other])
        .entries.filter(({ ingress, name }) => ingress === "shop/two" && name.endsWith("/backend-protocol"))
        .map(({ outcome, detail, fix }) => [outcome, detail, fix]);
    const own = [["mapped", undefined, undefined]];
    const refused = [
      [
        "refused",
        "NGINX verifies it all the same: proxy-ssl-secret of shop/one is for every path of shop.example.com",
        "proxy-ssl-secret, proxy-ssl-verify and proxy-ssl-name of shop/one on this Ingress too",
      ],
    ];
    assert.deepEqual(protocol(verified("web.shop.svc")), refused);
    assert.deepEqual(protocol({ ...verified("web.shop.svc"), "backend-protocol": "HTTP" }), refused);
    assert.deepEqual(protocol({ ...verified("web.shop.svc"), "proxy-ssl-verify": "off" }), own);
    assert.deepEqual(protocol({}), own);
  });

  it("is spoken to in one way, be it verified TLS", () => {
    const why =
      "shop/two speaks otherwise to Service web, and a DestinationRule or BackendTLSPolicy holds for all routes";
    const refused = [`shop/one shop.example.com/one: refused (${why})`];
    assert.deepEqual(said(both(verified("a.example.com"), verified("b.example.com"))), refused);
    assert.deepEqual(said(both(verified("a.example.com"), {})), refused);
    assert.deepEqual(said(both({}, { "backend-protocol": "HTTPS" })), refused);
    assert.deepEqual(said(both(verified("a.example.com"), verified("a.example.com"))), []);
  });
});
