// The offline stand-in for the official provider plugin `kubernetes`, for development only: it does what this
// package uses of it and refuses the rest by name.
import type {
  CheckRequest,
  ConfigureRequest,
  CreateRequest,
  DeleteRequest,
  DiffRequest,
  InvokeRequest,
  ReadRequest,
  UpdateRequest,
} from "@pulumi/pulumi/proto/provider_pb";
import { refusal, serve, type Checked, type Difference, type Host, type Provider, type State } from "../serve";
import { equal, fromStruct, hasForeign, text, type JsonObject } from "../values";
import { configuredCluster, type Cluster } from "./cluster";
import { connection } from "./kubeconfig";
import { createObject, deleteObject, readObject, updateObject } from "./lifecycle";
import { RELEASE, urnType } from "./names";
import { checkObject, diffObject } from "./objects";
import { checkRelease, createRelease, deleteRelease, diffRelease, readRelease, updateRelease } from "./release";

/** Types that share the prefix and are no objects of the API: charts, YAML files, directories. */
const components = /^kubernetes:(helm\.sh|yaml|kustomize)/;

/** The API server that a configuration means, as far as it can be told. */
function serverOf(config: JsonObject): string | undefined {
  if (text(config["kubeconfig"]) === "") return undefined;
  try {
    return connection({ kubeconfig: text(config["kubeconfig"]), context: text(config["context"]) }).server;
  } catch {
    return undefined;
  }
}

class Kubernetes implements Provider {
  private configured?: Cluster;

  constructor(private readonly host: Host) {}

  private get cluster(): Cluster {
    if (!this.configured) throw new Error("the provider is not configured");
    return this.configured;
  }

  async configure(request: ConfigureRequest): Promise<void> {
    this.configured = await configuredCluster(request, this.host);
  }

  async checkConfig(request: CheckRequest): Promise<Checked> {
    return Promise.resolve({ inputs: fromStruct(request.getNews()) });
  }

  /** Another cluster has none of the objects of the one before: the provider is replaced, and they with it. */
  async diffConfig(request: DiffRequest): Promise<Difference> {
    const [olds, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
    const [before, after] = [serverOf(olds), serverOf(news)];
    const isElsewhere = before !== undefined && after !== undefined && before !== after;
    const changed = ["kubeconfig", "context"].filter((key) => !equal(olds[key], news[key]));
    return Promise.resolve({ changed: !equal(olds, news), replaces: isElsewhere ? changed : [] });
  }

  async check(request: CheckRequest): Promise<Checked> {
    const type = urnType(request.getUrn());
    if (hasForeign(fromStruct(request.getNews()))) throw refusal("assets, archives and references", "kubernetes");
    if (type === RELEASE) return checkRelease(this.cluster, request);
    if (components.test(type)) throw refusal(`the type ${type}`, "kubernetes");
    return checkObject(this.cluster, request);
  }

  async diff(request: DiffRequest): Promise<Difference> {
    if (urnType(request.getUrn()) === RELEASE) return diffRelease(request);
    return diffObject(this.cluster, request);
  }

  async create(request: CreateRequest): Promise<State> {
    const create = urnType(request.getUrn()) === RELEASE ? createRelease : createObject;
    return create(this.cluster, request);
  }

  async read(request: ReadRequest): Promise<State & { inputs: JsonObject }> {
    const read = urnType(request.getUrn()) === RELEASE ? readRelease : readObject;
    return read(this.cluster, request);
  }

  async update(request: UpdateRequest): Promise<JsonObject> {
    const update = urnType(request.getUrn()) === RELEASE ? updateRelease : updateObject;
    return update(this.cluster, request);
  }

  async delete(request: DeleteRequest): Promise<void> {
    const remove = urnType(request.getUrn()) === RELEASE ? deleteRelease : deleteObject;
    return remove(this.cluster, request);
  }

  async invoke(request: InvokeRequest): Promise<Checked> {
    return Promise.reject(refusal(`the function ${request.getTok()}`, "kubernetes"));
  }
}

serve("kubernetes", (host) => new Kubernetes(host));
