// Names of what Ingresses become: each of them once, and none longer than an API server takes.
import { createHash } from "node:crypto";
import { defined } from "../json";
import { keyOf, type Ingress } from "./objects";
import type { ReadIngress } from "./servers";

const longest = 253;

/** The name itself, or as much of it as fits, with a hash of all of it. */
export function fitting(name: string): string {
  if (name.length <= longest) return name;
  const hash = hashOf(name);
  return `${name.slice(0, longest - hash.length - 1).replace(/[-.]+$/, "")}-${hash}`;
}

/**
 * A name in another namespace. A namespace has no dot, so that no two Ingresses have the same. Where none is given, several
 * conversions may have an Ingress of one name: there a hash of its hosts tells them apart.
 */
export function foreignName({ ingress }: ReadIngress, suffix: string): string {
  return fitting(`${placed(ingress, ingress.metadata.name)}-${suffix}`);
}

/**
 * The name of a route's rule, which istiod gives to Envoy's route: no other rule of the Gateway has it, since the names that
 * istiod makes itself end with a dot and a number.
 */
export function ruleName({ ingress }: ReadIngress, route: string, index: number, kind = "rule"): string {
  return fitting(`${placed(ingress, route)}-${kind}-${index}`);
}

function placed({ metadata: { namespace }, spec }: Ingress, name: string): string {
  if (namespace !== undefined) return `${namespace}.${name}`;
  const hosts = (spec.rules ?? []).map(({ host = "" }) => host);
  return `${name}-${hashOf([...new Set(hosts)].sort().join())}`;
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

/** The names of one kind in the namespaces of the Ingresses; the name of an Ingress is for its own objects. */
export class Names {
  private readonly taken = new Set<string>();

  constructor(private readonly reserved: ReadonlySet<string>) {}

  /** The name of the Ingress with the suffix, and with a number where another object has it. */
  claim({ key: own, ingress: { metadata } }: ReadIngress, suffix: string): string {
    for (let number = 1; ; number++) {
      const name = fitting(`${metadata.name}${suffix}${number === 1 ? "" : `-${number}`}`);
      const key = keyOf(defined({ namespace: metadata.namespace, name }));
      if (this.taken.has(key) || (key !== own && this.reserved.has(key))) continue;
      this.taken.add(key);
      return name;
    }
  }
}
