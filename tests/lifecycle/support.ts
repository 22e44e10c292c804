// What all lifecycle tests need: a stack run by the real engine, what it did, and the cluster as kubectl sees it.
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { ConfigMap, EngineEvent, LocalWorkspace, PulumiFn, Stack } from "@pulumi/pulumi/automation";
import { Listener, Outcome } from "../support/outcome";

/** The charts and CRDs that the sandbox was built with. */
export const sources = {
  charts: { directory: setting("ISTIO_AMBIENT_CHARTS") },
  gatewayApi: { source: setting("ISTIO_AMBIENT_CRDS") },
};

/** The chart of cert-manager that the sandbox was built with. */
export const certManagerCharts = { directory: setting("ISTIO_AMBIENT_CERT_MANAGER") };

/** One stack of an inline program. */
export class TestStack {
  /** Hears of each step as it begins: "create mesh-base". */
  onStep: (step: string) => void = () => undefined;

  /** Hears of each warning and error as it comes. */
  onDiagnostic: (diagnostic: string) => void = () => undefined;

  private constructor(
    private readonly stack: Stack,
    private readonly workDir: string,
  ) {}

  static async open(name: string, program: PulumiFn, config: ConfigMap = {}): Promise<TestStack> {
    const workDir = fs.mkdtempSync(path.join(os.tmpdir(), `istio-ambient-${name}-`));
    const stack = await LocalWorkspace.createOrSelectStack(
      { projectName: "istio-ambient", stackName: name, program },
      { workDir, projectSettings: { name: "istio-ambient", runtime: "nodejs" } },
    );
    await stack.setAllConfig(config);
    return new TestStack(stack, workDir);
  }

  /** `heard` hears of every event as well. */
  preview(heard: (event: EngineEvent) => void = () => undefined): Promise<Outcome> {
    return this.run((onEvent) =>
      this.stack.preview({
        onEvent: (event) => {
          onEvent(event);
          heard(event);
        },
      }),
    );
  }

  up(): Promise<Outcome> {
    return this.run(async (onEvent) => ({ outputs: plain((await this.stack.up({ onEvent })).outputs) }));
  }

  /** Fails where something was not as recorded, if no change is expected. */
  refresh(options: { expectNoChanges?: boolean } = {}): Promise<Outcome> {
    return this.run((onEvent) => this.stack.refresh({ ...options, onEvent }));
  }

  destroy(): Promise<Outcome> {
    return this.run((onEvent) => this.stack.destroy({ onEvent }));
  }

  /** The state as text, secrets in plain. */
  async exported(): Promise<string> {
    return JSON.stringify(await this.stack.exportStack());
  }

  /** Takes a resource out of the state, with what depends on it, as a user does: by the command line. */
  forget(urn: string): void {
    const args = ["state", "delete", urn, "--target-dependents", "--yes", "--stack", this.stack.name];
    const env = { ...process.env, ...this.stack.workspace.envVars };
    execFileSync("pulumi", args, { cwd: this.workDir, env, stdio: ["ignore", "ignore", "inherit"] });
  }

  /** The stack under another name. */
  renamed(name: string, program: PulumiFn): Promise<TestStack> {
    const args = ["stack", "rename", name, "--stack", this.stack.name];
    const env = { ...process.env, ...this.stack.workspace.envVars };
    execFileSync("pulumi", args, { cwd: this.workDir, env, stdio: ["ignore", "ignore", "inherit"] });
    return TestStack.open(name, program);
  }

  /** Takes away the lock that a killed engine has left. */
  async unlock(): Promise<void> {
    await this.stack.cancel().catch(() => undefined);
  }

  /** Destroys what is left and forgets the stack. */
  async remove(): Promise<void> {
    await this.unlock();
    await this.stack.destroy();
    await this.stack.workspace.removeStack(this.stack.name);
    fs.rmSync(this.workDir, { recursive: true, force: true });
  }

  private async run(
    operation: (onEvent: (event: EngineEvent) => void) => Promise<{ outputs?: Record<string, unknown> } | object>,
  ): Promise<Outcome> {
    const listener = new Listener(
      (step) => this.onStep(step),
      (diagnostic) => this.onDiagnostic(diagnostic),
    );
    try {
      const result = await operation(listener.onEvent);
      return listener.outcome("outputs" in result ? result.outputs : {});
    } catch (error) {
      throw listener.failure(String(error));
    }
  }
}

/** Objects as kubectl gives them; nothing where there are none. */
export function get(...args: string[]): KubeObject[] {
  const text = kubectl("get", ...args, "--ignore-not-found", "-o", "json");
  if (text === "") {
    return [];
  }
  const parsed = JSON.parse(text) as KubeObject & { items?: KubeObject[] };
  return parsed.items ?? [parsed];
}

/** An object as far as tests look into it. */
export interface KubeObject {
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: Record<string, unknown>;
  status?: { conditions?: { type: string; status: string; message?: string }[] } & Record<string, unknown>;
  data?: Record<string, string>;
}

/** Status of one condition of an object. */
export function condition(object: KubeObject | undefined, type: string): string | undefined {
  return object?.status?.conditions?.find((entry) => entry.type === type)?.status;
}

export function kubectl(...args: string[]): string {
  return execFileSync("kubectl", args, { encoding: "utf8", maxBuffer: 256 * 2 ** 20 });
}

/** Removes the CRDs that a mesh leaves behind, so that the next test begins on an empty cluster. */
export function removeDefinitions(): void {
  const names = get("crd").map(({ metadata }) => metadata.name);
  const left = names.filter((name) => /\.istio\.io$|\.gateway\.networking\.(x-)?k8s\.io$/.test(name));
  if (left.length > 0) {
    kubectl("delete", "crd", ...left);
  }
  const policy = "safe-upgrades.gateway.networking.k8s.io";
  for (const kind of ["validatingadmissionpolicy", "validatingadmissionpolicybinding"]) {
    kubectl("delete", kind, policy, "--ignore-not-found");
  }
}

/** Applies YAML or JSON text, as kubectl or under the name of another tool. */
export function apply(manifest: string, fieldManager = "kubectl"): void {
  execFileSync("kubectl", ["apply", "--server-side", "--field-manager", fieldManager, "-f", "-"], {
    input: manifest,
    stdio: ["pipe", "ignore", "inherit"],
  });
}

/** Settings of the sandbox's istioctl, which by itself names images of no release. */
export const istioctlImages = ["--set", "hub=docker.io/istio", "--set", "tag=1.31.0"];

/** The commands that an error names, each once: the host of inline programs reports an error twice. */
export function namedCommands(output: string): string[] {
  return [...new Set([...output.matchAll(/; run `((?:kubectl|pulumi) [^`]+)`/g)].map(([, command = ""]) => command))];
}

/** Asks until the answer is the wanted one; the last answer otherwise, for the assertion to show. */
export async function settled<T>(ask: () => T | Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  let answer = await ask();
  for (let tries = 0; tries < 60 && !wanted(answer); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    answer = await ask();
  }
  return answer;
}

/** Waits until istiod has written into its webhooks, as it does a while after it is ready: their CA, and that they fail closed. */
export async function webhooksWritten(): Promise<void> {
  const written = () =>
    get("mutatingwebhookconfigurations,validatingwebhookconfigurations", "-l", "app.kubernetes.io/part-of=istio")
      .flatMap((found) => (found as unknown as { webhooks: Webhook[] }).webhooks)
      .map(({ clientConfig, failurePolicy }) => clientConfig.caBundle !== undefined && failurePolicy === "Fail");
  const answers = await settled(written, (all) => all.every(Boolean));
  assert.ok(answers.every(Boolean));
}

interface Webhook {
  clientConfig: { caBundle?: string };
  failurePolicy: string;
}

function plain(outputs: Record<string, { value: unknown }>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
}

function setting(variable: string): string {
  const value = process.env[variable];
  if (!value) {
    throw new Error(`${variable} is not set: lifecycle tests run inside the sandbox, through \`make test\``);
  }
  return value;
}
