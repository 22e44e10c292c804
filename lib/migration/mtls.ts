// Whether a port of a pod refuses plaintext. Sources: istio pilot/pkg/model/authentication.go (the workload's policy over the
// namespace's over the mesh's), pilot/pkg/serviceregistry/ambient/authorization.go (convertPeerAuthentication): the same in
// a sidecar and in ztunnel, DISABLE apart, which ztunnel takes for PERMISSIVE.
import { selectsPods, type PeerAuthentication, type Selected } from "./objects";

type Peers = readonly PeerAuthentication[];

const modeOf = (mtls: { mode?: string } | undefined) => (mtls?.mode === "UNSET" ? undefined : mtls?.mode);
const hasSelector = ({ spec }: PeerAuthentication) => Object.keys(spec?.selector?.matchLabels ?? {}).length > 0;

/** STRICT, PERMISSIVE or DISABLE, as it comes out for one port. The oldest policy of each level counts: they come first. */
export function mtlsMode(peers: Peers, pods: Selected, port: number, root: string): string {
  const of = (namespace: string) => peers.find((each) => each.metadata.namespace === namespace && !hasSelector(each));
  const own = peers.find(
    (each) => each.metadata.namespace === pods.namespace && hasSelector(each) && selectsPods(each, pods, root),
  );
  const levels = [
    modeOf(own?.spec?.portLevelMtls?.[String(port)]),
    modeOf(own?.spec?.mtls),
    modeOf(of(pods.namespace)?.spec?.mtls),
    modeOf(of(root)?.spec?.mtls),
  ];
  return levels.find((mode) => mode !== undefined) ?? "PERMISSIVE";
}
