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
  /** AuthorizationPolicies. */
  access: string[];
}

/** A PeerAuthentication or an AuthorizationPolicy, by whom it is for and what it requires. */
export interface SecurityPolicy {
  namespace: string;
  name: string;
  spec?: { selector?: { matchLabels?: object }; targetRef?: object; targetRefs?: object[]; mtls?: { mode?: string } };
}

/** Who leaves the mesh. */
export interface Leaving {
  namespaces: ReadonlySet<string>;
  /** The root namespace where nothing stays in the mesh: until then its policies hold for what stays. */
  root?: string;
}

/** The policies that protect what leaves: those of its namespaces, and those for the whole mesh once all of it leaves. */
export function protectionOf(
  leaving: Leaving,
  peers: readonly SecurityPolicy[],
  policies: readonly SecurityPolicy[],
): Protection {
  const named = (all: readonly SecurityPolicy[]) =>
    all.filter((each) => protects(each, leaving)).map(({ namespace, name }) => `${namespace}/${name}`);
  return { strict: named(peers.filter(({ spec }) => spec?.mtls?.mode === "STRICT")), access: named(policies) };
}

function protects({ namespace, spec = {} }: SecurityPolicy, { namespaces, root }: Leaving): boolean {
  // With a selector or a target it is for gateways, as a rule, and these stay what they are.
  const { selector = {}, targetRef, targetRefs = [] } = spec;
  const isWide =
    Object.keys(selector.matchLabels ?? {}).length === 0 && targetRef === undefined && targetRefs.length === 0;
  return namespaces.has(namespace) || (namespace === root && isWide);
}

/** "1 STRICT PeerAuthentication (shop/default) and 2 AuthorizationPolicies (shop/a, shop/b)"; empty without any. */
export function shownProtection({ strict, access }: Protection): string {
  const counted = (list: string[], one: string, many: string) =>
    list.length === 0 ? [] : [`${list.length} ${list.length === 1 ? one : many} (${some([...list].sort(), 5)})`];
  return [
    ...counted(strict, "STRICT PeerAuthentication", "STRICT PeerAuthentications"),
    ...counted(access, "AuthorizationPolicy", "AuthorizationPolicies"),
  ].join(" and ");
}

/** One line for the end of what was done; nothing where no policy protected anything. */
export function endedProtection(protection: Protection): string | undefined {
  const shown = shownProtection(protection);
  const verb = protection.strict.length + protection.access.length === 1 ? "protects" : "protect";
  return shown === ""
    ? undefined
    : `warning: ${shown} no longer ${verb} pods outside the mesh, which accept plaintext from any client`;
}
