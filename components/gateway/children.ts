// Names of the resources that a gateway's component registers: whoever imports what exists finds them by these.

/** The children of a gateway's component that has this name. */
export const gatewayChildren = {
  overlay: (component: string): string => `${component}-overlay`,
  overlayData: (component: string): string => `${component}-overlay-data`,
  selfSignedIssuer: (component: string): string => `${component}-selfsigned-issuer`,
  authority: (component: string): string => `${component}-ca-certificate`,
  authorityIssuer: (component: string): string => `${component}-ca-issuer`,
  certificate: (component: string): string => `${component}-certificate`,
  service: (component: string): string => `${component}-service`,
  gateway: (component: string): string => `${component}-gateway`,
} as const;
