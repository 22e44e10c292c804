// Where the API server is and who asks: the current context of a kubeconfig, given as a path or as content.
// Read here and not by a client library, whose import alone costs a plugin start two seconds.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { refusal } from "../serve";
import { at, isObject, text, type Json, type JsonObject } from "../values";

export interface Connection {
  server: string;
  ca?: Buffer;
  insecure: boolean;
  serverName?: string;
  token?: string;
  cert?: Buffer;
  key?: Buffer;
  namespace: string;
  /** The file to hand to Helm, and the context in it. */
  file: string;
  context: string;
}

interface Wanted {
  kubeconfig?: string;
  context?: string;
  namespace?: string;
}

function sourceFile(kubeconfig: string | undefined): string {
  const given = kubeconfig || process.env["KUBECONFIG"] || join(homedir(), ".kube", "config");
  const path = given.startsWith("~/") ? join(homedir(), given.slice(2)) : given;
  if (existsSync(path)) return path;
  if (given === process.env["KUBECONFIG"] && given.includes(delimiter))
    throw refusal("a KUBECONFIG of several files", "kubernetes");
  if (!given.includes("\n") && !given.startsWith("{")) throw new Error(`the kubeconfig "${given}" does not exist`);
  const folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
  const file = join(folder, "config");
  writeFileSync(file, given, { mode: 0o600 });
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return file;
}

function named(config: Json, list: string, entry: string, name: string): JsonObject | undefined {
  const entries = at(config, list);
  const found = Array.isArray(entries) ? entries.find((item) => at(item, "name") === name) : undefined;
  const value = at(found, entry);
  return isObject(value) ? value : undefined;
}

function bytes(entry: JsonObject | undefined, key: string): Buffer | undefined {
  const data = text(entry?.[`${key}-data`]);
  const file = text(entry?.[key]);
  if (data !== "") return Buffer.from(data, "base64");
  return file === "" ? undefined : readFileSync(file);
}

/** Reads the connection that a provider's configuration means; throws where it means none. */
export function connection(wanted: Wanted): Connection {
  const file = sourceFile(wanted.kubeconfig);
  const config = parse(readFileSync(file, "utf8")) as Json;
  const context = wanted.context || text(at(config, "current-context"));
  const current = named(config, "contexts", "context", context);
  if (!current) throw new Error(`the kubeconfig ${file} has no context "${context}"`);
  const clusterName = text(current["cluster"]);
  const cluster = named(config, "clusters", "cluster", clusterName);
  if (!cluster) throw new Error(`the kubeconfig ${file} has no cluster "${clusterName}"`);
  const user = named(config, "users", "user", text(current["user"]));
  for (const way of ["exec", "auth-provider"])
    if (user?.[way] !== undefined) throw refusal(`kubeconfig users with "${way}"`, "kubernetes");
  const tokenFile = text(user?.["tokenFile"]);
  return {
    server: text(cluster["server"]).replace(/\/$/, ""),
    ca: bytes(cluster, "certificate-authority"),
    insecure: cluster["insecure-skip-tls-verify"] === true,
    serverName: text(cluster["tls-server-name"]) || undefined,
    token: text(user?.["token"]) || (tokenFile === "" ? undefined : readFileSync(tokenFile, "utf8").trim()),
    cert: bytes(user, "client-certificate"),
    key: bytes(user, "client-key"),
    namespace: wanted.namespace || text(current["namespace"]) || "default",
    file,
    context,
  };
}
