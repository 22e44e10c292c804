// Helm's own binary, one command after another; what it prints as JSON is read, what it refuses becomes an error.
import { execFile } from "node:child_process";
import { parseAllDocuments } from "yaml";
import { at, isObject, text, type Json, type JsonObject } from "../values";
import type { Connection } from "./kubeconfig";

/** What Helm said when it failed, without the words it puts before it. */
export class HelmError extends Error {
  constructor(stderr: string) {
    const said = stderr.split("\n").filter((line) => !line.startsWith("WARNING:") && line.trim() !== "");
    super(said.join("\n").replace(/^Error: ((INSTALLATION|UPGRADE) FAILED: )?/, ""));
  }
}

/** A release as Helm has it. */
export interface Installed {
  name: string;
  namespace: string;
  values: JsonObject;
  chart: string;
  version: string;
  status: JsonObject;
  resourceNames: JsonObject;
}

/** Names of the objects in a manifest, by `Kind.group/apiVersion`. */
function resourceNames(manifest: string): JsonObject {
  const names = new Map<string, Set<string>>();
  for (const document of parseAllDocuments(manifest)) {
    const object = document.toJS() as Json;
    if (!isObject(object) || object["kind"] === undefined) continue;
    const apiVersion = text(object["apiVersion"]);
    const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
    const key = `${text(object["kind"])}${group}/${apiVersion}`;
    const namespace = text(at(object, "metadata", "namespace"));
    const name = text(at(object, "metadata", "name"));
    names.set(key, (names.get(key) ?? new Set()).add(namespace === "" ? name : `${namespace}/${name}`));
  }
  return Object.fromEntries([...names].map(([key, set]) => [key, [...set].sort()]));
}

export class Helm {
  constructor(
    private readonly stop: AbortSignal,
    private readonly connection?: Connection,
  ) {}

  /** Runs one command; resolves to what it printed. */
  async run(args: string[], input = ""): Promise<string> {
    return new Promise((resolve, reject) => {
      const options = { signal: this.stop, killSignal: "SIGINT" as const, maxBuffer: Infinity };
      const child = execFile("helm", args, options, (error, stdout, stderr) => {
        if (!error) resolve(stdout);
        else reject(stderr === "" ? new Error(`helm ${args[0]}: ${error.message}`) : new HelmError(stderr));
      });
      child.stdin?.end(input);
    });
  }

  /** Runs a command against the cluster, in a namespace. */
  async inCluster(namespace: string, args: string[], input?: string): Promise<string> {
    const { file = "", context = "" } = this.connection ?? {};
    const place = ["--namespace", namespace, "--kubeconfig", file, "--kube-context", context];
    return this.run([...args, ...place], input);
  }

  async version(chart: string[]): Promise<string> {
    const [document] = parseAllDocuments(await this.run(["show", "chart", ...chart]));
    return text(at(document?.toJS() as Json, "version"));
  }

  /** The release of that name; undefined where there is none. */
  async lookup(namespace: string, name: string): Promise<Installed | undefined> {
    const read = async (...command: string[]): Promise<Json> =>
      JSON.parse(await this.inCluster(namespace, [...command, name, "--output", "json"])) as Json;
    try {
      const [release, about] = await Promise.all([read("status"), read("get", "metadata")]);
      const config = at(release, "config");
      const chart = text(at(about, "chart"));
      const version = text(at(about, "version"));
      return {
        name: text(at(release, "name")),
        namespace: text(at(release, "namespace")),
        values: isObject(config) ? config : {},
        chart,
        version,
        status: {
          name,
          namespace: text(at(release, "namespace")),
          revision: at(release, "version") ?? 0,
          status: text(at(release, "info", "status")),
          chart,
          version,
          appVersion: text(at(about, "appVersion")),
        },
        resourceNames: resourceNames(text(at(release, "manifest"))),
      };
    } catch (error) {
      if (error instanceof HelmError && error.message.includes("release: not found")) return undefined;
      throw error;
    }
  }
}
