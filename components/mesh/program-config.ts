// The program's stack configuration: flat keys, one a setting of the original, and `mesh` for everything else.
import { Violation } from "../../lib/validation/violations";
import { certManagerRules } from "../cert-manager/rules";
import { merge, Values } from "./objects";
import { meshRules } from "./rules";
import { code } from "../../lib/validation/code";
import { meantName } from "../../lib/validation/names";

/** A flat key: the environment variable that it stands in for, if any, and the argument that it sets. */
export interface ConfigKey {
  key: string;
  /** None where HostK8s has no variable for it. */
  variable?: string;
  kind: "boolean" | "number" | "text" | "component";
  /** Path of the argument; none for what concerns the program itself. */
  argument: string[];
}

const certManagerKey = "certManager";

/** Every flat key. The README's table is made of it. */
export const configKeys: readonly ConfigKey[] = [
  { key: "enabled", variable: "ISTIO_ENABLED", kind: "boolean", argument: [] },
  {
    key: "controlPlaneMemory",
    variable: "ISTIO_CONTROL_PLANE_MEMORY",
    kind: "text",
    argument: ["controlPlane", "memory"],
  },
  { key: "dataplaneMemory", variable: "ISTIO_DATAPLANE_MEMORY", kind: "text", argument: ["dataplane", "memory"] },
  { key: "gatewayReplicas", variable: "ISTIO_GATEWAY_REPLICAS", kind: "number", argument: ["gateway", "replicas"] },
  { key: "telemetryEnabled", variable: "ISTIO_TELEMETRY_ENABLED", kind: "boolean", argument: ["telemetry"] },
  { key: "accessLogs", variable: "ISTIO_ACCESS_LOGS", kind: "boolean", argument: ["accessLogs"] },
  { key: "footprint", kind: "text", argument: ["footprint"] },
  { key: certManagerKey, kind: "component", argument: [] },
];

/** What the configuration says. */
export interface ProgramSettings {
  enabled: boolean;
  mesh: Values;
  /** Arguments of the CertManager that comes before the mesh; nothing without one. */
  certManager?: Values;
  violations: Violation[];
}

/** Reads the texts of a stack's configuration, keyed without the project's prefix. */
export function programSettings(config: { [key: string]: string }): ProgramSettings {
  const violations: Violation[] = [];
  const known = [...configKeys.map(({ key }) => key), "mesh"];
  for (const key of Object.keys(config).filter((given) => !known.includes(given))) {
    violations.push(unknownKey(key, config[key]!, known));
  }
  let mesh = readMesh(config["mesh"], violations);
  let enabled = true;
  const certManager = readCertManager(config[certManagerKey], violations);
  for (const entry of configKeys.filter(({ kind }) => kind !== "component")) {
    const text = config[entry.key];
    if (text === undefined) {
      continue;
    }
    const value = readValue(entry, text, violations);
    if (value === undefined) {
      continue;
    }
    if (entry.argument.length === 0) {
      enabled = value !== false;
    } else if (at(mesh, entry.argument) !== undefined) {
      const twice = entry.argument.join(".");
      const rule = `must not be set next to ${twice} in istio-ambient:mesh`;
      const fix = { run: `pulumi config rm istio-ambient:${entry.key}` };
      violations.push({ path: `istio-ambient:${entry.key}`, got: text, rule, fix });
    } else {
      mesh = merge(mesh, nested(entry.argument, value));
    }
  }
  const found = [...violations, ...(enabled ? meshViolations(mesh, config) : [])];
  return { enabled, mesh, ...(certManager && { certManager }), violations: found };
}

/** A flat key that does not exist: an argument of the mesh in the wrong place, or a slip of the pen. */
function unknownKey(key: string, got: string, known: string[]): Violation {
  const path = `istio-ambient:${key}`;
  const argument = key.replace(/^mesh\./, "");
  const hasFlatKey = configKeys.some((entry) => entry.argument.join(".") === argument);
  if (argument !== key || (argument in meshRules.fields && !hasFlatKey)) {
    const rule = "must be set under istio-ambient:mesh, like every argument of the mesh";
    const set = `pulumi config set --path istio-ambient:mesh.${argument} ${/^[\w.-]+$/.test(got) ? got : `'${got}'`}`;
    return { path, got, rule, fix: { run: `pulumi config rm ${path} && ${set}` } };
  }
  const meant = meantName(key, known);
  return meant === undefined
    ? { path, got, rule: `there is no such key, only ${known.join(", ")}`, fix: { run: `pulumi config rm ${path}` } }
    : { path, got, rule: "there is no such key", fix: `${meant}: ${code(scalar(got))}` };
}

/** What is wrong with the mesh that the keys make together, said of the key in which it was written. */
function meshViolations(mesh: Values, config: { [key: string]: string }): Violation[] {
  return meshRules(mesh, "").map((violation) => {
    const flat = configKeys.find(
      ({ key, argument }) => config[key] !== undefined && argument.join(".") === violation.path,
    );
    return flat && typeof violation.fix === "string"
      ? { ...violation, path: `istio-ambient:${flat.key}`, fix: violation.fix.replace(/^\w+/, flat.key) }
      : inConfig(violation, `istio-ambient:mesh.${violation.path}`);
  });
}

/** A violation of the configuration, in which a command removes what has to go. */
function inConfig(violation: Violation, path: string): Violation {
  const { fix } = violation;
  const goes = typeof fix === "object" && "remove" in fix;
  return { ...violation, path, fix: goes ? { run: `pulumi config rm --path ${path}` } : fix };
}

/** A text of the configuration as it stood in the file: numbers and booleans without quotes. */
function scalar(text: string): unknown {
  return /^(true|false|-?\d+)$/.test(text) ? (JSON.parse(text) as unknown) : text;
}

/** A switch, or the arguments of the component as an object. */
function readCertManager(text: string | undefined, violations: Violation[]): Values | undefined {
  const path = `istio-ambient:${certManagerKey}`;
  if (text === undefined || text === "false") {
    return undefined;
  }
  const args = text === "true" ? {} : objectIn(text);
  if (args === undefined) {
    const rule = "must be true or false, or an object of arguments";
    violations.push({ path, got: text, rule, fix: { run: `pulumi config set ${path} true` } });
    return undefined;
  }
  const wrong = certManagerRules(args, "").map((violation) => inConfig(violation, `${path}.${violation.path}`));
  violations.push(...wrong);
  return args;
}

/** The object that a text is, if it is one. */
function objectIn(text: string): Values | undefined {
  try {
    const parsed = JSON.parse(text) as unknown;
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? (parsed as Values) : undefined;
  } catch {
    return undefined;
  }
}

function readMesh(text: string | undefined, violations: Violation[]): Values {
  if (text === undefined) {
    return {};
  }
  const mesh = objectIn(text);
  if (mesh !== undefined) {
    return mesh;
  }
  const fix = { run: "pulumi config set --path istio-ambient:mesh.platform kind" };
  violations.push({ path: "istio-ambient:mesh", got: text, rule: "must be an object", fix });
  return {};
}

function readValue(entry: ConfigKey, text: string, violations: Violation[]): unknown {
  if (entry.kind === "text") {
    return text;
  }
  const value = entry.kind === "boolean" ? { true: true, false: false }[text] : numberOf(text);
  if (value === undefined) {
    const rule = entry.kind === "boolean" ? "must be true or false" : "must be a whole number";
    const fix = { run: `pulumi config set istio-ambient:${entry.key} ${entry.kind === "boolean" ? "true" : "1"}` };
    violations.push({ path: `istio-ambient:${entry.key}`, got: text, rule, fix });
  }
  return value;
}

function numberOf(text: string): number | undefined {
  return /^-?\d+$/.test(text) ? Number(text) : undefined;
}

function at(values: Values, path: string[]): unknown {
  return path.reduce<unknown>((below, key) => (below as Values | undefined)?.[key], values);
}

function nested(path: string[], value: unknown): Values {
  const [key, ...rest] = path;
  return { [key!]: rest.length === 0 ? value : nested(rest, value) };
}
