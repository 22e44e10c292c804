// Where namespaces stand between sidecars and ambient, in words.
import { count } from "../lib/checks/mesh";
import type { NamespaceState } from "../lib/migration/data";
import { stepsOf } from "../lib/migration/record";

/** A pod of a gateway. */
interface GatewayPod {
  namespace: string;
  annotations: { [key: string]: string };
}

type Action = "plan" | "apply" | "rollback";

/** The call for a namespace, between backticks. */
type CommandFor = (action: Action, namespace: string) => string;

/** One line a namespace that is asked for, and what is left of sidecars in the whole cluster. */
export function statusLines(
  states: readonly NamespaceState[],
  all: readonly NamespaceState[],
  gateways: readonly GatewayPod[],
  commandFor: CommandFor,
): string[] {
  if (all.length === 0) return ["no namespace has sidecars, or is ambient"];
  const width = Math.max(...states.map(({ namespace }) => namespace.length));
  return [
    ...(states.length === 0
      ? ["none of these namespaces has sidecars, or is ambient"]
      : states.map((state) => `${state.namespace.padEnd(width)}  ${stateText(state, commandFor)}`)),
    "",
    sidecarsLeft(all, gateways),
  ];
}

function sidecarsLeft(all: readonly NamespaceState[], gateways: readonly GatewayPod[]): string {
  const having = all.filter(({ sidecars }) => sidecars > 0);
  const sidecars = having.reduce((sum, state) => sum + state.sidecars, 0);
  if (sidecars > 0) {
    const names = having.map(({ namespace }) => namespace).sort();
    return `${count(sidecars, "pod")} with a sidecar left in the cluster, in ${names.join(", ")}`;
  }
  const none = "no pod of the cluster has a sidecar";
  const asking = all.filter(({ state }) => state === "sidecars").map(({ namespace }) => namespace);
  if (asking.length > 0) return `${none}; namespaces still ask for them: ${asking.sort().join(", ")}`;
  const injected = gateways.filter(({ annotations }) => "sidecar.istio.io/status" in annotations);
  const places = [...new Set(injected.map(({ namespace }) => namespace))].sort();
  const effect =
    gateways.length > 0
      ? "Sidecar objects have no effect any more, EnvoyFilter and ProxyConfig objects on gateways alone"
      : "Sidecar, EnvoyFilter and ProxyConfig objects have no effect any more";
  const webhook = places.length > 0 ? `for gateways alone, in ${places.join(", ")}` : "for no pod";
  return `${none}: ${effect}, and istiod's injection webhook is called ${webhook}`;
}

function stateText({ namespace, state, sidecars, captured, record }: NamespaceState, commandFor: CommandFor): string {
  const pods = [
    ...(sidecars > 0 ? [`${count(sidecars, "pod")} with a sidecar`] : []),
    ...(captured > 0 ? [`${count(captured, "pod")} captured`] : []),
  ].join(", ");
  const suffix = pods === "" ? "" : ` (${pods})`;
  const command = (action: Action) => commandFor(action, namespace);
  switch (state) {
    case "unfinished": {
      const way = record?.direction === "rollback" ? "on its way back" : "on its way";
      const next =
        record?.direction === "rollback" ? command("rollback") : `${command("apply")} or ${command("rollback")}`;
      return `${way}, at step ${(record?.next ?? 0) + 1} of ${record ? stepsOf(record).length : 0}${suffix}; run ${next}`;
    }
    case "migrated":
      return `migrated ${record?.stamp ?? ""}${suffix}; ${command("rollback")} takes it back`;
    case "ambient":
      return `ambient${suffix}`;
    default:
      return `on sidecars${suffix}; look at ${command("plan")}`;
  }
}
