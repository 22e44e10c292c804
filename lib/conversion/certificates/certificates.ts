// The Certificates that cert-manager makes of an Ingress's tls section, so that they outlive the Ingress.
import { isIP } from "node:net";
import { defined } from "../../json";
import type { Input } from "../input";
import { ownLabels } from "../labels";
import { keyOf, type Certificate, type Issuer, type Written } from "../objects";
import { changed, inert, mapped, refused, type Entry, type Verdict } from "../report";
import { oneLine } from "../literals";
import type { ConvertOptions } from "../read";
import type { ReadIngress } from "../servers";
import { certificateAnnotations, isOfCertManager, isTlsAcme, once, type Draft } from "./annotations";

/** A tls entry of which cert-manager makes a Certificate. */
interface Wanted {
  secret: string;
  hosts: string[];
}

const [issuer, clusterIssuer, tlsAcme, kind, group] = certificateAnnotations.map(({ name }) => name) as [
  string,
  string,
  string,
  string,
  string,
];

/** Certificates of all Ingresses, in the order of their claims, and a verdict on each annotation of cert-manager. */
export function certificatesOf(
  reads: readonly ReadIngress[],
  input: Input,
  options: ConvertOptions,
): { objects: Written[]; entries: Entry[] } {
  const owners = new Map<string, string>();
  const objects: Written[] = [];
  const entries: Entry[] = [];
  for (const read of reads) {
    const given = Object.entries(read.ingress.metadata.annotations ?? {}).filter(([name]) => isOfCertManager(name));
    if (given.length === 0) continue;
    const made = ofOne(read, input, options, owners);
    objects.push(...made.objects);
    entries.push(
      ...given.map(([name, value]): Entry => ({
        ingress: read.key,
        part: "annotation",
        name,
        value,
        ...(made.verdicts.get(name) ?? unread),
      })),
    );
  }
  return { objects: objects.sort((a, b) => (keyOf(a.metadata) < keyOf(b.metadata) ? -1 : 1)), entries };
}

const unread = inert("cert-manager does not read it from an Ingress");

interface Made {
  objects: Written[];
  /** By annotation; others are not read. */
  verdicts: ReadonlyMap<string, Verdict>;
}

/** The Certificates of one Ingress. */
function ofOne(read: ReadIngress, input: Input, options: ConvertOptions, owners: Map<string, string>): Made {
  const { metadata, spec } = read.ingress;
  const notes = metadata.annotations ?? {};
  const nothing = (why: string, verdicts?: ReadonlyMap<string, Verdict>): Made => ({
    objects: [],
    verdicts: new Map([...certificateAnnotations.map(({ name }) => [name, inert(why)] as const), ...(verdicts ?? [])]),
  });
  const leader = [issuer, clusterIssuer].find((name) => name in notes) ?? (isTlsAcme(notes[tlsAcme]) && tlsAcme);
  if (!leader) return nothing(`without ${clusterIssuer} or ${issuer} cert-manager ignores it`);
  const wanted = (spec.tls ?? []).flatMap(({ hosts = [], secretName }): Wanted[] =>
    secretName && hosts.length > 0 ? [{ secret: secretName, hosts }] : [],
  );
  if (wanted.length === 0) return nothing("no tls entry has hosts and a Secret, so cert-manager issues nothing");
  const twice = wanted.find(({ secret }, index) => wanted.findIndex((one) => one.secret === secret) !== index);
  if (twice) {
    const why = `Secret ${twice.secret} stands in two tls entries, so cert-manager issues nothing`;
    return nothing(why, new Map([[leader, refused(why, "one tls entry with all hosts")]]));
  }

  const { draft, verdicts } = drafted(notes, options);
  const place = (secret: string) => keyOf(defined({ namespace: metadata.namespace, name: secret }));
  const isOwn = (one: Certificate | undefined) => one === undefined || ownerOf(one) === metadata.name;
  const known = (secret: string) => input.certificates.get(place(secret));
  const free = wanted.filter(({ secret }) => isOwn(known(secret)) && !owners.has(place(secret)));
  const [first] = wanted as [Wanted];
  if (free.length === 0) {
    const other = owners.get(place(first.secret));
    return nothing(
      other === undefined
        ? `Certificate ${place(first.secret)} is there already, and cert-manager leaves it as it is`
        : `cert-manager issues Secret ${place(first.secret)} as Ingress ${other} says`,
    );
  }
  const ref = draft.issuer.name ? draft.issuer : (options.defaultIssuer ?? known(free[0]!.secret)?.spec?.issuerRef);
  const to = `Certificate ${free.map(({ secret }) => place(secret)).join(", ")}`;
  if (ref?.name === undefined) {
    if (leader !== tlsAcme) {
      const why = "without the name of an issuer there is no Certificate";
      const says = inert("it names no issuer, so cert-manager issues nothing");
      return nothing(why, new Map([...verdicts, [leader, says]]));
    }
    const kept = certificateAnnotations.map(({ name, standard }): [string, Verdict] => {
      if (standard?.(notes[name] ?? "")) return [name, inert("this is the default")];
      return [name, name.startsWith("acme.") ? byIngress : mapped(`${to} as it is`)];
    });
    const says = mapped(`${to} as it is`, adviceToKeep(options));
    return { objects: [], verdicts: new Map([...kept, ...verdicts, [leader, says]]) };
  }
  for (const { secret } of free) owners.set(place(secret), read.key);
  const own = certificateAnnotations.map(({ name, becomes, standard }): [string, Verdict] => {
    if (name === leader) return [name, mapped(to, advice(ref, read, input, options))];
    if (name === tlsAcme && isTlsAcme(notes[name])) return [name, mapped(to)];
    if (standard?.(notes[name] ?? "")) return [name, inert("this is the default")];
    return [name, mapped(`${becomes.replace(/`/g, "")} of ${to}`)];
  });
  return { objects: free.map((one) => certificate(read, one, draft, ref)), verdicts: new Map([...own, ...verdicts]) };
}

/** What the annotations say, and why cert-manager does not take some of them. */
function drafted(
  notes: { [name: string]: string },
  options: ConvertOptions,
): { draft: Draft; verdicts: Map<string, Verdict> } {
  const draft: Draft = { issuer: {}, annotations: {}, dnsNames: [], ipAddresses: [], spec: {} };
  const verdicts = new Map<string, Verdict>();
  for (const { name, read } of certificateAnnotations) {
    const value = notes[name];
    const wrong = value === undefined ? undefined : read(value, draft, options.gateway);
    if (wrong) verdicts.set(name, refused(`${wrong.why}, or cert-manager issues nothing`, `${name}: '${wrong.fix}'`));
  }
  const beside = [issuer, kind, group].filter((name) => clusterIssuer in notes && name in notes);
  for (const name of beside) {
    verdicts.set(
      name,
      refused(`must not stand beside ${clusterIssuer}, or cert-manager issues nothing`, "one of the two"),
    );
  }
  return { draft, verdicts };
}

const byIngress = changed(
  "the Certificate that cert-manager has made answers ACME challenges by this Ingress, and is not renewed without it; --default-issuer writes one that asks the Gateway",
);

/** What a user has to do where the Certificate that cert-manager has made stays, since only cert-manager knows its issuer. */
function adviceToKeep({ gateway }: ConvertOptions): string {
  return [
    "cert-manager has made it by its default issuer, and renews the Secret as long as it is there: delete the Ingress with --cascade=orphan; --default-issuer writes it, where cert-manager has not seen the Ingress",
    `an ACME issuer that answers HTTP-01 by an Ingress needs ${solverAt(gateway)}`,
  ].join("; ");
}

/** What a user has to do beside applying the Certificate. */
function advice(
  { name, kind: ofKind }: Draft["issuer"],
  { ingress }: ReadIngress,
  input: Input,
  { gateway }: ConvertOptions,
): string {
  const place = ofKind === "ClusterIssuer" ? undefined : ingress.metadata.namespace;
  const found = input.issuers.get(`${ofKind} ${keyOf(defined({ namespace: place, name: name! }))}`);
  const solver = solverAt(gateway);
  const needs = !found
    ? [`an ACME issuer that answers HTTP-01 by an Ingress needs ${solver}`]
    : solvesByIngress(found)
      ? [`${ofKind} ${name} answers HTTP-01 by an Ingress and needs ${solver}`]
      : [];
  return [
    "the one that cert-manager has made belongs to the Ingress: delete that with --cascade=orphan, or apply this one again",
    ...needs,
  ].join("; ");
}

/** The solver of HTTP-01 for the Gateway, and what cert-manager must be told for it. */
function solverAt({ name, namespace }: ConvertOptions["gateway"]): string {
  const http01 = { gatewayHTTPRoute: { parentRefs: [defined({ name, namespace })] } };
  const solver = oneLine({ http01 }).slice(2, -2);
  return `the solver ${solver}, and cert-manager config: { enableGatewayAPI: true }`;
}

function solvesByIngress({ spec }: Issuer): boolean {
  return (spec?.acme?.solvers ?? []).some(({ http01 }) => http01?.ingress !== undefined);
}

/** The Ingress that a Certificate belongs to. */
function ownerOf({ metadata: { ownerReferences = [] } }: Certificate): string | undefined {
  return ownerReferences.find(({ kind: owner, controller }) => owner === "Ingress" && controller === true)?.name;
}

function certificate(
  { ingress: { metadata } }: ReadIngress,
  { secret, hosts }: Wanted,
  draft: Draft,
  ref: Draft["issuer"],
): Written {
  const dnsNames = once([...hosts.filter((host) => isIP(host) === 0), ...draft.dnsNames]);
  const ipAddresses = once([...hosts.filter((host) => isIP(host) !== 0), ...draft.ipAddresses]);
  return {
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata: {
      name: secret,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      ...ownLabels(metadata.labels),
      ...(Object.keys(draft.annotations).length > 0 ? { annotations: draft.annotations } : {}),
    },
    spec: {
      secretName: secret,
      ...(dnsNames.length > 0 ? { dnsNames } : {}),
      ...(ipAddresses.length > 0 ? { ipAddresses } : {}),
      issuerRef: defined({ name: ref.name, kind: ref.kind, group: ref.group ?? draft.issuer.group }),
      ...draft.spec,
    },
  };
}
