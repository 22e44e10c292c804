// Pods of agnhost's HTTP server, the image of the examples and of the demo: a small server of our own answers for them.
import * as path from "node:path";
import { V1Pod } from "@kubernetes/client-node";
import { typescript } from "./node";
import { Role } from "./pod-keeper";
import { isApplication } from "./pods";

export const applicationRole: Role = {
  name: "application",
  plays: isApplication,
  probe: (pod) => `${portOf(pod)}/healthz`,
  prepare: (pod) => {
    const { name = "", namespace = "", labels } = pod.metadata ?? {};
    const facts = [String(portOf(pod)), labels?.version ?? "", name, namespace];
    return Promise.resolve({ argv: typescript(path.join(__dirname, "application.ts"), ...facts) });
  },
};

function portOf(pod: V1Pod): number {
  const args = (pod.spec?.containers ?? []).flatMap((container) => container.args ?? []);
  const flag = args.find((arg) => arg.startsWith("--http-port="));
  return Number(flag?.split("=")[1] ?? 8080);
}
