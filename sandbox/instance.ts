// One sandbox: its folder, what lies where in it, and the environment of a command inside.
import * as fs from "node:fs";
import * as path from "node:path";
import { partPath } from "./build/cache";
import type { GoPart } from "./build/part";
import { parts } from "./build/parts";
import { quoted } from "./shell";

/** Root of the checkout. */
export const checkout = path.dirname(__dirname);

const defaultDirectory = path.join(checkout, ".sandbox");

/** Passphrase of the sandbox's stacks: they hold nothing that outlives the sandbox. */
const passphrase = "sandbox";

/** Where nft, iptables and ip are; an ordinary user's PATH may leave these folders out. */
const administration = ["/usr/sbin", "/sbin"];

/** Everything that a sandbox writes into its folder. */
const ownFiles =
  "pid lock control.sock tmp logs kubeconfig bin memory helm kube-cache pulumi-home pulumi-state program demo plugins.json ca.pem".split(
    " ",
  );

export class Instance {
  constructor(readonly directory: string) {}

  /** The sandbox of SANDBOX_DIR, by default the checkout's own. */
  static current(environment: NodeJS.ProcessEnv = process.env): Instance {
    return new Instance(path.resolve(environment.SANDBOX_DIR || defaultDirectory));
  }

  /** Whether a command without SANDBOX_DIR means this one. */
  get isDefault(): boolean {
    return this.directory === defaultDirectory;
  }

  readonly file = (...names: string[]): string => path.join(this.directory, ...names);

  /** Process id of the outermost process of the sandbox. */
  get pidFile(): string {
    return this.file("pid");
  }
  /** Locked by every process of the sandbox for as long as it lives. */
  get lockFile(): string {
    return this.file("lock");
  }
  get kubeconfig(): string {
    return this.file("kubeconfig");
  }
  get bin(): string {
    return this.file("bin");
  }
  get pulumiHome(): string {
    return this.file("pulumi-home");
  }
  get pulumiState(): string {
    return this.file("pulumi-state");
  }
  /** Settings of the checkout's program on this machine. */
  get settings(): string {
    return this.file("program", "Pulumi.sandbox.yaml");
  }
  get pluginsFile(): string {
    return this.file("plugins.json");
  }
  /** Certificate of the CA that the mesh's gateway shows itself with. */
  get authority(): string {
    return this.file("ca.pem");
  }
  /** A memory disk that only the sandbox's own processes see: data, keys and tokens. */
  get memory(): string {
    return this.file("memory");
  }
  /** Temporary files of commands inside: what a killed one leaves goes with the sandbox. */
  get temporary(): string {
    return this.file("tmp");
  }
  logFile(part: string): string {
    return this.file("logs", `${part}.log`);
  }

  /** Removes what a sandbox that does not run has left; other files in the folder are not ours. */
  clear(): void {
    for (const name of ownFiles) fs.rmSync(this.file(name), { recursive: true, force: true });
    if (fs.existsSync(this.directory) && fs.readdirSync(this.directory).length === 0) fs.rmdirSync(this.directory);
  }

  /** Puts every program of the sandbox that is built onto its PATH. */
  linkPrograms(): void {
    fs.mkdirSync(this.bin, { recursive: true });
    for (const part of parts.filter((candidate): candidate is GoPart => candidate.kind === "go")) {
      // Plugins lie in the engine's home.
      for (const name of Object.keys(part.binaries).filter((each) => !each.startsWith("pulumi-resource-"))) {
        const target = partPath(part.name, name);
        const link = path.join(this.bin, name);
        if (!fs.existsSync(target) || fs.existsSync(link)) continue;
        fs.rmSync(link, { force: true });
        if (name === "pulumi") fs.writeFileSync(link, this.pulumiScript(target), { mode: 0o755 });
        else fs.symlinkSync(target, link);
      }
    }
  }

  /** The script that starts `pulumi`. */
  pulumiScript(program: string): string {
    const values: Record<string, string> = { program, checkout, settings: this.settings };
    const script = fs.readFileSync(path.join(__dirname, "session", "pulumi.sh"), "utf8");
    return script.replace(/@(\w+)@/g, (_, name: string) => quoted(values[name] ?? ""));
  }

  /** What a command inside the sandbox sees; nothing of the user's own cluster, stacks or proxies. */
  environment(base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
    const foreign = /^(pulumi_.*|kube.*|helm_.*|(https?|no|all)_proxy)$/i;
    const kept = Object.entries(base).filter(([name]) => !foreign.test(name));
    return {
      ...Object.fromEntries(kept),
      PATH: [this.bin, path.dirname(process.execPath), base.PATH, ...administration].join(path.delimiter),
      SANDBOX_DIR: this.directory,
      TMPDIR: this.temporary,
      KUBECONFIG: this.kubeconfig,
      KUBECACHEDIR: this.file("kube-cache"),
      HELM_CACHE_HOME: this.file("helm"),
      HELM_CONFIG_HOME: this.file("helm"),
      HELM_DATA_HOME: this.file("helm"),
      PULUMI_HOME: this.pulumiHome,
      PULUMI_BACKEND_URL: `file://${this.pulumiState}`,
      PULUMI_CONFIG_PASSPHRASE: passphrase,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // It would warn of every one that it finds on PATH.
      PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
      ISTIO_AMBIENT_CHARTS: partPath("istio-charts"),
      ISTIO_AMBIENT_CRDS: partPath("gateway-api-crds"),
      ISTIO_AMBIENT_CERT_MANAGER: partPath("cert-manager-chart"),
    };
  }
}
