// What AmbientMesh may be given.
import { object, ObjectRule, objectWithSynonyms, Together } from "../../lib/validation/object";
import { anything, below, first, flag, list, mapOf, oneOf, text, value, whole } from "../../lib/validation/rules";
import { cpu, dnsLabel, dnsSubdomain, exactVersion, memory } from "../../lib/validation/formats";
import { limitAboveRequest, meshGatewayRules } from "../gateway/rules";
import { bundleFields, bundleSynonyms, sourceKnowsVersion } from "../gateway-api/rules";
import { PartRequests, partRequests } from "../../lib/istio/lean";
import { clusterRules } from "../support/rules";
import { parseQuantity } from "../../lib/validation/quantity";
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

/** An exact release of a line that this package knows. */
export const istioVersion = first(
  text(exactVersion, "must be an exact release, not a range", (got) => `"${nearestRelease(String(got))}"`),
  value(
    (got) => istioLine(String(got)) !== undefined,
    `must be a release of Istio ${istioLines.map((line) => line.minor).join(" or ")}`,
    `"${defaultIstioVersion}"`,
  ),
  value(
    (got) => !isOlder(String(got), istioLine(String(got))!.floor),
    (got) =>
      `must be ${istioLine(String(got))!.floor} or newer: Helm and older patches keep overwriting each other's webhooks`,
    (got) => `"${istioLine(String(got))!.newest}"`,
  ),
);

const istiodLimit = first(
  memory,
  value(
    (got) => parseQuantity(String(got))! >= 256 * 2 ** 20,
    "must be at least 256Mi, or istiod is killed",
    '"512Mi"',
  ),
);

const chartValues = mapOf(anything, "key: value");

const oneSource: Together<ChartsArgs> = (charts, path) =>
  charts["repository"] !== undefined && charts["directory"] !== undefined
    ? [
        {
          path: below(path, "repository"),
          got: charts["repository"],
          rule: "must not be set together with `directory`",
          fix: { remove: "repository" },
        },
      ]
    : [];

const cniSynonyms = { requests: { write: 'cpu: "100m", memory: "128Mi"' } };
const partSynonyms = { ...cniSynonyms, limit: "memoryLimit", limits: "memoryLimit" } as const;

/** The rules of a mesh whose parts request so much by default. */
const rulesWith = (requests: PartRequests): ObjectRule =>
  objectWithSynonyms<AmbientMeshArgs>(
    {
      version: istioVersion,
      namespace: dnsLabel("istio-system"),
      adoptNamespace: flag,
      platform: oneOf(Object.values(Platform)),
      footprint: oneOf(Object.values(Footprint)),
      charts: objectWithSynonyms<ChartsArgs>(
        {
          repository: text(
            /^(https?|oci):\/\/[^\s/]+/,
            "must be an https:// or oci:// URL",
            '"https://charts.example.com/istio"',
          ),
          directory: text(/\S/, "must be a directory that holds the four charts as .tgz", '"./charts"'),
        },
        { repo: "repository", url: "repository", path: "directory", dir: "directory" },
        oneSource,
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
          memoryLimit: istiodLimit,
          replicas: whole(1, 100, 1),
          values: chartValues,
        },
        { ...partSynonyms, replicaCount: "replicas" },
        limitAboveRequest(requests.controlPlane.memory),
      ),
      cni: objectWithSynonyms<CniArgs>({ cpu, memory, values: chartValues }, cniSynonyms),
      dataplane: objectWithSynonyms<DataplaneArgs>(
        { cpu, memory, memoryLimit: memory, values: chartValues },
        partSynonyms,
        limitAboveRequest(requests.dataplane.memory),
      ),
      telemetry: flag,
      accessLogs: flag,
      gateway: meshGatewayRules,
      onDestroy: oneOf(Object.values(OnDestroy)),
      cluster: clusterRules,
      preflight: object<PreflightArgs>({ enabled: flag }),
    },
    {
      istioVersion: "version",
      istiod: "controlPlane",
      pilot: "controlPlane",
      ztunnel: "dataplane",
      istioCni: "cni",
      ingress: "gateway",
      ingressGateway: "gateway",
      certificate: { write: 'gateway: { certificate: { dnsNames: ["apps.example.com"] } }' },
      replicas: { write: "gateway: { replicas: 2 }" },
      hub: { write: 'images: { hub: "registry.example.com/istio" }' },
      tag: { write: 'images: { tag: "1.31.1-distroless" }' },
      metrics: "telemetry",
      accessLog: "accessLogs",
      logs: "accessLogs",
      adopt: "adoptNamespace",
      kubeconfig: { write: 'cluster: { kubeconfig: "~/.kube/config" }' },
      context: { write: 'cluster: { context: "kind-kind" }' },
      values: { write: "controlPlane: { values: { key: 1 } }" },
    },
  );

/** Rules for AmbientMeshArgs. */
export const meshRules: ObjectRule = rulesWith(partRequests(Footprint.Standard));

const leanRules = rulesWith(partRequests(Footprint.Lean));

/** The rules for these arguments: a limit is compared with the request that their footprint leads to. */
export function meshRulesFor(args: { footprint?: unknown } | null): ObjectRule {
  return args?.footprint === Footprint.Lean ? leanRules : meshRules;
}
