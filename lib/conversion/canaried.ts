// Which Ingresses share the requests of a Service with a canary, before any annotation of theirs is read.
import { booleanOf, prefix } from "./annotations/family";
import { defined } from "../json";
import { keyOf, type Ingress } from "./objects";

const isCanary = ({ metadata }: Ingress) => booleanOf(metadata.annotations?.[`${prefix}canary`]) === true;

/** Host and path with the Service behind them; a default backend has neither. */
function claims({ metadata: { namespace }, spec }: Ingress): { at: string; service: string }[] {
  const key = (name: string) => keyOf(defined({ namespace, name }));
  const standard = spec.defaultBackend?.service;
  const paths = (spec.rules ?? []).flatMap(({ host = "", http }) =>
    (http?.paths ?? []).flatMap(({ path, backend: { service } }) =>
      service ? [{ at: `${host.toLowerCase()}${path || "/"}`, service: key(service.name) }] : [],
    ),
  );
  return [...paths, ...(standard ? [{ at: "", service: key(standard.name) }] : [])];
}

/** True for canaries, and for Ingresses with a Service that one of them stands in for. */
export function canaried(all: readonly Ingress[]): (ingress: Ingress) => boolean {
  const shared = new Set(
    all
      .filter(isCanary)
      .flatMap(claims)
      .map(({ at }) => at),
  );
  const services = new Set(all.flatMap(claims).flatMap(({ at, service }) => (shared.has(at) ? [service] : [])));
  return (ingress) => isCanary(ingress) || claims(ingress).some(({ service }) => services.has(service));
}
