// The objects that a conversion reads, as far as it reads them, and the ones it writes.

import type { RawNetworkPolicySpec } from "../network-policies/read";

/** Name, namespace, labels and annotations. */
export interface Metadata {
  name: string;
  namespace?: string;
  labels?: { [key: string]: string };
  annotations?: { [key: string]: string };
  creationTimestamp?: string;
}

/** Where an Ingress sends requests. */
export interface IngressBackend {
  service?: { name: string; port?: { number?: number; name?: string } };
  resource?: { kind: string; name: string };
}

/** A path of an Ingress. */
export interface IngressPath {
  path?: string;
  pathType?: string;
  backend: IngressBackend;
}

/** An Ingress of networking.k8s.io/v1. */
export interface Ingress {
  metadata: Metadata;
  spec: {
    ingressClassName?: string;
    defaultBackend?: IngressBackend;
    tls?: { hosts?: string[]; secretName?: string }[];
    rules?: { host?: string; http?: { paths?: IngressPath[] } }[];
  };
}

/** A Service, for the numbers and the protocols of its ports, and for its pods. */
export interface Service {
  metadata: Metadata;
  spec?: {
    type?: string;
    selector?: { [key: string]: string };
    ports?: { name?: string; port: number; targetPort?: number | string }[];
  };
}

/** A NetworkPolicy, for the pods that it selects and the clients that it admits to them. */
export interface NetworkPolicy {
  metadata: Metadata;
  spec?: RawNetworkPolicySpec;
}

/** A Secret, for the hosts of its certificate and whether it holds a client certificate. */
export interface Secret {
  metadata: Metadata;
  data?: { [key: string]: string };
  stringData?: { [key: string]: string };
}

/** A ConfigMap, for custom response headers. */
export interface ConfigMap {
  metadata: Metadata;
  data?: { [key: string]: string };
}

/** A Certificate of cert-manager, for its issuer and for whom it belongs to. */
export interface Certificate {
  metadata: Metadata & { ownerReferences?: { kind?: string; name?: string; controller?: boolean }[] };
  spec?: { issuerRef?: { name?: string; kind?: string; group?: string } };
}

/** An Issuer or ClusterIssuer of cert-manager, for how it answers a challenge. */
export interface Issuer {
  metadata: Metadata;
  spec?: { acme?: { solvers?: { http01?: { ingress?: object } }[] } };
}

/** An object that the conversion writes. */
export interface Written {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: { [key: string]: string }; annotations?: object };
  spec?: object;
  data?: { [key: string]: string };
}

/** What a shared object is told by: it stays where one conversion of several is deleted. */
export const sharedLabel = "istio-ambient/shared";

/** `namespace/name`, or the name alone where no namespace is given. */
export function keyOf({ namespace, name }: { namespace?: string; name: string }): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** Text with every character that means something in a regular expression taken literally. */
export function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
