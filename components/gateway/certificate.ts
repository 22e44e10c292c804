// The certificate of a gateway's https listener: issued by cert-manager, or a Secret that exists.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { certificateDefaults as defaults, timeouts } from "../../lib/istio/defaults";
import { gatewayChildren } from "./children";
import { gatewayObjects } from "../../lib/istio/names";
import { authorityIssuerSpec, authoritySpec, certificateNames, certificateSpec, selfSignedIssuerSpec } from "./objects";
import { readAuthority } from "../../cluster/authority";
import { reason, type ClusterTarget } from "../../cluster/connection";
import { awaitVerdict } from "../../cluster/wait";
import { explainWaiting } from "../../cluster/waiting";
import { conditionVerdict, type Verdict, type WithConditions } from "../../lib/cluster-state/conditions";
import type { Awaited } from "../../lib/cluster-state/waiting";
import { childOf } from "../support/children";
import { goneFailure, runFailure } from "../support/failures";
import type { Cluster } from "../support/cluster";
import { awaitedObject, readiness, secretOf, unawaited, waits } from "../support/issued";
import { lookAt } from "../support/look";
import { announceCertificate } from "../support/planned";
import { factsOf } from "../support/mesh-facts";
import { formerNames, stackName } from "../support/program";
import { authorityBase } from "../../lib/ownership/authority";
import { anotherName, MadeOfIt, ownObject, Writer } from "../support/ownership";
import { CertificateArgs } from "./args";

/** The gateway that a certificate is for. */
interface CertificateOwner {
  name: pulumi.Output<string>;
  namespace: pulumi.Output<string>;
  https: boolean;
  /** With its names. */
  certificate: pulumi.Output<pulumi.Unwrap<CertificateArgs> & ReturnType<typeof certificateNames>>;
}

/** What the https listener refers to. */
interface ListenerCertificate {
  /** Nothing without an https listener. */
  secretName: pulumi.Output<string | undefined>;
  /** The Certificate; none where there is nothing to issue. */
  resource?: k8s.apiextensions.CustomResource;
  /** A CA of the gateway's own. */
  authority: k8s.apiextensions.CustomResource[];
  /** What has to be there before the Gateway is made. */
  before: pulumi.Resource[];
}

/** Creates the Certificate, with a CA of the gateway's own unless an issuer is named; nothing for a Secret that exists. */
export function createCertificate(
  parent: pulumi.ComponentResource,
  name: string,
  writer: Writer,
  owner: CertificateOwner,
  args: CertificateArgs,
): ListenerCertificate {
  if (!owner.https) {
    return { secretName: pulumi.output(undefined), authority: [], before: [] };
  }
  const secretName = pulumi
    .all([owner.certificate, owner.name])
    .apply(([certificate, name]) => certificate.secretName ?? gatewayObjects.secret(name));
  if (args.existing) {
    return { secretName, authority: [], before: [] };
  }
  const isForeign = args.issuerName !== undefined;
  const own = isForeign ? undefined : createAuthority(parent, name, writer, owner);
  const issuer = own?.issuer ?? namedIssuer(owner);
  const spec = pulumi
    .all([owner.certificate, secretName, issuer])
    .apply(([certificate, secret, { issuerName, issuerKind }]) =>
      certificateSpec({ ...certificate, secretName: secret, issuerName, issuerKind }),
    );
  announceCertificate(writer.cluster, secretName, owner.namespace, spec);
  const child = childOf(parent, writer.opts);
  // A foreign issuer may have to reach this very gateway before it signs (ACME): it is awaited afterwards.
  const create = isForeign ? unawaited : awaitedObject(parent, writer.cluster);
  const wayOut = secretName.apply((got) => {
    const advice = "choose another name for the Secret";
    return { path: "certificate.secretName", got, advice, fix: `certificate: { secretName: "${got}-2" }` };
  });
  const { namespace } = owner;
  const metadata = ownObject(
    writer,
    "Certificate",
    { name: secretName, namespace, annotations: waits(!isForeign) },
    wayOut,
    {
      made: [secretOf],
    },
  );
  const resource = create(gatewayChildren.certificate(name), "Certificate", metadata, spec, child);
  return { secretName, resource, authority: own?.resources ?? [], before: isForeign ? [] : [resource] };
}

function namedIssuer(owner: CertificateOwner): pulumi.Output<{ issuerName: string; issuerKind: string }> {
  return owner.certificate.apply(({ issuerName, issuerKind }) => ({
    issuerName: issuerName ?? "",
    issuerKind: issuerKind ?? defaults.issuerKind,
  }));
}

/** What the CA's objects are called after: a CA that clients trust is kept, also where its gateway is renamed. */
function authorityName(
  { what, cluster, isJudged, namespace, opts }: Writer,
  owner: CertificateOwner,
): pulumi.Output<string> {
  const facts = factsOf(opts?.parent);
  const seen = typeof facts === "object" ? facts.objects.filter(({ kind }) => kind === "Certificate") : undefined;
  return pulumi.all([owner.name, namespace ?? owner.namespace, cluster.target]).apply(async ([name, into, target]) => {
    const needed = { kind: "Certificate" as const, namespace: into };
    const found = seen ?? (isJudged ? [] : await lookAt(cluster).objectsForName(target, needed));
    const former = formerNames(opts).map((each) => what.replace(/".*"$/, `"${each}"`));
    return authorityBase(found, { stack: stackName(), components: [what, ...former], namespace: into, name });
  });
}

/** A CA of a gateway's own, and how the certificate refers to it. */
interface Authority {
  issuer: pulumi.Output<{ issuerName: string; issuerKind: string }>;
  resources: k8s.apiextensions.CustomResource[];
}

/** A self-signed root that lives long, and the issuer that signs with it. */
function createAuthority(
  parent: pulumi.ComponentResource,
  name: string,
  writer: Writer,
  owner: CertificateOwner,
): Authority {
  const base = authorityName(writer, owner);
  const selfSigned = base.apply(gatewayObjects.selfSignedIssuer);
  const authority = base.apply(gatewayObjects.authority);
  const { opts } = writer;
  const create = awaitedObject(parent, writer.cluster);
  const wayOut = owner.name.apply((taken) => anotherName(taken));
  const own = (kind: "Issuer" | "Certificate", objectName: pulumi.Output<string>, made: MadeOfIt[] = []) => {
    const metadata = { name: objectName, namespace: owner.namespace, annotations: waits(true) };
    return ownObject(writer, kind, metadata, wayOut, { made });
  };
  const root = create(
    gatewayChildren.selfSignedIssuer(name),
    "Issuer",
    own("Issuer", selfSigned),
    selfSignedIssuerSpec(),
    childOf(parent, opts),
  );
  const spec = pulumi.all([authority, selfSigned]).apply(([ca, issuer]) => authoritySpec(ca, ca, issuer));
  announceCertificate(writer.cluster, authority, owner.namespace, spec);
  const certificate = create(
    gatewayChildren.authority(name),
    "Certificate",
    own("Certificate", authority, [secretOf]),
    spec,
    childOf(parent, opts, root),
  );
  const issuer = create(
    gatewayChildren.authorityIssuer(name),
    "Issuer",
    own("Issuer", authority),
    authority.apply(authorityIssuerSpec),
    childOf(parent, opts, certificate),
  );
  return {
    issuer: pulumi.all([authority, issuer.urn]).apply(([issuerName]) => ({ issuerName, issuerKind: "Issuer" })),
    resources: [root, certificate, issuer],
  };
}

/**
 * The signer's certificate, once the gateway's is issued; nothing where the issuer does not give it. `after` is known once
 * the Gateway serves: before that an ACME issuer cannot reach it.
 */
export function issuedBy(
  certificate: ListenerCertificate,
  cluster: Cluster,
  after: pulumi.Output<unknown>,
): pulumi.Output<string | undefined> {
  const { resource, secretName } = certificate;
  if (!resource) {
    return pulumi.output(undefined);
  }
  return pulumi
    .all([resource.id, resource.metadata, secretName, cluster.target, after])
    .apply(async ([, metadata, secret = "", target]) => {
      const { namespace = "", name = "" } = metadata as { namespace?: string; name?: string };
      if (pulumi.runtime.isDryRun()) {
        return readAuthority(target, namespace, secret).catch(() => undefined);
      }
      await requireIssued(target, readiness("Certificate", namespace, name));
      return readAuthority(target, namespace, secret);
    });
}

async function requireIssued(target: ClusterTarget, awaited: Awaited): Promise<void> {
  const { path, namespace, name, condition } = awaited;
  const begun = Date.now();
  const forMs = timeouts.foreignCertificate * 60_000;
  let verdict: Verdict;
  try {
    const judge = (object: unknown) => conditionVerdict(object as WithConditions, condition);
    verdict = await awaitVerdict(target, `${path}/${name}`, judge, forMs, { wasMade: true });
  } catch (error) {
    throw runFailure(
      `Certificate ${namespace}/${name} was created, but could not be watched until it was issued: ${reason(error)}`,
    );
  }
  if (verdict.state === "missing") {
    throw goneFailure(`Certificate ${namespace}/${name}`);
  }
  if (verdict.state !== "accepted") {
    const text = await explainWaiting(target, awaited, { begun, seen: begun }, 0).catch(() => undefined);
    throw runFailure(
      text ?? `Certificate ${namespace}/${name} was not issued within ${timeouts.foreignCertificate} min`,
    );
  }
}
