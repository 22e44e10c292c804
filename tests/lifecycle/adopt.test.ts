// An Istio that something else has installed is handed to a stack: nothing restarts, the next `up` imports, and it goes back.
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { AmbientMesh, type AmbientMeshArgs } from "../../components";
import { istioAmbient } from "../unit/fixtures/terminal";
import { get, kubectl, removeDefinitions, settled, sources, TestStack, type KubeObject } from "./support";

const namespace = "istio-system";
const chartFolder = sources.charts.directory;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "adopt-"));

function command(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
}

/** A chart of the sandbox, as a file. */
function chart(name: string): string {
  const file = fs.readdirSync(chartFolder).find((entry) => entry.startsWith(`${name}-`));
  return path.join(chartFolder, file ?? name);
}

function helm(release: string, name: string, ...args: string[]): void {
  command("helm", "install", release, chart(name), "--namespace", namespace, "--create-namespace", "--wait", ...args);
}

/** Everything of Istio in the cluster but what changes by itself. */
const kinds =
  "crd,deployments,daemonsets,configmaps,serviceaccounts,services,roles,rolebindings,clusterroles,clusterrolebindings," +
  "mutatingwebhookconfigurations,validatingwebhookconfigurations,horizontalpodautoscalers,poddisruptionbudgets," +
  "networkpolicies,secrets,namespaces";

/** Labels, annotations and all that objects say, by their names. */
function picture(): Record<string, object> {
  const all = get(kinds, "--all-namespaces");
  const kept = all.filter(
    ({ kind, metadata }) => !(kind === "ConfigMap" && /leader|election|istio-ca|autoallocate/.test(metadata.name)),
  );
  return Object.fromEntries(
    kept.map(({ kind, metadata: { uid, name, namespace: at = "", labels, annotations }, ...rest }) => [
      `${kind} ${at}/${name}`,
      { uid, labels, annotations, ...withoutStatus(rest) },
    ]),
  );
}

function withoutStatus({ status: _, ...rest }: Omit<KubeObject, "kind" | "metadata">): object {
  return rest;
}

/** What an adoption may not touch. */
function content(of: Record<string, object>): Record<string, object> {
  const entries = Object.entries(of).map(([key, object]) => [key, { ...object, labels: 0, annotations: 0 }] as const);
  return Object.fromEntries(entries.filter(([key]) => !key.startsWith("Secret ")));
}

/** Pods of the mesh, by what would change if they were made again. */
function pods(name: string): string[] {
  return get("pods", "-n", namespace)
    .filter(({ metadata }) => metadata.name.startsWith(name))
    .map(({ metadata }) => metadata.uid)
    .sort();
}

async function adopt(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return istioAmbient(["adopt", ...args]);
}

/** What `adopt --print-args` writes, with where the sandbox has its charts. */
async function printedArgs(): Promise<AmbientMeshArgs> {
  const { out } = await adopt("--print-args", "yaml");
  const { config } = parse(out) as { config: { "istio-ambient:mesh": AmbientMeshArgs } };
  return { ...config["istio-ambient:mesh"], ...sources, platform: "kind", gateway: { enabled: false } };
}

/** Removes what a mesh leaves, and what one that was given back still has. */
function clear(): void {
  for (const secret of get("secrets", "-n", namespace, "-l", "owner=helm")) {
    const release = secret.metadata.labels!["name"]!;
    execFileSync("helm", ["uninstall", release, "--namespace", namespace, "--wait", "--ignore-not-found"], {
      stdio: "ignore",
    });
  }
  execFileSync("istioctl", ["uninstall", "--purge", "--skip-confirmation"], { stdio: "ignore" });
  kubectl("delete", "namespace", namespace, "--ignore-not-found");
  removeDefinitions();
}

const installers: { what: string; install(): void; restarts: string[] }[] = [
  {
    what: "istioctl",
    install: () =>
      command(
        "istioctl",
        ...["install", "--set", "profile=ambient", "--skip-confirmation"],
        ...["--set", "meshConfig.outboundTrafficPolicy.mode=REGISTRY_ONLY"],
        ...["--set", "values.pilot.env.PILOT_ENABLE_STATUS=true", "--set", "values.cni.ambient.dnsCapture=false"],
      ),
    restarts: ["istiod"],
  },
  {
    what: "Helm under other names",
    install: () => {
      helm("base", "base");
      helm("control", "istiod", "--set", "profile=ambient", "--set", "env.PILOT_ENABLE_STATUS=true");
      helm("agent", "cni", "--set", "profile=ambient");
      helm("proxy", "ztunnel", "--set", "profile=ambient");
    },
    restarts: ["istiod"],
  },
  {
    what: "the umbrella chart",
    install: () => {
      const umbrella = path.join(folder, "umbrella");
      fs.mkdirSync(path.join(umbrella, "charts"), { recursive: true });
      for (const file of fs.readdirSync(chartFolder))
        fs.copyFileSync(path.join(chartFolder, file), path.join(umbrella, "charts", file));
      const dependencies = ["base", "cni", "istiod", "ztunnel"].map((name) => ({ name, version: "1.31.0" }));
      const meta = { apiVersion: "v2", name: "ambient", version: "1.31.0", appVersion: "1.31.0", dependencies };
      fs.writeFileSync(path.join(umbrella, "Chart.yaml"), JSON.stringify(meta));
      const profile = "ambient";
      const values = {
        global: { variant: "distroless" },
        istiod: { profile },
        ztunnel: { profile, resourceName: "ztunnel" },
        cni: { profile },
      };
      fs.writeFileSync(path.join(umbrella, "values.yaml"), JSON.stringify(values));
      command("helm", "install", "ambient", umbrella, "--namespace", namespace, "--create-namespace", "--wait");
    },
    restarts: ["istiod"],
  },
];

for (const { what, install, restarts } of installers) {
  describe(`an Istio that ${what} has installed`, () => {
    let args: AmbientMeshArgs = {};
    let stack: TestStack;

    before(async () => {
      removeDefinitions();
      install();
      stack = await TestStack.open("adopt", () => {
        new AmbientMesh("mesh", args);
        return Promise.resolve();
      });
    });

    after(async () => {
      await stack.remove();
      clear();
    });

    it("is handed over by metadata alone, and given back as it was", async () => {
      const before = picture();
      const plan = await adopt("--to", "istio-ambient/adopt");
      console.log(plan.out + plan.err);
      assert.deepEqual(picture(), before);
      const applied = await adopt("--to", "istio-ambient/adopt", "--apply");
      assert.deepEqual([applied.code, applied.err], [0, ""]);
      const handed = picture();
      const made = Object.keys(handed).filter((key) => !(key in before));
      assert.ok(
        made.every((key) => key.startsWith(`Secret ${namespace}/`)),
        made.join(),
      );
      assert.deepEqual(content(handed), content(before));
      assert.deepEqual((await adopt("--undo")).code, 0);
      assert.deepEqual(picture(), before);
    });

    it("is imported by the next up, which replaces nothing and restarts what its plan has named", async () => {
      await adopt("--to", "istio-ambient/adopt", "--apply");
      args = await printedArgs();
      const before = Object.fromEntries(["istiod", "istio-cni", "ztunnel"].map((name) => [name, pods(name)]));
      const preview = await stack.preview();
      console.log(JSON.stringify(preview, null, 1));
      const up = await stack.up();
      console.log(JSON.stringify(up, null, 1));
      const again = await stack.preview();
      console.log(JSON.stringify(again, null, 1));
      const left = await settled(
        () => Object.keys(before).filter((name) => pods(name).join() !== before[name]!.join()),
        (changed) => changed.length === restarts.length,
      );
      assert.deepEqual(left, restarts);
      assert.deepEqual(again.steps, []);
    });
  });
}
