// How a backend is spoken to.
import { defined } from "../../json";
import { changed, converted, inert, mapped, refused, type Verdict } from "../report";
import { serviceVariables } from "../filters";
import type { Settings } from "../settings";
import {
  boolean,
  booleanOf,
  detailOf,
  noWay,
  ofHttp,
  speaksTls,
  type Annotation,
  type Family,
  type Reader,
  type Surroundings,
} from "./family";

const tlsLeader = "proxy-ssl-secret";
const insecure = { mode: "SIMPLE", insecureSkipVerify: true };

const protocols: { [name: string]: (settings: Settings, around: Surroundings) => Verdict } = {
  HTTP: () => converted("what HTTPRoute does"),
  HTTPS: (settings, around) => tls(settings, around),
  GRPC: (settings) => {
    settings.backend.upgrade = true;
    return mapped("DestinationRule connectionPool.http.h2UpgradePolicy UPGRADE");
  },
  GRPCS: (settings, around) => {
    settings.backend.upgrade = true;
    return tls(settings, around);
  },
  AUTO_HTTP: () =>
    refused(
      "a gateway speaks one protocol to a backend, whatever its client speaks",
      'backend-protocol: "HTTP" or "HTTPS"',
    ),
  FCGI: () =>
    refused("Envoy speaks no FastCGI", "a web server in the pod, such as Caddy or NGINX, and its port as backend"),
};

/** True where the backend's certificate is verified. */
function isVerified({ other }: Surroundings): boolean {
  return other(tlsLeader) !== undefined && other("proxy-ssl-verify")?.trim() === "on";
}

/** The name that NGINX sends as SNI; undefined where it sends none, or one of its own. */
function sniOf({ other }: Surroundings): string | undefined {
  const isSent = other(tlsLeader) !== undefined && other("proxy-ssl-server-name")?.trim() === "on";
  return isSent ? other("proxy-ssl-name")?.trim() || undefined : undefined;
}

/** TLS to the backend, unverified as NGINX does it, unless proxy-ssl-verify has said otherwise. */
function tls(settings: Settings, around: Surroundings): Verdict {
  if (isVerified(around)) return mapped("BackendTLSPolicy, as proxy-ssl-verify asks for");
  settings.backend.tls ??= { ...insecure, ...defined({ sni: sniOf(around) }) };
  return mapped(
    "DestinationRule tls SIMPLE with insecureSkipVerify, since NGINX does not verify either",
    booleanOf(around.other("ssl-passthrough")) === true
      ? "none is written where http is redirected: the gateway passes TLS on and never calls the backend itself"
      : undefined,
  );
}

/** True for what HTTPRoute and BackendTLSPolicy take as a hostname. */
function isHostname(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text);
}

const plain = inert("NGINX speaks plain HTTP to the backend, where it has no effect");

/** False where NGINX may speak TLS to the backend; to what TLS is passed on to, it does so in any case. */
function isPlain(around: Surroundings): boolean {
  const auto = around.other("backend-protocol")?.trim().toUpperCase() === "AUTO_HTTP";
  return !speaksTls(around) && !auto && booleanOf(around.other("ssl-passthrough")) !== true;
}

const onOff = /^(on|off)$/;

const readSecret: Reader = (value, settings, around) => {
  const key = value.trim();
  const [namespace, name, ...rest] = key.split("/");
  const own = around.ingress.metadata.namespace;
  if (namespace === undefined || name === undefined || rest.length > 0) {
    return refused("must be namespace/name; NGINX answers 503", `${tlsLeader}: "${own ?? "default"}/${key}"`);
  }
  if (own !== undefined && namespace !== own) {
    return refused("NGINX takes Secrets of the Ingress's own namespace only, and answers 503", `a Secret of ${own}`);
  }
  const secret = around.secret(key);
  const content = { ...secret?.data, ...secret?.stringData };
  if (secret === undefined || content["ca.crt"] !== undefined) {
    settings.verifiesHosts = around.other("proxy-ssl-verify")?.trim() === "on";
  }
  if (isPlain(around)) return plain;
  if (content["tls.crt"] !== undefined) {
    return refused(
      "the Secret has a certificate that NGINX shows to the backend; a gateway has one for all its backends",
      "spec.tls.backend.clientCertificateRef of the Gateway",
    );
  }
  if (!isVerified(around)) {
    return secret === undefined
      ? refused(
          "the Secret is not in the input, and may have a certificate that NGINX shows to the backend",
          `-f with Secret ${key}`,
        )
      : inert("it has no client certificate, and without proxy-ssl-verify NGINX does not verify by it");
  }
  const hostname = around.other("proxy-ssl-name")?.trim();
  if (hostname === undefined || hostname === "") {
    return refused(
      "without proxy-ssl-name NGINX verifies a name that no certificate has, and answers 502",
      'proxy-ssl-name: "backend.example.com"',
    );
  }
  if (!isHostname(hostname)) {
    return refused("a BackendTLSPolicy takes a hostname", 'proxy-ssl-name: "backend.example.com"');
  }
  settings.verified = { secret: name, hostname };
  return mapped(
    `BackendTLSPolicy with ConfigMap ${name}-ca`,
    secret === undefined
      ? `the ConfigMap needs the Secret's ca.crt: kubectl create configmap ${name}-ca --namespace ${namespace} --from-literal=ca.crt="$(kubectl get secret ${name} --namespace ${namespace} -o jsonpath='{.data.ca\\.crt}' | base64 -d)"`
      : undefined,
  );
};

/** A detail of TLS to the backend, which NGINX takes with the Secret only. */
const tlsDetail = (name: string, does: string, read: Reader): Annotation =>
  detailOf("proxyssl", "table", name, does, tlsLeader, (value, settings, around) =>
    isPlain(around) ? plain : read(value, settings, around),
  );

export const backends: Family = {
  title: "Backends",
  annotations: [
    {
      name: "backend-protocol",
      told: "table",
      does: "what the backend speaks: HTTP, HTTPS, GRPC, GRPCS, AUTO_HTTP or FCGI",
      becomes:
        "for HTTPS and GRPCS a DestinationRule with TLS that is not verified, as NGINX does it; for GRPC and GRPCS one that speaks HTTP/2; AUTO_HTTP and FCGI are refused",
      source: "backendprotocol",
      read: (value, settings, around) => {
        const read = protocols[value.trim().toUpperCase()];
        return read ? read(settings, around) : inert("NGINX does not know this protocol and uses HTTP");
      },
    },
    {
      name: tlsLeader,
      told: "table",
      does: "the CA by which the backend's certificate is verified, and the client certificate",
      becomes: "a BackendTLSPolicy with the CA in a ConfigMap; a client certificate is refused",
      source: "proxyssl",
      read: readSecret,
    },
    tlsDetail("proxy-ssl-verify", "verifies the backend's certificate, off by default", (value) =>
      !onOff.test(value.trim()) || value.trim() === "off" ? inert("this is the default") : mapped("BackendTLSPolicy"),
    ),
    tlsDetail("proxy-ssl-name", "the name that the backend's certificate must have", (_, __, around) => {
      if (isVerified(around)) return mapped("validation.hostname of the BackendTLSPolicy");
      const sni = sniOf(around);
      if (sni === undefined) return inert("NGINX neither verifies the name nor sends it as SNI");
      return isHostname(sni)
        ? mapped("tls.sni of the DestinationRule")
        : refused("a DestinationRule takes a hostname as SNI", 'proxy-ssl-name: "backend.example.com"');
    }),
    tlsDetail("proxy-ssl-server-name", "sends that name as SNI, off by default", (value, _, around) => {
      const isOn = value.trim() === "on";
      if (isVerified(around)) {
        return isOn ? mapped("what a BackendTLSPolicy does") : changed("the name is sent as SNI too");
      }
      if (sniOf(around) !== undefined) return mapped("tls.sni of the DestinationRule");
      return changed(`the request's host is sent as SNI, where NGINX sends ${isOn ? "upstream_balancer" : "none"}`);
    }),
    tlsDetail("proxy-ssl-verify-depth", "how long the chain of certificates may be", (_, __, around) =>
      isVerified(around)
        ? changed("the chain may be as long as it is")
        : inert("without proxy-ssl-verify NGINX ignores it"),
    ),
    tlsDetail("proxy-ssl-ciphers", "ciphers towards the backend", () =>
      changed("Envoy's own ciphers are used towards the backend"),
    ),
    tlsDetail("proxy-ssl-protocols", "TLS versions towards the backend", () =>
      changed("TLS 1.2 and 1.3 are used towards the backend"),
    ),
    {
      name: "upstream-vhost",
      told: "table",
      does: "the Host header that the backend gets",
      becomes: "`URLRewrite` with hostname; variables other than `$service_name` and `$namespace` are refused",
      source: "upstreamvhost",
      read: (value, settings, around) => {
        if (value.trim() === "$host" || value.trim() === "$http_host") return inert("this is the default");
        const vhost = value.trim();
        const known = around.ingress.metadata.namespace === undefined ? /\$\{?service_name\}?/g : serviceVariables;
        if (!isHostname(vhost.replace(known, "x"))) {
          return refused(
            "URLRewrite takes a hostname in lower case, without port, and no variables but the Service's name and namespace",
            'upstream-vhost: "backend.example.com"',
          );
        }
        settings.vhost = vhost;
        return converted("URLRewrite hostname");
      },
    },
    {
      name: "connection-proxy-header",
      told: "table",
      does: "the Connection header that the backend gets",
      becomes: "nothing for keep-alive and, of WebSockets, upgrade, which Envoy does; refused otherwise",
      source: "connection",
      read: (value) =>
        /^(keep-alive|upgrade)$/i.test(value.trim())
          ? mapped("what Envoy does")
          : refused("Envoy writes the Connection header itself", "remove the annotation"),
    },
    {
      name: "proxy-http-version",
      told: "table",
      does: "HTTP 1.0 or 1.1 towards the backend",
      becomes: "nothing for 1.1; 1.0 is refused",
      source: "proxy",
      read: ofHttp((value) =>
        value.trim() === "1.0"
          ? refused("Envoy speaks HTTP/1.1 and HTTP/2 to backends", "a backend that takes HTTP/1.1")
          : converted("what Envoy does"),
      ),
    },
    {
      name: "http2-push-preload",
      told: "table",
      does: "pushes what Link headers name; no browser takes it any more",
      becomes: "nothing",
      source: "http2pushpreload",
      read: boolean(false, (on) =>
        on ? mapped("the Link header as it is: no browser takes pushes any more") : inert("this is the default"),
      ),
    },
    noWay(
      "defaultbackend",
      "table",
      "default-backend",
      "the Service that answers where the path's own one has no pods, or an error page is asked for",
      "a gateway answers 503 where a Service has no pods",
      "more than one pod for the Service, and a PodDisruptionBudget",
    ),
    noWay(
      "customhttperrors",
      "table",
      "custom-http-errors",
      "lets the default backend answer for these statuses",
      "a gateway passes the backend's errors on",
      "error pages in the application",
    ),
    {
      name: "disable-proxy-intercept-errors",
      told: "code",
      does: "passes the backend's own errors on in spite of custom-http-errors",
      becomes: "nothing: a gateway passes them on in any case",
      source: "disableproxyintercepterrors",
      read: boolean(false, (on) => (on ? converted("what Envoy does") : inert("this is the default"))),
    },
    ...["fastcgi-index", "fastcgi-params-configmap"].map((name) =>
      noWay("fastcgi", "code", name, "parameters of FastCGI", "Envoy speaks no FastCGI", "a web server in the pod"),
    ),
  ],
};
