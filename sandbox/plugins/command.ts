// Stand-in for the plugin `command`, for what this package needs of it: local.Command.
import { randomBytes } from "node:crypto";
import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  CheckRequest,
  CheckResponse,
  ConfigureResponse,
  CreateRequest,
  CreateResponse,
  DeleteRequest,
  DiffRequest,
  DiffResponse,
  PropertyDiff,
  ReadRequest,
  ReadResponse,
  UpdateRequest,
  UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { engineAddress, pluginInfo, serve, unary } from "./process";
import { Output, run } from "./run";
import { differences, fromStruct, JsonObject, revealedObject, text, toStruct, unknown } from "./values";

const taken = ["create", "update", "delete", "interpreter", "environment", "dir"];

const engine = new EngineClient(engineAddress(), grpc.credentials.createInsecure());
const stop = new AbortController();

function refusal(what: string): Error {
  return new Error(`the stand-in for the plugin "command" does not take ${what}; install the official one`);
}

/** Shows a line beside the resource until the next one takes its place. */
function say(urn: string, message: string): void {
  const request = new LogRequest();
  request.setSeverity(LogSeverity.INFO);
  request.setEphemeral(true);
  request.setUrn(urn);
  request.setMessage(message);
  engine.log(request, () => undefined);
}

/** The first of these steps that the inputs have; without one the output stays as it was. */
async function step(urn: string, inputs: JsonObject, names: string[], previous: Output): Promise<Output> {
  const plain = revealedObject(inputs);
  const command = names.map((name) => text(plain[name])).find((each) => each !== "");
  const host = { stop: stop.signal, say: (line: string) => say(urn, line) };
  return command === undefined ? previous : run(plain, command, previous, host);
}

function outputOf(state: JsonObject): Output {
  const { stdout = "", stderr = "" } = revealedObject(state);
  return { stdout: text(stdout), stderr: text(stderr) };
}

function check(request: CheckRequest): CheckResponse {
  const inputs = fromStruct(request.getNews());
  if (request.getType() !== "command:local:Command") throw refusal(`the type ${request.getType()}`);
  const other = Object.keys(inputs).find((name) => !taken.includes(name));
  if (other !== undefined) throw refusal(`the input "${other}"`);
  const response = new CheckResponse();
  response.setInputs(toStruct(inputs));
  return response;
}

function diff(request: DiffRequest): DiffResponse {
  const [olds, news] = [request.getOldInputs(), request.getNews()].map((struct) => revealedObject(fromStruct(struct)));
  const paths = differences(olds, news);
  const response = new DiffResponse();
  const { DIFF_NONE, DIFF_SOME } = DiffResponse.DiffChanges;
  response.setChanges(paths.length > 0 ? DIFF_SOME : DIFF_NONE);
  response.setHasdetaileddiff(true);
  for (const path of paths) {
    const change = new PropertyDiff();
    change.setKind(PropertyDiff.Kind.UPDATE);
    change.setInputdiff(true);
    response.getDetaileddiffMap().set(path, change);
  }
  return response;
}

async function create(request: CreateRequest): Promise<CreateResponse> {
  const inputs = fromStruct(request.getProperties());
  const response = new CreateResponse();
  const output = request.getPreview()
    ? { stdout: unknown, stderr: unknown }
    : await step(request.getUrn(), inputs, ["create"], { stdout: "", stderr: "" });
  if (!request.getPreview()) response.setId(`${request.getName()}${randomBytes(4).toString("hex")}`);
  response.setProperties(toStruct({ ...inputs, ...output }));
  return response;
}

function read(request: ReadRequest): ReadResponse {
  const response = new ReadResponse();
  response.setId(request.getId());
  response.setProperties(request.getProperties());
  response.setInputs(request.getInputs());
  return response;
}

async function update(request: UpdateRequest): Promise<UpdateResponse> {
  const inputs = fromStruct(request.getNews());
  const response = new UpdateResponse();
  const output = request.getPreview()
    ? { stdout: unknown, stderr: unknown }
    : await step(request.getUrn(), inputs, ["update", "create"], outputOf(fromStruct(request.getOlds())));
  response.setProperties(toStruct({ ...inputs, ...output }));
  return response;
}

async function remove(request: DeleteRequest): Promise<Empty> {
  const state = fromStruct(request.getProperties());
  await step(request.getUrn(), state, ["delete"], outputOf(state));
  return new Empty();
}

serve(engine, (server) =>
  server.addService(ResourceProviderService, {
    getPluginInfo: unary(pluginInfo),
    checkConfig: unary((request: CheckRequest) => {
      const response = new CheckResponse();
      response.setInputs(request.getNews());
      return response;
    }),
    diffConfig: unary(() => new DiffResponse()),
    configure: unary(() => {
      const response = new ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      return response;
    }),
    check: unary(check),
    diff: unary(diff),
    create: unary(create),
    read: unary(read),
    update: unary(update),
    delete: unary(remove),
    cancel: unary(() => {
      stop.abort();
      return new Empty();
    }),
  }),
);
