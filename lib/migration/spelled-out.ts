// Replaces policies whose principals ztunnel would compare with other trust domains than sidecars do, before a pod is ambient.
import { nameOf, selectsPods, type AuthorizationPolicy, type KubeObject } from "./objects";
import type { MigrationFacts } from "./facts";
import { keyOf, type Step } from "./steps";
import { spelledOut, trustDomainsOf } from "./trust-domains";
import { verdict, verdictKinds as is, type Verdict } from "./verdict";
import { originMark } from "./marks";
import { isSent } from "./ztunnel";

/** Policies that have to be spelled out before ztunnel enforces them, and what is planned with instead. */
export interface SpelledOut {
  /** The namespace with the copies in place of the policies that they stand for. */
  facts: MigrationFacts;
  /** Copies by the name of the policy that they stand for. */
  copies: Map<AuthorizationPolicy, AuthorizationPolicy>;
  /** Replaces the policies: nothing changes for pods with sidecars. Pods that ztunnel has already must be guarded before. */
  steps: Step[];
  /** Policies of the root namespace, which hold for other namespaces too. */
  verdicts: Verdict[];
}

/** Spells out what the namespace has. */
export function spellOut(facts: MigrationFacts, cleaned: <T extends KubeObject>(object: T) => T): SpelledOut {
  const domains = trustDomainsOf(facts);
  const copies = new Map<AuthorizationPolicy, AuthorizationPolicy>();
  const verdicts: Verdict[] = [];
  for (const policy of facts.policies) {
    const literal = spelledOut(policy, domains);
    const isRead = facts.workloads.some((workload) => selectsPods(policy, workload, facts.root));
    if (!isSent(policy) || !isRead || JSON.stringify(literal) === JSON.stringify(policy)) continue;
    if (policy.metadata.namespace === facts.namespace.name) copies.set(policy, copyOf(literal, policy));
    else verdicts.push(rootVerdict(policy, literal, domains));
  }
  const steps = [...copies].flatMap(([policy, copy]): Step[] => [
    { do: "create", object: copy, why: `names the trust domains that ${policy.metadata.name} means` },
    { do: "await", what: "known", keys: [keyOf(copy)], why: "istiod has seen it" },
    { do: "delete", object: cleaned(policy), why: `${copy.metadata.name} enforces it` },
  ]);
  return {
    facts: { ...facts, policies: facts.policies.map((each) => copies.get(each) ?? each) },
    copies,
    steps,
    verdicts,
  };
}

function copyOf({ apiVersion, kind, metadata, spec }: AuthorizationPolicy, policy: AuthorizationPolicy) {
  const { name, namespace = "" } = metadata;
  const annotations = { [originMark]: nameOf(policy) };
  return {
    apiVersion,
    kind,
    metadata: { name: `${name}-trust-domains`, namespace, annotations },
    ...(spec ? { spec } : {}),
  };
}

function reason(domains: readonly string[]): string {
  return `sidecars read its trust domain as ${domains.join(", ")}; ztunnel compares principals as they are written`;
}

function rootVerdict(policy: AuthorizationPolicy, { spec }: AuthorizationPolicy, domains: readonly string[]): Verdict {
  const { name, namespace = "" } = policy.metadata;
  const patch = JSON.stringify({ spec: { rules: spec?.rules } });
  const fix = `kubectl patch authorizationpolicy ${name} --namespace ${namespace} --type merge --patch '${patch}'`;
  return verdict(policy, is.blocks, `${reason(domains)}, and it holds for other namespaces too`, { fix });
}

/** Rows under the names that the policies have now. */
export function underOldNames(rows: readonly Verdict[], { copies, facts, verdicts }: SpelledOut): Verdict[] {
  const domains = trustDomainsOf(facts);
  const renamed = rows.map((row) => {
    const [policy, copy] = [...copies].find(([, each]) => nameOf(each) === row.object) ?? [];
    if (!policy || !copy) return row;
    const isSame = row.verdict === is.carriesOver;
    return {
      ...row,
      object: nameOf(policy),
      verdict: isSame ? is.rewritten : row.verdict,
      why: isSame ? reason(domains) : `${row.why}; ${reason(domains)}`,
      writes: [copy, ...(row.writes ?? [])],
    };
  });
  const blocked = new Set(verdicts.map(({ object }) => object));
  return [...renamed.filter(({ object }) => !blocked.has(object)), ...verdicts];
}
