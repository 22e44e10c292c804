// AuthorizationPolicies that are ztunnel's to enforce. istiod writes what ztunnel makes of a policy on every one without a
// target, on those of sidecars and gateways too, which enforce all of it themselves.
// Source: PolicyCollections and handleRule in pilot/pkg/serviceregistry/ambient (policies.go, authorization.go), ShouldAttachPolicy
// in pilot/pkg/model/policyattachment.go of istio/istio, releases 1.30 and 1.31; src/rbac.rs of istio/ztunnel.
import {
  condition,
  type AuthorizationPolicyState,
  type ClusterSnapshot,
  type PodState,
} from "../cluster-state/snapshot";
import { isInterim } from "../migration/marks";
import { finding, type Check, type Finding } from "./check";
import { said } from "./gateways";
import { byNamespace, enrolls, isLive, isWaypointPod, podsToCapture, some } from "./mesh";
import { rootNamespace } from "./mesh-config";
import { ledBy } from "./peer-authentication";
import { gatewayTarget, isSelected, proxyReads, serviceTarget } from "./policy-readers";

export const ztunnelPoliciesCheck: Check = {
  id: "policy-ztunnel",
  category: "policies",
  claim: "ztunnel enforces every policy as it is written",
  severity: "error",
  hint: "ztunnel knows no HTTP: such rules need a waypoint, and a policy that targets it.",
  needs: ["authorizationPolicies", "pods", "namespaces"],
  also: ["services"],
  isLocal: true,
  run(snapshot) {
    const policies = snapshot.authorizationPolicies.filter((one) => one.targets.length === 0 && !isInterim(one));
    if (policies.length === 0) return [];
    const podsOf = selectedPods(snapshot);
    const isEnrolled = enrolls(snapshot);
    const captured = new Set(podsToCapture(snapshot));
    return policies.flatMap((policy) => {
      const pods = podsOf(policy);
      const served = pods.filter((pod) => captured.has(pod));
      if (served.length > 0) {
        return [...refused(policy), ...trustDomains(policy), ...servicePorts(snapshot, policy, served)];
      }
      if (pods.some(proxyReads)) return [];
      // Nothing runs yet of what it is for.
      if (pods.length === 0) return isEnrolled({ namespace: policy.namespace, labels: {} }) ? refused(policy) : [];
      return policy.pods === undefined ? [] : unread(policy, pods.filter(isWaypointPod));
    });
  },
};

/** The live pods that a policy selects: of its namespace, or of the whole mesh. */
function selectedPods(snapshot: ClusterSnapshot): (policy: AuthorizationPolicyState) => PodState[] {
  const root = rootNamespace(snapshot);
  const live = snapshot.pods.filter(isLive);
  const pods = new Map(byNamespace(live));
  return (policy) => (policy.namespace === root ? live : (pods.get(policy.namespace) ?? [])).filter(isSelected(policy));
}

function refused(policy: AuthorizationPolicyState): Finding[] {
  const accepted = condition(policy.conditions, "ZtunnelAccepted");
  // Accepted with the reason UnsupportedValue means: without what ztunnel does not know.
  if (!accepted || (accepted.status === "True" && accepted.reason === "Accepted")) return [];
  const got = said("ZtunnelAccepted", accepted);
  return [finding(kind, policy, got, "ztunnel accepts all of it", { write: serviceTarget })];
}

/** istiod tells ztunnel nothing of them: a source of them alone never matches, any other one is for all trust domains. */
function trustDomains(policy: AuthorizationPolicyState): Finding[] {
  const named = policy.rules.flatMap(({ from }) => from.flatMap((source) => source.trustDomains ?? []));
  const [first] = named;
  if (first === undefined) return [];
  const rule =
    "istiod leaves trust domains out of what it tells ztunnel, without a condition; principals can name them";
  return [finding(kind, policy, `trust domain ${some(named)}`, rule, { write: `principals: ["${first}/*"]` })];
}

/** Ports of a Service that lead to other ones of the pods, which are those that ztunnel sees. */
function servicePorts(snapshot: ClusterSnapshot, policy: AuthorizationPolicyState, pods: PodState[]): Finding[] {
  const named = policy.rules.flatMap(({ ports = [] }) => ports);
  const open = [...new Set(named)].filter((port) => !pods.some(({ ports }) => Object.values(ports).includes(port)));
  return open.flatMap((port) => {
    const led = ledBy(snapshot, policy.namespace, port, pods);
    if (!led || named.includes(led.target)) return [];
    const rule = `ztunnel compares ports of the pods: this one of Service ${led.service.name} leads to ${led.target}`;
    return [finding(kind, policy, `port ${port}`, rule, { write: `ports: ["${led.target}"]` })];
  });
}

function unread(policy: AuthorizationPolicyState, pods: PodState[]): Finding[] {
  if (pods.length === 0) return [];
  const got = `no targetRefs, for ${some(pods.map(({ name }) => name))}`;
  const rule = "neither ztunnel nor the waypoint applies a policy that selects the waypoint's pods by their labels";
  return [finding(kind, policy, got, rule, { write: gatewayTarget })];
}

const kind = "AuthorizationPolicy";
