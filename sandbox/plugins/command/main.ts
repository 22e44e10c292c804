// The offline stand-in for the official provider plugin `command`, for development only: local.Command with its
// steps, and the function local.run.
import { randomBytes } from "node:crypto";
import type {
  CheckRequest,
  CreateRequest,
  DeleteRequest,
  DiffRequest,
  InvokeRequest,
  ReadRequest,
  UpdateRequest,
} from "@pulumi/pulumi/proto/provider_pb";
import { detailedDiff, mergePatch } from "../diff";
import { refusal, serve, type Checked, type Difference, type Host, type Provider, type State } from "../serve";
import { fromStruct, hasForeign, revealedObject, text, unknown, type JsonObject } from "../values";
import { run, type Output } from "./run";

const COMMAND = "command:local:Command";
const RUN = "command:local:run";
const refused = ["assetPaths", "archivePaths"];
const nothing: Output = { stdout: "", stderr: "" };

function refuseForeign(inputs: JsonObject): void {
  for (const name of refused) if (inputs[name] !== undefined) throw refusal(`the input "${name}"`, "command");
  if (hasForeign(inputs)) throw refusal("assets, archives and references", "command");
}

function outputOf(state: JsonObject): Output {
  const { stdout = "", stderr = "" } = revealedObject(state);
  return { stdout: text(stdout), stderr: text(stderr) };
}

class Command implements Provider {
  constructor(private readonly host: Host) {}

  async configure(): Promise<void> {
    return Promise.resolve();
  }

  async checkConfig(request: CheckRequest): Promise<Checked> {
    return Promise.resolve({ inputs: fromStruct(request.getNews()) });
  }

  async diffConfig(): Promise<Difference> {
    return Promise.resolve({ changed: false });
  }

  async check(request: CheckRequest): Promise<Checked> {
    const inputs = fromStruct(request.getNews());
    if (request.getType() !== COMMAND) throw refusal(`the type ${request.getType()}`, "command");
    refuseForeign(inputs);
    return Promise.resolve({ inputs });
  }

  /** Which change replaces the resource is said by the SDK, and decided by the engine. */
  async diff(request: DiffRequest): Promise<Difference> {
    const oldInputs = revealedObject(fromStruct(request.getOldInputs()));
    const news = revealedObject(fromStruct(request.getNews()));
    const detail = detailedDiff(mergePatch(oldInputs, news), { state: oldInputs, news, oldInputs }, []);
    return Promise.resolve({ changed: detail.size > 0, detail });
  }

  /** Runs a step of the recorded inputs; a step that is not there leaves the output as it was. */
  private async step(inputs: JsonObject, command: string, previous: Output): Promise<Output> {
    return command === "" ? previous : run(revealedObject(inputs), command, previous, this.host.stop);
  }

  async create(request: CreateRequest): Promise<State> {
    const inputs = fromStruct(request.getProperties());
    if (request.getPreview()) return { id: "", properties: { ...inputs, stdout: unknown, stderr: unknown } };
    const output = await this.step(inputs, text(revealedObject(inputs)["create"]), nothing);
    const name = request.getName();
    return { id: `${name}${randomBytes(4).toString("hex")}`, properties: { ...inputs, ...output } };
  }

  async read(request: ReadRequest): Promise<State & { inputs: JsonObject }> {
    const state = { id: request.getId(), properties: fromStruct(request.getProperties()) };
    return Promise.resolve({ ...state, inputs: fromStruct(request.getInputs()) });
  }

  async update(request: UpdateRequest): Promise<JsonObject> {
    const inputs = fromStruct(request.getNews());
    if (request.getPreview()) return { ...inputs, stdout: unknown, stderr: unknown };
    const { update, create } = revealedObject(inputs);
    const previous = outputOf(fromStruct(request.getOlds()));
    return { ...inputs, ...(await this.step(inputs, text(update ?? create), previous)) };
  }

  async delete(request: DeleteRequest): Promise<void> {
    const state = fromStruct(request.getProperties());
    await this.step(state, text(revealedObject(state)["delete"]), outputOf(state));
  }

  async invoke(request: InvokeRequest): Promise<Checked> {
    if (request.getTok() !== RUN) throw refusal(`the function ${request.getTok()}`, "command");
    const inputs = fromStruct(request.getArgs());
    refuseForeign(inputs);
    const output = await this.step(inputs, text(revealedObject(inputs)["command"]), nothing);
    return { inputs: { ...inputs, ...output } };
  }
}

serve("command", (host) => new Command(host));
