// The Service in front of a gateway: istiod's own, with the NodePorts that were asked for and that the host publishes.
import { parse } from "yaml";
import type { ClusterSnapshot, GatewayState, ServicePort, ServiceState } from "../cluster-state/snapshot";
import { freeNodePorts } from "../istio/node-ports";
import { finding, type Check, type Finding } from "./check";
import { allListeners } from "./listener-sets";
import { deployedName, gatewayService, ingressGateways, marks, meshNamespace } from "./mesh";

export const gatewayServiceChecks: Check[] = [
  {
    id: "gateway-managed",
    category: "gateway-service",
    claim: "istiod manages the Service of every ingress gateway",
    severity: "error",
    hint: "istiod never updates a Service without its label: ports and endpoints go stale.",
    needs: ["gateways", "services"],
    also: ["gatewayClasses"],
    isLocal: true,
    run: (snapshot) =>
      withService(snapshot, ({ service }) => {
        if (!service || marks.managed in service.labels) return [];
        return [
          finding("Service", service, `no label ${marks.managed}`, "istiod only touches Services that carry it", {
            run: `kubectl label service ${service.name} --namespace ${service.namespace} ${marks.managed}=istio.io-gateway-controller`,
          }),
        ];
      }),
  },
  {
    id: "gateway-owned",
    category: "gateway-service",
    claim: "the Service of every ingress gateway belongs to its Gateway",
    severity: "error",
    hint: "A Service that another tool created first blocks istiod, and stays when the Gateway is deleted.",
    needs: ["gateways", "services"],
    also: ["gatewayClasses"],
    isLocal: true,
    run: (snapshot) =>
      withService(snapshot, ({ gateway, service }) => {
        if (!service) {
          const object = { namespace: gateway.namespace, name: deployedName(snapshot, gateway) };
          const rule = `istiod makes it for Gateway ${gateway.name}`;
          const run = `kubectl logs --namespace ${meshNamespace(snapshot)} --selector app=istiod --tail 50`;
          return [finding("Service", object, "none", rule, { run })];
        }
        if (service.owners.some((owner) => owner.kind === "Gateway" && owner.name === gateway.name)) return [];
        // A load balancer goes with its Service, and its address with it.
        const price = service.type === "LoadBalancer" ? ", with another address" : "";
        const rule = `its owner is Gateway ${gateway.name}; clients fail until istiod makes it again${price}`;
        // istiod makes it again at once, with the overlay's ports.
        const run = `kubectl delete service ${service.name} --namespace ${service.namespace}`;
        return [finding("Service", service, `owners ${ownerNames(service)}`, rule, { run })];
      }),
  },
  {
    id: "node-ports-free",
    category: "gateway-service",
    claim: "no other Service has the NodePort of a gateway",
    severity: "error",
    hint: "Only istiod's log says “provided port is already allocated”; the Gateway never gets an address.",
    needs: ["gateways", "gatewayClasses", "services", "configMaps"],
    run: (snapshot) =>
      withService(snapshot, ({ gateway, wanted }) =>
        wanted.flatMap(({ port: listener, nodePort }) => {
          const name = deployedName(snapshot, gateway);
          const holder = snapshot.services.find(
            (service) =>
              !(service.namespace === gateway.namespace && service.name === name) &&
              service.ports.some((port) => port.nodePort === nodePort),
          );
          if (!holder || nodePort === undefined) return [];
          const rule = `Gateway ${gateway.namespace}/${gateway.name} needs this NodePort, or another one that is free`;
          const argument = nodePortArguments[listener] ?? "nodePort";
          const write = `${argument}: ${freeNodePort(snapshot)}`;
          return [finding("Service", holder, `has nodePort ${nodePort}`, rule, { write })];
        }),
      ),
  },
  {
    id: "node-ports",
    category: "gateway-service",
    claim: "every gateway has the NodePorts that its overlay sets",
    severity: "error",
    hint: "The host port maps to a NodePort; if the Service has another one, nothing answers.",
    needs: ["gateways", "services", "configMaps"],
    also: ["gatewayClasses"],
    isLocal: true,
    run: (snapshot) =>
      withService(snapshot, ({ service, wanted }) =>
        wanted.flatMap(({ port, nodePort }) => {
          const actual = service?.ports.find((found) => found.port === port);
          if (!service || actual?.nodePort === nodePort) return [];
          const got = actual ? `port ${port} has ${nodePortText(actual)}` : `no port ${port}`;
          return [
            finding("Service", service, got, `its overlay sets nodePort ${nodePort ?? ""} at port ${port}`, {
              run: "pulumi up --refresh",
            }),
          ];
        }),
      ),
  },
  {
    id: "kind-ports",
    category: "gateway-service",
    claim: "kind publishes the NodePorts of every gateway",
    severity: "warning",
    hint: "The API does not show what kind publishes, so this compares with istio-ambient kind-config or --kind-config.",
    needs: ["nodes", "gateways", "gatewayClasses", "services"],
    also: ["listenerSets"],
    run(snapshot, { publishedNodePorts }) {
      if (!snapshot.nodes.some((node) => node.providerId.startsWith("kind://"))) return [];
      const listenersOf = allListeners(snapshot);
      return withService(snapshot, ({ gateway, service, wanted }) => {
        if (service?.type !== "NodePort") return [];
        const listeners = new Set(listenersOf(gateway).map((listener) => listener.port));
        return (
          service.ports
            .filter((port) => listeners.has(port.port) && port.nodePort !== undefined)
            .filter((port) => !publishedNodePorts.includes(port.nodePort ?? 0))
            // One that the gateway did not ask for is reported already.
            .filter(({ port, nodePort }) => wanted.every((asked) => asked.port !== port || asked.nodePort === nodePort))
            .map((port) =>
              finding(
                "Service",
                service,
                nodePortText(port),
                `the kind cluster publishes ${publishedNodePorts.join(", ")}`,
                { run: "istio-ambient kind-config > kind.yaml && kind create cluster --config kind.yaml" },
              ),
            )
        );
      });
    },
  },
];

interface Served {
  gateway: GatewayState;
  service: ServiceState | undefined;
  /** Ports with a NodePort in the Gateway's overlay. */
  wanted: { port: number; nodePort?: number }[];
}

function withService(snapshot: ClusterSnapshot, look: (served: Served) => Finding[]): Finding[] {
  return ingressGateways(snapshot)
    .filter((gateway) => !gateway.addressed)
    .flatMap((gateway) =>
      look({ gateway, service: gatewayService(snapshot, gateway), wanted: wantedPorts(snapshot, gateway) }),
    );
}

/** Arguments of a gateway, by the port of the listener. */
const nodePortArguments: Partial<Record<number, string>> = { 80: "httpNodePort", 443: "httpsNodePort" };

/** A NodePort that no Service has. */
function freeNodePort({ services }: ClusterSnapshot): number {
  const used = new Set(services.flatMap(({ ports }) => ports.map(({ nodePort }) => nodePort)));
  return freeNodePorts((port) => used.has(port))();
}

/** NodePorts of the overlay ConfigMap's key `service`. */
function wantedPorts(snapshot: ClusterSnapshot, { parameters }: GatewayState): Served["wanted"] {
  const overlay = snapshot.configMaps.find(
    (found) => found.namespace === parameters?.namespace && found.name === parameters.name,
  );
  const ports = overlayOf(overlay?.data["service"])?.spec?.ports ?? [];
  return ports.filter((port) => port.nodePort !== undefined);
}

function overlayOf(text: string | undefined): { spec?: { ports?: Served["wanted"] } } | undefined {
  try {
    return text === undefined ? undefined : (parse(text) as ReturnType<typeof overlayOf>);
  } catch {
    // Not YAML: istiod refuses it, and the Gateway's own conditions tell.
    return undefined;
  }
}

function nodePortText({ nodePort }: Pick<ServicePort, "nodePort">): string {
  return nodePort === undefined ? "no nodePort" : `nodePort ${nodePort}`;
}

function ownerNames({ owners }: ServiceState): string {
  return owners.length === 0 ? "none" : owners.map(({ kind, name }) => `${kind} ${name}`).join(", ");
}
