// What AmbientMesh may be given.
import { ObjectRule, objectWithSynonyms, Together } from "../../lib/validation/object";
import {
  anything,
  below,
  every,
  first,
  flag,
  list,
  mapOf,
  oneOf,
  text,
  value,
  whole,
  type Rule,
} from "../../lib/validation/rules";
import { waivable } from "../../lib/preflight";
import { waiverOf, waiverRule } from "../../lib/preflight/waivers";
import { cpu, dnsLabel, dnsSubdomain, exactVersion, memory } from "../../lib/validation/formats";
import { limitAboveRequest, meshGatewayRules } from "../gateway/rules";
import { bundleFields, bundleSynonyms, sourceKnowsVersion } from "../gateway-api/rules";
import { chartSource, chartSourceSynonyms, clusterRules, oneChartSource } from "../support/rules";
import { isBelowFloor, memoryLimitFloors, type LimitedPart } from "../../lib/istio/memory-limits";
import { Footprint, OnDestroy, Platform } from "../../lib/validation/closed-sets";
import { defaultIstioVersion, isOlder, istioLine, istioLines, nearestRelease } from "../../lib/istio/releases";
import type {
  AmbientMeshArgs,
  ChartsArgs,
  CniArgs,
  ControlPlaneArgs,
  DataplaneArgs,
  ImagesArgs,
  MeshGatewayApiArgs,
  PreflightArgs,
} from "./args";

const exactRelease = text(
  exactVersion,
  "must be an exact release, not a range",
  (got) => `"${nearestRelease(String(got))}"`,
);

const listedRelease = value(
  (got) => istioLine(String(got)) !== undefined,
  `must be a release of Istio ${istioLines.map((line) => line.minor).join(" or ")}, unless \`allowUnlistedRelease\` is true`,
  `"${defaultIstioVersion}"`,
);

const safeRelease = value(
  (got) => !isOlder(String(got), istioLine(String(got))?.floor ?? String(got)),
  (got) =>
    `must be ${istioLine(String(got))!.floor} or newer: Helm and older patches keep overwriting each other's webhooks`,
  (got) => `"${istioLine(String(got))!.newest}"`,
);

/** An exact release, of a line that this package lists or, where that is allowed, of any. */
export function istioRelease(allowUnlisted: boolean): Rule {
  return first(exactRelease, ...(allowUnlisted ? [] : [listedRelease]), safeRelease);
}

/** What the version's own rule does not say: whether its line has to be a listed one, another argument tells. */
const knownRelease: Together<AmbientMeshArgs> = ({ version, allowUnlistedRelease }, path) =>
  exactRelease(version, "version").length > 0
    ? []
    : istioRelease(allowUnlistedRelease === true)(version, below(path, "version"));

function aboveFloor(field: LimitedPart): Rule {
  const { least, or, write } = memoryLimitFloors[field];
  return value((got) => !isBelowFloor(field, got), `must be at least ${least}, or ${or}`, `"${write}"`);
}

const chartValues = mapOf(anything, "key: value");

/** Values for the chart of a part, which may say its limit as well. */
function limitedValues(field: LimitedPart): Rule {
  const limit: Rule = (given, path) => {
    const { resources } = (given ?? {}) as { resources?: { limits?: { memory?: unknown } | null } | null };
    const got = resources?.limits?.memory;
    return isBelowFloor(field, got) ? aboveFloor(field)(got, `${path}.resources.limits.memory`) : [];
  };
  return every(chartValues, limit);
}

const cniSynonyms = { requests: { write: 'cpu: "100m", memory: "128Mi"' } };
const partSynonyms = { ...cniSynonyms, limit: "memoryLimit", limits: "memoryLimit" } as const;

/** A limit beside its request; one below the floor, which is no lower than any default request, is refused for that alone. */
function limitFits(field: LimitedPart): Together<{ memory?: unknown; memoryLimit?: unknown }> {
  return (part, path, unknown) =>
    isBelowFloor(field, part.memoryLimit) ? [] : limitAboveRequest()(part, path, unknown);
}

/** Rules for AmbientMeshArgs. */
export const meshRules: ObjectRule = objectWithSynonyms<AmbientMeshArgs>(
  {
    version: exactRelease,
    allowUnlistedRelease: flag,
    namespace: dnsLabel("istio-system"),
    adoptNamespace: flag,
    platform: oneOf(Object.values(Platform)),
    footprint: oneOf(Object.values(Footprint)),
    charts: objectWithSynonyms<ChartsArgs>(
      chartSource('"https://charts.example.com/istio"', "the four charts"),
      chartSourceSynonyms,
      oneChartSource,
    ),
    images: objectWithSynonyms<ImagesArgs>(
      {
        hub: text(
          /^[a-z0-9][a-z0-9.-]*(:\d+)?(\/[a-z0-9._-]+)*$/,
          "must be a registry and path, without scheme, tag or trailing slash",
          (got) =>
            `"${
              String(got)
                .replace(/^[a-z]+:\/\//, "")
                .replace(/\/+$/, "")
                .toLowerCase() || "registry.example.com/istio"
            }"`,
        ),
        tag: text(
          /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/,
          "must be an image tag: letters, digits, `_`, `.` or `-`",
          `"${defaultIstioVersion}"`,
        ),
        pullSecrets: list(dnsSubdomain("registry-credentials"), '"registry-credentials"'),
      },
      { registry: "hub", repository: "hub", version: "tag", imagePullSecrets: "pullSecrets" },
    ),
    gatewayApi: objectWithSynonyms<MeshGatewayApiArgs>(
      { install: flag, ...bundleFields },
      { ...bundleSynonyms, enabled: "install" },
      sourceKnowsVersion,
    ),
    controlPlane: objectWithSynonyms<ControlPlaneArgs>(
      {
        cpu,
        memory,
        memoryLimit: first(memory, aboveFloor("controlPlane")),
        replicas: whole(1, 100, 1),
        values: limitedValues("controlPlane"),
      },
      { ...partSynonyms, replicaCount: "replicas" },
      limitFits("controlPlane"),
    ),
    cni: objectWithSynonyms<CniArgs>({ cpu, memory, values: chartValues }, cniSynonyms),
    dataplane: objectWithSynonyms<DataplaneArgs>(
      {
        cpu,
        memory,
        memoryLimit: first(memory, aboveFloor("dataplane")),
        values: limitedValues("dataplane"),
      },
      partSynonyms,
      limitFits("dataplane"),
    ),
    telemetry: flag,
    accessLogs: flag,
    gateway: meshGatewayRules,
    onDestroy: oneOf(Object.values(OnDestroy)),
    cluster: clusterRules,
    preflight: objectWithSynonyms<PreflightArgs>(
      { enabled: flag, ignore: waiverRule(waivable.map(({ id }) => id)) },
      { skip: "ignore", waive: "ignore", waivers: "ignore" },
    ),
  },
  {
    istioVersion: "version",
    istiod: "controlPlane",
    pilot: "controlPlane",
    ztunnel: "dataplane",
    istioCni: "cni",
    ingress: "gateway",
    release: "version",
    istio: { write: `version: "${defaultIstioVersion}"` },
    chart: "charts",
    chartRepository: { write: 'charts: { repository: "https://charts.example.com/istio" }' },
    image: "images",
    crds: "gatewayApi",
    installCrds: { write: "gatewayApi: { install: false }" },
    createNamespace: { write: "adoptNamespace: true" },
    hostname: { write: 'gateway: { hostnames: ["apps.example.com"] }', example: '"apps.example.com"' },
    hostnames: { write: 'gateway: { hostnames: ["apps.example.com"] }' },
    domain: { write: 'gateway: { certificate: { dnsNames: ["apps.example.com"] } }', example: '"apps.example.com"' },
    dnsNames: { write: 'gateway: { certificate: { dnsNames: ["apps.example.com"] } }' },
    tls: { write: "gateway: { certificate: { enabled: true } }" },
    https: { write: "gateway: { certificate: { enabled: true } }" },
    issuer: { write: 'gateway: { certificate: { issuerName: "letsencrypt" } }', example: '"letsencrypt"' },
    issuerName: { write: 'gateway: { certificate: { issuerName: "letsencrypt" } }', example: '"letsencrypt"' },
    serviceType: { write: 'gateway: { serviceType: "LoadBalancer" }', example: '"LoadBalancer"' },
    nodePort: { write: "gateway: { httpNodePort: 30081 }", example: "30081" },
    nodePorts: { write: "gateway: { httpNodePort: 30081, httpsNodePort: 30444 }" },
    httpNodePort: { write: "gateway: { httpNodePort: 30081 }", example: "30081" },
    httpsNodePort: { write: "gateway: { httpsNodePort: 30444 }", example: "30444" },
    httpHostPort: { write: "gateway: { httpHostPort: 8081 }", example: "8081" },
    httpsHostPort: { write: "gateway: { httpsHostPort: 8444 }", example: "8444" },
    cpu: { write: 'controlPlane: { cpu: "100m" }', example: '"100m"' },
    memory: { write: 'controlPlane: { memory: "128Mi" }', example: '"128Mi"' },
    skipPreflight: { write: "preflight: { enabled: false }" },
    unenroll: { write: 'onDestroy: "unenroll"' },
    ingressGateway: "gateway",
    certificate: { write: 'gateway: { certificate: { dnsNames: ["apps.example.com"] } }' },
    replicas: { write: "gateway: { replicas: 2 }", example: "2" },
    hub: { write: 'images: { hub: "registry.example.com/istio" }' },
    tag: { write: 'images: { tag: "1.31.4-distroless" }' },
    metrics: "telemetry",
    accessLog: "accessLogs",
    logs: "accessLogs",
    adopt: "adoptNamespace",
    kubeconfig: { write: 'cluster: { kubeconfig: "~/.kube/config" }' },
    context: { write: 'cluster: { context: "kind-kind" }' },
    values: { write: "controlPlane: { values: { replicaCount: 2 } }" },
    ignore: { write: waiverOf("kubernetes-untested") },
  },
  knownRelease,
);
