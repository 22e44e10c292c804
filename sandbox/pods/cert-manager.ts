// Pods of cert-manager's chart: its controller is the real one, with the account and the namespace of the pod it plays; its
// webhook a stand-in, and the part of its cainjector that the webhook needs.
import * as fs from "node:fs";
import * as path from "node:path";
import {
  AdmissionregistrationV1Api,
  CoordinationV1Api,
  PatchStrategy,
  setHeaderOptions,
  V1Container,
  V1Pod,
} from "@kubernetes/client-node";
import { partPath } from "../build/cache";
import type { ControlPlane } from "../control-plane/boot";
import { podEnvironment } from "../control-plane/istiod";
import { typescript } from "../node";
import type { Role } from "./pod-keeper";
import { issuingContainerOf } from "./pods";
import { answers } from "./probe";
import { servingCertificate } from "./serving-certificate";

/** Where the webhook's pods say that they are ready. */
const healthPort = 6080;

/** The lease of cert-manager's controller, and how the sandbox's one calls itself in it. */
const lease = { namespace: "kube-system", name: "cert-manager-controller", holder: "sandbox" };

/** Values of an argument of the container, with what it takes from its environment in place. */
function valuesOf(pod: V1Pod, container: V1Container, name: string): string[] {
  const environment = podEnvironment(pod, container);
  return (container.args ?? [])
    .filter((arg) => arg.startsWith(`--${name}=`))
    .map((arg) =>
      arg.slice(name.length + 3).replace(/\$\((\w+)\)/g, (whole, key: string) => environment[key] ?? whole),
    );
}

/** The controller runs once it holds the lease, which it takes when its caches are filled. */
export function controllerRole(plane: ControlPlane): Role {
  const leases = plane.config.makeApiClient(CoordinationV1Api);
  return {
    name: "cert-manager",
    plays: (pod) => issuingContainerOf(pod, "controller") !== undefined,
    probe: async (pod) => {
      const { spec } = await leases.readNamespacedLease(lease);
      const renewed = spec?.renewTime ? new Date(String(spec.renewTime)).getTime() : 0;
      const made = pod.metadata?.creationTimestamp ? new Date(pod.metadata.creationTimestamp).getTime() : Infinity;
      return spec?.holderIdentity === lease.holder && renewed >= made;
    },
    prepare: async (pod, folder) => {
      const { namespace = "" } = pod.metadata ?? {};
      const { status } = await plane.core.createNamespacedServiceAccountToken({
        name: pod.spec?.serviceAccountName ?? "default",
        namespace,
        body: { spec: { audiences: [], expirationSeconds: 30 * 24 * 3600 } },
      });
      const kubeconfig = path.join(folder, "kubeconfig");
      plane.credentials.writeKubeconfig(kubeconfig, { token: status?.token ?? "" });
      const [secrets = namespace] = valuesOf(
        pod,
        issuingContainerOf(pod, "controller") ?? { name: "" },
        "cluster-resource-namespace",
      );
      const flags = [`--kubeconfig=${kubeconfig}`, `--cluster-resource-namespace=${secrets}`];
      return { argv: [partPath("cert-manager", "cert-manager"), ...flags] };
    },
  };
}

/** Trusted by the API server as soon as it answers: the cainjector is but a name here. */
export function webhookRole(plane: ControlPlane): Role {
  return {
    name: "cert-manager-webhook",
    plays: (pod) => issuingContainerOf(pod, "webhook") !== undefined,
    probe: (_, address) => answers(`http://${address}:${healthPort}/healthz`),
    prepare: async (pod, folder) => {
      const container = issuingContainerOf(pod, "webhook") ?? { name: "" };
      const { certificate, key } = servingCertificate(valuesOf(pod, container, "dynamic-serving-dns-names"));
      const files = { "tls.crt": certificate, "tls.key": key };
      for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
      const [secret = ""] = valuesOf(pod, container, "dynamic-serving-ca-secret-name");
      await inject(plane, `${pod.metadata?.namespace}/${secret}`, certificate);
      const [port = ""] = valuesOf(pod, container, "secure-port");
      const [certificateFile = "", keyFile = ""] = Object.keys(files).map((name) => path.join(folder, name));
      return { argv: typescript(path.join(__dirname, "webhook.ts"), port, certificateFile, keyFile) };
    },
  };
}

/** Puts the CA into the configurations that name its Secret. */
async function inject({ config }: ControlPlane, secret: string, authority: string): Promise<void> {
  const api = config.makeApiClient(AdmissionregistrationV1Api);
  const caBundle = Buffer.from(authority).toString("base64");
  const options = setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch);
  const asks = ({ metadata }: { metadata?: { annotations?: Record<string, string> } }): boolean =>
    metadata?.annotations?.["cert-manager.io/inject-ca-from-secret"] === secret;
  const body = (webhooks: { name: string }[] = []): object => ({
    webhooks: webhooks.map(({ name }) => ({ name, clientConfig: { caBundle } })),
  });
  const validating = (await api.listValidatingWebhookConfiguration()).items.filter(asks);
  const mutating = (await api.listMutatingWebhookConfiguration()).items.filter(asks);
  if (validating.length + mutating.length === 0) throw new Error(`no webhook asks for the CA of ${secret} yet`);
  for (const { metadata, webhooks } of validating)
    await api.patchValidatingWebhookConfiguration({ name: metadata?.name ?? "", body: body(webhooks) }, options);
  for (const { metadata, webhooks } of mutating)
    await api.patchMutatingWebhookConfiguration({ name: metadata?.name ?? "", body: body(webhooks) }, options);
}
