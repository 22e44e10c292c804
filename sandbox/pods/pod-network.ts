// A process with a pod's address to itself: a network namespace beside the sandbox's, joined to it by a pair of devices.

/** Address of the sandbox's end of every pair; the pods' way out. */
const gateway = "169.254.1.1";

/**
 * The shell that becomes the pod's process. Everything it makes ends with that process: its namespaces, the pair of
 * devices, and with the pair the route, which is more specific than the one that makes all pod addresses local.
 */
const enter = `set -e
outside=$1 device=$2 address=$3 hosts=$4
shift 4
ip link set lo up
nsenter --net="$outside" ip link add "$device" type veth peer name eth0 netns $$
nsenter --net="$outside" sh -ec '
  ip address add ${gateway}/32 dev "$0"
  ip link set "$0" up
  ip route replace "$1/32" dev "$0" table local' "$device" "$address"
ip address add "$address/32" dev eth0
ip link set eth0 up
ip route add ${gateway} dev eth0
ip route add default via ${gateway}
mount --bind "$hosts" /etc/hosts
exec "$@"`;

/** The command line that runs `argv` under a pod's address, with a file of its own as /etc/hosts. */
export function asPod(address: string, hostsFile: string, argv: string[]): string[] {
  const outside = `/proc/${process.pid}/ns/net`;
  return [
    "unshare",
    "--net",
    "--mount",
    "sh",
    "-c",
    enter,
    "pod",
    outside,
    device(address),
    address,
    hostsFile,
    ...argv,
  ];
}

/** The name of a device has fifteen characters at most. */
function device(address: string): string {
  return `pod${address.split(".").slice(2).join("-")}-${(pairs += 1).toString(36)}`;
}

/** A pod may take the address of one that is still going, so no name comes twice. */
let pairs = 0;

/** What the kernel says where it cannot make such a pair. */
export const probePair = ["unshare", "--net", "ip", "link", "add", "here", "type", "veth", "peer", "name", "there"];
