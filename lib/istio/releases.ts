// Versions, floors and compatibility: the only place where a release is named.
import * as semver from "semver";

/** One minor line of Istio that this package installs. */
export interface IstioLine {
  /** "1.31" */
  minor: string;
  /** Newest patch of the line when this package was released. */
  newest: string;
  /** Oldest patch that works: both validation webhooks take `validationFailurePolicy`, so that upgrades leave no drift. */
  floor: string;
  /**
   * Kubernetes minors of Istio's support table, first and last. `istioctl x precheck` refuses what is older (IST0142); what
   * is newer is only not tested by Istio.
   */
  kubernetes: { first: string; last: string };
  /** Gateway API release that the line was built against. */
  gatewayApi: string;
  /** Image hub to set because the one in the charts gets no images any more; none where the charts are right. */
  hub?: string;
}

/** Newest first: the first one is the default. */
export const istioLines: readonly IstioLine[] = [
  {
    minor: "1.31",
    newest: "1.31.4",
    floor: "1.31.0",
    kubernetes: { first: "1.32", last: "1.36" },
    gatewayApi: "1.6.0",
  },
  {
    minor: "1.30",
    newest: "1.30.8",
    floor: "1.30.3",
    kubernetes: { first: "1.32", last: "1.36" },
    gatewayApi: "1.5.1",
    hub: "docker.io/istio",
  },
];

/** The release that is installed when none is named. */
export const defaultIstioVersion = istioLines[0]!.newest;

/** The Gateway API release that is installed when none is named. */
export const defaultGatewayApiVersion = istioLines[0]!.gatewayApi;

/** Istio's own chart repository; the older one gets nothing from 1.31 on. */
export const chartRepository = "https://blob.istio.io/istio-release/charts";

/** From this release on istio-cni routes the probes of pods that have security groups of Amazon's by itself. */
export const branchInterfaceFloor = "1.31.0";

/** Before it Calico's BPF mode dropped the probes of pods in the mesh: istio#52765. */
export const calicoProbesFloor = "3.28.2";

/** The four charts: name in the repository, the release name that Istio's own tools look for, and what it waits for. */
export const charts = {
  base: { chart: "base", release: "istio-base", workload: undefined },
  istiod: { chart: "istiod", release: "istiod", workload: { kind: "Deployment", name: "istiod" } },
  cni: { chart: "cni", release: "istio-cni", workload: { kind: "DaemonSet", name: "istio-cni-node" } },
  ztunnel: { chart: "ztunnel", release: "ztunnel", workload: { kind: "DaemonSet", name: "ztunnel" } },
} as const;

/** The four releases of a mesh, each where it goes. */
export function meshReleases(mesh: { namespace: string; nodeNamespace: string }): {
  release: string;
  namespace: string;
}[] {
  return Object.entries(charts).map(([chart, { release }]) => ({
    release,
    namespace: chart === "cni" || chart === "ztunnel" ? mesh.nodeNamespace : mesh.namespace,
  }));
}

/** One of the four charts. */
export type ChartName = keyof typeof charts;

/** Oldest Gateway API bundle in which istiod still finds every kind it reads (GRPCRoute v1). */
export const gatewayApiFloor = "1.1.0";

/** First bundle that brings the admission policy against older bundles. */
export const safeUpgradesSince = "1.5.0";

/** First istiod that sends a share of the connections to a second waypoint. */
export const canaryWaypointsSince = "1.31.0";

/** First cert-manager that serves cert-manager.io/v1. */
export const certManagerFloor = "1.0.0";

/** The cert-manager release that is installed when none is named. */
export const defaultCertManagerVersion = "1.21.2";

/** First cert-manager whose chart makes the CRDs by `crds.enabled`, and has them survive an uninstall. */
export const certManagerChartFloor = "1.15.0";

/** cert-manager's own chart repository. */
export const certManagerRepository = "oci://quay.io/jetstack/charts";

/** The chart, the release name that its documentation uses, and what it waits for. */
export const certManagerChart = {
  chart: "cert-manager",
  release: "cert-manager",
  workload: { kind: "Deployment", name: "cert-manager" },
} as const;

/** The chart carries the version with a v. */
export function certManagerChartVersion(version: string): string {
  return `v${version}`;
}

/** Registries that get no Istio images any more and lose the old ones in December 2026. */
export const retiredHubs: readonly string[] = ["gcr.io/istio-release", "registry.istio.io"];

/** The Gateway API project's own release file of one version: the standard channel, or the one that holds more. */
export function gatewayApiUrl(version: string, channel: "standard" | "experimental" = "standard"): string {
  return `https://github.com/kubernetes-sigs/gateway-api/releases/download/v${version}/${channel}-install.yaml`;
}

/** The line that an exact version belongs to, if this package knows it. */
export function istioLine(version: string): IstioLine | undefined {
  const parsed = semver.parse(version);
  return parsed ? istioLines.find((line) => line.minor === `${parsed.major}.${parsed.minor}`) : undefined;
}

/** The line by which a release is judged: its own, or for a release of none the nearest one. */
export function nearestLine(version: string): IstioLine {
  const [newest] = istioLines;
  return istioLine(version) ?? (isOlder(version, `${newest!.minor}.0`) ? istioLines[istioLines.length - 1]! : newest!);
}

/** True where `version` is older than `floor`. Both are exact, with or without a leading v. */
export function isOlder(version: string, floor: string): boolean {
  return semver.lt(version, floor);
}

/** The newest release of a minor line, or of the package where the text names no known line. */
export function nearestRelease(text: string): string {
  const minor = /(\d+)\.(\d+)/.exec(text);
  return istioLines.find((line) => minor && line.minor === `${minor[1]}.${minor[2]}`)?.newest ?? defaultIstioVersion;
}
