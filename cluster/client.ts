// A small client of the Kubernetes API: one request at a time, counted, with a deadline, never retried without telling.
import * as http from "node:http";
import * as https from "node:https";
import * as zlib from "node:zlib";
import { loadKubeConfig, reason, type ClusterTarget } from "./connection";

/** No server answered, or not in time, or not to these credentials. Its message is for the user. */
export class UnreachableError extends Error {
  override name = "UnreachableError";
}

/** What the API server answered. */
export type Reply =
  | { kind: "ok"; body: unknown }
  | { kind: "missing" }
  | { kind: "forbidden"; why: string }
  | { kind: "failed"; status: number; why: string };

/** What reading a cluster asks of a client. Of patches it sends dry runs only. */
export interface Api {
  readonly server: string;
  get(path: string, accept?: string): Promise<Reply>;
  patch(path: string, body: object, kind?: "merge" | "strategic"): Promise<Reply>;
  getText(path: string, timeoutMs: number): Promise<string | undefined>;
}

/** What repairing asks of a client. */
export interface WritingApi extends Api {
  post(path: string, body: object): Promise<Reply>;
}

/** Objects without spec and status, for kinds of which only names, labels and annotations matter. */
export const metadataOnly = {
  list: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
  object: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
};

/** Under which name the API server notes what this package applies. */
const fieldManager = "istio-ambient";

/** One request. */
interface Call {
  method: string;
  path: string;
  accept: string;
  body?: object;
  /** Content type of the body. */
  type?: string;
}

export class ApiClient implements WritingApi {
  /** Requests sent so far. */
  requests = 0;

  /** New credentials, as long as they are asked for. */
  private renewal?: Promise<{ options: https.RequestOptions }> | undefined;

  private constructor(
    private readonly target: ClusterTarget,
    /** Address of the API server. */
    readonly server: string,
    private options: https.RequestOptions,
    private readonly deadline: AbortSignal,
    private readonly deadlineMs: number,
    private readonly requestMs: number,
  ) {}

  /**
   * A client of the target's cluster that works until the deadline; reads credentials, sends no request. Where the deadline is far,
   * a request has a limit of its own: a server that is silent is asked once more what is only read.
   */
  static async connect(target: ClusterTarget, deadlineMs: number, requestMs = deadlineMs): Promise<ApiClient> {
    const deadline = AbortSignal.timeout(deadlineMs);
    const { server, options } = await credentials(target, deadline);
    return new ApiClient(target, server, options, deadline, deadlineMs, requestMs);
  }

  /** GET of a path such as /api/v1/pods?limit=500. */
  get(path: string, accept = "application/json"): Promise<Reply> {
    return this.ask({ method: "GET", path, accept });
  }

  /**
   * GET of what a server behind the API server answers, such as a kubelet. One that is silent, or refuses, tells nothing of
   * the cluster.
   */
  async getBehind(path: string, timeoutMs: number): Promise<Reply> {
    this.requests += 1;
    try {
      return replyOf(
        await this.send({ method: "GET", path, accept: "application/json" }, AbortSignal.timeout(timeoutMs)),
      );
    } catch (error) {
      if (this.deadline.aborted) throw this.unreachable(error);
      return {
        kind: "failed",
        status: 0,
        why: isLate(error) ? `no answer within ${timeoutMs / 1000} s` : reason(error),
      };
    }
  }

  /** POST of an object. */
  post(path: string, body: object): Promise<Reply> {
    return this.ask({ method: "POST", path, accept: "application/json", body, type: "application/json" });
  }

  /** DELETE of an object. */
  delete(path: string): Promise<Reply> {
    return this.ask({ method: "DELETE", path, accept: "application/json" });
  }

  /** A JSON merge patch, or a strategic one, which merges lists by their keys. */
  patch(path: string, body: object, kind: "merge" | "strategic" = "merge"): Promise<Reply> {
    const type = kind === "merge" ? "application/merge-patch+json" : "application/strategic-merge-patch+json";
    return this.ask({ method: "PATCH", path, accept: "application/json", body, type });
  }

  /** Asks what creating an object would come to, and creates none. */
  tryCreate(path: string, object: object): Promise<Reply> {
    return this.post(`${path}?${new URLSearchParams({ fieldManager, dryRun: "All" }).toString()}`, object);
  }

  /** Server-side apply: creates the object, or takes over the fields that it names and keeps all others. */
  apply(path: string, object: object, isDryRun = false): Promise<Reply> {
    const query = new URLSearchParams({ fieldManager, force: "true", ...(isDryRun ? { dryRun: "All" } : {}) });
    const type = "application/apply-patch+yaml";
    return this.ask({
      method: "PATCH",
      path: `${path}?${query.toString()}`,
      accept: "application/json",
      body: object,
      type,
    });
  }

  private async ask(call: Call): Promise<Reply> {
    this.requests += 1;
    let answer: { status: number; text: string };
    const used = this.options;
    try {
      answer = await this.sendInTime(call);
      if (answer.status === 401 && (await this.hasOthersThan(used))) answer = await this.sendInTime(call);
    } catch (error) {
      throw error instanceof UnreachableError ? error : this.unreachable(error);
    }
    const reply = replyOf(answer);
    if (reply.kind === "failed" && reply.status === 401) {
      throw new UnreachableError(`the API server at ${this.server} rejected the credentials: ${reply.why}`);
    }
    return reply;
  }

  /** Within the limit of a request. A write that was not answered may be done or not, and is not sent again. */
  private async sendInTime(call: Call): Promise<{ status: number; text: string }> {
    if (this.requestMs >= this.deadlineMs) return this.send(call);
    try {
      return await this.send(call, AbortSignal.timeout(this.requestMs));
    } catch (error) {
      if (call.method !== "GET" || !isLate(error) || this.deadline.aborted) throw error;
      return this.send(call, AbortSignal.timeout(this.requestMs));
    }
  }

  /** Tokens run out while a long command is at work, for all requests that are under way at once. */
  private async hasOthersThan(used: https.RequestOptions): Promise<boolean> {
    if (this.options === used) {
      this.renewal ??= credentials(this.target, this.deadline).finally(() => (this.renewal = undefined));
      const { options } = await this.renewal;
      // Requests that are under way keep the connections of the former.
      if (this.options === used && spoken(options) !== spoken(used)) this.options = options;
    }
    return this.options !== used;
  }

  private unreachable(error: unknown): UnreachableError {
    const limitMs = this.deadline.aborted ? this.deadlineMs : this.requestMs;
    const why = this.deadline.aborted || isLate(error) ? `no answer within ${limitMs / 1000} s` : reason(error);
    return new UnreachableError(`cannot reach the cluster at ${this.server}: ${why}`);
  }

  /** GET of text that may be missed: nothing when it does not come in time, or not at all. */
  async getText(path: string, timeoutMs: number): Promise<string | undefined> {
    this.requests += 1;
    try {
      const call = { method: "GET", path, accept: "text/plain" };
      const { status, text } = await this.send(call, AbortSignal.timeout(timeoutMs));
      return status === 200 ? text : undefined;
    } catch {
      return undefined;
    }
  }

  /** Ends the connections that are kept open between requests. */
  close(): void {
    if (this.options.agent instanceof http.Agent) this.options.agent.destroy();
  }

  private send(call: Call, timeout?: AbortSignal): Promise<{ status: number; text: string }> {
    const { method, path, accept, body: content, type } = call;
    const url = new URL(this.server.replace(/\/$/, "") + path);
    const { request } = url.protocol === "http:" ? http : https;
    const signal = timeout ? AbortSignal.any([this.deadline, timeout]) : this.deadline;
    const headers = {
      ...this.options.headers,
      accept,
      "accept-encoding": "gzip",
      ...(type && { "content-type": type }),
    };
    return new Promise((resolve, reject) => {
      const sent = request(url, { ...this.options, method, headers, signal }, (response) => {
        const body = response.headers["content-encoding"] === "gzip" ? response.pipe(zlib.createGunzip()) : response;
        const chunks: Buffer[] = [];
        response.on("error", reject);
        body.on("data", (chunk: Buffer) => chunks.push(chunk));
        body.on("error", reject);
        body.on("end", () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
        );
      });
      sent.on("error", reject);
      sent.end(content && JSON.stringify(content));
    });
  }
}

/** How to reach the cluster of a target, and as whom. */
async function credentials(
  target: ClusterTarget,
  deadline: AbortSignal,
): Promise<{ server: string; options: https.RequestOptions }> {
  const kubeconfig = await loadKubeConfig(target);
  const cluster = kubeconfig.getCurrentCluster();
  const server = cluster?.server ?? "";
  const options: https.RequestOptions = {};
  try {
    // An exec plugin that asks for a login must not outlive the deadline.
    await Promise.race([kubeconfig.applyToHTTPSOptions(options), expiry(deadline)]);
  } catch (error) {
    throw new UnreachableError(`no credentials for ${server}: ${reason(error)}`);
  }
  if (!cluster?.proxyUrl) options.agent = keepAliveAgent(server, options);
  return { server, options };
}

/** What credentials come to in a request. */
function spoken({ headers, auth, cert, key }: https.RequestOptions): string {
  return JSON.stringify([headers, auth, cert, key].map((part) => part ?? null));
}

function isLate(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError");
}

function keepAliveAgent(server: string, options: https.RequestOptions): http.Agent {
  if (server.startsWith("http:")) return new http.Agent({ keepAlive: true });
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  const given = Object.entries({ ca, cert, key, servername, rejectUnauthorized }).filter(([, v]) => v !== undefined);
  return new https.Agent({ keepAlive: true, ...Object.fromEntries(given) });
}

function expiry(deadline: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    deadline.addEventListener("abort", () => reject(new Error("no answer in time")), { once: true });
  });
}

function replyOf({ status, text }: { status: number; text: string }): Reply {
  if (status === 200 || status === 201) return { kind: "ok", body: JSON.parse(text) as unknown };
  if (status === 404) return { kind: "missing" };
  const why = statusMessage(text) ?? `HTTP ${status}`;
  return status === 403 ? { kind: "forbidden", why } : { kind: "failed", status, why };
}

/** The message of a Kubernetes Status object, when the body is one. */
function statusMessage(text: string): string | undefined {
  try {
    const status = JSON.parse(text) as { message?: unknown };
    return typeof status.message === "string" ? status.message : undefined;
  } catch {
    return undefined;
  }
}
