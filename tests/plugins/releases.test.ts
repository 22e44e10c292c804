// Releases through Helm: what an update waits for, what differs, names in use, imports, and what is left after all.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import * as k8s from "@pulumi/kubernetes";
import type { CustomResourceOptions } from "@pulumi/pulumi";
import { Bed, chart, failure, until, type Outcome } from "./bed";

type Args = Partial<k8s.helm.v3.ReleaseArgs>;

interface Installed {
  name: string;
  revision: string;
  status: string;
}

describe("releases", () => {
  const bed = new Bed("releases");
  const { namespace } = bed;
  before(() => bed.open());
  after(async () => bed.clear());

  const release = (name: string, args: Args = {}, options: CustomResourceOptions = {}): k8s.helm.v3.Release =>
    new k8s.helm.v3.Release(name, { name, chart, namespace, ...args }, options);
  const installed = (name: string): Installed | undefined =>
    (JSON.parse(bed.helm("list", "--all", "--output", "json")) as Installed[]).find((one) => one.name === name);
  const data = (name: string): unknown => JSON.parse(bed.value("configmap", `${name}-values`, ".data"));
  const stuck: Args = { values: { nodeSelector: { no: "node" } }, timeout: 3 };

  describe("that are created", () => {
    let fault: string;
    before(async () => {
      bed.helm("install", "taken", chart, "--set", "greeting=theirs", "--wait");
      const program = async (): Promise<void> => {
        release("first");
        release("stuck", stuck);
        release("taken", { values: { greeting: "ours" } });
        return Promise.resolve();
      };
      fault = await failure(bed.up(program, { continueOnError: true }));
    });

    it("wait until what they install is ready", () => {
      assert.equal(bed.value("deployment", "first", ".status.readyReplicas"), "1");
    });

    it("say what Helm has made of them", async () => {
      const { status, resourceNames, version } = (await bed.recorded("first")) ?? {};
      assert.deepEqual(status, {
        appVersion: "9.8.7",
        chart: "demo",
        name: "first",
        namespace,
        revision: 1,
        status: "deployed",
        version: "1.2.3",
      });
      const names = { "ConfigMap/v1": ["first-values"], "Deployment.apps/apps/v1": [`${namespace}/first`] };
      assert.deepEqual([resourceNames, version], [names, "1.2.3"]);
    });

    it("fail when they are not ready in time, and are recorded", async () => {
      const said = `Helm release "${namespace}/stuck" was created, but failed to initialize completely`;
      assert.equal(fault.includes(said), true, fault);
      assert.equal(installed("stuck")?.status, "failed");
      assert.notEqual(await bed.recorded("stuck"), undefined);
    });

    it("cannot have a name that Helm has in use", () => {
      assert.match(fault, /cannot re-use a name that is still in use/);
      assert.deepEqual(data("taken"), { changed: "original", greeting: "theirs", kept: "kept" });
    });
  });

  describe("that are changed", () => {
    const program = (changed: string, more: object) => async (): Promise<void> => {
      release("first", { values: { nested: { changed }, ...more } });
      release("taken", { values: { greeting: "ours" } }, { import: `${namespace}/taken` });
      return Promise.resolve();
    };
    let second: Outcome;
    let differences: string[];
    before(async () => {
      const ours = program("ours", { removed: "later" });
      await bed.up(ours);
      second = await bed.preview(ours);
      ({ differences } = await bed.preview(program("again", {})));
    });

    it("merge their values deeply over those of the chart", () => {
      assert.deepEqual(data("first"), { changed: "ours", greeting: "hello", kept: "kept" });
      assert.equal(installed("first")?.revision, "2");
    });

    it("adopt by import what Helm has installed, other values included", () => {
      assert.deepEqual(data("taken"), { changed: "original", greeting: "ours", kept: "kept" });
      assert.equal(installed("taken")?.status, "deployed");
    });

    it("are silent at the next preview and at a refresh, the option to import notwithstanding", async () => {
      assert.deepEqual(second.steps, { same: 3 });
      assert.deepEqual((await bed.refresh()).steps, { same: 3 });
    });

    it("differ exactly where they were changed", () => {
      assert.deepEqual(differences, ["first: values.nested.changed", "first: values.removed"]);
    });

    it("leave nothing of those that are gone", () => {
      assert.equal(installed("stuck"), undefined);
    });
  });

  it("leave nothing when they are destroyed, unless they are retained", async () => {
    const program = async (): Promise<void> => {
      release("first");
      release("retained", { skipAwait: true }, { retainOnDelete: true });
      return Promise.resolve();
    };
    await bed.up(program);
    await bed.destroy();
    assert.equal(installed("retained")?.status, "deployed");
    bed.helm("uninstall", "retained", "--wait");
    assert.equal(bed.kubectl("get", "deployments,replicasets,pods", "--output=name"), "");
  });

  it("must have a chart that can be loaded, in a preview already", async () => {
    const program = async (): Promise<void> => {
      release("none", { chart: "./no-such-chart" });
      return Promise.resolve();
    };
    const fault = await failure(bed.preview(program));
    assert.match(fault, /path ".\/no-such-chart" not found; check the chart name and repository configuration/);
  });

  it("are finished by Helm when the engine is killed, and taken up again by import", async () => {
    // The pod finds no node, and Helm waits for it, until the engine is gone.
    const values = { nodeSelector: { [namespace]: "yes" } };
    const program = (options: CustomResourceOptions) => async (): Promise<void> => {
      release("orphan", { values }, options);
      return Promise.resolve();
    };
    const killed = failure(bed.up(program({})));
    await until(() => installed("orphan") !== undefined);
    for (const pid of engines()) process.kill(pid, "SIGKILL");
    await killed;
    bed.kubectl("label", "nodes", "--all", `${namespace}=yes`);
    await until(() => installed("orphan")?.status === "deployed");

    const stack = await bed.stack();
    await stack.cancel();
    await stack.refresh({ clearPendingCreates: true });
    assert.match(await failure(bed.up(program({}))), /cannot re-use a name that is still in use/);
    await bed.up(program({ import: `${namespace}/orphan` }));
    assert.deepEqual((await bed.preview(program({}))).steps, { same: 2 });
    bed.kubectl("label", "nodes", "--all", `${namespace}-`);
  });
});

/** The engines that this process started. */
function engines(): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      const [, name, parent] = /\((.*)\) \S (\d+)/.exec(readStat(pid)) ?? [];
      return name === "pulumi" && Number(parent) === process.pid;
    });
}

/** A process may end while it is looked at. */
function readStat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
}
