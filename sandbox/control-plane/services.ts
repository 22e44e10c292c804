// The programs of the control plane, each with its command line and its own sign of readiness.
import * as fs from "node:fs";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { partPath } from "../build/cache";
import { Credentials } from "./credentials";
import { Instance } from "../instance";
import { apiServer, podRange, serviceRange } from "./network";
import { gatewayClass, gatewayClassLabel, processQuery, servingAnnotation } from "../pods/pods";
import { answers } from "../pods/probe";
import { Service } from "./service";

const program = (name: string): string => partPath(name, name);

export function etcd(instance: Instance): Service {
  const argv = [
    program("etcd"),
    `--data-dir=${path.join(instance.memory, "etcd")}`,
    "--listen-client-urls=http://127.0.0.1:2379",
    "--advertise-client-urls=http://127.0.0.1:2379",
    "--listen-peer-urls=http://127.0.0.1:2380",
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
  return new Service(
    "etcd",
    instance,
    () => ({ argv }),
    () => answers("http://127.0.0.1:2379/health"),
  );
}

export function kubeApiserver(instance: Instance, credentials: Credentials): Service {
  const argv = [
    program("kube-apiserver"),
    "--etcd-servers=http://127.0.0.1:2379",
    `--advertise-address=${apiServer.address}`,
    `--secure-port=${apiServer.port}`,
    `--cert-dir=${credentials.apiServerDirectory}`,
    `--token-auth-file=${credentials.tokenFile}`,
    "--authorization-mode=RBAC",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${credentials.serviceAccountKey}`,
    `--service-account-signing-key-file=${credentials.serviceAccountKey}`,
    `--service-cluster-ip-range=${serviceRange}`,
    // Webhooks are sent to the address of a pod, which is local here; nothing routes the address of a Service.
    "--enable-aggregator-routing=true",
    // The name of a node means nothing here; `kubectl logs` goes to its address.
    "--kubelet-preferred-address-types=InternalIP",
    "--allow-privileged=true",
    "--profiling=false",
  ];
  const ready = `https://${apiServer.address}:${apiServer.port}/readyz`;
  return new Service(
    "kube-apiserver",
    instance,
    () => ({ argv }),
    () => answers(ready),
  );
}

export function kubeControllerManager(instance: Instance, credentials: Credentials): Service {
  const argv = (): string[] => [
    program("kube-controller-manager"),
    `--kubeconfig=${credentials.kubeconfig("kube-controller-manager")}`,
    `--service-account-private-key-file=${credentials.serviceAccountKey}`,
    `--root-ca-file=${credentials.authority}`,
    "--use-service-account-credentials=true",
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
    "--kube-api-qps=200",
    "--kube-api-burst=400",
  ];
  const ready = "https://127.0.0.1:10257/healthz";
  return new Service(
    "kube-controller-manager",
    instance,
    () => ({ argv: argv() }),
    () => answers(ready),
  );
}

export function kubeScheduler(instance: Instance, credentials: Credentials): Service {
  const argv = (): string[] => [
    program("kube-scheduler"),
    `--kubeconfig=${credentials.kubeconfig("kube-scheduler")}`,
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
  ];
  return new Service(
    "kube-scheduler",
    instance,
    () => ({ argv: argv() }),
    () => answers("https://127.0.0.1:10259/readyz"),
  );
}

/** Plays the kubelet of every node: pods become ready at once, those that a process stands behind when it answers. */
export function kwok(instance: Instance, withTraffic: boolean): Service {
  const argv = (): string[] => [
    program("kwok"),
    `--kubeconfig=${instance.kubeconfig}`,
    `--config=${writeStages(instance, withTraffic)}`,
    "--manage-all-nodes=true",
    `--cidr=${podRange}`,
    "--node-lease-duration-seconds=40",
    "--server-address=127.0.0.1:10247",
  ];
  return new Service(
    "kwok",
    instance,
    () => ({ argv: argv() }),
    () => answers("http://127.0.0.1:10247/healthz"),
  );
}

interface Expression {
  key: string;
  operator: string;
  values?: string[];
}
interface Stage {
  metadata: { name: string };
  spec: { selector: { matchExpressions: Expression[] }; next: { statusTemplate?: string } };
}

/**
 * kwok's own stages; the one that makes pods ready in several versions: for istiod's pods, with traffic for those of
 * gateways and applications, which get an address and wait, and for all others.
 */
export function stages(originals: Stage[], withTraffic: boolean): Stage[] {
  const variant = (stage: Stage, suffix: string, ...expressions: Expression[]): Stage => ({
    ...stage,
    metadata: { name: `${stage.metadata.name}${suffix}` },
    spec: { ...stage.spec, selector: { matchExpressions: [...stage.spec.selector.matchExpressions, ...expressions] } },
  });
  const label = (name: string) => `.metadata.labels["${name}"]`;
  const istiod = { key: ".metadata.labels.app", values: ["istiod"] };
  const gateway = { key: label(gatewayClassLabel), values: [gatewayClass] };
  const application = { key: processQuery };
  return originals.flatMap((stage) => {
    if (stage.metadata.name !== "pod-ready") return [stage];
    const others = [
      { ...istiod, operator: "NotIn" },
      ...(withTraffic
        ? [
            { ...gateway, operator: "NotIn" },
            { ...application, operator: "DoesNotExist" },
          ]
        : []),
    ];
    const serving = { key: `.metadata.annotations["${servingAnnotation}"]`, operator: "Exists" };
    const unready = withoutReadiness(stage);
    return [
      variant(stage, "", ...others),
      variant(stage, "-istiod", { ...istiod, operator: "In" }, serving),
      ...(withTraffic
        ? [
            variant(unready, "-gateway", { ...gateway, operator: "In" }),
            variant(unready, "-application", { ...application, operator: "Exists" }),
          ]
        : []),
    ];
  });
}

/** The stage with a pod that runs and has an address, and is not ready. */
function withoutReadiness(stage: Stage): Stage {
  const statusTemplate = stage.spec.next.statusTemplate
    ?.replace(/status: "True"(\s+type: (Ready|ContainersReady)\b)/g, 'status: "False"$1')
    .replace(/^( +)ready: true$/m, "$1ready: false");
  return { ...stage, spec: { ...stage.spec, next: { ...stage.spec.next, statusTemplate } } };
}

function writeStages(instance: Instance, withTraffic: boolean): string {
  const files = ["node", "node-heartbeat", "pod"].flatMap((folder) =>
    fs.readdirSync(partPath("kwok-stages", folder)).map((name) => partPath("kwok-stages", folder, name)),
  );
  const originals: Stage[] = files.map((file) => parse(fs.readFileSync(file, "utf8")));
  const target = path.join(instance.memory, "stages.yaml");
  fs.writeFileSync(
    target,
    stages(originals, withTraffic)
      .map((stage) => stringify(stage))
      .join("---\n"),
  );
  return target;
}

export function certManager(instance: Instance): Service {
  const argv = [program("cert-manager"), `--kubeconfig=${instance.kubeconfig}`];
  return new Service(
    "cert-manager",
    instance,
    () => ({ argv }),
    () => answers("http://127.0.0.1:9402/healthz"),
  );
}
