// What a user must be allowed to do, there and back: a migration that stops half way for want of a right helps no one.
import { keyOf, type Key, type Step } from "./steps";

/** Group and resource of each kind that steps are about. */
const resources: { [kind: string]: [group: string, resource: string] } = {
  AuthorizationPolicy: ["security.istio.io", "authorizationpolicies"],
  ConfigMap: ["", "configmaps"],
  DaemonSet: ["apps", "daemonsets"],
  Deployment: ["apps", "deployments"],
  Gateway: ["gateway.networking.k8s.io", "gateways"],
  Namespace: ["", "namespaces"],
  Pod: ["", "pods"],
  RequestAuthentication: ["security.istio.io", "requestauthentications"],
  Service: ["", "services"],
  StatefulSet: ["apps", "statefulsets"],
};

/** A right, as the API is asked for it. */
export interface Right {
  verb: "create" | "patch" | "delete";
  group: string;
  resource: string;
}

function right(verb: Right["verb"], kind: string): Right {
  const [group, resource] = resources[kind]!;
  return { verb, group, resource };
}

const made = ["AuthorizationPolicy", "ConfigMap", "Gateway", "RequestAuthentication"];
const patched = ["ConfigMap", "DaemonSet", "Deployment", "Namespace", "Pod", "Service", "StatefulSet"];

/** All that any migration may need. */
export const allRights: Right[] = [
  ...made.flatMap((kind) => [right("create", kind), right("delete", kind)]),
  ...patched.map((kind) => right("patch", kind)),
];

/** "patch deployments.apps --namespace shop", as `kubectl auth can-i` takes it: several groups have gateways. */
export function rightText({ verb, group, resource }: Right, namespace: string): string {
  return `${verb} ${resource}${group === "" ? "" : `.${group}`} --namespace ${namespace}`;
}

/** What these steps and the way back need. The record is written before each step, and deleted at the end of the way back. */
export function rightsOf(steps: readonly Step[]): Right[] {
  const record = (["create", "patch", "delete"] as const).map((verb) => right(verb, "ConfigMap"));
  return [...record, ...steps.flatMap(rightsOfStep)];
}

function rightsOfStep(step: Step): Right[] {
  const of = ({ kind }: Key, ...verbs: Right["verb"][]) => verbs.map((verb) => right(verb, kind));
  switch (step.do) {
    case "create":
      return of(keyOf(step.object), "create", "delete");
    case "delete":
      return of(keyOf(step.object), "delete", "create");
    case "await":
      return [];
    default:
      return of(step.key, "patch");
  }
}
