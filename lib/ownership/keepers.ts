// Who keeps an object as it is: tools and platforms that would undo a change made to it, and how they are told instead.
import type { Named, Owner } from "../cluster-state/snapshot";
import { stackMark } from "./marks";

/** A tool or platform that puts an object back as its own source has it. */
export interface Keeper {
  /** "the Argo CD application mesh" */
  who: string;
  /** The command that shows or changes the source of the object. */
  change: string;
  /** The command by which it lets go of its objects, and leaves them as they are. */
  release?: string;
}

/** What of an object tells who keeps it. */
export type Kept = Pick<Named, "namespace" | "name" | "labels" | "annotations"> & {
  owners?: Owner[];
  keptBy?: string[];
};

/** Kinds of Kubernetes, of Istio's gateways and of cert-manager: what they own is no operator's. */
const plainOwners = new Set([
  ...["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob", "Node", "Service", "Namespace", "Pod"],
  ...["ConfigMap", "Secret", "ServiceAccount", "CustomResourceDefinition", "APIService", "EndpointSlice"],
  ...["Gateway", "GatewayClass", "HTTPRoute", "ServiceEntry", "WorkloadEntry", "WorkloadGroup"],
  ...["Certificate", "CertificateRequest", "Issuer", "ClusterIssuer", "Ingress"],
]);

/** Resources of the Sail operator, which OpenShift Service Mesh is built on. */
const sailKinds = ["Istio", "IstioRevision", "IstioRevisionTag", "IstioCNI", "ZTunnel"];

/** The operator of Calico has a kind of the same name. */
const tigera = "operator.tigera.io";

/** True for kinds of owners that only their group tells apart. */
export function isAmbiguous(kind: string): boolean {
  return kind === "Istio";
}

/** Field managers that keep an object, where it carries no other sign of them. */
const managers: Record<string, Keeper> = {
  "argocd-controller": { who: "Argo CD", change: "argocd app list" },
  // Under this name it writes Roles and their bindings.
  "argocd-application-controller": { who: "Argo CD", change: "argocd app list" },
  "kustomize-controller": { who: "Flux", change: "flux get kustomizations --all-namespaces" },
  "helm-controller": { who: "Flux", change: "flux get helmreleases --all-namespaces" },
  "sail-operator": { who: "the Sail operator", change: "kubectl get istios,istiocnis,ztunnels" },
  "ingress-operator": { who: "the Ingress Operator of OpenShift", change: "oc get clusteroperator ingress" },
  eks: { who: "an add-on of EKS", change: "aws eks list-addons --cluster-name CLUSTER" },
};

/** True for owners of an object that tell who keeps it. */
export function isKeepingOwner({ kind }: Owner): boolean {
  return !plainOwners.has(kind);
}

/** True for field managers that tell who keeps an object. */
export function isKeepingManager(manager: string): boolean {
  return manager in managers;
}

/** Who keeps an object; undefined where a change made to it stays. What a stack of this package owns is not asked here. */
export function keeperOf(object: Kept): Keeper | undefined {
  if (object.annotations[stackMark] !== undefined) {
    return undefined;
  }
  return argo(object) ?? flux(object) ?? packaged(object) ?? platform(object) ?? operator(object) ?? managed(object);
}

function argo({ labels, annotations, keptBy = [] }: Kept): Keeper | undefined {
  const [tracked] = annotations["argocd.argoproj.io/tracking-id"]?.split(":") ?? [];
  // Before Argo CD 3 that was a label which Helm's charts use as well.
  const instance = keptBy.some((manager) => manager.startsWith("argocd-"))
    ? labels["app.kubernetes.io/instance"]
    : undefined;
  const application = tracked ?? labels["argocd.argoproj.io/instance"] ?? instance;
  if (!application) {
    return undefined;
  }
  // An application outside of Argo CD's own namespace is tracked as namespace_name.
  const name = application.replace("_", "/");
  const release = `argocd app set ${name} --sync-policy none`;
  return { who: `the Argo CD application ${name}`, change: `argocd app get ${name}`, release };
}

function flux({ labels }: Kept): Keeper | undefined {
  for (const [tool, kind] of [
    ["kustomize", "Kustomization"],
    ["helm", "HelmRelease"],
  ]) {
    const name = labels[`${tool}.toolkit.fluxcd.io/name`];
    const namespace = labels[`${tool}.toolkit.fluxcd.io/namespace`] ?? "flux-system";
    if (name !== undefined) {
      const object = `${kind!.toLowerCase()} ${name} --namespace ${namespace}`;
      const release = `flux suspend ${object}`;
      return { who: `the Flux ${kind} ${namespace}/${name}`, change: `flux get ${object}`, release };
    }
  }
  // Of the Flux Operator, which the command of Flux does not know.
  const group = "fluxcd.controlplane.io";
  const set = labels[`resourceset.${group}/name`];
  if (set === undefined) return undefined;
  const namespace = labels[`resourceset.${group}/namespace`] ?? "flux-system";
  const object = `resourcesets.${group} ${set} --namespace ${namespace}`;
  const release = `kubectl annotate ${object} ${group}/reconcile=disabled --overwrite`;
  return { who: `the Flux ResourceSet ${namespace}/${set}`, change: `kubectl get ${object} --output yaml`, release };
}

/** Other tools that apply a source again and again. */
function packaged({ labels, annotations }: Kept): Keeper | undefined {
  const bundle = annotations["objectset.rio.cattle.io/owner-name"];
  const gvk = annotations["objectset.rio.cattle.io/owner-gvk"] ?? "";
  if (bundle !== undefined) {
    const namespace = annotations["objectset.rio.cattle.io/owner-namespace"] ?? "default";
    const [, kind = "Bundle"] = /Kind=(\w+)/.exec(gvk) ?? [];
    return { who: `the Rancher ${kind} ${namespace}/${bundle}`, change: getCommand(kind, bundle, namespace) };
  }
  // Fleet deploys its bundles as releases of Helm.
  const fleet = annotations["objectset.rio.cattle.io/id"] ?? "";
  if (fleet !== "" && annotations["meta.helm.sh/release-name"] !== undefined) {
    return { who: `the Fleet bundle ${fleet}`, change: "kubectl get bundles.fleet.cattle.io --all-namespaces" };
  }
  if (annotations["configmanagement.gke.io/managed"] === "enabled") {
    return { who: "Config Sync", change: "nomos status" };
  }
  if (labels["karmada.io/managed"] === "true") {
    return { who: "Karmada", change: "karmadactl get works --operation-scope karmada --all-namespaces" };
  }
  const profile = annotations["projectsveltos.io/owner-name"];
  if (profile !== undefined) {
    const kind = annotations["projectsveltos.io/owner-kind"] ?? "ClusterProfile";
    return { who: `the Sveltos ${kind} ${profile}`, change: "sveltosctl show addons" };
  }
  const app = labels["kapp.k14s.io/app"];
  return app === undefined ? undefined : { who: `the kapp application ${app}`, change: "kapp list --all-namespaces" };
}

/** Clouds and distributions that bring an Istio or the Gateway API themselves. */
function platform({ namespace, name, labels, annotations, owners = [], keptBy = [] }: Kept): Keeper | undefined {
  const homes = [namespace, annotations["meta.helm.sh/release-namespace"]];
  const isAks = labels["kubernetes.azure.com/managedby"] === "aks";
  if (homes.some((home) => home?.startsWith("aks-istio-")) || (isAks && name.endsWith(".istio.io"))) {
    return {
      who: "the Istio add-on of AKS",
      change: "az aks show --name CLUSTER --resource-group GROUP --query serviceMeshProfile",
    };
  }
  if (isAks) return { who: "AKS", change: "az aks show --name CLUSTER --resource-group GROUP" };
  const managed = labels["istio.io/owned-by"] === "mesh.googleapis.com";
  if (managed || (labels["istio.io/rev"] ?? "").startsWith("asm-managed")) {
    return { who: "Cloud Service Mesh of GKE", change: "gcloud container fleet mesh describe" };
  }
  const ingress = owners.some(({ name }) => name === "openshift-gateway") || keptBy.includes("ingress-operator");
  if (homes.includes("openshift-ingress") || ingress) {
    return managers["ingress-operator"];
  }
  const mode = labels["addonmanager.kubernetes.io/mode"];
  const kept = "kubectl get crds,deployments,daemonsets --all-namespaces --selector addonmanager.kubernetes.io/mode";
  return mode === "Reconcile" ? { who: "the platform's add-on manager", change: kept } : undefined;
}

function operator({ namespace, labels, owners = [] }: Kept): Keeper | undefined {
  const calico = owners.find(({ kind, group }) => isAmbiguous(kind) && group === tigera);
  if (calico) {
    const change = `kubectl get istios.${tigera} ${calico.name} --output yaml`;
    return { who: `the Tigera operator (Istio ${calico.name})`, change };
  }
  const sail = owners.find(({ kind }) => sailKinds.includes(kind));
  if (sail || labels["app.kubernetes.io/managed-by"] === "sail-operator") {
    const change = "kubectl get istios,istiocnis,ztunnels";
    return { who: sail ? `the Sail operator (${sail.kind} ${sail.name})` : "the Sail operator", change };
  }
  const [owner] = owners.filter(isKeepingOwner);
  if (owner) {
    return { who: `the ${owner.kind} ${owner.name}`, change: getCommand(owner.kind, owner.name, namespace) };
  }
  const bundle = labels["olm.owner"];
  return bundle === undefined
    ? undefined
    : { who: `the operator ${bundle}`, change: "kubectl get clusterserviceversions --all-namespaces" };
}

function managed({ keptBy = [] }: Kept): Keeper | undefined {
  const manager = keptBy.find(isKeepingManager);
  return manager === undefined ? undefined : managers[manager];
}

function getCommand(kind: string, name: string, namespace: string): string {
  return `kubectl get ${kind.toLowerCase()} ${name}${namespace === "" ? "" : ` --namespace ${namespace}`}`;
}
