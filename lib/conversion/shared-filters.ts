// Filters of Envoy that all Ingresses of a Gateway share, those of other conversions too. Each is off for every route that does
// not turn it on, and its content never changes under its name, so that one conversion changes nothing for another.
import { bodyLimitModule } from "./body-limit";
import { changing, repeating } from "./lua-filters";
import { fitting } from "./names";
import { sharedLabel } from "./objects";

/** Type URLs begin with it. */
const type = "type.googleapis.com/envoy.extensions.filters.http";

/** The type of what a route tells a filter in Lua. */
export const luaOfRoute = `${type}.lua.v3.LuaPerRoute`;

/** The type of what a route tells the filter that keeps sessions. */
export const sessionOfRoute = `${type}.stateful_session.v3.StatefulSessionPerRoute`;

const lua = (code: string) => ({ "@type": `${type}.lua.v3.Lua`, default_source_code: { inline_string: code } });

/** NGINX's add_header, for the statuses that it is for. */
const adding = `local statuses = {}
for _, status in ipairs({200, 201, 204, 206, 301, 302, 303, 304, 307, 308}) do statuses[status] = true end
function envoy_on_response(handle)
  local headers = handle:headers()
  if statuses[tonumber(headers:get(":status"))] then
    for name, value in pairs(handle:filterContext():get("headers")) do headers:add(name, value) end
  end
end
`;

/** Limits bodies to what the metadata of the route say. Envoy knows the module by `vm_id`, whichever listener it is for. */
const limiting = () => ({
  "@type": `${type}.wasm.v3.Wasm`,
  config: {
    name: "istio-ambient.body-limit",
    vm_config: {
      vm_id: "istio-ambient.body-limit",
      runtime: "envoy.wasm.runtime.v8",
      code: { local: { inline_bytes: Buffer.from(bodyLimitModule()).toString("base64") } },
    },
  },
});

/** The filters by what they do. */
const filters = {
  sessions: () => ({ "@type": `${type}.stateful_session.v3.StatefulSession` }),
  headers: () => lua(adding),
  "body-limit": limiting,
  repeats: () => lua(repeating),
  answers: () => lua(changing),
};

/** What a shared filter does. */
export type SharedFilter = keyof typeof filters;

/** Envoy's name of a shared filter. */
export function sharedName(filter: SharedFilter): string {
  return `istio-ambient.${filter}`;
}

/** An EnvoyFilter that all conversions into a Gateway write alike. */
export interface SharedObject {
  name: string;
  patches: object[];
  labels?: { [key: string]: string };
  /** istiod inserts what has a higher one later. */
  priority?: number;
}

/** The shared filters among these of a Gateway, an object each. */
export function sharedFilters(named: readonly string[], gateway: string): SharedObject[] {
  return (Object.keys(filters) as SharedFilter[])
    .filter((filter) => named.includes(sharedName(filter)))
    .map((filter) => ({
      name: fitting(`istio-ambient.${gateway}-${filter}`),
      patches: [insertion("INSERT_BEFORE", sharedName(filter), filters[filter]())],
      labels: { [sharedLabel]: "true" },
      // What comes last before the router sees the backend's answer before others add to it.
      ...(filter === "answers" ? { priority: 1 } : {}),
    }));
}

/** Envoy's name of what has the filters of a listener. */
export const manager = "envoy.filters.network.http_connection_manager";

/** Off for every route that does not turn it on. */
export const insertion = (operation: "INSERT_BEFORE" | "INSERT_FIRST", name: string, typedConfig: object) => ({
  applyTo: "HTTP_FILTER",
  match: {
    context: "GATEWAY",
    listener: {
      filterChain: {
        filter: {
          name: manager,
          ...(operation === "INSERT_BEFORE" ? { subFilter: { name: "envoy.filters.http.router" } } : {}),
        },
      },
    },
  },
  patch: { operation, value: { name, disabled: true, typed_config: typedConfig } },
});
