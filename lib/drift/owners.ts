// Which fields of a release's object are the release's to say: the rest belongs to istiod, to Kubernetes or to the platform.
import type { Json } from "../json";
import { isMap, type JsonMap } from "./merging";

/** An object of Kubernetes. */
export interface KubeObject extends JsonMap {
  apiVersion: string;
  kind: string;
  metadata: JsonMap;
}

/** Azure writes these into every webhook, so that no webhook stops its own namespaces. */
const azureKeys = ["control-plane", "kubernetes.azure.com/managedby"];

/** What an object's release may ask of the live one. */
export function claims(wanted: KubeObject, live: JsonMap, autoscaled: boolean): JsonMap {
  const { metadata, ...rest } = wanted;
  const { labels, annotations } = metadata;
  const claimed: JsonMap = structuredClone({ metadata: { labels: labels ?? {}, annotations: annotations ?? {} } });
  // Of a Secret nothing is read but that it is there.
  if (wanted.kind === "Secret") return claimed;
  for (const [key, value] of Object.entries(rest)) {
    if (!["apiVersion", "kind", "status"].includes(key)) claimed[key] = structuredClone(value);
  }
  const { spec } = claimed;
  if (autoscaled && isMap(spec)) delete spec["replicas"];
  // The controller of aggregated roles writes their rules.
  if (wanted.kind === "ClusterRole" && isMap(wanted["aggregationRule"] ?? live["aggregationRule"])) {
    delete claimed["rules"];
  }
  if (wanted.kind === "CustomResourceDefinition") dropCaBundle(at(spec, "conversion", "webhook"));
  if (Array.isArray(claimed["webhooks"])) {
    claimed["webhooks"] = claimed["webhooks"].map((webhook) => ownWebhook(wanted.kind, webhook, live));
  }
  return claimed;
}

/** istiod writes the CA bundle into all webhooks, and Fail into the validating ones once it can judge. */
function ownWebhook(kind: string, webhook: Json, live: JsonMap): Json {
  if (!isMap(webhook)) return webhook;
  const own = { ...webhook };
  dropCaBundle(own);
  if (kind === "ValidatingWebhookConfiguration") delete own["failurePolicy"];
  const there = (live["webhooks"] as Json[] | undefined)?.find((one) => isMap(one) && one["name"] === own["name"]);
  const expressions = at(there, "namespaceSelector")?.["matchExpressions"];
  const foreign = Array.isArray(expressions)
    ? expressions.filter((one) => isMap(one) && azureKeys.includes(String(one["key"] as string)))
    : [];
  if (foreign.length > 0) {
    const selector = at(own, "namespaceSelector") ?? {};
    const said = Array.isArray(selector["matchExpressions"]) ? selector["matchExpressions"] : [];
    own["namespaceSelector"] = { ...selector, matchExpressions: [...said, ...foreign] };
  }
  return own;
}

function dropCaBundle(holder: JsonMap | undefined): void {
  const config = at(holder, "clientConfig");
  if (config) delete config["caBundle"];
}

function at(value: Json | undefined, ...keys: string[]): JsonMap | undefined {
  let found = value;
  for (const key of keys) found = isMap(found) ? found[key] : undefined;
  return isMap(found) ? found : undefined;
}
