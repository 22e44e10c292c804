// What an installer has written of an object, by the managed fields of the API server: the manifest that it applied.
import { isMap, type JsonMap, type KubeObject } from "../drift";
import type { Json } from "../json";
import { namespaceOf, type LiveObject } from "./facts";

/** These write at run time, and no installer would write it again. */
const controllers = /^(pilot-discovery$|kube-|kubectl-rollout$|istio\.io\/|cert-manager|cluster-autoscaler|vpa-)/;

/** Labels by which `istioctl install` finds, again, what it has made. */
export const istioctlLabels = [
  "operator.istio.io/managed",
  "operator.istio.io/version",
  "install.operator.istio.io/owning-resource-namespace",
] as const;

/** The object with the fields alone that its installer has set; nothing where they are not recorded. */
export function appliedObject(live: LiveObject): KubeObject | undefined {
  const entries = Array.isArray(live.metadata["managedFields"]) ? live.metadata["managedFields"] : [];
  const fields = entries.filter(isMap).filter((entry) => {
    const { manager, subresource } = entry;
    return subresource === undefined && typeof manager === "string" && !controllers.test(manager);
  });
  const sets = fields.map(({ fieldsV1 }) => fieldsV1).filter(isMap);
  if (sets.length === 0) return undefined;
  const picked = withoutBundles(pick(live, sets.reduce(together)) as JsonMap);
  const metadata = isMap(picked["metadata"]) ? picked["metadata"] : {};
  const labels = isMap(metadata["labels"]) ? metadata["labels"] : {};
  const own = Object.entries(labels).filter(([key]) => !(istioctlLabels as readonly string[]).includes(key));
  const annotations = isMap(metadata["annotations"]) ? metadata["annotations"] : {};
  const said = Object.entries(annotations).filter(
    ([key]) => !/^(deprecated\.daemonset|deployment\.kubernetes\.io\/)/.test(key),
  );
  const namespace = namespaceOf(live);
  return {
    ...picked,
    apiVersion: live.apiVersion,
    kind: live.kind,
    metadata: {
      ...metadata,
      name: live.metadata.name,
      ...(namespace === "" ? {} : { namespace }),
      labels: Object.fromEntries(own),
      // The API server counts templates in annotations, under the name of whoever has written them.
      annotations: Object.fromEntries(said),
    },
  };
}

/** istiod keeps the CA of webhooks up to date: an upgrade must not take away what istioctl has begun it with. */
function withoutBundles(object: JsonMap): JsonMap {
  const { webhooks } = object;
  if (!Array.isArray(webhooks)) return object;
  const own = webhooks.filter(isMap).map((webhook) => {
    const config = isMap(webhook["clientConfig"]) ? webhook["clientConfig"] : {};
    const kept = Object.entries(config).filter(([key]) => key !== "caBundle");
    return { ...webhook, clientConfig: Object.fromEntries(kept) };
  });
  return { ...object, webhooks: own };
}

/** The part of a value that the fields name. An entry of no fields stands for all of the value. */
function pick(value: Json, fields: JsonMap): Json {
  const named = Object.entries(fields).filter(([key]) => key !== ".");
  if (named.length === 0) return value;
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      const entry = named.find(([key]) => isItem(item, key));
      if (!entry) return [];
      const picked = isMap(entry[1]) ? pick(item, entry[1]) : item;
      // A default within a key may have no field manager.
      return [isMap(picked) && entry[0].startsWith("k:") ? { ...keysOf(entry[0]), ...picked } : picked];
    });
  }
  if (!isMap(value)) return value;
  const parts = named.flatMap(([key, below]): [string, Json][] => {
    const name = key.slice(2);
    const found = value[name];
    return key.startsWith("f:") && found !== undefined ? [[name, isMap(below) ? pick(found, below) : found]] : [];
  });
  return Object.fromEntries(parts);
}

/** An item by the keys of its list (k:) or by itself (v:). */
function isItem(item: Json, key: string): boolean {
  if (key.startsWith("v:")) return JSON.stringify(item) === key.slice(2);
  return (
    key.startsWith("k:") && isMap(item) && Object.entries(keysOf(key)).every(([name, value]) => item[name] === value)
  );
}

function keysOf(key: string): JsonMap {
  return JSON.parse(key.slice(2)) as JsonMap;
}

/** The fields of two installers. What one has set as a whole stays whole. */
function together(one: JsonMap, other: JsonMap): JsonMap {
  if (Object.keys(one).length === 0 || Object.keys(other).length === 0) return {};
  const joined: JsonMap = { ...one };
  for (const [key, fields] of Object.entries(other)) {
    const known = joined[key];
    joined[key] = isMap(known) && isMap(fields) ? together(known, fields) : fields;
  }
  return joined;
}
