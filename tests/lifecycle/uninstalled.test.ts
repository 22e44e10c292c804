// A cluster on which an Istio was before: what it has left is told at preview, and a mesh comes up once the commands of that
// one error have run.
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { AmbientMesh } from "../../components";
import { istioctlImages, kubectl, namedCommands, sources, TestStack } from "./support";

const istioctl = (...args: string[]) => execFileSync("istioctl", [...args, "--skip-confirmation"], { stdio: "ignore" });

describe("an Istio that is gone", () => {
  let stack: TestStack;

  before(async () => {
    istioctl("install", "--set", "profile=ambient", ...istioctlImages);
    stack = await TestStack.open("uninstalled", async () => {
      new AmbientMesh("mesh", { ...sources, platform: "kind", adoptNamespace: true });
    });
  });

  after(async () => {
    await stack.remove();
    kubectl("delete", "namespace", "istio-system");
  });

  /** The lines of the one error that a preview ends with. */
  async function refused(): Promise<string[]> {
    const { diagnostics } = await stack.preview().then(
      () => assert.fail("nothing was refused"),
      (reason: { diagnostics: string[] }) => reason,
    );
    const [, ...lines] = diagnostics.find((line) => line.startsWith("error: AmbientMesh"))!.split("\n");
    return lines.map((line) => line.trim().replace(/; run .*$/, ""));
  }

  /** Runs what the error names. */
  async function obey(): Promise<void> {
    const { diagnostics } = await stack.preview().catch((reason: { diagnostics: string[] }) => reason);
    for (const command of namedCommands(diagnostics.join("\n")))
      execFileSync("/bin/sh", ["-c", command], { stdio: "ignore" });
  }

  const definitions =
    '`CustomResourceDefinition authorizationpolicies.security.istio.io and 14 more`: got "not of the Helm release ' +
    'istio-system/istio-base"; Helm installs istio-base only over CRDs that carry its marks';
  const leftover = (object: string, more: number) =>
    `\`${object}\`: got "left by an uninstalled Istio${more > 0 ? `, with ${more} more objects` : ""}"; Helm does not ` +
    "install over objects that are not of its release";

  it("is told of after `istioctl uninstall`", async () => {
    istioctl("uninstall", "--revision", "default");
    assert.deepEqual(await refused(), [
      leftover("ServiceAccount istio-system/istio-reader-service-account", 0),
      definitions,
    ]);
  });

  it("is told of after its namespace was deleted", async () => {
    istioctl("install", "--set", "profile=ambient", ...istioctlImages);
    kubectl("delete", "namespace", "istio-system");
    kubectl("create", "namespace", "istio-system");
    assert.deepEqual(await refused(), [
      leftover("ValidatingWebhookConfiguration istio-validator-istio-system", 14),
      definitions,
    ]);
  });

  it("is in nobody's way once these commands have run", async () => {
    await obey();
    await stack.up();
    assert.deepEqual((await stack.preview()).steps, []);
  });
});
