// What Envoy can do and neither Gateway API nor Istio's own kinds can say: EnvoyFilters on the Gateway, for the routes of an
// Ingress.
import { defined } from "../json";
import { foreignName } from "./names";
import type { Written } from "./objects";
import type { GatewayOptions } from "./routes";
import type { ReadIngress } from "./servers";

/** Envoy's filter that measures bodies: one for each Ingress, so that none depends on what belongs to another one. */
function bodyLimit(owner: ReadIngress): string {
  return `istio-ambient.${foreignName(owner, "body-limit")}`;
}

/**
 * A body with a Content-Length is judged by it and streamed. Any other one is collected first, save where it is no body but
 * an upgraded connection. Values read before handle:body() are invalid after it.
 */
const script = `function envoy_on_request(handle)
  local headers, context = handle:headers(), handle:filterContext()
  local bytes, collect = context:get("bytes"), context:get("collect")
  local given, upgrade = headers:get("content-length"), headers:get("upgrade")
  local length = given and tonumber(given)
  if length == nil and upgrade == nil and collect then
    local body = handle:body()
    length = body and body:length()
  end
  if length ~= nil and length > bytes then
    handle:respond({[":status"] = "413"}, "Payload Too Large")
  end
end
`;

/** An Ingress and its routes. */
interface Routed {
  owner: ReadIngress;
  routes: Written[];
}

/** One EnvoyFilter for each Ingress that needs it. */
export function envoyFilters(routed: readonly Routed[], gateway: GatewayOptions): Written[] {
  return routed.flatMap((one) => {
    const patches = routePatches(one);
    if (patches.length === 0) return [];
    const { owner } = one;
    const inserted = owner.settings.envoy.bodyBytes === undefined ? [] : [insertion(bodyLimit(owner))];
    return [filter(foreignName(owner, "envoy"), gateway, [...inserted, ...patches])];
  });
}

/** Off for every route that does not turn it on. */
const insertion = (name: string) => ({
  applyTo: "HTTP_FILTER",
  match: {
    context: "GATEWAY",
    listener: {
      filterChain: {
        filter: {
          name: "envoy.filters.network.http_connection_manager",
          subFilter: { name: "envoy.filters.http.router" },
        },
      },
    },
  },
  patch: {
    operation: "INSERT_BEFORE",
    value: {
      name,
      disabled: true,
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
        default_source_code: { inline_string: script },
      },
    },
  },
});

function filter(name: string, { name: gateway, namespace }: GatewayOptions, configPatches: object[]): Written {
  return {
    apiVersion: "networking.istio.io/v1alpha3",
    kind: "EnvoyFilter",
    metadata: defined({ name, namespace }),
    spec: { targetRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: gateway }], configPatches },
  };
}

/** A patch for each rule with a name. A redirect has no action that could be merged with one of a route. */
function routePatches({ owner, routes }: Routed): object[] {
  return namesOf(routes).map((name) => ({
    applyTo: "HTTP_ROUTE",
    match: { context: "GATEWAY", routeConfiguration: { vhost: { route: { name, action: "ROUTE" } } } },
    patch: { operation: "MERGE", value: routeValue(owner) },
  }));
}

function namesOf(routes: readonly Written[]): string[] {
  return routes.flatMap(({ spec }) => (spec as { rules: { name?: string }[] }).rules.flatMap(({ name }) => name ?? []));
}

function routeValue(owner: ReadIngress): object {
  const { bodyBytes: bytes, collects, readSeconds, idleSeconds } = owner.settings.envoy;
  const limit = {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.LuaPerRoute",
    filter_context: { bytes, collect: collects === true },
  };
  return {
    ...(bytes === undefined ? {} : { typed_per_filter_config: { [bodyLimit(owner)]: limit } }),
    ...(collects ? { request_body_buffer_limit: bytes } : {}),
    ...(idleSeconds === undefined
      ? {}
      : {
          route: {
            idle_timeout: `${idleSeconds}s`,
            ...(readSeconds === undefined ? {} : { retry_policy: { per_try_idle_timeout: `${readSeconds}s` } }),
          },
        }),
  };
}
