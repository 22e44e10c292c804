// Drift of the four releases on a real API server: silence after every kind of install, each change found, mended, silent again.
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { ApiClient } from "../../cluster/client";
import { readDrift, repairDrift, type DriftDepth, type DriftReading } from "../../cluster/release-drift";
import { driftLines } from "../../lib/drift";
import { apply, get, kubectl, sources, webhooksWritten } from "./support";

const namespace = "istio-system";
const releases = ["istio-base", "istiod", "istio-cni", "ztunnel"].map((release) => ({ release, namespace }));
const chartOf: Record<string, string> = {
  "istio-base": "base",
  istiod: "istiod",
  "istio-cni": "cni",
  ztunnel: "ztunnel",
};

/** Values of each release, as `--set` takes them. */
type ValueSet = Partial<Record<"istio-base" | "istiod" | "istio-cni" | "ztunnel", string[]>>;

const plain: ValueSet = { istiod: ["autoscaleEnabled=false", "resources.limits.memory=2048Mi"] };

const valueSets: Record<string, ValueSet> = {
  "the charts' own values, with an autoscaler": {},
  "limits and requests in unusual units": {
    istiod: ["autoscaleEnabled=false", "resources.limits.cpu=1000m", "resources.limits.memory=2048Mi"],
    "istio-cni": ["resources.limits.memory=0.5Gi", "resources.requests.cpu=0.1"],
    ztunnel: ["resources.limits.cpu=2000m", "resources.limits.memory=1024Mi"],
  },
  "two replicas with a disruption budget, more environment, annotations and tolerations": {
    "istio-base": ["base.validationFailurePolicy=Fail"],
    istiod: [
      ...["autoscaleEnabled=false", "replicaCount=2", "base.validationFailurePolicy=Fail"],
      ...["env.PILOT_EXTRA=1", "env.EMPTY=", "podAnnotations.team=platform"],
    ],
    ztunnel: ["env.EXTRA=1", "tolerations[0].operator=Exists", "annotations.team=platform"],
  },
  "everything that the charts can make beside": {
    "istio-base": ["defaultRevision=default", "experimental.stableValidationPolicy=true"],
    istiod: ["autoscaleMin=2", "global.networkPolicy.enabled=true", "experimental.stableValidationPolicy=true"],
    "istio-cni": ["global.networkPolicy.enabled=true"],
    ztunnel: ["global.networkPolicy.enabled=true", "resourceQuotas.enabled=true"],
  },
  "the platform gke": platform("gke"),
  "the platform openshift": platform("openshift"),
};

function platform(name: string): ValueSet {
  const set = [`global.platform=${name}`];
  return { "istio-base": set, istiod: [...set, "autoscaleEnabled=false"], "istio-cni": set, ztunnel: set };
}

function install(values: ValueSet): void {
  for (const { release } of releases) {
    const chart = chartOf[release] ?? "";
    const file = fs.readdirSync(sources.charts.directory).find((name) => name.startsWith(`${chart}-`)) ?? "";
    const set = ["profile=ambient", ...(values[release as keyof ValueSet] ?? [])].flatMap((value) => ["--set", value]);
    const from = path.join(sources.charts.directory, file);
    helm("upgrade", "--install", release, from, "--create-namespace", "--reset-values", ...set);
  }
}

function helm(...args: string[]): void {
  execFileSync("helm", [...args, "--namespace", namespace], { stdio: ["ignore", "ignore", "inherit"] });
}

async function withClient<T>(work: (client: ApiClient) => Promise<T>): Promise<T> {
  const client = await ApiClient.connect({}, 60_000);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

const read = (depth: DriftDepth = "all"): Promise<DriftReading> =>
  withClient((client) => readDrift(client, releases, depth));

async function lines(depth: DriftDepth = "all"): Promise<string[]> {
  const { drifted, unread } = await read(depth);
  assert.deepEqual(unread, []);
  return driftLines(drifted);
}

/** Mends all drift; the same once more does nothing. */
async function mend(): Promise<string[]> {
  const { drifted } = await read();
  const done = await withClient((client) => repairDrift(client, drifted));
  assert.deepEqual(await withClient((client) => repairDrift(client, drifted)), []);
  return done;
}

function jsonPatch(kind: string, name: string, ...operations: object[]): void {
  kubectl("patch", kind, name, "-n", namespace, "--type", "json", "--patch", JSON.stringify(operations));
}

/** A change by hand, with the lines that tell of it and those that tell of its repair. */
interface Change {
  what: string;
  change(): void;
  lines: string[];
  done: string[];
  /** Its kind is not among those that a preview reads. */
  onlyInFull?: boolean;
}

const limits = "spec.template.spec.containers[discovery].resources.limits.memory";
const proxy = "spec.template.spec.containers[istio-proxy]";

const changes: Change[] = [
  {
    what: "the image of ztunnel and one of its variables",
    change() {
      kubectl("set", "image", "daemonset/ztunnel", "istio-proxy=example.com/ztunnel:1", "-n", namespace);
      kubectl("set", "env", "daemonset/ztunnel", "RUST_LOG=debug", "-n", namespace);
    },
    lines: [
      `DaemonSet istio-system/ztunnel: ${proxy}.image is "example.com/ztunnel:1", the release has "docker.io/istio/ztunnel:1.31.0-distroless"; ${proxy}.env[RUST_LOG].value is "debug", the release has "info"`,
    ],
    done: [`DaemonSet istio-system/ztunnel patched: ${proxy}.image, ${proxy}.env[RUST_LOG].value`],
  },
  {
    what: "a variable of ztunnel that now comes from elsewhere, and a volume of another kind",
    change: () =>
      jsonPatch(
        "daemonset",
        "ztunnel",
        ...["/env/0/value", "/env/0/valueFrom"].map((field, index) => ({
          op: index === 0 ? "remove" : "add",
          path: `/spec/template/spec/containers/0${field}`,
          value: { fieldRef: { fieldPath: "metadata.name" } },
        })),
        { op: "replace", path: "/spec/template/spec/volumes/3", value: { name: "tmp", hostPath: { path: "/tmp" } } },
      ),
    lines: [
      `DaemonSet istio-system/ztunnel: ${proxy}.env[CA_ADDRESS].value is missing, the release has "istiod.istio-system.svc:15012"; ${proxy}.env[CA_ADDRESS].valueFrom is {"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}, the release has nothing; spec.template.spec.volumes[tmp].hostPath is {"path":"/tmp","type":""}, the release has nothing`,
    ],
    done: [
      `DaemonSet istio-system/ztunnel patched: ${proxy}.env[CA_ADDRESS].value, ${proxy}.env[CA_ADDRESS].valueFrom, spec.template.spec.volumes[tmp].hostPath`,
    ],
  },
  {
    what: "the memory limit of istiod",
    change: () => void kubectl("set", "resources", "deployment/istiod", "--limits=memory=3Gi", "-n", namespace),
    lines: [`Deployment istio-system/istiod: ${limits} is "3Gi", the release has "2048Mi"`],
    done: [`Deployment istio-system/istiod patched: ${limits}`],
  },
  {
    what: "the way in which istiod's pods are replaced",
    change: () =>
      jsonPatch("deployment", "istiod", { op: "replace", path: "/spec/strategy", value: { type: "Recreate" } }),
    lines: [
      'Deployment istio-system/istiod: spec.strategy.type is "Recreate", the release has "RollingUpdate"; spec.strategy.rollingUpdate.maxSurge is missing, the release has "100%"; spec.strategy.rollingUpdate.maxUnavailable is missing, the release has "25%"',
    ],
    done: [
      "Deployment istio-system/istiod patched: spec.strategy.type, spec.strategy.rollingUpdate.maxSurge, spec.strategy.rollingUpdate.maxUnavailable",
    ],
  },
  {
    what: "the number of istiods",
    change: () => void kubectl("scale", "deployment", "istiod", "--replicas", "2", "-n", namespace),
    lines: ["Deployment istio-system/istiod: spec.replicas is 2, the release has 1"],
    done: ["Deployment istio-system/istiod patched: spec.replicas"],
  },
  {
    what: "a ClusterRole that is gone, and a rule of another",
    change() {
      kubectl("delete", "clusterrole", "istio-cni-repair-role");
      jsonPatch("clusterrole", "istio-cni-ambient", { op: "replace", path: "/rules/0/verbs", value: ["get"] });
    },
    lines: [
      'ClusterRole istio-cni-ambient: rules[0].verbs is ["get"], the release has ["patch","update"]',
      "ClusterRole istio-cni-repair-role is missing",
    ],
    done: ["ClusterRole istio-cni-ambient patched: rules[0].verbs", "ClusterRole istio-cni-repair-role created"],
  },
  {
    what: "a ConfigMap",
    change() {
      const [config] = get("configmap", "istio", "-n", namespace);
      const mesh = (config?.data?.["mesh"] ?? "").replace("PrometheusMerge: true", "PrometheusMerge: false");
      jsonPatch("configmap", "istio", { op: "replace", path: "/data/mesh", value: mesh });
    },
    lines: [
      'ConfigMap istio-system/istio: data.mesh, line 10, is "enablePrometheusMerge: false", the release has "enablePrometheusMerge: true"',
    ],
    done: ["ConfigMap istio-system/istio patched: data.mesh"],
  },
  {
    what: "a definition that is gone, and the schema and a label of others",
    change() {
      kubectl("delete", "crd", "telemetries.telemetry.istio.io");
      kubectl("label", "crd", "sidecars.networking.istio.io", "app.kubernetes.io/part-of-");
      jsonPatch("crd", "gateways.networking.istio.io", {
        op: "replace",
        path: "/spec/versions/0/schema/openAPIV3Schema/properties/spec/description",
        value: "Mine.",
      });
    },
    lines: [
      'CustomResourceDefinition gateways.networking.istio.io: spec.versions[0].schema.openAPIV3Schema.properties.spec.description is "Mine.", the release has "Configuration affecting edge load balancer. See more details at: https://istio.…',
      'CustomResourceDefinition sidecars.networking.istio.io: metadata.labels["app.kubernetes.io/part-of"] is missing, the release has "istio"',
      "CustomResourceDefinition telemetries.telemetry.istio.io is missing",
    ],
    done: [
      "CustomResourceDefinition gateways.networking.istio.io patched: spec.versions[0].schema.openAPIV3Schema.properties.spec.description",
      'CustomResourceDefinition sidecars.networking.istio.io patched: metadata.labels["app.kubernetes.io/part-of"]',
      "CustomResourceDefinition telemetries.telemetry.istio.io created",
    ],
  },
  {
    what: "what the injector does when istiod is away",
    change: () =>
      jsonPatch("mutatingwebhookconfiguration", "istio-sidecar-injector", {
        op: "replace",
        path: "/webhooks/0/failurePolicy",
        value: "Ignore",
      }),
    lines: [
      'MutatingWebhookConfiguration istio-sidecar-injector: webhooks[rev.namespace.sidecar-injector.istio.io].failurePolicy is "Ignore", the release has "Fail"',
    ],
    done: [
      "MutatingWebhookConfiguration istio-sidecar-injector patched: webhooks[rev.namespace.sidecar-injector.istio.io].failurePolicy",
    ],
  },
  {
    what: "the Service of istiod, deleted",
    change() {
      kubectl("delete", "service", "istiod", "-n", namespace);
    },
    lines: ["Service istio-system/istiod is missing"],
    done: ["Service istio-system/istiod created"],
  },
  {
    what: "the account of ztunnel, deleted",
    change() {
      kubectl("delete", "serviceaccount", "ztunnel", "-n", namespace);
    },
    lines: ["ServiceAccount istio-system/ztunnel is missing"],
    done: ["ServiceAccount istio-system/ztunnel created"],
    onlyInFull: true,
  },
];

/** Who may look at everything and change nothing. */
function readOnlyKubeconfig(): string {
  kubectl("create", "serviceaccount", "reader", "-n", "default");
  kubectl("create", "clusterrole", "reader", "--verb=get,list", "--resource=*.*");
  kubectl("create", "clusterrolebinding", "reader", "--clusterrole=reader", "--serviceaccount=default:reader");
  const token = kubectl("create", "token", "reader", "-n", "default").trim();
  const config = JSON.parse(kubectl("config", "view", "--raw", "--minify", "-o", "json")) as { users: object[] };
  config.users = config.users.map((user) => ({ ...user, user: { token } }));
  return JSON.stringify(config);
}

const multus = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: network-attachment-definitions.k8s.cni.cncf.io }
spec:
  group: k8s.cni.cncf.io
  scope: Namespaced
  names: { kind: NetworkAttachmentDefinition, plural: network-attachment-definitions }
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
`;

const autoscaler = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: theirs, namespace: ${namespace} }
spec: { minReplicas: 1, maxReplicas: 5, scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: istiod } }
`;

describe("drift of what the releases made", () => {
  before(() => {
    apply(multus);
  });

  after(() => {
    for (const { release } of [...releases].reverse()) helm("uninstall", release, "--ignore-not-found");
    kubectl("delete", "namespace", namespace, "--ignore-not-found");
    kubectl("delete", "crd", "network-attachment-definitions.k8s.cni.cncf.io");
    kubectl("delete", "clusterrole,clusterrolebinding", "reader", "--ignore-not-found");
    kubectl("delete", "serviceaccount", "reader", "-n", "default", "--ignore-not-found");
  });

  for (const [what, values] of Object.entries(valueSets)) {
    it(`is none right after an install: ${what}`, async () => {
      install(values);
      assert.deepEqual(await lines(), []);
      assert.deepEqual(await lines("vital"), []);
    });
  }

  it("is none once istiod has written into its webhooks", async () => {
    install(plain);
    await webhooksWritten();
    assert.deepEqual(await lines(), []);
  });

  it("is none of what an autoscaler does, and of what others add", async () => {
    apply(autoscaler);
    kubectl("scale", "deployment", "istiod", "--replicas", "3", "-n", namespace);
    kubectl("rollout", "restart", "deployment/istiod", "daemonset/ztunnel", "-n", namespace);
    for (const object of ["deployment/istiod", "configmap/istio", "service/istiod", "serviceaccount/ztunnel"]) {
      kubectl("annotate", object, "example.com/owner=somebody", "-n", namespace);
      kubectl("label", object, "example.com/team=platform", "-n", namespace);
    }
    kubectl("set", "env", "daemonset/ztunnel", "ADDED=1", "-n", namespace);
    assert.deepEqual(await lines(), []);
    kubectl("delete", "hpa", "theirs", "-n", namespace);
    assert.deepEqual(await lines(), ["Deployment istio-system/istiod: spec.replicas is 3, the release has 1"]);
    assert.deepEqual(await mend(), ["Deployment istio-system/istiod patched: spec.replicas"]);
    const [ztunnel] = get("daemonset", "ztunnel", "-n", namespace);
    assert.match(JSON.stringify(ztunnel?.spec), /"ADDED".*restartedAt|restartedAt.*"ADDED"/);
  });

  for (const { what, change, lines: expected, done, onlyInFull } of changes) {
    it(`is found and mended: ${what}`, async () => {
      change();
      assert.deepEqual((await lines()).sort(), expected);
      assert.deepEqual((await lines("vital")).sort(), onlyInFull ? [] : expected);
      assert.deepEqual((await mend()).sort(), done);
      assert.deepEqual(await lines(), []);
    });
  }

  it("is mended so that Helm goes on as before", async () => {
    kubectl("delete", "deployment", "istiod", "-n", namespace);
    assert.deepEqual(await mend(), ["Deployment istio-system/istiod created"]);
    // An upgrade mends it too, which is what `check` advises.
    kubectl("set", "image", "daemonset/ztunnel", "istio-proxy=example.com/ztunnel:1", "-n", namespace);
    kubectl("delete", "clusterrole", "istio-cni-repair-role");
    install(plain);
    assert.deepEqual(await lines(), []);
  });

  it("is told without the API server's word by those who may only look", async () => {
    kubectl("scale", "deployment", "istiod", "--replicas", "2", "-n", namespace);
    const client = await ApiClient.connect({ kubeconfig: readOnlyKubeconfig() }, 60_000);
    const { drifted, unread } = await readDrift(client, releases);
    client.close();
    assert.deepEqual(unread, []);
    assert.deepEqual(driftLines(drifted), [
      'Deployment istio-system/istiod: spec.replicas is 2, the release has 1 (not confirmed by the API server: deployments.apps "istiod" is forbidden: User "system:serviceaccount:default:reader" cannot patch resource "deployments" in API group "apps" in the namespace "istio-system")',
    ]);
  });

  it("says nothing of a release that Helm is at work on", async () => {
    const secret = get("secret", "-n", namespace, "-l", "owner=helm,name=istiod,status=deployed")[0]!.metadata.name;
    kubectl("label", "secret", secret, "-n", namespace, "--overwrite", "status=pending-upgrade");
    assert.deepEqual(await lines(), []);
    kubectl("label", "secret", secret, "-n", namespace, "--overwrite", "status=deployed");
    assert.deepEqual(await lines(), ["Deployment istio-system/istiod: spec.replicas is 2, the release has 1"]);
  });
});
