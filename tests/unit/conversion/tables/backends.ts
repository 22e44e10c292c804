// Annotations on backends: what is given, and the whole verdict on each of them.
import type { Case } from "../cases";

export const backends: Case[] = [
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
  [{ "backend-protocol": "SPDY" }, "backend-protocol: converted (NGINX does not know this protocol and uses HTTP)"],
  [
    { "backend-protocol": "HTTPS", "proxy-ssl-secret": "shop/ca" },
    "backend-protocol: mapped → DestinationRule tls SIMPLE with insecureSkipVerify, since NGINX does not verify either",
    "proxy-ssl-secret: refused (the Secret is not in the input, and may have a certificate that NGINX shows to the backend) way out: -f with Secret shop/ca",
  ],
  [
    { "proxy-ssl-secret": "ca" },
    'proxy-ssl-secret: refused (must be namespace/name; NGINX answers 503) way out: proxy-ssl-secret: "shop/ca"',
  ],
  [
    { "proxy-ssl-secret": "other/ca" },
    "proxy-ssl-secret: refused (NGINX takes Secrets of the Ingress's own namespace only, and answers 503) way out: a Secret of shop",
  ],
  [
    { "backend-protocol": "HTTPS", "proxy-ssl-secret": "shop/ca", "proxy-ssl-verify": "on" },
    "backend-protocol: mapped → BackendTLSPolicy, as proxy-ssl-verify asks for",
    'proxy-ssl-secret: refused (without proxy-ssl-name NGINX verifies a name that no certificate has, and answers 502) way out: proxy-ssl-name: "backend.example.com"',
    "proxy-ssl-verify: mapped → BackendTLSPolicy",
  ],
  [
    {
      "backend-protocol": "HTTPS",
      "proxy-ssl-secret": "shop/ca",
      "proxy-ssl-verify": "on",
      "proxy-ssl-name": "web.shop.svc",
    },
    "backend-protocol: mapped → BackendTLSPolicy, as proxy-ssl-verify asks for",
    "proxy-ssl-name: mapped → validation.hostname of the BackendTLSPolicy",
    "proxy-ssl-secret: mapped → BackendTLSPolicy with ConfigMap ca-ca (the ConfigMap needs the Secret's ca.crt: kubectl create configmap ca-ca --namespace shop --from-literal=ca.crt=\"$(kubectl get secret ca --namespace shop -o jsonpath='{.data.ca\\.crt}' | base64 -d)\")",
    "proxy-ssl-verify: mapped → BackendTLSPolicy",
  ],
  [
    { "backend-protocol": "HTTPS", "proxy-ssl-secret": "shop/ca", "proxy-ssl-verify": "on", "proxy-ssl-name": "~web" },
    "backend-protocol: mapped → BackendTLSPolicy, as proxy-ssl-verify asks for",
    "proxy-ssl-name: mapped → validation.hostname of the BackendTLSPolicy",
    'proxy-ssl-secret: refused (a BackendTLSPolicy takes a hostname) way out: proxy-ssl-name: "backend.example.com"',
    "proxy-ssl-verify: mapped → BackendTLSPolicy",
  ],
  [{ "proxy-ssl-verify": "on" }, "proxy-ssl-verify: converted (without proxy-ssl-secret NGINX ignores it)"],
  [
    { "backend-protocol": "HTTPS", "proxy-ssl-secret": "shop/ca", "proxy-ssl-verify": "off" },
    "backend-protocol: mapped → DestinationRule tls SIMPLE with insecureSkipVerify, since NGINX does not verify either",
    "proxy-ssl-secret: refused (the Secret is not in the input, and may have a certificate that NGINX shows to the backend) way out: -f with Secret shop/ca",
    "proxy-ssl-verify: converted (this is the default)",
  ],
  [
    {
      "backend-protocol": "HTTPS",
      "proxy-ssl-secret": "shop/ca",
      "proxy-ssl-verify-depth": "2",
      "proxy-ssl-ciphers": "DEFAULT",
      "proxy-ssl-protocols": "TLSv1.2",
      "proxy-ssl-server-name": "on",
    },
    "backend-protocol: mapped → DestinationRule tls SIMPLE with insecureSkipVerify, since NGINX does not verify either",
    "proxy-ssl-ciphers: changed (Envoy's own ciphers are used towards the backend)",
    "proxy-ssl-protocols: changed (TLS 1.2 and 1.3 are used towards the backend)",
    "proxy-ssl-secret: refused (the Secret is not in the input, and may have a certificate that NGINX shows to the backend) way out: -f with Secret shop/ca",
    "proxy-ssl-server-name: changed (the request's host is sent as SNI, where NGINX sends upstream_balancer)",
    "proxy-ssl-verify-depth: converted (without proxy-ssl-verify NGINX ignores it)",
  ],
  [
    { "backend-protocol": "HTTPS", "proxy-ssl-secret": "shop/ca", "proxy-ssl-server-name": "off" },
    "backend-protocol: mapped → DestinationRule tls SIMPLE with insecureSkipVerify, since NGINX does not verify either",
    "proxy-ssl-secret: refused (the Secret is not in the input, and may have a certificate that NGINX shows to the backend) way out: -f with Secret shop/ca",
    "proxy-ssl-server-name: changed (the request's host is sent as SNI, where NGINX sends none)",
  ],
  [
    { "proxy-ssl-secret": "shop/ca", "proxy-ssl-verify": "on", "proxy-ssl-name": "web.shop.svc" },
    "proxy-ssl-name: converted (NGINX speaks plain HTTP to the backend, where it has no effect)",
    "proxy-ssl-secret: converted (NGINX speaks plain HTTP to the backend, where it has no effect)",
    "proxy-ssl-verify: converted (NGINX speaks plain HTTP to the backend, where it has no effect)",
  ],
  [
    {
      "backend-protocol": "HTTPS",
      "proxy-ssl-secret": "shop/ca",
      "proxy-ssl-name": "real.example.com",
      "proxy-ssl-server-name": "on",
    },
    "backend-protocol: mapped → DestinationRule tls SIMPLE with insecureSkipVerify, since NGINX does not verify either",
    "proxy-ssl-name: mapped → tls.sni of the DestinationRule",
    "proxy-ssl-secret: refused (the Secret is not in the input, and may have a certificate that NGINX shows to the backend) way out: -f with Secret shop/ca",
    "proxy-ssl-server-name: mapped → tls.sni of the DestinationRule",
  ],
  [
    {
      "backend-protocol": "HTTPS",
      "proxy-ssl-secret": "shop/ca",
      "proxy-ssl-name": "~real",
      "proxy-ssl-server-name": "on",
    },
    "backend-protocol: mapped → DestinationRule tls SIMPLE with insecureSkipVerify, since NGINX does not verify either",
    'proxy-ssl-name: refused (a DestinationRule takes a hostname as SNI) way out: proxy-ssl-name: "backend.example.com"',
    "proxy-ssl-secret: refused (the Secret is not in the input, and may have a certificate that NGINX shows to the backend) way out: -f with Secret shop/ca",
    "proxy-ssl-server-name: mapped → tls.sni of the DestinationRule",
  ],
  [
    { "backend-protocol": "HTTPS", "proxy-ssl-secret": "shop/ca", "proxy-ssl-name": "real.example.com" },
    "backend-protocol: mapped → DestinationRule tls SIMPLE with insecureSkipVerify, since NGINX does not verify either",
    "proxy-ssl-name: converted (NGINX neither verifies the name nor sends it as SNI)",
    "proxy-ssl-secret: refused (the Secret is not in the input, and may have a certificate that NGINX shows to the backend) way out: -f with Secret shop/ca",
  ],
  [
    {
      "backend-protocol": "HTTPS",
      "proxy-ssl-secret": "shop/ca",
      "proxy-ssl-verify": "on",
      "proxy-ssl-name": "web.shop.svc",
      "proxy-ssl-server-name": "on",
    },
    "backend-protocol: mapped → BackendTLSPolicy, as proxy-ssl-verify asks for",
    "proxy-ssl-name: mapped → validation.hostname of the BackendTLSPolicy",
    "proxy-ssl-secret: mapped → BackendTLSPolicy with ConfigMap ca-ca (the ConfigMap needs the Secret's ca.crt: kubectl create configmap ca-ca --namespace shop --from-literal=ca.crt=\"$(kubectl get secret ca --namespace shop -o jsonpath='{.data.ca\\.crt}' | base64 -d)\")",
    "proxy-ssl-server-name: mapped → what a BackendTLSPolicy does",
    "proxy-ssl-verify: mapped → BackendTLSPolicy",
  ],
  [
    {
      "backend-protocol": "HTTPS",
      "proxy-ssl-secret": "shop/ca",
      "proxy-ssl-verify": "on",
      "proxy-ssl-name": "web.shop.svc",
      "proxy-ssl-server-name": "off",
    },
    "backend-protocol: mapped → BackendTLSPolicy, as proxy-ssl-verify asks for",
    "proxy-ssl-name: mapped → validation.hostname of the BackendTLSPolicy",
    "proxy-ssl-secret: mapped → BackendTLSPolicy with ConfigMap ca-ca (the ConfigMap needs the Secret's ca.crt: kubectl create configmap ca-ca --namespace shop --from-literal=ca.crt=\"$(kubectl get secret ca --namespace shop -o jsonpath='{.data.ca\\.crt}' | base64 -d)\")",
    "proxy-ssl-server-name: changed (the name is sent as SNI too)",
    "proxy-ssl-verify: mapped → BackendTLSPolicy",
  ],
  [{ "upstream-vhost": "backend.example.com" }, "upstream-vhost: converted → URLRewrite hostname"],
  [{ "upstream-vhost": "$service_name.${namespace}.svc" }, "upstream-vhost: converted → URLRewrite hostname"],
  [{ "upstream-vhost": "$host" }, "upstream-vhost: converted (this is the default)"],
  [
    { "upstream-vhost": "backend:8080" },
    `upstream-vhost: refused (URLRewrite takes a hostname in lower case, without port, and no variables but the Service's name and namespace) way out: upstream-vhost: "backend.example.com"`,
  ],
  [{ "connection-proxy-header": "keep-alive" }, "connection-proxy-header: mapped → what Envoy does"],
  [{ "connection-proxy-header": "upgrade" }, "connection-proxy-header: mapped → what Envoy does"],
  [
    { "connection-proxy-header": "close" },
    "connection-proxy-header: refused (Envoy writes the Connection header itself) way out: remove the annotation",
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
];
