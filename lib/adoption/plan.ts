// The plan of an adoption: what is there, whose it is, what keeps it, and the writes that hand it over.
import type { Finding } from "../checks/check";
import { recordName } from "../cluster-state/helm-releases";
import { resourceOf, type JsonMap } from "../drift";
import { charts, type ChartName } from "../istio/releases";
import { stackMark } from "../ownership/marks";
import { argsOf, type ValuesOf } from "./args";
import { namespaceOf, textAt, textsOf, type AdoptionFacts, type LiveObject, type StoredRelease } from "./facts";
import { appliedObject, istioctlLabels } from "./fields";
import { changesTo, type Changes, type CreateStep, type Journal, type MetadataStep, type Step } from "./journal";
import { isReleased, keeperOf, makerOf, makerText } from "./owners";
import { chartObjects, isDefinitionOfBase, keyText } from "./parts";
import { contentOf, madeRecord, mapAt, splitRecord, type ReleaseContent } from "./records";
import { istiodFindings, keeperFindings, placeFindings, releaseFindings, rightFindings, type Wish } from "./refusals";
import { oldInstall, workloadOf, type OldInstall } from "./values";

/** One of the four parts, as it was found. */
export interface FoundPart {
  chart: ChartName;
  /** The object that stands for it; of base, which runs nothing, the first definition. */
  shown: LiveObject;
  owner: string;
  /** Release that it belongs to afterwards. */
  release: string;
  namespace: string;
  objects: number;
}

/** What to do, and what to know before. */
export interface AdoptionPlan {
  server: string;
  install: OldInstall;
  /** Arguments of the mesh that keeps what runs. */
  args: JsonMap;
  parts: FoundPart[];
  /** Charts that the next `pulumi up` installs. */
  missing: ChartName[];
  refusals: Finding[];
  /** Objects that stay as they are and get no owner. */
  left: LiveObject[];
  journal: Journal;
}

/** Where Helm's label goes while a release is hidden from Helm. */
export const hiddenOwner = "istio-ambient/owner";

const order = Object.keys(charts) as ChartName[];

/** What the plan takes from others. */
export interface Means {
  /** The text of a record, as Helm keeps it. */
  encode(record: StoredRelease): string;
  /** The values that a mesh with such arguments gives a chart. */
  valuesOf: ValuesOf;
}

/** Judges what was found. Without a stack the writes are those for a stack of no name. */
export function planAdoption(facts: AdoptionFacts, wish: Wish, means: Means): AdoptionPlan {
  const install = oldInstall(facts);
  const args = facts.istiods.length === 0 ? {} : argsOf(install, means.valuesOf);
  const platform = textAt(mapAt(install.values.istiod, "global"), "platform");
  const contents = facts.releases.map((release) => contentOf(release, install.namespace));
  const handed = order.flatMap(
    (chart) => handOver(chart, facts, install, contents, wish, (record) => createStep(record, args, means)) ?? [],
  );
  const creates = handed.map(({ create }) => create);
  const steps: Step[] = [
    ...creates,
    ...handed.flatMap(({ marks }) => marks),
    ...contents.flatMap((content) => hide(content, handed)),
    ...claim(facts.namespace, wish.stack ?? ""),
  ];
  const objects = handed.flatMap((part) => part.objects);
  return {
    server: facts.server,
    install,
    args,
    parts: handed.map(({ part }) => part),
    missing: order.filter((chart) => !handed.some(({ part }) => part.chart === chart)),
    refusals: [
      ...istiodFindings(facts, wish),
      ...keeperFindings(
        objects,
        wish,
        facts.namespace !== undefined && stackMark in textsOf(facts.namespace, "annotations"),
      ),
      ...releaseFindings(contents.filter((content) => handed.some(({ source }) => source === content))),
      ...placeFindings(facts, platform),
      ...rightFindings(facts),
    ],
    left: facts.gateways,
    journal: { stack: wish.stack ?? "", namespace: install.namespace, steps },
  };
}

interface Handed {
  part: FoundPart;
  objects: LiveObject[];
  /** The release that it belonged to. */
  source?: ReleaseContent;
  isTarget: boolean;
  create: CreateStep;
  marks: MetadataStep[];
}

/** What becomes of the objects of one chart; nothing where there are none. */
function handOver(
  chart: ChartName,
  facts: AdoptionFacts,
  install: OldInstall,
  contents: ReleaseContent[],
  wish: Wish,
  create: (record: StoredRelease) => CreateStep,
): Handed | undefined {
  const workload = workloadOf(facts, chart, install.namespace);
  const source = sourceOf(chart, workload, contents);
  const objects = objectsOf(chart, facts, install.namespace, source);
  const shown = workload ?? (chart === "base" ? objects[0] : undefined);
  if (!shown) return undefined;
  const isNodePart = chart === "cni" || chart === "ztunnel";
  const namespace = isNodePart && workload ? namespaceOf(workload) : install.namespace;
  const { release } = charts[chart];
  // A release that holds more than one chart is taken apart, whatever its name is.
  const isTarget =
    source?.release.release === release && source.release.namespace === namespace && source.parts.size === 1;
  const record = (): StoredRelease => {
    if (source) return splitRecord(source, chart, namespace);
    const applied = objects.flatMap((object) => appliedObject(object) ?? []);
    const installedAt = textAt(shown, "metadata", "creationTimestamp") ?? "";
    return madeRecord(chart, namespace, install.version, applied, installedAt);
  };
  const marks = objects.flatMap((object) => markStep(object, release, namespace, wish));
  const part = { chart, shown, owner: makerText(makerOf(shown)), release, namespace, objects: objects.length };
  const step = create({ ...record(), version: nextRevision(facts, release, namespace) });
  return { part, objects, source, isTarget, create: step, marks };
}

/** The release that holds a chart: of several the one that the part itself names. */
function sourceOf(
  chart: ChartName,
  workload: LiveObject | undefined,
  contents: ReleaseContent[],
): ReleaseContent | undefined {
  const holding = contents.filter(({ parts }) => parts.has(chart));
  const maker = workload && makerOf(workload);
  const named = holding.find(
    ({ release }) =>
      maker?.tool === "helm" && release.release === maker.release && release.namespace === maker.namespace,
  );
  return named ?? (workload === undefined || maker?.tool === "helm" ? holding[0] : undefined);
}

/** What exists of a chart: by the names that its objects have, and by the manifest of its release. */
function objectsOf(
  chart: ChartName,
  { objects }: AdoptionFacts,
  namespace: string,
  source: ReleaseContent | undefined,
): LiveObject[] {
  const manifest = new Set(source?.parts.get(chart)?.map(({ key }) => keyText(key)));
  const names = new Set(
    chartObjects(namespace)
      .filter((object) => object.chart === chart)
      .map(({ key }) => keyText(key)),
  );
  return objects.filter((object) => {
    const key = keyText(keyOf(object));
    const isDefinition = object.kind === "CustomResourceDefinition" && isDefinitionOfBase(object.metadata.name);
    if (manifest.has(key) || (chart === "base" && isDefinition)) return true;
    // The chart makes no such tag, so only the manifest of what made it can take it away.
    return names.has(key) && !(source && object.metadata.name.includes("revision-tag-default"));
  });
}

function markStep(object: LiveObject, release: string, namespace: string, wish: Wish): MetadataStep[] {
  const keeper = keeperOf(object);
  const left = keeper && isReleased(keeper, wish.released) ? keeper : undefined;
  const removed = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, null]));
  const labels = changesTo(textsOf(object, "labels"), {
    ...removed(istioctlLabels),
    ...removed(left?.labels ?? []),
    "app.kubernetes.io/managed-by": "Helm",
  });
  const annotations = changesTo(textsOf(object, "annotations"), {
    ...removed(left?.annotations ?? []),
    "meta.helm.sh/release-name": release,
    "meta.helm.sh/release-namespace": namespace,
  });
  return change(object, labels, annotations);
}

function change(object: LiveObject, labels: Changes, annotations: Changes): MetadataStep[] {
  if (Object.keys(labels).length + Object.keys(annotations).length === 0) return [];
  return [{ do: "mark", key: keyOf(object), uid: object.metadata.uid, labels, annotations }];
}

/** One above the newest revision that Helm has of a release of that name. */
function nextRevision({ releases }: AdoptionFacts, release: string, namespace: string): number {
  const same = releases.filter((found) => found.release === release && found.namespace === namespace);
  return Math.max(0, ...same.map(({ stored }) => stored.version)) + 1;
}

/**
 * The record that the next `pulumi up` imports. Its values are those of the mesh that keeps what runs, so that a preview
 * shows what differs from these and nothing that is only written otherwise.
 */
function createStep(record: StoredRelease, args: JsonMap, { encode, valuesOf }: Means): CreateStep {
  const { name: release, namespace, version } = record;
  const chart = order.find((name) => charts[name].release === release)!;
  const config = valuesOf(chart, args);
  const name = recordName(release, version);
  const labels = { name: release, owner: "helm", status: "deployed", version: String(version) };
  const body = {
    apiVersion: "v1",
    kind: "Secret",
    type: "helm.sh/release.v1",
    metadata: { name, namespace, labels },
    data: { release: encode({ ...record, config }) },
  };
  return { do: "create", namespace, name, release, revision: version, body };
}

/**
 * Takes the records of a release that was handed over away from Helm, and keeps them. Of one that keeps its name the newest
 * is no longer the one that is deployed.
 */
function hide({ release }: ReleaseContent, handed: Handed[]): MetadataStep[] {
  const own = handed.filter(({ source }) => source?.release === release);
  if (own.length === 0) return [];
  const isKept = own.some(({ isTarget }) => isTarget);
  const goal: { [key: string]: string | null } = isKept
    ? { status: "superseded" }
    : { owner: null, [hiddenOwner]: "helm" };
  const secrets = isKept ? release.secrets.slice(-1) : release.secrets;
  return secrets.flatMap((secret) => change(secret, changesTo(textsOf(secret, "labels"), goal), {}));
}

/** The mark of the stack, last: with it the next `pulumi up` takes all of it for its own. */
function claim(namespace: LiveObject | undefined, stack: string): MetadataStep[] {
  return namespace ? change(namespace, {}, changesTo(textsOf(namespace, "annotations"), { [stackMark]: stack })) : [];
}

function keyOf(object: LiveObject): MetadataStep["key"] {
  const { apiVersion, kind, metadata } = object;
  const namespace = resourceOf(object)?.namespaced === false ? "" : namespaceOf(object);
  return { apiVersion, kind, namespace, name: metadata.name };
}
