// TLS of whole hosts on a canary: NGINX takes it from the first Ingress of the host that has a CA, be it a canary.
import { prefix } from "./annotations/family";
import type { Input } from "./input";
import { inert, refused, type Entry, type Verdict } from "./report";
import { hostsOf, inOrder, type ReadIngress, type Server } from "./servers";

/** What a canary has of annotations that it does not share requests by. */
export const besidePrimary = inert(
  "the Ingress is a canary, so NGINX uses the annotations of the other Ingress of its host and path",
);

const leaders = ["auth-tls-secret", "proxy-ssl-secret"] as const;
type Leader = (typeof leaders)[number];

const familyOf = (leader: Leader) => leader.replace(/secret$/, "");

/** True for annotations, without their prefix, that are for a host as a whole. */
export function isOfHostTls(name: string): boolean {
  return leaders.some((leader) => name.startsWith(familyOf(leader)));
}

function noted({ ingress }: ReadIngress, name: string): string | undefined {
  return ingress.metadata.annotations?.[prefix + name]?.trim() || undefined;
}

/** The annotations of a family as text. */
function said({ ingress: { metadata } }: ReadIngress, leader: Leader): string {
  const own = Object.entries(metadata.annotations ?? {});
  const family = own.filter(([name]) => name.startsWith(prefix + familyOf(leader)));
  return JSON.stringify([metadata.namespace, family.sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** The verdicts on these annotations of canaries. */
export function canaryTls(reads: readonly ReadIngress[], servers: readonly Server[], input: Input): Entry[] {
  const ordered = inOrder(reads);
  return reads
    .filter(({ settings }) => settings.canary)
    .flatMap((read) =>
      leaders.flatMap((leader) => {
        const verdict = verdictOn(read, leader, ordered, servers, input);
        return Object.entries(read.ingress.metadata.annotations ?? {})
          .filter(([name]) => name.startsWith(prefix + familyOf(leader)))
          .map(([name, value]): Entry => {
            const own = name === prefix + leader || verdict.outcome !== "refused" ? verdict : ledBy(leader);
            return { ingress: read.key, part: "annotation", name, value, ...own };
          });
      }),
    );
}

const ledBy = (leader: Leader) => refused(`it belongs to ${leader}, which is refused`, `see ${leader}`);

function verdictOn(
  read: ReadIngress,
  leader: Leader,
  ordered: readonly ReadIngress[],
  servers: readonly Server[],
  { secrets }: Input,
): Verdict {
  const key = noted(read, leader);
  if (key === undefined) return besidePrimary;
  const secret = secrets.get(key);
  if (secret && (secret.data?.["ca.crt"] ?? secret.stringData?.["ca.crt"]) === undefined) return besidePrimary;
  if (leader === "auth-tls-secret" && noted(read, "auth-tls-verify-client") === "off") return besidePrimary;
  const isEarlier = (one: ReadIngress) => ordered.indexOf(one) < ordered.indexOf(read);
  for (const host of hostsOf(read)) {
    const server = servers.find((one) => one.host === host);
    if (!server) continue;
    const owner = leader === "auth-tls-secret" ? server.clientCertificates?.owner : server.backendCa;
    if (owner && (isEarlier(owner) || said(owner, leader) === said(read, leader))) continue;
    return refused(
      `NGINX takes it for all of ${host || "*"}, although the Ingress is a canary`,
      `the annotations ${familyOf(leader)}… on ${server.owner.key} instead`,
    );
  }
  return besidePrimary;
}
