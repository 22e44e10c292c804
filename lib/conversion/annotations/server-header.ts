// The Server header of answers, which Envoy writes itself unless an EnvoyFilter says otherwise.
import { changed, mapped, type Verdict } from "../report";
import type { Settings } from "../settings";
import type { Surroundings } from "./family";

/** True for the one header of answers that a route has no say in. */
export function isServer(header: string): boolean {
  return header.toLowerCase() === "server";
}

/** Leaves the Server header of answers to the routes, where EnvoyFilters may be written. */
export function serverHeader({ envoy }: Settings, { envoyFilters }: Surroundings): Verdict {
  if (!envoyFilters) return changed("Envoy's own Server header is sent; without --no-envoy-filters it is not");
  envoy.serverHeader = true;
  return mapped(
    "EnvoyFilter with server_header_transformation",
    "other routes of the Gateway keep Envoy's own Server header; its 404 for a request without a route has none",
  );
}
