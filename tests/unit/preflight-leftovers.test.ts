// What an Istio that is gone has left: found before Helm refuses to install over it.
import * as assert from "node:assert/strict";
import { readFacts } from "../../cluster/preflight";
import { findingLine } from "../../lib/checks/check";
import { judgePlan } from "../../lib/preflight";
import type { FoundObject } from "../../lib/preflight/facts";
import { chartObjects } from "../../lib/preflight/leftovers";
import { ApiServer } from "./fixtures/api-server";
import { MeshApi } from "./fixtures/mesh-api";
import { named } from "./fixtures/objects";
import { empty, plan } from "./fixtures/plans";

const admission = "/apis/admissionregistration.k8s.io/v1";
const access = "/apis/rbac.authorization.k8s.io/v1";
const rule = "Helm does not install over objects that are not of its release";

const errors = (leftovers: FoundObject[]) =>
  judgePlan(plan, { ...empty, leftovers }, false)
    .errors.map(findingLine)
    .filter((line) => line.includes(rule));

describe("objects that an Istio has left", () => {
  it("are told in one finding, with the command that deletes them all", () => {
    const account = { ...named("istio-system", "istio-reader-service-account"), kind: "ServiceAccount" };
    const webhook = { ...named("", "istiod-default-validator"), kind: "ValidatingWebhookConfiguration" };
    assert.deepEqual(errors([webhook]), [
      '`ValidatingWebhookConfiguration istiod-default-validator`: got "left by an uninstalled Istio"; ' +
        `${rule}; run \`kubectl delete validatingwebhookconfiguration/istiod-default-validator\``,
    ]);
    assert.deepEqual(errors([account, webhook]), [
      '`ServiceAccount istio-system/istio-reader-service-account`: got "left by an uninstalled Istio, with 1 more object"; ' +
        `${rule}; run \`kubectl delete serviceaccount/istio-reader-service-account ` +
        "validatingwebhookconfiguration/istiod-default-validator --namespace istio-system`",
    ]);
    assert.deepEqual(errors([]), []);
  });

  describe("on a cluster", () => {
    let mesh: MeshApi;
    let server: ApiServer;

    beforeEach(async () => {
      mesh = new MeshApi();
      mesh.recording.lists["/apis/apps/v1/deployments?labelSelector=app in (istiod,cert-manager)"] = [];
      server = await ApiServer.start(mesh);
    });
    afterEach(() => server.stop());

    const left = async () =>
      (await readFacts({ kubeconfig: server.kubeconfig }, plan, 10_000)).facts.leftovers.map(
        ({ kind, namespace, name }) => `${kind} ${namespace}/${name}`,
      );
    const helm = (release: string, namespace: string) => ({
      "meta.helm.sh/release-name": release,
      "meta.helm.sh/release-namespace": namespace,
    });
    const put = (
      path: string,
      ...objects: { name: string; namespace?: string; annotations?: Record<string, string> }[]
    ) => (mesh.recording.lists[path] = objects.map((metadata) => ({ metadata })));

    it("are those of the charts' names, whose release is none of this mesh", async () => {
      put(
        "/api/v1/namespaces/istio-system/serviceaccounts",
        { name: "istio-reader-service-account", namespace: "istio-system" },
        { name: "ztunnel", namespace: "istio-system", annotations: helm("ztunnel", "istio-system") },
        { name: "istiod", namespace: "istio-system", annotations: helm("control", "istio-system") },
        { name: "other", namespace: "istio-system" },
      );
      put(
        `${admission}/validatingwebhookconfigurations`,
        { name: "istiod-default-validator", annotations: helm("istio-base", "istio-system") },
        { name: "istio-validator-istio-system", annotations: helm("istiod", "elsewhere") },
      );
      put(`${admission}/mutatingwebhookconfigurations`, { name: "istio-sidecar-injector" });
      put(`${access}/clusterroles`, { name: "istio-cni" }, { name: "view" });
      put(`${access}/clusterrolebindings`, { name: "istio-cni-repair-rolebinding" });
      assert.deepEqual(await left(), [
        "ServiceAccount istio-system/istio-reader-service-account",
        "ServiceAccount istio-system/istiod",
        "ValidatingWebhookConfiguration /istio-validator-istio-system",
        "MutatingWebhookConfiguration /istio-sidecar-injector",
        "ClusterRole /istio-cni",
        "ClusterRoleBinding /istio-cni-repair-rolebinding",
      ]);
    });

    it("are looked for by two requests where there are none", async () => {
      put(`${admission}/validatingwebhookconfigurations`);
      put("/api/v1/namespaces/istio-system/serviceaccounts");
      assert.deepEqual(await left(), []);
      const kinds = server.requests.filter((request) =>
        /serviceaccounts|webhookconfigurations|clusterrole/.test(request),
      );
      assert.equal(kinds.length, 2, kinds.join("\n"));
    });
  });

  it("are objects that the charts really make", () => {
    const { releases } = new MeshApi();
    const made = new Set(
      Object.values(releases.objects).map(({ kind, metadata }) => `${kind as string} ${metadata.name}`),
    );
    const wanted = Object.entries(chartObjects("istio-system")).flatMap(([kind, names]) =>
      names.map((name) => `${kind} ${name}`),
    );
    assert.deepEqual(
      wanted.filter((each) => !made.has(each)),
      [],
    );
  });
});

describe("a namespace that is being deleted", () => {
  const url = "/api/v1/namespaces";
  const lineOf = (name: string) =>
    `\`Namespace ${name}\`: got "it is being deleted"; nothing can be created in it until it is gone; its conditions say what ` +
    `it waits for; run \`kubectl get namespace ${name} --output jsonpath='{.status.conditions}'\``;

  it("is in the way of a mesh, and one with which the mesh has nothing to do is not", async () => {
    const mesh = new MeshApi();
    const ending = { deletionTimestamp: "2026-11-24T08:59:59Z" };
    mesh.edit(url, "istio-system", ({ metadata }) => Object.assign(metadata, ending));
    mesh.edit(url, "shop", ({ metadata }) => Object.assign(metadata, ending));
    const { namespaces } = await mesh.snapshot();
    const { errors: found } = judgePlan({ ...plan, adoptNamespace: true }, { ...empty, namespaces }, false);
    assert.deepEqual(found.map(findingLine), [lineOf("istio-system")]);
  });

  it("of istio-cni and ztunnel is in the way too", () => {
    const namespaces = [{ ...named("", "kube-agents"), deleting: true as const }];
    const { errors: found } = judgePlan({ ...plan, nodeNamespace: "kube-agents" }, { ...empty, namespaces }, false);
    assert.deepEqual(found.map(findingLine), [lineOf("kube-agents")]);
  });
});
