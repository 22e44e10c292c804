// Gateways, as istiod judged them and as their pods really are.
import { meantName } from "../validation/names";
import {
  condition,
  type ClusterSnapshot,
  type Condition,
  type GatewayState,
  type ListenerState,
  type Reference,
} from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { ambientIstiods, deployedName, gatewayDeployment, ingressGateways, share, waypoints } from "./mesh";
import { isOfSomeRevision } from "./revisions";

/** Classes that istiod makes by itself. */
const ownClasses = ["istio", "istio-waypoint"];
/** Keys that istiod takes from an overlay ConfigMap; any other key fails the whole gateway. */
const overlayKeys = ["deployment", "service", "serviceAccount", "horizontalPodAutoscaler", "podDisruptionBudget"];

export const gatewayChecks: Check[] = [
  {
    id: "gateway-classes",
    category: "gateways",
    claim: "Istio's GatewayClasses are there and accepted",
    severity: "error",
    hint: "istiod makes them when it starts; without them no Gateway is served.",
    needs: ["gatewayClasses", "deployments"],
    run: (snapshot) =>
      ownClasses.flatMap((name) => {
        const found = snapshot.gatewayClasses.find((known) => known.name === name);
        const accepted = found && condition(found.conditions, "Accepted");
        const namespace = ambientIstiods(snapshot)[0]?.namespace;
        // Without any istiod nothing makes them, and that is reported already.
        if (accepted?.status === "True" || namespace === undefined) return [];
        const got = found ? said("Accepted", accepted) : "none";
        return [
          finding("GatewayClass", { namespace: "", name }, got, "istiod makes this class and accepts it", {
            run: `kubectl rollout restart deployment --selector app=istiod --namespace ${namespace}`,
          }),
        ];
      }),
  },
  {
    id: "gateway-class-known",
    category: "gateways",
    claim: "the class of every Gateway exists",
    severity: "error",
    hint: "No controller handles a Gateway whose class does not exist.",
    needs: ["gateways", "gatewayClasses"],
    run(snapshot) {
      const classes = snapshot.gatewayClasses.map(({ name }) => name);
      return (
        snapshot.gateways
          // A class of Istio's own that is missing is gateway-classes' to tell.
          .filter(({ className }) => ![...classes, ...ownClasses].includes(className))
          .map((gateway) => {
            const meant = meantName(gateway.className, [...new Set([...ownClasses, ...classes])]);
            // A class that is unlike all of these is another controller's, which may be on its way or gone.
            const run = meant
              ? jsonPatchRun("gateways.gateway.networking.k8s.io", gateway, "/spec/gatewayClassName", meant)
              : "kubectl get gatewayclasses";
            const rule = `it must be one of ${classes.join(", ")}`;
            return finding("Gateway", gateway, `gatewayClassName ${gateway.className}`, rule, { run });
          })
      );
    },
  },
  {
    id: "gateway-accepted",
    category: "gateways",
    claim: "every Gateway is accepted",
    severity: "error",
    hint: "istiod serves no Gateway that it does not accept; the condition's message says why.",
    needs: ["gateways"],
    also: ["gatewayClasses"],
    isLocal: true,
    run: (snapshot) =>
      judgedGateways(snapshot)
        .filter((gateway) => !isExplained(snapshot, gateway))
        .flatMap((gateway) => conditionFinding(gateway, "Accepted", "istiod accepts it")),
  },
  {
    id: "gateway-programmed",
    category: "gateways",
    claim: "every Gateway is programmed",
    severity: "error",
    hint: "Its Service has no address or no endpoint yet, often because another Service has its NodePort.",
    needs: ["gateways"],
    also: ["gatewayClasses"],
    isLocal: true,
    run: (snapshot) =>
      judgedGateways(snapshot).flatMap((gateway) =>
        conditionFinding(gateway, "Programmed", "it has an address and pods behind it"),
      ),
  },
  {
    id: "gateway-listeners",
    category: "gateways",
    claim: "every listener is accepted and its references resolve",
    severity: "error",
    hint: "A listener whose Secret is missing, or which collides with another, takes no traffic.",
    needs: ["gateways"],
    also: ["gatewayClasses", "listenerSets"],
    isLocal: true,
    run(snapshot) {
      const gateways = judgedGateways(snapshot);
      const sets = snapshot.listenerSets.filter(({ parent }) => gateways.some(isNamed(parent)));
      return [
        ...gateways.flatMap((gateway) => listenerFindings(snapshot, "Gateway", gateway)),
        ...sets.flatMap((set) => listenerFindings(snapshot, set.kind, set)),
      ];
    },
  },
  {
    id: "gateway-overlay",
    category: "gateways",
    claim: "the ConfigMaps that Gateways refer to exist and hold only what istiod knows",
    severity: "error",
    hint: "Otherwise istiod stops updating the gateway's pods and Service, and reports it in its log only.",
    needs: ["gateways", "configMaps"],
    also: ["gatewayClasses"],
    isLocal: true,
    run: (snapshot) =>
      judgedGateways(snapshot)
        .filter(({ addressed }) => !addressed)
        .flatMap((gateway) => overlayFindings(snapshot, gateway)),
  },
  {
    id: "gateway-pods",
    category: "gateways",
    claim: "every ingress gateway has running pods",
    severity: "error",
    hint: "A Gateway stays Programmed while its pods crash: look at the pods.",
    needs: ["gateways", "deployments"],
    also: ["gatewayClasses"],
    isLocal: true,
    run: (snapshot) =>
      ingressGateways(snapshot)
        .filter((gateway) => !gateway.addressed && isOfSomeRevision(snapshot, gateway))
        .flatMap((gateway) => {
          const deployment = gatewayDeployment(snapshot, gateway);
          if (deployment && deployment.available > 0) return [];
          const object = { namespace: gateway.namespace, name: deployedName(snapshot, gateway) };
          const got = deployment ? `${share(0, deployment.desired)} replicas available` : "none";
          const run =
            deployment?.desired === 0
              ? `kubectl scale deployment ${object.name} --namespace ${object.namespace} --replicas 1`
              : `kubectl describe pods --namespace ${gateway.namespace} --selector gateway.networking.k8s.io/gateway-name=${gateway.name}`;
          return [finding("Deployment", object, got, `at least one pod serves Gateway ${gateway.name}`, { run })];
        }),
  },
];

/** Gateways that an istiod deals with: those that it deploys, and those with addresses of their own. */
export function judgedGateways(snapshot: ClusterSnapshot): GatewayState[] {
  return [...ingressGateways(snapshot), ...waypoints(snapshot)].filter((gateway) =>
    isOfSomeRevision(snapshot, gateway),
  );
}

function listenerFindings(
  snapshot: ClusterSnapshot,
  kind: string,
  object: Pick<GatewayState, "namespace" | "name" | "listeners">,
): Finding[] {
  return object.listeners.flatMap((listener) => {
    const bad = failedListener(listener);
    // A Secret that is not there is listener-secrets' to tell.
    if (!bad || (bad.reason === "InvalidCertificateRef" && lacksSecret(snapshot, listener))) return [];
    const got = `listener ${listener.name}: ${said(bad.type, bad)}`;
    return [finding(kind, object, got, "its listeners are accepted and resolved", describe(kind, object))];
  });
}

function conditionFinding(gateway: GatewayState, type: string, rule: string): Finding[] {
  const found = condition(gateway.conditions, type);
  if (found?.status === "True") return [];
  return [finding("Gateway", gateway, said(type, found), rule, describe("Gateway", gateway))];
}

/** Why istiod does not accept the Gateway is told by the check of its overlay or of its listeners. */
function isExplained(snapshot: ClusterSnapshot, gateway: GatewayState): boolean {
  const reason = condition(gateway.conditions, "Accepted")?.reason;
  if (reason === "InvalidParameters") return overlayFindings(snapshot, gateway).length > 0;
  return reason === "ListenersNotValid" && gateway.listeners.some(failedListener);
}

/** The condition that tells what is wrong with a listener. */
export function failedListener({ conditions }: ListenerState): Condition | undefined {
  return (
    conditions.find(({ type, status }) => status === "False" && ["Accepted", "ResolvedRefs"].includes(type)) ??
    conditions.find(({ type, status }) => status === "True" && type === "Conflicted")
  );
}

function lacksSecret(snapshot: ClusterSnapshot, { certificates }: ListenerState): boolean {
  return !snapshot.gaps.secrets && certificates.some((reference) => !snapshot.secrets.some(isNamed(reference)));
}

export function isNamed(reference: Reference) {
  return ({ namespace, name }: { namespace: string; name: string }) =>
    namespace === reference.namespace && name === reference.name;
}

function overlayFindings(snapshot: ClusterSnapshot, gateway: GatewayState): Finding[] {
  const { parameters } = gateway;
  if (!parameters || snapshot.gaps.configMaps) return [];
  const { name } = parameters;
  const overlay = snapshot.configMaps.find(isNamed(parameters));
  const object = { namespace: gateway.namespace, name };
  if (!overlay) {
    return [
      finding(
        "ConfigMap",
        object,
        "none",
        `Gateway ${gateway.name} refers to it in spec.infrastructure.parametersRef`,
        {
          run: "pulumi up --refresh",
        },
      ),
    ];
  }
  const unknown = Object.keys(overlay.data).filter((key) => !overlayKeys.includes(key));
  return unknown.map((key) =>
    finding("ConfigMap", object, `key ${key}`, `istiod takes ${overlayKeys.join(", ")} only`, {
      run: `kubectl patch configmap ${name} --namespace ${gateway.namespace} --type json --patch '[{"op":"remove","path":"/data/${key}"}]'`,
    }),
  );
}

function jsonPatchRun(kind: string, object: { namespace: string; name: string }, path: string, value: string): string {
  const patch = JSON.stringify([{ op: "replace", path, value }]);
  return `kubectl patch ${kind} ${object.name} --namespace ${object.namespace} --type json --patch '${patch}'`;
}

export function describe(kind: string, object: { namespace: string; name: string }) {
  return { run: `kubectl describe ${kind.toLowerCase()} ${object.name} --namespace ${object.namespace}` };
}

/** "Programmed=False, AddressNotAssigned: …", or that no controller has answered. */
export function said(type: string, found: Condition | undefined): string {
  if (!found) return `no condition ${type}`;
  return `${type}=${found.status}, ${found.reason}${found.message ? `: ${found.message}` : ""}`;
}
