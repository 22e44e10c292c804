// Whether a route can send to what an Ingress names, and to which port.
import { defined } from "../json";
import type { Input } from "./input";
import { keyOf, type Service } from "./objects";
import { refused, type Verdict } from "./report";
import type { PlacedServer, PortNumber } from "./routes";
import type { Servers, Upstream } from "./servers";

function serviceOf({ namespace, service }: Upstream, { services }: Input): Service | undefined {
  return services.get(keyOf(defined({ namespace, name: service })));
}

/** Its ports, as far as they are such. */
function portsOf(service: Service | undefined): NonNullable<NonNullable<Service["spec"]>["ports"]> {
  const ports = service?.spec?.ports;
  return Array.isArray(ports) ? ports.filter(({ port }) => Number.isInteger(port)) : [];
}

/** Numbers of ports: as given, or by the Service that is in the input, in which NGINX takes the pods' port too. */
export function portNumbers(input: Input): PortNumber {
  return (upstream) => {
    const known = serviceOf(upstream, input);
    const { number, name } = upstream.port;
    if (!known || known.spec?.type === "ExternalName") return number;
    const asked = String(number ?? name);
    const found = portsOf(known).find((one) =>
      [one.port, one.targetPort, one.name].some((way) => way !== undefined && String(way) === asked),
    );
    return found?.port;
  };
}

/** Why no route can send there. */
export function upstreamFault(upstream: Upstream, portOf: PortNumber, input: Input): Verdict | undefined {
  const known = serviceOf(upstream, input);
  if (known?.spec?.type === "ExternalName") {
    return refused(
      "a route takes no Service of type ExternalName",
      "a ServiceEntry for the name, and a backendRef of kind Hostname to it",
    );
  }
  if (portOf(upstream) !== undefined) return undefined;
  const { service, port } = upstream;
  const asked = port.number ?? port.name ?? "";
  const ports = portsOf(known).map((one) => one.port);
  if (known) {
    const fix = ports.length > 0 ? `one of its ports: ${ports.join(", ")}` : "a port in the Service";
    return refused(`Service ${service} has no port ${asked}, and NGINX answers 503`, fix);
  }
  return refused(
    `the number of port ${asked} of Service ${service} is not known`,
    "-f with the Service, or the number in the Ingress",
  );
}

/** The server without the locations that no route can send anywhere; their verdicts say why. */
export function reachable({ server, placed }: PlacedServer, portOf: PortNumber, input: Input): PlacedServer {
  return {
    server,
    placed: placed.map((one) => {
      const { upstream, owner } = one.location;
      if (one.pieces.length === 0 || owner.settings.redirect) return one;
      const fault = upstreamFault(upstream, portOf, input);
      return fault ? { ...one, pieces: [], verdict: fault } : one;
    }),
  };
}

/** Without the canaries that no route can send anything. */
export function reachableCanaries({ canaries }: Servers, portOf: PortNumber, input: Input): Servers["canaries"] {
  return new Map([...canaries].filter(([, { upstream }]) => upstreamFault(upstream, portOf, input) === undefined));
}
