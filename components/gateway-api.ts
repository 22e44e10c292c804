// The Gateway API CRDs: created where there are none, taken up where there are, never downgraded, left behind at destroy.
import * as fs from "node:fs";
import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { readGatewayApi } from "../cluster/gateway-api";
import { bundleObjects, bundleVersion, ManifestObject, reasonToLeave } from "../lib/gateway-api-bundle";
import { gatewayApiRules } from "../lib/mesh-rules";
import { gatewayApiUrl, istioLines } from "../lib/releases";
import { checkArgs, throwFaults } from "./inputs";
import { clusterTarget } from "./target";

/** Where the Gateway API CRDs come from. */
export interface GatewayApiArgs {
  /**
   * Exact release of Gateway API. A change replaces nothing; one older than the cluster's is left alone with a warning.
   * @default the release that the newest Istio line was built against (1.6.0 for Istio 1.31)
   * @example "1.6.0"
   */
  version?: string;
  /**
   * A URL, a file or a directory of YAML that holds the CRDs, for clusters without access to the internet.
   * @default the release file of the Gateway API project
   * @example "./gateway-api-1.6.0.yaml"
   */
  source?: string;
  /**
   * The kubeconfig of the cluster, as text or path, to see which CRDs it has. Only of use with an explicit provider.
   * @default that of the default provider
   * @example "~/.kube/config"
   */
  kubeconfig?: string;
  /**
   * The context in that kubeconfig. Only of use with an explicit provider.
   * @default that of the default provider
   * @example "kind-kind"
   */
  context?: string;
}

/**
 * The Gateway API CRDs of one release, standard channel.
 *
 * ```ts
 * const gatewayApi = new GatewayApi("gateway-api");
 * ```
 */
export class GatewayApi extends pulumi.ComponentResource {
  /** The version of the CRDs that the cluster has once this is done. */
  public readonly version: pulumi.Output<string>;

  constructor(name: string, args: GatewayApiArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super("istio-ambient:index:GatewayApi", name, checkArgs("GatewayApi", name, args, gatewayApiRules), opts);
    this.version = pulumi.output(chooseBundle(this, name, args)).apply(({ objects, version }) => {
      objects.forEach((object) => createKept(object, `${name}-${object.metadata.name}`, this));
      return version;
    });
    this.registerOutputs({ version: this.version });
  }
}

interface Choice {
  objects: ManifestObject[];
  version: string;
}

/** The objects to write, none where the cluster's own have to stay. */
async function chooseBundle(component: GatewayApi, name: string, args: GatewayApiArgs): Promise<Choice> {
  const objects = await readBundle(name, args);
  const version = bundleVersion(objects) ?? "";
  const target = clusterTarget(component, { kubeconfig: args.kubeconfig, context: args.context });
  if (!target) {
    await pulumi.log.warn(
      "the Gateway API CRDs of the cluster were not compared with this bundle: an explicit provider does not tell its " +
        'kubeconfig; write `context: "..."`, of a mesh `preflight: { context: "..." }`',
      component,
    );
    return { objects, version };
  }
  const installed = await readGatewayApi(target);
  const reason = reasonToLeave(installed, objects);
  if (reason) {
    await pulumi.log.warn(`the Gateway API CRDs are left as they are: ${reason}`, component);
    return { objects: [], version: (installed.bundleVersion ?? "").replace(/^v/, "") };
  }
  return { objects, version };
}

async function readBundle(name: string, args: GatewayApiArgs): Promise<ManifestObject[]> {
  const source = args.source ?? gatewayApiUrl(args.version ?? istioLines[0]!.gatewayApi);
  try {
    const objects = bundleObjects(await readTexts(source));
    if (objects.length === 0) {
      throw new Error("no CRD of Gateway API in it");
    }
    return objects;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const rule = `the Gateway API CRDs cannot be read from there (${why})`;
    throwFaults("GatewayApi", name, [{ path: "source", got: source, rule, fix: 'source: "./gateway-api.yaml"' }]);
    throw error;
  }
}

/** The YAML texts behind a URL, a file or a directory. */
async function readTexts(source: string): Promise<string[]> {
  if (/^https?:\/\//.test(source)) {
    const response = await fetch(source, { signal: AbortSignal.timeout(30_000) });
    if (!response.ok) {
      throw new Error(`HTTP ${response.status}`);
    }
    return [await response.text()];
  }
  if (!fs.statSync(source).isDirectory()) {
    return [fs.readFileSync(source, "utf8")];
  }
  const files = fs.readdirSync(source).filter((file) => /\.ya?ml$/.test(file));
  return files.sort().map((file) => fs.readFileSync(path.join(source, file), "utf8"));
}

/** Patches create what is missing and take up what exists; they stay at destroy, or all routes would go with the CRDs. */
function createKept(object: ManifestObject, name: string, parent: pulumi.Resource): void {
  const annotations = { ...object.metadata.annotations, "pulumi.com/patchForce": "true" };
  const args = { metadata: { ...object.metadata, annotations }, spec: object.spec };
  const opts = { parent, retainOnDelete: true };
  if (object.kind === "CustomResourceDefinition") {
    new k8s.apiextensions.v1.CustomResourceDefinitionPatch(name, args, opts);
  } else if (object.kind === "ValidatingAdmissionPolicy") {
    new k8s.admissionregistration.v1.ValidatingAdmissionPolicyPatch(name, args, opts);
  } else {
    new k8s.admissionregistration.v1.ValidatingAdmissionPolicyBindingPatch(name, args, opts);
  }
}
