// What is exported of a mesh is what Pulumi registers for it: object by object, for meshes of many kinds.
import * as assert from "node:assert/strict";
import { AmbientMesh } from "../../components";
import { meshManifest, type PlainMesh } from "../../components/mesh/manifest";
import type { FileObject } from "../../lib/export";
import { charts, defaultIstioVersion } from "../../lib/istio/releases";
import { exportedMeshes } from "../support/export-meshes";
import { record, type Recording, type Registration } from "./record";
import { onServingCluster } from "./serving-cluster";

/** Annotations that tell Pulumi or this package what an object is to them. */
const ownMark = /^(pulumi\.com|istio-ambient)\//;

interface Release {
  chart: string;
  name: string;
  namespace: string;
  values: object;
  version: string;
}

/** A registered object as it would stand in a file. */
function objectOf({ type, inputs }: Registration): FileObject {
  const [, version = "", kind = ""] = /^kubernetes:(.+):(\w+)$/.exec(type) ?? [];
  const { metadata, ...rest } = inputs as Partial<FileObject>;
  const { annotations = {}, ...named } = metadata ?? { name: "" };
  const kept = Object.entries(annotations).filter(([key]) => !ownMark.test(key));
  const more = kept.length > 0 ? { annotations: Object.fromEntries(kept) } : {};
  return { ...rest, apiVersion: version.replace(/^core\//, ""), kind, metadata: { ...named, ...more } };
}

/** The objects that a program registers; the overlay's data are registered by themselves. */
function objectsOf({ resources }: Recording): FileObject[] {
  const plain = resources.filter(({ type }) => type.startsWith("kubernetes:") && !type.includes("helm.sh"));
  const data = plain.find(({ type }) => type.endsWith(":ConfigMapPatch"))?.inputs["data"];
  return plain
    .filter(({ type }) => !type.endsWith("Patch"))
    .map(objectOf)
    .map((object) => (object.kind === "ConfigMap" ? { ...object, data: data as FileObject["data"] } : object));
}

function sorted(objects: FileObject[]): FileObject[] {
  const key = ({ kind, metadata }: FileObject) => `${kind} ${metadata.name}`;
  return [...objects].sort((one, other) => key(one).localeCompare(key(other)));
}

describe("the export of a mesh with", () => {
  onServingCluster();

  for (const [what, args] of Object.entries(exportedMeshes)) {
    it(`${what} has the objects, the releases and the CRDs that Pulumi registers`, async () => {
      // An up would wait for pods that no cluster has.
      const mesh = () => void new AmbientMesh("mesh", { ...args, preflight: { enabled: false } });
      const recording = await record(mesh, { preview: true });
      const manifest = meshManifest(args, args.version ?? defaultIstioVersion);
      const { namespace, certificates, gateway } = manifest;
      assert.deepEqual(sorted([namespace, ...certificates, ...gateway]), sorted(objectsOf(recording)));
      assert.deepEqual(
        manifest.releases.map(({ chart, release, ...rest }) => ({
          ...{ chart: charts[chart].chart, name: release, version: manifest.version },
          ...rest,
        })),
        ["base", "istiod", "cni", "ztunnel"].map((chart) => releaseOf(recording, `mesh-${chart}`)),
      );
      assert.deepEqual(manifest.gatewayApi?.version, bundleOf(recording, args));
    });
  }
});

function releaseOf(recording: Recording, name: string): Release {
  const { chart, name: release, namespace, values, version } = recording.find(name).inputs as unknown as Release;
  return { chart, name: release, version, namespace, values };
}

/** The release that the command for the CRDs installs; none where there is no such command. */
function bundleOf(recording: Recording, { gatewayApi }: PlainMesh): string | undefined {
  if (gatewayApi?.install === false) {
    assert.ok(recording.resources.every(({ name }) => name !== "mesh-gateway-api-bundle"));
    return undefined;
  }
  return /--release (\S+)/.exec(String(recording.find("mesh-gateway-api-bundle").inputs["create"]))?.[1];
}
