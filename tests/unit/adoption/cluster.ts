// Runs `istio-ambient adopt` on a cluster in memory.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Brownfield } from "../fixtures/brownfield";
import { istioAmbient, type Ran } from "../fixtures/terminal";

/** One call of the command. */
export type Adopt = (...args: string[]) => Promise<Ran>;

/** Serves the cluster while the work runs. */
export async function onCluster<T>(cluster: Brownfield, work: (adopt: Adopt) => Promise<T>): Promise<T> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "brownfield-"));
  const kubeconfig = await cluster.start(directory);
  try {
    return await work(async (...args) => {
      const { out, err, ...ran } = await istioAmbient(["adopt", ...args, "--kubeconfig", kubeconfig]);
      // Commands in messages name the cluster once more.
      const plain = (text: string) => text.replaceAll(` --kubeconfig ${kubeconfig}`, "");
      return { ...ran, out: plain(out), err: plain(err) };
    });
  } finally {
    cluster.stop();
    fs.rmSync(directory, { recursive: true });
  }
}

/** The stack that gets the mesh. */
export const to = ["--to", "shop/dev"];

/** Names of releases, as an installer of its own mind gives them. */
export const otherNames = { Base: "base", Pilot: "control", Cni: "agent", Ztunnel: "proxy" };
/** The names that Istio's documentation gives. */
export const usualNames = { Base: "istio-base", Pilot: "istiod", Cni: "istio-cni", Ztunnel: "ztunnel" };
/** One umbrella chart. */
export const umbrellaName = { Base: "ambient", Pilot: "ambient", Cni: "ambient", Ztunnel: "ambient" };
