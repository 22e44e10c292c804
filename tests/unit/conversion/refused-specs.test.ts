// What ingress-nginx's own end-to-end specs ask that no gateway does: each refused, with the reason, by the file that asks.
import * as assert from "node:assert/strict";
import { convert } from "../../../lib/conversion/convert";
import { ingressWith, verdicts, type Given } from "./cases";

const guard = { "auth-url": "http://guard.auth.svc/check" };
const fastcgi = "fastcgi-index: refused (Envoy speaks no FastCGI) way out: a web server in the pod";
const firewall =
  "enable-modsecurity: refused (Istio has no web application firewall) way out: a WasmPlugin such as Coraza on the Gateway";
const ofFirewall = (name: string) =>
  `${name}: refused (it belongs to enable-modsecurity, which is refused) way out: see enable-modsecurity`;
const connections =
  "limit-connections: refused (Envoy counts no requests of an address that are under way) way out: limit-rps, or a limit in the application";
const rate =
  "limit-rate: refused (Envoy limits the rate of all answers together, and not of each) way out: a limit in the application";
const tls = [{ hosts: ["shop.example.com"], secretName: "web-tls" }];
const copy = "http://service.namespace.svc:80$request_uri, or a Service for the other one";

const specs: [file: string, given: Given, ...refused: string[]][] = [
  [
    "auth.go",
    { "auth-url": "https://invalid..auth.url" },
    'auth-url: refused (not an http or https URL, so NGINX answers 503) way out: auth-url: "https://auth.example.com/check"',
  ],
  [
    "auth.go",
    { ...guard, "auth-snippet": "proxy_set_header My-Custom-Header 42;\nreturn 200;" },
    "auth-snippet: refused (Envoy does not read NGINX's configuration) way out: includeAdditionalHeadersInCheck of the provider",
  ],
  [
    "backendprotocol.go",
    { "backend-protocol": "AUTO_HTTP" },
    'backend-protocol: refused (a gateway speaks one protocol to a backend, whatever its client speaks) way out: backend-protocol: "HTTP" or "HTTPS"',
  ],
  [
    "backendprotocol.go, fastcgi.go",
    { "backend-protocol": "FCGI", "fastcgi-index": "index.php", "fastcgi-params-configmap": "params" },
    "backend-protocol: refused (Envoy speaks no FastCGI) way out: a web server in the pod, such as Caddy or NGINX, and its port as backend",
    fastcgi,
    fastcgi.replace("fastcgi-index", "fastcgi-params-configmap"),
  ],
  [
    "canary.go",
    { canary: "true", "canary-by-header": "X-Next", "canary-by-header-pattern": "[][**da?$&*" },
    "canary-by-header-pattern: refused (Envoy takes regular expressions of RE2 only) way out: write it without lookaround and backreferences",
  ],
  [
    "cors.go",
    { "enable-cors": "true", "cors-allow-origin": "test://localhost" },
    "cors-allow-origin: refused (HTTPRoute takes origins of http and https only, not test://localhost) way out: leave these origins out, or let the backend answer for them",
  ],
  [
    "customheaders.go",
    { "custom-headers": "shop/none" },
    "custom-headers: refused (the ConfigMap is not in the input) way out: -f with ConfigMap shop/none, or --namespace to read it from a cluster",
  ],
  [
    "customhttperrors.go, default_backend.go, disableproxyintercepterrors.go",
    { "custom-http-errors": "404,500", "default-backend": "errors", "disable-proxy-intercept-errors": "true" },
    "custom-http-errors: refused (a gateway passes the backend's errors on) way out: error pages in the application",
    "default-backend: refused (a gateway answers 503 where a Service has no pods) way out: more than one pod for the Service, and a PodDisruptionBudget",
  ],
  ["limitconnections.go", { "limit-connections": "8" }, connections],
  ["limitrate.go", { "limit-rate": "102400" }, rate],
  [
    "mirror.go",
    { "mirror-target": "http://localhost/mirror" },
    `mirror-target: refused (a RequestMirror takes a Service of the cluster and keeps the request's path) way out: ${copy}`,
  ],
  [
    "mirror.go",
    { "mirror-target": "https://test.env.com/$request_uri", "mirror-request-body": "off" },
    'mirror-request-body: refused (a RequestMirror copies the body too) way out: mirror-request-body: "on"',
    `mirror-target: refused (a RequestMirror takes a Service of the cluster and keeps the request's path) way out: ${copy}`,
  ],
  [
    "modsecurity.go",
    {
      "enable-modsecurity": "true",
      "enable-owasp-core-rules": "true",
      "modsecurity-transaction-id": "modsecurity-$request_id",
      "modsecurity-snippet": "SecRuleEngine On",
    },
    firewall,
    ofFirewall("enable-owasp-core-rules"),
    ofFirewall("modsecurity-snippet"),
    ofFirewall("modsecurity-transaction-id"),
  ],
  [
    "proxy.go",
    { "proxy-http-version": "1.0" },
    "proxy-http-version: refused (Envoy speaks HTTP/1.1 and HTTP/2 to backends) way out: a backend that takes HTTP/1.1",
  ],
  [
    "proxyssl.go",
    { "proxy-ssl-secret": "shop/ca", "backend-protocol": "HTTPS" },
    "proxy-ssl-secret: refused (the Secret is not in the input, and may have a certificate that NGINX shows to the backend) way out: -f with Secret shop/ca",
  ],
  [
    "satisfy.go",
    { satisfy: "any", "auth-type": "basic", "auth-secret": "users", ...guard },
    "auth-secret: refused (it belongs to auth-type, which is refused) way out: see auth-type",
    "auth-type: refused (a path has one provider, and auth-url has one already) way out: one of the two",
    'satisfy: refused (an AuthorizationPolicy cannot be satisfied by a password instead) way out: satisfy: "all"',
  ],
  [
    "sslciphers.go",
    { "ssl-ciphers": "ALL:!aNULL:!EXPORT56:RC4+RSA:+HIGH:+MEDIUM:+LOW:+SSLv2:+EXP" },
    'ssl-ciphers: refused (a listener takes ciphers by their names, not ALL, RC4+RSA, +HIGH, +MEDIUM, +LOW, +SSLv2, +EXP) way out: ssl-ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"',
  ],
  [
    "streamsnippet.go",
    { "stream-snippet": "server { listen 8000; proxy_pass 127.0.0.1:80; }" },
    "stream-snippet: refused (Envoy does not read NGINX's configuration) way out: a TCPRoute on a listener of its own",
  ],
];

describe("what ingress-nginx's own specs ask and a gateway does not do", () => {
  for (const [file, given, ...expected] of specs) {
    it(`${file}: ${JSON.stringify(given)}`, () => {
      const { entries, objects, refused } = convert([ingressWith(given, { tls })]);
      assert.deepEqual(
        verdicts(entries).filter((line) => line.includes(": refused")),
        expected,
      );
      assert.deepEqual([objects, refused], [[], true]);
    });
  }
});
