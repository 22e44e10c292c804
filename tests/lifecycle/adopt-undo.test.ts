// An adoption that is undone after `pulumi up` has taken the Istio over: first the stack lets go of it, then it is given back.
import * as assert from "node:assert/strict";
import { AmbientMesh, type AmbientMeshArgs } from "../../components";
import { adopt, chart, clear, command, helm, namespace, picture, pods, printedArgs } from "./adopt-install";
import { get, istioctlImages, removeDefinitions, TestStack, webhooksWritten } from "./support";

const to = ["--to", "istio-ambient/adopt-undo"];

const releases = { base: "base", istiod: "control", cni: "agent", ztunnel: "proxy" };

/** Each with the command by which its user changes the installation afterwards. */
const installers: { what: string; install(): void; again(): void; gone: string[] }[] = [
  {
    what: "istioctl",
    install: () => command("istioctl", "install", "--set", "profile=ambient", "--skip-confirmation", ...istioctlImages),
    again: () => command("istioctl", "install", "--set", "profile=ambient", "--skip-confirmation", ...istioctlImages),
    // The charts make them where istioctl does it itself.
    gone: [
      "MutatingWebhookConfiguration istio-revision-tag-default",
      "Service istio-system/istiod-revision-tag-default",
    ].map((object) => `${object} is gone, or was made again since; it was skipped`),
  },
  {
    what: "Helm under other names",
    install: () => {
      for (const [name, release] of Object.entries(releases)) helm(release, chart(name), "--set", "profile=ambient");
    },
    again: () => {
      for (const [name, release] of Object.entries(releases))
        command("helm", "upgrade", release, chart(name), "--namespace", namespace, "--reuse-values", "--wait");
    },
    gone: [],
  },
];

const upgraded = ["ztunnel", "istio-cni", "istiod", "istio-base"].map(
  (release) =>
    `Helm release ${namespace}/${release} was upgraded since; the objects stay as they are now, until what installed them ` +
    "before runs again",
);

interface Marks {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** Labels and annotations of what was there before, but of Secrets; those that count rollouts are no installer's. */
function marks(keys: string[], of: (key: string) => boolean = () => true): Record<string, Marks> {
  const now = picture() as Record<string, Marks | undefined>;
  const chosen = (texts: Record<string, string> = {}) =>
    Object.fromEntries(Object.entries(texts).filter(([key]) => of(key) && key !== "deployment.kubernetes.io/revision"));
  return Object.fromEntries(
    keys.map((key) => [key, { labels: chosen(now[key]?.labels), annotations: chosen(now[key]?.annotations) }]),
  );
}

/** By these Helm and istioctl know what is theirs; other labels of istioctl stay as `up` left them until it runs again. */
const isOwners = (key: string) =>
  /^(app\.kubernetes\.io\/managed-by|meta\.helm\.sh\/.*|install\.operator\.istio\.io\/owning-resource-namespace)$/.test(
    key,
  );

/** Names of Helm's records that Helm knows. */
function records(): string[] {
  return get("secrets", "-n", namespace, "-l", "owner=helm").map(({ metadata: { name } }) => name);
}

for (const { what, install, again, gone } of installers) {
  describe(`an Istio that ${what} has installed, and that a stack has taken over`, () => {
    let args: AmbientMeshArgs = {};
    let stack: TestStack;
    let keys: string[];
    let found: { owners: object; marks: object; records: string[] };

    before(async () => {
      removeDefinitions();
      install();
      await webhooksWritten();
      stack = await TestStack.open("adopt-undo", () => {
        new AmbientMesh("mesh", args);
        return Promise.resolve();
      });
      keys = Object.keys(picture()).filter((key) => !/^(Secret|Namespace) |revision-tag/.test(key));
      found = { owners: marks(keys, isOwners), marks: marks(keys), records: records() };
      assert.equal((await adopt(...to, "--apply")).code, 0);
      args = await printedArgs();
      await stack.up();
    });

    after(async () => {
      await stack.remove();
      clear();
    });

    it("is not given back while the stack has it in its state", async () => {
      const own = records();
      const { code, out, err } = await adopt("--undo");
      assert.deepEqual([code, out], [1, ""]);
      assert.equal(
        err,
        "the stack istio-ambient/adopt-undo has this Istio in its state since `pulumi up`: its next `pulumi destroy` would " +
          "uninstall it; first run `pulumi state delete " +
          "'urn:pulumi:adopt-undo::istio-ambient::istio-ambient:index:AmbientMesh::mesh' --target-dependents --stack adopt-undo` " +
          "in its project, then run `istio-ambient adopt --undo --released istio-ambient/adopt-undo`\n",
      );
      assert.deepEqual(records(), own);
    });

    it("is given back once it has not", async () => {
      stack.forget("urn:pulumi:adopt-undo::istio-ambient::istio-ambient:index:AmbientMesh::mesh");
      assert.doesNotMatch(await stack.exported(), /mesh-/);
      const { code, err } = await adopt("--undo", ...["--released", "istio-ambient/adopt-undo"]);
      assert.deepEqual([code, err], [0, [...gone, ...upgraded].map((line) => `${line}\n`).join("")]);
      assert.deepEqual(records(), found.records);
      assert.deepEqual(marks(keys, isOwners), found.owners);
      const { annotations = {} } = get("namespace", namespace)[0]!.metadata;
      assert.deepEqual(
        Object.keys(annotations).filter((key) => key.startsWith("istio-ambient/")),
        [],
      );
    });

    it("outlives the stack, and its installer goes on with it", async () => {
      const own = ["istiod", "istio-cni", "ztunnel"].map((name) => pods(name));
      await stack.destroy();
      assert.deepEqual(
        ["istiod", "istio-cni", "ztunnel"].map((name) => pods(name)),
        own,
      );
      again();
      assert.deepEqual(marks(keys), found.marks);
    });
  });
}
