// Clusters on loopback, which answer as a suite says.
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { kubeConfigClass } from "../../cluster/kube-config";
import { kubeconfigText } from "../unit/fixtures/api-server";

const answers: [RegExp, object][] = [
  [/\/deployments\/[^/]+$/, { metadata: { generation: 1 }, spec: { replicas: 1 }, status: rolledOut(1) }],
  [/\/secrets\/[^/]+$/, { data: { "ca.crt": Buffer.from("PEM of the signer").toString("base64") } }],
  [/\/gateways\/[^/]+$/, { status: { addresses: [{ type: "IPAddress", value: "192.0.2.10" }] } }],
  [/\/certificates\/[^/]+$/, { status: { conditions: [{ type: "Ready", status: "True" }] } }],
  [/\/namespaces\/[^/]+$/, { metadata: { labels: {} } }],
];

function rolledOut(count: number): object {
  return { observedGeneration: 1, replicas: count, updatedReplicas: count, readyReplicas: count };
}

/** What a cluster answers: a body, or a status alone. */
export type Answer = { status?: number; body: object };

/** Lets the tests of a suite run against a cluster on loopback: its kubeconfig is that of the process meanwhile. */
export function onCluster(answer: (path: string) => Answer): void {
  const server = http.createServer((request, response) => {
    const { status = 200, body } = answer((request.url ?? "").split("?")[0]!);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cluster-"));
  const usual = process.env["KUBECONFIG"];
  before(async () => {
    // Loaded at the first look, for longer than a recording waits for something to happen.
    await kubeConfigClass();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const file = path.join(folder, "config");
    fs.writeFileSync(file, kubeconfigText(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    process.env["KUBECONFIG"] = file;
  });
  after(() => {
    process.env["KUBECONFIG"] = usual;
    server.closeAllConnections();
    server.close();
    fs.rmSync(folder, { recursive: true });
  });
}

/** A cluster in which everything that components wait for has already happened. */
export function onServingCluster(): void {
  onCluster((path) => {
    const [, body] = answers.find(([asked]) => asked.test(path)) ?? [];
    return body ? { body } : { status: 404, body: { kind: "Status", message: `${path} not found` } };
  });
}
