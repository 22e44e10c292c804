// The explanation of a wait that takes too long: the condition as it was last seen, and the likely cause.
import { causeLines, type Trouble } from "./readiness";
import type { Condition } from "./snapshot";

/** An object that a program waits for. */
export interface Awaited {
  kind: string;
  /** Path of its list in the API: "/apis/cert-manager.io/v1/namespaces/shop/certificates". */
  path: string;
  namespace: string;
  name: string;
  /** The condition that has to become True. */
  condition: string;
}

/** What was last seen. */
export interface LastSeen {
  conditions: Condition[];
  /** Pods and events of the object, and of what controllers created from it. */
  troubles: Trouble[];
  /** The state of the objects that it depends on, such as the request of a certificate. */
  beneath: Trouble[];
}

/** The whole message. */
export function waitingText({ kind, namespace, name, condition }: Awaited, seconds: number, seen: LastSeen): string {
  const last = seen.conditions.find(({ type }) => type === condition);
  const state = last
    ? `${condition}=${last.status} (${last.reason}: ${last.message})`
    : `no condition ${condition} yet`;
  const others = seen.conditions
    .filter(({ type, status }) => type !== condition && status === "False")
    .map(({ type, reason, message }) => ({
      object: `${kind} ${namespace}/${name}`,
      text: `${type}=False (${reason}: ${message})`,
    }));
  const causes = causeLines([...others, ...seen.beneath, ...seen.troubles]);
  return [
    `still waiting for ${kind} ${namespace}/${name} after ${seconds} s; last seen: ${state}`,
    ...(causes.length > 0 ? ["likely cause:", ...causes.map((line) => `  ${line}`)] : []),
  ].join("\n");
}
