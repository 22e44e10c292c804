// Runs components against a monitor that records every registration: parent, dependencies, provider, retain, inputs.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { MockMonitor, MockResourceArgs } from "@pulumi/pulumi/runtime/mocks";
import * as settings from "@pulumi/pulumi/runtime/settings";
import { RegisterResourceOutputsRequest, RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";

/** One registered resource. Parents and dependencies are names, as the program gave them. */
export interface Registration {
  name: string;
  type: string;
  parent: string;
  dependencies: string[];
  provider: string;
  retainOnDelete: boolean;
  deleteBeforeReplace: boolean;
  createTimeout: string;
  inputs: Record<string, unknown>;
}

/** What a program registered. */
export interface Recording {
  resources: Registration[];
  /** Names of the components that called registerOutputs, with the names of their outputs. */
  outputs: Map<string, string[]>;
  /** Warnings and errors that were logged. */
  logged: string[];
  find(name: string, type?: string): Registration;
}

// Not in the declarations of the SDK: the end of all pending registrations, and a component's children.
const { waitForRPCs } = settings as unknown as { waitForRPCs(): Promise<void> };
type WithChildren = { __childResources?: Set<pulumi.Resource>; __name?: string };

type Callback = (error: unknown, response: unknown) => void;

class RecordingMonitor extends MockMonitor {
  readonly recorded: Registration[] = [];
  readonly outputs = new Map<string, string[]>();

  override async registerResource(request: RegisterResourceRequest, callback: Callback): Promise<void> {
    this.recorded.push({
      name: request.getName(),
      type: request.getType(),
      parent: nameOf(request.getParent()),
      dependencies: request.getDependenciesList().map(nameOf).sort(),
      provider: nameOf(request.getProvider().replace(/::[^:]*$/, "")),
      retainOnDelete: request.getRetainondelete() ?? false,
      deleteBeforeReplace: request.getDeletebeforereplace(),
      createTimeout: request.getCustomtimeouts()?.getCreate() ?? "",
      inputs: (request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>,
    });
    await super.registerResource(request, callback);
  }

  override registerResourceOutputs(request: RegisterResourceOutputsRequest, callback: Callback): void {
    this.outputs.set(nameOf(request.getUrn()), Object.keys(request.getOutputs()?.toJavaScript() ?? {}).sort());
    super.registerResourceOutputs(request, callback);
  }
}

/** How a program is run. */
export interface Mode {
  preview?: boolean;
  /** Outputs of every other stack. */
  stackOutputs?: Record<string, unknown>;
}

/** Runs a program to its end and gives back what it registered. */
export async function record(program: () => void, options: Mode = {}): Promise<Recording> {
  const newResource = (args: MockResourceArgs) => answer(args, options.stackOutputs);
  const monitor = new RecordingMonitor({ newResource, call: ({ inputs }) => inputs as object });
  settings.setMockOptions(monitor, "istio-ambient", "test", options.preview ?? false);
  const logged: string[] = [];
  const original = { warn: pulumi.log.warn, error: pulumi.log.error };
  Object.assign(pulumi.log, {
    warn: (message: string) => Promise.resolve(void logged.push(`warning: ${message}`)),
    error: (message: string) => Promise.resolve(void logged.push(`error: ${message}`)),
  });
  try {
    program();
    await waitForRPCs();
    // Registrations may still wait on files or the network: the queue counts as empty once it stays so.
    for (let quiet = 0, seen = -1; quiet < 3; quiet = seen === monitor.recorded.length ? quiet + 1 : 0) {
      seen = monitor.recorded.length;
      await new Promise((resolve) => setTimeout(resolve, 30));
      await waitForRPCs();
    }
  } finally {
    Object.assign(pulumi.log, original);
  }
  return {
    resources: monitor.recorded,
    outputs: monitor.outputs,
    logged,
    find: (name, type) => findOne(monitor.recorded, name, type),
  };
}

/** As `record`, of a preview with a moment in which the program is complete: what is logged up to then. */
export async function loggedUntilTheEnd(program: () => void): Promise<string[]> {
  const recording = await record(
    () => {
      const monitor = pulumi.runtime.getMonitor() as unknown as {
        signalAndWaitForShutdown(request: object, callback: () => void): void;
      };
      monitor.signalAndWaitForShutdown = (_, callback) => callback();
      program();
      // A registration that is not complete before the program is.
      const done = new Promise<string>((resolve) => {
        setTimeout(() => monitor.signalAndWaitForShutdown({}, () => resolve("yes")), 300);
      });
      new k8s.core.v1.Secret("end", { stringData: { done } });
    },
    { preview: true },
  );
  return recording.logged;
}

/** Waits for an output of a recorded program. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}

/** Names of all descendants that exist as soon as a constructor has returned. */
export function createdAtOnce(component: pulumi.Resource): string[] {
  const children = [...((component as WithChildren).__childResources ?? [])];
  return children.flatMap((child) => [(child as WithChildren).__name ?? "", ...createdAtOnce(child)]);
}

function findOne(recorded: Registration[], name: string, type?: string): Registration {
  const found = recorded.filter((entry) => entry.name === name && (type === undefined || entry.type.endsWith(type)));
  if (found.length !== 1) {
    throw new Error(`${found.length} registrations of ${name}; there are ${recorded.map((r) => r.name).join(", ")}`);
  }
  return found[0]!;
}

function nameOf(urn: string): string {
  return urn.split("::").pop() ?? "";
}

/**
 * What the cluster would answer: the inputs, an id, and the outputs that the components look at. A resource called
 * "not-yet" has no id, which is then unknown at preview.
 */
function answer(
  args: MockResourceArgs,
  outputs: Record<string, unknown> = {},
): { id: string; state: Record<string, unknown> } {
  const inputs = args.inputs as Record<string, unknown>;
  const metadata = (inputs["metadata"] ?? {}) as { name?: string; namespace?: string };
  if (args.name === "not-yet") {
    return { id: "", state: inputs };
  }
  if (args.type === "pulumi:pulumi:StackReference") {
    return { id: args.name, state: { ...inputs, outputs, secretOutputNames: [] } };
  }
  const id = [metadata.namespace, metadata.name ?? args.name].filter(Boolean).join("/");
  if (args.type === "command:local:Command") {
    return { id, state: { ...inputs, stdout: "1.6.0\n" } };
  }
  if (args.type === "kubernetes:helm.sh/v3:Release") {
    const { name, namespace } = inputs as { name?: string; namespace?: string };
    return { id, state: { ...inputs, status: { status: "deployed", name, namespace, revision: 1 } } };
  }
  return { id, state: { ...inputs, status: { status: "deployed" } } };
}
