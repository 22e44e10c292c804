// Drift: what the releases of Helm say of their objects and the live ones do not.
export { difference, type DriftedField } from "./compare";
export { isVital, listPath, mergesLists, resourceOf, type ObjectKey, type Resource } from "./kinds";
export { changesText, driftLines, type DriftedObject } from "./lines";
export { releaseObjects, type HelmRelease, type ReleaseObject } from "./manifest";
export { isMap, type JsonMap } from "./merging";
export { claims, type KubeObject } from "./owners";
