// The Ingresses of the class with all that their annotations say.
import { annotations, foreign } from "./annotations";
import { booleanOf, prefix, type Surroundings } from "./annotations/family";
import { formerly } from "./annotations/former";
import { saidTwice } from "./annotations/said-twice";
import { authProviderOf, passwords, serviceAt, type AuthProvider } from "./auth-providers";
import { isOfCertManager, type IssuerName } from "./certificates/annotations";
import type { Input } from "./input";
import { keyOf, type Ingress } from "./objects";
import { converted, inert, mapped, refused, type Entry, type Verdict } from "./report";
import type { GatewayOptions } from "./routes";
import { inOrder, type ReadIngress } from "./servers";
import { defaultSettings } from "./settings";
import { canaried } from "./canaried";
import { besidePrimary, isOfHostTls } from "./canary-tls";
import { identityAnnotations, withUnderscores } from "./trusted-headers";
import { portNumbers } from "./upstreams";

/** What a conversion may be told. */
export interface ConvertOptions {
  gateway: GatewayOptions;
  /** Class of the Ingresses. */
  className: string;
  /** False: an Ingress without any class is another controller's. */
  classless: boolean;
  /** Refused parts that may be skipped, by the annotation's name with or without its prefix, or as the report names them. */
  accept: readonly string[];
  /** Extension providers of the mesh, for auth-url. */
  authProviders: readonly AuthProvider[];
  /** Ingresses of other namespaces, which are not converted; undefined where they are not known. */
  elsewhere?: readonly Ingress[] | undefined;
  /** True: EnvoyFilters for what neither Gateway API nor Istio's own kinds can say. */
  envoyFilters: boolean;
  /** The issuer that cert-manager takes where an Ingress names none. */
  defaultIssuer?: IssuerName;
}

/** What is known beside one Ingress: who may be asked about requests, and what may be written. */
type Beside = Pick<
  Surroundings,
  "authProvider" | "passwordProvider" | "authProviders" | "serviceAt" | "envoyFilters"
> & { hasCanary: (ingress: Ingress) => boolean };

/** Reads the Ingresses of the class, in NGINX's order. */
export function readAll(input: Input, options: ConvertOptions, entries: Entry[]): ReadIngress[] {
  const mine = input.ingresses.filter((one) => isTaken(one, options));
  const asked = new Set(mine.flatMap(({ metadata }) => metadata.annotations?.[`${prefix}auth-url`]?.trim() ?? []));
  const beside: Beside = {
    authProvider: (url) => authProviderOf(url, [...asked], options.authProviders),
    passwordProvider: (secret) => options.authProviders.find(({ url }) => url === passwords(secret))?.name,
    authProviders: 1,
    serviceAt: (host, path, isOwn) => serviceAt(host, path, isOwn, mine, portNumbers(input)),
    envoyFilters: options.envoyFilters,
    hasCanary: canaried(mine),
  };
  const passes = !["ssl-passthrough", `${prefix}ssl-passthrough`].some((name) => options.accept.includes(name));
  const readWith = (given: Beside, said: Entry[]) =>
    mine.map((ingress) => readIngress(ingress, input, given, passes, said));
  // How many services are asked is known only when everything has been read once.
  const names = new Set(readWith(beside, []).flatMap(({ settings }) => settings.authProvider?.name ?? []));
  const all = inOrder(readWith({ ...beside, authProviders: names.size }, entries));
  if (options.envoyFilters && options.gateway.nginxHeaders) {
    for (const { settings } of all) settings.envoy.plainHeaders = true;
  }
  return all;
}

/** The class as the field or the old annotation names it. */
export function classOf({ metadata, spec }: Ingress): string | undefined {
  return spec.ingressClassName ?? metadata.annotations?.["kubernetes.io/ingress.class"];
}

/** True for an Ingress that NGINX serves. */
export function isTaken(ingress: Ingress, { className, classless }: ConvertOptions): boolean {
  const own = classOf(ingress);
  return own ? own === className : classless;
}

/** What the report says of the Ingresses that NGINX does not serve. */
export function leftEntries({ ingresses }: Input, options: ConvertOptions): Entry[] {
  return ingresses
    .filter((ingress) => !isTaken(ingress, options))
    .map((ingress) => {
      const own = classOf(ingress);
      const why = own ? `it is of class ${own}` : "it has no class";
      const fix = own ? `--class ${own} converts it` : "--classless converts it all the same";
      const name = keyOf(ingress.metadata);
      return { ingress: name, part: "ingress", name, ...inert(`${why}, and NGINX does not serve it; ${fix}`) };
    });
}

/** Reads all annotations of an Ingress. */
function readIngress(
  ingress: Ingress,
  input: Input,
  beside: Beside,
  /** False: ssl-passthrough is skipped, and TLS of its hosts ends at the gateway. */
  passes: boolean,
  entries: Entry[],
): ReadIngress {
  const { metadata } = ingress;
  const key = keyOf(metadata);
  let settings = defaultSettings();
  // NGINX redirects nothing for a default backend.
  if ((ingress.spec.rules ?? []).length === 0) settings.sslRedirect = false;
  const given = Object.entries(metadata.annotations ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const own = (name: string) =>
    name.includes("/") || metadata.namespace === undefined ? name : `${metadata.namespace}/${name}`;
  const around: Surroundings = {
    ingress,
    other: (name) => metadata.annotations?.[prefix + name],
    service: (name) => input.services.get(own(name)),
    secret: (name) =>
      input.secrets.get(name) ??
      (metadata.namespace === undefined ? input.secrets.get(name.split("/").at(-1) ?? "") : undefined),
    configMap: (name) => input.configMaps.get(name),
    ...beside,
    hasCanary: beside.hasCanary(ingress),
  };
  for (const [name, value] of given) {
    const before = structuredClone(settings);
    let verdict = readAnnotation(name, value, settings, around);
    if (settings.passthrough && !passes) {
      verdict = refused("TLS of its hosts ends at the gateway", "no --accept of it");
    }
    // Nothing is left of an annotation that may be skipped.
    if (verdict?.outcome === "refused") settings = before;
    if (verdict) entries.push({ ingress: key, part: "annotation", name, value, ...verdict });
  }
  for (const name of identityAnnotations(settings, around.other)) {
    if (around.envoyFilters) settings.envoy.plainHeaders = true;
    else entries.push({ ingress: key, part: "annotation", name: prefix + name, ...withUnderscores });
  }
  return { key, ingress, settings };
}

/** What NGINX leaves out for the default backend of all hosts. */
const ofPaths = new Set([
  ...["rewrite-target", "use-regex", "app-root", "ssl-redirect", "force-ssl-redirect", "preserve-trailing-slash"],
  ...["permanent-redirect", "permanent-redirect-code", "temporal-redirect", "temporal-redirect-code"],
  ...["from-to-www-redirect", "relative-redirects"],
]);

function readAnnotation(
  name: string,
  value: string,
  settings: ReturnType<typeof defaultSettings>,
  around: Surroundings,
): Verdict | undefined {
  if (name === "kubernetes.io/ingress.class") return converted("the Gateway's class");
  if (name === "kubectl.kubernetes.io/last-applied-configuration") return undefined;
  if (name.startsWith(prefix)) {
    const known = annotations.get(name.slice(prefix.length));
    if (!known) return unknown(name.slice(prefix.length), value);
    if (booleanOf(around.other("canary")) === true && !isOfCanaries(known.name)) {
      // Of these NGINX looks at every Ingress of a host.
      return isOfHostTls(known.name) ? undefined : besidePrimary;
    }
    if ((around.ingress.spec.rules ?? []).length === 0 && ofPaths.has(known.name)) {
      return inert("the Ingress has no rules, and NGINX redirects and rewrites nothing for a default backend");
    }
    return value.trim() === "" ? inert("NGINX ignores an empty value") : known.read(value, settings, around);
  }
  const twice = saidTwice(name, around.other);
  if (twice) return twice;
  const other = foreign.find((one) => name.startsWith(one.prefix));
  if (other)
    return refused(`it is for ${other.controller}, and ingress-nginx does not read it`, "remove it, or --accept it");
  if (name.startsWith("external-dns.alpha.kubernetes.io/")) {
    settings.kept[name] = value;
    return mapped(
      "the same annotation on the HTTPRoute",
      "external-dns needs --source=gateway-httproute, and takes a target from the Gateway",
    );
  }
  // Certificates are of all Ingresses together.
  if (isOfCertManager(name)) return undefined;
  if (name.startsWith("ingress.kubernetes.io/"))
    return inert("old releases of ingress-nginx read it, the last ones do not");
  return inert("ingress-nginx does not read it");
}

/** What NGINX reads from a canary too: how requests are shared, and how its pods are picked. */
function isOfCanaries(name: string): boolean {
  return /^(canary|affinity|session-cookie-|upstream-hash-by|load-balance$|service-upstream$)/.test(name);
}

function unknown(name: string, value: string): Verdict {
  const past = formerly(name);
  if (past) return past;
  if (value.trim() === "") return inert("ingress-nginx has no such annotation in its last release, and it is empty");
  const why = "ingress-nginx has no such annotation in its last release";
  return refused(why, "remove it, or --accept it");
}
