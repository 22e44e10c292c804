// A Gateway API bundle: its objects, its version, and whether it may be written over what a cluster has.
import * as semver from "semver";
import { parseAllDocuments } from "yaml";

/** An object of a manifest. */
export interface ManifestObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; annotations?: { [key: string]: string }; labels?: { [key: string]: string } };
  spec: object;
}

/** The bundle that a cluster has. */
export interface InstalledBundle {
  bundleVersion?: string;
  channel?: string;
}

const kinds = ["CustomResourceDefinition", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"];
const versionAnnotation = "gateway.networking.k8s.io/bundle-version";
const channelAnnotation = "gateway.networking.k8s.io/channel";

/** The CRDs and the admission policy of a bundle, sorted by name; everything else in the text is no part of one. */
export function bundleObjects(texts: string[]): ManifestObject[] {
  return texts
    .flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as unknown))
    .filter(isBundleObject)
    .map(({ apiVersion, kind, metadata, spec }) => {
      const { name, annotations, labels } = metadata;
      return {
        apiVersion,
        kind,
        spec,
        metadata: { name, ...(annotations && { annotations }), ...(labels && { labels }) },
      };
    })
    .sort((a, b) => order(a).localeCompare(order(b)));
}

/** The version that the bundle's own CRDs state, without a leading v. */
export function bundleVersion(objects: ManifestObject[]): string | undefined {
  const stated = objects.map((object) => object.metadata.annotations?.[versionAnnotation]).find(Boolean);
  return stated && semver.valid(stated) ? semver.clean(stated)! : undefined;
}

/** Why a bundle must not be written over what the cluster has, or undefined where it may. */
export function reasonToLeave(installed: InstalledBundle, objects: ManifestObject[]): string | undefined {
  const there = installed.bundleVersion;
  const wanted = bundleVersion(objects);
  if (there && wanted && semver.valid(there) && semver.gt(there, wanted)) {
    return `the cluster has Gateway API ${there}, newer than ${wanted}; a bundle is never downgraded`;
  }
  const channel = objects.map((object) => object.metadata.annotations?.[channelAnnotation]).find(Boolean);
  if (installed.channel === "experimental" && channel === "standard") {
    return "the cluster has the experimental channel of Gateway API; the standard channel would drop its fields";
  }
  return undefined;
}

function isBundleObject(object: unknown): object is ManifestObject {
  const { kind, metadata } = (object ?? {}) as Partial<ManifestObject>;
  return kinds.includes(kind ?? "") && /\.gateway\.networking\.(x-)?k8s\.io$/.test(metadata?.name ?? "");
}

function order(object: ManifestObject): string {
  return `${kinds.indexOf(object.kind)} ${object.metadata.name}`;
}
