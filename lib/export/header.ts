// The comment at the head of every exported file: where it is from, and what its tool does not do that `pulumi up` does.

/** The tools that files are written for. */
export const formats = ["flux", "kustomize", "argocd"] as const;
export type Format = (typeof formats)[number];

/** First words of every file, by which a later export knows its own. */
export const firstWords = "Written by `istio-ambient export";

const afterwards = "Run `npx istio-ambient check` afterwards.";
const beforeRemoval =
  "Run `npx istio-ambient unenroll` before you remove the mesh: pods that are still enrolled when ztunnel goes lose all traffic.";

/** What each tool lacks; docs/gitops.md is made of it, too. */
export const limits: Record<Format, string[]> = {
  flux: [
    `Flux does not check the cluster before it installs, nor the nodes once it has. ${afterwards}`,
    `Flux does not unenroll workloads. ${beforeRemoval}`,
    "Flux overwrites newer Gateway API CRDs, unless their own admission policy rejects it.",
  ],
  kustomize: [
    `kubectl does not check the cluster before it installs, and waits for nothing. ${afterwards}`,
    `kubectl does not unenroll workloads. ${beforeRemoval}`,
    "kubectl corrects drift only when it runs again, and deletes nothing that is no longer in the files.",
    "kubectl overwrites newer Gateway API CRDs, unless their own admission policy rejects it.",
  ],
  argocd: [
    `Argo CD does not check the cluster before it installs, nor the nodes once it has. ${afterwards}`,
    `Argo CD does not unenroll workloads. ${beforeRemoval}`,
    "Argo CD overwrites newer Gateway API CRDs, unless their own admission policy rejects it.",
  ],
};

/** The header of one file; `page` is where the documentation can be read. */
export type Header = (what: string, ...more: string[]) => string[];

/** Headers for one format. */
export function headerFor(format: Format, page: string): Header {
  return (what, ...more) => [
    `${firstWords} --format ${format}\`: ${what}.`,
    ...limits[format],
    `More: ${page}`,
    ...more,
  ];
}
