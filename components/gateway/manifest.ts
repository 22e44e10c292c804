// The objects of an ingress gateway, whole: as a file of another tool holds them.
import type { Unwrap } from "@pulumi/pulumi";
import type { FileObject } from "../../lib/export/mesh";
import { certificateDefaults, gatewayDefaults } from "../../lib/istio/defaults";
import { gatewayObjects } from "../../lib/istio/names";
import type { GatewayArgs } from "./args";
import {
  authorityIssuerSpec,
  authoritySpec,
  certificateNames,
  certificateSpec,
  gatewaySpec,
  overlayData,
  selfSignedIssuerSpec,
} from "./objects";

/** A gateway's arguments without anything that has still to arrive; its name and namespace are given. */
export type PlainGateway = Unwrap<GatewayArgs> & { name: string; namespace: string };

const certManager = "cert-manager.io/v1";

/** The overlay, which comes first, and the Gateway. */
export function gatewayManifest(gateway: PlainGateway): FileObject[] {
  const { name, namespace, serviceType = gatewayDefaults.serviceType, httpNodePort, httpsNodePort } = gateway;
  const https = gateway.certificate?.enabled !== false;
  const overlay = gatewayObjects.overlay(name);
  const listeners = { ...gateway, https, secretName: https ? secretOf(gateway) : undefined };
  return [
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: overlay, namespace },
      data: overlayData({ serviceType, https, httpNodePort, httpsNodePort }, gateway),
    },
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: { name, namespace },
      spec: gatewaySpec(listeners, name, overlay),
    },
  ];
}

/** The Certificate of the https listener, with a CA of the gateway's own unless an issuer is named. */
export function certificateManifest(gateway: PlainGateway): FileObject[] {
  const { name, namespace, hostnames, certificate = {} } = gateway;
  if (certificate.enabled === false || certificate.existing === true) {
    return [];
  }
  const object = (kind: "Issuer" | "Certificate", objectName: string, spec: object): FileObject => ({
    apiVersion: certManager,
    kind,
    metadata: { name: objectName, namespace },
    spec,
  });
  const secretName = secretOf(gateway);
  const authority = gatewayObjects.authority(name);
  const selfSigned = gatewayObjects.selfSignedIssuer(name);
  const { issuerName, issuerKind = certificateDefaults.issuerKind } = certificate;
  const issuer =
    issuerName === undefined ? { issuerName: authority, issuerKind: "Issuer" } : { issuerName, issuerKind };
  const own = [
    object("Issuer", selfSigned, selfSignedIssuerSpec()),
    object("Certificate", authority, authoritySpec(authority, authority, selfSigned)),
    object("Issuer", authority, authorityIssuerSpec(authority)),
  ];
  const settings = { ...certificate, ...certificateNames(certificate, hostnames), secretName, ...issuer };
  return [...(issuerName === undefined ? own : []), object("Certificate", secretName, certificateSpec(settings))];
}

function secretOf({ name, certificate }: PlainGateway): string {
  return certificate?.secretName ?? gatewayObjects.secret(name);
}
