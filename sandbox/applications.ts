// Pods of applications: agnhost's HTTP server, the image of the examples and of the demo, for which a small one of our own
// answers, and echo-basic, the real backend of the Gateway API's conformance suite.
import * as path from "node:path";
import { V1Container } from "@kubernetes/client-node";
import { partPath } from "./cache";
import { podEnvironment } from "./istiod";
import { typescript } from "./node";
import { Role } from "./pod-keeper";
import { applicationOf } from "./pods";

const isEcho = (container: V1Container | undefined): boolean => container?.image?.includes("/echo-basic:") ?? false;

export const applicationRole: Role = {
  name: "application",
  plays: (pod) => applicationOf(pod) !== undefined,
  probe: (pod) => {
    const container = applicationOf(pod);
    return isEcho(container) ? "3000/health" : `${portOf(container)}/healthz`;
  },
  prepare: (pod) => {
    const container = applicationOf(pod);
    if (container && isEcho(container)) {
      // Its certificates are in volumes, which nobody mounts here.
      const environment = Object.entries(podEnvironment(pod, container)).filter(([name]) => !name.startsWith("TLS_"));
      const argv = [partPath("echo-basic", "echo-basic")];
      return Promise.resolve({ argv, environment: Object.fromEntries(environment) });
    }
    const { name = "", namespace = "", labels } = pod.metadata ?? {};
    const facts = [portOf(container), labels?.version ?? "", name, namespace];
    return Promise.resolve({ argv: typescript(path.join(__dirname, "application.ts"), ...facts) });
  },
};

function portOf(container: V1Container | undefined): string {
  const flag = container?.args?.find((arg) => arg.startsWith("--http-port="));
  return flag?.split("=")[1] ?? "8080";
}
