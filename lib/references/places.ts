// Namespaces, Services and NodePorts that a program refers to: they exist, or the program makes them.
import { freeNodePorts } from "../istio/node-ports";
import { stackMark } from "../ownership/marks";
import { ownerOf, type ExistingObject } from "../ownership/owner";
import { endingCommand, endingRule } from "../cluster-state/ending";
import { objectName } from "../cluster-state/object-name";
import { gatewayObjects } from "../istio/names";
import { fieldOf } from "../validation/code";
import type { Violation } from "../validation/violations";
import { findIn, meantOf, portsOf, type ClusterView } from "./cluster";
import type { NamespaceReference, NodePortsReference, ServiceReference } from "./reference";

/** A violation of one that is there or not; `isCertain` is false where it may yet come. */
export interface Judged {
  violation: Violation;
  isCertain: boolean;
}

const certain = (violation: Violation): Judged[] => [{ violation, isCertain: true }];

/** The namespace: one that is being deleted takes nothing, and one that is missing the program has to make. */
export function namespaceFaults(view: ClusterView, { path, name, isOwn }: NamespaceReference): Judged[] {
  const found = findIn(view, "Namespace", "", name);
  if (typeof found === "object" && found.deleting) {
    const rule = `must be a namespace that is not being deleted: ${endingRule}`;
    return certain({ path, got: name, rule, fix: { run: endingCommand(name) } });
  }
  if (isOwn || found !== undefined || view.program.makes("Namespace", "", name)) {
    return [];
  }
  const meant = meantOf(name, view.list("Namespace") ?? []);
  const fix = meant ? `${fieldOf(path)}: "${meant.name}"` : `new AmbientNamespace("${name}")`;
  const rule = "must be an existing namespace, or one of this program";
  return [{ violation: { path, got: name, rule, fix }, isCertain: view.program.isComplete }];
}

/** The Service and its port, where the program does not make it. */
export function serviceFaults(view: ClusterView, reference: ServiceReference): Judged[] {
  const { namespace, name, port } = reference;
  if (view.program.makes("Service", namespace, name)) {
    return [];
  }
  const found = findIn(view, "Service", namespace, name);
  // Of a namespace that is not there this is told already.
  const isNowhere =
    !view.program.makes("Namespace", "", namespace) && findIn(view, "Namespace", "", namespace) === undefined;
  if (found === "unread" || (found === undefined && isNowhere)) {
    return [];
  }
  if (found === undefined) {
    return [{ violation: missingService(view, reference), isCertain: view.program.isComplete }];
  }
  const ports = portsOf(found).map((each) => each.port);
  if (port === undefined || ports.includes(port.number)) {
    return [];
  }
  const what = `Service ${namespace}/${name}`;
  const rule = ports.length === 0 ? `${what} has no port` : `must be a port of ${what}: ${ports.join(", ")}`;
  const fix = ports.length === 0 ? "spec: { ports: [{ port: 80 }] }" : `${fieldOf(port.path)}: ${ports[0]}`;
  return certain({ path: port.path, got: port.number, rule, fix });
}

function missingService(view: ClusterView, { path, namespace, name }: ServiceReference): Violation {
  const all = (view.list("Service", namespace) ?? []).filter((each) => each.namespace === namespace);
  const known = all.map((each) => each.name).sort();
  const list = known.length === 0 ? "" : `: ${known.slice(0, 5).join(", ")}${known.length > 5 ? ", …" : ""}`;
  const rule = `must be an existing Service of the namespace ${namespace}, or one of this program${list}`;
  const meant = meantOf(name, all);
  const fix = meant ? `${fieldOf(path)}: "${meant.name}"` : `${fieldOf(path)}: service.metadata.name`;
  return { path, got: name, rule, fix };
}

/** NodePorts that another Service has. */
export function nodePortFaults(view: ClusterView, { ports, gateway }: NodePortsReference): Judged[] {
  const held = (view.list("Service") ?? [])
    .filter((service) => !isOfGateway(view, service, gateway))
    .flatMap((service) => portsOf(service).map(({ nodePort }) => ({ nodePort, service })));
  const propose = freeNodePorts(
    (free) => held.some(({ nodePort }) => nodePort === free) || ports.some(({ port }) => port === free),
  );
  return ports.flatMap(({ path, port }) => {
    const holder = held.find(({ nodePort }) => nodePort === port);
    if (!holder) {
      return [];
    }
    const { service } = holder;
    // istiod makes the Service of a Gateway, and the Gateway has an owner.
    const behind = (view.list("Gateway") ?? []).find((each) => isServiceOf(service, each));
    const owner = ownerOf(behind ?? service);
    const rule = `must be a free NodePort: ${objectName("Service", service)}, which ${owner}, uses it`;
    return certain({ path, got: port, rule, fix: `${fieldOf(path)}: ${propose()}` });
  });
}

/** The Service of the gateway itself, or of a gateway of this stack, which goes before the new one comes. */
function isOfGateway(
  view: ClusterView,
  service: ExistingObject,
  gateway: { namespace: string; name: string },
): boolean {
  const own = (view.list("Gateway") ?? []).filter(({ annotations }) => annotations[stackMark] === view.stack);
  return [gateway, ...own].some((each) => isServiceOf(service, each));
}

function isServiceOf(service: ExistingObject, gateway: { namespace: string; name: string }): boolean {
  return service.namespace === gateway.namespace && service.name === gatewayObjects.service(gateway.name);
}
