// Calls of `ready`, `unenroll` and `enroll` that cannot be carried out.
import * as assert from "node:assert/strict";
import { targetOf, targetVariable } from "../../cli/target";
import { ApiServer } from "./fixtures/api-server";
import { lists } from "./fixtures/breakages";
import { labelsNote } from "../../lib/ownership/marks";
import { MeshApi } from "./fixtures/mesh-api";
import { istioAmbient } from "./fixtures/terminal";

const nowhere = "/nonexistent/kubeconfig";

describe("the commands for entering and leaving a mesh", () => {
  it("enroll what is named, or what they have taken out", async () => {
    const { code, err } = await istioAmbient(["enroll"]);
    assert.deepEqual(
      [code, err],
      [
        64,
        "`--namespace`: missing; must name the namespaces that join the mesh, unless `--restore` returns what " +
          "`unenroll` removed; write `--namespace shop`\n",
      ],
    );
  });

  for (const call of [["ready"], ["unenroll"], ["enroll", "--restore"], ["enroll", "--namespace", "shop"]]) {
    it(`say that there is no cluster: ${call.join(" ")}`, async () => {
      const { code, out, err } = await istioAmbient([...call, "--kubeconfig", nowhere]);
      assert.deepEqual([code, out], [69, ""]);
      assert.equal(err.startsWith(`cannot read kubeconfig ${nowhere}: `), true, err);
    });
  }

  it("refuse a namespace that does not exist, and say that there is nothing to do", async () => {
    const mesh = new MeshApi();
    mesh.add(lists.namespaces, { metadata: { name: "empty" } });
    const server = await ApiServer.start(mesh);
    try {
      const call = (...argv: string[]) => istioAmbient([...argv, "--kubeconfig", server.kubeconfig]);
      const message = '`--namespace`: got "emty"; must be an existing namespace; write `--namespace empty`\n';
      for (const command of [["unenroll"], ["enroll"], ["enroll", "--restore"]]) {
        const { code, out, err } = await call(...command, "--namespace", "emty");
        assert.deepEqual({ code, out, err }, { code: 64, out: "", err: message });
      }
      assert.deepEqual(await call("unenroll", "--namespace", "empty"), {
        code: 0,
        out: "nothing is enrolled\n",
        err: "",
      });
    } finally {
      await server.stop();
    }
  });

  describe("into it", () => {
    const shop = (labels: Record<string, string> = {}, annotations: Record<string, string> = {}, name = "shop") => {
      const mesh = new MeshApi();
      return mesh.add(lists.namespaces, { metadata: { name, labels, annotations } });
    };
    const enroll = async (mesh: MeshApi, more: string[] = [], numberReady = 1) => {
      const ztunnels = "/apis/apps/v1/daemonsets?labelSelector=app.kubernetes.io/name=ztunnel";
      const status = { desiredNumberScheduled: 1, numberReady };
      mesh.recording.lists[ztunnels] = [{ metadata: { name: "ztunnel", namespace: "istio-system" }, status }];
      const server = await ApiServer.start(mesh);
      try {
        const argv = ["enroll", "--namespace", more[0] ?? "shop", ...more.slice(1)];
        const ran = await istioAmbient([...argv, "--kubeconfig", server.kubeconfig]);
        return { ...ran, err: ran.err.replace(server.kubeconfig, "FILE") };
      } finally {
        await server.stop();
      }
    };
    const mode = "istio.io/dataplane-mode";
    const noteOf = (label: string) =>
      labelsNote("0", { stack: "guests/dev", component: 'AmbientNamespace "guest"', labels: [label] });

    const refused: [string, MeshApi, string[], string][] = [
      [
        "a system namespace",
        new MeshApi(),
        ["kube-system"],
        '`--namespace`: got "kube-system"; must not be a system namespace: enrolling one can break the cluster\'s own ' +
          "networking; write `--namespace kube-system --allow-system-namespace`\n",
      ],
      [
        "a namespace with sidecars",
        shop({ "istio-injection": "enabled" }),
        ["shop"],
        '`--namespace`: got "shop"; must not have the label istio-injection: ztunnel never captures a pod with a ' +
          "sidecar; run `kubectl label namespace shop istio-injection-`\n",
      ],
      [
        "a namespace with sidecars that belongs to a stack",
        shop({ "istio-injection": "enabled" }, { "istio-ambient/stack": "shop/prod" }),
        ["shop"],
        '`--namespace`: got "shop"; must not have the label istio-injection: ztunnel never captures a pod with a ' +
          "sidecar; the Namespace belongs to the stack shop/prod; run `pulumi up --refresh --stack prod`\n",
      ],
      [
        "a namespace with a label for sidecars that another stack has put on it",
        shop({ "istio-injection": "enabled" }, { "istio-ambient/stack": "shop/prod", ...noteOf("istio-injection") }),
        ["shop"],
        '`--namespace`: got "shop"; must not have the label istio-injection: ztunnel never captures a pod with a ' +
          "sidecar; the label belongs to the stack guests/dev; run `pulumi up --refresh --stack dev`\n",
      ],
      [
        "a namespace that another stack keeps out",
        shop({ [mode]: "none" }, noteOf(mode)),
        ["shop"],
        '`--namespace`: got "shop"; must be enrolled by its stack, guests/dev, which sets istio.io/dataplane-mode: none; ' +
          'write `dataplaneMode: "ambient"`\n',
      ],
      [
        "a namespace that was kept out",
        shop({ [mode]: "none" }),
        ["shop"],
        '`--namespace`: got "shop"; must not have the label istio.io/dataplane-mode: none; run ' +
          "`kubectl label namespace shop istio.io/dataplane-mode-`\n",
      ],
      [
        "a namespace that a stack keeps out",
        shop({ [mode]: "none" }, { "istio-ambient/stack": "shop/prod" }),
        ["shop"],
        '`--namespace`: got "shop"; must be enrolled by its stack, shop/prod, which sets istio.io/dataplane-mode: none; ' +
          'write `dataplaneMode: "ambient"`\n',
      ],
    ];
    for (const [what, mesh, more, message] of refused) {
      it(`refuse ${what}, and patch nothing`, async () => {
        assert.deepEqual(await enroll(mesh, more), { code: 1, out: "", err: message });
      });
    }

    const metadataOf = (mesh: MeshApi, name = "books") =>
      mesh.all(lists.namespaces).find(({ metadata }) => metadata.name === name)!.metadata;

    it("label a namespace, and say which is in the mesh now", async () => {
      const mesh = shop({ team: "web" }, {}, "books");
      assert.deepEqual(await enroll(mesh, ["books"]), { code: 0, out: "in the mesh: books\n", err: "" });
      assert.deepEqual(metadataOf(mesh).labels, { team: "web", [mode]: "ambient" });
    });

    it("label several, and return what `unenroll` has noted on one", async () => {
      const noted = { "istio-ambient/unenrolled": JSON.stringify({ "istio.io/use-waypoint": "web" }) };
      const mesh = shop({}, noted, "books").add(lists.namespaces, { metadata: { name: "cart" } });
      const { code, out } = await enroll(mesh, ["books", "--namespace", "cart"]);
      assert.deepEqual([code, out.trim().split(": ")[1]!.split(", ").sort()], [0, ["books", "cart"]]);
      const { labels, annotations } = metadataOf(mesh);
      assert.deepEqual([labels, annotations], [{ [mode]: "ambient", "istio.io/use-waypoint": "web" }, {}]);
      assert.deepEqual(metadataOf(mesh, "cart").labels, { [mode]: "ambient" });
    });

    it("label none of several where one is refused", async () => {
      const mesh = shop({}, {}, "books").add(lists.namespaces, {
        metadata: { name: "cart", labels: { "istio-injection": "enabled" } },
      });
      assert.equal((await enroll(mesh, ["books", "--namespace", "cart"])).code, 1);
      assert.deepEqual(metadataOf(mesh).labels, {});
    });

    it("say so where a namespace is in the mesh already", async () => {
      assert.deepEqual(await enroll(shop({ [mode]: "ambient" })), { code: 0, out: "already in the mesh\n", err: "" });
    });

    it("refuse it while ztunnel is not ready", async () => {
      const message =
        "ztunnel is not ready on every node, and enrolled pods lose all traffic without it; run `istio-ambient ready " +
        "--kubeconfig FILE` first\n";
      assert.deepEqual(await enroll(shop(), [], 0), { code: 1, out: "", err: message });
    });
  });

  describe("out of it", () => {
    const security = "/apis/security.istio.io/v1";
    const mode = "istio.io/dataplane-mode=ambient";
    const labels = { "istio.io/dataplane-mode": "ambient" };
    const at = (namespace: string, name: string, spec: object = {}) => ({ metadata: { namespace, name }, spec });
    const strict = { mtls: { mode: "STRICT" } };
    const selector = { matchLabels: { app: "edge" } };
    let mesh: MeshApi;
    let server: ApiServer;

    beforeEach(async () => {
      mesh = new MeshApi();
      const enrolled = ["shop", "zshop"].map((name) => ({ metadata: { name, labels: { ...labels } } }));
      const { lists: recorded } = mesh.recording;
      recorded["/api/v1/namespaces"] = [...enrolled, { metadata: { name: "sidecars" } }];
      recorded[`/api/v1/namespaces?labelSelector=${mode}`] = enrolled;
      recorded["/api/v1/pods"] = [];
      recorded[`/api/v1/pods?labelSelector=${mode}`] = [];
      recorded["/apis/apps/v1/deployments?labelSelector=app=istiod"] = [at("istio", "istiod")];
      recorded[`${security}/peerauthentications`] = [
        at("shop", "default", strict),
        at("zshop", "default", { mtls: { mode: "PERMISSIVE" } }),
        at("sidecars", "legacy", strict),
        at("istio", "default", strict),
        at("istio", "edge", { ...strict, selector }),
        at("istio-system", "default", strict),
      ];
      recorded[`${security}/authorizationpolicies`] = [
        at("zshop", "web", { selector }),
        at("sidecars", "web"),
        at("istio", "all"),
        at("istio", "edge", { selector }),
        at("istio", "waypoints", { targetRefs: [{ kind: "GatewayClass", name: "istio-waypoint" }] }),
      ];
      server = await ApiServer.start(mesh);
    });
    afterEach(() => server.stop());

    const unenroll = (...more: string[]) => istioAmbient(["unenroll", ...more, "--kubeconfig", server.kubeconfig]);
    const removed = (what: string) =>
      `removed ${what} from the mesh; to return, run \`istio-ambient enroll --restore --kubeconfig ${server.kubeconfig}\`\n`;
    const open = "pods outside the mesh, which accept plaintext from any client\n";

    it("name the policies that no longer protect anything, also those for the whole mesh", async () => {
      assert.deepEqual(await unenroll(), {
        code: 0,
        out: removed("2 namespaces"),
        err:
          "warning: 2 STRICT PeerAuthentications (istio/default, shop/default) and 2 AuthorizationPolicies (istio/all, " +
          `zshop/web) no longer protect ${open}`,
      });
    });

    it("name only those of the namespaces that leave while others stay", async () => {
      assert.deepEqual(await unenroll("--namespace", "zshop"), {
        code: 0,
        out: removed("1 namespace"),
        err: `warning: 1 AuthorizationPolicy (zshop/web) no longer protects ${open}`,
      });
      const last = await unenroll("--namespace", "shop", "--namespace", "zshop");
      assert.deepEqual([last.code, last.out], [0, removed("2 namespaces")]);
      assert.ok(last.err.includes("(istio/all, zshop/web)"), last.err);
    });

    it("go through where policies may not be listed", async () => {
      const forbidden = { status: 403, message: "no right" };
      server.answers.set(`${security}/peerauthentications`, forbidden);
      const err = `warning: 2 AuthorizationPolicies (istio/all, zshop/web) no longer protect ${open}`;
      assert.deepEqual(await unenroll(), { code: 0, out: removed("2 namespaces"), err });
      server.answers.set(`${security}/authorizationpolicies`, forbidden);
      assert.deepEqual(await unenroll(), { code: 0, out: removed("2 namespaces"), err: "" });
    });
  });

  it("refuse a time that is none", async () => {
    const { code, err } = await istioAmbient(["unenroll", "--timeout", "soon"]);
    const rule = "must be a duration such as 90s, 2m or 1h30m";
    assert.deepEqual([code, err], [64, `\`--timeout\`: got "soon"; ${rule}; write \`--timeout 2m\`\n`]);
  });

  it("work on the cluster that a program recorded, unless flags say another", () => {
    process.env[targetVariable] = JSON.stringify({ context: "kind-kind" });
    try {
      assert.deepEqual(targetOf({}), { context: "kind-kind" });
      assert.deepEqual(targetOf({ context: "other" }), { context: "other" });
    } finally {
      delete process.env[targetVariable];
    }
  });
});
