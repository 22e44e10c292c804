// Before a waypoint or a gateway is made: whether its namespace takes the pods that istiod will make. Told as a warning, at
// preview already: istiod may be told what this program does not know.
import * as pulumi from "@pulumi/pulumi";
import { readRefusals } from "../../cluster/admission";
import { ApiClient, metadataOnly, UnreachableError } from "../../cluster/client";
import type { ClusterTarget } from "../../cluster/connection";
import { podViolation } from "../../lib/preflight/pod-refusals";
import { violationLine, type Violation } from "../../lib/validation/violations";
import { askedPod, podOwners, type AskedPods } from "./asked-pod";
import type { Cluster } from "./cluster";
import { lookAt } from "./look";
import { pullSecretsOf } from "./pull-secrets";

/** How long the questions may take. */
const deadlineMs = 10_000;

type Settings = { [K in keyof AskedPods]: pulumi.Output<AskedPods[K]> };
type Owner = keyof typeof podOwners;

/** Asks the namespace about pods whose Gateway is not there yet, beside everything else that happens. */
export function askNamespace(
  component: pulumi.Resource,
  what: string,
  cluster: Cluster,
  owner: Owner,
  { name, namespace, pods }: Settings,
): void {
  pulumi.all([name, namespace, pods, cluster.target]).apply(async ([known, into, settings, target]) => {
    const violations = await ask(cluster, target, owner, { name: known, namespace: into, pods: settings });
    for (const violation of violations) {
      void pulumi.log.warn(`${what} may get no pods: ${violationLine(violation)}`, component);
    }
  });
}

async function ask(cluster: Cluster, target: ClusterTarget, owner: Owner, asked: AskedPods): Promise<Violation[]> {
  const { name, namespace } = asked;
  const look = lookAt(cluster);
  const gateway = await look.find(target, { kind: "Gateway", namespace, name });
  const home = await look.find(target, { kind: "Namespace", namespace: "", name: namespace });
  // A namespace that this program makes has no rules yet.
  if (gateway !== undefined || home === undefined || home === "unread") return [];
  const client = await ApiClient.connect(target, deadlineMs);
  try {
    const around = { namespaces: [home], definitions: [] };
    const [refusal] = await readRefusals(client, [askedPod(asked, owner)], around, 1);
    const refused = refusal && podViolation(namespace, refusal.why, podOwners[owner].shown);
    return [...(refused ? [refused] : []), ...(await missingSecrets(client, namespace, pullSecretsOf(cluster.id)))];
  } catch (error) {
    // The look at the objects of others has said already that the cluster does not answer.
    if (error instanceof UnreachableError) return [];
    throw error;
  } finally {
    client.close();
  }
}

async function missingSecrets(client: ApiClient, namespace: string, secrets: string[]): Promise<Violation[]> {
  const found = await Promise.all(
    secrets.map(async (secret): Promise<Violation[]> => {
      const path = `/api/v1/namespaces/${namespace}/secrets/${secret}`;
      if ((await client.get(path, metadataOnly.object)).kind !== "missing") return [];
      const rule = `must have the Secret ${secret}, with which the mesh pulls its images (\`images.pullSecrets\`)`;
      const create = `kubectl create secret docker-registry ${secret} --namespace ${namespace}`;
      const run = `${create} --docker-server SERVER --docker-username USER --docker-password PASSWORD`;
      return [{ path: "namespace", got: namespace, rule, fix: { run } }];
    }),
  );
  return found.flat();
}
