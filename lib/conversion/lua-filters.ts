// Filters in Lua that a route turns on, and what it tells them: which requests are repeated, and what is changed in answers.
import type { EnvoySettings, RepeatSettings } from "./settings";

/** What a route tells each of the filters that it turns on. */
export function luaContexts({ repeats, retries, answers }: EnvoySettings): { repeats?: object; answers?: object } {
  const { cookieDomain: domain } = answers ?? {};
  const lowered = domain ? { cookieDomain: { ...domain, from: domain.from.toLowerCase() } } : {};
  return {
    ...(repeats && !repeats.everyMethod && retries !== 0 ? { repeats: repeatContext(repeats) } : {}),
    ...(answers ? { answers: { ...answers, ...lowered } } : {}),
  };
}

/** Envoy's names for what NGINX waits for once a request may be sent twice. */
const beyond = ({ connects }: RepeatSettings) => (connects ? "reset,retriable-status-codes" : "retriable-status-codes");

const repeatContext = (repeats: RepeatSettings) => ({
  on: beyond(repeats),
  ...(repeats.codes.length > 0 ? { codes: repeats.codes.join(",") } : {}),
});

/** The policy of a route for all methods. */
export function retryPolicy({ repeats, retries }: EnvoySettings): object {
  // istiod merges no 0 into its own number. No header is one of these, so that nothing is sent again.
  if (retries === 0) return { retry_on: "retriable-headers" };
  const number = retries === undefined ? {} : { num_retries: retries };
  if (!repeats) return number;
  const { connects, codes, everyMethod } = repeats;
  const connecting = connects ? ["connect-failure,refused-stream"] : [];
  // Without a code of its own, a route repeats nothing for the last of them.
  const on = [...connecting, everyMethod ? beyond(repeats) : "retriable-status-codes"].join(",");
  return { retry_on: on, ...(everyMethod && codes.length > 0 ? { retriable_status_codes: codes } : {}), ...number };
}

/** NGINX sends these again only where the connection failed. */
export const repeating = `local once = {POST = true, LOCK = true, PATCH = true}

function envoy_on_request(handle)
  local headers, repeats = handle:headers(), handle:filterContext()
  if once[headers:get(":method")] then return end
  headers:replace("x-envoy-retry-on", repeats:get("on"))
  if repeats:get("codes") then headers:replace("x-envoy-retriable-status-codes", repeats:get("codes")) end
end
`;

/** NGINX's proxy_redirect, proxy_cookie_path and proxy_cookie_domain with plain texts. */
export const changing = `local function begun(text, rule)
  if not rule or text:sub(1, #rule.from) ~= rule.from then return text end
  return rule.to .. text:sub(#rule.from + 1)
end

local function domain(text, rule)
  local dot, name = text:match("^(%.?)(.*)$")
  if not rule or name:lower() ~= rule.from then return text end
  return dot .. rule.to
end

local function cookie(text, rules)
  local own, attributes = text:match("^([^;]*)(.*)$")
  return own .. attributes:gsub("([^;=%s]+)=([^;]*)", function(name, value)
    if name:lower() == "path" then value = begun(value, rules:get("cookiePath")) end
    if name:lower() == "domain" then value = domain(value, rules:get("cookieDomain")) end
    return name .. "=" .. value
  end)
end

function envoy_on_response(handle)
  local headers, rules = handle:headers(), handle:filterContext()
  local location, refresh = headers:get("location"), headers:get("refresh")
  if location then headers:replace("location", begun(location, rules:get("location"))) end
  local _, before = (refresh or ""):lower():find("url=", 1, true)
  if before then
    headers:replace("refresh", refresh:sub(1, before) .. begun(refresh:sub(before + 1), rules:get("location")))
  end
  local cookies = {}
  for index = 1, headers:getNumValues("set-cookie") do
    cookies[index] = cookie(headers:getAtIndex("set-cookie", index - 1), rules)
  end
  headers:remove("set-cookie")
  for _, text in ipairs(cookies) do headers:add("set-cookie", text) end
end
`;
