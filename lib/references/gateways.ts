// Gateways that take requests from outside, in place of one that does not: for routes, and for policies that admit them.
import { namedListeners } from "../gateway-api/admission";
import { gatewayObjects } from "../istio/names";
import { findIn, gatewayOf, meantOf, type ClusterView } from "./cluster";
import type { Judged } from "./places";
import type { ClientReference } from "./reference";

interface Named {
  namespace: string;
  name: string;
}

/** Gateways with a listener for HTTP, as a rule lists them, and the one that was probably meant. */
export function otherGateways(view: ClusterView, { namespace, name }: Named): { list: string; other?: Named } {
  const all = (view.list("Gateway", namespace) ?? []).filter(
    (each) => namedListeners(gatewayOf(each).listeners, {}).length > 0,
  );
  const shown = all.map((each) => `${each.namespace}/${each.name}`).sort();
  const other = all.find((each) => each.name === name) ?? meantOf(name, all) ?? (all.length === 1 ? all[0] : undefined);
  return { list: shown.length === 0 ? "" : `: ${shown.slice(0, 5).join(", ")}`, other };
}

/** A gateway that a policy admits as a client, where there is none of this name. */
export function clientFaults(view: ClusterView, { path, gateway }: ClientReference): Judged[] {
  const { namespace, name } = gateway;
  if (view.program.makes("Gateway", namespace, name) || findIn(view, "Gateway", namespace, name) !== undefined) {
    return [];
  }
  const { list, other } = otherGateways(view, gateway);
  const rule = `must be an existing Gateway, or one of this program${list}; until there is one, this admits no client`;
  const fix = other
    ? `gateway: { name: "${other.name}", namespace: "${other.namespace}", serviceAccount: "${gatewayObjects.service(other.name)}" }`
    : 'gateway: new pulumi.StackReference("org/mesh/dev").requireOutput("gateway")';
  return [{ violation: { path, got: `${namespace}/${name}`, rule, fix }, isCertain: false }];
}
