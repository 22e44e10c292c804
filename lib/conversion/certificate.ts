// Which hosts the certificate of a TLS Secret is for.
import { X509Certificate } from "node:crypto";
import { defined } from "../json";
import { keyOf, type Secret } from "./objects";
import type { ReadIngress } from "./servers";

/** Whether the Secret's certificate is for the host; of a Secret that was not read, the hosts of its tls section say so. */
export function certificateFor(
  secrets: ReadonlyMap<string, Secret>,
): (owner: ReadIngress, secret: string, host: string) => boolean {
  return ({ ingress }, name, host) => {
    const secret = secrets.get(keyOf(defined({ namespace: ingress.metadata.namespace, name })));
    const pem = pemOf(secret);
    if (pem !== undefined) return isFor(pem, host);
    const named = (ingress.spec.tls ?? [])
      .filter(({ secretName }) => secretName === name)
      .flatMap(({ hosts }) => hosts ?? []);
    if (named.includes(host)) return true;
    return named.some((pattern) => pattern.startsWith("*.") && pattern.slice(2) === host.split(".").slice(1).join("."));
  };
}

function pemOf(secret: Secret | undefined): string | undefined {
  const encoded = secret?.data?.["tls.crt"];
  return encoded === undefined ? secret?.stringData?.["tls.crt"] : Buffer.from(encoded, "base64").toString("utf8");
}

function isFor(pem: string, host: string): boolean {
  try {
    return new X509Certificate(pem).checkHost(host.replace(/^\*\./, "any-label.")) !== undefined;
  } catch {
    return false;
  }
}
