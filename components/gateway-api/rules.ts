// What GatewayApi may be given.
import * as semver from "semver";
import { gatewayApiFloor, istioLines } from "../../lib/istio/releases";
import { exactVersion } from "../../lib/validation/formats";
import { clusterRules } from "../../lib/validation/cluster";
import { below, first, object, ObjectRule, text, Together, value } from "../../lib/validation/rules";

const gatewayApiVersion = first(
  text(exactVersion, "it is one exact release of Gateway API", `"${istioLines[0]!.gatewayApi}"`),
  value(
    (got) => semver.gte(String(got), gatewayApiFloor),
    `istiod ignores the kinds of bundles before ${gatewayApiFloor}`,
    `"${istioLines[0]!.gatewayApi}"`,
  ),
);

/** A bundle has one version: the one that was asked for, or the one that is in the source. */
export const sourceKnowsVersion: Together = (api, path) =>
  api["version"] !== undefined && api["source"] !== undefined
    ? [
        {
          path: below(path, "version"),
          got: api["version"],
          rule: "a source says itself which version it holds",
          fix: "version: undefined",
        },
      ]
    : [];

const somewhere = text(/\S/, "it is a URL, a file or a directory", '"./gateway-api"');

/** Fields that say which bundle. */
export const bundleFields = { version: gatewayApiVersion, source: somewhere };

/** Rules for GatewayApiArgs. */
export const gatewayApiRules: ObjectRule = object({ ...bundleFields, cluster: clusterRules }, sourceKnowsVersion);
