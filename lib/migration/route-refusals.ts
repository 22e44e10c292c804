// What routes refuse by themselves. Sources: istio pilot/pkg/networking/core/route/route.go (TranslateFault, directResponse,
// IsCatchAllRoute), and the reference of HTTPRoute: what no rule matches gets a 404.
import { list, map, type Traffic } from "./traffic-objects";

type Fields = { [key: string]: unknown };

/** In words, for a row of the plan. */
export function refusals({ kind, spec }: Traffic): string[] {
  const isVirtual = kind === "VirtualService";
  const rules = list(spec?.[isVirtual ? "http" : "rules"]).map(map);
  const isAny = isVirtual ? isAnyRequest : isAnyPath;
  const matches = (rule: Fields) => list(rule[isVirtual ? "match" : "matches"]).map(map);
  const isCaught = rules.length === 0 || rules.some((rule) => matches(rule).length === 0 || matches(rule).some(isAny));
  return [
    ...(rules.some(({ fault }) => map(fault)["abort"] !== undefined) ? ["what it aborts"] : []),
    ...(rules.some(isAnswered) ? ["what it answers itself"] : []),
    ...(isCaught ? [] : ["requests that none of its routes matches"]),
  ];
}

/** Anything but a success. */
function isAnswered({ directResponse }: Fields): boolean {
  return directResponse !== undefined && Number(map(directResponse)["status"]) >= 300;
}

/** A match that every request meets. */
function isAnyRequest({ uri, ...match }: Fields): boolean {
  const { prefix, regex } = map(uri);
  const isAnyUri = uri === undefined || prefix === "/" || regex === ".*";
  return isAnyUri && Object.keys(match).every((key) => ["name", "gateways", "ignoreUriCase"].includes(key));
}

function isAnyPath({ path, ...match }: Fields): boolean {
  const { type = "PathPrefix", value = "/" } = map(path);
  return type === "PathPrefix" && value === "/" && Object.keys(match).length === 0;
}
