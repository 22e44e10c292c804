// kube-proxy: it makes NodePorts and the addresses of Services lead to pods, inside the sandbox's network namespace.
import * as fs from "node:fs";
import { partPath } from "../build/cache";
import { Instance } from "../instance";
import { podRange } from "./network";
import { answers } from "../pods/probe";
import { Service } from "./service";

/** Every address here is local, so one kube-proxy does for all nodes. */
export function kubeProxy(instance: Instance, mode: "nftables" | "iptables"): Service {
  const argv = [
    partPath("kube-proxy", "kube-proxy"),
    `--kubeconfig=${instance.kubeconfig}`,
    "--hostname-override=node-1",
    `--proxy-mode=${mode}`,
    `--cluster-cidr=${podRange}`,
    "--nodeport-addresses=0.0.0.0/0",
    "--healthz-bind-address=127.0.0.1:10256",
    // For both modes: a second, as usual, is long where everything else is faster.
    "--iptables-min-sync-period=100ms",
    // Limits of the whole machine are not a sandbox's to set.
    "--conntrack-max-per-core=0",
    "--conntrack-min=0",
    "--conntrack-tcp-timeout-established=0",
    "--conntrack-tcp-timeout-close-wait=0",
  ];
  const command = () => {
    // Between two pods that both have a namespace of their own the sandbox's is a router.
    fs.writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
    return { argv };
  };
  return new Service("kube-proxy", instance, command, () => answers("http://127.0.0.1:10256/livez"));
}
