// Holds what comments claim against the code: defaults against lib/istio/defaults.ts, releases against lib/istio/releases.ts.
import * as defaults from "../lib/istio/defaults";
import { defaultCertManagerVersion, defaultIstioVersion, istioLines } from "../lib/istio/releases";
import type { Argument } from "./reference";

/**
 * Where each default is documented, by the argument's declaration. Two in one text come in their order. What nobody can
 * set is documented nowhere.
 */
const documented: Record<string, string[]> = {
  "partDefaults.controlPlane.cpu": ["ControlPlaneArgs.cpu", "AmbientMeshArgs.controlPlane"],
  "partDefaults.controlPlane.memory": ["ControlPlaneArgs.memory", "AmbientMeshArgs.controlPlane"],
  "partDefaults.controlPlane.replicas": ["ControlPlaneArgs.replicas"],
  "partDefaults.cni.cpu": ["CniArgs.cpu", "AmbientMeshArgs.cni"],
  "partDefaults.cni.memory": ["CniArgs.memory", "AmbientMeshArgs.cni"],
  "partDefaults.dataplane.cpu": ["DataplaneArgs.cpu", "AmbientMeshArgs.dataplane"],
  "partDefaults.dataplane.memory": ["DataplaneArgs.memory", "AmbientMeshArgs.dataplane"],
  "partDefaults.gateway.cpu": ["GatewayArgs.cpu"],
  "partDefaults.gateway.memory": ["GatewayArgs.memory"],
  "partDefaults.gateway.replicas": ["GatewayArgs.replicas"],
  "partDefaults.waypoint.cpu": ["WaypointArgs.cpu"],
  "partDefaults.waypoint.memory": ["WaypointArgs.memory"],
  "partDefaults.waypoint.replicas": ["WaypointArgs.replicas"],
  "meshDefaults.namespace": ["AmbientMeshArgs.namespace"],
  "meshDefaults.telemetry": ["AmbientMeshArgs.telemetry"],
  "meshDefaults.accessLogs": ["AmbientMeshArgs.accessLogs"],
  "meshDefaults.footprint": ["AmbientMeshArgs.footprint"],
  "meshDefaults.onDestroy": ["AmbientMeshArgs.onDestroy"],
  "gatewayDefaults.name": ["GatewayArgs.name"],
  "gatewayDefaults.serviceType": ["GatewayArgs.serviceType"],
  "gatewayDefaults.httpNodePort": ["GatewayArgs.httpNodePort", "AmbientMeshArgs.gateway"],
  "gatewayDefaults.httpsNodePort": ["GatewayArgs.httpsNodePort", "AmbientMeshArgs.gateway"],
  "gatewayDefaults.httpHostPort": ["GatewayArgs.httpHostPort"],
  "gatewayDefaults.httpsHostPort": ["GatewayArgs.httpsHostPort"],
  "gatewayDefaults.host": ["GatewayArgs.host"],
  "gatewayDefaults.allowedFrom": ["AllowedRoutesArgs.from"],
  "gatewayDefaults.listenersFrom": ["AllowedListenersArgs.from"],
  "waypointDefaults.waypointFor": ["WaypointArgs.waypointFor"],
  trustDomain: ["AccessPolicyArgs.trustDomain"],
  "certificateDefaults.issuerKind": ["CertificateArgs.issuerKind"],
  "certificateDefaults.dnsNames": ["CertificateArgs.dnsNames"],
  "certificateDefaults.ipAddresses": ["CertificateArgs.ipAddresses"],
  "certificateDefaults.duration": ["CertificateArgs.duration"],
  "certificateDefaults.renewBefore": ["CertificateArgs.renewBefore"],
  "certificateDefaults.authorityDuration": [],
  "certManagerDefaults.namespace": ["CertManagerArgs.namespace"],
  "certManagerDefaults.issuerName": ["RootIssuerArgs.name"],
  "certManagerDefaults.duration": ["RootIssuerArgs.duration"],
};

/** What is wrong with the `@default` texts of the arguments. */
export function defaultFaults(args: Argument[]): string[] {
  // Nobody can set the time limits.
  const leaves = leavesOf({ ...defaults, timeouts: {} }, "");
  const unnamed = leaves.filter(({ at }) => !(at in documented));
  const stale = Object.keys(documented).filter((at) => !leaves.some((leaf) => leaf.at === at));
  const claims = new Map<string, string[]>([
    ["AmbientMeshArgs.version", [defaultIstioVersion]],
    ["CertManagerArgs.version", [defaultCertManagerVersion]],
    ["MeshGatewayApiArgs.version", istioLines.flatMap(({ gatewayApi, minor }) => [gatewayApi, minor])],
    ["GatewayApiArgs.version", [istioLines[0]!.gatewayApi, istioLines[0]!.minor]],
  ]);
  for (const { at, value } of leaves) {
    for (const argument of documented[at] ?? []) {
      // The group's own text, such as "100m, 128Mi, no limit, one pod", has no quotes.
      const isGroup = argument.startsWith("AmbientMeshArgs.") && !at.startsWith("meshDefaults.");
      claims.set(argument, [...(claims.get(argument) ?? []), isGroup ? String(value) : literal(value)]);
    }
  }
  const known = new Map(all(args).map((argument) => [argument.declared, argument]));
  return [
    ...unnamed.map(
      ({ at }) => `lib/istio/defaults.ts: ${at} is documented at no argument; name one in tools/claims.ts`,
    ),
    ...stale.map((at) => `tools/claims.ts: lib/istio/defaults.ts has no ${at}`),
    ...[...claims].flatMap(([declared, wanted]) => {
      const argument = known.get(declared);
      if (!argument) return [`tools/claims.ts: there is no argument ${declared}`];
      const said = literalsIn(argument.standard);
      return said.join(" ") === wanted.join(" ")
        ? []
        : [`${declared}: @default says ${said.join(" ") || "nothing"}, the code says ${wanted.join(" ")}`];
    }),
  ];
}

/** Release numbers in comments that are none of the releases that the package knows. */
export function releaseFaults(file: string, text: string): string[] {
  const comments = text.split("\n").filter((line) => /^\s*(\/\/|\/?\*)/.test(line));
  const numbers = comments.flatMap((line) =>
    [...line.matchAll(/(?:Istio |Gateway API |Kubernetes v?|@(?:default|example) "|for )(1\.\d+(?:\.\d+)?)\b/g)].map(
      (match) => match[1]!,
    ),
  );
  return [...new Set(numbers)]
    .filter((number) => !knownReleases().has(number))
    .map((number) => `${file}: a comment names ${number}, which lib/istio/releases.ts does not know`);
}

function knownReleases(): Set<string> {
  return new Set([
    defaultCertManagerVersion,
    ...istioLines.flatMap(({ minor, newest, floor, kubernetes, gatewayApi }) => [
      ...[minor, newest, floor, kubernetes.first, kubernetes.last, gatewayApi],
      gatewayApi.replace(/\.\d+$/, ""),
    ]),
  ]);
}

/** The constants of a default's text, without what Istio's own charts would have said. */
function literalsIn(text: string): string[] {
  const own = text.replace(/\((?:as )?Istio[^)]*\)/g, "");
  return own.match(/\[[^\]]*\]|"[^"]*"|\b\d[\w.]*|\btrue\b|\bfalse\b/g) ?? [];
}

function literal(value: unknown): string {
  return Array.isArray(value) ? `[${value.map((item) => JSON.stringify(item)).join(", ")}]` : JSON.stringify(value);
}

function leavesOf(value: unknown, at: string): { at: string; value: unknown }[] {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, item]) => leavesOf(item, at === "" ? key : `${at}.${key}`))
    : [{ at, value }];
}

function all(args: Argument[]): Argument[] {
  return args.flatMap((argument) => [argument, ...all(argument.fields)]);
}
