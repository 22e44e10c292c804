// What `status` and `down` say: what runs, one line a part, and what was ended.
import { Status } from "../control-plane/control";
import { Instance } from "../instance";
import { chosenPlugins } from "../plugins/choice";
import { ServiceStatus } from "../control-plane/service";
import { table } from "./table";
import { withoutTraffic } from "../pods/traffic";

/** What a person reads; `status` is undefined where nothing runs. */
export function statusText(instance: Instance, status: Status | undefined): string {
  if (!status) return `no sandbox runs in ${instance.directory}; start one with \`make up\``;
  const parts = status.parts.map(({ part, state, pid, restarts, log }) => [
    part,
    state,
    pid === undefined ? "-" : String(pid),
    String(restarts),
    log,
  ]);
  const plugins = chosenPlugins(instance).map(({ name, version, origin }) => `${name} ${version} (${origin})`);
  return [
    `sandbox ${instance.directory}: ${status.phase}${status.error ? `, ${status.error}` : ""}, ${status.nodes} node(s), ${reach(status)}`,
    table([["part", "state", "pid inside", "restarts", "log"], ...parts]),
    ...(plugins.length > 0 ? [`plugins: ${plugins.join(", ")}`] : []),
  ].join("\n");
}

/** What `down` says of the parts that ran, undefined where nothing did. */
export function endText({ directory }: Instance, parts: ServiceStatus[] | undefined): string {
  if (!parts) return `no sandbox runs in ${directory}`;
  const ended = parts.filter(({ pid }) => pid !== undefined).map(({ part }) => part);
  return `ended the sandbox ${directory}${ended.length > 0 ? `: ${ended.join(", ")}` : ""}`;
}

function reach({ ports, lacks }: Status): string {
  if (lacks.length > 0) return withoutTraffic(lacks);
  return `127.0.0.1:${ports.http} and 127.0.0.1:${ports.https} lead to its gateway`;
}
