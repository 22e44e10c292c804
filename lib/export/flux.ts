// For Flux: a HelmRelease of each chart, one after the other, and the other objects beside them.
import { timeouts } from "../istio/defaults";
import { charts } from "../istio/releases";
import type { Header } from "./header";
import type { ExportedMesh, ExportedRelease, FileObject, OutputFile } from "./mesh";
import { kustomization, yamlFile } from "./text";

/** What Flux reads are these versions of its APIs. */
const api = {
  source: "source.toolkit.fluxcd.io/v1",
  helm: "helm.toolkit.fluxcd.io/v2",
  kustomize: "kustomize.toolkit.fluxcd.io/v1",
} as const;

/** Name of the one source of all charts. */
const repositoryName = "istio";

/** Name and namespace of the source that `flux bootstrap` makes. */
const bootstrapped = "flux-system";

/** How often Flux looks whether all is as it should be. */
const interval = "10m";

/** What other objects depend on stays when its file goes. */
const kept = { "kustomize.toolkit.fluxcd.io/prune": "disabled" };

/** Layer of an OCI artifact in which Helm keeps a chart. */
const chartLayer = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

/** The files; `path` is where they lie in their repository. */
export function fluxFiles(mesh: ExportedMesh, header: Header, path: string): OutputFile[] {
  const releases = mesh.releases.map((release, index) => helmRelease(mesh, release, mesh.releases[index - 1]));
  const files = [
    ...yamlFile("namespace.yaml", header("the namespace of the mesh"), [keep(mesh.namespace)]),
    ...yamlFile("sources.yaml", header("where the charts come from"), sources(mesh)),
    ...yamlFile("gateway-api.yaml", header("the CRDs of the Gateway API"), mesh.definitions.map(keep)),
    ...yamlFile("control-plane.yaml", header("istio-base, then istiod"), releases.slice(0, 2)),
    ...yamlFile("ambient-dataplane.yaml", header("istio-cni, then ztunnel"), releases.slice(2)),
    ...yamlFile("certificate.yaml", header("the certificate of the gateway, by cert-manager"), mesh.certificates),
    ...yamlFile(
      "gateway.yaml",
      header("the shared gateway, and the overlay that gives it its NodePorts"),
      mesh.gateway,
    ),
  ];
  const resources = files.map((each) => each.path);
  return [
    ...files,
    kustomization("kustomization.yaml", header("all files of the mesh"), resources),
    ...yamlFile("flux-kustomization.yaml", header("what makes Flux apply this folder", ...howToStart), [
      fluxKustomization(mesh, path),
    ]),
  ];
}

const howToStart = [
  "Apply it once, or add it to the folder that Flux applies already. sourceRef and path are those of a repository that " +
    "`flux bootstrap` made, with this folder in it.",
];

/** One repository; of a registry, an artifact for each chart. */
function sources({ repository, releases, namespace, version }: ExportedMesh): FileObject[] {
  const into = namespace.metadata.name;
  if (!repository.startsWith("oci://")) {
    return [
      {
        apiVersion: api.source,
        kind: "HelmRepository",
        metadata: { name: repositoryName, namespace: into },
        spec: { interval: "1h", url: repository },
      },
    ];
  }
  return releases.map(({ chart, release }) => ({
    apiVersion: api.source,
    kind: "OCIRepository",
    metadata: { name: release, namespace: into },
    spec: {
      interval: "1h",
      url: `${repository.replace(/\/+$/, "")}/${charts[chart].chart}`,
      ref: { tag: version },
      layerSelector: { mediaType: chartLayer, operation: "copy" },
    },
  }));
}

function helmRelease(
  { namespace: { metadata }, repository, version }: ExportedMesh,
  { chart, release, namespace, values }: ExportedRelease,
  before: ExportedRelease | undefined,
): FileObject {
  // A failed upgrade is tried again: to roll it back, or to uninstall, would take ztunnel from pods that need it.
  const action = {
    crds: chart === "base" ? "CreateReplace" : "Skip",
    strategy: { name: "RetryOnFailure", retryInterval: "1m" },
  };
  const sourceRef = { kind: "HelmRepository", name: repositoryName };
  return {
    apiVersion: api.helm,
    kind: "HelmRelease",
    metadata: { name: release, namespace: metadata.name, annotations: kept },
    spec: {
      interval,
      timeout: `${timeouts.release}m`,
      releaseName: release,
      ...(namespace === metadata.name ? {} : { targetNamespace: namespace, storageNamespace: namespace }),
      ...(before && { dependsOn: [{ name: before.release }] }),
      ...(repository.startsWith("oci://")
        ? { chartRef: { kind: "OCIRepository", name: release } }
        : { chart: { spec: { chart: charts[chart].chart, version, sourceRef } } }),
      // An Istio that something else has installed is not overwritten.
      install: { ...action, disableTakeOwnership: true },
      upgrade: action,
      driftDetection: { mode: "enabled", ...(chart === "base" || chart === "istiod" ? { ignore: ofIstiod } : {}) },
      values,
    },
  };
}

/** What istiod writes into the objects of its chart. */
const ofIstiod = [
  {
    paths: ["/webhooks/0/clientConfig/caBundle", "/webhooks/0/failurePolicy"],
    target: { kind: "ValidatingWebhookConfiguration" },
  },
];

function fluxKustomization({ releases, gateway }: ExportedMesh, path: string): FileObject {
  const minutes = releases.length * timeouts.release + timeouts.gateway;
  const programmed = (status: string) =>
    `has(status.conditions) && status.conditions.exists(e, e.type == 'Programmed' && e.status == '${status}')`;
  const health = { apiVersion: "gateway.networking.k8s.io/v1", kind: "Gateway", current: programmed("True") };
  return {
    apiVersion: api.kustomize,
    kind: "Kustomization",
    metadata: { name: "istio-ambient", namespace: bootstrapped },
    spec: {
      interval,
      retryInterval: "1m",
      timeout: `${minutes}m`,
      sourceRef: { kind: "GitRepository", name: bootstrapped },
      path,
      prune: true,
      // To delete this Kustomization leaves the mesh running.
      deletionPolicy: "Orphan",
      wait: true,
      ...(gateway.length > 0 ? { healthCheckExprs: [health] } : {}),
    },
  };
}

function keep<Object extends { metadata: object }>(object: Object): Object {
  const { annotations } = object.metadata as { annotations?: object };
  return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, ...kept } } };
}
