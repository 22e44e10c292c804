// Where charts and CRDs come from: a directory of charts, a bundle of Gateway API, and the releases that are known.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { findChartFiles } from "../../components/mesh/chart-files";
import { violationLine } from "../../lib/validation/violations";
import {
  bundleDrift,
  bundleObjects,
  bundleVersion,
  describeBundle,
  installedBundle,
  markedObjects,
  reasonToLeave,
  statedVersion,
} from "../../lib/gateway-api/bundle";
import { isOlder, istioLine, istioLines, nearestRelease } from "../../lib/istio/releases";

const four = (version: string) => ["base", "istiod", "cni", "ztunnel"].map((chart) => `${chart}-${version}.tgz`);

describe("a directory of charts", () => {
  it("tells the release that it holds", () => {
    assert.deepEqual(findChartFiles("./charts", [...four("1.31.0"), "README.md"]), {
      version: "1.31.0",
      files: {
        base: "base-1.31.0.tgz",
        istiod: "istiod-1.31.0.tgz",
        cni: "cni-1.31.0.tgz",
        ztunnel: "ztunnel-1.31.0.tgz",
      },
    });
  });

  const wrong: [listing: string[] | undefined, version: string | undefined, message: string][] = [
    [
      undefined,
      "1.31.0",
      '`charts.directory`: got "./charts"; must be an existing directory, relative to the program; ' +
        'write `charts: { directory: "./charts" }`',
    ],
    [
      [],
      undefined,
      '`charts.directory`: got "./charts"; must contain base-1.31.4.tgz and istiod-1.31.4.tgz and cni-1.31.4.tgz ' +
        'and ztunnel-1.31.4.tgz; write `charts: { directory: "./charts" }`',
    ],
    [
      four("1.31.0"),
      "1.31.4",
      '`charts.directory`: got "./charts"; must contain base-1.31.4.tgz and istiod-1.31.4.tgz and cni-1.31.4.tgz ' +
        'and ztunnel-1.31.4.tgz; write `version: "1.31.0"`',
    ],
    [
      four("1.31.0").slice(0, 3),
      undefined,
      '`charts.directory`: got "./charts"; must contain ztunnel-1.31.0.tgz; write `charts: { directory: "./charts" }`',
    ],
    [
      [...four("1.30.8"), ...four("1.31.0")],
      undefined,
      '`charts.directory`: got "./charts"; the directory holds the charts of 1.30.8 and 1.31.0, so `version` ' +
        'must name one of them; write `version: "1.31.0"`',
    ],
  ];
  for (const [listing, version, message] of wrong) {
    it(`of ${listing?.length ?? "no"} files is refused for version ${version}`, () => {
      const found = findChartFiles("./charts", listing, version);
      assert.equal("files" in found ? "" : violationLine(found), message);
    });
  }
});

describe("a bundle of Gateway API", () => {
  const objects = bundleObjects([fs.readFileSync("tests/fixtures/gateway-api/crds.yaml", "utf8")]);

  it("is its CRDs and its admission policy, without status, and nothing else in the file", () => {
    assert.deepEqual(
      objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
      [
        "CustomResourceDefinition gateways.gateway.networking.k8s.io",
        "CustomResourceDefinition httproutes.gateway.networking.k8s.io",
        "ValidatingAdmissionPolicy safe-upgrades.gateway.networking.k8s.io",
        "ValidatingAdmissionPolicyBinding safe-upgrades.gateway.networking.k8s.io",
      ],
    );
    assert.deepEqual(Object.keys(objects[0]!).sort(), ["apiVersion", "kind", "metadata", "spec"]);
    assert.equal(bundleVersion(objects), "1.6.0");
  });

  it("is never written over a newer one, nor over the experimental channel", () => {
    const wanted = describeBundle(objects);
    assert.deepEqual(wanted, { bundleVersion: "1.6.0", channel: "standard" });
    assert.equal(reasonToLeave({}, wanted), undefined);
    assert.equal(reasonToLeave({ bundleVersion: "v1.5.1", channel: "standard" }, wanted), undefined);
    assert.equal(reasonToLeave({ bundleVersion: "v1.6.0", channel: "standard" }, wanted), undefined);
    assert.equal(
      reasonToLeave({ bundleVersion: "v1.7.0" }, wanted),
      "the cluster has Gateway API v1.7.0, newer than 1.6.0; a bundle is never downgraded",
    );
    assert.equal(
      reasonToLeave({ bundleVersion: "v1.6.0", channel: "experimental" }, wanted),
      "the cluster has the experimental channel of Gateway API; the standard channel would drop its fields",
    );
  });

  it("is never written over CRDs that a platform or a tool keeps, however old they are", () => {
    const wanted = describeBundle(objects);
    const crd = (name: string, labels: Record<string, string> = {}) => ({
      ...{ namespace: "", name, labels },
      annotations: { "gateway.networking.k8s.io/bundle-version": "v1.4.1" },
    });
    const gke = { "addonmanager.kubernetes.io/mode": "Reconcile" };
    const routes = "httproutes.gateway.networking.k8s.io";
    const kept = installedBundle([crd("gateways.gateway.networking.k8s.io"), crd(routes, gke)]);
    assert.equal(
      reasonToLeave(kept, wanted),
      "the platform's add-on manager keeps them at v1.4.1, and undoes what is changed in them",
    );
    const openshift = installedBundle([{ ...crd(routes), keptBy: ["ingress-operator"] }]);
    assert.equal(
      reasonToLeave(openshift, wanted),
      "the Ingress Operator of OpenShift keeps them at v1.4.1, and undoes what is changed in them",
    );
    const others = installedBundle([crd(routes), crd("backends.example.com", gke)]);
    assert.equal(reasonToLeave(others, wanted), undefined);
  });

  it("is of the newest version of the CRDs that a cluster has", () => {
    assert.deepEqual(installedBundle(definitions({ gateways: "v1.4.1", httproutes: "v1.10.0" })), {
      bundleVersion: "v1.10.0",
      channel: undefined,
    });
    assert.deepEqual(installedBundle([{ name: "certificates.cert-manager.io", annotations: {} }]), {});
  });

  it("is told its version by its text alone", () => {
    assert.equal(statedVersion([fs.readFileSync("tests/fixtures/gateway-api/crds.yaml", "utf8")]), "1.6.0");
    assert.equal(statedVersion(["kind: ConfigMap"]), undefined);
  });

  it("is missed where a part that was installed is gone or older", () => {
    const [gateways, routes] = markedObjects(objects).map(({ metadata }) => ({ annotations: {}, ...metadata }));
    const older = { ...routes!.annotations, "gateway.networking.k8s.io/bundle-version": "v1.5.1" };
    assert.deepEqual(bundleDrift([gateways!, routes!], true), []);
    assert.deepEqual(bundleDrift([gateways!], false), [
      "CustomResourceDefinition httproutes.gateway.networking.k8s.io is missing",
    ]);
    assert.deepEqual(bundleDrift([gateways!, { ...routes!, annotations: older }], true), [
      "CustomResourceDefinition httproutes.gateway.networking.k8s.io is of Gateway API 1.5.1, not 1.6.0",
    ]);
    assert.deepEqual(bundleDrift([], true), ["all CustomResourceDefinitions of the Gateway API are missing"]);
  });

  it("is not missed where it was never installed here, or where it is as it was installed", () => {
    assert.deepEqual(bundleDrift([], false), []);
    assert.deepEqual(bundleDrift(definitions({ gateways: "v1.4.1" }), true), []);
    const version = { "gateway.networking.k8s.io/bundle-version": "v1.5.1" };
    const before = objects.map((object) => ({ ...object, metadata: { ...object.metadata, annotations: version } }));
    const marked = markedObjects(before).map(({ metadata }) => ({ annotations: {}, ...metadata }));
    assert.deepEqual(bundleDrift(marked, true), []);
  });
});

function definitions(versions: Record<string, string>): { name: string; annotations: Record<string, string> }[] {
  return Object.entries(versions).map(([plural, version]) => ({
    name: `${plural}.gateway.networking.k8s.io`,
    annotations: { "gateway.networking.k8s.io/bundle-version": version },
  }));
}

describe("the releases", () => {
  it("are newest first, each no older than its floor", () => {
    const minors = istioLines.map((line) => Number(line.minor.split(".")[1]));
    assert.deepEqual(
      minors,
      [...minors].sort((a, b) => b - a),
    );
    for (const line of istioLines) {
      assert.equal(isOlder(line.newest, line.floor), false);
      assert.equal(istioLine(line.newest), line);
    }
  });

  it("are suggested by the minor that was meant", () => {
    assert.equal(nearestRelease("~1.30"), istioLines.find((line) => line.minor === "1.30")!.newest);
    assert.equal(nearestRelease("latest"), istioLines[0]!.newest);
  });
});
