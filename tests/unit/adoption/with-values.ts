// A release of an installed Istio with other values than the fixtures have.
import type { JsonMap } from "../../../lib/drift";
import type { Brownfield } from "../fixtures/brownfield";

/** Gives a release other values, those of its chart, and the files of the chart in base64. */
export function withValues(
  cluster: Brownfield,
  release: string,
  chart: string,
  config: JsonMap,
  values?: JsonMap,
  files?: { name: string; data: string }[],
): Brownfield {
  const kind = chart === "istiod" ? "Deployment" : "DaemonSet";
  const name = { istiod: "istiod", cni: "istio-cni-node", ztunnel: "ztunnel" }[chart]!;
  const manifest = ["istiod", "cni", "ztunnel"].includes(chart)
    ? `---\napiVersion: apps/v1\nkind: ${kind}\nmetadata: { name: ${name}, namespace: istio-system }\n`
    : ["base", "istiod", "cni", "ztunnel"]
        .map(
          (part) =>
            `---\n# Source: mesh/charts/${part}/templates/x.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${part} }\n`,
        )
        .join("");
  cluster.record(release, "istio-system", { name: chart, version: "1.31.0" }, manifest, {
    config,
    ...(values ? { values } : {}),
    ...(files ? { files } : {}),
  });
  return cluster;
}
