// How a spec of `convert` is written down: Ingresses, requests, and what comes of them.
import type { Ingress } from "../../lib/conversion/objects";

/** What an answer has to be like. */
export interface Expected {
  status: number;
  location?: string;
  /** Service that answered. */
  service?: string;
  /** Path that the backend saw. */
  path?: string;
  /** Headers that the backend saw; undefined for one that it must not see. */
  saw?: { [name: string]: string | undefined };
  /** Headers of the answer; undefined for one that must not be there. */
  headers?: { [name: string]: RegExp | undefined };
}

/** A request and what comes of it. */
export interface Ask extends Expected {
  host?: string;
  url: string;
  scheme?: "http" | "https";
  method?: string;
  send?: { [name: string]: string };
}

/** One spec. */
export interface Spec {
  file: string;
  says: string;
  ingresses: Ingress[];
  /** Other objects in the same input. */
  others?: object[];
  asks: Ask[];
}

type Paths = { [path: string]: string };

interface Options {
  name?: string;
  type?: string;
  tls?: boolean;
  /** The Secret of its TLS, where it is not that of all. */
  secret?: string;
  standard?: string;
}

const namespace = "convert";
const backendOf = (service: string) => ({ service: { name: service, port: { number: 80 } } });

/** An Ingress of a host: paths and the Services behind them. */
export function ingress(
  host: string,
  annotations: { [name: string]: string },
  paths: Paths,
  options: Options = {},
): Ingress {
  const { name = host.replace(/\./g, "-"), type = "Prefix", tls, secret, standard } = options;
  const notes = Object.entries(annotations).map(([key, value]) => [
    key.includes("/") ? key : `nginx.ingress.kubernetes.io/${key}`,
    value,
  ]);
  const list = Object.entries(paths).map(([path, service]) => ({ path, pathType: type, backend: backendOf(service) }));
  const object = {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace, annotations: Object.fromEntries(notes) as { [name: string]: string } },
    spec: {
      ingressClassName: "nginx",
      ...(standard ? { defaultBackend: backendOf(standard) } : {}),
      ...(tls || secret ? { tls: [{ hosts: [host], secretName: secret ?? "convert-tls" }] } : {}),
      rules: [{ host, http: { paths: list } }],
    },
  };
  return object;
}
