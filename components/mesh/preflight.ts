// The preflight of a mesh: one look at the cluster, at preview and at up, before any child of the mesh is registered.
import * as pulumi from "@pulumi/pulumi";
import { NoClusterError, reason } from "../../cluster/connection";
import { UnreachableError } from "../../cluster/client";
import { lookNow } from "../../cluster/look";
import { readFacts } from "../../cluster/preflight";
import { findingLine } from "../../lib/checks/check";
import { meshDefaults } from "../../lib/istio/defaults";
import { driftLines } from "../../lib/drift";
import { judgePlan, type PreflightFinding } from "../../lib/preflight";
import type { Waivers } from "../../lib/preflight/waivers";
import { isOurs, type ClusterFacts, type Plan } from "../../lib/preflight/facts";
import type { ObjectKind } from "../../lib/ownership/kinds";
import type { HelmReleaseState } from "../../lib/cluster-state/snapshot";
import type { ExistingObject } from "../../lib/ownership/owner";
import { ownObjects, type OwnObjects } from "../../lib/preflight/owners";
import { charts } from "../../lib/istio/releases";
import type { AmbientMeshArgs } from "./args";
import { gatewayChildren } from "../gateway/children";
import { meshChildren } from "./children";
import type { OwnChildren } from "../support/ownership";
import { planOf } from "./plan";
import { comingCertManagers } from "../support/cert-managers";
import { waitsForOthers } from "../support/children";
import { lookAt } from "../support/look";
import { runFailure } from "../support/failures";
import type { Cluster } from "../support/cluster";
import { announcePullSecrets } from "../support/pull-secrets";
import { rememberFacts } from "../support/mesh-facts";
import { isKnown } from "../support/workarounds";
import { plain } from "../support/program";

/** How long the look may take in all. */
const deadlineMs = 10_000;

/** What a look at the cluster gives the components that make the mesh. */
export interface Preflight {
  /** What the cluster has of this stack already. */
  own: OwnChildren;
  /** The namespace's name, once nothing is in the way. */
  namespace: pulumi.Output<string>;
  /** What was changed by hand of what the releases made; nothing where all is as these say. */
  repair?: string;
  /** Helm's releases on the cluster; none where it was not looked at. */
  releases: pulumi.Input<HelmReleaseState[]>;
}

/**
 * Looks at the cluster that the program is about to write to, and throws one error with everything that is in the way.
 *
 * It runs inside the program, not as a Command: as a resource a Command runs at up only, as an invoke its findings are
 * printed above a stack trace. And it stops the program where it stands instead of handing a rejected promise to
 * the children: what then is not registered, an engine behind the Automation API takes for something to delete. Only
 * where the cluster or the namespace is an Output, it looks when both are known, before the mesh's first write: at preview
 * already where they come from the stack's configuration, and at `up` where another resource of the program makes them.
 */
export function preflight(
  mesh: pulumi.ComponentResource,
  name: string,
  args: AmbientMeshArgs,
  cluster: Cluster,
  settings: { version: string; namespace: pulumi.Output<string> },
  opts: pulumi.ComponentResourceOptions | undefined,
): Preflight {
  const { namespace } = settings;
  const planIn = (known: string): Plan => {
    const certManagers = comingCertManagers(cluster.id, opts?.dependsOn);
    return { ...planOf(args, settings.version, known), ...(certManagers.length > 0 && { certManagers }) };
  };
  const plainNamespace = plain(args.namespace ?? meshDefaults.namespace);
  announcePullSecrets(cluster.id, plainNamespace === undefined ? [] : (planIn(plainNamespace).pullSecrets ?? []));
  rememberFacts(mesh, "skipped");
  if (args.preflight?.enabled === false) {
    rememberFacts(mesh, "disabled");
    return { own: {}, namespace, releases: [] };
  }
  const early = waitsForOthers(opts);
  const reader = { mesh, name, early, waivers: args.preflight?.ignore ?? {} };
  if (!cluster.now || plainNamespace === undefined) {
    return { own: {}, ...lookLater(reader, planIn, cluster, namespace) };
  }
  const plan = planIn(plainNamespace);
  const look = lookNow(cluster.now, plan, deadlineMs);
  if ("why" in look) {
    skipped(mesh, look.why);
    lookAt(cluster).giveUp();
    return { own: {}, namespace, releases: [] };
  }
  const refusal = judge(reader, plan, look.facts);
  if (refusal !== undefined) {
    // Its message says all; a RunError is printed without a stack trace, and once in every kind of host.
    throw new pulumi.RunError(refusal);
  }
  share(cluster, plan, look.facts);
  rememberFacts(mesh, { ...look.facts, isOwnMesh: !look.facts.gaps.namespaces && isOurs(plan, look.facts) });
  const own = ownChildren(name, ownObjects(plan, look.facts));
  return { own, namespace, repair: findDrift(mesh, look.facts), releases: look.facts.helmReleases };
}

/** Gives the other components what was read for this one. */
function share(cluster: Cluster, { namespace, gateway }: Plan, facts: ClusterFacts): void {
  const { namespaces, services, objects, configMaps = [], gaps } = facts;
  const look = lookAt(cluster);
  if (!gaps.namespaces) look.seed("Namespace", namespaces);
  const withPorts = services.map((service) => ({ ...service, body: { spec: { ports: service.ports } } }));
  if (!gaps.services) look.seed("Service", withPorts);
  const found = (wanted: string) => objects.filter(({ kind }) => kind === wanted);
  // None at all may also mean that they were not asked for.
  const seedSome = (kind: ObjectKind, some: ExistingObject[], within?: string) => {
    if (some.length > 0) look.seed(kind, some, within);
  };
  seedSome("Gateway", found("Gateway"));
  seedSome("ConfigMap", configMaps, namespace);
  for (const kind of ["Certificate", "Issuer"] as const) seedSome(kind, found(kind), gateway?.namespace);
}

/** Says what was changed by hand, as a reason for the mesh to be repaired. */
function findDrift(mesh: pulumi.ComponentResource, { drifted }: ClusterFacts): string | undefined {
  if (drifted.length === 0) {
    return undefined;
  }
  const changed = driftLines(drifted);
  const text = changed.map((line) => `  ${line}`).join("\n");
  void pulumi.log.warn(`the mesh was changed outside of its Helm releases; \`pulumi up\` restores it:\n${text}`, mesh);
  return changed.join("; ");
}

/** For whom a cluster is judged, and what he has said of it. */
interface Reader {
  mesh: pulumi.ComponentResource;
  name: string;
  early: boolean;
  waivers: Waivers;
}

function lookLater(
  reader: Reader,
  planIn: (namespace: string) => Plan,
  cluster: Cluster,
  namespace: pulumi.Output<string>,
): { namespace: pulumi.Output<string>; releases: pulumi.Output<HelmReleaseState[]> } {
  const { mesh } = reader;
  const later = "`pulumi up` checks the cluster before it creates the mesh";
  void Promise.all([isKnown(cluster.target), isKnown(namespace)]).then(([target, into]) => {
    if (!target) skipped(mesh, `this program creates the cluster; ${later}`);
    else if (!into) skipped(mesh, `this program creates the mesh's namespace; ${later}`);
  });
  const looked = pulumi.all([namespace, cluster.target]).apply(async ([known, target]) => {
    let releases: HelmReleaseState[] = [];
    try {
      const plan = planIn(known);
      const { facts } = await readFacts(target, plan, deadlineMs);
      const refusal = judge(reader, plan, facts);
      if (refusal !== undefined) {
        throw runFailure(refusal);
      }
      share(cluster, plan, facts);
      releases = facts.helmReleases;
    } catch (error) {
      if (!(error instanceof NoClusterError || error instanceof UnreachableError)) {
        throw error;
      }
      skipped(mesh, reason(error));
    }
    return { namespace: known, releases };
  });
  return { namespace: looked.namespace, releases: looked.releases };
}

/** What is in the way, as one text; warns of what will work otherwise than it seems, and of what is waived. */
function judge({ mesh, name, early, waivers }: Reader, plan: Plan, facts: ClusterFacts): string | undefined {
  const { errors, warnings, waived } = judgePlan(plan, facts, early, waivers);
  if (warnings.length > 0) {
    void pulumi.log.warn(`preflight warnings:\n${lines(warnings)}`, mesh);
  }
  if (waived.length > 0) {
    const reasons = waived.map((found) => `  ${identified(found)}, waived: ${waivers[found.id]}`);
    void pulumi.log.warn(`waived by \`preflight.ignore\`:\n${reasons.join("\n")}`, mesh);
  }
  return errors.length > 0
    ? `AmbientMesh "${name}" cannot be created on ${facts.server}:\n${lines(errors)}`
    : undefined;
}

/** The ids by the names of the children that make these objects. */
function ownChildren(name: string, own: OwnObjects): OwnChildren {
  const gateway = meshChildren.gateway(name);
  return {
    [meshChildren.namespace(name)]: own.namespace,
    [meshChildren.release(name, "base")]: own.releases[charts.base.release],
    [meshChildren.release(name, "istiod")]: own.releases[charts.istiod.release],
    [meshChildren.release(name, "cni")]: own.releases[charts.cni.release],
    [meshChildren.release(name, "ztunnel")]: own.releases[charts.ztunnel.release],
    [gatewayChildren.overlay(gateway)]: own.overlay,
    [gatewayChildren.selfSignedIssuer(gateway)]: own.selfSignedIssuer,
    [gatewayChildren.authority(gateway)]: own.authority,
    [gatewayChildren.authorityIssuer(gateway)]: own.authorityIssuer,
    [gatewayChildren.certificate(gateway)]: own.certificate,
    [gatewayChildren.gateway(gateway)]: own.gateway,
  };
}

function lines(findings: PreflightFinding[]): string {
  return findings.map((found) => `  ${identified(found)}`).join("\n");
}

/** The line of a finding, with the id by which it can be waived. */
function identified(found: PreflightFinding): string {
  return `${findingLine(found)} [${found.id}]`;
}

function skipped(mesh: pulumi.ComponentResource, why: string): void {
  void pulumi.log.warn(`the preflight was skipped: ${why}`, mesh);
}
