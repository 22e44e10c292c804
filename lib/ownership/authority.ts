// The CA of a gateway's own: clients trust it, so it stays what it is when its gateway gets another name.
import type { Named } from "../cluster-state/snapshot";
import { gatewayObjects } from "../istio/names";
import { componentMark, stackMark } from "./marks";

/** The gateway whose CA is looked for. */
export interface AuthorityOwner {
  stack: string;
  /** IngressGateway "public", and what it was called before. */
  components: string[];
  namespace: string;
  /** Its name as it now is. */
  name: string;
}

/** The name after which the CA's objects are called: that of the CA that the component has, or the gateway's. */
export function authorityBase(certificates: Named[], { stack, components, namespace, name }: AuthorityOwner): string {
  const suffix = gatewayObjects.authority("");
  const names = certificates
    .filter(
      (each) =>
        each.namespace === namespace &&
        each.annotations[stackMark] === stack &&
        components.includes(each.annotations[componentMark] ?? "") &&
        each.name.endsWith(suffix),
    )
    .map((each) => each.name.slice(0, -suffix.length))
    .sort();
  return names.includes(name) ? name : (names[0] ?? name);
}
