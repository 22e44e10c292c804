// What GatewayApi may be given.
import * as semver from "semver";
import { gatewayApiFloor, istioLines } from "../../lib/istio/releases";
import { exactVersion } from "../../lib/validation/formats";
import { clusterRules } from "../support/rules";
import { ObjectRule, objectWithSynonyms, Together } from "../../lib/validation/object";
import { below, first, text, value } from "../../lib/validation/rules";
import type { Violation } from "../../lib/validation/violations";
import type { GatewayApiArgs } from "./args";

const gatewayApiVersion = first(
  text(exactVersion, "must be an exact release of Gateway API", `"${istioLines[0]!.gatewayApi}"`),
  value(
    (got) => semver.gte(String(got), gatewayApiFloor),
    `must be ${gatewayApiFloor} or newer: istiod ignores the kinds of older bundles`,
    `"${istioLines[0]!.gatewayApi}"`,
  ),
);

/** A bundle has one version: the one that was asked for, or the one that is in the source. */
export const sourceKnowsVersion: Together<GatewayApiArgs> = (api, path) =>
  api["version"] !== undefined && api["source"] !== undefined
    ? [
        {
          path: below(path, "version"),
          got: api["version"],
          rule: "must not be set together with `source`, which determines the version",
          fix: { remove: "version" },
        },
      ]
    : [];

/** What is wrong with a source on this machine that cannot be read as a bundle. */
export function unreadableSource(path: string, source: string, why: string): Violation {
  const rule = `must contain the Gateway API CRDs (${why})`;
  return { path, got: source, rule, fix: 'source: "./gateway-api.yaml"' };
}

const somewhere = text(/\S/, "must be a URL, a file or a directory", '"./gateway-api"');

/** Fields that say which bundle. */
export const bundleFields = { version: gatewayApiVersion, source: somewhere };

/** Other names of those fields. */
export const bundleSynonyms = {
  url: "source",
  file: "source",
  path: "source",
  bundle: "source",
  crds: "source",
  release: "version",
  tag: "version",
} as const;

/** Rules for GatewayApiArgs. */
export const gatewayApiRules: ObjectRule = objectWithSynonyms<GatewayApiArgs>(
  { ...bundleFields, cluster: clusterRules },
  bundleSynonyms,
  sourceKnowsVersion,
);
