// Every annotation of ingress-nginx, right and wrong, alone or with those that it needs: whole verdicts.
import * as assert from "node:assert/strict";
import { annotations, families } from "../../../lib/conversion/annotations";
import { convert } from "../../../lib/conversion/convert";
import { ingressWith, verdicts, type Given } from "./cases";

type Case = [given: Given, ...verdicts: string[]];

const tables: { [family: string]: Case[] } = {
  "paths and https": [
    [{ "rewrite-target": "/new" }, "rewrite-target: converted → URLRewrite, path by path"],
    [
      { "rewrite-target": "new" },
      'rewrite-target: refused (Gateway API takes absolute paths only) way out: rewrite-target: "/new"',
    ],
    [{ "rewrite-target": "/a b" }, "rewrite-target: converted (NGINX does not take these characters and ignores it)"],
    [{ "use-regex": "true" }, "use-regex: converted → path matches of the host"],
    [{ "use-regex": "false" }, "use-regex: converted (it says what is the default)"],
    [{ "use-regex": "yes" }, "use-regex: converted (it is no boolean, and NGINX takes its default, false)"],
    [{ "app-root": "/app" }, "app-root: converted → a redirect of `/`"],
    [{ "app-root": "app" }, "app-root: converted (it is no absolute path, and NGINX ignores it)"],
    [{ "ssl-redirect": "true" }, "ssl-redirect: converted → a redirect to https where the host has TLS"],
    [{ "ssl-redirect": "false" }, "ssl-redirect: converted → no redirect to https"],
    [{ "ssl-redirect": "no" }, "ssl-redirect: converted (it is no boolean, and NGINX takes its default, true)"],
    [{ "force-ssl-redirect": "true" }, "force-ssl-redirect: converted → a redirect to https"],
    [{ "force-ssl-redirect": "false" }, "force-ssl-redirect: converted (it says what is the default)"],
    [{ "preserve-trailing-slash": "true" }, "preserve-trailing-slash: converted → what RequestRedirect does"],
    [{ "preserve-trailing-slash": "false" }, "preserve-trailing-slash: converted (it says what is the default)"],
    [
      { "x-forwarded-prefix": "/x" },
      "x-forwarded-prefix: converted (NGINX sends it only where rewrite-target changes the path)",
    ],
    [
      { "x-forwarded-prefix": "/x", "rewrite-target": "/new" },
      "rewrite-target: converted → URLRewrite, path by path",
      "x-forwarded-prefix: converted → RequestHeaderModifier",
    ],
    [
      { "enable-rewrite-log": "true" },
      "enable-rewrite-log: mapped → Envoy's access log: `%REQ(X-ENVOY-ORIGINAL-PATH)%`",
    ],
  ],
  redirects: [
    [
      { "permanent-redirect": "https://example.com/new" },
      "permanent-redirect: changed → RequestRedirect (a query of the request stays in the Location, where NGINX drops it)",
    ],
    [
      { "permanent-redirect": "https://example.com" },
      "permanent-redirect: changed → RequestRedirect (a query of the request stays in the Location, where NGINX drops it)",
    ],
    [{ "permanent-redirect": "https://example.com$request_uri" }, "permanent-redirect: converted → RequestRedirect"],
    [
      { "permanent-redirect": "https://example.com/a?b=c" },
      "permanent-redirect: refused (HTTPRoute takes no query in a redirect) way out: a URL with scheme, host and path, such as https://example.com/new",
    ],
    [
      { "permanent-redirect": "ftp://example.com" },
      "permanent-redirect: refused (it is no URL of http or https) way out: a URL with scheme, host and path, such as https://example.com/new",
    ],
    [
      { "permanent-redirect": "https://example.com/x$request_uri" },
      "permanent-redirect: refused (HTTPRoute puts nothing before the request's own path) way out: a URL with scheme, host and path, such as https://example.com/new",
    ],
    [
      { "permanent-redirect": "https://$server_name/x" },
      "permanent-redirect: refused (HTTPRoute knows no variables but the request's own path, at the end) way out: a URL with scheme, host and path, such as https://example.com/new",
    ],
    [
      { "permanent-redirect": "https://example.com/new", "permanent-redirect-code": "308" },
      "permanent-redirect: changed → RequestRedirect (a query of the request stays in the Location, where NGINX drops it)",
      "permanent-redirect-code: converted → statusCode of the redirect",
    ],
    [
      { "permanent-redirect": "https://example.com/new", "permanent-redirect-code": "304" },
      "permanent-redirect: changed → RequestRedirect (a query of the request stays in the Location, where NGINX drops it)",
      'permanent-redirect-code: refused (HTTPRoute redirects with 301, 302, 303, 307, 308 only) way out: a code of these: "301"',
    ],
    [
      { "permanent-redirect": "https://example.com/new", "permanent-redirect-code": "200" },
      "permanent-redirect: changed → RequestRedirect (a query of the request stays in the Location, where NGINX drops it)",
      "permanent-redirect-code: converted (NGINX takes 300 to 308 only, and 301 instead of 200)",
    ],
    [
      { "permanent-redirect-code": "308" },
      "permanent-redirect-code: converted (without permanent-redirect NGINX does not look at it)",
    ],
    [
      { "temporal-redirect": "http://example.com:8080/x" },
      "temporal-redirect: changed → RequestRedirect (a query of the request stays in the Location, where NGINX drops it)",
    ],
    [
      { "temporal-redirect": "http://example.com/x", "temporal-redirect-code": "307" },
      "temporal-redirect: changed → RequestRedirect (a query of the request stays in the Location, where NGINX drops it)",
      "temporal-redirect-code: converted → statusCode of the redirect",
    ],
    [
      { "temporal-redirect": "http://example.com/x", "temporal-redirect-code": "308" },
      "temporal-redirect: changed → RequestRedirect (a query of the request stays in the Location, where NGINX drops it)",
      "temporal-redirect-code: converted (NGINX takes 300 to 307 only, and 302 instead of 308)",
    ],
    [
      { "temporal-redirect": "http://example.com/x", "permanent-redirect": "http://example.com/y" },
      "permanent-redirect: converted (NGINX takes temporal-redirect)",
      "temporal-redirect: changed → RequestRedirect (a query of the request stays in the Location, where NGINX drops it)",
    ],
    [{ "from-to-www-redirect": "true" }, "from-to-www-redirect: converted → an HTTPRoute for the other host"],
    [{ "from-to-www-redirect": "false" }, "from-to-www-redirect: converted (it says what is the default)"],
    [{ "relative-redirects": "true" }, "relative-redirects: changed (the Location of redirects has scheme and host)"],
    [
      { "use-port-in-redirects": "true" },
      "use-port-in-redirects: mapped → the port of --https-port in redirects to https",
    ],
  ],
  "hosts and their TLS": [
    [{ "server-alias": "a.example.com, *.b.example.com" }, "server-alias: converted → hostnames"],
    [
      { "server-alias": "~^www\\d+\\.example\\.com$" },
      "server-alias: refused (an HTTPRoute takes names and `*.name` only, not ~^www\\d+\\.example\\.com$) way out: name each host",
    ],
    [
      { "ssl-passthrough": "true" },
      "ssl-passthrough: refused (an HTTPRoute sees no TLS that it does not terminate) way out: a TLSRoute for the host on a listener of protocol TLS and mode Passthrough",
    ],
    [{ "ssl-passthrough": "false" }, "ssl-passthrough: converted (it says what is the default)"],
    [
      { "ssl-ciphers": "ALL:!aNULL" },
      "ssl-ciphers: refused (a listener has no ciphers of its own; Envoy's are ECDHE with AES-GCM or ChaCha20) way out: take Envoy's, or set meshConfig.tlsDefaults.cipherSuites for all gateways",
    ],
    [{ "ssl-prefer-server-ciphers": "true" }, "ssl-prefer-server-ciphers: mapped → what Envoy does"],
    [
      { "ssl-prefer-server-ciphers": "false" },
      "ssl-prefer-server-ciphers: changed (the server's order of ciphers decides, and not the client's)",
    ],
  ],
  canaries: [
    [{ canary: "true" }, "canary: converted → rules of the route of the other Ingress"],
    [{ canary: "false" }, "canary: converted (it says what is the default)"],
    [{ canary: "maybe" }, "canary: converted (it is no boolean, and NGINX takes its default, false)"],
    [
      { canary: "true", "canary-weight": "10" },
      "canary: converted → rules of the route of the other Ingress",
      "canary-weight: converted → weights of backendRefs",
    ],
    [
      { canary: "true", "canary-weight": "ten" },
      "canary: converted → rules of the route of the other Ingress",
      "canary-weight: converted (it is no whole number, and NGINX takes its default, 0)",
    ],
    [{ "canary-weight": "10" }, "canary-weight: converted (the Ingress is no canary, and NGINX does not look at it)"],
    [
      { canary: "true", "canary-weight": "10", "canary-weight-total": "1000" },
      "canary: converted → rules of the route of the other Ingress",
      "canary-weight: converted → weights of backendRefs",
      "canary-weight-total: converted → weights of backendRefs",
    ],
    [
      { canary: "true", "canary-weight-total": "50" },
      "canary: converted → rules of the route of the other Ingress",
      "canary-weight-total: converted (NGINX takes no total below 100)",
    ],
    [
      { canary: "true", "canary-weight-total": "2000000" },
      "canary: converted → rules of the route of the other Ingress",
      'canary-weight-total: refused (HTTPRoute weights go from 0 to 1000000) way out: canary-weight-total: "1000000"',
    ],
    [
      { canary: "true", "canary-by-header": "X-Next" },
      "canary: converted → rules of the route of the other Ingress",
      "canary-by-header: converted → rules that match the header",
    ],
    [
      { canary: "true", "canary-by-header": "X-Next", "canary-by-header-value": "yes" },
      "canary: converted → rules of the route of the other Ingress",
      "canary-by-header: converted → rules that match the header",
      "canary-by-header-value: converted → the value of the header match",
    ],
    [
      { canary: "true", "canary-by-header": "X-Next", "canary-by-header-pattern": "^v[0-9]+" },
      "canary: converted → rules of the route of the other Ingress",
      "canary-by-header: converted → rules that match the header",
      "canary-by-header-pattern: mapped → a header match of type RegularExpression",
    ],
    [
      { canary: "true", "canary-by-header": "X-Next", "canary-by-header-pattern": "(?=v)" },
      "canary: converted → rules of the route of the other Ingress",
      "canary-by-header: converted → rules that match the header",
      "canary-by-header-pattern: refused (Envoy takes regular expressions of RE2 only) way out: write it without lookaround and backreferences",
    ],
    [
      { canary: "true", "canary-by-cookie": "next" },
      "canary: converted → rules of the route of the other Ingress",
      "canary-by-cookie: mapped → rules that match the Cookie header",
    ],
  ],
  backends: [
    [{ "backend-protocol": "HTTP" }, "backend-protocol: converted → what HTTPRoute does"],
    [
      { "backend-protocol": "https" },
      "backend-protocol: mapped → DestinationRule tls SIMPLE with insecureSkipVerify, since NGINX does not verify either",
    ],
    [
      { "backend-protocol": "GRPC" },
      "backend-protocol: mapped → DestinationRule connectionPool.http.h2UpgradePolicy UPGRADE",
    ],
    [
      { "backend-protocol": "GRPCS" },
      "backend-protocol: mapped → DestinationRule tls SIMPLE with insecureSkipVerify, since NGINX does not verify either",
    ],
    [
      { "backend-protocol": "AUTO_HTTP" },
      'backend-protocol: refused (a gateway speaks one protocol to a backend, whatever its client speaks) way out: backend-protocol: "HTTP" or "HTTPS"',
    ],
    [
      { "backend-protocol": "FCGI" },
      "backend-protocol: refused (Envoy speaks no FastCGI) way out: a web server in the pod, such as Caddy or NGINX, and its port as backend",
    ],
    [
      { "backend-protocol": "SPDY" },
      "backend-protocol: converted (NGINX does not know this protocol, and speaks HTTP)",
    ],
    [
      { "proxy-ssl-secret": "shop/ca" },
      "proxy-ssl-secret: refused (the Secret is not in the input, and may have a certificate that NGINX shows to the backend) way out: -f with Secret shop/ca",
    ],
    [
      { "proxy-ssl-secret": "ca" },
      'proxy-ssl-secret: refused (NGINX wants namespace/name, and answers 503) way out: proxy-ssl-secret: "shop/ca"',
    ],
    [
      { "proxy-ssl-secret": "other/ca" },
      "proxy-ssl-secret: refused (NGINX takes Secrets of the Ingress's own namespace only, and answers 503) way out: a Secret of shop",
    ],
    [
      { "proxy-ssl-secret": "shop/ca", "proxy-ssl-verify": "on" },
      'proxy-ssl-secret: refused (without proxy-ssl-name NGINX verifies a name that no certificate has, and answers 502) way out: proxy-ssl-name: "backend.example.com"',
      "proxy-ssl-verify: mapped → BackendTLSPolicy",
    ],
    [
      { "proxy-ssl-secret": "shop/ca", "proxy-ssl-verify": "on", "proxy-ssl-name": "web.shop.svc" },
      "proxy-ssl-name: mapped → validation.hostname of the BackendTLSPolicy",
      "proxy-ssl-secret: mapped → BackendTLSPolicy with ConfigMap ca-ca (the ConfigMap needs the Secret's ca.crt: kubectl create configmap ca-ca --from-literal=ca.crt=\"$(kubectl get secret ca -o jsonpath='{.data.ca\\.crt}' | base64 -d)\")",
      "proxy-ssl-verify: mapped → BackendTLSPolicy",
    ],
    [
      { "proxy-ssl-secret": "shop/ca", "proxy-ssl-verify": "on", "proxy-ssl-name": "~web" },
      "proxy-ssl-name: mapped → validation.hostname of the BackendTLSPolicy",
      'proxy-ssl-secret: refused (a BackendTLSPolicy takes a host name) way out: proxy-ssl-name: "backend.example.com"',
      "proxy-ssl-verify: mapped → BackendTLSPolicy",
    ],
    [{ "proxy-ssl-verify": "on" }, "proxy-ssl-verify: converted (without proxy-ssl-secret NGINX does not look at it)"],
    [
      { "proxy-ssl-secret": "shop/ca", "proxy-ssl-verify": "off" },
      "proxy-ssl-secret: refused (the Secret is not in the input, and may have a certificate that NGINX shows to the backend) way out: -f with Secret shop/ca",
      "proxy-ssl-verify: converted (it says what is the default)",
    ],
    [
      {
        "proxy-ssl-secret": "shop/ca",
        "proxy-ssl-verify-depth": "2",
        "proxy-ssl-ciphers": "DEFAULT",
        "proxy-ssl-protocols": "TLSv1.2",
        "proxy-ssl-server-name": "on",
      },
      "proxy-ssl-ciphers: changed (Envoy's own ciphers are used towards the backend)",
      "proxy-ssl-protocols: changed (TLS 1.2 and 1.3 are used towards the backend)",
      "proxy-ssl-secret: refused (the Secret is not in the input, and may have a certificate that NGINX shows to the backend) way out: -f with Secret shop/ca",
      "proxy-ssl-server-name: mapped → what a BackendTLSPolicy does",
      "proxy-ssl-verify-depth: converted (without proxy-ssl-verify NGINX does not look at it)",
    ],
    [
      { "proxy-ssl-secret": "shop/ca", "proxy-ssl-server-name": "off" },
      "proxy-ssl-secret: refused (the Secret is not in the input, and may have a certificate that NGINX shows to the backend) way out: -f with Secret shop/ca",
      "proxy-ssl-server-name: changed (the name is sent as SNI too)",
    ],
    [{ "upstream-vhost": "backend.example.com" }, "upstream-vhost: converted → URLRewrite hostname"],
    [{ "upstream-vhost": "$host" }, "upstream-vhost: converted (it says what is the default)"],
    [
      { "upstream-vhost": "backend:8080" },
      'upstream-vhost: refused (URLRewrite takes a host name in lower case, without port and variables) way out: upstream-vhost: "backend.example.com"',
    ],
    [{ "connection-proxy-header": "keep-alive" }, "connection-proxy-header: mapped → what Envoy does"],
    [
      { "connection-proxy-header": "close" },
      "connection-proxy-header: refused (Envoy writes the Connection header itself) way out: take the annotation away",
    ],
    [
      { "proxy-http-version": "1.0" },
      "proxy-http-version: refused (Envoy speaks HTTP/1.1 and HTTP/2 to backends) way out: a backend that takes HTTP/1.1",
    ],
    [{ "proxy-http-version": "1.1" }, "proxy-http-version: converted → what Envoy does"],
    [
      { "http2-push-preload": "true" },
      "http2-push-preload: mapped → the Link header as it is: no browser takes pushes any more",
    ],
    [
      { "default-backend": "errors" },
      "default-backend: refused (a gateway answers 503 where a Service has no pods) way out: more than one pod for the Service, and a PodDisruptionBudget",
    ],
    [
      { "custom-http-errors": "404,503" },
      "custom-http-errors: refused (a gateway passes the backend's errors on) way out: error pages in the application",
    ],
    [{ "disable-proxy-intercept-errors": "true" }, "disable-proxy-intercept-errors: converted → what Envoy does"],
    [
      { "fastcgi-index": "index.php" },
      "fastcgi-index: refused (Envoy speaks no FastCGI) way out: a web server in the pod",
    ],
    [
      { "fastcgi-params-configmap": "params" },
      "fastcgi-params-configmap: refused (Envoy speaks no FastCGI) way out: a web server in the pod",
    ],
  ],
  "timeouts and retries": [
    [
      { "proxy-connect-timeout": "10" },
      "proxy-connect-timeout: mapped → DestinationRule connectionPool.tcp.connectTimeout",
    ],
    [
      { "proxy-connect-timeout": "10s" },
      "proxy-connect-timeout: converted (it is no whole number, and NGINX takes its default, 5)",
    ],
    [
      { "proxy-connect-timeout": "0" },
      'proxy-connect-timeout: refused (a DestinationRule takes 1 ms and more) way out: proxy-connect-timeout: "5"',
    ],
    [
      { "proxy-read-timeout": "3600" },
      "proxy-read-timeout: changed (there is no limit between two reads from the backend: what NGINX lets pass does pass, what it ends with 504 goes on)",
    ],
    [
      { "proxy-read-timeout": "5" },
      'proxy-read-timeout: refused (a gateway limits whole requests, and not the time between two reads from the backend) way out: timeouts.request: "5s" in the HTTPRoute, where no request may take longer as a whole',
    ],
    [
      { "proxy-read-timeout": "1m" },
      "proxy-read-timeout: converted (it is no whole number, and NGINX takes its default, 60)",
    ],
    [
      { "proxy-send-timeout": "120" },
      "proxy-send-timeout: changed (there is no limit between two writes to the backend: what NGINX lets pass does pass, what it ends with 504 goes on)",
    ],
    [
      { "proxy-send-timeout": "3" },
      'proxy-send-timeout: refused (a gateway limits whole requests, and not the time between two writes to the backend) way out: timeouts.request: "3s" in the HTTPRoute, where no request may take longer as a whole',
    ],
    [
      { "proxy-next-upstream": "error timeout" },
      "proxy-next-upstream: mapped → the gateway's own retries: 2 more when it could not connect or was refused",
    ],
    [
      { "proxy-next-upstream": "off" },
      "proxy-next-upstream: refused (the gateway tries a request again when it could not connect, which HTTPRoute cannot turn off) way out: a TrafficPolicy of this package with retries, on a waypoint",
    ],
    [
      { "proxy-next-upstream": "error http_502" },
      "proxy-next-upstream: refused (the gateway does not try again on http_502) way out: a TrafficPolicy of this package with retries, on a waypoint",
    ],
    [{ "proxy-next-upstream-tries": "3" }, "proxy-next-upstream-tries: converted → the gateway's own retries"],
    [
      { "proxy-next-upstream-tries": "1" },
      "proxy-next-upstream-tries: refused (the gateway tries three times, which HTTPRoute cannot change) way out: a TrafficPolicy of this package with retries, on a waypoint",
    ],
    [{ "proxy-next-upstream-timeout": "0" }, "proxy-next-upstream-timeout: converted (it says what is the default)"],
    [
      { "proxy-next-upstream-timeout": "10" },
      "proxy-next-upstream-timeout: refused (the gateway's retries have no time limit of their own) way out: timeouts.request in the HTTPRoute",
    ],
  ],
  "sessions and load balancing": [
    [
      { affinity: "cookie" },
      "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions land on another pod once, since the hash is Envoy's)",
    ],
    [{ affinity: "ip" }, "affinity: converted (NGINX knows the affinity cookie only, and ignores this one)"],
    [
      { affinity: "cookie", "affinity-mode": "persistent" },
      "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions land on another pod once, since the hash is Envoy's)",
      "affinity-mode: changed (some sessions move when pods come and go, as with `balanced`)",
    ],
    [
      { affinity: "cookie", "affinity-mode": "balanced" },
      "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions land on another pod once, since the hash is Envoy's)",
      "affinity-mode: mapped → what a consistent hash does",
    ],
    [{ "affinity-mode": "balanced" }, "affinity-mode: converted (without affinity NGINX does not look at it)"],
    [
      { affinity: "cookie", "affinity-canary-behavior": "legacy" },
      "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions land on another pod once, since the hash is Envoy's)",
      "affinity-canary-behavior: converted → weights without sessions",
    ],
    [
      { affinity: "cookie", "affinity-canary-behavior": "sticky" },
      "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions land on another pod once, since the hash is Envoy's)",
      "affinity-canary-behavior: changed (the weights of a canary count for every request, so a client may change between versions)",
    ],
    [
      {
        affinity: "cookie",
        "session-cookie-name": "route",
        "session-cookie-path": "/",
        "session-cookie-domain": "example.com",
        "session-cookie-samesite": "Lax",
        "session-cookie-secure": "true",
        "session-cookie-max-age": "3600",
        "session-cookie-expires": "3600",
      },
      "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions land on another pod once, since the hash is Envoy's)",
      "session-cookie-domain: mapped → DestinationRule httpCookie.attributes",
      "session-cookie-expires: mapped → DestinationRule httpCookie.ttl",
      "session-cookie-max-age: mapped → DestinationRule httpCookie.ttl",
      "session-cookie-name: mapped → DestinationRule httpCookie.name",
      "session-cookie-path: mapped → DestinationRule httpCookie.path",
      "session-cookie-samesite: mapped → DestinationRule httpCookie.attributes",
      "session-cookie-secure: mapped → DestinationRule httpCookie.attributes",
    ],
    [
      { affinity: "cookie", "session-cookie-conditional-samesite-none": "true" },
      "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions land on another pod once, since the hash is Envoy's)",
      "session-cookie-conditional-samesite-none: changed (SameSite is the same for every browser)",
    ],
    [
      { affinity: "cookie", "session-cookie-change-on-failure": "true" },
      "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions land on another pod once, since the hash is Envoy's)",
      "session-cookie-change-on-failure: mapped → what a consistent hash does: a pod that is gone is replaced by the next one",
    ],
    [
      { affinity: "cookie", "session-cookie-change-on-failure": "false" },
      "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions land on another pod once, since the hash is Envoy's)",
      "session-cookie-change-on-failure: changed (a client whose pod is gone goes to another one; NGINX tries the same one again)",
    ],
    [{ "session-cookie-name": "route" }, "session-cookie-name: converted (without affinity NGINX does not look at it)"],
    [
      { "upstream-hash-by": "$binary_remote_addr" },
      "upstream-hash-by: mapped → DestinationRule loadBalancer.consistentHash.useSourceIp (sessions land on another pod once, since the hash is Envoy's)",
    ],
    [
      { "upstream-hash-by": "$http_x_session" },
      "upstream-hash-by: mapped → DestinationRule loadBalancer.consistentHash.httpHeaderName (sessions land on another pod once, since the hash is Envoy's)",
    ],
    [
      { "upstream-hash-by": "$cookie_id" },
      "upstream-hash-by: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions land on another pod once, since the hash is Envoy's)",
    ],
    [
      { "upstream-hash-by": "$arg_id" },
      "upstream-hash-by: mapped → DestinationRule loadBalancer.consistentHash.httpQueryParameterName (sessions land on another pod once, since the hash is Envoy's)",
    ],
    [
      { "upstream-hash-by": "$host" },
      "upstream-hash-by: mapped → DestinationRule loadBalancer.consistentHash.httpHeaderName (sessions land on another pod once, since the hash is Envoy's)",
    ],
    [
      { "upstream-hash-by": "$request_uri" },
      "upstream-hash-by: mapped → DestinationRule loadBalancer.consistentHash.httpHeaderName (sessions land on another pod once, since the hash is Envoy's)",
    ],
    [
      { "upstream-hash-by": "$request_uri$host" },
      'upstream-hash-by: refused (a DestinationRule hashes by one header, cookie, query parameter or the client\'s address) way out: one variable, such as upstream-hash-by: "$http_x_session"',
    ],
    [
      { "upstream-hash-by": "$request_uri", "upstream-hash-by-subset": "true", "upstream-hash-by-subset-size": "3" },
      "upstream-hash-by: mapped → DestinationRule loadBalancer.consistentHash.httpHeaderName (sessions land on another pod once, since the hash is Envoy's)",
      "upstream-hash-by-subset: changed (the hash names one pod, not one of a group)",
      "upstream-hash-by-subset-size: changed (the hash names one pod, not one of a group)",
    ],
    [
      { "upstream-hash-by-subset": "true" },
      "upstream-hash-by-subset: converted (without upstream-hash-by NGINX does not look at it)",
    ],
    [
      { affinity: "cookie", "upstream-hash-by": "$host" },
      "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions land on another pod once, since the hash is Envoy's)",
      "upstream-hash-by: converted (NGINX takes the cookie)",
    ],
    [{ "load-balance": "round_robin" }, "load-balance: mapped → DestinationRule loadBalancer.simple ROUND_ROBIN"],
    [
      { "load-balance": "ewma" },
      "load-balance: changed → DestinationRule loadBalancer.simple LEAST_REQUEST (the pod with fewest open requests is picked, not the one with the lowest latency)",
    ],
    [
      { "load-balance": "ewma", "upstream-hash-by": "$host" },
      "load-balance: converted (NGINX takes the hash)",
      "upstream-hash-by: mapped → DestinationRule loadBalancer.consistentHash.httpHeaderName (sessions land on another pod once, since the hash is Envoy's)",
    ],
    [{ "service-upstream": "true" }, "service-upstream: mapped → what the gateway does: it follows the pods by itself"],
    [{ "service-upstream": "false" }, "service-upstream: converted (it says what is the default)"],
  ],
  CORS: [
    [
      { "enable-cors": "true" },
      "enable-cors: changed → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
    ],
    [{ "enable-cors": "false" }, "enable-cors: converted (it says what is the default)"],
    [{ "enable-cors": "on" }, "enable-cors: converted (it is no boolean, and NGINX takes its default, false)"],
    [
      { "cors-allow-origin": "https://a.example.com" },
      "cors-allow-origin: converted (without enable-cors NGINX does not look at it)",
    ],
    [
      { "enable-cors": "true", "cors-allow-origin": "*" },
      "cors-allow-origin: converted → allowOrigins",
      "enable-cors: changed → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
    ],
    [
      { "enable-cors": "true", "cors-allow-origin": "https://a.example.com, https://b.example.com:8443" },
      "cors-allow-origin: converted → allowOrigins",
      "enable-cors: changed → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
    ],
    [
      { "enable-cors": "true", "cors-allow-origin": "https://*.example.com" },
      "cors-allow-origin: changed → allowOrigins (a `*` stands for any number of labels; NGINX takes one)",
      "enable-cors: changed → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
    ],
    [
      { "enable-cors": "true", "cors-allow-origin": "myapp://example.com" },
      "cors-allow-origin: refused (HTTPRoute takes origins of http and https only, not myapp://example.com) way out: leave these origins out, or let the backend answer for them",
      "enable-cors: changed → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
    ],
    [
      { "enable-cors": "true", "cors-allow-methods": "GET, post" },
      "cors-allow-methods: converted → allowMethods",
      "enable-cors: changed → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
    ],
    [
      { "enable-cors": "true", "cors-allow-methods": "GET, PURGE" },
      "cors-allow-methods: refused (HTTPRoute takes GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH only, not PURGE) way out: leave these methods out",
      "enable-cors: changed → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
    ],
    [
      { "enable-cors": "true", "cors-allow-methods": "G-ET" },
      "cors-allow-methods: converted (it is no list of methods, and NGINX takes its default)",
      "enable-cors: changed → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
    ],
    [
      { "enable-cors": "true", "cors-allow-headers": "X-One, X-Two" },
      "cors-allow-headers: converted → allowHeaders",
      "enable-cors: changed → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
    ],
    [
      { "enable-cors": "true", "cors-allow-headers": "X:One" },
      "cors-allow-headers: converted (it is no list of headers, and NGINX takes its default)",
      "enable-cors: changed → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
    ],
    [
      { "enable-cors": "true", "cors-expose-headers": "X-One, *" },
      "cors-expose-headers: converted → exposeHeaders",
      "enable-cors: changed → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
    ],
    [
      { "enable-cors": "true", "cors-expose-headers": "X:One" },
      "cors-expose-headers: converted (it is no list of headers, and NGINX sends none)",
      "enable-cors: changed → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
    ],
    [
      { "enable-cors": "true", "cors-allow-credentials": "false" },
      "cors-allow-credentials: converted → allowCredentials",
      "enable-cors: changed → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
    ],
    [
      { "enable-cors": "true", "cors-max-age": "600" },
      "cors-max-age: mapped → maxAge",
      "enable-cors: changed → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
    ],
    [
      { "enable-cors": "true", "cors-max-age": "0" },
      'cors-max-age: refused (HTTPRoute takes 1 second and more) way out: cors-max-age: "1"',
      "enable-cors: changed → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
    ],
    [
      { "enable-cors": "true", "cors-max-age": "1h" },
      "cors-max-age: converted (it is no whole number, and NGINX takes its default, 1728000)",
      "enable-cors: changed → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
    ],
  ],
  access: [
    [
      { "whitelist-source-range": "10.0.0.0/8, 192.168.1.1" },
      "whitelist-source-range: mapped → AuthorizationPolicy DENY with notRemoteIpBlocks, on the Gateway (the gateway has to see the client's own address: externalTrafficPolicy Local on its Service, or meshConfig.defaultConfig.gatewayTopology.numTrustedProxies)",
    ],
    [
      { "allowlist-source-range": "2001:db8::/32" },
      "allowlist-source-range: mapped → AuthorizationPolicy DENY with notRemoteIpBlocks, on the Gateway (the gateway has to see the client's own address: externalTrafficPolicy Local on its Service, or meshConfig.defaultConfig.gatewayTopology.numTrustedProxies)",
    ],
    [
      { "whitelist-source-range": "10.0.0.0/8", "allowlist-source-range": "10.1.0.0/16" },
      "allowlist-source-range: mapped → AuthorizationPolicy DENY with notRemoteIpBlocks, on the Gateway (the gateway has to see the client's own address: externalTrafficPolicy Local on its Service, or meshConfig.defaultConfig.gatewayTopology.numTrustedProxies)",
      "whitelist-source-range: converted (NGINX takes allowlist-source-range)",
    ],
    [
      { "whitelist-source-range": "office" },
      "whitelist-source-range: refused (office is no address and no range, and NGINX answers 503) way out: ranges such as 10.0.0.0/8, with commas between them",
    ],
    [
      { "denylist-source-range": "10.0.0.0/33" },
      "denylist-source-range: refused (10.0.0.0/33 is no address and no range, and NGINX answers 503) way out: ranges such as 10.0.0.0/8, with commas between them",
    ],
    [
      { "denylist-source-range": "10.0.0.0/8" },
      "denylist-source-range: mapped → AuthorizationPolicy DENY with remoteIpBlocks, on the Gateway (the gateway has to see the client's own address: externalTrafficPolicy Local on its Service, or meshConfig.defaultConfig.gatewayTopology.numTrustedProxies)",
    ],
    [
      { "auth-type": "basic", "auth-secret": "users", "auth-secret-type": "auth-file", "auth-realm": "Shop" },
      "auth-realm: refused (it belongs to auth-type, which is refused) way out: see auth-type",
      "auth-secret: refused (it belongs to auth-type, which is refused) way out: see auth-type",
      "auth-secret-type: refused (it belongs to auth-type, which is refused) way out: see auth-type",
      "auth-type: refused (Istio has no passwords) way out: oauth2-proxy as extension provider, or a RequestAuthentication with JWTs",
    ],
    [{ "auth-secret": "users" }, "auth-secret: converted (without auth-type NGINX does not look at it)"],
    [
      {
        "auth-url": "https://auth.example.com/check",
        "auth-signin": "https://auth.example.com/start",
        "auth-signin-redirect-param": "rd",
        "auth-method": "GET",
        "auth-response-headers": "X-User",
        "auth-request-redirect": "https://x",
        "auth-always-set-cookie": "true",
        "auth-cache-key": "$cookie_x",
        "auth-cache-duration": "200 10m",
        "auth-keepalive": "8",
        "auth-keepalive-requests": "100",
        "auth-keepalive-timeout": "60",
        "auth-keepalive-share-vars": "true",
        "auth-proxy-set-headers": "shop/headers",
        "auth-snippet": "proxy_set_header A b;",
      },
      "auth-always-set-cookie: refused (it belongs to auth-url, which is refused) way out: see auth-url",
      "auth-cache-duration: refused (it belongs to auth-url, which is refused) way out: see auth-url",
      "auth-cache-key: refused (it belongs to auth-url, which is refused) way out: see auth-url",
      "auth-keepalive: refused (it belongs to auth-url, which is refused) way out: see auth-url",
      "auth-keepalive-requests: refused (it belongs to auth-url, which is refused) way out: see auth-url",
      "auth-keepalive-share-vars: refused (it belongs to auth-url, which is refused) way out: see auth-url",
      "auth-keepalive-timeout: refused (it belongs to auth-url, which is refused) way out: see auth-url",
      "auth-method: refused (it belongs to auth-url, which is refused) way out: see auth-url",
      "auth-proxy-set-headers: refused (it belongs to auth-url, which is refused) way out: see auth-url",
      "auth-request-redirect: refused (it belongs to auth-url, which is refused) way out: see auth-url",
      "auth-response-headers: refused (it belongs to auth-url, which is refused) way out: see auth-url",
      "auth-signin: refused (it belongs to auth-url, which is refused) way out: see auth-url",
      "auth-signin-redirect-param: refused (it belongs to auth-url, which is refused) way out: see auth-url",
      "auth-snippet: refused (it belongs to auth-url, which is refused) way out: see auth-url",
      "auth-url: refused (it takes a provider in the mesh's configuration, which is not the Ingress's to write) way out: an AuthorizationPolicy of action CUSTOM on the Gateway and an envoyExtAuthzHttp provider in meshConfig.extensionProviders, which calls the service for every request",
    ],
    [
      { "enable-global-auth": "false" },
      "enable-global-auth: mapped → what the gateway does: it has no authentication for all routes",
    ],
    [
      { "enable-global-auth": "true" },
      "enable-global-auth: changed (NGINX's global-auth-url, if its ConfigMap has one, does not reach the gateway)",
    ],
    [
      {
        "auth-tls-secret": "shop/ca",
        "auth-tls-verify-client": "on",
        "auth-tls-verify-depth": "1",
        "auth-tls-error-page": "https://x",
        "auth-tls-pass-certificate-to-upstream": "true",
        "auth-tls-match-cn": "CN=me",
      },
      "auth-tls-error-page: refused (it belongs to auth-tls-secret, which is refused) way out: see auth-tls-secret",
      "auth-tls-match-cn: refused (it belongs to auth-tls-secret, which is refused) way out: see auth-tls-secret",
      "auth-tls-pass-certificate-to-upstream: refused (it belongs to auth-tls-secret, which is refused) way out: see auth-tls-secret",
      "auth-tls-secret: refused (a listener has no CA of its own) way out: spec.tls.frontend of the Gateway, which holds for a whole port, or a Gateway of its own for the host",
      "auth-tls-verify-client: refused (it belongs to auth-tls-secret, which is refused) way out: see auth-tls-secret",
      "auth-tls-verify-depth: refused (it belongs to auth-tls-secret, which is refused) way out: see auth-tls-secret",
    ],
    [
      { satisfy: "any" },
      "satisfy: refused (an AuthorizationPolicy cannot be satisfied by a password instead) way out: oauth2-proxy as extension provider, or a RequestAuthentication with JWTs",
    ],
    [{ satisfy: "all" }, "satisfy: converted (it says what is the default)"],
    [{ satisfy: "some" }, "satisfy: converted (NGINX does not know this word, and takes all)"],
  ],
  "limits and buffers": [
    [
      { "limit-connections": "5" },
      "limit-connections: refused (neither Gateway API nor Istio's API has rate limits) way out: an EnvoyFilter with envoy.filters.http.local_ratelimit on the Gateway, or a rate limit service",
    ],
    [{ "limit-connections": "0" }, "limit-connections: converted (it is no limit)"],
    [
      { "limit-rps": "10", "limit-burst-multiplier": "2", "limit-whitelist": "10.0.0.0/8" },
      "limit-burst-multiplier: refused (it belongs to limit-rps and limit-rpm, which are refused) way out: see limit-rps",
      "limit-rps: refused (neither Gateway API nor Istio's API has rate limits) way out: an EnvoyFilter with envoy.filters.http.local_ratelimit on the Gateway, or a rate limit service",
      "limit-whitelist: refused (it belongs to the limits, which are refused) way out: see limit-rps",
    ],
    [
      { "limit-rpm": "10", "limit-allowlist": "10.0.0.0/8" },
      "limit-allowlist: refused (it belongs to the limits, which are refused) way out: see limit-rps",
      "limit-rpm: refused (neither Gateway API nor Istio's API has rate limits) way out: an EnvoyFilter with envoy.filters.http.local_ratelimit on the Gateway, or a rate limit service",
    ],
    [
      { "limit-burst-multiplier": "2" },
      "limit-burst-multiplier: converted (without limit-rps or limit-rpm NGINX does not look at it)",
    ],
    [{ "limit-whitelist": "10.0.0.0/8" }, "limit-whitelist: converted (without a limit NGINX does not look at it)"],
    [
      { "limit-rate": "100" },
      "limit-rate: refused (neither Gateway API nor Istio's API has rate limits) way out: an EnvoyFilter with envoy.filters.http.local_ratelimit on the Gateway, or a rate limit service",
    ],
    [
      { "limit-rate-after": "100" },
      "limit-rate-after: refused (neither Gateway API nor Istio's API has rate limits) way out: an EnvoyFilter with envoy.filters.http.local_ratelimit on the Gateway, or a rate limit service",
    ],
    [{ "proxy-body-size": "0" }, "proxy-body-size: mapped → bodies of any size, which the gateway streams"],
    [
      { "proxy-body-size": "50m" },
      "proxy-body-size: changed → bodies of any size, which the gateway streams (a body of more than 50m passes too; NGINX answers 413)",
    ],
    [
      { "proxy-body-size": "1m" },
      "proxy-body-size: changed → bodies of any size, which the gateway streams (a body of more than 1m passes too; NGINX answers 413)",
    ],
    [
      { "proxy-body-size": "8k" },
      "proxy-body-size: refused (a gateway takes bodies of any size, and a limit below the default of 1m is there to protect something) way out: an EnvoyFilter with envoy.filters.http.buffer and max_request_bytes on the Gateway, or a limit in the application",
    ],
    [{ "proxy-body-size": "big" }, "proxy-body-size: converted (it is no size, and NGINX takes its default, 1m)"],
    [{ "client-body-buffer-size": "1m" }, "client-body-buffer-size: mapped → Envoy streams bodies in both directions"],
    [{ "proxy-buffering": "on" }, "proxy-buffering: mapped → Envoy streams bodies in both directions"],
    [{ "proxy-buffers-number": "4" }, "proxy-buffers-number: mapped → Envoy streams bodies in both directions"],
    [{ "proxy-buffer-size": "16k" }, "proxy-buffer-size: mapped → Envoy takes headers of up to 60 KiB"],
    [{ "proxy-busy-buffers-size": "32k" }, "proxy-busy-buffers-size: mapped → Envoy streams bodies in both directions"],
    [
      { "proxy-max-temp-file-size": "1024m" },
      "proxy-max-temp-file-size: mapped → Envoy streams bodies in both directions",
    ],
    [{ "proxy-request-buffering": "off" }, "proxy-request-buffering: mapped → Envoy streams bodies in both directions"],
    [
      { "proxy-request-buffering": "on" },
      "proxy-request-buffering: changed (the backend gets the body while the client sends it, so a slow client keeps it busy)",
    ],
  ],
  "headers, copies, logs and filters": [
    [
      { "custom-headers": "shop/headers" },
      "custom-headers: refused (the ConfigMap is not in the input) way out: -f with ConfigMap shop/headers, or --namespace to read it from a cluster",
    ],
    [
      { "configuration-snippet": 'more_set_headers "X-Frame-Options: DENY";\nproxy_set_header X-Tenant shop;\n' },
      "configuration-snippet: converted → RequestHeaderModifier and ResponseHeaderModifier",
    ],
    [
      { "configuration-snippet": "add_header X-A b;" },
      "configuration-snippet: changed → RequestHeaderModifier and ResponseHeaderModifier (add_header without always leaves errors out; the route adds the header to every answer)",
    ],
    [
      { "configuration-snippet": "add_header X-A b always;" },
      "configuration-snippet: converted → RequestHeaderModifier and ResponseHeaderModifier",
    ],
    [
      { "configuration-snippet": 'proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection "upgrade";' },
      "configuration-snippet: mapped → what Envoy does",
    ],
    [
      { "configuration-snippet": "proxy_hide_header Server;\nmore_clear_headers X-Powered-By;" },
      "configuration-snippet: converted → RequestHeaderModifier and ResponseHeaderModifier",
    ],
    [
      { "configuration-snippet": 'more_set_headers "X-Id: $req_id";' },
      'configuration-snippet: refused (a route knows no variables, as in `more_set_headers "X-Id: $req_id"`) way out: each line as a filter of the HTTPRoute',
    ],
    [
      { "configuration-snippet": "if ($host = x) { return 403; }" },
      "configuration-snippet: refused (Envoy does not read NGINX's configuration) way out: each line as a filter of the HTTPRoute",
    ],
    [
      { "configuration-snippet": "rewrite ^/a /b break;" },
      "configuration-snippet: refused (a route cannot do what `rewrite ^/a /b break` says) way out: each line as a filter of the HTTPRoute",
    ],
    [
      { "server-snippet": "return 403;" },
      "server-snippet: refused (Envoy does not read NGINX's configuration) way out: what it does as filters of the HTTPRoute",
    ],
    [
      { "stream-snippet": "server { }" },
      "stream-snippet: refused (Envoy does not read NGINX's configuration) way out: a TCPRoute on a listener of its own",
    ],
    [
      { "mirror-target": "http://copy.shop.svc.cluster.local:8080$request_uri" },
      "mirror-target: changed → RequestMirror (the copy has -shadow after its host)",
    ],
    [
      { "mirror-target": "http://copy.other.svc$request_uri", "mirror-host": "copy", "mirror-request-body": "on" },
      "mirror-host: changed (the copy has the request's own host with -shadow after it)",
      "mirror-request-body: converted (it says what is the default)",
      "mirror-target: changed → RequestMirror (the copy has -shadow after its host)",
    ],
    [
      { "mirror-target": "https://copy.example.com$request_uri" },
      "mirror-target: refused (a RequestMirror takes a Service of the cluster and keeps the request's path) way out: http://service.namespace.svc:80$request_uri, or a Service for the other one",
    ],
    [
      { "mirror-target": "http://copy.shop$request_uri", "mirror-request-body": "off" },
      'mirror-request-body: refused (a RequestMirror copies the body too) way out: mirror-request-body: "on"',
      'mirror-target: refused (a RequestMirror copies the body too) way out: mirror-request-body: "on"',
    ],
    [{ "mirror-host": "copy" }, "mirror-host: converted (without mirror-target NGINX does not look at it)"],
    [{ "proxy-cookie-domain": "off" }, "proxy-cookie-domain: converted (it says what is the default)"],
    [
      { "proxy-cookie-domain": "a.com b.com" },
      "proxy-cookie-domain: refused (no filter changes a part of a header) way out: the domain in the application's own configuration",
    ],
    [{ "proxy-cookie-path": "off" }, "proxy-cookie-path: converted (it says what is the default)"],
    [
      { "proxy-cookie-path": "/a /b" },
      "proxy-cookie-path: refused (no filter changes a part of a header) way out: the path in the application's own configuration",
    ],
    [{ "proxy-redirect-from": "off" }, "proxy-redirect-from: converted (it says what is the default)"],
    [
      { "proxy-redirect-from": "http://a/" },
      "proxy-redirect-from: converted (without proxy-redirect-to NGINX does not look at it)",
    ],
    [
      { "proxy-redirect-from": "http://a/", "proxy-redirect-to": "http://b/" },
      "proxy-redirect-from: refused (no filter changes a part of a header) way out: the public URL in the application's own configuration",
      "proxy-redirect-to: refused (no filter changes a part of a header) way out: the public URL in the application's own configuration",
    ],
    [
      { "proxy-redirect-to": "http://b/" },
      "proxy-redirect-to: converted (without proxy-redirect-from NGINX does not look at it)",
    ],
    [
      { "enable-access-log": "false" },
      "enable-access-log: changed (requests are logged where the mesh logs them; a Telemetry resource for the Gateway can leave the host out)",
    ],
    [{ "enable-access-log": "true" }, "enable-access-log: converted (it says what is the default)"],
    [
      {
        "enable-opentelemetry": "true",
        "opentelemetry-trust-incoming-span": "false",
        "opentelemetry-operation-name": "x",
      },
      "enable-opentelemetry: changed (requests are traced as the mesh's Telemetry says)",
      "opentelemetry-operation-name: changed (spans have Envoy's own names)",
      "opentelemetry-trust-incoming-span: changed (Envoy goes on with the client's trace)",
    ],
    [
      { "enable-opentelemetry": "false", "opentelemetry-trust-incoming-span": "true" },
      "enable-opentelemetry: mapped → what the gateway does unless a Telemetry resource says otherwise",
      "opentelemetry-trust-incoming-span: mapped → what Envoy does",
    ],
    [
      {
        "enable-modsecurity": "true",
        "enable-owasp-core-rules": "true",
        "modsecurity-transaction-id": "$req_id",
        "modsecurity-snippet": "SecRuleEngine On",
      },
      "enable-modsecurity: refused (Istio has no web application firewall) way out: a WasmPlugin such as Coraza on the Gateway",
      "enable-owasp-core-rules: refused (it belongs to enable-modsecurity, which is refused) way out: see enable-modsecurity",
      "modsecurity-snippet: refused (it belongs to enable-modsecurity, which is refused) way out: see enable-modsecurity",
      "modsecurity-transaction-id: refused (it belongs to enable-modsecurity, which is refused) way out: see enable-modsecurity",
    ],
    [
      { "enable-modsecurity": "false", "enable-owasp-core-rules": "true" },
      "enable-modsecurity: converted (it says what is the default)",
      "enable-owasp-core-rules: converted (the firewall is off)",
    ],
  ],
  others: [
    [
      { "no-such": "x" },
      "no-such: refused (ingress-nginx has no such annotation in its last release) way out: take it away, or --accept it",
    ],
    [
      { "nginx.org/rewrites": "x" },
      "nginx.org/rewrites: refused (it is for F5 NGINX Ingress Controller, and ingress-nginx does not read it) way out: take it away, or --accept it",
    ],
    [
      { "traefik.ingress.kubernetes.io/router.entrypoints": "web" },
      "traefik.ingress.kubernetes.io/router.entrypoints: refused (it is for Traefik, and ingress-nginx does not read it) way out: take it away, or --accept it",
    ],
    [
      { "haproxy.org/timeout-server": "5s" },
      "haproxy.org/timeout-server: refused (it is for HAProxy Technologies' controller, and ingress-nginx does not read it) way out: take it away, or --accept it",
    ],
    [
      { "alb.ingress.kubernetes.io/scheme": "internal" },
      "alb.ingress.kubernetes.io/scheme: refused (it is for the AWS Load Balancer Controller, and ingress-nginx does not read it) way out: take it away, or --accept it",
    ],
    [
      { "kubernetes.io/ingress.global-static-ip-name": "x" },
      "kubernetes.io/ingress.global-static-ip-name: refused (it is for GKE Ingress, and ingress-nginx does not read it) way out: take it away, or --accept it",
    ],
    [
      { "external-dns.alpha.kubernetes.io/ttl": "60" },
      "external-dns.alpha.kubernetes.io/ttl: mapped → the same annotation on the HTTPRoute (external-dns needs --source=gateway-httproute, and takes a target from the Gateway)",
    ],
    [
      { "cert-manager.io/cluster-issuer": "letsencrypt" },
      "cert-manager.io/cluster-issuer: changed (cert-manager renews the certificate as long as the Ingress is there: write a Certificate of the Secret's name before you delete it)",
    ],
    [{ "kubernetes.io/ingress.class": "nginx" }, "kubernetes.io/ingress.class: converted → the Gateway's class"],
    [{ "example.com/team": "shop" }, "example.com/team: converted (ingress-nginx does not read it)"],
    [{ "ssl-redirect": "" }, "ssl-redirect: converted (NGINX does not look at an empty value)"],
  ],
};

describe("annotations of ingress-nginx", () => {
  for (const [family, cases] of Object.entries(tables)) {
    describe(family, () => {
      for (const [given, ...expected] of cases) {
        it(JSON.stringify(given), () => assert.deepEqual(verdicts(convert([ingressWith(given)]).entries), expected));
      }
    });
  }

  it("are 138, each in one family, told of as ingress-nginx tells of them, and all of them in these tables", () => {
    const all = families.flatMap((family) => family.annotations);
    const told = (where: string) => all.filter((annotation) => annotation.told === where).length;
    assert.deepEqual([all.length, annotations.size, told("table"), told("text"), told("code")], [138, 138, 117, 13, 8]);
    const tested = new Set(Object.values(tables).flatMap((cases) => cases.flatMap(([given]) => Object.keys(given))));
    assert.deepEqual(
      all.map(({ name }) => name).filter((name) => !tested.has(name)),
      [],
    );
  });
});
