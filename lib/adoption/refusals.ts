// What keeps an Istio from being adopted, and what to do first where its owner is.
import * as semver from "semver";
import { finding, namespaceFinding, type Finding, type Fix } from "../checks/check";
import { releaseUpgrade } from "../checks/mesh";
import { recoveryCommand } from "../cluster-state/helm-releases";
import { objectName } from "../cluster-state/object-name";
import { chartRepository, istioLine, istioLines, type ChartName, charts } from "../istio/releases";
import { stackMark } from "../ownership/marks";
import { namespaceOf, textsOf, type AdoptionFacts, type LiveObject } from "./facts";
import { isReleased, keeperOf, makerOf, type Keeper } from "./owners";
import type { ReleaseContent } from "./records";
import { versionOf, workloadOf } from "./values";

/** What the user has said. */
export interface Wish {
  /** The stack that is to get the mesh: "<project>/<stack>"; none where the plan alone is wanted. */
  stack?: string;
  /** Keepers that have let go: "argocd/istiod". */
  released: string[];
  /** Flags that name the cluster, as commands have them. */
  target?: string;
}

/** Whose the cluster is not to take: no istiod, several, or one that a mesh cannot be. */
export function istiodFindings({ server, istiods, namespace }: AdoptionFacts, { stack }: Wish): Finding[] {
  const [istiod, ...others] = istiods;
  if (!istiod) {
    const rule = "there must be an Istio to adopt; without one, the mesh is installed";
    return [finding("Cluster", { namespace: "", name: server }, "no istiod", rule, { run: "pulumi up" })];
  }
  const owner = namespace && textsOf(namespace, "annotations")[stackMark];
  if (namespace && owner !== undefined && owner !== stack && stack !== undefined) {
    const rule = "the mesh of a cluster belongs to one stack; another can take it over only if that stack is gone";
    const run = `kubectl annotate namespace ${namespace.metadata.name} ${stackMark}-`;
    return [namespaceFinding(namespace.metadata.name, `it belongs to the stack ${owner}`, rule, { run })];
  }
  return [
    ...others.map((other) =>
      finding(
        "Deployment",
        placeOf(other),
        `another istiod beside ${objectName("Deployment", placeOf(istiod))}`,
        "a mesh has one istiod; move every namespace to one of them, and uninstall the other",
        { run: "kubectl get namespaces -L istio.io/rev,istio-injection" },
      ),
    ),
    ...revisionFindings(istiod),
    ...versionFindings(istiod),
  ];
}

function revisionFindings(istiod: LiveObject): Finding[] {
  const revision = textsOf(istiod, "labels")["istio.io/rev"] ?? "default";
  if (revision === "default") return [];
  const rule = "a mesh is of the default revision; install that one beside it, and move every namespace to it first";
  return [
    finding("Deployment", placeOf(istiod), `revision ${revision}`, rule, {
      run: "kubectl get namespaces -L istio.io/rev,istio-injection",
    }),
  ];
}

function versionFindings(istiod: LiveObject): Finding[] {
  const got = versionOf(istiod);
  const version = semver.parse(got);
  const [newest, oldest] = [istioLines[0]!, istioLines.at(-1)!];
  if (version && istioLine(version.version)) return [];
  const range = `this package installs Istio ${oldest.minor} to ${newest.minor}`;
  if (!version) {
    const rule = `must be a release, by which \`pulumi up\` knows what it upgrades; ${range}`;
    return [finding("Deployment", placeOf(istiod), `Istio ${got}`, rule, { run: "istioctl version" })];
  }
  const floor = semver.parse(`${oldest.minor}.0`)!;
  if (semver.gt(version, floor)) {
    const rule = `${range}; use a release of this package that supports it`;
    return [finding("Deployment", placeOf(istiod), `Istio ${got}`, rule, { run: "npm install istio-ambient@latest" })];
  }
  const before = `${floor.major}.${floor.minor - 1}`;
  if (`${version.major}.${version.minor}` === before) return [];
  const rule = `${range}, and an upgrade must not skip a minor version; upgrade to Istio ${before} first, with what installed it`;
  return [finding("Deployment", placeOf(istiod), `Istio ${got}`, rule, { run: "istioctl version" })];
}

/** Controllers, platforms and programs that would put back what the stack changes; a stack of this package is one, too. */
export function keeperFindings(objects: LiveObject[], wish: Wish, isOwn: boolean): Finding[] {
  const { released } = wish;
  const kept = new Map<string, { keeper: Keeper; objects: LiveObject[] }>();
  for (const object of objects) {
    const keeper = keeperOf(object);
    if (!keeper || (!isPlatform(keeper) && isReleased(keeper, released))) continue;
    if (isOwn && keeper.id === "pulumi") continue;
    const known = kept.get(keeper.id);
    if (known) known.objects.push(object);
    else kept.set(keeper.id, { keeper, objects: [object] });
  }
  const all = [...kept.values()];
  // Where the objects of a tool say what they belong to, those that name the tool alone say nothing more.
  const told = all.filter(({ keeper }) => !all.some((other) => other.keeper.id.startsWith(`${keeper.id}/`)));
  const ids = told.flatMap(({ keeper }) => (isPlatform(keeper) ? [] : [keeper.id]));
  const again = adoptCall({ ...wish, released: [...released, ...ids] });
  return told.map(({ keeper, objects: own }) => {
    const [first, ...others] = own;
    const place = placeOf(first!);
    const object = { ...place, name: `${place.name}${others.length > 0 ? ` and ${others.length} more` : ""}` };
    const refused = (rule: string, fix: Fix) => finding(first!.kind, object, `kept by ${keeper.shown}`, rule, fix);
    const { release, look, origin, does = "it reverts changes" } = keeper;
    const command = release ?? look;
    if (command === undefined) {
      const rule =
        "a platform reverts changes to its own Istio and cannot hand it over; use it unchanged, with the other components";
      return refused(rule, { write: 'new AmbientNamespace("shop", { adopt: true })' });
    }
    const stop = `${does}; stop it from managing these objects first, and leave them in place`;
    const rule = origin === undefined ? stop : `${stop}; ${origin}`;
    // The last of several ends with the command that names them all.
    if (keeper.id !== ids.at(-1)) return refused(rule, { run: command });
    return release === undefined
      ? refused(`${rule}, then run \`${again}\``, { run: command })
      : refused(rule, { run: `${release} && ${again}` });
  });
}

/** Its Istio is a part of the cluster, which nothing makes it hand over. */
function isPlatform({ release, look }: Keeper): boolean {
  return release === undefined && look === undefined;
}

/** The command that plans an adoption; once keepers have let go it names them: their marks and field managers stay. */
export function adoptCall({ stack, released, target = "" }: Wish): string {
  const named = released.map((id) => ` --released ${/\s/.test(id) ? JSON.stringify(id) : id}`);
  return `istio-ambient adopt${stack === undefined ? "" : ` --to ${stack}`}${named.join("")}${target}`;
}

/** Releases that Helm is not through with, or that hold more than Istio. */
export function releaseFindings(contents: ReleaseContent[]): Finding[] {
  return contents.flatMap(({ release, parts, others }) => {
    const object = { namespace: release.namespace, name: release.release };
    const revision = release.stored.version;
    if (release.status !== "deployed") {
      const rule = "its last operation must have succeeded; complete it, or roll it back";
      const { release: name, namespace, status } = release;
      const all = release.secrets.map((secret) => {
        const { status: then = "", version = "0" } = textsOf(secret, "labels");
        return { release: name, namespace, status: then, revision: Number(version) };
      });
      const { name: chart, version } = release.stored.chart.metadata;
      const isIstios = Object.values(charts).some((each) => each.chart === chart);
      const upgrade = isIstios
        ? releaseUpgrade({ release: name, chart, version, namespace })
        : `helm status ${name} --namespace ${namespace}`;
      const run = recoveryCommand({ release: name, namespace, status, revision }, all, upgrade);
      return [finding("Helm release", object, `revision ${revision} is ${release.status}`, rule, { run })];
    }
    const [first, ...more] = others;
    const { name } = release.stored.chart.metadata;
    // What a chart of Istio's makes is Istio's.
    if (!first || [...parts.keys()].every((chart) => charts[chart].chart === name)) return [];
    const got = `it also installs ${objectName(first.kind, first)}${more.length > 0 ? ` and ${more.length} more` : ""}`;
    const rule =
      "a release can only be taken over as a whole; keep Istio's objects with the annotation helm.sh/resource-policy: keep, and upgrade " +
      "the release without Istio's charts first";
    return [
      finding("Helm release", object, got, rule, {
        run: `helm get manifest ${release.release} --namespace ${release.namespace}`,
      }),
    ];
  });
}

/** istio-cni and ztunnel that are not where a mesh has them. */
export function placeFindings(facts: AdoptionFacts, platform: string | undefined): Finding[] {
  const [istiod] = facts.istiods;
  const namespace = istiod ? namespaceOf(istiod) : "";
  const wanted = platform === "openshift" ? "kube-system" : namespace;
  return (["cni", "ztunnel"] as ChartName[]).flatMap((chart) => {
    const part = workloadOf(facts, chart, wanted);
    if (!istiod || !part || namespaceOf(part) === wanted) return [];
    const rule =
      `must be in ${wanted}; a DaemonSet cannot move, and two of them on a node disturb each other: in a maintenance window, ` +
      "uninstall this one, and install it there with the same values";
    const fix = moveFix(chart, part, wanted, versionOf(istiod));
    return [finding("DaemonSet", placeOf(part), `in namespace ${namespaceOf(part)}`, rule, fix)];
  });
}

/** How a part gets to another namespace, by what installed it. */
function moveFix(chart: ChartName, part: LiveObject, wanted: string, version: string): Fix {
  const maker = makerOf(part);
  const { chart: name, release: usual, workload } = charts[chart];
  if (maker.tool === "istioctl") return { write: `components: { ${name}: { namespace: ${wanted} } }` };
  if (maker.tool === "another")
    return { run: `kubectl get daemonset ${workload?.name} --namespace ${namespaceOf(part)}` };
  const { release, namespace } = maker;
  const commands = [
    `helm get values ${release} --namespace ${namespace} --output yaml > ${usual}.yaml`,
    `helm uninstall ${release} --namespace ${namespace}`,
    `helm install ${usual} ${name} --repo ${chartRepository} --version ${version} --namespace ${wanted} --values ${usual}.yaml`,
  ];
  return { run: commands.join(" && ") };
}

/** Rights that the credentials lack. */
export function rightFindings({ server, missingRights }: AdoptionFacts): Finding[] {
  return missingRights.map((right) =>
    finding("Cluster", { namespace: "", name: server }, `no right to ${right}`, "adopting needs it", {
      run: `kubectl auth can-i ${right}`,
    }),
  );
}

function placeOf(object: LiveObject): { namespace: string; name: string } {
  return { namespace: namespaceOf(object), name: object.metadata.name };
}
