// What the cluster would refuse of what a mesh writes: told by who refused it, and how that one is told otherwise.
import { finding, type Finding, type Fix } from "../checks/check";
import { undefinedVersions } from "../gateway-api/versions";
import { platformNeeds } from "../istio/platforms";
import { askedDefinitions, type Refusal } from "./asked";
import type { ClusterFacts, Plan } from "./facts";

/** Who refused, what was said, and what to do about it. */
interface Reason {
  got: string;
  rule: string;
  fix: Fix;
}

type Judge = (refusal: Refusal, plan: Plan, facts: ClusterFacts) => Reason | "nothing" | undefined;

/** What would be refused, and what would have been in the namespace that was asked instead. */
export function admissionFindings(plan: Plan, facts: ClusterFacts): Finding[] {
  const certain = facts.refusals.filter(isCertain);
  return [...refusalFindings(plan, facts, certain), ...storedFindings(facts)];
}

/** What may be refused: the namespace that could tell does not exist yet. */
export function admissionWarnings(plan: Plan, facts: ClusterFacts): Finding[] {
  const open = facts.refusals.filter((refusal) => !isCertain(refusal));
  return refusalFindings(plan, facts, open).map((found) => ({
    ...found,
    got: `in namespace default, as the mesh's own does not exist yet: ${found.got}`,
  }));
}

/** What Autopilot refuses, it refuses everywhere. */
function isCertain(refusal: Refusal): boolean {
  return refusal.isCertain !== false || autopilot(refusal) !== undefined;
}

/** The same reason once, whatever the number of objects. */
function refusalFindings(plan: Plan, facts: ClusterFacts, refusals: Refusal[]): Finding[] {
  const told = new Map<string, Finding>();
  for (const refusal of refusals) {
    const reason = judges.map((judge) => judge(refusal, plan, facts)).find((each) => each !== undefined);
    if (reason === undefined || reason === "nothing") continue;
    const key = `${reason.got} ${JSON.stringify(reason.fix)}`;
    if (!told.has(key)) told.set(key, finding(refusal.kind, refusal, reason.got, reason.rule, reason.fix));
  }
  return [...told.values()];
}

/** Secrets with credentials for registries that are missing where pods will ask for them. */
export function pullSecretFindings({ missingPullSecrets, namespaces }: ClusterFacts): Finding[] {
  return missingPullSecrets.map(({ namespace, name }) => {
    const exists = namespaces.some((each) => each.name === namespace);
    const rule = "pods pull their images with it, from a registry that may refuse them otherwise";
    return exists
      ? finding("Secret", { namespace, name }, "none", rule, {
          run: `kubectl create secret docker-registry ${name} --namespace ${namespace} --docker-server SERVER --docker-username USER --docker-password PASSWORD`,
        })
      : finding(
          "Secret",
          { namespace, name },
          "none, in a namespace that the mesh makes",
          `${rule}; make the namespace and the Secret first, and let the mesh take the namespace over`,
          { write: "adoptNamespace: true" },
        );
  });
}

/** CRDs whose objects were once stored in a version that the bundle does not have: it would be refused halfway. */
function storedFindings({ storedVersions }: ClusterFacts): Finding[] {
  return storedVersions.flatMap(({ name, versions }) => {
    const lost = undefinedVersions(name, versions);
    if (lost.length === 0) return [];
    const kept = versions.filter((version) => !lost.includes(version));
    const status = JSON.stringify({ status: { storedVersions: kept.length > 0 ? kept : ["v1"] } });
    const rewrite = `kubectl get ${name} --all-namespaces --output json | kubectl replace --filename -`;
    return [
      finding(
        "CustomResourceDefinition",
        { namespace: "", name },
        `status.storedVersions: ${versions.join(", ")}`,
        `the Gateway API to be installed has no ${lost.join(", ")}: store its objects anew, then take the version off the list`,
        { run: `${rewrite}; kubectl patch crd ${name} --subresource status --type merge --patch '${status}'` },
      ),
    ];
  });
}

/** In order: what is no refusal of the object itself, then who refuses, then the rest. */
const judges: Judge[] = [
  ({ why }) => (isNoAnswer(why) ? "nothing" : undefined),
  keptDefinitions,
  autopilot,
  admissionPolicy,
  deadWebhook,
  webhook,
  podSecurity,
  nodeCriticalQuota,
  quota,
  nodePortRange,
];

/** No right to ask, a webhook that knows no dry runs, an object that is there, or a port that another finding tells of. */
function isNoAnswer(why: string): boolean {
  return /cannot (create|patch|get) resource|does not support dry run|already exists|provided port is already allocated/.test(
    why,
  );
}

const oneLine = (text: string) => text.replace(/\s+/g, " ").trim();

/** As much of a long text as is read. */
function shortened(text: string, length = 300): string {
  const line = oneLine(text).replace(/"/g, "'");
  return line.length > length ? `${line.slice(0, length)}…` : line;
}

/** The platform, or whoever else, keeps the Gateway API's CRDs for itself; those that are there may do. */
function keptDefinitions({ kind, name, why }: Refusal, _plan: Plan, { definitions }: ClusterFacts): Reason | undefined {
  const isKept = kind === "CustomResourceDefinition" && name === askedDefinitions.gatewayApi;
  if (!isKept || !definitions.some((each) => each.name === name) || !/denied (the )?request/.test(why))
    return undefined;
  return {
    got: `kept as it is: ${shortened(refused(why).said)}`,
    rule: "the mesh installs the Gateway API only where it may; it can use the one that is there",
    fix: { write: "gatewayApi: { install: false }" },
  };
}

function autopilot({ why }: Refusal): Reason | undefined {
  if (!/GKE Warden|autogke-|in Autopilot/.test(why)) return undefined;
  return {
    got: `refused by GKE Autopilot: ${shortened(refused(why).said)}`,
    rule: "istio-cni and ztunnel need rights on the nodes that Autopilot does not grant: an ambient mesh needs a Standard cluster",
    fix: { run: "gcloud container clusters create standard" },
  };
}

function admissionPolicy({ why, namespace }: Refusal, plan: Plan): Reason | undefined {
  const found = /ValidatingAdmissionPolicy '([^']+)' with binding '([^']+)' denied request: (.*)/s.exec(why);
  if (!found) return undefined;
  const [, policy = "", binding = "", said = ""] = found;
  return {
    got: `refused by ValidatingAdmissionPolicy ${policy}: ${shortened(said)}`,
    rule: exempting(namespace, plan),
    fix: { run: `kubectl describe validatingadmissionpolicybinding ${binding}` },
  };
}

function exempting(namespace: string, { namespace: own }: Plan): string {
  return namespace === ""
    ? "the mesh needs it: the owner of this rule must add an exception for it"
    : `the mesh needs it: the owner of this rule must exempt namespace ${namespace || own}`;
}

/** Of a webhook whose server is away every request fails, and this one too. */
function deadWebhook({ why }: Refusal): Reason | undefined {
  const found = /failed calling webhook "([^"]+)": (.*)/s.exec(why);
  if (!found) return undefined;
  const [, name = "", said = ""] = found;
  return {
    got: `webhook ${name} does not answer: ${shortened(said)}`,
    rule: "a webhook with failurePolicy Fail blocks every request while its server is down: restore the server",
    fix: { run: webhooksNamed(name) },
  };
}

function webhooksNamed(name: string): string {
  return `kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations --output yaml | grep --before-context 30 'name: ${name}'`;
}

function refused(why: string): { by?: string; said: string } {
  const found = /admission webhook "([^"]+)" denied the request: (.*)/s.exec(why);
  const policy = /denied request: (.*)/s.exec(why);
  return found ? { by: found[1], said: found[2] ?? "" } : { said: policy?.[1] ?? why };
}

/** Kyverno and Gatekeeper by their own names; of others the configuration has to be looked up. */
function webhook({ why, namespace }: Refusal, plan: Plan): Reason | undefined {
  const { by, said } = refused(why);
  if (by === undefined) return undefined;
  const rule = exempting(namespace, plan);
  if (by.includes("kyverno")) {
    const policy = /policies\s+([\w.-]+):/.exec(said)?.[1];
    const got = `refused by Kyverno: ${shortened(said)}`;
    return { got, rule, fix: { run: `kubectl get clusterpolicies${policy ? ` ${policy} --output yaml` : ""}` } };
  }
  if (by.includes("gatekeeper")) {
    return { got: `refused by Gatekeeper: ${shortened(said)}`, rule, fix: { run: "kubectl get constraints" } };
  }
  return { got: `refused by webhook ${by}: ${shortened(said)}`, rule, fix: { run: webhooksNamed(by) } };
}

/** The mesh labels its own namespace; where the level of another one is told by its label, another finding says so. */
function podSecurity({ why, namespace, elsewhere }: Refusal, plan: Plan, { namespaces }: ClusterFacts) {
  const found = /violates PodSecurity "([^"]+)"/.exec(why);
  if (!found) return undefined;
  const label = "pod-security.kubernetes.io/enforce";
  const labelled = namespaces.some((each) => each.name === namespace && each.labels[label] !== undefined);
  if (elsewhere || labelled || namespace === plan.namespace) return "nothing";
  return {
    got: `refused by Pod Security, level ${found[1] ?? ""}`,
    rule: "istio-cni and ztunnel need a namespace whose Pod Security level is privileged",
    fix: { run: `kubectl label namespace ${namespace} ${label}=privileged` },
  };
}

/** Some clusters give the priority of node agents only to namespaces that have a quota for it; the charts can bring one. */
function nodeCriticalQuota({ why }: Refusal, { platform }: Plan) {
  if (!/insufficient quota to match these scopes/.test(why)) return undefined;
  if (platformNeeds(platform).chartPlatform === "gke") return "nothing";
  return {
    got: "refused without a ResourceQuota for the priority class system-node-critical",
    rule: "the namespace of istio-cni and ztunnel has such a quota; their charts make one",
    fix: {
      write:
        "cni: { values: { resourceQuotas: { enabled: true } } }, dataplane: { values: { resourceQuotas: { enabled: true } } }",
    },
  };
}

/** Quotas and limits of a namespace that exists; those of another one are not its own. */
function quota({ why, namespace, elsewhere }: Refusal) {
  const found = /(?:exceeded|failed) quota: ([^,:]+)[,:] (.*)/s.exec(why);
  const limits = /(?:maximum|minimum) \S+ usage per (?:Container|Pod)/.test(why);
  if (!found && !limits) return undefined;
  if (elsewhere) return "nothing";
  const [, name = "", said = ""] = found ?? [];
  const run = found
    ? `kubectl describe resourcequota ${name} --namespace ${namespace}`
    : `kubectl describe limitrange --namespace ${namespace}`;
  const got = found ? `over ResourceQuota ${name}: ${shortened(said)}` : `outside of a LimitRange: ${shortened(why)}`;
  return { got, rule: "the namespace has room for the mesh's objects", fix: { run } };
}

/** The API server gives NodePorts of another range. */
function nodePortRange({ why }: Refusal): Reason | undefined {
  const found = /provided port is not in the valid range.*?(\d+)-(\d+)/s.exec(why);
  if (!found) return undefined;
  const [from, to] = [Number(found[1]), Number(found[2])];
  const [http, https] = [Math.min(from + 81, to - 1), Math.min(from + 82, to)];
  return {
    got: "a NodePort that the cluster does not give",
    rule: `NodePorts of this cluster are ${from} to ${to}`,
    fix: { write: `gateway: { httpNodePort: ${http}, httpsNodePort: ${https} }` },
  };
}
