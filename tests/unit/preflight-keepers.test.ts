// An Istio, CRDs, releases and gateways that a tool or a platform keeps: named, and never to be deleted or taken over.
import * as assert from "node:assert/strict";
import { findingLine } from "../../lib/checks/check";
import type { ClusterFacts, Plan } from "../../lib/preflight/facts";
import { podSecurityFindings } from "../../lib/preflight/cluster";
import { definitionFindings, gatewayFindings, helmFindings, otherIstioFindings } from "../../lib/preflight/owners";
import { bothLabelsFindings } from "../../lib/preflight/warnings";
import { helmMarks, named, release, service, workload } from "./fixtures/objects";
import { empty, mine, plan } from "./fixtures/plans";

const others = [
  (facts: ClusterFacts) => otherIstioFindings(plan, facts),
  (facts: ClusterFacts) => helmFindings(plan, facts),
  (facts: ClusterFacts) => definitionFindings(plan, facts),
  (facts: ClusterFacts) => gatewayFindings(plan, facts),
];

function lines(facts: Partial<ClusterFacts>, of: Plan = plan): string[] {
  const all = { ...empty, ...facts };
  return [...others.flatMap((find) => find(all)), ...podSecurityFindings(of, all), ...bothLabelsFindings(all)].map(
    findingLine,
  );
}

const conflict = "one Istio serves a cluster: a second one fights over webhooks, GatewayClasses and each node's CNI";
const argo = { "argocd.argoproj.io/tracking-id": "mesh:apps/Deployment:istio-system/istiod" };
const flux = { "helm.toolkit.fluxcd.io/name": "istiod", "helm.toolkit.fluxcd.io/namespace": "flux-system" };
const enrolled = named("", "shop", { "istio.io/dataplane-mode": "ambient" });
const istiod = (labels = {}, annotations = {}, namespace = "istio-system") =>
  workload("Deployment", namespace, "istiod", labels, annotations);
const ztunnel = (annotations = {}) =>
  workload("DaemonSet", "mesh", "ztunnel", { "app.kubernetes.io/name": "ztunnel" }, annotations);
const away = (who: string) =>
  `use that mesh without AmbientMesh, or remove it at its source: ${who} recreates what is deleted here`;

const cases: [what: string, facts: Partial<ClusterFacts>, ...lines: string[]][] = [
  [
    "an istiod of Argo CD is not called istioctl's",
    { istiods: [istiod({}, argo)] },
    `\`Deployment istio-system/istiod\`: got "an Istio of the Argo CD application mesh"; ${conflict}; ` +
      `${away("the Argo CD application mesh")}; run \`argocd app get mesh\``,
  ],
  [
    "an istiod of AKS, with its revision",
    { istiods: [istiod({ "istio.io/rev": "asm-1-27" }, {}, "aks-istio-system")] },
    `\`Deployment aks-istio-system/istiod\`: got "an Istio of the Istio add-on of AKS (revision asm-1-27)"; ${conflict}; ` +
      `${away("the Istio add-on of AKS")}; run \`az aks show --name CLUSTER --resource-group GROUP --query serviceMeshProfile\``,
  ],
  [
    "an istiod of the Sail operator",
    { istiods: [{ ...istiod(), owners: [{ kind: "IstioRevision", name: "default" }] }] },
    `\`Deployment istio-system/istiod\`: got "an Istio of the Sail operator (IstioRevision default)"; ${conflict}; ` +
      `${away("the Sail operator (IstioRevision default)")}; run \`kubectl get istios,istiocnis,ztunnels\``,
  ],
  [
    "the istiod that OpenShift runs for its own gateways is no obstacle",
    {
      istiods: [
        {
          ...workload("Deployment", "openshift-ingress", "istiod-openshift-gateway", { app: "istiod" }),
          owners: [{ kind: "IstioRevision", name: "openshift-gateway" }],
        },
      ],
    },
  ],
  [
    "a ztunnel of Helm with pods in it: these leave first",
    { namespaces: [enrolled], daemonSets: [ztunnel(helmMarks("ztunnel", "mesh"))] },
    `\`DaemonSet mesh/ztunnel\`: got "an Istio installed by Helm"; ${conflict}; run \`istio-ambient unenroll && helm ` +
      "uninstall ztunnel --namespace mesh`",
  ],
  [
    "a ztunnel of Helm that serves nobody",
    { daemonSets: [ztunnel(helmMarks("ztunnel", "mesh"))] },
    `\`DaemonSet mesh/ztunnel\`: got "an Istio installed by Helm"; ${conflict}; run \`helm uninstall ztunnel --namespace mesh\``,
  ],
  [
    "an istiod of istioctl with pods in its mesh: the stack can go on with it",
    { namespaces: [enrolled], istiods: [istiod()], daemonSets: [ztunnel()] },
    `\`Deployment istio-system/istiod\`: got "an Istio installed by istioctl"; ${conflict}; have it handed over to this ` +
      "stack; run `npx istio-ambient adopt --to shop/dev`",
    `\`DaemonSet mesh/ztunnel\`: got "an Istio installed by istioctl"; ${conflict}; have it handed over to this stack; ` +
      "run `npx istio-ambient adopt --to shop/dev`",
  ],
  [
    "what istioctl has left without its istiod, with pods in its mesh; its CRDs stay",
    { namespaces: [enrolled], daemonSets: [ztunnel()] },
    `\`DaemonSet mesh/ztunnel\`: got "an Istio installed by istioctl"; ${conflict}; run \`istio-ambient unenroll && ` +
      "istioctl uninstall --revision default`",
  ],
  [
    "a second istiod beside the data plane of this stack, whose pods stay in the mesh",
    {
      namespaces: [mine, enrolled],
      istiods: [workload("Deployment", "istio-system", "istiod-canary", { "istio.io/rev": "canary" })],
      daemonSets: [{ ...ztunnel(helmMarks("ztunnel", "istio-system")), namespace: "istio-system" }],
    },
    `\`Deployment istio-system/istiod-canary\`: got "an Istio installed by istioctl (revision canary)"; ${conflict}; run ` +
      "`istioctl uninstall --revision canary`",
  ],
  [
    "a second istiod whose release has a ztunnel with pods in it: these leave first, whichever part is named",
    {
      namespaces: [mine, enrolled],
      istiods: [istiod({}, helmMarks("ambient", "mesh"), "mesh")],
      daemonSets: [ztunnel(helmMarks("ambient", "mesh"))],
    },
    ...["Deployment mesh/istiod", "DaemonSet mesh/ztunnel"].map(
      (part) =>
        `\`${part}\`: got "an Istio installed by Helm"; ${conflict}; run \`istio-ambient unenroll && helm uninstall ambient ` +
        "--namespace mesh`",
    ),
  ],
  [
    "a release that Flux installs is not claimed",
    {
      helmReleases: [release("istiod", "deployed")],
      istiods: [istiod(flux, helmMarks("istiod", "istio-system"))],
    },
    '`Helm release istio-system/istiod`: got "already exists"; a release must belong to this stack, but the Flux ' +
      "HelmRelease " +
      "flux-system/istiod manages this one; stop it from managing the release first; run `flux suspend helmrelease " +
      "istiod --namespace flux-system`",
  ],
  [
    "an operation of Flux in its middle is not cut off",
    {
      helmReleases: [release("istiod", "pending-upgrade", 2)],
      istiods: [istiod(flux, helmMarks("istiod", "istio-system"))],
    },
    '`Helm release istio-system/istiod`: got "revision 2 is pending-upgrade"; a release must belong to this stack, ' +
      "but the Flux " +
      "HelmRelease flux-system/istiod manages this one; stop it from managing the release first; run `flux suspend " +
      "helmrelease istiod --namespace flux-system`",
  ],
  [
    "a release that was uninstalled and whose history was kept",
    { namespaces: [mine], helmReleases: [release("istiod", "uninstalled", 3)] },
    '`Helm release istio-system/istiod`: got "revision 3 is uninstalled"; its history was kept, and Helm reuses no name of ' +
      "which it has records; nothing else of it is left; run `helm uninstall istiod --namespace istio-system`",
  ],
  [
    "a release beside one that Flux installs",
    {
      namespaces: [mine],
      helmReleases: [release("istiod", "deployed")],
      daemonSets: [{ ...ztunnel(helmMarks("ztunnel", "istio-system")), namespace: "istio-system", labels: flux }],
    },
  ],
  [
    "CRDs that Argo CD keeps are not taken from it",
    {
      definitions: [
        named("", "gateways.networking.istio.io"),
        { ...named("", "sidecars.networking.istio.io"), annotations: argo },
      ],
    },
    '`CustomResourceDefinition sidecars.networking.istio.io`: got "managed by the Argo CD application mesh"; Helm installs ' +
      "istio-base only over CRDs that are its own; have the Argo CD application mesh release them first; run `argocd app " +
      "set mesh --sync-policy none`",
  ],
  [
    "CRDs of others than Istio are nobody's business",
    { definitions: [{ ...named("", "istios.sailoperator.io"), annotations: argo }] },
  ],
  [
    "a Gateway that Flux keeps",
    { namespaces: [mine], objects: [{ ...named("istio-system", "hostk8s-gateway", flux), kind: "Gateway" }] },
    '`Gateway istio-system/hostk8s-gateway`: got "already exists"; the mesh makes it, and the Flux HelmRelease ' +
      "flux-system/istiod manages this one; give the gateway another name; write `gateway: { name: " +
      '"hostk8s-gateway-2" }`',
  ],
  [
    "a Service of the gateway's name is not deleted under its clients",
    { namespaces: [mine], services: [service("istio-system", "hostk8s-gateway-istio")] },
    '`Service istio-system/hostk8s-gateway-istio`: got "not one of istiod\'s"; istiod does not adopt a Service ' +
      "without the label " +
      "gateway.istio.io/managed; deleting this one breaks its clients; write `gateway: { name: " +
      '"hostk8s-gateway-2" }`',
  ],
  [
    "the level of a namespace that Argo CD keeps",
    {
      namespaces: [
        { ...named("", "istio-system", { "pod-security.kubernetes.io/enforce": "restricted" }), annotations: argo },
      ],
    },
    '`Namespace istio-system`: got "pod-security.kubernetes.io/enforce: restricted"; istio-cni and ztunnel need a namespace ' +
      "whose Pod Security level is privileged; the Argo CD application mesh reverts changes made here, so change it there; " +
      "run `argocd app get mesh`",
  ],
  [
    "the labels of a namespace that Flux keeps",
    { namespaces: [named("", "shop", { ...flux, ...enrolled.labels, "istio-injection": "enabled" })] },
    '`Namespace shop`: got "both istio.io/dataplane-mode and istio-injection"; a pod with a sidecar is never captured; the ' +
      "Flux HelmRelease flux-system/istiod reverts changes made here, so change it there; run `flux get helmrelease istiod " +
      "--namespace flux-system`",
  ],
];

describe("the preflight beside tools that keep what they have made", () => {
  for (const [what, facts, ...wanted] of cases) {
    it(`tells ${what}`, () => assert.deepEqual(lines(facts), wanted));
  }
});
