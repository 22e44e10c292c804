// Migrations that stop half way because others own a name or change an object: a rollback leaves alone what the way there never
// reached, and a plan refuses names that are in use.
import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { meshOf, momentsOf } from "../../../lib/migration/moments";
import { planMigration } from "../../../lib/migration/plan";
import { turnedBack, type MigrationRecord } from "../../../lib/migration/record";
import { ordered, type Step } from "../../../lib/migration/steps";
import type { Thing } from "../fixtures/sidecars";
import { on, onSidecars, own, policy, shop as cluster } from "./cluster";
import { facts, holes, wishes } from "./asked";
import { policy as written, service, shop, workload } from "./shop";

const choice = { waypoint: "waypoint", accept: [], stamp: "1" };
const quick = [...own, "--timeout", "1s"];

/** Whether an object was written to. */
function after(writes: string[], name: string): boolean {
  return writes.some((write) => write.includes(name));
}

describe("a migration that stopped half way", () => {
  it("leaves an object of others alone whose name it met, on the way back too", async () => {
    const made = cluster();
    await on(made, async (migrate) => {
      const before = made.picture();
      const theirs = policy("web-from-waypoint", { selector: { matchLabels: { app: "web" } }, action: "AUDIT" });
      made.onWrite = () => {
        if (made.writes.at(-1)!.endsWith("/namespaces/shop")) made.put(theirs);
      };
      const stopped = await migrate("apply", ...quick);
      made.onWrite = () => undefined;
      assert.equal(stopped.code, 1);
      const line =
        "AuthorizationPolicy shop/web-from-waypoint exists and says something else; rename or delete it, and run this again";
      assert.ok(stopped.err.includes(line), stopped.err);
      const back = await migrate("rollback", ...own);
      assert.equal(back.code, 0, back.err);
      assert.deepEqual(made.modes(), onSidecars);
      const { [path(theirs)]: left, ...rest } = made.picture();
      assert.deepEqual((left as Thing).spec, theirs.spec);
      assert.deepEqual(rest, before);
    });
  });

  it("leaves what owners have changed of objects that it did not reach", async () => {
    const made = cluster();
    await on(made, async (migrate) => {
      made.stuck = ["web"];
      assert.equal((await migrate("apply", ...quick)).code, 1);
      made.stuck = [];
      // Both are deleted at the end, the first as the last step but one.
      const changed = { action: "DENY", rules: [{ to: [{ operation: { methods: ["DELETE", "PUT"] } }] }] };
      const { metadata } = made.one("AuthorizationPolicy", "no-deletes");
      made.put({ ...made.one("AuthorizationPolicy", "no-deletes"), metadata, spec: changed });
      made.objects.delete("/apis/security.istio.io/v1/namespaces/shop/authorizationpolicies/readers");
      const back = await migrate("rollback", ...own);
      assert.equal(back.code, 0, back.err);
      assert.deepEqual(made.one("AuthorizationPolicy", "no-deletes").spec, changed);
      assert.ok(!made.all("AuthorizationPolicy").some(({ metadata: { name } }) => name === "readers"));
      assert.deepEqual(made.modes(), onSidecars);
    });
  });

  it("leaves a policy that it could not delete because its owner had changed it", async () => {
    const made = cluster();
    await on(made, async (migrate) => {
      made.onWrite = () => {
        if (!after(made.writes, "deployments/orders")) return;
        const readers = made.one("AuthorizationPolicy", "readers");
        made.put({ ...readers, spec: { ...readers.spec, action: "AUDIT" } });
      };
      const stopped = await migrate("apply", ...quick);
      assert.ok(
        stopped.err.includes("AuthorizationPolicy shop/readers was changed since this migration began"),
        stopped.err,
      );
      made.onWrite = () => undefined;
      const back = await migrate("rollback", ...own);
      assert.equal(back.code, 0, back.err);
      assert.equal(made.one("AuthorizationPolicy", "readers").spec!["action"], "AUDIT");
    });
  });

  it("gives back the sidecars of pods that were replaced before their turn", async () => {
    const made = cluster();
    await on(made, async (migrate) => {
      made.stuck = ["web"];
      assert.equal((await migrate("apply", ...quick)).code, 1);
      made.stuck = [];
      // An eviction: the controller makes another one, which has no sidecar.
      made.objects.delete("/api/v1/namespaces/shop/pods/orders-1");
      const back = await migrate("rollback", ...own);
      assert.equal(back.code, 0, back.err);
      assert.deepEqual(made.modes(), onSidecars);
    });
  });

  it("counts the step that it is at, unless that met an object of others", () => {
    const steps = planMigration(behind(), choice).steps;
    const at = steps.findIndex((step) => step.do === "create");
    const record: MigrationRecord = {
      ...{ namespace: "shop", waypoint: "waypoint", stamp: "", steps, direction: "apply", next: at, state: "stopped" },
    };
    const { object } = steps[at] as Extract<Step, { do: "create" }>;
    const other = { ...object, metadata: { ...object.metadata, annotations: {} }, spec: { action: "AUDIT" } };
    const changed = { ...object, spec: { action: "AUDIT" } };
    const reached = (live: typeof object | undefined, more: Partial<MigrationRecord> = {}) =>
      turnedBack({ ...record, ...more }, live).reached;
    assert.deepEqual(
      [reached(undefined), reached(object), reached(changed), reached(other)],
      [at + 1, at + 1, at + 1, at],
    );
    assert.equal(reached(undefined, { next: steps.length, state: "done" }), steps.length);
    const back: MigrationRecord = { ...record, direction: "rollback", next: 3 };
    assert.equal(turnedBack(back, other), back);
  });

  it("goes back from any step without a moment that allows what was refused", () => {
    fc.assert(
      fc.property(facts, fc.nat(), (made, some) => {
        const { steps, ready } = planMigration(made, choice);
        if (!ready || steps.length === 0) return;
        const reached = some % steps.length;
        const moments = momentsOf(meshOf(made), steps.slice(0, reached), "apply");
        const whole = momentsOf(meshOf(made), steps, "apply");
        // As far as it came, and with pods that were replaced in the meantime.
        const replaced = whole.slice(0, moments.length + 1).at(-1)!;
        const isReplaced = replaced.step.endsWith("pods were replaced");
        for (const { mesh } of [moments.at(-1)!, ...(isReplaced ? [replaced] : [])])
          assert.deepEqual(holes(made, mesh, "rollback", wishes(made), steps, reached).slice(0, 3), []);
      }),
      { numRuns: 40 },
    );
  });

  it("goes back in the order of a whole rollback, from every step", () => {
    const { steps } = planMigration(behind(), choice);
    const whole = ordered(steps, "rollback").map(told);
    for (let reached = 0; reached <= steps.length; reached += 1) {
      const part = ordered(steps, "rollback", reached).map(told);
      assert.deepEqual(
        part,
        whole.filter((step) => part.includes(step)),
      );
    }
  });
});

/** Two workloads of which one has a policy that needs a waypoint. */
function behind() {
  const rules = [{ to: [{ operation: { methods: ["GET"] } }] }];
  return shop({
    workloads: [workload("web"), workload("orders")],
    services: [service("web"), service("orders")],
    policies: [written("reads", { selector: { matchLabels: { app: "web" } }, action: "DENY", rules })],
  });
}

function path({ apiVersion, metadata: { namespace, name } }: Thing): string {
  return `/apis/${apiVersion}/namespaces/${namespace}/authorizationpolicies/${name}`;
}

function told(step: Step): string {
  if (step.do === "await") return `await ${step.what} ${step.keys.map(({ name }) => name).join()}`;
  const { kind, name } = "key" in step ? step.key : { ...step.object, name: step.object.metadata.name };
  return `${step.do} ${kind} ${name} ${"part" in step ? step.part : ""}`;
}

describe("a plan whose names are in use", () => {
  const rows = (made: ReturnType<typeof shop>) =>
    planMigration(made, choice)
      .verdicts.filter(({ verdict, fix = "" }) => verdict === "blocks" && /name|--waypoint/.test(fix))
      .map(({ object, why, fix }) => [object, why, fix]);
  const guard = planMigration(behind(), choice).steps.flatMap((step) =>
    step.do === "create" && step.object.metadata.name === "web-from-waypoint" ? step.object : [],
  )[0]!;

  it("blocks where others have an object of a name that it would give", () => {
    const made = behind();
    const spec = { selector: { matchLabels: { app: "other" } }, action: "ALLOW", rules: [{}] };
    const theirs = written("web-from-waypoint", spec);
    assert.deepEqual(rows({ ...made, policies: [...made.policies, theirs], gateways: ["waypoint"] }), [
      [
        "Gateway shop/waypoint",
        "it exists, and is no waypoint, but has the name of the one that this migration would create",
        "--waypoint waypoint-mesh",
      ],
      [
        "AuthorizationPolicy shop/web-from-waypoint",
        "it exists, and has the name of what this migration would create for Deployment shop/web",
        "create it under another name, and delete this one",
      ],
    ]);
  });

  it("goes on where a repository has written the same before, or where another namespace has the name", () => {
    const made = behind();
    const same = { ...guard, metadata: { ...guard.metadata, uid: "1", annotations: {} } };
    const elsewhere = written("web-from-waypoint", { action: "DENY", rules: [] }, { namespace: "istio-system" });
    assert.deepEqual(rows({ ...made, policies: [...made.policies, same] }), []);
    assert.deepEqual(rows({ ...made, policies: [...made.policies, elsewhere] }), []);
  });

  it("blocks where two of its own would have the same", () => {
    const made = behind();
    const spec = { ...made.policies[0]!.spec, action: "ALLOW" };
    const policies = [...made.policies, written("web-from", spec)];
    assert.deepEqual(rows({ ...made, policies }), [
      [
        "AuthorizationPolicy shop/web-from-waypoint",
        "this migration would create two of this name, for AuthorizationPolicy shop/web-from and for Deployment shop/web",
        "give one of them another name",
      ],
    ]);
  });

  it("guards workloads of one name and two kinds by two names", () => {
    const made = behind();
    const labels = { app: "web", part: "set" };
    const twin = workload("web", { kind: "StatefulSet", podLabels: labels, selector: labels });
    const { steps } = planMigration({ ...made, workloads: [...made.workloads, twin] }, choice);
    const names = steps.flatMap((step) => (step.do === "create" ? step.object.metadata.name : []));
    assert.deepEqual(
      names.filter((name) => name.endsWith("from-waypoint")),
      ["web-deployment-from-waypoint", "web-statefulset-from-waypoint"],
    );
    assert.equal(new Set(names).size, names.length);
  });
});
