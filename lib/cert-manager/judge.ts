// What is in the way of cert-manager: another one that runs, a release, CRDs or a namespace of others.
import * as semver from "semver";
import { finding, namespaceFinding, type Finding } from "../checks/check";
import type { HelmReleaseState, Named, WorkloadState } from "../cluster-state/snapshot";
import { certManagerObjects } from "../istio/names";
import { certManagerChart, certManagerFloor, isOlder } from "../istio/releases";
import { keeperOf } from "../ownership/keepers";
import { otherMaker, stackMark } from "../ownership/marks";
import { forgetCommand, keptHistoryRule, newestReleases, purgeCommand } from "../cluster-state/helm-releases";
import { isOwnNamespace, type CertManagerFacts, type CertManagerPlan, type IssuingObject } from "./facts";

const { release } = certManagerChart;
const pending = /^(pending-install|pending-upgrade|pending-rollback|uninstalling)$/;
const groups = /\.cert-manager\.io$/;
const certificates = "certificates.cert-manager.io";
const one = "a cluster has one cert-manager";
const useIt = { write: "install: false" };

/** Everything that is in the way, in the order of the report. */
export function certManagerFindings(plan: CertManagerPlan, facts: CertManagerFacts): Finding[] {
  if (!plan.install) {
    return usedFindings(plan, facts);
  }
  const others = otherFindings(plan, facts);
  // What is said of an installation that stays covers its release, its CRDs and its namespace.
  return others.length > 0
    ? others
    : [
        ...releaseFindings(plan, facts),
        ...definitionFindings(plan, facts),
        ...namespaceFindings(plan, facts),
        ...downgradeFindings(plan, facts),
      ];
}

/** A cert-manager that runs and is neither this stack's nor to be taken over. */
function otherFindings(plan: CertManagerPlan, facts: CertManagerFacts): Finding[] {
  const foreign = facts.controllers.filter((each) => !isPlanned(plan, facts, each));
  // A controller that is uninstalled loses its rights before it can let go of the lease, which then lasts for a while.
  const isLeftover = isOwnNamespace(plan, facts);
  if (facts.leads && facts.controllers.length === 0 && !isLeftover) {
    const lease = { namespace: "kube-system", name: "cert-manager-controller" };
    return [finding("Lease", lease, "held by a running controller", `${one}: use this one unchanged`, useIt)];
  }
  return foreign.map((each) => otherFinding(plan, facts, each));
}

function otherFinding(plan: CertManagerPlan, facts: CertManagerFacts, controller: WorkloadState): Finding {
  const said = (got: string, rule: string, write: string) => finding("Deployment", controller, got, rule, { write });
  const use = useIt.write;
  const stack = facts.namespaces.find(({ name }) => name === controller.namespace)?.annotations[stackMark];
  if (stack === plan.stack) {
    const rule = "it cannot move to another namespace: destroy it first, or leave it where it is";
    return said("the cert-manager of this stack", rule, `namespace: "${controller.namespace}"`);
  }
  if (stack !== undefined) {
    return said(`the cert-manager of the stack ${stack}`, `${one}: use that one unchanged`, use);
  }
  const keeper = keeperOf(controller);
  if (keeper) {
    const rule = `${one}: use this one unchanged; ${keeper.who} reverts changes made to it`;
    return said(`a cert-manager of ${keeper.who}`, rule, use);
  }
  const made = releaseOf(controller);
  if (made === undefined) {
    return said("a cert-manager installed by kubectl or another tool", `${one}: use this one unchanged`, use);
  }
  const got = `a cert-manager installed by Helm as the release ${made.namespace}/${made.name}`;
  if (made.name !== release) {
    const rule = `${one}: use this one unchanged; only a release called ${release} can be taken over`;
    return said(got, rule, use);
  }
  const over = plan.namespace === made.namespace ? "adopt: true" : `adopt: true, namespace: "${made.namespace}"`;
  return plan.adopt
    ? said(got, "`adopt` takes over the release in `namespace`", `namespace: "${made.namespace}"`)
    : said(got, `${one}: use this one unchanged, or have this stack take it over by \`${over}\``, use);
}

/** The Helm release that made a part. */
function releaseOf({ annotations }: Named): { name: string; namespace: string } | undefined {
  const name = annotations["meta.helm.sh/release-name"];
  return name === undefined ? undefined : { name, namespace: annotations["meta.helm.sh/release-namespace"] ?? "" };
}

/** A controller of the release that this program writes. */
function isPlanned(plan: CertManagerPlan, facts: CertManagerFacts, controller: WorkloadState): boolean {
  const made = releaseOf(controller);
  const isThere = made?.name === release && made.namespace === plan.namespace;
  const owner = facts.namespaces.find(({ name }) => name === plan.namespace)?.annotations[stackMark];
  const mayTake = plan.adopt && owner === undefined && keeperOf(controller) === undefined;
  return isThere && (isOwnNamespace(plan, facts) || mayTake);
}

/** The newest revision of the release where this program writes it. */
function plannedRelease(plan: CertManagerPlan, facts: CertManagerFacts): HelmReleaseState | undefined {
  return newestReleases(facts.helmReleases).find(
    (each) => each.release === release && each.namespace === plan.namespace,
  );
}

/** A release of the name that is needed, without a controller; or an operation on it that never ended. */
function releaseFindings(plan: CertManagerPlan, facts: CertManagerFacts): Finding[] {
  const found = plannedRelease(plan, facts);
  const object = { namespace: plan.namespace, name: release };
  if (found === undefined) {
    const rule = "`adopt` takes over a release that is there";
    const isMissing = plan.adopt && !isOwnNamespace(plan, facts) && !facts.unread.includes("helmReleases");
    return isMissing ? [finding("Helm release", object, "none", rule, { write: "adopt: false" })] : [];
  }
  if (pending.test(found.status)) {
    const rule = "an interrupted operation of Helm blocks every further one until its record is gone";
    const run = forgetCommand(found);
    return [finding("Helm release", object, `revision ${found.revision} is ${found.status}`, rule, { run })];
  }
  if (found.status === "uninstalled") {
    const got = `revision ${found.revision} is uninstalled`;
    return [finding("Helm release", object, got, keptHistoryRule, { run: purgeCommand(found) })];
  }
  if (plan.adopt || isOwnNamespace(plan, facts)) {
    return [];
  }
  const rule = "the release belongs to this stack alone; have it taken over";
  return [finding("Helm release", object, "already exists", rule, { write: "adopt: true" })];
}

/** CRDs that Helm will not take into the release. */
function definitionFindings({ namespace }: CertManagerPlan, { definitions }: CertManagerFacts): Finding[] {
  const foreign = definitions.filter((crd) => groups.test(crd.name) && !isOfRelease(crd, namespace));
  const [first] = foreign;
  if (first === undefined) {
    return [];
  }
  const kept = foreign.map((crd) => ({ crd, keeper: keeperOf(crd) })).find(({ keeper }) => keeper);
  if (kept?.keeper) {
    const rule = `Helm installs cert-manager only over CRDs that are its own; have ${kept.keeper.who} release them first`;
    const run = kept.keeper.release ?? kept.keeper.change;
    return [finding("CustomResourceDefinition", kept.crd, `managed by ${kept.keeper.who}`, rule, { run })];
  }
  const others = foreign.length > 1 ? ` and ${foreign.length - 1} more` : "";
  const object = { namespace: "", name: `${first.name}${others}` };
  const names = foreign.map(({ name }) => name).join(" ");
  const marks = `meta.helm.sh/release-name=${release} meta.helm.sh/release-namespace=${namespace}`;
  const run =
    `kubectl label crd ${names} app.kubernetes.io/managed-by=Helm --overwrite && ` +
    `kubectl annotate crd ${names} ${marks} --overwrite`;
  const rule = "Helm installs cert-manager only over CRDs that carry its marks";
  return [
    finding("CustomResourceDefinition", object, `not of the Helm release ${namespace}/${release}`, rule, { run }),
  ];
}

function isOfRelease(crd: Named, namespace: string): boolean {
  const made = releaseOf(crd);
  const isHelms = crd.labels["app.kubernetes.io/managed-by"] === "Helm";
  return isHelms && made?.name === release && made.namespace === namespace;
}

/** The namespace, when it exists and neither belongs to this stack nor is to be adopted. */
function namespaceFindings(plan: CertManagerPlan, facts: CertManagerFacts): Finding[] {
  const found = facts.namespaces.find(({ name }) => name === plan.namespace);
  const maker = found && otherMaker(found, plan.stack, "CertManager");
  if (maker !== undefined) {
    const rule =
      "cert-manager marks its namespace as its own, and that stack could no longer update it; choose another one";
    return [namespaceFinding(plan.namespace, `made by ${maker}`, rule, { write: `namespace: "${plan.namespace}-2"` })];
  }
  if (!found || plan.adoptNamespace || plan.adopt || isOwnNamespace(plan, facts)) {
    return [];
  }
  const owner = found.annotations[stackMark];
  const got = owner === undefined ? "already exists" : `already exists, from the stack ${owner}`;
  const rule = "cert-manager gets a namespace of its own";
  return [namespaceFinding(plan.namespace, got, rule, { write: "adoptNamespace: true" })];
}

/** A release older than what the cluster has: its CRDs would lose fields. */
function downgradeFindings(plan: CertManagerPlan, { controllers, definitions }: CertManagerFacts): Finding[] {
  const crds = definitions.filter(({ name }) => name === certificates);
  const parts = [
    ...controllers.map((object) => ({ kind: "Deployment", object })),
    ...crds.map((object) => ({ kind: "CustomResourceDefinition", object })),
  ];
  const newer = parts.flatMap(({ kind, object }) => {
    const version = semver.coerce(object.labels["app.kubernetes.io/version"] ?? "")?.version;
    return version !== undefined && isOlder(plan.version, version) ? [{ kind, object, version }] : [];
  });
  return newer.slice(0, 1).map(({ kind, object, version }) => {
    const rule = `cert-manager is never downgraded (to ${plan.version})`;
    return finding(kind, object, version, rule, { write: `version: "${version}"` });
  });
}

/** What a cert-manager that is used as it is has to be. */
function usedFindings(plan: CertManagerPlan, facts: CertManagerFacts): Finding[] {
  if (facts.unread.includes("definitions")) {
    return [];
  }
  const crd = facts.definitions.find(({ name }) => name === certificates);
  if (!crd) {
    const missing = { namespace: "", name: certificates };
    const rule = "with `install: false` cert-manager has to be on the cluster already";
    return [finding("CustomResourceDefinition", missing, "none", rule, { write: "install: true" })];
  }
  const version = semver.coerce(crd.labels["app.kubernetes.io/version"] ?? "")?.version;
  if (version !== undefined && isOlder(version, certManagerFloor)) {
    const rule = `the issuer needs cert-manager ${certManagerFloor} or newer`;
    const run = "helm upgrade cert-manager oci://quay.io/jetstack/charts/cert-manager --namespace cert-manager";
    return [finding("CustomResourceDefinition", crd, `from cert-manager ${version}`, rule, { run })];
  }
  const running = facts.controllers.filter(({ available }) => available > 0);
  const [elsewhere] = running;
  if (elsewhere && !running.some(({ namespace }) => namespace === plan.namespace)) {
    const rule = "a ClusterIssuer finds its Secrets in the namespace of the running cert-manager";
    const write = `namespace: "${elsewhere.namespace}"`;
    return [finding("Deployment", elsewhere, `not in the namespace ${plan.namespace}`, rule, { write })];
  }
  if (running.length > 0 || facts.leads || facts.unread.includes("controllers")) {
    return [];
  }
  const [stopped] = facts.controllers;
  const rule = "an issuer needs a running cert-manager controller";
  return stopped
    ? [
        finding("Deployment", stopped, `0 of ${stopped.desired} available`, rule, {
          run: `kubectl rollout status deployment ${stopped.name} --namespace ${stopped.namespace}`,
        }),
      ]
    : [
        finding("Deployment", { namespace: plan.namespace, name: release }, "none", rule, {
          write: "install: true",
        }),
      ];
}

/** What an earlier run made, by Pulumi's ids; what is not there, or belongs to another owner, is undefined. */
export interface OwnCertManager {
  namespace?: string;
  release?: string;
  selfSignedIssuer?: string;
  authority?: string;
  issuer?: string;
}

/** What is there already, so that what Pulumi's state has lost of it is imported; and the release that is taken over. */
export function ownCertManager(plan: CertManagerPlan, facts: CertManagerFacts): OwnCertManager {
  const { namespace, issuer } = plan;
  const isOwn = !facts.unread.includes("namespaces") && isOwnNamespace(plan, facts);
  const found = plannedRelease(plan, facts);
  const idOf = (kind: IssuingObject["kind"], name: string) => {
    const object = facts.objects.find((each) => each.kind === kind && each.name === name);
    const isMarked = object?.annotations[stackMark] === plan.stack;
    return isMarked ? [object?.namespace, name].filter(Boolean).join("/") : undefined;
  };
  const mayImport = plan.install && (isOwn || plan.adopt) && found !== undefined;
  return {
    ...(plan.install && isOwn && !plan.adopt && !plan.adoptNamespace ? { namespace } : {}),
    ...(mayImport ? { release: `${namespace}/${release}` } : {}),
    ...(issuer === undefined
      ? {}
      : {
          issuer: idOf("ClusterIssuer", issuer),
          selfSignedIssuer: idOf("Issuer", certManagerObjects.selfSignedIssuer(issuer)),
          authority: idOf("Certificate", certManagerObjects.authority(issuer)),
        }),
  };
}
