// Commands of this package in its messages: what is copied works on the same cluster, and says what the call before has said.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { targetFlags } from "../../cli/target";
import { Brownfield } from "./fixtures/brownfield";
import type { SidecarCluster } from "./fixtures/sidecars";
import { istioAmbient, type Ran } from "./fixtures/terminal";
import { shop } from "./migration/cluster";

/** Calls on a cluster that no default names; of their output, the commands of this package. */
async function on(cluster: Brownfield | SidecarCluster, work: (call: Call) => Promise<void>): Promise<void> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "commands-"));
  const kubeconfig = await cluster.start(directory);
  const target = ["--kubeconfig", kubeconfig, "--context", "test"];
  try {
    await work(async (...args) => {
      const ran = await istioAmbient([...args, ...target]);
      const flags = ` --kubeconfig ${kubeconfig} --context test`;
      const commands = [...`${ran.out}${ran.err}`.matchAll(/istio-ambient (?:adopt|migrate) [^`\n]*/g)].map(
        ([text]) => text,
      );
      assert.deepEqual(
        commands.filter((text) => !text.includes(flags)),
        [],
      );
      return { ...ran, commands: commands.map((text) => text.replace(flags, "")) };
    });
  } finally {
    cluster.stop();
    fs.rmSync(directory, { recursive: true });
  }
}

type Call = (...args: string[]) => Promise<Ran & { commands: string[] }>;

const go = (action: string) => `istio-ambient migrate ${action} --namespace shop`;

describe("a command in a message", () => {
  it("names the cluster again, and the choices of a plan", () => {
    const cluster = shop();
    const metadata = { name: "limits", namespace: "shop" };
    cluster.put({ apiVersion: "networking.istio.io/v1alpha3", kind: "EnvoyFilter", metadata });
    return on(cluster, async (call) => {
      const choice = ["--waypoint", "edge", "--accept", "EnvoyFilter shop/limits"];
      const { commands } = await call("migrate", "plan", ...choice);
      assert.deepEqual(commands, [`${go("apply")} --waypoint edge --accept "EnvoyFilter shop/limits"`]);
      assert.deepEqual((await call("migrate", "status")).commands, [go("plan")]);
      cluster.stuck = ["orders"];
      const apply = ["migrate", "apply", "--namespace", "shop", ...choice];
      assert.deepEqual((await call(...apply, "--timeout", "1s")).commands, [go("apply"), go("rollback")]);
      assert.deepEqual((await call("migrate", "status")).commands, [go("apply"), go("rollback")]);
      cluster.stuck = [];
      assert.deepEqual((await call("migrate", "apply", "--namespace", "shop")).commands, [go("rollback")]);
      assert.deepEqual((await call("migrate", "apply", "--namespace", "shop")).commands, [go("rollback")]);
      assert.deepEqual((await call("migrate", "status")).commands, [go("rollback")]);
      assert.equal((await call("migrate", "rollback", "--namespace", "shop")).code, 0);
    });
  });

  it("names again who has let go of an Istio, until it is handed over", () => {
    const cluster = Brownfield.istioctl();
    cluster.edit("Deployment", "istiod", ({ metadata }) => {
      metadata["annotations"] = { "argocd.argoproj.io/tracking-id": "istiod:apps/Deployment:istio-system/istiod" };
    });
    return on(cluster, async (call) => {
      const to = "istio-ambient adopt --to shop/dev";
      const refused = await call("adopt", "--to", "shop/dev", "--apply");
      assert.deepEqual(refused.commands, [`${to} --released argocd/istiod`]);
      const plan = await call(...words(refused.commands[0]!));
      assert.deepEqual(plan.commands, [`${to} --released argocd/istiod --apply`]);
      const applied = await call(...words(plan.commands[0]!));
      assert.deepEqual([applied.code, applied.commands], [0, ["istio-ambient adopt --print-args typescript"]]);
      assert.deepEqual((await call("adopt")).commands, ["istio-ambient adopt --undo"]);
      assert.equal((await call("adopt", "--undo")).code, 0);
    });
  });

  it("names the waypoint that a Service has, or takes off the label by which it has none", async () => {
    const fixes: string[] = [];
    for (const other of ["edge", "none"]) {
      const cluster = shop();
      const web = cluster.one("Service", "web");
      cluster.put({ ...web, metadata: { ...web.metadata, labels: { "istio.io/use-waypoint": other } } });
      await on(cluster, async (call) => {
        const { out } = await call("migrate", "plan");
        fixes.push(/Service shop\/web: .*\n\s+first: .*/.exec(out)![0].replace(/\s+/g, " "));
      });
    }
    assert.deepEqual(fixes, [
      "Service shop/web: it goes through the waypoint edge, not through waypoint first: --waypoint edge",
      "Service shop/web: its label keeps it from going through a waypoint first: kubectl label service web --namespace shop " +
        "istio.io/use-waypoint-",
    ]);
  });

  it("has the names as a shell takes them", () => {
    const kubeconfig = "/home/a user/.kube/config";
    assert.equal(targetFlags({ kubeconfig, context: "a$b's" }), ` --kubeconfig "${kubeconfig}" --context 'a$b'\\''s'`);
    assert.equal(targetFlags({}), "");
  });
});

function words(command: string): string[] {
  return command.split(" ").slice(1);
}
