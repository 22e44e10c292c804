// What a migration looks at: Istio's policies as they are written, and workloads and Services as far as they matter to it.
import type { Labels } from "../istio/labels";

/** A set of fields, as the API server writes it down: "f:metadata" and below it "f:labels". */
export interface FieldSet {
  [key: string]: FieldSet;
}

/** An entry of an object's managed fields. */
export interface FieldOwner {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  subresource?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: FieldSet;
}

/** An object as the API gives it. */
export interface KubeObject<Spec = object> {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    labels?: Labels;
    annotations?: Labels;
    ownerReferences?: object[];
    finalizers?: string[];
    managedFields?: FieldOwner[];
    creationTimestamp?: string;
    deletionTimestamp?: string;
  };
  spec?: Spec;
}

/** Where a policy of Istio is attached. */
export interface TargetRef {
  group?: string;
  kind: string;
  name: string;
}

/** What all of Istio's policies have. */
export interface Attached {
  selector?: { matchLabels?: Labels };
  targetRef?: TargetRef;
  targetRefs?: TargetRef[];
}

/** Who asks, in one rule of an AuthorizationPolicy. */
export interface Source {
  principals?: string[];
  notPrincipals?: string[];
  requestPrincipals?: string[];
  notRequestPrincipals?: string[];
  namespaces?: string[];
  notNamespaces?: string[];
  serviceAccounts?: string[];
  notServiceAccounts?: string[];
  trustDomains?: string[];
  notTrustDomains?: string[];
  ipBlocks?: string[];
  notIpBlocks?: string[];
  remoteIpBlocks?: string[];
  notRemoteIpBlocks?: string[];
}

/** What is asked for. */
export interface Operation {
  hosts?: string[];
  notHosts?: string[];
  ports?: string[];
  notPorts?: string[];
  methods?: string[];
  notMethods?: string[];
  paths?: string[];
  notPaths?: string[];
}

/** A further condition. */
export interface When {
  key: string;
  values?: string[];
  notValues?: string[];
}

/** One rule: any of `from`, any of `to`, and all of `when`. */
export interface Rule {
  from?: { source?: Source }[];
  to?: { operation?: Operation }[];
  when?: When[];
}

/** The spec of an AuthorizationPolicy. */
export interface AuthorizationSpec extends Attached {
  action?: string;
  rules?: Rule[];
  provider?: { name?: string };
}

/** An AuthorizationPolicy. */
export type AuthorizationPolicy = KubeObject<AuthorizationSpec>;

/** The spec of a PeerAuthentication. */
export interface PeerSpec {
  selector?: { matchLabels?: Labels };
  mtls?: { mode?: string };
  portLevelMtls?: { [port: string]: { mode?: string } };
}

/** A PeerAuthentication. */
export type PeerAuthentication = KubeObject<PeerSpec>;

/** One rule of a RequestAuthentication, as far as it matters here. */
export interface JwtRule {
  forwardOriginalToken?: boolean;
}

/** A RequestAuthentication. */
export type RequestAuthentication = KubeObject<Attached & { jwtRules?: JwtRule[] }>;

/** A port of a Service, and the number that it has in the pods. */
export interface ServicePort {
  port: number;
  targetPort: number;
}

/** A Service. */
export interface Service {
  namespace: string;
  name: string;
  labels: Labels;
  uid: string;
  /** Labels of the pods behind it; undefined where it selects none. */
  selector?: Labels;
  headless: boolean;
  /** A name outside the cluster: ExternalName, which ambient does not know. */
  external: boolean;
  ports: ServicePort[];
}

/** A pod of a workload. */
export interface Pod {
  name: string;
  labels: Labels;
  sidecar: boolean;
  /** Its sidecar takes and opens HBONE connections. */
  hbone: boolean;
  captured: boolean;
  ready: boolean;
}

/** What keeps pods of one kind. */
export interface Workload {
  kind: string;
  namespace: string;
  name: string;
  uid: string;
  /** Labels of its pods, as the template has them. */
  podLabels: Labels;
  /** Labels that all of its pods have beside those of the template: admission adds them to the next ones too. */
  addedLabels?: Labels;
  podAnnotations: Labels;
  /** The labels by which the workload knows its pods. */
  selector: Labels;
  serviceAccount: string;
  hostNetwork: boolean;
  /** Pods that it is to have. */
  desired: number;
  paused: boolean;
  /** RollingUpdate, Recreate or OnDelete. */
  strategy: string;
  /** Of a StatefulSet: pods with lower numbers keep the template that they have. */
  partition?: number;
  /** New pods come up before old ones go. */
  surges: boolean;
  /** Containers with a postStart hook. */
  startHooks: string[];
  /** Ports that the kubelet probes, and named ports by their numbers. */
  probePorts: number[];
  ports: { [name: string]: number };
  pods: Pod[];
  /** What makes these pods, of a kind that no step restarts: "StrimziPodSet kafka". */
  maker?: string;
}

/** "AuthorizationPolicy shop/viewers" of an object. */
export function nameOf({ kind, metadata: { namespace = "", name } }: KubeObject): string {
  return `${kind} ${namespace === "" ? "" : `${namespace}/`}${name}`;
}

/** Whether a map of labels is part of another. */
export function isPartOf(wanted: Labels, labels: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

/** The targets of a policy, the older single one among them. */
export function targetsOf({ targetRef, targetRefs = [] }: Attached): TargetRef[] {
  return targetRefs.length === 0 && targetRef ? [targetRef] : targetRefs;
}

/** Pods, as far as selectors look at them. */
export interface Selected {
  namespace: string;
  podLabels: Labels;
  addedLabels?: Labels;
  pods?: readonly Pick<Pod, "labels">[];
}

/** Labels that every pod has, those of now and those that follow. */
function labelsOf({ podLabels, addedLabels }: Selected): Labels {
  return { ...addedLabels, ...podLabels };
}

/** Whether sidecars and ztunnel hold a policy against pods: by its namespace, its selector, and no targetRefs. */
export function selectsPods(policy: KubeObject<Attached>, pods: Selected, root: string): boolean {
  return mayHold(policy, pods, root) && isPartOf(policy.spec?.selector?.matchLabels ?? {}, labelsOf(pods));
}

/** Whether they hold it against pods that are there now, by labels that not all of the next ones have. */
export function selectsSomePods(policy: KubeObject<Attached>, pods: Selected, root: string): boolean {
  const wanted = policy.spec?.selector?.matchLabels ?? {};
  const isMet = pods.pods?.some(({ labels }) => isPartOf(wanted, labels)) === true;
  return isMet && mayHold(policy, pods, root) && !selectsPods(policy, pods, root);
}

function mayHold({ metadata: { namespace = "" }, spec }: KubeObject<Attached>, pods: Selected, root: string): boolean {
  return [root, pods.namespace].includes(namespace) && targetsOf(spec ?? {}).length === 0;
}

/** Whether a Service leads to pods: to some of them is enough, as that of one pod of a StatefulSet does. */
export function leadsTo({ namespace, selector }: Pick<Service, "namespace" | "selector">, pods: Selected): boolean {
  if (namespace !== pods.namespace || selector === undefined || Object.keys(selector).length === 0) return false;
  return isPartOf(selector, labelsOf(pods)) || pods.pods?.some(({ labels }) => isPartOf(selector, labels)) === true;
}

/** An object without some of its fields. */
export function without<T extends object, K extends keyof T>(object: T, ...keys: K[]): Omit<T, K> {
  const kept = Object.entries(object).filter(([key]) => !keys.some((each) => each === key));
  return Object.fromEntries(kept) as Omit<T, K>;
}
