// The Gateway API CRDs by themselves: installed, upgraded, missed when somebody takes one away, and left behind.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { GatewayApi, GatewayApiArgs } from "../../components";
import { get, kubectl, settled, sources, TestStack } from "./support";

const routes = "httproutes.gateway.networking.k8s.io";
const versionAnnotation = "gateway.networking.k8s.io/bundle-version";
const again = "warning: the Gateway API CRDs were changed outside of Pulumi; `pulumi up` restores them:";

const names = () =>
  get("crd")
    .map(({ metadata }) => metadata.name)
    .filter((name) => name.endsWith(".gateway.networking.k8s.io"));
const versionOf = (name: string) => get("crd", name)[0]?.metadata.annotations?.[versionAnnotation];

describe("the Gateway API CRDs", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "crds-"));
  let args: GatewayApiArgs = { source: folder };
  let stack: TestStack;
  let whole: string[];

  before(async () => {
    fs.cpSync(sources.gatewayApi.source, folder, { recursive: true });
    stack = await TestStack.open("crds", () => {
      const { version } = new GatewayApi("crds", args);
      return Promise.resolve({ version });
    });
  });

  after(async () => {
    await stack.remove();
    fs.rmSync(folder, { recursive: true });
  });

  it("are one resource, which reads them when it runs and waits until they are served", async () => {
    assert.deepEqual((await stack.preview()).steps, ["create crds", "create default_1_2_1", "create crds-bundle"]);
    assert.deepEqual(names(), []);
    const { outputs } = await stack.up();
    assert.deepEqual(outputs, { version: "1.6.0" });
    whole = names();
    assert.ok(whole.includes(routes));
    assert.deepEqual(await stack.preview(), { steps: [], diagnostics: [], outputs: {} });
  });

  it("are installed again where one was deleted, and the preview says so", async () => {
    kubectl("delete", "crd", routes);
    const seen = await stack.preview();
    assert.deepEqual(seen.steps, ["update crds-bundle"]);
    assert.deepEqual(seen.diagnostics, [`${again}\n  CustomResourceDefinition ${routes} is missing`]);
    await stack.up();
    assert.deepEqual(names(), whole);
    assert.deepEqual(await stack.preview(), { steps: [], diagnostics: [], outputs: {} });
  });

  it("are installed again, in the same way, where somebody applied an older one", async () => {
    // The bundle's own policy would refuse it: who wants an older one takes the policy away first.
    for (const kind of ["validatingadmissionpolicybinding", "validatingadmissionpolicy"]) {
      kubectl("delete", kind, "safe-upgrades.gateway.networking.k8s.io");
    }
    // The API server goes on asking a policy for a moment after it was deleted.
    const annotated = () => {
      try {
        return kubectl("annotate", "crd", routes, `${versionAnnotation}=v1.5.1`, "--overwrite") !== "";
      } catch {
        return false;
      }
    };
    assert.ok(await settled(annotated, (done) => done));
    const seen = await stack.preview();
    assert.deepEqual(seen.steps, ["update crds-bundle"]);
    const older = `CustomResourceDefinition ${routes} is of Gateway API 1.5.1, not 1.6.0`;
    assert.deepEqual(seen.diagnostics, [`${again}\n  ${older}`]);
    await stack.up();
    assert.equal(versionOf(routes), "v1.6.0");
    assert.deepEqual(await stack.preview(), { steps: [], diagnostics: [], outputs: {} });
  });

  it("are left alone where the cluster has newer ones", async () => {
    kubectl("annotate", "crd", routes, `${versionAnnotation}=v1.9.0`, "--overwrite");
    const left =
      "warning: the Gateway API CRDs are left unchanged: the cluster has Gateway API v1.9.0, newer than 1.6.0; " +
      "a bundle is never downgraded";
    assert.deepEqual(await stack.preview(), { steps: [], diagnostics: [left], outputs: {} });
    // Something else of them changes: the command runs, and writes nothing all the same.
    fs.appendFileSync(path.join(folder, fs.readdirSync(folder).filter((file) => file.endsWith(".yaml"))[0]!), "\n");
    const { steps, outputs } = await stack.up();
    assert.deepEqual(steps, ["update crds-bundle"]);
    assert.deepEqual(outputs, { version: "1.9.0" });
    assert.equal(versionOf(routes), "v1.9.0");
  });

  it("name the file that cannot be read before anything happens", async () => {
    const source = path.join(folder, "nothing.yaml");
    args = { source };
    await assert.rejects(stack.preview(), (error: Error) => {
      const rule = `must contain the Gateway API CRDs (ENOENT: no such file or directory, stat '${source}')`;
      const line = `\`source\`: got "${source}"; ${rule}; write \`source: "./gateway-api.yaml"\``;
      assert.ok(error.message.includes(line), error.message);
      return true;
    });
  });

  it("stay when the stack goes", async () => {
    args = { source: folder };
    await stack.destroy();
    assert.deepEqual(names(), whole);
  });
});
