// Serves one provider to the engine: gRPC on a free port that is printed on stdout, plain async methods behind it,
// errors with their details, and an end when the engine is gone.
import { readFileSync } from "node:fs";
import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  CheckResponse,
  CheckFailure,
  ConfigureResponse,
  CreateResponse,
  DiffResponse,
  ErrorResourceInitFailed,
  InvokeResponse,
  PropertyDiff,
  ReadResponse,
  UpdateResponse,
  type CheckRequest,
  type ConfigureRequest,
  type CreateRequest,
  type DeleteRequest,
  type DiffRequest,
  type InvokeRequest,
  type ReadRequest,
  type UpdateRequest,
} from "@pulumi/pulumi/proto/provider_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { toStruct, type JsonObject } from "./values";

export type DiffKind = "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";
export interface Checked {
  inputs: JsonObject;
  failures?: { property: string; reason: string }[];
}
export interface Difference {
  changed: boolean;
  replaces?: string[];
  deleteBeforeReplace?: boolean;
  /** Property path to what happens there and whether the path is one of the inputs rather than of the outputs. */
  detail?: Map<string, { kind: DiffKind; input: boolean }>;
}
export interface State {
  id: string;
  properties: JsonObject;
}

export interface Provider {
  configure(request: ConfigureRequest): Promise<void>;
  checkConfig(request: CheckRequest): Promise<Checked>;
  diffConfig(request: DiffRequest): Promise<Difference>;
  check(request: CheckRequest): Promise<Checked>;
  diff(request: DiffRequest): Promise<Difference>;
  create(request: CreateRequest): Promise<State>;
  read(request: ReadRequest): Promise<State & { inputs: JsonObject }>;
  update(request: UpdateRequest): Promise<JsonObject>;
  delete(request: DeleteRequest): Promise<void>;
  invoke(request: InvokeRequest): Promise<Checked>;
}

/** The engine's side: where messages go, and the signal that it wants everything to stop. */
export interface Host {
  stop: AbortSignal;
  warn(urn: string, message: string): void;
  /** Says what is going on; the next message takes its place. */
  status(urn: string, message: string): void;
}

/** An object that exists but is not what was asked for: the engine records it together with the reasons. */
export class NotInitialized extends Error {
  constructor(
    message: string,
    readonly state: State,
    readonly reasons: string[] = [],
    readonly inputs?: JsonObject,
  ) {
    super(message);
  }
}

function rpcError(error: unknown): Partial<grpc.ServiceError> {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof NotInitialized)) return { code: grpc.status.UNKNOWN, message, details: message };
  const detail = new ErrorResourceInitFailed();
  detail.setId(error.state.id);
  detail.setProperties(toStruct(error.state.properties));
  detail.setReasonsList([message, ...error.reasons]);
  if (error.inputs) detail.setInputs(toStruct(error.inputs));
  const packed = new Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(message);
  status.addDetails(packed);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code: grpc.status.UNKNOWN, message, details: message, metadata };
}

function unary<Request, Response>(
  method: (request: Request) => Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    method(call.request).then(
      (response) => callback(null, response),
      (error: unknown) => callback(rpcError(error)),
    );
  };
}

const kinds: Record<DiffKind, PropertyDiff.Kind> = {
  add: PropertyDiff.Kind.ADD,
  "add-replace": PropertyDiff.Kind.ADD_REPLACE,
  delete: PropertyDiff.Kind.DELETE,
  "delete-replace": PropertyDiff.Kind.DELETE_REPLACE,
  update: PropertyDiff.Kind.UPDATE,
  "update-replace": PropertyDiff.Kind.UPDATE_REPLACE,
};

function failureList(failures: Checked["failures"]): CheckFailure[] {
  return (failures ?? []).map(({ property, reason }) => {
    const failure = new CheckFailure();
    failure.setProperty(property);
    failure.setReason(reason);
    return failure;
  });
}

function checkResponse(checked: Checked): CheckResponse {
  const response = new CheckResponse();
  response.setInputs(toStruct(checked.inputs));
  response.setFailuresList(failureList(checked.failures));
  return response;
}

function invokeResponse(result: Checked): InvokeResponse {
  const response = new InvokeResponse();
  response.setReturn(toStruct(result.inputs));
  response.setFailuresList(failureList(result.failures));
  return response;
}

function diffResponse(difference: Difference): DiffResponse {
  const response = new DiffResponse();
  const { DIFF_NONE, DIFF_SOME } = DiffResponse.DiffChanges;
  response.setChanges(difference.changed ? DIFF_SOME : DIFF_NONE);
  response.setReplacesList(difference.replaces ?? []);
  response.setDeletebeforereplace(difference.deleteBeforeReplace ?? false);
  response.setHasdetaileddiff(difference.detail !== undefined);
  for (const [path, { kind, input }] of difference.detail ?? []) {
    const change = new PropertyDiff();
    change.setKind(kinds[kind]);
    change.setInputdiff(input);
    response.getDetaileddiffMap().set(path, change);
    response.addDiffs(path);
  }
  return response;
}

function stateResponse<Response extends CreateResponse | ReadResponse>(response: Response, state: State): Response {
  response.setId(state.id);
  response.setProperties(toStruct(state.properties));
  return response;
}

/** Ends the process once the engine no longer answers, so that a killed engine leaves no plugin behind. */
function endWith(engine: EngineClient): void {
  const channel = engine.getChannel();
  const watch = (): void => {
    const state = channel.getConnectivityState(true);
    if (state === grpc.connectivityState.TRANSIENT_FAILURE) process.exit(0);
    channel.watchConnectivityState(state, Infinity, watch);
  };
  watch();
}

function connect(address: string, stop: AbortController): { engine: EngineClient; host: Host } {
  const engine = new EngineClient(address, grpc.credentials.createInsecure());
  const say = (severity: LogSeverity, ephemeral: boolean) => (urn: string, message: string) => {
    const request = new LogRequest();
    request.setSeverity(severity);
    request.setEphemeral(ephemeral);
    request.setUrn(urn);
    request.setMessage(message);
    engine.log(request, () => undefined);
  };
  const host = { stop: stop.signal, warn: say(LogSeverity.WARNING, false), status: say(LogSeverity.INFO, true) };
  return { engine, host };
}

/** A plugin has the version of the npm package that goes with it. */
function pluginVersion(name: string): string {
  const file = require.resolve(`@pulumi/${name}/package.json`);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/** Runs the provider of that name until the engine ends it. */
export function serve(name: string, make: (host: Host) => Provider): void {
  const address = process.argv[2];
  if (address === undefined) throw new Error("the engine's address is missing: a plugin is started by the engine");
  const stop = new AbortController();
  const { engine, host } = connect(address, stop);
  const provider = make(host);
  const unlimited = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };
  const server = new grpc.Server(unlimited);
  server.addService(ResourceProviderService, {
    getPluginInfo: unary(async () => {
      const info = new PluginInfo();
      info.setVersion(pluginVersion(name));
      return Promise.resolve(info);
    }),
    checkConfig: unary(async (request: CheckRequest) => checkResponse(await provider.checkConfig(request))),
    diffConfig: unary(async (request: DiffRequest) => diffResponse(await provider.diffConfig(request))),
    configure: unary(async (request: ConfigureRequest) => {
      await provider.configure(request);
      const response = new ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      response.setSupportsAutonamingConfiguration(true);
      return response;
    }),
    check: unary(async (request: CheckRequest) => checkResponse(await provider.check(request))),
    diff: unary(async (request: DiffRequest) => diffResponse(await provider.diff(request))),
    create: unary(async (request: CreateRequest) =>
      stateResponse(new CreateResponse(), await provider.create(request)),
    ),
    read: unary(async (request: ReadRequest) => {
      const state = await provider.read(request);
      const response = stateResponse(new ReadResponse(), state);
      response.setInputs(toStruct(state.inputs));
      return response;
    }),
    update: unary(async (request: UpdateRequest) => {
      const response = new UpdateResponse();
      response.setProperties(toStruct(await provider.update(request)));
      return response;
    }),
    delete: unary(async (request: DeleteRequest) => {
      await provider.delete(request);
      return new Empty();
    }),
    invoke: unary(async (request: InvokeRequest) => invokeResponse(await provider.invoke(request))),
    cancel: unary(async () => {
      stop.abort();
      return Promise.resolve(new Empty());
    }),
  });
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    console.log(port);
    endWith(engine);
  });
}

/** What is said where the package does not need the real thing. */
export function refusal(what: string, plugin: string): Error {
  return new Error(`the offline stand-in does not do ${what}; install the official plugin ${plugin}`);
}
