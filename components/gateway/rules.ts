// What an ingress gateway and its certificate may be given.
import { FieldRules, Given, ObjectRule, objectWithSynonyms, Synonyms, Together } from "../../lib/validation/object";
import { below, flag, list, oneOf, Rule, value, whole } from "../../lib/validation/rules";
import { IssuerKind, ListenersFrom, RoutesFrom, ServiceType } from "../../lib/validation/closed-sets";
import { certifiesSome } from "../../lib/gateway-api/hosts";
import { gatewayObjects } from "../../lib/istio/names";
import { certificateDefaults as cert, gatewayDefaults as gateway } from "../../lib/istio/defaults";
import {
  certificateName,
  cpu,
  dnsLabel,
  dnsSubdomain,
  duration,
  host,
  hostname,
  ipAddress,
  labels,
  memory,
  nodePort,
  parseDuration,
  port,
} from "../../lib/validation/formats";
import { clusterRules } from "../support/rules";
import { parseQuantity } from "../../lib/validation/quantity";
import { Violation, textOf } from "../../lib/validation/violations";
import type { AllowedListenersArgs, AllowedRoutesArgs, CertificateArgs, GatewayArgs, IngressGatewayArgs } from "./args";

const nonEmpty: Rule = value(
  (got) => !Array.isArray(got) || got.length > 0,
  "must not be empty; without it the default applies",
  "[...]",
);

function listOf(item: Rule, example: string): Rule {
  const items = list(item, example);
  return (given, path) => [...items(given, path), ...nonEmpty(given, path)];
}

const issuerAgainstExisting: Together<CertificateArgs> = (certificate, path) =>
  certificate["existing"] !== true
    ? []
    : (["issuerName", "issuerKind", "dnsNames", "ipAddresses", "duration", "renewBefore"] as const)
        .filter((field) => certificate[field] !== undefined)
        .map((field) => ({
          path: below(path, field),
          got: certificate[field],
          rule: "must not be set with `existing: true`: the Secret is used unchanged and nothing is issued",
          fix: { remove: field },
        }));

const existingNeedsName: Together<CertificateArgs> = (certificate, path, unknown) =>
  certificate["existing"] === true && certificate["secretName"] === undefined && !unknown.includes("secretName")
    ? [
        {
          path: below(path, "existing"),
          got: true,
          rule: "must come with `secretName`, the name of the Secret that exists",
          fix: 'secretName: "my-certificate"',
        },
      ]
    : [];

const kindNeedsName: Together<CertificateArgs> = (certificate, path, unknown) =>
  certificate["issuerKind"] !== undefined &&
  certificate["issuerName"] === undefined &&
  !unknown.includes("issuerName") &&
  certificate["existing"] !== true
    ? [
        {
          path: below(path, "issuerKind"),
          got: certificate["issuerKind"],
          rule: "must come with `issuerName`",
          fix: 'issuerName: "root-ca-cluster-issuer"',
        },
      ]
    : [];

const renewalInside: Together<CertificateArgs> = (certificate, path, unknown) => {
  if (unknown.includes("duration") || unknown.includes("renewBefore")) {
    return [];
  }
  const lifetime = textOf(certificate["duration"] ?? cert.duration);
  const before = textOf(certificate["renewBefore"] ?? cert.renewBefore);
  const seconds = { lifetime: parseDuration(lifetime), before: parseDuration(before) };
  if (seconds.lifetime === undefined || seconds.before === undefined || seconds.before < seconds.lifetime) {
    return [];
  }
  const field = certificate["renewBefore"] === undefined ? "duration" : "renewBefore";
  return [
    {
      path: below(path, field),
      got: certificate[field],
      rule: `a certificate that is valid for ${lifetime} cannot be renewed ${before} before it expires`,
      fix: `renewBefore: "${Math.max(1, Math.floor(seconds.lifetime / 3 / 3600))}h"`,
    },
  ];
};

const certificateRules = objectWithSynonyms<CertificateArgs>(
  {
    enabled: flag,
    existing: flag,
    secretName: dnsSubdomain(gatewayObjects.secret(gateway.name)),
    issuerName: dnsSubdomain("root-ca-cluster-issuer"),
    issuerKind: oneOf(Object.values(IssuerKind)),
    dnsNames: listOf(certificateName, '"localhost"'),
    ipAddresses: list(ipAddress, '"127.0.0.1"'),
    duration: duration("1h", cert.duration),
    renewBefore: duration("5m", cert.renewBefore),
  },
  {
    secret: "secretName",
    tlsSecret: "secretName",
    issuer: "issuerName",
    issuerRef: "issuerName",
    clusterIssuer: "issuerName",
    kind: "issuerKind",
    domains: "dnsNames",
    hostnames: "dnsNames",
    hosts: "dnsNames",
    subjectAltNames: "dnsNames",
    ips: "ipAddresses",
    validity: "duration",
  },
  issuerAgainstExisting,
  existingNeedsName,
  kindNeedsName,
  renewalInside,
);

/** A selector and its labels, one for the other; `usual` is what holds without `from`. */
const selectorNeedsLabels =
  (usual: string): Together<AllowedRoutesArgs | AllowedListenersArgs> =>
  (allowed, path, unknown) => {
    if (unknown.length > 0) {
      return [];
    }
    const selected = allowed["from"] === "Selector";
    const given = allowed["selector"];
    const filled = typeof given === "object" && given !== null && Object.keys(given).length > 0;
    if (selected && !filled) {
      return [
        {
          path: below(path, "selector"),
          got: given,
          rule: 'must have a label of the namespaces, since `from` is "Selector"',
          fix: 'selector: { "hostk8s.stack": "shop" }',
        },
      ];
    }
    return !selected && given !== undefined
      ? [
          {
            path: below(path, "selector"),
            got: given,
            rule: `has no effect while \`from\` is "${textOf(allowed["from"] ?? usual)}"`,
            fix: 'from: "Selector"',
          },
        ]
      : [];
  };

const portPairs = [
  ["httpNodePort", "httpsNodePort"],
  ["httpHostPort", "httpsHostPort"],
] as const;

const twoPorts: Together<GatewayArgs> = (given, path, unknown) =>
  portPairs
    .filter((pair) => !pair.some((field) => unknown.includes(field)))
    .flatMap(([http, https]) => samePort(given, path, http, https));

type PortArgument = "httpNodePort" | "httpsNodePort" | "httpHostPort" | "httpsHostPort";

function samePort(given: Given<GatewayArgs>, path: string, http: PortArgument, https: PortArgument): Violation[] {
  const both = given[http] ?? gateway[http];
  if (both !== (given[https] ?? gateway[https])) {
    return [];
  }
  const field = given[https] === undefined ? http : https;
  const free = Number(both) === gateway[field] ? Number(both) + 1 : gateway[field];
  return [
    {
      path: below(path, field),
      got: both,
      rule: `must differ from \`${field === http ? https : http}\``,
      fix: `${field}: ${free}`,
    },
  ];
}

const nodePortsNeedNodes: Together<GatewayArgs> = (given, path) =>
  given["serviceType"] === "LoadBalancer" || given["serviceType"] === "ClusterIP"
    ? (["httpNodePort", "httpsNodePort", "httpHostPort", "httpsHostPort", "host"] as const)
        .filter((field) => given[field] !== undefined)
        .map((field) => ({
          path: below(path, field),
          got: given[field],
          rule: `must not be set for a Service of type ${textOf(given["serviceType"])}, which publishes no NodePorts here`,
          fix: 'serviceType: "NodePort"',
        }))
    : [];

/** A wildcard that no certificate may name. */
const underTopLevel = /^\*\.[^.]+$/;

/** The certificate takes its names from the hostnames where it has none of its own. */
const hostnamesFitCertificate: Together<GatewayArgs> = (given, path) => {
  const { enabled, existing, dnsNames } = (given["certificate"] ?? {}) as Given<CertificateArgs>;
  if (enabled === false || existing === true || dnsNames !== undefined || !Array.isArray(given["hostnames"])) return [];
  return given["hostnames"].flatMap((hostname: unknown, index) =>
    underTopLevel.test(textOf(hostname))
      ? [
          {
            path: `${below(path, "hostnames")}[${index}]`,
            got: hostname,
            rule: "must have two labels after `*` to be in the certificate: TLS libraries refuse a wildcard directly under a top-level name",
            fix: `certificate: { dnsNames: ["my-app.${textOf(hostname).slice(2)}"] }`,
          },
        ]
      : [],
  );
};

/** Clients refuse a certificate that names none of the hosts. */
const certificateFitsHostnames: Together<GatewayArgs> = (given, path) => {
  const { enabled, existing, dnsNames } = (given["certificate"] ?? {}) as Given<CertificateArgs>;
  const { hostnames } = given;
  if (enabled === false || existing === true || !isFilled(hostnames) || !isFilled(dnsNames)) return [];
  if (hostnames.some((host) => dnsNames.some((name) => certifiesSome(name, host)))) return [];
  const names = hostnames.map((host) => (underTopLevel.test(host) ? `my-app.${host.slice(2)}` : host));
  return [
    {
      path: below(path, "certificate.dnsNames"),
      got: dnsNames,
      rule: `must name a host of \`hostnames\`, or clients refuse it for all of them: ${hostnames.join(", ")}`,
      fix: `dnsNames: [${names.map((name) => JSON.stringify(name)).join(", ")}]`,
    },
  ];
};

/** True where all of the names are there. */
function isFilled(given: unknown): given is string[] {
  return Array.isArray(given) && given.length > 0 && given.every((each) => typeof each === "string");
}

/** What the hostnames and the certificate of a gateway are to each other, also once they have arrived. */
export const certificateOfHostnames: Together<GatewayArgs> = (...given) => [
  ...hostnamesFitCertificate(...given),
  ...certificateFitsHostnames(...given),
];

const fields: FieldRules<GatewayArgs> = {
  name: dnsLabel(gateway.name, 57),
  namespace: dnsLabel("istio-system"),
  serviceType: oneOf(Object.values(ServiceType)),
  httpNodePort: nodePort(gateway.httpNodePort),
  httpsNodePort: nodePort(gateway.httpsNodePort),
  httpHostPort: port(gateway.httpHostPort),
  httpsHostPort: port(gateway.httpsHostPort),
  host,
  hostnames: listOf(hostname, '"apps.example.com"'),
  replicas: whole(1, 100, 1),
  cpu,
  memory,
  allowedRoutes: objectWithSynonyms<AllowedRoutesArgs>(
    { from: oneOf(Object.values(RoutesFrom)), selector: labels },
    { namespaces: "from", labels: "selector", matchLabels: "selector" },
    selectorNeedsLabels(gateway.allowedFrom),
  ),
  allowedListeners: objectWithSynonyms<AllowedListenersArgs>(
    { from: oneOf(Object.values(ListenersFrom)), selector: labels },
    { namespaces: "from", labels: "selector", matchLabels: "selector" },
    selectorNeedsLabels(gateway.listenersFrom),
  ),
  certificate: certificateRules,
};

const synonyms = {
  type: "serviceType",
  loadBalancer: { write: 'serviceType: "LoadBalancer"' },
  nodePorts: { write: "httpNodePort: 30081, httpsNodePort: 30444" },
  hostPort: "httpHostPort",
  listeners: { write: 'hostnames: ["apps.example.com"]' },
  domain: "hostnames",
  clusterIssuer: { write: 'certificate: { issuerName: "letsencrypt" }', example: '"letsencrypt"' },
  replicaCount: "replicas",
  allowedRoutesFrom: { write: 'allowedRoutes: { from: "Same" }', example: '"Same"' },
  service: "serviceType",
  hosts: "hostnames",
  hostname: "hostnames",
  domains: "hostnames",
  nodePort: "httpNodePort",
  port: "httpHostPort",
  httpPort: "httpHostPort",
  httpsPort: "httpsHostPort",
  address: "host",
  externalHost: "host",
  tls: "certificate",
  cert: "certificate",
  issuer: { write: 'certificate: { issuerName: "letsencrypt" }', example: '"letsencrypt"' },
  issuerName: { write: 'certificate: { issuerName: "letsencrypt" }', example: '"letsencrypt"' },
  dnsNames: { write: 'certificate: { dnsNames: ["apps.example.com"] }' },
  secretName: { write: 'certificate: { existing: true, secretName: "wildcard-cert" }' },
  https: { write: "certificate: { enabled: true }" },
  allowedNamespaces: "allowedRoutes",
  listenerSets: { write: 'allowedListeners: { from: "All" }' },
  resources: { write: 'cpu: "50m", memory: "64Mi"' },
} satisfies Synonyms<GatewayArgs>;

/** Rules for IngressGatewayArgs. */
export const ingressGatewayRules: ObjectRule = objectWithSynonyms<IngressGatewayArgs>(
  { ...fields, cluster: clusterRules },
  synonyms,
  twoPorts,
  nodePortsNeedNodes,
  certificateOfHostnames,
);

/** Rules for the gateway of a mesh, which can also be disabled. */
export const meshGatewayRules: ObjectRule = objectWithSynonyms<GatewayArgs & { enabled?: boolean }>(
  { enabled: flag, ...fields },
  synonyms,
  twoPorts,
  nodePortsNeedNodes,
  certificateOfHostnames,
);

/** A limit that is no smaller than the request beside it. */
export function limitAboveRequest(defaultRequest?: string): Together<{ memory?: unknown; memoryLimit?: unknown }> {
  return (part, path, unknown) => {
    if (unknown.includes("memory")) {
      return [];
    }
    const limit = parseQuantity(textOf(part["memoryLimit"]));
    const request = parseQuantity(textOf(part["memory"] ?? defaultRequest));
    return limit === undefined || request === undefined || limit >= request
      ? []
      : [
          {
            path: below(path, "memoryLimit"),
            got: part["memoryLimit"],
            rule: `must not be below the request, which is ${textOf(part["memory"] ?? defaultRequest)}`,
            fix: `memoryLimit: "${textOf(part["memory"] ?? defaultRequest)}"`,
          },
        ];
  };
}
