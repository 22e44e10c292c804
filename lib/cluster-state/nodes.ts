// Nodes, cut down to what checks look at.
import type { Named } from "./named";

/** A node of the cluster. */
export interface NodeState extends Named {
  ready: boolean;
  /** Such as "kind://docker/kind/kind-control-plane". */
  providerId: string;
  /** Keys of its taints; none where it has none. */
  taints?: string[];
  /** Its container runtime, such as "containerd://2.1.4". */
  runtime?: string;
  /** Its operating system, such as "Ubuntu 24.04.3 LTS". */
  system?: string;
}
