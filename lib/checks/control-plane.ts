// istiod: does it run, does the cluster reach it, do its webhooks work, does it trust its data plane.
import { changesText, type DriftedObject } from "../drift";
import { charts, defaultIstioVersion, type ChartName } from "../istio/releases";
import { newestReleases, recoveryCommand } from "../cluster-state/helm-releases";
import { type ClusterSnapshot, type Reference, type WebhookState, type WorkloadState } from "../cluster-state/snapshot";
import { objectName } from "../cluster-state/object-name";
import { finding, missingDefinitions, type Check } from "./check";
import { remoteSign } from "./remote-istiod";
import {
  ambientIstiods,
  helmUpgrade,
  istiods,
  istioVersion,
  marks,
  meshNamespace,
  releaseUpgrade,
  some,
  ztunnelDaemonSets,
} from "./mesh";

/** Names that the releases of a mesh have. */
const meshReleases: string[] = Object.values(charts).map(({ release }) => release);

/** CRDs of the chart base, in all the lines that this package knows. */
const istioCrds = [
  "wasmplugins.extensions.istio.io",
  ...[
    "destinationrules",
    "envoyfilters",
    "gateways",
    "proxyconfigs",
    "serviceentries",
    "sidecars",
    "virtualservices",
    "workloadentries",
    "workloadgroups",
  ].map((plural) => `${plural}.networking.istio.io`),
  ...["authorizationpolicies", "peerauthentications", "requestauthentications"].map(
    (plural) => `${plural}.security.istio.io`,
  ),
  "telemetries.telemetry.istio.io",
];

export const controlPlaneChecks: Check[] = [
  {
    id: "istio-crds",
    category: "control-plane",
    claim: "Istio's CRDs are installed",
    severity: "error",
    hint: "The base chart installs them; if one is missing, istiod does not become ready or ignores that kind.",
    needs: ["definitions"],
    run(snapshot) {
      const run = helmUpgrade("base", meshNamespace(snapshot), runningVersion(snapshot));
      return missingDefinitions(snapshot.definitions, istioCrds, "the base chart installs it", { run });
    },
  },
  {
    id: "istiod-available",
    category: "control-plane",
    claim: "istiod is available",
    severity: "error",
    hint: "Traffic continues without istiod, but every new pod times out and changes do not reach the proxies.",
    needs: ["deployments"],
    also: ["services", "daemonSets", "mutatingWebhooks", "validatingWebhooks"],
    unjudged(snapshot) {
      const sign = remoteSign(snapshot);
      return sign && `istiod runs outside of this cluster (${sign}), which Istio does not support for ambient`;
    },
    run(snapshot) {
      const namespace = meshNamespace(snapshot);
      const found = istiods(snapshot);
      if (found.length === 0) {
        const missing = { namespace, name: "istiod" };
        return [
          finding("Deployment", missing, "none", "an ambient mesh needs an istiod", {
            run: `helm status istiod --namespace ${namespace}`,
          }),
        ];
      }
      return found
        .filter((istiod) => istiod.available === 0)
        .map((istiod) =>
          finding(
            "Deployment",
            istiod,
            `0 of ${istiod.desired} replicas available`,
            "at least one replica of istiod is available",
            istiod.desired === 0
              ? { run: `kubectl scale deployment ${istiod.name} --namespace ${istiod.namespace} --replicas 1` }
              : { run: `kubectl describe pods --namespace ${istiod.namespace} --selector app=istiod` },
          ),
        );
    },
  },
  {
    id: "istiod-endpoints",
    category: "control-plane",
    claim: "istiod's Service has ready endpoints",
    severity: "error",
    hint: "Proxies and webhooks reach istiod through this Service.",
    needs: ["deployments", "services", "endpoints"],
    run: (snapshot) =>
      // An istiod that is not available has no endpoints either, and is reported already.
      runningIstiods(snapshot).flatMap((istiod) => {
        const service = { namespace: istiod.namespace, name: istiod.name };
        const exists = snapshot.services.some(sameAs(service));
        const slices = snapshot.endpoints.filter(
          (slice) => slice.namespace === service.namespace && slice.service === service.name,
        );
        const ready = slices.reduce((sum, slice) => sum + slice.ready, 0);
        if (exists && ready > 0) return [];
        const rule = "it has at least one ready endpoint";
        const run = exists
          ? `kubectl describe service ${service.name} --namespace ${service.namespace}`
          : `helm status istiod --namespace ${service.namespace}`;
        return [finding("Service", service, exists ? "0 ready endpoints" : "none", rule, { run })];
      }),
  },
  {
    id: "webhook-service",
    category: "control-plane",
    claim: "istiod's webhooks call an istiod that exists",
    severity: "error",
    hint: "A webhook whose Service is gone, often after an uninstall, rejects or delays the objects it covers.",
    needs: ["mutatingWebhooks", "validatingWebhooks", "services"],
    also: ["helmReleases"],
    run: (snapshot) =>
      byConfiguration(webhooks(snapshot), ({ service }) => !isServed(snapshot, service)).map(([webhook, names]) =>
        finding(
          webhook.kind,
          webhook,
          `no ${objectName("Service", webhook.service ?? webhook)} for ${some(names)}`,
          "a webhook calls a Service that exists",
          { run: staleWebhookCommand(snapshot, webhook, names) },
        ),
      ),
  },
  {
    id: "webhook-ca",
    category: "control-plane",
    claim: "istiod's webhooks carry its CA bundle",
    severity: "error",
    hint: "istiod writes the bundle; without it the API server cannot call the webhook at all.",
    needs: ["mutatingWebhooks", "validatingWebhooks"],
    run: (snapshot) =>
      // A URL may have a certificate that the API server trusts without one.
      byConfiguration(webhooks(snapshot), ({ hasCaBundle, service }) => !hasCaBundle && service !== undefined).map(
        ([webhook, names]) =>
          finding(webhook.kind, webhook, `no caBundle in ${some(names)}`, "istiod writes its CA into every webhook", {
            run: `kubectl rollout restart deployment --selector app=istiod --namespace ${meshNamespace(snapshot)}`,
          }),
      ),
  },
  {
    id: "webhook-policy",
    category: "control-plane",
    claim: "istiod's validating webhooks exist and fail closed",
    severity: "warning",
    hint: "Without one, or with failurePolicy Ignore, invalid Istio resources are accepted.",
    needs: ["validatingWebhooks", "deployments"],
    run(snapshot) {
      const validators = webhooks(snapshot).filter(({ kind }) => kind === "ValidatingWebhookConfiguration");
      const [istiod] = ambientIstiods(snapshot);
      if (validators.length === 0 && istiod) {
        const name = `istio-validator-${istiod.namespace}`;
        const run = helmUpgrade("istiod", istiod.namespace, istioVersion(istiod)?.version ?? defaultIstioVersion);
        const rule = "the base and istiod charts install one validating webhook each";
        return [finding("ValidatingWebhookConfiguration", { namespace: "", name }, "none", rule, { run })];
      }
      return validators
        .filter((webhook) => webhook.failurePolicy === "Ignore")
        .map((webhook) =>
          finding(
            webhook.kind,
            webhook,
            `failurePolicy Ignore in ${webhook.webhook}`,
            "a running istiod sets failurePolicy Fail",
            { write: `base: { validationFailurePolicy: "Fail" }` },
          ),
        );
    },
  },
  {
    id: "istiod-ambient",
    category: "control-plane",
    claim: "istiod runs in ambient mode",
    severity: "error",
    hint: "Without the ambient profile istiod sends ztunnel no workloads and no certificates.",
    needs: ["deployments", "daemonSets"],
    also: ["services"],
    run: (snapshot) =>
      ambientIstiods(snapshot)
        .filter(() => ztunnelDaemonSets(snapshot).length > 0)
        .filter((istiod) => istiod.env["PILOT_ENABLE_AMBIENT"]?.toLowerCase() !== "true")
        .map((istiod) =>
          finding(
            "Deployment",
            istiod,
            `PILOT_ENABLE_AMBIENT=${istiod.env["PILOT_ENABLE_AMBIENT"] ?? ""}`,
            "with a ztunnel in the cluster it is true",
            {
              run: `kubectl set env deployment/${istiod.name} --namespace ${istiod.namespace} PILOT_ENABLE_AMBIENT=true`,
            },
          ),
        ),
  },
  {
    id: "trusted-ztunnel",
    category: "control-plane",
    claim: "istiod trusts ztunnel's service account",
    severity: "error",
    hint: "A ztunnel whose account is not trusted gets no certificates for the pods on its node, and their traffic fails.",
    needs: ["deployments", "daemonSets"],
    also: ["services"],
    run: (snapshot) =>
      ambientIstiods(snapshot).flatMap((istiod) => {
        const trusted = (istiod.env["CA_TRUSTED_NODE_ACCOUNTS"] ?? "").split(",").map((account) => account.trim());
        const named = ztunnelDaemonSets(snapshot).map(
          ({ namespace, serviceAccount }) => `${namespace}/${serviceAccount}`,
        );
        // Accounts of a ztunnel that is there keep their trust.
        const kept = trusted.filter((account) => named.includes(account));
        return named
          .filter((account) => !trusted.includes(account))
          .map((account) =>
            finding(
              "Deployment",
              istiod,
              `CA_TRUSTED_NODE_ACCOUNTS=${trusted.join(",")}`,
              `it names ztunnel's account, ${account}`,
              {
                run: `kubectl set env deployment/${istiod.name} --namespace ${istiod.namespace} CA_TRUSTED_NODE_ACCOUNTS=${[...kept, account].join(",")}`,
              },
            ),
          );
      }),
  },
  {
    id: "helm-releases",
    category: "control-plane",
    claim: "no Helm operation on the mesh is pending or failed",
    severity: "warning",
    hint: "A pending release blocks every further upgrade with “another operation is in progress”.",
    needs: ["helmReleases"],
    run: (snapshot) =>
      newestReleases(snapshot.helmReleases)
        // One that is uninstalled and keeps its history blocks no operation.
        .filter(
          ({ release, status }) => meshReleases.includes(release) && !["deployed", "uninstalled"].includes(status),
        )
        .map((newest) => {
          const { release, namespace, status, revision } = newest;
          const [name] = (Object.keys(charts) as ChartName[]).filter((chart) => charts[chart].release === release);
          const upgrade = helmUpgrade(name!, namespace, runningVersion(snapshot));
          const object = { namespace, name: release };
          return finding(
            "Helm release",
            object,
            `revision ${revision} is ${status}`,
            "the newest revision is deployed",
            {
              run: recoveryCommand(newest, snapshot.helmReleases, upgrade),
            },
          );
        }),
  },
  {
    id: "release-objects",
    category: "control-plane",
    claim: "the objects of the mesh's Helm releases are unchanged",
    severity: "warning",
    hint: "Helm and Pulumi compare with their own records only and show no difference; the next upgrade may undo the change.",
    needs: ["helmReleases", "drift"],
    run: (snapshot) =>
      snapshot.drift.map((object) => {
        const { kind, release, chart, chartVersion: version, releaseNamespace: namespace } = object;
        const run = releaseUpgrade({ release, chart, version, namespace });
        return finding(kind, object, changeSeen(object), `it is as the Helm release ${release} defines it`, { run });
      }),
  },
  {
    id: "memory",
    category: "control-plane",
    claim: "no part of the mesh was OOMKilled",
    severity: "warning",
    hint: "When ztunnel is OOMKilled, all traffic of its node stops: remove its limit or raise it.",
    needs: ["pods", "deployments", "daemonSets"],
    run: (snapshot) =>
      snapshot.pods
        .filter((pod) => pod.outOfMemory.length > 0 && isMeshPod(pod.labels))
        .map((pod) =>
          finding("Pod", pod, `${pod.outOfMemory.join(", ")} was OOMKilled`, "its memory limit is above what it uses", {
            run: `kubectl describe pod ${pod.name} --namespace ${pod.namespace}`,
          }),
        ),
  },
];

/** Of which release the mesh is, as far as an istiod tells. */
function runningVersion(snapshot: ClusterSnapshot): string {
  const [version] = ambientIstiods(snapshot).flatMap((istiod) => istioVersion(istiod) ?? []);
  return version?.version ?? defaultIstioVersion;
}

function sameAs(wanted: { namespace: string; name: string }) {
  return (object: { namespace: string; name: string }) =>
    object.namespace === wanted.namespace && object.name === wanted.name;
}

/** Deletes a configuration only where nothing of it works, and where no release of Helm that is there would miss it. */
function staleWebhookCommand(snapshot: ClusterSnapshot, webhook: WebhookState, names: string[]): string {
  const release = webhook.annotations["meta.helm.sh/release-name"];
  const namespace = webhook.annotations["meta.helm.sh/release-namespace"] ?? "";
  const isInstalled = snapshot.helmReleases.some((found) => found.release === release && found.namespace === namespace);
  if (release !== undefined && (isInstalled || snapshot.gaps.helmReleases))
    return `helm status ${release} --namespace ${namespace}`;
  const configured = [...snapshot.mutatingWebhooks, ...snapshot.validatingWebhooks].filter(
    ({ kind, name }) => kind === webhook.kind && name === webhook.name,
  );
  const verb = configured.length > names.length ? "describe" : "delete";
  return `kubectl ${verb} ${webhook.kind.toLowerCase()} ${webhook.name}`;
}

function runningIstiods(snapshot: ClusterSnapshot): WorkloadState[] {
  return istiods(snapshot).filter((istiod) => istiod.available > 0);
}

/** The Service exists, or an istiod that should have it does, and another check tells. */
function isServed(snapshot: ClusterSnapshot, service: Reference | undefined): boolean {
  return !service || [...snapshot.services, ...istiods(snapshot)].some(sameAs(service));
}

/** The first faulty webhook of each configuration, with the names of all of them. */
function byConfiguration(webhooks: WebhookState[], isFaulty: (webhook: WebhookState) => boolean) {
  const faulty = new Map<string, [WebhookState, string[]]>();
  for (const webhook of webhooks.filter(isFaulty)) {
    const key = `${webhook.kind} ${webhook.name}`;
    const known = faulty.get(key);
    if (known) known[1].push(webhook.webhook);
    else faulty.set(key, [webhook, [webhook.webhook]]);
  }
  return [...faulty.values()];
}

/** Webhooks of Istio, whichever revision. */
function webhooks(snapshot: ClusterSnapshot): WebhookState[] {
  return [...snapshot.mutatingWebhooks, ...snapshot.validatingWebhooks].filter(({ webhook }) =>
    webhook.endsWith(".istio.io"),
  );
}

function changeSeen(object: DriftedObject): string {
  if (object.isMissing) return "none";
  const doubt = object.unconfirmed === undefined ? "" : " (compared by istio-ambient, not confirmed by the API server)";
  return `${changesText(object)}${doubt}`;
}

function isMeshPod(labels: Record<string, string>): boolean {
  return (
    ["istiod", "ztunnel"].includes(labels["app"] ?? "") ||
    labels["k8s-app"] === "istio-cni-node" ||
    marks.managed in labels
  );
}
