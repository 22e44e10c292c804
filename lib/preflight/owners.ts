// What is in the way: a namespace, releases, CRDs, a Gateway or an Istio that another owner made.
import { finding, namespaceFinding, type Finding } from "../checks/check";
import { fixFor } from "../checks/kept";
import { marks } from "../checks/mesh";
import { remoteService } from "../checks/remote-istiod";
import { gatewayObjects } from "../istio/names";
import { charts, meshReleases } from "../istio/releases";
import { endingCommand, endingRule } from "../cluster-state/ending";
import { forgetCommand, keptHistoryRule, newestReleases, purgeCommand } from "../cluster-state/helm-releases";
import { type HelmReleaseState, type Named, type WorkloadState } from "../cluster-state/snapshot";
import { adoptCommand, claimCommand, isMarked, isOurs, type ClusterFacts, type GatewayPlan, type Plan } from "./facts";
import { keeperOf, type Keeper, type Kept } from "../ownership/keepers";
import { otherMaker, stackMark } from "../ownership/marks";
import { conflict, otherInstaller } from "./other-istio";

const releaseNames: string[] = Object.values(charts).map(({ release }) => release);
const pending = /^(pending-install|pending-upgrade|pending-rollback|uninstalling)$/;

/** CRDs of the chart base. */
const baseGroups = /\.(extensions|networking|security|telemetry)\.istio\.io$/;

/** The namespace, when it exists and neither belongs to this stack nor is to be taken over. */
export function namespaceFindings(plan: Plan, facts: ClusterFacts): Finding[] {
  const ending = endingFindings(plan, facts);
  const found = facts.namespaces.find(({ name }) => name === plan.namespace);
  if (ending.length > 0) {
    return ending;
  }
  const maker = found && otherMaker(found, plan.stack, "AmbientMesh");
  if (maker !== undefined) {
    const rule = "a mesh marks its namespace as its own, and that stack could no longer update it; choose another one";
    return [namespaceFinding(plan.namespace, `made by ${maker}`, rule, { write: `namespace: "${plan.namespace}-2"` })];
  }
  if (!found || plan.adoptNamespace || isOurs(plan, facts)) {
    return [];
  }
  const owner = found.annotations[stackMark];
  if (owner === undefined) {
    const rule = "the mesh makes its own namespace";
    return [namespaceFinding(plan.namespace, "already exists", rule, { write: "adoptNamespace: true" })];
  }
  const rule = `a namespace belongs to the mesh of one stack; this stack can take it over only if that stack is gone`;
  return [namespaceFinding(plan.namespace, `it belongs to the stack ${owner}`, rule, { run: claimCommand(plan) })];
}

/** Namespaces of the mesh that are being deleted: nothing can be created in them, and adopting one is no way out. */
function endingFindings({ namespace, nodeNamespace, gateway }: Plan, { namespaces }: ClusterFacts): Finding[] {
  const needed = [namespace, nodeNamespace, ...(gateway ? [gateway.namespace] : [])];
  return namespaces
    .filter(({ name, deleting }) => deleting && needed.includes(name))
    .map(({ name }) => namespaceFinding(name, "it is being deleted", endingRule, { run: endingCommand(name) }));
}

/** The mesh of another stack, which may be alive: it is there to be used, and not to be taken over. */
export function othersMeshFindings(plan: Plan, facts: ClusterFacts): Finding[] {
  const theirs = facts.namespaces.find(
    ({ name, annotations }) =>
      annotations[stackMark] !== undefined &&
      annotations[stackMark] !== plan.stack &&
      facts.istiods.some(({ namespace }) => namespace === name),
  );
  if (!theirs) {
    return [];
  }
  const owner = theirs.annotations[stackMark]!;
  const ifGone =
    theirs.name === plan.namespace
      ? `this one takes its mesh over by \`${claimCommand(plan)}\`, and the next \`pulumi up\` of that stack would fail`
      : `uninstalling its Helm releases takes every workload out of the mesh; a mesh in \`namespace: "${theirs.name}"\` can take them over instead`;
  const rule = `a cluster can have one mesh: use that one, through the outputs of its stack; only if that stack is gone: ${ifGone}`;
  const write = `new pulumi.StackReference("organization/${owner}").requireOutput("gateway")`;
  return [namespaceFinding(theirs.name, `it holds the mesh of the stack ${owner}`, rule, { write })];
}

/** The mesh of this very stack in another namespace: one Istio serves a cluster, so it has to go before the next comes. */
export function movedFindings(plan: Plan, facts: ClusterFacts): Finding[] {
  const former = facts.namespaces.find(
    ({ name, annotations }) =>
      name !== plan.namespace &&
      annotations[stackMark] === plan.stack &&
      facts.istiods.some(({ namespace }) => namespace === name),
  );
  const rule =
    "a mesh cannot move to another namespace: leave it where it is, or destroy it first, which takes every pod out of it";
  return former
    ? [namespaceFinding(former.name, "it holds the mesh of this stack", rule, { write: `namespace: "${former.name}"` })]
    : [];
}

/** Releases of Helm under the names that the mesh needs, and operations on them that never ended. */
export function helmFindings(plan: Plan, facts: ClusterFacts): Finding[] {
  const own = isOurs(plan, facts);
  return newestReleases(facts.helmReleases)
    .filter((release) => releaseNames.includes(release.release))
    .filter(({ namespace }) => [plan.namespace, plan.nodeNamespace].includes(namespace))
    .flatMap((release) => {
      const object = { namespace: release.namespace, name: release.release };
      const keeper = own ? undefined : releaseKeeper(facts, release);
      if (keeper) {
        const got = pending.test(release.status)
          ? `revision ${release.revision} is ${release.status}`
          : "already exists";
        const rule = `a release must belong to this stack, but ${keeper.who} manages this one; stop it from managing the release first`;
        return [finding("Helm release", object, got, rule, { run: keeper.release ?? keeper.change })];
      }
      if (pending.test(release.status)) {
        const rule = "an interrupted operation of Helm blocks every further one until its record is gone";
        return [
          finding("Helm release", object, `revision ${release.revision} is ${release.status}`, rule, {
            run: forgetCommand(release),
          }),
        ];
      }
      if (release.status === "uninstalled") {
        const got = `revision ${release.revision} is uninstalled`;
        return [finding("Helm release", object, got, keptHistoryRule, { run: purgeCommand(release) })];
      }
      if (own) {
        return [];
      }
      const rule = "the releases of a mesh belong to its stack; have them handed over to it";
      return [finding("Helm release", object, "already exists", rule, { run: adoptCommand(plan) })];
    });
}

/** Who applies a release again and again, by the parts that it made. */
function releaseKeeper(facts: ClusterFacts, { release, namespace }: HelmReleaseState): Keeper | undefined {
  const isMade = ({ annotations }: Named) =>
    annotations["meta.helm.sh/release-name"] === release && annotations["meta.helm.sh/release-namespace"] === namespace;
  const parts: Kept[] = [...facts.istiods, ...facts.daemonSets, ...facts.definitions];
  return parts
    .filter(isMade)
    .map(keeperOf)
    .find((keeper) => keeper !== undefined);
}

function isSameRelease(one: { release: string; namespace: string }, other: HelmReleaseState): boolean {
  return one.release === other.release && one.namespace === other.namespace;
}

/** istiods, agents and ztunnels that no release of this mesh stands behind. */
export function otherIstioFindings(plan: Plan, facts: ClusterFacts): Finding[] {
  const parts = [
    ...facts.istiods,
    ...facts.daemonSets.filter(
      ({ name, labels }) =>
        labels["k8s-app"] === "istio-cni-node" || labels["app.kubernetes.io/name"] === "ztunnel" || name === "ztunnel",
    ),
  ];
  const foreign = parts.filter((part) => !isPartOf(plan, part) && !isOpenShifts(part));
  const isEnrolled = facts.namespaces.some(({ labels }) => labels[marks.dataplaneMode] === "ambient");
  const agents = isEnrolled ? foreign.filter(({ kind }) => kind === "DaemonSet") : [];
  // What is left of an Istio without its istiod is nothing that a mesh could go on with.
  const adopting = facts.istiods.length > 0 && !isOurs(plan, facts) ? adoptCommand(plan) : undefined;
  return [
    ...foreign
      .map((part) => otherInstaller(part, revisionOf(part), agents, adopting))
      .map(({ part, got, rule, run }) => finding(part.kind, part, got, rule, { run })),
    ...remoteFindings(facts),
  ];
}

/** An istiod outside of the cluster has no pods here that would tell of it. */
function remoteFindings({ istiods, services }: ClusterFacts): Finding[] {
  const service = istiods.length === 0 ? remoteService(services) : undefined;
  if (!service) return [];
  const rule = `${conflict}; use that mesh without AmbientMesh, or have its parts removed here first`;
  const run = `kubectl get service ${service.name} --namespace ${service.namespace} --output yaml`;
  return [fixFor(service, finding("Service", service, "leads to an istiod outside of this cluster", rule, { run }))];
}

/** OpenShift's Ingress Operator runs an istiod for its own GatewayClass, which stays out of the way of others. */
function isOpenShifts({ namespace, owners }: WorkloadState): boolean {
  return namespace === "openshift-ingress" || owners.some(({ name }) => name === "openshift-gateway");
}

/** A part that Helm installed under the names and in the namespaces of this mesh; whose it is, the releases tell. */
function isPartOf(plan: Plan, part: WorkloadState): boolean {
  const release = part.annotations["meta.helm.sh/release-name"] ?? "";
  return (
    releaseNames.includes(release) && [plan.namespace, plan.nodeNamespace].includes(part.namespace) && !revisionOf(part)
  );
}

function revisionOf(part: WorkloadState): string {
  const revision = part.labels["istio.io/rev"] ?? "default";
  return revision === "default" ? "" : revision;
}

/** CRDs of Istio that Helm will not take into the release istio-base. */
export function definitionFindings(plan: Plan, facts: ClusterFacts): Finding[] {
  const foreign = facts.definitions.filter((crd) => baseGroups.test(crd.name) && !belongsToBase(plan, crd));
  if (foreign.length === 0) {
    return [];
  }
  const [first] = foreign;
  const kept = foreign.map((crd) => ({ crd, keeper: keeperOf(crd) })).find(({ keeper }) => keeper);
  if (kept?.keeper) {
    const { crd, keeper } = kept;
    const rule = `Helm installs istio-base only over CRDs that are its own; have ${keeper.who} release them first`;
    return [
      finding("CustomResourceDefinition", crd, `managed by ${keeper.who}`, rule, {
        run: keeper.release ?? keeper.change,
      }),
    ];
  }
  const others = foreign.length > 1 ? ` and ${foreign.length - 1} more` : "";
  const got = `not of the Helm release ${plan.namespace}/${charts.base.release}`;
  const rule = "Helm installs istio-base only over CRDs that carry its marks";
  const object = { namespace: "", name: `${first!.name}${others}` };
  if (facts.istiods.length > 0 && !isOurs(plan, facts)) {
    return [finding("CustomResourceDefinition", object, got, rule, { run: adoptCommand(plan) })];
  }
  const names = foreign.map(({ name }) => name).join(" ");
  const helm = `meta.helm.sh/release-name=${charts.base.release} meta.helm.sh/release-namespace=${plan.namespace}`;
  const run =
    `kubectl label crd ${names} app.kubernetes.io/managed-by=Helm --overwrite && ` +
    `kubectl annotate crd ${names} ${helm} --overwrite`;
  return [finding("CustomResourceDefinition", object, got, rule, { run })];
}

function belongsToBase(plan: Plan, { labels, annotations }: Named): boolean {
  return (
    labels["app.kubernetes.io/managed-by"] === "Helm" &&
    annotations["meta.helm.sh/release-name"] === charts.base.release &&
    annotations["meta.helm.sh/release-namespace"] === plan.namespace
  );
}

/** The Gateway, what is made beside it, and the Service of its name, where they are not this stack's. */
export function gatewayFindings(plan: Plan, facts: ClusterFacts): Finding[] {
  const { gateway } = plan;
  if (!gateway) {
    return [];
  }
  const foreign = facts.objects
    .filter(({ namespace }) => namespace === gateway.namespace)
    .filter(({ annotations }) => annotations[stackMark] !== plan.stack)
    .filter(({ kind, name }) => plannedObjects(plan).includes(`${kind} ${name}`))
    .map((object) => {
      const owner = object.annotations[stackMark];
      const kind = kubectlKind(object.kind);
      const run = `kubectl annotate ${kind} ${object.name} --namespace ${object.namespace} ${stackMark}=${plan.stack} --overwrite`;
      if (owner !== undefined) {
        const got = `it belongs to the stack ${owner}`;
        const makes = "the mesh makes one of this name";
        if (!isMarked(plan, facts)) {
          const rule = `${makes}; choose another name for its gateway`;
          return finding(object.kind, object, got, rule, { write: otherName(gateway) });
        }
        const rule = `${makes}; if that stack was renamed to this one, mark it as this stack's, otherwise choose another name for the gateway`;
        return finding(object.kind, object, got, rule, { run });
      }
      const keeper = keeperOf(object);
      if (keeper) {
        const rule = `the mesh makes it, and ${keeper.who} manages this one; give the gateway another name`;
        return finding(object.kind, object, "already exists", rule, { write: otherName(gateway) });
      }
      const rule = "the mesh makes it; mark it as this stack's, or give the gateway another name";
      return finding(object.kind, object, "already exists", rule, { run });
    });
  const service = facts.services.find(
    ({ namespace, name }) => namespace === gateway.namespace && name === gatewayObjects.service(gateway.name),
  );
  if (!service || marks.managed in service.labels) {
    return foreign;
  }
  const rule = `istiod does not adopt a Service without the label ${marks.managed}; deleting this one breaks its clients`;
  return [...foreign, finding("Service", service, "not one of istiod's", rule, { write: otherName(gateway) })];
}

function otherName({ name }: GatewayPlan): string {
  return `gateway: { name: "${name}-2" }`;
}

/** Kinds and names of the objects that a plan's gateway consists of. */
export function plannedObjects({ gateway }: Plan): string[] {
  if (!gateway) {
    return [];
  }
  const { name, certificate, ownAuthority } = gateway;
  const signer = gatewayObjects.authority(name);
  const authority = [`Issuer ${gatewayObjects.selfSignedIssuer(name)}`, `Issuer ${signer}`, `Certificate ${signer}`];
  return [
    `Gateway ${name}`,
    `ConfigMap ${gatewayObjects.overlay(name)}`,
    ...(certificate === undefined ? [] : [`Certificate ${certificate}`]),
    ...(ownAuthority ? authority : []),
  ];
}

function kubectlKind(kind: string): string {
  return kind === "Gateway" ? "gateways.gateway.networking.k8s.io" : kind.toLowerCase();
}

/** What an earlier run of this stack made, by Pulumi's ids; what is not there, or belongs to another owner, is undefined. */
export interface OwnObjects {
  namespace?: string;
  /** By the release's name. */
  releases: Record<string, string>;
  overlay?: string;
  selfSignedIssuer?: string;
  authority?: string;
  authorityIssuer?: string;
  certificate?: string;
  gateway?: string;
}

/** What of the mesh is there already, so that what Pulumi's state has lost of it is imported and not made again. */
export function ownObjects(plan: Plan, facts: ClusterFacts): OwnObjects {
  if (facts.gaps.namespaces || !isOurs(plan, facts)) {
    return { releases: {} };
  }
  const { name = "", namespace: into, certificate = "" } = plan.gateway ?? {};
  const idOf = (kind: string, objectName: string) => {
    const found = facts.objects.find(
      (object) => object.kind === kind && object.namespace === into && object.name === objectName,
    );
    return found?.annotations[stackMark] === plan.stack ? `${found.namespace}/${found.name}` : undefined;
  };
  const releases = newestReleases(facts.helmReleases).filter((found) =>
    meshReleases(plan).some((planned) => isSameRelease(planned, found)),
  );
  return {
    ...(plan.adoptNamespace ? {} : { namespace: plan.namespace }),
    releases: Object.fromEntries(releases.map(({ namespace, release }) => [release, `${namespace}/${release}`])),
    overlay: idOf("ConfigMap", gatewayObjects.overlay(name)),
    selfSignedIssuer: idOf("Issuer", gatewayObjects.selfSignedIssuer(name)),
    authority: idOf("Certificate", gatewayObjects.authority(name)),
    authorityIssuer: idOf("Issuer", gatewayObjects.authority(name)),
    certificate: idOf("Certificate", certificate),
    gateway: idOf("Gateway", name),
  };
}
