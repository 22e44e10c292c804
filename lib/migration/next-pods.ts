// Pods that come after the migration from templates that it does not change: of Jobs, and of controllers that it does not know.
import { meshLabels } from "../istio/labels";
import { identityConditions, identitySources, isGiven } from "./attributes";
import type { MigrationFacts } from "./facts";
import { injectKey } from "./members";
import { injectorOf, labelsAfter } from "./namespace-labels";
import type { AuthorizationPolicy, PeerAuthentication, Rule, Source, Workload } from "./objects";
import { actionOf, isDryRun } from "./ztunnel";

/**
 * Whether they have sidecars all the same: labels of a pod ask for one in a namespace without any. An annotation does not, as no
 * webhook sees it. Source: istio pkg/kube/inject/inject.go (injectRequired).
 */
export function keepsSidecar({ podLabels, podAnnotations }: Workload, facts: MigrationFacts): boolean {
  const isRefused = (podLabels[injectKey] ?? podAnnotations[injectKey]) === "false";
  return !isRefused && injectorOf(facts.ground.injectors, labelsAfter(facts), podLabels) !== undefined;
}

/** What has to go from the template of pods that keep theirs. */
export function askingLabels({ podLabels }: Workload): string {
  return [injectKey, meshLabels.revision].filter((key) => key in podLabels).join(", ");
}

const negative: (keyof Source)[] = ["notPrincipals", "notNamespaces", "notServiceAccounts", "notTrustDomains"];

/**
 * Whether anything of the mesh may admit a client that has an identity, and not one without: mTLS that is STRICT, ALLOW policies that
 * name identities, DENY policies that except some, and authorizers, which see them.
 */
export function asksForIdentity(object: AuthorizationPolicy | PeerAuthentication): boolean {
  if (object.kind === "PeerAuthentication") {
    const { mtls, portLevelMtls = {} } = (object as PeerAuthentication).spec ?? {};
    return [mtls, ...Object.values(portLevelMtls)].some((each) => each?.mode === "STRICT");
  }
  const policy = object as AuthorizationPolicy;
  const action = actionOf(policy);
  if (isDryRun(policy) || action === "AUDIT") return false;
  if (action === "CUSTOM") return true;
  return (policy.spec?.rules ?? []).some((rule) => isNamed(rule, action === "DENY"));
}

function isNamed({ from = [], when = [] }: Rule, isDeny: boolean): boolean {
  const attributes = isDeny ? negative : identitySources;
  return (
    from.some(({ source = {} }) => attributes.some((key) => isGiven(source[key]))) ||
    when.some(({ key, values, notValues }) => identityConditions.test(key) && isGiven(isDeny ? notValues : values))
  );
}
