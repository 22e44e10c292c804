// A Gateway API bundle: its objects, its version, whether it may be written over what a cluster has, and what of it is
// gone from there.
import * as semver from "semver";
import { parseAllDocuments } from "yaml";
import type { Named } from "../cluster-state/snapshot";
import { keeperOf } from "../ownership/keepers";

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
  /** The tool or platform that keeps the CRDs as they are. */
  keeper?: string;
}

const kinds = ["CustomResourceDefinition", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"];
const versionAnnotation = "gateway.networking.k8s.io/bundle-version";
const channelAnnotation = "gateway.networking.k8s.io/channel";
const group = ".gateway.networking.k8s.io";

/** Annotation of each CRD that this package has installed: version and CRDs of its bundle, so that a missing one is missed. */
export const bundleMark = "istio-ambient/bundle";

/** The CRDs and the admission policy of a bundle, sorted by name; everything else in the text is no part of one. */
export function bundleObjects(texts: string[]): ManifestObject[] {
  return texts
    .flatMap(documentsOf)
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

/** Fails where a text is no YAML: of one that was cut off, such as by a download, the rest would be applied. */
function documentsOf(text: string): unknown[] {
  try {
    return parseAllDocuments(text).map((document) => {
      const [error] = document.errors;
      if (error) throw error;
      return document.toJS() as unknown;
    });
  } catch (error) {
    const [first = ""] = (error as Error).message.split("\n");
    throw new Error(`it is not valid YAML: ${first.replace(/:$/, "")}`, { cause: error });
  }
}

/** The objects as they are installed: each CRD names its bundle's version and the other CRDs. */
export function markedObjects(objects: ManifestObject[]): ManifestObject[] {
  const version = bundleVersion(objects) ?? "";
  const definitions = objects.filter(isDefinition).map(({ metadata }) => shortName(metadata.name));
  return objects.map((object) =>
    isDefinition(object)
      ? {
          ...object,
          metadata: {
            ...object.metadata,
            annotations: { ...object.metadata.annotations, [bundleMark]: `${version}/${definitions.join(",")}` },
          },
        }
      : object,
  );
}

/** The version that the bundle's own CRDs state, without a leading v. */
export function bundleVersion(objects: ManifestObject[]): string | undefined {
  return cleanVersion(objects.map((object) => object.metadata.annotations?.[versionAnnotation]).find(Boolean));
}

/** The version that the text of a bundle states; for a look that is too short to parse all of it. */
export function statedVersion(texts: string[]): string | undefined {
  const stated = texts.map((text) => /gateway\.networking\.k8s\.io\/bundle-version: *"?(v[\w.-]+)/.exec(text)?.[1]);
  return cleanVersion(stated.find(Boolean));
}

function cleanVersion(stated: string | undefined): string | undefined {
  return stated && semver.valid(stated) ? semver.clean(stated)! : undefined;
}

/** The newest bundle that a cluster's CRDs are of, and who keeps any of them. */
export function installedBundle(
  definitions: (Pick<Named, "name" | "annotations"> & Partial<Named>)[],
): InstalledBundle {
  const there = definitions.filter(({ name }) => name.endsWith(group));
  const [keeper] = there.flatMap((definition) => keeperOf({ namespace: "", labels: {}, ...definition }) ?? []);
  const bundles = there.map(({ annotations }) => ({
    bundleVersion: annotations[versionAnnotation],
    channel: annotations[channelAnnotation],
  }));
  const version = ({ bundleVersion: stated }: InstalledBundle) => semver.coerce(stated) ?? "0.0.0";
  const [newest = {}] = bundles.sort((a, b) => semver.rcompare(version(a), version(b)));
  return { ...newest, ...(keeper ? { keeper: keeper.who } : {}) };
}

/** Why a bundle of a version and channel must not be written over what the cluster has, or undefined where it may. */
export function reasonToLeave(installed: InstalledBundle, wanted: InstalledBundle): string | undefined {
  const { bundleVersion: there, keeper } = installed;
  const version = wanted.bundleVersion;
  if (keeper !== undefined) {
    return `${keeper} manages them${there ? ` at ${there}` : ""} and reverts changes`;
  }
  if (there && version && semver.valid(there) && semver.valid(version) && semver.gt(there, version)) {
    return `the cluster has Gateway API ${there}, newer than ${version}; a bundle is never downgraded`;
  }
  if (installed.channel === "experimental" && wanted.channel === "standard") {
    return "the cluster has the experimental channel of Gateway API; the standard channel would drop its fields";
  }
  return undefined;
}

/** The version and channel of a bundle's objects. */
export function describeBundle(objects: ManifestObject[]): InstalledBundle {
  const channel = objects.map((object) => object.metadata.annotations?.[channelAnnotation]).find(Boolean);
  return { bundleVersion: bundleVersion(objects), channel };
}

/**
 * What is gone, or older than its mark says, of a bundle that this package installed; nothing where it has installed none.
 * Where all of it is gone its marks are too: then `isInstalled` tells that there was one.
 */
export function bundleDrift(definitions: Pick<Named, "name" | "annotations">[], isInstalled: boolean): string[] {
  const there = definitions.filter(({ name }) => name.endsWith(group));
  if (there.length === 0) {
    return isInstalled ? ["all CustomResourceDefinitions of the Gateway API are missing"] : [];
  }
  const marks = there.flatMap(({ annotations }) => annotations[bundleMark] ?? []).map((mark) => mark.split("/"));
  const version = marks.flatMap(([marked]) => semver.valid(marked) ?? []).sort(semver.rcompare)[0];
  const installed = new Set(marks.flatMap(([, names]) => names?.split(",") ?? []));
  const present = new Map(there.map((definition) => [shortName(definition.name), definition]));
  return [...installed].sort().flatMap((name) => {
    const found = cleanVersion(present.get(name)?.annotations[versionAnnotation]);
    if (!present.has(name)) {
      return [`CustomResourceDefinition ${name}${group} is missing`];
    }
    return found && version && semver.lt(found, version)
      ? [`CustomResourceDefinition ${name}${group} is of Gateway API ${found}, not ${version}`]
      : [];
  });
}

function isDefinition({ kind }: ManifestObject): boolean {
  return kind === "CustomResourceDefinition";
}

function shortName(name: string): string {
  return name.endsWith(group) ? name.slice(0, -group.length) : name;
}

function isBundleObject(object: unknown): object is ManifestObject {
  const { kind, metadata } = (object ?? {}) as Partial<ManifestObject>;
  return kinds.includes(kind ?? "") && /\.gateway\.networking\.(x-)?k8s\.io$/.test(metadata?.name ?? "");
}

function order(object: ManifestObject): string {
  return `${kinds.indexOf(object.kind)} ${object.metadata.name}`;
}
