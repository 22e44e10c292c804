// The files of an export: what each tool is told, in which order, and what stands at the head of each.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { meshManifest, type PlainMesh } from "../../components/mesh/manifest";
import {
  exportFiles,
  formats,
  limits,
  type ExportedMesh,
  type FileObject,
  type Format,
  type OutputFile,
  type Target,
} from "../../lib/export";
import { bundleObjects } from "../../lib/gateway-api/bundle";
import { chartRepository, defaultIstioVersion } from "../../lib/istio/releases";
import { exportedMeshes } from "../support/export-meshes";

const root = path.join(__dirname, "..", "..");
const bundle = fs.readFileSync(path.join(root, "tests/fixtures/gateway-api/crds.yaml"), "utf8");
const place = { directory: "mesh", path: "./mesh", page: "https://example.com/docs/gitops.md" };
const rendered = { base: "kind: A\n", istiod: "kind: B\n", cni: "kind: C\n", ztunnel: "kind: D\n" };

function meshOf(args: PlainMesh): ExportedMesh {
  const manifest = meshManifest(args, args.version ?? defaultIstioVersion);
  const definitions = manifest.gatewayApi === undefined ? [] : bundleObjects([bundle]);
  return { ...manifest, definitions, repository: args.charts?.repository ?? chartRepository };
}

function filesFor(format: Format, args: PlainMesh, repository?: string): OutputFile[] {
  const target: Target = format === "kustomize" ? { format, rendered } : { format };
  return exportFiles(target, meshOf(args), { ...place, repository });
}

function textOf(files: OutputFile[], name: string): string {
  const file = files.find(({ path: at }) => at === name);
  assert.ok(file, `no ${name} among ${files.map(({ path: at }) => at).join(", ")}`);
  return file.text;
}

/** The objects of a file. */
function objectsOf(files: OutputFile[], name: string): FileObject[] {
  return parseAllDocuments(textOf(files, name)).map((document) => document.toJS() as FileObject);
}

interface Kustomization {
  resources: string[];
}

function resourcesOf(files: OutputFile[], name = "kustomization.yaml"): string[] {
  return (parse(textOf(files, name)) as Kustomization).resources;
}

describe("the files of an export", () => {
  for (const format of formats) {
    it(`for ${format} say where they are from and what ${format} does not do, each of them`, () => {
      for (const args of Object.values(exportedMeshes)) {
        for (const { path: name, text } of filesFor(format, args, "https://git.example.com/fleet.git")) {
          const head = text
            .split("\n")
            .filter((line) => line.startsWith("#"))
            .map((line) => line.slice(2));
          const said = head.join(" ");
          assert.ok(text.startsWith(`# Written by \`istio-ambient export --format ${format}\`: `), name);
          for (const limit of limits[format]) assert.ok(said.includes(limit), `${name} does not say: ${limit}`);
          assert.ok(said.includes(`More: ${place.page}`), name);
        }
      }
    });

    it(`for ${format} are all named by a kustomization, but for the one that starts it`, () => {
      for (const args of Object.values(exportedMeshes)) {
        const files = filesFor(format, args, "https://git.example.com/fleet.git");
        const named = resourcesOf(files).flatMap((name) =>
          name.endsWith(".yaml")
            ? [name]
            : [
                `${name}/kustomization.yaml`,
                ...resourcesOf(files, `${name}/kustomization.yaml`).map((below) => `${name}/${below}`),
              ],
        );
        const starts = { flux: ["flux-kustomization.yaml"], argocd: ["application.yaml"], kustomize: [] }[format];
        assert.deepEqual(
          files.map(({ path: name }) => name).sort(),
          ["kustomization.yaml", ...named, ...starts].sort(),
        );
      }
    });

    it(`for ${format} hold text that a parser of YAML 1.1 reads back, without anchors`, () => {
      for (const args of Object.values(exportedMeshes)) {
        for (const { path: name, text } of filesFor(format, args)) {
          assert.doesNotMatch(text, /^\s*(- )?\S+: [&*]\w+$/m, name);
          const [now, then] = (["1.2", "1.1"] as const).map((version) =>
            parseAllDocuments(text, { version }).map((document) => document.toJS() as unknown),
          );
          assert.deepEqual(then, now, name);
        }
      }
    });
  }

  it("keep the code of a header in one row", () => {
    const text = textOf(filesFor("flux", {}), "namespace.yaml");
    assert.equal(
      text,
      `# Written by \`istio-ambient export --format flux\`: the namespace of the mesh.
# Flux does not check the cluster before it installs, nor the nodes once it has. Run
# \`npx istio-ambient check\` afterwards.
# Flux does not unenroll workloads. Run \`npx istio-ambient unenroll\` before you remove the mesh: pods
# that are still enrolled when ztunnel goes lose all traffic.
# Flux overwrites newer Gateway API CRDs, unless their own admission policy rejects it.
# More: https://example.com/docs/gitops.md
---
apiVersion: v1
kind: Namespace
metadata:
  name: istio-system
  labels:
    pod-security.kubernetes.io/enforce: privileged
  annotations:
    kustomize.toolkit.fluxcd.io/prune: disabled
`,
    );
  });
});

interface HelmReleaseSpec {
  dependsOn?: { name: string }[];
  targetNamespace?: string;
  storageNamespace?: string;
  chart?: object;
  chartRef?: object;
  install: { crds: string };
  upgrade: { crds: string };
  values: object;
}

describe("the files for Flux", () => {
  const releasesOf = (files: OutputFile[]) =>
    ["control-plane.yaml", "ambient-dataplane.yaml"].flatMap((name) => objectsOf(files, name));
  const specOf = ({ spec }: FileObject) => spec as HelmReleaseSpec;

  it("are those of the original, the CRDs, and what starts it", () => {
    assert.deepEqual(
      filesFor("flux", {}).map(({ path: name }) => name),
      [
        "namespace.yaml",
        "sources.yaml",
        "gateway-api.yaml",
        "control-plane.yaml",
        "ambient-dataplane.yaml",
        "certificate.yaml",
        "gateway.yaml",
        "kustomization.yaml",
        "flux-kustomization.yaml",
      ],
    );
  });

  it("hold one release of each chart, each after the one before, with the values of the mesh", () => {
    for (const args of Object.values(exportedMeshes)) {
      const releases = releasesOf(filesFor("flux", args));
      assert.deepEqual(
        releases.map((release) => [release.metadata.name, specOf(release).dependsOn]),
        [
          ["istio-base", undefined],
          ["istiod", [{ name: "istio-base" }]],
          ["istio-cni", [{ name: "istiod" }]],
          ["ztunnel", [{ name: "istio-cni" }]],
        ],
      );
      const { releases: wanted } = meshOf(args);
      assert.deepEqual(
        releases.map((release) => specOf(release).values),
        wanted.map(({ values }) => values),
      );
    }
  });

  it("install into the node agents' namespace where that is another one", () => {
    const places = releasesOf(filesFor("flux", { platform: "openshift" })).map((release) => [
      release.metadata.namespace,
      specOf(release).targetNamespace,
      specOf(release).storageNamespace,
    ]);
    const mesh = ["istio-system", undefined, undefined];
    const nodes = ["istio-system", "kube-system", "kube-system"];
    assert.deepEqual(places, [mesh, mesh, nodes, nodes]);
  });

  it("let Helm replace the CRDs of the one chart that has any", () => {
    const policies = releasesOf(filesFor("flux", {})).map((release) => {
      const { install, upgrade } = specOf(release);
      return [install.crds, upgrade.crds];
    });
    const skip = ["Skip", "Skip"];
    assert.deepEqual(policies, [["CreateReplace", "CreateReplace"], skip, skip, skip]);
  });

  it("take an artifact for each chart from a registry", () => {
    const files = filesFor("flux", { charts: { repository: "oci://registry.example.com/istio/charts/" } });
    assert.deepEqual(
      objectsOf(files, "sources.yaml").map(({ kind, metadata, spec }) => {
        const { url, ref } = spec as { url: string; ref: object };
        return [kind, metadata.name, url, ref];
      }),
      [
        ["OCIRepository", "istio-base", "oci://registry.example.com/istio/charts/base", { tag: defaultIstioVersion }],
        ["OCIRepository", "istiod", "oci://registry.example.com/istio/charts/istiod", { tag: defaultIstioVersion }],
        ["OCIRepository", "istio-cni", "oci://registry.example.com/istio/charts/cni", { tag: defaultIstioVersion }],
        ["OCIRepository", "ztunnel", "oci://registry.example.com/istio/charts/ztunnel", { tag: defaultIstioVersion }],
      ],
    );
    assert.deepEqual(
      releasesOf(files).map((release) => [specOf(release).chart, specOf(release).chartRef]),
      ["istio-base", "istiod", "istio-cni", "ztunnel"].map((name) => [undefined, { kind: "OCIRepository", name }]),
    );
  });

  it("never delete by themselves what others depend on", () => {
    const files = filesFor("flux", {});
    const kept = ["namespace.yaml", "gateway-api.yaml", "control-plane.yaml", "ambient-dataplane.yaml"];
    for (const object of kept.flatMap((name) => objectsOf(files, name))) {
      assert.equal(object.metadata.annotations?.["kustomize.toolkit.fluxcd.io/prune"], "disabled");
    }
    const [whole] = objectsOf(files, "flux-kustomization.yaml");
    assert.equal((whole?.spec as { deletionPolicy: string }).deletionPolicy, "Orphan");
  });

  it("wait for a Gateway only where there is one", () => {
    const checks = (args: PlainMesh) => {
      const [whole] = objectsOf(filesFor("flux", args), "flux-kustomization.yaml");
      return (whole?.spec as { healthCheckExprs?: { kind: string }[] }).healthCheckExprs?.map(({ kind }) => kind);
    };
    assert.deepEqual([checks({}), checks({ gateway: { enabled: false } })], [["Gateway"], undefined]);
  });
});

describe("the files for Argo CD", () => {
  const wave = ({ metadata }: FileObject) => Number(metadata.annotations?.["argocd.argoproj.io/sync-wave"]);

  it("go in waves: what others need, the charts one after the other, and the gateway", () => {
    const files = filesFor("argocd", {});
    const waves = resourcesOf(files).flatMap((name) =>
      objectsOf(files, name).map((object) => `${wave(object)} ${object.kind} ${object.metadata.name}`),
    );
    assert.deepEqual([...new Set(waves)].sort(), [
      "0 CustomResourceDefinition gateways.gateway.networking.k8s.io",
      "0 CustomResourceDefinition httproutes.gateway.networking.k8s.io",
      "0 Namespace istio-system",
      "0 ValidatingAdmissionPolicy safe-upgrades.gateway.networking.k8s.io",
      "0 ValidatingAdmissionPolicyBinding safe-upgrades.gateway.networking.k8s.io",
      "1 Application istio-base",
      "2 Application istiod",
      "3 Application istio-cni",
      "4 Application ztunnel",
      "5 Certificate hostk8s-gateway-ca",
      "5 Certificate hostk8s-gateway-cert",
      "5 ConfigMap hostk8s-gateway-overlay",
      "5 Gateway hostk8s-gateway",
      "5 Issuer hostk8s-gateway-ca",
      "5 Issuer hostk8s-gateway-selfsigned",
    ]);
  });

  it("leave to istiod what it writes into its webhooks", () => {
    const [, istiod] = objectsOf(filesFor("argocd", {}), "control-plane.yaml");
    const { ignoreDifferences, syncPolicy } = istiod?.spec as {
      ignoreDifferences: { kind: string; jqPathExpressions: string[] }[];
      syncPolicy: { syncOptions: string[] };
    };
    assert.deepEqual(
      ignoreDifferences.map(({ kind, jqPathExpressions }) => [kind, jqPathExpressions]),
      [
        ["ValidatingWebhookConfiguration", [".webhooks[].clientConfig.caBundle", ".webhooks[].failurePolicy"]],
        ["MutatingWebhookConfiguration", [".webhooks[].clientConfig.caBundle"]],
      ],
    );
    assert.deepEqual(syncPolicy.syncOptions, ["ServerSideApply=true", "RespectIgnoreDifferences=true"]);
  });

  it("take charts from a registry, which is named without its scheme, and put them where they belong", () => {
    const args: PlainMesh = { platform: "openshift", charts: { repository: "oci://registry.example.com/istio/" } };
    const [, ztunnel] = objectsOf(filesFor("argocd", args), "ambient-dataplane.yaml");
    const { source, destination } = ztunnel?.spec as { source: Record<string, unknown>; destination: object };
    assert.deepEqual(
      [source["repoURL"], source["chart"], source["targetRevision"], destination],
      [
        "registry.example.com/istio",
        "ztunnel",
        defaultIstioVersion,
        { server: "https://kubernetes.default.svc", namespace: "kube-system" },
      ],
    );
  });

  it("have an Application of the whole once the repository is known", () => {
    assert.ok(filesFor("argocd", {}).every(({ path: name }) => name !== "application.yaml"));
    const [whole] = objectsOf(filesFor("argocd", {}, "https://git.example.com/fleet.git"), "application.yaml");
    const { source } = whole?.spec as { source: object };
    assert.deepEqual(source, { repoURL: "https://git.example.com/fleet.git", path: "mesh", targetRevision: "HEAD" });
  });
});

describe("the files for kubectl", () => {
  it("are four parts, whose kinds the one before has brought, with the charts as they were rendered", () => {
    const files = filesFor("kustomize", {});
    assert.deepEqual(resourcesOf(files), ["1-base", "2-control-plane", "3-ambient-dataplane", "4-gateway"]);
    const parts = resourcesOf(files).map((name) => resourcesOf(files, `${name}/kustomization.yaml`));
    assert.deepEqual(parts, [
      ["namespace.yaml", "gateway-api.yaml", "istio-base.yaml"],
      ["istiod.yaml"],
      ["istio-cni.yaml", "ztunnel.yaml"],
      ["certificate.yaml", "gateway.yaml"],
    ]);
    assert.match(textOf(files, "3-ambient-dataplane/ztunnel.yaml"), /\nkind: D\n$/);
  });

  it("tell how they are applied", () => {
    const text = textOf(filesFor("kustomize", { gateway: { enabled: false } }), "kustomization.yaml");
    assert.equal(
      text.slice(text.indexOf("# Apply it")),
      `# Apply it part by part, server-side, since kubectl's own annotation could not hold the largest CRDs:
#   kubectl apply --server-side -k mesh/1-base
#   kubectl apply --server-side -k mesh/2-control-plane
#   kubectl apply --server-side -k mesh/3-ambient-dataplane
# All at once works on a cluster that has the Gateway API CRDs already.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - 1-base
  - 2-control-plane
  - 3-ambient-dataplane
`,
    );
  });
});
