// What AmbientMesh may be given.
import {
  anything,
  below,
  first,
  flag,
  list,
  mapOf,
  object,
  ObjectRule,
  oneOf,
  text,
  Together,
  value,
  whole,
} from "../../lib/validation/rules";
import { cpu, dnsLabel, dnsSubdomain, exactVersion, memory } from "../../lib/validation/formats";
import { limitAboveRequest, meshGatewayRules } from "../gateway/rules";
import { bundleFields, sourceKnowsVersion } from "../gateway-api/rules";
import { partDefaults } from "../../lib/istio/defaults";
import { clusterRules } from "../../lib/validation/cluster";
import { parseQuantity } from "../../lib/validation/quantity";
import { platforms } from "../../lib/istio/platforms";
import { defaultIstioVersion, isOlder, istioLine, istioLines, nearestRelease } from "../../lib/istio/releases";

/** An exact release of a line that this package knows. */
export const istioVersion = first(
  text(
    exactVersion,
    "it is one exact release: a range would move on by itself",
    (got) => `"${nearestRelease(String(got))}"`,
  ),
  value(
    (got) => istioLine(String(got)) !== undefined,
    `this package installs Istio ${istioLines.map((line) => line.minor).join(" and ")}`,
    `"${defaultIstioVersion}"`,
  ),
  value(
    (got) => !isOlder(String(got), istioLine(String(got))!.floor),
    "older patches of this line leave its webhooks drifting",
    (got) => `"${istioLine(String(got))!.newest}"`,
  ),
);

const istiodLimit = first(
  memory,
  value((got) => parseQuantity(String(got))! >= 256 * 2 ** 20, "istiod is killed by a limit below 256Mi", '"512Mi"'),
);

const chartValues = mapOf(anything, "key: value");

const oneSource: Together = (charts, path) =>
  charts["repository"] !== undefined && charts["directory"] !== undefined
    ? [
        {
          path: below(path, "repository"),
          got: charts["repository"],
          rule: "charts come from a repository or from a directory, not from both",
          fix: "repository: undefined",
        },
      ]
    : [];

/** Rules for AmbientMeshArgs. */
export const meshRules: ObjectRule = object({
  version: istioVersion,
  namespace: dnsLabel("istio-system"),
  adoptNamespace: flag,
  platform: oneOf(Object.keys(platforms)),
  charts: object(
    {
      repository: text(
        /^(https?|oci):\/\/[^\s/]+/,
        "a chart repository is an https:// or oci:// address",
        '"https://charts.example.com/istio"',
      ),
      directory: text(/\S/, "it is the path of a directory that holds the four charts as .tgz", '"./charts"'),
    },
    oneSource,
  ),
  images: object({
    hub: text(
      /^[a-z0-9][a-z0-9.-]*(:\d+)?(\/[a-z0-9._-]+)*$/,
      "a hub is a registry and path, without scheme, tag or slash at the end",
      (got) =>
        `"${
          String(got)
            .replace(/^[a-z]+:\/\//, "")
            .replace(/\/+$/, "")
            .toLowerCase() || "registry.example.com/istio"
        }"`,
    ),
    tag: text(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, "a tag has letters, digits and `_.-`", `"${defaultIstioVersion}"`),
    pullSecrets: list(dnsSubdomain("registry-credentials"), '"registry-credentials"'),
  }),
  gatewayApi: object({ install: flag, ...bundleFields }, sourceKnowsVersion),
  controlPlane: object(
    {
      cpu,
      memory,
      memoryLimit: istiodLimit,
      replicas: whole(1, 100, "a number of istiod pods", 1),
      values: chartValues,
    },
    limitAboveRequest(partDefaults.controlPlane.memory),
  ),
  cni: object({ cpu, memory, values: chartValues }),
  dataplane: object(
    { cpu, memory, memoryLimit: memory, values: chartValues },
    limitAboveRequest(partDefaults.dataplane.memory),
  ),
  telemetry: flag,
  accessLogs: flag,
  gateway: meshGatewayRules,
  onDestroy: oneOf(["unenroll", "drain", "refuse", "ignore"]),
  cluster: clusterRules,
  preflight: object({ enabled: flag }),
});
