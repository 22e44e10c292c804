// Releases through Helm: what an update waits for, what differs, names in use, imports, and what is left after all.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import * as k8s from "@pulumi/kubernetes";
import type { CustomResourceOptions } from "@pulumi/pulumi";
import { Bed, chart, failure, until } from "./bed";

interface Installed {
  name: string;
  revision: string;
  status: string;
}

describe("releases", () => {
  const bed = new Bed("releases");
  const { namespace } = bed;
  after(async () => bed.clear());

  type Args = Partial<k8s.helm.v3.ReleaseArgs>;
  const release =
    (name: string, args: Args = {}, options: CustomResourceOptions = {}) =>
    async (): Promise<object> => {
      const made = new k8s.helm.v3.Release("release", { name, chart, namespace, ...args }, options);
      const { status, resourceNames, version } = made;
      return Promise.resolve({ status, resourceNames, version });
    };
  const installed = (name: string): Installed | undefined =>
    (JSON.parse(bed.helm("list", "--all", "--output", "json")) as Installed[]).find((one) => one.name === name);
  const stuck: Args = { values: { nodeSelector: { no: "node" } }, timeout: 3 };

  it("wait until what they install is ready, and say what it is", async () => {
    const done = await bed.up(release("first"));
    assert.equal(bed.value("deployment", "first", ".status.readyReplicas"), "1");
    assert.deepEqual(done.outputs, {
      resourceNames: { "ConfigMap/v1": ["first-values"], "Deployment.apps/apps/v1": [`${namespace}/first`] },
      status: {
        appVersion: "9.8.7",
        chart: "demo",
        name: "first",
        namespace,
        revision: 1,
        status: "deployed",
        version: "1.2.3",
      },
      version: "1.2.3",
    });
    assert.deepEqual((await bed.preview(release("first"))).steps, { same: 2 });
    assert.deepEqual((await bed.refresh()).steps, { same: 2 });
  });

  it("are upgraded with values merged deeply over those of the chart", async () => {
    const changed = await bed.up(release("first", { values: { nested: { changed: "ours" } } }));
    assert.deepEqual([changed.steps, changed.differences], [{ same: 1, update: 1 }, ["release: values.nested"]]);
    assert.deepEqual(JSON.parse(bed.value("configmap", "first-values", ".data")), {
      changed: "ours",
      greeting: "hello",
      kept: "kept",
    });
    const again = await bed.preview(release("first", { values: { nested: { changed: "again" } } }));
    assert.deepEqual(again.differences, ["release: values.nested.changed"]);
    await bed.up(release("first", { values: { greeting: "hi" } }));
    assert.equal(bed.value("configmap", "first-values", ".data.changed"), "original");
    assert.equal(installed("first")?.revision, "3");
  });

  it("are replaced where their name changes, and leave nothing when they are destroyed", async () => {
    const renamed = await bed.up(release("second", { values: { greeting: "hi" } }));
    assert.deepEqual([renamed.steps, renamed.differences], [{ same: 1, replace: 1 }, ["release: name"]]);
    assert.equal(installed("first"), undefined);
    await bed.destroy();
    assert.equal(bed.kubectl("get", "deployments,replicasets,pods", "--output=name"), "");
  });

  it("fail when they are not ready in time, are recorded, and do not fail when nobody waits", async () => {
    const fault = await failure(bed.up(release("stuck", stuck)));
    assert.match(
      fault,
      new RegExp(`Helm release "${namespace}/stuck" was created, but failed to initialize completely`),
    );
    assert.equal(installed("stuck")?.status, "failed");
    await bed.destroy();
    assert.equal(installed("stuck"), undefined);
    await bed.up(release("stuck", { ...stuck, skipAwait: true }));
    assert.equal(installed("stuck")?.status, "deployed");
    await bed.destroy();
  });

  it("leave nothing behind when they are atomic and not ready in time", async () => {
    await failure(bed.up(release("atomic", { ...stuck, atomic: true })));
    assert.equal(installed("atomic"), undefined);
    assert.equal(await bed.recorded("release"), undefined);
  });

  it("cannot have a name that Helm has in use, unless they are imported", async () => {
    bed.helm("install", "taken", chart, "--set", "greeting=theirs", "--wait");
    const fault = await failure(bed.up(release("taken", { values: { greeting: "ours" } })));
    assert.match(fault, /cannot re-use a name that is still in use/);
    assert.equal(bed.value("configmap", "taken-values", ".data.greeting"), "theirs");

    const ours = { values: { greeting: "ours" } };
    const imported = await bed.up(release("taken", ours, { import: `${namespace}/taken` }));
    assert.equal(bed.value("configmap", "taken-values", ".data.greeting"), "ours", imported.text);
    assert.deepEqual((await bed.preview(release("taken", ours))).steps, { same: 2 });
    const asImported = release("taken", ours, { import: `${namespace}/taken` });
    assert.deepEqual((await bed.preview(asImported)).steps, { same: 2 });
    await bed.destroy();
    assert.equal(installed("taken"), undefined);
  });

  it("stay where they are retained", async () => {
    await bed.up(release("retained", {}, { retainOnDelete: true }));
    await bed.destroy();
    assert.equal(installed("retained")?.status, "deployed");
  });

  it("must have a chart that can be loaded, in preview already", async () => {
    const fault = await failure(bed.preview(release("none", { chart: "./no-such-chart" })));
    assert.match(fault, /path ".\/no-such-chart" not found; check the chart name and repository configuration/);
  });

  it("are finished by Helm when the engine is killed, and taken up again by import", async () => {
    const killed = failure(bed.up(release("orphan")));
    await until(() => installed("orphan") !== undefined);
    for (const pid of engines()) process.kill(pid, "SIGKILL");
    await killed;
    await until(() => installed("orphan")?.status === "deployed");

    const stack = await bed.stack();
    await stack.cancel();
    assert.match(await failure(bed.up(release("orphan"))), /cannot re-use a name that is still in use/);
    await stack.refresh({ clearPendingCreates: true });
    await bed.up(release("orphan", {}, { import: `${namespace}/orphan` }));
    assert.deepEqual((await bed.preview(release("orphan"))).steps, { same: 2 });
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
