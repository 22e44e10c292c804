// What the preflight asks a cluster beyond what it reads: dry runs only, for a mesh that is about to be written, and no
// more than there are requests left.
import * as assert from "node:assert/strict";
import { readFacts } from "../../cluster/preflight";
import * as pulumi from "@pulumi/pulumi";
import type { AmbientMeshArgs } from "../../components/mesh/args";
import { askedObjects, askedOf, type AskedSettings } from "../../components/mesh/asked";
import { agentPlan } from "../../components/mesh/plan";
import { stackMark } from "../../lib/ownership/marks";
import type { Plan } from "../../lib/preflight/facts";
import { ApiServer } from "./fixtures/api-server";
import { label, lists, set } from "./fixtures/breakages";
import { MeshApi } from "./fixtures/mesh-api";
import { plan, stack } from "./fixtures/plans";

const values = {
  cni: { resources: { requests: { cpu: "100m", memory: "128Mi" } } },
  ztunnel: { resources: { requests: { cpu: "50m", memory: "64Mi" } } },
};
const settings: AskedSettings = {
  agents: {
    ...{ version: "1.31.0", namespace: "istio-system", pullSecrets: ["registry"], values },
  },
  namespace: "istio-system",
  gatewayApi: "1.6.0",
  gateway: { name: "hostk8s-gateway", namespace: "istio-system", service: { serviceType: "NodePort", https: true } },
};
const planned: Plan = { ...plan, asked: askedObjects(settings), gatewayApi: "1.6.0" };
const token = { path: "istio-token", expirationSeconds: 43200, audience: "istio-ca" };
const reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const crds = lists.definitions;

describe("what the preflight asks", () => {
  let mesh: MeshApi;
  let server: ApiServer;

  beforeEach(async () => {
    mesh = new MeshApi();
    mesh.recording.objects[reviews] = { metadata: { name: "" }, status: { allowed: true } };
    server = await ApiServer.start(mesh);
  });
  afterEach(() => server.stop());

  /** A cluster without a mesh. */
  function bare(): void {
    for (const [key, items] of Object.entries(mesh.recording.lists)) {
      if (key !== lists.nodes && key !== lists.namespaces) items.length = 0;
    }
    mesh.remove(lists.namespaces, "istio-system");
  }

  const read = async (of: Plan = planned) => (await readFacts({ kubeconfig: server.kubeconfig }, of, 10_000)).facts;
  const tries = () => server.requests.filter((request) => request.includes("dryRun=All"));
  const paths = () => tries().map((request) => request.split("?")[0]);

  it("are the very objects, in a namespace that is there, and each by a dry run", async () => {
    bare();
    await read();
    assert.deepEqual(paths().sort(), [
      "POST /api/v1/namespaces",
      "POST /api/v1/namespaces/default/pods",
      "POST /api/v1/namespaces/default/services",
      `POST ${crds}`,
      `POST ${crds}`,
      "POST /apis/apps/v1/namespaces/default/daemonsets",
      "POST /apis/apps/v1/namespaces/default/daemonsets",
    ]);
    const writes = server.requests.filter((request) => !request.startsWith("GET ") && !request.includes(reviews));
    assert.deepEqual(writes, tries());
    assert.ok(server.requests.length <= 25, server.requests.join("\n"));
  });

  it("are asked in the mesh's namespace where it is there, and of the Gateway API only where it is older", async () => {
    await read();
    assert.deepEqual(paths().sort(), [
      "POST /api/v1/namespaces/istio-system/pods",
      "POST /api/v1/namespaces/istio-system/services",
      "POST /apis/apps/v1/namespaces/istio-system/daemonsets",
      "POST /apis/apps/v1/namespaces/istio-system/daemonsets",
    ]);
  });

  it("are asked of an older Gateway API by its mark, and what its objects were stored in", async () => {
    for (const name of ["gateways", "grpcroutes"]) {
      const annotations = {
        "gateway.networking.k8s.io/bundle-version": "v1.2.1",
        "gateway.networking.k8s.io/channel": "standard",
      };
      mesh.edit(crds, `${name}.gateway.networking.k8s.io`, set("metadata.annotations", annotations));
    }
    for (const { metadata } of mesh.all(crds)) {
      const { annotations = {} } = metadata;
      if ("gateway.networking.k8s.io/bundle-version" in annotations) {
        annotations["gateway.networking.k8s.io/bundle-version"] = "v1.2.1";
      }
    }
    const path = `${crds}/grpcroutes.gateway.networking.k8s.io`;
    const name = "grpcroutes.gateway.networking.k8s.io";
    mesh.recording.objects[path] = { metadata: { name }, status: { storedVersions: ["v1alpha2", "v1"] } };
    server.answers.set(`${crds}/gateways.gateway.networking.k8s.io`, { status: 403, message: "kept by the platform" });
    const facts = await read();
    assert.ok(paths().includes(`PATCH ${crds}/gateways.gateway.networking.k8s.io`));
    assert.deepEqual(facts.storedVersions, [{ name, versions: ["v1alpha2", "v1"] }]);
    assert.deepEqual(
      facts.refusals.map(({ why }) => why),
      ["kept by the platform"],
    );
    assert.ok(server.requests.length <= 25, server.requests.join("\n"));
  });

  it("are told with the namespace that they are for", async () => {
    bare();
    const message = "no host paths here";
    server.answers.set("/apis/apps/v1/namespaces/default/daemonsets", { status: 400, message });
    const { refusals } = await read();
    const refused = { kind: "DaemonSet", namespace: "istio-system", elsewhere: true, isCertain: true, why: message };
    assert.deepEqual(refusals, [
      { ...refused, name: "istio-cni-node" },
      { ...refused, name: "ztunnel" },
    ]);
  });

  const admission = "/apis/admissionregistration.k8s.io/v1";
  const exempting = (...values: string[]) => ({
    matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "NotIn", values }],
  });
  const daemonSets = "/apis/apps/v1/namespaces/default/daemonsets";

  it("are held against the mesh only where a policy is for its namespace, too", async () => {
    bare();
    const said = "ValidatingAdmissionPolicy 'no-host-paths' with binding 'everywhere' denied request: no";
    server.answers.set(daemonSets, { status: 422, message: said });
    const verdict = async (namespaceSelector: object, expression: string) => {
      mesh.recording.objects[`${admission}/validatingadmissionpolicies/no-host-paths`] = {
        metadata: { name: "no-host-paths" },
        spec: { validations: [{ expression }] },
      };
      mesh.recording.objects[`${admission}/validatingadmissionpolicybindings/everywhere`] = {
        metadata: { name: "everywhere" },
        spec: { matchResources: { namespaceSelector } },
      };
      return (await read()).refusals.map(({ name, isCertain }) => [name, isCertain]);
    };
    const both = (isCertain: boolean) => [
      ["istio-cni-node", isCertain],
      ["ztunnel", isCertain],
    ];
    assert.deepEqual(await verdict(exempting("kube-system"), "false"), both(true));
    assert.deepEqual(await verdict(exempting("kube-system", "istio-system"), "false"), []);
    assert.deepEqual(await verdict({}, "request.namespace == 'istio-system'"), both(false));
    assert.ok(server.requests.length <= 3 * 25);
  });

  it("are held against the mesh only where a webhook is for its namespace, and for certain only where nobody answers", async () => {
    bare();
    const verdict = async (message: string, namespaceSelector: object) => {
      server.answers.set(daemonSets, { status: 400, message });
      mesh.recording.lists[lists.validating] = [
        { metadata: { name: "x" }, webhooks: [{ name: "x.example.com", clientConfig: {}, namespaceSelector }] },
      ];
      return (await read()).refusals.map(({ isCertain }) => isCertain);
    };
    const denied = 'admission webhook "x.example.com" denied the request: no';
    const dead = 'failed calling webhook "x.example.com": no endpoints available';
    assert.deepEqual(await verdict(denied, exempting("kube-system")), [false, false]);
    assert.deepEqual(await verdict(dead, exempting("kube-system")), [true, true]);
    assert.deepEqual(await verdict(denied, exempting("istio-system")), []);
    assert.deepEqual(await verdict(dead, exempting("istio-system")), []);
  });

  it("are none for a mesh that stands, until another release is to come", async () => {
    mesh.edit(lists.namespaces, "istio-system", set("metadata.annotations", { [stackMark]: stack }));
    mesh.recording.lists["/apis/apps/v1/deployments?labelSelector=app in (istiod,cert-manager)"] = mesh
      .all(lists.deployments)
      .filter(({ metadata }) => metadata.name === "istiod");
    // Which objects differ from their releases is another test's.
    server.answers.set("/api/v1/namespaces/istio-system/secrets", { status: 403, message: "no right to list" });
    const created = () => paths().filter((path) => path?.startsWith("POST "));
    await read({ ...planned, version: "1.31.0" });
    assert.deepEqual(created(), []);
    await read({ ...planned, version: "1.31.1" });
    assert.notDeepEqual(created(), []);
  });

  it("are none where rights are missing anyway", async () => {
    mesh.recording.objects[reviews] = { metadata: { name: "" }, status: { allowed: false } };
    assert.notDeepEqual((await read()).denied, []);
    assert.deepEqual(paths(), []);
  });

  it("stay within twenty-five requests on a cluster that has everything", async () => {
    mesh.edit(lists.namespaces, "shop", label("istio.io/dataplane-mode", "ambient"));
    for (const name of ["ciliumnodeconfigs.cilium.io", "felixconfigurations.crd.projectcalico.org"]) {
      mesh.add(crds, { metadata: { name } });
    }
    for (const name of ["networks.operator.openshift.io", "securitygrouppolicies.vpcresources.k8s.aws"]) {
      mesh.add(crds, { metadata: { name } });
    }
    mesh.add(lists.daemonSets, { metadata: { name: "cilium", namespace: "kube-system" } });
    mesh.recording.objects["/api/v1/namespaces/kube-system/configmaps/cilium-config"] = {
      metadata: { name: "cilium-config", namespace: "kube-system" },
    };
    await read({ ...planned, autoscale: true, pullSecrets: ["registry"] });
    assert.ok(server.requests.length <= 25, `${server.requests.length}: ${server.requests.join("\n")}`);
    assert.ok(paths().includes("POST /apis/apps/v1/namespaces/istio-system/daemonsets"));
  });

  it("is where pull secrets are", async () => {
    const of = { ...planned, pullSecrets: ["registry", "other"], nodeNamespace: "kube-system" };
    mesh.recording.objects["/api/v1/namespaces/istio-system/secrets/registry"] = { metadata: { name: "registry" } };
    server.answers.set("/api/v1/namespaces/kube-system/secrets/other", { status: 403, message: "no right to read" });
    assert.deepEqual((await read(of)).missingPullSecrets, [
      { namespace: "istio-system", name: "other" },
      { namespace: "kube-system", name: "registry" },
    ]);
  });

  it("are made of the mesh's arguments and of the values of its charts, as far as these are known", () => {
    const args: AmbientMeshArgs = {
      images: { hub: "registry.example.com/istio", tag: pulumi.output("later") },
      cni: { cpu: "20m", values: { cniBinDir: "/opt/bin", resources: { limits: { memory: "256Mi" } } } },
      dataplane: {
        memory: pulumi.output("1Gi"),
        memoryLimit: "2Gi",
        values: { nodeSelector: { pool: pulumi.output("a") } },
      },
    };
    const { asked = [] } = askedOf(args, { ...plan, platform: "k3s" });
    const agents = asked
      .filter(({ kind }) => kind === "DaemonSet")
      .map(({ body }) => {
        const { spec } = (body as { spec: { template: { spec: Record<string, unknown> } } }).spec.template;
        const [container] = spec["containers"] as { image: string; resources: object }[];
        const { image, resources } = container!;
        return { image, resources, nodeSelector: spec["nodeSelector"], volume: (spec["volumes"] as object[])[0] };
      });
    assert.deepEqual(agents, [
      {
        image: "registry.example.com/istio/install-cni:1.31.4-distroless",
        resources: { requests: { cpu: "20m", memory: "128Mi" }, limits: { memory: "256Mi" } },
        nodeSelector: { "kubernetes.io/os": "linux" },
        volume: { name: "cni-bin-dir", hostPath: { path: "/opt/bin" } },
      },
      {
        image: "registry.example.com/istio/ztunnel:1.31.4-distroless",
        resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "2Gi" } },
        nodeSelector: { "kubernetes.io/os": "linux" },
        volume: { name: "istio-token", projected: { sources: [{ serviceAccountToken: token }] } },
      },
    ]);
  });

  it("and what the values of istio-cni's chart decide is taken for given where they are not known", () => {
    const directories = { cniBinDir: "/opt/bin", cniConfDir: "/etc/cni" };
    assert.deepEqual(
      [
        {},
        directories,
        { cniNetnsDir: "/run/netns" },
        { global: { nativeNftables: true } },
        { cniBinDir: "/opt/bin" },
        { cni: directories },
      ].map((given) => agentPlan({ cni: { values: given } })),
      [{}, { ownDirectories: true }, { ownNamespaces: true }, { nftables: true }, {}, { ownDirectories: true }],
    );
    assert.deepEqual(agentPlan({}), {});
    const unknown = { ownDirectories: true, ownNamespaces: true, nftables: true };
    assert.deepEqual(agentPlan({ cni: { values: pulumi.output({}) } }), unknown);
  });
});
