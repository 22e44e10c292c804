// Hosts that Ingresses of several namespaces share, where only some of them are converted.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import type { Ingress } from "../../../lib/conversion/objects";
import { istioAmbient } from "../fixtures/terminal";
import { headersNote, ingressWith } from "./cases";

const shop = ingressWith({});
const blog = (host: string, className = "nginx"): Ingress => ({
  ...shop,
  metadata: { name: "blog", namespace: "blog" },
  spec: { ingressClassName: className, rules: [{ ...shop.spec.rules![0]!, host }] },
});

/** `convert` of namespace shop, of a cluster with these Ingresses in all namespaces; undefined where they may not be read. */
async function converted(all: Ingress[] | undefined, ...argv: string[]): Promise<{ code: number; err: string }> {
  const lists: { [path: string]: object | undefined } = {
    "/apis/networking.k8s.io/v1/namespaces/shop/ingresses": { items: [shop] },
    "/apis/networking.k8s.io/v1/namespaces/blog/ingresses": { items: all?.filter((one) => one !== shop) },
    "/apis/networking.k8s.io/v1/ingresses": all && { items: all },
    "/api/v1/namespaces/shop/services": { items: [] },
    "/api/v1/namespaces/blog/services": { items: [] },
    "/api/v1/services": { items: [] },
  };
  const server = http.createServer((request, response) => {
    const list = lists[request.url ?? ""];
    const typed = {
      kind: request.url?.endsWith("services") ? "ServiceList" : "IngressList",
      apiVersion: "v1",
      ...list,
    };
    response.writeHead(list ? 200 : 403, { "content-type": "application/json" }).end(JSON.stringify(typed));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "shared-hosts-"));
  try {
    const kubeconfig = path.join(folder, "kubeconfig");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const config = {
      clusters: [{ name: "c", cluster: { server: url } }],
      users: [{ name: "u", user: {} }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    };
    fs.writeFileSync(kubeconfig, JSON.stringify(config));
    const { code, err } = await istioAmbient(["convert", "--kubeconfig", kubeconfig, "--classless", ...argv]);
    return { code, err };
  } finally {
    server.close();
    fs.rmSync(folder, { recursive: true });
  }
}

const namespace = ["--namespace", "shop"];
const report = (host: string) => `Ingress shop/web
${host}
  converted  path shop.example.com/ → PathPrefix /
`;
const whole = report("  converted  host shop.example.com → hostnames");

describe("a host with paths in other namespaces", () => {
  it("is refused, and named with them", async () => {
    const refused = report(`  refused    host shop.example.com
             blog/blog has paths of it too, and NGINX serves them as one host
             way out: --namespace blog as well, or --all-namespaces`);
    const { code, err } = await converted([shop, blog("Shop.example.com")], ...namespace);
    assert.deepEqual({ code, err }, { code: 1, err: `${refused}\n1 converted, 1 refused\n` });
  });

  it("is converted with them", async () => {
    const both = [shop, blog("shop.example.com")];
    for (const argv of [[...namespace, "--namespace", "blog"], ["--all-namespaces"]]) {
      const { code, err } = await converted(both, ...argv);
      assert.equal(code, 0, err);
    }
  });

  it("is none where NGINX does not serve the other Ingress, or another host of it", async () => {
    const told = { code: 0, err: `${whole}\n2 converted\n${headersNote}\n` };
    assert.deepEqual(await converted([shop, blog("blog.example.com")], ...namespace), told);
    assert.deepEqual(await converted([shop, blog("shop.example.com", "public")], ...namespace), told);
  });

  it("is not known where other namespaces may not be read", async () => {
    const note =
      "Ingresses of other namespaces could not be read: a host that has paths in several must be converted with all of them";
    const told = { code: 0, err: `${whole}\n2 converted\n${headersNote}\n${note}\n` };
    assert.deepEqual(await converted(undefined, ...namespace), told);
  });
});
