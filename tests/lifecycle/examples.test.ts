// Every example as its reader runs it, by the real `pulumi` and with the packed package: up, silent, and down again.
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import { findTraffic } from "../../sandbox/pods/traffic";
import { CliStack, configOf } from "../support/cli-stack";
import { manifestOf, root, unpack } from "../support/programs";
import { Asked, send } from "./requests";
import { get, settled, sources } from "./support";

const load = createRequire(__filename);
/** Those of one stack in TypeScript; that of two is tried by two-teams.test.ts, other languages by languages.test.ts. */
const examples = fs
  .readdirSync(path.join(root, "examples"))
  .filter((name) => fs.existsSync(path.join(root, "examples", name, "Pulumi.yaml")))
  .filter((name) => fs.existsSync(path.join(root, "examples", name, "package.json")))
  .sort();

interface Expected {
  route: string;
  url: string;
  /** Where requests are let through without a waypoint: what is asked, and what answers it, a pod of this name. */
  request?: { url: string; host: string; pod: RegExp };
}

const gateway = "https://localhost:8444";
const shop = { route: "web", url: gateway };
const expected: Record<string, Expected> = {
  canary: { ...shop, request: { url: `${gateway}/hostname`, host: "shop.hostk8s.local", pod: /^web(-next)?-/ } },
  quickstart: {
    route: "my-app",
    url: `${gateway}/my-app`,
    request: { url: `${gateway}/my-app`, host: "localhost", pod: /^my-app-v[12]-/ },
  },
  "waypoint-l7": shop,
  "zero-trust": shop,
};

const { lacks } = findTraffic();

describe("the examples", () => {
  let workDir: string;

  before(() => {
    workDir = fs.mkdtempSync(path.join(os.tmpdir(), "istio-ambient-examples-"));
    unpack(workDir);
  });

  after(() => fs.rmSync(workDir, { recursive: true, force: true }));

  it("depend on this version of the package by its name, and each has a project and a README", () => {
    assert.deepEqual(examples, Object.keys(expected).sort());
    const own = manifestOf(root);
    for (const name of examples) {
      const folder = path.join(root, "examples", name);
      const { dependencies } = manifestOf(folder);
      assert.equal(dependencies["istio-ambient"], `^${own.version}`);
      for (const shared of ["@pulumi/kubernetes", "@pulumi/pulumi"]) {
        assert.equal(dependencies[shared], own.dependencies[shared]);
      }
      assert.match(
        fs.readFileSync(path.join(folder, "Pulumi.yaml"), "utf8"),
        new RegExp(`^name: istio-ambient-${name}$`, "m"),
      );
      assert.match(fs.readFileSync(path.join(folder, "README.md"), "utf8"), new RegExp(`^# ${name}$`, "m"));
    }
  });

  for (const name of examples) {
    describe(name, () => {
      let stack: CliStack;
      let made: Record<string, unknown>;
      const { route: routeName, url, request } = expected[name]!;

      before(() => {
        const folder = path.join(workDir, name);
        fs.cpSync(path.join(root, "examples", name), folder, { recursive: true });
        const config = configOf(folder, "dev");
        const mesh = `istio-ambient-${name}:mesh`;
        stack = CliStack.init(folder, "test", { ...config, [mesh]: { ...(config[mesh] as object), ...sources } });
      });

      after(() => stack?.remove());

      it("compiles in strict mode", () => compile(path.join(workDir, name)));

      it("comes up, and its route is accepted", async () => {
        const { outputs, diagnostics } = await stack.up();
        made = outputs;
        // The official plugin warns of a Deployment whose pods are still starting.
        assert.deepEqual(
          diagnostics.filter((line) => !line.startsWith("warning: ")),
          [],
        );
        assert.equal(outputs["url"], url);
        const [route] = get("httproute", routeName, "-n", "shop");
        const { parents } = route!.status as unknown as {
          parents: { conditions: { type: string; status: string }[] }[];
        };
        const accepted = parents[0]!.conditions.filter(({ type }) => ["Accepted", "ResolvedRefs"].includes(type));
        assert.deepEqual(
          accepted.map(({ status }) => status),
          ["True", "True"],
        );
      });

      if (request && lacks.length === 0)
        it("answers through the gateway", async () => {
          const asked: Asked = { host: request.host, ca: String(made["caCertificate"]) };
          const answer = await settled(
            () => send(request.url, asked),
            ({ status }) => status === 200,
          );
          assert.match(answer.body, request.pod);
        });

      if (name === "canary" && lacks.length === 0)
        it("sends those who come by http to https", async () => {
          const { status, headers } = await send("http://localhost:8081/hostname", { host: "shop.hostk8s.local" });
          assert.deepEqual([status, headers.location], [301, "https://shop.hostk8s.local:8444/hostname"]);
        });

      it("has nothing to change at the second preview", async () => {
        assert.deepEqual((await stack.preview()).steps, []);
      });

      it("has nothing to change after a refresh", async () => {
        await stack.refresh({ expectNoChanges: true });
        assert.deepEqual((await stack.preview()).steps, []);
      });

      if (name === "quickstart")
        it("has nothing to change from another folder, moved, with a later version of the package", async () => {
          stack.from = os.tmpdir();
          assert.deepEqual((await stack.preview()).steps, []);
          stack.move(besideLaterPackage(workDir, name));
          assert.deepEqual((await stack.preview()).steps, []);
          const state = stack.state();
          for (const folder of [workDir, root]) assert.equal(state.includes(folder), false, folder);
        });

      it("goes, with all that it made", async () => {
        await stack.destroy();
        assert.deepEqual(get("namespace", "shop", "bank", "istio-system"), []);
      });
    });
  }
});

/** Where an example of a folder can move to: beside it lies the package, of a later version. */
function besideLaterPackage(folder: string, example: string): string {
  const elsewhere = path.join(folder, "elsewhere");
  fs.mkdirSync(elsewhere);
  fs.cpSync(path.join(folder, "node_modules"), path.join(elsewhere, "node_modules"), { recursive: true });
  const file = path.join(elsewhere, "node_modules", "istio-ambient", "package.json");
  const description = JSON.parse(fs.readFileSync(file, "utf8")) as object;
  fs.writeFileSync(file, JSON.stringify({ ...description, version: "99.0.0" }));
  return path.join(elsewhere, example);
}

function compile(folder: string): void {
  const options = {
    strict: true,
    module: "nodenext",
    moduleResolution: "nodenext",
    target: "es2022",
    skipLibCheck: true,
    noEmit: true,
  };
  const file = path.join(folder, "tsconfig.strict.json");
  fs.writeFileSync(file, JSON.stringify({ compilerOptions: options, files: [manifestOf(folder).main] }));
  execFileSync(process.execPath, [load.resolve("typescript/bin/tsc"), "-p", file], { stdio: "inherit" });
}
