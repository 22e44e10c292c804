// What cert-manager reads from an Ingress, as data: each annotation with the field of a Certificate that it becomes.
import { isIP } from "node:net";
import { parseDuration } from "../../validation/formats";
import { booleanOf } from "../annotations/family";
import type { GatewayOptions } from "../routes";

/** An issuer of cert-manager. */
export interface IssuerName {
  name: string;
  kind: string;
}

/** A Certificate in the making, the same for every tls entry of an Ingress but for its hosts. */
export interface Draft {
  issuer: { name?: string; kind?: string; group?: string };
  annotations: { [name: string]: string };
  /** Names and addresses beside the hosts of the tls entry. */
  dnsNames: string[];
  ipAddresses: string[];
  spec: { [field: string]: unknown };
}

/** Why cert-manager does not take a value, and one that it takes. */
export interface Wrong {
  why: string;
  fix: string;
}

/** An annotation of cert-manager. */
export interface CertificateAnnotation {
  name: string;
  does: string;
  /** The field of the Certificate. */
  becomes: string;
  /** True for a value that changes nothing. */
  standard?: (value: string) => boolean;
  read(value: string, draft: Draft, gateway: GatewayOptions): Wrong | undefined;
}

const own = "cert-manager.io/";
const acme = "acme.cert-manager.io/";
const daySeconds = 86_400;
/** What cert-manager's webhook admits. */
const limits = { duration: 3600, renewBefore: 300, standard: 90 * daySeconds };
const usages = [
  ...["signing", "digital signature", "content commitment", "key encipherment", "key agreement", "data encipherment"],
  ...["cert sign", "crl sign", "encipher only", "decipher only", "any", "server auth", "client auth", "code signing"],
  ...["email protection", "s/mime", "ipsec end system", "ipsec tunnel", "ipsec user", "timestamping", "ocsp signing"],
  ...["microsoft sgc", "netscape sgc"],
];
const sizes: { [algorithm: string]: (size: number) => boolean } = {
  RSA: (size) => size >= 2048 && size <= 8192,
  ECDSA: (size) => [256, 384, 521].includes(size),
  Ed25519: () => true,
};

type PrivateKey = { algorithm?: string; encoding?: string; size?: number; rotationPolicy?: string };

function keyOf(draft: Draft): PrivateKey {
  return (draft.spec["privateKey"] ??= {}) as PrivateKey;
}

/** The length of what cert-manager is asked for, or its default. */
function lengthOf({ spec }: Draft): number {
  const { duration } = spec;
  return (typeof duration === "string" ? parseDuration(duration) : undefined) ?? limits.standard;
}

/** An annotation of text that is taken as it is. */
const asIs = (name: string, does: string, field: string, of: (value: string) => unknown): CertificateAnnotation => ({
  name: own + name,
  does,
  becomes: `spec.${field}`,
  read: (value, { spec }) => {
    spec[field] = of(value);
    return undefined;
  },
});

/** A word of a closed set. */
const word = (
  name: string,
  does: string,
  field: keyof PrivateKey & ("algorithm" | "encoding" | "rotationPolicy"),
  words: string[],
): CertificateAnnotation => ({
  name: own + name,
  does,
  becomes: `spec.privateKey.${field}`,
  read: (value, draft) => {
    if (!words.includes(value)) return { why: `must be one of ${words.join(", ")}`, fix: words[0]! };
    keyOf(draft)[field] = value;
    return undefined;
  },
});

/** A part of the subject: values with commas between them, in quotes where they have some themselves. */
const subject = (name: string, field: string): CertificateAnnotation => ({
  name: `${own}subject-${name}`,
  does: `${name} of the certificate's subject`,
  becomes: `spec.subject.${field}`,
  read: (value, { spec }) => {
    const values = field === "serialNumber" ? value : valuesOf(value);
    if (values === undefined) return { why: "must be one line of values with commas between them", fix: "Example" };
    spec["subject"] = { ...(spec["subject"] as object | undefined), [field]: values };
    return undefined;
  },
});

/** The values of one line of CSV; undefined where it is none. */
export function valuesOf(text: string): string[] | undefined {
  const form = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|$)/;
  const found: string[] = [];
  for (let rest = text.replace(/\r?\n$/, ""), more = true; more;) {
    const match = form.exec(rest);
    if (!match) return undefined;
    found.push(match[1]?.replace(/""/g, '"') ?? match[2] ?? "");
    rest = rest.slice(match[0].length);
    more = match[3] === ",";
  }
  return text === "" ? undefined : found;
}

/** Has the Gateway answer the challenge, where the solver is one for Gateway API. */
function solveAtGateway({ annotations }: Draft, { name, namespace }: GatewayOptions): void {
  annotations[`${acme}http01-parentrefkind`] = "Gateway";
  annotations[`${acme}http01-parentrefname`] = name;
  if (namespace !== undefined) annotations[`${acme}http01-parentrefnamespace`] = namespace;
}

const solverClass = (name: string): CertificateAnnotation => ({
  name: acme + name,
  does: "the class of the Ingress by which the ACME challenge is answered",
  becomes: "annotations `acme.cert-manager.io/http01-parentref…`",
  standard: (value) => value === "",
  read: (value, draft, gateway) => {
    if (value !== "") solveAtGateway(draft, gateway);
    return undefined;
  },
});

/** In the order in which cert-manager reads them. */
export const certificateAnnotations: readonly CertificateAnnotation[] = [
  {
    name: `${own}issuer`,
    does: "the Issuer, of the Ingress's namespace, that issues the Secrets of the tls section",
    becomes: "spec.issuerRef",
    read: (value, { issuer }) => {
      Object.assign(issuer, { name: value, kind: "Issuer" });
      return undefined;
    },
  },
  {
    name: `${own}cluster-issuer`,
    does: "the ClusterIssuer that issues the Secrets of the tls section",
    becomes: "spec.issuerRef",
    read: (value, { issuer }) => {
      Object.assign(issuer, { name: value, kind: "ClusterIssuer" });
      return undefined;
    },
  },
  {
    name: "kubernetes.io/tls-acme",
    does: "true: cert-manager's default issuer issues them, unless one is named",
    becomes: "nothing: the Certificate that cert-manager has made stays; with `--default-issuer`, `spec.issuerRef`",
    standard: (value) => !isTlsAcme(value),
    read: () => undefined,
  },
  {
    name: `${own}issuer-kind`,
    does: "the kind of an issuer that is not cert-manager's own",
    becomes: "spec.issuerRef.kind",
    read: (value, { issuer }) => {
      issuer.kind = value;
      return undefined;
    },
  },
  {
    name: `${own}issuer-group`,
    does: "its API group",
    becomes: "spec.issuerRef.group",
    read: (value, { issuer }) => {
      issuer.group = value;
      return undefined;
    },
  },
  {
    name: `${acme}http01-edit-in-place`,
    does: "true: the ACME challenge becomes a path of this Ingress",
    becomes: "annotations `acme.cert-manager.io/http01-parentref…` and `cert-manager.io/issue-temporary-certificate`",
    standard: (value) => value !== "true",
    read: (value, draft, gateway) => {
      if (value !== "true") return undefined;
      draft.annotations[`${own}issue-temporary-certificate`] = "true";
      solveAtGateway(draft, gateway);
      return undefined;
    },
  },
  solverClass("http01-ingress-class"),
  solverClass("http01-ingress-ingressclassname"),
  {
    name: `${own}common-name`,
    does: "the common name of the certificate",
    becomes: "spec.commonName",
    read: (value, { spec }) => {
      if (value.length > 64) return { why: "must have 64 characters at most", fix: "shop.example.com" };
      if (value !== "") spec["commonName"] = value;
      return undefined;
    },
  },
  {
    name: `${own}alt-names`,
    does: "more names in the certificate",
    becomes: "spec.dnsNames",
    read: (value, { dnsNames }) => {
      if (value !== "") dnsNames.push(...value.split(","));
      return undefined;
    },
  },
  {
    name: `${own}ip-sans`,
    does: "addresses in the certificate",
    becomes: "spec.ipAddresses",
    read: (value, { ipAddresses }) => {
      const given = value === "" ? [] : value.split(",");
      if (given.some((address) => isIP(address) === 0)) return { why: "must be addresses", fix: "192.0.2.10" };
      ipAddresses.push(...given);
      return undefined;
    },
  },
  asIs("email-sans", "e-mail addresses in the certificate", "emailAddresses", (value) => value.split(",")),
  subject("organizations", "organizations"),
  subject("organizationalunits", "organizationalUnits"),
  subject("countries", "countries"),
  subject("provinces", "provinces"),
  subject("localities", "localities"),
  subject("postalcodes", "postalCodes"),
  subject("streetaddresses", "streetAddresses"),
  subject("serialnumber", "serialNumber"),
  {
    name: `${own}duration`,
    does: "how long the certificate is valid",
    becomes: "spec.duration",
    read: (value, { spec }) => {
      if ((parseDuration(value) ?? 0) < limits.duration)
        return { why: "must be a duration of at least 1h", fix: "2160h" };
      spec["duration"] = value;
      return undefined;
    },
  },
  {
    name: `${own}renew-before`,
    does: "how long before its end it is renewed",
    becomes: "spec.renewBefore",
    read: (value, draft) => {
      const seconds = parseDuration(value) ?? 0;
      if (seconds < limits.renewBefore || seconds >= lengthOf(draft)) {
        return { why: "must be a duration of at least 5m, and less than that of the certificate", fix: "360h" };
      }
      draft.spec["renewBefore"] = value;
      return undefined;
    },
  },
  {
    name: `${own}renew-before-percentage`,
    does: "how much of its time may have passed when it is renewed",
    becomes: "spec.renewBeforePercentage",
    read: (value, draft) => {
      const percent = wholeNumber(value) ?? 0;
      const left = (lengthOf(draft) * (100 - percent)) / 100;
      if (percent < 1 || left < limits.renewBefore) return { why: "must be a whole number from 1 to 99", fix: "67" };
      if (draft.spec["renewBefore"] !== undefined)
        return { why: "must not stand beside renew-before", fix: "one of them" };
      draft.spec["renewBeforePercentage"] = percent;
      return undefined;
    },
  },
  {
    name: `${own}usages`,
    does: "what the key may be used for",
    becomes: "spec.usages",
    read: (value, { spec }) => {
      const given = value.split(",").map((usage) => usage.replace(/^ +| +$/g, ""));
      const unknown = given.filter((usage) => !usages.includes(usage));
      if (unknown.length > 0) return { why: `has no such usage as ${unknown.join(", ")}`, fix: "server auth" };
      spec["usages"] = given;
      return undefined;
    },
  },
  {
    name: `${own}revision-history-limit`,
    does: "how many CertificateRequests are kept",
    becomes: "spec.revisionHistoryLimit",
    read: (value, { spec }) => {
      const limit = wholeNumber(value) ?? 0;
      if (limit < 1) return { why: "must be a whole number from 1 up", fix: "1" };
      spec["revisionHistoryLimit"] = limit;
      return undefined;
    },
  },
  word("private-key-algorithm", "the algorithm of the private key", "algorithm", ["RSA", "ECDSA", "Ed25519"]),
  word("private-key-encoding", "how the private key is written", "encoding", ["PKCS1", "PKCS8"]),
  {
    name: `${own}private-key-size`,
    does: "the size of the private key in bits",
    becomes: "spec.privateKey.size",
    read: (value, draft) => {
      const size = wholeNumber(value) ?? 0;
      const algorithm = keyOf(draft).algorithm ?? "RSA";
      if (!sizes[algorithm]!(size))
        return { why: `must be a size of ${algorithm} keys`, fix: algorithm === "RSA" ? "2048" : "256" };
      keyOf(draft).size = size;
      return undefined;
    },
  },
  word("private-key-rotation-policy", "whether a renewed certificate has a new key", "rotationPolicy", [
    "Always",
    "Never",
  ]),
  {
    name: `${own}secret-template`,
    does: "labels and annotations of the Secret, as JSON",
    becomes: "spec.secretTemplate",
    read: (value, { spec }) => {
      const template = templateOf(value);
      if (!template) {
        return {
          why: "must be JSON with annotations and labels, none of them of cert-manager.io",
          fix: '{"labels": {"team": "shop"}}',
        };
      }
      if (Object.keys(template).length > 0) spec["secretTemplate"] = template;
      return undefined;
    },
  },
];

function wholeNumber(value: string): number | undefined {
  return /^[+-]?\d+$/.test(value) ? Number(value) : undefined;
}

/** The template of a Secret, without what is empty. */
function templateOf(text: string): object | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
  const fields = Object.entries(parsed as { [name: string]: unknown });
  const fits = fields.every(
    ([name, map]) =>
      (name === "annotations" || name === "labels") &&
      typeof map === "object" &&
      map !== null &&
      Object.values(map).every((one) => typeof one === "string") &&
      !(name === "annotations" && Object.keys(map).some((key) => key.startsWith(own))),
  );
  return fits ? Object.fromEntries(fields.filter(([, map]) => Object.keys(map as object).length > 0)) : undefined;
}

/** True for what is cert-manager's, whether it reads it from an Ingress or not. */
export function isOfCertManager(name: string): boolean {
  return name === "kubernetes.io/tls-acme" || name.startsWith(own) || name.startsWith(acme);
}

/** True where the default issuer is asked for. */
export function isTlsAcme(value: string | undefined): boolean {
  return booleanOf(value) === true;
}

/** Names in the order given, each once. */
export function once(values: readonly string[]): string[] {
  return [...new Set(values)];
}
