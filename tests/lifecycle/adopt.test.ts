// An Istio that something else has installed is handed to a stack: nothing restarts, the next `up` imports, and it goes back.
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { AmbientMesh, type AmbientMeshArgs } from "../../components";
import {
  adopt,
  chart,
  clear,
  command,
  content,
  differing,
  helm,
  namespace,
  picture,
  pods,
  printedArgs,
  settings,
} from "./adopt-install";
import {
  apply,
  get,
  istioctlImages,
  kubectl,
  removeDefinitions,
  settled,
  sources,
  TestStack,
  webhooksWritten,
} from "./support";

const chartFolder = sources.charts.directory;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "adopt-"));

/** A sidecar's pod: the webhook of istiod puts it there. */
const withSidecar = `
apiVersion: v1
kind: Namespace
metadata: { name: sidecars, labels: { istio-injection: enabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: sidecars }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: example.com/web }] }
`;

const installers: { what: string; install(): void; restarts: string[] }[] = [
  {
    what: "istioctl",
    install: () =>
      command(
        "istioctl",
        ...["install", "--set", "profile=ambient", "--skip-confirmation", ...istioctlImages],
        ...["--set", "meshConfig.outboundTrafficPolicy.mode=REGISTRY_ONLY"],
        ...["--set", "values.pilot.env.PILOT_ENABLE_STATUS=true", "--set", "values.cni.ambient.dnsCapture=false"],
      ),
    restarts: ["istiod"],
  },
  {
    what: "Helm under other names",
    install: () => {
      helm("base", chart("base"));
      const env = "env.PILOT_ENABLE_STATUS=true";
      helm("control", chart("istiod"), "--set", "profile=ambient", "--set", env, "--set", "pilot.cni.enabled=true");
      helm("agent", chart("cni"), "--set", "profile=ambient");
      helm("proxy", chart("ztunnel"), "--set", "profile=ambient");
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
  {
    what: "Helm under the usual names",
    install: () => {
      helm("istio-base", chart("base"));
      helm("istiod", chart("istiod"), "--set", "profile=ambient", "--set", "meshConfig.trustDomain=old.example");
      helm("istio-cni", chart("cni"), "--set", "profile=ambient");
      // As Istio's guide installs it: without the profile its image is another one.
      helm("ztunnel", chart("ztunnel"));
    },
    restarts: [],
  },
  {
    what: "istioctl with sidecars alone",
    install: () => {
      command("istioctl", "install", "--set", "profile=minimal", "--skip-confirmation", ...istioctlImages);
      apply(withSidecar);
      kubectl("rollout", "status", "deployment/web", "-n", "sidecars", "--timeout=2m");
    },
    // istio-cni and ztunnel are new.
    restarts: ["istio-cni", "istiod", "ztunnel"],
  },
];

/** Containers of the pods with a sidecar, and who they are. */
function sidecars(): string[] {
  return get("pods", "-n", "sidecars").map(({ metadata, spec }) => {
    const { containers, initContainers = [] } = spec as {
      containers: { name: string }[];
      initContainers?: { name: string }[];
    };
    return [metadata.uid, ...[...containers, ...initContainers].map(({ name }) => name)].join(" ");
  });
}

/** A run that is killed at its n-th write. */
function killedAt(writes: number, ...args: string[]): NodeJS.Signals | null {
  const file = path.join(__dirname, "adopt-killed.ts");
  return spawnSync(process.execPath, ["--require", require.resolve("tsx/cjs"), file, String(writes), ...args]).signal;
}

for (const { what, install, restarts } of installers) {
  describe(`an Istio that ${what} has installed`, () => {
    let args: AmbientMeshArgs = {};
    let stack: TestStack;
    const to = ["--to", "istio-ambient/adopt"];

    before(async () => {
      removeDefinitions();
      install();
      await webhooksWritten();
      stack = await TestStack.open("adopt", () => {
        new AmbientMesh("mesh", args);
        return Promise.resolve();
      });
    });

    after(async () => {
      await stack.remove();
      clear();
    });

    it("is not taken over unasked: the preview names the command", async () => {
      args = { ...sources, platform: "kind", adoptNamespace: true, gateway: { enabled: false } };
      const told = await stack.preview().then(
        () => assert.fail("nothing was refused"),
        ({ diagnostics }: { diagnostics: string[] }) => diagnostics.join("\n"),
      );
      assert.match(told, /run `npx istio-ambient adopt --to istio-ambient\/adopt`/);
      assert.doesNotMatch(told, /uninstall --purge|helm uninstall/);
    });

    it("is handed over by metadata alone, and given back as it was", async () => {
      const before = picture();
      const plan = await adopt(...to);
      assert.deepEqual([plan.code, plan.err], [0, ""]);
      assert.deepEqual(picture(), before);
      const applied = await adopt(...to, "--apply");
      assert.deepEqual([applied.code, applied.err], [0, ""]);
      const handed = picture();
      const made = Object.keys(handed).filter((key) => !(key in before));
      assert.ok(
        made.every((key) => key.startsWith(`Secret ${namespace}/`)),
        made.join(),
      );
      const kept = Object.fromEntries(Object.entries(content(handed)).filter(([key]) => key in before));
      assert.deepEqual(kept, content(before));
      const undone = await adopt("--undo");
      assert.deepEqual([undone.code, undone.err], [0, ""]);
      assert.deepEqual(picture(), before);
    });

    it("is imported by the next up, which replaces nothing and restarts what its plan has named", async () => {
      assert.equal((await adopt(...to, "--apply")).code, 0);
      args = await printedArgs();
      const before = Object.fromEntries(["istiod", "istio-cni", "ztunnel"].map((name) => [name, pods(name)]));
      const [others, told] = [sidecars(), settings()];
      assert.deepEqual(differing(await stack.preview()), []);
      const { cpu = "100m" } = args.controlPlane!;
      args = { ...args, controlPlane: { ...args.controlPlane, cpu: "321m" } };
      assert.deepEqual(differing(await stack.preview()), ["values.resources.requests.cpu"]);
      args = { ...args, controlPlane: { ...args.controlPlane, cpu } };
      const up = await stack.up();
      const again = await stack.preview();
      const changed = await settled(
        () => Object.keys(before).filter((name) => pods(name).join() !== before[name]!.join()),
        (names) => names.length >= restarts.length,
      );
      assert.deepEqual(changed.sort(), restarts);
      assert.deepEqual(sidecars(), others);
      if (others.length === 0) assert.deepEqual(settings(), told);
      assert.deepEqual(
        up.steps.filter((step) => /replace|delete/.test(step)),
        [],
      );
      assert.deepEqual(again.steps, []);
      await stack.refresh({ expectNoChanges: true });
    });
  });
}

describe("an adoption that is killed", () => {
  const to = ["--to", "istio-ambient/adopt"];
  before(async () => {
    removeDefinitions();
    installers[0]!.install();
    await webhooksWritten();
  });
  after(clear);

  for (const writes of [1, 4, 15, 36, 45]) {
    it(`at its write ${writes} goes on, and is undone`, async () => {
      const before = picture();
      assert.equal(killedAt(writes, ...to, "--apply"), "SIGKILL");
      assert.equal((await adopt(...to, "--apply")).code, 0);
      assert.equal(killedAt(Math.ceil(writes / 2) + 1, "--undo"), "SIGKILL");
      assert.equal((await adopt("--undo")).code, 0);
      assert.deepEqual(picture(), before);
    });
  }
});
