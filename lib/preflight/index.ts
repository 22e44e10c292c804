// The preflight: every finding of one read of the cluster, errors and warnings apart, and those that the user has waived.
import type { Finding } from "../checks/check";
import { owningStack, withStack } from "../checks/owning-stack";
import type { Ownable } from "../ownership/stacks";
import * as admission from "./admission";
import * as cluster from "./cluster";
import type { ClusterFacts, Plan } from "./facts";
import { leftoverFindings } from "./leftovers";
import * as network from "./network";
import * as owners from "./owners";
import type { Waivers } from "./waivers";
import * as warnings from "./warnings";

/** One thing that the preflight looks for. */
export interface PreflightCheck {
  /** Under which the finding can be waived: a promise, as it stands in programs. */
  id: string;
  /** An error stops the mesh, a warning does not. */
  severity: "error" | "warning";
  /** Reads true where nothing is found. */
  claim: string;
  find(plan: Plan, facts: ClusterFacts): Finding[];
  /** Where it is found, the others would only say the same of each part of the mesh. */
  alone?: true;
  /** What is missing may still come at a preview of a program that makes more than the mesh: a warning then. */
  mayCome?: true;
}

/** In the order of the report. */
export const preflightChecks: readonly PreflightCheck[] = [
  {
    id: "other-stacks-mesh",
    severity: "error",
    claim: "no other stack has a mesh on the cluster",
    find: owners.othersMeshFindings,
    alone: true,
  },
  {
    id: "mesh-moved",
    severity: "error",
    claim: "this stack's mesh stays in its namespace",
    find: owners.movedFindings,
    alone: true,
  },
  {
    id: "kubernetes-too-old",
    severity: "error",
    claim: "Kubernetes is not older than Istio requires",
    find: cluster.oldKubernetesFindings,
  },
  {
    id: "mesh-namespace",
    severity: "error",
    claim: "the mesh's namespace is new, belongs to this stack, or is to be adopted",
    find: owners.namespaceFindings,
  },
  {
    id: "helm-releases",
    severity: "error",
    claim: "the four Helm releases are new or belong to this stack, and none has an operation in progress",
    find: owners.helmFindings,
  },
  {
    id: "other-istio",
    severity: "error",
    claim: "no other Istio is on the cluster",
    find: owners.otherIstioFindings,
  },
  {
    id: "istio-leftovers",
    severity: "error",
    claim: "an uninstalled Istio left nothing that blocks Helm",
    find: leftoverFindings,
  },
  {
    id: "istio-crds-owner",
    severity: "error",
    claim: "Istio's CRDs are new, or belong to the Helm release istio-base",
    find: owners.definitionFindings,
  },
  {
    id: "istio-upgrade",
    severity: "error",
    claim: "the release is not older than the running one, and skips no minor release",
    find: cluster.upgradeFindings,
  },
  {
    id: "gateway-objects",
    severity: "error",
    claim: "the gateway's objects are new or belong to this stack",
    find: owners.gatewayFindings,
  },
  {
    id: "node-ports-free",
    severity: "error",
    claim: "no other Service has the gateway's NodePorts",
    find: cluster.nodePortFindings,
  },
  {
    id: "cert-manager",
    severity: "error",
    claim: "cert-manager and the issuer exist, if the gateway needs a certificate from them",
    find: cluster.certManagerFindings,
    mayCome: true,
  },
  {
    id: "platform",
    severity: "error",
    claim: "`platform` is set where the charts need it",
    find: cluster.platformFindings,
  },
  {
    id: "cni-settings",
    severity: "error",
    claim: "the network plugin leaves the traffic of pods to ztunnel",
    find: (_, facts) => network.networkFindings(facts),
  },
  {
    id: "pod-security",
    severity: "error",
    claim: "Pod Security admits istio-cni and ztunnel in their namespace",
    find: cluster.podSecurityFindings,
  },
  {
    id: "rights",
    severity: "error",
    claim: "the credentials may create the objects of a mesh",
    find: (_, facts) => cluster.rightsFindings(facts),
  },
  {
    id: "admission",
    severity: "error",
    claim: "admission accepts the objects of the mesh in a dry run",
    find: admission.admissionFindings,
  },
  {
    id: "kubernetes-untested",
    severity: "warning",
    claim: "Kubernetes is not newer than what Istio was tested with",
    find: cluster.newKubernetesFindings,
  },
  {
    id: "gateway-api-untested",
    severity: "warning",
    claim: "the Gateway API to be installed is not newer than what Istio was built against",
    find: cluster.gatewayApiFindings,
  },
  {
    id: "both-labels",
    severity: "warning",
    claim: "no namespace is labeled for both sidecars and ambient",
    find: (_, facts) => warnings.bothLabelsFindings(facts),
  },
  {
    id: "uncapturable",
    severity: "warning",
    claim: "every pod of an ambient namespace can be captured",
    find: (_, facts) => warnings.uncapturableFindings(facts),
  },
  {
    id: "node-nftables",
    severity: "warning",
    claim: "istio-cni writes its rules by nftables on nodes without iptables",
    find: warnings.nftablesFindings,
  },
  {
    id: "autoscaler-metrics",
    severity: "warning",
    claim: "the API metrics.k8s.io is served if istiod has an autoscaler",
    find: warnings.metricsFindings,
  },
  {
    id: "cni-traffic",
    severity: "warning",
    claim: "no setting of the network plugin makes part of the pods' traffic bypass ztunnel",
    find: network.networkWarnings,
  },
  {
    id: "admission-elsewhere",
    severity: "warning",
    claim: "admission accepts the objects of the mesh in another namespace, if its own does not exist yet",
    find: admission.admissionWarnings,
  },
  {
    id: "pull-secrets",
    severity: "warning",
    claim: "the pull secrets that the charts name exist",
    find: (_, facts) => admission.pullSecretFindings(facts),
  },
];

/** What is known of the arguments alone; it can be waived like a finding of the cluster. */
export const chartValuesCheck = {
  id: "chart-values",
  severity: "error",
  claim: "every key in `values` is one that the chart reads",
} as const;

/** Everything that `preflight.ignore` can waive. */
export const waivable: readonly Pick<PreflightCheck, "id" | "severity" | "claim">[] = [
  ...preflightChecks,
  chartValuesCheck,
];

/** A finding with the id by which it can be waived. */
export interface PreflightFinding extends Finding {
  id: string;
}

/** What a preflight found. */
export interface PreflightReport {
  /** The mesh cannot be created as planned. */
  errors: PreflightFinding[];
  /** It can, but part of it will not work as expected. */
  warnings: PreflightFinding[];
  /** What would be one of the two, had the user not said why it does not matter. */
  waived: PreflightFinding[];
}

/**
 * Judges a plan against a cluster. With `early` the program may still be about to bring what is missing (its mesh
 * depends on other resources, and this is a preview): a missing cert-manager or issuer is a warning then.
 */
export function judgePlan(plan: Plan, facts: ClusterFacts, early: boolean, waivers: Waivers = {}): PreflightReport {
  const all = preflightChecks.map((check) => ({
    check,
    isWaived: Object.hasOwn(waivers, check.id),
    found: check.find(plan, facts).map((found) => ({ ...ofStack(check, found, plan, facts), id: check.id })),
  }));
  const alone = all.find(({ check, isWaived, found }) => check.alone && !isWaived && found.length > 0);
  const counted = alone ? [alone] : all;
  const isError = ({ severity, mayCome }: PreflightCheck) => severity === "error" && !(early && mayCome);
  const those = (wanted: (each: (typeof all)[number]) => boolean) =>
    counted.filter(wanted).flatMap(({ found }) => found);
  const late = those(({ check, isWaived }) => !isWaived && early && check.mayCome === true);
  return {
    errors: those(({ check, isWaived }) => !isWaived && isError(check)),
    warnings: [...late, ...those(({ check, isWaived }) => !isWaived && check.severity === "warning")],
    waived: those(({ isWaived }) => isWaived),
  };
}

/** Checks that are about whose something is: what they say of it stands. */
const aboutOwners = [
  "other-stacks-mesh",
  "mesh-moved",
  "mesh-namespace",
  "helm-releases",
  "istio-crds-owner",
  "gateway-objects",
];

/** What another stack owns is put right there; of its own the stack that asks need not be told. */
function ofStack({ id }: PreflightCheck, found: Finding, { stack }: Plan, facts: ClusterFacts): Finding {
  if (aboutOwners.includes(id)) return found;
  const owner = owningStack({ find: (...wanted) => findIn(facts, ...wanted) }, found);
  return owner?.stack === stack ? found : withStack(found, owner);
}

/** An object of those that a preflight reads. */
function findIn(facts: ClusterFacts, kind: string, namespace: string, name: string): Ownable | undefined {
  const { namespaces, services, istiods, daemonSets, definitions, certManager, objects } = facts;
  const lists: Partial<Record<string, (Ownable & { name: string })[]>> = {
    Namespace: namespaces,
    Service: services,
    Deployment: [...istiods, ...(certManager?.deployments ?? [])],
    DaemonSet: daemonSets,
    CustomResourceDefinition: definitions,
  };
  const all = lists[kind] ?? objects.filter((each) => each.kind === kind);
  return all.find((each) => each.namespace === namespace && each.name === name);
}
