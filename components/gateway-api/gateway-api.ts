// The Gateway API CRDs: installed where they are missing, never downgraded, left behind at destroy.
import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { namesCluster } from "../../cluster/connection";
import { isRemote, readLocalBundle } from "../../cluster/gateway-api";
import { lookForDefinitions } from "../../cluster/look";
import { timeouts } from "../../lib/istio/defaults";
import { bundleDrift, installedBundle, reasonToLeave, statedVersion } from "../../lib/gateway-api/bundle";
import { gatewayApiRules, unreadableSource } from "./rules";
import { defaultGatewayApiVersion } from "../../lib/istio/releases";
import type { Named } from "../../lib/cluster-state/snapshot";
import { childOf, minutes } from "../support/children";
import { checkArgs, throwToldViolations } from "../support/arguments";
import { factsOf } from "../support/mesh-facts";
import { Cluster, clusterOf } from "../support/cluster";
import { childrenOf, keepChildren } from "../support/made";
import { toldAs, type Told } from "../support/parts";
import { below } from "../../lib/validation/rules";
import { fromProject, ownCommand } from "../support/own-command";
import { GatewayApiArgs } from "./args";
import { gatewayApiChildren } from "./children";

/** Time limit for reading the CRDs. */
const deadlineMs = 10_000;

/** The resources of a GatewayApi. */
export interface GatewayApiChildren {
  /** The Command that applies the bundle. */
  command: pulumi.CustomResource;
}

/**
 * The Gateway API CRDs of one release, standard channel.
 *
 * ```ts
 * const gatewayApi = new GatewayApi("gateway-api");
 * ```
 */
export class GatewayApi extends pulumi.ComponentResource {
  /** Version of the CRDs in the cluster, once they are installed. */
  public readonly version: pulumi.Output<string>;

  constructor(name: string, args: GatewayApiArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super("istio-ambient:index:GatewayApi", name, checkArgs("GatewayApi", name, args, gatewayApiRules), opts);
    const cluster = clusterOf(this, "GatewayApi", name, args.cluster);
    const bundle = describe(toldAs("GatewayApi", name, opts), args);
    const repair = findDrift(this, bundle.version, cluster, opts?.parent);
    const applied = ownCommand(
      gatewayApiChildren.command(name),
      { up: bundle.words, environment: bundle.environment, target: cluster.target, repair },
      { ...childOf(this, opts), ...minutes(timeouts.gatewayApi + 1) },
    );
    keepChildren<GatewayApiChildren>(this, { command: applied });
    this.version = applied.stdout.apply((text) => text.trim().split("\n").at(-1) ?? "");
    this.registerOutputs({ version: this.version });
  }

  /** The raw resource: `command`, which applies the CRDs. */
  public get children(): GatewayApiChildren {
    return childrenOf(this);
  }
}

/** A bundle as its command is told of it. */
interface Bundle {
  words: string[];
  environment: Record<string, string>;
  /** Nothing for a URL: only reading it would tell. */
  version?: string;
}

/** Of what lies on this machine the content counts, not only the path; nothing is downloaded. */
function describe(told: Told, { version, source }: GatewayApiArgs): Bundle {
  const timeout = ["--timeout", `${timeouts.gatewayApi}m`];
  if (source === undefined) {
    const release = version ?? defaultGatewayApiVersion;
    return { words: ["gateway-api", "--release", release, ...timeout], environment: {}, version: release };
  }
  const words = ["gateway-api", "--source", isRemote(source) ? source : fromProject(source), ...timeout];
  if (isRemote(source)) {
    return { words, environment: {} };
  }
  const texts = readTexts(told, source);
  const digest = createHash("sha256");
  texts.forEach((text) => digest.update(text));
  return { words, environment: { ISTIO_AMBIENT_CRDS: digest.digest("hex") }, version: statedVersion(texts) };
}

function readTexts({ what, path }: Told, source: string): string[] {
  try {
    const texts = readLocalBundle(source);
    if (statedVersion(texts) === undefined) {
      throw new Error("it has no Gateway API CRDs");
    }
    return texts;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throwToldViolations(what, [unreadableSource(below(path, "source"), source, why)]);
    throw error;
  }
}

/** What of the bundle has gone since it was installed, as a reason to install it again; says so, and what is left alone. */
function findDrift(
  component: GatewayApi,
  version: string | undefined,
  cluster: Cluster,
  parent: pulumi.Resource | undefined,
): string | undefined {
  const facts = factsOf(parent);
  if (typeof facts === "string") {
    return undefined;
  }
  const definitions = facts?.definitions ?? readDefinitions(cluster);
  const left = reasonToLeave(installedBundle(definitions), { bundleVersion: version, channel: "standard" });
  if (left !== undefined) {
    void pulumi.log.warn(`the Gateway API CRDs are left unchanged: ${left}`, component);
    return undefined;
  }
  const drift = bundleDrift(definitions, facts?.isOwnMesh === true);
  if (drift.length === 0) {
    return undefined;
  }
  void pulumi.log.warn(
    `the Gateway API CRDs were changed outside of Pulumi; \`pulumi up\` restores them:\n  ${drift.join("\n  ")}`,
    component,
  );
  return drift.join("; ");
}

function readDefinitions(cluster: Cluster): Named[] {
  return cluster.now && namesCluster(cluster.now) ? lookForDefinitions(cluster.now, deadlineMs) : [];
}
