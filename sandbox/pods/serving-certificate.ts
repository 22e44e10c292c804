// A certificate that signs itself, for a server inside the sandbox: Node makes keys and signatures, but no certificates.
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** Certificate and key as PEM. */
export interface ServingCertificate {
  certificate: string;
  key: string;
}

/** Tags of DER. */
const tags = { integer: 2, bits: 3, octets: 4, oid: 6, utf8: 12, sequence: 48, set: 49, time: 23 };
const oids = { ecdsaWithSha256: "2a8648ce3d040302", commonName: "550403", alternativeNames: "551d11" };

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [129, size] : [130, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const sequence = (...parts: Buffer[]): Buffer => der(tags.sequence, ...parts);
const oid = (hex: string): Buffer => der(tags.oid, Buffer.from(hex, "hex"));
const bits = (content: Buffer): Buffer => der(tags.bits, Buffer.from([0]), content);

function time(date: Date): Buffer {
  const text = `${date.toISOString().slice(2, 19).replace(/\D/g, "")}Z`;
  return der(tags.time, Buffer.from(text));
}

function pem(label: string, content: Buffer): string {
  const lines = content.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/** One for these DNS names, valid for ten years. */
export function servingCertificate(names: string[]): ServingCertificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const algorithm = sequence(oid(oids.ecdsaWithSha256));
  const name = sequence(
    der(tags.set, sequence(oid(oids.commonName), der(tags.utf8, Buffer.from((names[0] ?? "").slice(0, 64))))),
  );
  const alternatives = names.map((each) => der(0x82, Buffer.from(each)));
  const extension = sequence(oid(oids.alternativeNames), der(tags.octets, sequence(...alternatives)));
  const now = Date.now();
  // A clock may be a little behind.
  const validity = sequence(time(new Date(now - 3600_000)), time(new Date(now + 3650 * 86_400_000)));
  const body = sequence(
    der(0xa0, der(tags.integer, Buffer.from([2]))),
    der(tags.integer, Buffer.from([1]), randomBytes(8)),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(extension)),
  );
  const signature = sign("sha256", body, privateKey);
  return {
    certificate: pem("CERTIFICATE", sequence(body, algorithm, bits(signature))),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}
