// Where namespaces stand between sidecars and ambient, in words.
import { count } from "../lib/checks/mesh";
import type { NamespaceState } from "../lib/migration/data";

/** One line a namespace, and what is left of sidecars in the cluster. */
export function statusLines(states: readonly NamespaceState[]): string[] {
  if (states.length === 0) return ["no namespace has sidecars, or is ambient"];
  const width = Math.max(...states.map(({ namespace }) => namespace.length));
  const sidecars = states.reduce((sum, state) => sum + state.sidecars, 0);
  const asking = states.filter(({ state }) => state === "sidecars").length;
  return [
    ...states.map((state) => `${state.namespace.padEnd(width)}  ${stateText(state)}`),
    "",
    sidecars > 0
      ? `${count(sidecars, "pod")} with a sidecar left`
      : "no pod has a sidecar" +
        (asking > 0
          ? "; namespaces still ask for them"
          : ": Sidecar, EnvoyFilter and ProxyConfig objects have no effect any more, and istiod's injection webhook is called for no pod"),
  ];
}

function stateText({ namespace, state, sidecars, captured, record }: NamespaceState): string {
  const pods = [
    ...(sidecars > 0 ? [`${count(sidecars, "pod")} with a sidecar`] : []),
    ...(captured > 0 ? [`${count(captured, "pod")} captured`] : []),
  ].join(", ");
  const suffix = pods === "" ? "" : ` (${pods})`;
  const command = (action: string) => `\`istio-ambient migrate ${action} --namespace ${namespace}\``;
  switch (state) {
    case "unfinished": {
      const way = record?.direction === "rollback" ? "on its way back" : "on its way";
      const next =
        record?.direction === "rollback" ? command("rollback") : `${command("apply")} or ${command("rollback")}`;
      return `${way}, at step ${(record?.next ?? 0) + 1} of ${record?.steps.length ?? 0}${suffix}; run ${next}`;
    }
    case "migrated":
      return `migrated ${record?.stamp ?? ""}${suffix}; ${command("rollback")} takes it back`;
    case "ambient":
      return `ambient${suffix}`;
    default:
      return `on sidecars${suffix}; look at ${command("plan")}`;
  }
}
