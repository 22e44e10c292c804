// Names of the resources that an AmbientNamespace registers: whoever imports what exists finds them by these.

/** The children of an AmbientNamespace that has this name. */
export const namespaceChildren = {
  namespace: (component: string): string => `${component}-namespace`,
  mtls: (component: string): string => `${component}-mtls`,
} as const;
