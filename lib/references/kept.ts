// What a program keeps of what its stack has made, and how what others lose by the rest is told.
import type { Listener } from "../gateway-api/admission";
import { stackMark } from "../ownership/marks";
import type { ExistingObject } from "../ownership/owner";
import type { ClusterView } from "./cluster";
import type { PlannedCertificate, PlannedGateway } from "./planned";

/** What the program keeps of what the stack has made. */
export interface Kept {
  /** Undefined where the names of some are not known: then no loss of any is told. */
  gateways?: PlannedGateway[];
  /** As `gateways`. */
  certificates?: PlannedCertificate[];
  /** As `gateways`. */
  namespaces?: { name: string }[];
  hasMesh: boolean;
}

/** In place of what was seen. */
export const gone = "not in this program any more";

/** True for what this stack has made. */
export function isOf(view: ClusterView, { annotations }: ExistingObject): boolean {
  return annotations[stackMark] === view.stack;
}

export function isHttps({ protocol }: Listener): boolean {
  return protocol === "HTTPS";
}

export function ownerNote({ annotations }: ExistingObject): string {
  const stack = annotations[stackMark];
  return stack === undefined ? "" : ` (stack ${stack})`;
}

/** "2 of namespace shop (stack shop/prod), 1 of namespace cart" */
export function byNamespace(objects: ExistingObject[]): string {
  const places = objects.map((each) => `namespace ${each.namespace}${ownerNote(each)}`);
  return [...new Set(places)]
    .sort()
    .map((place) => `${places.filter((each) => each === place).length} of ${place}`)
    .join(", ");
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
