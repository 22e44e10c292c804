// Hosts of which Ingresses that are not converted have paths too.
import { keyOf } from "./objects";
import { isTaken, type ConvertOptions } from "./read";
import { refused, type Entry } from "./report";
import { hostsOf, type ReadIngress } from "./servers";

/**
 * Refuses each of them: NGINX serves a host as one, whatever its Ingresses' namespaces are. Of two conversions each would
 * have a listener for it, of which istiod takes the older one, and policies that do not know of each other's paths.
 */
export function sharedHosts(read: readonly ReadIngress[], options: ConvertOptions): Entry[] {
  const others = (options.elsewhere ?? [])
    .filter((one) => isTaken(one, options) && !read.some(({ key }) => key === keyOf(one.metadata)))
    .flatMap((one) => namesOf(one).map((host) => ({ host, one })));
  return read.flatMap((owner) =>
    hostsOf(owner).flatMap((host): Entry[] => {
      const sharing = others.filter((other) => host !== "" && other.host === host).map(({ one }) => one);
      if (sharing.length === 0) return [];
      const keys = [...new Set(sharing.map(({ metadata }) => keyOf(metadata)))].join(", ");
      const namespaces = [...new Set(sharing.map(({ metadata }) => `--namespace ${metadata.namespace ?? "default"}`))];
      const verdict = refused(
        `${keys} has paths of it too, and NGINX serves them as one host`,
        `${namespaces.join(" ")} as well, or --all-namespaces`,
      );
      return [{ ingress: owner.key, part: "host", name: host, ...verdict }];
    }),
  );
}

function namesOf({ spec }: { spec: { rules?: { host?: string }[] } }): string[] {
  return (spec.rules ?? []).map(({ host }) => (host ?? "").toLowerCase());
}

/** What is not known of the hosts. */
export function unreadNotes({ elsewhere }: ConvertOptions): string[] {
  return elsewhere
    ? []
    : [
        "Ingresses of other namespaces could not be read: a host that has paths in several must be converted with all of them",
      ];
}
