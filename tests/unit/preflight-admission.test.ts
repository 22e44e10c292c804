// What a cluster would refuse: the very objects of a mesh, asked by dry runs, and every kind of no told by who said it.
import * as assert from "node:assert/strict";
import { findingLine } from "../../lib/checks/check";
import { judgePlan } from "../../lib/preflight";
import type { Refusal } from "../../lib/preflight/asked";
import type { ClusterFacts, Plan } from "../../lib/preflight/facts";
import { named } from "./fixtures/objects";
import { certificates, empty, plan } from "./fixtures/plans";

const agent = { kind: "DaemonSet", namespace: "istio-system", name: "istio-cni-node", elsewhere: true };
const pod = { ...agent, kind: "Pod" };
const definition = { kind: "CustomResourceDefinition", namespace: "", name: "gateways.gateway.networking.k8s.io" };

function errors(
  refusals: Partial<Refusal>[],
  facts: Partial<ClusterFacts> = {},
  planned: Partial<Plan> = {},
): string[] {
  const all = refusals.map((refusal) => ({ ...agent, why: "", ...refusal }));
  return judgePlan({ ...plan, ...planned }, { ...empty, ...facts, refusals: all }, false).errors.map(findingLine);
}

const openShift =
  'customresourcedefinitions.apiextensions.k8s.io "gateways.gateway.networking.k8s.io" is forbidden: ' +
  "ValidatingAdmissionPolicy 'openshift-ingress-operator-gatewayapi-crd-admission' with binding " +
  "'openshift-ingress-operator-gatewayapi-crd-admission' denied request: Gateway API Custom Resource Definitions are " +
  "managed by the Ingress Operator and may not be modified";

const refusals: [what: string, refusal: Partial<Refusal>, message: string][] = [
  [
    "GKE Autopilot",
    {
      why:
        'admission webhook "warden-validating.common-webhooks.networking.gke.io" denied the request: GKE Warden rejected ' +
        "the request because it violates one or more constraints.\nViolations details: " +
        "{\"[denied by autogke-default-linux-capabilities]\":[\"linux capability 'NET_ADMIN' on container 'install-cni' not allowed\"]}",
    },
    '`DaemonSet istio-system/istio-cni-node`: got "refused by GKE Autopilot: GKE Warden rejected the request because it ' +
      "violates one or more constraints. Violations details: {'[denied by autogke-default-linux-capabilities]':['linux " +
      "capability 'NET_ADMIN' on container 'install-cni' not allowed']}\"; istio-cni and ztunnel need rights on the nodes " +
      "that Autopilot does not grant: an ambient mesh needs a Standard cluster; run `gcloud container clusters create standard`",
  ],
  [
    "a policy of Kyverno",
    {
      why:
        'admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource DaemonSet/default/istio-cni-node was ' +
        "blocked due to the following policies \n\ndisallow-host-path:\n  autogen-host-path: 'validation error: HostPath " +
        "volumes are forbidden.'\n",
    },
    '`DaemonSet istio-system/istio-cni-node`: got "refused by Kyverno: resource DaemonSet/default/istio-cni-node was ' +
      "blocked " +
      "due to the following policies disallow-host-path: autogen-host-path: 'validation error: HostPath volumes are " +
      "forbidden.'\"; the mesh needs it: the owner of this rule must exempt namespace istio-system; run `kubectl get " +
      "clusterpolicies disallow-host-path --output yaml`",
  ],
  [
    "a constraint of Gatekeeper",
    {
      ...pod,
      why: 'admission webhook "validation.gatekeeper.sh" denied the request: [psp-capabilities] container <install-cni> has a disallowed capability',
    },
    '`Pod istio-system/istio-cni-node`: got "refused by Gatekeeper: [psp-capabilities] container <install-cni> has a ' +
      'disallowed capability"; the mesh needs it: the owner of this rule must exempt namespace istio-system; run ' +
      "`kubectl get " +
      "constraints`",
  ],
  [
    "an admission policy of the cluster's own",
    {
      why:
        "daemonsets.apps \"istio-cni-node\" is forbidden: ValidatingAdmissionPolicy 'no-host-paths' with binding " +
        "'everywhere' denied request: host paths are for the platform",
    },
    '`DaemonSet istio-system/istio-cni-node`: got "refused by ValidatingAdmissionPolicy no-host-paths: host paths ' +
      'are for the platform"; the mesh needs it: the owner of this rule must exempt namespace istio-system; run ' +
      "`kubectl describe " +
      "validatingadmissionpolicybinding everywhere`",
  ],
  [
    "any other webhook, of an object of the whole cluster",
    {
      ...definition,
      elsewhere: false,
      why: 'admission webhook "crds.example.com" denied the request: ask the platform team',
    },
    '`CustomResourceDefinition gateways.gateway.networking.k8s.io`: got "refused by webhook crds.example.com: ask ' +
      'the platform team"; the mesh needs it: the owner of this rule must add an exception for it; run `kubectl get ' +
      "validatingwebhookconfigurations,mutatingwebhookconfigurations --output yaml | grep --before-context 30 'name: " +
      "crds.example.com'`",
  ],
  [
    "a webhook that does not answer",
    {
      why:
        'Internal error occurred: failed calling webhook "mutate.example.com": failed to call webhook: Post ' +
        '"https://gone.default.svc:443/mutate?timeout=10s": service "gone" not found',
    },
    '`DaemonSet istio-system/istio-cni-node`: got "webhook mutate.example.com does not answer: failed to call ' +
      "webhook: Post " +
      "'https://gone.default.svc:443/mutate?timeout=10s': service 'gone' not found\"; a webhook with failurePolicy " +
      "Fail blocks every request while its server is down: restore the server; run `kubectl get " +
      "validatingwebhookconfigurations,mutatingwebhookconfigurations --output yaml | grep --before-context 30 'name: " +
      "mutate.example.com'`",
  ],
  [
    "a cluster that gives the priority of node agents to namespaces with a quota only",
    {
      ...pod,
      why: 'pods "istio-cni-node" is forbidden: insufficient quota to match these scopes: [{PriorityClass In [system-node-critical]}]',
    },
    '`Pod istio-system/istio-cni-node`: got "refused without a ResourceQuota for the priority class system-node-critical"; the ' +
      "namespace of istio-cni and ztunnel has such a quota; their charts make one; write `cni: { values: { resourceQuotas: " +
      "{ enabled: true } } }, dataplane: { values: { resourceQuotas: { enabled: true } } }`",
  ],
  [
    "a quota of the namespace",
    {
      ...pod,
      elsewhere: false,
      why: 'pods "istio-cni-node" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=10, limited: pods=10',
    },
    '`Pod istio-system/istio-cni-node`: got "over ResourceQuota compute: requested: pods=1, used: pods=10, limited: pods=10"; ' +
      "the namespace has room for the mesh's objects; run `kubectl describe resourcequota compute --namespace istio-system`",
  ],
  [
    "a quota that wants limits",
    {
      ...pod,
      elsewhere: false,
      why: 'pods "istio-cni-node" is forbidden: failed quota: compute: must specify limits.cpu for: install-cni',
    },
    '`Pod istio-system/istio-cni-node`: got "over ResourceQuota compute: must specify limits.cpu for: install-cni"; the ' +
      "namespace has room for the mesh's objects; run `kubectl describe resourcequota compute --namespace istio-system`",
  ],
  [
    "a range of limits",
    {
      ...pod,
      elsewhere: false,
      why: 'pods "istio-cni-node" is forbidden: minimum memory usage per Container is 256Mi, but request is 128Mi',
    },
    "`Pod istio-system/istio-cni-node`: got \"outside of a LimitRange: pods 'istio-cni-node' is forbidden: minimum memory usage " +
      "per Container is 256Mi, but request is 128Mi\"; the namespace has room for the mesh's objects; run `kubectl describe " +
      "limitrange --namespace istio-system`",
  ],
  [
    "NodePorts of another range",
    {
      kind: "Service",
      name: "hostk8s-gateway-istio",
      why:
        'Service "hostk8s-gateway-istio" is invalid: spec.ports[1].nodePort: Invalid value: 30081: provided port is not in the ' +
        "valid range. The range of valid ports is 20000-22767",
    },
    '`Service istio-system/hostk8s-gateway-istio`: got "a NodePort that the cluster does not give"; NodePorts of this cluster ' +
      "are 20000 to 22767; write `gateway: { httpNodePort: 20081, httpsNodePort: 20082 }`",
  ],
];

describe("what a cluster would refuse", () => {
  for (const [what, refusal, message] of refusals) {
    it(`is told: ${what}`, () => assert.deepEqual(errors([refusal]), [message]));
  }

  it("is told once where several objects are refused for one reason", () => {
    const why = 'admission webhook "x.example.com" denied the request: no';
    assert.equal(errors([{ why }, { why, name: "ztunnel" }]).length, 1);
  });

  it("is a warning where only the namespace itself could tell, but for Autopilot, which has no exemptions", () => {
    const judged = (refusal: Partial<Refusal>) => {
      const facts = { ...empty, refusals: [{ ...agent, isCertain: false, why: "", ...refusal }] };
      const { errors: stopping, warnings } = judgePlan(plan, facts, false);
      return { errors: stopping.length, warnings: warnings.map(({ got }) => got) };
    };
    assert.deepEqual(judged({ why: 'admission webhook "x.example.com" denied the request: no' }), {
      errors: 0,
      warnings: ["in namespace default, as the mesh's own does not exist yet: refused by webhook x.example.com: no"],
    });
    assert.deepEqual(judged(refusals[0]![1]), { errors: 1, warnings: [] });
  });

  it("leads to the Gateway API that is there, where the platform keeps it", () => {
    const there = named("", definition.name);
    const kept = { ...definition, elsewhere: false, why: openShift };
    const message =
      '`CustomResourceDefinition gateways.gateway.networking.k8s.io`: got "kept as it is: Gateway API Custom Resource ' +
      'Definitions are managed by the Ingress Operator and may not be modified"; the mesh installs the Gateway API only ' +
      "where it may; it can use the one that is there; write `gatewayApi: { install: false }`";
    assert.deepEqual(errors([kept], { definitions: [certificates, there] }), [message]);
    assert.match(errors([kept])[0]!, /refused by ValidatingAdmissionPolicy openshift-ingress/);
  });

  const silent: [what: string, refusal: Partial<Refusal>, planned?: Partial<Plan>][] = [
    ["a webhook knows no dry runs", { why: 'admission webhook "x.example.com" does not support dry run' }],
    ["there is no right to ask", { why: 'pods is forbidden: User "me" cannot create resource "pods" in API group ""' }],
    ["the object is there", { why: 'daemonsets.apps "istio-cni-node" already exists' }],
    [
      "a NodePort is taken, which is told beside",
      { why: "spec.ports[1].nodePort: Invalid value: 30081: provided port is already allocated" },
    ],
    [
      "the Pod Security of another namespace answers",
      { ...pod, why: 'pods "istio-cni-node" is forbidden: violates PodSecurity "restricted:latest": …' },
    ],
    [
      "the quota of another namespace answers",
      { ...pod, why: 'pods "x" is forbidden: exceeded quota: compute, requested: pods=1' },
    ],
    [
      "the charts bring the quota",
      { ...pod, why: "insufficient quota to match these scopes: [{PriorityClass In [system-node-critical]}]" },
      { platform: "gke" },
    ],
    ["nobody knows what it means", { why: "something else" }],
  ];
  for (const [what, refusal, planned] of silent) {
    it(`is not told where ${what}`, () => {
      const facts =
        planned?.platform === "gke"
          ? { nodes: [{ ...empty.nodes[0]!, labels: { "cloud.google.com/gke-nodepool": "a" } }] }
          : {};
      assert.deepEqual(errors([refusal], facts, planned), []);
    });
  }

  it("is told of Pod Security in a namespace that the mesh does not label", () => {
    const why = 'pods "istio-cni-node" is forbidden: violates PodSecurity "baseline:latest": non-default capabilities';
    const facts = { definitions: [certificates, named("", "clusterversions.config.openshift.io")] };
    const planned = { platform: "openshift", nodeNamespace: "kube-system" };
    assert.deepEqual(errors([{ ...pod, namespace: "kube-system", elsewhere: false, why }], facts, planned), [
      '`Pod kube-system/istio-cni-node`: got "refused by Pod Security, level baseline:latest"; istio-cni and ztunnel need a ' +
        "namespace whose Pod Security level is privileged; run `kubectl label namespace kube-system " +
        "pod-security.kubernetes.io/enforce=privileged`",
    ]);
  });

  it("is told of objects that were stored in a version that goes", () => {
    const storedVersions = [
      { name: "grpcroutes.gateway.networking.k8s.io", versions: ["v1alpha2", "v1"] },
      { name: "tlsroutes.gateway.networking.k8s.io", versions: ["v1alpha2"] },
    ];
    assert.deepEqual(errors([], { storedVersions }), [
      '`CustomResourceDefinition grpcroutes.gateway.networking.k8s.io`: got "status.storedVersions: v1alpha2, v1"; the Gateway ' +
        "API to be installed has no v1alpha2: store its objects anew, then take the version off the list; run `kubectl get " +
        "grpcroutes.gateway.networking.k8s.io --all-namespaces --output json | kubectl replace --filename -; kubectl patch " +
        "crd grpcroutes.gateway.networking.k8s.io --subresource status --type merge --patch " +
        `'{"status":{"storedVersions":["v1"]}}'\``,
    ]);
  });

  it("warns of pull secrets that are missing, and of a namespace that cannot have them yet", () => {
    const warnings = (facts: Partial<ClusterFacts>) =>
      judgePlan(
        plan,
        { ...empty, ...facts, missingPullSecrets: [{ namespace: "istio-system", name: "registry" }] },
        false,
      ).warnings.map(findingLine);
    assert.deepEqual(warnings({}), [
      '`Secret istio-system/registry`: got "none, in a namespace that the mesh makes"; pods pull their images with it, from a ' +
        "registry that may refuse them otherwise; make the namespace and the Secret first, and let the mesh take the " +
        "namespace over; write `adoptNamespace: true`",
    ]);
    assert.deepEqual(warnings({ namespaces: [named("", "istio-system")] }), [
      '`Secret istio-system/registry`: got "none"; pods pull their images with it, from a registry that may refuse them ' +
        "otherwise; run `kubectl create secret docker-registry registry --namespace istio-system --docker-server SERVER " +
        "--docker-username USER --docker-password PASSWORD`",
    ]);
  });
});
