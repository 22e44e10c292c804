// An istiod outside of the cluster: the charts' profile `remote` leaves a Service without pods, or webhooks with a URL.
// Source: remote-istiod-service.yaml and mutatingwebhook.yaml of Istio's chart istiod; istio.io, ambient, multicluster.
import type { ClusterSnapshot, ServiceState } from "../cluster-state/snapshot";
import { objectName } from "../cluster-state/object-name";
import { istiods, ztunnelDaemonSets } from "./mesh";

const configPort = 15012;

/** The Service by which a cluster reaches an istiod that has no pods in it. */
export function remoteService(services: readonly ServiceState[]): ServiceState | undefined {
  return services.find(
    ({ name, selector, ports }) =>
      /^istiod(-|$)/.test(name) && selector === undefined && ports.some(({ port }) => port === configPort),
  );
}

/** What tells of an istiod elsewhere, where none runs here. */
export function remoteSign(snapshot: ClusterSnapshot): string | undefined {
  if (istiods(snapshot).length > 0) return undefined;
  const service = remoteService(snapshot.services);
  if (service) return `${objectName("Service", service)} has no selector`;
  const ztunnel = ztunnelDaemonSets(snapshot).find(({ env }) => isOutside(env["XDS_ADDRESS"]));
  if (ztunnel) return `${objectName("DaemonSet", ztunnel)} has XDS_ADDRESS=${ztunnel.env["XDS_ADDRESS"] ?? ""}`;
  const webhook = [...snapshot.mutatingWebhooks, ...snapshot.validatingWebhooks].find(
    (each) => each.webhook.endsWith(".istio.io") && each.service === undefined,
  );
  return webhook && `${objectName(webhook.kind, webhook)} calls a URL`;
}

/** An address that is not of a Service. */
function isOutside(address: string | undefined): boolean {
  return address !== undefined && !/^[^.]+\.[^.]+\.svc[.:]/.test(address);
}
