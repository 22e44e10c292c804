// Certificates of HTTPS listeners and of the mesh's own CA: there, for the right names, not about to end.
import { X509Certificate } from "node:crypto";
import {
  condition,
  type ClusterSnapshot,
  type GatewayState,
  type Reference,
  type SecretState,
} from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { said } from "./gateways";
import { allListeners } from "./listener-sets";
import { ingressGateways, istiods } from "./mesh";

const dayMs = 24 * 60 * 60 * 1000;
/** cert-manager renews a month before the end by default: two weeks before it, something went wrong. */
const listenerDays = 14;
const authorityDays = 30;

/** Where the mesh's CA is: the user's own before the one that istiod makes; and what istiod hands out as its root. */
export const authorityNames = { own: "cacerts", generated: "istio-ca-secret", roots: "istio-ca-root-cert" } as const;

export const certificateChecks: Check[] = [
  {
    id: "listener-secrets",
    category: "certificates",
    claim: "every HTTPS listener has a Secret with a certificate",
    severity: "error",
    hint: "Without it the port is open and every TLS handshake fails.",
    needs: ["gateways", "secrets"],
    also: ["gatewayClasses", "listenerSets"],
    isLocal: true,
    run: (snapshot) =>
      listenerCertificates(snapshot).flatMap(({ gateway, reference, secret, certificate }) => {
        if (certificate) return [];
        const got = secret ? "no certificate in tls.crt or cert" : "none";
        return [
          finding("Secret", reference, got, `Gateway ${gateway.name} serves HTTPS with it`, {
            run: `kubectl get certificates,secrets --namespace ${reference.namespace}`,
          }),
        ];
      }),
  },
  {
    id: "certificate-ready",
    category: "certificates",
    claim: "cert-manager has issued every gateway's certificate",
    severity: "error",
    hint: "See the events of the Certificate and its CertificateRequest for the reason.",
    needs: ["gateways", "certificates"],
    also: ["gatewayClasses", "listenerSets"],
    isLocal: true,
    run(snapshot) {
      const used = distinctReferences(snapshot).map(({ reference }) => `${reference.namespace}/${reference.name}`);
      return snapshot.certificates
        .filter((certificate) => used.includes(`${certificate.namespace}/${certificate.secretName}`))
        .filter((certificate) => condition(certificate.conditions, "Ready")?.status !== "True")
        .map((certificate) =>
          finding(
            "Certificate",
            certificate,
            said("Ready", condition(certificate.conditions, "Ready")),
            `${certificate.issuer} has issued it`,
            { run: `kubectl describe certificate ${certificate.name} --namespace ${certificate.namespace}` },
          ),
        );
    },
  },
  {
    id: "certificate-valid",
    category: "certificates",
    claim: "every gateway's certificate is valid now",
    severity: "error",
    hint: "Clients refuse a certificate outside its dates.",
    needs: ["gateways", "secrets"],
    also: ["gatewayClasses", "listenerSets"],
    isLocal: true,
    run: (snapshot, { now }) =>
      listenerCertificates(snapshot).flatMap(({ reference, certificate }) => {
        if (!certificate || isCurrent(certificate, now)) return [];
        const got = `valid from ${day(certificate.validFromDate)} to ${day(certificate.validToDate)}`;
        return [finding("Secret", reference, got, `today is ${day(now)}`, renew(snapshot, reference))];
      }),
  },
  {
    id: "certificate-expiry",
    category: "certificates",
    claim: `every gateway's certificate is valid for ${listenerDays} more days, or for a quarter of its lifetime`,
    severity: "warning",
    hint: "It should have been renewed by now; check what renews it.",
    needs: ["gateways", "secrets"],
    also: ["gatewayClasses", "listenerSets"],
    isLocal: true,
    run: (snapshot, { now }) =>
      listenerCertificates(snapshot).flatMap(({ reference, certificate }) => {
        if (!certificate || !isCurrent(certificate, now) || !isLate(certificate, now, listenerDays)) return [];
        const [got, rule] = lateTexts(certificate, now, listenerDays);
        return [finding("Secret", reference, got, rule, renew(snapshot, reference))];
      }),
  },
  {
    id: "certificate-names",
    category: "certificates",
    claim: "every gateway's certificate is for the names that its listener serves",
    severity: "warning",
    hint: "TLS libraries also refuse a wildcard directly under a top-level name, such as *.localhost.",
    needs: ["gateways", "secrets"],
    also: ["gatewayClasses", "listenerSets"],
    isLocal: true,
    run: (snapshot) =>
      listenerCertificates(snapshot).flatMap(({ reference, certificate, hostnames }) => {
        if (!certificate) return [];
        const names = dnsNames(certificate);
        const fix = { write: "certificate: { dnsNames: [...] }" };
        const wide = names
          .filter((name) => /^\*\.[^.]+$/.test(name))
          .map((name) => finding("Secret", reference, name, "a wildcard needs at least two labels after it", fix));
        const uncovered = hostnames
          .filter((hostname) => hostname !== "" && !names.some((name) => covers(name, hostname)))
          .map((hostname) =>
            finding("Secret", reference, names.join(", "), `its listener serves ${hostname}`, {
              write: `certificate: { dnsNames: ["${hostname}"] }`,
            }),
          );
        return [...wide, ...uncovered];
      }),
  },
  {
    id: "mesh-ca",
    category: "certificates",
    claim: `the mesh's own CA is valid for ${authorityDays} more days, or for a quarter of its lifetime`,
    severity: "error",
    hint: "When the CA expires, every connection in the mesh fails.",
    needs: ["deployments", "secrets"],
    run: (snapshot, { now }) =>
      authorities(snapshot).flatMap((secret) => {
        const [signing] = certificatesIn(secret.certificate);
        // Proxies take any root of the bundle: the last that has issued the signing certificate counts, and the first of both
        // that ends.
        const [root] = ordered(certificatesIn(secret.roots).filter((root) => signing?.checkIssued(root))).reverse();
        const [certificate] = ordered([signing, root].flatMap((each) => each ?? [])).filter((each) =>
          isLate(each, now, authorityDays),
        );
        if (!certificate) return [];
        const [got, rule] = lateTexts(certificate, now, authorityDays);
        return [finding("Secret", secret, got, rule, { run: renewAuthority(secret) })];
      }),
  },
  {
    id: "mesh-ca-root",
    category: "certificates",
    claim: "istiod hands out the root of the CA that it was given",
    severity: "warning",
    hint: "istiod reads a new root only when it starts; until then it signs with the CA that it had.",
    needs: ["deployments", "secrets"],
    also: ["configMaps"],
    run: (snapshot) =>
      authorities(snapshot).flatMap((secret) => {
        const { namespace } = secret;
        const settings = istiods(snapshot).filter((istiod) => istiod.namespace === namespace);
        if (settings.some(({ env }) => handsOutOtherwise(env))) return [];
        const isThat = (map: Reference) => map.namespace === namespace && map.name === authorityNames.roots;
        const out = snapshot.configMaps.find((map) => isThat({ kind: "ConfigMap", ...map }))?.data["root-cert.pem"];
        const known = certificatesIn(out).map(({ fingerprint256 }) => fingerprint256);
        const news = certificatesIn(secret.roots).filter(({ fingerprint256 }) => !known.includes(fingerprint256));
        const [first] = news;
        if (known.length === 0 || !first) return [];
        const got = `root-cert.pem with ${first.subject.replace(/\n/g, ", ")}, which is not in ConfigMap ${authorityNames.roots}`;
        const rule =
          "proxies trust what istiod hands out: root-cert.pem holds the old root beside the new one until every certificate " +
          "is renewed, and istiod is restarted after each change of it";
        const run = `kubectl get configmap ${authorityNames.roots} --namespace ${namespace} --output jsonpath='{.data.root-cert\\.pem}' >> ca/root-cert.pem`;
        return [finding("Secret", secret, got, rule, { run })];
      }),
  },
];

interface ListenerCertificate {
  gateway: GatewayState;
  reference: Reference;
  /** Of all listeners that use it. */
  hostnames: string[];
  secret: SecretState | undefined;
  certificate: X509Certificate | undefined;
}

/** Each Secret once, with the hostnames of every listener that uses it. */
function distinctReferences(snapshot: ClusterSnapshot) {
  const found = new Map<string, Pick<ListenerCertificate, "gateway" | "reference" | "hostnames">>();
  const listenersOf = allListeners(snapshot);
  for (const gateway of ingressGateways(snapshot)) {
    for (const listener of listenersOf(gateway)) {
      for (const reference of listener.certificates) {
        const key = `${reference.namespace}/${reference.name}`;
        const known = found.get(key);
        if (known) known.hostnames.push(listener.hostname);
        else found.set(key, { gateway, reference, hostnames: [listener.hostname] });
      }
    }
  }
  return [...found.values()];
}

function listenerCertificates(snapshot: ClusterSnapshot): ListenerCertificate[] {
  return distinctReferences(snapshot).map((used) => {
    const { namespace, name } = used.reference;
    const secret = snapshot.secrets.find((found) => found.namespace === namespace && found.name === name);
    return { ...used, secret, certificate: secret && parsed(secret) };
  });
}

/**
 * The Secrets of the mesh's own CA: where there is one of the user's, istiod does not read its own any more, and where others sign
 * it reads none.
 */
function authorities(snapshot: ClusterSnapshot): SecretState[] {
  const places = istiods(snapshot).filter(({ env }) => !isSignedElsewhere(env));
  const secrets = snapshot.secrets.filter((secret) => places.some(({ namespace }) => namespace === secret.namespace));
  const own = secrets.filter(({ name }) => name === authorityNames.own);
  const generated = secrets.filter(({ name }) => name === authorityNames.generated);
  return [...own, ...generated.filter(({ namespace }) => !own.some((each) => each.namespace === namespace))];
}

/** All certificates of a text; what is none is skipped. */
function certificatesIn(pem = ""): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

/** By the day on which they end. */
function ordered(certificates: X509Certificate[]): X509Certificate[] {
  return [...certificates].sort((one, other) => one.validToDate.getTime() - other.validToDate.getTime());
}

/** Whether certificates come from a CA outside of istiod, or from the API server's signers. */
function isSignedElsewhere(env: Record<string, string>): boolean {
  const isSigner = (env["PILOT_CERT_PROVIDER"] ?? "").startsWith("k8s.io/");
  return isGoFalse(env["ENABLE_CA_SERVER"]) || (isSigner && (env["EXTERNAL_CA"] ?? "") !== "");
}

/** As istiod reads its settings. */
function isGoFalse(value = ""): boolean {
  return ["0", "f", "F", "false", "False", "FALSE"].includes(value);
}

/** Where istiod takes a new root by itself, or what proxies trust is not in the ConfigMap. */
function handsOutOtherwise(env: Record<string, string>): boolean {
  return (
    ["ISTIO_MULTIROOT_MESH", "ENABLE_CLUSTER_TRUST_BUNDLE_API"].some((name) => env[name] === "true") ||
    (env["PILOT_CA_CERT_CONFIGMAP"] ?? authorityNames.roots) !== authorityNames.roots
  );
}

function parsed(secret: SecretState): X509Certificate | undefined {
  try {
    return secret.certificate ? new X509Certificate(secret.certificate) : undefined;
  } catch {
    return undefined;
  }
}

function isCurrent(certificate: X509Certificate, now: Date): boolean {
  return certificate.validFromDate <= now && now < certificate.validToDate;
}

function daysLeft(certificate: X509Certificate, now: Date): number {
  return Math.floor((certificate.validToDate.getTime() - now.getTime()) / dayMs);
}

/** What renews a certificate has had its time by then: cert-manager does it when a third of the lifetime is left. */
function leastLeft({ validFromDate, validToDate }: X509Certificate, days: number): number {
  return Math.min(days * dayMs, (validToDate.getTime() - validFromDate.getTime()) / 4);
}

function isLate(certificate: X509Certificate, now: Date, days: number): boolean {
  return certificate.validToDate.getTime() - now.getTime() < leastLeft(certificate, days);
}

/** What is seen of a certificate that should have been renewed, and the rule. */
function lateTexts(certificate: X509Certificate, now: Date, days: number): [got: string, rule: string] {
  const got = `valid until ${day(certificate.validToDate)}, ${daysLeft(certificate, now)} days`;
  const least = leastLeft(certificate, days);
  if (least === days * dayMs) return [got, `it is valid for ${days} more days`];
  const whole = certificate.validToDate.getTime() - certificate.validFromDate.getTime();
  const [amount, unit] = whole < 3 * dayMs ? [whole / (dayMs / 24), "hours"] : [whole / dayMs, "days"];
  return [got, `it is valid for ${Math.round(amount)} ${unit} and is renewed before the last quarter`];
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function dnsNames(certificate: X509Certificate): string[] {
  const entries = (certificate.subjectAltName ?? "").split(", ");
  return entries.filter((entry) => entry.startsWith("DNS:")).map((entry) => entry.slice("DNS:".length));
}

/** A certificate's name against a listener's hostname, which may be a wildcard itself. */
function covers(name: string, hostname: string): boolean {
  if (name === hostname) return true;
  return name.startsWith("*.") && !hostname.startsWith("*.") && hostname.replace(/^[^.]+/, "*") === name;
}

/** cert-manager issues again when the Secret is gone; other Secrets are the user's. */
function renew(snapshot: ClusterSnapshot, { namespace, name }: Reference): Finding["fix"] {
  const certificate = snapshot.certificates.find((found) => found.namespace === namespace && found.secretName === name);
  return certificate
    ? { run: `cmctl renew ${certificate.name} --namespace ${namespace}` }
    : {
        run: `kubectl create secret tls ${name} --namespace ${namespace} --cert tls.crt --key tls.key --dry-run=client -o yaml | kubectl apply -f -`,
      };
}

/** cert-manager would put its own CA back; what istiod has made it makes again when it starts. */
function renewAuthority({ namespace, name, annotations }: SecretState): string {
  const certificate = annotations["cert-manager.io/certificate-name"];
  if (certificate !== undefined) return `cmctl renew ${certificate} --namespace ${namespace}`;
  return name === authorityNames.own
    ? `kubectl create secret generic cacerts --namespace ${namespace} --from-file ./ca --dry-run=client --output yaml | kubectl apply --server-side --force-conflicts -f -`
    : `kubectl rollout restart deployment --selector app=istiod --namespace ${namespace}`;
}
