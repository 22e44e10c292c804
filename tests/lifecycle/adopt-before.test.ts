// An Istio of the release line before is handed to a stack, which keeps its release or takes it to the next one at once.
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { AmbientMesh, type AmbientMeshArgs } from "../../components";
import { partPath } from "../../sandbox/build/cache";
import {
  adopt,
  chart,
  clear,
  command,
  differing,
  helm,
  namespace,
  picture,
  pods,
  printedArgs,
  settings,
} from "./adopt-install";
import { get, removeDefinitions, settled, sources, TestStack, webhooksWritten } from "./support";

const release = "1.30.3";
const charts = partPath("istio-charts-before");
const former = { charts: { directory: charts }, gatewayApi: { source: partPath("gateway-api-crds-before") } };
const lacks = [charts, former.gatewayApi.source].filter((part) => !fs.existsSync(part));
const parts = ["istio-cni", "istiod", "ztunnel"];

/**
 * The charts and profiles of that line, as istioctl has them in it: the sandbox has one istioctl, which installs what it finds
 * in a folder the same way.
 */
function manifests(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "manifests-"));
  const places = { base: "base", istiod: "istio-control/istio-discovery", cni: "istio-cni", ztunnel: "ztunnel" };
  for (const [name, place] of Object.entries(places)) {
    const into = path.join(folder, "charts", place);
    fs.mkdirSync(into, { recursive: true });
    execFileSync("tar", ["-xzf", chart(name, charts), "-C", into, "--strip-components=1"]);
  }
  const component = { enabled: true };
  // istioctl has one by itself.
  const ingressGateways = [{ name: "istio-ingressgateway", enabled: false }];
  const profile = (spec: object) =>
    JSON.stringify({ apiVersion: "install.istio.io/v1alpha1", kind: "IstioOperator", spec });
  fs.mkdirSync(path.join(folder, "profiles"));
  fs.writeFileSync(
    path.join(folder, "profiles", "default.yaml"),
    profile({
      ...{ hub: "docker.io/istio", tag: release, components: { base: component, pilot: component, ingressGateways } },
      values: {
        defaultRevision: "",
        global: { istioNamespace: namespace, configValidation: true },
        ztunnel: { resourceName: "ztunnel" },
      },
    }),
  );
  fs.writeFileSync(
    path.join(folder, "profiles", "ambient.yaml"),
    profile({ components: { cni: component, ztunnel: component }, values: { profile: "ambient" } }),
  );
  return folder;
}

const installers: { what: string; install(): void; restarts: string[]; keeps: boolean }[] = [
  {
    what: "istioctl",
    install: () =>
      command("istioctl", "install", "--manifests", manifests(), "--set", "profile=ambient", "--skip-confirmation"),
    restarts: ["istiod"],
    keeps: true,
  },
  {
    what: "Helm",
    install: () => {
      const names = { "istio-base": "base", istiod: "istiod", "istio-cni": "cni", ztunnel: "ztunnel" };
      for (const [name, of] of Object.entries(names)) helm(name, chart(of, charts), "--set", "profile=ambient");
    },
    restarts: [],
    keeps: true,
  },
  {
    what: "Helm under other names, and upgrades it at once",
    install: () => {
      const names = { base: "base", control: "istiod", agent: "cni", proxy: "ztunnel" };
      for (const [name, of] of Object.entries(names)) helm(name, chart(of, charts), "--set", "profile=ambient");
    },
    restarts: parts,
    keeps: false,
  },
];

/** Restarts of the parts by what is there now. */
function running(): Record<string, string[]> {
  return Object.fromEntries(parts.map((name) => [name, pods(name)]));
}

/** Parts whose pods are others than before, once so many are. */
function changed(before: Record<string, string[]>, count: number): Promise<string[]> {
  return settled(
    () => parts.filter((name) => pods(name).join() !== before[name]!.join()),
    (names) => names.length >= count,
  );
}

function images(): string[] {
  return parts.map((name) => {
    const [workload] = get(name === "istiod" ? "deployment" : "daemonset", nameOf(name), "-n", namespace);
    const { containers } = (workload!.spec as { template: { spec: { containers: { image: string }[] } } }).template
      .spec;
    return containers[0]!.image.replace(/^.*:/, "").replace(/-distroless$/, "");
  });
}

function nameOf(part: string): string {
  return part === "istio-cni" ? "istio-cni-node" : part;
}

if (lacks.length > 0) {
  describe("an Istio of the line before", () => {
    it("cannot be tried here", () => {
      console.log(`      ${lacks.join(" and ")} could not be downloaded`);
    });
  });
}

for (const { what, install, restarts, keeps } of lacks.length > 0 ? [] : installers) {
  describe(`an Istio ${release} that ${what} has installed`, () => {
    let args: AmbientMeshArgs = {};
    let stack: TestStack;
    const to = ["--to", "istio-ambient/adopt-before"];

    before(async () => {
      removeDefinitions();
      install();
      await webhooksWritten();
      stack = await TestStack.open("adopt-before", () => {
        const mesh = new AmbientMesh("mesh", args);
        return Promise.resolve({ version: mesh.version });
      });
    });

    after(async () => {
      await stack.remove();
      clear();
    });

    it("is handed over as it is, given back, and handed over again", async () => {
      const before = picture();
      const applied = await adopt(...to, "--apply");
      assert.deepEqual([applied.code, applied.err], [0, ""]);
      assert.equal((await adopt("--undo")).code, 0);
      assert.deepEqual(picture(), before);
      assert.equal((await adopt(...to, "--apply")).code, 0);
      args = { ...(await printedArgs()), ...former };
      assert.equal(args.version, release);
      assert.deepEqual(images(), [release, release, release]);
    });

    if (keeps) {
      it("keeps its release with the printed arguments: nothing is replaced, and no more restarts than said", async () => {
        const [before, told] = [running(), settings()];
        assert.deepEqual(differing(await stack.preview()), []);
        const { steps, outputs } = await stack.up();
        assert.equal(outputs["version"], release);
        assert.deepEqual(
          steps.filter((step) => /replace|delete/.test(step)),
          [],
        );
        assert.deepEqual(await changed(before, restarts.length), restarts);
        assert.deepEqual(settings(), told);
        assert.deepEqual((await stack.preview()).steps, []);
        await stack.refresh({ expectNoChanges: true });
      });
    }

    it("is upgraded in place once its program names the next release", async () => {
      const before = running();
      args = { ...args, ...sources, version: "1.31.0" };
      const { steps, outputs } = await stack.up();
      assert.equal(outputs["version"], "1.31.0");
      assert.deepEqual(
        steps.filter((step) => /replace|delete/.test(step)),
        [],
      );
      assert.deepEqual(await changed(before, parts.length), parts);
      assert.deepEqual(images(), ["1.31.0", "1.31.0", "1.31.0"]);
      assert.deepEqual((await stack.preview()).steps, []);
      await stack.refresh({ expectNoChanges: true });
    });
  });
}
