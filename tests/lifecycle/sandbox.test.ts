// The sandbox itself, on a machine of its own made of namespaces: what it opens, what it says, and that it leaves nothing.
import * as assert from "node:assert/strict";
import { ChildProcess, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { cacheDirectory } from "../../sandbox/build/cache";
import { typescript } from "../../sandbox/node";
import { findTraffic } from "../../sandbox/pods/traffic";

const { lacks } = findTraffic();
const hasIptables = spawnSync("iptables", ["--version"]).status === 0;
const checkout = path.resolve(__dirname, "..", "..");

/** NGINX as kind maps it, on every address. */
const nginx = [8080, 8443];

interface Result {
  status: number | null;
  output: string;
}

/** Network, processes and mounts that nobody else has; all of it ends with the shell that holds it. */
class Machine {
  readonly home = fs.mkdtempSync(path.join(os.tmpdir(), "istio-ambient-home-"));
  readonly directory = path.join(this.home, "..", `${path.basename(this.home)}-sandbox`);
  private readonly environment: NodeJS.ProcessEnv;
  private readonly pid: string;

  private constructor(private readonly holder: ChildProcess) {
    this.pid = fs.readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, "utf8").trim();
    const foreign = /^(pulumi|kube|helm|istio_ambient|sandbox)_?/i;
    const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
    this.environment = {
      ...Object.fromEntries(kept),
      HOME: this.home,
      ISTIO_AMBIENT_CACHE: cacheDirectory(),
      SANDBOX_DIR: this.directory,
      SANDBOX_HTTP_PORT: "8081",
      SANDBOX_HTTPS_PORT: "8444",
    };
  }

  static async start(): Promise<Machine> {
    const shell = ["sh", "-c", "ip link set lo up && echo up && cat; exit"];
    const holder = spawn("unshare", ["--net", "--pid", "--fork", "--kill-child", "--mount-proc", ...shell]);
    await new Promise((resolve, reject) => {
      holder.stdout.once("data", resolve);
      holder.once("exit", () => reject(new Error("no namespaces for a machine")));
    });
    return new Machine(holder);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.holder.once("exit", resolve));
    this.holder.stdin?.end();
    await ended;
    fs.rmSync(this.home, { recursive: true });
  }

  /** A command on this machine, to its end. */
  run(argv: string[], environment: NodeJS.ProcessEnv = {}): Result {
    const [program = "", ...args] = this.inside(argv);
    const env = { ...this.environment, ...environment };
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: checkout, env, encoding: "utf8" });
    return { status, output: stdout + stderr };
  }

  sandbox(...args: string[]): Result {
    return this.run([...typescript(path.join(checkout, "sandbox", "main.ts")), ...args]);
  }

  /** A server on these ports, until the function that it gives is called. */
  async listen(...ports: number[]): Promise<() => Promise<void>> {
    const script = `let open = 0;
      for (const port of ${JSON.stringify(ports)})
        require("node:http")
          .createServer((request, response) => response.end("somebody else"))
          .listen(port, () => ++open === ${ports.length} && console.log("open"));
      process.stdin.resume().on("end", () => process.exit());`;
    const [program = "", ...args] = this.inside([process.execPath, "-e", script]);
    const server = spawn(program, args, { env: this.environment });
    const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
    await Promise.race([
      new Promise((resolve) => server.stdout.once("data", resolve)),
      ended.then(() => Promise.reject(new Error(`no server on ${ports.join(" and ")}`))),
    ]);
    return () => {
      server.stdin.end();
      return ended;
    };
  }

  /** What a client on this machine reads. */
  read(url: string, ca?: string): string {
    const script = "fetch(process.argv[1]).then((answer) => answer.text()).then(console.log)";
    return this.run([process.execPath, "-e", script, url], ca ? { NODE_EXTRA_CA_CERTS: ca } : {}).output.trim();
  }

  /** All that a sandbox could leave behind, outside its own folder and the cache. */
  traces(): Record<string, string[]> {
    const lines = (...argv: string[]): string[] => this.run(argv).output.trim().split("\n");
    return {
      listeners: listeners(lines("cat", "/proc/net/tcp", "/proc/net/tcp6")),
      processes: lines("sh", "-c", "cat /proc/[0-9]*/comm").sort(),
      devices: lines("ls", "/sys/class/net"),
      mounts: lines("sh", "-c", "cut -d' ' -f5- /proc/self/mountinfo"),
      home: fs.readdirSync(this.home),
    };
  }

  /** Takes programs away from this machine alone, until they are brought back. */
  hide(...programs: string[]): void {
    const script = 'for name; do file=$(command -v "$name") && mount --bind /dev/null "$file"; done; true';
    assert.equal(this.run(["sh", "-c", script, "sh", ...programs]).status, 0);
  }

  unhide(): void {
    this.run([
      "sh",
      "-c",
      'while read -r _ _ _ root at _; do [ "$root" != /null ] || umount "$at"; done </proc/self/mountinfo',
    ]);
  }

  private inside(argv: string[]): string[] {
    const back = ["sh", "-c", 'cd "$0" && exec "$@"', checkout];
    return ["nsenter", "--target", this.pid, "--net", "--pid", "--mount", "--", ...back, ...argv];
  }
}

describe("a sandbox", () => {
  let machine: Machine;
  before(async () => {
    machine = await Machine.start();
  });
  afterEach(() => machine.sandbox("down"));
  after(() => machine.stop());

  it("names the ports that are taken before it starts anything", async () => {
    const untouched = machine.traces();
    const close = await machine.listen(8081, 8444);
    const { status, output } = machine.sandbox("up");
    await close();
    assert.equal(
      output,
      'SANDBOX_HTTP_PORT: got "8081"; another program listens on 127.0.0.1:8081; write `SANDBOX_HTTP_PORT=0` for a free port\n' +
        'SANDBOX_HTTPS_PORT: got "8444"; another program listens on 127.0.0.1:8444; write `SANDBOX_HTTPS_PORT=0` for a free port\n',
    );
    assert.equal(status, 1);
    assert.deepEqual(machine.traces(), untouched);
  });

  it("comes up without traffic where nothing can make NodePorts, and says so", () => {
    machine.hide("nft", "iptables");
    const { status, output } = machine.sandbox("up", "--bare");
    machine.unhide();
    assert.match(output, /^ {2}without traffic, since it lacks .*`nft`, which comes with the package nftables/m);
    assert.equal(status, 0);
    assert.equal(machine.sandbox("down").status, 0);
  });

  const rounds: Record<string, string[]> = {
    "the first time": [],
    // Both ways to make NodePorts, where the machine has both.
    [`the second time${hasIptables ? ", by iptables" : ""}`]: hasIptables ? ["nft"] : [],
  };
  for (const [round, hidden] of Object.entries(rounds)) {
    it(`answers beside NGINX, opens two ports and leaves nothing, ${round}`, async () => {
      const untouched = machine.traces();
      machine.hide(...hidden);
      const close = await machine.listen(...nginx);
      const beside = machine.traces();
      const settings = fs.readFileSync(path.join(checkout, "Pulumi.sandbox.yaml"), "utf8");
      const { status, output } = machine.sandbox("up");
      assert.equal(status, 0, output);
      assert.equal(fs.readFileSync(path.join(checkout, "Pulumi.sandbox.yaml"), "utf8"), settings);
      const answers = lacks.length === 0;
      assert.deepEqual(
        machine.traces()["listeners"],
        [...beside["listeners"]!, "127.0.0.1:8081", "127.0.0.1:8444"].sort(),
      );
      const curls = /^The application answers:\n {2}curl (\S+)\n {2}curl --cacert (\S+) (\S+)$/m.exec(output);
      assert.equal(curls !== null, answers, output);
      if (curls) {
        const [, http = "", ca = "", https = ""] = curls;
        assert.match(machine.read(http), /^my-app-v[12]-/);
        assert.match(machine.read(https, path.resolve(checkout, ca)), /^my-app-v[12]-/);
      }
      // As its user runs it in a shell of the sandbox.
      const preview = machine.sandbox("exec", "--", "pulumi", "preview", "--non-interactive", "--expect-no-changes");
      assert.equal(preview.status, 0, preview.output);
      const outputs = machine.sandbox("exec", "--", "pulumi", "stack", "output", "httpsUrl");
      assert.deepEqual(outputs, { status: 0, output: "https://localhost:8444\n" });
      for (const port of nginx) assert.equal(machine.read(`http://127.0.0.1:${port}`), "somebody else");
      const down = machine.sandbox("down");
      assert.equal(down.status, 0);
      assert.match(down.output, /^ended the sandbox \S+: etcd, kube-apiserver, /);
      await close();
      machine.unhide();
      assert.deepEqual(machine.traces(), untouched);
      assert.ok(!fs.existsSync(machine.directory));
    });
  }
});

/** The addresses that tables of the kernel show somebody listening on. */
function listeners(lines: string[]): string[] {
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === "0A")
    .map(([, local = ""]) => {
      const [address = "", port = ""] = local.split(":");
      const bytes = address.length === 8 ? address.match(/../g)!.reverse() : [];
      const shown = bytes.length > 0 ? bytes.map((byte) => parseInt(byte, 16)).join(".") : "[::]";
      return `${shown}:${parseInt(port, 16)}`;
    })
    .sort();
}
