// cert-manager, installed by its own chart, and the ClusterIssuer of a root CA.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { certManagerDefaults as defaults } from "../../lib/istio/defaults";
import { componentMark, stackMark } from "../../lib/ownership/marks";
import type { Violation } from "../../lib/validation/violations";
import { checkArgs, componentNamed, resolved, throwViolations } from "../support/arguments";
import { announceCertManager } from "../support/cert-managers";
import { childOf, waitsForOthers } from "../support/children";
import { clusterId, clusterOf } from "../support/cluster";
import { childrenOf, keepChildren } from "../support/made";
import { afterJudgement, importing, type Writer } from "../support/ownership";
import { plain, registry, stackName } from "../support/program";
import type { CertManagerArgs } from "./args";
import { certManagerSource, chartViolations, createCertManagerRelease } from "./charts";
import { certManagerChildren } from "./children";
import { createIssuer } from "./issuer";
import { lookAtCertManager } from "./look";
import { certManagerValues } from "./objects";
import { certManagerRules as rules, certManagerValuesRule } from "./rules";

/** The resources of a CertManager. */
export interface CertManagerChildren {
  /** The namespace, or the patch of an adopted one; absent with `install: false`. */
  namespace?: pulumi.CustomResource;
  /** The Helm release `cert-manager`; absent with `install: false`. */
  release?: k8s.helm.v3.Release;
  /** The root CA: an Issuer and a Certificate; empty with `issuer.secretName`. */
  authority: k8s.apiextensions.CustomResource[];
  /** The ClusterIssuer; absent if it is turned off. */
  issuer?: k8s.apiextensions.CustomResource;
}

/**
 * cert-manager, and the ClusterIssuer `root-ca-cluster-issuer`.
 *
 * ```ts
 * const certs = new CertManager("cert-manager");
 * const mesh = new AmbientMesh("mesh", {}, { dependsOn: certs });
 * ```
 */
export class CertManager extends pulumi.ComponentResource {
  /** Namespace of cert-manager, from which a ClusterIssuer reads its Secrets. */
  public readonly namespace: pulumi.Output<string>;
  /** Release of cert-manager; absent with `install: false`. */
  public readonly version: pulumi.Output<string | undefined>;
  /**
   * Name of the ClusterIssuer, for `issuerName` of a gateway's certificate. Available once it is ready; absent without
   * one.
   */
  public readonly issuerName: pulumi.Output<string>;
  /** The root CA as PEM, for clients; absent without an issuer. */
  public readonly caCertificate: pulumi.Output<string | undefined>;

  constructor(name: string, args: CertManagerArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super(
      "istio-ambient:index:CertManager",
      name,
      checkArgs("CertManager", name, args, rules, chartViolations(args)),
      opts,
    );
    throwViolations("CertManager", name, claim(this, name, args));
    const cluster = clusterOf(this, "CertManager", name, args.cluster);
    const what = componentNamed("CertManager", name);
    const { install = true, namespace: into = defaults.namespace, issuer = {} } = args;
    const source = install ? certManagerSource(args) : undefined;
    const hasIssuer = issuer.enabled !== false;
    const hasOwnRoot = issuer.secretName === undefined;
    const issuerNamed = plain(issuer.name ?? defaults.issuerName);
    const plan = {
      stack: stackName(),
      version: source?.version ?? "",
      namespace: into,
      install,
      adopt: args.adopt === true,
      adoptNamespace: args.adoptNamespace === true,
      ...(hasIssuer && issuerNamed !== undefined && { issuer: issuerNamed }),
    };
    const early = waitsForOthers(opts);
    const seen = lookAtCertManager({ component: this, name, early }, plan, cluster);
    const after = (...others: pulumi.Input<pulumi.Resource>[]) => importing(seen.own, childOf(this, opts, ...others));
    const writer: Writer = { what, cluster, opts, namespace: into };

    const place = afterJudgement({ cluster }, seen.namespace);
    const namespace = source && createNamespace(name, args, what, place, after());
    const release =
      source &&
      createCertManagerRelease(
        this,
        certManagerChildren.release(name),
        cluster,
        source,
        { namespace: seen.namespace, values: valuesOf(what, args, source.version) },
        after(namespace!),
      );
    const before = release === undefined ? [] : [release];
    const settings = resolved(what, "issuer", issuer, rules.fields["issuer"]!);
    const root = hasIssuer
      ? createIssuer(this, name, writer, seen.namespace, { hasOwnRoot, settings }, (...others) =>
          after(...before, ...others),
        )
      : undefined;
    const made = { namespace, release, authority: root?.authority ?? [], issuer: root?.issuer };
    keepChildren<CertManagerChildren>(this, made);
    const issuerOf = hasIssuer ? issuerNamed : undefined;
    announceCertManager({ component: this, cluster: cluster.id, name, installs: install, issuer: issuerOf });

    this.namespace = release ? release.namespace : seen.namespace;
    this.version = release ? release.id.apply(() => source.version) : pulumi.output(undefined);
    this.issuerName = root?.issuerName ?? absent();
    this.caCertificate = root?.caCertificate ?? pulumi.output(undefined);
    this.registerOutputs({
      namespace: this.namespace,
      version: this.version,
      issuerName: this.issuerName,
      caCertificate: this.caCertificate,
    });
  }

  /** The raw resources: `namespace`, `release`, `authority` and `issuer`. */
  public get children(): CertManagerChildren {
    return childrenOf(this);
  }
}

/** Claims the cluster for this installation. */
function claim(component: CertManager, name: string, { install }: CertManagerArgs): Violation[] {
  if (install === false) {
    return [];
  }
  const claimant = { shown: componentNamed("CertManager", name), name };
  const other = registry().certManagers.claim({ cluster: clusterId(component) }, claimant);
  const rule = `${other?.shown} of this program installs it on the same cluster already; a cluster has one cert-manager`;
  return other === undefined ? [] : [{ path: "install", got: undefined, rule, fix: "install: false" }];
}

function valuesOf(what: string, { values }: CertManagerArgs, version: string) {
  return resolved(what, "values", values, certManagerValuesRule(version)).apply(certManagerValues);
}

/**
 * A namespace of cert-manager's own, or one taken over. It stays at destroy: in it are the keys of every CA behind a
 * ClusterIssuer, those of others too.
 */
function createNamespace(
  name: string,
  args: CertManagerArgs,
  what: string,
  namespace: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): pulumi.CustomResource {
  const mark = { [stackMark]: stackName(), [componentMark]: what };
  const child = certManagerChildren.namespace(name);
  // Either way it is the same namespace to the engine, so that a change from one to the other deletes none.
  const known = (type: string) => ({ ...opts, aliases: [{ type: `kubernetes:core/v1:${type}` }] });
  if (args.adoptNamespace || args.adopt) {
    const annotations = { ...mark, "pulumi.com/patchForce": "true" };
    return new k8s.core.v1.NamespacePatch(child, { metadata: { name: namespace, annotations } }, known("Namespace"));
  }
  const metadata = { name: namespace, annotations: mark };
  return new k8s.core.v1.Namespace(child, { metadata }, { ...known("NamespacePatch"), retainOnDelete: true });
}

/** An output that does not apply. */
function absent(): pulumi.Output<string> {
  return pulumi.output(undefined) as unknown as pulumi.Output<string>;
}
