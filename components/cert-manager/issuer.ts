// The ClusterIssuer of a CertManager, with a root of its own or the CA in a Secret that exists.
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { readAuthority } from "../../cluster/authority";
import { certManagerDefaults as defaults } from "../../lib/istio/defaults";
import { certManagerObjects } from "../../lib/istio/names";
import { awaitedObject, secretOf, waits, type IssuedKind } from "../support/issued";
import { ownObject, type MadeOfIt, type Writer } from "../support/ownership";
import type { RootIssuerArgs } from "./args";
import { certManagerChildren as children } from "./children";
import { issuerSpec, rootSpec } from "./objects";

/** An issuer and what stands behind it. */
export interface RootIssuer {
  issuer: k8s.apiextensions.CustomResource;
  /** The Issuer and the Certificate of a root of its own; none with a given Secret. */
  authority: k8s.apiextensions.CustomResource[];
  /** Known once the issuer is ready. */
  issuerName: pulumi.Output<string>;
  caCertificate: pulumi.Output<string | undefined>;
}

/** Creates the ClusterIssuer; `after` gives the options of a child that comes after others. */
export function createIssuer(
  parent: pulumi.ComponentResource,
  name: string,
  writer: Writer,
  namespace: pulumi.Output<string>,
  { hasOwnRoot, settings }: { hasOwnRoot: boolean; settings: pulumi.Output<pulumi.Unwrap<RootIssuerArgs>> },
  after: (...others: pulumi.Resource[]) => pulumi.CustomResourceOptions,
): RootIssuer {
  const create = awaitedObject(parent, writer.cluster);
  const issuerName = settings.apply((given) => given.name ?? defaults.issuerName);
  const wayOut = issuerName.apply((got) => {
    const advice = "choose another name, or turn off this component's issuer";
    return { path: "issuer.name", got, advice, fix: `issuer: { name: "${got}-2" }` };
  });
  const own = (kind: IssuedKind, objectName: pulumi.Output<string>, made: MadeOfIt[] = []) => {
    const place = kind === "ClusterIssuer" ? {} : { namespace };
    return ownObject(writer, kind, { name: objectName, ...place, annotations: waits(true) }, wayOut, { made });
  };
  const createRoot = (): k8s.apiextensions.CustomResource[] => {
    const selfSigned = issuerName.apply(certManagerObjects.selfSignedIssuer);
    const authority = issuerName.apply(certManagerObjects.authority);
    const signing = own("Issuer", selfSigned);
    const signer = create(children.selfSignedIssuer(name), "Issuer", signing, { selfSigned: {} }, after());
    const spec = pulumi
      .all([authority, selfSigned, settings])
      .apply(([secret, issuer, { duration }]) => rootSpec(secret, issuer, duration));
    const metadata = own("Certificate", authority, [secretOf]);
    return [signer, create(children.authority(name), "Certificate", metadata, spec, after(signer))];
  };
  const authority = hasOwnRoot ? createRoot() : [];
  const secretName = pulumi
    .all([settings, issuerName])
    .apply(([given, called]) => given.secretName ?? certManagerObjects.authority(called));
  const metadata = own("ClusterIssuer", issuerName);
  const spec = secretName.apply(issuerSpec);
  const issuer = create(children.issuer(name), "ClusterIssuer", metadata, spec, after(...authority));
  const caCertificate = pulumi
    .all([issuer.id, namespace, secretName, writer.cluster.target])
    .apply(async ([, into, secret, target]) => {
      const read = readAuthority(target, into, secret, "tls.crt");
      return pulumi.runtime.isDryRun() ? read.catch(() => undefined) : read;
    });
  return {
    issuer,
    authority,
    issuerName: pulumi.all([issuerName, issuer.urn]).apply(([called]) => called),
    caCertificate,
  };
}
