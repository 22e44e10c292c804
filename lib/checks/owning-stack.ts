// Findings about what a Pulumi stack owns: they name the stack, and what changes the object is that stack's own `up`.
import type { ClusterSnapshot, Named, Owner } from "../cluster-state/snapshot";
import { stackMark } from "../ownership/marks";
import type { Finding } from "./check";
import type { Report } from "./verdicts";

/** An object that may have been made by another one. */
interface Ownable extends Named {
  kind?: string;
  owners?: Owner[];
}

/** Lists by the kinds that findings name. */
const lists: Partial<Record<string, (snapshot: ClusterSnapshot) => Ownable[]>> = {
  Namespace: ({ namespaces }) => namespaces,
  Service: ({ services }) => services,
  Deployment: ({ deployments }) => deployments,
  DaemonSet: ({ daemonSets }) => daemonSets,
  Gateway: ({ gateways }) => gateways,
  HTTPRoute: ({ routes }) => routes.filter(({ kind }) => kind === "HTTPRoute"),
  ConfigMap: ({ configMaps }) => configMaps,
  Certificate: ({ certificates }) => certificates,
  AuthorizationPolicy: ({ authorizationPolicies }) => authorizationPolicies,
  CustomResourceDefinition: ({ definitions }) => definitions,
  MutatingWebhookConfiguration: ({ mutatingWebhooks }) => mutatingWebhooks,
  ValidatingWebhookConfiguration: ({ validatingWebhooks }) => validatingWebhooks,
};

/** Commands after which an object is what its stack has written, as before. */
const harmless = /^kubectl (describe|get|logs|top|auth|rollout (status|restart)|exec|debug)\b/;
const changes = /^(kubectl|helm|istioctl)\b/;

/** The stack behind an object: by its own mark, by that of the Gateway it was made for, or of its Helm release's namespace. */
export function owningStack(snapshot: ClusterSnapshot, { object }: Pick<Finding, "object">): string | undefined {
  const namespaceMark = (name: string | undefined) =>
    snapshot.namespaces.find((each) => each.name === name)?.annotations[stackMark];
  const release = /^Helm release ([^/ ]+)\//.exec(object);
  if (release) {
    return namespaceMark(release[1]);
  }
  const [, kind = "", namespace = "", name] = /^(\w+) (?:([^/ ]+)\/)?([^/ ]+)$/.exec(object) ?? [];
  const found = lists[kind]?.(snapshot).find((each) => each.namespace === namespace && each.name === name);
  if (!found) {
    return undefined;
  }
  const [gateway] = (found.owners ?? []).filter((owner) => owner.kind === "Gateway");
  const madeFor =
    gateway && snapshot.gateways.find((each) => each.namespace === namespace && each.name === gateway.name);
  return (
    found.annotations[stackMark] ??
    madeFor?.annotations[stackMark] ??
    namespaceMark(found.annotations["meta.helm.sh/release-namespace"])
  );
}

/** The finding, with the stack and its own way to put the object right. */
export function withStack(found: Finding, stack: string | undefined): Finding {
  if (stack === undefined) {
    return found;
  }
  const name = stack.split("/").at(-1);
  const isChange = "run" in found.fix && changes.test(found.fix.run) && !harmless.test(found.fix.run);
  const fix = isChange ? { run: `pulumi up --refresh --stack ${name}` } : found.fix;
  const kind = found.object.replace(/ [^ ]*$/, "");
  return { ...found, rule: `${found.rule}; the ${kind} belongs to the stack ${stack}`, fix };
}

/** A report in which every finding about what a stack owns says so. */
export function withStacks(report: Report, snapshot: ClusterSnapshot): Report {
  const results = report.results.map((result) => ({
    ...result,
    findings: result.findings.map((found) => withStack(found, owningStack(snapshot, found))),
  }));
  return { ...report, results };
}
