// TLS that sidecars add to what applications send in plaintext. ztunnel adds none, and a waypoint does it for the Services and
// ServiceEntries that are attached to it. Sources: istio pilot/pkg/networking/core/cluster_tls.go
// (buildUpstreamClusterTLSContext: sidecars read no credentialName without a workloadSelector), cluster_waypoint.go
// (buildWaypointTLSContext).
import { meshLabels } from "../istio/labels";
import { textOf } from "../validation/violations";
import type { MigrationFacts } from "./facts";
import { nameOf } from "./objects";
import { whyUnattached } from "./route-effects";
import {
  hasWorkloadSelector,
  list,
  map,
  placeOf,
  reachesOthers,
  ruledServices,
  texts,
  type Traffic,
} from "./traffic-objects";
import { verdict, verdictKinds as is, type Verdict } from "./verdict";

type Fields = { [key: string]: unknown };

/** The settings of TLS by which callers with sidecars speak TLS to a host for their applications. */
export function originations(object: Traffic): Fields[] {
  const { kind, spec } = object;
  if (kind !== "DestinationRule") return [];
  const policies = [spec ?? {}, ...list(spec?.["subsets"]).map(map)].map((each) => map(each["trafficPolicy"]));
  const ports = policies.flatMap((policy) => list(policy["portLevelSettings"]).map(map));
  return [...policies, ...ports]
    .map((each) => map(each["tls"]))
    .filter((tls) => ["SIMPLE", "MUTUAL"].includes(String(tls["mode"])) && isForSidecars(tls, object));
}

function isForSidecars({ credentialName }: Fields, object: Traffic): boolean {
  const isSecret = typeof credentialName === "string" && !["", "configmap:"].includes(credentialName.split("//")[0]!);
  return !isSecret || hasWorkloadSelector(object);
}

/** What becomes of one that has them. */
export function originationVerdict(object: Traffic, facts: MigrationFacts): Verdict {
  const host = textOf(object.spec?.["host"]);
  const own = ruledServices(object, facts);
  const isPast = reachesOthers(host, object, facts) || own.some((name) => whyUnattached(name, facts) !== undefined);
  const entry = attachedEntry(object, host, facts);
  if (entry && !hasWorkloadSelector(object)) {
    const why = `the waypoint of ${nameOf(entry)} speaks TLS to ${host} for ambient callers`;
    return verdict(object, is.carriesOver, why);
  }
  if (isPast || hasWorkloadSelector(object)) {
    const why =
      `sidecars speak TLS to ${host} for their applications, and ztunnel does not: what these send in plaintext leaves the ` +
      "pod's node in plaintext";
    const fix =
      "attach a waypoint to the ServiceEntry or Service of the host, in the namespace of this object and without a workloadSelector, " +
      "or let the applications speak TLS";
    return verdict(object, is.hole, why, { fix });
  }
  const why = "ztunnel speaks no TLS for applications";
  return readsFiles(originations(object))
    ? verdict(object, is.loses, `${why}, and a waypoint does not have the files of certificates that callers mount`, {
        fix: "credentialName: a Secret of this namespace, which a waypoint reads",
      })
    : verdict(object, is.needsWaypoint, `${why}; a waypoint does`);
}

/** A ServiceEntry for the host that goes through a waypoint already, which takes the object: beside it, or of the whole mesh. */
function attachedEntry(object: Traffic, host: string, { traffic, entries, namespace, root }: MigrationFacts) {
  const inherited = namespace.labels[meshLabels.useWaypoint];
  const own = traffic.filter(({ kind }) => kind === "ServiceEntry");
  const place = placeOf(object, namespace.name);
  return [...own, ...entries].find((entry) => {
    const { labels = {} } = entry.metadata;
    const waypoint = labels[meshLabels.useWaypoint] ?? (own.includes(entry) ? inherited : undefined) ?? "none";
    const isTaken = place === root || placeOf(entry, namespace.name) === place;
    return waypoint !== "none" && isTaken && texts(entry.spec?.["hosts"]).includes(host);
  });
}

/** Files of certificates are those of the pod that reads them, and a waypoint has other ones. */
function readsFiles(tls: readonly Fields[]): boolean {
  const files = ["caCertificates", "clientCertificate", "privateKey"];
  return tls.some((each) =>
    files.some((file) => each[file] !== undefined && each[file] !== "" && each[file] !== "system"),
  );
}
