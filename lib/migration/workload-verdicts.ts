// What becomes of workloads and of what stands in the way of their pods.
import { meshLabels } from "../istio/labels";
import { injectionWish, injectKey, isOptedOut, isRolled } from "./members";
import type { Workload } from "./objects";
import type { MigrationFacts } from "./facts";
import { askingLabels, keepsSidecar } from "./next-pods";
import { shutMetrics, shutPorts } from "./plaintext";
import { rolloutObstacle } from "./rollout-obstacles";
import { verdict, verdictKinds as is, type Verdict } from "./verdict";

const outsideLabel = `jobTemplate: { spec: { template: { metadata: { labels: { ${meshLabels.dataplaneMode}: none } } } } }`;
const spire = "inject.istio.io/templates";
const unasked = "for which nothing of the mesh asks";

/** Rows of the workloads of the namespace, one each. */
export function workloadVerdicts(facts: MigrationFacts): Verdict[] {
  return facts.workloads.map((workload) => workloadVerdict(workload, facts));
}

function workloadVerdict(workload: Workload, facts: MigrationFacts): Verdict {
  const { kind, namespace, name, podLabels, podAnnotations } = workload;
  const row = (result: Verdict["verdict"], why: string, fix?: string) =>
    verdict(`${kind} ${namespace}/${name}`, result, why, fix === undefined ? {} : { fix });
  if (workload.hostNetwork)
    return row(is.carriesOver, "pods in the network of their node are in no mesh, before and after");
  if (podLabels[meshLabels.dataplaneMode] === "none") return row(is.carriesOver, "it stays outside, as its label says");
  const hasSidecars = workload.pods.some(({ sidecar }) => sidecar);
  const asks = askingLabels(workload);
  const withSidecars = keepsSidecar(workload, facts);
  if (kind === "Job") {
    if (!hasSidecars) return row(is.carriesOver, "its pods have no sidecar");
    const then = withSidecars ? `also have one, as their label ${asks} asks` : "have none";
    return row(is.loses, `its pods keep their sidecars until they end; pods of later Jobs ${then}`);
  }
  if (kind === "CronJob") {
    if (withSidecars)
      return row(
        is.loses,
        `its template requests a sidecar by its label ${asks}: the pods of its next Job have one, and use no waypoints`,
        `its template without the label ${asks}`,
      );
    if (injectionWish(workload) !== "false") return row(is.carriesOver, "the pods of its next Job have no sidecar");
    return facts.identityCounts
      ? row(is.hole, "its pods have no sidecar; those of its next Job are captured, and get an identity", outsideLabel)
      : row(
          is.carriesOver,
          `its pods have no sidecar; those of its next Job are captured, and get an identity, ${unasked}`,
        );
  }
  if (!isRolled(workload)) {
    const { maker } = workload;
    if (!hasSidecars && maker === undefined) return row(is.carriesOver, "it has no sidecar");
    if (!hasSidecars && !facts.identityCounts)
      return row(
        is.carriesOver,
        `it has no sidecar; the next pod of ${maker} is captured, and gets an identity, ${unasked}`,
      );
    if (!hasSidecars)
      return row(
        is.hole,
        `it has no sidecar; the next pod of ${maker} is captured, and gets an identity`,
        `template: { metadata: { labels: { ${meshLabels.dataplaneMode}: none } } } in ${maker}`,
      );
    if (maker === undefined)
      return row(
        is.loses,
        "nothing makes its pods again: they keep their sidecars until they are deleted",
        `kubectl delete ${kind.toLowerCase()} ${name} --namespace ${namespace}, and create it again`,
      );
    return withSidecars
      ? row(
          is.loses,
          `no step restarts ${maker}: its template requests a sidecar by its label ${asks}, and the next pod has one, too`,
          `its template without the label ${asks}`,
        )
      : row(is.loses, `no step restarts ${maker}: it keeps its sidecar until it is replaced by a pod that has none`);
  }
  const obstacle = rolloutObstacle(workload, facts);
  // What stays outside is restarted, too: its template gets a label.
  if (isOptedOut(workload)) {
    if (obstacle) return row(is.blocks, obstacle.why, obstacle.fix);
    const why = `it has no sidecar; it stays outside by the label ${meshLabels.dataplaneMode}: none, which its template gets`;
    return row(is.rewritten, why);
  }
  if ((podAnnotations[spire] ?? "").includes("spire")) {
    return row(is.blocks, "ztunnel takes no certificates of SPIRE", "keep the namespace on sidecars");
  }
  const asking = [injectKey, meshLabels.revision].find((key) => key in workload.selector);
  if (asking !== undefined) {
    const why = `its selector holds ${asking}, so that its template has to keep asking for a sidecar`;
    return row(is.blocks, why, `create it again without ${asking} in its selector`);
  }
  if (obstacle) return row(is.blocks, obstacle.why, obstacle.fix);
  if (injectionWish(workload) === "true") {
    return row(is.rewritten, "its template requests a sidecar; this is removed");
  }
  const lost = losses(workload, facts);
  if (lost.length > 0) return row(is.loses, lost.map(({ why }) => why).join("; "), lost.find(({ fix }) => fix)?.fix);
  return row(
    is.carriesOver,
    workload.surges ? "its pods are replaced, new ones first" : "its pods are replaced one after the other",
  );
}

interface Loss {
  why: string;
  fix?: string;
}

/** What pods that are replaced do not have any more. */
function losses(workload: Workload, facts: MigrationFacts): Loss[] {
  const { startHooks } = workload;
  const ports = shutPorts(workload, facts);
  const metrics = shutMetrics(workload, facts);
  return [
    ...(startHooks.length > 0
      ? [{ why: `the start hooks of ${startHooks.join(", ")} may wait for the network until the pod is captured` }]
      : []),
    ...(ports.length > 0
      ? [
          {
            why: `ztunnel takes every port: plaintext to ${ports.join(", ")} went past the sidecar, and STRICT denies it`,
            fix: opening(ports),
          },
        ]
      : []),
    ...(metrics === undefined
      ? []
      : [
          {
            why: `the sidecar gave out the metrics of port ${metrics} in plaintext, at its own port 15020; STRICT denies it at ${metrics}`,
            fix: opening([metrics]),
          },
        ]),
  ];
}

function opening(ports: readonly number[]): string {
  const modes = ports.map((port) => `${port}: { mode: PERMISSIVE }`).join(", ");
  return `portLevelMtls: { ${modes} } in a PeerAuthentication with a selector for it`;
}
