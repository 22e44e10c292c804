// Whether a no that was given in another namespace holds for the one that is still to be made: by the selectors of whoever said it.
import type { Refusal } from "../lib/preflight/asked";
import { selectorOf, type RawSelector } from "../lib/network-policies/read";
import { selects } from "../lib/network-policies/selectors";
import type { ApiClient } from "./client";

const admission = "/apis/admissionregistration.k8s.io/v1";

interface RawRule {
  metadata?: { name?: string };
  spec?: {
    matchConstraints?: { namespaceSelector?: RawSelector };
    matchResources?: { namespaceSelector?: RawSelector };
    validations?: unknown[];
    matchConditions?: unknown[];
    variables?: unknown[];
  };
  webhooks?: { name: string; namespaceSelector?: RawSelector; matchConditions?: unknown[] }[];
}

/** Drops what would not be said in the mesh's own namespace, and marks what only that namespace could tell. */
export async function heldAgainst(client: ApiClient, refusals: Refusal[]): Promise<Refusal[]> {
  const answers = new Map<string, Promise<Verdict>>();
  const judged = refusals.map(async (refusal) => {
    if (!refusal.elsewhere) return refusal;
    const key = refusal.why.replaceAll(refusal.name, "");
    const verdict = answers.get(key) ?? verdictOf(client, refusal);
    answers.set(key, verdict);
    const held = await verdict;
    return held === "exempt" ? undefined : { ...refusal, isCertain: held === "certain" };
  });
  return (await Promise.all(judged)).filter((each) => each !== undefined);
}

type Verdict = "exempt" | "certain" | "open";

async function verdictOf(client: ApiClient, refusal: Refusal): Promise<Verdict> {
  const [, policy, binding] = /ValidatingAdmissionPolicy '([^']+)' with binding '([^']+)'/.exec(refusal.why) ?? [];
  if (policy !== undefined && binding !== undefined) {
    const paths = [`validatingadmissionpolicies/${policy}`, `validatingadmissionpolicybindings/${binding}`];
    const rules = await readAll(client, paths);
    const selectors = rules.flatMap(({ spec }) => [
      spec?.matchConstraints?.namespaceSelector,
      spec?.matchResources?.namespaceSelector,
    ]);
    if (!areSelected(selectors, refusal)) return "exempt";
    // An expression may ask for the namespace as well.
    return rules.length === 2 && !rules.some(asksForNamespace) ? "certain" : "open";
  }
  const [, dead, webhook] = /(failed calling|admission) webhook "([^"]+)"/.exec(refusal.why) ?? [];
  if (webhook === undefined) return "certain";
  const lists = await readAll(client, [
    "validatingwebhookconfigurations?limit=500",
    "mutatingwebhookconfigurations?limit=500",
  ]);
  const all = lists
    .flatMap((list) => (list as { items?: RawRule[] }).items ?? [])
    .flatMap(({ webhooks }) => webhooks ?? []);
  const named = all.filter(({ name }) => name === webhook);
  if (named.length > 0 && named.every(({ namespaceSelector }) => !areSelected([namespaceSelector], refusal)))
    return "exempt";
  // What a server that answers makes of the namespace, only the server knows.
  return dead === "failed calling" && named.every(({ matchConditions }) => !matchConditions) ? "certain" : "open";
}

/** Whether a policy's own expressions may look at the namespace. */
function asksForNamespace({ spec }: RawRule): boolean {
  const { validations, matchConditions, variables } = spec ?? {};
  return /namespace/i.test(JSON.stringify([validations, matchConditions, variables]));
}

async function readAll(client: ApiClient, paths: string[]): Promise<RawRule[]> {
  const replies = await Promise.all(paths.map((path) => client.get(`${admission}/${path}`)));
  return replies.flatMap((reply) => (reply.kind === "ok" ? [reply.body as RawRule] : []));
}

/** By the labels that the namespace will have. */
function areSelected(selectors: (RawSelector | undefined)[], { namespace }: Refusal): boolean {
  const labels = { "kubernetes.io/metadata.name": namespace, "pod-security.kubernetes.io/enforce": "privileged" };
  return selectors.every((selector) => selector === undefined || selects(selectorOf(selector), labels));
}
