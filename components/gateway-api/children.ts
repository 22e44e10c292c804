// Names of the resources that a GatewayApi registers: whoever imports what exists finds them by these.

/** The children of a GatewayApi that has this name. */
export const gatewayApiChildren = {
  command: (component: string): string => `${component}-bundle`,
} as const;
