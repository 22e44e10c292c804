// Rows of the verdict table for NetworkPolicies.
import type { NetworkPolicyState } from "../../../lib/cluster-state/snapshot";
import type { Row } from "./verdict-rows";

const everyPod = { labels: {}, expressions: [] };
export const named = (name: string) => ({ namespace: "shop", name, labels: {}, annotations: {}, pods: everyPod });
const port = (number: number) => ({ ports: [{ from: number, to: number }] });
const probes = { peers: [{ block: { cidr: "169.254.7.127/32", except: [] } }] };

export const networks: [string, Partial<NetworkPolicyState>, Row][] = [
  [
    "open",
    { ingress: [{}], egress: [{}] },
    ["carries-over", "it leaves port 15008 and the probes open where its pods need them"],
  ],
  [
    "closed-in",
    { ingress: [port(8080)] },
    ["blocks", "between pods of the mesh everything goes through port 15008, which it shuts in"],
  ],
  [
    "closed-out",
    { egress: [port(53)] },
    ["blocks", "between pods of the mesh everything goes through port 15008, which it shuts out"],
  ],
  [
    "closed-both",
    { ingress: [], egress: [] },
    ["blocks", "the kubelet's probes come from 169.254.7.127 then, which it does not admit at 8080"],
  ],
  [
    "probes-shut",
    { ingress: [{ ...port(15008), peers: [{ pods: everyPod }] }] },
    ["blocks", "the kubelet's probes come from 169.254.7.127 then, which it does not admit at 8080"],
  ],
  [
    "all-admitted",
    { ingress: [{ ...port(15008), ...probes }, probes] },
    ["carries-over", "it leaves port 15008 and the probes open where its pods need them"],
  ],
  [
    "for-others",
    { pods: { labels: { app: "none" }, expressions: [] }, ingress: [] },
    ["carries-over", "it selects no pod that is migrated"],
  ],
];
