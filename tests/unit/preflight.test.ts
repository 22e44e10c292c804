// What stands in a mesh's way, and what it will not do: every finding of the preflight on facts made for it.
import * as assert from "node:assert/strict";
import { findingLine } from "../../lib/checks/check";
import { judgePlan } from "../../lib/preflight";
import { type ClusterFacts, type Plan } from "../../lib/preflight/facts";
import { stackMark } from "../../lib/ownership/marks";
import { ownObjects } from "../../lib/preflight/owners";
import { flannel, helmMarks, installed, named, node, pod, release, service, workload } from "./fixtures/objects";
import { certificates, empty, gateway, mine, plan, stack, theirs } from "./fixtures/plans";

const inTheWay: [what: string, plan: Partial<Plan>, facts: Partial<ClusterFacts>, ...errors: string[]][] = [
  [
    "a namespace that exists",
    {},
    { namespaces: [named("", "istio-system")] },
    '`Namespace istio-system`: got "already exists"; the mesh makes its own namespace; write `adoptNamespace: true`',
  ],
  [
    "another stack's namespace",
    {},
    { namespaces: [theirs] },
    '`Namespace istio-system`: got "it belongs to the stack shop/prod"; a namespace belongs to the mesh of one ' +
      "stack; this stack can take it over only if that stack is gone; run " +
      "`kubectl annotate namespace istio-system istio-ambient/stack=shop/dev --overwrite`",
  ],
  [
    "another stack's mesh, of which nothing else is told",
    { adoptNamespace: true },
    {
      namespaces: [theirs],
      istiods: [installed("1.31.4")],
      helmReleases: [release("istiod", "deployed")],
      services: [service("shop", "web", 30081)],
    },
    '`Namespace istio-system`: got "it holds the mesh of the stack shop/prod"; a cluster can have one mesh: use that ' +
      "one, through the outputs of its stack; only if that stack is gone: this one takes its mesh over by " +
      "`kubectl annotate namespace istio-system istio-ambient/stack=shop/dev --overwrite`, and the next `pulumi up` of " +
      'that stack would fail; write `new pulumi.StackReference("organization/shop/prod").requireOutput("gateway")`',
  ],
  [
    "another stack's mesh in another namespace",
    { namespace: "mesh", nodeNamespace: "mesh" },
    { namespaces: [theirs], istiods: [installed("1.31.4")] },
    '`Namespace istio-system`: got "it holds the mesh of the stack shop/prod"; a cluster can have one mesh: use that ' +
      "one, through the outputs of its stack; only if that stack is gone: uninstalling its Helm releases takes every " +
      'workload out of the mesh; a mesh in `namespace: "istio-system"` can take them over instead; write ' +
      '`new pulumi.StackReference("organization/shop/prod").requireOutput("gateway")`',
  ],
  [
    "a release of Helm that somebody installed",
    { adoptNamespace: true },
    { namespaces: [named("", "istio-system")], helmReleases: [release("istiod", "deployed")] },
    '`Helm release istio-system/istiod`: got "already exists"; the releases of a mesh belong to its stack; have ' +
      "them handed over to it; run `npx istio-ambient adopt --to shop/dev`",
  ],
  [
    "an operation of Helm that never ended, also on a release of one's own",
    {},
    {
      namespaces: [mine],
      helmReleases: [release("istiod", "superseded", 1), release("istiod", "pending-upgrade", 2)],
    },
    '`Helm release istio-system/istiod`: got "revision 2 is pending-upgrade"; an interrupted operation of Helm blocks ' +
      "every further one until its record is gone; run " +
      "`kubectl delete secret sh.helm.release.v1.istiod.v2 --namespace istio-system`",
  ],
  [
    "an istiod of istioctl",
    {},
    { istiods: [workload("Deployment", "istio-system", "istiod")] },
    '`Deployment istio-system/istiod`: got "an Istio installed by istioctl"; one Istio serves a cluster: a second one ' +
      "fights over webhooks, GatewayClasses and each node's CNI; have it handed over to this stack; run " +
      "`npx istio-ambient adopt --to shop/dev`",
  ],
  [
    "an istiod of another revision",
    {},
    { istiods: [workload("Deployment", "istio-system", "istiod-canary", { "istio.io/rev": "canary" })] },
    '`Deployment istio-system/istiod-canary`: got "an Istio installed by istioctl (revision canary)"; one Istio serves ' +
      "a cluster: a second one fights over webhooks, GatewayClasses and each node's CNI; have it handed over to this " +
      "stack; run `npx istio-ambient adopt --to shop/dev`",
  ],
  [
    "an istiod of Helm in another namespace",
    {},
    {
      istiods: [workload("Deployment", "mesh", "istiod", {}, helmMarks("istiod", "mesh"))],
    },
    '`Deployment mesh/istiod`: got "an Istio installed by Helm"; one Istio serves a cluster: a second one fights over ' +
      "webhooks, GatewayClasses and each node's CNI; have it handed over to this stack; run " +
      "`npx istio-ambient adopt --to shop/dev`",
  ],
  [
    "a CNI of the Sail operator",
    {},
    {
      daemonSets: [
        {
          ...workload("DaemonSet", "istio-cni", "istio-cni-node", { "k8s-app": "istio-cni-node" }),
          owners: [{ kind: "IstioCNI", name: "default" }],
        },
      ],
    },
    '`DaemonSet istio-cni/istio-cni-node`: got "an Istio of the Sail operator (IstioCNI default)"; one Istio serves a ' +
      "cluster: a second one fights over webhooks, GatewayClasses and each node's CNI; use that mesh without " +
      "AmbientMesh, or remove it at its source: the Sail operator (IstioCNI default) recreates what is deleted here; run " +
      "`kubectl get istios,istiocnis,ztunnels`",
  ],
  [
    "CRDs of Istio that Helm did not make",
    {},
    {
      definitions: [
        certificates,
        named("", "gateways.networking.istio.io"),
        named("", "telemetries.telemetry.istio.io"),
      ],
    },
    '`CustomResourceDefinition gateways.networking.istio.io and 1 more`: got "not of the Helm release ' +
      'istio-system/istio-base"; Helm installs istio-base only over CRDs that carry its marks; run ' +
      "`kubectl label crd gateways.networking.istio.io telemetries.telemetry.istio.io " +
      "app.kubernetes.io/managed-by=Helm --overwrite && " +
      "kubectl annotate crd gateways.networking.istio.io telemetries.telemetry.istio.io " +
      "meta.helm.sh/release-name=istio-base meta.helm.sh/release-namespace=istio-system --overwrite`",
  ],
  [
    "CRDs of Istio beside an istiod that Helm did not make either",
    {},
    {
      istiods: [workload("Deployment", "istio-system", "istiod", {}, helmMarks("istiod", "istio-system"))],
      definitions: [certificates, named("", "gateways.networking.istio.io")],
    },
    '`CustomResourceDefinition gateways.networking.istio.io`: got "not of the Helm release istio-system/istio-base"; ' +
      "Helm installs istio-base only over CRDs that carry its marks; run `npx istio-ambient adopt --to shop/dev`",
  ],
  [
    "a minor that is skipped",
    {},
    { namespaces: [mine], istiods: [installed("1.29.6")] },
    '`Deployment istio-system/istiod`: got "1.29.6"; an upgrade to 1.31.4 must not skip a minor version; write ' +
      '`version: "1.30.8"`',
  ],
  [
    "a downgrade",
    { version: "1.30.8" },
    { namespaces: [mine], istiods: [installed("1.31.4")] },
    '`Deployment istio-system/istiod`: got "1.31.4"; a mesh is never downgraded (to 1.30.8); write `version: ' +
      '"1.31.4"`',
  ],
  [
    "a Gateway of the same name",
    {},
    { namespaces: [mine], objects: [{ ...named("istio-system", "hostk8s-gateway"), kind: "Gateway" }] },
    '`Gateway istio-system/hostk8s-gateway`: got "already exists"; the mesh makes it; mark it as this stack\'s, or ' +
      "give the gateway another name; run `kubectl annotate gateways.gateway.networking.k8s.io hostk8s-gateway --namespace istio-system " +
      "istio-ambient/stack=shop/dev --overwrite`",
  ],
  [
    "a Service of the gateway's name that istiod did not make",
    {},
    { namespaces: [mine], services: [service("istio-system", "hostk8s-gateway-istio")] },
    '`Service istio-system/hostk8s-gateway-istio`: got "not one of istiod\'s"; istiod does not adopt a Service ' +
      "without the label gateway.istio.io/managed; deleting this one breaks its clients; write " +
      '`gateway: { name: "hostk8s-gateway-2" }`',
  ],
  [
    "NodePorts that are taken, with free ones to take instead",
    {},
    { services: [service("shop", "web", 30081), service("shop", "admin", 30444)] },
    '`Service shop/web`: got "has NodePort 30081"; NodePort 30081 of the gateway (`gateway.httpNodePort`) must ' +
      "be free; write `httpNodePort: 30082`",
    '`Service shop/admin`: got "has NodePort 30444"; NodePort 30444 of the gateway (`gateway.httpsNodePort`) ' +
      "must be free; write `httpsNodePort: 30083`",
  ],
  [
    "no cert-manager",
    {},
    { definitions: [] },
    '`CustomResourceDefinition certificates.cert-manager.io`: got "none"; cert-manager 1.0.0 or newer issues the ' +
      'gateway\'s certificate; have this stack install it (in your own program: `new CertManager("certs")`), or disable ' +
      "https (`gateway: { certificate: { enabled: false } }`); run `pulumi config set istio-ambient:certManager true`",
  ],
  [
    "a cert-manager of the same program that the mesh does not wait for",
    { certManagers: [{ name: "certs", installs: true, isBefore: false }] },
    { definitions: [] },
    '`CustomResourceDefinition certificates.cert-manager.io`: got "none"; the mesh has to wait for CertManager "certs" of ' +
      "this program, which brings them; write `{ dependsOn: certs }`",
  ],
  [
    "an issuer of another name than the one that the program makes",
    {
      gateway: { ...gateway, ownAuthority: false, issuer: { kind: "ClusterIssuer", name: "letsencrypt" } },
      certManagers: [{ name: "certs", installs: true, isBefore: true, issuer: "root" }],
    },
    { definitions: [], issuerFound: false },
    `\`ClusterIssuer letsencrypt\`: got "none"; the issuer of the gateway's certificate must exist; without ` +
      "`issuerName` the gateway gets its own CA; write `gateway: { certificate: {} }`",
  ],
  [
    "an Issuer of the name of the program's ClusterIssuer",
    {
      gateway: { ...gateway, ownAuthority: false, issuer: { kind: "Issuer", name: "root" } },
      certManagers: [{ name: "certs", installs: false, isBefore: true, issuer: "root" }],
    },
    { issuerFound: false },
    `\`Issuer istio-system/root\`: got "none"; the issuer of the gateway's certificate must exist; without ` +
      "`issuerName` the gateway gets its own CA; write `gateway: { certificate: {} }`",
  ],
  [
    "an old cert-manager",
    {},
    { definitions: [named("", "certificates.cert-manager.io", { "app.kubernetes.io/version": "v0.16.1" })] },
    `\`CustomResourceDefinition certificates.cert-manager.io\`: got "from cert-manager 0.16.1"; the gateway's ` +
      "certificate needs cert-manager 1.0.0 or newer; run `helm upgrade cert-manager " +
      "oci://quay.io/jetstack/charts/cert-manager --namespace cert-manager`",
  ],
  [
    "an issuer that is not there",
    { gateway: { ...gateway, ownAuthority: false, issuer: { kind: "ClusterIssuer", name: "letsencrypt" } } },
    { issuerFound: false },
    `\`ClusterIssuer letsencrypt\`: got "none"; the issuer of the gateway's certificate must exist; without ` +
      "`issuerName` the gateway gets its own CA; write `gateway: { certificate: {} }`",
  ],
  ...(
    [
      ["openshift", { definitions: [certificates, named("", "clusterversions.config.openshift.io")] }],
      ["gke", { nodes: [node("gke-1", { "cloud.google.com/gke-nodepool": "default" })] }],
      ["minikube", { nodes: [node("minikube", { "minikube.k8s.io/name": "minikube" })] }],
      ["microk8s", { nodes: [node("m", { "microk8s.io/cluster": "true" })] }],
      ["k3d", { kubernetes: "v1.34.1+k3s1", nodes: [{ ...node("k3d-k3s-default-server-0"), annotations: flannel }] }],
      ["k3s", { kubernetes: "v1.34.1+k3s1", nodes: [{ ...node("node-1"), annotations: flannel }] }],
    ] as [string, Partial<ClusterFacts>][]
  ).map(([platform, facts]): (typeof inTheWay)[number] => [
    `a cluster of ${platform} that the charts are not told of`,
    { platform: "kind" },
    facts,
    `\`Cluster https://127.0.0.1:6443\`: got "a cluster of ${platform}, platform kind"; the charts install istio-cni where ` +
      `${platform} looks for it only if \`platform\` is set; write \`platform: "${platform}"\``,
  ]),
  [
    "Pod Security that refuses the node agents",
    { platform: "openshift", nodeNamespace: "kube-system" },
    {
      definitions: [certificates, named("", "clusterversions.config.openshift.io")],
      namespaces: [named("", "kube-system", { "pod-security.kubernetes.io/enforce": "baseline" })],
    },
    '`Namespace kube-system`: got "pod-security.kubernetes.io/enforce: baseline"; istio-cni and ztunnel need a ' +
      "namespace whose Pod Security level is privileged; run `kubectl label namespace kube-system " +
      "pod-security.kubernetes.io/enforce=privileged --overwrite`",
  ],
  [
    "an adopted namespace whose own Pod Security level would have to be overwritten",
    { adoptNamespace: true },
    { namespaces: [named("", "istio-system", { "pod-security.kubernetes.io/enforce": "restricted" })] },
    '`Namespace istio-system`: got "pod-security.kubernetes.io/enforce: restricted"; istio-cni and ztunnel ' +
      "need a namespace whose Pod Security level is privileged; run `kubectl label namespace istio-system " +
      "pod-security.kubernetes.io/enforce=privileged --overwrite`",
  ],
  [
    "the mesh of the same stack in another namespace, once and not for each of its parts",
    { namespace: "mesh", nodeNamespace: "mesh" },
    { namespaces: [mine], istiods: [installed("1.31.4")], helmReleases: [release("istiod", "deployed")] },
    '`Namespace istio-system`: got "it holds the mesh of this stack"; a mesh cannot move to another namespace: leave it ' +
      'where it is, or destroy it first, which takes every pod out of it; write `namespace: "istio-system"`',
  ],
  [
    "missing rights",
    {},
    {
      denied: [
        { verb: "create", group: "apps", resource: "daemonsets", namespace: "istio-system" },
        { verb: "create", group: "", resource: "namespaces", namespace: "" },
      ],
    },
    '`Cluster credentials of the kubeconfig`: got "may not create daemonsets.apps, create namespaces"; ' +
      "creating the mesh needs these permissions; run `kubectl auth can-i create daemonsets.apps --namespace " +
      "istio-system`",
  ],
];

describe("the preflight", () => {
  it("finds nothing on a cluster that is right", () => {
    assert.deepEqual(judgePlan(plan, empty, false), { errors: [], warnings: [], waived: [] });
  });

  it("finds nothing on what an earlier run of the same stack left", () => {
    const objects = ["Gateway hostk8s-gateway", "ConfigMap hostk8s-gateway-overlay"].map((text) => {
      const [kind = "", name = ""] = text.split(" ");
      return { ...named("istio-system", name), kind, annotations: { [stackMark]: stack } };
    });
    const own = service("istio-system", "hostk8s-gateway-istio", 30081, 30444);
    const facts: ClusterFacts = {
      ...empty,
      namespaces: [mine],
      istiods: [installed("1.31.4")],
      helmReleases: [release("istio-base", "deployed"), release("istiod", "failed")],
      services: [{ ...own, labels: { "gateway.istio.io/managed": "istio.io-gateway-controller" } }],
      objects,
    };
    assert.deepEqual(judgePlan(plan, facts, false).errors, []);
    assert.deepEqual(ownObjects(plan, facts), {
      namespace: "istio-system",
      releases: { "istio-base": "istio-system/istio-base", istiod: "istio-system/istiod" },
      overlay: "istio-system/hostk8s-gateway-overlay",
      selfSignedIssuer: undefined,
      authority: undefined,
      authorityIssuer: undefined,
      certificate: undefined,
      gateway: "istio-system/hostk8s-gateway",
    });
  });

  it("lets a gateway of the same stack go that holds the NodePorts under its old name or in its old namespace", () => {
    const former = (owner: string, namespace = "istio-system") => ({
      services: [
        { ...service(namespace, "old-istio", 30081, 30444), owners: [{ kind: "Gateway", name: "old" }] },
        service("shop", "web", 30085),
      ],
      objects: [{ ...named(namespace, "old"), kind: "Gateway", annotations: { [stackMark]: owner } }],
    });
    for (const namespace of ["istio-system", "edge"]) {
      assert.deepEqual(judgePlan(plan, { ...empty, ...former(stack, namespace) }, false).errors, []);
      assert.equal(judgePlan(plan, { ...empty, ...former("shop/prod", namespace) }, false).errors.length, 2);
    }
  });

  it("neither claims nor accuses a Gateway of the planned name in another namespace", () => {
    const elsewhere = { ...named("edge", gateway.name), kind: "Gateway" };
    for (const annotations of [{}, { [stackMark]: stack }] as Record<string, string>[]) {
      const facts = { ...empty, namespaces: [mine], objects: [{ ...elsewhere, annotations }] };
      assert.deepEqual(judgePlan(plan, facts, false).errors, []);
      assert.equal(ownObjects(plan, facts).gateway, undefined);
    }
  });

  it("claims nothing where namespaces may not be read, and accuses nobody", () => {
    const gaps = { namespaces: { cause: "forbidden" as const, why: "no right" } };
    const facts = { ...empty, namespaces: [], helmReleases: [release("istiod", "deployed")], gaps };
    assert.deepEqual(judgePlan(plan, facts, false).errors, []);
    assert.deepEqual(ownObjects(plan, facts), { releases: {} });
  });

  it("claims no release that is to be in another namespace from now on", () => {
    const facts = {
      ...empty,
      namespaces: [mine],
      helmReleases: [release("istiod", "deployed"), release("ztunnel", "deployed")],
    };
    const own = ownObjects({ ...plan, platform: "openshift", nodeNamespace: "kube-system" }, facts);
    assert.deepEqual(own.releases, { istiod: "istio-system/istiod" });
  });

  it("claims nothing in a namespace of somebody else", () => {
    assert.deepEqual(
      ownObjects(plan, { ...empty, namespaces: [theirs], helmReleases: [release("istiod", "deployed")] }),
      {
        releases: {},
      },
    );
  });

  for (const [what, changed, facts, ...errors] of inTheWay) {
    it(`stops at ${what}`, () => {
      const report = judgePlan({ ...plan, ...changed }, { ...empty, ...facts }, false);
      assert.deepEqual(report.errors.map(findingLine), errors);
    });
  }

  it("takes a cert-manager that may still come, because the mesh depends on something, for a warning", () => {
    for (const facts of [{ definitions: [] }, { certManager: { deployments: [], leads: false } }]) {
      const report = judgePlan(plan, { ...empty, ...facts }, true);
      assert.deepEqual([report.errors.length, report.warnings.length], [0, 1]);
    }
  });

  it("warns of what will not do what it seems to", () => {
    const both = { "istio.io/dataplane-mode": "ambient", "istio-injection": "enabled" };
    const facts = {
      ...empty,
      namespaces: [named("", "shop", both)],
      uncapturable: [
        pod("agent", { hostNetwork: true }),
        pod("web", { annotations: { "sidecar.istio.io/status": "{}" } }),
      ],
    };
    assert.deepEqual(judgePlan({ ...plan, autoscale: true }, facts, false).warnings.map(findingLine), [
      '`Namespace shop`: got "both istio.io/dataplane-mode and istio-injection"; a pod with a sidecar is never captured; ' +
        "run `kubectl label namespace shop istio-injection-`",
      '`Namespace shop`: got "pods on the node\'s network: agent"; only pods with their own network namespace are captured; ' +
        "write `hostNetwork: false`",
      '`Namespace shop`: got "pods with a sidecar: web"; a pod with a sidecar is never captured; disable ' +
        "injection and restart it; run `kubectl rollout restart deployment --namespace shop`",
      '`HorizontalPodAutoscaler istio-system/istiod`: got "no API metrics.k8s.io"; a HorizontalPodAutoscaler ' +
        "needs metrics.k8s.io, which metrics-server provides; write `controlPlane: { values: { autoscaleEnabled: " +
        "false } }`",
    ]);
  });
});
