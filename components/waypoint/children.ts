// Names of the resources that a Waypoint registers: whoever imports what exists finds them by these.
import { numbered } from "../support/children";

/** The children of a Waypoint that has this name. */
export const waypointChildren = {
  overlay: (component: string): string => `${component}-overlay`,
  overlayData: (component: string): string => `${component}-overlay-data`,
  gateway: (component: string): string => `${component}-gateway`,
  pods: (component: string): string => `${component}-pods`,
  /** By its place in `for`. */
  user: (component: string, index: number): string => numbered(`${component}-user`, index),
} as const;
