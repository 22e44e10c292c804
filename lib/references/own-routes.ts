// Routes of one program that answer the same requests of a Gateway, whose parents are known once they have arrived: by
// then it does not count how the program wrote them.
import type { Judged } from "./places";
import type { GatewayReference, PlannedReference } from "./reference";
import { comparableMatch, shownRequest } from "./requests";

/** A route of the program, and the component that makes it. */
interface OwnRoute {
  /** HttpRoute "web" */
  component: string;
  reference: GatewayReference;
}

/** A route as far as others of its program are told of it. */
export interface Claiming {
  /** How messages call it: HttpRoute "web". */
  shown: string;
  redirects?: boolean;
}

/** What is told to a route whose requests another route of the program has. */
export function ownClash(
  other: Claiming,
  { redirects }: Pick<Claiming, "redirects">,
  byPath: boolean,
): { rule: string; fix: string } {
  const { shown } = other;
  if (redirects && !other.redirects) {
    const rule = `${shown} serves the same host and path over http; set \`httpsOnly\` there instead of this redirect`;
    return { rule, fix: `new ${shown.replace(/^(\w+) (.*)$/, "$1($2")}, { httpsOnly: true })` };
  }
  if (other.redirects && !redirects) {
    const rule = `${shown} redirects the same host and path over http already; set \`httpsOnly\` on this route instead`;
    return { rule, fix: "httpsOnly: true" };
  }
  const rule = `must not have the host and path of ${shown}`;
  return { rule, fix: byPath ? 'prefix: "/other"' : 'hostnames: ["other.example.com"]' };
}

/** What is wrong with a route beside those of the same program that came before it. */
export function ownClashes(reference: GatewayReference, before: PlannedReference[]): Judged[] {
  const others = before.flatMap(({ component, reference: other }): OwnRoute[] =>
    other.type === "gateway" && isBeside(reference, other) ? [{ component, reference: other }] : [],
  );
  return others.flatMap(({ component, reference: other }): Judged[] => {
    const hosts = hostsOf(reference).filter((host) => hostsOf(other).includes(host));
    const theirs = other.route.matches.map(({ match }) => comparableMatch(match));
    const same = reference.route.matches.find(({ match }) => theirs.includes(comparableMatch(match)));
    const [host] = hosts;
    if (!same || host === undefined) {
      return [];
    }
    const path = same.path || (reference.route.hostnames ? "hostnames" : "parent");
    const told = ownClash({ shown: component, redirects: other.redirects }, reference, same.path !== "");
    return [{ violation: { path, got: shownRequest(host, same.match), ...told }, isCertain: true }];
  });
}

function hostsOf({ route }: GatewayReference): string[] {
  return route.hostnames?.length ? route.hostnames : ["*"];
}

/** Another route on a listener of this one. */
function isBeside(one: GatewayReference, other: GatewayReference): boolean {
  const isSame = (a: { namespace: string; name: string }, b: { namespace: string; name: string }) =>
    a.namespace === b.namespace && a.name === b.name;
  return (
    isSame(one.gateway, other.gateway) &&
    !isSame(one.route, other.route) &&
    // Two redirects to https answer the same.
    !(one.redirects && other.redirects) &&
    one.parents.some((each) => other.parents.some((theirs) => mayShare(each, theirs)))
  );
}

type Named = GatewayReference["parents"][number];

/** True where both name a common listener. Whether a section has the port of the other one is not known here. */
function mayShare(one: Named, other: Named): boolean {
  const isAll = ({ section, port }: Named) => section === undefined && port === undefined;
  return (
    isAll(one) ||
    isAll(other) ||
    (one.section !== undefined && one.section === other.section) ||
    (one.section === undefined && other.section === undefined && one.port === other.port)
  );
}
