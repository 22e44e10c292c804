// What leaving the mesh takes from pods: whose they are, and which policies stop protecting them.
import { some } from "../checks/mesh";
import type { Named } from "../cluster-state/snapshot";
import { stackMark } from "../ownership/marks";

/** " (shop of the stack shop/prod)"; empty where no stack has marked its namespaces. */
export function stacksNote(namespaces: Named[]): string {
  const marked = namespaces.flatMap(({ name, annotations }) =>
    annotations[stackMark] === undefined ? [] : [`${name} of the stack ${annotations[stackMark]}`],
  );
  return marked.length === 0 ? "" : ` (${some(marked.sort(), 10)})`;
}

/** Policies by "namespace/name". */
export interface Protection {
  /** PeerAuthentications that require mTLS. */
  strict: string[];
  /** AuthorizationPolicies in the namespaces that leave. */
  access: string[];
}

/** One line for the end of what was done; nothing where no policy protected anything. */
export function endedProtection({ strict, access }: Protection): string | undefined {
  const counted = (list: string[], one: string, many: string) =>
    list.length === 0 ? [] : [`${list.length} ${list.length === 1 ? one : many} (${some([...list].sort(), 5)})`];
  const policies = [
    ...counted(strict, "STRICT PeerAuthentication", "STRICT PeerAuthentications"),
    ...counted(access, "AuthorizationPolicy", "AuthorizationPolicies"),
  ];
  const verb = strict.length + access.length === 1 ? "protects" : "protect";
  return policies.length === 0
    ? undefined
    : `warning: ${policies.join(" and ")} no longer ${verb} pods outside the mesh, which accept plaintext from any client`;
}
