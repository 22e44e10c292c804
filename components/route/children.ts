// Names of the resources that an HttpRoute registers: whoever imports what exists finds them by these.
import { numbered } from "../support/children";

/** The children of an HttpRoute that has this name. */
export const routeChildren = {
  route: (component: string): string => `${component}-route`,
  /** The HttpRoute of those who come by http. */
  redirect: (component: string): string => `${component}-to-https`,
  /** One for each namespace that has backends of the route. */
  grant: (component: string, index: number): string => numbered(`${component}-grant`, index),
} as const;
