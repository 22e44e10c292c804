// What `up` says at its end: what runs, where it answers, what it asks for, how to look around and how to stop.
import { OutputMap } from "@pulumi/pulumi/automation";
import { Instance } from "../instance";
import { istioVersion } from "../build/parts";
import { Plugin } from "../plugins/choice";
import { table } from "./table";
import { withoutTraffic } from "../pods/traffic";

interface Requests {
  cpu: string;
  memory: string;
}

/** The summary of a run that succeeded; `outputs` are the program's exports. */
export function summary(instance: Instance, outputs: OutputMap, plugins: Plugin[], lacks: string[]): string {
  const value = (name: string): unknown => outputs[name]?.value;
  const text = (name: string): string | undefined => (value(name) === undefined ? undefined : String(value(name)));
  const nodePorts = value("nodePorts") as Record<string, number> | undefined;
  const resources = value("resources") as Record<string, Requests> | undefined;
  const prefix = instance.isDefault ? "" : `SANDBOX_DIR=${instance.directory} `;
  const sections = [
    text("version")
      ? `Istio ${text("version")} in ambient mode runs in the sandbox ${instance.directory}`
      : `The program made no mesh (istio-ambient:enabled is false); istiod ${istioVersion} waits for one`,
    table([
      ["http", lacks.length === 0 ? text("httpUrl") : undefined],
      ["https", lacks.length === 0 ? text("httpsUrl") : undefined],
      [
        "NodePorts",
        nodePorts &&
          Object.entries(nodePorts)
            .map(([name, port]) => `${name} ${port}`)
            .join(", "),
      ],
      ["plugins", plugins.map(({ name, version, origin }) => `${name} ${version} (${origin})`).join(", ")],
    ]),
  ];
  if (resources) {
    const { total, ...parts } = resources;
    const rows = Object.entries({ ...parts, total }).map(([part, asked]) => [part, asked?.cpu, asked?.memory]);
    sections.push(table([["requests", "cpu", "memory"], ...rows]));
  }
  sections.push(traffic(lacks));
  sections.push(
    table([
      ["look around", `${prefix}make shell`],
      ["", `${prefix}npm run sandbox -- exec kubectl get pods -A`],
      ["what runs", `${prefix}make status`],
      ["stop", `${prefix}make down`],
    ]),
  );
  return `\n${sections.join("\n\n")}\n`;
}

/** What of the traffic is real here. */
function traffic(lacks: string[]): string {
  if (lacks.length > 0) return `The sandbox runs ${withoutTraffic(lacks)}`;
  return "Gateways are real here; ztunnel and waypoints are not: what goes between applications is plain";
}
