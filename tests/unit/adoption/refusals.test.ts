// What is not adopted, and what is said to do first: by whom an Istio is kept, what it is, and where.
import * as assert from "node:assert/strict";
import type { JsonMap } from "../../../lib/drift";
import { Brownfield } from "../fixtures/brownfield";
import { onCluster, otherNames, to, umbrellaName, usualNames } from "./cluster";

/** Writes labels or annotations on everything of Istio. */
function mark(cluster: Brownfield, field: "labels" | "annotations", texts: JsonMap): Brownfield {
  for (const { kind, metadata } of [...cluster.objects.values()]) {
    if (kind === "Secret" || kind === "Namespace") continue;
    cluster.edit(kind, metadata.name, (object) => {
      object.metadata[field] = { ...(object.metadata[field] as JsonMap), ...texts };
    });
  }
  return cluster;
}

function own(cluster: Brownfield, kind: string, name: string, owner: JsonMap): Brownfield {
  cluster.edit(kind, name, ({ metadata }) => (metadata["ownerReferences"] = [owner]));
  return cluster;
}

/** Leaves the name of a tool among the field managers of an object. */
function managed(cluster: Brownfield, kind: string, name: string, manager: string): Brownfield {
  cluster.edit(kind, name, ({ metadata }) => {
    const entries = (metadata["managedFields"] ?? []) as JsonMap[];
    metadata["managedFields"] = [...entries, { manager, operation: "Update", fieldsV1: {} }];
  });
  return cluster;
}

function image(cluster: Brownfield, tag: string): Brownfield {
  cluster.edit("Deployment", "istiod", ({ spec }) => {
    const { containers } = (spec as { template: { spec: { containers: { image: string }[] } } }).template.spec;
    containers[0]!.image = `docker.io/istio/pilot:${tag}`;
  });
  return cluster;
}

function helmRecord(status: string, manifest = "", version = 1): Brownfield {
  const cluster = Brownfield.helm(usualNames);
  const before = cluster.object("Secret", "sh.helm.release.v1.istiod.v1");
  if (version === 1) cluster.objects.delete("/api/v1/namespaces/istio-system/secrets/sh.helm.release.v1.istiod.v1");
  assert.ok(before);
  const deployment =
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: { name: istiod, namespace: istio-system }\n";
  const metadata = { name: manifest === "" ? "istiod" : "platform", version: "1.31.0" };
  cluster.record("istiod", "istio-system", metadata, `${deployment}${manifest}`, { status, version });
  return cluster;
}

const upgrade =
  "helm upgrade istiod istiod --repo https://blob.istio.io/istio-release/charts --version 1.31.0 --namespace istio-system --reset-then-reuse-values";
const unfinished = (revision: number, status: string, run: string) =>
  `\`Helm release istio-system/istiod\`: got "revision ${revision} is ${status}"; its last operation must have succeeded; ` +
  `complete it, or roll it back; run \`${run}\``;
const platform =
  "a platform reverts changes to its own Istio and cannot hand it over; use it unchanged, with the other components; " +
  "write " +
  '`new AmbientNamespace("shop", { adopt: true })`';
const moves =
  'got "in namespace kube-system"; must be in istio-system; a DaemonSet cannot move, and two of them on a node disturb each ' +
  "other: in a maintenance window, uninstall this one, and install it there with the same values";
const lets = "stop it from managing these objects first, and leave them in place";
const takes = `it reverts changes; ${lets}`;
const ofArgo =
  `${takes}; where an ApplicationSet or a parent application creates it, delete it there instead, with ` +
  "preserveResourcesOnDeletion or without its finalizer; run ";
const ofFlux = `${takes}; where a Kustomization creates it from Git, delete it there instead, once it is suspended; run `;
const ofSail = `${takes}; where OLM or GitOps maintains the operator or its resources, stop that before; run `;
const namespaces = "run `kubectl get namespaces -L istio.io/rev,istio-injection`";
const installs = "this package installs Istio 1.30 to 1.31";

const cases: [string, () => Brownfield, string[]][] = [
  [
    "no Istio",
    () => new Brownfield(),
    [
      '`Cluster URL`: got "no istiod"; there must be an Istio to adopt; without one, the mesh is installed; run `pulumi up`',
    ],
  ],
  [
    "an Istio of Argo CD",
    () => mark(Brownfield.istioctl(), "annotations", { "argocd.argoproj.io/tracking-id": "istio:apps/Deployment:x/y" }),
    [
      '`CustomResourceDefinition peerauthentications.security.istio.io and 33 more`: got "kept by the Argo CD application ' +
        `istio"; ${ofArgo}\`argocd app delete istio --cascade=false && istio-ambient adopt --to shop/dev --released argocd/istio\``,
    ],
  ],
  [
    "an Istio of Flux",
    () =>
      mark(Brownfield.helm(usualNames), "labels", {
        "helm.toolkit.fluxcd.io/name": "istiod",
        "helm.toolkit.fluxcd.io/namespace": "flux-system",
      }),
    [
      '`CustomResourceDefinition peerauthentications.security.istio.io and 31 more`: got "kept by the Flux HelmRelease ' +
        `flux-system/istiod"; ${ofFlux}\`flux suspend helmrelease istiod --namespace flux-system && kubectl delete helmrelease ` +
        "istiod --namespace flux-system && istio-ambient adopt --to shop/dev --released flux/flux-system/istiod`",
    ],
  ],
  [
    "an Istio of the Sail operator",
    () =>
      own(Brownfield.helm(usualNames), "DaemonSet", "ztunnel", {
        ...{ apiVersion: "sailoperator.io/v1", kind: "ZTunnel", name: "default", uid: "1" },
      }),
    [
      `\`DaemonSet istio-system/ztunnel\`: got "kept by the Sail operator's ZTunnel default"; ${ofSail}` +
        "`kubectl scale deployment sail-operator --namespace sail-operator --replicas 0 && kubectl patch ztunnel default " +
        `--type merge --patch '{"metadata":{"finalizers":null}}' && kubectl delete ztunnel default --cascade=orphan && ` +
        "istio-ambient adopt --to shop/dev --released sail/default`",
    ],
  ],
  [
    "an Istio of the Sail operator, one revision for each release",
    () =>
      own(Brownfield.helm(usualNames), "Deployment", "istiod", {
        ...{ apiVersion: "sailoperator.io/v1", kind: "IstioRevision", name: "mesh-v1-31-0", uid: "1" },
      }),
    [
      `\`Deployment istio-system/istiod\`: got "kept by the Sail operator's IstioRevision mesh-v1-31-0"; ${ofSail}` +
        "`kubectl scale deployment sail-operator --namespace sail-operator --replicas 0 && kubectl patch istiorevision " +
        `mesh-v1-31-0 --type merge --patch '{"metadata":{"finalizers":null}}' && kubectl delete istiorevision mesh-v1-31-0 ` +
        `--cascade=orphan && kubectl patch istio mesh --type merge --patch '{"metadata":{"finalizers":null}}' && kubectl ` +
        "delete istio mesh --cascade=orphan && istio-ambient adopt --to shop/dev --released sail/mesh-v1-31-0`",
    ],
  ],
  [
    "what the Sail operator has let go, as long as its field manager is all that tells",
    () => managed(Brownfield.helm(usualNames), "DaemonSet", "ztunnel", "sail-operator"),
    [
      `\`DaemonSet istio-system/ztunnel\`: got "kept by the Sail operator"; ${takes}, then run \`istio-ambient adopt --to ` +
        "shop/dev --released sail`; run `kubectl get istios,istiocnis,ztunnels`",
    ],
  ],
  [
    "an Istio of another Pulumi program",
    () => managed(Brownfield.helm(usualNames), "DaemonSet", "ztunnel", "pulumi-resource-kubernetes"),
    [
      `\`DaemonSet istio-system/ztunnel\`: got "kept by a Pulumi program"; its next run would upgrade or uninstall it; ${lets}; take ` +
        "it out of the program, and out of the state with `pulumi state delete`, then run `istio-ambient adopt --to shop/dev " +
        "--released pulumi`; run `pulumi stack --show-urns`",
    ],
  ],
  [
    "the mesh of the stack itself, which Pulumi wrote",
    () => {
      const cluster = managed(Brownfield.helm(usualNames), "DaemonSet", "ztunnel", "pulumi-resource-kubernetes");
      cluster.edit("Namespace", "istio-system", ({ metadata }) => {
        metadata["annotations"] = { "istio-ambient/stack": "shop/dev" };
      });
      return cluster;
    },
    [],
  ],
  [
    "an Istio of Terraform",
    () => managed(Brownfield.helm(usualNames), "DaemonSet", "ztunnel", "terraform-provider-helm_v3.0.2_x5"),
    [
      `\`DaemonSet istio-system/ztunnel\`: got "kept by Terraform"; its next run would upgrade or uninstall it; ${lets}; take it ` +
        "out of the configuration, and out of the state with `terraform state rm`, then run `istio-ambient adopt --to shop/dev " +
        "--released terraform`; run `terraform state list`",
    ],
  ],
  [
    "an Istio that Argo CD tracks by the label of Helm's charts",
    () => {
      const cluster = mark(Brownfield.istioctl(), "labels", { "app.kubernetes.io/instance": "mesh" });
      return managed(cluster, "Deployment", "istiod", "argocd-controller");
    },
    [
      `\`Deployment istio-system/istiod\`: got "kept by the Argo CD application mesh"; ${ofArgo}\`argocd app delete mesh ` +
        "--cascade=false && istio-ambient adopt --to shop/dev --released argocd/mesh`",
    ],
  ],
  [
    "an Istio of two applications of Argo CD: the last command names both",
    () => {
      const cluster = Brownfield.istioctl();
      cluster.edit("DaemonSet", "ztunnel", ({ metadata }) => {
        metadata["labels"] = { ...(metadata["labels"] as JsonMap), "argocd.argoproj.io/instance": "ztunnel" };
      });
      cluster.edit("Deployment", "istiod", ({ metadata }) => {
        metadata["annotations"] = {
          "argocd.argoproj.io/tracking-id": "team_istiod:apps/Deployment:istio-system/istiod",
        };
      });
      // Such an object of neither says nothing more.
      cluster.edit("ServiceAccount", "istiod", ({ metadata }) => delete metadata["labels"]);
      return managed(cluster, "ServiceAccount", "istiod", "argocd-application-controller");
    },
    [
      `\`Deployment istio-system/istiod\`: got "kept by the Argo CD application team/istiod"; ${ofArgo}\`argocd app delete ` +
        "team/istiod --cascade=false`",
      `\`DaemonSet istio-system/ztunnel\`: got "kept by the Argo CD application ztunnel"; ${ofArgo}\`argocd app delete ` +
        "ztunnel --cascade=false && istio-ambient adopt --to shop/dev --released argocd/team/istiod --released " +
        "argocd/ztunnel`",
    ],
  ],
  [
    "an Istio of OpenShift Service Mesh 2",
    () => mark(Brownfield.istioctl(), "labels", { "maistra.io/owner": "istio-system" }),
    [
      '`CustomResourceDefinition peerauthentications.security.istio.io and 33 more`: got "kept by OpenShift Service Mesh 2"; ' +
        platform,
    ],
  ],
  [
    "an Istio of Cloud Service Mesh",
    () =>
      mark(Brownfield.istioctl(), "labels", { "istio.io/rev": "asm-managed", "app.kubernetes.io/managed-by": null }),
    [
      '`Deployment istio-system/istiod`: got "revision asm-managed"; a mesh is of the default revision; install that one ' +
        `beside it, and move every namespace to it first; ${namespaces}`,
      "`CustomResourceDefinition peerauthentications.security.istio.io and 33 more`: got \"kept by Google's Cloud Service " +
        `Mesh"; ${platform}`,
    ],
  ],
  [
    "two istiods",
    () => {
      const cluster = Brownfield.istioctl();
      const istiod = cluster.object("Deployment", "istiod");
      cluster.put({ ...istiod, metadata: { ...istiod.metadata, uid: "another", name: "istiod-canary" } });
      return cluster;
    },
    [
      '`Deployment istio-system/istiod-canary`: got "another istiod beside Deployment istio-system/istiod"; a mesh has one ' +
        `istiod; move every namespace to one of them, and uninstall the other; ${namespaces}`,
    ],
  ],
  [
    "an Istio that is too old",
    () => image(Brownfield.istioctl(), "1.27.3"),
    [
      `\`Deployment istio-system/istiod\`: got "Istio 1.27.3"; ${installs}, and an upgrade must not skip a minor version; ` +
        "upgrade to Istio 1.29 first, with what installed it; run `istioctl version`",
    ],
  ],
  [
    "an Istio that is too new",
    () => image(Brownfield.istioctl(), "1.32.0"),
    [
      `\`Deployment istio-system/istiod\`: got "Istio 1.32.0"; ${installs}; use a release of this package that ` +
        `supports it; ` +
        "run `npm install istio-ambient@latest`",
    ],
  ],
  ["an Istio of the line before", () => image(Brownfield.istioctl(), "1.29.4"), []],
  [
    "a release that Helm is at work on",
    () => helmRecord("pending-upgrade"),
    [unfinished(1, "pending-upgrade", "kubectl delete secret sh.helm.release.v1.istiod.v1 --namespace istio-system")],
  ],
  [
    "a release whose last upgrade failed",
    () => helmRecord("failed", "", 2),
    [unfinished(2, "failed", "helm rollback istiod 1 --namespace istio-system")],
  ],
  ["a release whose installation failed", () => helmRecord("failed"), [unfinished(1, "failed", upgrade)]],
  [
    "a release with something else in it",
    () => helmRecord("deployed", "---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: web, namespace: shop }\n"),
    [
      '`Helm release istio-system/istiod`: got "it also installs ConfigMap shop/web"; a release can only be taken ' +
        "over as a whole; keep " +
        "Istio's objects with the annotation helm.sh/resource-policy: keep, and upgrade the release without Istio's " +
        "charts first; run `helm get manifest istiod --namespace istio-system`",
    ],
  ],
  [
    "a ztunnel in another namespace",
    () => {
      const cluster = Brownfield.istioctl();
      const ztunnel = cluster.object("DaemonSet", "ztunnel");
      cluster.objects.delete("/apis/apps/v1/namespaces/istio-system/daemonsets/ztunnel");
      cluster.put({ ...ztunnel, metadata: { ...ztunnel.metadata, namespace: "kube-system" } });
      return cluster;
    },
    [`\`DaemonSet kube-system/ztunnel\`: ${moves}; write \`components: { ztunnel: { namespace: istio-system } }\``],
  ],
  [
    "an istio-cni of Helm's in another namespace",
    () => {
      const cluster = Brownfield.helm(otherNames);
      const cni = cluster.object("DaemonSet", "istio-cni-node");
      cluster.objects.delete("/apis/apps/v1/namespaces/istio-system/daemonsets/istio-cni-node");
      cluster.put({ ...cni, metadata: { ...cni.metadata, namespace: "kube-system" } });
      return cluster;
    },
    [
      `\`DaemonSet kube-system/istio-cni-node\`: ${moves}; run \`helm get values agent --namespace istio-system --output yaml ` +
        "> istio-cni.yaml && helm uninstall agent --namespace istio-system && helm install istio-cni cni --repo " +
        "https://blob.istio.io/istio-release/charts --version 1.31.0 --namespace istio-system --values istio-cni.yaml`",
    ],
  ],
  [
    "the mesh of another stack",
    () => {
      const cluster = Brownfield.istioctl();
      cluster.edit(
        "Namespace",
        "istio-system",
        ({ metadata }) => (metadata["annotations"] = { "istio-ambient/stack": "a/b" }),
      );
      return cluster;
    },
    [
      '`Namespace istio-system`: got "it belongs to the stack a/b"; the mesh of a cluster belongs to one stack; ' +
        "another can take it over only if that stack is gone" +
        "; run `kubectl annotate namespace istio-system istio-ambient/stack-`",
    ],
  ],
  ["Helm under other names", () => Brownfield.helm(otherNames), []],
  ["the umbrella chart", () => Brownfield.helm(umbrellaName, "istio-system", "ambient"), []],
];

describe("adopting refuses", () => {
  for (const [what, make, refusals] of cases) {
    it(`${what}${refusals.length === 0 ? ": no" : ""}`, async () => {
      const cluster = make();
      await onCluster(cluster, async (adopt) => {
        const { code, out, err } = await adopt(...to);
        const told = err
          .replace(cluster.address, "URL")
          .split("\n")
          .filter((line) => line.startsWith("  `"));
        assert.deepEqual([code, told.map((line) => line.trim())], [refusals.length === 0 ? 0 : 1, refusals], err + out);
        if (refusals.length === 0) return;
        const applied = await adopt(...to, "--apply");
        const text = ["It cannot be adopted:", ...refusals.map((line) => `  ${line}`), ""].join("\n");
        assert.deepEqual(applied, { code: 1, out: "", err: text.replace("URL", cluster.address) });
        assert.deepEqual(cluster.writes, []);
      });
    });
  }

  it("no owner that has let go, and left its field managers behind", async () => {
    const flux = { "helm.toolkit.fluxcd.io/name": "istiod", "helm.toolkit.fluxcd.io/namespace": "flux-system" };
    const cluster = managed(Brownfield.helm(usualNames), "ConfigMap", "istio", "helm-controller");
    cluster.edit("Deployment", "istiod", ({ metadata }) => {
      metadata["labels"] = { ...(metadata["labels"] as JsonMap), ...flux };
    });
    await onCluster(cluster, async (adopt) => {
      const { code, err } = await adopt(...to, "--released", "flux/flux-system/istiod", "--apply");
      assert.deepEqual([code, err], [0, ""]);
    });
  });

  it("no owner that has let go, whose marks it takes away and brings back", async () => {
    const key = "argocd.argoproj.io/tracking-id";
    const cluster = mark(Brownfield.istioctl(), "annotations", { [key]: "istio:apps/Deployment:x/y" });
    const before = cluster.snapshot();
    await onCluster(cluster, async (adopt) => {
      const { code, err } = await adopt(...to, "--released", "argocd/istio", "--apply");
      assert.deepEqual([code, err], [0, ""]);
      assert.ok(!JSON.stringify(cluster.object("Deployment", "istiod").metadata["annotations"]).includes(key));
      assert.equal((await adopt("--undo")).code, 0);
    });
    assert.deepEqual(cluster.snapshot(), before);
  });
});

describe("a call of adopt", () => {
  const calls: [string[], string][] = [
    [["--apply"], "`--to`: missing; must name the stack that gets the mesh; write `--to istio-ambient/dev`"],
    [
      ["--to", "dev"],
      '`--to`: got "dev"; must be a project and a stack with a slash between them; write `--to istio-ambient/dev`',
    ],
    [["--to", "a/b", "--apply", "--undo"], "`--undo`: missing; must not be given with --apply; write `--undo`"],
    [
      ["--print-args", "json"],
      '`--print-args`: got "json"; must be one of typescript, yaml; write `--print-args typescript`',
    ],
  ];
  for (const [args, message] of calls) {
    it(`is refused: ${args.join(" ")}`, async () => {
      const cluster = new Brownfield();
      await onCluster(cluster, async (adopt) => {
        assert.deepEqual(await adopt(...args), { code: 64, out: "", err: `${message}\n` });
      });
    });
  }

  it("says that there is no such cluster", async () => {
    await onCluster(new Brownfield(), async (adopt) => {
      const { code, out } = await adopt("--context", "elsewhere");
      assert.deepEqual([code, out], [69, ""]);
    });
  });
});
