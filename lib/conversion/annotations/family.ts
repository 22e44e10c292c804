// What a family of annotations is: data on each of them, and how its value is read into settings.
import type { ConfigMap, Ingress, Secret, Service } from "../objects";
import { inert, refused, type Verdict } from "../report";
import type { Settings } from "../settings";

/** Prefix of every annotation of ingress-nginx. */
export const prefix = "nginx.ingress.kubernetes.io/";

/** Where ingress-nginx itself tells of an annotation: in the table of its page, in the text below, or in its code only. */
export type Told = "table" | "text" | "code";

/** What an annotation's reader may look at besides its value. */
export interface Surroundings {
  ingress: Ingress;
  /** The value of another annotation of ingress-nginx on the same Ingress. */
  other(name: string): string | undefined;
  service(name: string): Service | undefined;
  secret(key: string): Secret | undefined;
  configMap(key: string): ConfigMap | undefined;
  /** The extension provider that is named for an auth-url; the URLs themselves where one name would stand for several. */
  authProvider(url: string): string | string[] | undefined;
  /** The extension provider that is named for the passwords of a Secret, by namespace and name. */
  passwordProvider(secret: string): string | undefined;
  /** True where EnvoyFilters may be written. */
  envoyFilters: boolean;
  /** True where a canary stands in for one of its Services, or where it is one itself. */
  hasCanary: boolean;
  /** How many extension providers all Ingresses need. */
  authProviders: number;
  /** The Service to which an Ingress of the input sends a host and path; `isOwn` where it is a host of this Ingress. */
  serviceAt(host: string, path: string, isOwn: boolean): { service: string; port: number } | undefined;
}

/** Reads a value into the settings, and says what became of it. */
export type Reader = (value: string, settings: Settings, around: Surroundings) => Verdict;

/** One annotation. */
export interface Annotation {
  /** Without the prefix. */
  name: string;
  told: Told;
  /** What NGINX does with it. */
  does: string;
  /** What it becomes, or why it becomes nothing. */
  becomes: string;
  /** The package below internal/ingress/annotations of ingress-nginx that reads it. */
  source: string;
  read: Reader;
}

/** Annotations that belong together. */
export interface Family {
  title: string;
  annotations: Annotation[];
}

/** An annotation that nothing can replace as it is. */
export function noWay(source: string, told: Told, name: string, does: string, why: string, fix: string): Annotation {
  const becomes = `refused: ${why}; way out: ${fix}`;
  return { name, told, does, becomes, source, read: () => refused(why, fix) };
}

/** An annotation that only says more about another one. */
export function detailOf(
  source: string,
  told: Told,
  name: string,
  does: string,
  leader: string,
  read?: Reader,
): Annotation {
  const becomes = read ? `goes with \`${leader}\`` : `goes with \`${leader}\`, which is refused`;
  const fallback: Reader = () => refused(`it belongs to ${leader}, which is refused`, `see ${leader}`);
  return {
    name,
    told,
    does,
    becomes,
    source,
    read: (value, settings, around) =>
      around.other(leader) === undefined
        ? inert(`without ${leader} NGINX ignores it`)
        : (read ?? fallback)(value, settings, around),
  };
}

const booleans = new Map<string, boolean>([
  ...["1", "t", "T", "TRUE", "true", "True"].map((text): [string, boolean] => [text, true]),
  ...["0", "f", "F", "FALSE", "false", "False"].map((text): [string, boolean] => [text, false]),
]);

/** A boolean as Go reads it; undefined for anything else. */
export function booleanOf(value: string | undefined): boolean | undefined {
  return booleans.get(value ?? "");
}

/** An integer as Go reads it; undefined for anything else. */
export function integerOf(value: string | undefined): number | undefined {
  return value !== undefined && /^[+-]?\d+$/.test(value) ? Number(value) : undefined;
}

/** A reader of booleans: of any other value NGINX takes the default. */
export function boolean(
  standard: boolean,
  read: (on: boolean, settings: Settings, around: Surroundings) => Verdict,
): Reader {
  return (value, settings, around) => {
    const on = booleanOf(value);
    return on === undefined
      ? inert(`not a boolean, so NGINX uses its default, ${standard}`)
      : read(on, settings, around);
  };
}

/** A reader of integers: of any other value NGINX takes the default. */
export function integer(
  standard: string,
  read: (number: number, settings: Settings, around: Surroundings) => Verdict,
): Reader {
  return (value, settings, around) => {
    const number = integerOf(value);
    return number === undefined
      ? inert(`not a whole number, so NGINX uses its default, ${standard}`)
      : read(number, settings, around);
  };
}

/** True where the backend speaks gRPC, of which a request may go on as long as its answer. */
export function speaksGrpc({ other }: Surroundings): boolean {
  return /^grpcs?$/i.test(other("backend-protocol")?.trim() ?? "");
}

/** What only NGINX's module for HTTP backends heeds: with gRPC it has no effect. */
export function ofHttp(read: Reader): Reader {
  return (value, settings, around) =>
    speaksGrpc(around)
      ? inert("NGINX speaks gRPC to the backend, where it has no effect")
      : read(value, settings, around);
}

/** True where NGINX speaks TLS to the backend. */
export function speaksTls({ other }: Surroundings): boolean {
  return /^(https|grpcs)$/i.test(other("backend-protocol")?.trim() ?? "");
}

/** The parts of a list with commas between them. */
export function listOf(value: string): string[] {
  return value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** Whether every request is redirected, so that none gets to a backend. */
export function redirectsAll({ other }: Pick<Surroundings, "other">): boolean {
  return ["permanent-redirect", "temporal-redirect"].some((name) => (other(name)?.trim() ?? "") !== "");
}

/** What is said there of who gets in. */
export const redirectedBefore = inert("the Ingress redirects every request before NGINX looks at who sends it");

/** The verdict on who gets in; of an Ingress without rules NGINX redirects nothing. */
export function admittedAs(verdict: Verdict, around: Surroundings): Verdict {
  const hasRules = (around.ingress.spec.rules ?? []).length > 0;
  return hasRules && redirectsAll(around) ? redirectedBefore : verdict;
}

/** The way out where only an EnvoyFilter can do it. */
export const withFilters = "convert without --no-envoy-filters";

/** What is said of limits there. */
export const unreached = inert("the Ingress redirects every request, so that none gets to a backend");
