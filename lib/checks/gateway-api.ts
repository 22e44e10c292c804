// The Gateway API in the cluster: its CRDs, which bundle they are of, and what guards them.
import * as semver from "semver";
import { gatewayApiFloor, gatewayApiUrl, isOlder, istioLines, safeUpgradesSince } from "../istio/releases";
import type { ClusterSnapshot, DefinitionState } from "../cluster-state/snapshot";
import { isExperimentalOnly } from "../gateway-api/versions";
import { finding, missingDefinitions, type Check } from "./check";
import { meshLine, some } from "./mesh";

const group = "gateway.networking.k8s.io";
/** Kinds that an ambient mesh with an ingress cannot do without. */
const needed = ["gatewayclasses", "gateways", "httproutes", "grpcroutes", "referencegrants"];
const policy = "safe-upgrades.gateway.networking.k8s.io";
const cluster = { namespace: "", name: group };

export const gatewayApiChecks: Check[] = [
  {
    id: "gateway-api-crds",
    category: "gateway-api",
    claim: "the Gateway API is installed",
    severity: "error",
    hint: "Without these CRDs there are no gateways and no waypoints; istiod waits for them.",
    needs: ["definitions"],
    run: (snapshot) =>
      missingDefinitions(
        snapshot.definitions,
        needed.map((plural) => `${plural}.${group}`),
        "Istio needs these kinds of the Gateway API",
        apply(snapshot, installed(snapshot) ?? lineVersion(snapshot)),
      ),
  },
  {
    id: "gateway-api-bundle",
    category: "gateway-api",
    claim: "all Gateway API CRDs come from one bundle",
    severity: "warning",
    hint: "A mix comes from an incomplete upgrade, or from two installers that overwrite each other.",
    needs: ["definitions"],
    run(snapshot) {
      const bundles = new Map<string, string[]>();
      const distinct = new Set<string>();
      for (const definition of definitionsOf(snapshot)) {
        const version = versionOf(definition) ?? "no version";
        const bundle = `${version} ${channelOf(definition)}`;
        bundles.set(bundle, [...(bundles.get(bundle) ?? []), definition.name.replace(`.${group}`, "")]);
        // A kind that the standard channel does not have yet comes from the other one, whatever the rest is of.
        const isBeside = isExperimentalOnly(definition.name, version);
        distinct.add(isBeside ? `${version} ${usualChannel(snapshot)}` : bundle);
      }
      if (distinct.size < 2) return [];
      const got = [...bundles].map(([bundle, names]) => `${bundle}: ${some(names)}`).join("; ");
      const fix = apply(snapshot, installed(snapshot) ?? lineVersion(snapshot));
      return [finding("API group", cluster, got, "all its CRDs carry one bundle version and one channel", fix)];
    },
  },
  {
    id: "gateway-api-floor",
    category: "gateway-api",
    claim: "the Gateway API is new enough for istiod",
    severity: "error",
    hint: "istiod ignores the kinds of an older bundle and only logs it.",
    needs: ["definitions"],
    run(snapshot) {
      const version = installed(snapshot);
      if (!version || !isOlder(version, gatewayApiFloor)) return [];
      const fix = apply(snapshot, lineVersion(snapshot));
      return [
        finding("API group", cluster, `bundle ${version}`, `istiod reads bundle ${gatewayApiFloor} and newer`, fix),
      ];
    },
  },
  {
    id: "gateway-api-line",
    category: "gateway-api",
    claim: "the Gateway API is the bundle that the installed Istio was built against, or newer",
    severity: "warning",
    hint: "The API server does not have the kinds and fields that came later (TLSRoute, TCPRoute, listener sets).",
    needs: ["definitions", "deployments"],
    run(snapshot) {
      const line = meshLine(snapshot);
      const version = installed(snapshot);
      if (!line || !version || isOlder(version, gatewayApiFloor) || !isOlder(version, line.gatewayApi)) return [];
      const rule = `Istio ${line.minor} was built against bundle ${line.gatewayApi}`;
      return [finding("API group", cluster, `bundle ${version}`, rule, apply(snapshot, line.gatewayApi))];
    },
  },
  {
    id: "gateway-api-guard",
    category: "gateway-api",
    claim: "the Gateway API's admission policy prevents downgrades",
    severity: "warning",
    hint: "Without the policy any chart with an older bundle overwrites the CRDs without an error.",
    needs: ["definitions", "admissionPolicies"],
    run(snapshot) {
      const version = installed(snapshot);
      if (!version || isOlder(version, safeUpgradesSince)) return [];
      if (snapshot.admissionPolicies.some((found) => found.name === policy)) return [];
      const rule = `bundle ${safeUpgradesSince} and newer include this policy`;
      return [
        finding("ValidatingAdmissionPolicy", { namespace: "", name: policy }, "none", rule, apply(snapshot, version)),
      ];
    },
  },
];

function definitionsOf(snapshot: ClusterSnapshot): DefinitionState[] {
  return snapshot.definitions.filter((definition) => definition.name.endsWith(`.${group}`));
}

function versionOf(definition: DefinitionState): string | undefined {
  return semver.coerce(definition.annotations[`${group}/bundle-version`])?.version;
}

function channelOf(definition: DefinitionState): string {
  return definition.annotations[`${group}/channel`] ?? "no channel";
}

/** The CRDs that a mesh cannot do without. */
function neededOf(snapshot: ClusterSnapshot): DefinitionState[] {
  return definitionsOf(snapshot).filter(({ name }) => needed.includes(name.replace(`.${group}`, "")));
}

/** The channel of the needed kinds; where one of them has experimental fields, the standard channel would drop them. */
function usualChannel(snapshot: ClusterSnapshot): "standard" | "experimental" {
  const isExperimental = neededOf(snapshot).some((definition) => channelOf(definition) === "experimental");
  return isExperimental ? "experimental" : "standard";
}

/** The oldest bundle among the kinds that are needed. */
function installed(snapshot: ClusterSnapshot): string | undefined {
  const versions = neededOf(snapshot).flatMap((definition) => versionOf(definition) ?? []);
  return versions.sort(semver.compare)[0];
}

function lineVersion(snapshot: ClusterSnapshot): string {
  return meshLine(snapshot)?.gatewayApi ?? istioLines[0]!.gatewayApi;
}

function apply(snapshot: ClusterSnapshot, version: string) {
  return { run: `kubectl apply --server-side -f ${gatewayApiUrl(version, usualChannel(snapshot))}` };
}
