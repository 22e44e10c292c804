// What a host's own listener has of TLS: the CA of its clients' certificates beside its Secret, and where there is no such listener.
import { prefix } from "./annotations/family";
import { defined } from "../json";
import type { Input } from "./input";
import { fitting } from "./names";
import { keyOf, type Secret, type Written } from "./objects";
import type { Policies } from "./policies";
import { changed, inert, mapped, refused, type Saying, type Verdict } from "./report";
import { hostsOf, type ReadIngress, type Server } from "./servers";

/** A verdict, and the host for which there is no effect. */
type Without = Verdict & Pick<Saying, "without">;

/** Secrets with the CAs, by the name that istiod looks for; and what there is to say of them and of ciphers. */
export function hostTls(
  reads: readonly ReadIngress[],
  servers: readonly Server[],
  { secrets }: Input,
  envoyFilters: boolean,
): Policies {
  const written = new Map<string, { secret: string; object?: Written }>();
  const entries = reads
    .filter(({ settings }) => !settings.canary)
    .flatMap((read) => {
      const { clientCertificates, ciphers } = read.settings;
      const hosts = hostsOf(read).map((host) => servers.find((server) => server.host === host)!);
      const say = (name: string, verdicts: (Without | undefined)[]): Saying[] =>
        verdicts.flatMap((verdict) =>
          verdict ? [{ ingress: read.key, part: "annotation", name: prefix + name, ...verdict }] : [],
        );
      return [
        ...(clientCertificates
          ? say(
              "auth-tls-secret",
              hosts.flatMap((server) => {
                const none = withoutListener(read, server, server.clientCertificates!.owner);
                return none ? [none] : [caOf(server), envoyFilters ? undefined : sharing(server, servers)];
              }),
            )
          : []),
        ...(ciphers
          ? say(
              "ssl-ciphers",
              hosts.map((server) => withoutListener(read, server, server.ciphers!.owner)),
            )
          : []),
      ];
    });
  return { objects: [...written.values()].flatMap(({ object }) => object ?? []), entries };

  /** What becomes of the CA of a host; nothing to say where it is where istiod looks in any case. */
  function caOf(server: Server): Verdict | undefined {
    const { owner, secret, judged } = server.clientCertificates!;
    if (judged) return publicCaOf(secret, judged.namespace);
    const { namespace } = server.certificate!.owner.ingress.metadata;
    const own = keyOf(defined({ namespace, name: server.certificate!.secret }));
    const key = keyOf(defined({ namespace: owner.ingress.metadata.namespace, name: secret }));
    const metadata = defined({ name: `${server.certificate!.secret}-cacert`, namespace });
    const target = keyOf(metadata);
    const rival = written.get(target);
    if (rival && rival.secret !== key) {
      const why = `Istio keeps one CA for the clients of a certificate, here that of ${rival.secret}`;
      return refused(`${why}; ${server.host} shares its certificate`, "a TLS Secret of its own for the host");
    }
    if (rival) return undefined;
    written.set(target, { secret: key });
    if (own === key) return undefined;
    const found = secrets.get(key);
    if (!found) return mapped(`Secret ${target}`, `it must be there before the listener: ${copying(key, target)}`);
    written.set(target, { secret: key, object: { apiVersion: "v1", kind: "Secret", metadata, data: caData(found) } });
    return mapped(`Secret ${target}`);
  }

  /** What becomes of a CA that istiod gives to every gateway. */
  function publicCaOf(secret: string, namespace: string): Verdict | undefined {
    const metadata = { name: caName(secret), namespace };
    const to = `ConfigMap ${keyOf(metadata)}`;
    if (written.has(to)) return undefined;
    const key = keyOf({ namespace, name: secret });
    const found = secrets.get(key) ?? secrets.get(secret);
    const data = found && texts(caData(found));
    written.set(to, {
      secret: key,
      ...(data ? { object: { apiVersion: "v1", kind: "ConfigMap", metadata, data } } : {}),
    });
    const command = `kubectl create configmap ${metadata.name} -n ${namespace}`;
    return mapped(
      to,
      found ? undefined : `it must be there before the listener: ${command} ${literal(secret, namespace)}`,
    );
  }
}

/** The name of the ConfigMap with the CA of a Secret. */
export function caName(secret: string): string {
  return fitting(`${secret}-of-clients`);
}

function texts(data: { [key: string]: string }): { [key: string]: string } {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]),
  );
}

/** Hosts that show the same certificate: on the connection for one of them, the others are not to be had. */
function sharing(server: Server, servers: readonly Server[]): Verdict | undefined {
  const secretOf = ({ certificate }: Server) =>
    certificate &&
    keyOf(defined({ namespace: certificate.owner.ingress.metadata.namespace, name: certificate.secret }));
  const others = servers.filter((other) => other !== server && secretOf(other) === secretOf(server));
  if (others.length === 0) return undefined;
  const names = others.map(({ host }) => host || "*").join(", ");
  return changed(
    `${server.host} shows the certificate of ${names} too: a browser that is connected for one of them gets 404, where NGINX answers 421 and it connects anew; a TLS Secret of its own prevents that`,
  );
}

/** Why the host has no listener that could have the settings, or has those of another Ingress. */
function withoutListener(read: ReadIngress, server: Server, owner: ReadIngress): Without | undefined {
  const host = server.host || "*";
  const without = server.host;
  if (owner !== read) return { ...inert(`NGINX takes it for ${host} from ${owner.key}`), without };
  if (server.passthrough) return { ...inert(`NGINX passes TLS of ${host} on`), without };
  if (server.certificate && server.host !== "") return undefined;
  return refused(
    `${host} has no certificate of its own, and so no listener of its own`,
    server.host === ""
      ? "each host by its name"
      : `tls: [{ hosts: ["${host}"], secretName: "${read.ingress.metadata.name}-tls" }]`,
  );
}

/** The CA, and the list of what it has revoked. */
function caData({ data, stringData }: Secret): { [key: string]: string } {
  return Object.fromEntries(
    ["ca.crt", "ca.crl"].flatMap((key) => {
      const text = stringData?.[key];
      const value = text === undefined ? data?.[key] : Buffer.from(text, "utf8").toString("base64");
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** The command that copies the CA. */
function copying(from: string, to: string): string {
  const [name, namespace] = from.split("/").reverse();
  const [copy, place] = to.split("/").reverse();
  return `kubectl create secret generic ${copy}${inNamespace(place)} ${literal(name!, namespace)}`;
}

const inNamespace = (text: string | undefined) => (text === undefined ? "" : ` -n ${text}`);

function literal(secret: string, namespace: string | undefined): string {
  const ca = `kubectl get secret ${secret}${inNamespace(namespace)} -o jsonpath='{.data.ca\\.crt}' | base64 -d`;
  return `--from-literal=ca.crt="$(${ca})"`;
}
