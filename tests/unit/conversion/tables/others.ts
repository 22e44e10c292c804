// Annotations on others: what is given, and the whole verdict on each of them.
import type { Case } from "../cases";

export const others: Case[] = [
  [
    { "no-such": "x" },
    "no-such: refused (ingress-nginx has no such annotation in its last release) way out: remove it, or --accept it",
  ],
  [
    { "secure-backends": "true", "session-cookie-hash": "sha1" },
    "secure-backends: converted (old releases of ingress-nginx read it, the last one does not: it reads backend-protocol)",
    "session-cookie-hash: converted (old releases of ingress-nginx read it, the last one does not)",
  ],
  [
    { "lua-resty-waf": "active", "influxdb-host": "x", "websocket-services": "web" },
    "influxdb-host: converted (old releases of ingress-nginx read it, the last one does not)",
    "lua-resty-waf: converted (old releases of ingress-nginx read it, the last one does not)",
    "websocket-services: converted (no release of ingress-nginx reads it: F5's controller reads nginx.org/websocket-services; the gateway passes WebSockets on)",
  ],
  [
    { "rate-limit": "100", "rate-limit-window": "1m", "ssl-protocols": "TLSv1.2", "cors-enabled": "true" },
    "cors-enabled: converted (no release of ingress-nginx reads it: enable-cors is what it reads)",
    "rate-limit: converted (no release of ingress-nginx reads it: NGINX limits nothing by it; limit-rps and limit-connections do)",
    "rate-limit-window: converted (no release of ingress-nginx reads it: NGINX limits nothing by it; limit-rps and limit-connections do)",
    "ssl-protocols: converted (no release of ingress-nginx reads it: a key of NGINX's ConfigMap, for all hosts)",
  ],
  [
    { "enable-underscores-in-headers": "true", "location-snippet": "x", "listen-ports-ssl": "[1]" },
    "enable-underscores-in-headers: converted (no release of ingress-nginx reads it: a key of NGINX's ConfigMap, for all hosts)",
    "listen-ports-ssl: converted (no release of ingress-nginx reads it: F5's controller reads nginx.org/listen-ports-ssl; here the Gateway's listeners have the ports)",
    "location-snippet: converted (no release of ingress-nginx reads it: a key of NGINX's ConfigMap, for all hosts)",
  ],
  [
    {
      "client-max-body-size": "50m",
      "proxy-buffers": "4 16k",
      "proxy-timeout": "60",
      "ingress.class": "nginx",
      "proxy-cache-valid": "200 10m",
      "rate-limit-rps": "10",
      "limit-req-zone": "api",
      "enable-websocket": "true",
      "enable-gzip": "true",
      "enable-http2": "true",
      "server-snippets": "x",
    },
    "client-max-body-size: converted (no release of ingress-nginx reads it: proxy-body-size is what it reads)",
    "enable-gzip: converted (no release of ingress-nginx reads it: use-gzip of NGINX's ConfigMap, for all hosts)",
    "enable-http2: converted (no release of ingress-nginx reads it: use-http2 of NGINX's ConfigMap, for all hosts; the gateway speaks HTTP/2)",
    "enable-websocket: converted (no release of ingress-nginx reads it: NGINX and the gateway pass WebSockets on without it)",
    "ingress.class: converted (no release of ingress-nginx reads it: spec.ingressClassName or kubernetes.io/ingress.class is what it reads)",
    "limit-req-zone: converted (no release of ingress-nginx reads it: NGINX limits nothing by it; limit-rps and limit-connections do)",
    "proxy-buffers: converted (no release of ingress-nginx reads it: proxy-buffers-number is what it reads)",
    "proxy-cache-valid: converted (no release of ingress-nginx reads it: NGINX keeps no answers by an annotation)",
    "proxy-timeout: converted (no release of ingress-nginx reads it: proxy-connect-timeout, proxy-read-timeout and proxy-send-timeout are what it reads)",
    "rate-limit-rps: converted (no release of ingress-nginx reads it: NGINX limits nothing by it; limit-rps and limit-connections do)",
    "server-snippets: converted (no release of ingress-nginx reads it: server-snippet is what it reads)",
  ],
  [
    { "service-weight": "", upgrade: "websocket" },
    "service-weight: converted (ingress-nginx has no such annotation in its last release, and it is empty)",
    "upgrade: converted (no release of ingress-nginx reads it: NGINX and the gateway pass WebSockets on without it)",
  ],
  [
    {
      "nginx.org/websocket-services": "web",
      "nginx.org/client-max-body-size": "100m",
      "nginx.org/proxy-read-timeout": "1h",
      "proxy-body-size": "0",
    },
    "proxy-body-size: mapped → bodies of any size, which the gateway streams",
    "nginx.org/client-max-body-size: converted (F5's controller reads it, ingress-nginx does not: proxy-body-size is what it reads)",
    "nginx.org/proxy-read-timeout: refused (it is for F5 NGINX Ingress Controller, and ingress-nginx does not read it) way out: remove it, or --accept it",
    "nginx.org/websocket-services: converted (F5's controller reads it, ingress-nginx does not; both it and the gateway pass WebSockets on)",
  ],
  [
    { "nginx.org/rewrites": "x" },
    "nginx.org/rewrites: refused (it is for F5 NGINX Ingress Controller, and ingress-nginx does not read it) way out: remove it, or --accept it",
  ],
  [
    { "traefik.ingress.kubernetes.io/router.entrypoints": "web" },
    "traefik.ingress.kubernetes.io/router.entrypoints: refused (it is for Traefik, and ingress-nginx does not read it) way out: remove it, or --accept it",
  ],
  [
    { "haproxy.org/timeout-server": "5s" },
    "haproxy.org/timeout-server: refused (it is for HAProxy Technologies' controller, and ingress-nginx does not read it) way out: remove it, or --accept it",
  ],
  [
    { "alb.ingress.kubernetes.io/scheme": "internal" },
    "alb.ingress.kubernetes.io/scheme: refused (it is for the AWS Load Balancer Controller, and ingress-nginx does not read it) way out: remove it, or --accept it",
  ],
  [
    { "kubernetes.io/ingress.global-static-ip-name": "x" },
    "kubernetes.io/ingress.global-static-ip-name: refused (it is for GKE Ingress, and ingress-nginx does not read it) way out: remove it, or --accept it",
  ],
  [
    { "external-dns.alpha.kubernetes.io/ttl": "60" },
    "external-dns.alpha.kubernetes.io/ttl: mapped → the same annotation on the HTTPRoute (external-dns needs --source=gateway-httproute, and takes a target from the Gateway)",
  ],
  [
    { "cert-manager.io/cluster-issuer": "letsencrypt" },
    "cert-manager.io/cluster-issuer: converted (no tls entry has hosts and a Secret, so cert-manager issues nothing)",
  ],
  [
    { "ingress.kubernetes.io/ssl-redirect": "true" },
    "ingress.kubernetes.io/ssl-redirect: converted (old releases of ingress-nginx read it, the last ones do not)",
  ],
  [{ "kubernetes.io/ingress.class": "nginx" }, "kubernetes.io/ingress.class: converted → the Gateway's class"],
  [{ "example.com/team": "shop" }, "example.com/team: converted (ingress-nginx does not read it)"],
  [{ "ssl-redirect": "" }, "ssl-redirect: converted (NGINX ignores an empty value)"],
];
