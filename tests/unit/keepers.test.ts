// Who keeps an object as it is, by the marks that tools and platforms leave, and what is no sign of any.
import * as assert from "node:assert/strict";
import { slimService } from "../../cluster/slim";
import { keeperOf, type Kept } from "../../lib/ownership/keepers";
import { ownerOf } from "../../lib/ownership/owner";
import { stackMark } from "../../lib/ownership/marks";
import { named } from "./fixtures/objects";

const kept: [what: string, object: Partial<Kept>, who: string, change: string][] = [
  [
    "Argo CD, which tracks by an annotation",
    { annotations: { "argocd.argoproj.io/tracking-id": "mesh:apps/Deployment:istio-system/istiod" } },
    "the Argo CD application mesh",
    "argocd app get mesh",
  ],
  [
    "Argo CD, with an application in a team's namespace",
    { annotations: { "argocd.argoproj.io/tracking-id": "platform_mesh:apps/Deployment:istio-system/istiod" } },
    "the Argo CD application platform/mesh",
    "argocd app get platform/mesh",
  ],
  [
    "Argo CD, which tracks by a label",
    { labels: { "argocd.argoproj.io/instance": "mesh" } },
    "the Argo CD application mesh",
    "argocd app get mesh",
  ],
  [
    "Argo CD, which tracks by the label of Helm's charts",
    { labels: { "app.kubernetes.io/instance": "mesh" }, keptBy: ["argocd-controller"] },
    "the Argo CD application mesh",
    "argocd app get mesh",
  ],
  [
    "Argo CD, by the name under which it writes Roles",
    { labels: { "app.kubernetes.io/instance": "mesh" }, keptBy: ["argocd-application-controller"] },
    "the Argo CD application mesh",
    "argocd app get mesh",
  ],
  ["Argo CD, of which only the field manager tells", { keptBy: ["argocd-controller"] }, "Argo CD", "argocd app list"],
  [
    "a Kustomization of Flux",
    { labels: { "kustomize.toolkit.fluxcd.io/name": "mesh", "kustomize.toolkit.fluxcd.io/namespace": "flux-system" } },
    "the Flux Kustomization flux-system/mesh",
    "flux get kustomization mesh --namespace flux-system",
  ],
  [
    "a HelmRelease of Flux, although Helm's marks are there",
    {
      labels: { "helm.toolkit.fluxcd.io/name": "istiod", "helm.toolkit.fluxcd.io/namespace": "istio-system" },
      annotations: { "meta.helm.sh/release-name": "istiod" },
    },
    "the Flux HelmRelease istio-system/istiod",
    "flux get helmrelease istiod --namespace istio-system",
  ],
  [
    "a ResourceSet of the Flux Operator",
    {
      labels: {
        "resourceset.fluxcd.controlplane.io/name": "mesh",
        "resourceset.fluxcd.controlplane.io/namespace": "platform",
      },
    },
    "the Flux ResourceSet platform/mesh",
    "kubectl get resourcesets.fluxcd.controlplane.io mesh --namespace platform --output yaml",
  ],
  [
    "the Sail operator, with Helm's marks of its own",
    {
      owners: [{ kind: "IstioRevision", name: "default" }],
      annotations: { "meta.helm.sh/release-name": "default-istiod" },
      labels: { "app.kubernetes.io/managed-by": "sail-operator" },
    },
    "the Sail operator (IstioRevision default)",
    "kubectl get istios,istiocnis,ztunnels",
  ],
  [
    "the operator of Calico, which has a kind of the same name as Sail's",
    { owners: [{ kind: "Istio", name: "default", group: "operator.tigera.io" }] },
    "the Tigera operator (Istio default)",
    "kubectl get istios.operator.tigera.io default --output yaml",
  ],
  [
    "the Sail operator, by the kind that Calico's has too",
    { owners: [{ kind: "Istio", name: "default", group: "sailoperator.io" }] },
    "the Sail operator (Istio default)",
    "kubectl get istios,istiocnis,ztunnels",
  ],
  [
    "the Ingress Operator of OpenShift",
    { namespace: "openshift-ingress", owners: [{ kind: "IstioRevision", name: "openshift-gateway" }] },
    "the Ingress Operator of OpenShift",
    "oc get clusteroperator ingress",
  ],
  [
    "the Ingress Operator of OpenShift, a CRD without any mark",
    { namespace: "", keptBy: ["ingress-operator"] },
    "the Ingress Operator of OpenShift",
    "oc get clusteroperator ingress",
  ],
  [
    "the add-on of AKS",
    { namespace: "aks-istio-system", labels: { "istio.io/rev": "asm-1-27" } },
    "the Istio add-on of AKS",
    "az aks show --name CLUSTER --resource-group GROUP --query serviceMeshProfile",
  ],
  [
    "the add-on of AKS, a CRD",
    { namespace: "", annotations: { "meta.helm.sh/release-namespace": "aks-istio-system" } },
    "the Istio add-on of AKS",
    "az aks show --name CLUSTER --resource-group GROUP --query serviceMeshProfile",
  ],
  [
    "the add-on of AKS, a gateway in a namespace of its own",
    { namespace: "aks-istio-ingress" },
    "the Istio add-on of AKS",
    "az aks show --name CLUSTER --resource-group GROUP --query serviceMeshProfile",
  ],
  [
    "AKS, which manages CRDs of the Gateway API without any Istio",
    {
      namespace: "",
      name: "gateways.gateway.networking.k8s.io",
      labels: { "kubernetes.azure.com/managedby": "aks" },
    },
    "AKS",
    "az aks show --name CLUSTER --resource-group GROUP",
  ],
  [
    "Cloud Service Mesh",
    { labels: { "istio.io/owned-by": "mesh.googleapis.com" } },
    "Cloud Service Mesh of GKE",
    "gcloud container fleet mesh describe",
  ],
  [
    "an add-on manager",
    { namespace: "", labels: { "addonmanager.kubernetes.io/mode": "Reconcile" } },
    "the platform's add-on manager",
    "kubectl get crds,deployments,daemonsets --all-namespaces --selector addonmanager.kubernetes.io/mode",
  ],
  ["an add-on of EKS", { keptBy: ["eks"] }, "an add-on of EKS", "aws eks list-addons --cluster-name CLUSTER"],
  [
    "k3s",
    {
      annotations: {
        "objectset.rio.cattle.io/owner-name": "istio",
        "objectset.rio.cattle.io/owner-namespace": "kube-system",
        "objectset.rio.cattle.io/owner-gvk": "k3s.cattle.io/v1, Kind=Addon",
      },
    },
    "the Rancher Addon kube-system/istio",
    "kubectl get addon istio --namespace kube-system",
  ],
  [
    "Fleet, which deploys a bundle as a release of Helm",
    {
      annotations: {
        "objectset.rio.cattle.io/id": "default-mesh-istio",
        "meta.helm.sh/release-name": "mesh-istio",
        "meta.helm.sh/release-namespace": "istio-system",
      },
    },
    "the Fleet bundle default-mesh-istio",
    "kubectl get bundles.fleet.cattle.io --all-namespaces",
  ],
  ["Config Sync", { annotations: { "configmanagement.gke.io/managed": "enabled" } }, "Config Sync", "nomos status"],
  [
    "Karmada, which keeps what it has put on a member cluster",
    { labels: { "karmada.io/managed": "true" } },
    "Karmada",
    "karmadactl get works --operation-scope karmada --all-namespaces",
  ],
  [
    "Sveltos",
    { annotations: { "projectsveltos.io/owner-kind": "Profile", "projectsveltos.io/owner-name": "mesh" } },
    "the Sveltos Profile mesh",
    "sveltosctl show addons",
  ],
  ["kapp", { labels: { "kapp.k14s.io/app": "171" } }, "the kapp application 171", "kapp list --all-namespaces"],
  [
    "an operator that nobody has heard of",
    { owners: [{ kind: "Mesh", name: "main" }] },
    "the Mesh main",
    "kubectl get mesh main --namespace istio-system",
  ],
  [
    "OLM",
    { labels: { "olm.owner": "servicemeshoperator3.v3.1.0" } },
    "the operator servicemeshoperator3.v3.1.0",
    "kubectl get clusterserviceversions --all-namespaces",
  ],
];

const free: [what: string, object: Partial<Kept>][] = [
  ["no mark at all", {}],
  ["the label of a Helm chart", { labels: { "app.kubernetes.io/instance": "mesh" } }],
  ["an object of Rancher's that nothing applies again", { annotations: { "objectset.rio.cattle.io/id": "" } }],
  ["a release of Helm", { annotations: { "meta.helm.sh/release-name": "istiod" } }],
  ["an owner of Kubernetes", { owners: [{ kind: "Deployment", name: "web" }] }],
  ["a Gateway whose Service istiod makes", { owners: [{ kind: "Gateway", name: "hostk8s-gateway" }] }],
  ["field managers of people and of istiod", { keptBy: ["kubectl-client-side-apply", "istio.io/gateway-controller"] }],
  ["an add-on that only has to exist", { labels: { "addonmanager.kubernetes.io/mode": "EnsureExists" } }],
  ["Config Sync, which has let go", { annotations: { "configmanagement.gke.io/managed": "disabled" } }],
  ["a revision of one's own", { labels: { "istio.io/rev": "asm-1" } }],
  [
    "a stack of this package, whatever else it carries",
    { annotations: { [stackMark]: "shop/dev", "argocd.argoproj.io/tracking-id": "mesh:apps/Deployment:a/b" } },
  ],
];

describe("the keeper of an object", () => {
  for (const [what, object, who, change] of kept) {
    it(`is known: ${what}`, () => {
      const found = { ...named("istio-system", "istiod"), ...object };
      const { who: told, change: command } = keeperOf(found)!;
      assert.deepEqual({ told, command }, { told: who, command: change });
      assert.equal(ownerOf({ ...found, managers: [] }), `belongs to ${who}`);
    });
  }

  for (const [what, object] of free) {
    it(`is none: ${what}`, () => {
      assert.equal(keeperOf({ ...named("istio-system", "istiod"), ...object }), undefined);
    });
  }

  it("is told to let go by a command that deletes nothing", () => {
    const release = (labels: Record<string, string>) => keeperOf({ ...named("a", "b"), labels })?.release;
    assert.equal(release({ "argocd.argoproj.io/instance": "mesh" }), "argocd app set mesh --sync-policy none");
    assert.equal(
      release({ "helm.toolkit.fluxcd.io/name": "istiod", "helm.toolkit.fluxcd.io/namespace": "flux" }),
      "flux suspend helmrelease istiod --namespace flux",
    );
  });

  it("is found in what the API server sends, of which nothing else is kept", () => {
    const metadata = {
      name: "web",
      namespace: "shop",
      managedFields: [{ manager: "kubectl" }, { manager: "kustomize-controller" }, { manager: "kustomize-controller" }],
      ownerReferences: [{ apiVersion: "example.com/v1", kind: "Shop", name: "main", uid: "1" }],
    };
    const { keptBy, owners } = slimService({ metadata, spec: {} });
    assert.deepEqual(
      { keptBy, owners },
      { keptBy: ["kustomize-controller"], owners: [{ kind: "Shop", name: "main" }] },
    );
    const calicos = { apiVersion: "operator.tigera.io/v1", kind: "Istio", name: "default", uid: "1" };
    assert.deepEqual(slimService({ metadata: { ...metadata, ownerReferences: [calicos] }, spec: {} }).owners, [
      { kind: "Istio", name: "default", group: "operator.tigera.io" },
    ]);
    const plain = slimService({
      metadata: { ...metadata, managedFields: [{ manager: "kubectl" }], ownerReferences: [] },
    });
    assert.ok(!("keptBy" in plain));
  });
});
