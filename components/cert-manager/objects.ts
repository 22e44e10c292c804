// What becomes of the arguments of CertManager: the chart's values, and the specs of the objects behind its issuer.
import { certManagerDefaults as defaults } from "../../lib/istio/defaults";
import { merge, type Values } from "../mesh/objects";

/**
 * Values of the chart. It makes the CRDs itself, so that they follow the release; those stay when the release goes, since
 * with a CRD all its objects go, whoever made them.
 */
export function certManagerValues(own: Values | undefined): Values {
  return merge({ crds: { enabled: true, keep: true } }, own ?? {});
}

/** The spec of the Certificate of the root CA. Its key never changes: clients trust it. */
export function rootSpec(secretName: string, selfSignedIssuer: string, duration: string | undefined): object {
  return {
    secretName,
    isCA: true,
    commonName: secretName.slice(0, 64),
    duration: duration ?? defaults.duration,
    privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Never" },
    issuerRef: { name: selfSignedIssuer, kind: "Issuer", group: "cert-manager.io" },
  };
}

/** The spec of the ClusterIssuer, which signs with the CA in a Secret of cert-manager's namespace. */
export function issuerSpec(secretName: string): object {
  return { ca: { secretName } };
}
