// What the cluster itself has to be: versions, NodePorts, cert-manager, platform, Pod Security and rights.
import * as semver from "semver";
import { finding, namespaceFinding, type Finding } from "../checks/check";
import { fixFor } from "../checks/kept";
import { istioVersion } from "../checks/mesh";
import { gatewayObjects } from "../istio/names";
import { freeNodePorts } from "../istio/node-ports";
import { platformNeeds } from "../istio/platforms";
import { certManagerFloor, istioLine, isOlder, nearestLine, type IstioLine } from "../istio/releases";
import type { NodeState, ServiceState } from "../cluster-state/snapshot";
import { isOurs, type Access, type ClusterFacts, type ComingCertManager, type Plan } from "./facts";
import { stackMark } from "../ownership/marks";
import { waiverOf } from "./waivers";

/** Kubernetes older than the release requires; istioctl refuses it too (IST0142). */
export function oldKubernetesFindings(plan: Plan, facts: ClusterFacts): Finding[] {
  const line = nearestLine(plan.version);
  const minor = minorOf(facts.kubernetes);
  // What an older line than the known ones requires is not known: as a rule less.
  const isKnown = !isOlder(plan.version, `${line.minor}.0`);
  if (!isKnown || minor === undefined || !isOlder(`${minor}.0`, `${line.kubernetes.first}.0`)) {
    return [];
  }
  const rule = `${supportRule(line)}; upgrade the cluster first`;
  return [kubernetesFinding(facts, minor, rule, waiverOf("kubernetes-too-old"))];
}

/** Kubernetes newer than Istio was tested with; nothing in Istio forbids it. */
export function newKubernetesFindings(plan: Plan, facts: ClusterFacts): Finding[] {
  const line = nearestLine(plan.version);
  const minor = minorOf(facts.kubernetes);
  if (minor === undefined || !isOlder(`${line.kubernetes.last}.0`, `${minor}.0`)) {
    return [];
  }
  const rule = `${supportRule(line)}; newer versions are untested, but usually work`;
  return [kubernetesFinding(facts, minor, rule, waiverOf("kubernetes-untested"))];
}

function minorOf(version: string): string | undefined {
  const found = semver.coerce(version);
  return found ? `${found.major}.${found.minor}` : undefined;
}

function supportRule({ minor, kubernetes: { first, last } }: IstioLine): string {
  return `Istio ${minor} supports Kubernetes ${first} to ${last}`;
}

function kubernetesFinding({ server }: ClusterFacts, minor: string, rule: string, write: string): Finding {
  return finding("Cluster", { namespace: "", name: server }, `Kubernetes ${minor}`, rule, { write });
}

/** A Gateway API newer than the one Istio was built against: istiod reads it, as long as it serves the same versions. */
export function gatewayApiFindings({ version, gatewayApi }: Plan): Finding[] {
  const line = nearestLine(version);
  const [got, built] = [minorOf(gatewayApi ?? ""), minorOf(line.gatewayApi)];
  if (got === undefined || !isOlder(`${built}.0`, `${got}.0`)) {
    return [];
  }
  const rule = `Istio ${line.minor} was built against ${line.gatewayApi} and ignores what came later; once installed, a newer bundle is never downgraded`;
  const write = `gatewayApi: { version: "${line.gatewayApi}" }`;
  return [finding("Gateway API", { namespace: "", name: gatewayApi! }, "newer than any tested", rule, { write })];
}

/** An upgrade that skips a minor, or goes back. */
export function upgradeFindings(plan: Plan, facts: ClusterFacts): Finding[] {
  const istiod = facts.istiods.find(({ namespace }) => namespace === plan.namespace);
  const installed = istiod && istioVersion(istiod);
  if (!istiod || !installed || !isOurs(plan, facts)) {
    return [];
  }
  const wanted = semver.parse(plan.version)!;
  const got = installed.version;
  const steps = (wanted.major - installed.major) * 1000 + wanted.minor - installed.minor;
  if (steps > 1) {
    const between = `${installed.major}.${installed.minor + 1}`;
    return [
      finding("Deployment", istiod, got, `an upgrade to ${plan.version} must not skip a minor version`, {
        write: `version: "${istioLine(`${between}.0`)?.newest ?? `${between}.0`}"`,
      }),
    ];
  }
  if (steps < 0 || (steps === 0 && semver.lt(wanted, installed))) {
    const rule = `a mesh is never downgraded (to ${plan.version})`;
    const allowed = istioLine(got) ? "" : ", allowUnlistedRelease: true";
    return [finding("Deployment", istiod, got, rule, { write: `version: "${got}"${allowed}` })];
  }
  return [];
}

/** NodePorts that another Service holds; a Gateway of this stack under an old name goes before the new one comes. */
export function nodePortFindings({ gateway, stack }: Plan, { services, objects }: ClusterFacts): Finding[] {
  if (!gateway) {
    return [];
  }
  const gateways = objects.filter(({ kind, annotations }) => kind === "Gateway" && annotations[stackMark] === stack);
  const own = ({ namespace, name, owners }: ServiceState) =>
    (namespace === gateway.namespace && name === gatewayObjects.service(gateway.name)) ||
    gateways.some(
      (mine) =>
        mine.namespace === namespace &&
        owners.some(({ kind, name: owner }) => kind === "Gateway" && owner === mine.name),
    );
  const held = new Map(
    services
      .filter((service) => !own(service))
      .flatMap((service) => service.ports.flatMap(({ nodePort }) => (nodePort ? [[nodePort, service] as const] : []))),
  );
  const propose = freeNodePorts((port) => held.has(port) || gateway.nodePorts.some((planned) => planned.port === port));
  return gateway.nodePorts.flatMap(({ argument, port }) => {
    const service = held.get(port);
    if (!service) {
      return [];
    }
    const rule = `NodePort ${port} of the gateway (\`gateway.${argument}\`) must be free`;
    const write = `${argument}: ${propose()}`;
    return [finding("Service", service, `has NodePort ${port}`, rule, { write })];
  });
}

const certificates = "certificates.cert-manager.io";

/** cert-manager, where a certificate is wanted of it. */
export function certManagerFindings(plan: Plan, facts: ClusterFacts): Finding[] {
  const { gateway, certManagers = [] } = plan;
  if (gateway?.certificate === undefined || "definitions" in facts.gaps) {
    return [];
  }
  const before = certManagers.filter(({ isBefore }) => isBefore);
  if (before.some(({ installs }) => installs)) {
    return issuerFindings(plan, facts, before);
  }
  const crd = facts.definitions.find(({ name }) => name === certificates);
  if (!crd) {
    return [missingFinding(certManagers.find(({ installs }) => installs))];
  }
  const version = semver.coerce(crd.labels["app.kubernetes.io/version"] ?? "");
  if (version && isOlder(version.version, certManagerFloor)) {
    const rule = `the gateway's certificate needs cert-manager ${certManagerFloor} or newer`;
    return [
      finding("CustomResourceDefinition", crd, `from cert-manager ${version.version}`, rule, {
        run: "helm upgrade cert-manager oci://quay.io/jetstack/charts/cert-manager --namespace cert-manager",
      }),
    ];
  }
  const missing = issuerFindings(plan, facts, before);
  return missing.length > 0 ? missing : controllerFindings(facts);
}

/** No cert-manager at all, unless the program brings one that the mesh does not wait for. */
function missingFinding(beside: ComingCertManager | undefined): Finding {
  const missing = { namespace: "", name: certificates };
  const got = "none";
  if (beside) {
    const rule = `the mesh has to wait for CertManager "${beside.name}" of this program, which brings them`;
    return finding("CustomResourceDefinition", missing, got, rule, { write: "{ dependsOn: certs }" });
  }
  const rule =
    `cert-manager ${certManagerFloor} or newer issues the gateway's certificate; have this stack install it ` +
    '(in your own program: `new CertManager("certs")`), or disable https (`gateway: { certificate: { enabled: false } }`)';
  const run = "pulumi config set istio-ambient:certManager true";
  return finding("CustomResourceDefinition", missing, got, rule, { run });
}

/** The named issuer, unless a component that comes first makes it. */
function issuerFindings({ gateway }: Plan, { issuerFound }: ClusterFacts, before: ComingCertManager[]): Finding[] {
  const { kind, name } = gateway?.issuer ?? {};
  const isComing = kind === "ClusterIssuer" && before.some(({ issuer }) => issuer === name);
  if (issuerFound !== false || kind === undefined || name === undefined || isComing) {
    return [];
  }
  const object = { namespace: kind === "Issuer" ? gateway!.namespace : "", name };
  const rule = "the issuer of the gateway's certificate must exist; without `issuerName` the gateway gets its own CA";
  return [finding(kind, object, "none", rule, { write: "gateway: { certificate: {} }" })];
}

/** With the CRDs alone an Issuer is accepted and never becomes ready. */
function controllerFindings({ certManager }: ClusterFacts): Finding[] {
  if (!certManager || certManager.leads || certManager.deployments.some(({ available }) => available > 0)) {
    return [];
  }
  const rule = "the gateway's certificate needs a running cert-manager controller";
  const [deployment] = certManager.deployments;
  if (!deployment) {
    return [
      finding("Deployment", { namespace: "cert-manager", name: "cert-manager" }, "none", rule, {
        run:
          "helm upgrade --install cert-manager oci://quay.io/jetstack/charts/cert-manager --namespace cert-manager " +
          "--create-namespace",
      }),
    ];
  }
  const { namespace, name, desired } = deployment;
  return desired === 0
    ? [
        finding("Deployment", deployment, "scaled to 0", rule, {
          run: `kubectl scale deployment ${name} --namespace ${namespace} --replicas 1`,
        }),
      ]
    : [
        finding("Deployment", deployment, `0 of ${desired} available`, rule, {
          run: `kubectl rollout status deployment ${name} --namespace ${namespace}`,
        }),
      ];
}

/** How a kind of cluster gives itself away; the first that holds is it. */
const signs: { platform: string; holds(facts: ClusterFacts): boolean }[] = [
  {
    platform: "openshift",
    holds: ({ definitions }) => definitions.some(({ name }) => name === "clusterversions.config.openshift.io"),
  },
  { platform: "gke", holds: ({ nodes }) => nodes.some(hasLabel("cloud.google.com/gke-nodepool")) },
  { platform: "minikube", holds: ({ nodes }) => nodes.some(hasLabel("minikube.k8s.io/name")) && !lacksDocker(nodes) },
  { platform: "microk8s", holds: ({ nodes }) => nodes.some(hasLabel("microk8s.io/cluster")) },
  {
    platform: "k3d",
    holds: (facts) => hasOwnDirectories(facts) && facts.nodes.some(({ name }) => name.startsWith("k3d-")),
  },
  { platform: "k3s", holds: hasOwnDirectories },
];

function hasLabel(label: string) {
  return ({ labels }: NodeState) => label in labels;
}

function isK3s({ kubernetes }: ClusterFacts): boolean {
  return /\+k3s/.test(kubernetes);
}

/**
 * k3s gives containerd directories of its own for its own flannel only: with another plugin they are the usual ones.
 * Source: pkg/agent/config/config.go of k3s-io/k3s.
 */
function hasOwnDirectories(facts: ClusterFacts): boolean {
  return isK3s(facts) && !lacksFlannel(facts);
}

/** Nodes that have been read, and none of which the built-in flannel has annotated. */
function lacksFlannel({ nodes, daemonSets }: ClusterFacts): boolean {
  const isAnnotated = ({ annotations }: NodeState) =>
    Object.keys(annotations).some((key) => key.startsWith("flannel.alpha.coreos.com/"));
  const hasOther = daemonSets.some(({ name }) => name.startsWith("kube-flannel"));
  return nodes.length > 0 && (hasOther || !nodes.some(isAnnotated));
}

/** Platforms of which the charts need to know nothing but directories. */
const byDirectories = ["k3d", "k3s", "microk8s"];

/** A kind of cluster that the charts have to be told of, and are not. */
export function platformFindings(plan: Plan, facts: ClusterFacts): Finding[] {
  const found = signs.find((sign) => sign.holds(facts))?.platform;
  const told = platformNeeds(plan.platform).chartPlatform;
  const isOwn =
    plan.ownDirectories && [found, told].every((each) => each === undefined || byDirectories.includes(each));
  if (found !== undefined && told !== found && !isOwn) {
    const rule = `the charts install istio-cni where ${found} looks for it only if \`platform\` is set`;
    const got = `a cluster of ${found}, platform ${plan.platform ?? "not given"}`;
    return [clusterFinding(facts, got, rule, `platform: "${found}"`)];
  }
  return [...pluginDirectoryFindings(plan, facts), ...namespaceDirectoryFindings(plan, facts)];
}

/** The directories of k3s, which has the usual ones. */
function pluginDirectoryFindings({ platform, ownDirectories }: Plan, facts: ClusterFacts): Finding[] {
  const told = platformNeeds(platform).chartPlatform;
  if (ownDirectories || !isK3s(facts) || hasOwnDirectories(facts) || told === undefined) return [];
  if (!["k3d", "k3s"].includes(told)) return [];
  const rule =
    "without its own flannel k3s has the usual directories for network plugins, and the charts install istio-cni elsewhere";
  const write = 'cni: { values: { cniBinDir: "/opt/cni/bin", cniConfDir: "/etc/cni/net.d" } }';
  return [clusterFinding(facts, `platform ${told}, without flannel of k3s`, rule, write)];
}

/** The directory of Docker's network namespaces, where something else runs the containers. */
function namespaceDirectoryFindings({ platform, ownNamespaces }: Plan, facts: ClusterFacts): Finding[] {
  const isForDocker = platformNeeds(platform).chartPlatform === "minikube";
  if (ownNamespaces || !isForDocker || !lacksDocker(facts.nodes)) return [];
  const rule = "only Docker keeps the network namespaces of pods in /var/run/docker/netns, where istio-cni then looks";
  const write = 'cni: { values: { cniNetnsDir: "/var/run/netns" } }';
  return [clusterFinding(facts, "platform minikube, and a container runtime other than Docker", rule, write)];
}

/** Nodes that say what runs their containers, none of which names Docker. */
function lacksDocker(nodes: NodeState[]): boolean {
  const runtimes = nodes.flatMap(({ runtime }) => runtime ?? []);
  return runtimes.length > 0 && !runtimes.some((runtime) => runtime.startsWith("docker://"));
}

function clusterFinding({ server }: ClusterFacts, got: string, rule: string, write: string): Finding {
  return finding("Cluster", { namespace: "", name: server }, got, rule, { write });
}

/** A Pod Security level under which the API server refuses the pods of istio-cni and ztunnel. */
export function podSecurityFindings(plan: Plan, { namespaces }: ClusterFacts): Finding[] {
  const label = "pod-security.kubernetes.io/enforce";
  return namespaces
    .filter(({ name }) => name === plan.nodeNamespace)
    .filter(({ labels }) => ["baseline", "restricted"].includes(labels[label] ?? ""))
    .map((namespace) => {
      const { name, labels } = namespace;
      const rule = "istio-cni and ztunnel need a namespace whose Pod Security level is privileged";
      const run = `kubectl label namespace ${name} ${label}=privileged --overwrite`;
      return fixFor(namespace, namespaceFinding(name, `${label}: ${labels[label]}`, rule, { run }));
    });
}

/** Rights that are missing, all in one. */
export function rightsFindings({ denied }: ClusterFacts): Finding[] {
  if (denied.length === 0) {
    return [];
  }
  const kind = ({ group, resource }: Access) => (group === "" ? resource : `${resource}.${group}`);
  const where = ({ namespace }: Access) => (namespace === "" ? "" : ` --namespace ${namespace}`);
  const got = `may not ${denied.map((access) => `${access.verb} ${kind(access)}`).join(", ")}`;
  const [first] = denied;
  return [
    finding(
      "Cluster",
      { namespace: "", name: "credentials of the kubeconfig" },
      got,
      "creating the mesh needs these permissions",
      {
        run: `kubectl auth can-i ${first!.verb} ${kind(first!)}${where(first!)}`,
      },
    ),
  ];
}
