// Shorthand for the tables of annotations: an Ingress with some of them, and every verdict as one line of text.
import type { Ingress, Written } from "../../../lib/conversion/objects";
import { prefix } from "../../../lib/conversion/annotations/family";
import type { Entry } from "../../../lib/conversion/report";

/** Annotations without their prefix. */
export interface Given {
  [name: string]: string;
}

/** What is given, and the verdict on each annotation. */
export type Case = [given: Given, ...verdicts: string[]];

/** What a report says of headers, where nothing is done to them. */
export const headersNote =
  "backends get X-Real-IP, X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Port, X-Forwarded-Scheme, X-Scheme, Proxy and headers with underscores as clients send them, where NGINX overwrites or drops them: --nginx-headers does so too";

/** An Ingress of shop.example.com with these annotations. */
export function ingressWith(
  given: Given,
  more: Partial<Ingress["spec"]> = {},
): Ingress & { apiVersion: string; kind: string } {
  const annotations = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name.includes("/") ? name : prefix + name, value]),
  );
  const backend = { service: { name: "web", port: { number: 80 } } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "web", namespace: "shop", annotations },
    spec: {
      ingressClassName: "nginx",
      rules: [{ host: "shop.example.com", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
      ...more,
    },
  };
}

/** The verdicts on annotations, one a line. */
export function verdicts(entries: readonly Entry[]): string[] {
  return entries
    .filter(({ part }) => part === "annotation")
    .map(({ name, outcome, to, detail, fix }) =>
      [
        `${name.replace(prefix, "")}: ${outcome}`,
        ...(to === undefined ? [] : [`→ ${to}`]),
        ...(detail === undefined ? [] : [`(${detail})`]),
        ...(fix === undefined ? [] : [`way out: ${fix}`]),
      ].join(" "),
    );
}

/** The one EnvoyFilter that is of the Ingress alone. */
export function ownFilter(objects: readonly Written[]): Written {
  return only(
    objects.filter(({ metadata }) => metadata.labels === undefined),
    "EnvoyFilter",
  );
}

/** The EnvoyFilters that other conversions write too. */
export function sharedFilters(objects: readonly Written[]): Written[] {
  return objects.filter(({ kind, metadata }) => kind === "EnvoyFilter" && metadata.labels !== undefined);
}

/** The one object of a kind. */
export function only(objects: readonly Written[], kind: string): Written {
  const found = objects.filter((object) => object.kind === kind);
  if (found.length !== 1) throw new Error(`${found.length} objects of kind ${kind}`);
  return found[0]!;
}
