// The Gateways and Certificates that a program is about to make, as those see them that refer to them or lose them.
import type { Listener } from "../gateway-api/admission";

/** A Gateway that the program makes. */
export interface PlannedGateway {
  namespace: string;
  name: string;
  /** Undefined where they are not known. */
  listeners?: Listener[];
}

/** A Certificate that the program makes for a gateway, in a Secret of the same name. */
export interface PlannedCertificate {
  namespace: string;
  name: string;
  /** None of a CA. */
  dnsNames?: string[];
}

/** Names in the certificates that the program makes for these listeners; undefined where it does not make all of them. */
export function plannedNames(
  namespace: string,
  listeners: Listener[],
  certificates: PlannedCertificate[],
): string[] | undefined {
  const names = secretNames(listeners).map(
    (secret) => certificates.find((each) => each.namespace === namespace && each.name === secret)?.dnsNames,
  );
  return names.length > 0 && names.every((each) => each !== undefined) ? [...new Set(names.flat())] : undefined;
}

/** The Secrets with the certificates of these listeners. */
export function secretNames(listeners: Listener[]): string[] {
  return [...new Set(listeners.flatMap(({ tls }) => (tls?.certificateRefs ?? []).map(({ name }) => name)))];
}
