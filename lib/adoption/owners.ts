// Who has installed a part of Istio, and who would put back what anyone else changes on it.
import { isKeepingManager, keeperOf as otherKeeper, type Keeper as OtherKeeper } from "../ownership/keepers";
import { namespaceOf, textsOf, type LiveObject } from "./facts";
import { istioctlLabels } from "./fields";

/** Who made an object: a Helm release, istioctl, or a tool that leaves no mark. */
export type Maker = { tool: "helm"; release: string; namespace: string } | { tool: "istioctl" } | { tool: "another" };

/** A controller or platform that keeps objects as it wants them. */
export interface Keeper {
  /** Names it on the command line: "argocd/istiod". */
  id: string;
  /** "the Argo CD application istiod" */
  shown: string;
  /** What to do there first, as commands. Neither this nor the next for a platform, where nothing can be done. */
  release?: string;
  /** Where its own documentation alone tells what to do: the command that shows what it manages. */
  look?: string;
  /** What it does to objects that it does not let go of. Without this: it puts them back. */
  does?: string;
  /** What to do instead where something else creates the keeper, and would create it again. */
  origin?: string;
  /** Labels and annotations by which it knows the object. */
  labels: string[];
  annotations: string[];
}

/** Who made an object, by what is on it. */
export function makerOf(object: LiveObject): Maker {
  const { "meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": namespace } = textsOf(
    object,
    "annotations",
  );
  if (release !== undefined) return { tool: "helm", release, namespace: namespace ?? namespaceOf(object) };
  const labels = textsOf(object, "labels");
  return { tool: istioctlLabels.some((label) => label in labels) ? "istioctl" : "another" };
}

/** How a plan calls a maker. */
export function makerText(maker: Maker): string {
  if (maker.tool === "helm") return `Helm release ${maker.namespace}/${maker.release}`;
  return maker.tool === "istioctl" ? "istioctl" : "kubectl or another tool";
}

/** Who would put an object back as it was. */
export function keeperOf(object: LiveObject): Keeper | undefined {
  const labels = textsOf(object, "labels");
  const annotations = textsOf(object, "annotations");
  const { ownerReferences, managedFields } = object.metadata;
  const managers = ((managedFields ?? []) as { manager?: string }[]).map(({ manager = "" }) => manager);
  const other = otherKeeper({
    ...{ namespace: namespaceOf(object), name: object.metadata.name, labels, annotations },
    owners: (ownerReferences ?? []) as unknown as OwnerReference[],
    keptBy: managers.filter(isKeepingManager),
  });
  return (
    platform(object, labels) ??
    sail(object) ??
    argo(labels, annotations, other) ??
    flux(labels) ??
    anyOther(other) ??
    program(managers)
  );
}

/** Programs keep a release in a state of their own; until their next run they change nothing. */
const programs: [manager: RegExp, keeper: Pick<Keeper, "id" | "shown" | "look" | "origin">][] = [
  [
    /^pulumi-(resource-)?kubernetes/,
    {
      id: "pulumi",
      shown: "a Pulumi program",
      look: "pulumi stack --show-urns",
      origin: "take it out of the program, and out of the state with `pulumi state delete`",
    },
  ],
  [
    /^(terraform|opentofu)/i,
    {
      id: "terraform",
      shown: "Terraform",
      look: "terraform state list",
      origin: "take it out of the configuration, and out of the state with `terraform state rm`",
    },
  ],
];

/** Helm and server-side apply note the program that called them as the manager of fields. Source: helm pkg/kube/client.go. */
function program(managers: readonly string[]): Keeper | undefined {
  const [, found] = programs.find(([manager]) => managers.some((each) => manager.test(each))) ?? [];
  return found && { ...found, does: "its next run would upgrade or uninstall it", ...none };
}

/** Whether the user says that a keeper has let go. Its field managers stay behind, and name the tool alone. */
export function isReleased({ id }: Keeper, released: readonly string[]): boolean {
  const isTool = tools.some(([, tool]) => tool === id);
  return released.includes(id) || (isTool && released.some((each) => each.startsWith(`${id}/`)));
}

/** What the command line calls tools of which only the name is known. */
const tools: [named: RegExp, tool: string][] = [
  [/^Argo CD$/, "argocd"],
  [/^Flux$/, "flux"],
  [/^the Sail operator/, "sail"],
];

/** Keepers that leave other signs; how to make them let go only their own documentation tells. */
function anyOther(other: OtherKeeper | undefined): Keeper | undefined {
  if (!other) return undefined;
  const { who, change } = other;
  const tool = tools.find(([named]) => named.test(who))?.[1];
  const id = tool ?? who.replace(/^(the|an) /, "");
  return { id, shown: who, look: change, ...none };
}

const none = { labels: [], annotations: [] };

/** Platforms have no way to hand Istio over: it is a part of their cluster. */
function platform(object: LiveObject, labels: Record<string, string>): Keeper | undefined {
  if (namespaceOf(object) === "aks-istio-system") return { id: "aks", shown: "the AKS add-on", ...none };
  if ((labels["istio.io/rev"] ?? "").startsWith("asm-")) {
    return { id: "asm", shown: "Google's Cloud Service Mesh", ...none };
  }
  return "maistra.io/owner" in labels ? { id: "maistra", shown: "OpenShift Service Mesh 2", ...none } : undefined;
}

const sailKinds = ["Istio", "IstioRevision", "IstioCNI", "ZTunnel"];

interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
}

/** Its resources have a finalizer that uninstalls, so they cannot just be deleted. */
function sail({ metadata }: LiveObject): Keeper | undefined {
  const owners = (metadata["ownerReferences"] ?? []) as unknown as OwnerReference[];
  const owner = owners.find(
    ({ apiVersion, kind }) => apiVersion.startsWith("sailoperator.io/") && sailKinds.includes(kind),
  );
  if (!owner) return undefined;
  const { kind, name } = owner;
  // A revision has the name of its Istio, and where there is one for each release, that release behind it.
  const resources =
    kind === "IstioRevision"
      ? [
          ["istiorevision", name],
          ["istio", name.replace(/-v\d+(-\d+)+.*$/, "")],
        ]
      : [[kind.toLowerCase(), name]];
  const commands = resources.flatMap(([resource, named]) => [
    `kubectl patch ${resource} ${named} --type merge --patch '{"metadata":{"finalizers":null}}'`,
    `kubectl delete ${resource} ${named} --cascade=orphan`,
  ]);
  const release = ["kubectl scale deployment sail-operator --namespace sail-operator --replicas 0", ...commands];
  return {
    id: `sail/${name}`,
    shown: `the Sail operator's ${kind} ${name}`,
    origin: "where OLM or GitOps maintains the operator or its resources, stop that before",
    release: release.join(" && "),
    ...none,
  };
}

function argo(
  labels: Record<string, string>,
  annotations: Record<string, string>,
  other: OtherKeeper | undefined,
): Keeper | undefined {
  const name = /Argo CD application (\S+)$/.exec(other?.who ?? "")?.[1];
  if (name === undefined) return undefined;
  return {
    id: `argocd/${name}`,
    shown: `the Argo CD application ${name}`,
    origin:
      "where an ApplicationSet or a parent application creates it, delete it there instead, with " +
      "preserveResourcesOnDeletion or without its finalizer",
    release: `argocd app delete ${name} --cascade=false`,
    labels: ["argocd.argoproj.io/instance"].filter((key) => key in labels),
    annotations: ["argocd.argoproj.io/tracking-id", "argocd.argoproj.io/installation-id"].filter(
      (key) => key in annotations,
    ),
  };
}

function flux(labels: Record<string, string>): Keeper | undefined {
  const tools = [
    { group: "helm.toolkit.fluxcd.io", kind: "HelmRelease" },
    { group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization" },
  ];
  const tool = tools.find(({ group }) => `${group}/name` in labels);
  if (!tool) return undefined;
  const { group, kind } = tool;
  const [name, namespace] = [labels[`${group}/name`]!, labels[`${group}/namespace`] ?? "flux-system"];
  const resource = kind.toLowerCase();
  return {
    id: `flux/${namespace}/${name}`,
    shown: `the Flux ${kind} ${namespace}/${name}`,
    origin: "where a Kustomization creates it from Git, delete it there instead, once it is suspended",
    // Deleting one that is suspended leaves in place what it has made.
    release:
      `flux suspend ${resource} ${name} --namespace ${namespace} && ` +
      `kubectl delete ${resource} ${name} --namespace ${namespace}`,
    labels: [`${group}/name`, `${group}/namespace`].filter((key) => key in labels),
    annotations: [],
  };
}
