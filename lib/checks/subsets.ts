// Subsets to which VirtualServices route: a DestinationRule has to define them, and they have to have pods.
// Source: IST0101 and IST0173 of Istio's analyzers; AugmentLabels in pilot/pkg/serviceregistry/util/label of istio/istio.
import type {
  ClusterSnapshot,
  DestinationRuleState,
  ServiceState,
  Subset,
  VirtualServiceState,
} from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { byNamespace, isLive, some } from "./mesh";
import { hostsOf, wholeName, type Host } from "./mesh-hosts";
import { isSelected } from "./policy-readers";
import { unappliedRules } from "./virtual-services";

export const subsetsCheck: Check = {
  id: "subsets",
  category: "gateways",
  claim: "every subset that a VirtualService routes to is defined and has pods",
  severity: "warning",
  hint: "Requests to a subset that no DestinationRule defines, or that selects no pod, are answered with 503.",
  needs: ["virtualServices", "destinationRules", "services", "pods", "namespaces"],
  also: ["serviceEntries"],
  run(snapshot) {
    const unapplied = new Set(unappliedRules(snapshot));
    const rules = snapshot.virtualServices.filter((rule) => !unapplied.has(rule));
    if (!rules.some(({ destinations }) => destinations.some(({ subset }) => subset !== undefined))) return [];
    const hostOf = hostsOf(snapshot);
    const hasPods = podTest(snapshot);
    const defining = definitionsOf(snapshot);
    const empty = new Map<string, Empty>();
    const undefinedOnes = rules.flatMap((rule) =>
      rule.destinations.flatMap(({ host, subset }) => {
        const found = hostOf(host, rule.namespace);
        if (subset === undefined || !found) return [];
        const [definition] = defining(found, subset);
        if (!definition) return [undefinedSubset(rule, host, subset)];
        const service = found.kind === "Service" ? (found.object as ServiceState) : undefined;
        if (!service?.selector || hasPods(service, definition.subset)) return [];
        const key = `${definition.rule.namespace}/${definition.rule.name} ${subset} ${wholeName(service)}`;
        const known = empty.get(key) ?? { ...definition, service, routing: [] };
        empty.set(key, { ...known, routing: [...known.routing, rule.name] });
        return [];
      }),
    );
    return [...undefinedOnes, ...[...empty.values()].map(emptySubset)];
  },
};

interface Definition {
  rule: DestinationRuleState;
  subset: Subset;
}

/** A subset without pods, and the VirtualServices that route to it. */
interface Empty extends Definition {
  service: ServiceState;
  routing: string[];
}

/** The DestinationRules that define a subset of a host, those for all hosts of a domain among them. */
function definitionsOf(snapshot: ClusterSnapshot): (host: Host, subset: string) => Definition[] {
  const hostOf = hostsOf(snapshot);
  const all = snapshot.destinationRules
    .filter(({ subsets }) => subsets.length > 0)
    .map((rule) => ({ rule, host: hostOf(rule.host, rule.namespace) }));
  const isFor = ({ rule, host }: (typeof all)[number], wanted: Host) =>
    rule.host.startsWith("*")
      ? names(wanted).some((name) => name.endsWith(rule.host.slice(1)))
      : host?.object === wanted.object;
  return (wanted, name) =>
    all
      .filter((each) => isFor(each, wanted))
      .flatMap(({ rule }) => rule.subsets.filter((subset) => subset.name === name).map((subset) => ({ rule, subset })));
}

function names({ kind, object }: Host): string[] {
  return kind === "ServiceEntry" && "hosts" in object ? (object.hosts as string[]) : [wholeName(object)];
}

/** Labels that istiod adds to those of the pods, by the node that they run on and by the cluster. */
const added = /^(topology\.|kubernetes\.io\/hostname$)/;

function podTest(snapshot: ClusterSnapshot): (service: ServiceState, subset: Subset) => boolean {
  const pods = new Map(byNamespace(snapshot.pods.filter(isLive)));
  return ({ namespace, selector }, { labels }) =>
    Object.keys(labels).some((key) => added.test(key)) ||
    (pods.get(namespace) ?? []).some(isSelected({ pods: { ...selector, ...labels } }));
}

function undefinedSubset(rule: VirtualServiceState, host: string, subset: string): Finding {
  const rules = "a DestinationRule of the host defines it, or requests that go there are answered with 503";
  const write = `host: ${host}, subsets: [{ name: ${subset}, labels: { ... } }]`;
  return finding("VirtualService", rule, `subset ${subset} of ${host}`, rules, { write });
}

function emptySubset({ rule, subset, service, routing }: Empty): Finding {
  const labels = Object.entries(subset.labels).map(([key, value]) => `${key}=${value}`);
  const got = `subset ${subset.name} (${labels.join(", ")}) selects no pod of Service ${service.namespace}/${service.name}`;
  const rules = `VirtualService ${some([...new Set(routing)])} routes to it, and these requests are answered with 503`;
  const selector = Object.entries({ ...service.selector, ...subset.labels }).map(([key, value]) => `${key}=${value}`);
  return finding("DestinationRule", rule, got, rules, {
    run: `kubectl get pods --namespace ${service.namespace} --selector ${selector.join(",")} --show-labels`,
  });
}
