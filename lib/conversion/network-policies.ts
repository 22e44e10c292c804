// NetworkPolicies in front of the pods of Ingresses: one that admits NGINX shuts out the gateway, which is another client.
import { marks } from "../checks/mesh";
import type { LabelSelector, NetworkPeer, NetworkRule } from "../cluster-state/snapshot";
import { defined } from "../json";
import { hbonePort } from "../network-policies/hbone";
import { policyRules, type RawNetworkPolicySpec } from "../network-policies/read";
import { opensPort, ruleText } from "../network-policies/rules";
import { selects } from "../network-policies/selectors";
import type { Input } from "./input";
import { keyOf, type Service } from "./objects";
import { changed, type Entry } from "./report";
import type { GatewayOptions, PlacedServer, PortNumber } from "./routes";
import type { ReadIngress, Servers, Upstream } from "./servers";

/** A policy that restricts who connects to the pods that it selects. */
interface Restriction {
  key: string;
  namespace: string | undefined;
  pods: LabelSelector;
  rules: NetworkRule[];
}

/** Labels that the pods of every Gateway have, and its namespace. */
interface Client {
  namespace: string | undefined;
  labels: { [key: string]: string };
  /** The peer of a rule for it. */
  peer: NetworkPeer;
}

/** Paths whose pods admit clients, but not the gateway. */
export function shutPaths(
  placed: readonly PlacedServer[],
  { joined }: Servers,
  input: Input,
  portOf: PortNumber,
  gateway: GatewayOptions,
): Entry[] {
  const restrictions = restrictionsOf(input);
  if (restrictions.length === 0) return [];
  const client = clientOf(gateway);
  const said = (owner: ReadIngress, part: Entry["part"], name: string, upstream: Upstream): Entry[] => {
    const why = shutBy(upstream, restrictions, input, portOf, client);
    return why === undefined ? [] : [{ ingress: owner.key, part, name, ...changed(why) }];
  };
  return [
    ...placed.flatMap(({ server, placed: locations }) =>
      locations
        .filter(({ pieces, location }) => pieces.length > 0 && !location.owner.settings.redirect)
        .flatMap(({ location: { owner, path, standard, upstream } }) =>
          said(owner, standard ? "default backend" : "path", `${server.host || "*"}${path}`, upstream),
        ),
    ),
    ...joined.flatMap(({ owner, host, path, upstream }) => said(owner, "path", `${host || "*"}${path}`, upstream)),
  ];
}

function clientOf({ name, namespace }: GatewayOptions): Client {
  const labels = { [marks.gatewayName]: name };
  const only = (wanted: { [key: string]: string }): LabelSelector => ({ labels: wanted, expressions: [] });
  const peer = { ...(namespace === undefined ? {} : { namespaces: only(inNamespace(namespace)) }), pods: only(labels) };
  return { namespace, labels, peer };
}

/** The label that every namespace has. */
function inNamespace(namespace: string): { [key: string]: string } {
  return { "kubernetes.io/metadata.name": namespace };
}

/** The policies that say who connects; what an API server would not take says nothing. */
function restrictionsOf({ networkPolicies }: Input): Restriction[] {
  return [...networkPolicies.entries()].flatMap(
    ([
      key,
      {
        metadata: { namespace },
        spec,
      },
    ]) => {
      if (!isSpec(spec)) return [];
      const { pods, ingress } = policyRules(spec);
      return ingress === undefined ? [] : [{ key, namespace, pods, rules: ingress }];
    },
  );
}

function isSpec(spec: unknown): spec is RawNetworkPolicySpec {
  if (!isFields(spec)) return false;
  const { podSelector, policyTypes = [], ingress = [], egress = [] } = spec;
  const isRule = ({ ports = [], from = [], to = [] }: Fields) =>
    isList(ports) && [from, to].every((peers) => isList(peers) && peers.every(isPeer));
  return (
    isSelector(podSelector) &&
    Array.isArray(policyTypes) &&
    [ingress, egress].every((rules) => isList(rules) && rules.every(isRule))
  );
}

type Fields = { [name: string]: unknown };

function isPeer({ podSelector, namespaceSelector, ipBlock }: Fields): boolean {
  const isBlock = ipBlock === undefined || (isFields(ipBlock) && typeof ipBlock["cidr"] === "string");
  return isSelector(podSelector) && isSelector(namespaceSelector) && isBlock;
}

function isSelector(selector: unknown): boolean {
  if (selector === undefined) return true;
  if (!isFields(selector)) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const isExpression = ({ key, values = [] }: Fields) => typeof key === "string" && Array.isArray(values);
  return isFields(matchLabels) && isList(matchExpressions) && matchExpressions.every(isExpression);
}

function isList(value: unknown): value is Fields[] {
  return Array.isArray(value) && value.every(isFields);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What shuts the gateway out of the pods of a Service. */
function shutBy(
  upstream: Upstream,
  restrictions: readonly Restriction[],
  input: Input,
  portOf: PortNumber,
  client: Client,
): string | undefined {
  const { namespace, service } = upstream;
  const known = input.services.get(keyOf(defined({ namespace, name: service })));
  // Nothing is known of the pods behind a Service without a selector.
  if (known && !known.spec?.selector) return undefined;
  const labels = known?.spec?.selector ?? {};
  const port = targetOf(known, portOf(upstream) ?? 0);
  const selecting = restrictions
    .filter((one) => one.namespace === namespace)
    .map((one) => ({ ...one, selects: selection(one.pods, labels) }))
    .filter((one) => one.selects !== "no");
  const sure = selecting.filter((one) => one.selects === "yes");
  const admits = ({ rules }: Restriction) => rules.some((rule) => isAdmitted(rule, client, namespace, port));
  if (sure.some(admits)) return undefined;
  const shut = sure[0] ?? selecting.find((one) => !admits(one));
  if (!shut) return undefined;
  const condition = shut.selects === "yes" ? "" : `, if it selects the pods of Service ${service}`;
  const write = `ingress: [${ruleText("from", [client.peer], [port, hbonePort])}]`;
  return `NetworkPolicy ${shut.key} does not admit the Gateway's pods${condition}: ${write}, where ${hbonePort} is for pods in the mesh`;
}

/** The port of the pods. */
function targetOf(service: Service | undefined, port: number): number | string {
  const ports = service?.spec?.ports;
  return (Array.isArray(ports) ? ports : []).find((one) => one.port === port)?.targetPort ?? port;
}

/** Whether a selector selects pods of which only some labels are known. */
function selection(selector: LabelSelector, labels: { [key: string]: string }): "yes" | "no" | "perhaps" {
  const isKnown = (key: string) => key in labels;
  const known = {
    labels: Object.fromEntries(Object.entries(selector.labels).filter(([key]) => isKnown(key))),
    expressions: selector.expressions.filter(({ key }) => isKnown(key)),
  };
  if (!selects(known, labels)) return "no";
  const keys = [...Object.keys(selector.labels), ...selector.expressions.map(({ key }) => key)];
  return keys.every(isKnown) ? "yes" : "perhaps";
}

/** Whether a rule lets the gateway connect to a port of the pods, or to the mesh's. */
function isAdmitted(rule: NetworkRule, client: Client, namespace: string | undefined, port: number | string): boolean {
  const { peers, ports } = rule;
  const isPeer = peers === undefined || peers.some((peer) => isOf(peer, client, namespace));
  // What number a name stands for is the pod's to say.
  const isOpen =
    opensPort(rule, hbonePort) ||
    ports?.some((each) => ("name" in each ? typeof port === "number" || each.name === port : isIn(each, port)));
  return isPeer && isOpen === true;
}

function isIn({ from, to }: { from: number; to: number }, port: number | string): boolean {
  return typeof port === "string" || (from <= port && port <= to);
}

/** Whether a peer is the gateway, whose addresses are not known. */
function isOf({ pods, namespaces, block }: NetworkPeer, client: Client, namespace: string | undefined): boolean {
  if (block) return block.cidr.endsWith("/0") && block.except.length === 0;
  const isThere = namespaces
    ? client.namespace !== undefined && selects(namespaces, inNamespace(client.namespace))
    : client.namespace === namespace;
  return isThere && (pods === undefined || selects(pods, client.labels));
}
