// Trust domains in policies. A sidecar or waypoint reads `cluster.local`, the mesh's own trust domain and its aliases as all of
// them; ztunnel compares principals as they are written. Sources: istio pilot/pkg/security/trustdomain/bundle.go
// (ReplaceTrustDomainAliases, ExpandTrustDomainAliases), security/authz/model/model.go (MigrateTrustDomain), and
// pilot/pkg/serviceregistry/ambient/authorization.go, which has neither; istio/ztunnel#1260.
import type { AuthorizationPolicy, Rule, Source } from "./objects";

const pointer = "cluster.local";

/** Whether one of two texts, which may both have a wildcard at one end, stands for the other. */
function isOneOf(text: string, domain: string): boolean {
  const begins = (one: string, other: string) => one.endsWith("*") && other.startsWith(one.slice(0, -1));
  const covers = (one: string, other: string) => one === other || begins(one, other) || ends(one, other);
  return covers(domain, text) || covers(text, domain);
}

function ends(pattern: string, text: string): boolean {
  return pattern.startsWith("*") && text.endsWith(pattern.slice(1));
}

/** A principal as a sidecar compares it: once for each trust domain of the mesh, if it names one of them. */
function principalsAsRead(principal: string, domains: readonly string[]): string[] {
  const [own = "", ...rest] = principal.split("/");
  const isOther = own !== pointer && !domains.some((domain) => isOneOf(own, domain));
  if (rest.length !== 4 || own === "*" || isOther) return [principal];
  return domains.map((domain) => (ends(own, domain) ? principal : [domain, ...rest].join("/")));
}

const lists: { [K in keyof Source]?: typeof principalsAsRead } = {
  principals: principalsAsRead,
  notPrincipals: principalsAsRead,
  trustDomains: trustDomainsAsRead,
  notTrustDomains: trustDomainsAsRead,
};

const conditions: { [key: string]: typeof principalsAsRead } = {
  "source.principal": principalsAsRead,
  "source.trustDomain": trustDomainsAsRead,
};

function trustDomainsAsRead(value: string, domains: readonly string[]): string[] {
  return domains.includes(value) ? [...domains] : [value];
}

/** A policy with its principals and trust domains spelled out as a sidecar or waypoint reads them. */
export function spelledOut<P extends AuthorizationPolicy>(policy: P, domains: readonly string[]): P {
  const { spec } = policy;
  if (!spec?.rules) return policy;
  const all = (values: string[], read: typeof principalsAsRead) => [
    ...new Set(values.flatMap((value) => read(value, domains))),
  ];
  const rules = spec.rules.map((rule): Rule => {
    const from = rule.from?.map(({ source = {} }) => ({
      source: Object.fromEntries(
        Object.entries(source).map(([key, values]: [string, string[]]) => {
          const read = lists[key as keyof Source];
          return [key, read ? all(values, read) : values];
        }),
      ),
    }));
    const when = rule.when?.map((condition) => {
      const { key, values, notValues } = condition;
      const read = conditions[key];
      if (!read) return condition;
      return {
        key,
        ...(values ? { values: all(values, read) } : {}),
        ...(notValues ? { notValues: all(notValues, read) } : {}),
      };
    });
    return { ...rule, ...(from ? { from } : {}), ...(when ? { when } : {}) };
  });
  return { ...policy, spec: { ...spec, rules } };
}

/** What a mesh calls itself. */
export interface TrustDomains {
  trustDomain: string;
  trustDomainAliases: string[];
}

/** The trust domains of a mesh, its own first. */
export function trustDomainsOf({ trustDomain, trustDomainAliases }: TrustDomains): string[] {
  return [...new Set([trustDomain, ...trustDomainAliases])];
}
