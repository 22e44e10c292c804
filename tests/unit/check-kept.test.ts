// Fixes for what others keep: a finding about it names them and how they are told; one about anything else stays as it was.
import * as assert from "node:assert/strict";
import { checks } from "../../lib/checks";
import { findingLine } from "../../lib/checks/check";
import { judge } from "../../lib/checks/verdicts";
import { label, lists, set } from "./fixtures/breakages";
import { MeshApi, recordedAt } from "./fixtures/mesh-api";
import type { RawObject } from "./fixtures/raw-object";

const context = { now: recordedAt, publishedNodePorts: [30081, 30444] };
const service = "hostk8s-gateway-istio";

async function messages(mesh: MeshApi): Promise<Record<string, string[]>> {
  const { results } = judge(checks, await mesh.snapshot(), context);
  const open = results.filter(({ outcome }) => outcome !== "passed");
  return Object.fromEntries(open.map(({ check, findings }) => [check.id, findings.map(findingLine)]));
}

const argo = (object: RawObject) =>
  Object.assign((object.metadata.annotations ??= {}), { "argocd.argoproj.io/tracking-id": "mesh:v1/Service:a/b" });
const flux = (kind: string, name: string) => (object: RawObject) => {
  label(`${kind}.toolkit.fluxcd.io/name`, name)(object);
  label(`${kind}.toolkit.fluxcd.io/namespace`, "flux-system")(object);
};
const unmanaged = label("gateway.istio.io/managed", undefined);
const labelCommand =
  `run \`kubectl label service ${service} --namespace istio-system ` +
  "gateway.istio.io/managed=istio.io-gateway-controller`";
const unmanagedService = `\`Service istio-system/${service}\`: got "no label gateway.istio.io/managed"; istiod only touches Services that carry it`;

/** A webhook of an istiod that is gone, and beside it one of another that is there. */
function stale(mesh: MeshApi, change: (configuration: RawObject) => void, extra: object[] = []): MeshApi {
  const webhook = (name: string, istiod: string) => ({
    name: `${name}.istio.io`,
    failurePolicy: "Fail",
    clientConfig: { caBundle: "QQ==", service: { namespace: "istio-system", name: istiod } },
  });
  const left = {
    metadata: { name: "left", labels: {}, annotations: {} },
    webhooks: [webhook("gone", "istiod-canary"), ...extra],
  };
  change(left);
  return mesh.add(lists.mutating, left);
}
const staleText =
  '`MutatingWebhookConfiguration left`: got "no Service istio-system/istiod-canary for gone.istio.io"; a webhook calls a Service that exists';

describe("a fix", () => {
  it("goes to Argo CD where that keeps the object, and not where it keeps another", async () => {
    const kept = new MeshApi().edit(lists.services, service, unmanaged).edit(lists.services, service, argo);
    assert.deepEqual(await messages(kept), {
      "gateway-managed": [
        `${unmanagedService}; the Argo CD application mesh undoes what is changed here, so change it there; run \`argocd app get mesh\``,
      ],
    });
    const other = new MeshApi().edit(lists.services, service, unmanaged).edit(lists.services, "web", argo);
    assert.deepEqual(await messages(other), { "gateway-managed": [`${unmanagedService}; ${labelCommand}`] });
  });

  it("goes to Flux where that keeps the namespace whose label is wrong", async () => {
    const mesh = new MeshApi()
      .edit(lists.namespaces, "shop", label("istio-injection", "enabled"))
      .edit(lists.namespaces, "shop", flux("kustomize", "apps"));
    assert.deepEqual(await messages(mesh), {
      "both-labels": [
        '`Namespace shop`: got "istio-injection=enabled and istio.io/dataplane-mode=ambient"; a namespace uses one of the ' +
          "two; the Flux Kustomization flux-system/apps undoes what is changed here, so change it there; run `flux get " +
          "kustomization apps --namespace flux-system`",
      ],
    });
  });

  it("of what a namespace holds is not its keeper's", async () => {
    const mesh = new MeshApi().edit(lists.namespaces, "shop", flux("kustomize", "apps"));
    for (const pod of mesh.all(lists.pods).filter(({ metadata }) => metadata.labels?.["app"] === "web")) {
      set("spec.runtimeClassName", "gvisor")(pod);
    }
    const { "uncapturable-pods": lines } = await messages(mesh);
    assert.match(lines![0]!, /write `istio.io\/dataplane-mode: none`$/);
  });

  it("for istiod goes to the HelmRelease that installs it", async () => {
    const mesh = new MeshApi()
      .edit(lists.deployments, "istiod", flux("helm", "istiod"))
      .remove(lists.validating, "istio-validator-istio-system")
      .remove(lists.validating, "istiod-default-validator");
    const { "webhook-policy": lines } = await messages(mesh);
    assert.deepEqual(lines, [
      '`ValidatingWebhookConfiguration istio-validator-istio-system`: got "none"; the base and istiod charts install one ' +
        "validating webhook each; the Flux HelmRelease flux-system/istiod undoes what is changed here, so change it there; " +
        "run `flux get helmrelease istiod --namespace flux-system`",
    ]);
  });

  it("for a CRD of Istio goes to who keeps the others, and leaves istiod's keeper out of it", async () => {
    const mesh = new MeshApi()
      .edit(lists.deployments, "istiod", argo)
      .edit(lists.definitions, "sidecars.networking.istio.io", label("kubernetes.azure.com/managedby", "aks"))
      .remove(lists.definitions, "telemetries.telemetry.istio.io");
    const { "istio-crds": lines } = await messages(mesh);
    assert.deepEqual(lines, [
      '`CustomResourceDefinition telemetries.telemetry.istio.io`: got "none"; the base chart installs it; the Istio add-on ' +
        "of AKS undoes what is changed here, so change it there; run `az aks show --name CLUSTER --resource-group GROUP " +
        "--query serviceMeshProfile`",
    ]);
  });

  it("for the Gateway API goes to the platform that brings it", async () => {
    const mesh = new MeshApi()
      .edit(
        lists.definitions,
        "gateways.gateway.networking.k8s.io",
        label("addonmanager.kubernetes.io/mode", "Reconcile"),
      )
      .remove(lists.admissionPolicies, "safe-upgrades.gateway.networking.k8s.io");
    const { "gateway-api-guard": lines } = await messages(mesh);
    assert.match(lines![0]!, /the platform's add-on manager undoes what is changed here, so change it there; run /);
  });

  it("that only looks or restarts stays as it is", async () => {
    const mesh = new MeshApi()
      .edit(lists.daemonSets, "ztunnel", argo)
      .edit(lists.daemonSets, "ztunnel", set("status.numberReady", 0));
    assert.deepEqual(await messages(mesh), {
      "ztunnel-ready": [
        '`DaemonSet istio-system/ztunnel`: got "0 of 1 ready"; it is ready on every node, and on at least one; run ' +
          "`kubectl describe daemonset ztunnel --namespace istio-system`",
      ],
    });
  });

  it("deletes a stale webhook configuration", async () => {
    const { "webhook-service": lines } = await messages(stale(new MeshApi(), () => undefined));
    assert.deepEqual(lines, [`${staleText}; run \`kubectl delete mutatingwebhookconfiguration left\``]);
  });

  it("deletes none of which another webhook works", async () => {
    const works = {
      name: "works.istio.io",
      failurePolicy: "Fail",
      clientConfig: { caBundle: "QQ==", service: { namespace: "istio-system", name: "istiod" } },
    };
    const { "webhook-service": lines } = await messages(stale(new MeshApi(), () => undefined, [works]));
    assert.deepEqual(lines, [`${staleText}; run \`kubectl describe mutatingwebhookconfiguration left\``]);
  });

  it("deletes none that a release of Helm would miss, and none that the Sail operator makes again", async () => {
    const helm = stale(new MeshApi(), ({ metadata }) => {
      metadata.annotations = {
        "meta.helm.sh/release-name": "istiod",
        "meta.helm.sh/release-namespace": "istio-system",
      };
    });
    assert.deepEqual((await messages(helm))["webhook-service"], [
      `${staleText}; run \`helm status istiod --namespace istio-system\``,
    ]);
    const sail = stale(new MeshApi(), ({ metadata }) => {
      metadata.ownerReferences = [{ kind: "IstioRevision", name: "canary" }];
    });
    assert.deepEqual((await messages(sail))["webhook-service"], [
      `${staleText}; the Sail operator (IstioRevision canary) undoes what is changed here, so change it there; run ` +
        "`kubectl get istios,istiocnis,ztunnels`",
    ]);
  });

  it("is the stack's own for what a stack of this package has", async () => {
    const marked = ({ metadata }: RawObject) =>
      Object.assign((metadata.annotations ??= {}), { "istio-ambient/stack": "shop/dev" });
    const mesh = new MeshApi()
      .edit(lists.services, service, unmanaged)
      .edit(lists.services, service, argo)
      .edit(lists.services, service, marked);
    const { "gateway-managed": lines } = await messages(mesh);
    assert.ok(!lines![0]!.includes("argocd"), lines![0]);
  });
});
