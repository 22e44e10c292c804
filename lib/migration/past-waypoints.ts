// Requests that no waypoint of a migration sees, in the words of what they are without.
import type { MigrationFacts } from "./facts";
import type { Unattached } from "./members";
import { whyUnattached } from "./route-effects";
import { refusals } from "./route-refusals";
import type { Traffic } from "./traffic-objects";
import { verdict, verdictKinds as is, type Verdict } from "./verdict";

/** Why no waypoint sees requests to Services of the namespace: one sentence for each reason. */
export function unattachedTexts(names: readonly string[], facts: MigrationFacts, what: string): string[] {
  const found = names.map((name) => ({ name, why: whyUnattached(name, facts) }));
  return (["headless", "external", "others"] as const).flatMap((why) => {
    const those = found.filter((each) => each.why === why).map(({ name }) => name);
    return those.length === 0 ? [] : [unattachedText[why](those.join(", "), what)];
  });
}

const unattachedText: { [why in Unattached]: (names: string, what: string) => string } = {
  headless: (_, what) =>
    `ambient callers of a headless Service go straight to its pods, through no waypoint, and without ${what}`,
  external: (_, what) =>
    `ambient callers of an ExternalName Service go straight to its name, through no waypoint, and without ${what}`,
  others: (names, what) =>
    `no pods behind ${names} are migrated: ambient callers go straight to them, through no waypoint, and without ${what}`,
};

/** Whether no waypoint sees any of the requests that an object is for. */
export function isLost(names: readonly string[], facts: MigrationFacts): boolean {
  return names.length > 0 && names.every((name) => whyUnattached(name, facts) !== undefined);
}

/** What callers did for themselves in sidecars, a waypoint does for the server: only the owner of the host can have one. */
export function awayVerdict(object: Traffic, hosts: readonly string[], what: string): Verdict {
  const fix =
    "attach a waypoint to the Service or ServiceEntry of the host, in its namespace, and move this object there";
  return lostVerdict(object, awayText(hosts, what), fix);
}

/** Of an object that has no effect any more: a hole where it refuses requests. */
export function lostVerdict(object: Traffic, why: string, fix?: string): Verdict {
  const refused = refusals(object);
  if (refused.length === 0) return verdict(object, is.loses, why, fix === undefined ? {} : { fix });
  const instead = "an AuthorizationPolicy for what it refuses, then --accept";
  return verdict(object, is.hole, `${why}; what it refuses, is refused no more: ${refused.join(", ")}`, {
    fix: fix === undefined ? instead : `${fix}, or write ${instead}`,
  });
}

export function awayText(hosts: readonly string[], what: string): string {
  return (
    `ambient callers go straight to ${hosts.join(", ")}, without ${what}, past an egress gateway too: it is no Service of this ` +
    "namespace, whose waypoint sees no request to it"
  );
}
