// Ways out, on a real control plane: one finding waived, a Kubernetes and an Istio that are newer than tried, values that no
// chart reads, and a kubeconfig that comes as an Output.
import * as assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import * as command from "@pulumi/command";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { AmbientMesh, AmbientMeshArgs } from "../../components";
import { chartKeys as listedKeys } from "../../lib/istio/chart-keys";
import { charts } from "../../lib/istio/releases";
import { chartKeys } from "../../tools/chart-keys";
import { istioAmbient } from "../unit/fixtures/terminal";
import { apply, get, kubectl, sources, TestStack } from "./support";

/** A release that the package does not list. */
const unlisted = "1.32.0";

const obstacle = `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, nodePort: 30081 }] }
`;
const nodePort =
  '`Service default/web`: got "has NodePort 30081"; NodePort 30081 of the gateway (`gateway.httpNodePort`) must be free; ' +
  "write `httpNodePort: 30082` [node-ports-free]";

type Failure = Error & { diagnostics: string[]; steps: string[] };

/** Each diagnostic once: the engine repeats what a resource and the program say. */
const told = ({ diagnostics }: { diagnostics: string[] }) => [...new Set(diagnostics)].sort();

/** The sandbox's charts as somebody would get those of another release, in a directory of their own. */
function chartsOf(version: string): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "charts-"));
  for (const { chart } of Object.values(charts)) {
    const [file] = fs.readdirSync(sources.charts.directory).filter((name) => name.startsWith(`${chart}-1.`));
    execFileSync("tar", ["xzf", path.join(sources.charts.directory, file!), "-C", folder]);
    const about = path.join(folder, chart, "Chart.yaml");
    fs.writeFileSync(about, fs.readFileSync(about, "utf8").replace(/^(version|appVersion): .*$/gm, `$1: ${version}`));
    execFileSync("tar", ["czf", path.join(folder, `${chart}-${version}.tgz`), "-C", folder, chart]);
  }
  return folder;
}

/** Texts of a chart's folder, without the profiles. */
function texts(folder: string): string[] {
  return ["templates", "files"]
    .map((name) => path.join(folder, name))
    .filter((below) => fs.existsSync(below))
    .flatMap((below) =>
      fs.readdirSync(below, { recursive: true, encoding: "utf8" }).map((file) => path.join(below, file)),
    )
    .filter((file) => /\.(ya?ml|tpl|txt)$/.test(file) && !/(^|\/)(profile-|crd-all)/.test(file))
    .map((file) => fs.readFileSync(file, "utf8"));
}

/** The control plane behind an address that says it is a later Kubernetes. */
class LaterKubernetes {
  private constructor(
    private readonly server: http.Server,
    private readonly proxy: ChildProcess,
    readonly kubeconfig: string,
  ) {}

  static async start(version: string): Promise<LaterKubernetes> {
    const proxy = spawn("kubectl", ["proxy", "--port=0"], { stdio: ["ignore", "pipe", "inherit"] });
    const said = await new Promise<string>((resolve) =>
      proxy.stdout.once("data", (data: Buffer) => resolve(data.toString())),
    );
    const port = Number(/:(\d+)\s*$/.exec(said)?.[1]);
    const server = http.createServer((request, response) => {
      const { method, headers, url } = request;
      const onward = http.request({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (data: Buffer) => chunks.push(data));
        answer.on("end", () => {
          const body = Buffer.concat(chunks);
          const isVersion = url?.startsWith("/version");
          const text = isVersion
            ? body.toString().replace(/"gitVersion": *"[^"]*"/, `"gitVersion": "${version}"`)
            : body;
          // The text may have another length now.
          const kept = { ...answer.headers, "content-length": undefined, "transfer-encoding": undefined };
          const given = Object.entries(kept).filter(([, header]) => header !== undefined);
          response.writeHead(answer.statusCode ?? 500, Object.fromEntries(given) as http.OutgoingHttpHeaders);
          response.end(text);
        });
      });
      onward.on("error", () => response.destroy());
      request.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const cluster = { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    const kubeconfig = JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "later", cluster }],
      users: [{ name: "later", user: {} }],
      contexts: [{ name: "later", context: { cluster: "later", user: "later" } }],
      "current-context": "later",
    });
    return new LaterKubernetes(server, proxy, kubeconfig);
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
    this.proxy.kill();
  }
}

describe("ways out of what the preflight and the arguments refuse", () => {
  const kubeconfigText = kubectl("config", "view", "--raw", "--flatten");
  let args: AmbientMeshArgs = {};
  /** The kubeconfig of an explicit provider, where there is one. */
  let kubeconfig: (() => pulumi.Input<string>) | undefined;
  let stack: TestStack;

  before(async () => {
    stack = await TestStack.open("waivers", () => {
      const given = kubeconfig?.();
      const provider = given === undefined ? undefined : new k8s.Provider("other", { kubeconfig: given });
      const cluster = given === undefined ? undefined : { kubeconfig: given };
      const { version } = new AmbientMesh("mesh", { ...sources, platform: "kind", ...args, cluster }, { provider });
      return Promise.resolve({ version });
    });
  });

  after(async () => {
    kubectl("delete", "service", "web", "-n", "default", "--ignore-not-found");
    await stack.remove();
  });

  it("waive one finding by its id, shown at every preview, while the others still stop the mesh", async () => {
    apply(obstacle);
    kubectl("label", "node", "node-1", "microk8s.io/cluster=true");
    const platform =
      '`Cluster https://10.245.0.1:6443`: got "a cluster of microk8s, platform kind"; the charts install istio-cni where ' +
      'microk8s looks for it only if `platform` is set; write `platform: "microk8s"` [platform]';
    const refusal = 'error: AmbientMesh "mesh" cannot be created on https://10.245.0.1:6443:';
    await assert.rejects(stack.preview(), (failure: Failure) => {
      assert.deepEqual(told(failure), [`${refusal}\n  ${nodePort}\n  ${platform}`]);
      return true;
    });
    args = { preflight: { ignore: { "node-ports-free": "web goes before the mesh comes" } } };
    const waived = `warning: waived by \`preflight.ignore\`:\n  ${nodePort}, waived: web goes before the mesh comes`;
    await assert.rejects(stack.preview(), (failure: Failure) => {
      assert.deepEqual(told(failure), [`${refusal}\n  ${platform}`, waived]);
      return true;
    });
    kubectl("label", "node", "node-1", "microk8s.io/cluster-");
    for (let run = 0; run < 2; run++) {
      const { diagnostics, steps } = await stack.preview();
      assert.ok(diagnostics.includes(waived), diagnostics.join("\n"));
      assert.ok(steps.includes("create mesh-gateway-gateway"));
    }
  });

  it("take a Kubernetes that is newer than Istio was tested with, with a warning that can be waived", async () => {
    kubectl("delete", "service", "web", "-n", "default", "--ignore-not-found");
    const later = await LaterKubernetes.start("v1.37.2");
    try {
      // Of a plain one the program's process would wait for the answer, which here comes from that very process.
      kubeconfig = () => pulumi.output(later.kubeconfig);
      /** What is said of the version, under which heading. */
      const heading = async () => {
        const { diagnostics } = await stack.preview();
        const text = diagnostics.find((each) => each.includes('got "Kubernetes 1.37"'));
        return text?.split("\n")[0] ?? diagnostics.join("\n");
      };
      args = {};
      assert.equal(await heading(), "warning: preflight warnings:");
      args = { preflight: { ignore: { "kubernetes-untested": "tried on staging" } } };
      assert.equal(await heading(), "warning: waived by `preflight.ignore`:");
    } finally {
      later.stop();
      kubeconfig = undefined;
    }
  });

  it("refuse a misspelt value before anything is registered, and know those of the real charts", async () => {
    args = { cni: { values: { ambient: { dnsCaptur: false } } } };
    await assert.rejects(stack.preview(), (failure: Failure) => {
      assert.ok(
        failure.message.includes(
          '`cni.values.ambient.dnsCaptur`: got "false"; the chart cni of Istio 1.31 reads no such value; write ' +
            "`dnsCapture: false`",
        ),
        failure.message,
      );
      assert.deepEqual(failure.steps, []);
      return true;
    });
    args = {
      cni: { values: { ambient: { dnsCapture: false } } },
      dataplane: { values: { podLabels: { any: "thing" } } },
    };
    await stack.preview();
    const folder = chartsOf("1.31.0");
    for (const [name, { chart }] of Object.entries(charts)) {
      const values = parse(fs.readFileSync(path.join(folder, chart, "values.yaml"), "utf8")) as unknown;
      const listed = listedKeys["1.31"]![name as keyof typeof charts].trim().split(/\s+/);
      assert.deepEqual(chartKeys(values, texts(path.join(folder, chart))), listed);
    }
    fs.rmSync(folder, { recursive: true });
  });

  it("refuse a release that is not listed, unless that is allowed", async () => {
    args = { charts: { directory: chartsOf(unlisted) } };
    await assert.rejects(stack.preview(), (failure: Failure) => {
      assert.ok(
        failure.message.includes(
          `\`version\`: got "${unlisted}"; must be a release of Istio 1.31 or 1.30, unless \`allowUnlistedRelease\` is ` +
            'true; write `version: "1.31.4"`',
        ),
        failure.message,
      );
      return true;
    });
  });

  it("look at a cluster whose kubeconfig is a secret Output at preview where it is known", async () => {
    apply(obstacle);
    args = { ...args, allowUnlistedRelease: true };
    kubeconfig = () => pulumi.secret(kubeconfigText);
    await assert.rejects(stack.preview(), (failure: Failure) => {
      assert.ok(failure.message.includes(nodePort), failure.message);
      return true;
    });
  });

  it("say at preview that a cluster which the program makes is not looked at, and refuse it at up with nothing written", async () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "made-")), "config");
    fs.writeFileSync(file, kubeconfigText);
    kubeconfig = () => pulumi.secret(new command.local.Command("cluster", { create: `cat ${file}` }).stdout);
    const { diagnostics } = await stack.preview();
    const skipped =
      "warning: the preflight was skipped: this program creates the cluster; `pulumi up` checks the cluster before it creates the mesh";
    assert.ok(diagnostics.includes(skipped), diagnostics.join("\n"));
    await assert.rejects(stack.up(), (failure: Failure) => {
      assert.ok(failure.message.includes(nodePort), failure.message);
      const written = failure.steps.filter(
        (step) => !/ (cluster|other|default_\w+|mesh|mesh-gateway|mesh-gateway-api)$/.test(step),
      );
      assert.deepEqual(written, []);
      return true;
    });
    assert.deepEqual(get("namespace", "istio-system"), []);
    assert.deepEqual(
      get("crd").filter(({ metadata }) => metadata.name.endsWith(".istio.io")),
      [],
    );
  });

  it("bring the mesh up there, of the release that is not listed, and take every workload out of it again", async () => {
    kubectl("delete", "service", "web", "-n", "default");
    const { diagnostics, outputs } = await stack.up();
    assert.equal(outputs["version"], unlisted);
    const unlistedWarning = `warning: Istio ${unlisted} is of none of the release lines that this package lists (1.31 and 1.30); the mesh is judged by 1.31`;
    assert.ok(diagnostics.includes(unlistedWarning), diagnostics.join("\n"));
    assert.deepEqual((await stack.preview()).steps, []);
  });

  it("of check: one failure waived by its id with a reason", async () => {
    kubectl("delete", "crd", "telemetries.telemetry.istio.io");
    const check = ["check", "--category", "control-plane"];
    const failed = await istioAmbient(check);
    assert.equal(failed.code, 1, failed.out);
    const waived = await istioAmbient([...check, "--ignore", "istio-crds=nobody writes Telemetry here"]);
    assert.ok(waived.out.includes("waived: nobody writes Telemetry here"), waived.out);
    assert.equal(waived.code, 0, waived.out);
  });

  it("and at destroy the workloads leave the mesh on the cluster that the state remembers", async () => {
    apply(
      "apiVersion: v1\nkind: Namespace\nmetadata: { name: enrolled, labels: { istio.io/dataplane-mode: ambient } }",
    );
    await stack.destroy();
    const [namespace] = get("namespace", "enrolled");
    assert.equal(namespace?.metadata.labels?.["istio.io/dataplane-mode"], undefined);
    kubectl("delete", "namespace", "enrolled");
    assert.deepEqual(get("namespace", "istio-system"), []);
  });
});
