// The Kubernetes API as plain requests: objects of any kind by discovery, kept as the server sends them.
import * as http from "node:http";
import * as https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { at, isObject, text, type Json, type JsonObject } from "../values";
import type { Connection } from "./kubeconfig";
import { groupVersion, type Kind } from "./names";

const CONNECT_TIMEOUT = 10_000;

/** An answer of the API server that is no success; its message is the server's own. */
export class ApiError extends Error {
  constructor(
    readonly code: number,
    readonly status: JsonObject,
    body: string,
  ) {
    super(text(status["message"]) || body || `the API server answered ${code}`);
  }

  get reason(): string {
    return text(this.status["reason"]);
  }
}

/** No resource of that kind is served. */
export class NoMatch extends Error {
  constructor(kind: Kind) {
    super(`no matches for kind "${kind.kind}" in version "${groupVersion(kind)}"`);
  }
}

interface Served {
  resource: string;
  namespaced: boolean;
}
interface Query {
  [name: string]: string | undefined;
}

export function isNotFound(error: unknown): boolean {
  return error instanceof NoMatch || (error instanceof ApiError && error.code === 404);
}

export class Api {
  private readonly agent: http.Agent;
  private readonly discovered = new Map<string, Map<string, Served>>();

  constructor(
    readonly connection: Connection,
    private readonly stop: AbortSignal,
  ) {
    const secure = connection.server.startsWith("https:");
    const keep = { keepAlive: true, maxSockets: 32 };
    this.agent = secure
      ? new https.Agent({
          ...keep,
          ca: connection.ca,
          cert: connection.cert,
          key: connection.key,
          servername: connection.serverName,
          rejectUnauthorized: !connection.insecure,
        })
      : new http.Agent(keep);
  }

  /** One request; the body is JSON, which server-side apply takes as the YAML that it is. */
  async request(
    method: string,
    path: string,
    query: Query = {},
    body?: Json,
    type = "application/json",
  ): Promise<Json> {
    const url = new URL(this.connection.server + path);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    const headers: http.OutgoingHttpHeaders = { Accept: "application/json" };
    if (this.connection.token) headers["Authorization"] = `Bearer ${this.connection.token}`;
    const payload = body === undefined ? undefined : JSON.stringify(body);
    if (payload !== undefined) {
      headers["Content-Type"] = type;
      headers["Content-Length"] = Buffer.byteLength(payload);
    }
    const { code, answer } = await new Promise<{ code: number; answer: string }>((resolve, reject) => {
      const client = url.protocol === "https:" ? https : http;
      const sent = client.request(url, { method, headers, agent: this.agent, signal: this.stop }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          resolve({ code: response.statusCode ?? 0, answer: Buffer.concat(chunks).toString("utf8") });
        });
      });
      sent.on("socket", (socket) => {
        if (!socket.connecting) return;
        const timer = setTimeout(() => socket.destroy(new Error(`no connection to ${url.host}`)), CONNECT_TIMEOUT);
        for (const event of ["connect", "close"]) socket.once(event, () => clearTimeout(timer));
      });
      sent.on("error", reject);
      sent.end(payload);
    });
    if (code >= 200 && code < 300) return JSON.parse(answer) as Json;
    let status: Json = null;
    if (answer.startsWith("{")) status = JSON.parse(answer) as Json;
    throw new ApiError(code, isObject(status) ? status : {}, answer);
  }

  private async served(kind: Kind): Promise<Served | undefined> {
    const version = groupVersion(kind);
    const known = this.discovered.get(version)?.get(kind.kind);
    if (known) return known;
    let list: Json;
    try {
      list = await this.request("GET", kind.group === "" ? `/api/${kind.version}` : `/apis/${version}`);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
    const found = new Map<string, Served>();
    const resources = at(list, "resources");
    for (const resource of Array.isArray(resources) ? resources : []) {
      const name = text(at(resource, "name"));
      if (!name.includes("/"))
        found.set(text(at(resource, "kind")), { resource: name, namespaced: at(resource, "namespaced") === true });
    }
    this.discovered.set(version, found);
    return found.get(kind.kind);
  }

  async exists(kind: Kind): Promise<boolean> {
    return (await this.served(kind)) !== undefined;
  }

  /** Whether objects of the kind live in namespaces; undefined where the kind is not served. */
  async namespaced(kind: Kind): Promise<boolean | undefined> {
    return (await this.served(kind))?.namespaced;
  }

  private async path(kind: Kind, namespace: string, name?: string): Promise<string> {
    const served = await this.served(kind);
    if (!served) throw new NoMatch(kind);
    const root = kind.group === "" ? `/api/${kind.version}` : `/apis/${groupVersion(kind)}`;
    const scope = served.namespaced ? `/namespaces/${encodeURIComponent(namespace || "default")}` : "";
    return `${root}${scope}/${served.resource}${name === undefined ? "" : `/${encodeURIComponent(name)}`}`;
  }

  async get(kind: Kind, namespace: string, name: string): Promise<JsonObject> {
    return (await this.request("GET", await this.path(kind, namespace, name))) as JsonObject;
  }

  async create(kind: Kind, namespace: string, object: JsonObject, query: Query): Promise<JsonObject> {
    return (await this.request("POST", await this.path(kind, namespace), query, object)) as JsonObject;
  }

  /** Server-side apply: creates or merges, and records who owns which field. */
  async apply(kind: Kind, namespace: string, name: string, object: JsonObject, query: Query): Promise<JsonObject> {
    const path = await this.path(kind, namespace, name);
    return (await this.request("PATCH", path, query, object, "application/apply-patch+yaml")) as JsonObject;
  }

  async jsonPatch(kind: Kind, namespace: string, name: string, patch: Json): Promise<JsonObject> {
    const path = await this.path(kind, namespace, name);
    return (await this.request("PATCH", path, {}, patch, "application/json-patch+json")) as JsonObject;
  }

  async replace(kind: Kind, namespace: string, name: string, object: JsonObject, query: Query): Promise<JsonObject> {
    return (await this.request("PUT", await this.path(kind, namespace, name), query, object)) as JsonObject;
  }

  async remove(kind: Kind, namespace: string, name: string, propagationPolicy: string): Promise<void> {
    await this.request("DELETE", await this.path(kind, namespace, name), {}, { propagationPolicy });
  }

  /** Waits without keeping a cancelled operation alive. */
  async pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.stop });
  }
}
