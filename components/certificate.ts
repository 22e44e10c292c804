// The certificate of a gateway's https listener: issued by cert-manager, or a Secret that exists.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { certificateDefaults as defaults, timeouts } from "../lib/defaults";
import { authoritySpec, certificateSpec } from "../lib/gateway-objects";
import { ExistingObject } from "./existing-object";
import { childOf, minutes } from "./children";
import { beforeTheEnd, explainWait } from "./waiting";

/** Which names the certificate holds, who signs it, and where it is kept. */
export interface CertificateArgs {
  /**
   * False: http only, no https listener.
   * @default true
   * @example false
   */
  enabled?: boolean;
  /**
   * True: the Secret `secretName` is used as it is and nothing is issued.
   * @default false
   * @example true
   */
  existing?: boolean;
  /**
   * Secret that holds the certificate, in the gateway's namespace. A change replaces the Certificate.
   * @default "hostk8s-gateway-cert"
   * @example "wildcard-cert"
   */
  secretName?: pulumi.Input<string>;
  /**
   * The cert-manager issuer that signs.
   * @default none: a CA of the gateway's own
   * @example "root-ca-cluster-issuer"
   */
  issuerName?: pulumi.Input<string>;
  /**
   * ClusterIssuer, or Issuer for one in the gateway's namespace.
   * @default "ClusterIssuer"
   * @example "Issuer"
   */
  issuerKind?: pulumi.Input<string>;
  /**
   * Host names in the certificate. A wildcard needs two labels under it: TLS libraries refuse `*.localhost`.
   * @default ["localhost", "hostk8s.local", "*.hostk8s.local"]
   * @example ["apps.example.com"]
   */
  dnsNames?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Addresses in the certificate. Public issuers refuse them: give an empty list there.
   * @default ["127.0.0.1", "::1"]
   * @example []
   */
  ipAddresses?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * How long a certificate is valid, in hours, minutes and seconds; at least 1h.
   * @default "2160h"
   * @example "720h"
   */
  duration?: pulumi.Input<string>;
  /**
   * How long before its end it is renewed; at least 5m, and less than `duration`.
   * @default "720h"
   * @example "240h"
   */
  renewBefore?: pulumi.Input<string>;
}

/** The gateway that a certificate is for. */
interface CertificateOwner {
  name: pulumi.Output<string>;
  namespace: pulumi.Output<string>;
  https: boolean;
  certificate: pulumi.Output<pulumi.Unwrap<CertificateArgs>>;
}

/** What the https listener refers to, and what has to be there before it does. */
interface ListenerCertificate {
  secretName: pulumi.Output<string>;
  authority: pulumi.Output<string>;
  resources: pulumi.Resource[];
}

/** Creates the Certificate, with a CA of the gateway's own unless an issuer is named; nothing for a Secret that exists. */
export function createCertificate(
  parent: pulumi.ComponentResource,
  name: string,
  owner: CertificateOwner,
  args: CertificateArgs,
  opts: pulumi.ComponentResourceOptions | undefined,
): ListenerCertificate {
  if (!owner.https) {
    return { secretName: pulumi.output(""), authority: pulumi.output(""), resources: [] };
  }
  const secretName = owner.certificate.apply((certificate) => certificate.secretName ?? defaults.secretName);
  if (args.existing) {
    return { secretName, authority: pulumi.output(""), resources: [] };
  }
  const issuer = args.issuerName === undefined ? createAuthority(parent, name, owner, opts) : namedIssuer(owner);
  const spec = pulumi
    .all([owner.certificate, secretName, issuer])
    .apply(([certificate, secret, { issuerName, issuerKind }]) =>
      certificateSpec({ ...certificate, secretName: secret, issuerName, issuerKind }),
    );
  const certificate = certManager(
    parent,
    `${name}-certificate`,
    "Certificate",
    secretName,
    owner.namespace,
    spec,
    childOf(parent, opts),
  );
  return { secretName, authority: readAuthority(parent, name, certificate, secretName), resources: [certificate] };
}

function namedIssuer(owner: CertificateOwner): pulumi.Output<{ issuerName: string; issuerKind: string }> {
  return owner.certificate.apply(({ issuerName, issuerKind }) => ({
    issuerName: issuerName ?? "",
    issuerKind: issuerKind ?? defaults.issuerKind,
  }));
}

/** A self-signed root that lives long, and the issuer that signs with it. */
function createAuthority(
  parent: pulumi.ComponentResource,
  name: string,
  owner: CertificateOwner,
  opts: pulumi.ComponentResourceOptions | undefined,
): pulumi.Output<{ issuerName: string; issuerKind: string }> {
  const selfSigned = pulumi.interpolate`${owner.name}-selfsigned`;
  const authority = pulumi.interpolate`${owner.name}-ca`;
  const root = certManager(
    parent,
    `${name}-selfsigned-issuer`,
    "Issuer",
    selfSigned,
    owner.namespace,
    { selfSigned: {} },
    childOf(parent, opts),
  );
  const spec = pulumi.all([authority, selfSigned]).apply(([ca, issuer]) => authoritySpec(ca, ca, issuer));
  const certificate = certManager(
    parent,
    `${name}-ca-certificate`,
    "Certificate",
    authority,
    owner.namespace,
    spec,
    childOf(parent, opts, root),
  );
  const issuer = certManager(
    parent,
    `${name}-ca-issuer`,
    "Issuer",
    authority,
    owner.namespace,
    { ca: { secretName: authority } },
    childOf(parent, opts, certificate),
  );
  return pulumi.all([authority, issuer.urn]).apply(([issuerName]) => ({ issuerName, issuerKind: "Issuer" }));
}

function certManager(
  parent: pulumi.ComponentResource,
  name: string,
  kind: string,
  objectName: pulumi.Input<string>,
  namespace: pulumi.Input<string>,
  spec: pulumi.Input<object>,
  opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
  const resource = new k8s.apiextensions.CustomResource(
    name,
    {
      apiVersion: "cert-manager.io/v1",
      kind,
      metadata: { name: objectName, namespace, annotations: { "pulumi.com/waitFor": "condition=Ready" } },
      spec,
    },
    { ...opts, ...minutes(timeouts.certificate) },
  );
  const awaited = pulumi.all([objectName, namespace]).apply(([object, into]) => ({
    kind,
    path: `/apis/cert-manager.io/v1/namespaces/${into}/${kind.toLowerCase()}s`,
    namespace: into,
    name: object,
    condition: "Ready",
  }));
  explainWait(parent, resource, awaited, beforeTheEnd(timeouts.certificate));
  return resource;
}

/** The signer's certificate out of the Secret. It is public, although it is kept beside a key. */
function readAuthority(
  parent: pulumi.ComponentResource,
  name: string,
  certificate: k8s.apiextensions.CustomResource,
  secretName: pulumi.Output<string>,
): pulumi.Output<string> {
  const namespace = certificate.id.apply((id) => id.split("/")[0]!);
  // The id comes from the Certificate: before it exists there is nothing to read, at preview above all.
  const id = pulumi.interpolate`${namespace}/${secretName}`;
  const object = { apiVersion: "v1", kind: "Secret", namespace, name: secretName } as const;
  const secret = new ExistingObject(`${name}-certificate-secret`, object, id, parent);
  return pulumi.unsecret(secret.data.apply((data) => Buffer.from(data?.["ca.crt"] ?? "", "base64").toString("utf8")));
}
