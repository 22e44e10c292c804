// Extension providers of the mesh, and which of them stands for which auth-url.
import { defined } from "../json";
import { prefix } from "./annotations/family";
import { keyOf, type Ingress } from "./objects";
import type { PortNumber } from "./routes";

/** An extension provider of the mesh. */
export interface AuthProvider {
  name: string;
  /** The auth-url that it stands for, or `basic:` and a Secret with users; absent for every other auth-url. */
  url?: string;
}

/** What stands for the passwords of a Secret as a URL does for a service. */
export const passwords = (secret: string): string => `basic:${secret}`;

/** The provider for an auth-url; the URLs for which nothing but one name is given, where they are several. */
export function authProviderOf(
  url: string,
  asked: readonly string[],
  providers: readonly AuthProvider[],
): string | string[] | undefined {
  const own = providers.find((one) => one.url === url);
  if (own) return own.name;
  const usual = providers.filter((one) => one.url === undefined).at(-1);
  const others = asked.filter((one) => !providers.some((provider) => provider.url === one));
  return usual && others.length > 1 ? [...others].sort() : usual?.name;
}

/**
 * The Service to which one of the Ingresses sends a host and path. Whoever is asked about requests is not asked for:
 * `isOwn` is true where the host is that of the asking Ingress, whose path `/` is the application's.
 */
export function serviceAt(
  host: string,
  path: string,
  isOwn: boolean,
  ingresses: readonly Ingress[],
  portOf: PortNumber,
): { service: string; port: number } | undefined {
  const isGuarded = ({ metadata }: Ingress) => metadata.annotations?.[`${prefix}auth-url`] !== undefined;
  const found = ingresses
    .filter((one) => !isGuarded(one))
    .flatMap(({ metadata, spec }) =>
      (spec.rules ?? [])
        .filter((rule) => rule.host?.toLowerCase() === host.toLowerCase())
        .flatMap(({ http }) => http?.paths ?? [])
        .map(({ path: below = "/", backend }) => ({ metadata, below, backend })),
    )
    .filter(({ below }) => (below === "/" ? !isOwn : path === below || path.startsWith(below.replace(/\/?$/, "/"))))
    .sort((a, b) => b.below.length - a.below.length || (keyOf(a.metadata) < keyOf(b.metadata) ? -1 : 1))[0];
  const service = found?.backend.service;
  if (!found || !service) return undefined;
  const { namespace } = found.metadata;
  const port = portOf(defined({ namespace, service: service.name, port: service.port ?? {} }));
  const name = `${service.name}.${namespace ?? "default"}.svc.cluster.local`;
  return port === undefined ? undefined : { service: name, port };
}
