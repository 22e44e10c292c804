// Ports that a route names of its Services: istiod calls the references resolved also where a Service has no such port.

interface RawReference {
  kind?: string;
  namespace?: string;
  name: string;
  port?: number;
}

/** A live HTTPRoute as far as it leads somewhere. */
export interface RouteWithBackends {
  metadata?: { namespace?: string };
  spec?: { rules?: { backendRefs?: RawReference[]; filters?: { requestMirror?: { backendRef: RawReference } }[] }[] };
}

/** A port of a Service. */
export interface BackendPort {
  namespace: string;
  name: string;
  port?: number;
}

/** A live Service as far as its ports go. */
export interface LiveService {
  spec?: { ports?: { port: number }[] };
}

/** The Services that get requests of a route, mirrored ones too, each port once. */
export function serviceBackends({ metadata, spec }: RouteWithBackends): BackendPort[] {
  const references = (spec?.rules ?? []).flatMap(({ backendRefs = [], filters = [] }) => [
    ...backendRefs,
    ...filters.flatMap(({ requestMirror }) => (requestMirror ? [requestMirror.backendRef] : [])),
  ]);
  const backends = references
    .filter(({ kind = "Service" }) => kind === "Service")
    .map(({ namespace = metadata?.namespace ?? "", name, port }) => ({ namespace, name, port }));
  return [...new Map(backends.map((each) => [`${each.namespace}/${each.name}:${each.port}`, each])).values()];
}

/** What is wrong with a port; nothing where the Service is not there or cannot be read: that is told elsewhere. */
export function portMismatch(
  { namespace, name, port }: BackendPort,
  service: LiveService | undefined,
): string | undefined {
  const ports = service?.spec?.ports ?? [];
  return service === undefined || ports.some((each) => each.port === port)
    ? undefined
    : `port ${port}: ${servicePortsText({ namespace, name, ports })}`;
}

/** "Service shop/web has ports 80, 443 only". */
export function servicePortsText(service: { namespace: string; name: string; ports: { port: number }[] }): string {
  const ports = service.ports.map(({ port }) => port);
  const text = ports.length === 0 ? "no port" : `port${ports.length > 1 ? "s" : ""} ${ports.join(", ")} only`;
  return `Service ${service.namespace}/${service.name} has ${text}`;
}
