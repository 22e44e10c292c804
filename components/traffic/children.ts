// Names of the resources that a TrafficPolicy registers: whoever imports what exists finds them by these.

/** The children of a TrafficPolicy that has this name. */
export const trafficChildren = {
  destinationRule: (component: string): string => `${component}-connections`,
  virtualService: (component: string): string => `${component}-requests`,
} as const;
