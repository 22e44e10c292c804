// For kubectl and whatever else takes plain manifests: the charts as rendered, in folders that are applied one after the other.
import type { Header } from "./header";
import type { ExportedMesh, OutputFile } from "./mesh";
import { kustomization, textFile, yamlFile } from "./text";
import type { ChartName } from "../istio/releases";

/** The rendered manifest of each chart. */
export type Rendered = Record<ChartName, string>;

/** The files; `directory` is how the user calls the place where they go. */
export function kustomizeFiles(
  mesh: ExportedMesh,
  rendered: Rendered,
  header: Header,
  directory: string,
): OutputFile[] {
  const chart = (name: ChartName): OutputFile => {
    const { release } = mesh.releases.find((each) => each.chart === name)!;
    return textFile(`${release}.yaml`, header(`${release} ${mesh.version}, as its chart renders it`), rendered[name]);
  };
  const all: Record<string, OutputFile[]> = {
    "1-base": [
      ...yamlFile("namespace.yaml", header("the namespace of the mesh"), [mesh.namespace]),
      ...yamlFile("gateway-api.yaml", header("the CRDs of the Gateway API"), mesh.definitions),
      chart("base"),
    ],
    "2-control-plane": [chart("istiod")],
    "3-ambient-dataplane": [chart("cni"), chart("ztunnel")],
    "4-gateway": [
      ...yamlFile("certificate.yaml", header("the certificate of the gateway, by cert-manager"), mesh.certificates),
      ...yamlFile(
        "gateway.yaml",
        header("the shared gateway, and the overlay that gives it its NodePorts"),
        mesh.gateway,
      ),
    ],
  };
  const waves = Object.entries(all).filter(([, files]) => files.length > 0);
  const names = waves.map(([name]) => name);
  return [
    ...waves.flatMap(([wave, files]) => [
      ...files.map(({ path, text }) => ({ path: `${wave}/${path}`, text })),
      kustomization(
        `${wave}/kustomization.yaml`,
        header(`part ${wave} of the mesh`),
        files.map(({ path }) => path),
      ),
    ]),
    kustomization("kustomization.yaml", header("all parts of the mesh", ...howToApply(names, directory)), names),
  ];
}

/** Of a kind whose CRD comes with it, kubectl knows nothing before the next call. */
function howToApply(waves: string[], directory: string): string[] {
  return [
    "Apply it part by part, server-side, since kubectl's own annotation could not hold the largest CRDs:",
    ...waves.map((wave) => `#   kubectl apply --server-side -k ${directory}/${wave}`),
    "All at once works on a cluster that has the Gateway API CRDs already.",
  ];
}
