// What an ingress gateway and its certificate may be given.
import { below, flag, list, object, oneOf, ObjectRule, Rule, Together, value, whole } from "../../lib/validation/rules";
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
import { clusterRules } from "../../lib/validation/cluster";
import { parseQuantity } from "../../lib/validation/quantity";
import { Violation, textOf } from "../../lib/validation/violations";

/** Kinds of Service that a gateway can have. */
export const serviceTypes = ["NodePort", "LoadBalancer", "ClusterIP"] as const;

/** From which namespaces routes may attach. */
export const allowedSources = ["All", "Same", "Selector"] as const;

const nonEmpty: Rule = value(
  (got) => !Array.isArray(got) || got.length > 0,
  "an empty list is no choice: leave the setting out for the default",
  "[...]",
);

function listOf(item: Rule, example: string): Rule {
  const items = list(item, example);
  return (given, path) => [...items(given, path), ...nonEmpty(given, path)];
}

const issuerAgainstExisting: Together = (certificate, path) =>
  certificate["existing"] !== true
    ? []
    : ["issuerName", "issuerKind", "dnsNames", "ipAddresses", "duration", "renewBefore"]
        .filter((field) => certificate[field] !== undefined)
        .map((field) => ({
          path: below(path, field),
          got: certificate[field],
          rule: "a Secret that exists is used as it is, so nothing is issued for it",
          fix: `${field}: undefined`,
        }));

const existingNeedsName: Together = (certificate, path) =>
  certificate["existing"] === true && certificate["secretName"] === undefined
    ? [
        {
          path: below(path, "existing"),
          got: true,
          rule: "a Secret that exists is named, and no certificate of that name is made",
          fix: 'secretName: "my-certificate"',
        },
      ]
    : [];

const kindNeedsName: Together = (certificate, path) =>
  certificate["issuerKind"] !== undefined && certificate["issuerName"] === undefined && certificate["existing"] !== true
    ? [
        {
          path: below(path, "issuerKind"),
          got: certificate["issuerKind"],
          rule: "a kind of issuer says nothing without its name",
          fix: 'issuerName: "root-ca-cluster-issuer"',
        },
      ]
    : [];

const renewalInside: Together = (certificate, path) => {
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
      rule: `a certificate of ${lifetime} cannot be renewed ${before} before its end`,
      fix: `renewBefore: "${Math.max(1, Math.floor(seconds.lifetime / 3 / 3600))}h"`,
    },
  ];
};

const certificateRules = object(
  {
    enabled: flag,
    existing: flag,
    secretName: dnsSubdomain(gatewayObjects.secret(gateway.name)),
    issuerName: dnsSubdomain("root-ca-cluster-issuer"),
    issuerKind: oneOf(["ClusterIssuer", "Issuer"]),
    dnsNames: listOf(certificateName, '"localhost"'),
    ipAddresses: list(ipAddress, '"127.0.0.1"'),
    duration: duration("1h", cert.duration),
    renewBefore: duration("5m", cert.renewBefore),
  },
  issuerAgainstExisting,
  existingNeedsName,
  kindNeedsName,
  renewalInside,
);

const selectorNeedsLabels: Together = (allowed, path) => {
  const selected = allowed["from"] === "Selector";
  const given = allowed["selector"];
  const filled = typeof given === "object" && given !== null && Object.keys(given).length > 0;
  if (selected && !filled) {
    return [
      {
        path: below(path, "selector"),
        got: given ?? "",
        rule: "routes are allowed by the labels of their namespaces, so at least one is named",
        fix: 'selector: { "hostk8s.stack": "shop" }',
      },
    ];
  }
  return !selected && given !== undefined
    ? [
        {
          path: below(path, "selector"),
          got: given,
          rule: `labels select nothing while routes are allowed from "${textOf(allowed["from"] ?? gateway.allowedFrom)}"`,
          fix: 'from: "Selector"',
        },
      ]
    : [];
};

const twoPorts: Together = (given, path) => [
  ...samePort(given, path, "httpNodePort", "httpsNodePort"),
  ...samePort(given, path, "httpHostPort", "httpsHostPort"),
];

function samePort(given: Record<string, unknown>, path: string, http: string, https: string): Violation[] {
  const defaults = gateway as Record<string, unknown>;
  const both = given[http] ?? defaults[http];
  if (both !== (given[https] ?? defaults[https])) {
    return [];
  }
  const field = given[https] === undefined ? http : https;
  const free = Number(both) === defaults[field] ? Number(both) + 1 : defaults[field];
  return [
    {
      path: below(path, field),
      got: both,
      rule: "http and https cannot share a port",
      fix: `${field}: ${textOf(free)}`,
    },
  ];
}

const nodePortsNeedNodes: Together = (given, path) =>
  given["serviceType"] === "LoadBalancer" || given["serviceType"] === "ClusterIP"
    ? ["httpNodePort", "httpsNodePort", "httpHostPort", "httpsHostPort", "host"]
        .filter((field) => given[field] !== undefined)
        .map((field) => ({
          path: below(path, field),
          got: given[field],
          rule: `it is about NodePorts, which a Service of type ${textOf(given["serviceType"])} does not publish here`,
          fix: 'serviceType: "NodePort"',
        }))
    : [];

const fields: Record<string, Rule> = {
  name: dnsLabel(gateway.name, 57),
  namespace: dnsLabel("istio-system"),
  serviceType: oneOf(serviceTypes),
  httpNodePort: nodePort(gateway.httpNodePort),
  httpsNodePort: nodePort(gateway.httpsNodePort),
  httpHostPort: port(gateway.httpHostPort),
  httpsHostPort: port(gateway.httpsHostPort),
  host,
  hostnames: listOf(hostname, '"apps.example.com"'),
  replicas: whole(1, 100, "a number of gateway pods", 1),
  cpu,
  memory,
  allowedRoutes: object({ from: oneOf(allowedSources), selector: labels }, selectorNeedsLabels),
  certificate: certificateRules,
};

/** Rules for IngressGatewayArgs. */
export const ingressGatewayRules: ObjectRule = object(
  { ...fields, cluster: clusterRules },
  twoPorts,
  nodePortsNeedNodes,
);

/** Rules for the gateway of a mesh, which can also be left out. */
export const meshGatewayRules: ObjectRule = object({ enabled: flag, ...fields }, twoPorts, nodePortsNeedNodes);

/** A limit that is no smaller than the request beside it. */
export function limitAboveRequest(defaultRequest: string): Together {
  return (part, path) => {
    const limit = parseQuantity(textOf(part["memoryLimit"]));
    const request = parseQuantity(textOf(part["memory"] ?? defaultRequest));
    return limit === undefined || request === undefined || limit >= request
      ? []
      : [
          {
            path: below(path, "memoryLimit"),
            got: part["memoryLimit"],
            rule: `a limit is no smaller than the request, which is ${textOf(part["memory"] ?? defaultRequest)}`,
            fix: `memoryLimit: "${textOf(part["memory"] ?? defaultRequest)}"`,
          },
        ];
  };
}
