// For Argo CD: an Application of each chart and the other objects, in waves.
import { charts } from "../istio/releases";
import type { Header } from "./header";
import type { ExportedMesh, ExportedRelease, FileObject, OutputFile } from "./mesh";
import { kustomization, yamlFile } from "./text";

const applicationApi = "argoproj.io/v1alpha1";

/** Where Argo CD looks for Applications, and where these deploy to. */
const ownNamespace = "argocd";
const ownCluster = "https://kubernetes.default.svc";

/** The waves in their order; what is in one waits until the one before is healthy. */
const waves = { foundation: "0", base: "1", istiod: "2", cni: "3", ztunnel: "4", gateway: "5" } as const;

const waveKey = "argocd.argoproj.io/sync-wave";
const optionsKey = "argocd.argoproj.io/sync-options";

/** What other objects depend on stays when its file goes. */
const keptOptions = "Prune=false,Delete=false";

/** Where the files are going to be. */
export interface GitPlace {
  /** URL of the repository; none where it is not known yet. */
  repository?: string;
  /** Folder in it. */
  path: string;
}

/** The files; without a repository there is no Application for the whole. */
export function argocdFiles(mesh: ExportedMesh, header: Header, place: GitPlace): OutputFile[] {
  const applications = mesh.releases.map((release) => application(mesh, release));
  const inWave = (wave: string, options?: string) => (object: Annotated) => annotated(object, wave, options);
  const files = [
    ...yamlFile("namespace.yaml", header("the namespace of the mesh"), [
      annotated(mesh.namespace, waves.foundation, keptOptions),
    ]),
    ...yamlFile(
      "gateway-api.yaml",
      header("the CRDs of the Gateway API"),
      // The annotation of a client-side apply could not hold the largest of them.
      mesh.definitions.map(inWave(waves.foundation, `ServerSideApply=true,${keptOptions}`)),
    ),
    ...yamlFile("control-plane.yaml", header("istio-base, then istiod"), applications.slice(0, 2)),
    ...yamlFile("ambient-dataplane.yaml", header("istio-cni, then ztunnel"), applications.slice(2)),
    ...yamlFile(
      "certificate.yaml",
      header("the certificate of the gateway, by cert-manager"),
      mesh.certificates.map(inWave(waves.gateway)),
    ),
    ...yamlFile(
      "gateway.yaml",
      header("the shared gateway, and the overlay that gives it its NodePorts"),
      mesh.gateway.map(inWave(waves.gateway)),
    ),
  ];
  const resources = files.map(({ path }) => path);
  const whole = place.repository === undefined ? [] : [wholeApplication(mesh, place.repository, place.path)];
  return [
    ...files,
    kustomization("kustomization.yaml", header("all files of the mesh"), resources),
    ...yamlFile("application.yaml", header("the Application that applies this folder; create it by hand"), whole),
  ];
}

interface Annotated {
  metadata: { annotations?: { [key: string]: string } };
}

function annotated<Object extends Annotated>(object: Object, wave: string, options?: string): Object {
  const { metadata } = object;
  const own = { [waveKey]: wave, ...(options === undefined ? {} : { [optionsKey]: options }) };
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...own } } };
}

function application(mesh: ExportedMesh, { chart, release, namespace, values }: ExportedRelease): FileObject {
  const { repository, version } = mesh;
  const source = {
    // A registry is named without its scheme.
    repoURL: repository.replace(/^oci:\/\//, "").replace(/\/+$/, ""),
    chart: charts[chart].chart,
    targetRevision: version,
    helm: { releaseName: release, valuesObject: values },
  };
  const object: FileObject = {
    apiVersion: applicationApi,
    kind: "Application",
    metadata: { name: release, namespace: ownNamespace },
    spec: {
      project: "default",
      source,
      destination: { server: ownCluster, namespace },
      ...(chart === "base" || chart === "istiod" ? { ignoreDifferences: ofIstiod } : {}),
      syncPolicy: syncPolicy(["ServerSideApply=true", "RespectIgnoreDifferences=true"]),
    },
  };
  return annotated(object, waves[chart], keptOptions);
}

/** What istiod writes into the objects of its chart. */
const ofIstiod = [
  {
    group: "admissionregistration.k8s.io",
    kind: "ValidatingWebhookConfiguration",
    jqPathExpressions: [".webhooks[].clientConfig.caBundle", ".webhooks[].failurePolicy"],
  },
  {
    group: "admissionregistration.k8s.io",
    kind: "MutatingWebhookConfiguration",
    jqPathExpressions: [".webhooks[].clientConfig.caBundle"],
  },
];

function syncPolicy(syncOptions: string[]): object {
  return {
    automated: { prune: true, selfHeal: true },
    syncOptions,
    retry: { limit: 10, backoff: { duration: "10s", factor: 2, maxDuration: "3m" } },
  };
}

/** Without a finalizer: to delete it leaves the mesh running. */
function wholeApplication({ namespace }: ExportedMesh, repoURL: string, path: string): FileObject {
  return {
    apiVersion: applicationApi,
    kind: "Application",
    metadata: { name: "istio-ambient", namespace: ownNamespace },
    spec: {
      project: "default",
      source: { repoURL, path: path.replace(/^\.\//, ""), targetRevision: "HEAD" },
      destination: { server: ownCluster, namespace: namespace.metadata.name },
      syncPolicy: syncPolicy([]),
    },
  };
}
