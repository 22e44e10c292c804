// A cluster on loopback in which everything that components wait for has already happened.
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
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

/** Lets the tests of a suite run against it: its kubeconfig is that of the process meanwhile. */
export function onServingCluster(): void {
  const server = http.createServer((request, response) => {
    const [, body] = answers.find(([path]) => path.test(request.url ?? "")) ?? [];
    response.writeHead(body ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(body ?? { kind: "Status", message: `${request.url} not found` }));
  });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "serving-"));
  const usual = process.env["KUBECONFIG"];
  before(async () => {
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
