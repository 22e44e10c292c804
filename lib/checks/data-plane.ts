// istio-cni and ztunnel: on every node, connected, and able to start pods. Helm, readiness and annotations can lie here.
import type { ClusterSnapshot, EventState, PodState, WorkloadState } from "../cluster-state/snapshot";
import { finding, namespaceFinding, type Check, type Finding } from "./check";
import {
  byNamespace,
  cniDaemonSets,
  count,
  isCaptured,
  istiods,
  meshNamespace,
  share,
  some,
  ztunnelDaemonSets,
} from "./mesh";

/** What a cluster may give new nodes, so that no pod starts there before istio-cni. */
const notReadyTaint = "cni.istio.io/not-ready";

/** Events older than this tell of a problem that may be fixed. */
const recentMs = 15 * 60 * 1000;

/** Events of the kubelet about a pod's network, and the pods that still wait for it. */
const hangs = [
  {
    reason: "FailedCreatePodSandBox",
    isHanging: ({ phase }: PodState) => phase === "Pending",
    rule: "the CNI plugin sets up its network",
  },
  {
    reason: "FailedKillPod",
    isHanging: ({ deleting }: PodState) => deleting,
    rule: "the CNI plugin tears down its network; where Istio was removed from the node, its CNI configuration is removed too",
  },
];

export const dataPlaneChecks: Check[] = [
  {
    id: "cni-ready",
    category: "data-plane",
    claim: "istio-cni is ready on every node",
    severity: "error",
    hint: "On a node without istio-cni traffic continues, but no new pod of the mesh starts.",
    needs: ["daemonSets"],
    run: (snapshot) => daemonSetFindings(snapshot, cniDaemonSets(snapshot), "istio-cni-node", "istio-cni"),
  },
  {
    id: "ztunnel-ready",
    category: "data-plane",
    claim: "ztunnel is ready on every node",
    severity: "error",
    hint: "On a node without ztunnel every new connection to or from a captured pod fails.",
    needs: ["daemonSets"],
    run: (snapshot) => daemonSetFindings(snapshot, ztunnelDaemonSets(snapshot), "ztunnel", "ztunnel"),
  },
  {
    id: "rollouts",
    category: "data-plane",
    claim: "every pod of istiod, istio-cni and ztunnel runs the newest template",
    severity: "error",
    hint: "If the new pods do not become ready, the old ones keep serving, and a stuck rollout looks ready.",
    needs: ["deployments", "daemonSets"],
    run: (snapshot) => [
      ...istiods(snapshot).flatMap((part) => rolloutFindings(part, "app=istiod")),
      ...cniDaemonSets(snapshot).flatMap((part) => rolloutFindings(part, "k8s-app=istio-cni-node")),
      ...ztunnelDaemonSets(snapshot).flatMap((part) => rolloutFindings(part, "app=ztunnel")),
    ],
  },
  {
    id: "ztunnel-connected",
    category: "data-plane",
    claim: "istio-cni is connected to ztunnel on every node that was asked",
    severity: "error",
    hint: "Without the connection new pods stay in ContainerCreating (“no ztunnel connected”).",
    needs: ["pods", "ztunnelLinks"],
    run: (snapshot) =>
      snapshot.ztunnelLinks
        .filter((link) => link.connected === 0)
        .map((link) =>
          finding("Pod", link, `ztunnel_connected 0 on node ${link.node}`, "it is connected to one ztunnel", {
            run: restart(snapshot, ztunnelDaemonSets(snapshot), "ztunnel"),
          }),
        ),
  },
  {
    id: "served-by-ztunnel",
    category: "data-plane",
    claim: "ztunnel serves every captured pod of the nodes that were asked",
    severity: "error",
    hint: "After a node lost power its pods can keep their annotation while their traffic bypasses ztunnel as plaintext.",
    needs: ["pods", "ztunnelCounts"],
    run: (snapshot) =>
      snapshot.ztunnelCounts
        .filter(({ served, captured }) => served < captured.length)
        .map((ztunnel) =>
          finding(
            "Pod",
            ztunnel,
            `serves ${share(ztunnel.served, ztunnel.captured.length)} captured pods of node ${ztunnel.node} (${some(ztunnel.captured)})`,
            "it serves every pod that istio-cni calls captured; where a restart of istio-cni does not help, recreate the pods",
            { run: restart(snapshot, cniDaemonSets(snapshot), "istio-cni-node") },
          ),
        ),
  },
  {
    id: "captured-without-ztunnel",
    category: "data-plane",
    claim: "every captured pod has a ztunnel on its node",
    severity: "error",
    hint: "Such pods look ready but have no network until ztunnel is back or they are recreated.",
    needs: ["pods", "daemonSets"],
    run(snapshot) {
      const served = new Set(
        snapshot.pods.filter((pod) => pod.labels["app"] === "ztunnel" && pod.ready).map((pod) => pod.node),
      );
      const lost = snapshot.pods.filter(
        (pod) => isCaptured(pod) && pod.phase === "Running" && !pod.deleting && !served.has(pod.node),
      );
      return byNamespace(lost).map(([namespace, pods]) =>
        namespaceFinding(
          namespace,
          `${count(pods.length, "captured pod")} on nodes without a ready ztunnel (${some(pods.map((pod) => pod.name))})`,
          "a captured pod has a ready ztunnel on its node",
          { run: `kubectl get pods --all-namespaces --selector app=ztunnel --output wide` },
        ),
      );
    },
  },
  {
    id: "node-taints",
    category: "data-plane",
    claim: "no node with a ready istio-cni keeps the taint for those without",
    severity: "warning",
    hint: "Pods are not scheduled there: only istiod removes the taint, if it is told to.",
    needs: ["nodes", "pods"],
    run(snapshot) {
      const agents = snapshot.pods.filter((pod) => pod.ready && pod.labels["k8s-app"] === "istio-cni-node");
      const places = new Map(agents.map(({ node, namespace }) => [node, namespace]));
      return snapshot.nodes.flatMap((node) => {
        const place = places.get(node.name);
        if (place === undefined || !(node.taints ?? []).includes(notReadyTaint)) return [];
        // istiod looks for istio-cni in its own namespace, unless it is told another one.
        const isApart = place !== meshNamespace(snapshot);
        const values = `taint: { enabled: true${isApart ? `, namespace: ${place}` : ""} }`;
        const rule = `istiod removes it with its chart's values ${values}, once istio-cni is ready there`;
        const run = `kubectl taint nodes ${node.name} ${notReadyTaint}-`;
        return [finding("Node", node, `taint ${notReadyTaint}`, rule, { run })];
      });
    },
  },
  {
    id: "pod-sandboxes",
    category: "data-plane",
    claim: "the mesh's CNI does not prevent pods from starting or ending",
    severity: "error",
    hint: "A leftover CNI configuration, or istio-cni without a ztunnel, breaks the network of every pod that comes or goes.",
    needs: ["events", "pods"],
    isLocal: true,
    run: (snapshot, { now }) =>
      hangs.flatMap(({ reason, isHanging, rule }) =>
        recent(snapshot.events, reason, now)
          .filter((event) => /istio-cni|ztunnel/.test(event.message))
          .filter(({ object }) => snapshot.pods.some((pod) => isObject(pod, object) && isHanging(pod)))
          .map((event) =>
            finding("Pod", event.object, firstLine(event.message), rule, {
              run: `kubectl describe pod ${event.object.name} --namespace ${event.object.namespace}`,
            }),
          ),
      ),
  },
  {
    id: "pods-created",
    category: "data-plane",
    claim: "no quota or admission rule rejects the mesh's pods",
    severity: "error",
    hint: "istio-cni and ztunnel need a namespace whose Pod Security level is privileged, and room in its quota.",
    needs: ["events", "daemonSets", "deployments"],
    run: (snapshot, { now }) =>
      recent(snapshot.events, "FailedCreate", now)
        .filter((event) => isOurs(snapshot, event))
        .map((event) =>
          finding(event.object.kind, event.object, firstLine(event.message), "its pods are admitted", {
            run: `kubectl describe namespace ${event.object.namespace}`,
          }),
        ),
  },
];

/** Restarts a part where it is and as it is called: it may have a namespace of its own, and a name. */
function restart(snapshot: ClusterSnapshot, [part]: WorkloadState[], usual: string): string {
  const { namespace, name } = part ?? { namespace: meshNamespace(snapshot), name: usual };
  return `kubectl rollout restart daemonset ${name} --namespace ${namespace}`;
}

function daemonSetFindings(snapshot: ClusterSnapshot, sets: WorkloadState[], name: string, release: string): Finding[] {
  if (sets.length === 0) {
    const namespace = meshNamespace(snapshot);
    return [
      finding("DaemonSet", { namespace, name }, "none", "an ambient mesh needs one on every node", {
        run: `helm status ${release} --namespace ${namespace}`,
      }),
    ];
  }
  return sets
    .filter((set) => set.ready < set.desired || set.desired === 0)
    .map((set) =>
      finding(
        "DaemonSet",
        set,
        `${share(set.ready, set.desired)} ready`,
        "it is ready on every node, and on at least one",
        {
          run: `kubectl describe daemonset ${set.name} --namespace ${set.namespace}`,
        },
      ),
    );
}

/** A part that lacks ready pods is another check's. */
function rolloutFindings(part: WorkloadState, selector: string): Finding[] {
  const { kind, namespace, desired, ready, outdated, observed } = part;
  if (desired === 0 || ready < desired || (observed && outdated <= 0)) return [];
  const old = observed ? `${outdated} on an older template` : "its controller has not observed the newest template";
  const got = `${share(ready, desired)} ready, ${old}`;
  return [
    finding(kind, part, got, "every pod runs the newest template once the rollout is complete", {
      run: `kubectl describe pods --namespace ${namespace} --selector ${selector}`,
    }),
  ];
}

/** The newest event of that reason for each object, if it is recent. */
function recent(events: EventState[], reason: string, now: Date): EventState[] {
  const newest = new Map<string, EventState>();
  for (const event of events) {
    if (event.reason !== reason || now.getTime() - event.lastSeen > recentMs) continue;
    const key = `${event.object.kind} ${event.object.namespace}/${event.object.name}`;
    if ((newest.get(key)?.lastSeen ?? 0) <= event.lastSeen) newest.set(key, event);
  }
  return [...newest.values()];
}

function isObject({ namespace, name }: PodState, object: EventState["object"]): boolean {
  return namespace === object.namespace && name === object.name;
}

/** DaemonSets of the mesh that still lack pods, and ReplicaSets of istiod and the gateways. */
function isOurs(snapshot: ClusterSnapshot, { object }: EventState): boolean {
  const daemonSets = [...cniDaemonSets(snapshot), ...ztunnelDaemonSets(snapshot)];
  if (object.kind === "DaemonSet") {
    return daemonSets.some(
      (set) => set.namespace === object.namespace && set.name === object.name && set.ready < Math.max(set.desired, 1),
    );
  }
  return snapshot.deployments.some(
    (deployment) =>
      deployment.namespace === object.namespace &&
      object.name.startsWith(`${deployment.name}-`) &&
      deployment.available < deployment.desired,
  );
}

function firstLine(message: string): string {
  return message.split("\n")[0] ?? "";
}
