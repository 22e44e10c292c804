// `istio-ambient kind-config`: the kind cluster file for the mesh's ports, from flags or from a stack's configuration.
import * as fs from "node:fs";
import { Command } from "commander";
import { parse, stringify } from "yaml";
import { reason } from "../cluster/connection";
import { violationLine, type Violation } from "../lib/validation/violations";
import { kindCluster, kindDefaults, kindViolations, type KindSettings } from "../lib/kind/kind-cluster";
import { exit, UsageError } from "./exit";
import type { Terminal } from "./terminal";

interface KindOptions {
  stack?: string;
  name?: string;
  listenAddress?: string;
  httpHostPort?: unknown;
  httpNodePort?: unknown;
  httpsHostPort?: unknown;
  httpsNodePort?: unknown;
  nginx: boolean;
}

/** Settings of a stack for the ports of the gateway. */
const portSettings = ["httpHostPort", "httpNodePort", "httpsHostPort", "httpsNodePort"] as const;

/** The subcommand; `finish` takes its exit code. */
export function kindConfigCommand(terminal: Terminal, finish: (code: number) => void): Command {
  const port = (what: string, value: number) => `${what} (default: ${value})`;
  return new Command("kind-config")
    .description("Print a kind cluster file that publishes the ports of the mesh's gateway and of NGINX Ingress.")
    .option("--stack <file>", "read the ports from this stack file, such as Pulumi.dev.yaml")
    .option("--name <name>", "name of the kind cluster")
    .option(
      "--listen-address <address>",
      `host address to publish the ports on (default: ${kindDefaults.listenAddress})`,
    )
    .option("--http-host-port <port>", port("HTTP port of the host", kindDefaults.httpHostPort), portNumber)
    .option("--http-node-port <port>", port("NodePort for HTTP", kindDefaults.httpNodePort), portNumber)
    .option("--https-host-port <port>", port("HTTPS port of the host", kindDefaults.httpsHostPort), portNumber)
    .option("--https-node-port <port>", port("NodePort for HTTPS", kindDefaults.httpsNodePort), portNumber)
    .option("--no-nginx", "omit the ports and the node label of NGINX Ingress")
    .action((options: KindOptions) => {
      terminal.out(kindConfig(options));
      finish(exit.good);
    });
}

/** Anything but a number is kept as it is, for the message to show. */
function portNumber(text: string): unknown {
  return /^\d+$/.test(text) ? Number(text) : text;
}

function kindConfig({ stack, ...flags }: KindOptions): string {
  const ports = stack === undefined ? {} : stackPorts(stack);
  const chosen = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  const settings = { ...kindDefaults, ...ports, ...chosen };
  const violations = kindViolations(settings).map((violation) =>
    violation.path in chosen ? asFlag(violation) : asStackSetting(violation),
  );
  if (violations.length > 0) throw new UsageError(violations.map(violationLine).join("\n"));
  const whose = settings.nginx ? "of NGINX Ingress and of the mesh's gateway" : "of the mesh's gateway";
  return `# kind create cluster --config <this file>: ports ${whose}.\n${stringify(kindCluster(settings))}`;
}

/** A violation in a setting that was given as a flag. */
function asFlag({ path, got, rule, fix }: Violation): Violation {
  const flag = `--${path.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const value = typeof fix === "string" ? fix.slice(`${path}: `.length).replace(/"/g, "") : "";
  return { path: flag, got, rule, fix: `${flag} ${value}`.trim() };
}

/** A violation in a setting from the stack file. */
function asStackSetting(violation: Violation): Violation {
  return { ...violation, path: `gateway.${violation.path}` };
}

interface StackFile {
  config?: { "istio-ambient:mesh"?: { gateway?: Partial<KindSettings> } };
}

/** The gateway's ports in a stack's configuration, where it sets them. */
function stackPorts(file: string): Partial<KindSettings> {
  let stack: StackFile;
  try {
    stack = (parse(fs.readFileSync(file, "utf8")) ?? {}) as StackFile;
  } catch (error) {
    throw new UsageError(`cannot read stack file ${file}: ${reason(error)}`);
  }
  const gateway = stack.config?.["istio-ambient:mesh"]?.gateway ?? {};
  return Object.fromEntries(
    portSettings.flatMap((name) => (gateway[name] === undefined ? [] : [[name, gateway[name]]])),
  );
}
