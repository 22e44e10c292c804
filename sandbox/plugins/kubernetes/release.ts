// helm.sh/v3:Release: Check loads the chart and settles its version, Diff compares inputs with the recorded state,
// and Create, Update and Delete are Helm's install, upgrade and uninstall.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import type {
  CheckRequest,
  CreateRequest,
  DeleteRequest,
  DiffRequest,
  ReadRequest,
  UpdateRequest,
} from "@pulumi/pulumi/proto/provider_pb";
import { detailedDiff, replacing, threeWayPatch } from "../diff";
import { NotInitialized, refusal, type Checked, type Difference, type State } from "../serve";
import {
  at,
  copySecrets,
  fromStruct,
  hasUnknown,
  isObject,
  isSecret,
  revealedObject,
  secret,
  text,
  unknown,
  type Json,
  type JsonObject,
} from "../values";
import { reachable, type Cluster } from "./cluster";
import { Helm, type Installed } from "./helm";
import { fullName, splitId, urnParts } from "./names";

const DEFAULT_TIMEOUT = 300;
const INPUTS = "__inputs";

/** Every input of the schema that is spelled out in the state, with the value that says nothing. */
const blank: JsonObject = {
  ...Object.fromEntries(
    ["chart", "description", "keyring", "name", "namespace", "postrender", "version"].map((key) => [key, ""]),
  ),
  ...Object.fromEntries(
    [
      ...[
        "allowNullValues",
        "atomic",
        "cleanupOnFail",
        "createNamespace",
        "dependencyUpdate",
        "devel",
        "disableCRDHooks",
      ],
      ...["disableOpenapiValidation", "disableWebhooks", "forceUpdate", "lint", "recreatePods", "renderSubchartNotes"],
      ...["replace", "resetValues", "reuseValues", "skipAwait", "skipCrds", "verify", "waitForJobs"],
    ].map((key) => [key, false]),
  ),
  timeout: 0,
  values: {},
};
/** Inputs that are only for others, and such as are not kept. */
const dropped = ["compat", "resourceNames", "manifest", "status"];
/** Switches of install and upgrade, each with its flag. */
const bothFlags: { [input: string]: string } = {
  atomic: "--atomic",
  disableOpenapiValidation: "--disable-openapi-validation",
};
const installFlags: { [input: string]: string } = {
  ...bothFlags,
  createNamespace: "--create-namespace",
  disableWebhooks: "--no-hooks",
  skipCrds: "--skip-crds",
};
const upgradeFlags: { [input: string]: string } = {
  ...bothFlags,
  cleanupOnFail: "--cleanup-on-fail",
  forceUpdate: "--force",
};
const supported = new Set([
  ...Object.keys(installFlags),
  ...Object.keys(upgradeFlags),
  ...["allowNullValues", "chart", "description", "maxHistory", "name", "namespace", "repositoryOpts", "skipAwait"],
  ...["timeout", "values", "version", "waitForJobs"],
]);

/** Inputs with all that they leave unsaid; what the stand-in does not do must stay unsaid. */
function spelledOut(inputs: JsonObject): JsonObject {
  const given = Object.entries(inputs).filter(([key, value]) => value !== null && !dropped.includes(key));
  for (const [key, value] of given)
    if (!supported.has(key) && value !== blank[key]) throw refusal(`the Release input "${key}"`, "kubernetes");
  return { ...blank, ...Object.fromEntries(given) };
}

function withDefaults(inputs: JsonObject, cluster: Cluster): JsonObject {
  const namespace = inputs["namespace"] || cluster.namespace || "default";
  const defaults: JsonObject = inputs["skipAwait"] === true ? {} : { timeout: DEFAULT_TIMEOUT };
  return { ...defaults, ...inputs, namespace };
}

function helm(cluster: Cluster): Helm {
  return new Helm(cluster.host.stop, cluster.api?.connection);
}

function chartArguments(release: JsonObject): string[] {
  const options = release["repositoryOpts"];
  const repository = text(at(options, "repo"));
  const chart = text(release["chart"]);
  const version = text(release["version"]);
  const isUrl = repository.includes("://") && !chart.startsWith("oci://");
  const named = repository !== "" && !isUrl && !chart.includes("/") ? `${repository}/${chart}` : chart;
  const credentials = {
    caFile: "--ca-file",
    certFile: "--cert-file",
    keyFile: "--key-file",
    username: "--username",
    password: "--password",
  };
  return [
    named,
    ...(isUrl ? ["--repo", repository] : []),
    ...(version === "" ? [] : ["--version", version]),
    ...Object.entries(credentials).flatMap(([key, flag]) =>
      text(at(options, key)) ? [flag, text(at(options, key))] : [],
    ),
  ];
}

function commonArguments(release: JsonObject, flags: { [input: string]: string }): string[] {
  const description = text(release["description"]);
  const wait =
    release["skipAwait"] === true ? [] : release["waitForJobs"] === true ? ["--wait", "--wait-for-jobs"] : ["--wait"];
  return [
    ...chartArguments(release),
    ...Object.entries(flags).flatMap(([input, flag]) => (release[input] === true ? [flag] : [])),
    ...wait,
    ...["--timeout", timeout(release), "--values", "-"],
    ...(description === "" ? [] : ["--description", description]),
  ];
}

function timeout(release: JsonObject): string {
  const seconds = release["timeout"];
  return `${typeof seconds === "number" && seconds > 0 ? seconds : DEFAULT_TIMEOUT}s`;
}

function valuesText(release: JsonObject): string {
  return JSON.stringify(release["values"] ?? {});
}

function deepMerge(one: JsonObject, other: JsonObject): JsonObject {
  const result = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const mine = result[key];
    result[key] = isObject(mine) && isObject(value) ? deepMerge(mine, value) : value;
  }
  return result;
}

/** The recorded state: what was asked for, what Helm made of it, and the inputs once more, as a secret. */
function recorded(inputs: JsonObject, release: JsonObject, installed: Installed | undefined): JsonObject {
  const values = isObject(release["values"]) ? release["values"] : {};
  const state: JsonObject = { ...release, values: deepMerge(values, installed?.values ?? {}) };
  if (installed) state["version"] = installed.version;
  state["resourceNames"] = installed?.resourceNames ?? unknown;
  state["status"] = installed?.status ?? unknown;
  return { ...copySecrets(state, inputs), [INPUTS]: secret(inputs) };
}

function recalled(state: JsonObject): { inputs: JsonObject | undefined; release: JsonObject } {
  const { [INPUTS]: kept, ...rest } = state;
  const inputs = isSecret(kept) ? kept["value"] : kept;
  return { inputs: isObject(inputs) ? inputs : undefined, release: revealedObject(rest) };
}

export async function checkRelease(cluster: Cluster, request: CheckRequest): Promise<Checked> {
  const given = fromStruct(request.getNews());
  const inputs = spelledOut(withDefaults(given, cluster));
  inputs["name"] ||=
    fromStruct(request.getOlds())["name"] ?? `${urnParts(request.getUrn()).name}-${randomBytes(4).toString("hex")}`;
  if (hasUnknown(given)) return { inputs };
  try {
    inputs["version"] = await helm(cluster).version(chartArguments(revealedObject(inputs)));
    return { inputs };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const reason = `${said}; check the chart name and repository configuration.`;
    return { inputs, failures: [{ property: "chart", reason }] };
  }
}

export function diffRelease(request: DiffRequest): Difference {
  const { inputs = {}, release } = recalled(fromStruct(request.getOlds()));
  const news = revealedObject(fromStruct(request.getNews()));
  if (request.getIgnorechangesList().includes("version") && release["version"] !== undefined)
    news["version"] = release["version"];
  const oldInputs = revealedObject(inputs);
  const patch = threeWayPatch(oldInputs, news, release);
  const detail = detailedDiff(patch, { state: release, news, oldInputs }, [".name", ".namespace"]);
  return {
    changed: Object.keys(patch).length > 0,
    replaces: replacing(detail),
    detail: detail.size > 0 ? detail : undefined,
  };
}

/** A release of which Helm has a revision after all is recorded with the failure; one without was never made. */
async function failed(
  cluster: Cluster,
  inputs: JsonObject,
  before: Json | undefined,
  action: string,
  error: unknown,
): Promise<Error> {
  const release = revealedObject(inputs);
  const [namespace, name] = [text(release["namespace"]), text(release["name"])];
  const fault = error instanceof Error ? error : new Error(String(error));
  if (fault.message.includes("cannot re-use a name that is still in use")) return fault;
  const installed = await helm(cluster).lookup(namespace, name);
  if (!installed || installed.status["revision"] === before) return fault;
  const id = fullName(namespace, name);
  return new NotInitialized(
    `Helm release "${id}" ${action}. Use Helm CLI to investigate: ` +
      `failed to become available within allocated timeout. Error: Helm Release ${id}: ${fault.message}`,
    { id, properties: recorded(inputs, release, installed) },
  );
}

export async function createRelease(cluster: Cluster, request: CreateRequest): Promise<State> {
  const inputs = fromStruct(request.getProperties());
  const release = revealedObject(inputs);
  if (request.getPreview()) return { id: "", properties: recorded(inputs, release, undefined) };
  reachable(cluster);
  const [namespace, name] = [text(release["namespace"]), text(release["name"])];
  try {
    const args = commonArguments(release, installFlags);
    await helm(cluster).inCluster(namespace, ["install", name, ...args], valuesText(release));
  } catch (error) {
    throw await failed(cluster, inputs, undefined, "was created, but failed to initialize completely", error);
  }
  const installed = await helm(cluster).lookup(namespace, name);
  return { id: fullName(namespace, name), properties: recorded(inputs, release, installed) };
}

export async function updateRelease(cluster: Cluster, request: UpdateRequest): Promise<JsonObject> {
  const inputs = fromStruct(request.getNews());
  const release = revealedObject(inputs);
  if (request.getPreview()) return recorded(inputs, release, undefined);
  reachable(cluster);
  const { release: old } = recalled(fromStruct(request.getOlds()));
  const [namespace, name] = [text(old["namespace"]), text(release["name"])];
  const history = typeof release["maxHistory"] === "number" ? release["maxHistory"] : 0;
  try {
    const args = [...commonArguments(release, upgradeFlags), "--history-max", String(history)];
    await helm(cluster).inCluster(namespace, ["upgrade", name, ...args], valuesText(release));
  } catch (error) {
    const before = at(old, "status", "revision");
    throw await failed(cluster, inputs, before, "failed to initialize completely", error);
  }
  return recorded(inputs, release, await helm(cluster).lookup(namespace, name));
}

/** A chart that lies beside the program under the usual names, else its bare name. */
function chartBeside(installed: Installed): string {
  const versioned = `${installed.chart}-${installed.version}`;
  return [versioned, `${versioned}.tgz`, installed.chart, `${installed.chart}.tgz`].find(existsSync) ?? installed.chart;
}

export async function readRelease(cluster: Cluster, request: ReadRequest): Promise<State & { inputs: JsonObject }> {
  if (cluster.unreachable !== undefined) {
    if (cluster.deleteUnreachable) return { id: "", properties: {}, inputs: {} };
    throw new Error(`failed to read resource state due to unreachable cluster: ${cluster.unreachable}`);
  }
  const state = fromStruct(request.getProperties());
  const { inputs: kept, release: old } = recalled(state);
  const isImport = Object.keys(state).length === 0;
  const id = splitId(request.getId());
  const namespace = isImport ? id.namespace || cluster.namespace : text(old["namespace"]);
  const installed = await helm(cluster).lookup(namespace, isImport ? id.name : text(old["name"]));
  if (!installed) return { id: "", properties: {}, inputs: {} };
  const release = isImport
    ? spelledOut({ name: installed.name, namespace: installed.namespace, chart: chartBeside(installed) })
    : old;
  const inputs = kept ?? { ...release, values: installed.values, version: installed.version };
  return {
    id: request.getId() || fullName(installed.namespace, installed.name),
    properties: recorded(inputs, release, installed),
    inputs,
  };
}

export async function deleteRelease(cluster: Cluster, request: DeleteRequest): Promise<void> {
  if (cluster.unreachable !== undefined)
    throw new Error(`can't delete Helm Release with unreachable cluster. Reason: "${cluster.unreachable}"`);
  const { release } = recalled(fromStruct(request.getProperties()));
  const waits = release["atomic"] === true || release["skipAwait"] !== true;
  const args = ["uninstall", text(release["name"]), ...(waits ? ["--wait", "--timeout", timeout(release)] : [])];
  const said = await helm(cluster).inCluster(text(release["namespace"]), args);
  const information = said.replace(/^release ".*" uninstalled$/m, "").trim();
  if (information !== "")
    cluster.host.warn(request.getUrn(), `Helm uninstall returned information: ${JSON.stringify(information)}`);
}
