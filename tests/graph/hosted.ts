// The plugin in a process of its own, called as the engine calls it for a program in another language.
import { ChildProcess, spawn } from "node:child_process";
import * as path from "node:path";
import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { ConstructRequest, GetSchemaRequest, InvokeRequest } from "@pulumi/pulumi/proto/provider_pb";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb";
import {
  DeploymentInfo,
  RegisterResourceRequest,
  RegisterResourceResponse,
  ResourceMonitorFeature,
} from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { typescript } from "../../sandbox/node";

const signature = "4dabf18193072939515e22adb298388d";
const outputValue = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** An argument that comes from another resource of the program. */
export function output(value: unknown): object {
  return { [signature]: outputValue, value, dependencies: [urn("kubernetes:core/v1:Service", "other")] };
}

export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** What became of a component: its state, or the one text of its failure. */
export type Made = { state: Record<string, unknown> } | { failure: string };

const features = [
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_SECRETS,
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
];

/** One run of a program, and the plugin that makes its components. */
export class HostedRun {
  readonly registered: Registered[] = [];
  readonly logged: string[] = [];

  private constructor(
    private readonly server: grpc.Server,
    private address: string,
    private readonly plugin: ChildProcess,
    private readonly client: ResourceProviderClient,
  ) {}

  /** Starts the plugin in the folder of a project. */
  static async start(folder: string, environment: NodeJS.ProcessEnv = {}): Promise<HostedRun> {
    const server = new grpc.Server();
    const seen = { registered: [] as Registered[], logged: [] as string[] };
    serve(server, seen.registered, seen.logged);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    const address = `127.0.0.1:${port}`;
    const [node = "", ...args] = typescript(path.join(__dirname, "..", "..", "plugin", "main.ts"), address);
    const plugin = spawn(node, args, {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const first = await new Promise<string>((resolve) => plugin.stdout.setEncoding("utf8").once("data", resolve));
    const client = new ResourceProviderClient(`127.0.0.1:${first.trim()}`, grpc.credentials.createInsecure());
    const run = new HostedRun(server, address, plugin, client);
    Object.assign(run, seen);
    return run;
  }

  /** Makes a component at a preview; `dependencies` are inputs that come from elsewhere, `dependsOn` URNs. */
  make(
    component: string,
    name: string,
    inputs: Record<string, unknown>,
    dependencies: string[] = [],
    dependsOn: string[] = [],
  ): Promise<Made> {
    const request = new ConstructRequest()
      .setProject("shop")
      .setStack("test")
      .setParallel(16)
      .setOrganization("organization")
      .setDryrun(true)
      .setMonitorendpoint(this.address)
      .setType(`istio-ambient:index:${component}`)
      .setName(name)
      .setDependenciesList(dependsOn)
      .setInputs(Struct.fromJavaScript(inputs as Record<string, JavaScriptValue>));
    for (const input of dependencies) {
      const urns = new ConstructRequest.PropertyDependencies().setUrnsList([
        urn("kubernetes:core/v1:Service", "other"),
      ]);
      request.getInputdependenciesMap().set(input, urns);
    }
    return new Promise((resolve) =>
      this.client.construct(request, (error, response) =>
        resolve(
          error
            ? { failure: error.details }
            : { state: (response.getState()?.toJavaScript() ?? {}) as Record<string, unknown> },
        ),
      ),
    );
  }

  schema(): Promise<object> {
    return new Promise((resolve, reject) =>
      this.client.getSchema(new GetSchemaRequest(), (error, response) =>
        error ? reject(error) : resolve(JSON.parse(response.getSchema()) as object),
      ),
    );
  }

  invoke(name: string): Promise<object> {
    const request = new InvokeRequest().setTok(`istio-ambient:index:${name}`).setArgs(Struct.fromJavaScript({}));
    return new Promise((resolve, reject) =>
      this.client.invoke(request, (error, response) =>
        error ? reject(error) : resolve(response.getReturn()!.toJavaScript()),
      ),
    );
  }

  /** As the engine does once it has no more use of a plugin. */
  async end(): Promise<void> {
    if (this.plugin.killed) return;
    await new Promise((resolve) => this.client.cancel(new Empty(), resolve));
    this.plugin.kill();
    this.client.close();
    this.server.forceShutdown();
  }
}

export function urn(type: string, name: string): string {
  return `urn:pulumi:test::shop::${type}::${name}`;
}

function serve(server: grpc.Server, registered: Registered[], logged: string[]): void {
  server.addService(EngineService, {
    log: (call: grpc.ServerUnaryCall<LogRequest, Empty>, callback: grpc.sendUnaryData<Empty>) => {
      // Those for debugging are 0.
      if (call.request.getSeverity() > 0) logged.push(call.request.getMessage());
      callback(null, new Empty());
    },
  });
  server.addService(ResourceMonitorService, {
    getDeploymentInfo: (_: unknown, callback: grpc.sendUnaryData<DeploymentInfo>) =>
      callback(null, new DeploymentInfo().setSupportedfeaturesList(features)),
    registerResource: (
      { request }: grpc.ServerUnaryCall<RegisterResourceRequest, RegisterResourceResponse>,
      callback: grpc.sendUnaryData<RegisterResourceResponse>,
    ) => {
      const [type, name] = [request.getType(), request.getName()];
      const inputs = (request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>;
      registered.push({ type, name, inputs });
      callback(
        null,
        new RegisterResourceResponse().setUrn(urn(type, name)).setId(`made/${name}`).setObject(request.getObject()),
      );
    },
    registerResourceOutputs: (_: unknown, callback: grpc.sendUnaryData<Empty>) => callback(null, new Empty()),
  });
}
