// Resources that a program gives where a name or a reference is wanted: told in one line what they are and what to write.
import * as pulumi from "@pulumi/pulumi";
import { code, fieldOf } from "../../lib/validation/code";
import type { Violation } from "../../lib/validation/violations";

type Named = pulumi.Resource & { __name?: string; __pulumiType?: string };

/** What is told of a resource. */
interface Given {
  /** Its class: Waypoint, Namespace. */
  kind: string;
  name: string;
  isOurs: boolean;
  /** As the program probably calls it. */
  variable: string;
}

/** Components that a reference leads to, by the fields that take one. */
const referred: Record<string, readonly string[]> = {
  waypoint: ["Waypoint"],
  parent: ["IngressGateway", "AmbientMesh"],
  gateway: ["IngressGateway", "AmbientMesh"],
};

const references = new WeakMap<object, pulumi.Output<unknown>>();

/** Remembers the reference by which a component may stand for itself. */
export function announceReference(component: pulumi.ComponentResource, reference: pulumi.Output<unknown>): void {
  references.set(component, reference);
}

/** The arguments with the reference in place of a component that has one, where one is wanted. */
export function withReferences<T>(args: T): T {
  return replaced(args, "") as T;
}

function replaced(value: unknown, field: string): unknown {
  if (pulumi.Resource.isInstance(value)) {
    return referred[field]?.includes(givenResource(value).kind) ? (references.get(value) ?? value) : value;
  }
  if (pulumi.Output.isInstance(value) || value instanceof Promise || typeof value !== "object" || value === null) {
    return value;
  }
  return Array.isArray(value)
    ? value.map((item) => replaced(item, field))
    : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, key)]));
}

/** What is wrong with a resource at this place. */
export function resourceViolation(resource: pulumi.Resource, path: string): Violation {
  const given = givenResource(resource);
  const { rule, fix } = advice(given, path);
  return { path, got: `${given.kind} ${given.name}`, rule, fix };
}

/** The resource as a program writes it, and everything else as it comes. */
export function resourceCode(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(resourceCode).join(", ")}]`;
  }
  if (pulumi.Resource.isInstance(value)) {
    return givenResource(value).variable;
  }
  return ["string", "number", "boolean"].includes(typeof value) ? code(value) : "...";
}

function givenResource(resource: Named): Given {
  const type = resource.__pulumiType ?? "";
  const kind = type.startsWith("pulumi:providers:") ? "Provider" : type.replace(/^.*[:/]/, "");
  const name = resource.__name ?? "";
  const joined = name.replace(/[^A-Za-z0-9]+(.)?/g, (_, next: string | undefined) => (next ?? "").toUpperCase());
  const isOurs = type.startsWith("istio-ambient:");
  const variable = /^[A-Za-z]/.test(joined) ? joined : `${kind.charAt(0).toLowerCase()}${kind.slice(1)}`;
  return { kind, name, isOurs, variable };
}

/** Fields that take a list. */
const lists = ["for", "backends", "to", "namespaces", "serviceAccounts", "services", "hostnames"];

function advice(given: Given, path: string): { rule: string; fix: string } {
  const { variable } = given;
  const field = fieldOf(path);
  const isList = /\]$/.test(path) || lists.includes(field);
  const list = (value: string) => (isList ? `${field}: [${value}]` : `${field}: ${value}`);
  if (field === "cluster") {
    return { rule: "must say how the cluster of the provider is reached", fix: 'cluster: { context: "kind-kind" }' };
  }
  if (field === "waypoint") {
    return { rule: "must be a waypoint", fix: "waypoint: waypoint.reference" };
  }
  if (field === "parent" || field === "gateway") {
    return { rule: field === "parent" ? "must be a Gateway or a Service" : "must be a gateway", fix: list(of(given)) };
  }
  const object = objectOf(field, given);
  if (object !== undefined) {
    return { rule: "must be an object, and not a resource", fix: list(object) };
  }
  if (field === "labels" || field === "annotations" || field === "selector") {
    const part = field === "selector" ? "labels" : field;
    return { rule: "must be a map, and not a resource", fix: `${field}: ${variable}.metadata.${part}` };
  }
  return { rule: "must be a name, and not a resource", fix: list(nameOf(field, given)) };
}

/** The parent that a resource was meant to be. */
function of({ kind, isOurs, variable }: Given): string {
  const name = `${variable}.metadata.name`;
  if (!isOurs && kind === "Service") return `{ kind: "Service", name: ${name} }`;
  return !isOurs && kind === "Gateway"
    ? `{ name: ${name}, namespace: ${variable}.metadata.namespace }`
    : "mesh.gateway";
}

/** What an object is made of, where a field takes one. */
function objectOf(field: string, given: Given): string | undefined {
  const service = nameOf("service", given);
  if (field === "for") {
    const isNamespace = ["AmbientNamespace", "Namespace"].includes(given.kind);
    const user = isNamespace ? "" : `, service: ${service}`;
    return `{ namespace: ${nameOf("namespace", given)}${user} }`;
  }
  if (["backends", "stable", "candidate", "backend"].includes(field)) {
    return `{ service: ${service}, port: 80 }`;
  }
  if (field === "to") {
    return `{ service: ${service} }`;
  }
  return field === "certificate" ? `{ existing: true, secretName: ${given.variable}.metadata.name }` : undefined;
}

/** Where a resource has the name that a field takes. */
function nameOf(field: string, { kind, isOurs, variable }: Given): string {
  const metadata = `${variable}.metadata`;
  if (field === "serviceAccounts") {
    return `pulumi.interpolate\`\${${metadata}.namespace}/\${${metadata}.name}\``;
  }
  const isNamespace = /^(namespaces?|useWaypointNamespace)$/.test(field);
  if (!isOurs) {
    return isNamespace && kind !== "Namespace" ? `${metadata}.namespace` : `${metadata}.name`;
  }
  if (kind === "AmbientMesh") {
    return isNamespace ? `${variable}.namespace` : `${variable}.gateway.name`;
  }
  if (kind === "IngressGateway") {
    return field === "service"
      ? `${variable}.serviceName`
      : `${variable}.reference.${isNamespace ? "namespace" : "name"}`;
  }
  return isNamespace && (kind === "Waypoint" || kind === "HttpRoute") ? `${variable}.namespace` : `${variable}.name`;
}
