// Reads who signed a certificate: of a Secret the public part alone, so that no key leaves this module.
import type { V1Secret } from "@kubernetes/client-node";
import { ApiClient } from "./client";
import type { ClusterTarget } from "./connection";

const readMs = 10_000;

/**
 * The signer's certificate as PEM, or undefined where the Secret, or this part of it, is not there. Of a CA's own Secret it
 * is `tls.crt`.
 */
export async function readAuthority(
  target: ClusterTarget,
  namespace: string,
  secretName: string,
  part: "ca.crt" | "tls.crt" = "ca.crt",
): Promise<string | undefined> {
  const client = await ApiClient.connect(target, readMs);
  try {
    const reply = await client.get(`/api/v1/namespaces/${namespace}/secrets/${secretName}`);
    if (reply.kind === "missing") {
      return undefined;
    }
    if (reply.kind !== "ok") {
      throw new Error(`Secret ${namespace}/${secretName} cannot be read: ${reply.why}`);
    }
    const encoded = (reply.body as V1Secret).data?.[part];
    return encoded ? Buffer.from(encoded, "base64").toString("utf8") : undefined;
  } finally {
    client.close();
  }
}
