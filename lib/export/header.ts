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
    `Flux unenrolls no workloads. ${beforeRemoval}`,
    "Flux writes the Gateway API CRDs over newer ones; only their own admission policy refuses that.",
  ],
  kustomize: [
    `kubectl does not check the cluster before it installs, and waits for nothing. ${afterwards}`,
    `kubectl unenrolls no workloads. ${beforeRemoval}`,
    "kubectl restores nothing that is changed by hand until it is run again, and removes nothing that is no longer in the files.",
    "kubectl writes the Gateway API CRDs over newer ones; only their own admission policy refuses that.",
  ],
  argocd: [
    `Argo CD does not check the cluster before it installs, nor the nodes once it has. ${afterwards}`,
    `Argo CD unenrolls no workloads. ${beforeRemoval}`,
    "Argo CD writes the Gateway API CRDs over newer ones; only their own admission policy refuses that.",
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
