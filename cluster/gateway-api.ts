// Which Gateway API the cluster has: three small requests, so that the mesh never downgrades it.
import * as semver from "semver";
import { ApiClient, metadataOnly } from "./client";
import { reason, type ClusterTarget } from "./connection";

/** The Gateway API of a cluster, as far as it could be read. */
export interface GatewayApiState {
  /** False when the state could not be read: `why` says what stood in the way. */
  reachable: boolean;
  why?: string;
  /** Newest bundle version of the Gateway and HTTPRoute CRDs, such as "v1.6.0"; undefined when there is none. */
  bundleVersion?: string;
  /** "standard" or "experimental". */
  channel?: string;
  /** The admission policy that refuses older bundles is there. */
  safeUpgrades: boolean;
}

interface Metadata {
  metadata?: { annotations?: Record<string, string> };
}

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";

/** Reads the bundle's annotations; never throws and takes no longer than the deadline. */
export async function readGatewayApi(target: ClusterTarget, deadlineMs = 5000): Promise<GatewayApiState> {
  let client: ApiClient | undefined;
  try {
    client = await ApiClient.connect(target, deadlineMs);
    const replies = await Promise.all([
      client.get(`${crds}/gateways.gateway.networking.k8s.io`, metadataOnly.object),
      client.get(`${crds}/httproutes.gateway.networking.k8s.io`, metadataOnly.object),
      client.get(`${policies}/safe-upgrades.gateway.networking.k8s.io`, metadataOnly.object),
    ]);
    const [gateways, routes, policy] = replies;
    for (const reply of [gateways, routes]) {
      if (reply.kind === "forbidden" || reply.kind === "failed") {
        return { reachable: false, why: reply.why, safeUpgrades: false };
      }
    }
    const bundles = [gateways, routes].flatMap((reply) => (reply.kind === "ok" ? [bundleOf(reply.body)] : []));
    const newest = bundles.sort((a, b) => semver.rcompare(versionOf(a), versionOf(b)))[0];
    return {
      reachable: true,
      ...(newest?.version ? { bundleVersion: newest.version } : {}),
      ...(newest?.channel ? { channel: newest.channel } : {}),
      safeUpgrades: policy.kind === "ok",
    };
  } catch (error) {
    return { reachable: false, why: reason(error), safeUpgrades: false };
  } finally {
    client?.close();
  }
}

function versionOf(bundle: { version?: string }): semver.SemVer | string {
  return semver.parse(bundle.version) ?? semver.coerce(bundle.version) ?? "0.0.0";
}

function bundleOf(body: unknown): { version?: string; channel?: string } {
  const annotations = (body as Metadata).metadata?.annotations ?? {};
  const version = annotations["gateway.networking.k8s.io/bundle-version"];
  const channel = annotations["gateway.networking.k8s.io/channel"];
  return { ...(version ? { version } : {}), ...(channel ? { channel } : {}) };
}
