// Labels of the namespace before and after, and what istiod makes of them: sidecars for new pods, and whether it knows the
// namespace at all. Sources: istio manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml,
// pkg/kube/namespace/filter.go.
import { matches } from "../checks/enablement";
import { meshLabels, type Labels } from "../istio/labels";
import type { Injector, MigrationFacts } from "./facts";
import { without } from "./objects";
import { verdict, verdictKinds as is, type Verdict } from "./verdict";

/** The one that gives a sidecar to new pods with these labels, in a namespace with those. */
export function injectorOf(injectors: readonly Injector[], namespace: Labels, pods: Labels): Injector | undefined {
  return injectors.find((each) => matches(each.namespaces, namespace) && matches(each.pods, pods));
}

/** The labels that the namespace gets. Where pods of a namespace without labels get sidecars, one has to say that they do not. */
export function labelsAfter({ namespace, ground }: Pick<MigrationFacts, "namespace" | "ground">): Labels {
  const kept = without(namespace.labels, meshLabels.injection, meshLabels.revision) as Labels;
  const bare = { ...kept, [meshLabels.dataplaneMode]: "ambient" };
  const isInjected = injectorOf(ground.injectors, bare, {}) !== undefined;
  return isInjected ? { ...bare, [meshLabels.injection]: "disabled" } : bare;
}

/** Rows for what the labels cannot bring about. */
export function labelVerdicts(facts: MigrationFacts): Verdict[] {
  const { namespace, ground, system } = facts;
  const labels = labelsAfter(facts);
  const injector = injectorOf(ground.injectors, labels, {});
  const isKnown = ground.discovery.length === 0 || ground.discovery.some((selector) => matches(selector, labels));
  return [
    ...(injector
      ? [
          verdict(
            `MutatingWebhookConfiguration ${injector.name}`,
            is.blocks,
            `it gives sidecars to the pods of namespace ${namespace.name} whatever its labels ${meshLabels.injection} and ${meshLabels.revision} say`,
            {
              fix: `namespaceSelector: { matchExpressions: [{ key: ${meshLabels.dataplaneMode}, operator: DoesNotExist }] }`,
            },
          ),
        ]
      : []),
    ...(isKnown
      ? []
      : [
          verdict(
            `ConfigMap ${system}/istio`,
            is.blocks,
            `its discoverySelectors do not select namespace ${namespace.name} with the labels that it gets: istiod would forget ` +
              "its Services and policies",
            {
              fix: `meshConfig: { discoverySelectors: [..., { matchLabels: { kubernetes.io/metadata.name: ${namespace.name} } }] }`,
            },
          ),
        ]),
  ];
}
