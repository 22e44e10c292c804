// Handing an Istio over and giving it back, on a cluster in memory: killed at every write, met by others, cut off.
import * as assert from "node:assert/strict";
import * as os from "node:os";
import { journalName } from "../../../lib/adoption/journal";
import type { JsonMap } from "../../../lib/drift";
import { Brownfield, without } from "../fixtures/brownfield";
import { onCluster, otherNames, to, umbrellaName, usualNames } from "./cluster";

const installs: [string, () => Brownfield][] = [
  ["istioctl", () => Brownfield.istioctl()],
  ["Helm under other names", () => Brownfield.helm(otherNames)],
  ["Helm under the usual names", () => Brownfield.helm(usualNames)],
  ["the umbrella chart", () => Brownfield.helm(umbrellaName, "istio-system", "ambient")],
  [
    "an umbrella chart of istiod's own name",
    () => Brownfield.helm({ ...umbrellaName, ...named("istiod") }, "istio-system", "mesh"),
  ],
];

function named(name: string): { [component: string]: string } {
  return { Base: name, Pilot: name, Cni: name, Ztunnel: name };
}

/** What an adoption may not touch: everything but labels and annotations. */
function contents(snapshot: JsonMap): JsonMap {
  const entries = Object.entries(snapshot).map(([key, object]) => {
    const { metadata, ...rest } = object as { metadata: JsonMap };
    return [key, { ...rest, metadata: without(metadata, "labels", "annotations") }] as const;
  });
  return Object.fromEntries(entries);
}

/** Records that Helm lists, by release and revision. */
function records(cluster: Brownfield): string[] {
  return [...cluster.objects.values()]
    .map(({ metadata }) => (metadata["labels"] ?? {}) as { [label: string]: string })
    .filter(({ owner }) => owner === "helm")
    .map(({ name, version }) => `${name} ${version}`)
    .sort();
}

const both = (release: string) => [`${release} 1`, `${release} 2`];

const afterwards: { [install: string]: string[] } = {
  "Helm under the usual names": ["istio-base", "istio-cni", "istiod", "ztunnel"].flatMap(both),
  "an umbrella chart of istiod's own name": ["istio-base 1", "istio-cni 1", "istiod 2", "ztunnel 1"],
};

/** The plan for an Istio of istioctl. */
const plan = `Istio 1.31.0 in istio-system on URL:
  base     istioctl  4 objects   becomes Helm release istio-system/istio-base
  istiod   istioctl  19 objects  becomes Helm release istio-system/istiod
  cni      istioctl  9 objects   becomes Helm release istio-system/istio-cni
  ztunnel  istioctl  2 objects   becomes Helm release istio-system/ztunnel

Will be written:
  Secret istio-system/sh.helm.release.v1.istio-base.v1: the record of a Helm release
  Secret istio-system/sh.helm.release.v1.istiod.v1: the record of a Helm release
  Secret istio-system/sh.helm.release.v1.istio-cni.v1: the record of a Helm release
  Secret istio-system/sh.helm.release.v1.ztunnel.v1: the record of a Helm release
  labels and annotations of 35 objects; nothing else of them, so nothing restarts

Arguments that keep what differs from the defaults of AmbientMesh:
  version: "1.31.0"
  adoptNamespace: true
  telemetry: true
  images.hub: "registry.istio.io/testing"
  images.tag: "latest"
  controlPlane.cpu: "500m"
  controlPlane.memory: "2Gi"
  controlPlane.values.cni.enabled: true
  controlPlane.values.autoscaleEnabled: true
  controlPlane.values.meshConfig.accessLogFile: ""
  cni.memory: "100Mi"
  cni.values.podLabels["app.kubernetes.io/instance"]: "istio"
  cni.values.podLabels["app.kubernetes.io/version"]: "1.0.0"
  cni.values.podLabels["helm.sh/chart"]: "cni-1.0.0"
  dataplane.cpu: "200m"
  dataplane.memory: "512Mi"
  dataplane.values.podLabels["app.kubernetes.io/instance"]: "istio"
  dataplane.values.podLabels["app.kubernetes.io/version"]: "1.0.0"
  dataplane.values.podLabels["helm.sh/chart"]: "ztunnel-1.0.0"

What the next \`pulumi up\` changes with these arguments:
  istiod restarts once: its chart writes the release's name on its pods (app.kubernetes.io/instance: istio)

Nothing was written. To hand it over: run \`istio-ambient adopt --to <project>/<stack> --apply\`
`;

describe("adopting an Istio of", () => {
  it("istioctl begins with a plan", async () => {
    const cluster = Brownfield.istioctl();
    await onCluster(cluster, async (adopt) => {
      const { code, out, err } = await adopt();
      assert.deepEqual([code, out.replace(cluster.address, "URL"), err], [0, plan, ""]);
    });
  });

  it("istioctl with sidecars alone says what the next up adds, and what stays outside", async () => {
    const cluster = Brownfield.istioctl();
    for (const name of ["ztunnel", "istio-cni-node"]) {
      cluster.objects.delete(`/apis/apps/v1/namespaces/istio-system/daemonsets/${name}`);
    }
    const labels = { "operator.istio.io/component": "IngressGateways" };
    cluster.put({
      ...{ apiVersion: "apps/v1", kind: "Deployment" },
      metadata: { name: "istio-ingressgateway", namespace: "istio-system", labels },
    });
    await onCluster(cluster, async (adopt) => {
      const { out } = await adopt();
      const told =
        out.slice(out.indexOf("Stays as it is"), out.indexOf("Arguments")) + out.slice(out.indexOf("What the next"));
      assert.equal(
        told,
        [
          ...["Stays as it is, and belongs to no release:", "  Deployment istio-system/istio-ingressgateway", ""],
          "What the next `pulumi up` changes with these arguments:",
          "  installs istio-cni and ztunnel",
          "  istiod restarts with ambient mode on; pods with sidecars keep running as they are",
          ...["", "Nothing was written. To hand it over: run `istio-ambient adopt --to <project>/<stack> --apply`", ""],
        ].join("\n"),
      );
    });
  });

  for (const [what, install] of installs) {
    describe(what, () => {
      it("changes labels and annotations, makes records of Helm, and nothing else", async () => {
        const cluster = install();
        const before = cluster.snapshot();
        await onCluster(cluster, async (adopt) => {
          assert.equal((await adopt(...to)).code, 0);
          assert.deepEqual(cluster.writes, []);
          const { code, err } = await adopt(...to, "--apply");
          assert.deepEqual([code, err], [0, ""]);
        });
        const after = cluster.snapshot();
        const kept = Object.fromEntries(Object.entries(contents(after)).filter(([key]) => key in before));
        assert.deepEqual(kept, contents(before));
        assert.deepEqual(
          records(cluster),
          afterwards[what] ?? ["istio-base 1", "istio-cni 1", "istiod 1", "ztunnel 1"],
        );
        for (const [kind, name, release] of [
          ["Deployment", "istiod", "istiod"],
          ["DaemonSet", "istio-cni-node", "istio-cni"],
          ["DaemonSet", "ztunnel", "ztunnel"],
          ["CustomResourceDefinition", "virtualservices.networking.istio.io", "istio-base"],
          ["ValidatingWebhookConfiguration", "istiod-default-validator", "istio-base"],
        ] as const) {
          const { labels, annotations } = cluster.object(kind, name).metadata as unknown as {
            labels: JsonMap;
            annotations: JsonMap;
          };
          assert.deepEqual(
            [
              labels["app.kubernetes.io/managed-by"],
              annotations["meta.helm.sh/release-name"],
              annotations["meta.helm.sh/release-namespace"],
            ],
            ["Helm", release, "istio-system"],
          );
        }
        const { annotations } = cluster.object("Namespace", "istio-system").metadata as unknown as {
          annotations: JsonMap;
        };
        assert.equal(annotations["istio-ambient/stack"], "shop/dev");
      });

      it("is undone, wherever it was killed", async () => {
        for (const last of await killPoints(install())) {
          const cluster = install();
          const before = cluster.snapshot();
          await onCluster(cluster, async (adopt) => {
            hangUpAfter(cluster, last);
            await adopt(...to, "--apply");
            cluster.onWrite = () => undefined;
            const { code, err } = await adopt("--undo");
            assert.deepEqual([code, err], [0, ""], `write ${last}`);
          });
          assert.deepEqual(cluster.snapshot(), before, `write ${last}`);
        }
      });

      it("goes on where it was killed", async () => {
        const whole = install();
        await onCluster(whole, (adopt) => adopt(...to, "--apply"));
        for (const last of await killPoints(install())) {
          const cluster = install();
          await onCluster(cluster, async (adopt) => {
            hangUpAfter(cluster, last);
            assert.equal((await adopt(...to, "--apply")).code, 69);
            cluster.onWrite = () => undefined;
            assert.equal((await adopt(...to, "--apply")).code, 0);
          });
          assert.deepEqual(comparable(cluster), comparable(whole), `write ${last}`);
        }
      });
    });
  }

  it("nothing does nothing the second time, and says so", async () => {
    const cluster = Brownfield.istioctl();
    await onCluster(cluster, async (adopt) => {
      const said =
        "write the arguments of `istio-ambient adopt --print-args typescript` into its program, and run `pulumi preview`";
      assert.deepEqual(await adopt(...to, "--apply"), {
        ...{ code: 0, err: "" },
        out: `handed to the stack shop/dev: 39 objects; ${said}\n`,
      });
      const before = cluster.snapshot();
      assert.equal((await adopt(...to, "--apply")).out, "the stack shop/dev has this Istio already\n");
      assert.deepEqual(cluster.snapshot(), before);
      assert.equal(
        (await adopt()).out,
        "this Istio was adopted for the stack shop/dev; run `istio-ambient adopt --undo` to give it back\n",
      );
      assert.deepEqual(await adopt("--to", "shop/other", "--apply"), {
        ...{ code: 1, out: "" },
        err: "this Istio was adopted for the stack shop/dev; run `istio-ambient adopt --undo` first\n",
      });
    });
  });

  it("an undone one is none", async () => {
    await onCluster(Brownfield.istioctl(), async (adopt) => {
      const none = { code: 1, out: "", err: "there is no adoption to undo in this cluster\n" };
      assert.deepEqual(await adopt("--undo"), none);
      await adopt(...to, "--apply");
      assert.deepEqual(await adopt("--undo"), {
        ...{ code: 0, err: "" },
        out: "given back by the stack shop/dev: 39 objects as they were\n",
      });
      assert.deepEqual(await adopt("--undo"), none);
    });
  });
});

describe("an adoption that others get in the way of", () => {
  it("names what was changed in between, does not overwrite it, and can be undone around it", async () => {
    const cluster = Brownfield.istioctl();
    await onCluster(cluster, async (adopt) => {
      cluster.onWrite = (method) => {
        if (method === "PATCH") {
          cluster.edit("DaemonSet", "ztunnel", ({ metadata }) => {
            metadata["annotations"] = { ...(metadata["annotations"] as JsonMap), "meta.helm.sh/release-name": "mine" };
          });
        }
        return undefined;
      };
      const line = (value: string) =>
        '`DaemonSet istio-system/ztunnel`: got "meta.helm.sh/release-name: mine"; must not change between plan and ' +
        "apply; find out what changed it, and restore the previous value" +
        "; run " +
        `\`kubectl annotate daemonset ztunnel --namespace istio-system ${value}\`\n`;
      assert.deepEqual(await adopt(...to, "--apply"), { code: 1, out: "", err: line("meta.helm.sh/release-name-") });
      cluster.onWrite = () => undefined;
      assert.deepEqual(await adopt("--undo"), { code: 1, out: "", err: line("meta.helm.sh/release-name-") });
      cluster.edit("DaemonSet", "ztunnel", ({ metadata }) => {
        delete (metadata["annotations"] as JsonMap)["meta.helm.sh/release-name"];
      });
      assert.equal((await adopt("--undo")).code, 0);
    });
  });

  it("keeps what others write beside it", async () => {
    const cluster = Brownfield.istioctl();
    await onCluster(cluster, async (adopt) => {
      let met = 0;
      cluster.onWrite = (method, url) => {
        if (method === "PATCH" && url.endsWith("/daemonsets/ztunnel") && met < 2) {
          met += 1;
          cluster.edit("DaemonSet", "ztunnel", ({ metadata }) => {
            metadata["annotations"] = { ...(metadata["annotations"] as JsonMap), theirs: String(met) };
          });
        }
        return undefined;
      };
      assert.equal((await adopt(...to, "--apply")).code, 0);
      assert.equal((await adopt("--undo")).code, 0);
    });
    const { annotations } = cluster.object("DaemonSet", "ztunnel").metadata as unknown as { annotations: JsonMap };
    assert.deepEqual(annotations, { "deprecated.daemonset.template.generation": "1", theirs: "2" });
  });

  it("skips what is gone, and says so", async () => {
    const cluster = Brownfield.istioctl();
    await onCluster(cluster, async (adopt) => {
      await adopt(...to, "--apply");
      const ztunnel = cluster.object("DaemonSet", "ztunnel");
      cluster.put({ ...ztunnel, metadata: { ...ztunnel.metadata, uid: "another" } });
      const { code, err } = await adopt("--undo");
      assert.deepEqual(
        [code, err],
        [0, "DaemonSet istio-system/ztunnel is gone, or was made again since; it was skipped\n"],
      );
    });
  });

  it("does not begin while another run is at work, and goes on after one that is dead", async () => {
    for (const [note, refused] of [
      [{ host: "elsewhere", pid: 7, at: new Date().toISOString() }, true],
      [{ host: "elsewhere", pid: 7, at: "2026-01-01T00:00:00Z" }, false],
      [{ host: os.hostname(), pid: process.ppid, at: new Date().toISOString() }, true],
      [{ host: os.hostname(), pid: 2 ** 22 + 1, at: new Date().toISOString() }, false],
    ] as const) {
      const cluster = Brownfield.istioctl();
      await onCluster(cluster, async (adopt) => {
        hangUpAfter(cluster, 5);
        await adopt(...to, "--apply");
        cluster.onWrite = () => undefined;
        cluster.edit("Secret", journalName, ({ metadata }) => {
          metadata["annotations"] = { "istio-ambient/run": JSON.stringify(note) };
        });
        const { code, err } = await adopt(...to, "--apply");
        const text =
          `another run of \`istio-ambient adopt\` is at work (process ${note.pid} on ${note.host}, seen at ${note.at}); ` +
          "run this one again once that is through\n";
        assert.deepEqual([code, err], refused ? [1, text] : [0, ""]);
      });
    }
  });

  it("gives way to another that begins at the same moment", async () => {
    const cluster = Brownfield.istioctl();
    await onCluster(cluster, async (adopt) => {
      cluster.onWrite = (method) => {
        if (method === "POST") {
          const metadata = { name: journalName, namespace: "istio-system" };
          cluster.put({ apiVersion: "v1", kind: "Secret", metadata });
        }
        return undefined;
      };
      assert.deepEqual(await adopt(...to, "--apply"), {
        ...{ code: 1, out: "" },
        err: "another run of `istio-ambient adopt` has just begun; run this one again once that is through\n",
      });
      assert.deepEqual(cluster.writes, ["POST /api/v1/namespaces/istio-system/secrets"]);
    });
  });

  it("says what the API server has refused, and which rights are missing before it writes", async () => {
    const cluster = Brownfield.istioctl();
    await onCluster(cluster, async (adopt) => {
      cluster.onWrite = (_, url) => (url.endsWith("/deployments/istiod") ? 403 : undefined);
      assert.deepEqual(await adopt(...to, "--apply"), {
        ...{ code: 1, out: "" },
        err: "cannot patch Deployment istio-system/istiod: refused by the test\n",
      });
      cluster.onWrite = () => undefined;
      await adopt("--undo");
      cluster.missingRights = ["patch deployments"];
      assert.deepEqual(await adopt(...to, "--apply"), {
        ...{ code: 1, out: "" },
        err:
          "It cannot be adopted:\n" +
          `  \`Cluster ${cluster.address}\`: got "no right to patch deployments.apps --namespace istio-system"; adopting needs ` +
          "it; run `kubectl auth can-i patch deployments.apps --namespace istio-system`\n",
      });
    });
  });
});

/** From then on no write is answered, as when the API server goes away or the run is killed. */
function hangUpAfter(cluster: Brownfield, writes: number): void {
  let left = writes;
  cluster.onWrite = () => {
    left -= 1;
    return left < 0 ? "hang up" : undefined;
  };
}

/** Writes after which a run is killed: the first ones, which make records, some of the many alike, and the last ones. */
async function killPoints(cluster: Brownfield): Promise<number[]> {
  await onCluster(cluster, (adopt) => adopt(...to, "--apply"));
  const all = cluster.writes.map((_, index) => index);
  return all.filter((point) => point > 0 && (point < 3 || point % 20 === 0 || point > all.length - 3));
}

/** A cluster without uids and versions, and without the time at which a run was at work. */
function comparable(cluster: Brownfield): JsonMap {
  const text = JSON.stringify(cluster.snapshot(), (key, value: unknown) =>
    key === "uid" || key === "journal" ? "" : value,
  );
  return JSON.parse(text) as JsonMap;
}
