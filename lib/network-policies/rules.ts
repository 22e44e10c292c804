// Rules of a NetworkPolicy: which ports they open, and how they are written.
import type { LabelSelector, NetworkPeer, NetworkPort, NetworkRule } from "../cluster-state/snapshot";

/** Whether a rule opens a TCP port; a named one is a number only by the ports of a pod. */
export function opensPort({ ports }: NetworkRule, port: number, named: Record<string, number> = {}): boolean {
  return ports === undefined || ports.some((each) => isIn(each, port, named));
}

function isIn(port: NetworkPort, wanted: number, named: Record<string, number>): boolean {
  return "name" in port ? named[port.name] === wanted : port.from <= wanted && wanted <= port.to;
}

/** The ports of a rule as a list: "8080, http". */
export function portsText({ ports = [] }: NetworkRule): string {
  return ports.map((port) => ("name" in port ? port.name : rangeText(port))).join(", ");
}

function rangeText({ from, to }: { from: number; to: number }): string {
  return from === to ? String(from) : `${from}-${to}`;
}

/** A rule as it is written in a policy, on one line: `{ from: [...], ports: [{ port: 15008 }] }`. */
export function ruleText(
  direction: "from" | "to",
  peers: NetworkPeer[] | undefined,
  ports: readonly (number | string)[],
): string {
  const parts = [
    ...(peers === undefined ? [] : [`${direction}: [${peers.map(peerText).join(", ")}]`]),
    `ports: [${ports.map((port) => `{ port: ${port} }`).join(", ")}]`,
  ];
  return `{ ${parts.join(", ")} }`;
}

function peerText({ pods, namespaces, block }: NetworkPeer): string {
  if (block) {
    const except = block.except.length > 0 ? `, except: [${block.except.join(", ")}]` : "";
    return `{ ipBlock: { cidr: ${block.cidr}${except} } }`;
  }
  const parts = [
    ...(namespaces === undefined ? [] : [`namespaceSelector: ${selectorText(namespaces)}`]),
    ...(pods === undefined ? [] : [`podSelector: ${selectorText(pods)}`]),
  ];
  return `{ ${parts.join(", ")} }`;
}

function selectorText({ labels, expressions }: LabelSelector): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}: ${value}`);
  const texts = expressions.map(({ key, operator, values }) =>
    values.length > 0
      ? `{ key: ${key}, operator: ${operator}, values: [${values.join(", ")}] }`
      : `{ key: ${key}, operator: ${operator} }`,
  );
  const parts = [
    ...(pairs.length > 0 ? [`matchLabels: { ${pairs.join(", ")} }`] : []),
    ...(texts.length > 0 ? [`matchExpressions: [${texts.join(", ")}]`] : []),
  ];
  return parts.length > 0 ? `{ ${parts.join(", ")} }` : "{}";
}
