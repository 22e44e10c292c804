// Pods of applications: agnhost's HTTP server, the image of the examples, for which a small one of our own
// answers, and echo-basic, the real backend of the Gateway API's conformance suite.
import * as fs from "node:fs";
import * as path from "node:path";
import { CoreV1Api, V1Container, V1Pod, V1Volume } from "@kubernetes/client-node";
import { partPath } from "../build/cache";
import { podEnvironment } from "../control-plane/istiod";
import { typescript } from "../node";
import { Role } from "./pod-keeper";
import { applicationOf } from "./pods";
import { accepts, answers } from "./probe";

const isEcho = (container: V1Container | undefined): boolean => container?.image?.includes("/echo-basic:") ?? false;

/** Whether echo-basic answers: a variable tells it to speak gRPC, TCP or UDP instead of HTTP. */
async function echoAnswers({ env = [] }: V1Container, address: string): Promise<boolean> {
  const value = (name: string): string => env.find((each) => each.name === name)?.value ?? "";
  if (value("UDP_ECHO_SERVER")) return true;
  if (value("TCP_ECHO_SERVER")) return accepts(address, Number(value("TCP_PORT") || 3000));
  const port = Number(value("HTTP_PORT") || 3000);
  return value("GRPC_ECHO_SERVER") ? accepts(address, port) : answers(`http://${address}:${port}/health`);
}

export function applicationRole(core: CoreV1Api): Role {
  return {
    name: "application",
    plays: (pod) => applicationOf(pod) !== undefined,
    probe: (pod, address) => {
      const container = applicationOf(pod);
      if (container && isEcho(container)) return echoAnswers(container, address);
      return answers(`http://${address}:${portOf(container)}/healthz`);
    },
    prepare: async (pod, folder) => {
      const container = applicationOf(pod);
      if (container && isEcho(container)) {
        const volumes = await writeVolumes(core, pod, container, folder);
        const environment = Object.entries(podEnvironment(pod, container)).map(([name, value]) => {
          const mounted = volumes.find(({ mountPath }) => value.startsWith(`${mountPath}/`));
          return [name, mounted ? path.join(mounted.folder, value.slice(mounted.mountPath.length)) : value];
        });
        return { argv: [partPath("echo-basic", "echo-basic")], environment: Object.fromEntries(environment) };
      }
      const { name = "", namespace = "", labels } = pod.metadata ?? {};
      const facts = [portOf(container), labels?.version ?? "", name, namespace];
      return { argv: typescript(path.join(__dirname, "application.ts"), ...facts) };
    },
  };
}

/** The files that the container mounts, each volume in a folder of its own: no pod has a file system of its own here. */
async function writeVolumes(
  core: CoreV1Api,
  pod: V1Pod,
  container: V1Container,
  folder: string,
): Promise<{ mountPath: string; folder: string }[]> {
  const mounts = (container.volumeMounts ?? []).map(async ({ name, mountPath }) => {
    const volume = pod.spec?.volumes?.find((each) => each.name === name);
    const target = path.join(folder, "volumes", name);
    fs.mkdirSync(target, { recursive: true });
    for (const [file, bytes] of await filesOf(core, pod.metadata?.namespace ?? "", volume))
      fs.writeFileSync(path.join(target, file), bytes);
    return { mountPath, folder: target };
  });
  return Promise.all(mounts);
}

/** Of a Secret or a ConfigMap; other volumes are empty. */
async function filesOf(
  core: CoreV1Api,
  namespace: string,
  { secret, configMap }: Partial<V1Volume> = {},
): Promise<[string, Buffer][]> {
  const { data = {} } = secret?.secretName
    ? await core.readNamespacedSecret({ name: secret.secretName, namespace })
    : configMap?.name
      ? await core.readNamespacedConfigMap({ name: configMap.name, namespace })
      : {};
  const items = (secret ?? configMap)?.items ?? Object.keys(data).map((key) => ({ key, path: key }));
  return items.map((item) => [item.path, Buffer.from(data[item.key] ?? "", secret ? "base64" : "utf8")]);
}

function portOf(container: V1Container | undefined): string {
  const flag = container?.args?.find((arg) => arg.startsWith("--http-port="));
  return flag?.split("=")[1] ?? "8080";
}
