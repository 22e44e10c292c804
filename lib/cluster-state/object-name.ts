// How messages name an object.

/** "Service istio-system/istiod". */
export function objectName(kind: string, object: { namespace: string; name: string }): string {
  return `${kind} ${object.namespace === "" ? "" : `${object.namespace}/`}${object.name}`;
}
