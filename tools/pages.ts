// What the generated parts of the documentation say, as Markdown.
import { configKeys } from "../components/mesh/program-config";
import { timeouts } from "../lib/istio/defaults";
import { defaultIstioVersion, istioLines } from "../lib/istio/releases";
import { waivable } from "../lib/preflight";
import type { Argument, Component, Property } from "./reference";

/** The reference of a component: one heading for each argument that stands at the top. */
export function componentReference({ args, outputs, resources }: Component): string {
  return [
    "## Arguments",
    ...args.map(argumentSection),
    "## Outputs",
    outputs.map(propertyLine).join("\n"),
    ...(resources.length === 0
      ? []
      : ["## Resources", "Use these in `dependsOn`.", resources.map(propertyLine).join("\n")]),
  ].join("\n\n");
}

function argumentSection(argument: Argument): string {
  const { path, type, values, text, required, standard, example, fields } = argument;
  const facts = [
    `- Type: \`${type}\`${required ? ", required" : ""}`,
    ...(values.length === 0 ? [] : [`- Values: ${values.map((value) => `\`"${value}"\``).join(", ")}`]),
    ...(standard === "" ? [] : [`- Default: ${withCode(standard)}`]),
    ...(example === "" ? [] : [`- Example: \`${path}: ${example}\``]),
  ];
  return [
    `### ${path}`,
    text,
    facts.join("\n"),
    ...(fields.length === 0 ? [] : ["Fields:", fieldList(fields, "")]),
  ].join("\n\n");
}

/** The fields below an argument as a list, and theirs below them. */
function fieldList(fields: Argument[], indent: string): string {
  return fields
    .map(({ path, type, values, text, required, standard, example, fields: inner }) => {
      const facts = [
        ...(values.length === 0 ? [] : [`One of ${values.map((value) => `\`"${value}"\``).join(", ")}.`]),
        ...(standard === "" ? [] : [`Default: ${withCode(standard)}.`]),
        ...(example === "" ? [] : [`Example: \`${example}\`.`]),
      ];
      const head = `${indent}- **\`${path}\`** (\`${type}\`${required ? ", required" : ""}): ${[text, ...facts].join(" ")}`;
      return inner.length === 0 ? head : `${head}\n${fieldList(inner, `${indent}  `)}`;
    })
    .join("\n");
}

function propertyLine({ name, type, text, fields }: Property): string {
  const inner = fields.map((field) => `\n  - \`${field.name}\`: ${field.text}`);
  return `- **\`${name}\`** (\`${type}\`): ${text}${inner.join("")}`;
}

/** A default with its constant set as code. */
function withCode(standard: string): string {
  return standard.replace(/^(\[.*\]|"[^"]*"|\d[\w.]*|true|false)(?=[ :]|$)/, "`$1`");
}

/** The flat keys of the program's configuration. */
export function configTable(): string {
  const lines = configKeys.map(({ variable, key, kind, argument }) => {
    const [top, ...rest] = argument;
    const sets =
      top === undefined
        ? kind === "component"
          ? "whether to install [cert-manager](cert-manager.md) first: `true`, or its arguments as an object"
          : "whether to create the mesh"
        : `[\`${[top, ...rest].join(".")}\`](ambient-mesh.md#${top.toLowerCase()})`;
    return `| ${variable === undefined ? "–" : `\`${variable}\``} | \`istio-ambient:${key}\` | ${sets} |`;
  });
  return [
    "| environment variable of HostK8s | config key | sets |",
    "| --- | --- | --- |",
    ...lines,
    "| – | `istio-ambient:mesh` | all other arguments of [AmbientMesh](ambient-mesh.md), as an object |",
  ].join("\n");
}

/** The release lines, and how to choose a release. */
export function releaseTable(): string {
  const lines = istioLines.map(
    ({ minor, newest, floor, kubernetes, gatewayApi }) =>
      `| ${minor} | ${newest} | ${floor} | ${kubernetes.first} to ${kubernetes.last} | ${gatewayApi} |`,
  );
  return [
    "```sh",
    `pulumi config set --path istio-ambient:mesh.version ${defaultIstioVersion}`,
    "pulumi preview",
    "pulumi up",
    "```",
    "",
    "| Istio | newest known | oldest accepted | Kubernetes | Gateway API |",
    "| --- | --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}

/** What the preflight looks for, by the id under which a finding can be waived. */
export function findingTable(): string {
  const lines = waivable.map(({ id, severity, claim }) => `| \`${id}\` | ${severity} | ${claim} |`);
  return ["| id | severity | requirement |", "| --- | --- | --- |", ...lines].join("\n");
}

/** What the README says that a user needs. */
export function needs(nodeRange: string): string {
  const [newest] = istioLines;
  const { first, last } = newest!.kubernetes;
  return [
    `- Kubernetes ${first} to ${last} for Istio ${newest!.minor}; newer versions produce a warning.`,
    `- Node.js ${nodeRange.replace(/^>=/, "")} or newer.`,
  ].join("\n");
}

/** What is waited for, and how long. */
const waits: Record<keyof typeof timeouts, string> = {
  release: "each Helm release to be deployed",
  dataPlane: "istiod, and istio-cni and ztunnel on every node",
  gateway: "a Gateway and its pods",
  gatewayApi: "the Gateway API CRDs to be served",
  certificate: "a certificate or an issuer that this package creates",
  foreignCertificate: "a certificate from an issuer that you name",
  route: "every parent to accept an HTTPRoute",
  waypoint: "a waypoint's pods",
  policy: "ztunnel or the waypoint to accept a policy",
};

/** The table of waits. */
export function timeoutTable(): string {
  const lines = Object.entries(timeouts).map(
    ([key, minutes]) =>
      `| ${waits[key as keyof typeof timeouts]} | ${minutes < 1 ? `${minutes * 60} seconds` : `${minutes} minutes`} |`,
  );
  return ["| waits for | time limit |", "| --- | --- |", ...lines].join("\n");
}
