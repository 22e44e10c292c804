// Names of the resources that a CertManager registers: whoever imports what exists finds them by these.

/** The children of a CertManager that has this name. */
export const certManagerChildren = {
  namespace: (component: string): string => `${component}-namespace`,
  release: (component: string): string => `${component}-release`,
  selfSignedIssuer: (component: string): string => `${component}-selfsigned-issuer`,
  authority: (component: string): string => `${component}-ca-certificate`,
  issuer: (component: string): string => `${component}-issuer`,
} as const;
