// Two teams and three stacks on one mesh, by the real `pulumi`: a team without the rights of an administrator, a stack that
// takes what is not its own, destroy in the wrong order, and what is left on the cluster in the end.
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { CliStack, configOf } from "../support/cli-stack";
import { root, unpack } from "../support/programs";
import { istioAmbient } from "../unit/fixtures/terminal";
import { inventory } from "./inventory";
import { apply, condition, get, kubectl, KubeObject, settled, sources } from "./support";
import { intruder, ordersProgram } from "./two-teams-programs";

const example = path.join(root, "examples", "hostk8s-stack");
const docs = (page: string): string => fs.readFileSync(path.join(root, "docs", page), "utf8");

/** The code of a page between two marks that its readers do not see. */
function codeOf(page: string, mark: string): string {
  const code = new RegExp(`<!-- tried: ${mark} -->\\s*\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``).exec(docs(page))?.[1];
  return code ?? assert.fail(`${page} has no code with the mark ${mark}`);
}

/** A kubeconfig of the account that the page on two teams gives an application team. */
function teamKubeconfig(folder: string): string {
  const token = kubectl("create", "token", "orders-team", "-n", "orders", "--duration", "2h").trim();
  const config = parse(kubectl("config", "view", "--raw", "--minify")) as { users: object[] };
  const [user] = config.users;
  const file = path.join(folder, "team.kubeconfig");
  fs.writeFileSync(file, stringify({ ...config, users: [{ ...user, user: { token } }] }));
  return file;
}

/** The lines of the one error that a run ends with, below its head. */
async function refused(run: Promise<unknown>, head: string): Promise<string[]> {
  const error = await run.then(
    () => assert.fail("nothing was refused"),
    (reason: { diagnostics: string[] }) => reason,
  );
  const told = error.diagnostics.filter((line) => /^error: (?!(preview|update) failed)/.test(line));
  assert.equal(told.length, 1, error.diagnostics.join("\n"));
  const [first, ...lines] = told[0]!.split("\n").map((line) => line.trim());
  assert.equal(first, `error: ${head}`);
  return lines.sort();
}

/** What a run could not check, for lack of rights. */
function unread(diagnostics: string[]): string[] {
  return [...new Set(diagnostics.filter((line) => line.startsWith("warning: ") && line.includes("were not checked")))];
}

const ofOthers =
  "warning: references to existing objects were not checked: these credentials may not read Gateway " +
  "istio-system/hostk8s-gateway, HTTPRoute objects in all namespaces";

const kinds = [
  "services,configmaps,deployments,gateways.gateway.networking.k8s.io,httproutes,peerauthentications",
  "authorizationpolicies,destinationrules",
].join();

/** What of the namespaces of all teams must stay as it is. */
function theirs(): string[] {
  const names = ["istio-system", "my-app", "orders"];
  const all = [...get("namespace", ...names), ...names.flatMap((name) => get(kinds, "-n", name))];
  return all
    .map(({ kind, metadata: { name, uid, labels, annotations }, spec, data }) =>
      JSON.stringify({ kind, name, uid, labels, annotations, spec, data }),
    )
    .filter(
      (text) => !text.includes("istio-ca-") && !text.includes("kube-root-ca") && !text.includes("kubernetes.io/leader"),
    )
    .sort();
}

describe("two teams on one mesh", () => {
  let workDir: string;
  let first: string[];
  let certs: CliStack;
  let platform: CliStack;
  let application: CliStack;
  let orders: CliStack;
  let stranger: CliStack;
  let team: string;
  const admin = process.env["KUBECONFIG"];

  /** What the team does, with its own rights. */
  async function asTeam<T>(run: () => Promise<T>): Promise<T> {
    process.env["KUBECONFIG"] = team;
    try {
      return await run();
    } finally {
      process.env["KUBECONFIG"] = admin;
    }
  }

  function program(name: string, text: string, config: Record<string, unknown>): CliStack {
    const folder = path.join(workDir, name);
    fs.mkdirSync(folder);
    fs.cpSync(path.join(example, "application", "package.json"), path.join(folder, "package.json"));
    fs.writeFileSync(path.join(folder, "Pulumi.yaml"), stringify({ name, runtime: "nodejs" }));
    fs.writeFileSync(path.join(folder, "index.ts"), text);
    return CliStack.init(folder, "dev", config);
  }

  before(async () => {
    workDir = fs.mkdtempSync(path.join(os.tmpdir(), "istio-ambient-teams-"));
    unpack(workDir);
    kubectl("create", "namespace", "bystander");
    apply(codeOf("two-teams.md", "rights"));
    team = teamKubeconfig(workDir);
    const copy = (name: string): string => {
      const folder = path.join(workDir, name);
      fs.cpSync(path.join(example, name), folder, { recursive: true });
      return folder;
    };
    // The sandbox brings its cert-manager along; certs.test.ts installs one.
    certs = CliStack.init(copy("certs"), "dev", { "hostk8s-certs:certManager": { install: false } });
    await certs.up();
    first = inventory();
    const folder = copy("platform");
    const config = configOf(folder, "dev");
    const mesh = config["hostk8s-platform:mesh"] as object;
    platform = CliStack.init(folder, "dev", { ...config, "hostk8s-platform:mesh": { ...mesh, ...sources } });
    const other = copy("application");
    application = CliStack.init(other, "dev", configOf(other, "dev"));
    orders = program("orders", ordersProgram, { "orders:adopt": true });
    stranger = program("stranger", intruder, {});
  });

  after(async () => {
    for (const stack of [stranger, orders, application, platform, certs]) await stack?.remove();
    kubectl("delete", "secret", "root-ca-cluster-issuer-ca", "-n", "cert-manager", "--ignore-not-found");
    kubectl("delete", "namespace", "bystander", "orders", "--ignore-not-found");
    kubectl("delete", "clusterrole,clusterrolebinding", "orders-team", "--ignore-not-found");
    fs.rmSync(workDir, { recursive: true, force: true });
  });

  it("have a mesh by one stack, and an application on it by another, which knows the gateway by its output", async () => {
    await platform.up();
    const [{ spec }] = get("certificate", "hostk8s-gateway-cert", "-n", "istio-system") as [KubeObject];
    assert.deepEqual(spec["issuerRef"], {
      group: "cert-manager.io",
      kind: "ClusterIssuer",
      name: certs.outputs()["issuerName"],
    });
    const { outputs, diagnostics } = await application.up();
    assert.deepEqual(
      diagnostics.filter((line) => !line.startsWith("warning: ")),
      [],
    );
    assert.equal(outputs["url"], "https://localhost:8444/my-app");
    const [route] = get("httproute", "my-app", "-n", "my-app");
    const { labels } = get("namespace", "my-app")[0]!.metadata;
    assert.deepEqual(
      ["hostk8s.stack", "hostk8s.app", "istio.io/dataplane-mode"].map((key) => labels![key]),
      ["hostk8s", "my-app", "ambient"],
    );
    assert.equal(route!.metadata.labels!["hostk8s.application"], "my-app");
    const { hostnames, rules } = route!.spec as {
      hostnames: string[];
      rules: { backendRefs: { name: string; weight: number }[] }[];
    };
    assert.deepEqual(hostnames, ["localhost", "my-app.hostk8s.local"]);
    assert.deepEqual(
      rules[0]!.backendRefs.map(({ name, weight }) => [name, weight]),
      [
        ["my-service", 90],
        ["my-service-next", 10],
      ],
    );
    assert.equal(
      condition(get("gateways.gateway.networking.k8s.io", "waypoint", "-n", "my-app")[0], "Programmed"),
      "True",
    );
  });

  it("have a third stack, of a team with rights in its own namespace alone", async () => {
    const { diagnostics } = await asTeam(() => orders.up());
    assert.deepEqual(
      diagnostics.filter((line) => line.startsWith("error")),
      [],
    );
    assert.deepEqual(unread(diagnostics), [ofOthers]);
    const [route] = get("httproute", "route", "-n", "orders");
    const { parents } = route!.status as unknown as { parents: { conditions: { type: string; status: string }[] }[] };
    assert.deepEqual(
      parents[0]!.conditions.filter(({ status }) => status !== "True"),
      [],
    );
    const again = await asTeam(() => orders.preview());
    assert.deepEqual(again.steps, []);
    assert.deepEqual(unread(again.diagnostics), [ofOthers]);
    await asTeam(() => orders.refresh({ expectNoChanges: true }));
  });

  it("have nothing to change afterwards, any of them", async () => {
    for (const stack of [certs, platform, application]) assert.deepEqual((await stack.preview()).steps, []);
  });

  it("lose nothing to a stack that claims what all of them have made", async () => {
    const kept = theirs();
    const head = "this program would overwrite objects of other owners:";
    for (const run of [() => stranger.preview(), () => stranger.up()]) {
      const lines = await refused(run(), head);
      // What else is wrong with such a program is told in the same error.
      const claims = lines.flatMap((line) => {
        const found = /^(\w+ "[\w-]+"): .*; (\w+ [\w/-]+) belongs to the stack ([\w-]+\/dev)/.exec(line);
        return found ? [found.slice(1).join(" | ")] : [];
      });
      assert.deepEqual(claims, [
        'AccessPolicy "access" | AuthorizationPolicy orders/access-deny | orders/dev',
        'AmbientNamespace "my-app" | Namespace my-app | hostk8s-application/dev',
        'HttpRoute "my-app" | HTTPRoute my-app/my-app | hostk8s-application/dev',
        'HttpRoute "route" | HTTPRoute orders/route | orders/dev',
        'IngressGateway "edge" | ConfigMap orders/edge-overlay | orders/dev',
        'IngressGateway "edge" | Gateway orders/edge | orders/dev',
        'IngressGateway "hostk8s-gateway" | ConfigMap istio-system/hostk8s-gateway-overlay | hostk8s-platform/dev',
        'IngressGateway "hostk8s-gateway" | Gateway istio-system/hostk8s-gateway | hostk8s-platform/dev',
        'TrafficPolicy "traffic" | DestinationRule orders/traffic | orders/dev',
        'Waypoint "proxy" | ConfigMap orders/proxy-overlay | orders/dev',
        'Waypoint "proxy" | Gateway orders/proxy | orders/dev',
        'Waypoint "waypoint" | ConfigMap my-app/waypoint-overlay | hostk8s-application/dev',
        'Waypoint "waypoint" | Gateway my-app/waypoint | hostk8s-application/dev',
      ]);
    }
    await stranger.destroy();
    assert.deepEqual(theirs(), kept);
  });

  it("are told of a slip in one error, in words of their own program", async () => {
    const folder = path.join(workDir, "slip");
    const text = [
      'import { AmbientNamespace, HttpRoute } from "istio-ambient";',
      'const shop = new AmbientNamespace("slip");',
      'const args = { namespace: shop, parent: { name: "hostk8s-gateway" }, weight: 10 };',
      'new HttpRoute("web", args as never);',
    ].join("\n");
    const slip = program("slip", text, {});
    assert.deepEqual(await refused(slip.preview(), 'invalid arguments for HttpRoute "web":'), [
      '`namespace`: got "AmbientNamespace slip"; must be a name, and not a resource; write `namespace: slip.name`',
      '`weight`: got "10"; there is no such argument; write `backends: [{ service: "web", port: 80, weight: 10 }]`',
    ]);
    await slip.remove();
    fs.rmSync(folder, { recursive: true });
  });

  it("may destroy in the wrong order: the mesh first takes every workload out, and the others still go", async () => {
    await platform.destroy();
    const ended =
      "warning: 1 STRICT PeerAuthentication (orders/default) and 1 AuthorizationPolicy (orders/access-deny) no longer " +
      "protect pods outside the mesh, which accept plaintext from any client";
    assert.ok(platform.said.includes(ended), platform.said);
    for (const name of ["my-app", "orders"]) {
      const { labels, annotations } = get("namespace", name)[0]!.metadata;
      assert.equal(labels!["istio.io/dataplane-mode"], undefined);
      assert.ok("istio-ambient/unenrolled" in annotations!, name);
    }
    await application.destroy();
    await asTeam(() => orders.destroy());
    assert.deepEqual(get("namespace", "my-app"), []);
    const [kept] = get("namespace", "orders");
    assert.deepEqual(kept!.metadata.labels, { "kubernetes.io/metadata.name": "orders" });
  });

  it("leave on the cluster what the documentation lists, and nothing once its commands have run", async () => {
    const listed = /<!-- tried: left -->\s*```\n([\s\S]*?)```/.exec(docs("recovery.md"))![1]!.trim().split("\n");
    const added = (): string[] => inventory().filter((each) => !first.includes(each));
    const kept = (line: string): string =>
      line
        .replace(
          /^(customresourcedefinitions\S* )\S+?\.((?:\w+\.)?istio\.io|gateway\.networking\.(?:x-)?k8s\.io)$/,
          "$1*.$2",
        )
        .replace(/^(configmaps )[^/]+\//, "$1*/");
    const left = (): string[] => [...new Set(added().map(kept))].sort();
    // The classes of the Gateways that outlived the mesh are left for later.
    assert.equal((await istioAmbient(["sweep"])).code, 0);
    // What belongs to a Gateway goes a moment after it.
    assert.deepEqual(await settled(left, (found) => found.length === listed.length), listed);
    execFileSync("bash", ["-euc", codeOf("recovery.md", "clean")], { stdio: "inherit" });
    assert.deepEqual(await settled(added, (found) => found.length === 0), []);
  });
});
