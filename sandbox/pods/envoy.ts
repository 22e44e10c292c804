// The proxy of an ingress gateway: pilot-agent with a plain Envoy, as the pod of a Deployment that istiod made.
import * as fs from "node:fs";
import * as path from "node:path";
import { CoreV1Api, V1Pod } from "@kubernetes/client-node";
import { partPath } from "../build/cache";
import { podEnvironment } from "../control-plane/istiod";
import { Role } from "./pod-keeper";
import { gatewayClass, gatewayClassLabel } from "./pods";
import { answers } from "./probe";

/** No ztunnel runs here that would take HBONE, and discovery of peers is an extension of Istio's own Envoy. */
const plain = { ISTIO_META_ENABLE_HBONE: "false", PEER_METADATA_DISCOVERY: "false" };

/** Otherwise the agent looks for a cloud first, and waits two seconds for the servers that tell which it is. */
const noCloud = { CLOUD_PLATFORM: "none" };

export function gatewayRole(core: CoreV1Api): Role {
  return {
    name: "gateway",
    plays: (pod) => pod.metadata?.labels?.[gatewayClassLabel] === gatewayClass,
    probe: (_, address) => answers(`http://${address}:15021/healthz/ready`),
    prepare: async (pod, folder) => {
      const container = pod.spec?.containers.find(({ name }) => name === "istio-proxy");
      if (!container) throw new Error(`pod ${pod.metadata?.name} has no container istio-proxy`);
      await writeVolumes(core, pod, folder);
      const environment = podEnvironment(pod, container);
      const settings: { proxyMetadata?: object } = JSON.parse(environment.PROXY_CONFIG || "{}");
      const proxyMetadata = { ...settings.proxyMetadata, ...plain };
      const binaryPath = partPath("envoy", "envoy");
      environment.PROXY_CONFIG = JSON.stringify({ concurrency: 1, ...settings, proxyMetadata, binaryPath });
      const args = (container.args ?? []).map((arg) =>
        arg.replace(/\$\((\w+)\)/g, (whole, name: string) => environment[name] ?? whole),
      );
      return {
        argv: [partPath("pilot-agent", "pilot-agent"), ...args],
        environment: { ...environment, ...plain, ...noCloud },
      };
    },
  };
}

/** The volumes of the pod, in a folder of its own: the agent looks for all its files relative to where it runs. */
async function writeVolumes(core: CoreV1Api, pod: V1Pod, folder: string): Promise<void> {
  const { namespace = "", labels = {}, annotations = {} } = pod.metadata ?? {};
  const write = (name: string, text: string): void => {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  };
  const { data } = await core.readNamespacedConfigMap({ name: "istio-ca-root-cert", namespace });
  const { status } = await core.createNamespacedServiceAccountToken({
    name: pod.spec?.serviceAccountName ?? "default",
    namespace,
    body: { spec: { audiences: ["istio-ca"], expirationSeconds: 30 * 24 * 3600 } },
  });
  write("var/run/secrets/istio/root-cert.pem", data?.["root-cert.pem"] ?? "");
  write("var/run/secrets/tokens/istio-token", status?.token ?? "");
  write("etc/istio/pod/labels", fields(labels));
  write("etc/istio/pod/annotations", fields(annotations));
  const bootstrap = fs.readFileSync(partPath("envoy-bootstrap", "envoy_bootstrap.json"), "utf8");
  write("var/lib/istio/envoy/envoy_bootstrap_tmpl.json", bootstrap);
  fs.mkdirSync(path.join(folder, "etc/istio/proxy"), { recursive: true });
}

/** A map as the downward API writes it. */
function fields(map: Record<string, string>): string {
  return Object.entries(map)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
    .join("");
}
