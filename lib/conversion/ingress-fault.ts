// What an API server would not take of an Ingress, as far as a conversion would stumble over it or hand it on.
import { isIP } from "node:net";

type Fields = { [name: string]: unknown };

const pathTypes = ["Exact", "Prefix", "ImplementationSpecific"];
const hostForm = /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/i;

const nameForm = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** The first fault of an Ingress. */
export function ingressFault({ metadata, spec }: { metadata: object; spec?: unknown }): string | undefined {
  const { annotations = {}, labels = {}, name, namespace } = metadata as Fields;
  if (!isName(name)) return "metadata.name is not a DNS name in lower case";
  if (namespace !== undefined && !isLabel(namespace)) return "metadata.namespace is not a DNS label";
  if (!isFields(spec)) return "it has no spec";
  if (!isFields(annotations)) return "metadata.annotations is not a map";
  const unnamed = Object.keys(annotations).find((key) => !isQualified(key));
  if (unnamed !== undefined) return `annotation "${unnamed}" has a name that no API server takes`;
  const untyped = Object.entries(annotations).find(([, value]) => typeof value !== "string");
  if (untyped) return `annotation ${untyped[0]} is not a string: put its value in quotes`;
  if (!isFields(labels)) return "metadata.labels is not a map";
  const unlabeled = Object.entries(labels).find(([, value]) => typeof value !== "string");
  if (unlabeled) return `label ${unlabeled[0]} is not a string: put its value in quotes`;
  const { ingressClassName, rules = [], tls = [], defaultBackend } = spec;
  if (ingressClassName !== undefined && typeof ingressClassName !== "string") {
    return "spec.ingressClassName is not a string";
  }
  if (!Array.isArray(rules)) return "spec.rules is not a list";
  if (!Array.isArray(tls)) return "spec.tls is not a list";
  return (
    first(rules, ruleFault) ??
    first(tls, tlsFault) ??
    (defaultBackend === undefined ? undefined : backendFault(defaultBackend))
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isLabel(value: unknown): boolean {
  return typeof value === "string" && value.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(value);
}

/** True for what objects can be called. */
function isName(value: unknown): boolean {
  return typeof value === "string" && value.length <= 253 && nameForm.test(value);
}

/** True for what annotations can be called. */
function isQualified(key: string): boolean {
  const [name = "", prefix, ...rest] = key.toLowerCase().split("/").reverse();
  if (rest.length > 0 || !/^[a-z0-9]([-_.a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return false;
  return prefix === undefined || isName(prefix);
}

function first(all: unknown[], faultOf: (one: unknown) => string | undefined): string | undefined {
  for (const one of all) {
    const fault = faultOf(one);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function ruleFault(rule: unknown): string | undefined {
  if (!isFields(rule)) return "a rule is not a map";
  const { host = "", http = {} } = rule;
  if (typeof host !== "string" || (host !== "" && (!hostForm.test(host) || host.length > 253 || isIP(host) !== 0))) {
    return `host ${String(host)} is not a DNS name`;
  }
  if (!isFields(http)) return "http of a rule is not a map";
  const { paths = [] } = http;
  return Array.isArray(paths) ? first(paths, pathFault) : "http.paths of a rule is not a list";
}

function pathFault(one: unknown): string | undefined {
  if (!isFields(one)) return "a path is not a map";
  const { path = "", pathType = "Prefix", backend } = one;
  if (typeof path !== "string") return `path ${String(path)} is not a string`;
  if (path !== "" && !path.startsWith("/")) return `path ${path} does not begin with a slash`;
  if (typeof pathType !== "string" || !pathTypes.includes(pathType)) {
    return `pathType ${String(pathType)} of path ${path} is none of ${pathTypes.join(", ")}`;
  }
  return backendFault(backend);
}

function backendFault(backend: unknown): string | undefined {
  const { service, resource } = isFields(backend) ? backend : {};
  if (service === undefined && resource === undefined) return "a backend has neither service nor resource";
  if (service === undefined) return undefined;
  const { name, port } = isFields(service) ? service : {};
  if (typeof name !== "string" || name === "") return "a backend's service has no name";
  if (!isLabel(name)) return `Service ${name} has a name that is not a DNS label`;
  const { number, name: portName } = isFields(port) ? port : {};
  if (number === undefined && portName === undefined) return "a backend's service has no port";
  if (number !== undefined && !isPort(number)) {
    return `the port number of Service ${name} is not a whole number from 1 to 65535`;
  }
  if (portName !== undefined && typeof portName !== "string") return `the port name of Service ${name} is not a string`;
  return undefined;
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65535;
}

function tlsFault(tls: unknown): string | undefined {
  if (!isFields(tls)) return "an item of spec.tls is not a map";
  const { hosts = [], secretName = "" } = tls;
  if (!Array.isArray(hosts) || hosts.some((host) => typeof host !== "string"))
    return "tls.hosts is not a list of names";
  return secretName === "" || isName(secretName) ? undefined : "tls.secretName is not a DNS name in lower case";
}
