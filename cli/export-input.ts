// The arguments of a mesh, from a stack's configuration or from a file, and all that is wrong with them: in the words of the
// program and of the component.
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { reason } from "../cluster/connection";
import { isRemote, readLocalBundle } from "../cluster/gateway-api";
import { unreadableSource } from "../components/gateway-api/rules";
import { allowances, chartsIn, chartViolations } from "../components/mesh/chart-rules";
import type { PlainMesh } from "../components/mesh/manifest";
import { programSettings } from "../components/mesh/program-config";
import { meshRules } from "../components/mesh/rules";
import type { Format } from "../lib/export";
import { statedVersion } from "../lib/gateway-api/bundle";
import { defaultIstioVersion, type ChartName } from "../lib/istio/releases";
import { violationLine, type Violation } from "../lib/validation/violations";
import { UsageError } from "./exit";

/** What is exported. */
export interface MeshInput {
  args: PlainMesh;
  /** The release of the charts. */
  version: string;
  /** What the user is told at every run. */
  warnings: string[];
  /** The bundle's source from where the command runs; a path in the arguments is relative to their file. */
  bundleSource?: string;
  /** The file of a chart, where the charts lie in a directory. */
  chartFile(chart: ChartName): string | undefined;
}

/** Where the arguments are; one of the two. */
export interface InputFiles {
  stackFile?: string;
  args?: string;
}

const prefix = "istio-ambient:";

/** Reads and checks the arguments; throws one UsageError with everything that is wrong. */
export function readMesh({ stackFile, args: argsFile = "" }: InputFiles, format: Format): MeshInput {
  const file = stackFile ?? argsFile;
  const args = stackFile === undefined ? (parsed(file) as PlainMesh) : stackArgs(file);
  const place = (given: string) => path.resolve(path.dirname(file), given);
  const list = (directory: string) => listing(place(directory));
  const broken = meshRules(args, "");
  const more = broken.length > 0 ? [] : [...sourceViolations(args, place), ...formatViolations(args, format)];
  refuse('invalid arguments for AmbientMesh "mesh"', [...broken, ...chartViolations(args, list), ...more]);
  const { directory } = args.charts ?? {};
  const found = directory === undefined ? undefined : chartsIn(directory, args.version, list);
  const charts = found && "files" in found ? found : undefined;
  const version = charts?.version ?? args.version ?? defaultIstioVersion;
  const { source } = args.gatewayApi ?? {};
  return {
    args,
    version,
    warnings: [...allowances(args, version), ...withoutEffect(args)],
    ...(source === undefined ? {} : { bundleSource: isRemote(source) ? source : place(source) }),
    chartFile: (chart) => charts && path.join(place(directory ?? ""), charts.files[chart]),
  };
}

function refuse(head: string, violations: Violation[]): void {
  if (violations.length > 0) {
    throw new UsageError([`${head}:`, ...violations.map((each) => `  ${violationLine(each)}`)].join("\n"));
  }
}

/** A file of YAML, of which JSON is a part. */
function parsed(file: string): unknown {
  try {
    return parse(fs.readFileSync(file, "utf8")) ?? {};
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${reason(error)}`);
  }
}

/** The arguments that the program would make of a stack's file. */
function stackArgs(file: string): PlainMesh {
  const { config } = parsed(file) as { config?: Record<string, unknown> };
  const given = Object.entries(config ?? {}).filter(([key]) => key.startsWith(prefix));
  const head = "invalid stack configuration";
  refuse(
    head,
    given.flatMap(([key, value]) => encrypted(key, value)),
  );
  const texts = given.map(([key, value]) => [key.slice(prefix.length), configText(value)] as const);
  const settings = programSettings(Object.fromEntries(texts));
  refuse(head, settings.violations);
  if (!settings.enabled) {
    const rule = "must not be false: there is no mesh to export";
    refuse(head, [{ path: `${prefix}enabled`, got: false, rule, fix: "enabled: true" }]);
  }
  return settings.mesh as PlainMesh;
}

/** A value as Pulumi hands it to the program. */
function configText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Secrets of the stack: only Pulumi can read them, and they do not belong into Git. */
function encrypted(at: string, value: unknown): Violation[] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  if (Object.keys(value).join() === "secure") {
    const rule = "must be plaintext: exported files are not encrypted";
    return [{ path: at, got: "[secret]", rule, fix: { run: `pulumi config set --plaintext --path ${at} ...` } }];
  }
  const step = (key: string) => (Array.isArray(value) ? `${at}[${key}]` : `${at}.${key}`);
  return Object.entries(value).flatMap(([key, item]) => encrypted(step(key), item));
}

/** A bundle on this machine that cannot be read. */
function sourceViolations({ gatewayApi = {} }: PlainMesh, place: (given: string) => string): Violation[] {
  const { source, install } = gatewayApi;
  if (source === undefined || install === false || isRemote(source)) {
    return [];
  }
  const unreadable = (why: string) => [unreadableSource("gatewayApi.source", source, why)];
  try {
    const isBundle = statedVersion(readLocalBundle(place(source))) !== undefined;
    return isBundle ? [] : unreadable("it has no Gateway API CRDs");
  } catch (error) {
    return unreadable(reason(error));
  }
}

/** Charts that the tool cannot take. */
function formatViolations({ charts = {} }: PlainMesh, format: Format): Violation[] {
  const { directory } = charts;
  if (directory === undefined || format === "kustomize") {
    return [];
  }
  const tool = format === "flux" ? "Flux" : "Argo CD";
  const rule = `must not be set with --format ${format}: ${tool} pulls the charts from a repository`;
  const fix = 'charts: { repository: "oci://registry.example.com/istio/charts" }';
  return [{ path: "charts.directory", got: directory, rule, fix }];
}

/** Arguments for what only `pulumi` does. */
function withoutEffect({ onDestroy, cluster, preflight }: PlainMesh): string[] {
  const given = Object.entries({ onDestroy, cluster, preflight }).filter(([, value]) => value !== undefined);
  return given.length === 0
    ? []
    : [`no effect in exported files, since only \`pulumi\` reads it: ${given.map(([name]) => name).join(", ")}`];
}

function listing(directory: string): string[] | undefined {
  const isDirectory = fs.statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true;
  return isDirectory ? fs.readdirSync(directory) : undefined;
}
