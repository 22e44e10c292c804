// Callers that keep their sidecars while a server is behind a waypoint: sidecars know no waypoint (istio#51445). Who is
// refused, from when on, and what closes the gap.
import { meshLabels } from "../istio/labels";
import { callsAgainst, shortName, unknownCaller, type Calls } from "./calls";
import type { MigrationFacts } from "./facts";
import { admitsPlaintext } from "./plaintext";
import { servicesOf } from "./model";
import { nameOf, selectsPods, type AuthorizationPolicy, type Workload } from "./objects";
import type { Guards, WaypointPlan } from "./waypoint";
import { ztunnelAllows } from "./ztunnel";

/** What admits callers with sidecars at one workload until they are ambient. */
export interface Offer {
  /** "Deployment orders" */
  to: string;
  /** "billing/reports" */
  callers: string[];
  /** A rule that ztunnel enforces; none where a DENY policy of the plan refuses all clients but the waypoint. */
  policy?: AuthorizationPolicy;
  /** What the policy does and when to create it, or why there is none. */
  why: string;
}

const isGuarded = ({ allow, cut }: Guards) => (allow ?? cut) !== undefined;

/** What requests meet that do not go through the waypoint. */
export function bypassNotes(
  facts: MigrationFacts,
  { guards, workloads }: WaypointPlan,
  offers: readonly Offer[],
  calls: readonly Calls[],
  order: readonly Workload[],
): string[] {
  const { namespace } = facts;
  const guarded = guards.filter(isGuarded).map(({ workload }) => workload);
  if (guarded.length === 0) return [];
  const named = guarded.map(({ name }) => name).join(", ");
  const against = callsAgainst(order.map(shortName), calls).filter(({ to }) => guarded.map(shortName).includes(to));
  return [
    `once its pods are replaced, ${named} can be reached through its Services alone, no longer by the address of a pod`,
    ...headlessNotes(guarded, facts),
    ...plaintextNotes(guarded, facts),
    ...refusedNotes(offers),
    ...(workloads.length > 1
      ? [
          `callers with sidecars in ${namespace.name} itself are refused there from the moment a server's pods are replaced until their own are`,
        ]
      : []),
    ...against.map(
      ({ from: caller, to }) =>
        `${caller} calls ${to} and is restarted after it: these workloads call each other, so that no order has every caller first`,
    ),
  ];
}

/** Replicas that know each other by name call no Service with an address. */
function headlessNotes(guarded: readonly Workload[], { services }: MigrationFacts): string[] {
  return guarded.flatMap((workload) => {
    const [headless] = servicesOf(services, workload).filter((service) => service.headless);
    return headless === undefined
      ? []
      : [
          `the headless Service ${headless.name} leads to the pods of ${workload.name} themselves: what calls them by it, as replicas ` +
            "call each other, is denied",
        ];
  });
}

/** Clients outside the mesh, which no Service leads through a waypoint. */
function plaintextNotes(guarded: readonly Workload[], facts: MigrationFacts): string[] {
  const open = guarded.filter((workload) => admitsPlaintext(workload, facts)).map(({ name }) => name);
  if (open.length === 0) return [];
  const plain = facts.callers.filter(({ mode, namespace }) => mode === "none" && namespace !== facts.namespace.name);
  const places = [...new Set(plain.map(({ namespace }) => namespace))].sort();
  const pods = places.length === 0 ? "" : `pods of ${places.join(", ")}, `;
  return [
    `clients outside the mesh reach no waypoint: what comes from ${pods}load balancers, NodePorts or the API server is denied at ` +
      `${open.join(", ")} from then on; where it has to get in, send it through a gateway of the mesh`,
  ];
}

/** What is added after a migration is behind no waypoint. */
export function laterNotes({ early, late, name }: WaypointPlan, { namespace }: MigrationFacts): string[] {
  const all = [...early, ...late].filter(({ spec }) => Object.keys(spec?.selector?.matchLabels ?? {}).length === 0);
  return all.length === 0
    ? []
    : [
        `a workload that is added to ${namespace.name} later is behind the waypoint only if its Service has the label ` +
          `${meshLabels.useWaypoint}: ${name}, and never at the address of its pods: there ${all.map(nameOf).join(", ")} ${all.length > 1 ? "are" : "is"} not enforced`,
      ];
}

/** One line for all workloads whose callers are in the same namespaces. */
function refusedNotes(offers: readonly Offer[]): string[] {
  const places = ({ callers }: Offer) => [...new Set(callers.map((caller) => caller.split("/")[0]))].join(", ");
  return [...new Set(offers.map(places))].map((from) => {
    const servers = offers.filter((each) => places(each) === from).map(({ to }) => to.split(" ")[1]);
    return `sidecars know no waypoint: callers in ${from} are refused at ${servers.join(", ")} until they are ambient; migrate them first`;
  });
}

/** One for each guarded workload that callers with sidecars of other namespaces may call. */
export function offersFor(facts: MigrationFacts, waypoint: WaypointPlan, calls: readonly Calls[]): Offer[] {
  return waypoint.guards.filter(isGuarded).flatMap((each): Offer[] => {
    const accounts = sidecarCallers(each.workload, facts, calls).filter((caller) =>
      isRefused(caller, each, facts, waypoint),
    );
    return accounts.length > 0 ? [offer(each, accounts, facts)] : [];
  });
}

/** Those that objects name; all of other namespaces where some callers are unknown. */
function sidecarCallers(workload: Workload, { callers, namespace }: MigrationFacts, calls: readonly Calls[]): string[] {
  const own = calls.filter(({ to }) => to === shortName(workload));
  const isMeant = (caller: MigrationFacts["callers"][number]) =>
    own.some(
      (call) =>
        call.from === unknownCaller ||
        call.from.startsWith("principals ") ||
        (call.namespace === caller.namespace &&
          (call.serviceAccount === undefined || call.serviceAccount === caller.serviceAccount)),
    );
  const found = callers.filter(
    (caller) => caller.mode === "sidecar" && caller.namespace !== namespace.name && isMeant(caller),
  );
  return [...new Set(found.map((caller) => `${caller.namespace}/${caller.serviceAccount}`))].sort();
}

/** Whether ztunnel refuses a caller at any port of the workload's Services once the migration is done. */
function isRefused(
  caller: string,
  { workload, allow, cut }: Guards,
  { policies, services, root, trustDomain }: MigrationFacts,
  { early, late }: WaypointPlan,
): boolean {
  const gone = [...early, ...late];
  const kept = policies.filter((policy) => selectsPods(policy, workload, root) && !gone.includes(policy));
  const held = [...kept, ...[allow, cut].filter((guard) => guard !== undefined)];
  const [namespace = "", serviceAccount = ""] = caller.split("/");
  const identity = { trustDomain, namespace, serviceAccount };
  const ports = servicesOf(services, workload).flatMap((service) => service.ports);
  return ports.some(
    ({ targetPort: port }) => !ztunnelAllows(held, { identity, ip: "", destinationIp: "", port, authorized: true }),
  );
}

function offer({ workload, allow, cut }: Guards, callers: string[], { trustDomain }: MigrationFacts): Offer {
  const to = shortName(workload);
  if (cut?.spec?.action === "DENY") {
    const why =
      `${cut.metadata.name} refuses every client but the waypoint, as an ALLOW policy would admit at ztunnel what a sidecar ` +
      "refuses: migrate the callers first, or take it that they are refused until they are ambient";
    return { to, callers, why };
  }
  const guard = (cut ?? allow)!.metadata.name;
  const policy: AuthorizationPolicy = {
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: { name: `${workload.name}-from-sidecars`, namespace: workload.namespace },
    spec: {
      selector: { matchLabels: workload.selector },
      action: "ALLOW",
      rules: [{ from: [{ source: { principals: callers.map((caller) => principal(trustDomain, caller)) } }] }],
    },
  };
  const why =
    `admits every request of these callers, whatever its method or path; create it once \`apply\` has created ${guard}, and ` +
    "delete it when the callers are ambient";
  return { to, callers, policy, why };
}

function principal(trustDomain: string, caller: string): string {
  const [namespace, serviceAccount] = caller.split("/");
  return `${trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}
