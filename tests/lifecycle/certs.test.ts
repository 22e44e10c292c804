// cert-manager by its real chart on a cluster that has none: one `up` of the program gives a mesh with a certificate. What
// destroy leaves, how it comes back, what is said of another cert-manager, and what a killed engine costs.
import * as assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { CertManager, CertManagerArgs } from "../../components";
import { findTraffic } from "../../sandbox/pods/traffic";
import { CliStack, configOf } from "../support/cli-stack";
import { clone } from "../support/programs";
import { send } from "./requests";
import {
  apply,
  certManagerCharts,
  condition,
  get,
  kubectl,
  namedCommands,
  settled,
  sources,
  TestStack,
} from "./support";
import { clear, definitions, namespace, removeCertManager, restoreCertManager } from "./without-cert-manager";

const { lacks } = findTraffic();
const { directory } = certManagerCharts;
const chart = path.join(directory, fs.readdirSync(directory)[0] ?? "");
const issuer = "root-ca-cluster-issuer";

/** A certificate of somebody who has nothing to do with the stack. */
const bystander = `
apiVersion: v1
kind: Namespace
metadata: { name: bystander }
---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: { name: own, namespace: bystander }
spec: { selfSigned: {} }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: own, namespace: bystander }
spec: { secretName: own, dnsNames: [own.example.com], issuerRef: { name: own } }
`;

const theirs = () =>
  get("certificate,secret", "-n", "bystander").map(({ kind, metadata }) => `${kind} ${metadata.uid}`);
const issued = () => condition(get("certificate", "own", "-n", "bystander")[0], "Ready");
const ready = () => condition(get("clusterissuer", issuer)[0], "Ready");
const controllers = () => get("deployments", "-A", "-l", "app.kubernetes.io/name=cert-manager");

/** The lines of the one error that a run ends with. */
async function refused(run: Promise<unknown>): Promise<string[]> {
  const error = await run.then(
    () => assert.fail("nothing was refused"),
    (reason: { diagnostics: string[] }) => reason,
  );
  // The host of inline programs reports it twice.
  const told = [...new Set(error.diagnostics.filter((line) => line.startsWith("error: CertManager")))];
  assert.equal(told.length, 1, error.diagnostics.join("\n"));
  const [, ...lines] = told[0]!.split("\n").map((line) => line.trim());
  return lines;
}

describe("cert-manager", () => {
  before(async () => {
    await removeCertManager();
  });

  after(async () => {
    kubectl("delete", "namespace", "bystander", "--ignore-not-found");
    await restoreCertManager();
  });

  if (lacks.length === 0)
    describe("with the program, on an empty cluster", () => {
      let workDir: string;
      let stack: CliStack;
      let authority: unknown;
      let others: string[];

      before(() => {
        workDir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "istio-ambient-certs-")));
        const folder = path.join(workDir, "istio-ambient");
        fs.mkdirSync(folder);
        clone(folder);
        const config = configOf(folder, "dev");
        const mesh = config["istio-ambient:mesh"] as { gateway: object };
        const gateway = { ...mesh.gateway, certificate: { issuerName: issuer } };
        stack = CliStack.init(folder, "certs", {
          "istio-ambient:mesh": { ...mesh, ...sources, gateway },
          "istio-ambient:certManager": { charts: { directory } },
        });
      });

      after(async () => {
        await stack?.remove();
        fs.rmSync(workDir, { recursive: true });
      });

      it("is foreseen by the preview, of the mesh as well", async () => {
        const { steps, diagnostics } = await stack.preview();
        assert.deepEqual(diagnostics, []);
        const expected = [
          "create cert-manager-release",
          "create cert-manager-issuer",
          "create mesh-gateway-certificate",
        ];
        assert.deepEqual(
          expected.filter((step) => !steps.includes(step)),
          [],
        );
      });

      it("comes up first, and signs the gateway's certificate", async () => {
        const { outputs, diagnostics } = await stack.up();
        assert.deepEqual(
          diagnostics.filter((line) => !line.startsWith("warning: ")),
          [],
        );
        assert.equal(outputs["issuerName"], issuer);
        const { status } = await settled(
          () => send("https://localhost:8444/", { host: "localhost", ca: String(outputs["caCertificate"]) }),
          (answer) => answer.status === 404,
        );
        assert.equal(status, 404);
        const [root] = get("secret", `${issuer}-ca`, "-n", namespace);
        assert.equal(Buffer.from(root!.data!["tls.crt"]!, "base64").toString(), outputs["caCertificate"]);
        authority = outputs["caCertificate"];
      });

      it("has nothing to change at the second preview, and after a refresh", async () => {
        const { steps, diagnostics } = await stack.preview();
        assert.deepEqual([steps, diagnostics], [[], []]);
        await stack.refresh({ expectNoChanges: true });
        assert.deepEqual((await stack.preview()).steps, []);
      });

      it("leaves at destroy its CRDs and what others have made of them, and the keys in its namespace", async () => {
        apply(bystander);
        assert.equal(await settled(issued, (status) => status === "True"), "True");
        others = theirs();
        assert.equal(others.length, 2);
        await stack.destroy();
        assert.deepEqual([controllers(), get("clusterissuer", issuer)], [[], []]);
        assert.equal(definitions().length, 6);
        assert.deepEqual(theirs(), others);
        assert.equal(get("secret", `${issuer}-ca`, "-n", namespace).length, 1);
      });

      it("takes the CRDs up again at the next up, keeps its CA, and serves others again", async () => {
        const { outputs } = await stack.up();
        assert.equal(outputs["caCertificate"], authority);
        assert.deepEqual(theirs(), others);
        kubectl("delete", "secret", "own", "-n", "bystander");
        const renewed = () => get("secret", "own", "-n", "bystander").length;
        assert.equal(await settled(renewed, (count) => count === 1), 1);
        assert.deepEqual((await stack.preview()).steps, []);
      });
    });

  describe("that others have installed", () => {
    let args: CertManagerArgs = {};
    let stack: TestStack;
    const own = { charts: { directory } };

    before(async () => {
      await clear();
      stack = await TestStack.open("certs-beside", () => {
        const certs = new CertManager("certs", args);
        return Promise.resolve({ issuerName: certs.issuerName });
      });
    });

    after(async () => {
      await stack.remove();
      await clear();
    });

    it("by Helm is refused with the two ways out, at preview as well", async () => {
      const flags = ["--namespace", namespace, "--create-namespace", "--set", "crds.enabled=true", "--wait"];
      execFileSync("helm", ["install", "cert-manager", chart, ...flags], { stdio: "pipe" });
      args = own;
      const lines = [
        '`Deployment cert-manager/cert-manager`: got "a cert-manager installed by Helm as the release ' +
          'cert-manager/cert-manager"; a cluster has one cert-manager: use this one unchanged, or have this stack take it ' +
          "over by `adopt: true`; write `install: false`",
      ];
      assert.deepEqual(await refused(stack.preview()), lines);
      assert.deepEqual(await refused(stack.up()), lines);
    });

    it("is used as it is: only the issuer is made, and destroy leaves the rest", async () => {
      const before = controllers()[0]!.metadata;
      args = { install: false };
      const { steps, outputs } = await stack.up();
      assert.equal(outputs["issuerName"], issuer);
      assert.ok(!steps.some((step) => /release|namespace/.test(step)), steps.join());
      assert.equal(ready(), "True");
      assert.deepEqual((await stack.preview()).steps, []);
      await stack.destroy();
      const { uid } = controllers()[0]!.metadata;
      assert.deepEqual([uid, get("clusterissuer", issuer)], [before.uid, []]);
    });

    it("is taken over where the program says so, without being replaced", async () => {
      const before = controllers()[0]!.metadata;
      args = { ...own, adopt: true };
      const { steps } = await stack.up();
      assert.ok(steps.includes("import certs-release"), steps.join());
      assert.equal(controllers()[0]!.metadata.uid, before.uid);
      assert.equal(ready(), "True");
      const { steps: next, diagnostics } = await stack.preview();
      assert.deepEqual([next, diagnostics], [[], []]);
    });

    it("by another stack is refused, and destroying the stack that is refused takes nothing of it", async () => {
      const { uid } = controllers()[0]!.metadata;
      const second = await TestStack.open("certs-second", () => {
        new CertManager("certs", own);
        return Promise.resolve();
      });
      const lines = [
        '`Deployment cert-manager/cert-manager`: got "the cert-manager of the stack istio-ambient/certs-beside"; a cluster ' +
          "has one cert-manager: use that one unchanged; write `install: false`",
      ];
      assert.deepEqual(await refused(second.preview()), lines);
      assert.deepEqual(await refused(second.up()), lines);
      await second.remove();
      assert.deepEqual([controllers()[0]!.metadata.uid, ready()], [uid, "True"]);
      assert.deepEqual((await stack.preview()).steps, []);
    });

    it("goes with the stack that has taken it over, but for its CRDs and its namespace", async () => {
      await stack.destroy();
      assert.deepEqual(controllers(), []);
      assert.equal(definitions().length, 6);
      assert.equal(get("namespace", namespace).length, 1);
    });

    it("by kubectl is refused with the one way out", async () => {
      await clear();
      kubectl("create", "namespace", namespace);
      const flags = ["--namespace", namespace, "--set", "crds.enabled=true", "--no-hooks", "--kube-version", "1.36.0"];
      apply(execFileSync("helm", ["template", "cert-manager", chart, ...flags], { encoding: "utf8" }));
      args = own;
      assert.deepEqual(await refused(stack.preview()), [
        '`Deployment cert-manager/cert-manager`: got "a cert-manager installed by kubectl or another tool"; a cluster has ' +
          "one cert-manager: use this one unchanged; write `install: false`",
      ]);
    });
  });

  describe("whose engine is killed", () => {
    let stack: TestStack;

    /** One run of the engine in a process group of its own; its output, and how it ended. */
    function engine(killAt?: string): Promise<{ killed: boolean; code: number; output: string }> {
      const file = path.join(__dirname, "certs-engine.ts");
      const argv = ["--require", require.resolve("tsx/cjs"), file, directory, ...(killAt ? [killAt] : [])];
      const child = spawn(process.execPath, argv, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (part: Buffer) => (output += part.toString()));
      return new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("exit", (code, signal) => resolve({ killed: signal === "SIGKILL", code: code ?? 1, output }));
      });
    }

    /** Runs the commands that the errors of a run name. */
    function obey(output: string): void {
      const named = namedCommands(output);
      assert.notEqual(named.length, 0, `no command in:\n${output}`);
      for (const command of named) execFileSync("/bin/sh", ["-c", command]);
    }

    /** Runs `up`, and what its errors name, until it succeeds. */
    async function recover(): Promise<void> {
      for (let tries = 0; tries < 4; tries += 1) {
        const { code, output } = await engine();
        if (code === 0) return;
        obey(output);
      }
      assert.fail("cert-manager does not come up again");
    }

    before(async () => {
      await clear();
      stack = await TestStack.open("certs", () => {
        new CertManager("certs", { charts: { directory } });
        return Promise.resolve();
      });
    });

    after(async () => {
      await stack.remove();
      await clear();
    });

    it("comes up at the next `up`, after the command that an error names", async () => {
      let kills = 0;
      for (const point of ["certs-namespace", "certs-release", "certs-ca-certificate", "certs-issuer"]) {
        // What an error names comes first: until then a run does not get to the point.
        for (let tries = 0; tries < 3; tries += 1) {
          const { killed, code, output } = await engine(point);
          if (killed) kills += 1;
          if (killed || code === 0) break;
          obey(output);
        }
      }
      assert.ok(kills >= 3, `only ${kills} kills struck`);
      await recover();
      assert.equal(ready(), "True");
      await stack.unlock();
      assert.deepEqual((await stack.preview()).steps, []);
    });
  });
});
