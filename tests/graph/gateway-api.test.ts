// What the preview shows of the Gateway API CRDs: the release that is asked for, and the one that was.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { kubeConfigClass } from "../../cluster/kube-config";
import { AmbientMesh, AmbientMeshArgs, GatewayApi, GatewayApiArgs } from "../../components";
import { preview } from "./applications";
import { record } from "./record";

process.env["KUBECONFIG"] = "/nonexistent/kubeconfig";

type Inputs = Record<string, unknown>;
const step = "gateway-api --release";

/** Inputs of the command that applies the CRDs. */
async function command(args: GatewayApiArgs): Promise<Inputs> {
  const { find } = await record(() => void new GatewayApi("crds", args), preview);
  return find("crds-bundle").inputs;
}

async function ofMesh(args: AmbientMeshArgs): Promise<Inputs> {
  const { find } = await record(
    () => void new AmbientMesh("mesh", { ...args, preflight: { enabled: false } }),
    preview,
  );
  return find("mesh-gateway-api-bundle").inputs;
}

/** What the preview of an update shows: each input that differs, as it was and as it will be. */
function changes(old: Inputs, now: Inputs): Record<string, unknown[]> {
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  const differing = names.filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]));
  return Object.fromEntries(differing.map((name) => [name, [old[name], now[name]]]));
}

describe("another release of the Gateway API", () => {
  before(kubeConfigClass);

  const shown = [`${step} 1.5.1 --timeout 3m`, `${step} 1.6.0 --timeout 3m`];

  it("is shown by the preview, old and new, and runs the command again", async () => {
    assert.deepEqual(changes(await command({ version: "1.5.1" }), await command({ version: "1.6.0" })), {
      create: shown,
      update: shown,
    });
  });

  it("is shown by the preview of a mesh, whose own line brings one", async () => {
    const old = await ofMesh({ gatewayApi: { version: "1.5.1" } });
    assert.deepEqual(changes(old, await ofMesh({})), { create: shown, update: shown });
  });

  it("is a URL where one is given, which no preview reads", async () => {
    const url = (release: string) => `http://127.0.0.1:1/${release}/crds.yaml`;
    const run = (release: string) => `gateway-api --source ${url(release)} --timeout 3m`;
    const all = [run("1.5.1"), run("1.6.0")];
    assert.deepEqual(changes(await command({ source: url("1.5.1") }), await command({ source: url("1.6.0") })), {
      create: all,
      update: all,
    });
  });

  it("runs the command again where it is the content of a file that changes", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "crds-"));
    const source = path.join(folder, "crds.yaml");
    try {
      const text = fs.readFileSync(path.join(__dirname, "..", "fixtures", "gateway-api", "crds.yaml"), "utf8");
      fs.writeFileSync(source, text);
      const old = await command({ source });
      assert.deepEqual(changes(old, await command({ source })), {});
      fs.writeFileSync(source, text.replaceAll("v1.6.0", "v1.6.1"));
      assert.deepEqual(Object.keys(changes(old, await command({ source }))), ["environment"]);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
