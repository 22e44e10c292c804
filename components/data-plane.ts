// What stands between ztunnel and everything that sends traffic through it: made once the mesh really carries traffic,
// and gone, before ztunnel goes, once no workload depends on it any more.
import * as path from "node:path";
import * as command from "@pulumi/command";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterTarget } from "../cluster/connection";
import { nodeArguments } from "../cluster/look";
import { meshDefaults, timeouts } from "../lib/defaults";
import { minutes } from "./children";
import type { AmbientMeshArgs } from "./mesh";
import { clusterTarget } from "./target";

/** Minutes that unenrollment may take; draining rolls one Deployment after the other. */
const leaving: Record<string, { minutes: number; flags: string[] }> = {
  unenroll: { minutes: 5, flags: [] },
  drain: { minutes: 30, flags: ["--drain"] },
  refuse: { minutes: 1, flags: ["--refuse"] },
};

/**
 * A command of this package's own, recorded in the state: it waits at up, and unenrolls at destroy, when no program runs.
 * A Release that is created proves nothing about the nodes. It must never be replaced, since its delete step unenrolls
 * everybody: what makes it wait again is its environment, in which the releases' revisions stand.
 */
export function dataPlane(
  name: string,
  mesh: pulumi.ComponentResource,
  args: AmbientMeshArgs,
  places: { namespace: pulumi.Output<string>; nodeNamespace: pulumi.Output<string> },
  releases: k8s.helm.v3.Release[],
  opts: pulumi.CustomResourceOptions,
): pulumi.CustomResource {
  const { kubeconfig, context } = args.preflight ?? {};
  const target = clusterTarget(mesh, { kubeconfig, context });
  if (!target) {
    const left = args.preflight?.enabled === false ? "" : "the preflight was left out, ";
    void pulumi.log.warn(
      `${left}nobody waits for ztunnel, and destroy unenrolls nothing: an explicit provider does not tell its ` +
        'kubeconfig; write `preflight: { context: "..." }`',
      mesh,
    );
    return releases.at(-1)!;
  }
  const wait = pulumi
    .all([places.namespace, places.nodeNamespace])
    .apply(([namespace, nodes]) =>
      ownCommand("ready", "--namespace", namespace, "--node-namespace", nodes, "--wait", `${timeouts.dataPlane}m`),
    );
  const revisions = pulumi.all(releases.map(({ status }) => status.revision)).apply((all) => all.join(" "));
  const leave = leaving[args.onDestroy ?? meshDefaults.onDestroy];
  const patience = Math.max(timeouts.dataPlane, leave?.minutes ?? 0) + 1;
  return new command.local.Command(
    `${name}-data-plane`,
    {
      create: wait,
      update: wait,
      delete: leave && ownCommand("unenroll", ...leave.flags, "--timeout", `${leave.minutes}m`),
      environment: { ...targetVariable(target), ISTIO_AMBIENT_REVISIONS: revisions },
    },
    { ...opts, ...minutes(patience) },
  );
}

/** The cluster, for the command to find it again at destroy; a secret where it may hold credentials. */
function targetVariable(target: ClusterTarget): Record<string, pulumi.Input<string>> {
  const given = Object.entries(target).filter(([, value]) => value !== undefined);
  if (given.length === 0) {
    return {};
  }
  const text = JSON.stringify(Object.fromEntries(given));
  const isPath = target.kubeconfig === undefined || /^[^\n{:]*$/.test(target.kubeconfig);
  return { ISTIO_AMBIENT_TARGET: isPath ? text : pulumi.secret(text) };
}

/** A shell line that runs this package's command. */
function ownCommand(...words: string[]): string {
  const file = path.join(__dirname, "..", "cli", `main${path.extname(__filename)}`);
  return ["node", ...nodeArguments(file).map(fromProject), ...words].map(quoted).join(" ");
}

/** A path below the project's folder as the plugin sees it from there, so that it holds on every machine. */
function fromProject(word: string): string {
  const root = process.cwd();
  const isProject = isBelow(pulumi.getRootDirectory(), root);
  return path.isAbsolute(word) && isProject && isBelow(root, word) ? path.relative(root, word) : word;
}

function isBelow(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return !relative.startsWith("..") && !path.isAbsolute(relative);
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
