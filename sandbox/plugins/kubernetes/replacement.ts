// Which changed paths an object cannot take in place.
import { at, type JsonObject } from "../values";
import { objectKind } from "./names";

export interface Mutability {
  configMaps: boolean;
  secrets: boolean;
}

const identity = [".metadata.name", ".metadata.namespace"];

const byKind: { [kind: string]: string[] } = {
  "/Service": [".spec.clusterIP"],
  "apps/DaemonSet": [".spec.selector"],
  "apps/Deployment": [".spec.selector"],
  "rbac.authorization.k8s.io/ClusterRoleBinding": [".roleRef"],
  "rbac.authorization.k8s.io/RoleBinding": [".roleRef"],
  "storage.k8s.io/StorageClass": [".parameters", ".provisioner"],
};

/** Paths whose change replaces the object; a patch replaces only when it moves to another object. */
export function replacementPaths(object: JsonObject, isPatch: boolean, mutable: Mutability): string[] {
  if (isPatch) return identity;
  const { group, kind } = objectKind(object);
  const isImmutable = at(object, "immutable") === true;
  if (group === "" && kind === "Secret") {
    const content = mutable.secrets && !isImmutable ? [] : [".stringData", ".data"];
    return [...identity, ".type", ...content];
  }
  if (group === "" && kind === "ConfigMap") {
    const content = mutable.configMaps && !isImmutable ? [] : [".binaryData", ".data"];
    return [...identity, ...content];
  }
  return [...identity, ...(byKind[`${group}/${kind}`] ?? [])];
}
